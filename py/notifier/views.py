"""One session of a mail as templates see it: clean strings, times on the reader's clock."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from babel import Locale

from notifier.address import one_line
from notifier.language import words
from notifier.when import Span, describe_span, resolve_zone, same_clock

PLURALS = {
    "success_session": "Success sessions",
    "mentorship": "Mentorship meetings",
    "group_coaching": "Group coaching calls",
}
SESSION_TYPES = {
    "success_session": "Success session",
    "mentorship": "Mentorship meeting",
    "group_coaching": "Group coaching call",
}
FIELD_LABELS = {
    "title": "Title",
    "mentor_name": "Mentor",
    "platform_name": "Platform",
    "timezone": "Time zone of the session",
    "registration_required": "Registration",
    "meeting_link": "Meeting link",
}

DescriptionNews = Literal["", "new", "removed"]
"""What became of a session's description; empty: nothing."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom a mail is for, as far as it decides what the mail looks like.

    ``timezone`` is an IANA name, None for the session's own; ``app_url`` has no trailing slash.
    """

    role: str
    locale: Locale
    timezone: str | None
    app_url: str


@dataclass(frozen=True, slots=True)
class Change:
    """A field the recipient was told about earlier: what it said, what it says now."""

    label: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class SessionView:
    """The session as templates see it: clean strings, empty where the session has no value."""

    title: str
    description: tuple[str, ...]
    kind: str
    kinds: str
    mentor: str
    course: str
    batch: str
    platform: str
    cancelled: bool
    cancel_reason: str
    on_backup: bool
    registration_required: bool
    link_note: str
    url: str
    home: str


@dataclass(frozen=True, slots=True)
class Part:
    """What a mail says about one session.

    ``when`` is on the reader's clock, ``planned`` on that of the session's zone; ``elsewhere`` is
    the same as ``planned``, or None where the two clocks agree. ``after_all``: it was called off
    before. ``moved`` holds the old and the new time where the time changed, ``changes`` what else
    did.
    """

    kind: str
    session: SessionView
    start: datetime
    end: datetime
    zone: ZoneInfo
    session_zone: ZoneInfo
    when: Span
    planned: Span
    elsewhere: Span | None
    after_all: bool
    moved: Change | None
    changes: tuple[Change, ...]
    description_news: DescriptionNews
    meeting_details_changed: bool
    attendance: str

    @property
    def all_changes(self) -> tuple[Change, ...]:
        """The new time first, then the rest."""
        return self.changes if self.moved is None else (self.moved, *self.changes)


def view_part(part: Mapping[str, Any], reader: Reader) -> Part:
    """One element of :attr:`notifier.model.ClaimedEmail.parts`, parsed.

    :raises KeyError, TypeError, ValueError: something is missing or malformed.
    """
    session: Mapping[str, Any] = part["session"]
    view = _session(session, reader)
    changes: Mapping[str, Mapping[str, Any]] = part["changes"] or {}
    zone = resolve_zone(reader.timezone, session["timezone"])
    session_zone = resolve_zone(session["timezone"])
    start, end = moment(session["start_time"]), moment(session["end_time"])
    planned = describe_span(start, end, session_zone, reader.locale)
    say = words(reader.locale).gettext
    # Another link has taken the place of the one that failed.
    is_new_link = "meeting_details" in changes and not view.on_backup
    return Part(
        kind=part["kind"],
        session=view,
        start=start,
        end=end,
        zone=zone,
        session_zone=session_zone,
        when=describe_span(start, end, zone, reader.locale),
        planned=planned,
        elsewhere=None if same_clock(start, end, zone, session_zone) else planned,
        after_all="status" in changes,
        moved=_moved(session, changes, zone, reader.locale),
        changes=tuple(
            Change(
                say(label),
                _shown(field, changes[field]["old"], say),
                say("a new link")
                if field == "meeting_link" and is_new_link
                else _shown(field, changes[field]["new"], say),
            )
            for field, label in FIELD_LABELS.items()
            if field in changes
        ),
        description_news=_description_news(view) if "description" in changes else "",
        meeting_details_changed="meeting_details" in changes,
        attendance=_attendance(changes.get("attendance"), say),
    )


def moment(value: str) -> datetime:
    """A point in time as the database writes it.

    :raises ValueError: malformed, or without an offset.
    """
    parsed = datetime.fromisoformat(value)
    if parsed.tzinfo is None:
        raise ValueError("a time without an offset")
    return parsed


def clean(value: str | None) -> str:
    """One printable line; empty for None."""
    return one_line(value or "")


def _attendance(counts: Mapping[str, Any] | None, say: Callable[[str], str]) -> str:
    if counts is None:
        return ""
    return say("%(attended)s of %(invited)s took part") % {
        "attended": sum(int(counts[status]) for status in ("present", "late", "partial")),
        "invited": int(counts["invited"]),
    }


def _description_news(session: SessionView) -> DescriptionNews:
    return "new" if session.description else "removed"


def _shown(field: str, value: Any, say: Callable[[str], str]) -> str:
    if field == "meeting_link":
        return say("the backup link") if value else say("the usual link")
    if field == "registration_required":
        return say("needed") if value else say("not needed")
    return clean(value) or say("none")


def _session(session: Mapping[str, Any], reader: Reader) -> SessionView:
    say, app_url = words(reader.locale).gettext, reader.app_url
    return SessionView(
        title=clean(session["title"]),
        description=_paragraphs(session["description"]),
        kind=say(SESSION_TYPES.get(session["session_type"], "Session")),
        kinds=say(PLURALS.get(session["session_type"], "Sessions")),
        mentor=clean(session["mentor_name"]),
        course=clean(session["course_name"]),
        batch=clean(session["batch_name"]),
        platform=clean(session["platform_name"]),
        cancelled=session["status"] == "cancelled",
        cancel_reason=clean(session["cancel_reason"]),
        on_backup=bool(session["uses_backup_link"]),
        registration_required=bool(session["registration_required"]),
        link_note=clean(session["link_failure_note"]),
        url=f"{app_url}/sessions/{session['id']}",
        home=f"{app_url}/sessions",
    )


def _moved(
    session: Mapping[str, Any],
    changes: Mapping[str, Mapping[str, Any]],
    zone: ZoneInfo,
    locale: Locale,
) -> Change | None:
    if "start_time" not in changes and "end_time" not in changes:
        return None
    spans = []
    for which in ("old", "new"):
        start, end = (
            moment(changes[field][which] if field in changes else session[field])
            for field in ("start_time", "end_time")
        )
        spans.append(describe_span(start, end, zone, locale))
    return Change(words(locale).gettext("Time"), *(span.brief for span in spans))


def _paragraphs(value: str | None) -> tuple[str, ...]:
    return tuple(line for raw in (value or "").splitlines() if (line := one_line(raw)))
