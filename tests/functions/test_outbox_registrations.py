"""Mails about a student's seat: queued by whoever gives seats, judged when they are claimed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from support.actors import refused
from support.outbox import Claimed, Outbox, change
from support.world import World

TUESDAY = datetime(2031, 5, 6, 17, 0, tzinfo=UTC)
KINDS = ["registration_confirmed", "waitlist_promoted"]


@pytest.fixture
def session(world: World, outbox: Outbox, batch: UUID, anna: UUID) -> UUID:
    """A session that Anna has been invited to."""
    session = world.session(batch=batch, starts=TUESDAY)
    outbox.deliver()
    return session


def tell(conn: psycopg.Connection, session: UUID, student: UUID, kind: str | None) -> None:
    """Give a seat and say so."""
    conn.execute(
        "insert into public.session_registrations (session_id, student_id, status)"
        " values (%s, %s, 'registered') on conflict do nothing",
        (session, student),
    )
    conn.execute(
        "select notifier.tell_registration(session.id, array[%s::uuid], %s)"
        " from public.success_sessions as session where id = %s",
        (student, kind, session),
    )


def told(outbox: Outbox) -> Claimed:
    (email,) = outbox.deliver()
    return email


@pytest.mark.parametrize("kind", KINDS)
def test_a_student_is_told_of_the_seat(
    conn: psycopg.Connection, outbox: Outbox, session: UUID, anna: UUID, kind: str
) -> None:
    tell(conn, session, anna, kind)
    email = told(outbox)
    assert (email.recipient_id, email.kind, email.recipient_role) == (anna, kind, "learner")
    assert email.calendar_method == "REQUEST"
    assert email.parts == [{"kind": kind, "session": email.session, "changes": {}}]
    assert outbox.rows()[-1]["topic"] == "registration"


def test_it_shows_the_session_as_it_is_when_claimed(
    conn: psycopg.Connection, outbox: Outbox, session: UUID, anna: UUID
) -> None:
    tell(conn, session, anna, "registration_confirmed")
    change(conn, session, title="Renamed")
    email = next(mail for mail in outbox.deliver() if mail.kind == "registration_confirmed")
    assert email.session["title"] == "Renamed"


def test_it_waits_for_no_invitation_and_holds_none_up(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = world.session(batch=batch, starts=TUESDAY)
    outbox.expand()
    (invitation,) = outbox.claim()
    tell(world.conn, session, anna, "registration_confirmed")
    (seat,) = outbox.claim()
    outbox.send(invitation)
    change(world.conn, session, title="Renamed")
    outbox.expand()
    (update,) = outbox.claim()
    assert [mail.kind for mail in (invitation, seat, update)] == [
        "session_scheduled",
        "registration_confirmed",
        "session_updated",
    ]


def test_a_waiting_one_speaks_for_the_next_in_its_words(
    conn: psycopg.Connection, outbox: Outbox, session: UUID, anna: UUID
) -> None:
    tell(conn, session, anna, "registration_confirmed")
    (first,) = outbox.claim()
    outbox.fail(first)
    tell(conn, session, anna, "waitlist_promoted")
    assert outbox.claim() == [], "before its time"
    outbox.let_time_pass()
    email = told(outbox)
    assert (email.email_id, email.kind) == (first.email_id, "waitlist_promoted")
    assert outbox.statuses()[1:] == ["sent", "superseded"]


def test_each_student_is_told_of_their_own(
    world: World, outbox: Outbox, session: UUID, batch: UUID, anna: UUID
) -> None:
    ben = world.student("Ben", batch=batch)
    tell(world.conn, session, anna, "registration_confirmed")
    tell(world.conn, session, ben, "waitlist_promoted")
    assert outbox.tell() == {anna: "registration_confirmed", ben: "waitlist_promoted"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_seat_in_a_session_that_was_called_off_is_not_told(
    conn: psycopg.Connection, outbox: Outbox, session: UUID, anna: UUID, kind: str
) -> None:
    tell(conn, session, anna, kind)
    change(conn, session, status="cancelled")
    assert outbox.tell() == {anna: "session_cancelled"}
    assert outbox.rows(topic="registration")[0]["skip_reason"] == "cancelled_before_told"


def test_a_seat_of_somebody_without_access_any_more_is_not_told(
    conn: psycopg.Connection, outbox: Outbox, session: UUID, anna: UUID
) -> None:
    tell(conn, session, anna, "registration_confirmed")
    conn.execute("update public.course_enrollments set status = 'paused'")
    assert outbox.tell() == {anna: "session_cancelled"}
    assert outbox.rows(topic="registration")[0]["skip_reason"] == "not_invited"


@pytest.mark.parametrize("status", ["cancelled", "waitlisted"])
def test_a_seat_given_up_before_it_was_told_is_not_told(
    conn: psycopg.Connection, outbox: Outbox, session: UUID, anna: UUID, status: str
) -> None:
    tell(conn, session, anna, "registration_confirmed")
    conn.execute("update public.session_registrations set status = %s", (status,))
    assert outbox.deliver() == []
    assert outbox.rows(topic="registration")[0]["skip_reason"] == "not_registered"


def test_a_seat_in_a_session_that_is_over_is_not_told(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = world.session(batch=batch, starts=timedelta(minutes=-59), status="live")
    outbox.deliver()
    tell(world.conn, session, anna, "registration_confirmed")
    change(world.conn, session, status="completed")
    assert outbox.deliver() == []
    assert outbox.rows(topic="registration")[0]["skip_reason"] == "session_over"


@pytest.mark.parametrize("status", ["completed", "cancelled"])
def test_nothing_is_queued_for_a_session_that_invites_nobody(
    world: World, outbox: Outbox, batch: UUID, anna: UUID, status: str
) -> None:
    session = world.session(batch=batch, starts=timedelta(days=-1), status=status)
    outbox.deliver()
    before = outbox.rows(), outbox.rows("events")
    tell(world.conn, session, anna, "registration_confirmed")
    assert (outbox.rows(), outbox.rows("events")) == before


def test_one_in_doubt_is_sent_again_as_it_was(
    conn: psycopg.Connection, outbox: Outbox, session: UUID, anna: UUID
) -> None:
    tell(conn, session, anna, "registration_confirmed")
    (first,) = outbox.claim()
    outbox.begin(first)
    outbox.fail(first, "unknown")
    change(conn, session, title="Renamed")
    outbox.let_time_pass()
    again = next(mail for mail in outbox.deliver() if mail.email_id == first.email_id)
    assert again.in_doubt
    assert (again.parts, again.calendars) == (first.parts, first.calendars)


@pytest.mark.parametrize("kind", ["session_scheduled", None])
def test_only_these_two_kinds_are_told_so(
    conn: psycopg.Connection, session: UUID, anna: UUID, kind: str | None
) -> None:
    with refused(conn, psycopg.errors.InvalidParameterValue, "kind must be"):
        tell(conn, session, anna, kind)
