"""Whoever has not signed in gets nothing, anywhere, and cannot tell that anything is there.

But for a calendar feed, with its token: test_calendar_feeds.py.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from devstack import keys
from devstack.stack import Stack
from support.campus import Campus
from support.rest import Callers
from support.world import World


@pytest.fixture(scope="module")
def session(running: Stack, campus: Campus) -> UUID:
    """A session that is running, with everybody it could have."""
    with psycopg.connect(running.db_url) as connection:
        world = World(connection)
        made = world.session(
            "Office hours",
            batch=campus.batch,
            mentor=campus.marta,
            starts=-timedelta(minutes=5),
            zoom_passcode="hush",
        )
        world.invite(made, campus.nora)
        world.attendance(made, campus.sam)
    return made


def exposed(stack: Stack) -> tuple[list[str], list[tuple[str, list[str]]]]:
    """All relations and functions of schema public, these with their arguments' names."""
    with psycopg.connect(stack.db_url) as connection:
        relations = connection.execute(
            """
            select relname from pg_catalog.pg_class
            where relnamespace = 'public'::regnamespace and relkind in ('r', 'v', 'm', 'p')
            """
        ).fetchall()
        functions = connection.execute(
            """
            select proname, coalesce(proargnames, '{}') from pg_catalog.pg_proc
            where pronamespace = 'public'::regnamespace
            """
        ).fetchall()
    return [name for (name,) in relations], functions


def test_no_table_or_view_answers(running: Stack, callers: Callers, session: UUID) -> None:
    relations, _ = exposed(running)
    assert len(relations) >= 10
    visitor = callers.visitor()

    for relation in relations:
        for response in (
            visitor.get(relation),
            visitor.get(relation, prefer="count=exact", select="*", limit="0"),
            visitor.insert(relation, {}),
            visitor.update(relation, {"title": "x"}),
            visitor.delete(relation),
        ):
            # Some are refused even before the database is asked: no such column.
            assert response.status_code in (400, 401, 404, 405), (relation, response.text)
            assert "Office hours" not in response.text
        assert visitor.get(relation).status_code == 401
        assert visitor.get(relation).json()["code"] == "42501"


def test_no_function_answers(running: Stack, callers: Callers, session: UUID) -> None:
    _, functions = exposed(running)
    assert len(functions) >= 3
    visitor = callers.visitor()

    for name, arguments in functions:
        values = {argument: str(session) for argument in arguments}
        response = visitor.call(name, **values)
        if not {"session_id"} & set(arguments):
            assert response.status_code in (400, 401, 404), (name, response.text)
            continue
        assert (response.status_code, response.json()["code"]) == (401, "42501"), name


@pytest.mark.parametrize("function", ["join_session", "leave_session", "session_credentials"])
def test_a_session_that_is_there_looks_like_one_that_is_not(
    callers: Callers, session: UUID, function: str
) -> None:
    visitor = callers.visitor()

    there = visitor.call(function, session_id=str(session))
    nowhere = visitor.call(function, session_id=str(uuid4()))

    assert there.status_code == 401
    assert there.json() == nowhere.json()


def test_the_description_for_visitors_names_the_feed_alone(callers: Callers, session: UUID) -> None:
    response = callers.visitor().get("")

    assert response.status_code == 200
    assert set(response.json()["paths"]) == {"/", "/rpc/calendar_feed"}
    assert not response.json().get("definitions")


def test_a_control_everybody_concerned_does_see_it(
    callers: Callers, campus: Campus, session: UUID
) -> None:
    for who in (campus.sam, campus.marta, campus.ada, campus.nora):
        rows = callers.user(who).get("success_sessions", id=f"eq.{session}").json()
        assert [row["id"] for row in rows] == [str(session)]


def test_a_token_that_has_expired_is_none(callers: Callers, campus: Campus, session: UUID) -> None:
    response = callers.user(campus.sam, expires_in=-60).get("success_sessions")

    assert (response.status_code, response.json()["code"]) == (401, "PGRST301")
    assert response.json()["message"] == "JWT expired"


def test_a_token_signed_by_somebody_else_is_none(
    callers: Callers, campus: Campus, session: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "JWT_SECRET", "a secret that somebody guessed, long enough")
    forged = callers.user(campus.sofia)

    assert forged.get("success_sessions").status_code == 401


@pytest.mark.parametrize("role", ["postgres", "notifier", "supabase_admin", "supabase_auth_admin"])
def test_no_token_makes_anybody_another_role(
    callers: Callers, campus: Campus, session: UUID, role: str
) -> None:
    token = keys.sign({"sub": str(campus.sam), "role": role, "exp": 4102444800})

    assert callers.bearer(token).get("success_sessions").status_code in (401, 403)


def test_claims_in_the_token_give_nobody_rights(
    callers: Callers, campus: Campus, session: UUID
) -> None:
    claims = {"user_role": "superadmin", "app_metadata": {"role": "admin", "roles": ["admin"]}}
    token = keys.sign(
        {"sub": str(campus.otto), "role": "authenticated", "exp": 4102444800, **claims}
    )

    assert callers.bearer(token).get("success_sessions", id=f"eq.{session}").json() == []
