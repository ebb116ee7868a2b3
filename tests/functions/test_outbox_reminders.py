"""Everybody who takes part is reminded in time, once for each start, and nobody else is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from support.actors import refused
from support.outbox import Claimed, Outbox, change
from support.preferences import prefer
from support.reminders import come_near, remind
from support.world import World

DAY, HOUR = 1440, 60
"""Minutes before the start at which the platform reminds unless told otherwise."""


def told_long_ago(outbox: Outbox) -> None:
    """Send what waits, and let it have been sent an hour ago."""
    outbox.deliver()
    outbox.conn.execute(
        "update notifier.emails set sent_at = sent_at - interval '1 hour' where status = 'sent'"
    )


def known_session(
    world: World, outbox: Outbox, batch: UUID, starts: timedelta, **columns: Any
) -> UUID:
    """A session that everybody was told of long ago."""
    session = planned_session(world, batch, starts, **columns)
    told_long_ago(outbox)
    return session


def planned_session(world: World, batch: UUID, starts: timedelta, **columns: Any) -> UUID:
    """A session that was planned a month ago."""
    month_ago = datetime.now(UTC) - timedelta(days=30)
    return world.session(batch=batch, starts=starts, created_at=month_ago, **columns)


def tomorrow(world: World, outbox: Outbox, batch: UUID, **columns: Any) -> UUID:
    """One that begins in almost a day."""
    return known_session(world, outbox, batch, timedelta(hours=23, minutes=59), **columns)


def soon(world: World, outbox: Outbox, batch: UUID, **columns: Any) -> UUID:
    """One that begins in almost an hour."""
    return known_session(world, outbox, batch, timedelta(minutes=59), **columns)


def reasons(outbox: Outbox) -> list[str]:
    """Why reminders were not sent."""
    return [str(row["skip_reason"]) for row in outbox.rows(topic="reminder")]


def pending(outbox: Outbox, session: UUID) -> Claimed:
    """Remind of a session that begins tomorrow; the one mail, claimed."""
    assert remind(outbox, session, DAY) == 1
    outbox.expand()
    (email,) = outbox.claim()
    return email


def test_students_guests_and_the_mentor_are_reminded(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    mentor, guest = world.mentor(), world.student("Guest")
    session = planned_session(world, batch, timedelta(hours=23, minutes=59), mentor=mentor)
    world.invite(session, guest)
    world.student("Somebody else", batch=world.batch())
    world.student("Paused", batch=batch, status="paused")
    told_long_ago(outbox)
    assert remind(outbox, session, DAY) == 1
    emails = outbox.deliver()
    assert {email.recipient_id: email.recipient_role for email in emails} == {
        anna: "learner",
        guest: "learner",
        mentor: "host",
    }
    assert {email.kind for email in emails} == {"session_reminder"}
    assert {email.calendar for email in emails} == {None}


def test_a_reminder_says_what_holds_when_it_is_claimed(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = tomorrow(world, outbox, batch)
    remind(outbox, session, DAY)
    outbox.expand()
    change(world.conn, session, title="Renamed")
    reminder = next(mail for mail in outbox.deliver() if mail.kind == "session_reminder")
    assert (reminder.session["title"], reminder.changes) == ("Renamed", {})


def test_a_day_and_an_hour_before_each_start_unless_chosen_otherwise(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = soon(world, outbox, batch)
    assert [remind(outbox, session, minutes) for minutes in (DAY, HOUR, 30, 10080)] == [1, 1, 0, 0]


def test_the_platform_s_choice_can_be_changed(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    world.conn.execute("update public.app_settings set reminder_minutes = '{120}'")
    session = soon(world, outbox, batch)
    assert [remind(outbox, session, minutes) for minutes in (DAY, HOUR, 120)] == [0, 0, 1]


def test_a_choice_made_today_reminds_of_nothing_that_has_passed(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    soon(world, outbox, batch)
    world.conn.execute("update public.app_settings set reminder_minutes = '{120}'")
    assert outbox.scalar("select reminders from notifier.tick()") == 0


@pytest.mark.parametrize(("own", "written"), [([120], [0, 1]), ([], [0, 0]), (None, [1, 0])])
def test_a_session_may_have_its_own(
    world: World,
    outbox: Outbox,
    batch: UUID,
    anna: UUID,
    own: list[int] | None,
    written: list[int],
) -> None:
    session = soon(world, outbox, batch, reminder_minutes=own)
    assert [remind(outbox, session, minutes) for minutes in (HOUR, 120)] == written


def test_a_person_may_have_their_own_whatever_the_session_has(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    ben, cleo = world.student("Ben", batch=batch), world.student("Cleo", batch=batch)
    prefer(world.conn, ben, "session_reminder", reminder_minutes=[180])
    prefer(world.conn, cleo, "session_reminder", reminder_minutes=[])
    session = known_session(world, outbox, batch, timedelta(minutes=119), reminder_minutes=[120])
    told: dict[int, set[UUID]] = {}
    for minutes in (DAY, 120, 180):
        remind(outbox, session, minutes)
        told[minutes] = {email.recipient_id for email in outbox.deliver()}
    assert told == {DAY: set(), 120: {anna}, 180: {ben}}


def test_whoever_switched_reminders_off_gets_none_even_when_one_waits(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = tomorrow(world, outbox, batch)
    remind(outbox, session, DAY)
    outbox.expand()
    prefer(world.conn, anna, "session_reminder", enabled=False)
    assert outbox.deliver() == []
    assert reasons(outbox) == ["switched_off"]


def test_where_registration_is_required_only_the_registered_are_reminded(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    ben, mentor = world.student("Ben", batch=batch), world.mentor()
    session = tomorrow(world, outbox, batch, registration_required=True, mentor=mentor)
    world.registration(session, anna)
    world.registration(session, ben, "waitlisted")
    remind(outbox, session, DAY)
    assert set(outbox.tell()) == {anna, mentor}


def test_a_seat_given_up_before_the_reminder_goes_out_is_not_reminded_of(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = tomorrow(world, outbox, batch, registration_required=True)
    world.registration(session, anna)
    remind(outbox, session, DAY)
    outbox.expand()
    world.conn.execute("update public.session_registrations set status = 'cancelled'")
    assert outbox.deliver() == []
    assert reasons(outbox) == ["not_registered"]


def test_a_session_that_moves_is_reminded_of_at_its_new_time(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = tomorrow(world, outbox, batch)
    assert remind(outbox, session, DAY) == 1
    assert outbox.tell() == {anna: "session_reminder"}
    move(outbox, session, timedelta(minutes=-1))
    told_long_ago(outbox)
    assert remind(outbox, session, DAY) == 1
    assert outbox.tell() == {anna: "session_reminder"}


def test_there_and_back_again_is_no_reason_to_remind_twice(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = tomorrow(world, outbox, batch)
    assert remind(outbox, session, DAY) == 1
    outbox.deliver()
    move(outbox, session, timedelta(days=2))
    told_long_ago(outbox)
    move(outbox, session, timedelta(days=-2))
    told_long_ago(outbox)
    assert outbox.scalar("select reminders from notifier.tick()") == 0


def test_a_reminder_of_a_start_that_is_no_more_is_dropped(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = tomorrow(world, outbox, batch)
    remind(outbox, session, DAY)
    outbox.expand()
    move(outbox, session, timedelta(days=3))
    assert outbox.tell() == {anna: "session_rescheduled"}
    assert reasons(outbox) == ["session_moved"]


@pytest.mark.parametrize("expanded", [True, False])
def test_nobody_is_reminded_of_what_was_called_off(
    world: World, outbox: Outbox, batch: UUID, anna: UUID, expanded: bool
) -> None:
    session = tomorrow(world, outbox, batch)
    remind(outbox, session, DAY)
    if expanded:
        outbox.expand()
    change(world.conn, session, status="cancelled")
    assert outbox.tell() == {anna: "session_cancelled"}
    assert reasons(outbox) == (["cancelled_before_told"] if expanded else [])


@pytest.mark.parametrize("what", ["called off", "moved", "left", "renamed"])
def test_a_reminder_is_recalled_between_claim_and_sending_once_it_is_untrue(
    world: World, outbox: Outbox, batch: UUID, anna: UUID, what: str
) -> None:
    claimed = pending(outbox, tomorrow(world, outbox, batch))
    session = UUID(claimed.session["id"])
    other = world.session(batch=batch, starts=timedelta(weeks=1))
    outbox.expand()
    (invitation,) = outbox.claim()
    if what == "called off":
        change(world.conn, session, status="cancelled")
    if what == "moved":
        move(outbox, session, timedelta(days=3))
    if what == "left":
        world.conn.execute("update public.course_enrollments set status = 'paused'")
    if what == "renamed":
        change(world.conn, session, title="Another title")
    change(world.conn, other, status="cancelled")

    assert outbox.begin(invitation)  # it was claimed with what was true then
    if what == "renamed":
        assert outbox.begin(claimed) == {claimed.email_id}
        return
    assert outbox.put_off(claimed) == {claimed.email_id}
    assert outbox.begin(claimed) == set()
    (row,) = outbox.rows(topic="reminder")
    assert (row["status"], row["attempts"]) == ("queued", 0)
    assert "session_reminder" not in {email.kind for email in outbox.deliver()}
    assert reasons(outbox)[0] in ("cancelled_before_told", "session_moved", "not_invited")


def test_a_reminder_in_doubt_is_repeated_unless_the_session_was_called_off(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    first = pending(outbox, tomorrow(world, outbox, batch))
    outbox.begin(first)
    outbox.fail(first, "unknown")
    outbox.let_time_pass()
    (again,) = outbox.claim()
    assert (again.email_id, again.parts, again.in_doubt) == (first.email_id, first.parts, True)
    outbox.begin(again)
    outbox.fail(again, "unknown")
    change(world.conn, UUID(first.session["id"]), status="cancelled")
    outbox.let_time_pass()
    assert outbox.tell() == {anna: "session_cancelled"}


@pytest.mark.usefixtures("anna")
def test_a_reminder_in_doubt_is_not_repeated_to_who_is_out_since(
    world: World, outbox: Outbox, batch: UUID
) -> None:
    first = pending(outbox, tomorrow(world, outbox, batch))
    outbox.begin(first)
    outbox.fail(first, "unknown")
    change(world.conn, UUID(first.session["id"]), batch_id=None)
    outbox.let_time_pass()
    assert outbox.claim() == []  # nor before they are told that they are out
    assert reasons(outbox) == ["not_invited"]
    assert [email.kind for email in outbox.deliver()] == ["session_cancelled"]


def test_whose_access_ended_is_not_reminded(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = tomorrow(world, outbox, batch)
    remind(outbox, session, DAY)
    outbox.expand()
    world.conn.execute("update public.course_enrollments set status = 'paused'")
    assert "session_reminder" not in outbox.tell().values()
    assert reasons(outbox) == ["not_invited"]


def test_what_is_created_after_the_moment_of_its_reminder_has_none(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = world.session(batch=batch, starts=timedelta(hours=23, minutes=59))
    assert remind(outbox, session, DAY) == 0


def test_what_somebody_is_only_being_told_of_is_not_reminded_on_top(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = planned_session(world, batch, timedelta(hours=23, minutes=59))
    remind(outbox, session, DAY)
    assert outbox.tell() == {anna: "session_scheduled"}
    assert reasons(outbox) == ["told_just_now"]


def test_what_somebody_was_told_minutes_ago_is_not_reminded_on_top(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = planned_session(world, batch, timedelta(hours=23, minutes=59))
    outbox.deliver()
    remind(outbox, session, DAY)
    assert outbox.deliver() == []
    assert reasons(outbox) == ["told_just_now"]


@pytest.mark.parametrize("news", ["waits", "went out"])
def test_whoever_hears_of_their_seat_just_now_is_not_reminded_on_top(
    world: World, outbox: Outbox, batch: UUID, anna: UUID, news: str
) -> None:
    session = tomorrow(world, outbox, batch)
    world.registration(session, anna)
    outbox.scalar(
        "select notifier.tell_registration(%s, array[%s::uuid], 'registration_confirmed')",
        session,
        anna,
    )
    if news == "went out":
        assert outbox.tell() == {anna: "registration_confirmed"}
    assert remind(outbox, session, DAY) == 1
    assert "session_reminder" not in outbox.tell().values()
    assert reasons(outbox) == ["told_just_now"]


def test_the_hour_s_reminder_overtakes_other_mail_and_the_day_s_does_not(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = soon(world, outbox, batch)
    for minutes in (DAY, HOUR):
        assert remind(outbox, session, minutes) == 1
        outbox.expand()
    assert [row["urgent"] for row in outbox.rows(topic="reminder")] == [False, True]


def test_a_changed_title_takes_no_reminder_away(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = tomorrow(world, outbox, batch)
    change(world.conn, session, title="Renamed")
    remind(outbox, session, DAY)
    assert sorted(mail.kind for mail in outbox.deliver()) == ["session_reminder", "session_updated"]


def test_a_reminder_that_comes_too_late_is_dropped(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = known_session(world, outbox, batch, timedelta(hours=11))
    assert remind(outbox, session, DAY) == 1
    assert outbox.deliver() == []
    assert reasons(outbox) == ["too_late"]


def test_one_dropped_for_coming_too_late_leaves_the_next_one_alone(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    """Both wait together after an outage: the day's is of no use any more, the hour's is."""
    session = soon(world, outbox, batch)
    assert remind(outbox, session, DAY) == 1
    assert remind(outbox, session, HOUR) == 1
    (email,) = outbox.deliver()
    assert (email.recipient_id, email.kind) == (anna, "session_reminder")
    assert reasons(outbox) == ["too_late", "None"]


def test_of_two_that_wait_together_one_is_sent(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = known_session(
        world, outbox, batch, timedelta(minutes=119), reminder_minutes=[120, 180]
    )
    assert remind(outbox, session, 180) == 1
    assert remind(outbox, session, 120) == 1
    assert outbox.tell() == {anna: "session_reminder"}
    assert reasons(outbox) == ["None", "superseded"]


def test_the_next_wake_is_the_next_reminder(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    world.conn.execute("update notifier.reminder_clock set reached = null where minutes <> 1440")
    starts: datetime = outbox.scalar("select clock_timestamp() + interval '30 hours'")
    world.session(batch=batch, starts=starts)
    outbox.deliver()
    assert outbox.scalar("select notifier.next_wake()") == starts - timedelta(days=1)


def test_the_clock_is_not_wound_back(world: World, outbox: Outbox, batch: UUID, anna: UUID) -> None:
    session = soon(world, outbox, batch)
    assert remind(outbox, session, HOUR) == 1
    earlier = "select notifier.write_reminders(clock_timestamp() - interval '3 hours')"
    assert outbox.scalar(earlier) == 0
    assert outbox.scalar("select reminders from notifier.tick()") == 0


def test_a_reminder_waits_for_nobody_who_is_editing_the_session(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    """Its event may come after a change that it does not know of: other mails go by the change."""
    session = tomorrow(world, outbox, batch)
    come_near(world.conn, session, DAY)
    change(world.conn, session, title="Renamed")
    outbox.scalar("select reminders from notifier.tick()")
    world.conn.execute(
        """
        update notifier.events
        set
            old = old || '{"title": "As it was"}',
            new = new || '{"title": "As it was"}'
        where reminder_minutes is not null
        """
    )
    assert {mail.kind: mail.session["title"] for mail in outbox.deliver()} == {
        "session_updated": "Renamed",
        "session_reminder": "Renamed",
    }


@pytest.mark.parametrize("minutes", [[7], [60, None], [-5], [20160], [5] * 14])
@pytest.mark.parametrize("table", ["app_settings", "success_sessions", "notification_preferences"])
def test_only_some_moments_can_be_chosen(
    world: World, batch: UUID, anna: UUID, table: str, minutes: list[int]
) -> None:
    world.session(batch=batch)
    prefer(world.conn, anna, "session_reminder")
    update = sql.SQL("update public.{} set reminder_minutes = %s").format(sql.Identifier(table))
    world.conn.execute(update, ([5, 10080],))
    with refused(world.conn, psycopg.errors.InvalidParameterValue, "reminder_minutes must be"):
        world.conn.execute(update, (minutes,))


def move(outbox: Outbox, session: UUID, by: timedelta) -> None:
    outbox.conn.execute(
        "update public.success_sessions"
        " set start_time = start_time + %s, end_time = end_time + %s where id = %s",
        (by, by, session),
    )
