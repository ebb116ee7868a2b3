"""The function `jaas-webhook`, called as JaaS calls it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
from psycopg.types.json import Jsonb

from support.campus import Campus
from support.deliveries import JaasDeliveries
from support.meetings import attended
from support.rest import Callers
from support.world import World

MINUTE = timedelta(minutes=1)
ROOM = "vpaas-magic-cookie-1/session-1"


def test_who_comes_and_goes_is_present_for_as_long_and_what_is_forged_counts_nothing(
    db: psycopg.Connection, callers: Callers, campus: Campus
) -> None:
    began = datetime.now(UTC).replace(microsecond=0) - 50 * MINUTE
    session = World(db).session(
        batch=campus.batch,
        starts=began,
        minutes=60,
        status="live",
        platform="jaas",
        link=f"https://8x8.vc/{ROOM}",
        platform_data=Jsonb({"meeting_id": ROOM}),
    )
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
