"""iCalendar objects as other programs understand them: icalendar, dateutil, ical.js."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import icalendar
from dateutil import rrule, tz

from devstack.paths import ROOT


@dataclass(frozen=True, slots=True)
class Reader:
    """An iCalendar object.

    Args:
        text: The object as it is sent.
    """

    text: str

    @property
    def calendar(self) -> Any:
        """The VCALENDAR."""
        return icalendar.Calendar.from_ical(self.text)

    @property
    def events(self) -> list[Any]:
        """All VEVENTs, in order."""
        return list(self.calendar.walk("VEVENT"))

    @property
    def lines(self) -> list[str]:
        """Content lines after unfolding (RFC 5545, section 3.1)."""
        return self.text.replace("\r\n ", "").split("\r\n")[:-1]

    def zone(self, name: str) -> tzinfo:
        """A VTIMEZONE, as dateutil understands it."""
        read = tz.tzical(io.StringIO(self._timezones())).get(name)
        assert read is not None, f"no VTIMEZONE {name}"
        return read

    def instant(self, line: str) -> datetime:
        """The instant that a line such as DTSTART;TZID=Europe/Berlin:20270301T180000 says."""
        name, value = line.split(":")
        if value.endswith("Z"):
            return datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        local = datetime.strptime(value, "%Y%m%dT%H%M%S")  # noqa: DTZ007
        return _first(local.replace(tzinfo=self.zone(name.split("TZID=")[1])))

    def series(self) -> list[datetime]:
        """The instants of the first VEVENT: its RRULE and RDATE without its EXDATE."""
        lines = self.lines[self.lines.index("BEGIN:VEVENT") : self.lines.index("END:VEVENT")]
        (begin,) = (line for line in lines if line.startswith("DTSTART"))
        local = self.zone(begin.split("TZID=")[1].split(":")[0]) if "TZID=" in begin else UTC
        start = self.instant(begin).astimezone(local)
        dates = {start}
        for line in lines:
            if line.startswith("RRULE:"):
                dates |= set(rrule.rrulestr(line.removeprefix("RRULE:"), dtstart=start))
        instants = {_first(date).astimezone(UTC) for date in dates}
        instants |= {self.instant(line) for line in lines if line.startswith("RDATE")}
        return sorted(
            instants - {self.instant(line) for line in lines if line.startswith("EXDATE")}
        )

    def _timezones(self) -> str:
        lines, inside = [], False
        for line in self.lines:
            inside = inside or line == "BEGIN:VTIMEZONE"
            if inside:
                lines.append(line)
            inside = inside and line != "END:VTIMEZONE"
        return "\r\n".join(lines)


def _first(local: datetime) -> datetime:
    """A local time as RFC 5545, section 3.3.5, has it: the first of two equal ones, and one that
    the clock skips as if the clock had not been moved.
    """
    before = local - timedelta(hours=24)
    instant = local.replace(fold=0).astimezone(UTC)
    if instant.astimezone(local.tzinfo).replace(tzinfo=None) == local.replace(tzinfo=None):
        return instant
    offset = before.utcoffset()
    assert offset is not None
    return (local.replace(tzinfo=None) - offset).replace(tzinfo=UTC)


def by_ical_js(texts: Sequence[str]) -> list[list[dict[str, Any]]]:
    """The events of each calendar object as ical.js understands them, a recurring one as its
    occurrences: uid, sequence, start and end (instants), summary, description, url, status,
    attendees, alarms (seconds from the start).
    """
    done = subprocess.run(
        ["node", ROOT / "tests" / "support" / "ical_js.mjs"],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    calendars: list[list[dict[str, Any]]] = json.loads(done.stdout)
    for events in calendars:
        for event in events:
            event |= {key: datetime.fromisoformat(event[key]) for key in ("start", "end")}
    return calendars
