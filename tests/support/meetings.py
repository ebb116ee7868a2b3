"""What platforms tell of their meetings, as the edge functions pass it on."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from support.actors import as_service

MEETING = "987654321"


@dataclass(frozen=True, slots=True)
class Webhooks:
    """The edge function of a platform.

    Args:
        conn: A connection as role `postgres`.
        platform: The platform.
        meeting: The meeting's id there.
    """

    conn: psycopg.Connection
    platform: str = "zoom"
    meeting: str = MEETING
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def joined(self, at: datetime, key: str | None = None, **told: Any) -> dict[str, Any]:
        """A participant came in; the receipt."""
        return self._presence("join", at, key, told)

    def left(self, at: datetime, key: str | None = None, **told: Any) -> dict[str, Any]:
        """A participant went out; the receipt."""
        return self._presence("leave", at, key, told)

    def ended(self, at: datetime, event_id: str | None = None) -> dict[str, Any]:
        """The platform closed the meeting; the receipt."""
        return self.call(
            "end_meeting",
            platform=self.platform,
            event_id=event_id or f"event-{next(self._numbers)}",
            meeting_id=self.meeting,
            occurred_at=at,
        )

    def report(
        self, starts: datetime, ends: datetime, *stays: dict[str, Any], report_id: str = "report-1"
    ) -> dict[str, Any]:
        """The report after the meeting; the receipt."""
        return self.call(
            "reconcile_presence",
            platform=self.platform,
            report_id=report_id,
            meeting_id=self.meeting,
            started_at=starts,
            ended_at=ends,
            participants=Jsonb(list(stays)),
        )

    def call(self, function: str, **arguments: Any) -> dict[str, Any]:
        """Call a function as the edge functions do."""
        with as_service(self.conn), self.conn.cursor(row_factory=dict_row) as cursor:
            row = cursor.execute(calling(function, *arguments), arguments).fetchone()
        assert row is not None
        return row

    def _presence(
        self, kind: str, at: datetime, key: str | None, told: dict[str, Any]
    ) -> dict[str, Any]:
        arguments = {
            "platform": self.platform,
            "event_id": f"event-{next(self._numbers)}",
            "meeting_id": self.meeting,
            "kind": kind,
            "occurred_at": at,
            "participant_key": key,
        }
        return self.call("record_presence", **(arguments | told))


def calling(function: str, *arguments: str) -> sql.Composed:
    """A call of a function of the API by its arguments' names."""
    return sql.SQL("select * from public.{}({})").format(
        sql.Identifier(function),
        sql.SQL(", ").join(
            sql.SQL("{} => {}").format(sql.Identifier(name), sql.Placeholder(name))
            for name in arguments
        ),
    )


def stay(came: datetime, went: datetime, key: str | None = None, **told: Any) -> dict[str, Any]:
    """One stay of a report."""
    return {
        "joined_at": came.isoformat(),
        "left_at": went.isoformat(),
        "participant_key": key,
    } | {f"participant_{name}": value for name, value in told.items()}


def attended(conn: psycopg.Connection, session: UUID) -> dict[UUID, tuple[str, int]]:
    """Status and minutes of everybody with an attendance record."""
    rows = conn.execute(
        "select student_id, status::text, minutes_present from public.session_attendance"
        " where session_id = %s",
        (session,),
    )
    return {student: (status, minutes) for student, status, minutes in rows}
