"""Slots that a mentor offers, and what becomes of them when students book, move and cancel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import pytest

from support.actors import as_user
from support.bookings import (
    MEETING,
    book,
    cancel,
    change_offer,
    move,
    nowhere,
    offer,
    pretend_it_begins_in,
    slots,
    starts,
)
from support.outbox import Outbox
from support.sessions import read, refusal, save, secrets, tomorrow
from support.world import World

FIRST = tomorrow()
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")
HALF_HOURS = [FIRST + n * 30 * MINUTE for n in range(4)]


@dataclass(frozen=True, slots=True)
class People:
    """Marta mentors the course that Sam and Sita take, in one batch; Uma takes it unbatched."""

    course: UUID
    batch: UUID
    marta: UUID
    sam: UUID
    sita: UUID
    uma: UUID
    otto: UUID


@pytest.fixture
def people(world: World) -> People:
    course = world.course()
    batch = world.batch(course=course)
    return People(
        course=course,
        batch=batch,
        marta=world.mentor("Marta"),
        sam=world.student("Sam", batch=batch),
        sita=world.student("Sita", batch=batch),
        uma=world.student("Uma", course=course),
        otto=world.student("Otto", batch=world.batch("Another", course=course)),
    )


def on_the_first_day(conn: psycopg.Connection, offer_id: UUID, **arguments: Any) -> list[datetime]:
    return starts(conn, offer_id, from_time=FIRST - HOUR, to_time=FIRST + 23 * HOUR, **arguments)


# -- What is offered ----------------------------------------------------------------------


def test_a_window_is_cut_into_slots(conn: psycopg.Connection, people: People) -> None:
    offered = offer(conn, people.marta)
    with as_user(conn, people.sam):
        shown = slots(conn, offered, to_time=FIRST + 3 * DAY - HOUR)

    assert [slot["start_time"] for slot in shown] == [
        start + n * DAY for n in range(3) for start in HALF_HOURS
    ]
    first = shown[0]
    assert first["end_time"] == FIRST + 30 * MINUTE
    assert (first["offer_id"], first["mentor_id"]) == (offered, people.marta)
    assert (first["mentor_name"], first["title"]) == ("Marta", "Mentorship")
    assert first["overlapping_session_ids"] == []


@pytest.mark.parametrize(
    ("window", "slot", "gap", "minutes"),
    [
        (30, 30, 0, [0]),
        (59, 30, 0, [0]),
        (60, 30, 0, [0, 30]),
        (100, 30, 10, [0, 40]),
        (110, 30, 10, [0, 40, 80]),
        (45, 20, 5, [0, 25]),
    ],
)
def test_what_does_not_fill_a_slot_is_left_over(
    conn: psycopg.Connection,
    people: People,
    window: int,
    slot: int,
    gap: int,
    minutes: list[int],
) -> None:
    offered = offer(conn, people.marta, window_minutes=window, slot_minutes=slot, gap_minutes=gap)
    with as_user(conn, people.sam):
        assert on_the_first_day(conn, offered) == [FIRST + n * MINUTE for n in minutes]


def test_an_offer_without_recurrence_is_one_window(
    conn: psycopg.Connection, people: People
) -> None:
    offered = offer(conn, people.marta, recurrence=None)
    with as_user(conn, people.sam):
        assert starts(conn, offered) == HALF_HOURS
        row = conn.execute("select rrule, exdates from public.booking_offers").fetchone()
    assert row == ("FREQ=DAILY;COUNT=1", [])


def test_exdates_have_no_slots(conn: psycopg.Connection, people: People) -> None:
    skipped = (FIRST + DAY).date().isoformat()
    offered = offer(
        conn,
        people.marta,
        recurrence={"rrule": "FREQ=DAILY;COUNT=3", "exdates": [skipped]},
        window_minutes=30,
    )
    with as_user(conn, people.sam):
        assert starts(conn, offered) == [FIRST, FIRST + 2 * DAY]
        with refusal(conn, "22023"):
            book(conn, offered, FIRST + DAY)


def test_an_exdate_is_the_day_on_which_a_window_begins(
    conn: psycopg.Connection, people: People
) -> None:
    late = FIRST.replace(hour=23, minute=30)
    offered = offer(
        conn,
        people.marta,
        start_time=late,
        recurrence={"rrule": "FREQ=DAILY;COUNT=2", "exdates": [late.date().isoformat()]},
        window_minutes=60,
    )
    with as_user(conn, people.sam):
        assert starts(conn, offered) == [late + DAY, late + DAY + 30 * MINUTE]


@pytest.mark.parametrize("limit", ["max_per_day", "max_per_student_week"])
def test_limits_are_of_days_and_weeks_of_the_offer_s_zone(
    conn: psycopg.Connection, people: People, limit: str
) -> None:
    """When Monday begins in Kiritimati, it is Sunday morning in UTC."""
    kiritimati = ZoneInfo("Pacific/Kiritimati")
    monday = (FIRST + (7 - FIRST.weekday()) * DAY).replace(
        hour=0, minute=30, second=0, tzinfo=kiritimati
    )
    offered = offer(
        conn,
        people.marta,
        start_time=monday,
        timezone="Pacific/Kiritimati",
        recurrence=None,
        window_minutes=20 * 60,
        **{limit: 1},
    )
    with as_user(conn, people.sam):
        assert len(starts(conn, offered)) == 40
        book(conn, offered, monday)
        assert starts(conn, offered) == []


def test_windows_keep_their_wall_clock_time_over_a_change_of_the_clocks(
    conn: psycopg.Connection, people: People
) -> None:
    """Weekly at 18:00 in Berlin, seen from New York: before and after the clocks change."""
    change = next(
        day
        for day in (FIRST + n * DAY for n in range(1, 366))
        if (day - DAY).astimezone(BERLIN).utcoffset() != day.astimezone(BERLIN).utcoffset()
    )
    before = (change - 5 * DAY).astimezone(BERLIN).replace(hour=18, minute=0)
    offered = offer(
        conn,
        people.marta,
        start_time=before,
        timezone="Europe/Berlin",
        recurrence={"rrule": "FREQ=WEEKLY;COUNT=2"},
        window_minutes=30,
        booking_horizon_days=366,
    )
    conn.execute(
        "update public.profiles set timezone = 'America/New_York' where id = %s", (people.sam,)
    )
    with as_user(conn, people.sam):
        shown = slots(conn, offered, from_time=before - DAY, to_time=before + 20 * DAY)
        for slot in shown:
            booked = book(conn, offered, slot["start_time"])
            assert booked["start_time"].astimezone(BERLIN).hour == 18

    assert len(shown) == 2
    assert shown[1]["start_time"] - shown[0]["start_time"] != timedelta(days=7)
    for slot in shown:
        there = slot["start_time"].astimezone(ZoneInfo("America/New_York"))
        assert slot["local_start"] == there.replace(tzinfo=None)
        assert slot["local_timezone"] == "America/New_York"
        assert slot["timezone"] == "Europe/Berlin"


def clocks_go_forward() -> datetime:
    """Midnight of the next day on which they do in Berlin."""
    change = next(
        day
        for day in (FIRST.replace(hour=0) + n * DAY for n in range(1, 730))
        if (day + DAY).astimezone(BERLIN).utcoffset() > day.astimezone(BERLIN).utcoffset()  # type: ignore[operator]
    )
    return change.astimezone(BERLIN).replace(hour=0, minute=0)


def offered_starts(
    conn: psycopg.Connection, offered: UUID, from_time: datetime, to_time: datetime
) -> list[datetime]:
    """What the offer has, whether or not anybody could book it now."""
    found = conn.execute(
        "select slot.start_time from public.booking_offers as offer"
        " cross join private.offer_slots(offer, null, %s, %s) as slot where offer.id = %s",
        (from_time, to_time, offered),
    ).fetchall()
    return [row[0] for row in found]


def test_the_hour_that_the_clocks_skip_is_not_offered_twice(
    conn: psycopg.Connection, people: People
) -> None:
    """A window over the change is counted in minutes that pass."""
    opens = clocks_go_forward().replace(hour=1)
    offered = offer(
        conn,
        people.marta,
        start_time=opens,
        timezone="Europe/Berlin",
        recurrence=None,
        window_minutes=120,
        booking_horizon_days=366,
    )
    found = offered_starts(conn, offered, opens - HOUR, opens + DAY)
    opens = opens.astimezone(UTC)
    assert found == [opens + n * 30 * MINUTE for n in range(4)]


def test_windows_of_a_whole_day_offer_no_slot_twice_when_the_clocks_go_forward(
    conn: psycopg.Connection, people: People
) -> None:
    """The next window opens while that of the shorter day is still open."""
    opens = clocks_go_forward()
    offered = offer(
        conn, people.marta, start_time=opens, timezone="Europe/Berlin", window_minutes=24 * 60
    )
    found = offered_starts(conn, offered, opens, opens.astimezone(UTC) + 2 * DAY)
    opens = opens.astimezone(UTC)
    assert found == [opens + n * 30 * MINUTE for n in range(96)]


# -- Booking -------------------------------------------------------------------------------


def test_a_booked_slot_is_a_session_of_the_two(conn: psycopg.Connection, people: People) -> None:
    offered = offer(
        conn,
        people.marta,
        description="Bring questions.",
        timezone="Europe/Berlin",
        link="https://zoom.us/j/123?pwd=SECRET",
        backup_link="https://backup.test/1",
        zoom_meeting_id="123 456 789",
        zoom_passcode="SECRET",
        platform="zoom",
        change_notice_minutes=90,
    )
    with as_user(conn, people.sam):
        booked = book(conn, offered, FIRST, " About loops \n")

    assert booked == {
        "session_id": booked["session_id"],
        "offer_id": offered,
        "title": "Mentorship: Sam",
        "description": "Bring questions.\n\nAbout loops",
        "mentor_id": people.marta,
        "mentor_name": "Marta",
        "start_time": FIRST,
        "end_time": FIRST + 30 * MINUTE,
        "timezone": "Europe/Berlin",
        "platform": "zoom",
        "status": "upcoming",
        "cancel_reason": None,
        "changes_until": FIRST - 90 * MINUTE,
    }
    session = read(conn, booked["session_id"])
    assert (session["session_type"], session["mentor_id"]) == ("mentorship", people.marta)
    assert (session["course_id"], session["batch_id"]) == (None, None)
    assert session["created_by"] == people.sam
    assert session["link"] == "https://zoom.us/j/123"
    assert secrets(conn, booked["session_id"]) == {
        "link": "https://zoom.us/j/123?pwd=SECRET",
        "zoom_passcode": "SECRET",
    }
    with as_user(conn, people.sam):
        assert (
            len(conn.execute("select from public.segmented_weekly_success_sessions").fetchall())
            == 1
        )
        row = conn.execute("select * from public.session_bookings").fetchone()
    assert row is not None
    assert row[:5] == (booked["session_id"], offered, people.sam, "About loops", 90)
    with as_user(conn, people.sita):
        assert conn.execute("select from public.success_sessions").fetchall() == []
        assert conn.execute("select from public.session_bookings").fetchall() == []


def test_a_slot_that_is_booked_is_gone_and_a_second_student_is_not_told_whose_it_is(
    conn: psycopg.Connection, people: People
) -> None:
    offered = offer(conn, people.marta)
    with as_user(conn, people.sam):
        book(conn, offered, HALF_HOURS[1])
    with as_user(conn, people.sita):
        assert on_the_first_day(conn, offered) == [HALF_HOURS[0], *HALF_HOURS[2:]]
        with refusal(conn, "23P01") as taken:
            book(conn, offered, HALF_HOURS[1])

    assert taken.message == "this slot is not free any more"
    assert not taken.detail
    assert taken.hint == "Choose another one of bookable_slots."
    assert "Sam" not in taken.everything


def test_whatever_else_the_mentor_does_takes_slots(
    conn: psycopg.Connection, world: World, people: People
) -> None:
    """A cohort's session, a slot of another offer, time off; what is over or off takes none."""
    offered = offer(conn, people.marta)
    world.session(
        "Lecture", batch=people.batch, mentor=people.marta, starts=HALF_HOURS[0], minutes=20
    )
    other = offer(
        conn,
        people.marta,
        title="Other",
        window_minutes=10,
        slot_minutes=10,
        start_time=FIRST + 35 * MINUTE,
    )
    conn.execute(
        "insert into public.mentor_time_off (mentor_id, start_time, end_time, reason)"
        " values (%s, %s, %s, 'dentist')",
        (people.marta, HALF_HOURS[3] + 10 * MINUTE, HALF_HOURS[3] + 20 * MINUTE),
    )
    world.session(mentor=people.marta, starts=HALF_HOURS[2], status="cancelled")
    with as_user(conn, people.sita):
        book(conn, other, FIRST + 35 * MINUTE)
    with as_user(conn, people.uma):
        assert on_the_first_day(conn, offered) == [HALF_HOURS[2]]
        for start in (HALF_HOURS[0], HALF_HOURS[1], HALF_HOURS[3]):
            with refusal(conn, "23P01") as taken:
                book(conn, offered, start)
            assert "Lecture" not in taken.everything
            assert "dentist" not in taken.everything
        book(conn, offered, HALF_HOURS[2])


def test_the_buffer_between_two_sessions_takes_slots_on_both_sides(
    conn: psycopg.Connection, people: People
) -> None:
    conn.execute("update public.app_settings set mentor_buffer_minutes = 10")
    offered = offer(conn, people.marta)
    with as_user(conn, people.sam):
        book(conn, offered, HALF_HOURS[1])
    with as_user(conn, people.sita):
        assert on_the_first_day(conn, offered) == [HALF_HOURS[3]]
        for start in HALF_HOURS[:3]:
            with refusal(conn, "23P01"):
                book(conn, offered, start)


@pytest.mark.parametrize(
    "start",
    [
        FIRST + MINUTE,
        FIRST - 30 * MINUTE,
        FIRST + 2 * HOUR,
        FIRST + timedelta(microseconds=1),
        FIRST - DAY,
    ],
)
def test_only_what_the_rule_yields_can_be_booked(
    conn: psycopg.Connection, people: People, start: datetime
) -> None:
    offered = offer(conn, people.marta)
    with (
        as_user(conn, people.sam),
        refusal(conn, "22023") as no,
    ):
        book(conn, offered, start)
    assert "is not the start of a slot of this offer" in (no.message or "")


@pytest.mark.parametrize("start", [None, "infinity", "-infinity", "4000-01-01 BC", "294000-01-01"])
def test_a_time_that_is_none_is_refused(
    conn: psycopg.Connection, people: People, start: str | None
) -> None:
    offered = offer(conn, people.marta)
    with as_user(conn, people.sam):
        booked = book(conn, offered, FIRST)
        for statement, argument in (
            ("select public.book_slot(%s, %s)", offered),
            ("select public.move_booking(%s, %s)", booked["session_id"]),
        ):
            with refusal(conn, "22023") as no:
                conn.execute(statement, (argument, start))
            assert no.message == "start_time is not a time to start at"
            assert no.hint


# -- Notice and horizon --------------------------------------------------------------------


def test_slots_are_booked_between_the_notice_and_the_horizon(
    conn: psycopg.Connection, people: People
) -> None:
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    offered = offer(
        conn,
        people.marta,
        start_time=now - 10 * DAY,
        window_minutes=1440,
        slot_minutes=60,
        booking_notice_minutes=600,
        booking_horizon_days=3,
    )
    with as_user(conn, people.sam):
        shown = starts(conn, offered, from_time=now - 5 * DAY)
        assert (shown[0], shown[-1]) == (now + 11 * HOUR, now + 3 * DAY)
        with refusal(conn, "PT409") as late:
            book(conn, offered, now + 10 * HOUR)
        with refusal(conn, "PT409") as early:
            book(conn, offered, now + 3 * DAY + HOUR)
        book(conn, offered, shown[0])
        book(conn, offered, shown[-1])

    stamp = "%Y-%m-%dT%H:%M:%SZ"
    assert late.message == "it is too late to book this slot"
    assert late.detail == f"it could be booked until {now:{stamp}}"
    assert early.message == "it is too early to book this slot"
    assert early.detail == f"it can be booked from {now + HOUR:{stamp}}"


def test_bookings_are_moved_and_cancelled_until_the_notice_they_were_made_with(
    conn: psycopg.Connection, people: People
) -> None:
    offered = offer(conn, people.marta, change_notice_minutes=60)
    with as_user(conn, people.sam):
        session = book(conn, offered, FIRST)["session_id"]
    # A mentor who asks for more notice afterwards does not take the student's word away.
    change_offer(conn, offered, change_notice_minutes=600)
    pretend_it_begins_in(conn, session, 61 * MINUTE)
    with as_user(conn, people.sam):
        assert HALF_HOURS[2] in starts(conn, session_id=session)
        assert move(conn, session, HALF_HOURS[2])["start_time"] == HALF_HOURS[2]
    pretend_it_begins_in(conn, session, 59 * MINUTE)
    with as_user(conn, people.sam):
        assert starts(conn, session_id=session) == []
        for start in (HALF_HOURS[3], None):
            with refusal(conn, "PT409") as late:
                move(conn, session, start) if start else cancel(conn, session)
            assert late.message == "it is too late to move or cancel this booking"
            assert (late.detail or "").startswith("that was possible until ")
            assert late.hint == "Ask your mentor, who can still do it."
    # The mentor does it as with any session.
    with as_user(conn, people.marta):
        save(conn, session, status="cancelled")


@pytest.mark.parametrize("status", ["live", "completed"])
def test_what_has_begun_is_neither_moved_nor_cancelled(
    conn: psycopg.Connection, people: People, status: str
) -> None:
    offered = offer(conn, people.marta)
    with as_user(conn, people.sam):
        session = book(conn, offered, FIRST)["session_id"]
    pretend_it_begins_in(conn, session, -5 * MINUTE)
    with as_user(conn, people.sam):
        assert starts(conn, session_id=session) == []
        for start in (HALF_HOURS[3], None):
            with refusal(conn, "PT409") as begun:
                move(conn, session, start) if start else cancel(conn, session)
            assert begun.message == "this session has begun"
    save(conn, session, status=status)
    with as_user(conn, people.sam), refusal(conn, "PT409"):
        cancel(conn, session)


# -- Limits --------------------------------------------------------------------------------


def test_open_bookings_are_limited_until_they_are_over(
    conn: psycopg.Connection, people: People
) -> None:
    offered = offer(conn, people.marta, max_open_per_student=2)
    other = offer(conn, people.marta, max_open_per_student=1)
    with as_user(conn, people.sam):
        one, _two = (book(conn, offered, start)["session_id"] for start in HALF_HOURS[:2])
        assert starts(conn, offered) == []
        with refusal(conn, "PT409") as full:
            book(conn, offered, HALF_HOURS[2])
        # Each offer counts for itself, and a booking does not stand in its own way.
        book(conn, other, HALF_HOURS[2])
        assert on_the_first_day(conn, offered, session_id=one) == [HALF_HOURS[0], HALF_HOURS[3]]
        move(conn, one, HALF_HOURS[3])
        cancel(conn, one)
        three = book(conn, offered, HALF_HOURS[3])["session_id"]
    assert full.message == "you have as many open bookings of this offer as it allows"
    assert full.detail == "max_open_per_student is 2"
    assert "cancel_booking" in (full.hint or "")
    pretend_it_begins_in(conn, three, -2 * HOUR)
    with as_user(conn, people.sam):
        book(conn, offered, HALF_HOURS[3])
    with as_user(conn, people.sita):
        book(conn, offered, HALF_HOURS[0])


def monday() -> datetime:
    """18:00 on the Monday of the next month's first whole week."""
    first = (FIRST.replace(day=1) + timedelta(days=32)).replace(day=1)
    return first + timedelta(days=(7 - first.weekday()) % 7)


@pytest.mark.parametrize(
    ("limit", "inside", "outside", "message"),
    [
        (
            "max_per_student_week",
            timedelta(days=6),
            timedelta(days=7),
            "you have as many bookings of this offer in that week as it allows",
        ),
        (
            "max_per_student_month",
            timedelta(days=14),
            timedelta(days=31),
            "you have as many bookings of this offer in that month as it allows",
        ),
    ],
)
def test_a_student_is_limited_in_a_week_and_in_a_month(
    conn: psycopg.Connection,
    people: People,
    limit: str,
    inside: timedelta,
    outside: timedelta,
    message: str,
) -> None:
    start = monday()
    offered = offer(conn, people.marta, booking_horizon_days=120, **{limit: 2})
    with as_user(conn, people.sam):
        book(conn, offered, start)
        moved = book(conn, offered, start + inside)["session_id"]
        with refusal(conn, "PT409") as full:
            book(conn, offered, start + inside + 30 * MINUTE)
        assert full.message == message
        shown = starts(conn, offered, from_time=start, to_time=start + inside + HOUR)
        assert shown == []
        book(conn, offered, start + outside)
        book(conn, offered, start - timedelta(days=7) if "week" in limit else start + outside + DAY)
        # A booking that is moved away makes room, within its own period it may move.
        move(conn, moved, start + inside + 30 * MINUTE)
        cancel(conn, moved)
        book(conn, offered, start + 30 * MINUTE)


def test_a_mentor_takes_so_many_bookings_a_day_through_all_offers(
    conn: psycopg.Connection, world: World, people: People
) -> None:
    offered = offer(conn, people.marta, max_per_day=2)
    other = offer(conn, people.marta)
    # What nobody booked does not count.
    world.session(mentor=people.marta, starts=FIRST + 5 * HOUR)
    with as_user(conn, people.sam):
        book(conn, offered, HALF_HOURS[0])
        gone = book(conn, other, HALF_HOURS[1])["session_id"]
    with as_user(conn, people.sita):
        assert on_the_first_day(conn, offered) == []
        with refusal(conn, "PT409") as full:
            book(conn, offered, HALF_HOURS[2])
        book(conn, offered, HALF_HOURS[2] + DAY)
        mine = book(conn, other, HALF_HOURS[2])["session_id"]
    assert full.message == "the mentor takes no more bookings on that day"
    with as_user(conn, people.sam):
        cancel(conn, gone)
    with as_user(conn, people.sita):
        cancel(conn, mine)
        book(conn, offered, HALF_HOURS[3])


@pytest.mark.parametrize("limit", ["max_per_day", "max_per_student_week", "max_per_student_month"])
def test_limits_hold_however_dates_are_written(
    conn: psycopg.Connection, people: People, limit: str
) -> None:
    conn.execute("set local datestyle = 'German'")
    offered = offer(conn, people.marta, **{limit: 1})
    first = FIRST.isoformat()
    with as_user(conn, people.sam):
        conn.execute("select public.book_slot(%s, %s)", (offered, first))
        with refusal(conn, "PT409"):
            conn.execute("select public.book_slot(%s, %s)", (offered, HALF_HOURS[1].isoformat()))


def test_days_are_those_of_the_offers_zone(conn: psycopg.Connection, people: People) -> None:
    """23:00 to 01:00 UTC is one morning in Kolkata."""
    opens = FIRST.replace(hour=23)
    offered = offer(
        conn,
        people.marta,
        start_time=opens,
        recurrence=None,
        timezone="Asia/Kolkata",
        max_per_day=2,
        slot_minutes=60,
        window_minutes=180,
    )
    with as_user(conn, people.sam):
        book(conn, offered, opens)
        book(conn, offered, opens + HOUR)
        with refusal(conn, "PT409"):
            book(conn, offered, opens + 2 * HOUR)


# -- The student's own calendar ------------------------------------------------------------


def test_a_student_is_not_in_two_meetings_at_once(
    conn: psycopg.Connection, world: World, people: People
) -> None:
    milo = world.mentor("Milo")
    offered, elsewhere = offer(conn, people.marta), offer(conn, milo)
    with as_user(conn, people.sam):
        mine = book(conn, offered, FIRST)["session_id"]
        assert on_the_first_day(conn, elsewhere) == HALF_HOURS[1:]
        with refusal(conn, "23P01") as clash:
            book(conn, elsewhere, FIRST)
        later = book(conn, elsewhere, HALF_HOURS[2])["session_id"]
        with refusal(conn, "23P01"):
            move(conn, later, FIRST)
    # What is moved is not what it clashes with, though it is in the way, too.
    with as_user(conn, people.marta):
        save(conn, mine, start_time=FIRST + 10 * MINUTE, end_time=FIRST + 40 * MINUTE)
    last = world.session(starts=FIRST + 55 * MINUTE, minutes=30)
    world.invite(last, people.sam)
    with as_user(conn, people.sam), refusal(conn, "23P01") as other_clash:
        move(conn, mine, HALF_HOURS[1])
    assert str(last) in str(other_clash.detail)

    stamp = "%Y-%m-%dT%H:%M:%SZ"
    assert clash.message == "you are invited to another session at that time"
    assert clash.detail == (
        f"clash with 'Mentorship: Sam', session {mine},"
        f" from {FIRST:{stamp}} to {FIRST + 30 * MINUTE:{stamp}}"
    )


def test_a_cohorts_session_is_shown_beside_the_slot_and_does_not_bar_it(
    conn: psycopg.Connection, world: World, people: People
) -> None:
    lecture = world.session("Lecture", batch=people.batch, starts=FIRST + 15 * MINUTE, minutes=30)
    offered = offer(conn, people.marta)
    with as_user(conn, people.sam):
        shown = slots(conn, offered, to_time=FIRST + 2 * HOUR)
        assert [slot["overlapping_session_ids"] for slot in shown] == [[lecture], [lecture], [], []]
        shown = slots(conn, offered, from_time=HALF_HOURS[1], to_time=FIRST + HOUR)
        assert [slot["overlapping_session_ids"] for slot in shown] == [[lecture]], "begun before"
        book(conn, offered, FIRST)
    with as_user(conn, people.uma):
        shown = slots(conn, offered, to_time=FIRST + 2 * HOUR)
        assert [slot["overlapping_session_ids"] for slot in shown] == [[], [], []]


# -- Moving and cancelling -----------------------------------------------------------------


def test_moving_gives_the_old_slot_back(conn: psycopg.Connection, people: People) -> None:
    offered = offer(conn, people.marta, slot_minutes=30)
    with as_user(conn, people.sam):
        session = book(conn, offered, FIRST)["session_id"]
        moved = move(conn, session, HALF_HOURS[3])
        again = move(conn, session, HALF_HOURS[3])
    assert (moved["start_time"], moved["end_time"]) == (HALF_HOURS[3], FIRST + 2 * HOUR)
    assert again == moved
    assert read(conn, session)["sequence"] == 1
    with as_user(conn, people.sita):
        assert on_the_first_day(conn, offered) == HALF_HOURS[:3]
        book(conn, offered, FIRST)
    with as_user(conn, people.sam), refusal(conn, "23P01"):
        move(conn, session, FIRST)
    assert read(conn, session)["start_time"] == HALF_HOURS[3]


def test_a_booking_moves_to_a_slot_that_overlaps_its_own_time(
    conn: psycopg.Connection, people: People
) -> None:
    offered = offer(conn, people.marta)
    with as_user(conn, people.sam):
        session = book(conn, offered, FIRST)["session_id"]
    with as_user(conn, people.marta):
        save(conn, session, start_time=FIRST + 10 * MINUTE, end_time=FIRST + 40 * MINUTE)
    with as_user(conn, people.sam):
        assert HALF_HOURS[1] not in starts(conn, offered)
        assert HALF_HOURS[1] in starts(conn, session_id=session)
        move(conn, session, HALF_HOURS[1])


def test_a_booking_moves_on_a_day_that_is_full_with_it(
    conn: psycopg.Connection, people: People
) -> None:
    offered = offer(conn, people.marta, max_per_day=1)
    with as_user(conn, people.sam):
        session = book(conn, offered, FIRST)["session_id"]
        assert move(conn, session, HALF_HOURS[1])["start_time"] == HALF_HOURS[1]


def test_cancelling_frees_the_slot_and_is_safe_to_repeat(
    conn: psycopg.Connection, people: People
) -> None:
    offered = offer(conn, people.marta)
    with as_user(conn, people.sam):
        session = book(conn, offered, FIRST)["session_id"]
        off = cancel(conn, session, " I am ill. ")
        assert cancel(conn, session, "Twice") == off
        assert starts(conn, session_id=session) == []
        with refusal(conn, "PT409") as over:
            move(conn, session, HALF_HOURS[1])
        assert book(conn, offered, FIRST)["session_id"] != session
    assert (off["status"], off["cancel_reason"]) == ("cancelled", "I am ill.")
    assert off["changes_until"] is None
    assert (over.message, over.detail) == ("this booking was cancelled", "I am ill.")


def test_a_reason_or_note_that_is_too_long_is_refused(
    conn: psycopg.Connection, people: People
) -> None:
    offered = offer(conn, people.marta)
    wordy = offer(conn, people.marta, description="y" * 5000)
    with as_user(conn, people.sam):
        with refusal(conn, "22023") as note:
            book(conn, offered, FIRST, "x" * 2001)
        with refusal(conn, "22023") as longer:
            book(conn, wordy, FIRST, "x" * 6000)
        session = book(conn, offered, FIRST, " \n\t")["session_id"]
        with refusal(conn, "22023") as reason:
            cancel(conn, session, "x" * 1001)
    assert note.message == longer.message == "note must be at most 2,000 characters"
    assert reason.message == "cancel_reason must be at most 1,000 characters"
    assert read(conn, session)["description"] is None


def test_a_withdrawn_offer_keeps_its_bookings_and_takes_no_more(
    conn: psycopg.Connection, people: People
) -> None:
    offered = offer(conn, people.marta)
    with as_user(conn, people.sam):
        session = book(conn, offered, FIRST)["session_id"]
    with as_user(conn, people.marta):
        change_offer(conn, offered, is_active=False)
        assert starts(conn) == []
    with as_user(conn, people.sam):
        assert starts(conn) == []
        with refusal(conn, "PT404"):
            book(conn, offered, HALF_HOURS[1])
        with refusal(conn, "PT409") as withdrawn:
            move(conn, session, HALF_HOURS[1])
        assert withdrawn.message == "this offer has been withdrawn"
        assert move(conn, session, FIRST)["start_time"] == FIRST, "where it is already"
        assert cancel(conn, session)["status"] == "cancelled"


def test_a_booking_that_got_another_host_is_not_moved_by_the_old_ones_slots(
    conn: psycopg.Connection, world: World, people: People
) -> None:
    offered = offer(conn, people.marta)
    with as_user(conn, people.sam):
        session = book(conn, offered, FIRST)["session_id"]
    save(conn, session, mentor_id=world.mentor("Milo"))
    with as_user(conn, people.sam):
        assert starts(conn, session_id=session) == []
        with refusal(conn, "PT409") as other:
            move(conn, session, HALF_HOURS[1])
        cancel(conn, session)
    assert other.message == "this session has another host now, whose slots these are not"


# -- Access ends ---------------------------------------------------------------------------

ENDS = {
    "paused": "update public.course_enrollments set status = 'paused' where student_id = %s",
    "withdrawn": "update public.course_enrollments set status = 'withdrawn' where student_id = %s",
    "removed": "delete from public.course_enrollments where student_id = %s",
    "unbatched": "update public.course_enrollments set batch_id = null where student_id = %s",
}


@pytest.mark.parametrize("how", ENDS)
def test_a_booking_ends_with_the_enrollment(
    conn: psycopg.Connection, world: World, people: People, how: str
) -> None:
    offered = offer(
        conn, people.marta, audience="batch", course_id=people.course, batch_id=people.batch
    )
    with as_user(conn, people.sam):
        session = book(conn, offered, FIRST)["session_id"]
        begun = book(conn, offered, HALF_HOURS[1])["session_id"]
    with as_user(conn, people.sita):
        kept = book(conn, offered, HALF_HOURS[2])["session_id"]
    world.invite(session, people.sita)
    pretend_it_begins_in(conn, begun, -MINUTE)
    with as_user(conn, world.superadmin()):
        conn.execute(ENDS[how].encode(), (people.sam,))

    ended = read(conn, session)
    assert (ended["status"], ended["cancel_reason"]) == (
        "cancelled",
        "The enrollment that it was booked with has ended.",
    )
    invited = "select user_id from public.session_participants where session_id = %s"
    assert conn.execute(invited, (session,)).fetchall() == [(people.sita,)], "the guest"
    assert read(conn, kept)["status"] == "upcoming"
    assert read(conn, begun)["status"] == "upcoming"
    with as_user(conn, people.sam):
        seen = conn.execute("select id from public.success_sessions").fetchall()
        assert [row[0] for row in seen] == [begun]
        assert conn.execute("select from public.booking_offers").fetchall() == []
        for function in ("cancel_booking", "join_session"):
            with refusal(conn, "PT404"):
                conn.execute(f"select public.{function}(%s)".encode(), (session,))
    with as_user(conn, people.sita):
        assert FIRST in starts(conn, offered)


def test_what_a_manager_reinstates_does_not_end_again_with_the_enrollment(
    conn: psycopg.Connection, world: World, people: People
) -> None:
    offered = offer(conn, people.marta)
    with as_user(conn, people.sam):
        session = book(conn, offered, FIRST)["session_id"]
    with as_user(conn, world.admin()):
        conn.execute(ENDS["paused"].encode(), (people.sam,))
        save(conn, session, status="upcoming")
        conn.execute(ENDS["withdrawn"].encode(), (people.sam,))
    assert read(conn, session)["status"] == "upcoming"


def test_another_enrollment_that_the_offer_is_made_to_keeps_the_booking(
    conn: psycopg.Connection, world: World, people: People
) -> None:
    world.enroll(people.sam, course=world.course("Another"))
    to_all = offer(conn, people.marta)
    to_course = offer(conn, people.marta, audience="course", course_id=people.course)
    with as_user(conn, people.sam):
        kept = book(conn, to_all, FIRST)["session_id"]
        moved = book(conn, to_course, HALF_HOURS[1])["session_id"]
    conn.execute(ENDS["unbatched"].encode(), (people.sam,))
    assert read(conn, moved)["status"] == "upcoming"
    conn.execute(
        "update public.course_enrollments set status = 'completed'"
        " where student_id = %s and course_id = %s",
        (people.sam, people.course),
    )
    assert read(conn, moved)["status"] == "cancelled"
    assert read(conn, kept)["status"] == "upcoming"


def test_a_booking_ends_with_the_account(conn: psycopg.Connection, people: People) -> None:
    offered = offer(conn, people.marta)
    with as_user(conn, people.sam):
        session = book(conn, offered, FIRST)["session_id"]
    conn.execute("delete from auth.users where id = %s", (people.sam,))
    ended = read(conn, session)
    assert (ended["status"], ended["created_by"]) == ("cancelled", None)
    with as_user(conn, people.sita):
        assert FIRST in starts(conn, offered)


def test_offers_end_with_the_role(conn: psycopg.Connection, world: World, people: People) -> None:
    offered = offer(conn, people.marta)
    with as_user(conn, world.superadmin()):
        conn.execute("delete from public.user_roles where user_id = %s", (people.marta,))
    with as_user(conn, people.sam):
        assert conn.execute("select from public.booking_offers").fetchall() == []
        with refusal(conn, "PT404"):
            book(conn, offered, FIRST)
    with refusal(conn, "22023") as no:
        change_offer(conn, offered, is_active=True)
    assert no.message == f"mentor_id {people.marta} is not a mentor"


# -- Mails ---------------------------------------------------------------------------------


def test_student_and_mentor_are_told_once_of_each_step(
    conn: psycopg.Connection, people: People
) -> None:
    outbox = Outbox(conn)
    offered = offer(conn, people.marta)
    with as_user(conn, people.sam):
        session = book(conn, offered, FIRST)["session_id"]
    assert outbox.tell() == {people.sam: "session_scheduled", people.marta: "mentor_assigned"}
    with as_user(conn, people.sam):
        move(conn, session, HALF_HOURS[1])
        move(conn, session, HALF_HOURS[1])
    assert outbox.tell() == {
        people.sam: "session_rescheduled",
        people.marta: "session_rescheduled",
    }
    with as_user(conn, people.sam):
        cancel(conn, session, "Ill")
        cancel(conn, session)
    assert outbox.tell() == {people.sam: "session_cancelled", people.marta: "session_cancelled"}
    with as_user(conn, people.sita):
        once = book(conn, offered, HALF_HOURS[1])
        assert book(conn, offered, HALF_HOURS[1], "Twice") == once
    assert outbox.tell() == {people.sita: "session_scheduled", people.marta: "mentor_assigned"}


def test_both_are_told_when_the_enrollment_ends(conn: psycopg.Connection, people: People) -> None:
    outbox = Outbox(conn)
    offered = offer(conn, people.marta)
    with as_user(conn, people.sam):
        book(conn, offered, FIRST)
    outbox.tell()
    conn.execute(ENDS["paused"].encode(), (people.sam,))
    assert outbox.tell() == {people.sam: "session_cancelled", people.marta: "session_cancelled"}


def test_a_booking_that_is_cancelled_before_anybody_was_told_is_no_mail(
    conn: psycopg.Connection, people: People
) -> None:
    offered = offer(conn, people.marta)
    with as_user(conn, people.sam):
        session = book(conn, offered, FIRST)["session_id"]
        cancel(conn, session)
    assert Outbox(conn).tell() == {}


# -- Who may -------------------------------------------------------------------------------


def test_offers_are_booked_by_those_they_are_made_to(
    conn: psycopg.Connection, world: World, people: People
) -> None:
    other = world.student("Other course", course=world.course("Other"))
    paused = world.student("Paused", batch=people.batch, status="paused")
    own = {"course_id": people.course}
    audiences: dict[UUID, set[UUID]] = {
        offer(conn, people.marta): {people.sam, people.otto, people.uma, other},
        offer(conn, people.marta, audience="course", **own): {people.sam, people.otto, people.uma},
        offer(conn, people.marta, audience="unbatched", **own): {people.uma},
        offer(conn, people.marta, audience="batch", batch_id=people.batch, **own): {people.sam},
    }
    days = (FIRST + n * DAY for n in range(1, 40))
    for student in (people.sam, people.otto, people.uma, other, paused, world.user("Nobody")):
        with as_user(conn, student):
            seen = {row[0] for row in conn.execute("select id from public.booking_offers")}
            assert seen == {made for made, to in audiences.items() if student in to}
            assert {slot["offer_id"] for slot in slots(conn)} == seen
            for made in audiences:
                if made in seen:
                    book(conn, made, next(days))
                else:
                    for call in (
                        lambda m=made: book(conn, m, FIRST),
                        lambda m=made: slots(conn, m),
                    ):
                        with refusal(conn, "PT404") as hidden:
                            call()
                        assert hidden.message == f"offer_id {made} is unknown or not visible to you"


def test_mentors_and_managers_see_the_slots_and_book_none(
    conn: psycopg.Connection, world: World, people: People
) -> None:
    offered = offer(conn, people.marta, max_open_per_student=1)
    for who in (people.marta, world.admin(), world.enrollment_manager()):
        with as_user(conn, who):
            assert on_the_first_day(conn, offered) == HALF_HOURS
            with refusal(conn, "42501") as no:
                book(conn, offered, FIRST)
        assert no.message == "only the students whom an offer is made to may book it"
    with as_user(conn, world.mentor("Milo")):
        with refusal(conn, "PT404"):
            book(conn, offered, FIRST)
        assert slots(conn) == []


def test_nobody_books_themselves(conn: psycopg.Connection, world: World, people: People) -> None:
    """A mentor may be a student of another course."""
    world.enroll(people.marta, batch=people.batch)
    offered = offer(conn, people.marta)
    with as_user(conn, people.marta):
        assert on_the_first_day(conn, offered) == HALF_HOURS
        with refusal(conn, "42501"):
            book(conn, offered, FIRST)


def test_only_the_student_who_booked_moves_and_cancels(
    conn: psycopg.Connection, world: World, people: People
) -> None:
    offered = offer(conn, people.marta)
    with as_user(conn, people.sam):
        session = book(conn, offered, FIRST)["session_id"]
    invited = world.student("Guest", batch=people.batch)
    world.invite(session, invited)
    calls = (
        lambda which: move(conn, which, HALF_HOURS[1]),
        lambda which: cancel(conn, which),
        lambda which: slots(conn, session_id=which),
    )
    for who, state in (
        (people.marta, "42501"),
        (world.admin(), "42501"),
        (invited, "42501"),
        (people.sita, "PT404"),
        (world.mentor("Milo"), "PT404"),
        (world.user("Nobody"), "PT404"),
    ):
        for call in calls:
            with as_user(conn, who), refusal(conn, state) as no:
                call(session)
            if state == "PT404":
                unknown = nowhere()
                with as_user(conn, who), refusal(conn, "PT404") as nothing:
                    call(unknown)
                assert no.message == (nothing.message or "").replace(str(unknown), str(session))
    # A session that nobody booked.
    lecture = world.session(batch=people.batch)
    for call in calls:
        with as_user(conn, people.sam), refusal(conn, "42501"):
            call(lecture)
    assert read(conn, session)["start_time"] == FIRST


def test_a_student_whose_invitation_was_taken_back_has_nothing_booked(
    conn: psycopg.Connection, people: People
) -> None:
    offered = offer(conn, people.marta, max_open_per_student=1)
    with as_user(conn, people.sam):
        session = book(conn, offered, FIRST)["session_id"]
    with as_user(conn, people.marta):
        conn.execute("delete from public.session_participants where session_id = %s", (session,))
    with as_user(conn, people.sam):
        with refusal(conn, "PT404"):
            cancel(conn, session)
        with refusal(conn, "23P01"):
            book(conn, offered, FIRST)
        book(conn, offered, HALF_HOURS[1])


def test_a_stranger_learns_nothing(conn: psycopg.Connection, world: World, people: People) -> None:
    offered = offer(conn, people.marta, audience="course", course_id=people.course)
    with as_user(conn, people.sam):
        book(conn, offered, FIRST)
    stranger, unknown = world.user("Nobody"), nowhere()
    for start in (FIRST, HALF_HOURS[1], FIRST + MINUTE):
        with as_user(conn, stranger):
            with refusal(conn, "PT404") as hidden:
                book(conn, offered, start)
            with refusal(conn, "PT404") as missing:
                book(conn, unknown, start)
        assert hidden.message == (missing.message or "").replace(str(unknown), str(offered))
        assert (hidden.detail, hidden.hint) == (missing.detail, missing.hint)
    with as_user(conn, stranger):
        assert slots(conn) == []
        assert slots(conn, mentor_id=people.marta) == []
        for table in ("booking_offers", "session_bookings"):
            assert conn.execute(f"select from public.{table}".encode()).fetchall() == []


# -- The period of bookable_slots ----------------------------------------------------------


@pytest.mark.parametrize(
    ("period", "message"),
    [
        ({"from_time": "infinity"}, "from_time must be an instant before the year 9999"),
        ({"from_time": "-infinity"}, "from_time must be an instant before the year 9999"),
        ({"from_time": "294000-01-01Z"}, "from_time must be an instant before the year 9999"),
        ({"to_time": "infinity"}, "to_time must be after from_time"),
        ({"to_time": "-infinity"}, "to_time must be after from_time"),
        ({"from_time": "2027-01-02Z", "to_time": "2027-01-01Z"}, "to_time must be after from_time"),
        ({"from_time": "2027-01-01Z", "to_time": "2027-01-01Z"}, "to_time must be after from_time"),
        (
            {"from_time": "2027-01-01Z", "to_time": "2027-03-05Z"},
            "to_time must be at most 62 days after from_time",
        ),
    ],
)
def test_a_bad_period_is_refused(
    conn: psycopg.Connection, people: People, period: dict[str, str], message: str
) -> None:
    offered = offer(conn, people.marta)
    with as_user(conn, people.sam), refusal(conn, "22023") as no:
        slots(conn, offered, **period)
    assert no.message == message
    assert no.hint


@pytest.mark.parametrize("from_time", ["4713-01-01 BC", "0001-01-01", "2999-01-01Z", "9998-12-31Z"])
def test_far_away_there_are_no_slots(
    conn: psycopg.Connection, people: People, from_time: str
) -> None:
    offered = offer(conn, people.marta)
    with as_user(conn, people.sam):
        assert slots(conn, offered, from_time=from_time) == []


def test_slots_are_found_by_mentor_and_for_all(
    conn: psycopg.Connection, world: World, people: People
) -> None:
    milo = world.mentor("Milo")
    offers = {people.marta: offer(conn, people.marta), milo: offer(conn, milo)}
    with as_user(conn, people.sam):
        for mentor, made in offers.items():
            shown = slots(conn, mentor_id=mentor, to_time=FIRST + HOUR)
            assert {slot["offer_id"] for slot in shown} == {made}
        assert len(slots(conn, to_time=FIRST + HOUR)) == 4
        assert slots(conn, offers[milo], mentor_id=people.marta) == []
        assert slots(conn, mentor_id=nowhere()) == []


def test_the_room_of_an_offer_is_known_to_its_mentor_and_managers(
    conn: psycopg.Connection, world: World, people: People
) -> None:
    offered = offer(
        conn, people.marta, backup_link="https://b.test/1?pwd=x", zoom_passcode="SECRET"
    )
    query = "select * from public.booking_offer_credentials(%s)"
    for who in (people.marta, world.admin()):
        with as_user(conn, who):
            shown = conn.execute(query, (offered,)).fetchone()
        assert shown == (offered, "other", MEETING, "https://b.test/1?pwd=x", None, "SECRET")
    with as_user(conn, people.sam), refusal(conn, "42501") as no:
        conn.execute(query, (offered,))
    assert "SECRET" not in no.everything
    with as_user(conn, world.mentor("Milo")), refusal(conn, "PT404"):
        conn.execute(query, (offered,))
    logged = conn.execute(
        "select actor_id, action, (row_key ->> 'id')::uuid from public.audit_log"
        " where action = 'booking_offer_credentials'"
    ).fetchall()
    assert (people.marta, "booking_offer_credentials", offered) in logged
    assert len(logged) == 2
