"""A year's reports from the statistics of sessions, against counting attendance."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

from bench import world
from bench.errors import BenchError
from bench.harness import WARM_UP, Run, Samples, interleave
from bench.report import Bound, Figure, Section, Unit
from bench.request import Request, Requests, open_requests
from devstack.databases import Database

_QUERIES = Path(__file__).parent / "queries" / "analytics"

BOUND = Bound(100.0)
"""Milliseconds a year's report may take, whole transaction."""

GROWTH_BOUND = Bound(1.25)
"""The same report of as many sessions with ten times as many students."""

PER_SESSION = 200
FEW_PER_SESSION = 20

REPORT, PLAIN = "attendance_report", "owner, counted from attendance"
MENTORS, PARTICIPATION = "mentor_performance", "student_participation, a student's own"

PLAIN_ROUNDS = 3
"""Each takes seconds; the difference shows all the same."""

PATIENCE = 600
"""Seconds that one plain query may take."""


@dataclass(frozen=True, slots=True)
class Year:
    """The days of a report, and who asks for it: the input of a round."""

    user: UUID
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Report:
    """A report, asked for in a request."""

    request: Request

    def milliseconds(self, year: Year) -> float:
        """How long the whole transaction takes."""
        return 1000 * self.request.seconds(year.user, str(year.first), str(year.last))

    def rows(self, year: Year) -> list[tuple[bytes | None, ...]]:
        """What it answers."""
        return self.request.rows(year.user, str(year.first), str(year.last))


def measure(run: Run) -> list[Section]:
    """The row `analytics`.

    Raises:
        BenchError: Report and plain query answer different figures.
    """
    chance = random.Random(run.seed)
    rounds = 3 if run.quick else 100
    sessions = max((4_000 if run.quick else run.attendance) // PER_SESSION, 20)
    with _made(run, sessions, PER_SESSION) as many, open_requests() as requests:
        title = (
            f"analytics: a year, {sessions:,} sessions, {sessions * PER_SESSION:,} attendance rows"
        )
        sections = [
            Section(title, _against_plain(run, many, requests, chance)),
            Section(
                "analytics: other reports of that year",
                _others(many, requests, chance, rounds).figures(),
            ),
        ]
        with _made(run, sessions, FEW_PER_SESSION) as few:
            run.say(f"analytics: {rounds} rounds of the report over both")
            names = [f"{count} students a session" for count in (PER_SESSION, FEW_PER_SESSION)]
            samples = interleave(
                {
                    name: _report(requests, database, "report").milliseconds
                    for name, database in zip(names, (many, few), strict=True)
                },
                (_year(world.ADMIN) for _ in range(rounds + WARM_UP)),
                unit=Unit.MILLISECONDS,
                chance=chance,
            )
        sections.append(
            Section(
                f"analytics: growth, {sessions:,} sessions",
                [
                    *samples.figures({names[0]: BOUND}),
                    samples.ratio(
                        f"{names[0]} ÷ {FEW_PER_SESSION}", names[0], names[1], GROWTH_BOUND
                    ),
                ],
            )
        )
        return sections


def _against_plain(
    run: Run, database: Database, requests: Requests, chance: random.Random
) -> list[Figure]:
    reports = {
        REPORT: _report(requests, database, "report"),
        PLAIN: Report(
            requests.open(
                database.url,
                "postgres",
                (_QUERIES / "plain.sql").read_text(),
                statement_timeout=f"{PATIENCE}s",
            )
        ),
    }
    year = _year(world.ADMIN)
    answers = [report.rows(year) for report in reports.values()]
    if answers[0] != answers[1] or not answers[0]:
        raise BenchError("the report and the plain query do not answer the same figures")
    run.say(f"analytics: {PLAIN_ROUNDS} rounds against the plain query")
    samples = interleave(
        {name: report.milliseconds for name, report in reports.items()},
        (year for _ in range(PLAIN_ROUNDS + 1)),
        unit=Unit.MILLISECONDS,
        chance=chance,
        warm_up=1,
    )
    return [*samples.figures(), samples.ratio("plain ÷ report", PLAIN, REPORT)]


def _others(database: Database, requests: Requests, chance: random.Random, rounds: int) -> Samples:
    mentors = _report(requests, database, "mentors")
    own = _report(requests, database, "participation")
    if not own.rows(_year(world.id_of("student", 1))):
        raise BenchError("the student has no participation")
    return interleave(
        {
            MENTORS: lambda number: mentors.milliseconds(_year(world.ADMIN)),
            PARTICIPATION: lambda number: own.milliseconds(_year(world.id_of("student", number))),
        },
        (chance.randint(1, PER_SESSION) for _ in range(rounds + WARM_UP)),
        unit=Unit.MILLISECONDS,
        chance=chance,
    )


def _report(requests: Requests, database: Database, query: str) -> Report:
    sql = (_QUERIES / f"{query}.sql").read_text()
    return Report(requests.open(database.authenticator_url, "authenticated", sql))


@contextmanager
def _made(run: Run, sessions: int, per_session: int) -> Iterator[Database]:
    run.say(f"analytics: making {sessions:,} sessions of {per_session} students")
    # A hundred batches; fewer where there are few sessions.
    batches = min(100, sessions // 10)
    settings = {
        "students": batches * per_session,
        "mentors": 200,
        "sessions": sessions,
        "per_session": per_session,
    }
    with world.made(run.project(), "attendance", settings, suffix=f"_{per_session}") as database:
        yield database


def _year(user: UUID) -> Year:
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    return Year(user, yesterday - timedelta(days=364), yesterday)
