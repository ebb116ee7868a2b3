"""What a recurrence rule means, worked out by dateutil and zoneinfo; and random rules to ask about.

Two readings are not dateutil's. BYDAY=MO,1FR means every Monday and the first Friday (RFC 5545,
3.3.10), where dateutil looks for days that are both. An UNTIL that is a date means all of that day,
where dateutil takes its midnight.
"""

from __future__ import annotations

import calendar
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

ZONES = (
    "UTC",
    "America/New_York",
    "America/Havana",  # changes at midnight
    "America/St_Johns",
    "Asia/Kolkata",  # never changes
    "Asia/Kathmandu",
    "Atlantic/Azores",
    "Australia/Lord_Howe",  # changes by half an hour
    "Europe/Berlin",
    "Europe/Dublin",  # its winter time is the one said to be saving
    "Pacific/Auckland",
)

TIMES_OF_DAY = tuple(
    time.fromisoformat(text)
    for text in (
        "00:00", "00:30", "01:00", "01:30", "01:45", "02:00", "02:15", "02:30", "03:00",
        "09:00", "12:34:56", "18:00", "23:30", "23:59:59",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Draw:
    """A rule and where it starts.

    Attributes:
        rule: The RRULE.
        start: The instant it starts.
        zone: The IANA zone that its wall-clock time is meant in.
    """

    rule: str
    start: datetime
    zone: str

    def dates(self) -> Iterator[datetime]:
        """The instants at which there is a date, in order, as far as dateutil goes.

        A local time that is skipped or repeated is taken as `fold=0` does: with the offset before
        the gap, and as the first (RFC 5545, 3.3.5).
        """
        zone = ZoneInfo(self.zone)
        parts = dict(part.split("=") for part in self.rule.split(";"))
        until = parts.pop("UNTIL", None)
        if "BYDAY" in parts:
            parts["BYDAY"] = _numbered(parts["BYDAY"], _highest_number(parts))
        rule = ";".join(f"{name}={value}" for name, value in parts.items())
        first = self.start.astimezone(zone).replace(tzinfo=None, fold=0)
        for local in rrulestr(rule, dtstart=first):
            instant = local.replace(tzinfo=zone).astimezone(UTC)
            if until is not None and _is_past(until, local, instant):
                return
            yield instant


def draw(chance: random.Random) -> Draw:
    """A random rule without contradictions, as likely as not on a date where something happens."""
    zone = chance.choice(ZONES)
    local = datetime.combine(_day(chance), chance.choice(TIMES_OF_DAY))
    start = local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return Draw(_rule(chance, start), start, zone)


def _rule(chance: random.Random, start: datetime) -> str:
    freq = chance.choice(("DAILY", "WEEKLY", "MONTHLY", "YEARLY"))
    parts = {"FREQ": freq}
    if chance.random() < 0.5:
        parts["INTERVAL"] = str(chance.choice((1, 2, 2, 3, 4, 5, 6, 7, 10, 12, 13, 18, 40, 100)))
    if chance.random() < 0.3:
        parts["BYMONTH"] = _some(chance, range(1, 13))
    if freq != "WEEKLY" and chance.random() < 0.35:
        parts["BYMONTHDAY"] = _some(chance, (*range(1, 32), *range(-31, 0), 29, 30, 31, -1, -1))
        if not _exists(parts):
            parts.pop("BYMONTH")
    if chance.random() < 0.5:
        parts["BYDAY"] = _weekdays(chance, parts)
    if len(parts.keys() & {"BYMONTH", "BYMONTHDAY", "BYDAY"}) and chance.random() < 0.25:
        most = 366 if freq == "YEARLY" and chance.random() < 0.3 else 5
        parts["BYSETPOS"] = _some(chance, (*range(1, most + 1), *range(-most, 0)))
    if chance.random() < 0.4:
        parts["WKST"] = chance.choice(WEEKDAYS)
    ends = chance.choice(("COUNT", "UNTIL date", "UNTIL time", "never"))
    last = start + timedelta(days=chance.choice((0, 1, 30, 365, 3650)), hours=chance.randrange(24))
    if ends == "COUNT":
        parts["COUNT"] = str(chance.randint(1, 60))
    elif ends == "UNTIL date":
        parts["UNTIL"] = f"{last:%Y%m%d}"
    elif ends == "UNTIL time":
        parts["UNTIL"] = f"{last:%Y%m%dT%H%M%SZ}"
    shuffled = list(parts.items())
    chance.shuffle(shuffled)
    return ";".join(f"{name}={value}" for name, value in shuffled)


def _day(chance: random.Random) -> date:
    year = chance.randint(1995, 2045)
    match chance.randrange(5):
        case 0:  # the end of a month
            month = chance.randint(1, 12)
            return date(year, month, calendar.monthrange(year, month)[1])
        case 1:  # around New Year
            return date(year, 1, 1) + timedelta(days=chance.randint(-8, 8))
        case 2:  # near the days on which clocks change
            return date(year, chance.choice((3, 4, 10, 11)), chance.randint(1, 30))
        case 3:  # a leap day
            return date(year - year % 4, 2, 29)
        case _:
            return date(year, 1, 1) + timedelta(days=chance.randrange(365))


def _weekdays(chance: random.Random, parts: dict[str, str]) -> str:
    most = _highest_number(parts)
    numbered = 0.0
    if parts["FREQ"] in ("MONTHLY", "YEARLY"):
        numbered = chance.choice((0.0, 0.5, 1.0))
    chosen = chance.sample(WEEKDAYS, chance.choice((1, 1, 2, 3, 5, 7)))
    return ",".join(
        f"{_number(chance, most)}{weekday}" if chance.random() < numbered else weekday
        for weekday in chosen
    )


def _number(chance: random.Random, most: int) -> str:
    number = chance.choice((1, 1, 2, 3, 4, most, chance.randint(1, most)))
    return chance.choice((f"{number}", f"+{number}", f"-{number}"))


def _some(chance: random.Random, values: Sequence[int]) -> str:
    return ",".join(str(chance.choice(values)) for _ in range(chance.choice((1, 1, 2, 3, 6))))


def _exists(parts: dict[str, str]) -> bool:
    """Whether some month of BYMONTH has some day of BYMONTHDAY."""
    months = parts.get("BYMONTH", "1").split(",")
    longest = max(calendar.monthrange(2024, int(month))[1] for month in months)
    return any(abs(int(day)) <= longest for day in parts["BYMONTHDAY"].split(","))


def _highest_number(parts: dict[str, str]) -> int:
    """How often a weekday comes at most in what its number counts in: the year or the month."""
    return 53 if parts["FREQ"] == "YEARLY" and "BYMONTH" not in parts else 5


def _numbered(byday: str, highest: int) -> str:
    """Weekdays without a number beside some with one, written with all their numbers."""
    weekdays = byday.split(",")
    if not any(len(weekday) > 2 for weekday in weekdays):
        return byday
    return ",".join(
        written
        for weekday in weekdays
        for written in (
            [weekday]
            if len(weekday) > 2
            else [f"{number}{weekday}" for number in range(1, highest + 1)]
        )
    )


def _is_past(until: str, local: datetime, instant: datetime) -> bool:
    if "T" in until:
        return instant > datetime.strptime(until, "%Y%m%dT%H%M%S%z")
    return f"{local:%Y%m%d}" > until
