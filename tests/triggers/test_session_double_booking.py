"""A mentor hosts one session at a time, also when two people book them at the same moment."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from devstack.databases import Database
from support.actors import as_user
from support.sessions import create, refusal, save, tomorrow
from support.world import World

START = tomorrow()
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
CONSTRAINT = "success_sessions_mentor_id_no_overlap"


@pytest.fixture
def mentor(world: World) -> UUID:
    return world.mentor()


@pytest.fixture
def first(world: World, mentor: UUID) -> UUID:
    """The hour from START."""
    return world.session("It's the first", mentor=mentor, starts=START)


@pytest.mark.parametrize(
    ("starts", "minutes"),
    [(0, 60), (-59, 60), (59, 60), (15, 30), (-60, 180)],
    ids=["same hour", "ends inside", "begins inside", "inside", "around"],
)
def test_a_second_session_over_the_first_is_refused_and_told_the_first(
    conn: psycopg.Connection, world: World, mentor: UUID, first: UUID, starts: int, minutes: int
) -> None:
    start = START + starts * MINUTE
    times = {"start_time": start, "end_time": start + minutes * MINUTE}
    elsewhere = world.session(mentor=mentor, starts=START + timedelta(days=2))

    with as_user(conn, world.admin()):
        with refusal(conn, "23P01") as on_insert:
            create(conn, mentor_id=mentor, **times)
        with refusal(conn, "23P01") as on_update:
            save(conn, elsewhere, **times)

    stamp = "%Y-%m-%dT%H:%M:%SZ"
    for refused in (on_insert, on_update):
        assert refused.message == f"mentor_id {mentor} already hosts a session at that time"
        assert refused.detail == (
            f"clash with 'It''s the first', session {first},"
            f" from {START.strftime(stamp)} to {(START + HOUR).strftime(stamp)}"
        )
        assert refused.hint == "Choose another time or another mentor."


def test_mentors_are_told_their_own_clash(
    conn: psycopg.Connection, mentor: UUID, first: UUID
) -> None:
    with as_user(conn, mentor), refusal(conn, "23P01") as refused:
        create(conn, mentor_id=mentor, start_time=START)

    assert str(first) in (refused.detail or "")


def test_giving_a_session_to_a_busy_mentor_is_refused(
    conn: psycopg.Connection, world: World, mentor: UUID, first: UUID
) -> None:
    unassigned = world.session(starts=START)
    with as_user(conn, world.admin()), refusal(conn, "23P01") as refused:
        save(conn, unassigned, mentor_id=mentor)

    assert str(first) in (refused.detail or "")


@pytest.mark.parametrize("starts", [-60, 60], ids=["just before", "just after"])
def test_sessions_may_touch(
    conn: psycopg.Connection, world: World, mentor: UUID, first: UUID, starts: int
) -> None:
    with as_user(conn, world.admin()):
        assert create(conn, mentor_id=mentor, start_time=START + starts * MINUTE)


@pytest.mark.parametrize("status", ["completed", "cancelled"])
def test_what_is_over_or_called_off_books_nobody(
    conn: psycopg.Connection, world: World, mentor: UUID, status: str
) -> None:
    world.session(mentor=mentor, starts=START, status=status)
    with as_user(conn, world.admin()):
        assert create(conn, mentor_id=mentor, start_time=START)


def test_other_mentors_and_sessions_without_one_do_not_clash(
    conn: psycopg.Connection, world: World, mentor: UUID, first: UUID
) -> None:
    other = world.mentor("Another")
    with as_user(conn, world.admin()):
        assert create(conn, mentor_id=other, start_time=START)
        assert create(conn, mentor_id=None, start_time=START)
        assert create(conn, mentor_id=None, start_time=START)


def test_a_session_does_not_clash_with_itself(
    conn: psycopg.Connection, world: World, mentor: UUID, first: UUID
) -> None:
    with as_user(conn, world.admin()):
        moved = save(conn, first, start_time=START + 30 * MINUTE, end_time=START + 90 * MINUTE)

    assert moved["start_time"] == START + 30 * MINUTE


def test_two_sessions_of_one_statement_clash(
    conn: psycopg.Connection, world: World, mentor: UUID
) -> None:
    with as_user(conn, world.admin()), refusal(conn, "23P01"):
        conn.execute(
            """
            insert into public.success_sessions (title, start_time, link, mentor_id)
            select 'Twice', %s, 'https://zoom.us/j/1', %s from generate_series(1, 2)
            """,
            (START, mentor),
        )


# -- At the same moment -----------------------------------------------------------------

WRITERS = 8


def book_at_once(database: Database, statements: list[tuple[str, dict[str, Any]]]) -> Counter[str]:
    """Run each statement on a connection of its own, all released at one moment, and commit.

    Returns:
        How often each outcome came: "booked", or the SQLSTATE of the refusal.
    """
    outcomes: Counter[str] = Counter()
    ready = threading.Barrier(len(statements))

    def book(statement: str, values: dict[str, Any]) -> None:
        with psycopg.connect(database.url) as connection:
            connection.execute("select 1")
            ready.wait(timeout=30)
            try:
                connection.execute(statement, values)
                connection.commit()
            except psycopg.Error as error:
                outcomes[error.sqlstate or "?"] += 1
            else:
                outcomes["booked"] += 1

    threads = [threading.Thread(target=book, args=each) for each in statements]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return outcomes


def bookings(database: Database) -> int:
    with psycopg.connect(database.url) as connection:
        row = connection.execute("select count(*) from public.success_sessions").fetchone()
        assert row is not None
        count: int = row[0]
        return count


def overlapping(mentor: UUID) -> list[tuple[str, dict[str, Any]]]:
    """Inserts of which any two overlap."""
    return [
        (
            "insert into public.success_sessions (title, start_time, link, mentor_id)"
            " values ('Rush', %(start)s, 'https://zoom.us/j/1', %(mentor)s)",
            {"start": START + n * MINUTE, "mentor": mentor},
        )
        for n in range(WRITERS)
    ]


def new_mentor(database: Database) -> UUID:
    with psycopg.connect(database.url) as connection:
        return World(connection).mentor()


def test_of_many_simultaneous_bookings_exactly_one_holds(database: Database) -> None:
    outcomes = book_at_once(database, overlapping(new_mentor(database)))

    assert outcomes == {"booked": 1, "23P01": WRITERS - 1}
    assert bookings(database) == 1


def test_of_many_simultaneous_assignments_exactly_one_holds(database: Database) -> None:
    with psycopg.connect(database.url) as connection:
        world = World(connection)
        mentor = world.mentor()
        sessions = [world.session(starts=START) for _ in range(WRITERS)]
    assign = "update public.success_sessions set mentor_id = %(mentor)s where id = %(session)s"

    outcomes = book_at_once(
        database, [(assign, {"mentor": mentor, "session": session}) for session in sessions]
    )

    assert outcomes == {"booked": 1, "23P01": WRITERS - 1}


def hold(connection: psycopg.Connection, mentor: UUID) -> None:
    """Book without committing."""
    create(connection, mentor_id=mentor, start_time=START)


def wait_until_blocked(watch: psycopg.Connection, pid: int) -> None:
    """Wait until that backend waits for another transaction."""
    deadline = datetime.now(UTC) + 20 * timedelta(seconds=1)
    while True:
        row = watch.execute(
            "select cardinality(pg_catalog.pg_blocking_pids(%s))", (pid,)
        ).fetchone()
        assert row is not None
        if row[0]:
            return
        assert datetime.now(UTC) < deadline, "the second writer never waited"


def second_writer_meets_the_first(database: Database, mentor: UUID, first_commits: bool) -> str:
    """The second books while the first has booked and not yet committed.

    Only the constraint can stop it: the trigger that names the clash cannot see the first's row.
    """
    outcome: list[str] = []
    with (
        psycopg.connect(database.url) as one,
        psycopg.connect(database.url) as two,
        psycopg.connect(database.url, autocommit=True) as watch,
    ):
        hold(one, mentor)

        def book_too() -> None:
            try:
                hold(two, mentor)
                two.commit()
            except psycopg.Error as error:
                outcome.append(f"{error.sqlstate} {error.diag.constraint_name}")
            else:
                outcome.append("booked")

        second = threading.Thread(target=book_too)
        second.start()
        wait_until_blocked(watch, two.info.backend_pid)
        if first_commits:
            one.commit()
        else:
            one.rollback()
        second.join(timeout=60)
    return outcome[0]


def test_the_second_writer_waits_for_the_first_and_is_refused(database: Database) -> None:
    mentor = new_mentor(database)

    assert second_writer_meets_the_first(database, mentor, True) == f"23P01 {CONSTRAINT}"
    assert bookings(database) == 1


def test_the_second_writer_books_when_the_first_gives_up(database: Database) -> None:
    assert second_writer_meets_the_first(database, new_mentor(database), False) == "booked"


def test_without_the_constraint_two_writers_would_both_book(database: Database) -> None:
    """The control of the tests above: it is the constraint that holds."""
    mentor = new_mentor(database)
    with psycopg.connect(database.url) as connection:
        connection.execute(f"alter table public.success_sessions drop constraint {CONSTRAINT}")
    with psycopg.connect(database.url) as one, psycopg.connect(database.url) as two:
        hold(one, mentor)
        hold(two, mentor)

    assert bookings(database) == 2
