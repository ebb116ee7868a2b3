"""The report page: what happened in the sessions of a period, as one HTML file that prints well."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal, format_percent

from notifier.charts import Chart, line_chart, stacked_bars
from notifier.language import DEFAULT_LOCALE, resolve_locale, words
from notifier.outbox import Outbox
from notifier.render import GAP, Edition
from notifier.views import SESSION_TYPES, clean

STATUSES = (
    ("present", "present"),
    ("late", "late"),
    ("partial", "partial"),
    ("absent", "absent"),
    ("excused", "excused"),
)
NOTHING = "\N{EN DASH}"
"""What stands where there is no figure."""


class ReportError(Exception):
    """The database's answer is not the report that this version reads."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure in large: what it is, how much, and how it compares with the period before."""

    name: str
    value: str
    note: str
    direction: str


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table: its name and its cells, all as they are to be read."""

    name: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """A lying bar: a name, a share from 0 to 1 and the counts behind it."""

    name: str
    percent: str
    width: float
    counts: str


@dataclass(frozen=True, slots=True)
class ReportView:
    """Everything that the page shows."""

    title: str
    days: str
    timezone: str
    made: str
    is_empty: bool
    tiles: tuple[Tile, ...]
    grain: str
    rate: Chart
    counts: Chart
    stays: Chart
    periods: tuple[Line, ...]
    rates: tuple[Share, ...]
    kinds: tuple[Line, ...]
    courses: tuple[Share, ...]
    mentors: tuple[Line, ...]


async def make_report(outbox: Outbox, first: date, last: date, timezone: str) -> str:
    """The page for the days from ``first`` to ``last`` of an IANA zone.

    :raises OutboxError: the database cannot be reached or refuses the days or the zone.
    :raises ReportError: it answers something else than a report.
    """
    return render_report(await outbox.report(first, last, timezone))


def render_report(report: str) -> str:
    """The page for what :meth:`Outbox.report` returned.

    :raises ReportError: something is missing in it.
    """
    return _render(_view(report, DEFAULT_LOCALE), DEFAULT_LOCALE, "report.html")[0]


def render_mail(
    report: str, sender_name: str, app_url: str, locale_name: str | None = None
) -> Edition:
    """The same as a mail in the language of a locale, without drawings, which mail programs do not
    show.

    :raises ReportError: something is missing in it.
    """
    locale = resolve_locale(locale_name)
    view = _view(report, locale)
    text, html = _render(
        view,
        locale,
        "mail.txt",
        "mail.html",
        greeting=GAP,
        heading=f"{view.title}: {view.days}",
        language=str(locale).replace("_", "-"),
        direction=locale.text_direction,
        sender=sender_name or view.title,
        home=f"{app_url}/sessions",
    )
    return Edition(
        subject=words(locale).gettext("%(title)s, %(days)s: attendance %(share)s")
        % {"title": view.title, "days": view.days, "share": view.tiles[0].value},
        text=tuple(f"{text.strip()}\n".split(GAP)),
        html=tuple(f"{html.strip()}\n".split(GAP)),
    )


def _render(view: ReportView, locale: Locale, *templates: str, **context: str) -> list[str]:
    pages = jinja2.Environment(
        loader=jinja2.ChoiceLoader(
            [jinja2.PackageLoader("notifier", folder) for folder in ("pages", "templates")]
        ),
        undefined=jinja2.StrictUndefined,
        autoescape=jinja2.select_autoescape(enabled_extensions=("html",), default=False),
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    speech = words(locale)
    pages.install_gettext_callables(  # type: ignore[attr-defined]
        speech.gettext, speech.ngettext, newstyle=True
    )
    try:
        return [pages.get_template(name).render(report=view, **context) for name in templates]
    except jinja2.TemplateError as error:
        raise ReportError(f"cannot show the report: {type(error).__name__}: {error}") from error


def _view(report: str, locale: Locale) -> ReportView:
    try:
        return view_report(json.loads(report), locale)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise ReportError(f"cannot show the report: {type(error).__name__}: {error}") from error


def view_report(report: Mapping[str, Any], locale: Locale) -> ReportView:
    """The figures as the page shows them, which is English, or a mail in a language.

    :raises KeyError, TypeError, ValueError: something is missing or malformed.
    """
    first, last = date.fromisoformat(report["from_date"]), date.fromisoformat(report["to_date"])
    total, periods = report["total"], report["periods"]
    say = words(locale).gettext
    labels = [_day(period["period_start"]) for period in periods]
    made = datetime.fromisoformat(report["made_at"]).astimezone(ZoneInfo(report["timezone"]))
    return ReportView(
        title=say("Live sessions"),
        days=f"{_full_day(first, locale)} \N{EN DASH} {_full_day(last, locale)}",
        timezone=report["timezone"],
        made=format_datetime(made, "d MMMM y, HH:mm", locale="en"),
        is_empty=total["sessions"] + total["cancelled_sessions"] == 0,
        tiles=_tiles(total, locale),
        grain={"day": "Day", "week": "Week of", "month": "Month of"}[report["grain"]],
        rate=line_chart(labels, [period["attendance_rate"] for period in periods]),
        counts=stacked_bars(
            labels,
            [(key, name, [period[key] for period in periods]) for key, name in STATUSES],
        ),
        stays=_stays(report["stays"]),
        periods=tuple(
            Line(
                _full_day(date.fromisoformat(period["period_start"]), locale),
                _attendance_cells(period, locale),
            )
            for period in periods
            if period["sessions"] + period["cancelled_sessions"]
        ),
        rates=tuple(
            _share(_full_day(date.fromisoformat(period["period_start"]), locale), period, locale)
            for period in periods
            if period["sessions"]
        ),
        kinds=tuple(
            Line(_type_name(kind["session_type"]), _attendance_cells(kind, locale))
            for kind in report["kinds"]
        ),
        courses=tuple(
            _share(clean(course["name"]), course, locale) for course in report["courses"]
        ),
        mentors=tuple(_mentor(mentor, locale) for mentor in report["mentors"]),
    )


def _type_name(session_type: str) -> str:
    """A type that came into the database after this notifier was made goes by its own name."""
    return SESSION_TYPES.get(session_type, clean(session_type))


def _tiles(total: Mapping[str, Any], locale: Locale) -> tuple[Tile, ...]:
    speech = words(locale)
    say = speech.gettext
    change, cancelled, ratings = (
        total[key] for key in ("attendance_rate_change", "cancelled_sessions", "ratings")
    )
    return (
        Tile(
            say("Attendance"),
            _percent(total["attendance_rate"], locale),
            say("nothing to compare with")
            if change is None
            else say("%(points)s points from the period before")
            % {"points": format_decimal(100 * change, "+0.0;-0.0", locale)},
            "" if not change else "up" if change > 0 else "down",
        ),
        Tile(
            say("Sessions"),
            _number(total["sessions"], locale),
            speech.ngettext("%(number)s cancelled", "%(number)s cancelled", cancelled)
            % {"number": _number(cancelled, locale)},
            "",
        ),
        Tile(
            say("Time in the session"),
            NOTHING
            if total["mean_minutes"] is None
            else say("%(minutes)s min") % {"minutes": _number(total["mean_minutes"], locale)},
            say("of nobody is it known")
            if total["minutes_p50"] is None
            else say("half of all stayed up to %(minutes)s min")
            % {"minutes": _number(total["minutes_p50"], locale)},
            "",
        ),
        Tile(
            say("No-shows"),
            _percent(total["no_show_rate"], locale),
            say("%(number)s of those who had registered")
            % {"number": _number(total["no_shows"], locale)},
            "",
        ),
        Tile(
            say("Seats taken"),
            _percent(total["fill_rate"], locale),
            say("%(taken)s of %(seats)s")
            % {
                "taken": _number(total["registered"], locale),
                "seats": _number(total["seats"], locale),
            },
            "",
        ),
        Tile(
            say("Rating"),
            NOTHING
            if total["mean_rating"] is None
            else say("%(rating)s of 5")
            % {"rating": format_decimal(total["mean_rating"], "0.0", locale)},
            speech.ngettext("%(number)s rating", "%(number)s ratings", ratings)
            % {"number": _number(ratings, locale)},
            "",
        ),
    )


def _stays(stays: Sequence[Mapping[str, Any]]) -> Chart:
    """Up to the longest that anybody stayed."""
    longest = max((number for number, stay in enumerate(stays) if stay["students"]), default=-1)
    shown = stays[: longest + 1]
    return stacked_bars(
        [f"{stay['minutes']:,}" for stay in shown],
        [("stay", "students stayed so many minutes", [stay["students"] for stay in shown])],
    )


def _attendance_cells(figures: Mapping[str, Any], locale: Locale) -> tuple[str, ...]:
    return (
        _number(figures["sessions"], locale),
        _number(figures["cancelled_sessions"], locale),
        *(_number(figures[key], locale) for key, _ in STATUSES),
        _percent(figures["attendance_rate"], locale),
        NOTHING
        if figures["mean_minutes"] is None
        else format_decimal(figures["mean_minutes"], "0", locale),
    )


def _share(name: str, figures: Mapping[str, Any], locale: Locale) -> Share:
    speech, sessions = words(locale), figures["sessions"]
    counted = speech.ngettext("%(number)s session", "%(number)s sessions", sessions)
    return Share(
        name,
        _percent(figures["attendance_rate"], locale),
        round(100 * (figures["attendance_rate"] or 0), 1),
        speech.gettext("%(attended)s of %(expected)s in %(sessions)s")
        % {
            "attended": _number(figures["attended"], locale),
            "expected": _number(figures["expected"], locale),
            "sessions": counted % {"number": _number(sessions, locale)},
        },
    )


def _mentor(mentor: Mapping[str, Any], locale: Locale) -> Line:
    return Line(
        clean(mentor["mentor_name"]) or words(locale).gettext("(no name)"),
        (
            _number(mentor["sessions"], locale),
            _number(mentor["cancelled_sessions"], locale),
            _percent(mentor["attendance_rate"], locale),
            _percent(mentor["punctuality_rate"], locale),
            _number(mentor["handed_over"], locale),
            _number(mentor["taken_over"], locale),
            _percent(mentor["fill_rate"], locale),
            NOTHING
            if mentor["mean_rating"] is None
            else format_decimal(mentor["mean_rating"], "0.0", locale),
        ),
    )


def _number(number: float, locale: Locale) -> str:
    return str(format_decimal(number, locale=locale))


def _percent(share: float | None, locale: Locale) -> str:
    return NOTHING if share is None else str(format_percent(share, locale=locale))


def _day(day: str) -> str:
    return str(format_date(date.fromisoformat(day), "d MMM", locale="en"))


def _full_day(day: date, locale: Locale) -> str:
    return str(format_date(day, "EEE, d MMM y", locale=locale))
