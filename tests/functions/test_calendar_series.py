"""Several dates in one calendar object: the rule of the whole, and each date beside it."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import icalendar
import psycopg
import pytest

from support.actors import refused
from support.icalendars import Reader, by_ical_js

APP_URL = "https://app.example.test"
ORGANIZER = "Live Sessions <sessions@example.test>"
BERLIN = "Europe/Berlin"


def session(
    calendar_uid: UUID, recurrence_id: datetime | None, timezone: str = BERLIN, **columns: Any
) -> dict[str, Any]:
    """A row of success_sessions, an hour long and where the rule put it unless columns say more."""
    start = columns.get("start_time", recurrence_id)
    assert isinstance(start, datetime)
    return {
        "id": uuid4(),
        "calendar_uid": calendar_uid,
        "recurrence_id": recurrence_id,
        "title": "Office hours",
        "status": "upcoming",
        "start_time": start,
        "end_time": start + timedelta(hours=1),
        "timezone": timezone,
        "sequence": 0,
        "updated_at": datetime(2027, 1, 1, tzinfo=UTC),
    } | columns


def object_of(
    conn: psycopg.Connection,
    sessions: list[dict[str, Any]],
    method: str = "REQUEST",
    *,
    with_series: bool = False,
) -> Reader:
    row = conn.execute(
        """
        select private.sessions_calendar(
            (select array_agg(session) from jsonb_populate_recordset(
                null::public.success_sessions, %s::jsonb
            ) as session),
            %s, %s, %s, 'anna@example.test', 'Anna', %s
        )
        """,
        (json.dumps(sessions, default=str), method, with_series, ORGANIZER, APP_URL),
    ).fetchone()
    assert row is not None
    return Reader(str(row[0]))


def weekly(first: str, count: int, zone: str = BERLIN, days: int = 7) -> list[datetime]:
    """Every so many days at one local time, as instants."""
    local = datetime.fromisoformat(first).replace(tzinfo=ZoneInfo(zone))
    return [(local + timedelta(days=days * number)).astimezone(UTC) for number in range(count)]


def of_series(recurrence_ids: list[datetime], zone: str = BERLIN) -> list[dict[str, Any]]:
    calendar_uid = uuid4()
    return [session(calendar_uid, recurrence_id, zone) for recurrence_id in recurrence_ids]


def test_a_date_of_a_series_has_its_uid_and_its_recurrence_id(conn: psycopg.Connection) -> None:
    calendar_uid = uuid4()
    moved = session(
        calendar_uid,
        datetime(2027, 3, 1, 17, tzinfo=UTC),
        start_time=datetime(2027, 4, 1, 17, tzinfo=UTC),
    )
    reader = object_of(conn, [moved])
    (event,) = reader.events
    assert event["UID"] == f"{calendar_uid}@live-sessions"
    assert "RECURRENCE-ID;TZID=Europe/Berlin:20270301T180000" in reader.lines
    assert "DTSTART;TZID=Europe/Berlin:20270401T190000" in reader.lines
    assert "DTEND;TZID=Europe/Berlin:20270401T200000" in reader.lines
    assert event["URL"] == f"{APP_URL}/sessions/{moved['id']}"
    (timezone,) = reader.calendar.walk("VTIMEZONE")
    assert timezone["TZID"] == BERLIN


def test_a_single_session_needs_no_zone(conn: psycopg.Connection) -> None:
    alone = session(uuid4(), None, start_time=datetime(2027, 3, 1, 17, tzinfo=UTC))
    reader = object_of(conn, [alone], with_series=True)
    assert "DTSTART:20270301T170000Z" in reader.lines
    assert not reader.calendar.walk("VTIMEZONE")
    assert len(reader.events) == 1
    assert "RECURRENCE-ID" not in reader.text


def test_a_series_comes_first_and_its_dates_follow(conn: psycopg.Connection) -> None:
    # Over the change to summer time: 18:00 stays 18:00.
    dates = weekly("2027-03-08 18:00", 5)
    sessions = of_series(dates)
    random.Random(1).shuffle(sessions)
    reader = object_of(conn, sessions, with_series=True)
    series, *instances = reader.events
    assert "RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20270405T160000Z" in reader.lines
    assert "DTSTART;TZID=Europe/Berlin:20270308T180000" in reader.lines
    assert "RECURRENCE-ID" not in series
    assert reader.series() == dates
    assert [event.decoded("RECURRENCE-ID") for event in instances] == dates
    assert {event.decoded("DTSTART").strftime("%H:%M") for event in instances} == {"18:00"}
    assert {event["UID"] for event in reader.events} == {series["UID"]}
    assert len({event["URL"] for event in instances}) == 5
    assert all(event["ATTENDEE"] == "mailto:anna@example.test" for event in reader.events)


def test_ical_js_shows_every_date_once_with_its_own_link_and_changes(
    conn: psycopg.Connection,
) -> None:
    dates = weekly("2027-03-08 18:00", 5)
    sessions = of_series(dates)
    sessions[2] |= {
        "title": "Office hours, moved",
        "start_time": dates[2] + timedelta(days=1),
        "end_time": dates[2] + timedelta(days=1, hours=2),
        "sequence": 1,
    }
    sessions[3]["status"] = "cancelled"
    (events,) = by_ical_js([object_of(conn, sessions, with_series=True).text])
    assert events == [
        {
            "uid": f"{each['calendar_uid']}@live-sessions",
            "sequence": each["sequence"],
            "start": each["start_time"],
            "end": each["end_time"],
            "summary": each["title"],
            "description": f"{APP_URL}/sessions/{each['id']}",
            "url": f"{APP_URL}/sessions/{each['id']}",
            "status": "CANCELLED" if each["status"] == "cancelled" else "CONFIRMED",
            "attendees": ["mailto:anna@example.test"],
            "alarms": [],
        }
        for each in sessions
    ]


def test_dates_that_are_missing_are_excluded(conn: psycopg.Connection) -> None:
    dates = weekly("2027-03-08 18:00", 8)
    del dates[2], dates[4]
    reader = object_of(conn, of_series(dates), with_series=True)
    assert reader.series() == dates
    assert sum(line.startswith("EXDATE;TZID=Europe/Berlin:") for line in reader.lines) == 2


@pytest.mark.parametrize(
    ("dates", "rule"),
    [
        (weekly("2027-03-08 18:00", 4, days=14), "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO"),
        (weekly("2027-03-08 18:00", 9, days=1), "FREQ=DAILY"),
        (weekly("2027-03-08 18:00", 9, days=3), "FREQ=DAILY;INTERVAL=3"),
        (
            sorted(weekly("2027-03-08 18:00", 3) + weekly("2027-03-11 18:00", 3)),
            "FREQ=WEEKLY;BYDAY=MO,TH",
        ),
        (
            [datetime(2027, month, 28, 18, tzinfo=UTC) for month in (4, 5, 6, 7)],
            "FREQ=MONTHLY;BYMONTHDAY=28",
        ),
        (
            [datetime(2027, *day, 18, tzinfo=UTC) for day in [(4, 13), (5, 11), (6, 8), (7, 13)]],
            "FREQ=MONTHLY;BYDAY=2TU",
        ),
        (
            [datetime(2027, *day, 18, tzinfo=UTC) for day in [(4, 27), (5, 25), (6, 29), (8, 31)]],
            "FREQ=MONTHLY;BYDAY=-1TU",
        ),
        (
            sorted(weekly("2027-03-06 18:00", 3, days=14) + weekly("2027-03-15 18:00", 3, days=14)),
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SA",
        ),
        (
            [datetime(2027, *day, 18, tzinfo=UTC) for day in [(4, 13), (5, 12), (6, 8)]],
            "FREQ=WEEKLY;INTERVAL=4;BYDAY=TU,WE",
        ),
        (
            [datetime(2027, *day, 18, tzinfo=UTC) for day in [(4, 27), (5, 26), (6, 29)]],
            "FREQ=WEEKLY;BYDAY=TU,WE",
        ),
    ],
)
def test_the_rule_is_the_one_a_person_would_name(
    conn: psycopg.Connection, dates: list[datetime], rule: str
) -> None:
    reader = object_of(conn, of_series(dates), with_series=True)
    assert reader.series() == dates
    (written,) = [
        line for line in reader.lines if line.startswith("RRULE:FREQ=") and "UNTIL" in line
    ]
    assert written.startswith(f"RRULE:{rule};UNTIL=")


def test_a_date_at_another_time_of_day_is_added(conn: psycopg.Connection) -> None:
    dates = weekly("2027-03-08 18:00", 3) + weekly("2027-04-05 09:00", 2)
    reader = object_of(conn, of_series(dates), with_series=True)
    assert reader.series() == dates
    assert not [line for line in reader.lines if line.startswith("EXDATE")]
    assert [line for line in reader.lines if line.startswith("RDATE")] == [
        "RDATE;TZID=Europe/Berlin:20270405T090000",
        "RDATE;TZID=Europe/Berlin:20270412T090000",
    ]


def test_dates_that_no_rule_of_a_thousand_gives_are_listed(conn: psycopg.Connection) -> None:
    dates = [datetime(2027, 3, 8, 18, tzinfo=UTC) + timedelta(days=day) for day in (0, 8, 7001)]
    reader = object_of(conn, of_series(dates, "UTC"), with_series=True)
    assert reader.series() == dates
    assert [line[:5] for line in reader.lines if "DATE" in line] == ["RDATE", "RDATE"]


def test_a_series_shows_its_latest_revision(conn: psycopg.Connection) -> None:
    first, second = of_series(weekly("2027-03-08 18:00", 2))
    second |= {"sequence": 3, "updated_at": datetime(2027, 2, 1, tzinfo=UTC)}
    series, *_ = object_of(conn, [first, second], with_series=True).events
    assert series["SEQUENCE"] == 3
    assert series.decoded("DTSTAMP") == second["updated_at"]


def test_a_moved_first_date_does_not_move_the_series(conn: psycopg.Connection) -> None:
    dates = weekly("2027-03-08 18:00", 3)
    sessions = of_series(dates)
    sessions[0] |= {
        "start_time": dates[0] + timedelta(days=2),
        "end_time": dates[0] + timedelta(days=2, minutes=90),
    }
    reader = object_of(conn, sessions, with_series=True)
    series, first, *_ = reader.events
    assert reader.series() == dates
    assert series.decoded("DTEND") - series.decoded("DTSTART") == timedelta(minutes=90)
    assert first.decoded("DTSTART") == sessions[0]["start_time"]
    assert first.decoded("RECURRENCE-ID") == dates[0]


def test_the_second_of_two_equal_local_times_is_said_in_utc(conn: psycopg.Connection) -> None:
    """02:30 comes twice that night, and a local time would mean the first."""
    night = datetime(2027, 10, 31, 1, 30, tzinfo=UTC)
    reader = object_of(conn, [session(uuid4(), night - timedelta(days=1), start_time=night)])
    assert "DTSTART:20271031T013000Z" in reader.lines
    assert "RECURRENCE-ID;TZID=Europe/Berlin:20271030T033000" in reader.lines


def test_a_date_with_a_zone_of_its_own_brings_it_along(conn: psycopg.Connection) -> None:
    first, second = of_series(weekly("2027-03-08 18:00", 2))
    second["timezone"] = "America/St_Johns"
    reader = object_of(conn, [first, second])
    assert {str(zone["TZID"]) for zone in reader.calendar.walk("VTIMEZONE")} == {
        BERLIN,
        "America/St_Johns",
    }
    assert [event.decoded("DTSTART") for event in reader.events] == [
        first["start_time"],
        second["start_time"],
    ]
    # It replaces a date of the series, which is one of the series' zone.
    assert "RECURRENCE-ID;TZID=Europe/Berlin:20270315T180000" in reader.lines
    assert "DTSTART;TZID=America/St_Johns:20270315T143000" in reader.lines


def test_a_cancellation_names_its_dates_only(conn: psycopg.Connection) -> None:
    sessions = of_series(weekly("2027-03-08 18:00", 3))
    for each in sessions:
        each["status"] = "cancelled"
    reader = object_of(conn, sessions, "CANCEL")
    assert [event["STATUS"] for event in reader.events] == ["CANCELLED"] * 3
    assert all("RECURRENCE-ID" in event for event in reader.events)


@pytest.mark.parametrize("sessions", [[], [uuid4(), uuid4()]], ids=["none", "two uids"])
def test_an_object_has_one_uid(conn: psycopg.Connection, sessions: list[UUID]) -> None:
    start = datetime(2027, 3, 1, 17, tzinfo=UTC)
    with refused(conn, psycopg.errors.InvalidParameterValue, "calendar_uid"):
        object_of(conn, [session(uid, start) for uid in sessions])


@pytest.mark.parametrize("seed", range(8))
def test_a_series_gives_exactly_its_dates_whatever_they_are(
    conn: psycopg.Connection, seed: int
) -> None:
    dice = random.Random(seed)
    expected, texts = [], []
    for _ in range(25):
        zone = dice.choice(
            [BERLIN, "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Santiago",
             "Africa/Casablanca", "UTC", "Pacific/Auckland"]
        )  # fmt: skip
        first = datetime.fromisoformat("2027-01-01") + timedelta(
            days=dice.randrange(700), minutes=30 * dice.randrange(48)
        )
        steps = dice.choice([[7], [14], [1], [1, 2, 7], [28, 35], [2, 5]])
        days, day = {0}, 0
        for _ in range(dice.randint(1, 25)):
            day += dice.choice(steps)
            days.add(day)
        dates = sorted(
            (first + timedelta(days=day)).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
            for day in days
            if day == 0 or dice.random() < 0.8
        )
        if dice.random() < 0.2:
            dates = sorted({*dates, dates[0] + timedelta(days=3, hours=5)})
        if len(dates) == 1:
            continue
        reader = object_of(conn, of_series(dates, zone), with_series=True)
        assert reader.series() == dates
        assert isinstance(icalendar.Calendar.from_ical(reader.text), icalendar.Calendar)
        assert [event.decoded("RECURRENCE-ID") for event in reader.events[1:]] == dates
        expected.append(dates)
        texts.append(reader.text)
    shown = [[event["start"] for event in events] for events in by_ical_js(texts)]
    assert shown == expected
