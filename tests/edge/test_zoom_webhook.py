"""The function `zoom-webhook`, called as Zoom calls it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from devstack.stack import Stack
from devstack.zoom import signature
from support.campus import Campus, address
from support.deliveries import ZoomDeliveries
from support.meetings import attended
from support.rest import Callers
from support.world import World

MINUTE = timedelta(minutes=1)
MEETING = "987654321"


@pytest.fixture
def began() -> datetime:
    """When the session began."""
    return datetime.now(UTC).replace(microsecond=0) - 50 * MINUTE


@pytest.fixture
def session(db: psycopg.Connection, campus: Campus, began: datetime) -> UUID:
    """A session of the autumn batch that is on."""
    db.execute("delete from private.presence_events")
    db.execute("update public.success_sessions set zoom_meeting_id = null")
    return World(db).session(
        batch=campus.batch, starts=began, minutes=60, status="live", zoom_meeting_id=MEETING
    )


@pytest.fixture
def zoom_news(callers: Callers) -> ZoomDeliveries:
    return ZoomDeliveries(callers.stranger(), MEETING)


def stored(db: psycopg.Connection) -> int:
    """What webhooks have left behind."""
    row = db.execute(
        "select (select count(*) from private.presence_events)"
        " + (select count(*) from private.unmatched_participants)"
        " + (select count(*) from public.session_recordings)"
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_zoom_can_validate_the_endpoint(zoom_news: ZoomDeliveries) -> None:
    question = {"event": "endpoint.url_validation", "payload": {"plainToken": "plain"}}

    answer = zoom_news.send(question).json()

    assert answer["plainToken"] == "plain"
    assert len(answer["encryptedToken"]) == 64


def test_who_comes_and_goes_is_present_for_as_long(
    db: psycopg.Connection,
    campus: Campus,
    session: UUID,
    began: datetime,
    zoom_news: ZoomDeliveries,
) -> None:
    for response in (
        zoom_news.joined(began, email=address("sam"), participant_uuid="laptop"),
        zoom_news.left(began + 30 * MINUTE, email=address("sam"), participant_uuid="laptop"),
        zoom_news.joined(began + 20 * MINUTE, customer_key=str(campus.sita)),
        zoom_news.ended(began + 40 * MINUTE),
    ):
        assert response.status_code == 204, response.text

    assert attended(db, session)[campus.sam][1] == 30
    assert attended(db, session)[campus.sita][1] == 20


def test_repeated_and_in_any_order_it_comes_to_the_same(
    db: psycopg.Connection,
    campus: Campus,
    session: UUID,
    began: datetime,
    zoom_news: ZoomDeliveries,
) -> None:
    sam = {"email": address("sam"), "participant_uuid": "laptop"}
    for _ in range(3):
        assert zoom_news.ended(began + 40 * MINUTE).status_code == 204
        assert zoom_news.left(began + 30 * MINUTE, **sam).status_code == 204
        assert zoom_news.joined(began + 10 * MINUTE, **sam).status_code == 204

    assert attended(db, session)[campus.sam][1] == 20
    assert stored(db) == 3


def test_a_recording_is_kept_for_the_host_to_publish(
    db: psycopg.Connection, session: UUID, began: datetime, zoom_news: ZoomDeliveries
) -> None:
    for _ in range(2):
        assert zoom_news.recorded(began, "https://zoom.us/rec/share/abc").status_code == 204

    recordings = db.execute(
        "select title, is_published from public.session_recordings where session_id = %s",
        (session,),
    )
    assert recordings.fetchall() == [("Office hours", False)]
    db.execute("delete from public.session_recordings where session_id = %s", (session,))


def test_what_is_not_genuine_is_refused_and_leaves_nothing(
    db: psycopg.Connection,
    callers: Callers,
    session: UUID,
    began: datetime,
    zoom_news: ZoomDeliveries,
) -> None:
    news = zoom_news.participant("joined", "join_time", began, {"email": address("sam")})
    genuine = json.dumps(news).encode()
    compact = json.dumps(news, separators=(",", ":")).encode()

    def deliver(body: bytes, headers: dict[str, str]) -> int:
        answer = callers.stranger().invoke("zoom-webhook", content=body, headers=headers)
        return answer.status_code

    assert zoom_news.send(news, secret="a guess").status_code == 401
    assert zoom_news.send(news, age=301).status_code == 401
    assert zoom_news.send(news, age=-900).status_code == 401
    assert deliver(genuine, {}) == 401
    assert deliver(compact, signature(genuine)) == 401, "re-serialised"
    assert deliver(genuine + b" ", signature(genuine)) == 401
    large = json.dumps({**news, "padding": "x" * 2**19}).encode()
    assert deliver(large, signature(large)) == 413
    assert deliver(b"[]", signature(b"[]")) == 400
    assert zoom_news.send({"event": "meeting.ended", "payload": {}}).status_code == 400
    assert stored(db) == 0
    assert attended(db, session) == {}

    assert deliver(genuine, signature(genuine)) == 204
    assert stored(db) == 1


@pytest.mark.parametrize("name", ["Sam \ud83d", "Sam\0"])
def test_a_name_that_is_cut_off_in_the_middle_of_an_emoji_or_holds_nul_is_no_obstacle(
    db: psycopg.Connection,
    campus: Campus,
    session: UUID,
    began: datetime,
    zoom_news: ZoomDeliveries,
    name: str,
) -> None:
    sam = {"customer_key": str(campus.sam), "user_name": name}

    assert zoom_news.joined(began, **sam).status_code == 204

    assert set(attended(db, session)) == {campus.sam}


def test_a_database_that_is_held_up_is_told_again_and_knows_it_once(
    db: psycopg.Connection,
    edge: Stack,
    campus: Campus,
    session: UUID,
    began: datetime,
    zoom_news: ZoomDeliveries,
) -> None:
    """Zoom waits for three seconds: the answer must come before, and not from the database."""
    with psycopg.connect(edge.db_url) as busy:
        busy.execute("lock table private.presence_events")
        assert zoom_news.joined(began, customer_key=str(campus.sam)).status_code == 503

    assert "TimeoutError" in edge.functions.log("zoom-webhook")
    assert zoom_news.joined(began, customer_key=str(campus.sam)).status_code == 204
    assert stored(db) == 1


def test_genuine_nonsense_is_refused_and_leaves_nothing(
    db: psycopg.Connection, session: UUID, began: datetime, zoom_news: ZoomDeliveries
) -> None:
    assert zoom_news.joined(began, join_time="soon").status_code == 400
    assert stored(db) == 0
    assert attended(db, session) == {}


def test_meetings_that_are_nobodys_are_none_of_our_business(
    db: psycopg.Connection, session: UUID, began: datetime, callers: Callers
) -> None:
    private = ZoomDeliveries(callers.stranger(), "999999999")

    assert private.joined(began, email=address("sam")).status_code == 204
    assert stored(db) == 0
    assert attended(db, session) == {}
