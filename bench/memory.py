"""How much memory the notifier takes, whether few mails wait or very many."""

import random
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg

from bench import backlog
from bench.backlog import Backlog
from bench.daemon import started_notifier
from bench.errors import BenchError
from bench.harness import Run, interleave
from bench.report import Bound, Section, Unit
from bench.sink import Sink, open_sink
from devstack.processes import Supervisor

_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)

BOUND = Bound(1.10)
"""What the peak may grow by when very many mails wait instead of few."""

PATIENCE = 300.0
"""Seconds a notifier may take to send what it is to send."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many mails wait in the small queue, all of which are sent; how many students the large
    one tells of how many sessions, and how many of these mails are sent before the second look.
    """

    few: int
    students: int
    sessions: int
    later: int
    rounds: int


FULL = Size(few=1_000, students=100_000, sessions=10, later=10_000, rounds=3)
QUICK = Size(few=20, students=60, sessions=2, later=30, rounds=1)


@dataclass(frozen=True, slots=True)
class Scale:
    """Starts notifiers and reads what they took."""

    supervisor: Supervisor
    sink: Sink

    def megabytes(self, queue: Backlog, sent: int, number: int) -> float:
        """The peak of a new notifier's memory, from its start until so many mails have gone out.

        The one before may have sent more than it was asked for: there are enough in any case.

        Raises:
            BenchError: They do not go out.
        """
        if queue.waiting() < sent:
            queue.add(number)
        self.sink.control.forget()
        with started_notifier(self.supervisor, queue.database, self.sink.port) as daemon:
            self.sink.control.times(sent, PATIENCE)
            status = Path(f"/proc/{daemon.child.process.pid}/status").read_text()
        found = _PEAK.search(status)
        if found is None:
            raise BenchError("Linux does not tell the peak of the notifier's memory")
        return int(found[1]) / 1024


def measure(run: Run) -> list[Section]:
    """The row `memory`.

    Raises:
        BenchError: Mails do not go out, or this is not Linux.
    """
    if not Path("/proc/self/status").exists():
        raise BenchError("the peak of a process's memory is asked of Linux, and this is none")
    size = QUICK if run.quick else FULL
    many = size.students * size.sessions
    few_wait, many_wait = f"{size.few:,} wait", f"{many:,} wait"
    later = f"{many_wait}, {size.later:,} sent"
    run.say(f"memory: making {size.students:,} students, and queueing {many:,} mails")
    with (
        backlog.made(run, size.few, suffix="_few") as small,
        backlog.made(run, size.students, suffix="_many") as large,
        Supervisor() as supervisor,
        open_sink(supervisor) as sink,
    ):
        for number in range(size.sessions):
            large.add(number)
        with psycopg.connect(large.database.superuser_url, autocommit=True) as connection:
            connection.execute("vacuum (analyze)")
        run.say(f"memory: {size.rounds} rounds of three notifiers")
        scale = Scale(supervisor, sink)
        peaks = interleave(
            {
                few_wait: partial(scale.megabytes, small, size.few),
                many_wait: partial(scale.megabytes, large, size.few),
                later: partial(scale.megabytes, large, size.later),
            },
            range(size.rounds),
            unit=Unit.MEGABYTES,
            chance=random.Random(run.seed),
            warm_up=0,
        )
    return [
        Section(
            f"memory: the notifier's peak until {size.few:,} mails are sent",
            [
                *peaks.figures(),
                peaks.ratio(f"{many_wait} ÷ {few_wait}", many_wait, few_wait, BOUND),
                peaks.ratio(f"{later} ÷ {few_wait}", later, few_wait, BOUND),
            ],
        )
    ]
