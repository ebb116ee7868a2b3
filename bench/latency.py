"""How long after COMMIT a mail is with the mail server, when nothing else is going on."""

import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench import world
from bench.daemon import Daemon, running_notifier
from bench.errors import BenchError
from bench.harness import WARM_UP, Run, interleave
from bench.relay import running_relay
from bench.report import Bound, Figure, Section, Unit
from bench.request import Request, open_requests
from bench.sink import SinkControl, open_sink
from bench.statistics import quantile
from devstack.processes import Supervisor

_QUERIES = Path(__file__).parent / "queries"

BOUND = Bound(5.0)
"""Milliseconds from COMMIT to 250 at the median."""

SLOWEST = Bound(20.0)
"""The same at the 99th percentile."""

NOTIFIER, RELAY = "idle notifier", "bare relay, for comparison"

PATIENCE = 30.0
"""Seconds a mail may take."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many mails are sent, and how long a pause there may be before one, in seconds."""

    mails: int
    pause: float


FULL = Size(mails=100, pause=0.5)
QUICK = Size(mails=3, pause=0.05)


@dataclass(frozen=True, slots=True)
class Watch:
    """Stops the time from COMMIT to 250, after everything has come to rest."""

    daemon: Daemon
    control: SinkControl
    chance: random.Random
    longest_pause: float

    def milliseconds(self, request: Request, *parameters: str) -> float:
        """How long after the COMMIT of an admin's request its one mail was accepted.

        Raises:
            BenchError: There was not exactly one mail.
        """
        self.daemon.wait_until_asleep()
        # At no fixed distance from whatever the notifier does by the clock.
        time.sleep(self.chance.uniform(0.0, self.longest_pause))
        self.control.forget()
        committed_at = request.committed_at(world.ADMIN, *parameters)
        times = self.control.times(1, PATIENCE)
        if len(times) != 1:
            raise BenchError(f"one mail was to be sent, {len(times)} were")
        return 1000 * (times[0] - committed_at)


def measure(run: Run) -> list[Section]:
    """The row `latency`.

    Raises:
        BenchError: A mail does not come, or the notifier does not come to rest.
    """
    size = QUICK if run.quick else FULL
    chance = random.Random(run.seed)
    settings = {"students": 1, "mentors": 0, "audiences": "{1}"}
    with (
        world.made(run.project(), "audiences", settings) as database,
        open_requests() as requests,
        Supervisor() as supervisor,
        open_sink(supervisor) as sink,
        running_notifier(supervisor, database, sink.port) as daemon,
        running_relay(supervisor, database, sink.port),
    ):
        reschedule, notify = (
            requests.open(
                database.authenticator_url,
                "authenticated",
                (_QUERIES / f"{query}.sql").read_text(),
                writes=True,
            )
            for query in ("reschedule", "relay")
        )
        watch = Watch(daemon, sink.control, chance, size.pause)
        session = str(world.id_of("session", 1))
        today = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        run.say(f"latency: {size.mails} mails each way, each after a rest")
        samples = interleave(
            {
                NOTIFIER: lambda start: watch.milliseconds(reschedule, start, session),
                RELAY: lambda _: watch.milliseconds(notify),
            },
            (
                (today + timedelta(days=8, hours=number % 2)).isoformat()
                for number in range(size.mails + WARM_UP)
            ),
            unit=Unit.MILLISECONDS,
            chance=chance,
        )
    slowest = quantile(samples.by_variant[NOTIFIER], 0.99)
    return [
        Section(
            "latency: from COMMIT to 250, one mail at a time",
            [
                *samples.figures({NOTIFIER: BOUND}),
                Figure(
                    f"{NOTIFIER}, 99th percentile",
                    slowest,
                    samples.unit,
                    size.mails,
                    bound=SLOWEST,
                ),
            ],
        )
    ]
