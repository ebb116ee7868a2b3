"""The notifier as its operators run it, working for a bench's database and sink."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg

from bench.errors import BenchError
from bench.programs import running_program
from devstack import ports
from devstack.databases import Database
from devstack.processes import Child, Supervisor

CONNECTIONS = 8
"""How many SMTP connections the notifier opens: its default."""

_ASLEEP = """
select
    (select awake_until < clock_timestamp() from notifier.gate)
    and not exists (select from notifier.events where expanded_at is null)
    and not exists (
        select from notifier.emails where status in ('queued', 'claimed', 'sending', 'in_doubt')
    )
    and (
        select
            count(*) >= 2
            and bool_and(
                state = 'idle' and state_change < clock_timestamp() - interval '50 milliseconds'
            )
        from pg_catalog.pg_stat_activity
        where datname = current_database() and application_name = 'notifier'
    )
"""


@dataclass(frozen=True, slots=True)
class Daemon:
    """A running notifier.

    Attributes:
        child: Its process.
        watch: A superuser's connection that sees what it does.
    """

    child: Child = field(repr=False)
    watch: psycopg.Connection = field(repr=False)

    def wait_until_asleep(self, seconds: float = 60.0) -> None:
        """Wait until everything is sent, all of its connections are idle, and only a notification
        would make it look before the next poll.

        Raises:
            BenchError: It ended, or does not come to rest.
        """
        deadline = time.monotonic() + seconds
        while self.watch.execute(_ASLEEP).fetchone() != (True,):
            if not self.child.is_running():
                raise BenchError(f"the notifier has ended:\n{self.child.last_lines()}")
            if time.monotonic() > deadline:
                raise BenchError(f"the notifier does not rest:\n{self.child.last_lines()}")
            time.sleep(0.02)


@contextmanager
def running_notifier(
    supervisor: Supervisor,
    database: Database,
    smtp_port: int,
    program: Sequence[str] = ("notifier", "run"),
) -> Iterator[Daemon]:
    """A notifier at rest.

    Args:
        supervisor: Who starts it.
        database: What it works for.
        smtp_port: Where it sends mails, on this machine.
        program: The Python module that is it, and its arguments.

    Raises:
        StackError: It cannot be started.
        BenchError: It does not come to rest.
    """
    with started_notifier(supervisor, database, smtp_port, program) as daemon:
        daemon.wait_until_asleep()
        yield daemon


@contextmanager
def started_notifier(
    supervisor: Supervisor,
    database: Database,
    smtp_port: int,
    program: Sequence[str] = ("notifier", "run"),
) -> Iterator[Daemon]:
    """The same, but as soon as it is started.

    Raises:
        StackError: It cannot be started.
    """
    environment = _environment(database, smtp_port)
    with (
        psycopg.connect(database.superuser_url, autocommit=True) as watch,
        running_program(supervisor, "the notifier", *program, environment=environment) as child,
    ):
        yield Daemon(child, watch)


def _environment(database: Database, smtp_port: int) -> dict[str, str]:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PG", "SMTP_", "RESEND_", "NOTIFIER_"))
    }
    return inherited | {
        "DATABASE_URL": database.notifier_url,
        "SMTP_HOST": ports.LOOPBACK,
        "SMTP_PORT": str(smtp_port),
        "SMTP_SECURITY": "none",
        "SMTP_CONNECTIONS": str(CONNECTIONS),
        "EMAIL_FROM": "Live Sessions <sessions@live-sessions.test>",
        "APP_URL": "https://app.live-sessions.test",
    }
