"""From a claimed mail's data to subject, text and HTML.

One rendering serves all recipients that share kind, role, language, zone and data. What differs per
person, the greeting, is left as a gap (:data:`GAP`), which :class:`Edition` fills.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from importlib.resources import files
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import jinja2
from babel import Locale

from notifier.address import one_line
from notifier.when import Span, clock, describe_span, resolve_locale, resolve_zone, same_clock

GAP = "\0"
"""Where the greeting goes. Postgres stores no NUL, so no data can contain it."""

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
}
STATUS_LABELS = {
    "present": "Present",
    "late": "Late",
    "partial": "Partial",
    "absent": "Absent",
    "excused": "Excused",
}


class RenderError(Exception):
    """This mail cannot be rendered, now or later: a template or its data is broken."""


@dataclass(frozen=True, slots=True)
class Edition:
    """A rendered mail but for its greeting; ``text`` and ``html`` are the parts around that."""

    subject: str
    text: tuple[str, ...]
    html: tuple[str, ...]

    def text_for(self, greeting: str) -> str:
        """The plain-text body with LF line ends."""
        return greeting.join(self.text)

    def html_for(self, greeting: str) -> str:
        """The HTML body with LF line ends; the greeting is escaped here."""
        return escape(greeting).join(self.html)


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
    mentor: str
    course: str
    batch: str
    platform: str
    cancelled: bool
    cancel_reason: str
    url: str
    home: str


@dataclass(frozen=True, slots=True)
class Attendee:
    """One line of the attendance roster."""

    name: str
    status: str
    minutes: int
    joined: str


@dataclass(frozen=True, slots=True)
class SummaryView:
    """Attendance after a session: counts by status and the roster."""

    invited: int
    attended: int
    counts: tuple[tuple[str, int], ...]
    roster: tuple[Attendee, ...]


def greeting_for(full_name: str | None) -> str:
    """The line that opens a mail; people without a name are greeted all the same."""
    name = one_line(full_name or "")[:100]
    return f"Hi {name}," if name else "Hello,"


class Renderer:
    """Renders the kinds that have a folder in ``templates/``."""

    def __init__(self, app_url: str, sender_name: str) -> None:
        """``app_url`` without a trailing slash; ``sender_name`` signs the mails."""
        self._app_url = app_url
        self._kinds = known_kinds()
        self._sender_name = sender_name or "Live Sessions"
        self._templates = jinja2.Environment(
            loader=jinja2.PackageLoader("notifier", "templates"),
            undefined=jinja2.StrictUndefined,
            autoescape=jinja2.select_autoescape(enabled_extensions=("html",), default=False),
            finalize=_refuse_none,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )

    def render(
        self,
        kind: str,
        *,
        role: str,
        locale: str | None,
        timezone: str | None,
        session: str,
        changes: str | None = None,
        summary: str | None = None,
    ) -> Edition:
        """Render one edition; ``session``, ``changes`` and ``summary`` are JSON texts.

        :raises RenderError: unknown kind, broken template, missing data.
        """
        if kind not in self._kinds:
            raise RenderError(f"no template for kind {one_line(kind)!r}")
        try:
            context = self._context(
                role,
                resolve_locale(locale),
                timezone,
                json.loads(session),
                json.loads(changes) if changes else {},
                json.loads(summary) if summary else None,
            )
            subject, text, html = (
                self._templates.get_template(f"{kind}/{part}").render(context)
                for part in ("subject.txt", "body.txt", "body.html")
            )
        except (jinja2.TemplateError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise RenderError(f"cannot render {kind}: {type(error).__name__}: {error}") from error
        return Edition(
            subject=one_line(subject),
            text=tuple(f"{text.strip()}\n".split(GAP)),
            html=tuple(f"{html.strip()}\n".split(GAP)),
        )

    def _context(
        self,
        role: str,
        locale: Locale,
        timezone: str | None,
        session: Mapping[str, Any],
        changes: Mapping[str, Mapping[str, Any]],
        summary: Mapping[str, Any] | None,
    ) -> dict[str, object]:
        zone = resolve_zone(timezone, session["timezone"])
        session_zone = resolve_zone(session["timezone"])
        start, end = _moment(session["start_time"]), _moment(session["end_time"])
        elsewhere = (
            None
            if same_clock(start, end, zone, session_zone)
            else describe_span(start, end, session_zone, locale)
        )
        return {
            "greeting": GAP,
            "sender": self._sender_name,
            "language": str(locale).replace("_", "-"),
            "role": role,
            "session": self._session_view(session),
            "when": describe_span(start, end, zone, locale),
            "elsewhere": elsewhere,
            "changes": _changes(session, changes, zone, locale),
            "description_changed": "description" in changes,
            "meeting_details_changed": "meeting_details" in changes,
            "summary": None if summary is None else _summary(summary, zone, locale),
        }

    def _session_view(self, session: Mapping[str, Any]) -> SessionView:
        return SessionView(
            title=_clean(session["title"]),
            description=_paragraphs(session["description"]),
            kind=SESSION_TYPES.get(session["session_type"], "Session"),
            mentor=_clean(session["mentor_name"]),
            course=_clean(session["course_name"]),
            batch=_clean(session["batch_name"]),
            platform=_clean(session["platform_name"]),
            cancelled=session["status"] == "cancelled",
            cancel_reason=_clean(session["cancel_reason"]),
            url=f"{self._app_url}/sessions/{quote(str(session['id']), safe='')}",
            home=f"{self._app_url}/sessions",
        )


def known_kinds() -> tuple[str, ...]:
    """The kinds that can be rendered, in alphabetical order."""
    folder = files("notifier") / "templates"
    return tuple(sorted(entry.name for entry in folder.iterdir() if entry.is_dir()))


def _changes(
    session: Mapping[str, Any],
    changes: Mapping[str, Mapping[str, Any]],
    zone: ZoneInfo,
    locale: Locale,
) -> tuple[Change, ...]:
    found: list[Change] = []
    if "start_time" in changes or "end_time" in changes:
        before, after = (
            _span(session, changes, which, zone, locale).brief for which in ("old", "new")
        )
        found.append(Change("Time", before, after))
    found.extend(
        Change(label, *(_clean(changes[field][which]) or "none" for which in ("old", "new")))
        for field, label in FIELD_LABELS.items()
        if field in changes
    )
    return tuple(found)


def _span(
    session: Mapping[str, Any],
    changes: Mapping[str, Mapping[str, Any]],
    which: str,
    zone: ZoneInfo,
    locale: Locale,
) -> Span:
    start, end = (
        _moment(changes[field][which] if field in changes else session[field])
        for field in ("start_time", "end_time")
    )
    return describe_span(start, end, zone, locale)


def _summary(summary: Mapping[str, Any], zone: ZoneInfo, locale: Locale) -> SummaryView:
    counts = tuple((label, int(summary[status])) for status, label in STATUS_LABELS.items())
    return SummaryView(
        invited=int(summary["invited"]),
        attended=sum(int(summary[status]) for status in ("present", "late", "partial")),
        counts=counts,
        roster=tuple(
            Attendee(
                name=_clean(student["full_name"]) or "(no name)",
                status=STATUS_LABELS.get(student["status"], "Not marked"),
                minutes=int(student["minutes_present"] or 0),
                joined=_joined(student["joined_at"], zone, locale),
            )
            for student in summary["students"]
        ),
    )


def _joined(value: str | None, zone: ZoneInfo, locale: Locale) -> str:
    if value is None:
        return ""
    moment = _moment(value)
    return clock(moment.astimezone(zone), locale)


def _moment(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("a time without an offset")
    return moment


def _clean(value: str | None) -> str:
    return one_line(value or "")


def _paragraphs(value: str | None) -> tuple[str, ...]:
    return tuple(line for raw in (value or "").splitlines() if (line := one_line(raw)))


def _refuse_none(value: object) -> object:
    """Jinja would print "None" into somebody's mail."""
    if value is None:
        raise ValueError("a template prints a value that is missing")
    return value
