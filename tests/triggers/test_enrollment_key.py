"""One call enrolls whoever is new and brings back whoever was there; it makes nobody another."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from support.actors import as_service, as_user
from support.sessions import refusal
from support.world import World

UPSERT = """
    insert into public.course_enrollments (student_id, course_id, batch_id, status)
    values (%(student)s, %(course)s, %(batch)s, 'active')
    on conflict (student_id, course_id) do update
    set
        student_id = excluded.student_id,
        course_id = excluded.course_id,
        batch_id = excluded.batch_id,
        status = excluded.status
"""
"""As PostgREST writes it."""


@pytest.fixture
def manager(world: World) -> UUID:
    return world.enrollment_manager()


def enrolled(conn: psycopg.Connection, student: UUID) -> list[tuple[object, ...]]:
    return conn.execute(
        "select course_id, batch_id, status from public.course_enrollments where student_id = %s",
        (student,),
    ).fetchall()


def test_a_manager_enrolls_and_brings_back_in_one_call(
    conn: psycopg.Connection, world: World, manager: UUID
) -> None:
    course = world.course()
    spring, autumn = (world.batch(course=course) for _ in range(2))
    student = world.student("Sam")

    for batch in (spring, autumn):
        with as_user(conn, manager):
            conn.execute(UPSERT, {"student": student, "course": course, "batch": batch})
        assert enrolled(conn, student) == [(course, batch, "active")]
        conn.execute("update public.course_enrollments set status = 'paused'")


@pytest.mark.parametrize("column", ["student_id", "course_id"])
@pytest.mark.parametrize("who", ["manager", "service"])
def test_nobody_makes_an_enrollment_that_of_another(
    conn: psycopg.Connection, world: World, manager: UUID, column: str, who: str
) -> None:
    course, student = world.course(), world.student("Sita")
    other = {"student_id": student, "course_id": course}[column]
    sam = world.student("Sam", batch=world.batch())
    before = enrolled(conn, sam)
    change = sql.SQL("update public.course_enrollments set {} = %s where student_id = %s")
    acting = as_user(conn, manager) if who == "manager" else as_service(conn)
    with acting, refusal(conn, "22023") as refused:
        conn.execute(change.format(sql.Identifier(column)), (other, sam))

    assert refused.message == "student_id and course_id of an enrollment never change"
    assert enrolled(conn, sam) == before
