"""How many mails a second pass through the queue when nobody has to be sent anything."""

import asyncio
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg

from bench import world
from bench.daemon import Daemon, running_notifier
from bench.errors import BenchError
from bench.harness import Run, interleave
from bench.report import Bound, Section, Unit
from bench.request import Request, open_requests
from bench.rivals import RIVALS, Rival, running_rival
from devstack import databases
from devstack.databases import Database
from devstack.processes import Child, Supervisor

_QUERIES = Path(__file__).parent / "queries"

BARE, WHOLE = "notifier, mails not written", "notifier"

BOUNDS = {
    "pgqueuer": Bound(2.0, at_least=True),
    "procrastinate": Bound(40.0, at_least=True),
}
"""How many times as many mails as jobs, for the rivals that have a bound."""

PATIENCE = 120.0
"""Seconds a round may take."""

LOOK_EVERY = 0.02
"""Seconds between two looks at whether a queue is empty."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many mails or jobs wait at the beginning of a round, and how many rounds there are."""

    mails: int
    jobs: int
    slow_jobs: int
    rounds: int


FULL = Size(mails=5_000, jobs=10_000, slow_jobs=500, rounds=7)
QUICK = Size(mails=60, jobs=60, slow_jobs=20, rounds=2)


@dataclass(frozen=True, slots=True)
class Contender:
    """A worker, its queue, and the time from a full one to an empty one.

    Attributes:
        child: The worker's process, at rest.
        watch: A superuser's connection to its database.
        fill: Fills the queue for a round, by the round's number.
        all_done: A query: whether the queue is empty, and everything in it was done.
        items: How many the queue is filled with.
        check: Raises an error if not everything was done, once and well.
    """

    child: Child
    watch: psycopg.Connection
    fill: Callable[[int], None]
    all_done: str
    items: int
    check: Callable[[], None]

    def per_second(self, number: int) -> float:
        """The rate: from the moment it is let go to the moment its queue is found empty.

        The worker is halted while its queue is filled, so that no work is done outside the clock.

        Raises:
            BenchError: It ended, or does not come to an end.
        """
        self.child.process.send_signal(signal.SIGSTOP)
        try:
            self.fill(number)
            self.watch.execute("vacuum (analyze)")
            began = time.perf_counter()
        finally:
            self.child.process.send_signal(signal.SIGCONT)
        while self.watch.execute(self.all_done.encode()).fetchone() != (True,):
            if not self.child.is_running() or time.perf_counter() > began + PATIENCE:
                raise BenchError(f"{self.child.name} is not done:\n{self.child.last_lines()}")
            time.sleep(LOOK_EVERY)
        seconds = time.perf_counter() - began
        self.check()
        return self.items / seconds


@dataclass(frozen=True, slots=True)
class Mails:
    """The notifier's queue, filled as an admin and a worker fill it: a session for everybody."""

    database: Database
    daemon: Daemon
    request: Request
    batch: UUID
    mails: int

    def fill(self, number: int) -> None:
        """Queue a mail for each student, who are told of a session of this number."""
        start = datetime.now(UTC) + timedelta(days=2 + number)
        self.request.seconds(world.ADMIN, start.isoformat(), str(self.batch))
        with psycopg.connect(self.database.notifier_url, autocommit=True) as connection:
            more: object = (True,)
            while more == (True,):
                more = connection.execute("select more from notifier.expand_events()").fetchone()

    def check(self) -> None:
        """Every mail of the latest session was sent, by the first attempt.

        Raises:
            BenchError: One was not.
        """
        row = self.daemon.watch.execute(
            """
            select count(*)::integer
            from notifier.emails
            where
                event_id = (select max(id) from notifier.events)
                and status = 'sent' and attempts = 1 and in_doubt_at is null
            """
        ).fetchone()
        if row != (self.mails,):
            raise BenchError(f"of {self.mails} mails {row} were sent once")


def measure(run: Run) -> list[Section]:
    """The row `queues`.

    Raises:
        BenchError: A queue is not emptied, or not everything in it was done.
    """
    size = QUICK if run.quick else FULL
    chance = random.Random(run.seed)
    run.say(f"queues: making {size.mails:,} students, twice")
    with ExitStack() as stack:
        supervisor = stack.enter_context(Supervisor())
        contenders = {
            WHOLE: stack.enter_context(_notifier(run, supervisor, "whole", size.mails)),
            BARE: stack.enter_context(_notifier(run, supervisor, "bare", size.mails)),
        }
        for name, rival in RIVALS.items():
            jobs = size.slow_jobs if name == "procrastinate" else size.jobs
            contenders[name] = stack.enter_context(_rival(run, supervisor, name, rival, jobs))
        run.say(f"queues: {size.rounds} rounds, {len(contenders)} queues emptied in each")
        rates = interleave(
            {name: contender.per_second for name, contender in contenders.items()},
            range(size.rounds + 1),
            unit=Unit.PER_SECOND,
            chance=chance,
            warm_up=1,
        )
    ratios = [
        rates.ratio(f"{ours} ÷ {name}", ours, name, BOUNDS.get(name) if ours == BARE else None)
        for name in RIVALS
        for ours in (BARE, WHOLE)
    ]
    return [
        Section(
            f"queues: {size.mails:,} mails, {size.jobs:,} jobs ({size.slow_jobs:,} of"
            " procrastinate) that wait, until the last is recorded as done",
            [*rates.figures(), *ratios],
        )
    ]


@contextmanager
def _notifier(run: Run, supervisor: Supervisor, what: str, mails: int) -> Iterator[Contender]:
    settings = {"students": mails, "mentors": 0, "audiences": f"{{{mails}}}"}
    with (
        world.made(run.server, "audiences", settings, suffix=f"_{what}") as database,
        open_requests() as requests,
        running_notifier(supervisor, database, 25, ("bench.nowhere", what)) as daemon,
    ):
        schedule = requests.open(
            database.authenticator_url,
            "authenticated",
            (_QUERIES / "schedule.sql").read_text(),
            writes=True,
        )
        queue = Mails(database, daemon, schedule, world.id_of("batch", 1), mails)
        yield Contender(
            daemon.child,
            daemon.watch,
            queue.fill,
            """
            select not exists (
                select from notifier.emails
                where status in ('queued', 'claimed', 'sending', 'in_doubt')
            )
            """,
            mails,
            queue.check,
        )


@contextmanager
def _rival(
    run: Run, supervisor: Supervisor, name: str, rival: Rival, jobs: int
) -> Iterator[Contender]:
    database = databases.create_empty(run.server, f"bench_{name}_{os.getpid()}")
    try:
        asyncio.run(rival.install(database.superuser_url))
        with (
            running_rival(supervisor, name, database.superuser_url) as child,
            psycopg.connect(database.superuser_url, autocommit=True) as watch,
        ):
            yield Contender(
                child,
                watch,
                lambda _: asyncio.run(rival.fill(database.superuser_url, jobs)),
                rival.all_done,
                jobs,
                lambda: None,
            )
    finally:
        databases.drop(database)
