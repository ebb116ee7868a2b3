"""Meetings that platforms make, as the edge function `meetings` works on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import class_row, dict_row

from support.actors import as_service

LINK = "https://zoom.us/j/81234567890"


@dataclass(frozen=True, slots=True)
class Task:
    """One row of `meeting_task`."""

    meeting_id: UUID
    claim_id: UUID
    action: str
    attempt: int
    may_exist: bool
    platform: str
    account: str
    external_id: str | None
    title: str | None
    description: str | None
    start_time: datetime | None
    end_time: datetime | None
    timezone: str | None
    platform_data: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Meetings:
    """The edge function's side on one connection.

    Args:
        conn: A connection as role `postgres`, inside a transaction or at the start of one.
    """

    conn: psycopg.Connection

    def claim(self, max_tasks: int = 10) -> list[Task]:
        """What there is to do; what is only put off for a moment counts as due."""
        self.hurry()
        with as_service(self.conn), self.conn.cursor(row_factory=class_row(Task)) as cursor:
            return cursor.execute(
                "select * from public.claim_meeting_tasks(%s)", (max_tasks,)
            ).fetchall()

    def hurry(self) -> None:
        """Let the pause after a change be over."""
        self.conn.execute(
            "update public.session_meetings set due_at = clock_timestamp()"
            " where claim_id is null and reason is null"
            " and due_at < clock_timestamp() + interval '5 seconds'"
        )

    def complete(self, task: Task, **outcome: Any) -> bool:
        """Tell that it is done."""
        arguments = {"meeting_id": task.meeting_id, "claim_id": task.claim_id} | outcome
        return self._tell("complete_meeting_task", arguments)

    def create(self, task: Task, number: str = "81234567890", passcode: str = "secret") -> bool:
        """Tell that the meeting was created."""
        return self.complete(
            task,
            external_id=number,
            link=f"https://zoom.us/j/{number}?pwd=hidden",
            passcode=passcode,
        )

    def fail(self, task: Task, reason: str, **more: Any) -> bool:
        """Tell that it could not be done."""
        arguments = {"meeting_id": task.meeting_id, "claim_id": task.claim_id, "reason": reason}
        return self._tell("fail_meeting_task", arguments | more)

    def of(self, session: UUID) -> list[dict[str, Any]]:
        """The rows of a session, the oldest first."""
        with self.conn.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(
                "select * from public.session_meetings where session_id = %s order by created_at",
                (session,),
            ).fetchall()

    def states(self, session: UUID) -> list[str]:
        """Where the meetings of a session stand, the oldest first."""
        return [row["state"] for row in self.of(session)]

    def _tell(self, function: str, arguments: dict[str, Any]) -> bool:
        named = ", ".join(f"{name} => %({name})s" for name in arguments)
        with as_service(self.conn):
            row = self.conn.execute(
                f"select public.{function}({named})".encode(), arguments
            ).fetchone()
        assert row is not None
        return bool(row[0])


def next_midnight(at: datetime) -> datetime:
    """When the day of platforms ends: the midnight after this moment, in UTC."""
    return datetime.combine(at.astimezone(UTC).date() + timedelta(days=1), time(), UTC)
