"""A small history whose figures can be worked out by hand: the example of the API page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Self
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from support.actors import as_user
from support.world import World

Figures = dict[str, Any]

FROM, TO = date(2025, 3, 3), date(2025, 3, 9)


@dataclass(frozen=True, slots=True)
class History:
    """The week from Monday, 3 March 2025, and the Monday before.

    Attributes:
        conn: A connection as role `postgres`.
        people: Ann, Bob, Cem, Dan, Eve; Marta and Milo, the mentors; Ada, an admin. By name.
        sessions: "monday", "wednesday", "friday" (cancelled) and "before". By name.
        course: Their course.
        batch: Their batch.
    """

    conn: psycopg.Connection
    people: dict[str, UUID]
    sessions: dict[str, UUID]
    course: UUID
    batch: UUID

    @classmethod
    def told(cls, conn: psycopg.Connection) -> Self:
        """Insert it; the caller commits."""
        world = World(conn)
        course = world.course("Data Engineering")
        batch = world.batch("Autumn", course=course)
        people = {
            name: world.student(name, batch=batch) for name in ("Ann", "Bob", "Cem", "Dan", "Eve")
        }
        people |= {name: world.mentor(name) for name in ("Marta", "Milo")}
        people["Ada"] = world.admin("Ada")

        def session(title: str, day: datetime, mentor: str, **columns: Any) -> UUID:
            return world.session(
                title, batch=batch, mentor=people[mentor], starts=day, minutes=60, **columns
            )

        monday = datetime(2025, 3, 3, 18, tzinfo=UTC)
        sessions = {
            "before": session("Joins", monday - timedelta(days=7), "Marta"),
            "monday": session("Windows", monday, "Marta"),
            "wednesday": session(
                "Indexes",
                monday + timedelta(days=2),
                "Milo",
                registration_required=True,
                capacity=4,
            ),
            "friday": session("Locks", monday + timedelta(days=4), "Marta"),
        }
        history = cls(conn, people, sessions, course, batch)
        conn.execute(
            "update public.success_sessions set mentor_id = %s where id = %s",
            (people["Marta"], sessions["wednesday"]),
        )
        for student in ("Ann", "Bob", "Cem"):
            world.registration(sessions["wednesday"], people[student])
        history.marta_came("monday", minutes_after_start=-2)
        history.marta_came("wednesday", minutes_after_start=6)
        for name in ("before", "monday", "wednesday"):
            history.ends(name)
        conn.execute(
            "update public.success_sessions set status = 'cancelled' where id = %s",
            (sessions["friday"],),
        )
        for name, student, status, minutes in (
            ("before", "Ann", "present", 60),
            ("before", "Bob", "absent", None),
            ("monday", "Ann", "present", 60),
            ("monday", "Bob", "late", 45),
            ("monday", "Cem", "partial", 20),
            ("monday", "Dan", "absent", None),
            ("monday", "Eve", "excused", None),
            ("wednesday", "Ann", "present", 53),
            ("wednesday", "Bob", "present", 60),
            ("wednesday", "Cem", "absent", None),
        ):
            history.attended(name, student, status, minutes)
        for student, rating in (("Ann", 5), ("Bob", 4), ("Cem", 3)):
            world.rating(sessions["monday"], people[student], rating)
        return history

    def ends(self, session: str) -> None:
        """Complete a session, as the clock does."""
        self.conn.execute(
            "update public.success_sessions set status = 'completed' where id = %s",
            (self.sessions[session],),
        )

    def attended(self, session: str, student: str, status: str, minutes: int | None) -> None:
        """A record of attendance; minutes None: presence was not measured."""
        World(self.conn).attendance(
            self.sessions[session],
            self.people[student],
            status,
            joined_at=None if minutes is None else datetime(2025, 3, 3, 18, tzinfo=UTC),
            minutes_present=minutes or 0,
        )

    def marta_came(self, session: str, *, minutes_after_start: float) -> None:
        """Marta joined a session as its host."""
        self.conn.execute(
            "select private.note_host_presence(id, mentor_id, start_time + %s)"
            " from public.success_sessions where id = %s",
            (timedelta(minutes=minutes_after_start), self.sessions[session]),
        )

    def report(
        self,
        function: str,
        who: str = "Ada",
        from_date: date | None = FROM,
        to_date: date | None = TO,
        **arguments: Any,
    ) -> list[Figures]:
        """Call a report as somebody: a dictionary for each row."""
        arguments = {"from_date": from_date, "to_date": to_date, **arguments}
        query = sql.SQL("select * from public.{}({})").format(
            sql.Identifier(function),
            sql.SQL(", ").join(
                sql.SQL("{} => {}").format(sql.Identifier(name), sql.Placeholder(name))
                for name in arguments
            ),
        )
        with as_user(self.conn, self.people[who]), self.conn.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query, arguments).fetchall()
