"""Attendance by hand: the roster, marks, imports, and excuses in advance."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from devstack.databases import Database
from support.actors import as_anon, as_service, as_user
from support.meetings import MEETING, Webhooks, attended, calling, stay
from support.outbox import change
from support.rush import at_once
from support.sessions import refusal
from support.world import World

MINUTE = timedelta(minutes=1)
START = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=5)
Row = dict[str, Any]


def rows_of(conn: psycopg.Connection, user: UUID, function: str, **arguments: Any) -> list[Row]:
    with as_user(conn, user), conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(calling(function, *arguments), arguments).fetchall()


def call(conn: psycopg.Connection, user: UUID, function: str, **arguments: Any) -> Row:
    (row,) = rows_of(conn, user, function, **arguments)
    return row


def finalize(conn: psycopg.Connection, session: UUID) -> None:
    conn.execute("select private.finalize_attendance(%s)", (session,))


@pytest.fixture
def course(world: World) -> UUID:
    return world.course()


@pytest.fixture
def batch(world: World, course: UUID) -> UUID:
    return world.batch(course=course)


@pytest.fixture
def mentor(world: World) -> UUID:
    return world.mentor("Marta")


@pytest.fixture
def anna(world: World, batch: UUID) -> UUID:
    return world.student("Anna", batch=batch, email="anna@example.test")


@pytest.fixture
def ben(world: World, batch: UUID) -> UUID:
    return world.student("Ben", batch=batch, email="ben@example.test")


@pytest.fixture
def over(world: World, batch: UUID, mentor: UUID) -> UUID:
    return world.session(
        batch=batch, mentor=mentor, starts=START, status="completed", zoom_meeting_id=MEETING
    )


@pytest.fixture
def coming(world: World, batch: UUID, mentor: UUID) -> UUID:
    return world.session(batch=batch, mentor=mentor, starts=timedelta(days=2))


# -- Who may ----------------------------------------------------------------------------

FOR_STAFF: dict[str, Row] = {
    "session_roster": {},
    "mark_attendance": {"student_id": uuid4(), "status": "present"},
    "import_attendance": {"rows": Jsonb([])},
    "decide_excuse": {"student_id": uuid4(), "approve": True},
}


@pytest.mark.parametrize("function", FOR_STAFF)
def test_these_are_for_host_and_managers(
    conn: psycopg.Connection,
    world: World,
    anna: UUID,
    mentor: UUID,
    over: UUID,
    function: str,
) -> None:
    query = calling(function, "session_id", *FOR_STAFF[function])
    nowhere = uuid4()

    def attempt(user: UUID, sqlstate: str, session: UUID) -> str | None:
        with as_user(conn, user), refusal(conn, sqlstate) as refused:
            conn.execute(query, {"session_id": session} | FOR_STAFF[function])
        return refused.message

    assert attempt(anna, "42501", over) == "only the host of a session and managers may do this"
    for stranger in (
        world.mentor(),
        world.student(batch=world.batch()),
        world.student(status="paused", course=world.course()),
    ):
        assert attempt(stranger, "PT404", over) == (
            f"session_id {over} is unknown or not visible to you"
        )
        assert attempt(stranger, "PT404", nowhere) == (
            f"session_id {nowhere} is unknown or not visible to you"
        )
    # As far as the argument.
    unfit = {"mark_attendance": "22023", "decide_excuse": "PT409"}.get(function)
    for user in (mentor, world.enrollment_manager(), world.admin(), world.superadmin()):
        told = (
            attempt(user, unfit, over)
            if unfit
            else rows_of(conn, user, function, session_id=over, **FOR_STAFF[function])
        )
        assert told != "only the host of a session and managers may do this"


@pytest.mark.parametrize("function", [*FOR_STAFF, "request_excuse", "withdraw_excuse"])
@pytest.mark.parametrize("acting", [as_anon, as_service])
def test_nobody_else_calls_them_at_all(
    conn: psycopg.Connection, over: UUID, function: str, acting: Any
) -> None:
    arguments: Row = {"session_id": over} | FOR_STAFF.get(function, {})
    if function == "request_excuse":
        arguments["reason"] = "Ill"
    with acting(conn), refusal(conn, "42501") as refused:
        conn.execute(calling(function, *arguments), arguments)
    assert refused.message == f"permission denied for function {function}"


# -- The roster -------------------------------------------------------------------------


def test_the_roster_shows_everybody_who_takes_part_or_was_there(
    conn: psycopg.Connection,
    world: World,
    course: UUID,
    batch: UUID,
    mentor: UUID,
    anna: UUID,
    ben: UUID,
    over: UUID,
) -> None:
    cleo = world.student("Cleo", batch=batch)
    world.student("Of another batch", batch=world.batch(course=course))
    guest = world.student("Guest")
    world.invite(over, guest)
    world.registration(over, anna)
    Webhooks(conn).joined(START, str(anna))
    Webhooks(conn, meeting=MEETING).joined(START, str(cleo), event_id="c")
    finalize(conn, over)
    # Cleo has left the course since.
    conn.execute(
        "update public.course_enrollments set status = 'withdrawn' where student_id = %s", (cleo,)
    )
    # Two earlier sessions: Anna attended one and was excused from the other, Ben missed both.
    for day, status in ((7, "present"), (14, "excused")):
        earlier = world.session(batch=batch, starts=timedelta(days=-day), status="completed")
        world.attendance(earlier, anna, status)
        world.attendance(earlier, ben, "absent")

    roster = rows_of(conn, mentor, "session_roster", session_id=over)

    shown = [
        (
            row["student_id"],
            row["full_name"],
            row["is_learner"],
            row["registration_status"],
            row["attendance_status"],
            row["minutes_present"],
            row["participation_rate"],
        )
        for row in roster
    ]
    assert shown == [
        (anna, "Anna", True, "registered", "present", 60, Decimal("1.000")),
        (ben, "Ben", True, None, "absent", 0, Decimal("0.000")),
        (cleo, "Cleo", False, None, "present", 60, Decimal("1.000")),
        (guest, "Guest", True, None, "absent", 0, Decimal("0.000")),
    ]
    assert roster[0]["joined_at"] == START
    assert roster[0]["source"] == "platform"


def test_the_roster_of_a_session_to_come_has_names_and_nothing_else(
    conn: psycopg.Connection, mentor: UUID, anna: UUID, coming: UUID
) -> None:
    call(conn, anna, "request_excuse", session_id=coming, reason="Dentist")

    (row,) = rows_of(conn, mentor, "session_roster", session_id=coming)

    assert {name: value for name, value in row.items() if value is not None} == {
        "student_id": anna,
        "full_name": "Anna",
        "is_learner": True,
        "excuse_status": "requested",
        "excuse_reason": "Dentist",
    }


# -- Marks ------------------------------------------------------------------------------


def test_a_mark_wins_over_everything_automatic_and_is_audited(
    conn: psycopg.Connection, mentor: UUID, anna: UUID, over: UUID
) -> None:
    finalize(conn, over)

    row = call(
        conn,
        mentor,
        "mark_attendance",
        session_id=over,
        student_id=anna,
        status="excused",
        note=" Was ill ",
    )

    assert (row["status"], row["source"], row["marked_by"], row["note"]) == (
        "excused",
        "manual",
        mentor,
        "Was ill",
    )
    Webhooks(conn).joined(START, str(anna))
    finalize(conn, over)
    assert attended(conn, over) == {anna: ("excused", 0)}
    entries = conn.execute(
        "select actor_id, reason, old ->> 'status', new ->> 'status' from public.audit_log"
        " where table_name = 'session_attendance' and user_id = %s",
        (anna,),
    ).fetchall()
    assert entries == [(mentor, "Was ill", "absent", "excused")]


def test_a_mark_keeps_what_presence_has_measured(
    conn: psycopg.Connection, mentor: UUID, anna: UUID, over: UUID
) -> None:
    Webhooks(conn).joined(START + 20 * MINUTE, str(anna))
    assert attended(conn, over) == {anna: ("partial", 40)}

    call(conn, mentor, "mark_attendance", session_id=over, student_id=anna, status="present")

    assert attended(conn, over) == {anna: ("present", 40)}


@pytest.mark.parametrize("how", ["mark_attendance", "import_attendance"])
def test_whoever_is_marked_before_the_end_goes_on_being_there(
    conn: psycopg.Connection, mentor: UUID, anna: UUID, over: UUID, how: str
) -> None:
    webhooks = Webhooks(conn)
    webhooks.joined(START + 12 * MINUTE, str(anna))
    webhooks.left(START + 15 * MINUTE, str(anna))
    assert attended(conn, over) == {anna: ("partial", 3)}
    if how == "mark_attendance":
        call(conn, mentor, how, session_id=over, student_id=anna, status="present")
    else:
        imported(conn, mentor, over, {"student_id": str(anna), "status": "present"})

    webhooks.joined(START + 20 * MINUTE, str(anna))
    finalize(conn, over)

    assert attended(conn, over) == {anna: ("present", 43)}
    row = conn.execute(
        "select left_at is not null, marked_by from public.session_attendance"
        " where session_id = %s",
        (over,),
    ).fetchone()
    assert row == (True, mentor)
    # Presence is append-only itself: the log tells of the mark alone.
    entries = conn.execute(
        "select old ->> 'status', new ->> 'status' from public.audit_log"
        " where table_name = 'session_attendance'"
    ).fetchall()
    assert entries == [("partial", "present")]


@pytest.mark.parametrize(("came", "becomes"), [(True, ("late", 45)), (False, ("absent", 0))])
def test_a_mark_is_taken_back(
    conn: psycopg.Connection,
    mentor: UUID,
    anna: UUID,
    over: UUID,
    came: bool,
    becomes: tuple[str, int],
) -> None:
    call(conn, mentor, "mark_attendance", session_id=over, student_id=anna, status="present")
    if came:
        Webhooks(conn).joined(START + 15 * MINUTE, str(anna))

    row = call(conn, mentor, "mark_attendance", session_id=over, student_id=anna, status=None)

    assert (row["status"], row["marked_by"]) == (becomes[0], None)
    assert attended(conn, over) == {anna: becomes}


@pytest.mark.parametrize(
    ("seat", "becomes"), [(None, []), ("waitlisted", []), ("registered", ["absent"])]
)
@pytest.mark.parametrize("by", ["the host", "the platform"])
def test_who_had_no_seat_is_not_absent_when_it_is_taken_back_that_they_came(
    conn: psycopg.Connection,
    world: World,
    mentor: UUID,
    batch: UUID,
    anna: UUID,
    by: str,
    seat: str | None,
    becomes: list[str],
) -> None:
    session = world.session(
        batch=batch,
        mentor=mentor,
        starts=START,
        status="completed",
        zoom_meeting_id=MEETING,
        registration_required=True,
    )
    if seat:
        world.registration(session, anna, seat)
    finalize(conn, session)
    assert [status for status, _ in attended(conn, session).values()] == becomes
    for status in ("present", None):
        if by == "the host":
            call(
                conn,
                mentor,
                "mark_attendance",
                session_id=session,
                student_id=anna,
                status=status,
            )
        else:
            there = [stay(START, START + 60 * MINUTE, str(anna))] if status else []
            Webhooks(conn).report(START, START + 60 * MINUTE, *there)
        expected = ["present"] if status else becomes
        assert [status for status, _ in attended(conn, session).values()] == expected


def test_who_does_not_take_part_is_not_marked(
    conn: psycopg.Connection, world: World, mentor: UUID, over: UUID
) -> None:
    stranger = world.student("Stranger", batch=world.batch())
    for student in (stranger, uuid4(), mentor, None):
        with as_user(conn, mentor), refusal(conn, "22023") as refused:
            conn.execute("select public.mark_attendance(%s, %s, 'present')", (over, student))
        assert refused.message == (
            f"student_id {student or 'null'} does not take part in this session"
        )
    assert attended(conn, over) == {}


def test_in_advance_only_excuses(
    conn: psycopg.Connection, mentor: UUID, anna: UUID, coming: UUID
) -> None:
    with as_user(conn, mentor), refusal(conn, "PT409") as refused:
        conn.execute("select public.mark_attendance(%s, %s, 'present')", (coming, anna))
    assert refused.message == "nobody can have been there yet"

    call(conn, mentor, "mark_attendance", session_id=coming, student_id=anna, status="excused")
    assert attended(conn, coming) == {anna: ("excused", 0)}


def test_an_excuse_in_advance_is_taken_back_in_advance(
    conn: psycopg.Connection, mentor: UUID, anna: UUID, coming: UUID
) -> None:
    call(conn, mentor, "mark_attendance", session_id=coming, student_id=anna, status="excused")

    row = call(conn, mentor, "mark_attendance", session_id=coming, student_id=anna, status=None)

    assert row["status"] is None
    assert attended(conn, coming) == {}


def test_nobody_is_marked_in_a_session_that_was_cancelled(
    conn: psycopg.Connection, mentor: UUID, anna: UUID, coming: UUID
) -> None:
    change(conn, coming, status="cancelled")

    with as_user(conn, mentor), refusal(conn, "PT409") as refused:
        conn.execute("select public.mark_attendance(%s, %s, 'excused')", (coming, anna))
    assert refused.message == "this session was cancelled"


def test_the_note_is_bounded(
    conn: psycopg.Connection, mentor: UUID, anna: UUID, over: UUID
) -> None:
    with as_user(conn, mentor), refusal(conn, "22023") as refused:
        conn.execute(
            "select public.mark_attendance(%s, %s, 'present', %s)", (over, anna, "x" * 1001)
        )
    assert refused.message == "note must be at most 1,000 characters"


def test_marks_and_presence_at_once_end_with_the_mark(database: Database) -> None:
    with psycopg.connect(database.url) as connection:
        world = World(connection)
        batch, mentor = world.batch(), world.mentor()
        anna = world.student(batch=batch)
        session = world.session(batch=batch, mentor=mentor, starts=-5 * MINUTE)

    mark = ("select public.mark_attendance(%(s)s, %(a)s, 'excused')", {"s": session, "a": anna})
    refresh = (
        "select private.note_presence(session, %(a)s, 'join')"
        " from public.success_sessions as session where id = %(s)s",
        {"s": session, "a": anna},
    )
    for statements, user in (([refresh] * 2, None), ([mark] * 4, mentor), ([refresh] * 2, None)):
        assert at_once(database, statements, user=user) == {"done": len(statements)}
    with psycopg.connect(database.url) as connection:
        assert attended(connection, session) == {anna: ("excused", 0)}


# -- Limits of a kind of session --------------------------------------------------------


def test_a_kind_of_session_may_have_limits_of_its_own(
    conn: psycopg.Connection, world: World, batch: UUID, anna: UUID, over: UUID
) -> None:
    coaching = world.session(
        batch=batch,
        starts=START,
        status="completed",
        session_type="group_coaching",
        platform="jitsi",
        platform_data=Jsonb({"meeting_id": "room-7"}),
    )
    zoom, jitsi = Webhooks(conn), Webhooks(conn, "jitsi", "room-7")
    conn.execute(
        "insert into public.attendance_rules (session_type, late_after_minutes)"
        " values ('group_coaching', 3)"
    )

    for platform in (zoom, jitsi):
        platform.joined(START + 5 * MINUTE, str(anna))
    assert attended(conn, over) == {anna: ("present", 55)}
    assert attended(conn, coaching) == {anna: ("late", 55)}

    conn.execute(
        "update public.attendance_rules set late_after_minutes = null, partial_below_percent = 95"
        " where session_type = 'group_coaching'"
    )
    jitsi.left(START + 60 * MINUTE, str(anna))
    assert attended(conn, coaching) == {anna: ("partial", 55)}


@pytest.mark.parametrize("later", [timedelta(days=-300), timedelta(hours=12)], ids=str)
def test_what_is_forgotten_or_may_be_any_day_is_not_worked_out_again(
    conn: psycopg.Connection, world: World, batch: UUID, anna: UUID, later: timedelta
) -> None:
    kept = conn.execute(
        "select now() - make_interval(months => presence_retention_months) from public.app_settings"
    ).fetchone()
    assert kept is not None
    old = world.session(batch=batch, starts=kept[0] + later, status="completed")
    world.attendance(old, anna, "present", source="join", joined_at=START - timedelta(days=1000))

    finalize(conn, old)
    with as_user(conn, world.admin()), refusal(conn, "PT409"):
        conn.execute("select public.mark_attendance(%s, %s, null)", (old, anna))

    assert attended(conn, old) == {anna: ("present", 0)}
    with as_user(conn, world.admin()):
        conn.execute("select public.mark_attendance(%s, %s, 'late')", (old, anna))
    assert attended(conn, old) == {anna: ("late", 0)}


# -- Import -----------------------------------------------------------------------------


def imported(
    conn: psycopg.Connection, user: UUID, session: UUID, *rows: Any, **options: Any
) -> list[tuple[Any, ...]]:
    lines = rows_of(
        conn, user, "import_attendance", session_id=session, rows=Jsonb(list(rows)), **options
    )
    assert [line["number"] for line in lines] == list(range(1, len(rows) + 1))
    return [(line["is_accepted"], line["student_id"], line["problem"]) for line in lines]


def test_rows_by_id_or_address_are_written_and_the_others_named(
    conn: psycopg.Connection, world: World, mentor: UUID, anna: UUID, ben: UUID, over: UUID
) -> None:
    stranger = world.student("Stranger", email="stranger@example.test")

    report = imported(
        conn,
        mentor,
        over,
        {"student_id": str(anna).upper(), "status": "present", "note": "Signed the sheet"},
        {"email": " BEN@example.test ", "status": "absent", "note": "x" * 1000},
        {"email": "stranger@example.test", "status": "present"},
        {"student_id": str(stranger), "status": "present"},
        {"student_id": "ben@example.test", "status": "present"},
        {"student_id": "not an id", "status": "present"},
        {"email": "anna@example.test", "status": "late"},
        {"email": "ben@example.test", "status": "there"},
        {"email": "ben@example.test", "student_id": str(ben), "status": "late"},
        {"status": "late"},
        "Anna",
        {"email": {"is": "ben"}, "status": ["late"]},
        {"email": "ben@example.test", "status": "late", "note": "x" * 1001},
    )

    nobody = "nobody who takes part in this session"
    which = "needs either student_id or email"
    statuses = "status must be present, late, partial, absent or excused"
    assert report == [
        (True, anna, None),
        (True, ben, None),
        (False, None, nobody),
        (False, None, nobody),
        (False, None, nobody),
        (False, None, nobody),
        (False, anna, "the same student as in an earlier row"),
        (False, ben, statuses),
        (False, ben, which),
        (False, None, which),
        (False, None, which),
        (False, None, statuses),
        (False, ben, "note must be at most 1,000 characters"),
    ]
    rows = conn.execute(
        "select student_id, status::text, source::text, marked_by, note"
        " from public.session_attendance where session_id = %s order by status desc",
        (over,),
    ).fetchall()
    assert rows == [
        (anna, "present", "import", mentor, "Signed the sheet"),
        (ben, "absent", "import", mentor, "x" * 1000),
    ]


def test_an_address_of_two_who_take_part_names_neither(
    conn: psycopg.Connection, world: World, batch: UUID, mentor: UUID, anna: UUID, over: UUID
) -> None:
    twin = world.student("Anna again", batch=batch)
    conn.execute(
        "update auth.users set email = 'anna@example.test', is_sso_user = true where id = %s",
        (twin,),
    )

    [(is_accepted, _, problem)] = imported(
        conn, mentor, over, {"email": "anna@example.test", "status": "present"}
    )
    assert (is_accepted, problem) == (False, "nobody who takes part in this session")
    assert attended(conn, over) == {}


def test_who_was_there_is_imported_though_the_enrollment_has_ended(
    conn: psycopg.Connection, mentor: UUID, anna: UUID, over: UUID
) -> None:
    good = {"student_id": str(anna), "status": "present"}
    assert imported(conn, mentor, over, good) == [(True, anna, None)]
    conn.execute(
        "update public.course_enrollments set status = 'withdrawn' where student_id = %s", (anna,)
    )

    assert imported(conn, mentor, over, good | {"status": "late"}) == [(True, anna, None)]
    assert attended(conn, over) == {anna: ("late", 0)}


def test_rows_of_one_shape_leave_null_what_they_do_not_know(
    conn: psycopg.Connection, mentor: UUID, anna: UUID, ben: UUID, over: UUID
) -> None:
    """Whoever had an address and a student_id of null was said not to take part."""
    assert imported(
        conn,
        mentor,
        over,
        {"student_id": None, "email": "ben@example.test", "status": "late", "note": None},
        {"student_id": str(anna), "email": None, "status": "present", "note": None},
        {"student_id": None, "email": None, "status": "present", "note": None},
    ) == [(True, ben, None), (True, anna, None), (False, None, "needs either student_id or email")]
    assert attended(conn, over) == {anna: ("present", 0), ben: ("late", 0)}


def test_cells_are_read_without_the_blanks_around_them(
    conn: psycopg.Connection, mentor: UUID, anna: UUID, ben: UUID, over: UUID
) -> None:
    """As a spreadsheet has them; ` Partial ` was no status, and an empty cell an id."""
    assert imported(
        conn,
        mentor,
        over,
        {"student_id": f" {anna} ", "email": "", "status": " Partial ", "note": " "},
        {"student_id": "  ", "email": "BEN@example.test ", "status": "LATE", "note": " Bus "},
        {"student_id": "", "email": " ", "status": "late"},
    ) == [(True, anna, None), (True, ben, None), (False, None, "needs either student_id or email")]
    assert attended(conn, over) == {anna: ("partial", 0), ben: ("late", 0)}
    assert conn.execute(
        "select note from public.session_attendance where session_id = %s order by status", (over,)
    ).fetchall() == [("Bus",), (None,)]


def test_all_or_nothing(
    conn: psycopg.Connection, mentor: UUID, anna: UUID, ben: UUID, over: UUID
) -> None:
    good = {"student_id": str(anna), "status": "present"}
    bad = {"email": "nobody@example.test", "status": "present"}

    assert imported(conn, mentor, over, good, bad, all_or_nothing=True) == [
        (False, anna, "not written, because other rows are wrong"),
        (False, None, "nobody who takes part in this session"),
    ]
    assert attended(conn, over) == {}
    assert imported(conn, mentor, over, good, all_or_nothing=True) == [(True, anna, None)]
    assert attended(conn, over) == {anna: ("present", 0)}


def test_importing_again_corrects(
    conn: psycopg.Connection, mentor: UUID, anna: UUID, over: UUID
) -> None:
    for status, note in (("present", "Signed"), ("late", None), ("late", None)):
        imported(conn, mentor, over, {"student_id": str(anna), "status": status, "note": note})

    assert attended(conn, over) == {anna: ("late", 0)}
    # What changes nothing is not recorded as a change.
    entries = conn.execute(
        "select new ->> 'status', old ->> 'note', new ->> 'note' from public.audit_log"
        " where table_name = 'session_attendance' order by id"
    ).fetchall()
    assert entries == [("present", None, "Signed"), ("late", "Signed", None)]


@pytest.mark.parametrize(
    "rows",
    [None, Jsonb({}), Jsonb("x"), Jsonb([{}] * 5001)],
    ids=["null", "object", "text", "too many"],
)
def test_an_import_is_a_list_of_bounded_size(
    conn: psycopg.Connection, mentor: UUID, over: UUID, rows: Any
) -> None:
    with as_user(conn, mentor), refusal(conn, "22023") as refused:
        conn.execute("select public.import_attendance(%s, %s)", (over, rows))
    assert refused.message == "rows must be an array of at most 5000 rows"


def test_nobody_is_imported_into_what_has_not_begun(
    conn: psycopg.Connection, mentor: UUID, coming: UUID
) -> None:
    with as_user(conn, mentor), refusal(conn, "PT409") as refused:
        conn.execute("select public.import_attendance(%s, '[]')", (coming,))
    assert refused.hint == "Until then mark_attendance takes excused only."


# -- Excuses ----------------------------------------------------------------------------


def decide(
    conn: psycopg.Connection, user: UUID, session: UUID, student: UUID, approve: bool
) -> Row:
    return call(
        conn,
        user,
        "decide_excuse",
        session_id=session,
        student_id=student,
        approve=approve,
        note="Get well",
    )


def end(conn: psycopg.Connection, session: UUID) -> None:
    conn.execute(
        "update public.success_sessions set start_time = now() - interval '2 hours',"
        " end_time = now() - interval '1 hour' where id = %s",
        (session,),
    )
    change(conn, session, status="live")
    change(conn, session, status="completed")
    finalize(conn, session)


@pytest.mark.parametrize(("approve", "status"), [(True, "excused"), (False, "absent")])
def test_who_asks_in_advance_is_excused_if_the_host_agrees(
    conn: psycopg.Connection,
    mentor: UUID,
    anna: UUID,
    ben: UUID,
    coming: UUID,
    approve: bool,
    status: str,
) -> None:
    asked = call(conn, anna, "request_excuse", session_id=coming, reason=" Dentist ")
    assert (asked["status"], asked["reason"]) == ("requested", "Dentist")

    decided = decide(conn, mentor, coming, anna, approve)

    assert decided["status"] == ("approved" if approve else "declined")
    assert (decided["decided_by"], decided["decision_note"]) == (mentor, "Get well")
    assert attended(conn, coming) == {}
    end(conn, coming)
    assert attended(conn, coming) == {anna: (status, 0), ben: ("absent", 0)}


def test_an_undecided_wish_excuses_nobody_until_it_is_decided(
    conn: psycopg.Connection, mentor: UUID, anna: UUID, coming: UUID
) -> None:
    call(conn, anna, "request_excuse", session_id=coming, reason="Dentist")
    end(conn, coming)
    assert attended(conn, coming) == {anna: ("absent", 0)}

    decide(conn, mentor, coming, anna, True)
    assert attended(conn, coming) == {anna: ("excused", 0)}
    decide(conn, mentor, coming, anna, False)
    assert attended(conn, coming) == {anna: ("absent", 0)}


def test_who_is_excused_and_comes_all_the_same_is_present(
    conn: psycopg.Connection, world: World, batch: UUID, mentor: UUID, anna: UUID
) -> None:
    session = world.session(batch=batch, mentor=mentor, starts=5 * MINUTE)
    call(conn, anna, "request_excuse", session_id=session, reason="Dentist")
    decide(conn, mentor, session, anna, True)

    assert call(conn, anna, "join_session", session_id=session)["attendance_status"] == "present"
    decide(conn, mentor, session, anna, False)
    assert attended(conn, session)[anna][0] == "present"


def test_the_student_takes_it_back(
    conn: psycopg.Connection, mentor: UUID, anna: UUID, coming: UUID
) -> None:
    call(conn, anna, "request_excuse", session_id=coming, reason="Dentist")
    decide(conn, mentor, coming, anna, True)

    withdrawn = call(conn, anna, "withdraw_excuse", session_id=coming)
    assert withdrawn["status"] == "withdrawn"
    assert call(conn, anna, "withdraw_excuse", session_id=coming) == withdrawn
    with as_user(conn, mentor), refusal(conn, "PT409") as refused:
        conn.execute("select public.decide_excuse(%s, %s, true)", (coming, anna))
    assert refused.message == "this student does not ask to be excused"
    assert call(conn, anna, "request_excuse", session_id=coming, reason="Again") | {
        "updated_at": None,
        "created_at": None,
    } == {
        "session_id": coming,
        "student_id": anna,
        "status": "requested",
        "reason": "Again",
        "decided_by": None,
        "decided_at": None,
        "decision_note": None,
        "created_at": None,
        "updated_at": None,
    }


def test_asking_again_does_not_undo_a_decision(
    conn: psycopg.Connection, mentor: UUID, anna: UUID, coming: UUID
) -> None:
    call(conn, anna, "request_excuse", session_id=coming, reason="Dentist")
    decide(conn, mentor, coming, anna, False)

    assert call(conn, anna, "request_excuse", session_id=coming, reason="Please")["status"] == (
        "declined"
    )


@pytest.mark.parametrize("function", ["request_excuse", "withdraw_excuse"])
def test_excuses_are_asked_for_before_the_session_begins(
    conn: psycopg.Connection, anna: UUID, coming: UUID, function: str
) -> None:
    call(conn, anna, "request_excuse", session_id=coming, reason="Dentist")
    conn.execute(
        "update public.success_sessions set start_time = now() - interval '1 minute',"
        " end_time = now() + interval '1 hour' where id = %s",
        (coming,),
    )
    arguments = {"session_id": coming} | ({"reason": "x"} if function == "request_excuse" else {})

    with as_user(conn, anna), refusal(conn, "PT409") as refused:
        conn.execute(calling(function, *arguments), arguments)
    assert refused.message == "this session has begun"


@pytest.mark.parametrize("reason", [None, "", "  "])
def test_an_excuse_has_a_reason(
    conn: psycopg.Connection, anna: UUID, coming: UUID, reason: str | None
) -> None:
    with as_user(conn, anna), refusal(conn, "22023") as refused:
        conn.execute("select public.request_excuse(%s, %s)", (coming, reason))
    assert refused.message == "reason must not be blank"


def test_only_those_who_take_part_as_students_ask(
    conn: psycopg.Connection, world: World, mentor: UUID, coming: UUID
) -> None:
    for user in (mentor, world.admin()):
        with as_user(conn, user), refusal(conn, "42501"):
            conn.execute("select public.request_excuse(%s, 'x')", (coming,))
    with as_user(conn, world.student(batch=world.batch())), refusal(conn, "PT404"):
        conn.execute("select public.request_excuse(%s, 'x')", (coming,))
    with as_user(conn, world.student(batch=world.batch())), refusal(conn, "PT404"):
        conn.execute("select public.withdraw_excuse(%s)", (coming,))


def test_a_decision_is_audited(
    conn: psycopg.Connection, mentor: UUID, anna: UUID, coming: UUID
) -> None:
    call(conn, anna, "request_excuse", session_id=coming, reason="Dentist")
    decide(conn, mentor, coming, anna, True)

    entries = conn.execute(
        "select actor_id, action, old ->> 'status', new ->> 'status' from public.audit_log"
        " where table_name = 'session_excuses' and user_id = %s order by id",
        (anna,),
    ).fetchall()
    assert entries == [
        (anna, "insert", None, "requested"),
        (mentor, "update", "requested", "approved"),
    ]
