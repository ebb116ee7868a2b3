"""Many students at one moment: no seat is given twice, none is left over, none outlives access."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import UUID

import psycopg
import pytest

from devstack.databases import Database
from support.rush import Request, act_as, attempt, requests_at_once, started
from support.seats import seated, told, waitlist
from support.sessions import tomorrow
from support.world import World

START = tomorrow()


@dataclass(frozen=True, slots=True)
class Crowd:
    """A session with few seats and many students, committed.

    Attributes:
        database: The database.
        conn: An autocommit connection as role `postgres`.
        manager: A manager.
        batch: The students' batch.
        students: Thirty students.
        session: A session of theirs with five seats.
    """

    database: Database
    conn: psycopg.Connection
    manager: UUID
    batch: UUID
    students: list[UUID]
    session: UUID

    def at_once(self, *requests: Request) -> Counter[str]:
        """Send each request on a connection of its own, all at one moment; see `rush`."""
        return requests_at_once(self.database, requests)

    def meeting(self, first: Request, second: Request) -> tuple[str, str]:
        """Let the second request come while the first has not committed.

        Returns:
            Whether the second waited for the first, and its outcome.
        """
        with (
            psycopg.connect(self.database.url) as one,
            psycopg.connect(self.database.url) as two,
            psycopg.connect(self.database.url, autocommit=True) as watch,
        ):
            user, (query, values) = first
            assert user is not None
            act_as(one, user)
            one.execute(query.encode(), values)
            with started(watch, two, lambda: attempt(two, second[1], user=second[0])) as other:
                waited = "went on" if other.done() else "waited"
                one.commit()
            return waited, other.result()

    def without(self, function: str, guard: str) -> None:
        """Take a line of a lock out of a function, as role `postgres`.

        Args:
            function: Its name.
            guard: The line before and the lock; the line before stays.
        """
        row = self.conn.execute("select pg_get_functiondef(%s::regproc)", (function,)).fetchone()
        assert row is not None
        before = str(row[0])
        after = before.replace(guard, f"{guard.splitlines()[0]};")
        assert before != after, f"{function} has no such guard"
        self.conn.execute(after.encode())

    def registering(self, student: UUID) -> Request:
        return student, ("select public.register_for_session(%(id)s)", {"id": self.session})

    def cancelling(self, student: UUID) -> Request:
        return student, ("select public.cancel_registration(%(id)s)", {"id": self.session})

    def resizing(self, capacity: int | None) -> Request:
        return self.manager, (
            "update public.success_sessions set capacity = %(capacity)s where id = %(id)s",
            {"id": self.session, "capacity": capacity},
        )

    def enrolling(self, student: UUID, status: str) -> Request:
        return self.manager, (
            "update public.course_enrollments set status = %(status)s"
            " where student_id = %(student)s",
            {"student": student, "status": status},
        )

    def inviting(self, student: UUID) -> Request:
        return self.manager, (
            "insert into public.session_participants (session_id, user_id)"
            " values (%(id)s, %(student)s) on conflict do nothing",
            {"id": self.session, "student": student},
        )

    def uninviting(self, student: UUID) -> Request:
        return self.manager, (
            "delete from public.session_participants"
            " where session_id = %(id)s and user_id = %(student)s",
            {"id": self.session, "student": student},
        )

    def do(self, *requests: Request) -> None:
        """Send requests one after the other; all succeed."""
        with psycopg.connect(self.database.url) as connection:
            for user, statement in requests:
                assert attempt(connection, statement, user=user) == "done"


@pytest.fixture
def crowd(database: Database) -> Iterator[Crowd]:
    with psycopg.connect(database.url, autocommit=True) as conn:
        world = World(conn)
        with conn.transaction():
            batch = world.batch()
            made = Crowd(
                database,
                conn,
                world.enrollment_manager(),
                batch,
                [world.student(f"Student {number}", batch=batch) for number in range(30)],
                world.session(batch=batch, starts=START, registration_required=True, capacity=5),
            )
        yield made


REGISTER = "public.register_for_session"
SESSION_LOCK = """where session.id = v_session.id
    for no key update;"""
ENROLLMENT_LOCK = """and enrollment.course_id = v_course_id
    for share;"""


# -- Taking seats ----------------------------------------------------------------------------------


def test_of_thirty_students_five_get_the_seats_and_the_others_wait(crowd: Crowd) -> None:
    outcomes = crowd.at_once(*map(crowd.registering, crowd.students))

    assert outcomes == {"done": 30}
    seats, queue = seated(crowd.conn, crowd.session), waitlist(crowd.conn, crowd.session)
    assert (len(seats), len(queue)) == (5, 25)
    assert seats | set(queue) == set(crowd.students)
    confirmed = told(crowd.conn, crowd.session)
    assert (len(confirmed), {student for student, _ in confirmed}) == (5, seats)


def test_many_clicks_of_one_student_are_one_seat_and_one_mail(crowd: Crowd) -> None:
    sam = crowd.students[0]

    assert crowd.at_once(*[crowd.registering(sam)] * 12) == {"done": 12}
    assert seated(crowd.conn, crowd.session) == {sam}
    assert told(crowd.conn, crowd.session) == [(sam, "registration_confirmed")]


@pytest.mark.parametrize("guarded", [True, False])
def test_the_second_waits_for_the_first_and_there_is_no_seat_left(
    crowd: Crowd, guarded: bool
) -> None:
    sam, sita = crowd.students[:2]
    crowd.do(crowd.resizing(1))
    if not guarded:
        crowd.without(REGISTER, SESSION_LOCK)

    outcome = crowd.meeting(crowd.registering(sam), crowd.registering(sita))

    assert outcome == ("waited", "done") or not guarded
    assert seated(crowd.conn, crowd.session) == ({sam} if guarded else {sam, sita})


# -- Giving them back ------------------------------------------------------------------------------


def test_seats_given_back_while_others_come_are_all_filled_and_told_once(crowd: Crowd) -> None:
    leaving, waiting, coming = crowd.students[:5], crowd.students[5:12], crowd.students[12:]
    crowd.do(*map(crowd.registering, leaving + waiting))

    outcomes = crowd.at_once(*map(crowd.cancelling, leaving), *map(crowd.registering, coming))

    assert outcomes == {"done": 5 + len(coming)}
    # Whoever waited already is before whoever came meanwhile.
    assert seated(crowd.conn, crowd.session) == set(waiting[:5])
    assert waitlist(crowd.conn, crowd.session)[:2] == waiting[5:]
    assert set(waitlist(crowd.conn, crowd.session)[2:]) == set(coming)
    promoted = [who for who, kind in told(crowd.conn, crowd.session) if kind == "waitlist_promoted"]
    assert sorted(promoted) == sorted(waiting[:5])


@pytest.mark.parametrize("guarded", [True, False])
def test_whoever_comes_while_the_last_seat_is_given_back_gets_it(
    crowd: Crowd, guarded: bool
) -> None:
    sam, sita = crowd.students[:2]
    crowd.do(crowd.resizing(1), crowd.registering(sam))
    if not guarded:
        crowd.without(REGISTER, SESSION_LOCK)

    outcome = crowd.meeting(crowd.cancelling(sam), crowd.registering(sita))

    assert outcome == ("waited", "done") or not guarded
    assert seated(crowd.conn, crowd.session) == ({sita} if guarded else set())


# -- More seats ------------------------------------------------------------------------------------


def test_seats_added_while_many_come_are_all_filled(crowd: Crowd) -> None:
    outcomes = crowd.at_once(
        *map(crowd.registering, crowd.students),
        *[crowd.resizing(capacity) for capacity in (6, 7, 8)],
    )

    assert outcomes == {"done": 33}
    row = crowd.conn.execute("select capacity from public.success_sessions").fetchone()
    assert row is not None
    # The last to write decides how many there are; seats given out before stay.
    assert row[0] <= len(seated(crowd.conn, crowd.session)) <= 8


@pytest.mark.parametrize("guarded", [True, False])
def test_a_seat_added_while_somebody_joins_the_queue_is_theirs(crowd: Crowd, guarded: bool) -> None:
    sam, sita = crowd.students[:2]
    crowd.do(crowd.resizing(1), crowd.registering(sam))
    if not guarded:
        crowd.without(REGISTER, SESSION_LOCK)

    outcome = crowd.meeting(crowd.registering(sita), crowd.resizing(2))

    assert outcome == ("waited", "done") or not guarded
    assert seated(crowd.conn, crowd.session) == ({sam, sita} if guarded else {sam})


# -- Access that ends ------------------------------------------------------------------------------


@pytest.mark.parametrize("guarded", [True, False])
def test_nobody_registers_whose_enrollment_is_ending(crowd: Crowd, guarded: bool) -> None:
    sam = crowd.students[0]
    if not guarded:
        crowd.without(REGISTER, ENROLLMENT_LOCK)

    outcome = crowd.meeting(crowd.enrolling(sam, "paused"), crowd.registering(sam))

    assert outcome == (("waited", "PT404") if guarded else ("went on", "done"))
    assert seated(crowd.conn, crowd.session) == (set() if guarded else {sam})


@pytest.mark.parametrize("guarded", [True, False])
def test_no_seat_outlives_the_enrollment_that_ends_meanwhile(crowd: Crowd, guarded: bool) -> None:
    sam = crowd.students[0]
    if not guarded:
        crowd.without(REGISTER, ENROLLMENT_LOCK)

    outcome = crowd.meeting(crowd.registering(sam), crowd.enrolling(sam, "withdrawn"))

    assert outcome == ("waited", "done") or not guarded
    assert seated(crowd.conn, crowd.session) == (set() if guarded else {sam})


def test_no_seat_outlives_the_invitation_either(crowd: Crowd) -> None:
    guests = [World(crowd.conn).student(f"Guest {number}") for number in range(2)]
    crowd.do(*map(crowd.inviting, guests))

    late = crowd.meeting(crowd.uninviting(guests[0]), crowd.registering(guests[0]))
    early = crowd.meeting(crowd.registering(guests[1]), crowd.uninviting(guests[1]))

    assert (late, early) == (("waited", "PT404"), ("waited", "done"))
    assert seated(crowd.conn, crowd.session) == set()


def test_who_registers_while_the_session_moves_to_another_course_is_asked_to_try_again(
    crowd: Crowd,
) -> None:
    sam, world = crowd.students[0], World(crowd.conn)
    elsewhere = world.course()
    world.enroll(sam, course=elsewhere)
    moving = (
        "update public.success_sessions set course_id = %(course)s, batch_id = null"
        " where id = %(id)s",
        {"course": elsewhere, "id": crowd.session},
    )

    outcome = crowd.meeting((crowd.manager, moving), crowd.registering(sam))

    assert outcome == ("waited", "PT409")
    assert seated(crowd.conn, crowd.session) == set()


# -- Everything at once ----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(2))
def test_whatever_comes_together_seats_are_filled_in_the_end_and_nobody_sits_without_access(
    crowd: Crowd, seed: int
) -> None:
    students = crowd.students[:12]
    guests = [World(crowd.conn).student(f"Guest {number}") for number in range(4)]

    def chosen(dice: random.Random) -> Request:
        someone = dice.choice(students + guests)
        return dice.choice(
            [
                crowd.registering(someone),
                crowd.registering(someone),
                crowd.cancelling(someone),
                crowd.enrolling(someone, dice.choice(["active", "active", "paused"])),
                crowd.inviting(someone),
                crowd.uninviting(someone),
                crowd.resizing(dice.choice([2, 4, 6, None])),
            ]
        )

    def live(number: int) -> Counter[str]:
        dice = random.Random(100 * seed + number)
        with psycopg.connect(crowd.database.url) as connection:
            requests = [chosen(dice) for _ in range(40)]
            return Counter(
                attempt(connection, statement, user=user) for user, statement in requests
            )

    with ThreadPoolExecutor(8) as pool:
        outcomes = sum(pool.map(live, range(8)), Counter[str]())

    # Nobody waits for each other forever (40P01).
    assert set(outcomes) == {"done", "PT404", "PT409"}
    assert outcomes["done"] > 160
    seats, queue = seated(crowd.conn, crowd.session), waitlist(crowd.conn, crowd.session)
    rows = crowd.conn.execute(
        "select learner.user_id, session.capacity from public.success_sessions as session"
        " cross join lateral private.session_learners(session) as learner"
    ).fetchall()
    assert seats | set(queue) <= {user for user, _ in rows}
    capacity = rows[0][1]
    assert not queue or len(seats) >= capacity
