"""A thousand dates of a weekly rule, from the database and from dateutil."""

import json
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from bench.errors import BenchError
from bench.harness import WARM_UP, Run, interleave
from bench.report import Bound, Section, Unit
from bench.request import Request, open_requests
from devstack import databases
from devstack.databases import Database

_QUERY = Path(__file__).parent / "queries" / "recurrence.sql"

DATES = 1000
ROUNDS, QUICK_ROUNDS = 300, 3
ZONES = ("America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Europe/Berlin", "UTC")

BOUND = 2.0
"""What the dates may cost from the database, the request included, as a multiple of dateutil's."""

DATABASE, DATEUTIL = "preview_recurrence", "dateutil and zoneinfo"


@dataclass(frozen=True, slots=True)
class Series:
    """A weekly series: the input of a round.

    Attributes:
        start: The instant of its first date.
        zone: The IANA zone its wall-clock time is meant in.
    """

    start: datetime
    zone: str

    @property
    def rule(self) -> str:
        """On the weekday of the start."""
        weekday = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")[
            self.start.astimezone(ZoneInfo(self.zone)).weekday()
        ]
        return f"FREQ=WEEKLY;BYDAY={weekday};COUNT={DATES}"


@dataclass(frozen=True, slots=True)
class Preview:
    """Asks the database, in a signed-in user's request."""

    request: Request

    def milliseconds(self, series: Series) -> float:
        """How long the whole transaction takes."""
        return 1000 * self.request.seconds(uuid4(), *self._parameters(series))

    def dates(self, series: Series) -> list[int]:
        """The answer, in seconds since 1970."""
        rows = self.request.rows(uuid4(), *self._parameters(series))
        return [int(cell) for cell, *_ in rows if cell is not None]

    def _parameters(self, series: Series) -> tuple[str, ...]:
        return json.dumps({"rrule": series.rule}), series.start.isoformat(), series.zone


def measure(run: Run) -> list[Section]:
    """The row `recurrence`.

    Raises:
        BenchError: The two find different dates.
    """
    chance = random.Random(run.seed)
    rounds = QUICK_ROUNDS if run.quick else ROUNDS
    inputs = [_series(chance) for _ in range(rounds + WARM_UP)]
    with _project(run.project()) as database, open_requests() as requests:
        preview = Preview(
            requests.open(database.authenticator_url, "authenticated", _QUERY.read_text())
        )
        for series in inputs[:WARM_UP]:
            if preview.dates(series) != [int(date.timestamp()) for date in _by_dateutil(series)]:
                raise BenchError(f"dateutil finds other dates of {series}")
        run.say(f"recurrence: {rounds:,} rounds")
        variants = {DATABASE: preview.milliseconds, DATEUTIL: _dateutil_milliseconds}
        samples = interleave(variants, inputs, unit=Unit.MILLISECONDS, chance=chance)
    return [
        Section(
            f"recurrence: {DATES:,} dates of a weekly rule",
            [
                *samples.figures(),
                samples.ratio(f"{DATABASE} ÷ dateutil", DATABASE, DATEUTIL, Bound(BOUND)),
            ],
        )
    ]


def _series(chance: random.Random) -> Series:
    days, minutes = chance.randrange(3650), chance.randrange(96) * 15
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=days, minutes=minutes)
    return Series(start, chance.choice(ZONES))


def _by_dateutil(series: Series) -> list[datetime]:
    zone = ZoneInfo(series.zone)
    start = series.start.astimezone(zone).replace(tzinfo=None)
    return [
        date.replace(tzinfo=zone).astimezone(UTC) for date in rrulestr(series.rule, dtstart=start)
    ]


def _dateutil_milliseconds(series: Series) -> float:
    began = time.perf_counter()
    _by_dateutil(series)
    return 1000 * (time.perf_counter() - began)


@contextmanager
def _project(template: Database) -> Iterator[Database]:
    database = databases.clone(template, f"bench_recurrence_{os.getpid()}")
    try:
        yield database
    finally:
        databases.drop(database)
