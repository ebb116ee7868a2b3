"""How long an urgent mail takes while 100,000 others wait before it."""

import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench import world
from bench.daemon import Daemon, running_notifier
from bench.errors import BenchError
from bench.harness import Run
from bench.report import Bound, Figure, Section, Unit
from bench.request import open_requests
from bench.sink import open_sink
from bench.statistics import quantile
from devstack.processes import Supervisor

_QUERIES = Path(__file__).parent / "queries"

BOUND = Bound(100.0)
"""Milliseconds from the change to the mail recorded as sent, at the 99th percentile."""

PATIENCE = 120.0
"""Seconds that anything may take."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many mails there are, of which some are sent while the others are being written; how many
    urgent ones are sent meanwhile; and how many of the others have to wait still at the end.
    """

    mails: int
    urgent: int
    waiting: int


FULL = Size(mails=400_000, urgent=100, waiting=100_000)
QUICK = Size(mails=300, urgent=2, waiting=0)


def measure(run: Run) -> list[Section]:
    """The row `urgent`.

    Raises:
        BenchError: A mail does not come, or nothing waited any more.
    """
    size = QUICK if run.quick else FULL
    chance = random.Random(run.seed)
    run.say(f"urgent: making {size.mails:,} students")
    settings = {"students": size.mails + 1, "mentors": 0, "audiences": f"{{1,{size.mails}}}"}
    with (
        world.made(run.project(), "audiences", settings) as database,
        open_requests() as requests,
        Supervisor() as supervisor,
        open_sink(supervisor) as sink,
        running_notifier(supervisor, database, sink.port) as daemon,
    ):
        schedule, reschedule = (
            requests.open(
                database.authenticator_url,
                "authenticated",
                (_QUERIES / f"{query}.sql").read_text(),
                writes=True,
            )
            for query in ("schedule", "reschedule")
        )
        in_a_month = (datetime.now(UTC) + timedelta(days=30)).isoformat()
        schedule.seconds(world.ADMIN, in_a_month, str(world.id_of("batch", 2)))
        _wait(daemon, "select count(*) = 0 from notifier.events where expanded_at is null")
        session = str(world.id_of("session", 1))
        soon = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=5)
        run.say(f"urgent: {size.urgent} mails, one at a time")
        times: list[float] = []
        for number in range(size.urgent):
            time.sleep(chance.uniform(0.0, 0.02))  # at no fixed distance from what it is doing
            starts = soon + timedelta(hours=number % 2)
            reschedule.seconds(world.ADMIN, starts.isoformat(), session)
            times.append(_milliseconds(daemon))
        left = daemon.watch.execute(
            "select count(*) from notifier.emails where status = 'queued'"
        ).fetchone()
    waiting = left[0] if left else 0
    if waiting < size.waiting:
        raise BenchError(f"only {waiting:,} mails were waiting at the end")
    label = "the change to the mail recorded as sent"
    return [
        Section(
            f"urgent: one mail behind {waiting:,} others and more",
            [
                Figure(label, quantile(times, 0.5), Unit.MILLISECONDS, len(times)),
                Figure(
                    f"{label}, 99th percentile",
                    quantile(times, 0.99),
                    Unit.MILLISECONDS,
                    len(times),
                    bound=BOUND,
                ),
            ],
        )
    ]


def _milliseconds(daemon: Daemon) -> float:
    """From the latest event of a change to its mail recorded as sent, by the database's clock."""
    query = """
        select 1000 * extract(epoch from email.sent_at - event.created_at)::float8
        from notifier.events as event
        inner join notifier.emails as email on event.id = email.event_id
        where event.id = (select max(id) from notifier.events) and email.status = 'sent'
    """
    deadline = time.monotonic() + PATIENCE
    while (row := daemon.watch.execute(query).fetchone()) is None:
        if time.monotonic() > deadline:
            raise BenchError(f"an urgent mail does not come:\n{daemon.child.last_lines()}")
        time.sleep(0.01)
    return float(row[0])


def _wait(daemon: Daemon, query: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while daemon.watch.execute(query.encode()).fetchone() != (True,):
        if time.monotonic() > deadline:
            raise BenchError(f"in vain: {query}\n{daemon.child.last_lines()}")
        time.sleep(0.05)
