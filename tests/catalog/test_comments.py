"""Everything explains itself, in the database and in the files it is made from."""

from __future__ import annotations

import re

import psycopg
import pytest

from devstack.paths import ROOT
from support.catalog import Rule, caught, offenders

RULES = (
    Rule(
        "schema",
        """
        select nspname::text
        from pg_namespace
        where nspname in ('private', 'notifier') and obj_description(oid, 'pg_namespace') is null
        """,
        "comment on schema private is null",
        "private",
    ),
    Rule(
        "table and view",
        """
        select oid::regclass::text
        from pg_class
        where relkind in ('r', 'p', 'v', 'm', 'f')
            and not relispartition  -- its table says it
            and relnamespace::regnamespace::text in ('public', 'private', 'notifier')
            and obj_description(oid, 'pg_class') is null
        """,
        "create table notifier.mystery (id uuid)",
        "notifier.mystery",
    ),
    Rule(
        "column",
        """
        select attrelid::regclass || '.' || attname
        from pg_attribute
        inner join pg_class on pg_class.oid = attrelid
        where relkind in ('r', 'p', 'v', 'm', 'f')
            and not relispartition
            and relnamespace::regnamespace::text in ('public', 'private', 'notifier')
            and attnum > 0
            and not attisdropped
            and col_description(attrelid, attnum) is null
        """,
        "alter table public.courses add column mystery text",
        "courses.mystery",
    ),
    Rule(
        "type",
        """
        select pg_type.oid::regtype::text
        from pg_type
        left join pg_class on pg_class.oid = typrelid
        where typtype in ('c', 'd', 'e', 'r')
            and typnamespace::regnamespace::text in ('public', 'private', 'notifier')
            and (typtype <> 'c' or relkind = 'c')
            and obj_description(pg_type.oid, 'pg_type') is null
        """,
        "create type public.mystery as enum ('a')",
        "mystery",
    ),
    Rule(
        "function",
        """
        select oid::regprocedure::text
        from pg_proc
        where pronamespace::regnamespace::text in ('public', 'private', 'notifier')
            and obj_description(oid, 'pg_proc') is null
        """,
        "create function private.mystery() returns integer language sql return 1",
        "private.mystery()",
    ),
    Rule(
        # A check of public says its sentence itself; tests/catalog/test_tables.py.
        "exclusion constraint, and unique one that is no natural key,",
        """
        select conrelid::regclass || '.' || conname
        from pg_constraint
        where connamespace = 'public'::regnamespace
            and (
                contype = 'x'
                or (contype = 'u' and exists (
                    select from pg_constraint as key
                    where key.conrelid = pg_constraint.conrelid
                        and key.contype = 'p'
                        and key.conkey <@ pg_constraint.conkey
                ))
            )
            and obj_description(oid, 'pg_constraint') is null
        """,
        "alter table public.courses add constraint courses_id_name_key unique (id, name)",
        "courses.courses_id_name_key",
    ),
)


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_there_is_a_comment_on_every(conn: psycopg.Connection, rule: Rule) -> None:
    assert offenders(conn, rule) == []


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_a_missing_comment_is_noticed_on_every(conn: psycopg.Connection, rule: Rule) -> None:
    assert caught(conn, rule) == [rule.offender]


def uncommented_values(source: str) -> list[str]:
    """The values of an enum or composite type, one a line, that no comment follows."""
    return re.findall(r"^    ('\w+'),?$", source, flags=re.MULTILINE)


def test_every_value_of_an_enum_is_explained_beside_it() -> None:
    files = sorted((ROOT / "sql" / "types").glob("*.sql"))
    enums = {file.stem: file.read_text() for file in files if " as enum (" in file.read_text()}
    assert len(enums) > 5
    assert {
        name: found for name, text in enums.items() if (found := uncommented_values(text))
    } == {}


def test_an_unexplained_value_of_an_enum_is_noticed() -> None:
    source = "create type public.mood as enum (\n    'glad', -- all is well\n    'sad'\n);\n"
    assert uncommented_values(source) == ["'sad'"]


def policies_named(source: str) -> set[str]:
    """The row-level security policies that the comments of a file lead to."""
    comments = "\n".join(re.findall(r"--.*", source))
    return set(re.findall(r"\b[a-z_]+_(?:select|insert|update|delete)(?:_[a-z_]+)?\b", comments))


def test_a_policy_that_a_comment_names_is_there(conn: psycopg.Connection) -> None:
    known = {name for (name,) in conn.execute("select policyname from pg_policies")}
    files = sorted((ROOT / "sql").glob("*/*.sql"))
    named = {file.name: policies_named(file.read_text()) for file in files}
    assert sum(map(bool, named.values())) > 3
    assert {name: found - known for name, found in named.items() if found - known} == {}


def test_the_comment_on_their_order_names_every_trigger_before_a_write_of_sessions(
    conn: psycopg.Connection,
) -> None:
    source = (ROOT / "sql" / "triggers" / "success_sessions_1_defaults.sql").read_text()
    order = " ".join(source.partition("create function")[0].replace("--", "").split())
    named = re.findall(r"\b(\d) ([a-z, ]+?)(?=, \d|\.)", order)
    listed = {
        f"success_sessions_{place}_{words.strip().replace(' ', '_')}"
        for place, several in named
        for words in re.split(r", | and ", several)
    }
    there = {
        name
        for (name,) in conn.execute(
            "select tgname from pg_trigger where tgname ~ '^success_sessions_[0-9]_'"
        )
    }
    assert listed == there
