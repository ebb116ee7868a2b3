"""Booking offers and their slots: builders, and what a student does with them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from support.sessions import tomorrow

Row = dict[str, Any]

MEETING = "https://meet.example.test/SECRET-room"
"""Where the meetings of an offer take place unless it says otherwise."""


def offer(conn: psycopg.Connection, mentor: UUID | None = None, **columns: Any) -> UUID:
    """Insert an offer as whoever acts.

    Unless said otherwise it is made to everybody, daily from tomorrow 18:00 UTC on, two hours of
    half an hour each, without notice and for any number of bookings.

    Args:
        conn: The connection.
        mentor: Whose; None for whoever acts.
        **columns: Columns of `booking_offers`.
    """
    values: Row = {
        "title": "Mentorship",
        "audience": "everybody",
        "start_time": tomorrow(),
        "recurrence": {"rrule": "FREQ=DAILY"},
        "window_minutes": 120,
        "slot_minutes": 30,
        "booking_notice_minutes": 0,
        "change_notice_minutes": 0,
        "max_open_per_student": None,
        "platform": "other",
        "link": MEETING,
    } | columns
    if mentor is not None:
        values["mentor_id"] = mentor
    values = {
        name: Jsonb(value) if isinstance(value, dict) else value for name, value in values.items()
    }
    row = conn.execute(
        sql.SQL("insert into public.booking_offers ({}) values ({}) returning id").format(
            sql.SQL(", ").join(map(sql.Identifier, values)),
            sql.SQL(", ").join(sql.Placeholder() * len(values)),
        ),
        list(values.values()),
    ).fetchone()
    assert row is not None
    return UUID(str(row[0]))


def change_offer(conn: psycopg.Connection, offer_id: UUID, **columns: Any) -> Row:
    """Update an offer as whoever acts; fails when it is not theirs to change."""
    values = {
        name: Jsonb(value) if isinstance(value, dict) else value for name, value in columns.items()
    }
    row = _one(
        conn,
        sql.SQL("update public.booking_offers set {} where id = %s returning *").format(
            sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in values)
        ),
        [*values.values(), offer_id],
    )
    assert row is not None, "no such offer, or not theirs to change"
    return row


def slots(conn: psycopg.Connection, offer_id: UUID | None = None, **arguments: Any) -> list[Row]:
    """`bookable_slots` as whoever acts."""
    if offer_id is not None:
        arguments["offer_id"] = offer_id
    query = sql.SQL("select * from public.bookable_slots({})").format(_named(arguments))
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, list(arguments.values())).fetchall()


def starts(
    conn: psycopg.Connection, offer_id: UUID | None = None, **arguments: Any
) -> list[datetime]:
    """When those slots start."""
    return [slot["start_time"] for slot in slots(conn, offer_id, **arguments)]


def book(conn: psycopg.Connection, offer_id: UUID, start: datetime, note: str | None = None) -> Row:
    """`book_slot` as whoever acts."""
    row = _one(
        conn,
        sql.SQL("select * from public.book_slot(%s, %s, %s)"),
        [offer_id, start, note],
    )
    assert row is not None
    return row


def move(conn: psycopg.Connection, session_id: UUID, start: datetime) -> Row:
    """`move_booking` as whoever acts."""
    row = _one(conn, sql.SQL("select * from public.move_booking(%s, %s)"), [session_id, start])
    assert row is not None
    return row


def cancel(conn: psycopg.Connection, session_id: UUID, reason: str | None = None) -> Row:
    """`cancel_booking` as whoever acts."""
    row = _one(conn, sql.SQL("select * from public.cancel_booking(%s, %s)"), [session_id, reason])
    assert row is not None
    return row


def pretend_it_begins_in(conn: psycopg.Connection, session_id: UUID, wait: timedelta) -> None:
    """Let time pass: as role `postgres`, move a session so that it begins so long from now."""
    conn.execute(
        """
        update public.success_sessions
        set start_time = clock_timestamp() + %(wait)s,
            end_time = clock_timestamp() + %(wait)s + (end_time - start_time)
        where id = %(id)s
        """,
        {"wait": wait, "id": session_id},
    )


def nowhere() -> UUID:
    """An id of nothing."""
    return uuid4()


def _named(arguments: Row) -> sql.Composed:
    return sql.SQL(", ").join(
        sql.SQL("{} => %s").format(sql.Identifier(name)) for name in arguments
    )


def _one(
    conn: psycopg.Connection, statement: sql.SQL | sql.Composed, values: list[Any]
) -> Row | None:
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement, values).fetchone()
