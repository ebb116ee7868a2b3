"""Made-up mails of every kind, for ``preview``: what an operator or translator looks at."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from notifier.model import ClaimedEmail
from notifier.render import SERIES_KINDS, known_kinds

Json = dict[str, object]

SESSION_ID = "0b7f1d1e-58a4-4a4e-9f0e-0f2d6a6c1a01"
START = datetime(2027, 3, 4, 17, 0, tzinfo=UTC)

_SESSION: Json = {
    "id": SESSION_ID,
    "title": "Week 6: questions & answers",
    "description": "Bring what you are stuck on.\nWe start with last week's exercise on joins.",
    "session_type": "success_session",
    "status": "upcoming",
    "start_time": START.isoformat(),
    "end_time": (START + timedelta(minutes=60)).isoformat(),
    "timezone": "Europe/Berlin",
    "platform": "zoom",
    "platform_name": "Zoom",
    "mentor_name": "Amara Okafor",
    "course_name": "Data Analytics",
    "batch_name": "March cohort",
    "cancel_reason": None,
    "sequence": 2,
    "registration_required": False,
    "uses_backup_link": False,
    "link_failure_note": None,
    "calendar_uid": SESSION_ID,
    "series_id": None,
    "recurrence_id": None,
}

_RESCHEDULED: dict[str, Json] = {
    "start_time": {
        "old": (START - timedelta(days=1)).isoformat(),
        "new": START.isoformat(),
    },
    "end_time": {
        "old": (START - timedelta(days=1) + timedelta(minutes=60)).isoformat(),
        "new": (START + timedelta(minutes=60)).isoformat(),
    },
}

_UPDATED: dict[str, Json] = {
    "title": {"old": "Week 6: open questions", "new": "Week 6: questions & answers"},
    "mentor_name": {"old": "Jonas Weber", "new": "Amara Okafor"},
    "registration_required": {"old": True, "new": False},
    "meeting_details": {"old": True, "new": True},
}

_SUMMARY: Json = {
    "invited": 4,
    "present": 1,
    "late": 1,
    "partial": 0,
    "absent": 1,
    "excused": 1,
    "students": [
        {
            "full_name": "Priya Nair",
            "status": "present",
            "minutes_present": 60,
            "joined_at": (START - timedelta(minutes=1)).isoformat(),
        },
        {
            "full_name": "Tomás Herrera",
            "status": "late",
            "minutes_present": 46,
            "joined_at": (START + timedelta(minutes=14)).isoformat(),
        },
        {"full_name": "Li Wei", "status": "absent", "minutes_present": 0, "joined_at": None},
        {"full_name": "Sana Haddad", "status": "excused", "minutes_present": 0, "joined_at": None},
    ],
    "csv": '"full_name","status","minutes_present","joined_at"\r\n"Priya Nair","present",60,\r\n',
}

_WARNING: Json = {
    "attended": 2,
    "sessions": 5,
    "percent": 40,
    "students": [
        {"full_name": "Li Wei", "attended": 1, "sessions": 4, "percent": 25},
        {"full_name": "Priya Nair", "attended": 2, "sessions": 5, "percent": 40},
    ],
}
_FIGURES = {"attendance_summary": _SUMMARY, "attendance_warning": _WARNING}

_SERIES_ID = "5d1c2b7a-0c53-4c0e-9d5e-3f1b2a4c5d01"
_DATES = 6
"""From winter into summer: in Berlin the clocks change on March 28, 2027, in Kolkata never."""

_HOSTS = frozenset({"mentor_assigned", "mentor_unassigned", "attendance_summary", "weekly_summary"})
OPTIONAL_KINDS = frozenset(
    {
        "session_updated",
        "session_reminder",
        "recording_available",
        "attendance_summary",
        "attendance_warning",
        "weekly_summary",
    }
)
"""What can be switched off: as ``private.optional_mail_kinds`` has it."""

_LINK_FAILED: dict[str, Json] = {"meeting_link": {"old": False, "new": True}}
_HELD: dict[str, Json] = {
    "attendance": {"invited": 4, "present": 1, "late": 1, "partial": 0, "absent": 1, "excused": 1}
}
_CHANGES = {
    "weekly_summary": _HELD,
    "session_rescheduled": _RESCHEDULED,
    "session_updated": _UPDATED,
    "meeting_link_changed": _LINK_FAILED,
}
_CANCELLED: Json = {"status": "cancelled", "cancel_reason": "The mentor is unwell."}
_METHODS = {
    "session_scheduled": "REQUEST",
    "session_rescheduled": "REQUEST",
    "session_updated": "REQUEST",
    "meeting_link_changed": "REQUEST",
    "session_cancelled": "CANCEL",
    "mentor_assigned": "REQUEST",
    "mentor_unassigned": "CANCEL",
    "registration_confirmed": "REQUEST",
    "waitlist_promoted": "REQUEST",
}

SEVERAL = "-several"
"""Ends the names of samples about several sessions where the kind may be about one, too."""


def all_samples() -> dict[str, ClaimedEmail]:
    """A sample of every kind, and of those that may be about one session or several, two."""
    return {name: sample for kind in known_kinds() for name, sample in samples_of(kind).items()}


def samples_of(kind: str) -> dict[str, ClaimedEmail]:
    """The samples of this kind, by name."""
    samples = {kind: sample_email(kind)}
    if kind in ("mentor_assigned", "mentor_unassigned"):
        samples[kind + SEVERAL] = sample_email(kind, several=True)
    return samples


def sample_email(kind: str, *, several: bool = False) -> ClaimedEmail:
    """A claim of this kind as the database would hand it out; about ``several`` sessions or one."""
    parts = _parts_of_series(kind) if several or kind in SERIES_KINDS else [_part(kind, _SESSION)]
    role = "host" if kind in _HOSTS else "learner"
    return ClaimedEmail(
        email_id=UUID("4a4d9a52-7d0c-4a3f-8a47-7a1f3a0e2c11"),
        claim_id=UUID("9f5a0c5e-2a5d-4f0b-8d0a-0d9a3f3b7c22"),
        event_id=1,
        kind=kind,
        in_doubt=False,
        attempt=1,
        recipient_id=UUID("c0a8f8a4-98c1-4f4e-8b0a-2f0f1d3c4b33"),
        address="priya@example.com" if role == "learner" else "amara@example.com",
        full_name="Priya Nair" if role == "learner" else "Amara Okafor",
        timezone="Asia/Kolkata" if role == "learner" else "Europe/Berlin",
        locale="en",
        recipient_role=role,
        sessions=len(parts),
        parts=json.dumps(parts),
        calendars=sample_calendars(parts),
        summary=json.dumps(_FIGURES[kind]) if kind in _FIGURES else None,
        unsubscribe_token=f"{kind}.sample" if kind in OPTIONAL_KINDS else None,
    )


def sample_calendars(parts: Sequence[Mapping[str, object]]) -> list[str]:
    """Calendar objects of the shape that the database makes for such parts (RFC 5546)."""
    sessions: dict[str, list[Mapping[str, object]]] = {}
    for part in parts:
        method, session = _METHODS.get(str(part["kind"])), part["session"]
        if method is not None and isinstance(session, dict):
            sessions.setdefault(method, []).append(session)
    return [_calendar(method, those) for method, those in sessions.items()]


def _part(kind: str, session: Json) -> Json:
    status: Json = {}
    if kind == "session_cancelled":
        status = _CANCELLED
    if kind == "meeting_link_changed":
        status = {"uses_backup_link": True, "link_failure_note": "Zoom has an outage."}
    if kind in ("attendance_summary", "attendance_warning", "recording_available"):
        status = {"status": "completed"}
    return {"kind": kind, "session": session | status, "changes": _CHANGES.get(kind, {})}


def _parts_of_series(kind: str) -> list[Json]:
    """The same hour of the same weekday, week after week."""
    if kind in ("series_updated", "daily_digest"):
        kinds = ["session_updated", "session_rescheduled", "session_cancelled"]
        kinds += ["session_updated"] * (_DATES - 4) + ["session_scheduled"]
    else:
        one = {
            "enrollment_schedule": "session_scheduled",
            "series_scheduled": "session_scheduled",
            "series_cancelled": "session_cancelled",
        }
        kinds = [one.get(kind, kind)] * _DATES
    return [_date_of_series(number, each) for number, each in enumerate(kinds)]


def _date_of_series(number: int, kind: str) -> Json:
    planned = START.astimezone(ZoneInfo("Europe/Berlin")) + timedelta(weeks=number)
    start = planned + timedelta(hours=kind == "session_rescheduled")
    length = timedelta(minutes=60)
    part = _part(
        kind,
        _SESSION
        | {
            "id": str(UUID(int=UUID(SESSION_ID).int + number)),
            "start_time": _utc(start),
            "end_time": _utc(start + length),
            "calendar_uid": _SERIES_ID,
            "series_id": _SERIES_ID,
            "recurrence_id": _utc(planned),
        },
    )
    if kind == "session_rescheduled":
        part["changes"] = {
            "start_time": {"old": _utc(planned), "new": _utc(start)},
            "end_time": {"old": _utc(planned + length), "new": _utc(start + length)},
        }
    return part


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _calendar(method: str, sessions: Sequence[Mapping[str, object]]) -> str:
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Live Sessions//Preview//EN",
        f"METHOD:{method}",
        *(line for session in sessions for line in _event(method, session)),
        "END:VCALENDAR",
        "",
    ]
    return "\r\n".join(lines)


def _event(method: str, session: Mapping[str, object]) -> list[str]:
    start, end, planned = (
        _ical(session[field]) for field in ("start_time", "end_time", "recurrence_id")
    )
    return [
        "BEGIN:VEVENT",
        f"UID:{session['calendar_uid']}@live-sessions",
        *([f"RECURRENCE-ID:{planned}"] if planned else []),
        f"SEQUENCE:{session['sequence']}",
        "DTSTAMP:20270301T090000Z",
        f"DTSTART:{start}",
        f"DTEND:{end}",
        "SUMMARY:Week 6: questions & answers",
        f"STATUS:{'CANCELLED' if method == 'CANCEL' else 'CONFIRMED'}",
        "ORGANIZER;CN=Live Sessions:mailto:sessions@example.com",
        "ATTENDEE;CN=Priya Nair:mailto:priya@example.com",
        "END:VEVENT",
    ]


def _ical(moment: object) -> str:
    if moment is None:
        return ""
    return f"{datetime.fromisoformat(str(moment)).astimezone(UTC):%Y%m%dT%H%M%SZ}"
