"""Made-up mails of every kind, for ``preview``: what an operator or translator looks at."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

from notifier.model import ClaimedEmail

SESSION_ID = "0b7f1d1e-58a4-4a4e-9f0e-0f2d6a6c1a01"
START = datetime(2027, 3, 4, 17, 0, tzinfo=UTC)

_SESSION: dict[str, object] = {
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
}

_RESCHEDULED: dict[str, dict[str, object]] = {
    "start_time": {
        "old": (START - timedelta(days=1)).isoformat(),
        "new": START.isoformat(),
    },
    "end_time": {
        "old": (START - timedelta(days=1) + timedelta(minutes=60)).isoformat(),
        "new": (START + timedelta(minutes=60)).isoformat(),
    },
}

_UPDATED: dict[str, dict[str, object]] = {
    "title": {"old": "Week 6: open questions", "new": "Week 6: questions & answers"},
    "mentor_name": {"old": "Jonas Weber", "new": "Amara Okafor"},
    "meeting_details": {"old": True, "new": True},
}

_SUMMARY: dict[str, object] = {
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
}

_HOSTS = frozenset({"mentor_assigned", "mentor_unassigned", "attendance_summary"})
_CHANGES = {"session_rescheduled": _RESCHEDULED, "session_updated": _UPDATED}
_METHODS = {
    "session_scheduled": "REQUEST",
    "session_rescheduled": "REQUEST",
    "session_updated": "REQUEST",
    "session_cancelled": "CANCEL",
    "mentor_assigned": "REQUEST",
    "mentor_unassigned": "CANCEL",
}


def sample_email(kind: str) -> ClaimedEmail:
    """A claim of this kind as the database would hand it out."""
    session = dict(_SESSION)
    if kind == "session_cancelled":
        session |= {"status": "cancelled", "cancel_reason": "The mentor is unwell."}
    if kind == "attendance_summary":
        session["status"] = "completed"
    role = "host" if kind in _HOSTS else "learner"
    method = _METHODS.get(kind)
    changes = _CHANGES.get(kind, {})
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
        session=json.dumps(session),
        changes=json.dumps(changes),
        parts=json.dumps([{"kind": kind, "session": session, "changes": changes}]),
        calendars=json.dumps(
            [{"method": method, "content": _calendar(method)}] if method else [],
        ),
        summary=json.dumps(_SUMMARY) if kind == "attendance_summary" else None,
    )


def _calendar(method: str) -> str:
    """A calendar object of the shape that the database's ``session_calendar`` makes (RFC 5546)."""
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Live Sessions//Preview//EN",
        f"METHOD:{method}",
        "BEGIN:VEVENT",
        f"UID:{SESSION_ID}@live-sessions",
        "SEQUENCE:2",
        "DTSTAMP:20270301T090000Z",
        f"DTSTART:{START:%Y%m%dT%H%M%SZ}",
        f"DTEND:{START + timedelta(minutes=60):%Y%m%dT%H%M%SZ}",
        "SUMMARY:Week 6: questions & answers",
        f"STATUS:{'CANCELLED' if method == 'CANCEL' else 'CONFIRMED'}",
        "ORGANIZER;CN=Live Sessions:mailto:sessions@example.com",
        "ATTENDEE;CN=Priya Nair:mailto:priya@example.com",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    )
    return "\r\n".join(lines)
