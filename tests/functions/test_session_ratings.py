"""Ratings: by those who attended, once the session is over, once."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from support.actors import as_user, refused
from support.world import World


@pytest.fixture
def student(world: World, batch: UUID) -> UUID:
    return world.student("Sam", batch=batch)


@pytest.fixture
def session(world: World, batch: UUID, student: UUID) -> UUID:
    over = world.session(batch=batch, starts=timedelta(hours=-2), status="completed")
    world.attendance(over, student)
    return over


def rate(
    conn: psycopg.Connection, who: UUID, session: UUID, rating: int | None, comment: str = ""
) -> tuple[object, ...]:
    with as_user(conn, who):
        row = conn.execute(
            "select rating, comment from public.rate_session(%s, %s, %s)",
            (session, rating, comment),
        ).fetchone()
    assert row is not None
    return row


@pytest.mark.parametrize("status", ["present", "late", "partial"])
def test_whoever_attended_rates_the_session(
    world: World, batch: UUID, session: UUID, status: str
) -> None:
    student = world.student("Uma", batch=batch)
    world.attendance(session, student, status)

    assert rate(world.conn, student, session, 4, " Good pace. ") == (4, "Good pace.")
    stored = world.conn.execute(
        "select rating from public.session_ratings where student_id = %s", (student,)
    ).fetchall()
    assert stored == [(4,)]


@pytest.mark.parametrize("status", ["absent", "excused", None])
def test_whoever_did_not_attend_may_not(
    world: World, batch: UUID, session: UUID, status: str | None
) -> None:
    student = world.student("Uma", batch=batch)
    if status is not None:
        world.attendance(session, student, status)

    with refused(world.conn, match="only students who attended a session may rate it"):
        rate(world.conn, student, session, 4)


def test_hosts_and_managers_did_not_attend(world: World, batch: UUID) -> None:
    mentor = world.mentor()
    over = world.session(batch=batch, mentor=mentor, starts=timedelta(hours=-2), status="completed")

    for who in (mentor, world.admin()):
        with refused(world.conn, match="only students who attended"):
            rate(world.conn, who, over, 5)


def test_a_rating_is_given_once_and_stays(world: World, student: UUID, session: UUID) -> None:
    given = rate(world.conn, student, session, 4, "Good")

    assert rate(world.conn, student, session, 4, "Good") == given, "a second click"
    for rating, comment in ((5, "Good"), (4, "Better")):
        with refused(world.conn, psycopg.Error, match="rated this session already") as told:
            rate(world.conn, student, session, rating, comment)
        assert told.value.sqlstate == "PT409"
        assert told.value.diag.message_detail == "with 4"
    with as_user(world.conn, student), refused(world.conn):
        world.conn.execute("update public.session_ratings set rating = 5")


@pytest.mark.parametrize("rating", [0, 6, -1, None])
def test_a_rating_is_one_to_five(
    world: World, student: UUID, session: UUID, rating: int | None
) -> None:
    with refused(world.conn, psycopg.errors.InvalidParameterValue, match="rating must"):
        rate(world.conn, student, session, rating)
    assert rate(world.conn, student, session, 1)[0] == 1


def test_a_comment_has_an_end(world: World, student: UUID, session: UUID) -> None:
    with refused(world.conn, psycopg.errors.InvalidParameterValue, match="at most 2,000"):
        rate(world.conn, student, session, 3, "x" * 2001)
    assert rate(world.conn, student, session, 3, "x" * 2000)[0] == 3


def test_a_session_is_rated_when_it_is_over_even_before_the_clock_has_said_so(
    world: World, batch: UUID, student: UUID
) -> None:
    live = world.session(batch=batch, starts=timedelta(minutes=-30), status="live")
    over = world.session(batch=batch, starts=timedelta(minutes=-90), status="live")
    cancelled = world.session(batch=batch, starts=timedelta(hours=-3), status="cancelled")
    for session in (live, over, cancelled):
        world.attendance(session, student)

    for session, message, detail in (
        (live, "this session is not over yet", "it ends at "),
        (cancelled, "this session was cancelled", "no reason was given"),
    ):
        with refused(world.conn, psycopg.Error, match=message) as told:
            rate(world.conn, student, session, 5)
        assert told.value.sqlstate == "PT409"
        assert (told.value.diag.message_detail or "").startswith(detail)
    assert rate(world.conn, student, over, 5) == (5, None)


def test_whoever_has_left_the_course_may_still_say_how_it_was(
    world: World, student: UUID, session: UUID
) -> None:
    world.conn.execute("update public.course_enrollments set status = 'completed'")

    assert rate(world.conn, student, session, 2)[0] == 2


def test_a_session_of_others_and_none_at_all_are_the_same(world: World, session: UUID) -> None:
    stranger = world.student("Stranger", batch=world.batch("Other"))
    said = []
    for unseen in (session, uuid4()):
        with refused(world.conn, psycopg.Error) as told:
            rate(world.conn, stranger, unseen, 5)
        assert told.value.sqlstate == "PT404"
        said.append((told.value.diag.message_primary or "").replace(str(unseen), "it"))
    assert said[0] == said[1]


def test_a_mentor_reads_no_rating_by_name(
    world: World, batch: UUID, student: UUID, session: UUID
) -> None:
    mentor = world.mentor()
    over = world.session(batch=batch, mentor=mentor, starts=timedelta(hours=-2), status="completed")
    world.attendance(over, student)
    rate(world.conn, student, over, 5, "By name")
    query = "select comment from public.session_ratings"

    with as_user(world.conn, mentor):
        assert world.conn.execute(query).fetchall() == []
    for reader in (student, world.admin()):
        with as_user(world.conn, reader):
            assert world.conn.execute(query).fetchall() == [("By name",)]
