"""What the pages of a frontend do, through supabase-py."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from postgrest.exceptions import APIError
from supabase import Client

from support.campus import Campus

Row = dict[str, Any]

LINK = "https://zoom.us/j/123456789"
PASSCODE = "secure123"


def session_form(campus: Campus, **fields: Any) -> Row:
    """The form of a session for the autumn batch, hosted by Marta, that begins in ten minutes."""
    start: datetime = fields.pop("start", in_minutes(10))
    return {
        "title": "Office hours",
        "description": "Bring your questions.",
        "course_id": str(campus.course),
        "batch_id": str(campus.batch),
        "mentor_id": str(campus.marta),
        "start_time": start.isoformat(),
        "end_time": (start + timedelta(minutes=60)).isoformat(),
        "timezone": "Europe/Berlin",
        "link": LINK,
        "zoom_meeting_id": "123456789",
        "zoom_passcode": PASSCODE,
    } | fields


def in_minutes(minutes: float) -> datetime:
    """So long from now, to the second."""
    return datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=minutes)


def create(client: Client, form: Row) -> Row:
    """Save a new session."""
    (row,) = client.table("success_sessions").insert(form).execute().data
    return as_row(row)


def save(client: Client, session: Row, **changes: Any) -> Row:
    """Save changes of a session; fails when it is not theirs to change."""
    query = client.table("success_sessions").update(changes).eq("id", session["id"])
    (row,) = query.execute().data
    return as_row(row)


def calendar(client: Client) -> list[Row]:
    """The page "Live sessions"."""
    query = client.table("segmented_weekly_success_sessions").select("*").order("start_time")
    return [as_row(row) for row in query.execute().data]


def look_up(client: Client, session: Row) -> list[Row]:
    """The session in the table; none when it is not theirs to see."""
    query = client.table("success_sessions").select("*").eq("id", session["id"])
    return [as_row(row) for row in query.execute().data]


def call(client: Client, function: str, session: Row) -> Row:
    """Call join_session and its siblings."""
    return as_row(client.rpc(function, {"session_id": session["id"]}).execute().data)


def attendance(client: Client, session: Row) -> list[Row]:
    """The attendance that they may read."""
    query = client.table("session_attendance").select("*").eq("session_id", session["id"])
    return [as_row(row) for row in query.execute().data]


@contextmanager
def told(code: str, message: str, details: str | None = None) -> Iterator[None]:
    """Expect to be told no, in these words."""
    with pytest.raises(APIError) as refused:
        yield
    assert (refused.value.code, refused.value.message) == (code, message)
    if details is not None:
        assert refused.value.details == details


def as_row(value: object) -> Row:
    """A row of an answer."""
    assert isinstance(value, dict), value
    return value
