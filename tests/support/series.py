"""Series as managers and mentors make and change them, and how they stand."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from support.actors import as_user
from support.sessions import LINK

Row = dict[str, Any]

MONDAY = datetime.fromisoformat("2031-03-03T18:00+01:00")
"""18:00 in Berlin, four weeks before the clocks there go forward."""


def create(
    conn: psycopg.Connection, user: UUID, recurrence: Any = None, **session: Any
) -> list[Row]:
    """Call `create_recurring_session` as somebody: the sessions, by start.

    Args:
        conn: The connection.
        user: Who acts.
        recurrence: As the API takes it; five Mondays when left out.
        **session: Fields of the session; title, link, the start on `MONDAY` and the zone
            Europe/Berlin have a default.
    """
    fields = {
        "title": "Office hours",
        "link": LINK,
        "start_time": MONDAY,
        "timezone": "Europe/Berlin",
    } | session
    recurrence = {"pattern": "weekly", "count": 5} if recurrence is None else recurrence
    return _rows(
        conn,
        user,
        "select * from public.create_recurring_session(%s, %s)",
        _json(fields),
        Jsonb(recurrence),
    )


def update(
    conn: psycopg.Connection, user: UUID, session: UUID, scope: str | None, **changes: Any
) -> list[Row]:
    """Call `update_session_series` as somebody: the sessions of the scope to come."""
    return _rows(
        conn,
        user,
        "select * from public.update_session_series(%s, %s, %s)",
        session,
        scope,
        _json(changes),
    )


def cancel(
    conn: psycopg.Connection,
    user: UUID,
    session: UUID,
    scope: str | None = "this",
    reason: str | None = None,
) -> list[Row]:
    """Call `cancel_session` as somebody: the sessions of the scope to come."""
    return _rows(
        conn,
        user,
        "select * from public.cancel_session(%s, %s, %s)",
        session,
        reason,
        scope,
    )


def reschedule(
    conn: psycopg.Connection,
    user: UUID,
    session: UUID,
    starts: datetime | None,
    ends: datetime | None = None,
) -> Row:
    """Call `reschedule_session` as somebody: the session."""
    (row,) = _rows(
        conn, user, "select * from public.reschedule_session(%s, %s, %s)", session, starts, ends
    )
    return row


def sessions_of(conn: psycopg.Connection, calendar_uid: UUID) -> list[Row]:
    """All sessions of a series and of those split from it, by their day and start."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "select * from public.success_sessions where calendar_uid = %s"
            " order by coalesce(series_date, recurrence_id::date), start_time",
            (calendar_uid,),
        ).fetchall()


def series_of(conn: psycopg.Connection, calendar_uid: UUID) -> list[Row]:
    """A series and those split from it, the earliest part first."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "select * from public.session_series where calendar_uid = %s"
            " order by first_date nulls first",
            (calendar_uid,),
        ).fetchall()


def skips_of(conn: psycopg.Connection, calendar_uid: UUID) -> dict[date, tuple[str, str]]:
    """Reason and detail of the dates left out, by their day."""
    rows = conn.execute(
        "select skip.series_date, skip.reason::text, skip.detail from public.series_skips as skip"
        " inner join public.session_series as series on series.id = skip.series_id"
        " where series.calendar_uid = %s order by skip.series_date",
        (calendar_uid,),
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def pretend_it_began(conn: psycopg.Connection, *sessions: UUID) -> None:
    """Let time pass: these sessions took place, an hour from 2020 on each."""
    for nth, session in enumerate(sessions):
        conn.execute(
            "update public.success_sessions"
            " set start_time = '2020-01-01T00:00Z'::timestamptz + %(nth)s * interval '2 hours',"
            " end_time = '2020-01-01T01:00Z'::timestamptz + %(nth)s * interval '2 hours'"
            " where id = %(id)s",
            {"nth": nth, "id": session},
        )
        conn.execute(
            "update public.success_sessions set status = 'completed' where id = %s", (session,)
        )


def _json(fields: Row) -> Jsonb:
    return Jsonb(
        {
            name: value.isoformat()
            if isinstance(value, date)
            else str(value)
            if isinstance(value, UUID)
            else value
            for name, value in fields.items()
        }
    )


def _rows(conn: psycopg.Connection, user: UUID, query: LiteralString, *arguments: Any) -> list[Row]:
    with as_user(conn, user), conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, arguments).fetchall()
