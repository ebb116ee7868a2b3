"""From presence to attendance: late, partial, absent, and what a person has marked stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row, scalar_row

from support.outbox import Outbox, change
from support.plans import refuse
from support.world import World

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def over(world: World, batch: UUID) -> UUID:
    """An hour that ended an hour ago."""
    return world.session(batch=batch, starts=-120 * MINUTE, status="completed")


@pytest.fixture
def running(world: World, batch: UUID) -> UUID:
    """An hour that began half an hour ago."""
    return world.session(batch=batch, starts=-30 * MINUTE, status="live")


def was_there(
    conn: psycopg.Connection,
    session: UUID,
    student: UUID,
    came: timedelta,
    left: timedelta | None = None,
) -> None:
    """Record presence; times from the session's start, None for not leaving."""
    for kind, at in (("join", came), ("leave", left)):
        if at is not None:
            conn.execute(
                """
                insert into private.presence_events (session_id, user_id, kind, occurred_at, source)
                select id, %s, %s, start_time + %s, 'join'
                from public.success_sessions where id = %s
                """,
                (student, kind, at, session),
            )


def refresh(conn: psycopg.Connection, session: UUID, student: UUID | None = None) -> None:
    conn.execute(
        "select private.refresh_attendance(session, %s)"
        " from public.success_sessions as session where id = %s",
        (student, session),
    )


def finalize(conn: psycopg.Connection, session: UUID) -> None:
    conn.execute("select private.finalize_attendance(%s)", (session,))


def records(conn: psycopg.Connection, session: UUID) -> dict[UUID, dict[str, Any]]:
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            "select * from public.session_attendance where session_id = %s", (session,)
        ).fetchall()
    return {row["student_id"]: row for row in rows}


def statuses(conn: psycopg.Connection, session: UUID) -> dict[UUID, str]:
    return {student: row["status"] for student, row in records(conn, session).items()}


@pytest.mark.parametrize(
    ("came", "status"),
    [
        (-10 * MINUTE, "present"),
        (0 * MINUTE, "present"),
        (10 * MINUTE, "present"),
        (10 * MINUTE + SECOND, "late"),
        (29 * MINUTE, "late"),
    ],
    ids=str,
)
def test_late_is_who_comes_after_ten_minutes(
    conn: psycopg.Connection, running: UUID, anna: UUID, came: timedelta, status: str
) -> None:
    was_there(conn, running, anna, came)
    refresh(conn, running)

    assert statuses(conn, running) == {anna: status}


def test_when_late_begins_is_a_setting(conn: psycopg.Connection, running: UUID, anna: UUID) -> None:
    conn.execute("update public.app_settings set late_after_minutes = 5")
    was_there(conn, running, anna, 6 * MINUTE)
    refresh(conn, running)

    assert statuses(conn, running) == {anna: "late"}


@pytest.mark.parametrize(
    ("came", "left", "status", "minutes"),
    [
        (0 * MINUTE, None, "present", 60),
        (0 * MINUTE, 45 * MINUTE, "present", 45),
        (0 * MINUTE, 45 * MINUTE - SECOND, "partial", 45),
        (-15 * MINUTE, 44 * MINUTE, "partial", 44),
        (15 * MINUTE, None, "late", 45),
        (15 * MINUTE + SECOND, None, "partial", 45),
        (59 * MINUTE + 40 * SECOND, None, "partial", 0),
        (-10 * MINUTE, -5 * MINUTE, "partial", 0),
    ],
    ids=str,
)
def test_partial_is_who_was_there_for_less_than_three_quarters(
    conn: psycopg.Connection,
    over: UUID,
    anna: UUID,
    came: timedelta,
    left: timedelta | None,
    status: str,
    minutes: int,
) -> None:
    was_there(conn, over, anna, came, left)
    finalize(conn, over)

    row = records(conn, over)[anna]
    assert (row["status"], row["minutes_present"]) == (status, minutes)


def test_where_partial_begins_is_a_setting(
    conn: psycopg.Connection, over: UUID, anna: UUID
) -> None:
    conn.execute("update public.app_settings set partial_below_percent = 50")
    was_there(conn, over, anna, 0 * MINUTE, 31 * MINUTE)
    finalize(conn, over)

    assert statuses(conn, over) == {anna: "present"}


def test_nobody_is_partial_before_the_end(
    conn: psycopg.Connection, running: UUID, anna: UUID
) -> None:
    was_there(conn, running, anna, 0 * MINUTE, 1 * MINUTE)
    refresh(conn, running)

    assert statuses(conn, running) == {anna: "present"}


def test_nobody_becomes_partial_because_the_session_ended_early(
    conn: psycopg.Connection, world: World, running: UUID, anna: UUID
) -> None:
    was_there(conn, running, anna, 0 * MINUTE)
    change(conn, running, status="completed")
    finalize(conn, running)

    row = records(conn, running)[anna]
    assert (row["status"], row["minutes_present"]) == ("present", 30)


def test_an_open_presence_ends_with_the_session(
    conn: psycopg.Connection, over: UUID, anna: UUID
) -> None:
    was_there(conn, over, anna, 5 * MINUTE)
    finalize(conn, over)

    end = conn.execute(
        "select end_time from public.success_sessions where id = %s", (over,)
    ).fetchone()
    assert end is not None
    assert records(conn, over)[anna]["left_at"] == end[0]


def test_the_missing_are_absent_and_only_those_of_the_audience(
    conn: psycopg.Connection, world: World, batch: UUID, over: UUID, anna: UUID
) -> None:
    ben = world.student("Ben", batch=batch)
    world.student("Paused", batch=batch, status="paused")
    world.student("Of another batch", batch=world.batch())
    guest = world.student("Guest")
    world.invite(over, guest)
    was_there(conn, over, ben, 0 * MINUTE)

    finalize(conn, over)

    assert statuses(conn, over) == {anna: "absent", ben: "present", guest: "absent"}
    absent = records(conn, over)[anna]
    assert (absent["joined_at"], absent["left_at"], absent["minutes_present"]) == (None, None, 0)
    assert absent["marked_by"] is None


def test_the_absent_of_a_session_for_the_unbatched(conn: psycopg.Connection, world: World) -> None:
    course = world.course()
    unbatched = world.student(course=course)
    world.student(batch=world.batch(course=course))
    session = world.session(course=course, starts=-120 * MINUTE, status="completed")

    finalize(conn, session)

    assert statuses(conn, session) == {unbatched: "absent"}


def test_the_host_is_never_absent(conn: psycopg.Connection, world: World, batch: UUID) -> None:
    host = world.mentor()
    world.enroll(host, batch=batch)
    session = world.session(batch=batch, mentor=host, starts=-120 * MINUTE, status="completed")
    world.invite(session, host)

    finalize(conn, session)

    assert statuses(conn, session) == {}


def test_who_was_there_and_has_left_the_course_since_keeps_the_attendance(
    conn: psycopg.Connection, over: UUID, anna: UUID
) -> None:
    was_there(conn, over, anna, 0 * MINUTE)
    conn.execute(
        "update public.course_enrollments set status = 'withdrawn' where student_id = %s", (anna,)
    )
    finalize(conn, over)

    assert statuses(conn, over) == {anna: "present"}


@pytest.mark.parametrize("source", ["manual", "import"])
@pytest.mark.parametrize("was_present", [True, False])
def test_what_a_person_has_marked_stays(
    conn: psycopg.Connection,
    world: World,
    over: UUID,
    anna: UUID,
    source: str,
    was_present: bool,
) -> None:
    admin = world.admin()
    world.attendance(
        over, anna, "excused", source=source, marked_by=admin, note="Ill", minutes_present=7
    )
    before = records(conn, over)
    if was_present:
        was_there(conn, over, anna, 0 * MINUTE)

    refresh(conn, over)
    finalize(conn, over)

    assert records(conn, over) == before


def test_finalizing_twice_is_finalizing_once(
    conn: psycopg.Connection, world: World, batch: UUID, over: UUID, anna: UUID
) -> None:
    ben = world.student("Ben", batch=batch)
    was_there(conn, over, ben, 12 * MINUTE)
    finalize(conn, over)
    first = records(conn, over)

    finalize(conn, over)

    again = records(conn, over)
    for student, row in first.items():
        assert {**again.pop(student), "updated_at": None} == {**row, "updated_at": None}
    assert again == {}


@pytest.mark.parametrize("status", ["upcoming", "live", "cancelled"])
def test_only_completed_sessions_are_finalized(
    conn: psycopg.Connection, world: World, batch: UUID, anna: UUID, status: str
) -> None:
    session = world.session(batch=batch, starts=-30 * MINUTE, status=status)
    was_there(conn, session, anna, 0 * MINUTE)

    finalize(conn, session)

    assert records(conn, session) == {}


def test_refreshing_one_student_leaves_the_others(
    conn: psycopg.Connection, world: World, batch: UUID, running: UUID, anna: UUID
) -> None:
    ben = world.student("Ben", batch=batch)
    was_there(conn, running, anna, 0 * MINUTE)
    was_there(conn, running, ben, 0 * MINUTE)

    refresh(conn, running, anna)

    assert set(records(conn, running)) == {anna}


def test_a_late_presence_corrects_the_attendance(
    conn: psycopg.Connection, over: UUID, anna: UUID
) -> None:
    """The platform's webhook came after the session was finalized."""
    finalize(conn, over)
    assert statuses(conn, over) == {anna: "absent"}
    was_there(conn, over, anna, 0 * MINUTE, 60 * MINUTE)

    refresh(conn, over, anna)

    assert statuses(conn, over) == {anna: "present"}


# -- The summary ------------------------------------------------------------------------


def summary(conn: psycopg.Connection, session: UUID) -> dict[str, Any]:
    with conn.cursor(row_factory=scalar_row) as cursor:
        found: dict[str, Any] | None = cursor.execute(
            "select private.attendance_summary(%s)", (session,)
        ).fetchone()
    assert found is not None
    return found


def test_the_summary_counts_and_names_everybody(
    conn: psycopg.Connection, world: World, batch: UUID, over: UUID
) -> None:
    zoe, ada, bo, cy, di = (
        world.student(name, batch=batch) for name in ("Zoe", "Ada", "Bo", "Cy", "Di")
    )
    was_there(conn, over, zoe, 0 * MINUTE)
    was_there(conn, over, ada, 12 * MINUTE)
    was_there(conn, over, bo, 0 * MINUTE, 20 * MINUTE)
    world.attendance(over, cy, "excused")
    finalize(conn, over)

    found = summary(conn, over)

    students = found.pop("students")
    lines = found.pop("csv").splitlines()
    assert lines[0] == '"full_name","status","minutes_present","joined_at"'
    assert [line.split(",")[0] for line in lines[1:]] == [
        f'"{name}"' for name in ("Ada", "Bo", "Cy", "Di", "Zoe")
    ]
    assert found == {
        "invited": 5,
        "present": 1,
        "late": 1,
        "partial": 1,
        "absent": 1,
        "excused": 1,
    }
    assert [(s["full_name"], s["status"], s["minutes_present"]) for s in students] == [
        ("Ada", "late", 48),
        ("Bo", "partial", 20),
        ("Cy", "excused", 0),
        ("Di", "absent", 0),
        ("Zoe", "present", 60),
    ]
    assert [s["joined_at"] is not None for s in students] == [True, True, False, False, True]
    assert di in records(conn, over)
    assert {key for student in students for key in student} == {
        "full_name",
        "status",
        "minutes_present",
        "joined_at",
    }


def test_the_summary_of_nobody(conn: psycopg.Connection, world: World) -> None:
    session = world.session(starts=-120 * MINUTE, status="completed")
    finalize(conn, session)

    assert summary(conn, session) == {
        "invited": 0,
        "present": 0,
        "late": 0,
        "partial": 0,
        "absent": 0,
        "excused": 0,
        "students": [],
        "csv": "",
    }


def test_no_line_of_the_summarys_file_is_added_to_a_file_that_is_long(
    conn: psycopg.Connection, world: World, batch: UUID, over: UUID
) -> None:
    """It would be copied for each student."""
    for number in range(30):
        world.student(f'Student "{number}"', batch=batch)
    finalize(conn, over)
    by_the_aggregate = """
        select public.csv(line)
        from (
            select profile.full_name, status, minutes_present,
                private.utc_text(joined_at) as joined_at
            from public.session_attendance
            inner join public.profiles as profile on profile.id = student_id
            where session_id = %s order by profile.full_name, profile.id
        ) as line
    """
    expected = conn.execute(by_the_aggregate, (over,)).fetchone()
    refuse(conn, "private.add_csv_line", "length(lines) > 100")

    assert expected == (summary(conn, over)["csv"],)
    # The control: the aggregate adds to what is long.
    with pytest.raises(psycopg.errors.RaiseException):
        conn.execute(by_the_aggregate, (over,))


def test_the_clock_and_the_outbox_finalize_and_tell_the_mentor(
    conn: psycopg.Connection, world: World, batch: UUID, anna: UUID
) -> None:
    mentor = world.mentor()
    session = world.session(batch=batch, mentor=mentor, starts=-61 * MINUTE)
    was_there(conn, session, anna, 0 * MINUTE, 50 * MINUTE)
    outbox = Outbox(conn)
    conn.execute("select notifier.tick()")

    told = [email for email in outbox.deliver() if email.kind == "attendance_summary"]

    assert statuses(conn, session) == {anna: "present"}
    (email,) = told
    assert email.recipient_id == mentor
    assert email.summary is not None
    assert (email.summary["invited"], email.summary["present"]) == (1, 1)
