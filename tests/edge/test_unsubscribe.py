"""The function `unsubscribe`, called as mail programs call it."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest

from devstack.stack import Stack
from support.rest import Callers
from support.world import World

FORM = b"List-Unsubscribe=One-Click"
FORM_TYPE = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def sam(edge: Stack) -> UUID:
    with psycopg.connect(edge.db_url) as connection:
        return World(connection).student("Sam")


@pytest.fixture
def token(edge: Stack, sam: UUID) -> str:
    """As it stands in a reminder of Sam's."""
    with psycopg.connect(edge.db_url) as connection:
        row = connection.execute(
            "select private.unsubscribe_token(private.unsubscribe_key(), %s, 'session_reminder')",
            (sam,),
        ).fetchone()
    assert row is not None
    return str(row[0])


def test_one_click_switches_the_kind_off(
    edge: Stack, callers: Callers, sam: UUID, token: str
) -> None:
    program, owner = callers.stranger(), callers.user(sam)

    asked = program.invoke("unsubscribe", method="GET", query={"token": token})
    assert asked.status_code == 200, asked.text
    assert "reminders of your sessions" in asked.text
    assert owner.get("notification_preferences").json() == []

    done = program.invoke("unsubscribe", query={"token": token}, content=FORM, headers=FORM_TYPE)
    assert done.status_code == 200, done.text
    (preference,) = owner.get("notification_preferences").json()
    assert (preference["kind"], preference["enabled"]) == ("session_reminder", False)
    assert token not in edge.functions.log("unsubscribe")


def test_a_wrong_token_switches_nothing_off(callers: Callers, sam: UUID, token: str) -> None:
    program = callers.stranger()
    forged = token[:-1] + ("0" if token[-1] != "0" else "1")
    answer = program.invoke("unsubscribe", query={"token": forged}, content=FORM, headers=FORM_TYPE)
    assert answer.status_code == 404


def test_what_is_no_click_is_refused(callers: Callers, token: str) -> None:
    program = callers.stranger()
    empty = program.invoke("unsubscribe", query={"token": token}, content=b"", headers=FORM_TYPE)
    assert empty.status_code == 400
    other = program.invoke("unsubscribe", method="PUT", query={"token": token})
    assert (other.status_code, other.headers["allow"]) == (405, "GET, HEAD, POST")


def test_nobody_but_the_function_may_ask_the_database(
    callers: Callers, sam: UUID, token: str
) -> None:
    arguments = {"token": token, "confirm": True}
    for caller in (callers.visitor(), callers.user(sam)):
        assert caller.call("unsubscribe", **arguments).status_code in (401, 403)
    assert callers.service().call("unsubscribe", **arguments).json() == "session_reminder"
