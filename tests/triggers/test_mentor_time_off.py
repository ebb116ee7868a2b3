"""No session is given to a mentor who is away, nor one too close to another."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from support.actors import as_user
from support.sessions import create, refusal, save, stamp, tomorrow
from support.world import World

START = tomorrow()
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def mentor(world: World) -> UUID:
    return world.mentor()


@pytest.fixture
def away(world: World, mentor: UUID) -> UUID:
    """Time off for the hour from START."""
    return world.time_off(mentor, starts=START, reason="dentist")


@pytest.mark.parametrize(
    ("starts", "minutes"),
    [(0, 60), (-59, 60), (59, 60), (15, 30), (-60, 180)],
    ids=["same hour", "ends inside", "begins inside", "inside", "around"],
)
def test_a_session_during_time_off_is_refused_and_told_when_the_mentor_is_away(
    conn: psycopg.Connection, world: World, mentor: UUID, away: UUID, starts: int, minutes: int
) -> None:
    start = START + starts * MINUTE
    times = {"start_time": start, "end_time": start + minutes * MINUTE}
    elsewhere = world.session(mentor=mentor, starts=START + timedelta(days=2))
    unassigned = world.session(starts=start, minutes=minutes)

    with as_user(conn, world.admin()):
        with refusal(conn, "23P01") as on_insert:
            create(conn, mentor_id=mentor, **times)
        with refusal(conn, "23P01") as on_move:
            save(conn, elsewhere, **times)
        with refusal(conn, "23P01") as on_assignment:
            save(conn, unassigned, mentor_id=mentor)

    for refused in (on_insert, on_move, on_assignment):
        assert refused.message == f"mentor_id {mentor} has time off at that time"
        assert refused.detail == (f"time off from {stamp(START)} to {stamp(START + HOUR)}: dentist")
        assert refused.hint == "Choose another time or another mentor."


@pytest.mark.parametrize("starts", [-60, 60], ids=["just before", "just after"])
def test_sessions_may_touch_time_off(
    conn: psycopg.Connection, world: World, mentor: UUID, away: UUID, starts: int
) -> None:
    with as_user(conn, world.admin()):
        assert create(conn, mentor_id=mentor, start_time=START + starts * MINUTE)


def test_time_off_binds_the_system_too(
    conn: psycopg.Connection, world: World, mentor: UUID, away: UUID
) -> None:
    with refusal(conn, "23P01"):
        world.session(mentor=mentor, starts=START)


def test_time_off_may_be_entered_over_sessions_which_stay_until_they_are_moved(
    conn: psycopg.Connection, world: World, mentor: UUID
) -> None:
    session = world.session(mentor=mentor, starts=START)

    with as_user(conn, mentor):
        conn.execute(
            "insert into public.mentor_time_off (start_time, end_time) values (%s, %s)",
            (START, START + HOUR),
        )
        assert save(conn, session, title="Still on", start_time=START)["mentor_id"] == mentor
        with refusal(conn, "23P01"):
            save(conn, session, start_time=START - 30 * MINUTE)


def test_other_mentors_may_be_given_sessions_then(
    conn: psycopg.Connection, world: World, mentor: UUID, away: UUID
) -> None:
    other = world.mentor("Another")
    with as_user(conn, world.admin()):
        assert create(conn, mentor_id=other, start_time=START)
        assert create(conn, mentor_id=None, start_time=START)


def test_time_off_that_is_taken_back_frees_the_mentor(
    conn: psycopg.Connection, mentor: UUID, away: UUID
) -> None:
    with as_user(conn, mentor):
        conn.execute("delete from public.mentor_time_off where id = %s", (away,))
        assert create(conn, mentor_id=mentor, start_time=START)


# -- Buffers ---------------------------------------------------------------------------------------


def give_a_break_of(conn: psycopg.Connection, minutes: int) -> None:
    conn.execute("update public.app_settings set mentor_buffer_minutes = %s where id", (minutes,))


@pytest.mark.parametrize("starts", [-74, 74], ids=["before", "after"])
def test_a_session_closer_than_the_buffer_is_refused_and_told_the_other(
    conn: psycopg.Connection, world: World, mentor: UUID, starts: int
) -> None:
    first = world.session("First", mentor=mentor, starts=START)
    give_a_break_of(conn, 15)

    with as_user(conn, world.admin()), refusal(conn, "23P01") as refused:
        create(conn, mentor_id=mentor, start_time=START + starts * MINUTE)

    assert refused.message == f"mentor_id {mentor} hosts another session too close to that time"
    assert refused.detail == (
        f"too close to 'First', session {first}, from {stamp(START)} to {stamp(START + HOUR)}"
    )


@pytest.mark.parametrize("starts", [-75, 75], ids=["before", "after"])
def test_a_session_as_far_away_as_the_buffer_is_booked(
    conn: psycopg.Connection, world: World, mentor: UUID, starts: int
) -> None:
    world.session(mentor=mentor, starts=START)
    give_a_break_of(conn, 15)
    with as_user(conn, world.admin()):
        assert create(conn, mentor_id=mentor, start_time=START + starts * MINUTE)


def test_there_is_no_buffer_between_a_session_and_time_off(
    conn: psycopg.Connection, world: World, mentor: UUID, away: UUID
) -> None:
    give_a_break_of(conn, 15)
    with as_user(conn, world.admin()):
        assert create(conn, mentor_id=mentor, start_time=START + HOUR)


def test_a_greater_buffer_leaves_what_is_planned_as_it_is(
    conn: psycopg.Connection, world: World, mentor: UUID
) -> None:
    world.session(mentor=mentor, starts=START)
    second = world.session(mentor=mentor, starts=START + HOUR)
    give_a_break_of(conn, 15)
    with as_user(conn, world.admin()):
        assert save(conn, second, title="Renamed", start_time=START + HOUR)


@pytest.mark.parametrize("minutes", [-1, 241])
def test_an_absurd_buffer_is_refused(conn: psycopg.Connection, world: World, minutes: int) -> None:
    with as_user(conn, world.admin()), refusal(conn, "22023") as refused:
        give_a_break_of(conn, minutes)

    assert refused.message == "mentor_buffer_minutes must be between 0 and 240"


# -- Who and what ----------------------------------------------------------------------------------


def test_whoever_may_not_know_what_the_mentor_does_is_not_told(
    conn: psycopg.Connection, world: World, mentor: UUID, away: UUID
) -> None:
    """A definer function may write a session in the name of somebody who hosts nothing."""
    student = world.student()
    conn.execute(
        "create function private.book(mentor uuid, start timestamptz) returns void"
        " language sql security definer as"
        " $$ insert into public.success_sessions (title, start_time, link, mentor_id)"
        " values ('Booked', start, 'https://zoom.us/j/1', mentor) $$"
    )
    conn.execute("grant execute on function private.book to authenticated")
    with as_user(conn, student), refusal(conn, "23P01") as refused:
        conn.execute("select private.book(%s, %s)", (mentor, START))

    assert refused.message == "the mentor is not free at that time"
    assert not refused.detail
    assert "dentist" not in refused.everything


def test_mentors_enter_their_own_time_and_nobody_elses(
    conn: psycopg.Connection, world: World, mentor: UUID
) -> None:
    other = world.mentor("Another")
    with as_user(conn, other), refusal(conn, "42501") as refused:
        world.time_off(mentor, starts=START)

    assert refused.message == "mentor_id must be your own id: mentors enter their own time"


def test_a_stranger_does_not_learn_who_is_a_mentor(
    conn: psycopg.Connection, world: World, mentor: UUID
) -> None:
    answers = set()
    with as_user(conn, world.student()):
        for whom in (mentor, uuid4()):
            with refusal(conn, "42501") as refused:
                world.time_off(whom, starts=START)
            answers.add((refused.message, refused.detail, refused.hint))

    assert len(answers) == 1


def test_time_off_of_somebody_who_is_no_mentor_is_refused(
    conn: psycopg.Connection, world: World
) -> None:
    student = world.student()
    with as_user(conn, world.admin()), refusal(conn, "22023") as refused:
        world.time_off(student, starts=START)

    assert refused.message == f"mentor_id {student} is not a mentor"


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"minutes": 0}, "end_time must be after start_time, and before the year 2201"),
        (
            {"starts": datetime.fromisoformat("1999-01-01T00:00Z")},
            "start_time must be in the years",
        ),
        ({"reason": "x" * 201}, "reason must be one line of at most 200 characters"),
        ({"reason": "two\nlines"}, "reason must be one line of at most 200 characters"),
    ],
)
def test_nonsense_is_refused(
    conn: psycopg.Connection,
    world: World,
    mentor: UUID,
    columns: dict[str, Any],
    message: str,
) -> None:
    with as_user(conn, mentor), refusal(conn, "22023") as refused:
        world.time_off(mentor, **({"starts": START} | columns))

    assert str(refused.message).startswith(message)
