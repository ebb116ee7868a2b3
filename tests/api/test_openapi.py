"""PostgREST describes the API with our comments, and whatever the description allows is answered.

Schemathesis makes the requests from the description: values of every declared type and of others,
filters, headers. Whoever sends them, the answer is never a server error.
"""

from __future__ import annotations

import copy
import os
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.schemas import APIOperation

from devstack.stack import Stack
from support.campus import Campus
from support.rest import Caller, Callers
from support.world import World

Description = dict[str, Any]

EXAMPLES = int(os.environ.get("OPENAPI_EXAMPLES", "2"))
"""Right and wrong requests per operation, each sent by everybody; raise it for a long look."""

FILTERED = "filter of "
"""Prefix of the formats of row filters: the value needs an operator, such as eq.5."""

OPERATORS = ("eq", "neq", "gt", "lte", "is", "in", "cs", "ov", "like", "fts", "not.eq", "")


@pytest.fixture(scope="module")
def people(callers: Callers, campus: Campus) -> dict[str, Caller]:
    return {
        "anon": callers.visitor(),
        "student": callers.user(campus.sam),
        "mentor": callers.user(campus.marta),
        "admin": callers.user(campus.ada),
    }


@pytest.fixture(scope="module")
def description(people: dict[str, Caller]) -> Description:
    """The whole of the API, as everybody who has signed in is shown it."""
    described: Description = people["admin"].get("").json()
    return described


def test_the_description_carries_every_comment_of_the_database(
    description: Description, running: Stack
) -> None:
    with psycopg.connect(running.db_url) as connection:
        functions = connection.execute(
            "select proname, obj_description(oid, 'pg_proc') from pg_proc"
            " where pronamespace = 'public'::regnamespace"
            " and has_function_privilege('authenticated', oid, 'execute')"
            # What makes CSV of rows is PostgREST's to call.
            " and prokind = 'f'"
        ).fetchall()
        columns = connection.execute(
            "select relname, attname, col_description(pg_class.oid, attnum)"
            " from pg_class inner join pg_attribute on attrelid = pg_class.oid"
            " where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v')"
            " and attnum > 0 and not attisdropped"
        ).fetchall()
    assert len(functions) > 20
    for name, comment in functions:
        assert described_by(description["paths"][f"/rpc/{name}"]["post"]) == one_line(comment)
    for table, column, comment in columns:
        said = description["definitions"][table]["properties"][column]["description"]
        assert one_line(said).startswith(one_line(comment)), f"{table}.{column}"


def described_by(operation: Description) -> str:
    return one_line(f"{operation.get('summary', '')} {operation.get('description', '')}")


def one_line(text: str) -> str:
    return " ".join(text.split())


# -- Requests --------------------------------------------------------------------------------------


def with_filters(description: Description) -> Description:
    """The description with row filters told from values: PostgREST gives both the same format."""
    description = copy.deepcopy(description)
    for name, parameter in description["parameters"].items():
        if name.startswith("rowFilter."):
            parameter["format"] = FILTERED + parameter.get("format", "text")
    return description


@pytest.fixture(scope="module")
def formats(running: Stack, campus: Campus) -> None:
    """Values that mean something: ids of what there is, times around now."""
    with psycopg.connect(running.db_url) as connection:
        world = World(connection)
        for days in range(-2, 3):
            session = world.session(
                f"Day {days}",
                batch=campus.batch,
                mentor=campus.marta,
                starts=timedelta(days=days, minutes=5),
                registration_required=days % 2 == 0,
                capacity=1 if days % 2 == 0 else None,
            )
            world.invite(session, campus.nora)
            world.attendance(session, campus.sam)
        ids = [
            str(row[0])
            for table in ("profiles", "success_sessions", "courses", "batches", "meeting_accounts")
            for row in connection.execute(f"select id from public.{table}".encode())  # noqa: S608
        ]
    now = datetime.now(UTC)
    times = [
        (now + timedelta(hours=hours)).isoformat() for hours in (-48, -1, 0, 1, 24, 24 * 400)
    ] + ["infinity", "-infinity", "0001-01-01T00:00:00Z", "294276-12-31T23:59:59Z"]
    values: dict[str, st.SearchStrategy[str]] = {
        "uuid": st.sampled_from([*ids, str(UUID(int=0))]),
        "timestamp with time zone": st.sampled_from(times),
        "timestamp without time zone": st.sampled_from([time[:19] for time in times]),
        "time without time zone": st.sampled_from(["00:00", "23:59:59.999999", "24:00"]),
        "date": st.sampled_from(["2026-12-24", "0001-01-01", "5874897-12-31", "infinity"]),
        "interval": st.sampled_from(["1 hour", "-1 day", "178000000 years", "0"]),
        "text": st.sampled_from(["", "x", "Europe/Berlin", "weekly", "zoom", "this", "é" * 300]),
        "integer": st.sampled_from(["0", "-1", "2147483647", "99999999999"]),
        "smallint": st.sampled_from(["0", "-1", "32767", "99999"]),
        "bigint": st.sampled_from(["0", "-1", str(2**63 - 1), str(2**64)]),
        "boolean": st.sampled_from(["true", "false", "maybe"]),
        "jsonb": st.sampled_from(["{}", "[]", "null", '"x"', '{"rrule": "FREQ=DAILY;COUNT=3"}']),
    }
    for name, strategy in values.items():
        schemathesis.openapi.format(name, strategy)
        schemathesis.openapi.format(
            FILTERED + name, st.builds("{}.{}".format, st.sampled_from(OPERATORS), strategy)
        )


def test_no_request_that_the_description_allows_is_a_server_error(
    people: dict[str, Caller], description: Description, formats: None
) -> None:
    schema = schemathesis.openapi.from_dict(with_filters(description))
    failures: dict[str, str] = {}
    answered: Counter[tuple[str, bool]] = Counter()
    with requests.Session() as session:
        session.trust_env = False  # else every request looks for proxies and passwords
        for found in schema.get_all_operations():
            operation = found.ok()  # type: ignore[union-attr]
            # What is wrong in an address is a text all the same; bodies can be of a wrong type.
            for mode in list(GenerationMode) if operation.body else [GenerationMode.POSITIVE]:
                for who, status, exchange in ask(operation, mode, session, people):
                    answered[who, status < 300] += 1
                    if status >= 500:
                        failures.setdefault(operation.label, f"{who}: {exchange}")
    assert failures == {}
    # The requests are worth making: some are granted, some refused.
    assert min(answered[who, False] for who in people) > 100
    assert min(answered[who, True] for who in people if who != "anon") > 10


def ask(
    operation: APIOperation[Any, Any, Any, Any],
    mode: GenerationMode,
    session: requests.Session,
    people: dict[str, Caller],
) -> list[tuple[str, int, str]]:
    """Let everybody send the same few requests to one operation: who, status, and the rest."""
    answers = []

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    def send(case: Any) -> None:
        for who, caller in people.items():
            request = case.as_transport_kwargs(
                base_url=f"{caller.url}/rest/v1", headers=caller.headers
            )
            response = session.request(**request)
            sent = f"{request['method']} {response.request.url} {response.request.body!r}"
            answers.append((who, response.status_code, f"{sent[:900]}: {response.text[:300]}"))

    # Some operations can be asked for nothing wrong: they have no arguments.
    with suppress(Unsatisfiable):
        send()
    return answers
