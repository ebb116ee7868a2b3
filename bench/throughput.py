"""How many mails a second the notifier sends, against a sender that has nothing else to do."""

import asyncio
import random
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from uuid import UUID

import aiosmtplib
import uvloop

from bench import world
from bench.daemon import CONNECTIONS, Daemon, running_notifier
from bench.errors import BenchError
from bench.harness import Run, interleave
from bench.report import Bound, Section, Unit
from bench.request import Request, open_requests
from bench.sink import Mail, Sink, open_sink
from devstack import ports
from devstack.processes import Supervisor

_QUERIES = Path(__file__).parent / "queries"

BOUND = Bound(1.0, at_least=True)
"""The share of the bare sender's rate that the notifier has to reach."""

NOTIFIER, BLASTER = "notifier", "aiosmtplib, prebuilt bytes"
FAST_BLASTER = f"{BLASTER}, uvloop"
"""The same in the loop that the notifier runs in, for information."""

PATIENCE = 120.0
"""Seconds a round may take."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many mails are sent in a round."""

    mails: int
    rounds: int


FULL = Size(mails=5_000, rounds=11)
QUICK = Size(mails=60, rounds=2)


@dataclass(frozen=True, slots=True)
class Notifier:
    """Lets an admin create a session for everybody, and waits until all mails are out.

    A mail counts when the outbox says that it is sent: the clock runs from the admin's request to
    the last `sent_at`.
    """

    daemon: Daemon
    sink: Sink
    request: Request
    batch: UUID
    mails: int

    def per_second(self, day: int) -> float:
        """The rate: from COMMIT to the last mail recorded as sent."""
        self.daemon.wait_until_asleep()
        self.sink.control.forget()
        # Far enough away that no mail is urgent, and that there is nothing to be reminded of yet.
        start = datetime.now(UTC) + timedelta(days=3 + day)
        self.request.seconds(world.ADMIN, start.isoformat(), str(self.batch))
        self.sink.control.times(self.mails, PATIENCE)
        self.daemon.wait_until_asleep(PATIENCE)
        arrived = len(self.sink.control.times(self.mails, PATIENCE))
        sent, seconds = self._last_event()
        if not sent == arrived == self.mails:
            raise BenchError(f"of {self.mails} mails {sent} count as sent and {arrived} arrived")
        return sent / seconds

    def _last_event(self) -> tuple[int, float]:
        row = self.daemon.watch.execute(
            """
            select
                count(email.sent_at)::integer,
                extract(epoch from max(email.sent_at) - event.created_at)::float8
            from notifier.events as event
            inner join notifier.emails as email on event.id = email.event_id
            where event.id = (select max(id) from notifier.events)
            group by event.created_at
            """
        ).fetchone()
        if row is None:
            raise BenchError("the admin's request has left no event")
        return row[0], row[1]


@dataclass(frozen=True, slots=True)
class Blaster:
    """aiosmtplib, with as many connections, sending mails like the notifier's from memory."""

    sink: Sink
    mails: Sequence[Mail]
    run: Callable[[Coroutine[None, None, float]], float]

    def per_second(self, _: int) -> float:
        """The rate: from the first MAIL, connections being open, to the last 250."""
        self.sink.control.forget()
        seconds = self.run(self._send())
        arrived = len(self.sink.control.times(len(self.mails), PATIENCE))
        if arrived != len(self.mails):
            raise BenchError(f"of {len(self.mails)} mails {arrived} arrived")
        return len(self.mails) / seconds

    async def _send(self) -> float:
        clients = [
            aiosmtplib.SMTP(hostname=ports.LOOPBACK, port=self.sink.port, start_tls=False)
            for _ in range(CONNECTIONS)
        ]
        await asyncio.gather(*(client.connect() for client in clients))
        waiting = iter(self.mails)
        began = time.perf_counter()
        async with asyncio.TaskGroup() as tasks:
            for client in clients:
                tasks.create_task(_send_all(client, waiting))
        seconds = time.perf_counter() - began
        await asyncio.gather(*(client.quit() for client in clients))
        return seconds


def measure(run: Run) -> list[Section]:
    """The row `throughput`.

    Raises:
        BenchError: Mails are missing.
    """
    size = QUICK if run.quick else FULL
    chance = random.Random(run.seed)
    run.say(f"throughput: making {size.mails:,} students")
    settings = {"students": size.mails, "mentors": 0, "audiences": f"{{{size.mails}}}"}
    with (
        world.made(run.project(), "audiences", settings) as database,
        open_requests() as requests,
        Supervisor() as supervisor,
        open_sink(supervisor) as sink,
        running_notifier(supervisor, database, sink.port) as daemon,
    ):
        request = requests.open(
            database.authenticator_url,
            "authenticated",
            (_QUERIES / "schedule.sql").read_text(),
            writes=True,
        )
        notifier = Notifier(daemon, sink, request, world.id_of("batch", 1), size.mails)
        notifier.per_second(0)
        samples = sink.control.kept()
        mails = list(islice(cycle(samples), size.mails))
        run.say(f"throughput: {size.rounds} rounds of {size.mails:,} mails each way")
        rates = interleave(
            {
                NOTIFIER: notifier.per_second,
                BLASTER: Blaster(sink, mails, asyncio.run).per_second,
                FAST_BLASTER: Blaster(sink, mails, uvloop.run).per_second,
            },
            range(1, size.rounds + 2),
            unit=Unit.PER_SECOND,
            chance=chance,
            warm_up=1,
        )
    kilobytes = sum(len(mail.content) for mail in samples) / len(samples) / 1000
    return [
        Section(
            f"throughput: {size.mails:,} mails of {kilobytes:.1f} kB, {CONNECTIONS} connections",
            [
                *rates.figures(),
                rates.ratio(f"{NOTIFIER} ÷ {BLASTER}", NOTIFIER, BLASTER, BOUND),
                rates.ratio(f"{NOTIFIER} ÷ {FAST_BLASTER}", NOTIFIER, FAST_BLASTER),
            ],
        )
    ]


async def _send_all(client: aiosmtplib.SMTP, waiting: Iterator[Mail]) -> None:
    for mail in waiting:
        await client.sendmail(mail.sender, [mail.recipient], mail.content)
