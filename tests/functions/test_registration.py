"""Seats: who gets one, who waits, who moves up, and what else takes them away."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from support.actors import as_anon, as_service, as_user, refused
from support.seats import register, seated, told, unregister, waitlist
from support.sessions import refusal, tomorrow
from support.world import World

START = tomorrow()
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
CONFIRMED = "registration_confirmed"
PROMOTED = "waitlist_promoted"


@pytest.fixture
def mentor(world: World) -> UUID:
    return world.mentor()


@pytest.fixture
def students(world: World, batch: UUID) -> list[UUID]:
    """Five students of the batch."""
    return [world.student(f"Student {number}", batch=batch) for number in range(5)]


def session(world: World, batch: UUID | None, capacity: int | None = 2, **columns: Any) -> UUID:
    values: dict[str, Any] = {"starts": START, "registration_required": True}
    return world.session(batch=batch, capacity=capacity, **(values | columns))


def change(conn: psycopg.Connection, session: UUID, **columns: Any) -> None:
    """Change a session as a manager does."""
    assignments = ", ".join(f"{name} = %({name})s" for name in columns)
    with as_user(conn, World(conn).admin()):
        changed = conn.execute(
            f"update public.success_sessions set {assignments} where id = %(id)s".encode(),  # noqa: S608
            columns | {"id": session},
        )
    assert changed.rowcount == 1


def begin(conn: psycopg.Connection, session: UUID) -> None:
    """The session began a minute ago, by the clock; nothing has noticed yet."""
    conn.execute(
        "update public.success_sessions set start_time = now() - interval '1 minute',"
        " end_time = now() + interval '1 hour' where id = %s",
        (session,),
    )


# -- Taking a seat ---------------------------------------------------------------------------------


def test_a_seat_is_taken_and_the_answer_says_so(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID]
) -> None:
    there = session(world, batch)

    assert register(conn, students[0], there) == {
        "session_id": there,
        "status": "registered",
        "waitlist_position": None,
        "seats_left": 1,
        "overlapping_sessions": [],
    }
    assert told(conn, there) == [(students[0], CONFIRMED)]


def test_who_comes_when_it_is_full_waits_in_order(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID]
) -> None:
    there = session(world, batch, capacity=2)

    answers = [register(conn, student, there) for student in students]

    assert [(answer["status"], answer["waitlist_position"]) for answer in answers] == [
        ("registered", None),
        ("registered", None),
        ("waitlisted", 1),
        ("waitlisted", 2),
        ("waitlisted", 3),
    ]
    assert [answer["seats_left"] for answer in answers] == [1, 0, 0, 0, 0]
    assert waitlist(conn, there) == students[2:]
    assert told(conn, there) == [(student, CONFIRMED) for student in students[:2]]


def test_without_a_capacity_there_is_a_seat_for_everybody(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID]
) -> None:
    there = session(world, batch, capacity=None)

    answers = [register(conn, student, there) for student in students]

    assert {answer["status"] for answer in answers} == {"registered"}
    assert {answer["seats_left"] for answer in answers} == {None}


def test_registering_again_changes_nothing_and_tells_nothing(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID]
) -> None:
    there = session(world, batch, capacity=1)
    for student in students[:3]:
        register(conn, student, there)

    assert register(conn, students[0], there)["status"] == "registered"
    assert register(conn, students[1], there)["waitlist_position"] == 1
    assert waitlist(conn, there) == students[1:3]
    assert told(conn, there) == [(students[0], CONFIRMED)]


def test_explicit_participants_take_seats_too(conn: psycopg.Connection, world: World) -> None:
    there, guest = session(world, None), world.student()
    world.invite(there, guest)

    assert register(conn, guest, there)["status"] == "registered"


def test_whoever_may_not_see_a_session_cannot_tell_that_it_exists(
    conn: psycopg.Connection, world: World, batch: UUID
) -> None:
    there, stranger = session(world, batch), world.student(batch=world.batch())

    for function in (register, unregister):
        answers = []
        for unseen in (there, uuid4(), None):
            with refusal(conn, "PT404") as answer:
                function(conn, stranger, unseen)
            assert answer.message == (
                f"session_id {unseen or 'null'} is unknown or not visible to you"
            )
            answers.append((answer.detail, answer.hint))
        assert len(set(answers)) == 1
    assert seated(conn, there) == set()


def test_host_and_managers_need_no_seat_and_get_none(
    conn: psycopg.Connection, world: World, batch: UUID, mentor: UUID
) -> None:
    there = session(world, batch, mentor=mentor)

    for user in (mentor, world.admin(), world.enrollment_manager()):
        with refusal(conn, "42501") as answer:
            register(conn, user, there)
        assert answer.hint == "The host and managers need no seat."
    assert seated(conn, there) == set()


def test_nobody_else_may_call_the_functions(
    conn: psycopg.Connection, world: World, batch: UUID
) -> None:
    there = session(world, batch)
    for function in ("register_for_session", "cancel_registration"):
        for acting in (as_anon, as_service):
            with acting(conn), refused(conn):
                conn.execute(f"select public.{function}(%s)".encode(), (there,))


def test_a_session_that_needs_no_registration_takes_none(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID]
) -> None:
    there = world.session(batch=batch)

    with refusal(conn, "PT409") as answer:
        register(conn, students[0], there)

    assert answer.message == "this session needs no registration"
    assert answer.hint == "Just call join_session when it begins."


@pytest.mark.parametrize("status", ["live", "completed"])
def test_registration_closes_when_a_session_has_begun(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID], status: str
) -> None:
    there = session(world, batch, starts=-10 * MINUTE, status=status)

    with refusal(conn, "PT409") as answer:
        register(conn, students[0], there)

    assert answer.message == "registration is closed"
    assert (answer.detail or "").startswith("it closed at 20")


def test_registration_closes_by_the_clock(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID]
) -> None:
    there = session(world, batch)
    begin(conn, there)

    with refusal(conn, "PT409") as answer:
        register(conn, students[0], there)

    assert answer.message == "registration is closed"


def test_registration_closes_when_the_host_begins_early(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID], mentor: UUID
) -> None:
    there = session(world, batch, starts=5 * MINUTE, mentor=mentor)
    with as_user(conn, mentor):
        conn.execute("update public.success_sessions set status = 'live' where id = %s", (there,))

    with refusal(conn, "PT409") as answer:
        register(conn, students[0], there)

    assert answer.detail == "the session has begun"


def test_registration_closes_at_its_deadline_and_says_when_that_was(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID]
) -> None:
    deadline = START - timedelta(days=7)
    there = session(world, batch, registration_closes_at=deadline)

    with refusal(conn, "PT409") as answer:
        register(conn, students[0], there)

    assert answer.message == "registration is closed"
    assert answer.detail == f"it closed at {deadline:%Y-%m-%dT%H:%M:%SZ}"


def test_a_cancelled_session_takes_no_registration_and_says_why(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID]
) -> None:
    there = session(world, batch, status="cancelled", cancel_reason="Snow")

    with refusal(conn, "PT409") as answer:
        register(conn, students[0], there)

    assert (answer.message, answer.detail) == ("this session was cancelled", "Snow")


def test_after_the_deadline_a_seat_is_still_passed_on(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID]
) -> None:
    there = session(world, batch, capacity=1)
    register(conn, students[0], there)
    register(conn, students[1], there)
    change(conn, there, registration_closes_at=START - timedelta(days=7))

    assert unregister(conn, students[0], there)["status"] == "cancelled"
    assert seated(conn, there) == {students[1]}


# -- Two at one time -------------------------------------------------------------------------------


def test_whoever_registers_is_told_what_else_they_have_at_that_time(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID]
) -> None:
    sam, sita = students[:2]
    before = session(world, batch, title="Before", starts=START - HOUR)
    across = session(world, batch, title="Across", starts=START - HOUR / 2, capacity=1)
    meeting = world.session("One-to-one", starts=START + HOUR / 2)
    world.invite(meeting, sam)
    elsewhere = session(world, batch, title="Not for Sam")
    register(conn, sita, across)
    register(conn, sita, elsewhere)
    for other in (before, across):
        register(conn, sam, other)

    there = session(world, batch, title="Here")
    answer = register(conn, sam, there)

    assert answer["status"] == "registered"
    assert [other["title"] for other in answer["overlapping_sessions"]] == ["Across", "One-to-one"]
    assert [other["session_id"] for other in answer["overlapping_sessions"]] == [
        str(across),
        str(meeting),
    ]
    assert set(answer["overlapping_sessions"][0]) == {
        "session_id",
        "title",
        "start_time",
        "end_time",
    }
    # As long as it is so.
    assert register(conn, sam, there)["overlapping_sessions"] == answer["overlapping_sessions"]
    unregister(conn, sam, across)
    change(conn, meeting, status="cancelled")
    assert register(conn, sam, there)["overlapping_sessions"] == []


def test_whoever_waits_is_told_of_overlaps_and_whoever_cancels_is_not(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID]
) -> None:
    there, other = session(world, batch, capacity=1), session(world, batch)
    register(conn, students[1], there)
    register(conn, students[0], other)

    waiting = register(conn, students[0], there)
    cancelled = unregister(conn, students[0], there)

    assert waiting["status"] == "waitlisted"
    assert [each["session_id"] for each in waiting["overlapping_sessions"]] == [str(other)]
    assert cancelled["overlapping_sessions"] == []


def test_an_invitation_that_needs_a_seat_is_no_overlap_before_there_is_one(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID]
) -> None:
    there, invited_to = session(world, batch), session(world, None)
    world.invite(invited_to, students[0])

    assert register(conn, students[0], there)["overlapping_sessions"] == []
    assert len(register(conn, students[0], invited_to)["overlapping_sessions"]) == 1


# -- Giving it back --------------------------------------------------------------------------------


def test_a_seat_given_back_goes_to_the_first_in_the_waitlist_who_is_told_once(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID]
) -> None:
    there = session(world, batch, capacity=2)
    for student in students:
        register(conn, student, there)

    answer = unregister(conn, students[0], there)

    assert (answer["status"], answer["waitlist_position"]) == ("cancelled", None)
    assert seated(conn, there) == {students[1], students[2]}
    assert waitlist(conn, there) == students[3:]
    assert told(conn, there)[2:] == [(students[2], PROMOTED)]
    # Safe to repeat.
    assert unregister(conn, students[0], there) == answer
    assert seated(conn, there) == {students[1], students[2]}
    assert len(told(conn, there)) == 3


def test_leaving_the_waitlist_moves_up_whoever_is_behind(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID]
) -> None:
    there = session(world, batch, capacity=1)
    for student in students[:4]:
        register(conn, student, there)

    unregister(conn, students[1], there)

    assert register(conn, students[3], there)["waitlist_position"] == 2
    assert seated(conn, there) == {students[0]}
    assert told(conn, there) == [(students[0], CONFIRMED)]


def test_whoever_comes_back_joins_the_end_of_the_queue(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID]
) -> None:
    there = session(world, batch, capacity=1)
    for student in students[:3]:
        register(conn, student, there)

    unregister(conn, students[0], there)
    answer = register(conn, students[0], there)

    assert (answer["status"], answer["waitlist_position"]) == ("waitlisted", 2)
    assert waitlist(conn, there) == [students[2], students[0]]


def test_a_seat_taken_again_is_confirmed_again(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID]
) -> None:
    there = session(world, batch)

    register(conn, students[0], there)
    unregister(conn, students[0], there)
    register(conn, students[0], there)

    assert told(conn, there) == [(students[0], CONFIRMED)] * 2


def test_whoever_never_registered_is_told_so(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID], mentor: UUID
) -> None:
    there = session(world, batch, mentor=mentor)

    for user in (students[0], mentor):
        with refusal(conn, "PT409") as answer:
            unregister(conn, user, there)
        assert answer.message == "you have not registered for this session"


def test_a_seat_stays_taken_once_the_session_has_begun(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID]
) -> None:
    there = session(world, batch, capacity=1)
    register(conn, students[0], there)
    register(conn, students[1], there)
    begin(conn, there)

    with refusal(conn, "PT409") as answer:
        unregister(conn, students[0], there)
    assert answer.message == "this session has begun"
    # A place in the waitlist is worth nothing by now, and may be given up.
    assert unregister(conn, students[1], there)["status"] == "cancelled"
    assert seated(conn, there) == {students[0]}


def test_a_seat_stays_taken_when_the_host_begins_early(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID]
) -> None:
    there = session(world, batch, starts=5 * MINUTE)
    register(conn, students[0], there)
    change(conn, there, status="live")

    with refusal(conn, "PT409") as answer:
        unregister(conn, students[0], there)
    assert answer.message == "this session has begun"


def test_two_who_came_at_one_moment_have_different_places(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID]
) -> None:
    there = session(world, batch, capacity=1)
    for student in students[:3]:
        register(conn, student, there)
    conn.execute("update public.session_registrations set queued_at = now()")

    places = [register(conn, student, there)["waitlist_position"] for student in students[1:3]]
    assert sorted(places) == [1, 2]


def test_a_seat_in_a_session_called_off_can_be_given_back(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID]
) -> None:
    there = session(world, batch, capacity=1)
    register(conn, students[0], there)
    register(conn, students[1], there)
    change(conn, there, status="cancelled")

    assert unregister(conn, students[0], there)["status"] == "cancelled"
    # Nobody is promoted into it, until it takes place after all.
    assert seated(conn, there) == set()
    change(conn, there, status="upcoming")
    assert seated(conn, there) == {students[1]}
    assert told(conn, there)[1:] == [(students[1], PROMOTED)]


# -- What a manager changes ------------------------------------------------------------------------


def test_more_seats_go_to_the_waitlist_in_its_order(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID]
) -> None:
    there = session(world, batch, capacity=1)
    for student in students:
        register(conn, student, there)

    change(conn, there, capacity=3)

    assert seated(conn, there) == set(students[:3])
    assert waitlist(conn, there) == students[3:]
    assert told(conn, there)[1:] == [(student, PROMOTED) for student in students[1:3]]


@pytest.mark.parametrize("columns", [{}, {"registration_required": False}], ids=["on", "off"])
def test_without_a_limit_everybody_moves_up(
    conn: psycopg.Connection,
    world: World,
    batch: UUID,
    students: list[UUID],
    columns: dict[str, Any],
) -> None:
    there = session(world, batch, capacity=1)
    for student in students:
        register(conn, student, there)

    change(conn, there, capacity=None, **columns)

    assert seated(conn, there) == set(students)
    assert told(conn, there)[1:] == [(student, PROMOTED) for student in students[1:]]


def test_fewer_seats_take_none_away_and_nobody_gets_one_until_there_is_room(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID]
) -> None:
    there = session(world, batch, capacity=3)
    for student in students[:4]:
        register(conn, student, there)

    change(conn, there, capacity=1)

    assert seated(conn, there) == set(students[:3])
    assert register(conn, students[4], there)["seats_left"] == 0
    unregister(conn, students[0], there)
    unregister(conn, students[1], there)
    assert seated(conn, there) == {students[2]}
    unregister(conn, students[2], there)
    assert seated(conn, there) == {students[3]}
    assert waitlist(conn, there) == [students[4]]


def test_moved_to_another_audience_a_session_loses_those_who_may_not_see_it(
    conn: psycopg.Connection, world: World, students: list[UUID], batch: UUID
) -> None:
    row = conn.execute("select course_id from public.batches where id = %s", (batch,)).fetchone()
    assert row is not None
    winter = world.batch("Winter", course=row[0])
    guest = world.student()
    there = session(world, batch, capacity=2)
    world.invite(there, guest)
    register(conn, students[0], there)
    register(conn, students[1], there)
    register(conn, students[2], there)
    register(conn, guest, there)

    change(conn, there, batch_id=winter)

    # The guest is invited still, and was the last in the waitlist.
    assert seated(conn, there) == {guest}
    assert waitlist(conn, there) == []
    assert told(conn, there)[2:] == [(guest, PROMOTED)]


def test_who_becomes_the_host_needs_the_seat_no_more(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID]
) -> None:
    tutor = world.mentor()
    world.enroll(tutor, batch=batch)
    there = session(world, batch, capacity=1)
    register(conn, tutor, there)
    register(conn, students[0], there)

    change(conn, there, mentor_id=tutor)

    assert seated(conn, there) == {students[0]}


def test_moved_to_another_time_a_session_keeps_its_seats(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID]
) -> None:
    there = session(world, batch, capacity=2)
    for student in students[:3]:
        register(conn, student, there)

    change(conn, there, start_time=START - HOUR, end_time=START)

    assert seated(conn, there) == set(students[:2])
    assert waitlist(conn, there) == [students[2]]


def test_moved_back_into_the_future_a_session_fills_its_seats(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID]
) -> None:
    there = session(world, batch, capacity=1)
    register(conn, students[0], there)
    register(conn, students[1], there)
    begin(conn, there)
    conn.execute(
        "update public.course_enrollments set status = 'withdrawn' where student_id = %s",
        (students[0],),
    )
    assert (seated(conn, there), waitlist(conn, there)) == (set(), [students[1]])

    change(conn, there, start_time=START, end_time=START + HOUR)

    assert seated(conn, there) == {students[1]}


def test_reinstated_a_session_has_lost_those_who_left_meanwhile(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID]
) -> None:
    there = session(world, batch, capacity=1)
    register(conn, students[0], there)
    register(conn, students[1], there)
    change(conn, there, status="cancelled")
    conn.execute(
        "update public.course_enrollments set status = 'paused' where student_id = %s",
        (students[0],),
    )

    change(conn, there, status="upcoming")

    assert seated(conn, there) == {students[1]}


# -- Losing access ---------------------------------------------------------------------------------

LOSSES = {
    "paused": "update public.course_enrollments set status = 'paused' where student_id = %(who)s",
    "moved to no batch": (
        "update public.course_enrollments set batch_id = null where student_id = %(who)s"
    ),
    "unenrolled": "delete from public.course_enrollments where student_id = %(who)s",
    "deleted": "delete from auth.users where id = %(who)s",
}


@pytest.mark.parametrize("loss", LOSSES.values(), ids=list(LOSSES))
def test_with_the_enrollment_the_seat_is_lost_and_passed_on(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID], loss: str
) -> None:
    there, other = session(world, batch, capacity=1), session(world, batch, capacity=1)
    for student in students[:2]:
        register(conn, student, there)
    for student in students[1::-1]:
        register(conn, student, other)

    conn.execute(loss.encode(), {"who": students[0]})

    assert (seated(conn, there), waitlist(conn, there)) == ({students[1]}, [])
    assert (seated(conn, other), waitlist(conn, other)) == ({students[1]}, [])
    assert told(conn, there)[-1:] == [(students[1], PROMOTED)]
    assert told(conn, other) == [(students[1], CONFIRMED)]


def test_with_the_invitation_the_seat_is_lost_and_passed_on(
    conn: psycopg.Connection, world: World
) -> None:
    there, guest, friend = session(world, None, capacity=1), world.student(), world.student()
    world.invite(there, guest, friend)
    register(conn, guest, there)
    register(conn, friend, there)

    conn.execute("delete from public.session_participants where user_id = %s", (guest,))

    assert seated(conn, there) == {friend}
    assert told(conn, there) == [(guest, CONFIRMED), (friend, PROMOTED)]


def test_an_invitation_given_to_somebody_else_takes_the_seat_with_it(
    conn: psycopg.Connection, world: World
) -> None:
    there, guest, friend = session(world, None), world.student(), world.student()
    world.invite(there, guest)
    register(conn, guest, there)

    conn.execute(
        "update public.session_participants set user_id = %s where user_id = %s", (friend, guest)
    )

    assert seated(conn, there) == set()


def test_whoever_is_invited_keeps_the_seat_without_the_enrollment(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID]
) -> None:
    there = session(world, batch)
    world.invite(there, students[0])
    register(conn, students[0], there)

    conn.execute(
        "update public.course_enrollments set status = 'completed' where student_id = %s",
        (students[0],),
    )

    assert seated(conn, there) == {students[0]}


def test_only_the_seats_of_what_was_lost_are_lost(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID]
) -> None:
    sam, other_course = students[0], world.batch()
    world.enroll(sam, batch=other_course)
    kept, lost = session(world, other_course), session(world, batch)
    for each in (kept, lost):
        register(conn, sam, each)

    conn.execute(
        "update public.course_enrollments set status = 'withdrawn'"
        " where student_id = %s and batch_id = %s",
        (sam, batch),
    )

    assert (seated(conn, kept), seated(conn, lost)) == ({sam}, set())


def test_of_those_who_leave_together_none_is_promoted(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID]
) -> None:
    there = session(world, batch, capacity=1)
    for student in students:
        register(conn, student, there)

    conn.execute(
        "update public.course_enrollments set status = 'completed' where student_id = any(%s)",
        (students[:3],),
    )

    assert seated(conn, there) == {students[3]}
    assert told(conn, there) == [(students[0], CONFIRMED), (students[3], PROMOTED)]


def test_what_is_over_keeps_its_registrations(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID]
) -> None:
    over = session(world, batch, starts=timedelta(days=-1), status="completed")
    world.registration(over, students[0])

    conn.execute("delete from public.course_enrollments where student_id = %s", (students[0],))

    assert seated(conn, over) == {students[0]}


def test_losing_access_while_it_runs_ends_the_registration_and_promotes_nobody(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID]
) -> None:
    there = session(world, batch, capacity=1, starts=-5 * MINUTE, status="live")
    world.registration(there, students[0])
    world.registration(there, students[1], "waitlisted")

    conn.execute("delete from public.course_enrollments where student_id = %s", (students[0],))

    assert (seated(conn, there), waitlist(conn, there)) == (set(), [students[1]])


def test_whoever_lost_the_access_may_ask_and_learns_that_the_registration_is_gone(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID]
) -> None:
    there = session(world, batch)
    register(conn, students[0], there)
    conn.execute("delete from public.course_enrollments where student_id = %s", (students[0],))

    assert unregister(conn, students[0], there)["status"] == "cancelled"
    with refusal(conn, "PT404"):
        register(conn, students[0], there)


def test_with_the_enrollment_back_the_seat_is_not(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID]
) -> None:
    there = session(world, batch)
    register(conn, students[0], there)
    for status in ("paused", "active"):
        conn.execute(
            "update public.course_enrollments set status = %s where student_id = %s",
            (status, students[0]),
        )

    assert seated(conn, there) == set()
    assert register(conn, students[0], there)["status"] == "registered"


def test_a_deleted_session_takes_its_registrations_along(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID]
) -> None:
    over = session(world, batch, starts=timedelta(days=-1), status="completed")
    world.registration(over, students[0])

    with as_user(conn, world.superadmin()):
        conn.execute("delete from public.success_sessions where id = %s", (over,))

    assert seated(conn, over) == set()


# -- Joining and attendance ------------------------------------------------------------------------


def join(conn: psycopg.Connection, user: UUID, session: UUID) -> str | None:
    """Join; the attendance that is recorded, or None."""
    with as_user(conn, user):
        row = conn.execute(
            "select attendance_status::text from public.join_session(%s)", (session,)
        ).fetchone()
    assert row is not None
    status: str | None = row[0]
    return status


def test_only_whoever_has_a_seat_may_join(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID], mentor: UUID
) -> None:
    there = session(world, batch, capacity=1, starts=5 * MINUTE, mentor=mentor)
    for student in students[:2]:
        register(conn, student, there)

    assert join(conn, students[0], there) == "present"
    for user in (mentor, world.admin()):
        assert join(conn, user, there) is None
    with refusal(conn, "PT409") as waiting:
        join(conn, students[1], there)
    with refusal(conn, "PT409") as seatless:
        join(conn, students[2], there)

    assert waiting.message == "this session needs a registration, and you have no seat"
    assert waiting.detail == "you are number 1 in the waitlist"
    assert waiting.hint == "You are told when a seat becomes free."
    assert seatless.message == waiting.message
    assert (seatless.detail or "").startswith("registration is open until 20")
    assert seatless.hint == "Call register_for_session."


def test_whoever_needs_a_seat_hears_of_it_before_joining_opens(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID]
) -> None:
    there = session(world, batch)

    with refusal(conn, "PT409") as without_a_seat:
        join(conn, students[0], there)
    register(conn, students[0], there)
    with refusal(conn, "PT409") as with_one:
        join(conn, students[0], there)

    assert without_a_seat.hint == "Call register_for_session."
    assert with_one.message == "joining is not open yet"


@pytest.mark.parametrize("waits", [True, False])
def test_too_late_for_a_seat_the_remedy_is_another_session(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID], waits: bool
) -> None:
    there = session(world, batch, starts=-5 * MINUTE)
    if waits:
        world.registration(there, students[0], "waitlisted")

    with refusal(conn, "PT409") as answer:
        join(conn, students[0], there)

    assert answer.detail == (
        "you are number 1 in the waitlist" if waits else "registration is closed"
    )
    assert answer.hint == "Look for another session in the calendar."


def test_a_manager_without_a_seat_looks_in_and_does_not_attend(
    conn: psycopg.Connection, world: World, batch: UUID
) -> None:
    there, manager = session(world, batch, starts=5 * MINUTE), world.admin()
    world.enroll(manager, batch=batch)

    assert join(conn, manager, there) is None
    register(conn, manager, there)
    assert join(conn, manager, there) == "present"


def test_a_seat_given_back_opens_no_door(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID]
) -> None:
    there = session(world, batch, starts=5 * MINUTE)
    register(conn, students[0], there)
    unregister(conn, students[0], there)

    with refusal(conn, "PT409"):
        join(conn, students[0], there)


def test_of_a_session_with_registration_only_those_with_a_seat_were_absent(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID]
) -> None:
    there = session(world, batch, starts=-HOUR, minutes=30, status="completed")
    world.registration(there, students[0])
    world.registration(there, students[1], "waitlisted")
    world.registration(there, students[2], "cancelled")

    conn.execute("select private.finalize_attendance(%s)", (there,))

    rows = conn.execute(
        "select student_id, status::text from public.session_attendance where session_id = %s",
        (there,),
    ).fetchall()
    summary = conn.execute("select private.attendance_summary(%s)", (there,)).fetchone()
    assert rows == [(students[0], "absent")]
    assert summary is not None
    assert (summary[0]["invited"], summary[0]["absent"]) == (1, 1)


def test_without_registration_everybody_was_expected(
    conn: psycopg.Connection, world: World, batch: UUID, students: list[UUID]
) -> None:
    there = world.session(batch=batch, starts=-HOUR, minutes=30, status="completed")

    conn.execute("select private.finalize_attendance(%s)", (there,))

    absent = conn.execute(
        "select count(*) from public.session_attendance where session_id = %s", (there,)
    ).fetchone()
    assert absent == (len(students),)
