"""From a claimed mail's data to subject, text and HTML.

One rendering serves all recipients that share kind, role, language, zone and data. What differs per
person, the greeting and the link that unsubscribes, is left as a gap (:data:`GAP`), which
:class:`Edition` fills.
"""

import functools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from html import escape
from importlib.resources import files
from itertools import chain, zip_longest
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
from babel import Locale

from notifier.address import one_line
from notifier.bundle import make_bundle
from notifier.language import catalog_of, languages, resolve_locale, words
from notifier.views import Reader, clean, moment, view_part
from notifier.when import clock

GAP = "\0"
"""Where the greeting goes, and further down the link. Postgres stores no NUL: it is in no data."""

SERIES_KINDS = frozenset(
    {
        "daily_digest",
        "enrollment_schedule",
        "series_scheduled",
        "series_updated",
        "series_cancelled",
        "weekly_summary",
    }
)
"""Kinds that are about several sessions; other kinds may be, and have templates for both."""

_EMPTY_LINES = re.compile(r"\n{3,}")

STATUS_LABELS = {
    "present": "Present",
    "late": "Late",
    "partial": "Partial",
    "absent": "Absent",
    "excused": "Excused",
}


class RenderError(Exception):
    """This mail cannot be rendered, now or later: a template or its data is broken."""


class WayOut(Enum):
    """What a mail says of not getting its like any more."""

    NONE = "none"
    """It cannot be switched off."""
    SETTINGS = "settings"
    """The recipient's settings do it."""
    LINK = "link"
    """A link does it, too."""


@dataclass(frozen=True, slots=True)
class Edition:
    """A rendered mail but for what is a person's own; ``text`` and ``html`` are the parts around:
    before the greeting, after it, and where there is a link that unsubscribes, after that.
    """

    subject: str
    text: tuple[str, ...]
    html: tuple[str, ...]

    def text_for(self, greeting: str, link: str = "") -> str:
        """The plain-text body with LF line ends."""
        return _filled(self.text, (greeting, link))

    def html_for(self, greeting: str, link: str = "") -> str:
        """The HTML body with LF line ends; what is filled in is escaped here."""
        return _filled(self.html, (escape(greeting), escape(link)))


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


@dataclass(frozen=True, slots=True)
class Rate:
    """How much of a course somebody attended."""

    name: str
    attended: int
    sessions: int
    percent: int


@dataclass(frozen=True, slots=True)
class WarningView:
    """Low attendance: the student's own, or to the mentor that of the students."""

    own: Rate
    students: tuple[Rate, ...]


def greeting_for(full_name: str | None, locale: str | None = None) -> str:
    """The line that opens a mail; people without a name are greeted all the same."""
    name = one_line(full_name or "")[:100]
    say = words(resolve_locale(locale)).gettext
    return say("Hi %(name)s,") % {"name": name} if name else say("Hello,")


class Renderer:
    """Renders the kinds that have a folder in ``templates/``."""

    def __init__(self, app_url: str, sender_name: str) -> None:
        """``app_url`` without a trailing slash; ``sender_name`` signs the mails."""
        self._app_url = app_url
        self._kinds = known_kinds()
        self._sender_name = sender_name or "Live Sessions"
        self._templates = {name: _environment(name) for name in languages()}

    def render(
        self,
        kind: str,
        *,
        role: str,
        locale: str | None,
        timezone: str | None,
        parts: str,
        summary: str | None = None,
        way_out: WayOut = WayOut.NONE,
    ) -> Edition:
        """Render one edition; ``parts`` and ``summary`` are JSON texts, as the claim has them.

        :raises RenderError: unknown kind, broken template, missing data.
        """
        if kind not in self._kinds:
            raise RenderError(f"no template for kind {one_line(kind)!r}")
        reader = Reader(role, resolve_locale(locale), timezone, self._app_url)
        templates = self._templates[catalog_of(reader.locale)]
        try:
            context = self._context(
                kind, reader, json.loads(parts), json.loads(summary) if summary else None
            ) | {"way_out": way_out.value, "unsubscribe": GAP}
            subject, text, html = (
                templates.get_template(f"{kind}/{part}").render(context)
                for part in ("subject.txt", "body.txt", "body.html")
            )
        except (jinja2.TemplateError, LookupError, TypeError, ValueError, AttributeError) as error:
            raise RenderError(f"cannot render {kind}: {type(error).__name__}: {error}") from error
        return Edition(
            subject=one_line(subject),
            text=_pieces(_EMPTY_LINES.sub("\n\n", text)),
            html=_pieces(html),
        )

    def _context(
        self,
        kind: str,
        reader: Reader,
        parts: Sequence[Mapping[str, Any]],
        summary: Mapping[str, Any] | None,
    ) -> dict[str, object]:
        """What one session's templates need, and the bundle where the mail is about several."""
        views = [view_part(part, reader) for part in parts]
        first = views[0]
        bundle = (
            make_bundle(kind, views, reader) if len(views) > 1 or kind in SERIES_KINDS else None
        )
        return {
            "greeting": GAP,
            "sender": self._sender_name,
            "language": str(reader.locale).replace("_", "-"),
            "direction": reader.locale.text_direction,
            "role": reader.role,
            "bundle": bundle,
            "heading": first.session.title if bundle is None else bundle.name or bundle.counted,
            "zone": first.when.zone if bundle is None else bundle.zone,
            "session": first.session,
            "when": first.when,
            "elsewhere": first.elsewhere,
            "after_all": first.after_all,
            "changes": first.all_changes,
            "description_news": first.description_news,
            "meeting_details_changed": first.meeting_details_changed,
            "summary": (
                _summary(summary, first.zone, reader.locale)
                if summary is not None and kind == "attendance_summary"
                else None
            ),
            "warning": (
                _warning(summary, reader.locale)
                if summary is not None and kind == "attendance_warning"
                else None
            ),
        }


@functools.cache
def _environment(language: str) -> jinja2.Environment:
    """The templates in a language; one for all renderers, because compiling them takes its time."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("notifier", "templates"),
        undefined=jinja2.StrictUndefined,
        autoescape=jinja2.select_autoescape(enabled_extensions=("html",), default=False),
        finalize=_refuse_none,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    speech = words(Locale.parse(language))
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        speech.gettext, speech.ngettext, newstyle=True
    )
    return environment


def known_kinds() -> tuple[str, ...]:
    """The kinds that can be rendered, in alphabetical order."""
    folder = files("notifier") / "templates"
    return tuple(sorted(entry.name for entry in folder.iterdir() if entry.is_dir()))


def _summary(summary: Mapping[str, Any], zone: ZoneInfo, locale: Locale) -> SummaryView:
    say = words(locale).gettext
    counts = tuple((say(label), int(summary[status])) for status, label in STATUS_LABELS.items())
    return SummaryView(
        invited=int(summary["invited"]),
        attended=sum(int(summary[status]) for status in ("present", "late", "partial")),
        counts=counts,
        roster=tuple(
            Attendee(
                name=clean(student["full_name"]) or say("(no name)"),
                status=say(STATUS_LABELS.get(student["status"], "Not marked")),
                minutes=int(student["minutes_present"] or 0),
                joined=_joined(student["joined_at"], zone, locale),
            )
            for student in summary["students"]
        ),
    )


def _warning(summary: Mapping[str, Any], locale: Locale) -> WarningView:
    nameless = words(locale).gettext("(no name)")
    return WarningView(
        own=_rate(summary, ""),
        students=tuple(
            _rate(student, clean(student["full_name"]) or nameless)
            for student in summary["students"]
        ),
    )


def _rate(figures: Mapping[str, Any], name: str) -> Rate:
    return Rate(name, int(figures["attended"]), int(figures["sessions"]), int(figures["percent"]))


def _joined(value: str | None, zone: ZoneInfo, locale: Locale) -> str:
    if value is None:
        return ""
    return clock(moment(value).astimezone(zone), locale)


def _filled(pieces: tuple[str, ...], gaps: tuple[str, str]) -> str:
    return "".join(chain(*zip_longest(pieces, gaps[: len(pieces) - 1], fillvalue="")))


def _pieces(body: str) -> tuple[str, ...]:
    return tuple(f"{body.strip()}\n".split(GAP))


def _refuse_none(value: object) -> object:
    """Jinja would print "None" into somebody's mail."""
    if value is None:
        raise ValueError("a template prints a value that is missing")
    return value
