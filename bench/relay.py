"""The least that could stand in for the notifier: hears of a commit, sends a mail it has ready.

No queue, no content, no memory of what was sent: what is left is the machine, Postgres'
notification and SMTP. Run as `python -m bench.relay DATABASE_URL SMTP_PORT`.
"""

import smtplib
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from bench.programs import running_program
from devstack import ports
from devstack.databases import Database
from devstack.processes import Supervisor

_MAIL = b"Subject: relayed\r\n\r\n" + 100 * (b"x" * 76 + b"\r\n")
_LISTENS = """
select exists (
    select from pg_catalog.pg_stat_activity
    where datname = current_database() and state = 'idle' and query = 'listen bench_relay'
)
"""


@contextmanager
def running_relay(supervisor: Supervisor, database: Database, smtp_port: int) -> Iterator[None]:
    """A relay that listens.

    Raises:
        StackError: It does not start.
    """
    program = "bench.relay", database.url, str(smtp_port)
    with running_program(supervisor, "the relay", *program) as child:
        with psycopg.connect(database.superuser_url, autocommit=True) as watch:
            child.wait_until(lambda: watch.execute(_LISTENS).fetchone() == (True,))
        yield


def _relay(database_url: str, smtp_port: int) -> None:
    with (
        smtplib.SMTP(ports.LOOPBACK, smtp_port) as client,
        psycopg.connect(database_url, autocommit=True) as connection,
    ):
        client.ehlo()
        connection.execute("listen bench_relay")
        for _ in connection.notifies():
            client.sendmail("relay@example.test", ["somebody@example.test"], _MAIL)


if __name__ == "__main__":
    _relay(sys.argv[1], int(sys.argv[2]))
