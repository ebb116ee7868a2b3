"""What a mail says is decided when it is claimed, not when it was queued."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from support.outbox import Outbox, change
from support.world import World

TUESDAY = datetime(2031, 5, 6, 17, 0, tzinfo=UTC)
WEDNESDAY = TUESDAY + timedelta(days=1)
THURSDAY = TUESDAY + timedelta(days=2)
HOUR = timedelta(hours=1)


def move(world: World, session: UUID, start: datetime) -> None:
    change(world.conn, session, start_time=start, end_time=start + HOUR)


def known_session(world: World, outbox: Outbox, batch: UUID) -> UUID:
    """A session on Tuesday that the batch has been told of."""
    session = world.session(batch=batch, starts=TUESDAY)
    outbox.deliver()
    return session


def test_cancelled_before_anybody_was_told_is_told_to_nobody(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = world.session(batch=batch, starts=TUESDAY)
    outbox.expand()
    change(world.conn, session, status="cancelled")
    outbox.expand()
    assert outbox.claim() == []
    assert outbox.statuses() == ["cancelled_before_told", "superseded"]


def test_cancelled_before_it_was_even_expanded_queues_nothing(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = world.session(batch=batch, starts=TUESDAY)
    change(world.conn, session, status="cancelled")
    assert outbox.deliver() == []
    assert outbox.rows() == []


@pytest.mark.parametrize("expanded_between", [True, False])
def test_moved_before_anybody_was_told_is_scheduled_once_at_the_new_time(
    world: World, outbox: Outbox, batch: UUID, anna: UUID, expanded_between: bool
) -> None:
    session = world.session(batch=batch, starts=TUESDAY)
    if expanded_between:
        outbox.expand()
    move(world, session, WEDNESDAY)
    (email,) = outbox.deliver()
    assert (email.recipient_id, email.kind, email.changes) == (anna, "session_scheduled", {})
    assert email.session["start_time"] == "2031-05-07T17:00:00+00:00"


@pytest.mark.parametrize("expanded_between", [True, False])
def test_several_changes_become_one_mail_from_first_to_last(
    world: World, outbox: Outbox, batch: UUID, anna: UUID, expanded_between: bool
) -> None:
    session = known_session(world, outbox, batch)
    change(world.conn, session, title="Answers")
    if expanded_between:
        outbox.expand()
    move(world, session, WEDNESDAY)
    move(world, session, THURSDAY)
    (email,) = outbox.deliver()
    assert email.kind == "session_rescheduled"
    assert email.changes["title"] == {"old": "Some Session", "new": "Answers"}
    assert email.changes["start_time"] == {
        "old": "2031-05-06T17:00:00+00:00",
        "new": "2031-05-08T17:00:00+00:00",
    }


@pytest.mark.parametrize("expanded_between", [True, False])
def test_there_and_back_again_is_nothing(
    world: World, outbox: Outbox, batch: UUID, anna: UUID, expanded_between: bool
) -> None:
    session = known_session(world, outbox, batch)
    move(world, session, WEDNESDAY)
    if expanded_between:
        outbox.expand()
    move(world, session, TUESDAY)
    assert outbox.deliver() == []
    assert outbox.statuses()[1:] == (["nothing_changed", "superseded"] if expanded_between else [])


def test_there_and_back_again_after_it_was_told_is_told(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = known_session(world, outbox, batch)
    move(world, session, WEDNESDAY)
    assert outbox.tell() == {anna: "session_rescheduled"}
    move(world, session, TUESDAY)
    assert outbox.tell() == {anna: "session_rescheduled"}


@pytest.mark.parametrize("expanded_between", [True, False])
def test_cancelled_and_reinstated_before_anybody_was_told_is_nothing(
    world: World, outbox: Outbox, batch: UUID, anna: UUID, expanded_between: bool
) -> None:
    session = known_session(world, outbox, batch)
    change(world.conn, session, status="cancelled")
    if expanded_between:
        outbox.expand()
    change(world.conn, session, status="upcoming")
    assert outbox.deliver() == []


def test_created_for_another_batch_by_mistake(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    course = outbox.scalar("select course_id from public.batches where id = %s", batch)
    other = world.batch("Other", course=course)
    ben = world.student("Ben", batch=other)
    session = world.session(batch=batch, starts=TUESDAY)
    outbox.expand()
    change(world.conn, session, batch_id=other)
    assert outbox.tell() == {ben: "session_scheduled"}
    assert sorted(outbox.statuses()) == ["not_invited", "sent", "superseded"]


def test_a_mail_claimed_after_the_next_change_tells_both_and_the_next_mail_is_spared(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = world.session(batch=batch, starts=TUESDAY)
    outbox.expand()
    move(world, session, WEDNESDAY)
    (email,) = outbox.claim()
    assert (email.kind, email.session["start_time"]) == (
        "session_scheduled",
        "2031-05-07T17:00:00+00:00",
    )
    outbox.send(email)
    assert outbox.expand() == (1, False)
    assert outbox.claim() == []
    assert outbox.statuses() == ["sent", "already_told"]


def test_what_came_after_a_mail_that_told_ahead_is_told_from_there(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = world.session(batch=batch, starts=TUESDAY)
    outbox.expand()
    move(world, session, WEDNESDAY)
    (first,) = outbox.claim()
    move(world, session, THURSDAY)
    outbox.send(first)
    (second,) = outbox.deliver()
    assert second.kind == "session_rescheduled"
    assert second.changes["start_time"] == {
        "old": "2031-05-07T17:00:00+00:00",
        "new": "2031-05-08T17:00:00+00:00",
    }


def test_merged_changes_that_end_where_they_began_are_told_to_whom_a_mail_told_the_middle(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    course = outbox.scalar("select course_id from public.batches where id = %s", batch)
    other = world.batch("Other", course=course)
    session = known_session(world, outbox, other)
    change(world.conn, session, batch_id=batch)
    outbox.expand()
    change(world.conn, session, batch_id=other)
    outbox.expand()
    change(world.conn, session, batch_id=batch)
    (first,) = outbox.claim()
    assert first.kind == "session_scheduled"
    change(world.conn, session, batch_id=other)
    outbox.expand()
    outbox.send(first)
    assert outbox.tell() == {anna: "session_cancelled"}


def test_an_invitee_who_came_and_went_after_an_older_mail_was_dropped_is_told(
    world: World, outbox: Outbox
) -> None:
    ben, session = world.student("Ben"), world.session(starts=TUESDAY)
    world.invite(session, ben)
    assert outbox.tell() == {ben: "session_scheduled"}

    def uninvite() -> None:
        world.conn.execute("delete from public.session_participants where user_id = %s", (ben,))

    uninvite()
    outbox.expand()
    world.invite(session, ben)
    assert outbox.claim() == [], "told to somebody invited that they are not"
    uninvite()
    assert outbox.tell() == {ben: "session_cancelled"}


def test_an_invitee_taken_off_a_cancelled_session_is_still_told_that_it_is_cancelled(
    world: World, outbox: Outbox
) -> None:
    ben, session = world.student("Ben"), world.session(starts=TUESDAY)
    world.invite(session, ben)
    outbox.deliver()
    change(world.conn, session, status="cancelled")
    world.conn.execute("delete from public.session_participants where user_id = %s", (ben,))
    assert outbox.tell() == {ben: "session_cancelled"}


def test_nobody_is_told_of_the_end_of_what_they_never_heard_of(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    """The first mail is skipped before the cancellation is expanded; its mail must not go out."""
    session = world.session(batch=batch, starts=TUESDAY)
    outbox.expand()
    change(world.conn, session, status="cancelled")
    assert outbox.claim() == []
    assert outbox.expand() == (1, False)
    assert outbox.claim() == []
    assert outbox.statuses() == ["cancelled_before_told", "already_told"]


def test_an_older_mail_is_told_before_a_younger_one(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = world.session(batch=batch, starts=TUESDAY)
    outbox.expand()
    (first,) = outbox.claim()
    move(world, session, WEDNESDAY)
    outbox.expand()
    assert outbox.claim() == [], "claimed past an unfinished mail"
    outbox.send(first)
    (second,) = outbox.claim()
    assert second.kind == "session_rescheduled"


def test_a_mail_that_failed_takes_the_younger_ones_along(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = world.session(batch=batch, starts=TUESDAY)
    outbox.expand()
    (first,) = outbox.claim()
    move(world, session, WEDNESDAY)
    outbox.expand()
    assert outbox.fail(first) == "queued"
    assert outbox.claim() == [], "claimed before its time"
    outbox.let_time_pass()
    (again,) = outbox.claim()
    assert again.email_id == first.email_id
    assert (again.kind, again.attempt) == ("session_scheduled", 2)
    assert again.session["start_time"] == "2031-05-07T17:00:00+00:00"
    outbox.send(again)
    assert outbox.deliver() == []
    assert outbox.statuses() == ["sent", "superseded"]


def test_a_younger_mail_waits_along_with_one_that_waits_for_its_next_attempt(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = world.session(batch=batch, starts=TUESDAY)
    outbox.expand()
    (first,) = outbox.claim()
    assert outbox.fail(first) == "queued"
    move(world, session, WEDNESDAY)
    outbox.expand()
    older, younger = outbox.rows()
    assert younger["available_at"] == older["available_at"]


def test_a_younger_mail_outlives_a_dead_one(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = world.session(batch=batch, starts=TUESDAY)
    outbox.expand()
    (first,) = outbox.claim()
    move(world, session, WEDNESDAY)
    outbox.expand()
    assert outbox.fail(first, "permanent") == "dead"
    (second,) = outbox.claim()
    assert second.kind == "session_rescheduled"


def test_a_mail_in_doubt_is_sent_again_as_it_was_and_the_change_follows(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = world.session(batch=batch, starts=TUESDAY)
    outbox.expand()
    (first,) = outbox.claim()
    outbox.begin(first)
    assert outbox.fail(first, "unknown") == "in_doubt"
    move(world, session, WEDNESDAY)
    outbox.expand()
    outbox.let_time_pass()
    (again,) = outbox.claim()
    assert (again.email_id, again.in_doubt, again.attempt) == (first.email_id, True, 2)
    assert (again.kind, again.session, again.changes) == (first.kind, first.session, first.changes)
    assert again.calendar == first.calendar
    outbox.send(again)
    (second,) = outbox.claim()
    assert (second.kind, second.in_doubt) == ("session_rescheduled", False)


def test_a_mail_in_doubt_is_told_even_when_the_session_was_cancelled_meanwhile(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = world.session(batch=batch, starts=TUESDAY)
    outbox.expand()
    (first,) = outbox.claim()
    outbox.begin(first)
    outbox.fail(first, "unknown")
    change(world.conn, session, status="cancelled")
    outbox.let_time_pass()
    assert [email.kind for email in outbox.deliver()] == ["session_scheduled", "session_cancelled"]


def test_invitees_of_a_mail_in_doubt_are_those_of_then(world: World, outbox: Outbox) -> None:
    ben = world.student("Ben")
    session = world.session(starts=TUESDAY)
    world.invite(session, ben)
    outbox.expand()
    (first,) = outbox.claim()
    outbox.begin(first)
    outbox.fail(first, "unknown")
    world.conn.execute("delete from public.session_participants where user_id = %s", (ben,))
    outbox.let_time_pass()
    assert [email.kind for email in outbox.deliver()] == ["session_scheduled", "session_cancelled"]


@pytest.mark.parametrize("status", ["paused", "completed", "withdrawn"])
@pytest.mark.parametrize("what", ["new", "moved", "cancelled"])
def test_access_that_ended_stops_mail_not_yet_sent(
    world: World, outbox: Outbox, batch: UUID, anna: UUID, status: str, what: str
) -> None:
    ben = world.student("Ben", batch=batch)
    session = world.session(batch=batch, starts=TUESDAY)
    if what != "new":
        outbox.deliver()
    if what == "moved":
        move(world, session, WEDNESDAY)
    if what == "cancelled":
        change(world.conn, session, status="cancelled")
    outbox.expand()
    world.conn.execute(
        "update public.course_enrollments set status = %s where student_id = %s", (status, anna)
    )
    told = outbox.tell()
    # Whose access ended is told that, if they knew of the session, and nothing else.
    farewell = told.pop(anna, None)
    assert farewell == (None if what == "new" else "session_cancelled")
    assert set(told) == {ben}


def test_a_mentor_who_lost_the_role_is_told_nothing(world: World, outbox: Outbox) -> None:
    mentor = world.mentor()
    world.session(mentor=mentor, starts=TUESDAY)
    outbox.expand()
    world.conn.execute("delete from public.user_roles where user_id = %s", (mentor,))
    assert outbox.claim() == []
    assert outbox.statuses() == ["not_invited"]


def test_an_invitee_removed_before_being_told_is_told_nothing(world: World, outbox: Outbox) -> None:
    ben = world.student("Ben")
    session = world.session(starts=TUESDAY)
    world.invite(session, ben)
    outbox.expand()
    world.conn.execute("delete from public.session_participants where user_id = %s", (ben,))
    assert outbox.deliver() == []


def test_a_mail_that_comes_too_late_is_not_sent(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = world.session(batch=batch, starts=timedelta(minutes=-59), status="live")
    outbox.expand()
    change(world.conn, session, status="completed")
    assert outbox.deliver() == []
    assert outbox.statuses() == ["session_over"]


def test_a_user_without_address_is_skipped(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    world.session(batch=batch, starts=TUESDAY)
    outbox.expand()
    world.conn.execute("update auth.users set email = null where id = %s", (anna,))
    assert outbox.claim() == []
    assert outbox.statuses() == ["no_address"]


def test_a_user_who_is_gone_is_skipped(world: World, outbox: Outbox) -> None:
    ben, session = world.student("Ben"), world.session(starts=TUESDAY)
    world.invite(session, ben)
    outbox.deliver()
    world.conn.execute("delete from auth.users where id = %s", (ben,))
    assert outbox.deliver() == []
    assert outbox.statuses() == ["sent", "no_address"]


def test_a_summary_goes_to_the_mentor_of_now(world: World, outbox: Outbox) -> None:
    mentor = world.mentor()
    session = world.session(mentor=mentor, starts=timedelta(hours=-2), status="live")
    outbox.deliver()
    change(world.conn, session, status="completed")
    outbox.expand()
    world.conn.execute("delete from public.user_roles where user_id = %s", (mentor,))
    assert outbox.claim() == []
    assert outbox.rows(topic="summary")[0]["skip_reason"] == "not_invited"


def test_stale_mails_do_not_hide_the_ones_behind_them(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    for number in range(5):
        doomed = world.session(f"Doomed {number}", batch=batch, starts=TUESDAY)
        outbox.expand()
        change(world.conn, doomed, status="cancelled")
    world.session("Alive", batch=batch, starts=WEDNESDAY)
    outbox.expand()
    (email,) = outbox.claim(max_emails=1)
    assert email.session["title"] == "Alive"
