"""The report page: what happened in the sessions of a period, as one HTML file that prints well."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
from babel.dates import format_date, format_datetime

from notifier.charts import Chart, line_chart, stacked_bars
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
    return _render(report, "report.html")[0]


def render_mail(report: str, sender_name: str, app_url: str) -> Edition:
    """The same as a mail, without drawings, which mail programs do not show.

    :raises ReportError: something is missing in it.
    """
    view = _view(report)
    text, html = _render(
        report,
        "mail.txt",
        "mail.html",
        greeting=GAP,
        heading=f"{view.title}: {view.days}",
        language="en",
        direction="ltr",
        sender=sender_name or view.title,
        home=f"{app_url}/sessions",
    )
    return Edition(
        subject=f"{view.title}, {view.days}: attendance {view.tiles[0].value}",
        text=tuple(f"{text.strip()}\n".split(GAP)),
        html=tuple(f"{html.strip()}\n".split(GAP)),
    )


def _render(report: str, *templates: str, **context: str) -> list[str]:
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
    # The report is English; the frame that it shares with other mails asks for words.
    pages.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
    view = _view(report)
    try:
        return [pages.get_template(name).render(report=view, **context) for name in templates]
    except jinja2.TemplateError as error:
        raise ReportError(f"cannot show the report: {type(error).__name__}: {error}") from error


def _view(report: str) -> ReportView:
    try:
        return view_report(json.loads(report))
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise ReportError(f"cannot show the report: {type(error).__name__}: {error}") from error


def view_report(report: Mapping[str, Any]) -> ReportView:
    """The figures as the page shows them.

    :raises KeyError, TypeError, ValueError: something is missing or malformed.
    """
    first, last = date.fromisoformat(report["from_date"]), date.fromisoformat(report["to_date"])
    total, periods = report["total"], report["periods"]
    labels = [_day(period["period_start"]) for period in periods]
    made = datetime.fromisoformat(report["made_at"]).astimezone(ZoneInfo(report["timezone"]))
    return ReportView(
        title="Live sessions",
        days=f"{_full_day(first)} \N{EN DASH} {_full_day(last)}",
        timezone=report["timezone"],
        made=format_datetime(made, "d MMMM y, HH:mm", locale="en"),
        is_empty=total["sessions"] + total["cancelled_sessions"] == 0,
        tiles=_tiles(total),
        grain={"day": "Day", "week": "Week of", "month": "Month of"}[report["grain"]],
        rate=line_chart(labels, [period["attendance_rate"] for period in periods]),
        counts=stacked_bars(
            labels,
            [(key, name, [period[key] for period in periods]) for key, name in STATUSES],
        ),
        stays=_stays(report["stays"]),
        periods=tuple(
            Line(_full_day(date.fromisoformat(period["period_start"])), _attendance_cells(period))
            for period in periods
            if period["sessions"] + period["cancelled_sessions"]
        ),
        rates=tuple(
            _share(_full_day(date.fromisoformat(period["period_start"])), period)
            for period in periods
            if period["sessions"]
        ),
        kinds=tuple(
            Line(SESSION_TYPES[kind["session_type"]], _attendance_cells(kind))
            for kind in report["kinds"]
        ),
        courses=tuple(_share(clean(course["name"]), course) for course in report["courses"]),
        mentors=tuple(_mentor(mentor) for mentor in report["mentors"]),
    )


def _tiles(total: Mapping[str, Any]) -> tuple[Tile, ...]:
    change = total["attendance_rate_change"]
    return (
        Tile(
            "Attendance",
            _percent(total["attendance_rate"]),
            "nothing to compare with"
            if change is None
            else f"{100 * change:+.1f} points from the period before",
            "" if not change else "up" if change > 0 else "down",
        ),
        Tile(
            "Sessions",
            f"{total['sessions']:,}",
            f"{total['cancelled_sessions']:,} cancelled",
            "",
        ),
        Tile(
            "Time in the session",
            NOTHING if total["mean_minutes"] is None else f"{total['mean_minutes']:g} min",
            "of nobody is it known"
            if total["minutes_p50"] is None
            else f"half of all stayed up to {total['minutes_p50']:,} min",
            "",
        ),
        Tile(
            "No-shows",
            _percent(total["no_show_rate"]),
            f"{total['no_shows']:,} of those who had registered",
            "",
        ),
        Tile(
            "Seats taken",
            _percent(total["fill_rate"]),
            f"{total['registered']:,} of {total['seats']:,}",
            "",
        ),
        Tile(
            "Rating",
            NOTHING if total["mean_rating"] is None else f"{total['mean_rating']:.1f} of 5",
            _counted(total["ratings"], "rating"),
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


def _attendance_cells(figures: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        f"{figures['sessions']:,}",
        f"{figures['cancelled_sessions']:,}",
        *(f"{figures[key]:,}" for key, _ in STATUSES),
        _percent(figures["attendance_rate"]),
        NOTHING if figures["mean_minutes"] is None else f"{figures['mean_minutes']:.0f}",
    )


def _share(name: str, figures: Mapping[str, Any]) -> Share:
    return Share(
        name,
        _percent(figures["attendance_rate"]),
        round(100 * (figures["attendance_rate"] or 0), 1),
        f"{figures['attended']:,} of {figures['expected']:,}"
        f" in {_counted(figures['sessions'], 'session')}",
    )


def _mentor(mentor: Mapping[str, Any]) -> Line:
    return Line(
        clean(mentor["mentor_name"]) or "(no name)",
        (
            f"{mentor['sessions']:,}",
            f"{mentor['cancelled_sessions']:,}",
            _percent(mentor["attendance_rate"]),
            _percent(mentor["punctuality_rate"]),
            f"{mentor['handed_over']:,}",
            f"{mentor['taken_over']:,}",
            _percent(mentor["fill_rate"]),
            NOTHING if mentor["mean_rating"] is None else f"{mentor['mean_rating']:.1f}",
        ),
    )


def _percent(share: float | None) -> str:
    return NOTHING if share is None else f"{share:.0%}"


def _counted(count: int, thing: str) -> str:
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def _day(day: str) -> str:
    return str(format_date(date.fromisoformat(day), "d MMM", locale="en"))


def _full_day(day: date) -> str:
    return str(format_date(day, "EEE, d MMM y", locale="en"))
