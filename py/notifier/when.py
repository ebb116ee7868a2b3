"""Times as people read them: in the recipient's zone and language, the zone always named."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import (
    format_date,
    format_skeleton,
    format_time,
    get_timezone_location,
    get_timezone_name,
)

from notifier.language import words

UTC = ZoneInfo("UTC")
DASH = "\N{EN DASH}"


@dataclass(frozen=True, slots=True)
class Span:
    """One session's time in one zone, ready to print.

    ``line`` is the whole; ``brief`` has the zone abbreviated; ``clock`` is that without the
    date; ``short`` fits a subject line; ``zone`` names the zone in words, by its IANA name and by
    its offset at the start.
    """

    line: str
    brief: str
    short: str
    date: str
    hours: str
    clock: str
    weekday: str
    zone: str


def resolve_zone(*names: str | None) -> ZoneInfo:
    """The first of ``names`` that is an IANA zone here, else UTC."""
    for name in filter(None, names):
        # ZoneInfoNotFoundError is a KeyError; odd names raise ValueError, folder names OSError.
        with suppress(KeyError, ValueError, OSError):
            return ZoneInfo(name)
    return UTC


def same_clock(start: datetime, end: datetime, one: ZoneInfo, other: ZoneInfo) -> bool:
    """Whether clocks in both zones show the same at ``start`` and at ``end``."""
    return all(
        moment.astimezone(one).utcoffset() == moment.astimezone(other).utcoffset()
        for moment in (start, end)
    )


@lru_cache
def describe_span(start: datetime, end: datetime, zone: ZoneInfo, locale: Locale) -> Span:
    """``start`` to ``end`` (aware datetimes) on the clocks of ``zone``."""
    local_start, local_end = start.astimezone(zone), end.astimezone(zone)
    date = format_date(local_start, "full", locale=locale)
    clock_start = clock(local_start, locale)
    clock_end = clock(local_end, locale)
    zone_start, zone_end = _zone_name(local_start, locale), _zone_name(local_end, locale)
    if local_end.date() != local_start.date():
        clock_end = words(locale).gettext("%(time)s on %(date)s") % {
            "time": clock_end,
            "date": format_date(local_end, "full", locale=locale),
        }
    if local_end.utcoffset() != local_start.utcoffset():
        # The clocks change during the session: without this the two times would not add up.
        clock_end = f"{clock_end} ({_offset(local_end) if zone_end == zone_start else zone_end})"
    hours = f"{clock_start} {DASH} {clock_end}"
    zone_label = f"{zone_start} ({zone.key}, {_offset(local_start)})"
    short_clock = f"{hours} {_short_zone(local_start)}"
    day = format_skeleton("MMMEd", local_start, locale=locale)
    return Span(
        line=f"{date}, {hours}, {zone_label}",
        brief=f"{date}, {short_clock}",
        short=f"{day}, {clock_start} {_short_zone(local_start)}",
        date=date,
        hours=hours,
        clock=short_clock,
        weekday=format_date(local_start, "EEEE", locale=locale),
        zone=zone_label,
    )


def describe_zone(moments: Sequence[datetime], zone: ZoneInfo, locale: Locale) -> str:
    """The zone in words, by its IANA name and by each offset it has at one of ``moments``."""
    local = [moment.astimezone(zone) for moment in moments]
    offsets = list(dict.fromkeys(map(_offset, local)))
    if len(offsets) == 1:
        return f"{_zone_name(local[0], locale)} ({zone.key}, {offsets[0]})"
    name = _plain_spaces(get_timezone_name(zone, "long", locale=locale))
    return f"{name} ({zone.key}, {words(locale).gettext(' and ').join(offsets)})"


def clock(moment: datetime, locale: Locale) -> str:
    """The time of day that ``moment`` shows in its own zone."""
    return _plain_spaces(format_time(moment, "short", locale=locale))


def _zone_name(moment: datetime, locale: Locale) -> str:
    """The zone in words, by its place where CLDR has no name for it ("India Time")."""
    name = get_timezone_name(moment, "long", locale=locale, zone_variant=_season(moment))
    if any(character.isdigit() for character in name):
        place = get_timezone_location(moment, locale=locale)
        name = name if any(character.isdigit() for character in place) else place
    return _plain_spaces(name)


def _season(moment: datetime) -> Literal["standard", "daylight"] | None:
    """Which of a zone's names CLDR has for ``moment``, where the zone data would mislead: Irish law
    has its winter time as the one that saves, CLDR its summer time as everywhere.
    """
    saving, half_a_year_on = moment.dst(), (moment + timedelta(days=182)).dst()
    if saving and saving < timedelta():
        return "standard"
    return "daylight" if half_a_year_on and half_a_year_on < timedelta() else None


def _short_zone(moment: datetime) -> str:
    """The abbreviation in local use (CET, IST), or the offset where there is none."""
    abbreviation = moment.tzname() or ""
    return abbreviation if abbreviation.isalpha() else _offset(moment)


def _plain_spaces(text: str) -> str:
    """CLDR puts narrow no-break spaces before "PM"; many mail programs show a box for them."""
    return text.replace("\u202f", " ").replace("\xa0", " ")


def _offset(moment: datetime) -> str:
    offset = moment.utcoffset() or timedelta()
    minutes = round(offset.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "") if minutes else "UTC"
