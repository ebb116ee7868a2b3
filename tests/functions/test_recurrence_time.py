"""Wall-clock time over clock changes: what people agreed on stays (RFC 5545, section 3.3.5)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
import pytest

from support.recurrence import ZONES

CHANGING_ZONES = (
    *ZONES,
    "Africa/Casablanca",  # changes twice around Ramadan
    "America/Asuncion",
    "America/Caracas",  # half an hour, once
    "America/Santiago",  # at midnight
    "America/Sao_Paulo",  # at midnight
    "Antarctica/Troll",  # by two hours
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Pyongyang",  # half an hour, there and back
    "Asia/Tehran",
    "Europe/London",
    "Europe/Moscow",  # twice without saving time
    "Europe/Volgograd",
    "Pacific/Apia",  # left out 30 December 2011
    "Pacific/Kwajalein",  # left out 21 August 1993
)
"""Their past is settled; a later edition of the zone data may still move the future."""


def instant_of(conn: psycopg.Connection, local_time: str, zone: str) -> datetime:
    row = conn.execute("select private.local_to_instant(%s, %s)", (local_time, zone)).fetchone()
    assert row is not None
    assert isinstance(row[0], datetime)
    return row[0]


def occurrences(
    conn: psycopg.Connection, rule: str, local_start: str, zone: str
) -> list[tuple[str, str]]:
    """Instants in UTC and local times of a rule, as text."""
    return conn.execute(
        """
        select
            to_char(start_time at time zone 'UTC', 'YYYY-MM-DD HH24:MI'),
            to_char(local_start, 'YYYY-MM-DD HH24:MI')
        from private.expand_rrule(%s, private.local_to_instant(%s, %s), %s)
        """,
        (rule, local_start, zone, zone),
    ).fetchall()


def changes(zone: ZoneInfo) -> list[datetime]:
    """Days (at 12:00 UTC) by which the clocks of a zone had changed since the day before."""
    day, found = datetime(1990, 1, 1, 12, tzinfo=UTC), []
    offset = day.astimezone(zone).utcoffset()
    while day.year < 2022:
        day += timedelta(days=1)
        if (new_offset := day.astimezone(zone).utcoffset()) != offset:
            found.append(day)
        offset = new_offset
    return found


@pytest.mark.parametrize("name", CHANGING_ZONES)
def test_every_local_time_around_a_change_is_the_instant_that_python_finds(
    conn: psycopg.Connection, name: str
) -> None:
    zone = ZoneInfo(name)
    local_times = [
        (day.astimezone(zone) + timedelta(minutes=minutes)).replace(tzinfo=None, second=0)
        for day in changes(zone) or [datetime(2020, 3, 29, 12, tzinfo=UTC)]
        for minutes in range(-40 * 60, 16 * 60, 15)
    ]
    found = conn.execute(
        """
        select private.local_to_instant(local_time, %s)
        from unnest(%s::timestamp[]) with ordinality as given (local_time, number)
        order by number
        """,
        (name, local_times),
    ).fetchall()
    wrong = [
        (local_time, instant)
        for local_time, (instant,) in zip(local_times, found, strict=True)
        if instant != local_time.replace(tzinfo=zone, fold=0).astimezone(UTC)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("local_time", "zone", "instant"),
    [
        ("2026-03-08 02:30", "America/New_York", "2026-03-08T07:30Z"),  # skipped: 03:30
        ("2026-03-29 02:30", "Europe/Berlin", "2026-03-29T01:30Z"),  # skipped: 03:30
        ("2026-10-04 02:15", "Australia/Lord_Howe", "2026-10-03T15:45Z"),  # skipped: 02:45
        ("2011-12-30 10:00", "Pacific/Apia", "2011-12-30T20:00Z"),  # the day was skipped: the 31st
        ("2026-11-01 01:30", "America/New_York", "2026-11-01T05:30Z"),  # repeated: the first
        ("2026-10-25 02:30", "Europe/Berlin", "2026-10-25T00:30Z"),
        ("2026-04-05 01:45", "Australia/Lord_Howe", "2026-04-04T14:45Z"),
        ("2026-04-05 01:45", "Asia/Kolkata", "2026-04-04T20:15Z"),
        ("2026-04-05 01:45", "UTC", "2026-04-05T01:45Z"),
    ],
)
def test_skipped_and_repeated_local_times(
    conn: psycopg.Connection, local_time: str, zone: str, instant: str
) -> None:
    assert instant_of(conn, local_time, zone) == datetime.fromisoformat(instant)


def test_the_connection_s_own_time_zone_has_no_say(conn: psycopg.Connection) -> None:
    before = occurrences(conn, "FREQ=DAILY;COUNT=3", "2026-10-24 02:30", "Europe/Berlin")
    conn.execute("set local timezone = 'America/New_York'")
    assert occurrences(conn, "FREQ=DAILY;COUNT=3", "2026-10-24 02:30", "Europe/Berlin") == before


def test_a_weekly_evening_stays_the_same_evening_over_a_change(conn: psycopg.Connection) -> None:
    assert occurrences(
        conn, "FREQ=WEEKLY;BYDAY=MO;COUNT=3", "2026-03-23 18:00", "Europe/Berlin"
    ) == [
        ("2026-03-23 17:00", "2026-03-23 18:00"),
        ("2026-03-30 16:00", "2026-03-30 18:00"),
        ("2026-04-06 16:00", "2026-04-06 18:00"),
    ]


def test_only_the_date_with_a_skipped_time_is_moved(conn: psycopg.Connection) -> None:
    assert occurrences(conn, "FREQ=DAILY;COUNT=3", "2026-03-07 02:30", "America/New_York") == [
        ("2026-03-07 07:30", "2026-03-07 02:30"),
        ("2026-03-08 07:30", "2026-03-08 03:30"),
        ("2026-03-09 06:30", "2026-03-09 02:30"),
    ]


def test_a_date_with_a_repeated_time_is_the_first(conn: psycopg.Connection) -> None:
    assert occurrences(conn, "FREQ=DAILY;COUNT=3", "2026-10-31 01:30", "America/New_York") == [
        ("2026-10-31 05:30", "2026-10-31 01:30"),
        ("2026-11-01 05:30", "2026-11-01 01:30"),
        ("2026-11-02 06:30", "2026-11-02 01:30"),
    ]


def test_a_change_by_half_an_hour(conn: psycopg.Connection) -> None:
    assert occurrences(conn, "FREQ=DAILY;COUNT=2", "2026-10-03 02:15", "Australia/Lord_Howe") == [
        ("2026-10-02 15:45", "2026-10-03 02:15"),
        ("2026-10-03 15:45", "2026-10-04 02:45"),
    ]


def test_days_are_those_of_the_zone_not_of_utc(conn: psycopg.Connection) -> None:
    # 01:00 on a Monday in Berlin is Sunday in UTC.
    assert occurrences(
        conn, "FREQ=WEEKLY;BYDAY=MO;COUNT=2", "2026-03-02 00:30", "Europe/Berlin"
    ) == [
        ("2026-03-01 23:30", "2026-03-02 00:30"),
        ("2026-03-08 23:30", "2026-03-09 00:30"),
    ]


def test_the_days_of_a_part_of_a_series_are_those_of_its_zone(conn: psycopg.Connection) -> None:
    """In the evening in New York, when it is the next day in UTC; a day left out is not counted."""
    found = conn.execute(
        """
        select dates.series_date::text
        from jsonb_populate_record(
            null::public.session_series,
            '{"rrule": "FREQ=DAILY", "start_time": "2027-03-01T23:30-05:00",
              "timezone": "America/New_York", "first_date": "2027-03-03",
              "last_date": "2027-03-06", "exdates": ["2027-03-03"]}'
        ) as series
        cross join generate_series(1, 4) as most
        cross join lateral private.series_dates(series, '2027-01-01Z', null, most) as dates
        order by most, dates.series_date
        """
    ).fetchall()
    days = ["2027-03-04", "2027-03-05", "2027-03-06"]
    assert [day for (day,) in found] == [*days[:1], *days[:2], *days, *days]
