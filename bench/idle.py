"""How often a notifier asks the database something while there is nothing to do."""

import time
from dataclasses import dataclass

import psycopg
from psycopg import sql

from bench import world
from bench.daemon import running_notifier
from bench.errors import BenchError
from bench.harness import Run
from bench.report import Bound, Figure, Section, Unit
from bench.sink import open_sink
from devstack.processes import Supervisor
from notifier.outbox import CHANNEL, FUNCTIONS

BOUND = Bound(4.0)
"""Questions a minute."""

_ASKED = """
select coalesce(sum(calls), 0)::integer
from pg_catalog.pg_stat_user_functions
where schemaname || '.' || funcname = any(%s)
"""


@dataclass(frozen=True, slots=True)
class Watching:
    """For how many seconds questions are counted, and how many before that are not: Postgres tells
    what a connection did in its first moments ten seconds later.
    """

    settling: float
    counting: float


FULL = Watching(settling=12.0, counting=120.0)
QUICK = Watching(settling=0.0, counting=1.0)


def measure(run: Run) -> list[Section]:
    """The row `idle`.

    Raises:
        BenchError: The notifier does not come to rest.
    """
    watching = QUICK if run.quick else FULL
    settings = {"students": 1, "mentors": 0, "audiences": "{1}"}
    with (
        world.made(run.project(), "audiences", settings) as database,
        psycopg.connect(database.superuser_url, autocommit=True) as ear,
        Supervisor() as supervisor,
        open_sink(supervisor) as sink,
    ):
        # Whatever the notifier asks is a call of a function, but for its notifications to itself.
        ear.execute(
            sql.SQL("alter role notifier in database {} set track_functions = 'all'").format(
                sql.Identifier(database.name)
            )
        )
        ear.execute(sql.SQL("listen {}").format(sql.Identifier(CHANNEL)))
        with running_notifier(supervisor, database, sink.port):
            run.say(f"idle: watching for {watching.settling + watching.counting:.0f} seconds")
            _notifications(ear, watching.settling)
            before, began = _calls(ear), time.monotonic()
            notifications = _notifications(ear, watching.counting)
            calls, seconds = _calls(ear) - before, time.monotonic() - began
    if not calls and not run.quick:
        raise BenchError("Postgres has counted no call of the notifier's, not even a poll")
    a_minute = 60 / seconds
    return [
        Section(
            f"idle: what a notifier asks in {seconds:.0f} seconds, nothing being due",
            [
                Figure("calls a minute", calls * a_minute, Unit.RATIO, 1),
                Figure("tests of notifications a minute", notifications * a_minute, Unit.RATIO, 1),
                Figure(
                    "questions a minute",
                    (calls + notifications) * a_minute,
                    Unit.RATIO,
                    1,
                    bound=BOUND,
                ),
            ],
        )
    ]


def _calls(connection: psycopg.Connection) -> int:
    """What the notifier has called so far."""
    names = [function.partition("(")[0] for function in FUNCTIONS]
    row = connection.execute(_ASKED, (names,)).fetchone()
    return 0 if row is None else int(row[0])


def _notifications(connection: psycopg.Connection, seconds: float) -> int:
    """How many notifications arrive within this time."""
    return sum(1 for _ in connection.notifies(timeout=seconds))
