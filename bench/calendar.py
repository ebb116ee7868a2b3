"""Calendars under row-level security against what their owner would write by hand."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from bench import world
from bench.errors import BenchError
from bench.harness import WARM_UP, Run, Samples, interleave
from bench.report import Bound, Section, Unit
from bench.request import Request, Row, open_requests
from devstack.databases import Database

_QUERIES = Path(__file__).parent / "queries" / "calendar"

RLS_BOUND = 1.10
"""What a student's calendar under row-level security may cost, as a multiple of the owner's."""

CHECKED = 20
"""Calendars compared before anything is measured."""

NOTHING = "empty transaction"


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything there is; `worlds/calendar.sql` says what that means."""

    students: int
    mentors: int
    batches: int
    sessions: int
    rounds: int
    staff_rounds: int


FULL = Size(100_000, mentors=500, batches=4_000, sessions=400_000, rounds=2_000, staff_rounds=40)
QUICK = Size(200, mentors=10, batches=180, sessions=4_000, rounds=5, staff_rounds=5)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Somebody's calendar of a time to come: the input of a round."""

    user: UUID
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Fetch:
    """A way to fetch a calendar; its statement takes $1 begin, $2 end, $3 user, as far as it has
    parameters.
    """

    request: Request

    def milliseconds(self, calendar: Calendar) -> float:
        """How long the whole transaction takes."""
        return 1000 * self.request.seconds(calendar.user, *self._parameters(calendar))

    def rows(self, calendar: Calendar) -> list[Row]:
        """What it fetches, in an order that does not depend on the way."""
        rows = self.request.rows(calendar.user, *self._parameters(calendar))
        return sorted(rows, key=lambda row: [cell or b"" for cell in row])

    def _parameters(self, calendar: Calendar) -> tuple[str, ...]:
        all_three = calendar.begins.isoformat(), calendar.ends.isoformat(), str(calendar.user)
        return all_three[: self.request.parameter_count]


def measure(run: Run) -> list[Section]:
    """The row `calendar`: a student's four weeks, a manager's week, a mentor's week.

    Raises:
        BenchError: Two variants fetch different rows, or there are none to fetch.
    """
    size = QUICK if run.quick else FULL
    chance = random.Random(run.seed)
    run.say(f"calendar: making {size.students:,} students and {size.sessions:,} sessions")
    settings = {name: value for name, value in asdict(size).items() if "rounds" not in name}
    with world.made(run.project(), "calendar", settings) as database:
        return [
            _student(run, database, size, chance),
            _manager(run, database, size, chance),
            _mentor(run, database, size, chance),
        ]


def _student(run: Run, database: Database, size: Size, chance: random.Random) -> Section:
    def somebody() -> Calendar:
        return _coming(world.id_of("student", chance.randint(1, size.students)), days=28)

    by = {
        "table under RLS": "table",
        "owner, join by hand": "student_join",
        "owner, best possible query": "student_keys",
    }
    view = {"view under RLS": "view", "owner, the view's columns by hand": "student_view"}
    with _opened(database, by | view | {NOTHING: "nothing"}) as fetches:
        rows = check_same([[fetches[name].rows for name in way] for way in (by, view)], somebody)
        run.say(f"calendar: {size.rounds:,} students' four weeks in each of {len(fetches)} ways")
        samples = _interleaved(fetches, somebody, size.rounds, chance)
    return Section(
        f"calendar: a student's four weeks, {rows:.0f} sessions of {size.sessions:,};"
        f" {size.students:,} students, {9 * size.students:,} enrollments",
        [
            *samples.figures(),
            samples.ratio(
                "RLS ÷ owner", "table under RLS", "owner, join by hand", Bound(RLS_BOUND)
            ),
            samples.ratio_beyond(
                "the same beyond an empty transaction",
                "table under RLS",
                "owner, join by hand",
                NOTHING,
            ),
            samples.ratio("RLS ÷ best possible", "table under RLS", "owner, best possible query"),
            samples.ratio(
                "view under RLS ÷ owner", "view under RLS", "owner, the view's columns by hand"
            ),
        ],
    )


def _manager(run: Run, database: Database, size: Size, chance: random.Random) -> Section:
    def somebody() -> Calendar:
        return _coming(world.ADMIN, days=7, weeks_later=chance.randint(0, 20))

    return _staff(run, database, size, "a manager's week", "table", somebody, chance)


def _mentor(run: Run, database: Database, size: Size, chance: random.Random) -> Section:
    def somebody() -> Calendar:
        return _coming(world.id_of("mentor", chance.randint(1, size.mentors)), days=7)

    return _staff(run, database, size, "a mentor's week", "mentor", somebody, chance)


def _staff(
    run: Run,
    database: Database,
    size: Size,
    what: str,
    by_hand: str,
    somebody: Callable[[], Calendar],
    chance: random.Random,
) -> Section:
    ways = {"table under RLS": "table", "owner, by hand": by_hand}
    with _opened(database, ways | {"view under RLS": "view"}) as fetches:
        rows = check_same([[fetches[name].rows for name in ways]], somebody)
        run.say(f"calendar: {what}, {size.staff_rounds:,} rounds")
        samples = _interleaved(fetches, somebody, size.staff_rounds, chance)
    return Section(
        f"calendar: {what}, {rows:,.0f} sessions",
        [
            *samples.figures(),
            samples.ratio("RLS ÷ owner", "table under RLS", "owner, by hand"),
        ],
    )


def check_same(
    ways: Sequence[Sequence[Callable[[Calendar], list[Row]]]], somebody: Callable[[], Calendar]
) -> float:
    """Compare what some calendars hold, row by row and column by column.

    Args:
        ways: Groups of ways to fetch the rows, which have to agree within the group.
        somebody: Makes a calendar.

    Returns:
        How many rows the first group found in a calendar, on average.

    Raises:
        BenchError: They disagree, or found nothing to disagree about.
    """
    count = 0
    for calendar in (somebody() for _ in range(CHECKED)):
        for group in ways:
            found = [rows(calendar) for rows in group]
            if any(rows != found[0] for rows in found):
                sizes = ", ".join(str(len(rows)) for rows in found)
                raise BenchError(
                    f"the variants do not fetch the same rows for {calendar.user}: {sizes} of them"
                )
            count += len(found[0]) if group is ways[0] else 0
    if not count:
        raise BenchError("the calendars are empty")
    return count / CHECKED


@contextmanager
def _opened(database: Database, queries: Mapping[str, str]) -> Iterator[dict[str, Fetch]]:
    """Each variant on a connection of its own: by the query's name as a student would, or as the
    owner of the tables, whom no policy binds.
    """
    with open_requests() as requests:
        yield {
            label: Fetch(
                requests.open(
                    database.url if label.startswith("owner") else database.authenticator_url,
                    "postgres" if label.startswith("owner") else "authenticated",
                    (_QUERIES / f"{query}.sql").read_text(),
                )
            )
            for label, query in queries.items()
        }


def _interleaved(
    fetches: Mapping[str, Fetch],
    somebody: Callable[[], Calendar],
    rounds: int,
    chance: random.Random,
) -> Samples:
    return interleave(
        {label: fetch.milliseconds for label, fetch in fetches.items()},
        (somebody() for _ in range(rounds + WARM_UP)),
        unit=Unit.MILLISECONDS,
        chance=chance,
    )


def _coming(user: UUID, *, days: int, weeks_later: int = 0) -> Calendar:
    """From tomorrow: no session of it begins while the variants are being compared."""
    this_hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    begins = this_hour + timedelta(days=1, weeks=weeks_later)
    return Calendar(user, begins, begins + timedelta(days=days))
