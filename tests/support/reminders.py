"""Sessions that come near, without waiting for them."""

from __future__ import annotations

from uuid import UUID

import psycopg

from support.outbox import Outbox


def come_near(conn: psycopg.Connection, session: UUID, minutes: int) -> None:
    """Let a session, which starts within so many minutes, have passed this moment only now, and all
    others long ago.
    """
    conn.execute(
        """
        update notifier.reminder_clock as clock
        set reached = case
            when clock.minutes = %s then session.start_time - interval '1 microsecond'
            else clock_timestamp() + make_interval(mins => clock.minutes)
        end
        from public.success_sessions as session
        where clock.reached is not null and session.id = %s
        """,
        (minutes, session),
    )


def remind(outbox: Outbox, session: UUID, minutes: int) -> int:
    """Let a session have come near, and the clock see it: how many reminders were written."""
    come_near(outbox.conn, session, minutes)
    written = outbox.scalar("select reminders from notifier.tick()")
    assert isinstance(written, int)
    return written
