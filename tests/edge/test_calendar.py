"""The function `calendar`, called as calendar programs call it: by an address and nothing else."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import httpx
import icalendar
import psycopg
import pytest

from devstack.stack import Stack
from support.rest import Caller, Callers
from support.world import World


@pytest.fixture(scope="module")
def sam(edge: Stack) -> UUID:
    """A student with one session."""
    with psycopg.connect(edge.db_url) as connection:
        world = World(connection)
        batch = world.batch()
        world.session("Questions, answers", batch=batch, starts=timedelta(days=1))
        return world.student("Sam", batch=batch)


@pytest.fixture
def token(callers: Callers, sam: UUID) -> str:
    """Of a feed of Sam's."""
    return str(callers.user(sam).call("create_calendar_feed").json())


def fetch(
    program: Caller, token: str, method: str = "GET", headers: dict[str, str] | None = None
) -> httpx.Response:
    """What a calendar program does with the address it was given."""
    return program.invoke("calendar", path=f"/{token}.ics", method=method, headers=headers)


def pause(edge: Stack, sam: UUID, status: str) -> None:
    with psycopg.connect(edge.db_url) as connection:
        connection.execute(
            "update public.course_enrollments set status = %s where student_id = %s", (status, sam)
        )


def test_a_program_subscribes_and_keeps_up(
    edge: Stack, callers: Callers, sam: UUID, token: str
) -> None:
    program = callers.stranger()

    first = fetch(program, token)
    assert first.status_code == 200, first.text
    assert first.headers["content-type"] == "text/calendar; charset=utf-8"
    assert first.headers["cache-control"] == "private, no-cache"
    (event,) = icalendar.Calendar.from_ical(first.content).walk("VEVENT")
    assert event["SUMMARY"] == "Questions, answers"
    feeds = callers.user(sam).get("calendar_feeds", order="created_at").json()
    assert feeds[-1]["last_used_at"] is not None

    # Again: nothing is new. Then access ends.
    known = {"If-None-Match": first.headers["etag"]}
    assert fetch(program, token, headers=known).status_code == 304
    pause(edge, sam, "paused")
    emptied = fetch(program, token, headers=known)
    pause(edge, sam, "active")
    assert emptied.status_code == 200
    assert icalendar.Calendar.from_ical(emptied.content).walk("VEVENT") == []
    assert fetch(program, token, headers=known).status_code == 304


def test_head_tells_about_it(callers: Callers, token: str) -> None:
    whole, head = (fetch(callers.stranger(), token, method) for method in ("GET", "HEAD"))
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == whole.headers["etag"]
    assert head.headers["content-type"] == whole.headers["content-type"]


def test_a_revoked_token_is_not_found(callers: Callers, sam: UUID, token: str) -> None:
    program, owner = callers.stranger(), callers.user(sam)
    assert fetch(program, token).status_code == 200
    for feed in owner.get("calendar_feeds").json():
        owner.call("revoke_calendar_feed", feed_id=feed["id"])
    answers = [fetch(program, wrong) for wrong in (token, "0" * 64, "x")]
    assert {(answer.status_code, answer.content) for answer in answers} == {
        (404, answers[0].content)
    }
    assert fetch(program, token, "HEAD").status_code == 404


def test_nothing_but_reading_is_allowed(callers: Callers, token: str) -> None:
    answer = fetch(callers.stranger(), token, "PUT")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_a_failure_is_logged_without_the_token(edge: Stack, callers: Callers, token: str) -> None:
    program = callers.stranger()
    with psycopg.connect(edge.db_url, autocommit=True) as connection:
        connection.execute("revoke execute on function public.calendar_feed from anon")
        failed = fetch(program, token)
        connection.execute("grant execute on function public.calendar_feed to anon")
    # Not 404, at which a program might drop the calendar.
    assert failed.status_code == 503
    assert fetch(program, token).status_code == 200
    log = edge.functions.log("calendar")
    assert "permission denied for function calendar_feed" in log
    assert token not in log
