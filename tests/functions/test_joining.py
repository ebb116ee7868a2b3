"""Joining and leaving: who gets in, when, what they are shown, and what is recorded of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row, scalar_row
from psycopg.types.json import Jsonb

from devstack.databases import Database
from support.actors import as_anon, as_service, as_user
from support.meetings import MEETING, Webhooks
from support.outbox import change
from support.sessions import refusal
from support.world import World

MINUTE = timedelta(minutes=1)
RUNNING = -5 * MINUTE
STAMP = "%Y-%m-%dT%H:%M:%SZ"
LINK = "https://zoom.us/j/123456789"


def call(conn: psycopg.Connection, function: str, session: UUID | None) -> dict[str, Any]:
    """Call one of the three functions as whoever acts."""
    query = sql.SQL("select * from public.{}(%s)").format(sql.Identifier(function))
    with conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(query, (session,)).fetchone()
    assert row is not None
    return row


def join(conn: psycopg.Connection, user: UUID, session: UUID) -> dict[str, Any]:
    with as_user(conn, user):
        return call(conn, "join_session", session)


def leave(conn: psycopg.Connection, user: UUID, session: UUID) -> dict[str, Any]:
    with as_user(conn, user):
        return call(conn, "leave_session", session)


def attendance(conn: psycopg.Connection, session: UUID) -> list[dict[str, Any]]:
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "select * from public.session_attendance where session_id = %s", (session,)
        ).fetchall()


def presence(conn: psycopg.Connection, session: UUID) -> list[str]:
    """Joins and leaves in the order of their recording."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(
            "select kind::text from private.presence_events where session_id = %s order by id",
            (session,),
        ).fetchall()


def audit(conn: psycopg.Connection, session: UUID) -> list[tuple[UUID, str]]:
    return conn.execute(
        "select actor_id, action from public.audit_log"
        " where session_id = %s and action in ('join_session', 'session_credentials') order by id",
        (session,),
    ).fetchall()


@pytest.fixture
def mentor(world: World) -> UUID:
    return world.mentor("Marta Mentor")


@pytest.fixture
def student(world: World, batch: UUID) -> UUID:
    return world.student(batch=batch)


@pytest.fixture
def session(world: World, batch: UUID, mentor: UUID) -> UUID:
    """Began five minutes ago, with every kind of credential."""
    return world.session(
        "Office hours",
        description="Bring questions",
        batch=batch,
        mentor=mentor,
        starts=RUNNING,
        timezone="Europe/Berlin",
        link=f"{LINK}?pwd=linksecret",
        backup_link="https://meet.example/room?pwd=backupsecret",
        zoom_meeting_id="123 456 789",
        zoom_passcode="codesecret",
        platform_data=Jsonb({"host_link": "https://zoom.us/s/1?zak=hostsecret"}),
    )


# -- What is shown ----------------------------------------------------------------------


def test_a_student_gets_all_that_is_needed_to_enter(
    conn: psycopg.Connection, student: UUID, session: UUID
) -> None:
    details = join(conn, student, session)

    now = datetime.now(UTC)
    assert timedelta(0) < now - details.pop("start_time") - 5 * MINUTE < MINUTE
    assert timedelta(0) < details.pop("end_time") - now < 55 * MINUTE
    assert details == {
        "session_id": session,
        "title": "Office hours",
        "description": "Bring questions",
        "session_type": "success_session",
        "timezone": "Europe/Berlin",
        "mentor_name": "Marta Mentor",
        "platform": "zoom",
        "link": f"{LINK}?pwd=linksecret",
        "backup_link": "https://meet.example/room?pwd=backupsecret",
        "zoom_meeting_id": "123 456 789",
        "passcode": "codesecret",
        "attendance_status": "present",
        "is_on_backup_link": False,
    }


def test_a_session_without_secrets_answers_its_plain_link(
    conn: psycopg.Connection, world: World, batch: UUID, student: UUID
) -> None:
    session = world.session(batch=batch, starts=RUNNING, link=LINK)

    details = join(conn, student, session)

    assert details["link"] == LINK
    assert (details["backup_link"], details["passcode"]) == (None, None)
    assert details["mentor_name"] is None


@pytest.mark.parametrize("role", ["student", "mentor", "admin"])
def test_joining_shows_nobody_the_hosts_start_link(
    conn: psycopg.Connection, world: World, student: UUID, mentor: UUID, session: UUID, role: str
) -> None:
    user = {"student": student, "mentor": mentor, "admin": world.admin()}[role]

    assert "hostsecret" not in str(join(conn, user, session))


# -- Who gets in ------------------------------------------------------------------------


Somebody = Callable[[World, UUID, UUID], UUID]

STRANGERS: dict[str, Somebody] = {
    "a student of another batch": lambda world, course, batch: world.student(
        batch=world.batch(course=course)
    ),
    "an unbatched student of the course": lambda world, course, batch: world.student(course=course),
    "a student of another course": lambda world, course, batch: world.student(batch=world.batch()),
    "a paused student": lambda world, course, batch: world.student(batch=batch, status="paused"),
    "a student who completed": lambda world, course, batch: world.student(
        batch=batch, status="completed"
    ),
    "a student who withdrew": lambda world, course, batch: world.student(
        batch=batch, status="withdrawn"
    ),
    "another mentor": lambda world, course, batch: world.mentor(),
    "a user without any role": lambda world, course, batch: world.user(),
    "somebody whose account is gone": lambda world, course, batch: uuid4(),
}
STAFF: dict[str, Somebody] = {
    "enrollment manager": lambda world, course, batch: world.enrollment_manager(),
    "admin": lambda world, course, batch: world.admin(),
    "superadmin": lambda world, course, batch: world.superadmin(),
}


def course_of(conn: psycopg.Connection, batch: UUID) -> UUID:
    row = conn.execute("select course_id from public.batches where id = %s", (batch,)).fetchone()
    assert row is not None
    course: UUID = row[0]
    return course


@pytest.mark.parametrize("stranger", STRANGERS)
@pytest.mark.parametrize("function", ["join_session", "leave_session", "session_credentials"])
def test_strangers_cannot_tell_a_session_from_none(
    conn: psycopg.Connection,
    world: World,
    batch: UUID,
    session: UUID,
    stranger: str,
    function: str,
) -> None:
    user = STRANGERS[stranger](world, course_of(conn, batch), batch)
    nowhere = uuid4()
    with as_user(conn, user):
        with refusal(conn, "PT404") as hidden:
            call(conn, function, session)
        with refusal(conn, "PT404") as unknown:
            call(conn, function, nowhere)

    assert hidden.message == f"session_id {session} is unknown or not visible to you"
    assert unknown.message == f"session_id {nowhere} is unknown or not visible to you"
    assert (hidden.detail, hidden.hint) == (unknown.detail, unknown.hint)
    assert audit(conn, session) == []
    assert presence(conn, session) == []


@pytest.mark.parametrize("function", ["join_session", "leave_session", "session_credentials"])
def test_no_session_at_all_is_an_unknown_one(
    conn: psycopg.Connection, world: World, function: str
) -> None:
    with as_user(conn, world.superadmin()), refusal(conn, "PT404") as refused:
        call(conn, function, None)

    assert refused.message == "session_id null is unknown or not visible to you"


@pytest.mark.parametrize("function", ["join_session", "leave_session", "session_credentials"])
@pytest.mark.parametrize("acting", [as_anon, as_service])
def test_only_signed_in_people_may_call(
    conn: psycopg.Connection, session: UUID, function: str, acting: Any
) -> None:
    with acting(conn), refusal(conn, "42501") as refused:
        call(conn, function, session)

    assert refused.message == f"permission denied for function {function}"


@pytest.mark.parametrize("member", STAFF)
def test_managers_enter_without_attendance(
    conn: psycopg.Connection, world: World, batch: UUID, session: UUID, member: str
) -> None:
    user = STAFF[member](world, batch, batch)

    details = join(conn, user, session)

    assert details["passcode"] == "codesecret"
    assert details["attendance_status"] is None
    assert attendance(conn, session) == []
    assert audit(conn, session) == [(user, "join_session")]


def test_the_host_enters_without_attendance(
    conn: psycopg.Connection, mentor: UUID, session: UUID
) -> None:
    details = join(conn, mentor, session)

    assert details["passcode"] == "codesecret"
    assert details["attendance_status"] is None
    assert attendance(conn, session) == []


def test_a_host_enrolled_in_the_course_is_still_the_host(
    conn: psycopg.Connection, world: World, batch: UUID, mentor: UUID, session: UUID
) -> None:
    world.enroll(mentor, batch=batch)

    assert join(conn, mentor, session)["attendance_status"] is None


def test_a_manager_who_is_enrolled_attends_as_everybody_else(
    conn: psycopg.Connection, world: World, batch: UUID, session: UUID
) -> None:
    admin = world.admin()
    world.enroll(admin, batch=batch)

    assert join(conn, admin, session)["attendance_status"] == "present"
    assert [row["student_id"] for row in attendance(conn, session)] == [admin]

    # Without a seat, where one is needed, they look in.
    seated = world.session(batch=batch, starts=RUNNING, registration_required=True)
    assert join(conn, admin, seated)["attendance_status"] is None
    assert attendance(conn, seated) == []


def test_an_invited_guest_enters_until_the_invitation_is_withdrawn(
    conn: psycopg.Connection, world: World, session: UUID
) -> None:
    guest = world.student("Guest")
    world.invite(session, guest)
    assert join(conn, guest, session)["attendance_status"] == "present"

    conn.execute("delete from public.session_participants where user_id = %s", (guest,))
    with as_user(conn, guest), refusal(conn, "PT404"):
        call(conn, "join_session", session)


def test_a_one_to_one_meeting_is_for_its_participant_alone(
    conn: psycopg.Connection, world: World, mentor: UUID, student: UUID
) -> None:
    meeting = world.session(mentor=mentor, session_type="mentorship", starts=RUNNING)
    invited = world.student("Invited")
    world.invite(meeting, invited)

    assert join(conn, invited, meeting)["attendance_status"] == "present"
    with as_user(conn, student), refusal(conn, "PT404"):
        call(conn, "join_session", meeting)


def test_unbatched_students_enter_the_sessions_of_the_unbatched_only(
    conn: psycopg.Connection, world: World, batch: UUID, student: UUID
) -> None:
    course = course_of(conn, batch)
    unbatched = world.student(course=course)
    session = world.session(course=course, starts=RUNNING)

    assert join(conn, unbatched, session)["attendance_status"] == "present"
    with as_user(conn, student), refusal(conn, "PT404"):
        call(conn, "join_session", session)


def test_access_ends_at_once_with_the_enrollment(
    conn: psycopg.Connection, student: UUID, session: UUID
) -> None:
    join(conn, student, session)
    conn.execute(
        "update public.course_enrollments set status = 'paused' where student_id = %s", (student,)
    )

    with as_user(conn, student), refusal(conn, "PT404"):
        call(conn, "join_session", session)


def test_a_mentor_without_the_role_hosts_no_more(
    conn: psycopg.Connection, mentor: UUID, session: UUID
) -> None:
    conn.execute("delete from public.user_roles where user_id = %s", (mentor,))

    for function in ("join_session", "session_credentials"):
        with as_user(conn, mentor), refusal(conn, "PT404"):
            call(conn, function, session)


# -- When -------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["student", "mentor", "admin"])
def test_before_the_window_everybody_is_told_when_it_opens(
    conn: psycopg.Connection, world: World, batch: UUID, student: UUID, mentor: UUID, who: str
) -> None:
    start = (datetime.now(UTC) + 16 * MINUTE).replace(microsecond=0)
    session = world.session(batch=batch, mentor=mentor, starts=start)
    user = {"student": student, "mentor": mentor, "admin": world.admin()}[who]

    with as_user(conn, user), refusal(conn, "PT409") as refused:
        call(conn, "join_session", session)

    assert refused.message == "joining is not open yet"
    assert refused.detail == f"joining opens at {(start - 15 * MINUTE).strftime(STAMP)}"
    assert refused.hint == "Try again then."
    assert (audit(conn, session), presence(conn, session)) == ([], [])


def test_the_detail_is_in_utc_whatever_the_connection_says(
    conn: psycopg.Connection, world: World, batch: UUID, student: UUID
) -> None:
    start = (datetime.now(UTC) + 60 * MINUTE).replace(microsecond=0)
    session = world.session(batch=batch, starts=start)
    conn.execute("set local timezone = 'Asia/Kolkata'; set local datestyle = 'German'")

    with as_user(conn, student), refusal(conn, "PT409") as refused:
        call(conn, "join_session", session)

    assert refused.detail == f"joining opens at {(start - 15 * MINUTE).strftime(STAMP)}"


def test_the_window_is_open_before_the_start(
    conn: psycopg.Connection, world: World, batch: UUID, student: UUID
) -> None:
    session = world.session(batch=batch, starts=14 * MINUTE)

    assert join(conn, student, session)["attendance_status"] == "present"


def test_the_window_is_the_platforms_setting(
    conn: psycopg.Connection, world: World, batch: UUID, student: UUID
) -> None:
    session = world.session(batch=batch, starts=50 * MINUTE)
    with as_user(conn, student), refusal(conn, "PT409"):
        call(conn, "join_session", session)
    conn.execute("update public.app_settings set join_opens_minutes_before = 60")

    assert join(conn, student, session)["session_id"] == session


def test_a_session_that_its_host_has_started_is_open(
    conn: psycopg.Connection, world: World, batch: UUID, student: UUID
) -> None:
    session = world.session(batch=batch, starts=30 * MINUTE, status="live")

    assert join(conn, student, session)["session_id"] == session


@pytest.mark.parametrize(
    ("reason", "detail"),
    [("The mentor is ill", "The mentor is ill"), (None, "no reason was given")],
)
def test_a_cancelled_session_says_why(
    conn: psycopg.Connection, student: UUID, session: UUID, reason: str | None, detail: str
) -> None:
    change(conn, session, status="cancelled", cancel_reason=reason)

    with as_user(conn, student), refusal(conn, "PT409") as refused:
        call(conn, "join_session", session)

    assert refused.message == "this session was cancelled"
    assert refused.detail == detail
    assert refused.hint == "Look for another session in the calendar."
    assert audit(conn, session) == []


@pytest.mark.parametrize("status", ["upcoming", "live", "completed"])
def test_a_session_is_over_at_its_end_whatever_its_stored_status(
    conn: psycopg.Connection, world: World, batch: UUID, student: UUID, status: str
) -> None:
    start = (datetime.now(UTC) - 61 * MINUTE).replace(microsecond=0)
    session = world.session(batch=batch, starts=start, status=status)

    with as_user(conn, student), refusal(conn, "PT409") as refused:
        call(conn, "join_session", session)

    assert refused.message == "this session is over"
    assert refused.detail == f"it ended at {(start + 60 * MINUTE).strftime(STAMP)}"
    assert refused.hint == "Look for a recording or another session."


def test_no_refusal_repeats_a_credential(
    conn: psycopg.Connection, student: UUID, session: UUID
) -> None:
    change(conn, session, status="cancelled")
    with as_user(conn, student), refusal(conn, "PT409") as refused:
        call(conn, "join_session", session)

    assert "secret" not in refused.everything


# -- What is recorded -------------------------------------------------------------------


def test_who_joins_in_time_is_present(
    conn: psycopg.Connection, student: UUID, session: UUID
) -> None:
    before = datetime.now(UTC)
    join(conn, student, session)

    (row,) = attendance(conn, session)
    assert row["student_id"] == student
    assert before <= row["joined_at"] <= datetime.now(UTC)
    assert (row["status"], row["source"], row["left_at"]) == ("present", "join", None)
    assert (row["marked_by"], row["note"]) == (None, None)


def test_who_joins_after_ten_minutes_is_late(
    conn: psycopg.Connection, world: World, batch: UUID, student: UUID
) -> None:
    session = world.session(batch=batch, starts=-11 * MINUTE)

    assert join(conn, student, session)["attendance_status"] == "late"


def test_the_other_students_are_not_marked(
    conn: psycopg.Connection, world: World, batch: UUID, student: UUID, session: UUID
) -> None:
    world.student("Not there", batch=batch)
    join(conn, student, session)

    assert [row["student_id"] for row in attendance(conn, session)] == [student]


def test_joining_again_from_another_device_changes_nothing(
    conn: psycopg.Connection, student: UUID, session: UUID
) -> None:
    first = join(conn, student, session)
    (recorded,) = attendance(conn, session)

    assert join(conn, student, session) == first

    assert attendance(conn, session) == [recorded]
    assert presence(conn, session) == ["join"]
    assert audit(conn, session) == [(student, "join_session")] * 2


def test_leaving_and_coming_back(conn: psycopg.Connection, student: UUID, session: UUID) -> None:
    join(conn, student, session)
    (entered,) = attendance(conn, session)

    left = leave(conn, student, session)
    assert left["session_id"] == session
    assert left["left_at"] >= entered["joined_at"] == left["joined_at"]

    join(conn, student, session)
    (back,) = attendance(conn, session)
    assert (back["joined_at"], back["left_at"]) == (entered["joined_at"], None)
    assert presence(conn, session) == ["join", "leave", "join"]


def test_leaving_twice_is_leaving_once(
    conn: psycopg.Connection, student: UUID, session: UUID
) -> None:
    join(conn, student, session)

    assert leave(conn, student, session) == leave(conn, student, session)
    assert presence(conn, session) == ["join", "leave"]


@pytest.mark.parametrize("seen", ["leave", "end"])
def test_a_click_is_written_once_after_the_platform_has_seen_the_learner_go(
    conn: psycopg.Connection, student: UUID, session: UUID, seen: str
) -> None:
    zoom = Webhooks(conn, meeting="123456789")

    def goes() -> None:
        at = datetime.now(UTC)
        zoom.ended(at) if seen == "end" else zoom.left(at, str(student))

    join(conn, student, session)
    goes()
    for _ in range(2):
        join(conn, student, session)
    leave(conn, student, session)
    goes()
    leave(conn, student, session)
    assert presence(conn, session) == ["join", seen, "join", "leave", seen]


@pytest.mark.parametrize("who", ["student", "mentor", "admin"])
def test_who_has_not_joined_cannot_leave(
    conn: psycopg.Connection, world: World, student: UUID, mentor: UUID, session: UUID, who: str
) -> None:
    user = {"student": student, "mentor": mentor, "admin": world.admin()}[who]
    other = world.student("Somebody else")
    world.invite(session, other)
    join(conn, other, session)
    with as_user(conn, user), refusal(conn, "PT409") as refused:
        call(conn, "leave_session", session)

    assert refused.message == "you have not joined this session"
    assert refused.hint == "Call join_session first; hosts and managers have no attendance to end."
    assert presence(conn, session) == ["join"]


def test_who_has_joined_may_leave_although_access_has_ended(
    conn: psycopg.Connection, student: UUID, session: UUID
) -> None:
    join(conn, student, session)
    conn.execute(
        "update public.course_enrollments set status = 'withdrawn' where student_id = %s",
        (student,),
    )

    assert leave(conn, student, session)["left_at"] is not None


def test_leaving_a_session_that_is_completed_answers_the_final_attendance(
    conn: psycopg.Connection, student: UUID, session: UUID
) -> None:
    join(conn, student, session)
    change(conn, session, status="completed")
    conn.execute("select private.finalize_attendance(%s)", (session,))
    (final,) = attendance(conn, session)

    assert leave(conn, student, session) == final
    assert attendance(conn, session) == [final]
    assert presence(conn, session) == ["join"]


def test_joining_leaves_a_mark_made_by_hand_alone(
    conn: psycopg.Connection, world: World, student: UUID, mentor: UUID, session: UUID
) -> None:
    world.attendance(session, student, "excused", marked_by=mentor, note="At the dentist's")

    assert join(conn, student, session)["attendance_status"] == "excused"
    assert leave(conn, student, session)["status"] == "excused"
    assert presence(conn, session) == ["join", "leave"]


def test_joining_tells_nobody(conn: psycopg.Connection, student: UUID, session: UUID) -> None:
    before = conn.execute("select count(*) from notifier.events").fetchone()
    join(conn, student, session)
    leave(conn, student, session)

    assert conn.execute("select count(*) from notifier.events").fetchone() == before


# -- At the same moment -----------------------------------------------------------------

CLICKS = 8


def at_once(database: Database, user: UUID, session: UUID, functions: list[str]) -> None:
    """Call each function on a connection of its own, all released at one moment."""
    ready = threading.Barrier(len(functions))
    failures: list[BaseException] = []

    def click(function: str) -> None:
        try:
            with psycopg.connect(database.url) as connection:
                connection.execute("select 1")
                ready.wait(timeout=30)
                with as_user(connection, user):
                    call(connection, function, session)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=click, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failures == []


@pytest.fixture
def committed(database: Database) -> tuple[UUID, UUID]:
    """A student and a running session, for other connections to see."""
    with psycopg.connect(database.url) as connection:
        world = World(connection)
        batch = world.batch()
        return world.student(batch=batch), world.session(batch=batch, starts=RUNNING)


def test_impatient_clicks_are_one_arrival(database: Database, committed: tuple[UUID, UUID]) -> None:
    student, session = committed

    at_once(database, student, session, ["join_session"] * CLICKS)

    with psycopg.connect(database.url) as connection:
        assert presence(connection, session) == ["join"]
        assert len(attendance(connection, session)) == 1
        assert audit(connection, session) == [(student, "join_session")] * CLICKS


def test_joins_and_leaves_at_once_alternate(
    database: Database, committed: tuple[UUID, UUID]
) -> None:
    student, session = committed
    with psycopg.connect(database.url) as connection:
        join(connection, student, session)

    at_once(database, student, session, ["join_session", "leave_session"] * (CLICKS // 2))

    with psycopg.connect(database.url) as connection:
        events = presence(connection, session)
        (row,) = attendance(connection, session)
    assert events == ["join", "leave"] * (len(events) // 2) + ["join"] * (len(events) % 2)
    assert (row["left_at"] is None) == (events[-1] == "join")


# -- Credentials for hosts and managers -------------------------------------------------


@pytest.mark.parametrize("starts", [timedelta(days=1), RUNNING, timedelta(days=-1)])
@pytest.mark.parametrize("who", ["mentor", "enrollment manager", "admin", "superadmin"])
def test_hosts_and_managers_read_the_credentials_at_any_time(
    conn: psycopg.Connection,
    world: World,
    mentor: UUID,
    batch: UUID,
    who: str,
    starts: timedelta,
) -> None:
    session = world.session(
        mentor=mentor,
        starts=starts,
        link=f"{LINK}?pwd=linksecret",
        zoom_meeting_id="123456789",
        zoom_passcode="codesecret",
        platform_data=Jsonb({"host_link": "https://zoom.us/s/1?zak=hostsecret"}),
    )
    user = mentor if who == "mentor" else STAFF[who](world, batch, batch)

    with as_user(conn, user):
        details = call(conn, "session_credentials", session)

    assert details == {
        "session_id": session,
        "platform": "zoom",
        "link": f"{LINK}?pwd=linksecret",
        "backup_link": None,
        "zoom_meeting_id": "123456789",
        "passcode": "codesecret",
        "host_link": "https://zoom.us/s/1?zak=hostsecret",
    }
    assert audit(conn, session) == [(user, "session_credentials")]
    assert presence(conn, session) == []


def test_students_are_sent_to_join_session(
    conn: psycopg.Connection, student: UUID, session: UUID
) -> None:
    with as_user(conn, student), refusal(conn, "42501") as refused:
        call(conn, "session_credentials", session)

    assert refused.message == "only the host and managers may read the credentials of a session"
    assert refused.hint == "Students enter with join_session."
    assert "secret" not in refused.everything
    assert audit(conn, session) == []


def test_who_came_to_a_session_that_is_put_off_comes_again(
    conn: psycopg.Connection, world: World, batch: UUID, mentor: UUID, student: UUID
) -> None:
    """A click held until the end of the session, whenever that was: all were present unseen."""
    marked = world.student(batch=batch)
    session = world.session(batch=batch, mentor=mentor, starts=5 * MINUTE)
    for user in (student, marked, mentor):
        join(conn, user, session)
    with as_user(conn, mentor):
        conn.execute(
            "select public.mark_attendance(%s, %s, 'present', 'Was early')", (session, marked)
        )

    def came() -> tuple[set[UUID], int]:
        hosts = conn.execute(
            "select from private.host_presence where session_id = %s", (session,)
        ).fetchall()
        return {row["student_id"] for row in attendance(conn, session)}, len(hosts)

    def put_off(by: timedelta) -> None:
        with as_user(conn, mentor):
            conn.execute(
                "select public.reschedule_session(id, start_time + %s)"
                " from public.success_sessions where id = %s",
                (by, session),
            )

    put_off(2 * MINUTE)
    assert came() == ({student, marked}, 1)
    put_off(timedelta(days=1))
    assert came() == ({marked}, 0)
    assert presence(conn, session) == []


def test_who_came_before_the_session_was_called_off_comes_again(
    conn: psycopg.Connection, world: World, batch: UUID, mentor: UUID, student: UUID
) -> None:
    """Their leaving was told of a meeting without a session, so they were present to the end."""
    seen = world.student(batch=batch)
    session = world.session(batch=batch, mentor=mentor, starts=MINUTE, zoom_meeting_id=MEETING)
    zoom = Webhooks(conn)
    join(conn, student, session)
    zoom.joined(datetime.now(UTC), str(seen))
    assert {row["student_id"] for row in attendance(conn, session)} == {student, seen}

    change(conn, session, status="cancelled")
    assert zoom.left(datetime.now(UTC), str(seen))["outcome"] == "unknown_meeting"
    change(conn, session, status="upcoming")
    assert attendance(conn, session) == []

    join(conn, student, session)
    assert [row["student_id"] for row in attendance(conn, session)] == [student]


def test_who_came_by_the_platforms_door_before_joining_opened_comes_again_too(
    conn: psycopg.Connection, world: World, batch: UUID, mentor: UUID, student: UUID
) -> None:
    session = world.session(batch=batch, mentor=mentor, starts=40 * MINUTE, zoom_meeting_id=MEETING)
    zoom = Webhooks(conn)
    for user in (student, mentor):
        zoom.joined(datetime.now(UTC), str(user))

    change(conn, session, status="cancelled")
    change(conn, session, status="upcoming")
    assert presence(conn, session) == []
    assert attendance(conn, session) == []

    zoom.joined(datetime.now(UTC), str(mentor))
    with as_user(conn, mentor):
        conn.execute("select public.reschedule_session(%s, now() + interval '1 day')", (session,))
    assert conn.execute("select from private.host_presence").fetchall() == []


def test_who_waits_at_the_platform_while_a_session_is_put_off_has_come(
    conn: psycopg.Connection, world: World, batch: UUID, mentor: UUID, student: UUID
) -> None:
    """The platform does not tell a second time of those who are there already."""
    session = world.session(batch=batch, mentor=mentor, starts=MINUTE, zoom_meeting_id=MEETING)
    Webhooks(conn).joined(datetime.now(UTC), str(student))
    with as_user(conn, mentor):
        conn.execute(
            "select public.reschedule_session(%s, now() + interval '40 minutes')", (session,)
        )
    assert [row["student_id"] for row in attendance(conn, session)] == [student]


def test_who_came_before_joining_opened_later_comes_again_too(
    conn: psycopg.Connection, world: World, batch: UUID, mentor: UUID, student: UUID
) -> None:
    session = world.session(batch=batch, mentor=mentor, starts=50 * MINUTE)
    conn.execute("update public.app_settings set join_opens_minutes_before = 60")
    join(conn, student, session)
    conn.execute("update public.app_settings set join_opens_minutes_before = 15")

    with as_user(conn, mentor):
        conn.execute("select public.reschedule_session(%s, now() + interval '1 day')", (session,))

    assert presence(conn, session) == []
    assert attendance(conn, session) == []
