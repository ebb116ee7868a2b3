"""What a statement of many rows costs is as many times what one row costs: counted, not timed.

The connection has written one row before, as one from a pool has: plans of triggers are kept from
then, when their tables of changed rows held one.
"""

from __future__ import annotations

from collections import Counter
from uuid import UUID

import psycopg
import pytest

from support.bookings import offer
from support.plans import most_rows
from support.world import World

MANY = 400

ONE_OF_THEM = " where student_id = (select student_id from public.course_enrollments limit 1)"


@pytest.fixture
def batch(superuser: psycopg.Connection) -> UUID:
    """A batch of many."""
    batch = World(superuser).batch()
    World(superuser).crowd(MANY, batch=batch)
    return batch


@pytest.fixture
def sessions(superuser: psycopg.Connection) -> None:
    """Many sessions."""
    superuser.execute(
        "insert into public.success_sessions (title, link, start_time)"
        " select 'Session', 'https://meet.example.test/1', now() + number * interval '1 day'"
        " from generate_series(1, %s) as number",
        (MANY,),
    )
    superuser.execute("analyze")


@pytest.fixture
def waiting(superuser: psycopg.Connection, batch: UUID) -> UUID:
    """A session that everybody of the batch waits for."""
    session = World(superuser).session(batch=batch, registration_required=True, capacity=1)
    superuser.execute(
        "insert into public.session_registrations (session_id, student_id, status)"
        " select %s, student_id, 'waitlisted' from public.course_enrollments",
        (session,),
    )
    return session


def calls(conn: psycopg.Connection, statement: str, *arguments: object) -> Counter[str]:
    """How often a statement calls which functions in PL/pgSQL, as Postgres counts it."""

    def counted() -> Counter[str]:
        rows = conn.execute("select funcname, calls from pg_stat_xact_user_functions").fetchall()
        return Counter(dict(rows))

    conn.execute("set track_functions = 'pl'")
    with conn.transaction():
        before = counted()
        conn.execute(statement.encode(), arguments)
        return counted() - before


def test_sessions_are_changed_by_one_and_then_by_many(
    superuser: psycopg.Connection, sessions: None
) -> None:
    longer = "update public.success_sessions set end_time = end_time + interval '1 minute'"
    superuser.execute(longer + " where start_time < now() + interval '36 hours'")
    assert most_rows(superuser, longer) <= 3 * MANY


def test_enrollments_are_paused_by_one_and_then_by_many(
    superuser: psycopg.Connection, batch: UUID
) -> None:
    pause = "update public.course_enrollments set status = 'paused'"
    superuser.execute(pause + ONE_OF_THEM)
    assert most_rows(superuser, pause) <= 3 * MANY
    assert superuser.execute(
        "select count(*) from notifier.enrollment_changes where was_active and not is_active"
    ).fetchone() == (MANY,)


def test_of_many_bookings_those_of_one_enrollment_end_and_then_those_of_many(
    superuser: psycopg.Connection, batch: UUID, sessions: None
) -> None:
    superuser.execute(
        """
        insert into public.session_bookings (
            session_id, offer_id, student_id, change_notice_minutes
        )
        select session.id, %s, student.student_id, 0
        from (select id, row_number() over () as place from public.success_sessions) as session
        inner join (
            select student_id, row_number() over () as place from public.course_enrollments
        ) as student on session.place = student.place
        """,
        (offer(superuser, World(superuser).mentor()),),
    )
    pause = "update public.course_enrollments set status = 'paused'"
    superuser.execute(pause + ONE_OF_THEM)
    assert most_rows(superuser, pause) <= 3 * MANY
    assert superuser.execute(
        "select count(*) from public.success_sessions where status = 'cancelled'"
    ).fetchone() == (MANY,)


def test_one_is_invited_to_one_session_and_then_to_many(
    superuser: psycopg.Connection, sessions: None
) -> None:
    world = World(superuser)
    invite = (
        "insert into public.session_participants (session_id, user_id)"
        " select id, %s from public.success_sessions where title = 'Session'"
    )
    world.invite(world.session("Other"), world.student())
    assert most_rows(superuser, invite, world.student()) <= 3 * MANY
    assert superuser.execute(
        "select count(*) from notifier.events where cardinality(participants_added) = 1"
    ).fetchone() == (MANY + 1,)


def test_another_host_concerns_nobodys_seat_but_theirs(
    superuser: psycopg.Connection, waiting: UUID
) -> None:
    called = calls(
        superuser,
        "update public.success_sessions set mentor_id = %s where id = %s",
        World(superuser).mentor(),
        waiting,
    )
    assert called["settle_registrations"] == 1
    assert called["is_session_learner"] == 0


def test_a_raised_capacity_tells_all_by_one_look_at_the_session(
    superuser: psycopg.Connection, waiting: UUID
) -> None:
    more = "update public.success_sessions set capacity = capacity + %s where id = %s"
    one, many = (calls(superuser, more, seats, waiting) for seats in (1, MANY))
    assert one["tell_registration"] == 1
    assert many["tell_registration"] == one["tell_registration"]
    assert many["session_snapshot"] == one["session_snapshot"]
    queue = superuser.execute(
        "select array_agg(student_id order by queued_at, student_id)"
        " from public.session_registrations"
    ).fetchone()
    told = superuser.execute(
        "select array_agg(recipient_id order by event_id) from notifier.emails"
        " where kind = 'waitlist_promoted'"
    ).fetchone()
    assert told == queue
