"""How many mails a second pass through the queue when nobody has to be sent anything."""

import asyncio
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

import psycopg

from bench import backlog
from bench.daemon import Daemon, running_notifier
from bench.errors import BenchError
from bench.harness import Run, interleave
from bench.programs import running_program
from bench.report import Bound, Section, Unit
from bench.rivals import RIVALS, Rival
from devstack import databases
from devstack.processes import Child, Supervisor

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

_ALL_SENT = """
select not exists (
    select from notifier.emails where status in ('queued', 'claimed', 'sending', 'in_doubt')
)
"""


@dataclass(frozen=True, slots=True)
class Size:
    """How many mails or jobs wait at the beginning of a round, and how many rounds there are."""

    mails: int
    jobs: int
    slow_jobs: int
    rounds: int


FULL = Size(mails=5_000, jobs=10_000, slow_jobs=500, rounds=7)
QUICK = Size(mails=60, jobs=60, slow_jobs=20, rounds=1)


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
    with (
        backlog.made(run, mails, suffix=f"_{what}") as queue,
        running_notifier(supervisor, queue.database, 25, ("bench.nowhere", what)) as daemon,
    ):
        yield Contender(
            daemon.child, daemon.watch, queue.add, _ALL_SENT, mails, partial(_check, daemon, mails)
        )


def _check(daemon: Daemon, mails: int) -> None:
    """Every mail of the latest session was sent, by the first attempt."""
    row = daemon.watch.execute(
        """
        select count(*)::integer
        from notifier.emails
        where
            event_id = (select max(id) from notifier.events)
            and status = 'sent' and attempts = 1 and in_doubt_at is null
        """
    ).fetchone()
    if row != (mails,):
        raise BenchError(f"of {mails} mails {row} were sent, and once")


@contextmanager
def _rival(
    run: Run, supervisor: Supervisor, name: str, rival: Rival, jobs: int
) -> Iterator[Contender]:
    database = databases.create_empty(run.project().server, f"bench_{name}_{os.getpid()}")
    try:
        asyncio.run(rival.install(database.superuser_url))
        with (
            running_program(
                supervisor, name, "bench.rivals", name, database.superuser_url
            ) as child,
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
