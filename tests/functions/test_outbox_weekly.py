"""A mentor who asks for it gets one mail a week on the sessions held."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from support.outbox import Outbox, change
from support.plans import refuse
from support.preferences import prefer
from support.world import World


@pytest.fixture
def mentor(world: World) -> UUID:
    return world.mentor("Amara", timezone="Europe/Berlin")


def held(world: World, outbox: Outbox, mentor: UUID, title: str, days_ago: int) -> UUID:
    """A session that the mentor held, long told of."""
    session = world.session(title, mentor=mentor, starts=-timedelta(days=days_ago), status="live")
    world.conn.execute(
        "update public.success_sessions set status = 'completed' where id = %s", (session,)
    )
    outbox.deliver()
    return session


def come_due(outbox: Outbox, who: UUID) -> int:
    """Let the hour come, and the clock see it."""
    outbox.conn.execute(
        "update public.notification_preferences set due_at = clock_timestamp()"
        " where user_id = %s and due_at is not null",
        (who,),
    )
    written = outbox.scalar("select reminders from notifier.tick()")
    assert isinstance(written, int)
    return written


def test_the_sessions_of_the_week_are_one_mail(world: World, outbox: Outbox, mentor: UUID) -> None:
    sam = world.student("Sam")
    first = held(world, outbox, mentor, "First", 5)
    held(world, outbox, mentor, "Second", 2)
    held(world, outbox, mentor, "Long ago", 9)
    held(world, outbox, world.mentor("Jonas"), "Of another", 3)
    called_off = world.session(
        "Called off", mentor=mentor, starts=-timedelta(days=3), status="live"
    )
    change(world.conn, called_off, status="cancelled")
    world.attendance(first, sam, "late")
    prefer(world.conn, mentor, "weekly_summary")
    assert come_due(outbox, mentor) == 2
    # It shows no names, so none are read.
    refuse(world.conn, "private.attendance_summary", "true")
    (email,) = outbox.deliver()
    assert (email.recipient_id, email.kind, email.recipient_role) == (
        mentor,
        "weekly_summary",
        "host",
    )
    assert [
        (part["session"]["title"], part["changes"]["attendance"]["late"]) for part in email.parts
    ] == [("First", 1), ("Second", 0)]
    assert email.calendars == []
    assert email.unsubscribe_token is not None


def test_no_other_choice_of_the_mentor_comes_due(
    world: World, outbox: Outbox, mentor: UUID
) -> None:
    prefer(world.conn, mentor, "weekly_summary")
    prefer(world.conn, mentor, "session_reminder")
    come_due(outbox, mentor)
    due = "select array_agg(kind) from public.notification_preferences where due_at is not null"
    assert outbox.scalar(due) == ["weekly_summary"]


def test_one_session_is_a_week_too_and_none_is_no_mail(
    world: World, outbox: Outbox, mentor: UUID
) -> None:
    prefer(world.conn, mentor, "weekly_summary")
    assert come_due(outbox, mentor) == 0
    held(world, outbox, mentor, "Only", 2)
    assert come_due(outbox, mentor) == 1
    assert outbox.tell() == {mentor: "weekly_summary"}


@pytest.mark.parametrize("choice", [None, {"enabled": False}])
def test_nobody_gets_it_who_has_not_asked(
    world: World, outbox: Outbox, mentor: UUID, choice: dict[str, bool] | None
) -> None:
    held(world, outbox, mentor, "Held", 2)
    prefer(world.conn, mentor, enabled=True)
    if choice is not None:
        prefer(world.conn, mentor, "weekly_summary", **choice)
    assert come_due(outbox, mentor) == 0


def test_whoever_takes_it_back_or_is_no_mentor_any_more_gets_none(
    world: World, outbox: Outbox, mentor: UUID
) -> None:
    jonas = world.mentor("Jonas")
    for who in (mentor, jonas):
        held(world, outbox, who, "Held", 2)
    for who in (mentor, jonas):
        prefer(world.conn, who, "weekly_summary")
        assert come_due(outbox, who) == 1
    world.conn.execute(
        "update public.notification_preferences set enabled = false where user_id = %s", (mentor,)
    )
    world.conn.execute("delete from public.user_roles where user_id = %s", (jonas,))
    assert outbox.deliver() == []
    assert {row["skip_reason"] for row in outbox.rows(topic="week")} == {
        "switched_off",
        "not_invited",
    }


def test_it_is_due_once_a_week_on_monday_morning_where_the_mentor_is(
    world: World, outbox: Outbox, mentor: UUID
) -> None:
    prefer(world.conn, mentor, "weekly_summary")
    held(world, outbox, mentor, "Held", 2)
    assert come_due(outbox, mentor) == 1
    assert outbox.scalar("select reminders from notifier.tick()") == 0
    local: datetime = outbox.scalar(
        "select due_at at time zone 'Europe/Berlin' from public.notification_preferences"
    )
    assert (local.isoweekday(), local.hour, local.minute) == (1, 7, 0)
    assert outbox.scalar(
        "select notifier.next_wake() <= due_at from public.notification_preferences"
    )


def test_every_session_is_of_one_week(world: World, outbox: Outbox, mentor: UUID) -> None:
    """Also what is under way as the mail is due, and what is held in the hour that a week in which
    clocks go back has more.
    """
    first, second, third = (
        datetime.fromisoformat(f"{monday}:00").astimezone(UTC)
        for monday in ("2025-10-20 07:00+02", "2025-10-27 07:00+01", "2025-11-03 07:00+01")
    )
    hour = timedelta(hours=1)
    weeks = {
        first: [first - hour],
        second: [first - hour / 2, first + hour / 2, second - hour],
        third: [second - hour / 2, second],
    }
    sessions = {}
    for start in (start for starts in weeks.values() for start in starts):
        sessions[start] = world.session(mentor=mentor, starts=start, status="live")
        world.conn.execute("update public.success_sessions set status = 'completed'")
    prefer(world.conn, mentor, "weekly_summary")
    for monday, starts in weeks.items():
        world.conn.execute(
            "update public.notification_preferences set due_at = %s where user_id = %s",
            (monday, mentor),
        )
        told = {row["session_id"] for row in outbox.rows(topic="week")}
        outbox.scalar("select notifier.write_weekly_summaries(%s)", monday)
        told ^= {row["session_id"] for row in outbox.rows(topic="week")}
        assert told == {sessions[start] for start in starts}, monday


@pytest.mark.parametrize(
    ("moment", "monday"),
    [
        ("2027-03-01 05:59+00", "2027-03-01 06:00+00"),
        ("2027-03-01 06:00+00", "2027-03-08 06:00+00"),
        ("2027-03-28 12:00+00", "2027-03-29 05:00+00"),
    ],
)
def test_monday_morning_is_on_the_clock_of_a_zone(
    conn: psycopg.Connection, moment: str, monday: str
) -> None:
    row = conn.execute("select private.next_monday(%s, 'Europe/Berlin')", (moment,)).fetchone()
    assert row == (datetime.fromisoformat(f"{monday}:00").astimezone(UTC),)
