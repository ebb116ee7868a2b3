"""A mentor hosts one session at a time, also when two people book them at the same moment."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from devstack.databases import Database
from support.actors import as_user
from support.rush import is_blocked
from support.sessions import create, refusal, save, tomorrow
from support.waiting import wait_until
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


def test_of_several_clashes_another_session_is_told_before_time_off(
    conn: psycopg.Connection, world: World, mentor: UUID, first: UUID
) -> None:
    conn.execute(
        "insert into public.mentor_time_off (mentor_id, start_time, end_time) values (%s, %s, %s)",
        (mentor, START - HOUR, START + HOUR),
    )
    with as_user(conn, world.admin()), refusal(conn, "23P01") as refused:
        create(conn, mentor_id=mentor, start_time=START)

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


def book(connection: psycopg.Connection, mentor: UUID, *starts: datetime) -> None:
    """Book in one statement, without committing."""
    connection.execute(
        """
        insert into public.success_sessions (title, start_time, link, mentor_id)
        select 'Rush', slot, 'https://zoom.us/j/1', %s from unnest(%s::timestamptz[]) as slot
        """,
        (mentor, list(starts)),
    )


def second_writer_meets_the_first(database: Database, mentor: UUID, first_commits: bool) -> str:
    """The second books while the first has booked and not yet committed.

    Returns:
        "booked", or the SQLSTATE of the refusal and its detail.
    """
    outcome: list[str] = []
    with (
        psycopg.connect(database.url) as one,
        psycopg.connect(database.url) as two,
        psycopg.connect(database.url, autocommit=True) as watch,
    ):
        book(one, mentor, START)

        def book_too() -> None:
            try:
                book(two, mentor, START)
                two.commit()
            except psycopg.Error as error:
                outcome.append(f"{error.sqlstate} {error.diag.message_detail}")
            else:
                outcome.append("booked")

        second = threading.Thread(target=book_too)
        second.start()
        wait_until(
            lambda: outcome or is_blocked(watch, two.info.backend_pid),
            "the second writer waits or is through",
        )
        if first_commits:
            one.commit()
        else:
            one.rollback()
        second.join(timeout=60)
    return outcome[0]


def alter(database: Database, change: str) -> None:
    with psycopg.connect(database.url) as connection:
        connection.execute(f"alter table public.success_sessions {change}".encode())


WITHOUT_TRIGGER = "disable trigger success_sessions_5_double_booking"
WITHOUT_CONSTRAINT = f"drop constraint {CONSTRAINT}"


def test_the_second_writer_waits_for_the_first_and_is_told_the_clash(database: Database) -> None:
    outcome = second_writer_meets_the_first(database, new_mentor(database), True)

    assert outcome.startswith("23P01 clash with 'Rush'")
    assert bookings(database) == 1


def test_the_second_writer_books_when_the_first_gives_up(database: Database) -> None:
    assert second_writer_meets_the_first(database, new_mentor(database), False) == "booked"


def test_the_constraint_alone_holds(database: Database) -> None:
    alter(database, WITHOUT_TRIGGER)

    outcome = second_writer_meets_the_first(database, new_mentor(database), True)

    assert outcome.startswith("23P01 Key (mentor_id,")
    assert bookings(database) == 1


def test_with_neither_both_would_book(database: Database) -> None:
    """The control: dropping the constraint is what opens the door."""
    alter(database, WITHOUT_TRIGGER)
    alter(database, WITHOUT_CONSTRAINT)

    assert second_writer_meets_the_first(database, new_mentor(database), True) == "booked"
    assert bookings(database) == 2


def test_the_trigger_alone_does_not_hold_for_a_writer_with_an_old_snapshot(
    database: Database,
) -> None:
    """Why there is a constraint although the trigger makes writers take turns."""

    def with_an_old_snapshot() -> str:
        mentor = new_mentor(database)
        with psycopg.connect(database.url) as one, psycopg.connect(database.url) as two:
            two.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            two.execute("select 1 from public.success_sessions")
            book(one, mentor, START)
            one.commit()
            try:
                book(two, mentor, START)
            except psycopg.Error as error:
                return str(error.sqlstate)
        return "booked"

    assert with_an_old_snapshot() == "23P01"
    alter(database, WITHOUT_CONSTRAINT)
    assert with_an_old_snapshot() == "booked"


def test_plans_of_many_mentors_in_opposite_orders_do_not_fail_each_other(
    database: Database,
) -> None:
    """Taking turns must not make a deadlock of writers who would not clash at all."""
    mentors = [new_mentor(database), new_mentor(database)]
    failures: list[psycopg.Error] = []
    with (
        psycopg.connect(database.url) as one,
        psycopg.connect(database.url) as two,
        psycopg.connect(database.url, autocommit=True) as watch,
    ):
        book(one, mentors[0], START)
        book(two, mentors[1], START + HOUR)

        def go_on(connection: psycopg.Connection, mentor: UUID, start: datetime) -> None:
            try:
                book(connection, mentor, start)
                connection.commit()
            except psycopg.Error as error:
                failures.append(error)

        threads = [
            threading.Thread(target=go_on, args=(one, mentors[1], START)),
            threading.Thread(target=go_on, args=(two, mentors[0], START + HOUR)),
        ]
        threads[0].start()
        wait_until(lambda: is_blocked(watch, one.info.backend_pid), "the first waits")
        threads[1].start()
        for thread in threads:
            thread.join(timeout=60)

    assert failures == []
    assert bookings(database) == 4


def test_what_takes_up_no_new_time_waits_for_nobody(database: Database) -> None:
    """The clock moves many sessions of many mentors in one statement."""
    with psycopg.connect(database.url) as connection:
        world = World(connection)
        mentor = world.mentor()
        world.session(mentor=mentor, starts=-MINUTE)
    with psycopg.connect(database.url) as one, psycopg.connect(database.url) as two:
        book(one, mentor, START)
        two.execute("set local lock_timeout = '5s'")
        moved = two.execute("select started from notifier.tick()").fetchone()

    assert moved == (1,)
