"""Calendars over HTTP: who has the token needs nothing else."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import icalendar
import psycopg
import pytest

from devstack.stack import Stack
from support.campus import Campus
from support.rest import Callers
from support.world import World

CALENDAR = {"Accept": "text/calendar"}


@pytest.fixture(scope="module")
def session(running: Stack, campus: Campus) -> UUID:
    """A session of the autumn batch."""
    with psycopg.connect(running.db_url) as connection:
        world = World(connection)
        world.session("Winter's", batch=campus.winter, starts=timedelta(days=2))
        return world.session("Questions, answers", batch=campus.batch, starts=timedelta(days=1))


@pytest.fixture(scope="module")
def token(callers: Callers, campus: Campus, session: UUID) -> str:
    """Of Sam's feed."""
    response = callers.user(campus.sam).call("create_calendar_feed")
    assert response.status_code == 200
    return str(response.json())


def ask(callers: Callers, method: str, token: str) -> httpx.Response:
    """Ask for a feed without having signed in."""
    visitor = callers.visitor()
    if method == "POST":
        return visitor.send(method, "rpc/calendar_feed", body={"token": token}, headers=CALENDAR)
    return visitor.send(method, "rpc/calendar_feed", {"token": token}, headers=CALENDAR)


def titles(response: httpx.Response) -> list[str]:
    calendar = icalendar.Calendar.from_ical(response.content)
    return [str(event["SUMMARY"]) for event in calendar.walk("VEVENT")]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_whoever_has_the_token_gets_a_calendar(callers: Callers, token: str, method: str) -> None:
    response = ask(callers, method, token)
    assert response.status_code == 200
    assert response.headers["content-type"].split(";")[0] == "text/calendar"
    assert response.content.startswith(b"BEGIN:VCALENDAR\r\n")
    assert response.content.endswith(b"END:VCALENDAR\r\n")
    assert titles(response) == ["Questions, answers"]


def test_head_answers_without_a_body(callers: Callers, token: str) -> None:
    response = ask(callers, "HEAD", token)
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-type"].split(";")[0] == "text/calendar"


def test_a_post_records_the_use_and_a_get_cannot(
    callers: Callers, campus: Campus, session: UUID
) -> None:
    """PostgREST runs a GET in a transaction that may not write."""
    otto = callers.user(campus.otto)
    token = otto.call("create_calendar_feed", label="Work").json()

    def last_used_at() -> object:
        (feed,) = otto.get("calendar_feeds").json()
        assert set(feed) == {"id", "owner_id", "label", "course_id", "last_used_at", "created_at"}
        return feed["last_used_at"]

    assert titles(ask(callers, "GET", token)) == ["Winter's"]
    assert last_used_at() is None
    assert titles(ask(callers, "POST", token)) == ["Winter's"]
    assert last_used_at() is not None


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
def test_no_wrong_token_is_told_from_another(
    callers: Callers, campus: Campus, session: UUID, method: str
) -> None:
    sita = callers.user(campus.sita)
    revoked = sita.call("create_calendar_feed").json()
    assert ask(callers, method, revoked).status_code == 200
    (feed,) = sita.get("calendar_feeds").json()
    assert sita.call("revoke_calendar_feed", feed_id=feed["id"]).status_code == 204

    answers = [ask(callers, method, wrong) for wrong in (revoked, "0" * 64, "x", str(uuid4()))]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    headers = [{**answer.headers, "date": ""} for answer in answers]
    assert headers == [headers[0]] * 4
    if method != "HEAD":
        assert answers[0].json()["code"] == "PT404"


def test_nobody_revokes_somebody_elses(callers: Callers, campus: Campus, token: str) -> None:
    (feed,) = callers.user(campus.sam).get("calendar_feeds").json()
    other = callers.user(campus.sofia).call("revoke_calendar_feed", feed_id=feed["id"])
    assert (other.status_code, other.json()["code"]) == (404, "PT404")
    assert ask(callers, "GET", token).status_code == 200


def test_one_session_is_a_file(callers: Callers, campus: Campus, session: UUID) -> None:
    response = callers.user(campus.sam).get(
        "rpc/session_ics", accept="text/calendar", session_id=str(session)
    )
    assert response.headers["content-type"].split(";")[0] == "text/calendar"
    assert titles(response) == ["Questions, answers"]
    for session_id in (session, uuid4()):
        hidden = callers.user(campus.otto).get(
            "rpc/session_ics", accept="text/calendar", session_id=str(session_id)
        )
        assert (hidden.status_code, hidden.json()["code"]) == (404, "PT404")


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        ({"label": ""}, 400, "22023"),
        ({"course_id": str(uuid4())}, 404, "PT404"),
        ({"course_id": "x"}, 400, "22P02"),
        ({"nonsense": 1}, 404, "PGRST202"),
    ],
)
def test_a_bad_request_is_refused_as_such(
    callers: Callers, campus: Campus, arguments: dict[str, object], status: int, code: str
) -> None:
    response = callers.user(campus.uma).call("create_calendar_feed", **arguments)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert callers.user(campus.uma).get("calendar_feeds").json() == []


def test_without_a_token_there_is_no_feed(callers: Callers) -> None:
    response = callers.visitor().call("calendar_feed")
    assert (response.status_code, response.json()["code"]) == (404, "PGRST202")
    assert callers.visitor().call("calendar_feed", token=None).status_code == 404
