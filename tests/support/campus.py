"""A small campus for tests that go through the API: people in every role, committed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

import psycopg

from support.world import World

PASSWORD = "correct horse"


@dataclass(frozen=True, slots=True)
class Campus:
    """Everybody signs in as `<name>@campus.test` with `PASSWORD`.

    Attributes:
        course: The course.
        batch: Its autumn batch.
        winter: Its winter batch.
        elsewhere: A batch of another course.
        sofia: Superadmin.
        ada: Admin.
        erin: Enrollment manager.
        marta: Mentor.
        milo: Another mentor.
        sam: Student of the autumn batch.
        sita: Student of the autumn batch.
        otto: Student of the winter batch.
        uma: Unbatched student of the course.
        pia: Student of the autumn batch, paused.
        nora: Somebody without any role or enrollment.
    """

    course: UUID
    batch: UUID
    winter: UUID
    elsewhere: UUID
    sofia: UUID
    ada: UUID
    erin: UUID
    marta: UUID
    milo: UUID
    sam: UUID
    sita: UUID
    otto: UUID
    uma: UUID
    pia: UUID
    nora: UUID

    @classmethod
    def open(cls, database_url: str) -> Self:
        """Insert and commit everything."""
        with psycopg.connect(database_url) as connection:
            world = World(connection)

            def account(name: str) -> dict[str, Any]:
                return {"email": address(name), "password": PASSWORD}

            course = world.course("Data Engineering")
            batch = world.batch("Autumn", course=course)
            winter = world.batch("Winter", course=course)
            return cls(
                course=course,
                batch=batch,
                winter=winter,
                elsewhere=world.batch("Autumn", course=world.course("Machine Learning")),
                sofia=world.superadmin("Sofia Superadmin", **account("sofia")),
                ada=world.admin("Ada Admin", **account("ada")),
                erin=world.enrollment_manager("Erin Enrollments", **account("erin")),
                marta=world.mentor("Marta Mentor", timezone="Europe/Berlin", **account("marta")),
                milo=world.mentor("Milo Mentor", **account("milo")),
                sam=world.student(
                    "Sam Student", batch=batch, timezone="America/New_York", **account("sam")
                ),
                sita=world.student(
                    "Sita Student", batch=batch, timezone="Asia/Kolkata", **account("sita")
                ),
                otto=world.student("Otto Otherbatch", batch=winter, **account("otto")),
                uma=world.student("Uma Unbatched", course=course, **account("uma")),
                pia=world.student("Pia Paused", batch=batch, status="paused", **account("pia")),
                nora=world.user("Nora Nobody", **account("nora")),
            )


def address(name: str) -> str:
    """The mail address of somebody on campus."""
    return f"{name}@campus.test"
