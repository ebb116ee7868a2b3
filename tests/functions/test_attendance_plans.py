"""What thousands of students cost is as many times what one costs: counted in rows, not in time."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from support.plans import most_rows
from support.world import World

MANY = 600


@pytest.fixture
def session(superuser: psycopg.Connection) -> UUID:
    """A session that has begun, of a batch of many."""
    world = World(superuser)
    batch = world.batch()
    world.crowd(MANY, batch=batch)
    return world.session(batch=batch, starts=timedelta(minutes=-50))


def test_presence_of_many_who_clicked_and_were_seen_to_come_and_go(
    superuser: psycopg.Connection, session: UUID
) -> None:
    superuser.execute(
        """
        insert into private.presence_events (session_id, user_id, kind, occurred_at, source)
        select %s, account.id, told.kind::private.presence_kind, clock_timestamp() - told.ago,
            told.source::public.attendance_source
        from auth.users as account
        cross join (
            values
            ('join', interval '48 minutes', 'join'),
            ('join', interval '47 minutes', 'platform'),
            ('leave', interval '5 minutes', 'platform')
        ) as told (kind, ago, source)
        """,
        (session,),
    )
    query = (
        "select count(*) from public.success_sessions as session"
        " cross join lateral private.session_presence(session)"
        " where session.id = %s and present_for between '42 minutes' and '44 minutes'"
    )
    counted = superuser.execute(query, (session,)).fetchone()
    assert counted == (MANY,)
    assert most_rows(superuser, query, session) <= 3 * MANY


def test_an_import_of_many_rows(superuser: psycopg.Connection, session: UUID) -> None:
    rows = [
        {"email": email, "status": "present"}
        if number % 2
        else {"student_id": str(student), "status": "late"}
        for number, (student, email) in enumerate(
            superuser.execute("select id, email from auth.users")
        )
    ]
    query = (
        "select count(*) from public.success_sessions as session"
        " cross join lateral private.read_attendance_rows(session, %s)"
        " where session.id = %s and problem is null"
    )
    counted = superuser.execute(query, (Jsonb(rows), session)).fetchone()
    assert counted == (MANY,)
    # Each learner is known by two keys, and each row chooses from five statuses.
    assert most_rows(superuser, query, Jsonb(rows), session) <= 5 * MANY


def test_a_report_of_a_meeting_of_one_session_asks_once_whether_somebody_takes_part(
    superuser: psycopg.Connection, session: UUID
) -> None:
    superuser.execute(
        "update public.success_sessions set zoom_meeting_id = '999999999' where id = %s", (session,)
    )
    superuser.execute("set track_functions = 'pl'")
    with superuser.transaction():
        receipt = superuser.execute(
            """
            select (report).outcome, (report).recorded
            from (
                select public.reconcile_presence(
                    'zoom', 'r1', '999999999', now() - interval '40 minutes', now(),
                    jsonb_agg(jsonb_build_object(
                        'joined_at', now() - interval '40 minutes',
                        'left_at', now() - interval '5 minutes',
                        'participant_key', student_id::text
                    ))
                ) as report
                from public.course_enrollments
            ) as told
            """
        ).fetchone()
        calls = superuser.execute(
            "select calls from pg_stat_xact_user_functions where funcname = 'takes_part'"
        ).fetchone()
    assert receipt == ("recorded", MANY)
    assert calls == (MANY,)
