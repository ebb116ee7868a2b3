"""What somebody wants of their mails is asked when a mail is about to be sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from support.actors import as_user, refused
from support.outbox import Outbox, change
from support.preferences import LOUD, QUIET, clock, prefer
from support.reminders import remind
from support.world import World

HOUR = timedelta(hours=1)
WEEK = timedelta(weeks=1)


@pytest.fixture
def ben(world: World, batch: UUID) -> UUID:
    """Somebody who has chosen nothing."""
    return world.student("Ben", batch=batch)


def planned(world: World, outbox: Outbox, batch: UUID, starts: timedelta = WEEK) -> UUID:
    """A session planned a month ago, of which everybody was told then."""
    month_ago = datetime.now(UTC) - timedelta(days=30)
    session = world.session(batch=batch, starts=starts, created_at=month_ago)
    outbox.deliver()
    outbox.conn.execute(
        "update notifier.emails set sent_at = sent_at - interval '1 day' where status = 'sent'"
    )
    return session


def move(outbox: Outbox, session: UUID, by: timedelta) -> None:
    outbox.conn.execute(
        "update public.success_sessions"
        " set start_time = start_time + %s, end_time = end_time + %s where id = %s",
        (by, by, session),
    )


# Kinds


@pytest.mark.parametrize("kind", ["session_updated", "*"])
def test_what_somebody_switched_off_they_do_not_get(
    world: World, outbox: Outbox, batch: UUID, anna: UUID, ben: UUID, kind: str
) -> None:
    session = planned(world, outbox, batch)
    prefer(world.conn, anna, kind, enabled=False)
    change(world.conn, session, title="Renamed")
    assert outbox.tell() == {ben: "session_updated"}
    assert outbox.rows(recipient_id=anna)[-1]["skip_reason"] == "switched_off"


def test_a_kind_s_own_choice_goes_before_that_for_all(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = planned(world, outbox, batch)
    prefer(world.conn, anna, enabled=False)
    prefer(world.conn, anna, "session_updated")
    change(world.conn, session, title="Renamed")
    assert outbox.tell() == {anna: "session_updated"}


def test_what_came_after_a_mail_that_was_not_wanted_is_told_from_there(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = planned(world, outbox, batch)
    prefer(world.conn, anna, "session_updated", enabled=False)
    change(world.conn, session, title="Renamed")
    assert outbox.deliver() == []
    move(outbox, session, HOUR)
    (email,) = outbox.deliver()
    assert email.kind == "session_rescheduled"
    assert set(email.changes) == {"start_time", "end_time"}
    assert email.session["title"] == "Renamed"


def test_what_people_rely_on_comes_whatever_they_switched_off(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    prefer(world.conn, anna, enabled=False)
    session = world.session(batch=batch, starts=WEEK)
    told = [outbox.tell()]
    move(outbox, session, HOUR)
    told += [outbox.tell()]
    change(world.conn, session, link="https://zoom.us/j/987654321")
    told += [outbox.tell()]
    change(world.conn, session, status="cancelled")
    told += [outbox.tell()]
    kinds = [email[anna] for email in told]
    assert kinds == [
        "session_scheduled",
        "session_rescheduled",
        kinds[2],
        "session_cancelled",
    ]


@pytest.mark.parametrize(
    "kind", ["session_cancelled", "session_rescheduled", "session_scheduled", "waitlist_promoted"]
)
def test_what_cannot_be_switched_off_says_so(world: World, anna: UUID, kind: str) -> None:
    with refused(world.conn, psycopg.errors.InvalidParameterValue, "cannot be switched off"):
        prefer(world.conn, anna, kind, enabled=False)


def test_every_kind_that_can_be_switched_off_is_one(conn: psycopg.Connection) -> None:
    rows = conn.execute(
        "select unnest(private.optional_mail_kinds())"
        " except select unnest(enum_range(null::notifier.email_kind))::text"
    )
    assert rows.fetchall() == []


@pytest.mark.parametrize(
    ("kind", "columns", "message"),
    [
        ("session_updated", {"reminder_minutes": [60]}, "reminder_minutes belongs to"),
        ("session_updated", QUIET, "belong to the kind \\*"),
        ("session_updated", {"digest_at": "07:00"}, "belong to the kind \\*"),
        ("*", {"quiet_from": "22:00"}, "must both be sent"),
        ("*", {"quiet_from": "22:00", "quiet_until": "22:00"}, "must both be sent"),
        ("*", {"quiet_from": "00:00", "quiet_until": "24:00"}, "must both be sent"),
    ],
)
def test_choices_that_make_no_sense_are_refused(
    world: World, anna: UUID, kind: str, columns: dict[str, object], message: str
) -> None:
    with refused(world.conn, psycopg.errors.InvalidParameterValue, message):
        prefer(world.conn, anna, kind, **columns)


def test_nobody_sees_or_changes_the_choice_of_another(world: World, anna: UUID, ben: UUID) -> None:
    prefer(world.conn, anna)
    with as_user(world.conn, ben):
        seen = world.conn.execute("select from public.notification_preferences").rowcount
        changed = world.conn.execute(
            "update public.notification_preferences set enabled = false where true"
        ).rowcount
    with as_user(world.conn, anna):
        own = world.conn.execute("select from public.notification_preferences").rowcount
    assert (seen, changed, own) == (0, 0, 1)


# Quiet hours


def test_what_is_not_urgent_waits_for_the_end_of_quiet_hours(
    world: World, outbox: Outbox, batch: UUID, anna: UUID, ben: UUID
) -> None:
    prefer(world.conn, anna, **QUIET)
    world.session(batch=batch, starts=WEEK)
    assert outbox.tell() == {ben: "session_scheduled"}
    (row,) = outbox.rows(recipient_id=anna)
    assert (row["status"], row["postponed_for"], row["attempts"]) == ("queued", "quiet_hours", 0)
    assert row["available_at"].time() == QUIET["quiet_until"]
    assert outbox.scalar("select notifier.next_wake()") <= row["available_at"]


def test_what_waited_for_the_end_of_quiet_hours_is_a_mail_each(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    prefer(world.conn, anna, **QUIET)
    for number in (1, 2):
        world.session(batch=batch, starts=number * WEEK)
        assert outbox.deliver() == []
    prefer(world.conn, anna, **LOUD)
    outbox.let_time_pass()
    assert [email.kind for email in outbox.deliver()] == ["session_scheduled"] * 2


def test_outside_of_quiet_hours_nothing_waits(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    prefer(world.conn, anna, **LOUD)
    world.session(batch=batch, starts=WEEK)
    assert outbox.tell() == {anna: "session_scheduled"}


def test_quiet_hours_are_those_of_the_person_s_zone(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    world.conn.execute(
        "update public.profiles set timezone = 'Asia/Kolkata' where id = %s", (anna,)
    )
    prefer(world.conn, anna, **QUIET)
    world.session(batch=batch, starts=WEEK)
    assert outbox.tell() == {anna: "session_scheduled"}, "it is 5:30 later there"
    morning = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    in_kolkata = (morning + timedelta(hours=5, minutes=30)).time()
    prefer(world.conn, anna, quiet_from=clock(4), quiet_until=in_kolkata)
    world.session(batch=batch, starts=2 * WEEK)
    assert outbox.deliver() == []
    assert outbox.rows(recipient_id=anna)[-1]["available_at"] == morning


def test_what_waited_tells_what_holds_then(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    prefer(world.conn, anna, **QUIET)
    session = world.session(batch=batch, starts=WEEK)
    assert outbox.deliver() == []
    change(world.conn, session, title="Renamed")
    assert outbox.deliver() == []
    prefer(world.conn, anna, **LOUD)
    outbox.let_time_pass()
    (email,) = outbox.deliver()
    assert (email.kind, email.session["title"], email.attempt) == (
        "session_scheduled",
        "Renamed",
        1,
    )


def test_what_has_become_untrue_while_it_waited_is_not_told(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    prefer(world.conn, anna, **QUIET)
    session = world.session(batch=batch, starts=WEEK)
    assert outbox.deliver() == []
    change(world.conn, session, status="cancelled")
    outbox.let_time_pass()
    assert outbox.deliver() == []
    assert "queued" not in outbox.statuses()


@pytest.mark.parametrize("what", ["cancelled", "moved", "link"])
def test_what_is_urgent_is_told_at_night(
    world: World, outbox: Outbox, batch: UUID, anna: UUID, what: str
) -> None:
    starts = WEEK if what == "link" else timedelta(hours=20)
    session = planned(world, outbox, batch, starts)
    prefer(world.conn, anna, **QUIET)
    if what == "cancelled":
        change(world.conn, session, status="cancelled")
    if what == "moved":
        move(outbox, session, HOUR)
    if what == "link":
        change(world.conn, session, link="https://zoom.us/j/987654321")
    assert set(outbox.tell()) == {anna}


@pytest.mark.parametrize("what", ["cancelled", "moved"])
def test_what_is_days_away_can_wait_for_the_morning(
    world: World, outbox: Outbox, batch: UUID, anna: UUID, what: str
) -> None:
    session = planned(world, outbox, batch)
    prefer(world.conn, anna, **QUIET)
    if what == "cancelled":
        change(world.conn, session, status="cancelled")
    else:
        move(outbox, session, HOUR)
    assert outbox.deliver() == []


def test_what_is_urgent_no_more_wakes_nobody_at_night(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = planned(world, outbox, batch, timedelta(hours=12))
    prefer(world.conn, anna, **QUIET)
    change(world.conn, session, title="Renamed")
    outbox.expand()
    for there_and_back in (timedelta(hours=1), -timedelta(hours=1)):
        move(outbox, session, there_and_back)
        outbox.expand()
    assert any(row["urgent"] for row in outbox.rows(status="queued"))

    for _ in range(2):
        assert outbox.claim() == []
        outbox.conn.execute("select notifier.tick()")
    assert {row["available_at"].time() for row in outbox.rows(status="queued")} == {
        QUIET["quiet_until"]
    }


def test_what_failed_since_it_was_put_off_keeps_the_time_of_its_next_attempt(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = planned(world, outbox, batch, timedelta(hours=12))
    prefer(world.conn, anna, **QUIET)
    change(world.conn, session, title="Renamed")
    assert outbox.deliver() == []
    move(outbox, session, timedelta(hours=1))
    outbox.expand()
    (moved,) = outbox.claim()
    move(outbox, session, timedelta(hours=1))
    outbox.expand()
    outbox.fail(moved)

    outbox.conn.execute("select notifier.tick()")
    assert outbox.claim() == []


def test_urgent_news_takes_along_what_waits(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = planned(world, outbox, batch, timedelta(hours=20))
    prefer(world.conn, anna, **QUIET)
    change(world.conn, session, title="Renamed")
    assert outbox.deliver() == []
    change(world.conn, session, status="cancelled")
    assert outbox.tell() == {anna: "session_cancelled"}
    assert outbox.statuses()[1:] == ["sent", "superseded"]


def test_a_changed_link_takes_along_what_waits(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = planned(world, outbox, batch)
    prefer(world.conn, anna, **QUIET)
    change(world.conn, session, title="Renamed")
    assert outbox.deliver() == []
    change(world.conn, session, link="https://zoom.us/j/987654321")
    (email,) = outbox.deliver()
    assert {"title", "meeting_details"} <= set(email.changes)


def test_an_invitation_to_what_begins_before_the_morning_does_not_wait(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    prefer(world.conn, anna, **QUIET)
    world.session(batch=batch, starts=timedelta(hours=2))
    assert outbox.tell() == {anna: "session_scheduled"}


def test_a_reminder_waits_or_is_dropped(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = planned(world, outbox, batch, timedelta(hours=23, minutes=59))
    prefer(world.conn, anna, **QUIET)
    remind(outbox, session, 1440)
    assert outbox.deliver() == []
    assert outbox.rows(topic="reminder")[0]["postponed_for"] == "quiet_hours"
    outbox.let_time_pass()
    world.conn.execute(
        "update public.success_sessions set status = 'cancelled' where id = %s", (session,)
    )
    assert outbox.tell() == {anna: "session_cancelled"}


@pytest.mark.parametrize("wish", ["switched off", "quiet hours"])
def test_a_changed_link_makes_no_reminder_welcome(
    world: World, outbox: Outbox, batch: UUID, anna: UUID, wish: str
) -> None:
    """The news of the link comes by its own mail."""
    session = planned(world, outbox, batch, timedelta(hours=23, minutes=59))
    if wish == "switched off":
        prefer(world.conn, anna, "session_reminder", enabled=False)
    else:
        prefer(world.conn, anna, **QUIET)
    remind(outbox, session, 1440)
    change(world.conn, session, link="https://zoom.us/j/987654321")
    assert outbox.tell() == {anna: "session_updated"}


def test_a_seat_is_told_at_once(world: World, outbox: Outbox, batch: UUID, anna: UUID) -> None:
    session = planned(world, outbox, batch)
    prefer(world.conn, anna, **QUIET, digest_at=clock(5))
    world.registration(session, anna)
    world.conn.execute(
        "select notifier.tell_registration(session.id, array[%s::uuid], 'registration_confirmed')"
        " from public.success_sessions as session",
        (anna,),
    )
    assert outbox.tell() == {anna: "registration_confirmed"}


def test_a_mail_in_doubt_is_repeated_at_night_and_though_its_kind_was_switched_off(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = planned(world, outbox, batch)
    change(world.conn, session, title="Renamed")
    outbox.expand()
    (first,) = outbox.claim()
    outbox.begin(first)
    outbox.fail(first, "unknown")
    prefer(world.conn, anna, enabled=False, **QUIET)
    outbox.let_time_pass()
    (again,) = outbox.deliver()
    assert (again.email_id, again.parts) == (first.email_id, first.parts)


def test_what_one_transaction_did_waits_together_unless_a_part_of_it_is_urgent(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    soon = planned(world, outbox, batch, timedelta(hours=20))
    later, last = planned(world, outbox, batch), planned(world, outbox, batch, 2 * WEEK)
    prefer(world.conn, anna, **QUIET)
    with outbox.one_transaction():
        move(outbox, later, HOUR)
        move(outbox, last, HOUR)
    assert outbox.deliver() == []
    outbox.let_time_pass()
    prefer(world.conn, anna, **LOUD)
    (email,) = outbox.deliver()
    assert len(email.parts) == 2
    prefer(world.conn, anna, **QUIET)
    with outbox.one_transaction():
        for session in (soon, later, last):
            move(outbox, session, HOUR)
    (email,) = outbox.deliver()
    assert len(email.parts) == 3


# One mail a day


def digest_due(outbox: Outbox) -> None:
    """Let the hour of everybody's mail of the day come."""
    outbox.let_time_pass()


def test_what_waits_for_the_mail_of_the_day_is_one_mail(
    world: World, outbox: Outbox, batch: UUID, anna: UUID, ben: UUID
) -> None:
    first, second = planned(world, outbox, batch), planned(world, outbox, batch, 2 * WEEK)
    digest_at = clock(4)
    prefer(world.conn, anna, digest_at=digest_at)
    change(world.conn, first, title="Renamed")
    assert outbox.tell() == {ben: "session_updated"}
    move(outbox, second, HOUR)
    world.session("New", batch=batch, starts=3 * WEEK)
    outbox.deliver()
    waiting = outbox.rows(recipient_id=anna, status="queued")
    assert {row["postponed_for"] for row in waiting} == {"digest"}
    assert {row["available_at"].time() for row in waiting} == {digest_at}
    digest_due(outbox)
    (email,) = outbox.deliver()
    assert (email.recipient_id, email.kind, email.attempt) == (anna, "daily_digest", 1)
    assert [part["kind"] for part in email.parts] == [
        "session_updated",
        "session_rescheduled",
        "session_scheduled",
    ]
    assert {calendar["method"] for calendar in email.calendars} == {"REQUEST"}
    assert outbox.deliver() == []


def test_one_thing_a_day_is_told_in_its_own_words(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = planned(world, outbox, batch)
    prefer(world.conn, anna, digest_at=clock(4))
    move(outbox, session, HOUR)
    assert outbox.deliver() == []
    digest_due(outbox)
    assert outbox.tell() == {anna: "session_rescheduled"}


def test_two_recordings_of_a_session_come_on_the_same_day(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    """The second waited for the first, and then for the mail of the next day."""
    session = planned(world, outbox, batch)
    world.conn.execute(
        "update public.success_sessions set start_time = now() - interval '2 hours',"
        " end_time = now() - interval '1 hour' where id = %s",
        (session,),
    )
    prefer(world.conn, anna, digest_at=clock(4))
    for _ in range(2):
        world.recording(session, is_published=True, notify=True)
        world.conn.execute("select notifier.tick()")
    assert outbox.deliver() == []
    digest_due(outbox)
    assert [mail.kind for mail in outbox.deliver()] == ["recording_available"] * 2


def test_what_is_urgent_does_not_wait_for_the_mail_of_the_day(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = planned(world, outbox, batch, timedelta(hours=20))
    prefer(world.conn, anna, digest_at=clock(4))
    change(world.conn, session, status="cancelled")
    assert outbox.tell() == {anna: "session_cancelled"}


def test_a_mail_of_the_day_that_failed_comes_together_again(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    sessions = [planned(world, outbox, batch, weeks * WEEK) for weeks in (1, 2)]
    prefer(world.conn, anna, digest_at=clock(4))
    for session in sessions:
        change(world.conn, session, title="Renamed")
    outbox.deliver()
    digest_due(outbox)
    (first,) = outbox.claim()
    outbox.begin(first)
    assert outbox.fail(first) == "queued"
    outbox.let_time_pass()
    (again,) = outbox.claim()
    assert (again.kind, len(again.parts), again.attempt) == ("daily_digest", 2, 2)
    outbox.begin(again)
    outbox.fail(again, "unknown")
    outbox.let_time_pass()
    (doubted,) = outbox.claim()
    assert (doubted.kind, doubted.parts) == ("daily_digest", again.parts)
    outbox.send(doubted)
    assert outbox.deliver() == []


def test_what_the_day_took_back_is_not_in_the_mail_of_the_day(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    first, second = planned(world, outbox, batch), planned(world, outbox, batch, 2 * WEEK)
    prefer(world.conn, anna, digest_at=clock(4))
    move(outbox, first, HOUR)
    move(outbox, second, HOUR)
    outbox.deliver()
    move(outbox, first, -HOUR)
    outbox.deliver()
    digest_due(outbox)
    (email,) = outbox.deliver()
    assert [part["session"]["id"] for part in email.parts] == [str(second)]


def test_the_next_time_of_day_is_on_the_clock_of_a_zone_that_changes_its_clocks(
    conn: psycopg.Connection,
) -> None:
    def following(moment: str, time_of_day: str) -> str:
        row = conn.execute(
            "select notifier.next_local_time(%s, 'Europe/Berlin', %s) at time zone 'UTC'",
            (moment, time_of_day),
        ).fetchone()
        assert row is not None
        return f"{row[0]:%d %H:%M}"

    assert following("2027-03-27 22:00+00", "08:00") == "28 06:00"
    assert following("2027-03-28 05:59+00", "08:00") == "28 06:00"
    assert following("2027-03-28 06:00+00", "08:00") == "29 06:00"
    assert following("2027-10-31 00:30+00", "08:00") == "31 07:00"
