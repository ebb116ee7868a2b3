"""A classroom in a committed database, for tests that watch the notifier at work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg

from devstack.databases import Database
from support.actors import as_user
from support.outbox import Outbox, change
from support.world import World

MANY = 120
"""Students of a large classroom: more than one worker may leave in doubt."""


@dataclass(frozen=True, slots=True)
class Classroom:
    """A course with one batch, its students, a mentor and an admin.

    Attributes:
        conn: An autocommit connection as role `postgres`.
        database: Its database.
        course: The course.
        batch: The batch that all students are in.
        admin: Who schedules sessions.
        mentor: Who hosts them.
        students: Who is in the batch.
    """

    conn: psycopg.Connection
    database: Database
    course: UUID
    batch: UUID
    admin: UUID
    mentor: UUID
    students: tuple[UUID, ...]

    @property
    def outbox(self) -> Outbox:
        """The outbox, to look at."""
        return Outbox(self.conn)

    def schedule(self, title: str = "Week 6", *, mentor: bool = False, **session: Any) -> UUID:
        """Have the admin create a session for the batch, and commit.

        Args:
            title: Its title.
            mentor: Whether it has a host.
            **session: As for `World.session`; unless said otherwise it begins in two days.
        """
        session.setdefault("starts", timedelta(days=2))
        with self.conn.transaction(), as_user(self.conn, self.admin):
            return World(self.conn).session(
                title,
                course=self.course,
                batch=self.batch,
                mentor=self.mentor if mentor else None,
                **session,
            )

    def schedule_several(self, count: int = 3, **session: Any) -> list[UUID]:
        """Have the admin create so many sessions, a week apart, and commit them at once.

        Args:
            count: How many.
            **session: As for `schedule`.
        """
        with self.conn.transaction():
            return [
                self.schedule(f"Week {number}", starts=timedelta(weeks=number), **session)
                for number in range(1, count + 1)
            ]

    def change(self, session: UUID, **columns: Any) -> None:
        """Have the admin change a session, and commit."""
        with self.conn.transaction(), as_user(self.conn, self.admin):
            change(self.conn, session, **columns)

    def reschedule(self, session: UUID, by: timedelta = timedelta(hours=1)) -> None:
        """Have the admin move a session, and commit."""
        with self.conn.transaction(), as_user(self.conn, self.admin):
            self.conn.execute(
                "update public.success_sessions"
                " set start_time = start_time + %(by)s, end_time = end_time + %(by)s"
                " where id = %(id)s",
                {"by": by, "id": session},
            )

    def statuses(self) -> dict[str, int]:
        """How many mails are in which status."""
        rows = self.conn.execute(
            "select status::text, count(*) from notifier.emails group by status"
        ).fetchall()
        return {row[0]: row[1] for row in rows}

    def all_sent(self, mails: int) -> bool:
        """Whether so many mails are recorded as sent, and none is in any other state."""
        return self.statuses() == {"sent": mails}

    def make_due(self) -> None:
        """Make every waiting mail due, and end every lease."""
        self.outbox.let_time_pass()


@contextmanager
def open_classroom(database: Database, students: int = 3) -> Iterator[Classroom]:
    """A classroom with so many students."""
    with psycopg.connect(database.url, autocommit=True) as conn:
        world = World(conn)
        with conn.transaction():
            course = world.course("Data Analytics")
            batch = world.batch("March cohort", course=course)
            admin = world.admin("Ada Admin")
            mentor = world.mentor("Amara Okafor", timezone="Europe/Berlin")
            people = tuple(
                world.student(
                    f"Student {number}", batch=batch, email=f"student{number}@example.test"
                )
                for number in range(students)
            )
        yield Classroom(conn, database, course, batch, admin, mentor, people)
