"""What thousands of students cost is as many times what one costs: counted in rows, not in time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from devstack.databases import Database
from support.plans import most_rows
from support.world import World

MANY = 600


@pytest.fixture
def admin(database: Database) -> Iterator[psycopg.Connection]:
    """The superuser, who alone may look at the plans inside of functions."""
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def session(admin: psycopg.Connection) -> UUID:
    """A session that has begun, of a batch of many."""
    world = World(admin)
    batch = world.batch()
    admin.execute(
        "insert into auth.users (id, email)"
        " select md5(number::text)::uuid, 'student' || number || '@example.test'"
        " from generate_series(1, %s) as number",
        (MANY,),
    )
    admin.execute(
        "insert into public.course_enrollments (student_id, course_id, batch_id)"
        " select account.id, batch.course_id, batch.id"
        " from auth.users as account cross join public.batches as batch where batch.id = %s",
        (batch,),
    )
    return world.session(batch=batch, starts=timedelta(minutes=-50))


def test_presence_of_many_who_clicked_and_were_seen_to_come_and_go(
    admin: psycopg.Connection, session: UUID
) -> None:
    admin.execute(
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
    counted = admin.execute(query, (session,)).fetchone()
    assert counted == (MANY,)
    assert most_rows(admin, query, session) <= 3 * MANY


def test_an_import_of_many_rows(admin: psycopg.Connection, session: UUID) -> None:
    rows = [
        {"email": f"student{number}@example.test", "status": "present"}
        if number % 2
        else {"student_id": str(person), "status": "late"}
        for person, number in admin.execute(
            "select md5(number::text)::uuid, number from generate_series(1, %s) as number", (MANY,)
        ).fetchall()
    ]
    query = (
        "select count(*) from public.success_sessions as session"
        " cross join lateral private.read_attendance_rows(session, %s)"
        " where session.id = %s and problem is null"
    )
    counted = admin.execute(query, (Jsonb(rows), session)).fetchone()
    assert counted == (MANY,)
    # Each learner is known by two keys, and each row chooses from five statuses.
    assert most_rows(admin, query, Jsonb(rows), session) <= 5 * MANY
