"""Mails that wait: queued as an admin and the notifier queue them, with no notifier at work."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from bench import world
from bench.harness import Run
from bench.request import Request, open_requests
from devstack.databases import Database

_SCHEDULE = Path(__file__).parent / "queries" / "schedule.sql"

PAGE = 50_000
"""Mails that one statement queues at most."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """The queue of a database with one batch of students.

    Attributes:
        database: The database.
        request: An admin's request for a new session.
    """

    database: Database
    request: Request

    def add(self, number: int) -> None:
        """Let an admin create a session, and queue a mail for every student.

        Args:
            number: Tells the sessions apart.
        """
        # Far enough away that there is nothing to be reminded of yet.
        start = datetime.now(UTC) + timedelta(days=3 + number)
        self.request.seconds(world.ADMIN, start.isoformat(), str(world.id_of("batch", 1)))
        with psycopg.connect(self.database.notifier_url, autocommit=True) as connection:
            expand = "select more from notifier.expand_events(%s)"
            while connection.execute(expand, (PAGE,)).fetchone() == (True,):
                pass

    def waiting(self) -> int:
        """How many mails wait to be sent."""
        with psycopg.connect(self.database.superuser_url) as connection:
            row = connection.execute(
                "select count(*)::integer from notifier.emails where status = 'queued'"
            ).fetchone()
        return int(row[0]) if row else 0


@contextmanager
def made(run: Run, students: int, *, suffix: str) -> Iterator[Backlog]:
    """A database of its own with so many students, whose queue is empty.

    Args:
        run: What the row is given.
        students: How many there are.
        suffix: Tells several of one run apart.
    """
    settings: Mapping[str, object] = {
        "students": students,
        "mentors": 0,
        "audiences": f"{{{students}}}",
    }
    with (
        world.made(run.project(), "audiences", settings, suffix=suffix) as database,
        open_requests() as requests,
    ):
        schedule = requests.open(
            database.authenticator_url, "authenticated", _SCHEDULE.read_text(), writes=True
        )
        yield Backlog(database, schedule)
