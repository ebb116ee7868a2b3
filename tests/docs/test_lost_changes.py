"""What docs/operations.md says of changes that were lost brings calendars back to what holds."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from support.operations import blocks
from support.outbox import Claimed, Outbox, change
from support.world import World

TUESDAY = datetime(2031, 5, 6, 17, 0, tzinfo=UTC)


def numbers(mail: Claimed) -> list[int]:
    return [int(number) for number in re.findall(r"^SEQUENCE:(\d+)", mail.calendar or "", re.M)]


def test_told_again_calendars_take_it(conn: psycopg.Connection, world: World) -> None:
    outbox = Outbox(conn)
    batch = world.batch()
    world.student("Anna", batch=batch, email="anna@example.test")
    session = world.session("Moved", batch=batch, starts=TUESDAY)
    outbox.deliver()

    with conn.transaction(force_rollback=True):
        for hours in (1, 2, 3):
            start = TUESDAY + timedelta(hours=hours)
            change(conn, session, start_time=start, end_time=start + timedelta(hours=1))
        (mail,) = outbox.deliver()
        (lost,) = numbers(mail)
    assert lost == 3

    remedy, _ = blocks("After changes were lost", "sql")
    conn.execute(remedy.encode())

    (mail,) = outbox.deliver()
    assert mail.session["title"] == "Moved"
    assert min(numbers(mail)) > lost
    assert "DTSTART:20310506T170000Z" in (mail.calendar or "")


@pytest.mark.parametrize("status", ["cancelled", "completed"])
def test_what_is_off_or_over_is_not_told_again(
    conn: psycopg.Connection, world: World, status: str
) -> None:
    outbox = Outbox(conn)
    batch = world.batch()
    world.student("Anna", batch=batch, email="anna@example.test")
    starts = TUESDAY if status == "cancelled" else datetime.now(UTC) - timedelta(hours=3)
    session = world.session(batch=batch, starts=starts)
    change(conn, session, status=status)
    outbox.deliver()

    remedy, _ = blocks("After changes were lost", "sql")
    conn.execute(remedy.encode())

    assert outbox.deliver() == []
