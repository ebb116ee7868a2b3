"""Whatever is sent, the answer is never a server error, and the calendar works afterwards."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from support.campus import Campus
from support.rest import Caller, Callers

CALENDAR = "segmented_weekly_success_sessions"

NASTY: tuple[Any, ...] = (
    None,
    "",
    0,
    10**30,
    True,
    [],
    {"a": {"b": []}},
    "x" * 201,
    # Incompressible, hence too long for any index.
    secrets.token_hex(20_000),
    "nul \0 inside",
    "\U0001f600 \u202e\a\r\n",
    "%s %d {0} ${x} '; drop table success_sessions; --",
    "NaN",
    "infinity",
    "-infinity",
    "4714-11-24T00:00:00Z BC",
    "20270-01-01T00:00:00Z",
    "294276-12-31T22:30:00Z",
    "2030-02-30T10:00:00Z",
    "https://zoom.us/" + "a" * 5000,
    "https://zoom.us/j/1?" + "pwd=&" * 390,
)


@dataclass(frozen=True, slots=True)
class Target:
    """A table that somebody may write.

    Attributes:
        columns: All that the API lets anybody write, and some that it does not.
        row: A valid row; @name stands for something on campus; None: no inserts.
        which: The rows to update.
        who: Who writes.
    """

    columns: str
    row: dict[str, str] | None
    which: dict[str, str]
    who: str = "sofia"


TARGETS = {
    "success_sessions": Target(
        "id title description session_type status course_id batch_id mentor_id start_time end_time"
        " timezone platform meeting_account_id link backup_link zoom_meeting_id zoom_passcode"
        " platform_data cancel_reason sequence audience_key status_due_at",
        {
            "title": "Fuzz",
            "start_time": "2030-01-01T10:00:00Z",
            "link": "https://zoom.us/j/1",
            "course_id": "@course",
        },
        {"title": "eq.Fuzz"},
    ),
    "session_participants": Target(
        "session_id user_id added_by",
        {"session_id": "@course", "user_id": "@nora"},
        {"user_id": "eq.@nora"},
    ),
    "session_attendance": Target(
        "session_id student_id status joined_at minutes_present source note",
        {"session_id": "@course", "student_id": "@nora", "status": "late", "source": "manual"},
        {"student_id": "eq.@nora"},
    ),
    "courses": Target("id name created_at", {"name": "Fuzz"}, {"name": "eq.Fuzz"}),
    "batches": Target(
        "id course_id name", {"name": "Fuzz", "course_id": "@course"}, {"name": "eq.Fuzz"}
    ),
    "course_enrollments": Target(
        "id student_id course_id batch_id status",
        {"student_id": "@nora", "course_id": "@course"},
        {"student_id": "eq.@nora"},
    ),
    "mentor_time_off": Target(
        "id mentor_id start_time end_time reason",
        {
            "mentor_id": "@milo",
            "start_time": "2030-02-01T10:00:00Z",
            "end_time": "2030-02-01T11:00:00Z",
        },
        {"mentor_id": "eq.@milo"},
    ),
    "mentor_availability": Target(
        "id mentor_id weekday start_time end_time timezone",
        {
            "mentor_id": "@milo",
            "weekday": "1",
            "start_time": "10:00",
            "end_time": "11:00",
            "timezone": "UTC",
        },
        {"mentor_id": "eq.@milo"},
    ),
    "meeting_accounts": Target(
        "id platform name max_concurrent_meetings",
        {"platform": "zoom", "name": "Fuzz"},
        {"name": "eq.Fuzz"},
    ),
    "meeting_platforms": Target(
        "id name is_active max_concurrent_meetings",
        {"id": "fuzz", "name": "Fuzz"},
        {"id": "eq.fuzz"},
    ),
    "user_roles": Target(
        "user_id role", {"user_id": "@nora", "role": "student"}, {"user_id": "eq.@nora"}
    ),
    "profiles": Target("id full_name timezone locale", None, {"id": "eq.@nora"}, who="nora"),
    "app_settings": Target(
        "id join_opens_minutes_before late_after_minutes partial_below_percent"
        " mentor_buffer_minutes audit_retention_months presence_retention_months",
        None,
        {"id": "is.true"},
    ),
}
CELLS = [(table, column) for table, target in TARGETS.items() for column in target.columns.split()]


def on_campus(campus: Campus, values: dict[str, str]) -> dict[str, str]:
    """The values with names of the campus filled in."""
    names = {f"@{name}": str(getattr(campus, name)) for name in Campus.__slots__}
    filled = {}
    for column, value in values.items():
        prefix, at, name = value.rpartition("@")
        filled[column] = prefix + names[at + name] if at else value
    return filled


def no_server_error(response: httpx.Response, sent: object) -> None:
    assert response.status_code < 500, f"{str(sent)[:200]}: {response.text}"
    if response.status_code >= 400:
        assert response.json()["message"]


@pytest.mark.parametrize(("table", "column"), CELLS)
def test_no_value_of_any_column_is_a_server_error(
    callers: Callers, campus: Campus, table: str, column: str
) -> None:
    target = TARGETS[table]
    caller: Caller = callers.user(getattr(campus, target.who))
    which = on_campus(campus, target.which)
    if target.row is not None:
        row = on_campus(campus, target.row)
        for value in NASTY:
            no_server_error(caller.insert(table, {**row, column: value}), (column, value))
    for value in NASTY:
        no_server_error(caller.update(table, {column: value}, **which), (column, value))

    # What was taken breaks nobody's calendar.
    for user in (campus.sofia, campus.sam, campus.uma, campus.nora):
        read = callers.user(user).get(CALENDAR)
        assert read.status_code == 200, read.text


@pytest.mark.parametrize("column", TARGETS["success_sessions"].columns.split())
def test_no_filter_is_a_server_error(callers: Callers, campus: Campus, column: str) -> None:
    sam = callers.user(campus.sam)
    for value in NASTY:
        if isinstance(value, str) and len(value) < 1000:
            for operator in ("eq", "in", "fts"):
                query = {column: f"{operator}.{value}"}
                no_server_error(sam.get("success_sessions", **query), query)


@pytest.mark.parametrize("function", ["join_session", "leave_session", "session_credentials"])
def test_no_argument_is_a_server_error(callers: Callers, campus: Campus, function: str) -> None:
    sam = callers.user(campus.sam)
    for value in NASTY:
        response = sam.call(function, session_id=value)
        no_server_error(response, value)
        assert response.status_code >= 400
