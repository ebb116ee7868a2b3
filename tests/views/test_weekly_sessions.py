"""The calendar: weeks and segments in the caller's own time zone, the status by the clock."""

from __future__ import annotations

import random
import re
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from support.actors import as_anon, as_user, refused
from support.outbox import change
from support.sessions import refusal
from support.world import World

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def calendar(
    conn: psycopg.Connection, user: UUID, where: sql.SQL | sql.Composed | None = None
) -> list[dict[str, Any]]:
    """The caller's calendar in the order of time."""
    query = sql.SQL(
        "select * from public.segmented_weekly_success_sessions where {} order by start_time, id"
    ).format(where or sql.SQL("true"))
    with as_user(conn, user), conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query).fetchall()


def stop_the_clock(conn: psycopg.Connection, now: datetime) -> None:
    """Make it this moment for the view and the status function, until the transaction ends.

    Both are recreated as they are, with the moment in place of now().
    """

    def at_that_moment(definition: str) -> str:
        frozen, count = re.subn(r"\bnow\(\)", f"'{now.isoformat()}'::timestamptz", definition)
        assert count > 0
        return frozen

    view = conn.execute(
        "select pg_get_viewdef('public.segmented_weekly_success_sessions'::regclass)"
    ).fetchone()
    function = conn.execute(
        "select pg_get_functiondef('private.effective_session_status'::regproc)"
    ).fetchone()
    assert view is not None
    assert function is not None
    conn.execute(
        b"create or replace view public.segmented_weekly_success_sessions"
        b" with (security_invoker = true) as " + at_that_moment(view[0]).encode()
    )
    conn.execute(at_that_moment(function[0]).encode())


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.fixture
def course(world: World) -> UUID:
    return world.course()


# -- Weeks ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "start", "local_start", "week_start"),
    [
        # Sunday evening in London is Monday in Kolkata and still Sunday in New York.
        ("UTC", "2027-06-06T20:00Z", "2027-06-06T20:00", "2027-05-31"),
        ("Asia/Kolkata", "2027-06-06T20:00Z", "2027-06-07T01:30", "2027-06-07"),
        ("America/New_York", "2027-06-06T20:00Z", "2027-06-06T16:00", "2027-05-31"),
        # The last second of Sunday and the first of Monday.
        ("Asia/Kathmandu", "2027-06-06T18:14:59Z", "2027-06-06T23:59:59", "2027-05-31"),
        ("Asia/Kathmandu", "2027-06-06T18:15:00Z", "2027-06-07T00:00:00", "2027-06-07"),
        # The ends of the world: 25 hours apart.
        ("Pacific/Kiritimati", "2027-06-06T10:30Z", "2027-06-07T00:30", "2027-06-07"),
        ("Pacific/Pago_Pago", "2027-06-07T10:30Z", "2027-06-06T23:30", "2027-05-31"),
        # Clocks go forward on Sunday, 28 March 2027: the week has 167 hours.
        ("Europe/Berlin", "2027-03-21T23:00Z", "2027-03-22T00:00", "2027-03-22"),
        ("Europe/Berlin", "2027-03-28T00:59Z", "2027-03-28T01:59", "2027-03-22"),
        ("Europe/Berlin", "2027-03-28T01:00Z", "2027-03-28T03:00", "2027-03-22"),
        ("Europe/Berlin", "2027-03-28T21:59Z", "2027-03-28T23:59", "2027-03-22"),
        ("Europe/Berlin", "2027-03-28T22:00Z", "2027-03-29T00:00", "2027-03-29"),
        # And back on Sunday, 31 October 2027: it has 169, and 02:30 comes twice.
        ("Europe/Berlin", "2027-10-31T00:30Z", "2027-10-31T02:30", "2027-10-25"),
        ("Europe/Berlin", "2027-10-31T01:30Z", "2027-10-31T02:30", "2027-10-25"),
        ("Europe/Berlin", "2027-10-31T22:59Z", "2027-10-31T23:59", "2027-10-25"),
        ("Europe/Berlin", "2027-10-31T23:00Z", "2027-11-01T00:00", "2027-11-01"),
        # America changes on another Sunday, Lord Howe by half an hour.
        ("America/New_York", "2027-11-07T05:30Z", "2027-11-07T01:30", "2027-11-01"),
        ("America/New_York", "2027-11-08T04:59Z", "2027-11-07T23:59", "2027-11-01"),
        ("America/New_York", "2027-11-08T05:00Z", "2027-11-08T00:00", "2027-11-08"),
        ("Australia/Lord_Howe", "2027-10-03T13:00Z", "2027-10-04T00:00", "2027-10-04"),
        # A week of two years.
        ("UTC", "2028-01-02T12:00Z", "2028-01-02T12:00", "2027-12-27"),
    ],
)
def test_the_week_is_the_callers(
    conn: psycopg.Connection,
    world: World,
    course: UUID,
    zone: str,
    start: str,
    local_start: str,
    week_start: str,
) -> None:
    student = world.student(course=course, timezone=zone)
    world.session(course=course, starts=instant(start), timezone="America/Sao_Paulo")

    (row,) = calendar(conn, student)

    assert row["local_timezone"] == zone
    assert row["local_start"] == datetime.fromisoformat(local_start)
    assert row["week_start"] == date.fromisoformat(week_start)
    assert row["week_start"].weekday() == 0
    assert row["timezone"] == "America/Sao_Paulo"


def test_the_local_end_has_an_offset_of_its_own(
    conn: psycopg.Connection, world: World, course: UUID
) -> None:
    student = world.student(course=course, timezone="Europe/Berlin")
    world.session(course=course, starts=instant("2027-03-28T00:30Z"), minutes=60)

    (row,) = calendar(conn, student)

    assert row["local_start"] == datetime(2027, 3, 28, 1, 30)  # noqa: DTZ001 - wall-clock time
    assert row["local_end"] == datetime(2027, 3, 28, 3, 30)  # noqa: DTZ001


def test_two_callers_of_one_session_have_different_weeks(
    conn: psycopg.Connection, world: World, course: UUID
) -> None:
    world.session(course=course, starts=instant("2027-06-06T20:00Z"))
    in_india = world.student(course=course, timezone="Asia/Kolkata")
    in_america = world.student(course=course, timezone="America/New_York")

    (indian,), (american,) = calendar(conn, in_india), calendar(conn, in_america)

    assert indian["week_start"] - american["week_start"] == 7 * DAY
    assert indian["start_time"] == american["start_time"]


def test_the_connections_time_zone_does_not_matter(
    conn: psycopg.Connection, world: World, course: UUID
) -> None:
    student = world.student(course=course, timezone="Asia/Kolkata")
    world.session(course=course, starts=instant("2027-06-06T20:00Z"))
    before = calendar(conn, student)

    conn.execute("set local timezone = 'Pacific/Pago_Pago'")

    assert calendar(conn, student) == before


def test_without_a_profile_the_zone_is_utc(conn: psycopg.Connection, world: World) -> None:
    admin = world.admin(timezone="Asia/Kolkata")
    session = world.session()
    conn.execute("delete from public.profiles where id = %s", (admin,))
    assert calendar(conn, admin) == [], "nobody's roles outlive their profile"

    with conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(
            "select * from public.segmented_weekly_success_sessions where id = %s", (session,)
        ).fetchone()
    assert row is not None
    assert row["local_timezone"] == "UTC"


# -- Segments ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "now", "start", "segment"),
    [
        # Wednesday noon in UTC.
        ("UTC", "2027-06-09T12:00Z", "2027-06-09T11:00Z", "past"),
        ("UTC", "2027-06-09T12:00Z", "2027-06-09T11:00:01Z", "live"),
        ("UTC", "2027-06-09T12:00Z", "2027-06-09T12:00Z", "live"),
        ("UTC", "2027-06-09T12:00Z", "2027-06-09T12:00:01Z", "today"),
        ("UTC", "2027-06-09T12:00Z", "2027-06-09T23:59:59Z", "today"),
        ("UTC", "2027-06-09T12:00Z", "2027-06-10T00:00Z", "this_week"),
        ("UTC", "2027-06-09T12:00Z", "2027-06-13T23:59:59Z", "this_week"),
        ("UTC", "2027-06-09T12:00Z", "2027-06-14T00:00Z", "next_week"),
        ("UTC", "2027-06-09T12:00Z", "2027-06-20T23:59:59Z", "next_week"),
        ("UTC", "2027-06-09T12:00Z", "2027-06-21T00:00Z", "later"),
        ("UTC", "2027-06-09T12:00Z", "2028-06-09T12:00Z", "later"),
        ("UTC", "2027-06-09T12:00Z", "2027-06-07T12:00Z", "past"),
        # The same moments elsewhere: there it is Wednesday 17:30, or 01:00.
        ("Asia/Kolkata", "2027-06-09T12:00Z", "2027-06-09T18:29:59Z", "today"),
        ("Asia/Kolkata", "2027-06-09T12:00Z", "2027-06-09T18:30Z", "this_week"),
        ("Asia/Kolkata", "2027-06-09T12:00Z", "2027-06-13T18:30Z", "next_week"),
        ("Pacific/Pago_Pago", "2027-06-09T12:00Z", "2027-06-10T10:59:59Z", "today"),
        ("Pacific/Pago_Pago", "2027-06-09T12:00Z", "2027-06-10T11:00Z", "this_week"),
        # Sunday 23:30 in Berlin: the next hour is next week's.
        ("Europe/Berlin", "2027-06-13T21:30Z", "2027-06-13T21:59:59Z", "today"),
        ("Europe/Berlin", "2027-06-13T21:30Z", "2027-06-13T22:00Z", "next_week"),
        ("UTC", "2027-06-13T21:30Z", "2027-06-13T22:00Z", "today"),
        # Monday 00:00 in Berlin, still Sunday elsewhere.
        ("Europe/Berlin", "2027-06-13T22:00Z", "2027-06-20T21:59:59Z", "this_week"),
        ("America/New_York", "2027-06-13T22:00Z", "2027-06-20T21:59:59Z", "next_week"),
        # The Saturday before the clocks change, either way.
        ("Europe/Berlin", "2027-03-27T12:00Z", "2027-03-28T21:59:59Z", "this_week"),
        ("Europe/Berlin", "2027-03-27T12:00Z", "2027-03-28T22:00Z", "next_week"),
        ("Europe/Berlin", "2027-03-27T12:00Z", "2027-04-04T21:59:59Z", "next_week"),
        ("Europe/Berlin", "2027-03-27T12:00Z", "2027-04-04T22:00Z", "later"),
        ("Europe/Berlin", "2027-10-30T12:00Z", "2027-10-31T22:59:59Z", "this_week"),
        ("Europe/Berlin", "2027-10-30T12:00Z", "2027-10-31T23:00Z", "next_week"),
        ("Europe/Berlin", "2027-10-30T12:00Z", "2027-11-07T22:59:59Z", "next_week"),
        ("Europe/Berlin", "2027-10-30T12:00Z", "2027-11-07T23:00Z", "later"),
        # New Year's Eve, a Friday.
        ("UTC", "2027-12-31T12:00Z", "2028-01-02T12:00Z", "this_week"),
        ("UTC", "2027-12-31T12:00Z", "2028-01-03T12:00Z", "next_week"),
    ],
)
def test_the_segment_is_the_callers(
    conn: psycopg.Connection,
    world: World,
    course: UUID,
    zone: str,
    now: str,
    start: str,
    segment: str,
) -> None:
    student = world.student(course=course, timezone=zone)
    world.session(course=course, starts=instant(start), minutes=60)
    stop_the_clock(conn, instant(now))

    (row,) = calendar(conn, student)

    assert row["segment"] == segment


def test_the_running_clock_decides(conn: psycopg.Connection, world: World, course: UUID) -> None:
    """The other tests stop the clock; this one does not."""
    student = world.student(course=course)
    for starts in (-2 * HOUR, -HOUR / 2, 15 * DAY):
        world.session(course=course, starts=starts)

    rows = calendar(conn, student)

    assert [row["segment"] for row in rows] == ["past", "live", "later"]
    assert [row["status"] for row in rows] == ["completed", "live", "upcoming"]


ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "Pacific/Auckland",
)


def expected_row(
    status: str, start: datetime, end: datetime, now: datetime, zone: str
) -> dict[str, Any]:
    """What the calendar must say, by Python's own calendar."""
    here = ZoneInfo(zone)
    local, today = start.astimezone(here), now.astimezone(here).date()
    week = local.date() - local.weekday() * DAY
    this_week = today - today.weekday() * DAY
    if status == "upcoming" and now >= start:
        status = "live"
    if status == "live" and now >= end:
        status = "completed"
    match (status, (week - this_week).days):
        case ("completed", _):
            segment = "past"
        case ("live", _):
            segment = "live"
        case (_, 0):
            segment = "today" if local.date() == today else "this_week"
        case (_, 7):
            segment = "next_week"
        case _:
            segment = "later"
    opens = start - 15 * MINUTE
    return {
        "status": status,
        "segment": segment,
        "week_start": week,
        "local_start": local.replace(tzinfo=None),
        "local_end": end.astimezone(here).replace(tzinfo=None),
        "join_opens_at": opens,
        "can_join": status == "live" or (status == "upcoming" and now >= opens),
    }


@pytest.mark.parametrize("seed", range(12))
def test_random_calendars_equal_pythons(
    conn: psycopg.Connection, world: World, course: UUID, seed: int
) -> None:
    chance = random.Random(seed)
    zone = chance.choice(ZONES)
    student = world.student(course=course, timezone=zone)
    # Around the changes of the clocks of 2027, with a liking for midnights.
    around = [instant(f"2027-{day}T00:00Z") for day in ("03-14", "03-28", "04-04", "10-03")]
    around += [instant(f"2027-{day}T00:00Z") for day in ("10-31", "11-07", "12-31")]
    now = chance.choice(around) + chance.randint(-3 * 48, 3 * 48) * HOUR / 2
    expected: dict[UUID, dict[str, Any]] = {}
    for _ in range(40):
        start = now + chance.choice([0 * DAY, chance.randint(-20, 20) * DAY])
        start += chance.randint(-96, 96) * HOUR / 4
        end = start + chance.choice([HOUR / 4, HOUR, 24 * HOUR])
        status = chance.choice(["upcoming", "upcoming", "live", "completed"])
        session = world.session(course=course, starts=start, end_time=end, status=status)
        expected[session] = expected_row(status, start, end, now, zone)
    stop_the_clock(conn, now)

    rows = calendar(conn, student)

    assert len(rows) == len(expected)
    for row in rows:
        wanted = expected[row["id"]]
        assert {name: row[name] for name in wanted} == wanted, (zone, now, row["start_time"])


def test_a_session_started_early_is_live_at_once(
    conn: psycopg.Connection, world: World, course: UUID
) -> None:
    student = world.student(course=course)
    world.session(course=course, starts=10 * MINUTE, status="live")

    (row,) = calendar(conn, student)

    assert (row["status"], row["segment"], row["can_join"]) == ("live", "live", True)


def test_a_session_ended_early_is_past_at_once(
    conn: psycopg.Connection, world: World, course: UUID
) -> None:
    student = world.student(course=course)
    session = world.session(course=course, starts=-10 * MINUTE, status="live")
    change(conn, session, status="completed")

    (row,) = calendar(conn, student)

    assert (row["status"], row["segment"], row["can_join"]) == ("completed", "past", False)


# -- Joining ----------------------------------------------------------------------------


def test_when_joining_opens_is_a_setting(
    conn: psycopg.Connection, world: World, course: UUID
) -> None:
    student = world.student(course=course)
    world.session(course=course, starts=50 * MINUTE)
    (closed,) = calendar(conn, student)
    conn.execute("update public.app_settings set join_opens_minutes_before = 60")
    (open_now,) = calendar(conn, student)

    assert closed["join_opens_at"] == closed["start_time"] - 15 * MINUTE
    assert open_now["join_opens_at"] == closed["start_time"] - 60 * MINUTE
    assert (closed["can_join"], open_now["can_join"]) == (False, True)


@pytest.mark.parametrize("status", ["upcoming", "live", "completed"])
@pytest.mark.parametrize("starts", [-120, -61, -30, -1, 1, 14, 16, 120])
def test_can_join_is_what_join_session_says(
    conn: psycopg.Connection, world: World, course: UUID, status: str, starts: int
) -> None:
    student = world.student(course=course)
    session = world.session(course=course, starts=starts * MINUTE, status=status)
    (row,) = calendar(conn, student)

    with as_user(conn, student):
        if row["can_join"]:
            conn.execute("select public.join_session(%s)", (session,))
        else:
            with refusal(conn, "PT409"):
                conn.execute("select public.join_session(%s)", (session,))


def test_whoever_has_no_seat_cannot_join_and_is_told_false(
    conn: psycopg.Connection, world: World, course: UUID
) -> None:
    """It was null, which a frontend takes for unknown and `can_join=is.false` does not find."""
    student, mentor = world.student(course=course), world.mentor()
    session = world.session(
        course=course, mentor=mentor, starts=5 * MINUTE, registration_required=True
    )
    (shown,) = calendar(conn, student)
    assert shown["can_join"] is False
    assert shown["registration_closes_at"] == shown["start_time"], "when nothing else is said"
    for staff in (mentor, world.admin()):
        assert [row["can_join"] for row in calendar(conn, staff)] == [True]

    world.registration(session, student)
    assert [row["can_join"] for row in calendar(conn, student)] == [True]


# -- What is in it ----------------------------------------------------------------------


def test_cancelled_sessions_are_left_out_of_the_view_and_kept_in_the_table(
    conn: psycopg.Connection, world: World, course: UUID
) -> None:
    student = world.student(course=course)
    kept = world.session(course=course)
    off = world.session(course=course, starts=2 * DAY)
    assert [row["id"] for row in calendar(conn, student)] == [kept, off]

    change(conn, off, status="cancelled")

    assert [row["id"] for row in calendar(conn, student)] == [kept]
    with as_user(conn, student):
        found = conn.execute(
            "select status from public.success_sessions where id = %s", (off,)
        ).fetchone()
    assert found == ("cancelled",)


def test_the_audience_is_named(conn: psycopg.Connection, world: World, course: UUID) -> None:
    admin = world.admin()
    batch = world.batch(course=course)
    sessions = {
        world.session(batch=batch): "batch",
        world.session(course=course): "unbatched",
        world.session(): "course-less",
    }

    rows = calendar(conn, admin, sql.SQL("id = any({})").format(sql.Literal(list(sessions))))

    assert {row["id"]: row["audience"] for row in rows} == sessions


def test_the_host_is_named_to_those_who_cannot_read_profiles(
    conn: psycopg.Connection, world: World, course: UUID
) -> None:
    student = world.student(course=course)
    mentor = world.mentor("Marta Mentor")
    world.session(course=course, mentor=mentor)
    world.session(course=course, starts=2 * DAY)

    assert [row["mentor_name"] for row in calendar(conn, student)] == ["Marta Mentor", None]
    with as_user(conn, student):
        assert not conn.execute("select from public.profiles where id = %s", (mentor,)).fetchall()


def test_everybody_sees_their_own_attendance_only(
    conn: psycopg.Connection, world: World, course: UUID
) -> None:
    anna, ben, cara = (world.student(name, course=course) for name in ("Anna", "Ben", "Cara"))
    mentor, admin = world.mentor(), world.admin()
    session = world.session(course=course, mentor=mentor, starts=-2 * HOUR, status="completed")
    world.attendance(session, anna, "present", minutes_present=58)
    world.attendance(session, ben, "late", minutes_present=31)

    def attendance(user: UUID) -> tuple[str | None, int | None]:
        (row,) = calendar(conn, user, sql.SQL("id = {}").format(sql.Literal(session)))
        return row["attendance_status"], row["minutes_present"]

    assert attendance(anna) == ("present", 58)
    assert attendance(ben) == ("late", 31)
    # One row each, although host and admin may read both records.
    assert [attendance(user) for user in (cara, mentor, admin)] == [(None, None)] * 3


def test_a_running_visit_shows_in_the_calendar(
    conn: psycopg.Connection, world: World, course: UUID
) -> None:
    anna = world.student(course=course)
    session = world.session(course=course, starts=-5 * MINUTE)
    with as_user(conn, anna):
        conn.execute("select public.join_session(%s)", (session,))

    (row,) = calendar(conn, anna)

    assert row["attendance_status"] == "present"
    assert row["joined_at"] is not None
    assert row["left_at"] is None


def test_each_sees_their_own_sessions(conn: psycopg.Connection, world: World, course: UUID) -> None:
    batch = world.batch(course=course)
    mentor, other_mentor = world.mentor(), world.mentor()
    in_batch = world.session(batch=batch, mentor=mentor)
    unbatched = world.session(course=course, mentor=other_mentor)
    one_to_one = world.session(mentor=mentor, starts=2 * DAY)
    guest = world.student()
    world.invite(one_to_one, guest)
    seen = {
        world.student(batch=batch): {in_batch},
        world.student(course=course): {unbatched},
        world.student(batch=batch, status="paused"): set(),
        guest: {one_to_one},
        mentor: {in_batch, one_to_one},
        other_mentor: {unbatched},
        world.admin(): {in_batch, unbatched, one_to_one},
        world.user(): set(),
    }

    assert {user: {row["id"] for row in calendar(conn, user)} for user in seen} == seen


def test_access_ends_at_once_with_the_enrollment(
    conn: psycopg.Connection, world: World, course: UUID
) -> None:
    student = world.student(course=course)
    world.session(course=course)
    assert len(calendar(conn, student)) == 1

    conn.execute("update public.course_enrollments set status = 'paused'")

    assert calendar(conn, student) == []


def test_visitors_may_not_look(conn: psycopg.Connection) -> None:
    with (
        as_anon(conn),
        refused(conn, match="permission denied for view segmented_weekly_success_sessions"),
    ):
        conn.execute("select * from public.segmented_weekly_success_sessions")


def test_its_owner_is_told_where_to_write(
    conn: psycopg.Connection, world: World, course: UUID
) -> None:
    world.session(course=course)
    for write in (
        "insert into public.segmented_weekly_success_sessions (title) values ('x')",
        "update public.segmented_weekly_success_sessions set title = 'x'",
        "delete from public.segmented_weekly_success_sessions",
    ):
        with refusal(conn, "PT405") as told:
            conn.execute(write.encode())
        assert told.hint == "Write to success_sessions."


def test_the_calendar_shows_no_secret(conn: psycopg.Connection, world: World, course: UUID) -> None:
    student = world.student(course=course)
    world.session(
        course=course,
        link="https://zoom.us/j/123456789?pwd=linksecret",
        backup_link="https://meet.example/room?pwd=backupsecret",
        zoom_passcode="codesecret",
    )

    (row,) = calendar(conn, student)

    assert row["link"] == "https://zoom.us/j/123456789"
    assert row["backup_link"] == "https://meet.example/room"
    assert "secret" not in str(row)
