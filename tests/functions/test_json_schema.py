"""The subset of JSON Schema by which platforms say what their platform_data is."""

from __future__ import annotations

import re
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from support.actors import as_user
from support.sessions import refusal
from support.world import World


def violation(conn: psycopg.Connection, schema: object, value: object) -> str | None:
    assert refusal_of(conn, schema) is None
    row = conn.execute(
        "select private.json_schema_violation(%s, %s, 'data')", (Jsonb(schema), Jsonb(value))
    ).fetchone()
    assert row is not None
    return None if row[0] is None else str(row[0])


def refusal_of(conn: psycopg.Connection, schema: object) -> str | None:
    row = conn.execute("select private.json_schema_refusal(%s)", (Jsonb(schema),)).fetchone()
    assert row is not None
    return None if row[0] is None else str(row[0])


RIGHT_AND_WRONG: list[tuple[dict[str, Any], object, object, str]] = [
    ({"type": "object"}, {}, [], "data must be object"),
    ({"type": "array"}, [1], {}, "data must be array"),
    ({"type": "string"}, "", 1, "data must be string"),
    ({"type": "number"}, 1.5, "1.5", "data must be number"),
    ({"type": "integer"}, 2.0, 1.5, "data must be integer"),
    ({"type": "boolean"}, False, None, "data must be boolean"),
    ({"type": "null"}, None, 0, "data must be null"),
    ({"type": ["string", "null"]}, None, 0, "data must be string or null"),
    ({"required": ["a"]}, {"a": None}, {"b": 1}, "data.a is missing"),
    ({"properties": {"a": {"type": "string"}}}, {"b": 1}, {"a": 1}, "data.a must be string"),
    (
        {"properties": {"a": {}}, "additionalProperties": False},
        {"a": 1},
        {"a": 1, "b": 2},
        "data.b is not a known field",
    ),
    ({"additionalProperties": {"type": "integer"}}, {"x": 1}, {"x": "1"}, "data.x must be integer"),
    ({"enum": ["a", 1, None]}, 1, "1", 'data must be one of ["a", 1, null]'),
    ({"pattern": "^[a-z]+$"}, "abc", "ab1", "data must match ^[a-z]+$"),
    ({"minLength": 2}, "ab", "a", "data must have at least 2 characters"),
    ({"maxLength": 2}, "äö", "abc", "data must have at most 2 characters"),
    (
        {"properties": {"a": {"properties": {"b": {"type": "null"}}}}},
        {"a": {"b": None}},
        {"a": {"b": 1}},
        "data.a.b must be null",
    ),
]


@pytest.mark.parametrize(("schema", "right", "wrong", "why"), RIGHT_AND_WRONG)
def test_what_is_right_passes_and_what_is_wrong_is_named(
    conn: psycopg.Connection, schema: dict[str, Any], right: object, wrong: object, why: str
) -> None:
    assert violation(conn, schema, right) is None
    assert violation(conn, schema, wrong) == why


def test_keywords_about_one_type_leave_the_others_alone(conn: psycopg.Connection) -> None:
    schema = {"required": ["a"], "additionalProperties": False, "pattern": "^a", "minLength": 9}
    for value in (1, None, True, ["b"]):
        assert violation(conn, schema, value) is None


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ([], "$ must be an object"),
        (True, "$ must be an object"),
        ({"$ref": "#"}, "$ has the keyword '$ref', which is not supported"),
        ({"oneOf": []}, "$ has the keyword 'oneOf', which is not supported"),
        ({"type": "text"}, "$.type has a value that the keyword does not take"),
        ({"type": []}, "$.type has a value that the keyword does not take"),
        ({"type": ["string", 1]}, "$.type has a value that the keyword does not take"),
        ({"required": "a"}, "$.required has a value that the keyword does not take"),
        ({"required": [1]}, "$.required has a value that the keyword does not take"),
        ({"enum": []}, "$.enum has a value that the keyword does not take"),
        ({"minLength": -1}, "$.minLength has a value that the keyword does not take"),
        ({"maxLength": "3"}, "$.maxLength has a value that the keyword does not take"),
        ({"pattern": "("}, "$.pattern is not a regular expression"),
        ({"properties": []}, "$.properties has a value that the keyword does not take"),
        ({"properties": {"a": {"min": 1}}}, "$.a has the keyword 'min', which is not supported"),
        ({"additionalProperties": {"x": 1}}, "$.* has the keyword 'x', which is not supported"),
    ],
)
def test_a_schema_with_what_is_not_understood_is_refused(
    conn: psycopg.Connection, schema: object, why: str
) -> None:
    assert refusal_of(conn, schema) == why


def test_an_admin_who_saves_such_a_schema_is_told_why(
    conn: psycopg.Connection, world: World
) -> None:
    change = "update public.meeting_platforms set platform_data_schema = %s where id = 'other'"
    with as_user(conn, world.admin()):
        with refusal(conn, "22023") as refused:
            conn.execute(change, (Jsonb({"oneOf": []}),))
        assert refused.message == (
            "platform_data_schema cannot be used: $ has the keyword 'oneOf', which is not supported"
        )
        assert refused.hint == "Use the keywords that the comment on platform_data_schema names."
        conn.execute(change, (Jsonb({"type": "object", "additionalProperties": False}),))


def test_the_comment_that_an_admin_is_sent_to_names_every_keyword(conn: psycopg.Connection) -> None:
    row = conn.execute(
        "select prosrc, col_description('public.meeting_platforms'::regclass, attnum)"
        " from pg_proc, pg_attribute"
        " where proname = 'json_schema_refusal' and attname = 'platform_data_schema'"
        " and attrelid = 'public.meeting_platforms'::regclass"
    ).fetchone()
    assert row is not None
    source, comment = row
    chosen = re.findall(r"^            when (.*) then", source.partition("end case;")[0], re.M)
    keywords = set(re.findall(r"'(\w+)'", " ".join(chosen)))
    assert len(keywords) > 5
    assert keywords - set(re.findall(r"\w+", comment)) == set()
