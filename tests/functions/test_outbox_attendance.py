"""What came of a session: the summary with its file, and warnings of low attendance."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from support.actors import refused
from support.outbox import Claimed, Outbox, change
from support.preferences import prefer
from support.world import World


@pytest.fixture
def course(world: World) -> UUID:
    return world.course("Data Analytics")


@pytest.fixture
def batch(world: World, course: UUID) -> UUID:
    return world.batch(course=course)


@pytest.fixture
def mentor(world: World) -> UUID:
    return world.mentor()


def attended(world: World, batch: UUID, student: UUID, *statuses: str) -> None:
    """Sessions of weeks ago, and how somebody attended them."""
    for week, status in enumerate(statuses, start=1):
        session = world.session(batch=batch, starts=-timedelta(weeks=week), status="completed")
        world.attendance(session, student, status)


def hold(
    world: World, outbox: Outbox, batch: UUID, mentor: UUID | None, **attendance: UUID
) -> list[Claimed]:
    """A session that has just ended, at which these were marked so; the mails after it."""
    outbox.deliver()
    session = world.session(
        batch=batch, mentor=mentor, starts=timedelta(hours=-2), minutes=60, status="live"
    )
    outbox.deliver()
    for status, student in attendance.items():
        world.attendance(session, student, status)
    change(world.conn, session, status="completed")
    return outbox.deliver()


def set_to(conn: psycopg.Connection, setting: str, value: int) -> None:
    conn.execute(
        sql.SQL("update public.app_settings set {} = %s").format(sql.Identifier(setting)), (value,)
    )


def warned(emails: list[Claimed]) -> dict[UUID, str]:
    return {
        email.recipient_id: email.recipient_role
        for email in emails
        if email.kind == "attendance_warning"
    }


# The summary's file


def test_the_summary_comes_with_a_file_that_spreadsheets_read(
    world: World, outbox: Outbox, batch: UUID, mentor: UUID, anna: UUID
) -> None:
    formula = world.student("=HYPERLINK(1)", batch=batch)
    (email,) = hold(world, outbox, batch, mentor, present=anna, late=formula)
    assert email.summary is not None
    rows = list(csv.DictReader(io.StringIO(email.summary["csv"])))
    assert [(row["full_name"], row["status"]) for row in rows] == [
        ("'=HYPERLINK(1)", "late"),
        ("Anna", "present"),
    ]
    assert set(rows[0]) == {"full_name", "status", "minutes_present", "joined_at"}


# Warnings


def test_who_misses_too_much_is_warned_and_the_mentor_told(
    world: World, outbox: Outbox, batch: UUID, mentor: UUID, anna: UUID
) -> None:
    ben = world.student("Ben", batch=batch)
    attended(world, batch, anna, "present", "absent", "absent")
    attended(world, batch, ben, "present", "present", "late")
    emails = hold(world, outbox, batch, mentor)
    assert warned(emails) == {anna: "learner", mentor: "host"}
    own, told = (
        next(
            mail for mail in emails if (mail.recipient_id, mail.kind) == (who, "attendance_warning")
        )
        for who in (anna, mentor)
    )
    assert own.summary == {"attended": 1, "sessions": 4, "percent": 25, "students": []}
    assert told.summary is not None
    assert told.summary["students"] == [
        {"full_name": "Anna", "attended": 1, "sessions": 4, "percent": 25}
    ]
    assert own.calendars == told.calendars == []


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (["absent"], "absent"),
        (["present", "present", "absent"], "absent"),
        (["absent", "absent", "absent"], "present"),
        (["absent", "absent", "absent"], "excused"),
        (["excused", "excused", "excused"], "absent"),
    ],
    ids=["too few sessions", "enough attended", "was there", "excused", "excused before"],
)
def test_nobody_is_warned_without_cause(
    world: World,
    outbox: Outbox,
    batch: UUID,
    mentor: UUID,
    anna: UUID,
    before: list[str],
    now: str,
) -> None:
    attended(world, batch, anna, *before)
    assert warned(hold(world, outbox, batch, mentor, **{now: anna})) == {}


def test_nobody_is_warned_more_often_than_the_platform_wants(
    world: World, outbox: Outbox, batch: UUID, mentor: UUID, anna: UUID
) -> None:
    world.conn.execute("update public.app_settings set low_attendance_warnings = 2")
    attended(world, batch, anna, "absent", "absent")
    times = [warned(hold(world, outbox, batch, None)) for _ in range(4)]
    assert times == [{anna: "learner"}, {anna: "learner"}, {}, {}]


@pytest.mark.parametrize("setting", ["low_attendance_percent", "low_attendance_warnings"])
def test_the_platform_may_do_without(
    world: World, outbox: Outbox, batch: UUID, mentor: UUID, anna: UUID, setting: str
) -> None:
    set_to(world.conn, setting, 0)
    attended(world, batch, anna, "absent", "absent")
    assert warned(hold(world, outbox, batch, mentor)) == {}


def test_a_mark_put_right_before_the_mail_goes_out_takes_it_back(
    world: World, outbox: Outbox, batch: UUID, mentor: UUID, anna: UUID
) -> None:
    attended(world, batch, anna, "absent", "absent")
    session = world.session(
        batch=batch, mentor=mentor, starts=timedelta(hours=-2), minutes=60, status="live"
    )
    outbox.deliver()
    change(world.conn, session, status="completed")
    outbox.expand()
    world.conn.execute("update public.session_attendance set status = 'present'")
    assert warned(outbox.deliver()) == {}
    assert {row["skip_reason"] for row in outbox.rows(topic="warning")} == {"nothing_changed"}


def test_whoever_left_the_course_or_does_not_want_it_is_not_warned(
    world: World, outbox: Outbox, batch: UUID, mentor: UUID, anna: UUID
) -> None:
    ben = world.student("Ben", batch=batch)
    for student in (anna, ben):
        attended(world, batch, student, "absent", "absent")
    prefer(world.conn, ben, "attendance_warning", enabled=False)
    session = world.session(
        batch=batch, mentor=mentor, starts=timedelta(hours=-2), minutes=60, status="live"
    )
    outbox.deliver()
    change(world.conn, session, status="completed")
    outbox.expand()
    world.conn.execute(
        "update public.course_enrollments set status = 'withdrawn' where student_id = %s", (anna,)
    )
    emails = outbox.deliver()
    assert warned(emails) == {mentor: "host"}
    told = next(mail for mail in emails if mail.kind == "attendance_warning")
    assert told.summary is not None
    assert [student["full_name"] for student in told.summary["students"]] == ["Ben"]


def test_a_session_without_a_course_warns_nobody(
    world: World, outbox: Outbox, mentor: UUID, anna: UUID
) -> None:
    session = world.session(mentor=mentor, starts=timedelta(hours=-2), minutes=60, status="live")
    world.invite(session, anna)
    outbox.deliver()
    change(world.conn, session, status="completed")
    assert warned(outbox.deliver()) == {}


@pytest.mark.parametrize(
    ("setting", "value"), [("low_attendance_percent", 101), ("low_attendance_warnings", -1)]
)
def test_settings_that_make_no_sense_are_refused(
    conn: psycopg.Connection, setting: str, value: int
) -> None:
    with refused(conn, psycopg.errors.InvalidParameterValue, f"{setting} must be"):
        set_to(conn, setting, value)
