"""The function `jaas-webhook`, called as JaaS calls it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from devstack.stack import Stack
from support.campus import Campus
from support.deliveries import JaasDeliveries
from support.meetings import attended
from support.rest import Callers
from support.world import World

MINUTE = timedelta(minutes=1)
ROOM = "vpaas-magic-cookie-1/session-1"


def on_since(db: psycopg.Connection, campus: Campus, began: datetime, room: str) -> UUID:
    """An hour in that room."""
    return World(db).session(
        batch=campus.batch,
        starts=began,
        minutes=60,
        status="live",
        platform="jaas",
        link=f"https://8x8.vc/{room}",
        platform_data=Jsonb({"meeting_id": room}),
    )


def test_who_comes_and_goes_is_present_for_as_long_and_what_is_forged_counts_nothing(
    db: psycopg.Connection, callers: Callers, campus: Campus
) -> None:
    began = datetime.now(UTC).replace(microsecond=0) - 50 * MINUTE
    session = on_since(db, campus, began, ROOM)
    jaas = JaasDeliveries(callers.stranger(), ROOM)
    joined = jaas.event("PARTICIPANT_JOINED", began, {"id": str(campus.sam)})

    assert jaas.send(joined, secret="a guess").status_code == 401
    assert jaas.send(joined, age=301).status_code == 401
    assert attended(db, session) == {}
    count = "select count(*) from private.presence_events where session_id = %s"
    assert db.execute(count, (session,)).fetchone() == (0,)

    assert jaas.left(began + 30 * MINUTE, id=str(campus.sam)).status_code == 204
    for _ in range(2):
        assert jaas.send(joined).status_code == 204

    assert attended(db, session)[campus.sam][1] == 30
    assert db.execute(count, (session,)).fetchone() == (2,)


def test_a_database_that_is_held_up_is_no_reason_to_keep_jaas_waiting(
    db: psycopg.Connection, edge: Stack, callers: Callers, campus: Campus
) -> None:
    began = datetime.now(UTC).replace(microsecond=0) - 50 * MINUTE
    session = on_since(db, campus, began, f"{ROOM}-of-a-busy-hour")
    jaas = JaasDeliveries(callers.stranger(), f"{ROOM}-of-a-busy-hour")
    joined = jaas.event("PARTICIPANT_JOINED", began, {"id": str(campus.sam)})
    with psycopg.connect(edge.db_url) as busy:
        busy.execute("lock table private.presence_events")
        assert jaas.send(joined).status_code == 503

    assert "TimeoutError" in edge.functions.log("jaas-webhook")
    assert jaas.send(joined).status_code == 204
    assert set(attended(db, session)) == {campus.sam}


def test_who_is_in_a_breakout_room_stays_though_the_main_room_is_left_late_and_others_close(
    db: psycopg.Connection, callers: Callers, campus: Campus
) -> None:
    began = datetime.now(UTC).replace(microsecond=0) - 50 * MINUTE
    session = on_since(db, campus, began, f"{ROOM}-of-many")
    jaas = JaasDeliveries(callers.stranger(), f"{ROOM}-of-many")
    sam = {"id": str(campus.sam), "participantJid": "sam@8x8.vc/1"}
    breakout = {"isBreakout": True, "breakoutRoomId": "b1"}

    jaas.joined(began, **sam)
    jaas.joined(began + 10 * MINUTE, **sam, **breakout)
    jaas.left(began + 11 * MINUTE, **sam)
    other = {"isBreakout": True, "breakoutRoomId": "b2"}
    assert jaas.send(jaas.event("ROOM_DESTROYED", began + 20 * MINUTE, other)).status_code == 204
    jaas.left(began + 40 * MINUTE, **sam, **breakout)

    assert attended(db, session)[campus.sam][1] == 40
