"""Changes that follow each other within seconds are told in one mail."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import psycopg
import pytest

from support.actors import refused
from support.outbox import Outbox, change
from support.world import World

WEEK = timedelta(weeks=1)


@pytest.fixture
def outbox(conn: psycopg.Connection) -> Outbox:
    """An outbox that waits a minute for further changes."""
    conn.execute("update public.app_settings set mail_debounce_seconds = 60")
    return Outbox(conn)


def known_session(world: World, outbox: Outbox, batch: UUID, starts: timedelta = WEEK) -> UUID:
    session = world.session(batch=batch, starts=starts)
    outbox.expand()
    outbox.let_time_pass()
    outbox.deliver()
    return session


def test_changes_within_the_window_are_one_mail_from_first_to_last(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = known_session(world, outbox, batch)
    for title in ("One", "Two", "Three"):
        change(world.conn, session, title=title)
        assert outbox.deliver() == []
    outbox.let_time_pass()
    (email,) = outbox.deliver()
    assert email.changes["title"] == {"old": "Some Session", "new": "Three"}
    assert outbox.deliver() == []


def test_the_window_begins_with_the_first_change(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = known_session(world, outbox, batch)
    change(world.conn, session, title="Renamed")
    outbox.expand()
    row = outbox.rows()[-1]
    event = outbox.rows("events")[-1]
    assert row["available_at"] == event["created_at"] + timedelta(minutes=1)
    change(world.conn, session, title="Renamed again")
    outbox.expand()
    assert outbox.rows(id=row["id"])[0]["available_at"] == row["available_at"]
    assert outbox.scalar("select notifier.next_wake()") <= row["available_at"]


def test_created_and_called_off_within_the_window_is_nothing(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = world.session(batch=batch, starts=WEEK)
    assert outbox.deliver() == []
    change(world.conn, session, status="cancelled")
    outbox.deliver()
    outbox.let_time_pass()
    assert outbox.deliver() == []


def test_there_and_back_again_within_the_window_is_nothing(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = known_session(world, outbox, batch)
    change(world.conn, session, title="Renamed")
    assert outbox.deliver() == []
    change(world.conn, session, title="Some Session")
    outbox.deliver()
    outbox.let_time_pass()
    assert outbox.deliver() == []


def test_what_begins_within_a_day_and_a_changed_link_do_not_wait(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = world.session(batch=batch, starts=timedelta(hours=20))
    assert outbox.tell() == {anna: "session_scheduled"}
    change(world.conn, session, status="cancelled")
    assert outbox.tell() == {anna: "session_cancelled"}
    later = known_session(world, outbox, batch)
    change(world.conn, later, title="Renamed")
    assert outbox.deliver() == []
    change(world.conn, later, link="https://zoom.us/j/987654321")
    (email,) = outbox.deliver()
    assert "title" in email.changes
    assert len(email.changes) == 2


def test_who_joins_and_leaves_within_the_window_is_told_nothing(
    world: World, outbox: Outbox, batch: UUID
) -> None:
    ben = world.student("Ben")
    known_session(world, outbox, batch)
    world.enroll(ben, batch=batch, lately=True)
    assert outbox.deliver() == []
    assert outbox.scalar("select notifier.next_wake() > clock_timestamp()")
    world.conn.execute("update public.course_enrollments set status = 'withdrawn'")
    world.conn.execute(
        "update notifier.enrollment_changes set created_at = created_at - interval '1 hour'"
    )
    assert outbox.deliver() == []
    assert outbox.rows(recipient_id=ben) == []


def test_how_long_is_waited_is_limited(conn: psycopg.Connection) -> None:
    with refused(conn, psycopg.errors.InvalidParameterValue, "mail_debounce_seconds must be"):
        conn.execute("update public.app_settings set mail_debounce_seconds = 3601")
