"""Seats as students take them and give them back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from support.actors import as_user


def register(conn: psycopg.Connection, user: UUID, session: UUID | None) -> dict[str, Any]:
    """Call `register_for_session` as somebody."""
    return _call(conn, "register_for_session", user, session)


def unregister(conn: psycopg.Connection, user: UUID, session: UUID | None) -> dict[str, Any]:
    """Call `cancel_registration` as somebody."""
    return _call(conn, "cancel_registration", user, session)


def seated(conn: psycopg.Connection, session: UUID) -> set[UUID]:
    """Who has a seat."""
    rows = conn.execute(
        "select student_id from public.session_registrations"
        " where session_id = %s and status = 'registered'",
        (session,),
    )
    return {row[0] for row in rows}


def waitlist(conn: psycopg.Connection, session: UUID) -> list[UUID]:
    """Who waits for a seat, the first first."""
    rows = conn.execute(
        "select student_id from public.session_registrations"
        " where session_id = %s and status = 'waitlisted' order by queued_at, student_id",
        (session,),
    )
    return [row[0] for row in rows]


def told(conn: psycopg.Connection, session: UUID) -> list[tuple[UUID, str]]:
    """Who was told what about their seat, in this order."""
    rows = conn.execute(
        "select recipient_id, kind::text from notifier.emails"
        " where session_id = %s and topic = 'registration' order by event_id",
        (session,),
    )
    return [(row[0], row[1]) for row in rows]


def _call(
    conn: psycopg.Connection, function: str, user: UUID, session: UUID | None
) -> dict[str, Any]:
    query = sql.SQL("select * from public.{}(%s)").format(sql.Identifier(function))
    with as_user(conn, user), conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(query, (session,)).fetchone()
    assert row is not None
    return row
