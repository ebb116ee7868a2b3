"""How long after COMMIT a mail is with the mail server, when nothing else is going on."""

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
from bench.request import Request, open_requests
from bench.sink import SinkControl, open_sink
from bench.statistics import Summary, quantile
from devstack.processes import Supervisor

_QUERIES = Path(__file__).parent / "queries"

BOUND = Bound(10.0)
"""Milliseconds from COMMIT to 250 at the median."""

WARM_UP = 5
"""Mails thrown away: the first ones open connections and compile templates."""

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
class Delay:
    """Milliseconds from the sending of COMMIT to its answer and to the 250."""

    commit: float
    mail: float


@dataclass(frozen=True, slots=True)
class Watch:
    """Moves the session of one student to and fro, and stops the time."""

    daemon: Daemon
    control: SinkControl
    request: Request
    chance: random.Random

    def delay(self, number: int, pause: float) -> Delay:
        """One mail, after the notifier has fallen asleep and slept for a while.

        Raises:
            BenchError: There was not exactly one mail.
        """
        self.daemon.wait_until_asleep()
        # At no fixed distance from whatever the notifier does by the clock.
        time.sleep(self.chance.uniform(0.0, pause))
        self.control.forget()
        start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        start += timedelta(days=8, hours=number % 2)
        sent_at, answered_at = self.request.committed_at(
            world.ADMIN, start.isoformat(), str(world.id_of("session", 1))
        )
        times = self.control.times(1, PATIENCE)
        if len(times) != 1:
            raise BenchError(f"one mail was to be sent, {len(times)} were")
        return Delay(1000 * (answered_at - sent_at), 1000 * (times[0] - sent_at))


def measure(run: Run) -> list[Section]:
    """The row `latency`.

    Raises:
        BenchError: A mail does not come, or the notifier does not come to rest.
    """
    size = QUICK if run.quick else FULL
    settings = {"students": 1, "mentors": 0, "audiences": "{1}"}
    with (
        world.made(run.server, "audiences", settings) as database,
        open_requests() as requests,
        Supervisor() as supervisor,
        open_sink(supervisor) as sink,
        running_notifier(supervisor, database, sink.port) as daemon,
    ):
        run.say(f"latency: {size.mails} mails, each after a rest")
        request = requests.open(
            database.authenticator_url,
            "authenticated",
            (_QUERIES / "reschedule.sql").read_text(),
            writes=True,
        )
        watch = Watch(daemon, sink.control, request, random.Random(run.seed))
        delays = [watch.delay(number, size.pause) for number in range(WARM_UP + size.mails)]
    measured = delays[WARM_UP:]
    mails = [delay.mail for delay in measured]
    commits = Summary.of([delay.commit for delay in measured])
    return [
        Section(
            "latency: an idle notifier, one mail",
            [
                Figure.of("COMMIT → 250", Summary.of(mails), Unit.MILLISECONDS, BOUND),
                Figure(
                    "the same, 99th percentile",
                    quantile(mails, 0.99),
                    Unit.MILLISECONDS,
                    len(mails),
                ),
                Figure.of("of that, COMMIT itself", commits, Unit.MILLISECONDS),
            ],
        )
    ]
