"""What people want of their mails, as they would choose it."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from support.actors import as_user


def prefer(conn: psycopg.Connection, who: UUID, kind: str = "*", **columns: Any) -> None:
    """Choose as somebody, in the place of what they chose before.

    Args:
        conn: A connection as role `postgres`.
        who: Whose choice.
        kind: Of which mails.
        **columns: Columns of `notification_preferences`.
    """
    values = {"kind": kind} | columns
    with as_user(conn, who):
        conn.execute(
            "delete from public.notification_preferences where user_id = auth.uid() and kind = %s",
            (kind,),
        )
        conn.execute(
            sql.SQL("insert into public.notification_preferences ({}) values ({})").format(
                sql.SQL(", ").join(map(sql.Identifier, values)),
                sql.SQL(", ").join(sql.Placeholder() * len(values)),
            ),
            list(values.values()),
        )


def clock(hours: float) -> time:
    """The time of day so many hours from now, in UTC, to the second."""
    return (datetime.now(UTC) + timedelta(hours=hours)).time().replace(microsecond=0)


QUIET: dict[str, Any] = {"quiet_from": clock(-3), "quiet_until": clock(3)}
"""Quiet hours that a test falls into."""

LOUD: dict[str, Any] = {"quiet_from": clock(3), "quiet_until": clock(6)}
"""Quiet hours that it does not fall into."""
