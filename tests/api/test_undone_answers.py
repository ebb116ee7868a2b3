"""PostgREST lets a caller rework what a function answers, and undoes its writes when that fails.

What an error would then tell is what the function was to write down first: a passcode that was
shown, a code that was guessed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import psycopg
import pytest

from devstack.stack import Stack
from support.bookings import offer
from support.campus import Campus
from support.rest import Callers
from support.world import World

SECRET = "SECRET"
FIELDS = {
    "join_session": "passcode",
    "session_credentials": "passcode",
    "booking_offer_credentials": "passcode",
    "open_recording": "url",
    "check_in": "is_accepted",
}
CREDENTIALS = "link,platform,passcode,backup_link,zoom_meeting_id"
COLUMNS = {
    "session_credentials": f"{CREDENTIALS},host_link,session_id",
    "booking_offer_credentials": f"{CREDENTIALS},offer_id",
    "check_in": "guesses_left,attendance_status,told:is_accepted->>0",
}
"""As many as the function answers, in an order in which they do not fit."""


@pytest.fixture(scope="module")
def ask(running: Stack, campus: Campus, callers: Callers) -> Callable[..., httpx.Response]:
    """Calls a function so that it answers something secret, or whether a code is right."""
    meeting: dict[str, Any] = {"link": f"https://{SECRET}.test/1", "zoom_passcode": SECRET}
    with psycopg.connect(running.db_url) as connection:
        world = World(connection)
        session = world.session(
            batch=campus.batch,
            mentor=campus.marta,
            starts=timedelta(minutes=-5),
            minutes=240,
            **meeting,
        )
        over = world.session(batch=campus.batch, starts=timedelta(days=-1), status="completed")
        recording = world.recording(over, url=f"https://{SECRET}.test/2", is_published=True)
        offered = offer(connection, campus.marta, **meeting)
    # No code is right before the host has shown one.
    callers.user(campus.marta).call("show_check_in_code", session_id=str(session))
    calls = {
        "join_session": (campus.sam, {"session_id": str(session)}),
        "session_credentials": (campus.marta, {"session_id": str(session)}),
        "booking_offer_credentials": (campus.marta, {"offer_id": str(offered)}),
        "open_recording": (campus.sam, {"recording_id": str(recording)}),
        "check_in": (campus.sita, {"session_id": str(session), "code": "wrong"}),
    }

    def ask(function: str, query: dict[str, str], **headers: str) -> httpx.Response:
        who, arguments = calls[function]
        return callers.user(who).send(
            "POST", f"rpc/{function}", query, body=arguments, headers=headers
        )

    return ask


def written(running: Stack) -> list[tuple[Any, ...]]:
    """What the functions write down: reveals, views, wrong codes."""
    with psycopg.connect(running.db_url) as connection:
        return connection.execute(
            "select count(*) from public.audit_log where row_key is not null"
            " union all select count(*) from public.session_recording_views"
            " union all select coalesce(sum(wrong), 0) from private.check_in_guesses"
        ).fetchall()


@pytest.mark.parametrize("function", FIELDS)
@pytest.mark.parametrize(
    "query",
    [
        {"select": "{field}::int"},
        {"select": "told:{field}->>0::int"},
        # Which fails where it fits so far.
        {"{field}->>0": "like.{start}\\"},
        {"or": "({field}.is.null,{field}->>0.match.\\()"},
    ],
    ids=str,
)
def test_no_answer_is_told_that_is_not_written_down(
    running: Stack, ask: Callable[..., httpx.Response], function: str, query: dict[str, str]
) -> None:
    before = written(running)
    field = FIELDS[function]
    start = {"passcode": SECRET, "url": "https:", "is_accepted": "false"}[field][:-1]
    filled = {
        name.format(field=field): value.format(field=field, start=start)
        for name, value in query.items()
    }

    said = ask(function, filled)

    assert (said.status_code, said.json()["code"]) == (400, "22023"), said.text
    assert SECRET.lower() not in said.text.lower()
    assert written(running) == before


@pytest.mark.parametrize("function", COLUMNS)
def test_nor_as_a_file_of_columns_in_another_order(
    ask: Callable[..., httpx.Response], function: str
) -> None:
    said = ask(function, {"select": COLUMNS[function]}, Accept="text/csv")

    assert said.json()["code"] == "22023", said.text
    assert SECRET.lower() not in said.text.lower()


@pytest.mark.parametrize("function", FIELDS)
@pytest.mark.parametrize(
    ("query", "accept"),
    [
        ({}, "application/json"),
        ({"select": "{field}"}, "application/json"),
        ({}, "application/vnd.pgrst.object+json"),
        ({"order": "{field}", "limit": "1"}, "application/json"),
    ],
    ids=str,
)
def test_what_is_asked_for_as_it_is_is_told_and_written_down(
    running: Stack,
    ask: Callable[..., httpx.Response],
    function: str,
    query: dict[str, str],
    accept: str,
) -> None:
    with psycopg.connect(running.db_url) as connection:
        connection.execute("delete from private.check_in_guesses")
        connection.execute("delete from public.session_attendance")
    before = written(running)
    filled = {name: value.format(field=FIELDS[function]) for name, value in query.items()}

    told = ask(function, filled, Accept=accept, Prefer="count=exact")

    assert told.status_code == 200, told.text
    assert told.json()[FIELDS[function]] is not None
    assert written(running) != before
