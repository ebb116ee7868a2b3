"""An admin's reschedule: what it costs must not depend on how many students are concerned."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg

from bench import world
from bench.errors import BenchError
from bench.harness import WARM_UP, Run, interleave
from bench.report import Bound, Section, Unit
from bench.request import Request, open_requests
from devstack.databases import Database

_QUERIES = Path(__file__).parent / "queries"

BOUND = 1.5
"""What a reschedule for the many may cost, as a multiple of one for the few."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many students there are and how often they are disturbed."""

    many: int
    few: int
    rounds: int


FULL = Size(many=100_000, few=10, rounds=2_000)
QUICK = Size(many=500, few=10, rounds=5)


@dataclass(frozen=True, slots=True)
class Reschedule:
    """Moves one session."""

    request: Request
    session: UUID

    def milliseconds(self, start: datetime) -> float:
        """How long the admin's whole transaction takes, the event for the notifier included."""
        seconds = self.request.seconds(world.ADMIN, start.isoformat(), str(self.session))
        return 1000 * seconds


def measure(run: Run) -> list[Section]:
    """The row `reschedule`.

    No notifier runs meanwhile: it would work on the many mails of the one and the few of the other
    at the same time as both. Each commit notifies, as it does when all notifiers sleep.

    Raises:
        BenchError: The server refuses an update, or one did nothing.
    """
    size = QUICK if run.quick else FULL
    chance = random.Random(run.seed)
    many, few = (f"{number:,} students" for number in (size.many, size.few))
    run.say(f"reschedule: making audiences of {many} and {few}")
    settings = {
        "students": size.many + size.few,
        "mentors": 2,
        "audiences": f"{{{size.many}, {size.few}}}",
    }
    update = (_QUERIES / "reschedule.sql").read_text()
    with world.made(run.project(), "audiences", settings) as database, open_requests() as requests:
        variants = {
            label: Reschedule(
                requests.open(database.authenticator_url, "authenticated", update, writes=True),
                world.id_of("session", number),
            ).milliseconds
            for number, label in enumerate((many, few), start=1)
        }
        today = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        starts = (
            today + timedelta(days=8, hours=number % 2) for number in range(size.rounds + WARM_UP)
        )
        run.say(f"reschedule: {size.rounds:,} rounds")
        samples = interleave(variants, starts, unit=Unit.MILLISECONDS, chance=chance)
        _check_events(database, len(variants) * (size.rounds + WARM_UP))
    return [
        Section(
            "reschedule: an admin moves a session of one batch",
            [*samples.figures(), samples.ratio(f"{many} ÷ {few}", many, few, Bound(BOUND))],
        )
    ]


def _check_events(database: Database, expected: int) -> None:
    """An update that row-level security makes do nothing would be fast, and no error."""
    with psycopg.connect(database.url) as connection:
        row = connection.execute("select count(*) from notifier.events").fetchone()
    if row != (expected,):
        raise BenchError(f"{expected} reschedules have left {row} events")
