"""The statistics of sessions are what a recount would find, whatever happened, and at once."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from devstack.databases import Database
from support.figures import History
from support.rush import Statement, at_once, attempt, is_blocked, started
from support.world import World

STATUSES = ("present", "late", "partial", "absent", "excused")
STEPS = (*range(5, 61, 5), 75, 90, 120, 180, 240, 1440)


def differing(conn: psycopg.Connection) -> list[Any]:
    """What a recount by the database finds wrong."""
    return conn.execute("select * from private.check_session_statistics()").fetchall()


def kept(conn: psycopg.Connection, session: UUID) -> dict[str, Any]:
    """The statistics of a session."""
    row = conn.execute(
        "select to_jsonb(statistics) from private.session_statistics as statistics"
        " where session_id = %s",
        (session,),
    ).fetchone()
    assert row is not None
    return dict(row[0])


def counted_by_hand(conn: psycopg.Connection, session: UUID) -> dict[str, int]:
    """The same counts, made here from the rows; none before the session is completed."""
    row = conn.execute(
        "select status, capacity from public.success_sessions where id = %s", (session,)
    ).fetchone()
    assert row is not None
    counts = dict.fromkeys((*STATUSES, "minutes", "registered", "ratings", "rating_points"), 0)
    counts |= {f"minutes_to_{step}": 0 for step in STEPS}
    counts["seats"] = 0
    if row[0] != "completed":
        return counts
    counts["seats"] = row[1] or 0
    for status, joined_at, minutes in conn.execute(
        "select status, joined_at, minutes_present from public.session_attendance"
        " where session_id = %s",
        (session,),
    ):
        counts[status] += 1
        if joined_at is not None and status in ("present", "late", "partial"):
            counts["minutes"] += minutes
            counts[f"minutes_to_{next(step for step in STEPS if minutes <= step)}"] += 1
    for (status,) in conn.execute(
        "select status from public.session_registrations where session_id = %s", (session,)
    ):
        counts["registered"] += status == "registered"
    for (rating,) in conn.execute(
        "select rating from public.session_ratings where session_id = %s", (session,)
    ):
        counts["ratings"] += 1
        counts["rating_points"] += rating
    return counts


# -- Whatever happens ------------------------------------------------------------------------------


class Life:
    """Everything that may happen to a few sessions, at random, many rows at a time."""

    def __init__(self, conn: psycopg.Connection, seed: int) -> None:
        self.conn = conn
        self.world = World(conn)
        self.chance = random.Random(seed)
        self.batch = self.world.batch()
        self.other_course = self.world.course()
        self.mentors = [self.world.mentor(f"Mentor {number}") for number in range(3)]
        self.students = [
            self.world.student(f"Student {number}", batch=self.batch) for number in range(6)
        ]
        self.sessions: list[UUID] = []
        for _ in range(4):
            self.scheduled()

    @property
    def happenings(self) -> list[Callable[[], None]]:
        return [
            *[self.attended, self.corrected, self.registered, self.changed] * 3,
            *[self.completed, self.rated, self.removed, self.host_came] * 2,
            *(self.scheduled, self.deleted, self.left, self.ticked),
        ]

    def scheduled(self) -> None:
        seats = self.chance.choice([None, 3])
        self.sessions.append(
            self.world.session(
                batch=self.batch,
                mentor=self.chance.choice([*self.mentors, None]),
                # Apart, so that no mentor is booked twice.
                starts=timedelta(hours=-2 * len(self.sessions) - 1, minutes=-self.chance.random()),
                minutes=self.chance.choice([30, 60, 61.5]),
                registration_required=seats is not None,
                capacity=seats,
                status=self.chance.choice(["upcoming", "upcoming", "completed"]),
            )
        )

    def attended(self) -> None:
        for student in self.some(self.students):
            self.conn.execute(
                "insert into public.session_attendance as known"
                " (session_id, student_id, status, joined_at, minutes_present, source)"
                " select session_id, %s, %s, %s, %s, 'join'"
                " from unnest(%s::uuid[]) as session_id"
                " on conflict on constraint session_attendance_pkey"
                " do update set status = excluded.status,"
                " minutes_present = known.minutes_present / 2",
                (
                    student,
                    self.chance.choice(STATUSES),
                    self.chance.choice([None, datetime.now(UTC)]),
                    self.chance.choice([0, 5, 6, 60, 61, 75, 240, 1440]),
                    self.some(self.sessions),
                ),
            )

    def corrected(self) -> None:
        self.conn.execute(
            "update public.session_attendance set status = %s, minutes_present = %s"
            " where session_id = any(%s) and student_id = any(%s)",
            (
                self.chance.choice(STATUSES),
                self.chance.randrange(1440),
                self.some(self.sessions),
                self.some(self.students),
            ),
        )

    def registered(self) -> None:
        self.conn.execute(
            "insert into public.session_registrations (session_id, student_id, status)"
            " select session_id, student_id, %s"
            " from unnest(%s::uuid[]) as session_id, unnest(%s::uuid[]) as student_id"
            " on conflict on constraint session_registrations_pkey"
            " do update set status = excluded.status",
            (
                self.chance.choice(["registered", "waitlisted", "cancelled"]),
                self.some(self.sessions),
                self.some(self.students),
            ),
        )

    def rated(self) -> None:
        self.conn.execute(
            "insert into public.session_ratings (session_id, student_id, rating)"
            " select session_id, student_id, %s"
            " from unnest(%s::uuid[]) as session_id, unnest(%s::uuid[]) as student_id"
            " on conflict on constraint session_ratings_pkey"
            " do update set rating = excluded.rating",
            (self.chance.randint(1, 5), self.some(self.sessions), self.some(self.students)),
        )

    def removed(self) -> None:
        table = self.chance.choice(
            ["session_attendance", "session_registrations", "session_ratings"]
        )
        self.conn.execute(
            f"delete from public.{table} where session_id = any(%s)"  # noqa: S608
            " and student_id = any(%s)".encode(),
            (self.some(self.sessions), self.some(self.students)),
        )

    def changed(self) -> None:
        change = self.chance.choice(
            [
                "end_time = end_time + interval '7 minutes'",
                f"mentor_id = '{self.chance.choice(self.mentors)}'",
                "mentor_id = null",
                f"course_id = '{self.other_course}', batch_id = null",
                "session_type = 'group_coaching'",
                "registration_required = true, capacity = 5",
                "registration_required = false, capacity = null, registration_closes_at = null",
                "title = 'Renamed'",
                "status = 'cancelled'",
            ]
        )
        self.try_to(
            f"update public.success_sessions set {change} where id = any(%s)",  # noqa: S608
            self.some(self.sessions),
        )

    def completed(self) -> None:
        self.try_to(
            "update public.success_sessions set status = 'completed'"
            " where status in ('upcoming', 'live') and id = any(%s)",
            self.some(self.sessions),
        )

    def host_came(self) -> None:
        self.conn.execute(
            "select private.note_host_presence(id, mentor_id, start_time + %s)"
            " from public.success_sessions where id = any(%s) and mentor_id is not null",
            (timedelta(minutes=self.chance.randint(-5, 20)), self.some(self.sessions)),
        )

    def deleted(self) -> None:
        if len(self.sessions) > 3:
            gone = self.sessions.pop(self.chance.randrange(len(self.sessions)))
            self.conn.execute("delete from notifier.emails where session_id = %s", (gone,))
            self.conn.execute("delete from notifier.events where session_id = %s", (gone,))
            self.try_to("delete from public.success_sessions where id = any(%s)", [gone])

    def left(self) -> None:
        gone = self.students.pop(self.chance.randrange(len(self.students)))
        self.conn.execute("delete from auth.users where id = %s", (gone,))
        self.students.append(self.world.student("Newcomer", batch=self.batch))

    def ticked(self) -> None:
        self.conn.execute("select notifier.tick()")
        while self.conn.execute("select more from notifier.expand_events()").fetchone() == (True,):
            pass

    def some(self, of: list[UUID]) -> list[UUID]:
        return self.chance.sample(of, self.chance.randint(1, min(3, len(of))))

    def try_to(self, statement: str, ids: list[UUID]) -> None:
        """Some of it is refused, as it should be: then nothing is changed."""
        try:
            with self.conn.transaction():
                self.conn.execute(statement.encode(), (ids,))
        except psycopg.Error as error:
            if error.sqlstate not in ("PT409", "22023", "23P01", "23503"):
                raise


def test_after_any_history_the_statistics_are_a_recount(conn: psycopg.Connection) -> None:
    happened: Counter[str] = Counter()
    for seed in range(4):
        with conn.transaction(force_rollback=True):
            life = Life(conn, seed)
            for step in range(60):
                life.chance.choice(life.happenings)()
                assert differing(conn) == [], (seed, step)
                if step % 10 == 9:
                    for session in life.sessions:
                        by_hand = counted_by_hand(conn, session)
                        statistics = kept(conn, session)
                        assert {name: statistics[name] for name in by_hand} == by_hand
                        happened.update(by_hand)
    assert all(happened[name] for name in (*STATUSES, "minutes", "registered", "ratings", "seats"))


def test_students_are_counted_from_the_moment_a_session_is_completed(world: World) -> None:
    batch = world.batch()
    session = world.session(batch=batch, starts=timedelta(hours=-2), status="live")
    world.attendance(session, world.student(batch=batch))
    assert kept(world.conn, session)["present"] == 0

    world.conn.execute(
        "update public.success_sessions set status = 'completed' where id = %s", (session,)
    )
    assert kept(world.conn, session)["present"] == 1
    world.attendance(session, world.student(batch=batch), "absent")
    assert kept(world.conn, session)["absent"] == 1


def test_what_was_loaded_past_the_triggers_is_found_and_put_right(
    conn: psycopg.Connection,
) -> None:
    history = History.told(conn)
    assert differing(conn) == []
    before = kept(conn, history.sessions["monday"])
    conn.execute(
        "delete from private.session_statistics where session_id = %s",
        (history.sessions["friday"],),
    )
    conn.execute(
        "update private.session_statistics set present = present + 1, minutes_to_60 = 9"
        " where session_id = %s",
        (history.sessions["monday"],),
    )

    found = {session: (is_kept, recounted) for session, is_kept, recounted in differing(conn)}
    assert set(found) == {history.sessions["friday"], history.sessions["monday"]}
    assert found[history.sessions["friday"]][0] is None
    assert found[history.sessions["monday"]] == (
        before | {"present": before["present"] + 1, "minutes_to_60": 9},
        before,
    )
    assert conn.execute("select private.rebuild_session_statistics()").fetchone() == (2,)
    assert differing(conn) == []
    assert kept(conn, history.sessions["monday"]) == before
    assert conn.execute("select private.rebuild_session_statistics()").fetchone() == (0,)


def test_an_update_of_nothing_that_counts_leaves_the_statistics_alone(world: World) -> None:
    session = world.session()
    world.conn.execute("savepoint before")

    def version() -> object:
        return world.conn.execute(
            "select xmin, ctid from private.session_statistics where session_id = %s", (session,)
        ).fetchone()

    before = version()
    world.conn.execute("update public.success_sessions set title = 'Renamed'")
    assert version() == before
    world.conn.execute(
        "update public.success_sessions set capacity = null, end_time = end_time"
        " + interval '1 minute'"
    )
    assert version() != before


# -- At the same time ------------------------------------------------------------------------------


def live_session(database: Database, *, students: int) -> tuple[UUID, list[UUID]]:
    """A session that has begun, and who is in its audience; committed."""
    with psycopg.connect(database.url) as conn:
        world = World(conn)
        batch = world.batch()
        people = [world.student(f"Student {number}", batch=batch) for number in range(students)]
        return world.session(batch=batch, starts=timedelta(hours=-2), status="live"), people


def attend(session: UUID, student: UUID, status: str = "present") -> Statement:
    return (
        "insert into public.session_attendance"
        " (session_id, student_id, status, joined_at, minutes_present, source)"
        " values (%(session)s, %(student)s, %(status)s, now(), 60, 'join')"
        " on conflict on constraint session_attendance_pkey do update set status = excluded.status",
        {"session": session, "student": student, "status": status},
    )


def complete(session: UUID) -> Statement:
    return (
        "update public.success_sessions set status = 'completed' where id = %(session)s",
        {"session": session},
    )


def test_those_who_join_at_the_same_moment_do_not_wait_for_each_other(database: Database) -> None:
    session, students = live_session(database, students=2)
    with (
        psycopg.connect(database.url, autocommit=True) as watch,
        psycopg.connect(database.url) as one,
        psycopg.connect(database.url) as other,
    ):
        one.execute(*_bytes(attend(session, students[0])))
        # Not committed; the other is through all the same.
        with started(watch, other, lambda: attempt(other, attend(session, students[1]))) as second:
            assert not is_blocked(watch, other.info.backend_pid)
            assert second.result(timeout=60) == "done"
        one.commit()


def test_whoever_completes_a_session_waits_for_those_who_are_joining_and_counts_them(
    database: Database,
) -> None:
    session, [student] = live_session(database, students=1)
    with (
        psycopg.connect(database.url, autocommit=True) as watch,
        psycopg.connect(database.url) as joining,
        psycopg.connect(database.url) as completing,
    ):
        joining.execute(*_bytes(attend(session, student)))
        with started(
            watch, completing, lambda: attempt(completing, complete(session))
        ) as completed:
            assert is_blocked(watch, completing.info.backend_pid)
            joining.commit()
            assert completed.result(timeout=60) == "done"
        assert kept(watch, session)["present"] == 1
        assert differing(watch) == []


def test_whoever_joins_while_a_session_is_being_completed_counts_themselves(
    database: Database,
) -> None:
    session, [student] = live_session(database, students=1)
    with (
        psycopg.connect(database.url, autocommit=True) as watch,
        psycopg.connect(database.url) as completing,
        psycopg.connect(database.url) as joining,
    ):
        completing.execute(*_bytes(complete(session)))
        with started(watch, joining, lambda: attempt(joining, attend(session, student))) as joined:
            assert is_blocked(watch, joining.info.backend_pid)
            completing.commit()
            assert joined.result(timeout=60) == "done"
        assert kept(watch, session)["present"] == 1
        assert differing(watch) == []


def test_without_the_shared_lock_a_student_would_be_lost(database: Database) -> None:
    """The control: the same race, the guard taken away."""
    session, [student] = live_session(database, students=1)
    with (
        psycopg.connect(database.url, autocommit=True) as watch,
        psycopg.connect(database.url) as joining,
    ):
        watch.execute(
            """
            create or replace function private.hold_session_statistics(session_ids uuid[])
            returns uuid[] language sql set search_path = pg_catalog, pg_temp as $$
            select coalesce(array_agg(statistics.session_id), '{}')
            from private.session_statistics as statistics
            where statistics.session_id = any(session_ids) and statistics.status = 'completed'
            $$
            """
        )
        joining.execute(*_bytes(attend(session, student)))
        watch.execute(*_bytes(complete(session)))
        joining.commit()
        assert kept(watch, session)["present"] == 0
        assert [row[0] for row in differing(watch)] == [session]


def test_many_writers_at_once_leave_a_recount(database: Database) -> None:
    sessions, statements = [], []
    for number in range(3):
        session, students = live_session(database, students=4)
        sessions.append(session)
        chance = random.Random(number)
        statements += [attend(session, student, chance.choice(STATUSES)) for student in students]
        statements += [attend(session, student, "late") for student in students[:2]]
        statements.append(complete(session))
    random.Random(1).shuffle(statements)

    assert at_once(database, statements) == {"done": len(statements)}
    with psycopg.connect(database.url) as conn:
        assert differing(conn) == []
        assert sum(kept(conn, session)[status] for session in sessions for status in STATUSES) == 12

    again = [
        attend(session, student, chance.choice(STATUSES))
        for session in sessions
        for student in _students_of(database, session)
    ]
    assert at_once(database, again) == {"done": len(again)}
    with psycopg.connect(database.url) as conn:
        assert differing(conn) == []


def _students_of(database: Database, session: UUID) -> list[UUID]:
    with psycopg.connect(database.url) as conn:
        rows = conn.execute(
            "select student_id from public.session_attendance where session_id = %s", (session,)
        )
        return [row[0] for row in rows]


def _bytes(statement: Statement) -> tuple[bytes, dict[str, Any]]:
    return statement[0].encode(), statement[1]


def test_two_users_deleted_at_once_do_not_wait_for_each_other_in_a_circle(
    database: Database,
) -> None:
    """Seats go with one statement and attendance with another: two of them met crosswise."""
    with psycopg.connect(database.url) as conn:
        world = World(conn)
        people = [world.student(f"Student {number}") for number in range(8)]
        sessions = [world.session(starts=timedelta(days=-1), status="completed") for _ in range(6)]
        for number, student in enumerate(people):
            chance = random.Random(number)
            for session in chance.sample(sessions, 4):
                world.attendance(session, student)
            for session in chance.sample(sessions, 3):
                world.registration(session, student)

    gone = [("delete from auth.users where id = %(id)s", {"id": student}) for student in people]
    assert at_once(database, gone) == {"done": 8}
    with psycopg.connect(database.url) as conn:
        assert differing(conn) == []
        assert {kept(conn, session)["present"] for session in sessions} == {0}
