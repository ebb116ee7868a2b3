"""Series are edited, moved and called off as a whole, from a date on, or on one date."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import psycopg
import pytest

from support.actors import as_user
from support.icalendars import Reader, by_ical_js
from support.outbox import Outbox, change
from support.seats import register, seated
from support.series import (
    MONDAY,
    Row,
    cancel,
    create,
    pretend_it_began,
    reschedule,
    series_of,
    sessions_of,
    skips_of,
    update,
)
from support.sessions import read, refusal, save, secrets
from support.world import World

BERLIN = ZoneInfo("Europe/Berlin")
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
TUESDAYS = {"rrule": "FREQ=WEEKLY;BYDAY=TU;COUNT=3"}


@pytest.fixture
def manager(world: World) -> UUID:
    return world.enrollment_manager()


@pytest.fixture
def marta(world: World) -> UUID:
    return world.mentor("Marta")


@pytest.fixture
def mondays(conn: psycopg.Connection, manager: UUID, marta: UUID) -> list[Row]:
    """Marta's six Mondays, the last two of them in summer time."""
    return create(conn, manager, {"pattern": "weekly", "count": 6}, mentor_id=marta)


def ids(rows: list[Row]) -> list[UUID]:
    return [row["id"] for row in rows]


def local(rows: list[Row]) -> list[str]:
    """Day and time in Berlin of those that are on."""
    return [
        row["start_time"].astimezone(BERLIN).strftime("%d.%m. %H:%M")
        for row in rows
        if row["status"] != "cancelled"
    ]


def now_of(conn: psycopg.Connection, rows: list[Row]) -> list[Row]:
    return sessions_of(conn, rows[0]["calendar_uid"])


# -- this ------------------------------------------------------------------------------------------


def test_one_date_is_edited_and_the_others_are_not(
    conn: psycopg.Connection, manager: UUID, mondays: list[Row]
) -> None:
    (edited,) = update(conn, manager, mondays[1]["id"], "this", title="Guest", description="Bring")
    assert (edited["title"], edited["description"]) == ("Guest", "Bring")
    assert (edited["sequence"], edited["start_time"]) == (1, mondays[1]["start_time"])
    assert [row["title"] for row in now_of(conn, mondays)].count("Office hours") == 5
    assert len(series_of(conn, mondays[0]["calendar_uid"])) == 1


def test_a_single_session_is_edited_with_scope_this(
    conn: psycopg.Connection, world: World, manager: UUID
) -> None:
    session = world.session(
        starts=MONDAY,
        timezone="Europe/Berlin",
        registration_required=True,
        registration_closes_at=MONDAY - DAY,
    )
    later = MONDAY + 2 * DAY
    (row,) = update(conn, manager, session, "this", start_time=later, zoom_passcode="4711")
    assert (row["start_time"], row["end_time"]) == (later, later + HOUR)
    assert row["registration_closes_at"] == later - DAY
    assert secrets(conn, session) == {"zoom_passcode": "4711"}
    (row,) = update(conn, manager, session, "this", timezone="Europe/London", zoom_passcode=None)
    assert row["start_time"] == later + HOUR
    assert secrets(conn, session) == {"zoom_passcode": "4711"}
    (row,) = update(conn, manager, session, "this", end_time=later + 3 * HOUR, zoom_passcode="")
    assert row["end_time"] - row["start_time"] == 2 * HOUR
    assert secrets(conn, session) == {}


def test_a_session_is_moved_and_keeps_its_length(
    conn: psycopg.Connection, manager: UUID, mondays: list[Row]
) -> None:
    moved = reschedule(conn, manager, mondays[0]["id"], MONDAY + DAY)
    assert (moved["start_time"], moved["end_time"]) == (MONDAY + DAY, MONDAY + DAY + HOUR)
    assert (moved["series_date"], moved["recurrence_id"]) == (date(2031, 3, 3), MONDAY)
    longer = reschedule(conn, manager, moved["id"], MONDAY + DAY, MONDAY + DAY + 2 * HOUR)
    assert longer["end_time"] == MONDAY + DAY + 2 * HOUR
    assert reschedule(conn, manager, moved["id"], MONDAY + DAY)["sequence"] == longer["sequence"]


def test_moving_onto_another_session_of_the_mentor_is_refused(
    conn: psycopg.Connection, manager: UUID, mondays: list[Row]
) -> None:
    with refusal(conn, "23P01") as refused:
        reschedule(conn, manager, mondays[0]["id"], MONDAY + WEEK)
    assert f"session {mondays[1]['id']}" in str(refused.detail)
    assert read(conn, mondays[0]["id"])["start_time"] == MONDAY


def test_what_is_over_or_called_off_is_neither_edited_nor_moved(
    conn: psycopg.Connection, manager: UUID, mondays: list[Row]
) -> None:
    pretend_it_began(conn, mondays[0]["id"])
    cancel(conn, manager, mondays[1]["id"])
    for session, status in ((mondays[0], "completed"), (mondays[1], "cancelled")):
        with refusal(conn, "PT409") as refused:
            update(conn, manager, session["id"], "this", title="Too late")
        assert refused.message == f"the session is {status}"
        with refusal(conn, "PT409"):
            reschedule(conn, manager, session["id"], MONDAY + 2 * DAY)


def test_one_date_is_called_off_with_its_reason_and_twice_is_once(
    conn: psycopg.Connection, manager: UUID, mondays: list[Row]
) -> None:
    (row,) = cancel(conn, manager, mondays[2]["id"], reason=" Ill ")
    assert (row["status"], row["cancel_reason"]) == ("cancelled", "Ill")
    assert cancel(conn, manager, mondays[2]["id"], reason="Again") == [row]
    assert len(local(now_of(conn, mondays))) == 5
    pretend_it_began(conn, mondays[0]["id"])
    with refusal(conn, "PT409") as refused:
        cancel(conn, manager, mondays[0]["id"])
    assert refused.message == "the session is completed"


def test_a_live_session_can_be_edited_and_called_off(
    conn: psycopg.Connection, world: World, manager: UUID
) -> None:
    session = world.session(starts=-timedelta(minutes=5))
    (row,) = update(conn, manager, session, "this", link="https://meet.example.test/2")
    assert row["link"] == "https://meet.example.test/2"
    (row,) = cancel(conn, manager, session)
    assert row["status"] == "cancelled"


# -- all -------------------------------------------------------------------------------------------


def test_a_date_that_cannot_follow_is_named(conn: psycopg.Connection, manager: UUID) -> None:
    made = create(conn, manager, backup_link="https://backup.example.test/1")
    conn.execute(
        "update public.success_sessions set link_failed_at = now() where id = %s", (made[2]["id"],)
    )

    with refusal(conn, "22023") as refused:
        update(conn, manager, made[0]["id"], "all", backup_link=None)

    assert refused.message == "backup_link is in use, because link has failed"
    assert refused.detail == (
        "the date at 2031-03-17T17:00:00Z\n"
        "constraint success_sessions_link_failed_at_needs_backup_link"
    )
    assert refused.hint
    assert {row["backup_link"] for row in now_of(conn, made)} == {"https://backup.example.test/1"}


def test_a_new_title_reaches_every_date_to_come_and_shifts_none(
    conn: psycopg.Connection, manager: UUID, mondays: list[Row]
) -> None:
    pretend_it_began(conn, mondays[0]["id"])
    past = read(conn, mondays[0]["id"])
    answered = update(conn, manager, mondays[3]["id"], "all", title="Clinic")
    assert ids(answered) == ids(mondays[1:])
    assert {row["title"] for row in answered} == {"Clinic"}
    for before, after in zip(mondays[1:], answered, strict=True):
        assert (after["start_time"], after["end_time"]) == (
            before["start_time"],
            before["end_time"],
        )
        assert after["sequence"] == 1
    assert read(conn, mondays[0]["id"]) == past
    (series,) = series_of(conn, mondays[0]["calendar_uid"])
    assert series["title"] == "Clinic"


def test_another_time_is_the_same_wall_clock_time_on_every_date(
    conn: psycopg.Connection, manager: UUID, mondays: list[Row]
) -> None:
    answered = update(
        conn,
        manager,
        mondays[5]["id"],  # in summer
        "all",
        start_time=datetime(2031, 4, 7, 9, 30, tzinfo=BERLIN),
    )
    assert ids(answered) == ids(mondays)
    assert local(answered) == [
        *("03.03. 09:30", "10.03. 09:30", "17.03. 09:30", "24.03. 09:30"),
        *("31.03. 09:30", "07.04. 09:30"),
    ]
    assert [row["recurrence_id"] for row in answered] == [row["recurrence_id"] for row in mondays]


def test_another_zone_keeps_the_wall_clock_time(
    conn: psycopg.Connection, manager: UUID, mondays: list[Row]
) -> None:
    answered = update(conn, manager, mondays[0]["id"], "all", timezone="America/New_York")
    zone = ZoneInfo("America/New_York")
    assert {row["start_time"].astimezone(zone).hour for row in answered} == {18}
    assert {row["timezone"] for row in answered} == {"America/New_York"}


def test_the_length_changes_with_the_end(
    conn: psycopg.Connection, manager: UUID, mondays: list[Row]
) -> None:
    answered = update(conn, manager, mondays[1]["id"], "all", end_time=MONDAY + WEEK + 2 * HOUR)
    assert {row["end_time"] - row["start_time"] for row in answered} == {2 * HOUR}


@pytest.mark.parametrize("by", [2 * HOUR, WEEK + DAY], ids=["the same day", "another week"])
def test_length_and_deadline_sent_for_a_moved_date_count_from_its_own_start(
    conn: psycopg.Connection, manager: UUID, by: timedelta
) -> None:
    """They counted from where it had been: moved by two hours, every date became as much longer."""
    made = create(conn, manager, registration_required=True)
    starts = MONDAY + by
    reschedule(conn, manager, made[0]["id"], starts)
    answered = update(
        conn,
        manager,
        made[0]["id"],
        "all",
        end_time=starts + 2 * HOUR,
        registration_closes_at=starts - 3 * HOUR,
    )
    lengths = {row["id"]: row["end_time"] - row["start_time"] for row in answered}
    assert lengths.pop(made[0]["id"]) == HOUR
    assert set(lengths.values()) == {2 * HOUR}
    assert {row["start_time"] - row["registration_closes_at"] for row in answered} == {3 * HOUR}


def test_the_last_date_of_a_rule_that_ends_survives_another_time_and_zone(
    conn: psycopg.Connection, manager: UUID
) -> None:
    made = create(conn, manager, {"rrule": "FREQ=WEEKLY;UNTIL=20310317T170000Z"})
    assert len(made) == 3
    later = MONDAY.astimezone(BERLIN).replace(hour=23)
    update(conn, manager, made[0]["id"], "all", start_time=later)
    update(conn, manager, made[0]["id"], "all", timezone="Pacific/Honolulu")
    (series,) = series_of(conn, made[0]["calendar_uid"])
    assert series["rrule"] == "FREQ=WEEKLY;UNTIL=20310318T095959Z"
    answered = update(conn, manager, made[0]["id"], "all", recurrence={"rrule": series["rrule"]})
    assert ids(answered) == ids(made)


def test_what_was_changed_for_itself_stays(
    conn: psycopg.Connection, world: World, manager: UUID, mondays: list[Row]
) -> None:
    moved, renamed, off, rehosted = (row["id"] for row in mondays[1:5])
    reschedule(conn, manager, moved, MONDAY + WEEK + DAY)
    update(conn, manager, renamed, "this", title="Guest", zoom_passcode="own")
    cancel(conn, manager, off)
    milo = world.mentor("Milo")
    change(conn, rehosted, mentor_id=milo)

    noon = MONDAY.astimezone(BERLIN).replace(hour=12)
    new_host = world.mentor("Mia")
    update(
        conn,
        manager,
        mondays[0]["id"],
        "all",
        title="Clinic",
        start_time=noon,
        zoom_passcode="ours",
        mentor_id=new_host,
    )
    rows = {row["id"]: row for row in now_of(conn, mondays)}
    assert local(list(rows.values())) == [
        *("03.03. 12:00", "11.03. 18:00", "17.03. 12:00"),
        *("31.03. 12:00", "07.04. 12:00"),
    ]
    assert rows[moved]["title"] == "Clinic"
    assert rows[renamed]["title"] == "Guest"
    assert secrets(conn, renamed) == {"zoom_passcode": "own"}
    assert secrets(conn, moved) == {"zoom_passcode": "ours"}
    assert (rows[off]["status"], rows[off]["title"]) == ("cancelled", "Office hours")
    assert [rows[each]["mentor_id"] for each in (moved, rehosted)] == [new_host, milo]


def test_dates_close_together_move_without_meeting_each_other(
    conn: psycopg.Connection, manager: UUID, marta: UUID
) -> None:
    early = MONDAY.astimezone(BERLIN).replace(hour=0, minute=30)
    made = create(conn, manager, {"rrule": "FREQ=DAILY;COUNT=5"}, mentor_id=marta, start_time=early)
    late = early.replace(hour=23, minute=45)
    answered = update(conn, manager, made[0]["id"], "all", start_time=late)
    assert {row["start_time"].astimezone(BERLIN).hour for row in answered} == {23}
    answered = update(conn, manager, made[0]["id"], "all", start_time=early)
    assert [row["start_time"] for row in answered] == [row["start_time"] for row in made]


def test_every_date_that_clashes_at_the_new_time_is_named_and_nothing_is_written(
    conn: psycopg.Connection, world: World, manager: UUID, marta: UUID, mondays: list[Row]
) -> None:
    noon = MONDAY.astimezone(BERLIN).replace(hour=12)
    for week in (1, 3):
        world.session(f"Lunch {week}", mentor=marta, starts=noon + week * WEEK)
    before = now_of(conn, mondays)
    with refusal(conn, "23P01") as refused:
        update(conn, manager, mondays[0]["id"], "all", start_time=noon, title="Lunch")
    assert refused.message == "2 of 6 dates clash"
    lines = str(refused.detail).splitlines()
    assert [line.split(": ")[0] for line in lines] == [
        "2031-03-10T11:00:00Z",
        "2031-03-24T11:00:00Z",
    ]
    assert now_of(conn, mondays) == before

    answered = update(
        conn, manager, mondays[0]["id"], "all", start_time=noon, title="Lunch", on_clash="skip"
    )
    assert local(answered) == [
        *("03.03. 12:00", "10.03. 18:00", "17.03. 12:00", "24.03. 18:00"),
        *("31.03. 12:00", "07.04. 12:00"),
    ]
    assert {row["title"] for row in answered} == {"Lunch"}


def test_a_mentor_learns_nothing_of_what_else_an_account_hosts(
    conn: psycopg.Connection, world: World, manager: UUID, marta: UUID
) -> None:
    account = world.meeting_account("Our licence", at_once=1)
    made = create(conn, manager, mentor_id=marta, meeting_account_id=account)
    noon = MONDAY.astimezone(BERLIN).replace(hour=12)
    world.session("Board meeting", starts=noon + WEEK, meeting_account_id=account)
    with refusal(conn, "23P01") as refused:
        update(conn, marta, made[0]["id"], "all", start_time=noon)
    assert refused.detail == "2031-03-10T11:00:00Z: the meeting account is not free"
    with refusal(conn, "23P01") as refused:
        update(conn, manager, made[0]["id"], "all", start_time=noon)
    assert "'Board meeting'" in str(refused.detail)


def test_what_a_form_sends_back_as_it_was_read_is_no_change(
    conn: psycopg.Connection, manager: UUID, marta: UUID, mondays: list[Row]
) -> None:
    moved = reschedule(conn, manager, mondays[2]["id"], MONDAY + 2 * WEEK + DAY)
    form = {name: moved[name] for name in ("title", "start_time", "end_time", "timezone")}
    uid = mondays[0]["calendar_uid"]

    def standing() -> list[Row]:
        return [
            {name: value for name, value in row.items() if name != "updated_at"}
            for row in (*sessions_of(conn, uid), *series_of(conn, uid))
        ]

    before = standing()
    for user in (manager, marta):
        form |= {"mentor_id": marta, "link": moved["link"]}
        for scope in ("this", "all"):
            update(conn, user, moved["id"], scope, **form)
    times = {name: form[name] for name in ("start_time", "end_time")}
    update(conn, manager, moved["id"], "following", **times)
    assert standing() == before

    # Nor does a date that was moved keep its form from being used for the others.
    answered = update(conn, manager, moved["id"], "following", **form | {"title": "Clinic"})
    assert {row["title"] for row in answered} == {"Clinic"}
    assert local(answered) == [
        *("18.03. 18:00", "24.03. 18:00", "31.03. 18:00", "07.04. 18:00"),
    ]


def test_secrets_of_the_series_reach_its_dates(
    conn: psycopg.Connection, manager: UUID, mondays: list[Row]
) -> None:
    answered = update(
        conn, manager, mondays[0]["id"], "all", link="https://zoom.us/j/123456789?pwd=SECRET"
    )
    (series,) = series_of(conn, mondays[0]["calendar_uid"])
    assert "SECRET" not in str((answered, series))
    for row in answered:
        assert secrets(conn, row["id"]) == {"link": "https://zoom.us/j/123456789?pwd=SECRET"}
    assert secrets(conn, series["id"], "session_series") == {
        "link": "https://zoom.us/j/123456789?pwd=SECRET"
    }
    # A form that sends back what it read changes nothing.
    again = update(conn, manager, mondays[0]["id"], "all", link=answered[0]["link"])
    assert again == answered
    assert secrets(conn, series["id"], "session_series").keys() == {"link"}


def test_seats_follow_the_series(conn: psycopg.Connection, world: World, manager: UUID) -> None:
    course = world.course()
    first, second = world.student(course=course), world.student(course=course)
    made = create(conn, manager, course_id=course, registration_required=True, capacity=1)
    register(conn, first, made[2]["id"])
    assert register(conn, second, made[2]["id"])["status"] == "waitlisted"
    answered = update(
        conn, manager, made[0]["id"], "all", capacity=2, registration_closes_at=MONDAY - 2 * DAY
    )
    assert {row["capacity"] for row in answered} == {2}
    assert seated(conn, made[2]["id"]) == {first, second}
    noon = MONDAY.astimezone(BERLIN).replace(hour=12)
    answered = update(conn, manager, made[0]["id"], "all", start_time=noon)
    assert {row["start_time"] - row["registration_closes_at"] for row in answered} == {2 * DAY}


def test_a_date_in_a_batch_of_its_own_keeps_the_course_of_that_batch(
    conn: psycopg.Connection, world: World, manager: UUID
) -> None:
    own, other = world.batch("Own"), world.batch("Other")
    batch = world.batch("First", course=read(conn, world.session(batch=own))["course_id"])
    course = read(conn, world.session(batch=batch))["course_id"]
    other_course = read(conn, world.session(batch=other))["course_id"]
    made = create(
        conn, manager, {"pattern": "weekly", "count": 2}, course_id=course, batch_id=batch
    )
    update(conn, manager, made[1]["id"], "this", batch_id=own)

    def audiences(**changes: Any) -> list[tuple[UUID | None, UUID | None]]:
        answered = update(conn, manager, made[0]["id"], "all", **changes)
        return [(row["course_id"], row["batch_id"]) for row in answered]

    kept = (course, own)
    assert audiences(course_id=other_course, batch_id=other) == [(other_course, other), kept]
    assert audiences(course_id=None, batch_id=None) == [(None, None), kept]


@pytest.mark.parametrize(
    ("own", "ours", "followed"),
    [
        ({"capacity": 5}, {"registration_required": False, "capacity": None}, (True, 5, None)),
        (
            {"registration_closes_at": MONDAY + WEEK - DAY},
            {"registration_required": False, "capacity": None},
            (True, None, DAY),
        ),
        (
            {"registration_required": False, "capacity": None},
            {"capacity": 5, "registration_closes_at": MONDAY - HOUR},
            (False, None, None),
        ),
    ],
    ids=["seats of its own", "a deadline of its own", "no registration"],
)
def test_a_date_keeps_the_registration_that_its_own_seats_and_deadline_need(
    conn: psycopg.Connection,
    manager: UUID,
    own: dict[str, Any],
    ours: dict[str, Any],
    followed: tuple[bool, int | None, timedelta | None],
) -> None:
    made = create(
        conn,
        manager,
        {"pattern": "weekly", "count": 2},
        registration_required=True,
        capacity=10,
    )
    update(conn, manager, made[1]["id"], "this", **own)
    first, second = update(conn, manager, made[0]["id"], "all", **ours)
    assert {name: first[name] for name in ours} == ours
    closes_at = second["registration_closes_at"]
    assert (
        second["registration_required"],
        second["capacity"],
        closes_at and second["start_time"] - closes_at,
    ) == followed


def test_accounts_stay_with_the_platform_of_each_date(
    conn: psycopg.Connection, world: World, manager: UUID
) -> None:
    ours = world.meeting_account("Ours", platform="google_meet")
    own, later = world.meeting_account("Own"), world.meeting_account("Later")
    made = create(conn, manager, {"pattern": "weekly", "count": 3})
    update(conn, manager, made[1]["id"], "this", meeting_account_id=own)
    update(conn, manager, made[2]["id"], "this", platform="other")

    def accounts(**changes: Any) -> list[tuple[str, UUID | None]]:
        answered = update(conn, manager, made[0]["id"], "all", **changes)
        return [(row["platform"], row["meeting_account_id"]) for row in answered]

    kept = ("other", None)
    assert accounts(meeting_account_id=later) == [("zoom", later), ("zoom", own), kept]
    moved = ("google_meet", ours)
    assert accounts(platform="google_meet", meeting_account_id=ours) == [moved, moved, kept]


def test_meetings_that_the_platform_makes_are_no_edits_of_dates(
    conn: psycopg.Connection, world: World, manager: UUID
) -> None:
    account = world.meeting_account()
    with refusal(conn, "22023") as refused:
        create(conn, manager, link=None)
    assert refused.message == "link of session is missing"
    conn.execute("update public.meeting_accounts set external_id = 'us'")
    made = create(conn, manager, link=None)
    assert {row["meeting_account_id"] for row in made} == {account}
    # What complete_meeting_task does.
    for row in made:
        conn.execute(
            "update public.session_meetings set external_id = '1', link = 'https://zoom.us/j/1',"
            " done_revision = revision where session_id = %s",
            (row["id"],),
        )
        change(conn, row["id"], link="https://zoom.us/j/1?pwd=SECRET", zoom_passcode="SECRET")

    noon = MONDAY.astimezone(BERLIN).replace(hour=12)
    update(
        conn,
        manager,
        made[0]["id"],
        "all",
        title="Clinic",
        start_time=noon,
        recurrence={"pattern": "biweekly", "count": 3},
    )
    rows = now_of(conn, made)
    assert local(rows) == ["03.03. 12:00", "17.03. 12:00", "31.03. 12:00"]
    on = [row for row in rows if row["status"] == "upcoming"]
    assert {(row["title"], row["link"]) for row in on} == {("Clinic", "https://zoom.us/j/1")}
    assert {secrets(conn, row["id"])["zoom_passcode"] for row in on} == {"SECRET"}


def test_where_the_platform_makes_meetings_a_date_clashes_only_if_no_account_has_room(
    conn: psycopg.Connection, world: World, manager: UUID
) -> None:
    for name in ("First", "Second"):
        world.meeting_account(name, at_once=1)
    conn.execute("update public.meeting_accounts set external_id = name")
    for week in range(2):
        world.session("Elsewhere", starts=MONDAY + week * WEEK, link=None)
    made = create(conn, manager, link=None)  # on the other account
    assert len({row["meeting_account_id"] for row in made}) == 2

    with refusal(conn, "23P01") as refused:
        create(conn, manager, link=None)
    assert refused.message == "2 of 5 dates clash"
    third = create(conn, manager, {"pattern": "weekly", "count": 5, "on_clash": "skip"}, link=None)
    assert [row["start_time"] for row in third] == [MONDAY + n * WEEK for n in (2, 3)] + [
        row["start_time"] for row in made[4:]
    ]

    # Moved to where the account it has is taken, a date takes the other one.
    noon = MONDAY.astimezone(BERLIN).replace(hour=12)
    busy = third[0]["meeting_account_id"]
    world.session(starts=noon + 2 * WEEK, meeting_account_id=busy)
    (first, *_) = update(conn, manager, third[0]["id"], "all", start_time=noon + 2 * WEEK)
    assert first["meeting_account_id"] not in {None, busy}


# -- following -------------------------------------------------------------------------------------


def test_following_splits_the_series_and_its_calendar_uid_stays(
    conn: psycopg.Connection, manager: UUID, mondays: list[Row]
) -> None:
    answered = update(conn, manager, mondays[2]["id"], "following", title="Clinic")
    assert ids(answered) == ids(mondays[2:])
    first, second = series_of(conn, mondays[0]["calendar_uid"])
    assert (first["title"], second["title"]) == ("Office hours", "Clinic")
    assert (first["last_date"], second["first_date"]) == (date(2031, 3, 16), date(2031, 3, 17))
    rows = now_of(conn, mondays)
    assert ids(rows) == ids(mondays)
    assert [row["series_id"] for row in rows] == [first["id"]] * 2 + [second["id"]] * 4
    for before, after in zip(mondays, rows, strict=True):
        for field in ("calendar_uid", "recurrence_id", "series_date", "start_time"):
            assert after[field] == before[field]

    # From now on all means the part.
    answered = update(conn, manager, mondays[0]["id"], "all", title="Basics")
    assert ids(answered) == ids(mondays[:2])


def test_following_from_the_first_date_is_all_of_it(
    conn: psycopg.Connection, manager: UUID, mondays: list[Row]
) -> None:
    update(conn, manager, mondays[0]["id"], "following", title="Clinic")
    (series,) = series_of(conn, mondays[0]["calendar_uid"])
    assert series["title"] == "Clinic"


def test_a_part_keeps_what_the_other_is_not_told(conn: psycopg.Connection, manager: UUID) -> None:
    made = create(
        conn,
        manager,
        link="https://zoom.us/j/123456789?pwd=SECRET",
        zoom_passcode="SECRET",
        platform_data={"host_link": "https://zoom.us/s/SECRET"},
    )
    update(conn, manager, made[2]["id"], "following", title="Clinic")
    first, second = series_of(conn, made[0]["calendar_uid"])
    held = secrets(conn, second["id"], "session_series")
    assert secrets(conn, first["id"], "session_series") == held
    assert len(held) == 3
    update(conn, manager, made[3]["id"], "following", zoom_passcode="", platform_data={"a": 1})
    third = series_of(conn, made[0]["calendar_uid"])[2]
    assert secrets(conn, third["id"], "session_series").keys() == {"link", "host_link"}
    assert secrets(conn, made[4]["id"]).keys() == {"link", "host_link"}
    assert secrets(conn, made[2]["id"]).keys() == {"link", "host_link", "zoom_passcode"}


def test_following_needs_a_date_to_come_that_is_in_the_series(
    conn: psycopg.Connection, manager: UUID, mondays: list[Row]
) -> None:
    pretend_it_began(conn, mondays[0]["id"])
    with refusal(conn, "PT409") as refused:
        update(conn, manager, mondays[0]["id"], "following", title="Too late")
    assert str(refused.message).startswith("the session has begun")
    update(conn, manager, mondays[1]["id"], "all", recurrence={"pattern": "weekly", "days": ["TU"]})
    with refusal(conn, "PT409") as refused:
        update(conn, manager, mondays[2]["id"], "following", title="Nowhere")
    assert refused.message == "the day of the session is no longer one of its series"
    with refusal(conn, "PT409"):
        cancel(conn, manager, mondays[2]["id"], "following")


def test_following_from_a_called_off_date_works(
    conn: psycopg.Connection, manager: UUID, mondays: list[Row]
) -> None:
    cancel(conn, manager, mondays[3]["id"])
    answered = update(conn, manager, mondays[3]["id"], "following", title="Clinic")
    assert [row["title"] for row in answered] == ["Office hours", "Clinic", "Clinic"]


# -- Another rule ----------------------------------------------------------------------------------


def test_dates_that_still_match_stay_the_same_sessions_with_their_registrations(
    conn: psycopg.Connection, world: World, manager: UUID
) -> None:
    course = world.course()
    student = world.student(course=course)
    made = create(conn, manager, course_id=course, registration_required=True)
    for row in made:
        register(conn, student, row["id"])

    answered = update(
        conn,
        manager,
        made[0]["id"],
        "all",
        recurrence={"pattern": "biweekly", "days": ["MO", "WE"], "count": 6},
    )
    on = [row for row in answered if row["status"] == "upcoming"]
    assert local(on) == [
        *("03.03. 18:00", "05.03. 18:00", "17.03. 18:00"),
        *("19.03. 18:00", "31.03. 18:00", "02.04. 18:00"),
    ]
    kept = [made[0]["id"], made[2]["id"], made[4]["id"]]
    assert [row["id"] for row in on if row["id"] in ids(made)] == kept
    assert all(seated(conn, session) == {student} for session in kept)
    assert {row["sequence"] for row in on} == {0}
    gone = [row for row in answered if row["status"] == "cancelled"]
    assert ids(gone) == [made[1]["id"], made[3]["id"]]
    assert {row["series_date"] for row in gone} == {None}


def test_a_day_that_comes_back_is_the_same_session_again(
    conn: psycopg.Connection, world: World, marta: UUID
) -> None:
    course = world.course()
    student = world.student(course=course)
    made = create(conn, marta, course_id=None, registration_required=True)
    for row in made:
        world.invite(row["id"], student)
    register(conn, student, made[1]["id"])
    every_other = {"pattern": "biweekly", "count": 3}
    update(conn, marta, made[0]["id"], "all", recurrence=every_other)
    assert len(local(now_of(conn, made))) == 3
    update(conn, marta, made[0]["id"], "all", recurrence={"pattern": "weekly", "count": 5})
    rows = now_of(conn, made)
    assert (ids(rows), {row["status"] for row in rows}) == (ids(made), {"upcoming"})
    assert [row["series_date"] for row in rows] == [row["series_date"] for row in made]
    assert seated(conn, made[1]["id"]) == {student}


def test_a_new_mentor_brings_back_days_that_were_another_mentors(
    conn: psycopg.Connection, world: World, manager: UUID, marta: UUID
) -> None:
    milo = world.mentor("Milo")
    made = create(conn, manager, mentor_id=marta)
    update(conn, manager, made[0]["id"], "all", recurrence={"pattern": "biweekly", "count": 3})
    with as_user(conn, manager):
        conn.execute("select public.reassign_mentor_sessions(%s, %s)", (marta, milo))
    gone = read(conn, made[1]["id"])
    assert (gone["status"], gone["mentor_id"]) == ("cancelled", marta)
    with as_user(conn, marta), refusal(conn, "42501"):
        save(conn, gone["id"], mentor_id=milo)

    update(conn, milo, made[0]["id"], "all", recurrence={"pattern": "weekly", "count": 5})
    rows = now_of(conn, made)
    assert (ids(rows), {row["status"] for row in rows}) == (ids(made), {"upcoming"})
    assert {row["mentor_id"] for row in rows} == {milo}


def test_a_moved_or_edited_date_stays_though_the_rule_has_lost_its_day(
    conn: psycopg.Connection, manager: UUID, mondays: list[Row]
) -> None:
    reschedule(conn, manager, mondays[1]["id"], MONDAY + WEEK + 3 * HOUR)
    update(conn, manager, mondays[2]["id"], "this", title="Guest")
    cancel(conn, manager, mondays[3]["id"])
    update(
        conn,
        manager,
        mondays[0]["id"],
        "all",
        recurrence={"pattern": "weekly", "days": ["TU"], "count": 3},
    )
    assert local(now_of(conn, mondays)) == [
        *("04.03. 18:00", "10.03. 21:00", "11.03. 18:00", "17.03. 18:00", "18.03. 18:00"),
    ]


def test_a_new_rule_from_a_date_on_counts_from_there_and_may_move_the_start(
    conn: psycopg.Connection, manager: UUID, mondays: list[Row]
) -> None:
    thursday = mondays[2]["start_time"].astimezone(BERLIN).replace(hour=10) + 3 * DAY
    answered = update(
        conn,
        manager,
        mondays[2]["id"],
        "following",
        start_time=thursday,
        recurrence={"pattern": "weekly", "count": 2},
    )
    assert local(answered) == ["20.03. 10:00", "27.03. 10:00"]
    assert local(now_of(conn, mondays)) == [
        *("03.03. 18:00", "10.03. 18:00", "20.03. 10:00", "27.03. 10:00"),
    ]


def test_an_earlier_part_never_runs_into_the_later_one(
    conn: psycopg.Connection, manager: UUID, mondays: list[Row]
) -> None:
    update(conn, manager, mondays[3]["id"], "following", title="Clinic")
    update(conn, manager, mondays[0]["id"], "all", recurrence={"rrule": "FREQ=WEEKLY;BYDAY=TU,MO"})
    rows = now_of(conn, mondays)
    assert local([row for row in rows if row["title"] == "Office hours"]) == [
        *("03.03. 18:00", "04.03. 18:00", "10.03. 18:00"),
        *("11.03. 18:00", "17.03. 18:00", "18.03. 18:00"),
    ]
    assert series_of(conn, mondays[0]["calendar_uid"])[0]["next_start"] is None


def test_blackouts_are_left_out_of_new_dates_and_cancel_no_old_ones(
    conn: psycopg.Connection, manager: UUID, mondays: list[Row]
) -> None:
    conn.execute(
        "insert into public.blackout_dates (name, first_date, last_date)"
        " values ('Break', '2031-03-10', '2031-03-12')"
    )
    rule = {"rrule": "FREQ=WEEKLY;BYDAY=MO,TU;COUNT=6"}
    update(conn, manager, mondays[0]["id"], "all", recurrence=rule)
    assert local(now_of(conn, mondays)) == [
        *("03.03. 18:00", "04.03. 18:00", "10.03. 18:00", "17.03. 18:00", "18.03. 18:00"),
    ]
    assert skips_of(conn, mondays[0]["calendar_uid"]) == {date(2031, 3, 11): ("blackout", "Break")}


def test_new_dates_that_clash_are_refused_together_or_left_out(
    conn: psycopg.Connection, world: World, manager: UUID, marta: UUID, mondays: list[Row]
) -> None:
    for week in (0, 2):
        world.session(mentor=marta, starts=MONDAY + DAY + week * WEEK)
    rule = {"rrule": "FREQ=WEEKLY;BYDAY=MO,TU;COUNT=6"}
    before = now_of(conn, mondays)
    with refusal(conn, "23P01") as refused:
        update(conn, manager, mondays[0]["id"], "all", recurrence=rule)
    assert refused.message == "2 of 3 dates clash"
    assert now_of(conn, mondays) == before
    update(conn, manager, mondays[0]["id"], "all", recurrence=rule, on_clash="skip")
    assert local(now_of(conn, mondays)) == [
        *("03.03. 18:00", "10.03. 18:00", "11.03. 18:00", "17.03. 18:00"),
    ]
    assert {reason for reason, _ in skips_of(conn, mondays[0]["calendar_uid"]).values()} == {
        "clash"
    }


def test_the_room_of_dates_that_go_is_free_for_those_that_come(
    conn: psycopg.Connection, manager: UUID, marta: UUID
) -> None:
    late = MONDAY.astimezone(BERLIN).replace(hour=23)
    made = create(conn, manager, mentor_id=marta, start_time=late, end_time=late + 5 * HOUR)
    # Tuesday 01:00 lies in what was Monday's.
    update(
        conn,
        manager,
        made[0]["id"],
        "following",
        start_time=late + 2 * HOUR,
        recurrence={"pattern": "weekly", "count": 2},
    )
    assert local(now_of(conn, made)) == ["04.03. 01:00", "11.03. 01:00"]


# -- Calling off -----------------------------------------------------------------------------------


def test_calling_off_from_a_date_on_ends_the_series_there(
    conn: psycopg.Connection, manager: UUID, mondays: list[Row]
) -> None:
    reschedule(conn, manager, mondays[4]["id"], MONDAY + 4 * WEEK + DAY)
    answered = cancel(conn, manager, mondays[2]["id"], "following", "No demand")
    assert ids(answered) == ids(mondays[2:])
    assert {(row["status"], row["cancel_reason"]) for row in answered} == {
        ("cancelled", "No demand")
    }
    assert local(now_of(conn, mondays)) == ["03.03. 18:00", "10.03. 18:00"]
    (series,) = series_of(conn, mondays[0]["calendar_uid"])
    assert (series["last_date"], series["next_start"]) == (date(2031, 3, 16), None)
    assert cancel(conn, manager, mondays[2]["id"], "following", "Again") == answered


def test_calling_off_all_leaves_the_past_and_its_attendance(
    conn: psycopg.Connection, world: World, manager: UUID, mondays: list[Row]
) -> None:
    student = world.student()
    pretend_it_began(conn, mondays[0]["id"])
    world.attendance(mondays[0]["id"], student)
    before = read(conn, mondays[0]["id"])
    answered = cancel(conn, manager, mondays[0]["id"], "all")
    assert ids(answered) == ids(mondays[1:])
    assert read(conn, mondays[0]["id"]) == before
    kept = conn.execute("select status::text from public.session_attendance").fetchall()
    assert kept == [("present",)]


# -- Who may ---------------------------------------------------------------------------------------


def test_the_mentor_of_a_series_edits_and_calls_it_off(
    conn: psycopg.Connection, marta: UUID, mondays: list[Row]
) -> None:
    update(conn, marta, mondays[0]["id"], "this", title="One")
    update(conn, marta, mondays[0]["id"], "all", title="All", mentor_id=marta, course_id=None)
    update(conn, marta, mondays[2]["id"], "following", recurrence={"pattern": "biweekly"})
    reschedule(conn, marta, mondays[0]["id"], MONDAY + HOUR)
    cancel(conn, marta, mondays[4]["id"], "following")
    assert local(now_of(conn, mondays)) == ["03.03. 19:00", "10.03. 18:00", "17.03. 18:00"]


@pytest.mark.parametrize("key", ["mentor_id", "course_id", "batch_id", "meeting_account_id"])
@pytest.mark.parametrize("scope", ["this", "following", "all"])
def test_a_mentor_changes_neither_mentor_nor_audience_nor_account(
    conn: psycopg.Connection, marta: UUID, mondays: list[Row], scope: str, key: str
) -> None:
    with refusal(conn, "42501") as refused:
        update(conn, marta, mondays[1]["id"], scope, title="x", **{key: str(uuid4())})
    assert refused.message == f"{key} of an existing session can be changed by managers only"


def test_a_substitute_changes_their_date_alone_and_the_mentor_not_theirs(
    conn: psycopg.Connection, world: World, marta: UUID, mondays: list[Row]
) -> None:
    milo = world.mentor("Milo")
    change(conn, mondays[2]["id"], mentor_id=milo)
    for scope in ("following", "all"):
        with refusal(conn, "42501") as refused:
            update(conn, milo, mondays[2]["id"], scope, title="Mine")
        assert str(refused.message).startswith("only managers and the mentor of a series")
        with refusal(conn, "42501"):
            cancel(conn, milo, mondays[2]["id"], scope)
    update(conn, marta, mondays[0]["id"], "all", title="Marta's")
    assert read(conn, mondays[2]["id"])["title"] == "Office hours"
    (row,) = update(conn, milo, mondays[2]["id"], "this", title="Mine")
    assert row["title"] == "Mine"
    with refusal(conn, "PT404"):
        update(conn, marta, mondays[2]["id"], "this", title="Not mine")
    cancel(conn, marta, mondays[0]["id"], "all")
    assert read(conn, mondays[2]["id"])["status"] == "upcoming"


def test_a_mentor_is_answered_no_session_of_a_substitute(
    conn: psycopg.Connection, world: World, marta: UUID, manager: UUID, mondays: list[Row]
) -> None:
    change(conn, mondays[2]["id"], mentor_id=world.mentor("Milo"), title="Not for Marta")
    own = ids([row for row in mondays if row is not mondays[2]])

    assert ids(update(conn, marta, mondays[0]["id"], "all", title="All")) == own
    assert ids(cancel(conn, marta, mondays[0]["id"], "all")) == own

    assert ids(update(conn, manager, mondays[0]["id"], "all", title="Again")) == ids(mondays)


@pytest.mark.parametrize("handing_over", ["all", "following", "reassign"])
def test_a_new_mentor_does_not_read_what_kept_the_one_before(
    conn: psycopg.Connection, world: World, manager: UUID, handing_over: str
) -> None:
    ines, milo = world.mentor("Ines"), world.mentor("Milo")
    world.time_off(ines, starts=MONDAY + 3 * WEEK, reason="An operation")
    world.session("Private lesson", mentor=ines, starts=MONDAY + 2 * WEEK)
    rule = {"pattern": "weekly", "count": 5, "on_clash": "skip"}
    made = create(conn, manager, rule, mentor_id=ines)

    def told(mentor: UUID) -> str:
        with as_user(conn, mentor):
            return str(conn.execute("select detail from public.series_skips").fetchall())

    assert "An operation" in told(ines)
    assert "Private lesson" in told(ines)

    if handing_over == "reassign":
        with as_user(conn, manager):
            conn.execute("select public.reassign_mentor_sessions(%s, %s)", (ines, milo))
    else:
        update(conn, manager, made[handing_over == "following"]["id"], handing_over, mentor_id=milo)

    assert told(milo).count("was not free") == 2


def test_students_and_strangers_change_nothing(
    conn: psycopg.Connection, world: World, manager: UUID
) -> None:
    course = world.course()
    made = create(conn, manager, course_id=course)
    student, stranger, other = world.student(course=course), world.student(), world.mentor()
    unknown = uuid4()
    for user, sqlstate in ((student, "42501"), (stranger, "PT404"), (other, "PT404")):
        for scope in ("this", "following", "all"):
            with refusal(conn, sqlstate):
                update(conn, user, made[0]["id"], scope, title="Mine")
            with refusal(conn, sqlstate) as refused:
                cancel(conn, user, made[0]["id"], scope)
        with refusal(conn, sqlstate):
            reschedule(conn, user, made[0]["id"], MONDAY)
    with refusal(conn, "PT404") as nowhere:
        cancel(conn, stranger, unknown, "all")
    assert str(refused.message).replace(str(made[0]["id"]), "?") == str(nowhere.message).replace(
        str(unknown), "?"
    )


# -- What is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", [None, "", "THIS", "future"])
def test_an_unknown_scope_is_refused(
    conn: psycopg.Connection, manager: UUID, mondays: list[Row], scope: str | None
) -> None:
    expected = "scope must be this, following or all, not "
    with refusal(conn, "22023") as refused:
        update(conn, manager, mondays[0]["id"], scope, title="x")
    assert str(refused.message).startswith(expected)
    with refusal(conn, "22023") as refused:
        cancel(conn, manager, mondays[0]["id"], scope)
    assert str(refused.message).startswith(expected)


@pytest.mark.parametrize("scope", ["following", "all"])
def test_a_single_session_has_no_other_scope_than_this(
    conn: psycopg.Connection, world: World, manager: UUID, scope: str
) -> None:
    session = world.session()
    with refusal(conn, "22023") as refused:
        update(conn, manager, session, scope, title="x")
    assert refused.message == f"scope {scope} needs a session of a series"
    with refusal(conn, "22023") as refused:
        cancel(conn, manager, session, scope)
    assert refused.message == f"scope {scope} needs a session of a series"


@pytest.mark.parametrize(
    ("scope", "changes", "message"),
    [
        ("all", {}, "changes must not be empty"),
        ("all", {"colour": "red"}, "changes has no field 'colour'"),
        ("all", {"status": "cancelled"}, "changes has no field 'status'"),
        ("all", {"title": None}, "title of changes must not be null"),
        ("this", {"start_time": None}, "start_time of changes must not be null"),
        ("all", {"title": ""}, "title must be one line of 1 to 200 characters"),
        ("this", {"title": ""}, "title must be one line of 1 to 200 characters"),
        ("this", {"recurrence": {}}, "recurrence of changes needs scope following or all"),
        ("this", {"on_clash": "skip"}, "on_clash of changes needs scope following or all"),
        ("all", {"on_clash": "pray"}, "on_clash must be refuse or skip, not 'pray'"),
        ("all", {"timezone": "Berlin"}, "timezone 'Berlin' is not an IANA time zone"),
        ("this", {"timezone": "Berlin"}, "timezone 'Berlin' is not an IANA time zone"),
        (
            "all",
            {"start_time": "2031-03-04T18:00:00+01:00"},
            "start_time of changes must lie on 2031-03-03 in Europe/Berlin, the day of the session",
        ),
        (
            "following",
            {"start_time": "2031-03-02T18:00:00+01:00", "recurrence": {"pattern": "weekly"}},
            "start_time of changes must lie on 2031-03-03 in Europe/Berlin, the day of the session",
        ),
        ("all", {"end_time": "2031-03-03T10:00:00+01:00"}, "end_time must be after start_time"),
        ("this", {"end_time": "2031-03-03T10:00:00+01:00"}, "end_time must be after start_time"),
        ("all", {"recurrence": None}, "recurrence=null is not a JSON object"),
        ("all", {"recurrence": {"rrule": "FREQ=HOURLY"}}, "FREQ=HOURLY is not supported"),
        (
            "all",
            {"recurrence": {"pattern": "weekly", "on_clash": "skip"}},
            "on_clash=skip is not a key of a recurrence",
        ),
        (
            "all",
            {"recurrence": {"rrule": "FREQ=WEEKLY;COUNT=1", "exdates": ["2031-03-03"]}},
            "the recurrence has no dates to come",
        ),
        ("all", {"capacity": 4}, "capacity needs registration_required"),
        ("following", {"platform": "fax"}, "platform 'fax' is not an active meeting platform"),
        ("all", {"mentor_id": str(UUID(int=7))}, f"mentor_id {UUID(int=7)} is not a mentor"),
    ],
)
def test_changes_that_make_no_sense_are_refused_by_name_and_nothing_is_written(
    conn: psycopg.Connection,
    manager: UUID,
    mondays: list[Row],
    scope: str,
    changes: dict[str, Any],
    message: str,
) -> None:
    before = now_of(conn, mondays), series_of(conn, mondays[0]["calendar_uid"])
    with refusal(conn, "22023") as refused:
        update(conn, manager, mondays[0]["id"], scope, **changes)
    assert refused.message == message
    assert before == (now_of(conn, mondays), series_of(conn, mondays[0]["calendar_uid"]))


@pytest.mark.parametrize(
    ("starts", "ends", "message"),
    [
        (None, None, "start_time must not be null"),
        (MONDAY, MONDAY, "end_time must be after start_time"),
        (MONDAY, MONDAY + 25 * HOUR, "end_time must be at most 24 hours after start_time"),
        (
            MONDAY.replace(year=2231),
            None,
            "start_time must be in the years 2000 to 2199",
        ),
    ],
)
def test_a_time_that_makes_no_sense_is_refused(
    conn: psycopg.Connection,
    manager: UUID,
    mondays: list[Row],
    starts: datetime | None,
    ends: datetime | None,
    message: str,
) -> None:
    with refusal(conn, "22023") as refused:
        reschedule(conn, manager, mondays[0]["id"], starts, ends)
    assert refused.message == message


# -- Mails -----------------------------------------------------------------------------------------


def test_each_edit_of_a_series_is_one_mail_to_each_person(
    conn: psycopg.Connection, world: World, manager: UUID, marta: UUID
) -> None:
    outbox = Outbox(conn)
    course = world.course()
    anna, ben = world.student("Anna", course=course), world.student("Ben", course=course)
    made = create(conn, manager, course_id=course, mentor_id=marta)
    outbox.deliver()

    def told(kind: str, parts: list[UUID], *methods: str) -> None:
        emails = outbox.deliver()
        assert {email.recipient_id for email in emails} == {anna, ben, marta}
        assert len(emails) == 3
        for email in emails:
            assert email.kind == kind
            assert [UUID(part["session"]["id"]) for part in email.parts] == parts
            assert [calendar["method"] for calendar in email.calendars] == list(methods)

    with outbox.one_transaction():
        update(conn, manager, made[0]["id"], "all", title="Clinic")
    told("series_updated", ids(made), "REQUEST")
    with outbox.one_transaction():
        noon = made[2]["start_time"].astimezone(BERLIN).replace(hour=12)
        update(conn, manager, made[2]["id"], "following", start_time=noon)
    told("series_updated", ids(made[2:]), "REQUEST")
    with outbox.one_transaction():
        cancel(conn, manager, made[3]["id"], "following")
    told("series_cancelled", ids(made[3:]), "CANCEL")
    with outbox.one_transaction():
        update(conn, manager, made[0]["id"], "this", title="Once")
    told("session_updated", ids(made[:1]), "REQUEST")


def test_calendars_follow_a_new_rule(conn: psycopg.Connection, world: World, manager: UUID) -> None:
    outbox = Outbox(conn)
    course = world.course()
    world.student("Anna", course=course)
    made = create(conn, manager, {"pattern": "weekly", "count": 4}, course_id=course)
    outbox.deliver()
    with outbox.one_transaction():
        update(
            conn,
            manager,
            made[0]["id"],
            "all",
            recurrence={"rrule": "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TU;COUNT=4"},
        )
    (email,) = outbox.deliver()
    assert email.kind == "series_updated"
    assert [part["kind"] for part in email.parts] == [
        "session_scheduled",
        "session_cancelled",
        "session_scheduled",
        "session_cancelled",
    ]

    texts = {calendar["method"]: calendar["content"] for calendar in email.calendars}
    shown = dict(zip(texts, by_ical_js(list(texts.values())), strict=True))
    assert [event["start"] for event in shown["CANCEL"]] == [
        made[1]["start_time"],
        made[3]["start_time"],
    ]
    assert {event["status"] for event in shown["CANCEL"]} == {"CANCELLED"}
    assert [event["start"] for event in shown["REQUEST"]] == [
        made[0]["start_time"] + DAY,
        made[2]["start_time"] + DAY,
    ]
    uid = f"{made[0]['calendar_uid']}@live-sessions"
    for text in texts.values():
        events = Reader(text).events
        assert {event["UID"] for event in events} == {uid}
        assert all("RECURRENCE-ID" in event for event in events)


def test_calendars_show_a_date_that_the_series_was_sent_without(
    conn: psycopg.Connection, world: World, manager: UUID
) -> None:
    """Nothing brings back an EXDATE: programs overlook a RECURRENCE-ID that it excludes."""
    outbox = Outbox(conn)
    course = world.course()
    world.student("Anna", course=course)
    left_out = MONDAY + 2 * WEEK
    rule = {"pattern": "weekly", "count": 5}
    with outbox.one_transaction():
        exdates = [left_out.date().isoformat()]
        made = create(conn, manager, rule | {"exdates": exdates}, course_id=course)
    (first,) = outbox.deliver()
    assert "EXDATE;TZID=Europe/Berlin:20310317T180000" in Reader(first.calendar or "").lines

    with outbox.one_transaction():
        update(conn, manager, made[0]["id"], "all", recurrence=rule)
    (second,) = outbox.deliver()
    (event,) = Reader(second.calendar or "").events
    assert event.decoded("DTSTART") == left_out
    assert event.decoded("RECURRENCE-ID") == left_out + timedelta(seconds=1)

    sessions = sessions_of(conn, made[0]["calendar_uid"])
    update(conn, manager, made[0]["id"], "all", recurrence=rule | {"count": 2})
    update(conn, manager, made[0]["id"], "all", recurrence=rule)
    assert ids(sessions_of(conn, made[0]["calendar_uid"])) == ids(sessions)


@pytest.fixture
def stray(conn: psycopg.Connection, manager: UUID) -> list[Row]:
    """Three Mondays that became Tuesdays, the second of which is on all the same."""
    made = create(conn, manager, {"pattern": "weekly", "count": 3})
    update(conn, manager, made[0]["id"], "all", recurrence=TUESDAYS)
    with as_user(conn, manager):
        save(conn, made[1]["id"], status="upcoming")
    return made


def test_a_reinstated_session_is_called_off_with_its_series_though_the_rule_lost_its_day(
    conn: psycopg.Connection, manager: UUID, stray: list[Row]
) -> None:
    answered = cancel(conn, manager, stray[0]["id"], "all")
    assert stray[1]["id"] in ids(answered)
    left = sessions_of(conn, stray[0]["calendar_uid"])
    assert {row["status"] for row in left} == {"cancelled"}


def test_a_reinstated_session_is_edited_with_its_series_though_the_rule_lost_its_day(
    conn: psycopg.Connection, manager: UUID, stray: list[Row]
) -> None:
    update(conn, manager, stray[1]["id"], "all", title="New")
    assert read(conn, stray[1]["id"])["title"] == "New"


def test_a_date_has_begun_by_the_clock_though_its_status_does_not_say_so_yet(
    conn: psycopg.Connection, manager: UUID, mondays: list[Row]
) -> None:
    begun, start = mondays[0]["id"], datetime.now(UTC) - HOUR / 6
    change(conn, begun, start_time=start, end_time=start + HOUR)
    with refusal(conn, "PT409"):
        update(conn, manager, begun, "following", title="Late")

    assert ids(cancel(conn, manager, mondays[1]["id"], "all")) == ids(mondays[1:])
    assert read(conn, begun)["status"] == "upcoming"
    (series,) = series_of(conn, mondays[0]["calendar_uid"])
    assert series["last_date"] == mondays[0]["series_date"]


def test_the_later_part_of_a_split_series_gets_a_rule_of_its_own(
    conn: psycopg.Connection, manager: UUID, mondays: list[Row]
) -> None:
    update(conn, manager, mondays[3]["id"], "following", title="Second half")
    update(conn, manager, mondays[4]["id"], "all", recurrence={"pattern": "weekly", "count": 2})
    assert len(local(now_of(conn, mondays))) == 5


def test_a_reinstated_session_stands_for_its_day_when_the_rule_has_it_again(
    conn: psycopg.Connection, manager: UUID, stray: list[Row]
) -> None:
    update(conn, manager, stray[0]["id"], "all", recurrence={"pattern": "weekly", "count": 3})
    on = [row for row in sessions_of(conn, stray[0]["calendar_uid"]) if row["status"] == "upcoming"]
    assert ids(on) == ids(stray), "none of them twice"
    assert [row["series_date"] for row in on] == [row["series_date"] for row in stray]
