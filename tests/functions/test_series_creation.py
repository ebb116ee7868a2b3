"""Managers and mentors create series: all dates or none, without clashes, holidays left out."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import psycopg
import pytest

from support.actors import as_user
from support.outbox import Outbox
from support.seats import register
from support.series import MONDAY, create, series_of, skips_of, update
from support.sessions import create as create_session
from support.sessions import refusal, secrets
from support.world import World

BERLIN = ZoneInfo("Europe/Berlin")
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)


@pytest.fixture
def manager(world: World) -> UUID:
    return world.enrollment_manager()


@pytest.fixture
def marta(world: World) -> UUID:
    return world.mentor("Marta")


def mondays(count: int, hour: int = 18) -> list[datetime]:
    """The first Mondays from `MONDAY` on, at that hour in Berlin."""
    return [MONDAY.astimezone(BERLIN).replace(hour=hour) + n * WEEK for n in range(count)]


def starts(sessions: list[dict[str, Any]]) -> list[datetime]:
    return [session["start_time"] for session in sessions]


def count(conn: psycopg.Connection, table: str) -> int:
    row = conn.execute(f"select count(*) from {table}".encode()).fetchone()  # noqa: S608
    assert row is not None
    return int(row[0])


# -- What is made ----------------------------------------------------------------------------------


def test_a_manager_creates_a_series_and_gets_its_sessions(
    conn: psycopg.Connection, world: World, manager: UUID, marta: UUID
) -> None:
    batch = world.batch()
    course = conn.execute("select course_id from public.batches").fetchone()
    assert course is not None
    made = create(
        conn, manager, mentor_id=marta, course_id=course[0], batch_id=batch, description="Ask."
    )

    assert starts(made) == mondays(5)
    assert {row["end_time"] - row["start_time"] for row in made} == {HOUR}
    assert [row["series_date"] for row in made] == [day.date() for day in mondays(5)]
    assert [row["recurrence_id"] for row in made] == starts(made)
    (series,) = series_of(conn, made[0]["calendar_uid"])
    assert {row["series_id"] for row in made} == {series["id"]} == {series["calendar_uid"]}
    for field in ("title", "description", "mentor_id", "course_id", "batch_id", "timezone"):
        assert {row[field] for row in made} == {series[field]}
    assert series["rrule"] == "FREQ=WEEKLY;COUNT=5"
    assert (series["created_by"], made[0]["created_by"]) == (manager, manager)
    assert series["next_start"] is None


def test_a_start_in_the_second_of_two_equal_hours_is_the_first_as_in_the_preview(
    conn: psycopg.Connection, manager: UUID
) -> None:
    second = datetime.fromisoformat("2031-10-26T02:30+01:00")
    made = create(conn, manager, {"pattern": "weekly", "count": 3}, start_time=second)
    assert starts(made) == [second - HOUR, second + WEEK, second + 2 * WEEK]
    (series,) = series_of(conn, made[0]["calendar_uid"])
    previewed = conn.execute(
        "select start_time from public.preview_recurrence(%s::jsonb, %s, %s)",
        ('{"pattern": "weekly", "count": 3}', series["start_time"], series["timezone"]),
    )
    assert [row[0] for row in previewed] == starts(made)


def test_eighteen_stays_eighteen_over_the_clock_change(
    conn: psycopg.Connection, manager: UUID
) -> None:
    made = create(conn, manager)
    assert {start.astimezone(BERLIN).hour for start in starts(made)} == {18}
    assert len({start.utcoffset() for start in (s.astimezone(BERLIN) for s in starts(made))}) == 2


def test_a_mentor_creates_a_series_with_themselves_as_host(
    conn: psycopg.Connection, marta: UUID
) -> None:
    for said in ({}, {"mentor_id": None}, {"mentor_id": marta}):
        (first, *_) = create(conn, marta, start_time=MONDAY + len(str(said)) * DAY, **said)
        assert first["mentor_id"] == marta


def test_nobody_else_creates_a_series_and_no_mentor_one_of_others(
    conn: psycopg.Connection, world: World, marta: UUID
) -> None:
    for user in (world.student(), world.user()):
        with refusal(conn, "42501") as refused:
            create(conn, user)
        assert refused.message == "only managers and mentors may create sessions"
    with refusal(conn, "42501") as refused:
        create(conn, marta, mentor_id=world.mentor("Milo"))
    assert str(refused.message).startswith("mentor_id must be your own id")
    with refusal(conn, "42501") as refused:
        create(conn, marta, meeting_account_id=world.meeting_account())
    assert refused.message == "meeting_account_id is chosen by managers only"


def test_passcodes_and_the_secrets_of_links_go_into_vault_for_the_series_and_each_date(
    conn: psycopg.Connection, manager: UUID
) -> None:
    made = create(
        conn,
        manager,
        {"pattern": "weekly", "count": 2},
        link="https://zoom.us/j/123456789?pwd=SECRET-link",
        backup_link="https://zoom.us/j/987654321?pwd=SECRET-backup",
        zoom_passcode="SECRET-passcode",
        platform_data={"host_link": "https://zoom.us/s/SECRET-host", "region": "eu"},
    )
    held = {
        "link": "https://zoom.us/j/123456789?pwd=SECRET-link",
        "backup_link": "https://zoom.us/j/987654321?pwd=SECRET-backup",
        "zoom_passcode": "SECRET-passcode",
        "host_link": "https://zoom.us/s/SECRET-host",
    }
    (series,) = series_of(conn, made[0]["calendar_uid"])
    for row in (*made, series):
        assert "SECRET" not in str(row)
        assert row["platform_data"] == {"region": "eu"}
    for row in made:
        assert secrets(conn, row["id"]) == held
    assert secrets(conn, series["id"], "session_series") == held


def test_a_session_cannot_take_the_id_of_a_series_and_its_secrets(
    conn: psycopg.Connection, world: World, manager: UUID, marta: UUID
) -> None:
    batch, milo = world.batch(), world.mentor("Milo")
    world.enroll(milo, batch=batch)
    course = conn.execute("select course_id from public.batches").fetchone()
    assert course is not None
    made = create(
        conn,
        manager,
        course_id=course[0],
        batch_id=batch,
        mentor_id=marta,
        zoom_passcode="SECRET-passcode",
    )
    update(conn, manager, made[2]["id"], "following", title="Later")
    first, second = series_of(conn, made[0]["calendar_uid"])
    columns = {"mentor_id": milo, "start_time": MONDAY + DAY, "zoom_passcode": "evil"}
    with as_user(conn, milo):
        # He sees the dates, as a student of the batch, and with them the id.
        seen = conn.execute("select distinct series_id from public.success_sessions").fetchall()
        assert {row[0] for row in seen} == {first["id"], second["id"]}
        for taken in (first["id"], second["id"]):
            with refusal(conn, "23505") as refused:
                create_session(conn, id=taken, **columns)
            assert refused.message == f"id {taken} is taken"
            assert refused.hint == "Leave id out, or send a new random one."
        session = create_session(conn, **columns)["id"]
    with refusal(conn, "23505") as refused:
        conn.execute(
            "insert into public.session_series"
            " (id, calendar_uid, rrule, start_time, duration, title, link)"
            " select %(id)s, %(id)s, rrule, start_time, duration, title, link"
            " from public.session_series limit 1",
            {"id": session},
        )
    assert refused.message == f"id {session} is taken"
    for series in (first, second):
        assert secrets(conn, series["id"], "session_series") == {"zoom_passcode": "SECRET-passcode"}


def test_secrets_of_a_session_are_none_of_a_series_with_its_id(
    conn: psycopg.Connection, manager: UUID
) -> None:
    """The names in Vault differ, even where no trigger keeps the ids apart."""
    made = create(conn, manager, zoom_passcode="SECRET-passcode")
    conn.execute(
        "alter table public.success_sessions disable trigger success_sessions_2_references"
    )
    twin = create_session(conn, id=made[0]["series_id"], start_time=MONDAY + DAY)
    with as_user(conn, manager):
        shown = conn.execute(
            "select passcode from public.session_credentials(%s)", (twin["id"],)
        ).fetchone()
    assert shown == (None,)


def test_dates_have_seats_and_each_closes_as_long_before_its_start(
    conn: psycopg.Connection, world: World, manager: UUID
) -> None:
    course = world.course()
    student = world.student(course=course)
    made = create(
        conn,
        manager,
        course_id=course,
        registration_required=True,
        capacity=1,
        registration_closes_at=MONDAY - 26 * HOUR,
    )
    assert {row["start_time"] - row["registration_closes_at"] for row in made} == {26 * HOUR}
    assert register(conn, student, made[3]["id"])["status"] == "registered"


def test_what_has_begun_is_not_made_and_the_rule_counts_it(
    conn: psycopg.Connection, manager: UUID
) -> None:
    begun = datetime.now(BERLIN).replace(microsecond=0) - 2 * WEEK - HOUR
    made = create(conn, manager, start_time=begun)
    assert len(made) == 2
    with refusal(conn, "22023") as refused:
        create(conn, manager, start_time=begun - 3 * WEEK)
    assert refused.message == "the recurrence has no dates to come"


def test_sessions_are_made_up_to_the_horizon_and_the_series_knows_its_next_date(
    conn: psycopg.Connection, manager: UUID
) -> None:
    conn.execute("update public.app_settings set series_horizon_days = 14")
    made = create(conn, manager, {"rrule": "FREQ=WEEKLY"})
    assert starts(made) == mondays(2)
    (series,) = series_of(conn, made[0]["calendar_uid"])
    assert series["next_start"] == mondays(3)[2]


def test_the_first_date_is_made_however_far_it_is(conn: psycopg.Connection, manager: UUID) -> None:
    made = create(conn, manager, {"rrule": "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=6"})
    assert starts(made) == [datetime(2031, 12, 6, 18, tzinfo=BERLIN)]


# -- Clashes ---------------------------------------------------------------------------------------


def test_every_date_that_clashes_is_named_and_nothing_is_written(
    conn: psycopg.Connection, world: World, manager: UUID, marta: UUID
) -> None:
    conn.execute("update public.app_settings set mentor_buffer_minutes = 15")
    account = world.meeting_account("Our licence", at_once=1)
    first, second, third, fourth, _ = mondays(5)
    busy = world.session("Busy", mentor=marta, starts=first + HOUR / 2)
    close = world.session("Close", mentor=marta, starts=second - HOUR - timedelta(minutes=10))
    world.time_off(marta, starts=third, reason="On leave")
    licensed = world.session("Licensed", starts=fourth, meeting_account_id=account)
    before = [count(conn, table) for table in ("public.success_sessions", "notifier.events")]

    with refusal(conn, "23P01") as refused:
        create(conn, manager, mentor_id=marta, meeting_account_id=account)

    assert refused.message == "4 of 5 dates clash"
    lines = str(refused.detail).splitlines()
    assert lines[0].startswith(f"2031-03-03T17:00:00Z: clash with 'Busy', session {busy}, from ")
    assert lines[1].startswith(f"2031-03-10T17:00:00Z: too close to 'Close', session {close}, ")
    assert lines[2].startswith("2031-03-17T17:00:00Z: time off from ")
    assert lines[2].endswith(": On leave")
    assert lines[3].startswith("2031-03-24T17:00:00Z: meeting account 'Our licence' hosts 1 at")
    assert f"session {licensed}" in lines[3]
    assert '"on_clash": "skip"' in str(refused.hint)
    assert count(conn, "public.session_series") == count(conn, "public.series_skips") == 0
    assert before == [count(conn, name) for name in ("public.success_sessions", "notifier.events")]


def test_dates_that_clash_are_left_out_where_that_is_asked_for_and_the_reason_is_kept(
    conn: psycopg.Connection, world: World, manager: UUID, marta: UUID
) -> None:
    first, second, *others = mondays(5)
    busy = world.session("Busy", mentor=marta, starts=second)
    recurrence = {"pattern": "weekly", "count": 5, "on_clash": "skip"}
    made = create(conn, manager, recurrence, mentor_id=marta)

    assert starts(made) == [first, *others]
    skips = skips_of(conn, made[0]["calendar_uid"])
    assert list(skips) == [date(2031, 3, 10)]
    assert skips[date(2031, 3, 10)][0] == "clash"
    assert f"session {busy}" in skips[date(2031, 3, 10)][1]


def test_a_series_of_which_every_date_clashes_is_refused_all_the_same(
    conn: psycopg.Connection, world: World, manager: UUID, marta: UUID
) -> None:
    world.time_off(marta, starts=MONDAY - DAY, minutes=60 * 24 * 60)
    with refusal(conn, "23P01") as refused:
        create(
            conn,
            manager,
            {"pattern": "weekly", "count": 3, "on_clash": "skip"},
            mentor_id=marta,
        )
    assert refused.message == "3 of 3 dates clash"


def test_dates_that_are_too_close_to_each_other_clash(
    conn: psycopg.Connection, manager: UUID, marta: UUID
) -> None:
    conn.execute("update public.app_settings set mentor_buffer_minutes = 15")
    with refusal(conn, "23P01") as refused:
        create(
            conn,
            manager,
            {"rrule": "FREQ=DAILY;COUNT=3"},
            mentor_id=marta,
            end_time=MONDAY + 24 * HOUR,
        )
    assert refused.message == "2 of 3 dates clash"


def test_a_mentor_is_told_their_own_clashes_and_nothing_of_accounts(
    conn: psycopg.Connection, world: World, marta: UUID
) -> None:
    world.session("Mine", mentor=marta, starts=MONDAY)
    with refusal(conn, "23P01") as refused:
        create(conn, marta)
    assert "'Mine'" in str(refused.detail)


# -- Holidays --------------------------------------------------------------------------------------


def blackout(
    conn: psycopg.Connection, name: str, first: str, last: str, course: UUID | None = None
) -> None:
    conn.execute(
        "insert into public.blackout_dates (name, first_date, last_date, course_id)"
        " values (%s, %s, %s, %s)",
        (name, first, last, course),
    )


def test_blackouts_of_the_platform_and_of_the_course_are_left_out_and_named(
    conn: psycopg.Connection, world: World, manager: UUID
) -> None:
    course, other = world.course(), world.course()
    blackout(conn, "Spring break", "2031-03-08", "2031-03-10")
    blackout(conn, "Exam", "2031-03-24", "2031-03-24", course)
    blackout(conn, "Not ours", "2031-03-17", "2031-03-17", other)
    made = create(conn, manager, course_id=course)

    first, _, third, _, fifth = mondays(5)
    assert starts(made) == [first, third, fifth]
    assert skips_of(conn, made[0]["calendar_uid"]) == {
        date(2031, 3, 10): ("blackout", "Spring break"),
        date(2031, 3, 24): ("blackout", "Exam"),
    }
    assert starts(create(conn, manager)) == [first, third, mondays(4)[3], fifth]


def test_a_blackout_day_is_a_day_in_the_zone_of_the_series(
    conn: psycopg.Connection, manager: UUID
) -> None:
    blackout(conn, "The tenth", "2031-03-10", "2031-03-10")
    late = MONDAY.astimezone(BERLIN).replace(hour=23)
    assert len(create(conn, manager, start_time=late)) == 4
    auckland = {"timezone": "Pacific/Auckland"}  # there it is the 11th by then
    assert len(create(conn, manager, start_time=late, **auckland)) == 5


def test_a_series_in_blackouts_only_is_refused_with_their_names(
    conn: psycopg.Connection, manager: UUID
) -> None:
    blackout(conn, "Sabbatical", "2031-01-01", "2031-12-31")
    with refusal(conn, "22023") as refused:
        create(conn, manager)
    assert refused.message == "the recurrence has no dates to come"
    assert str(refused.detail).splitlines()[0] == "2031-03-03: Sabbatical"


def test_exdates_are_left_out(conn: psycopg.Connection, manager: UUID) -> None:
    made = create(conn, manager, {"pattern": "weekly", "count": 3, "exdates": ["2031-03-10"]})
    first, _, third = mondays(3)
    assert starts(made) == [first, third]
    assert skips_of(conn, made[0]["calendar_uid"]) == {}


def test_the_preview_leaves_out_blackouts_of_the_platform_and_takes_the_same_keys(
    conn: psycopg.Connection, world: World, manager: UUID
) -> None:
    blackout(conn, "Spring break", "2031-03-08", "2031-03-10")
    blackout(conn, "Exam", "2031-03-24", "2031-03-24", world.course())
    for rule, expected in (
        ('{"pattern": "weekly", "count": 5, "on_clash": "skip"}', 4),
        ('{"rrule": "FREQ=DAILY"}', 100),
    ):
        with as_user(conn, manager):
            rows = conn.execute(
                "select local_start::date from public.preview_recurrence(%s, %s, 'Europe/Berlin')",
                (rule, MONDAY),
            ).fetchall()
        assert len(rows) == expected
        assert date(2031, 3, 10) not in {row[0] for row in rows}
        assert date(2031, 3, 24) in {row[0] for row in rows}


def test_dates_without_a_mentor_may_touch_whatever_pause_mentors_need(
    conn: psycopg.Connection, manager: UUID
) -> None:
    conn.execute("update public.app_settings set mentor_buffer_minutes = 30")
    rule = {"rrule": "FREQ=DAILY;COUNT=2"}
    assert len(create(conn, manager, rule, end_time=MONDAY + 24 * HOUR)) == 2


def test_a_blackout_entered_later_cancels_nothing_and_lists_what_is_in_it(
    conn: psycopg.Connection, world: World, manager: UUID, marta: UUID
) -> None:
    course = world.course()
    made = create(conn, manager, course_id=course, mentor_id=marta)
    single = world.session("Single", starts=made[1]["start_time"] + 2 * HOUR)
    world.session("Called off", starts=made[1]["start_time"] + 2 * HOUR, status="cancelled")
    for days in (-24 * HOUR, 48 * HOUR):
        world.session("The day before and after", starts=made[1]["start_time"] + days)
    blackout(conn, "Break", "2031-03-10", "2031-03-11")
    blackout(conn, "Course break", "2031-03-10", "2031-03-10", course)

    def listed(user: UUID) -> list[tuple[str, UUID]]:
        with as_user(conn, user):
            return conn.execute(
                "select name, session_id from public.blackout_clashes order by name, start_time"
            ).fetchall()

    second = made[1]["id"]
    assert listed(manager) == [("Break", second), ("Break", single), ("Course break", second)]
    assert listed(marta) == [("Break", second), ("Course break", second)]
    assert listed(world.student()) == []


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"name": " "}, "name must be one line of 1 to 200 characters"),
        (
            {"last_date": "2031-03-02"},
            "last_date must be first_date or later, and at most a year of 366 days in all",
        ),
        (
            {"last_date": "2032-03-03"},
            "last_date must be first_date or later, and at most a year of 366 days in all",
        ),
        (
            {"first_date": "0031-03-03", "last_date": "0031-03-03"},
            "first_date must be in the years 2000 to 2199",
        ),
    ],
)
def test_a_blackout_that_makes_no_sense_is_refused(
    conn: psycopg.Connection, columns: dict[str, str], message: str
) -> None:
    given = {"name": "Break", "first_date": "2031-03-03", "last_date": "2031-03-03"} | columns
    with refusal(conn, "22023") as refused:
        blackout(conn, given["name"], given["first_date"], given["last_date"])
    assert refused.message == message


def test_every_field_of_a_form_can_be_given_to_a_series(
    conn: psycopg.Connection, manager: UUID
) -> None:
    with refusal(conn, "22023") as refused:
        create(conn, manager, colour="red")
    taken = set(str(refused.hint).removeprefix("Use ").removesuffix(".").split(", "))
    rows = conn.execute(
        "select column_name::text from information_schema.column_privileges"
        " where grantee = 'authenticated' and privilege_type = 'INSERT'"
        " and table_schema = 'public' and table_name = 'success_sessions'"
    )
    # What becomes of a session is for later.
    assert taken == {row[0] for row in rows} - {"id", "status", "cancel_reason"}


def test_reminders_of_a_series_are_those_of_its_dates(
    conn: psycopg.Connection, manager: UUID
) -> None:
    made = create(conn, manager, reminder_minutes=[1440, 15])
    assert {tuple(row["reminder_minutes"]) for row in made} == {(1440, 15)}


# -- Mails -----------------------------------------------------------------------------------------


def test_each_person_is_told_in_one_mail_that_lists_the_dates(
    conn: psycopg.Connection, world: World, manager: UUID, marta: UUID
) -> None:
    outbox = Outbox(conn)
    course = world.course()
    student = world.student(course=course)
    with outbox.one_transaction():
        made = create(conn, manager, course_id=course, mentor_id=marta)
    emails = {email.recipient_id: email for email in outbox.deliver()}
    assert {who: email.kind for who, email in emails.items()} == {
        student: "series_scheduled",
        marta: "mentor_assigned",
    }
    for email in emails.values():
        assert [UUID(part["session"]["id"]) for part in email.parts] == [r["id"] for r in made]
    assert "RRULE:FREQ=WEEKLY;BYDAY=MO;" in str(emails[student].calendar)


# -- What is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("session", "message"),
    [
        ({"colour": "red"}, "session has no field 'colour'"),
        ({"status": "live"}, "session has no field 'status'"),
        ({"series_id": str(uuid4())}, "session has no field 'series_id'"),
        ({"title": None}, "title of session is missing"),
        ({"link": None}, "link of session is missing"),
        ({"start_time": None}, "start_time of session is missing"),
        ({"title": 5}, "title of session must be a text"),
        ({"zoom_passcode": 4711}, "zoom_passcode of session must be a text"),
        ({"course_id": "first"}, "course_id of session must be the id of a row"),
        (
            {"start_time": "2031-03-03T18:00"},
            "start_time of session must be an instant with its offset,"
            " such as 2027-03-01T18:00:00+01:00",
        ),
        (
            {"session_type": "party"},
            "session_type of session must be success_session, mentorship, group_coaching",
        ),
        ({"capacity": "many"}, "capacity of session must be a whole number"),
        ({"capacity": 1.5}, "capacity of session must be a whole number"),
        (
            {"registration_required": "yes"},
            "registration_required of session must be true or false",
        ),
        ({"platform_data": []}, "platform_data of session must be a JSON object"),
        ({"title": " "}, "title must be one line of 1 to 200 characters"),
        ({"end_time": "2031-03-03T18:00:00+01:00"}, "end_time must be after start_time"),
        (
            {"end_time": "2031-03-04T18:01:00+01:00"},
            "end_time must be at most 24 hours after start_time",
        ),
        ({"timezone": "Berlin"}, "timezone=Berlin is not an IANA time zone"),
        ({"platform": "fax"}, "platform 'fax' is not an active meeting platform"),
        ({"reminder_minutes": "60"}, "reminder_minutes of session must be a list of minutes"),
        ({"reminder_minutes": ["x"]}, "reminder_minutes of session must be a list of minutes"),
        ({"reminder_minutes": [1.5]}, "reminder_minutes of session must be a list of minutes"),
        ({"reminder_minutes": [2**31]}, "reminder_minutes of session must be a list of minutes"),
        ({"reminder_minutes": [[60]]}, "reminder_minutes of session must be a list of minutes"),
        ({"capacity": 5}, "capacity needs registration_required"),
        (
            {"capacity": 0, "registration_required": True},
            "capacity must be at least 1",
        ),
        ({"link": "ftp://x"}, "link must be an http(s) address without spaces"),
        (
            {"platform_data": {"host_link": "javascript:alert(1)"}},
            "host_link must be an http(s) address without spaces",
        ),
        (
            {"platform_data": {"meeting_id": "x" * 501}},
            "platform_data must be at most 10,000 characters, and its meeting_id at most 500",
        ),
    ],
)
def test_a_session_that_makes_no_sense_is_refused_by_the_name_of_the_field(
    conn: psycopg.Connection, manager: UUID, session: dict[str, Any], message: str
) -> None:
    with refusal(conn, "22023") as refused:
        create(conn, manager, **session)
    assert refused.message == message
    assert count(conn, "public.session_series") == 0


@pytest.mark.parametrize(
    ("recurrence", "message"),
    [
        (
            {"pattern": "weekly", "on_clash": "ignore"},
            "on_clash must be refuse or skip, not 'ignore'",
        ),
        ({"pattern": "weekly", "skip": True}, "skip=true is not a key of a recurrence"),
        ({"pattern": "hourly"}, "pattern=hourly is not known"),
        ([], "recurrence=[] is not a JSON object"),
        ("weekly", 'recurrence="weekly" is not a JSON object'),
        (
            {"rrule": "FREQ=WEEKLY;COUNT=1", "exdates": ["2031-03-03"]},
            "the recurrence has no dates to come",
        ),
    ],
)
def test_a_recurrence_that_makes_no_sense_is_refused_by_name(
    conn: psycopg.Connection, manager: UUID, recurrence: Any, message: str
) -> None:
    with refusal(conn, "22023") as refused:
        create(conn, manager, recurrence)
    assert refused.message == message


def test_a_session_that_is_no_object_is_refused(conn: psycopg.Connection, manager: UUID) -> None:
    for value in ("[]", "null", '"x"', None):
        with as_user(conn, manager), refusal(conn, "22023") as refused:
            conn.execute(
                'select public.create_recurring_session(%s, \'{"pattern": "weekly"}\')', (value,)
            )
        assert refused.message == "session must be a JSON object"


def test_no_message_holds_a_secret(conn: psycopg.Connection, manager: UUID) -> None:
    for wrong in (
        {"title": " "},
        {"platform": "fax"},
        {"capacity": 5},
        {"course_id": str(uuid4())},
        {"zoom_meeting_id": "x"},
        {"meeting_account_id": str(uuid4())},
    ):
        with pytest.raises(psycopg.Error) as raised, conn.transaction():
            create(
                conn,
                manager,
                link="https://zoom.us/j/1?pwd=SECRET",
                zoom_passcode="SECRET",
                platform_data={"host_link": "https://zoom.us/s/SECRET"},
                **wrong,
            )
        sent = raised.value.diag
        texts = (getattr(sent, name) for name in dir(sent) if not name.startswith("_"))
        assert "SECRET" not in "".join(text for text in texts if isinstance(text, str))
