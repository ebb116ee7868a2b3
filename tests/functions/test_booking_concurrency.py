"""Many students at one moment: each slot goes to one, and no limit is passed."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest

from devstack.databases import Database
from support.actors import as_user
from support.bookings import book, cancel, move, offer
from support.outbox import Outbox
from support.rush import act_as, attempt, is_blocked, started
from support.seats import register, seated
from support.sessions import tomorrow
from support.waiting import wait_until
from support.world import World

FIRST = tomorrow()
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
HALF_HOURS = [FIRST + n * 30 * MINUTE for n in range(4)]

Request = Callable[[psycopg.Connection], object]


@dataclass(frozen=True, slots=True)
class Crowd:
    """A mentor and many students in a committed database.

    Attributes:
        database: The database.
        conn: An autocommit connection as role `postgres`.
        mentor: The mentor.
        students: The students.
    """

    database: Database
    conn: psycopg.Connection
    mentor: UUID
    students: list[UUID]

    def at_once(self, *requests: tuple[UUID, Request]) -> Counter[str]:
        """Send each request as somebody, each on a connection of its own, all at one moment.

        Returns:
            How often each outcome came: "done", or the SQLSTATE of the refusal.
        """
        outcomes: Counter[str] = Counter()
        ready = threading.Barrier(len(requests))

        def send(who: UUID, request: Request) -> None:
            with psycopg.connect(self.database.url) as connection:
                connection.execute("select 1")
                connection.commit()
                ready.wait(timeout=60)
                try:
                    with connection.transaction(), as_user(connection, who):
                        request(connection)
                except psycopg.Error as error:
                    outcomes[error.sqlstate or "?"] += 1
                else:
                    outcomes["done"] += 1

        threads = [threading.Thread(target=send, args=each) for each in requests]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=120)
        return outcomes

    def sessions(self) -> int:
        """How many sessions are on."""
        row = self.conn.execute(
            "select count(*) from public.success_sessions where status = 'upcoming'"
        ).fetchone()
        assert row is not None
        return int(row[0])

    def book(self, student: UUID, offer_id: UUID, nth: int = 0) -> UUID:
        """Book the nth half hour, alone."""
        with self.conn.transaction(), as_user(self.conn, student):
            return UUID(str(book(self.conn, offer_id, HALF_HOURS[nth])["session_id"]))


@pytest.fixture
def crowd(database: Database) -> Iterator[Crowd]:
    with psycopg.connect(database.url, autocommit=True) as conn:
        world = World(conn)
        with conn.transaction():
            course = world.course()
            students = [world.student(f"Student {n}", course=course) for n in range(30)]
            mentor = world.mentor()
        yield Crowd(database, conn, mentor, students)


def without(crowd: Crowd, change: str) -> None:
    """Take a guard away, or change what is there in another way, as role `postgres`."""
    with crowd.conn.transaction():
        crowd.conn.execute(change.encode())


WITHOUT_CONSTRAINT = (
    "alter table public.success_sessions drop constraint success_sessions_mentor_id_no_overlap"
)
WITHOUT_TURNS = """
    create or replace function private.take_mentor_turn(mentor_id uuid)
    returns void language plpgsql set search_path = pg_catalog, pg_temp
    as $$ begin perform pg_sleep(0.05); end $$
"""
"""Nobody waits for anybody; they meet where several come at once."""


def without_booking_turns(crowd: Crowd) -> None:
    """Let bookings pass each other before they count."""
    row = crowd.conn.execute("select pg_get_functiondef('private.claim_slot'::regproc)").fetchone()
    assert row is not None
    before = str(row[0])
    after = before.replace("perform private.take_turn('bookings/' || offer.mentor_id);", "")
    assert before != after
    without(crowd, after)
    without(crowd, WITHOUT_TURNS)


WAITING = """
    create sequence private.arrivals;
    create function private.wait_for_others()
    returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp
    as $$
    begin
        perform nextval('private.arrivals');
        for attempt in 1..6000 loop
            exit when (select last_value >= tg_argv[0]::bigint from private.arrivals);
            perform pg_sleep(0.01);
        end loop;
        return null;
    end
    $$
"""


def let_meet(crowd: Crowd, bookings: int) -> None:
    """Nobody who has looked and booked commits it before so many have."""
    without(crowd, WAITING)
    without(
        crowd,
        "create trigger wait_for_others after insert on public.success_sessions"
        f" for each row execute function private.wait_for_others({bookings})",
    )


# -- One slot ------------------------------------------------------------------------------


def everybody_clicks(crowd: Crowd, *offers: UUID) -> Counter[str]:
    choices = itertools.cycle(offers)
    return crowd.at_once(
        *(
            (student, lambda conn, which=which: book(conn, which, FIRST))
            for student, which in zip(crowd.students, choices, strict=False)
        )
    )


def test_of_thirty_students_one_gets_the_slot(crowd: Crowd) -> None:
    outcomes = everybody_clicks(crowd, offer(crowd.conn, crowd.mentor))

    assert outcomes == {"done": 1, "23P01": 29}
    assert crowd.sessions() == 1
    for table in ("session_bookings", "session_participants"):
        query = f"select count(*) from public.{table}"  # noqa: S608
        row = crowd.conn.execute(query.encode()).fetchone()
        assert row == (1,)
    told = Outbox(crowd.conn).tell()
    assert sorted(told.values()) == ["mentor_assigned", "session_scheduled"]


def test_many_clicks_of_one_student_are_one_booking(crowd: Crowd) -> None:
    offered = offer(crowd.conn, crowd.mentor, max_open_per_student=1)

    assert crowd.at_once(*((crowd.students[0], click(crowd, offered)) for _ in range(8))) == {
        "done": 8
    }
    assert crowd.sessions() == 1


def test_overlapping_slots_of_two_offers_go_to_one_student(crowd: Crowd) -> None:
    short = offer(crowd.conn, crowd.mentor)
    long = offer(crowd.conn, crowd.mentor, slot_minutes=120)

    assert everybody_clicks(crowd, short, long) == {"done": 1, "23P01": 29}
    assert crowd.sessions() == 1


def test_the_turns_alone_hold(crowd: Crowd) -> None:
    offered = offer(crowd.conn, crowd.mentor)
    without(crowd, WITHOUT_CONSTRAINT)

    assert everybody_clicks(crowd, offered) == {"done": 1, "23P01": 29}


def test_the_constraint_alone_holds(crowd: Crowd) -> None:
    offered = offer(crowd.conn, crowd.mentor)
    without_booking_turns(crowd)

    outcomes = everybody_clicks(crowd, offered)
    # Without turns two may wait for each other at the constraint; Postgres lets one of them go.
    assert outcomes["23P01"] + outcomes["40P01"] == 29
    assert outcomes["done"] == crowd.sessions() == 1


def test_with_neither_several_would_get_it(crowd: Crowd) -> None:
    """The control."""
    offered = offer(crowd.conn, crowd.mentor)
    without_booking_turns(crowd)
    without(crowd, WITHOUT_CONSTRAINT)
    let_meet(crowd, 2)

    assert everybody_clicks(crowd, offered)["done"] > 1


def test_moving_and_booking_meet_in_one_slot(crowd: Crowd) -> None:
    offered = offer(crowd.conn, crowd.mentor, recurrence={"rrule": "FREQ=DAILY;COUNT=20"})
    booked = []
    for n, student in enumerate(crowd.students[:15]):
        with crowd.conn.transaction(), as_user(crowd.conn, student):
            start = FIRST + (n + 1) * DAY
            booked.append((student, book(crowd.conn, offered, start)["session_id"]))

    outcomes = crowd.at_once(
        *((who, lambda conn, which=which: move(conn, which, FIRST)) for who, which in booked),
        *((who, lambda conn: book(conn, offered, FIRST)) for who in crowd.students[15:]),
    )

    assert outcomes == {"done": 1, "23P01": 29}
    row = crowd.conn.execute(
        "select count(*) from public.success_sessions where start_time = %s", (FIRST,)
    ).fetchone()
    assert row == (1,)


def test_two_who_swap_their_slots_do_not_block_each_other(crowd: Crowd) -> None:
    offered = offer(crowd.conn, crowd.mentor)
    one, two = crowd.students[:2]
    first, second = crowd.book(one, offered, 0), crowd.book(two, offered, 1)

    outcomes = crowd.at_once(
        (one, lambda conn: move(conn, first, HALF_HOURS[1])),
        (two, lambda conn: move(conn, second, HALF_HOURS[0])),
    )

    assert outcomes == {"23P01": 2}
    assert crowd.sessions() == 2


def test_a_student_waits_for_time_off_that_is_being_entered(crowd: Crowd) -> None:
    offered = offer(crowd.conn, crowd.mentor)

    outcome = second_meets_first(crowd, take_time_off(crowd), click(crowd, offered))

    assert outcome == ("waited", "23P01")
    assert crowd.sessions() == 0


def test_time_off_waits_for_a_student_who_is_booking(crowd: Crowd) -> None:
    """So that the mentor sees what is there already."""
    offered = offer(crowd.conn, crowd.mentor)

    outcome = second_meets_first(crowd, click(crowd, offered), take_time_off(crowd))

    assert outcome == ("waited", "done")
    assert crowd.sessions() == 1


def test_without_turns_a_student_would_book_over_time_off(crowd: Crowd) -> None:
    """The control."""
    offered = offer(crowd.conn, crowd.mentor)
    without(crowd, WITHOUT_TURNS)

    outcome = second_meets_first(crowd, take_time_off(crowd), click(crowd, offered))

    assert outcome == ("went on", "done")


def take_time_off(crowd: Crowd) -> Request:
    """The mentor is away all the first day."""
    return lambda conn: conn.execute(
        "insert into public.mentor_time_off (mentor_id, start_time, end_time) values (%s, %s, %s)",
        (crowd.mentor, FIRST - DAY / 2, FIRST + DAY / 2),
    )


def click(crowd: Crowd, offered: UUID) -> Request:
    """The first student books the first slot."""

    def request(conn: psycopg.Connection) -> None:
        with as_user(conn, crowd.students[0]):
            book(conn, offered, FIRST)

    return request


def second_meets_first(crowd: Crowd, first: Request, second: Request) -> tuple[str, str]:
    """The second request comes while the first has done its work and not committed yet.

    Returns:
        Whether it "waited" for the first or "went on", and then "done" or the SQLSTATE of the
        refusal.
    """
    outcome: list[str] = []
    with psycopg.connect(crowd.database.url) as one, psycopg.connect(crowd.database.url) as two:
        one.execute("select 1")
        first(one)

        def go_on() -> None:
            try:
                two.execute("select 1")
                second(two)
                two.commit()
            except psycopg.Error as error:
                outcome.append(str(error.sqlstate))
            else:
                outcome.append("done")

        thread = threading.Thread(target=go_on)
        thread.start()
        wait_until(
            lambda: outcome or is_blocked(crowd.conn, two.info.backend_pid),
            "the second waits or is through",
        )
        waited = "went on" if outcome else "waited"
        one.commit()
        thread.join(timeout=60)
    return waited, outcome[0]


# -- Limits --------------------------------------------------------------------------------

LIMITS = {
    "max_open_per_student": {"max_open_per_student": 2},
    "max_per_student_week": {"max_per_student_week": 2},
    "max_per_student_month": {"max_per_student_month": 2},
}


def one_student_clicks(crowd: Crowd, offered: UUID) -> Counter[str]:
    """On many devices, on slots of one day that do not clash."""
    student = crowd.students[0]
    return crowd.at_once(
        *(
            (student, lambda conn, start=FIRST + n * 10 * MINUTE: book(conn, offered, start))
            for n in range(12)
        )
    )


@pytest.mark.parametrize("limit", LIMITS)
def test_a_student_on_many_devices_stays_within_the_limit(crowd: Crowd, limit: str) -> None:
    offered = offer(crowd.conn, crowd.mentor, slot_minutes=10, **LIMITS[limit])

    assert one_student_clicks(crowd, offered) == {"done": 2, "PT409": 10}
    assert crowd.sessions() == 2


def test_a_mentors_day_stays_within_the_limit(crowd: Crowd) -> None:
    offers = [
        offer(crowd.conn, crowd.mentor, slot_minutes=10, max_per_day=3),
        offer(crowd.conn, crowd.mentor, slot_minutes=10, max_per_day=3),
    ]

    outcomes = crowd.at_once(
        *(
            (
                student,
                lambda conn, n=n: book(conn, offers[n % 2], FIRST + n * 10 * MINUTE),
            )
            for n, student in enumerate(crowd.students[:12])
        )
    )

    assert outcomes == {"done": 3, "PT409": 9}
    assert crowd.sessions() == 3


def test_without_turns_a_limit_would_be_passed(crowd: Crowd) -> None:
    """The control, for the mentor's day: students do not wait for each other."""
    offered = offer(crowd.conn, crowd.mentor, slot_minutes=10, max_per_day=3)
    without_booking_turns(crowd)
    let_meet(crowd, 4)

    outcomes = crowd.at_once(
        *(
            (student, lambda conn, n=n: book(conn, offered, FIRST + n * 10 * MINUTE))
            for n, student in enumerate(crowd.students[:12])
        )
    )

    assert outcomes["done"] > 3


# -- The student's own calendar ------------------------------------------------------------


def two_mentors_at_one_time(crowd: Crowd) -> Counter[str]:
    with crowd.conn.transaction():
        mentors = [World(crowd.conn).mentor(f"Mentor {n}") for n in range(8)]
    offers = [offer(crowd.conn, mentor) for mentor in mentors]
    student = crowd.students[0]
    return crowd.at_once(
        *((student, lambda conn, which=which: book(conn, which, FIRST)) for which in offers)
    )


def test_a_student_on_many_devices_is_in_one_meeting_at_a_time(crowd: Crowd) -> None:
    assert two_mentors_at_one_time(crowd) == {"done": 1, "23P01": 7}


def test_without_locking_the_enrollment_a_student_would_be_in_several(crowd: Crowd) -> None:
    """The control."""
    without(
        crowd,
        """
        create or replace function private.lock_enrollments(student_id uuid)
        returns void language plpgsql set search_path = pg_catalog, pg_temp
        as $$ begin end $$
        """,
    )
    without(crowd, WITHOUT_TURNS)
    let_meet(crowd, 2)

    assert two_mentors_at_one_time(crowd)["done"] > 1


# -- Access that ends ----------------------------------------------------------------------


END_ENROLLMENT = (
    "update public.course_enrollments set status = 'withdrawn' where student_id = %(student)s"
)


def end_enrollment(crowd: Crowd) -> Request:
    """A manager withdraws the first student."""
    return lambda conn: conn.execute(END_ENROLLMENT, {"student": crowd.students[0]})


def test_no_booking_outlives_the_enrollment(crowd: Crowd) -> None:
    """The second of the two waits for the first, and sees what it did."""
    offered = offer(crowd.conn, crowd.mentor)

    outcome = second_meets_first(crowd, click(crowd, offered), end_enrollment(crowd))

    assert outcome == ("waited", "done")
    assert crowd.sessions() == 0


def test_a_booking_called_off_while_the_enrollment_ends_keeps_its_reason(crowd: Crowd) -> None:
    session = crowd.book(crowd.students[0], offer(crowd.conn, crowd.mentor))
    call_off = (
        "update public.success_sessions set status = 'cancelled', cancel_reason = 'I am ill.'"
        " where id = %s"
    )

    outcome = second_meets_first(
        crowd, lambda conn: conn.execute(call_off, (session,)), end_enrollment(crowd)
    )

    assert outcome == ("waited", "done")
    reason = "select cancel_reason from public.success_sessions"
    assert crowd.conn.execute(reason).fetchall() == [("I am ill.",)]


def test_nobody_books_whose_enrollment_is_ending(crowd: Crowd) -> None:
    offered = offer(crowd.conn, crowd.mentor)

    outcome = second_meets_first(crowd, end_enrollment(crowd), click(crowd, offered))

    assert outcome == ("waited", "PT404")
    assert crowd.sessions() == 0


@pytest.mark.parametrize(
    "ends",
    [
        b"update public.booking_offers set is_active = false",
        b"delete from public.booking_offers",
    ],
    ids=["withdrawn", "deleted"],
)
def test_nobody_books_what_is_being_taken_back(crowd: Crowd, ends: bytes) -> None:
    offered = offer(crowd.conn, crowd.mentor)

    outcome = second_meets_first(crowd, lambda conn: conn.execute(ends), click(crowd, offered))

    assert outcome == ("waited", "PT409")


ROLE_ENDS = {
    "taken away": "delete from public.user_roles where user_id = %(mentor)s",
    "erased": "select public.erase_user(%(mentor)s)",
}
"""Each waits in the middle: the first before it comes to the offer, the second after it."""


@pytest.mark.parametrize("ends", ROLE_ENDS)
def test_who_books_and_who_ends_the_mentors_role_never_wait_for_each_other(
    crowd: Crowd, ends: str
) -> None:
    """The role comes before the offers, which end with it."""
    superadmin = World(crowd.conn).superadmin()
    offers = [offer(crowd.conn, crowd.mentor, id=UUID(int=n)) for n in (1, 2)]
    held, offered = offers if ends == "taken away" else reversed(offers)
    ending = (ROLE_ENDS[ends], {"mentor": crowd.mentor})
    booking = ("select public.book_slot(%(offer)s, %(start)s)", {"offer": offered, "start": FIRST})

    with (
        psycopg.connect(crowd.database.url) as holder,
        psycopg.connect(crowd.database.url) as first,
        psycopg.connect(crowd.database.url) as second,
    ):
        holder.execute("select from public.booking_offers where id = %s for update", (held,))
        with (
            started(crowd.conn, first, lambda: attempt(first, ending, user=superadmin)) as ended,
            started(
                crowd.conn, second, lambda: attempt(second, booking, user=crowd.students[0])
            ) as booked,
        ):
            holder.commit()
            assert ended.result(timeout=30) == "done"
            assert booked.result(timeout=30) == "PT409"
    assert crowd.sessions() == 0


def test_no_offer_becomes_active_whose_mentor_loses_the_role_meanwhile(crowd: Crowd) -> None:
    """Nobody would end it any more."""
    offered = offer(crowd.conn, crowd.mentor, is_active=False)

    outcome = second_meets_first(
        crowd,
        lambda conn: conn.execute(
            "delete from public.user_roles where user_id = %s", (crowd.mentor,)
        ),
        lambda conn: conn.execute(
            "update public.booking_offers set is_active = true where id = %s", (offered,)
        ),
    )

    assert outcome == ("waited", "22023")


def test_cancelling_and_moving_one_booking_at_once_do_one_thing(crowd: Crowd) -> None:
    offered = offer(crowd.conn, crowd.mentor)
    student = crowd.students[0]
    session = crowd.book(student, offered)

    outcomes = crowd.at_once(
        *((student, lambda conn: cancel(conn, session)) for _ in range(3)),
        *((student, lambda conn, n=n: move(conn, session, HALF_HOURS[n])) for n in (1, 2, 3)),
    )

    assert outcomes["done"] >= 3
    assert set(outcomes) <= {"done", "PT409"}
    assert crowd.sessions() == 0


@pytest.mark.parametrize("wish", ["book", "move"])
def test_who_books_gives_way_to_a_statement_that_changes_all_enrollments_of_a_student(
    crowd: Crowd, wish: str
) -> None:
    """A statement locks rows in whatever order it meets them."""
    student, world = crowd.students[0], World(crowd.conn)
    crowd.conn.execute("delete from public.course_enrollments where student_id = %s", (student,))
    first, last = UUID(int=1), UUID(int=2)
    for enrollment in (first, last):
        crowd.conn.execute(
            "insert into public.course_enrollments (id, student_id, course_id) values (%s, %s, %s)",
            (enrollment, student, world.course()),
        )
    offered = offer(crowd.conn, crowd.mentor)
    session = crowd.book(student, offered) if wish == "move" else None
    statement = {
        "book": "select public.book_slot(%(offer)s, %(start)s)",
        "move": "select public.move_booking(%(session)s, %(start)s)",
    }[wish]
    values = {"offer": offered, "session": session, "start": HALF_HOURS[1]}
    pause = "update public.course_enrollments set status = 'paused' where id = %s"

    with (
        psycopg.connect(crowd.database.superuser_url, autocommit=True) as other,
        psycopg.connect(crowd.database.superuser_url, autocommit=True) as booking,
    ):
        # Postgres ends whoever has waited for so long: the student.
        other.execute("set deadlock_timeout = '10min'")
        booking.execute("set deadlock_timeout = '2s'")
        other.autocommit = booking.autocommit = False
        other.execute(pause, (last,))
        with started(
            crowd.conn, booking, lambda: attempt(booking, (statement, values), user=student)
        ) as booked:
            other.execute(pause, (first,))
            other.commit()
            assert booked.result(timeout=30) == "PT409"


@pytest.mark.parametrize("leaves", ["withdrawn", "erased"])
def test_who_leaves_and_who_moves_several_sessions_never_wait_for_each_other(
    crowd: Crowd, leaves: str
) -> None:
    """Sessions are locked in the order of their ids, whatever a student has to do with them."""
    world = World(crowd.conn)
    student, other_mentor = crowd.students[0], world.mentor()
    manager, superadmin = world.enrollment_manager(), world.superadmin()
    row = crowd.conn.execute("select course_id from public.course_enrollments").fetchone()
    assert row is not None
    # What the student is invited to, then what the course has: the lowest and the highest id.
    invited = world.session(id=UUID(int=1), mentor=crowd.mentor, starts=FIRST - DAY / 4)
    class_ = {"course": row[0], "mentor": crowd.mentor, "registration_required": True}
    low = world.session(id=UUID(int=2), starts=FIRST - DAY / 3, **class_)
    high = world.session(id=UUID(int=2**128 - 1), starts=FIRST + DAY / 3, **class_)
    world.invite(invited, student)
    for session in (low, high):
        register(crowd.conn, student, session)
    crowd.book(student, offer(crowd.conn, crowd.mentor))
    user, statement, held = {
        "withdrawn": (manager, END_ENROLLMENT, low),
        "erased": (superadmin, "select public.erase_user(%(student)s)", invited),
    }[leaves]

    with (
        psycopg.connect(crowd.database.url) as first,
        psycopg.connect(crowd.database.url) as second,
    ):
        act_as(first, manager)
        first.execute("update public.success_sessions set title = 'Held' where id = %s", (held,))
        with started(
            crowd.conn,
            second,
            lambda: attempt(second, (statement, {"student": student}), user=user),
        ) as leaving:
            assert not leaving.done()
            first.execute(
                "select from public.reassign_mentor_sessions(%s, %s)", (crowd.mentor, other_mentor)
            )
            first.commit()
            assert leaving.result(timeout=30) == "done"
    assert seated(crowd.conn, low) == set()


def test_who_cancels_a_booking_that_is_being_deleted_is_told_that_there_is_none(
    crowd: Crowd,
) -> None:
    session = crowd.book(crowd.students[0], offer(crowd.conn, crowd.mentor))
    crowd.conn.execute("update public.success_sessions set status = 'cancelled'")
    Outbox(crowd.conn).deliver()

    def again(conn: psycopg.Connection) -> None:
        with as_user(conn, crowd.students[0]):
            cancel(conn, session)

    delete = b"delete from public.success_sessions"
    assert second_meets_first(crowd, lambda conn: conn.execute(delete), again) == (
        "waited",
        "PT404",
    )


@pytest.mark.parametrize("leaves", ["uninvited", "erased"])
def test_who_deletes_a_session_gives_way_to_whoever_holds_its_invitations(
    crowd: Crowd, leaves: str
) -> None:
    """A delete has the session before it comes to the invitations; everybody else does not."""
    superadmin, student = World(crowd.conn).superadmin(), crowd.students[0]
    session = crowd.book(student, offer(crowd.conn, crowd.mentor))
    crowd.conn.execute(
        "update public.success_sessions set status = 'cancelled' where id = %s", (session,)
    )
    Outbox(crowd.conn).deliver()
    delete = "delete from public.success_sessions where id = %(session)s"
    leave = {
        "uninvited": "delete from public.session_participants where user_id = %(student)s",
        "erased": "select public.erase_user(%(student)s)",
    }[leaves]
    values = {"session": session, "student": student}

    with (
        psycopg.connect(crowd.database.url) as holder,
        psycopg.connect(crowd.database.url) as first,
        psycopg.connect(crowd.database.url) as second,
    ):
        holder.execute(
            "select from public.success_sessions where id = %s for no key update", (session,)
        )
        with (
            started(
                crowd.conn, first, lambda: attempt(first, (delete, values), user=superadmin)
            ) as deleting,
            started(
                crowd.conn, second, lambda: attempt(second, (leave, values), user=superadmin)
            ) as leaving,
        ):
            assert not deleting.done()
            assert not leaving.done()
            holder.commit()
            assert leaving.result(timeout=30) == "done"
            assert deleting.result(timeout=30) == "PT409"
