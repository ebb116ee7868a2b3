"""VTIMEZONE: what icalendar makes of it against Postgres' own clocks, dateutil against zoneinfo."""

from __future__ import annotations

import random
from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import psycopg
import pytest

from support.icalendars import Reader

ODD_ZONES = [
    "Africa/Casablanca",  # winter time in Ramadan
    "Africa/Cairo",  # a rule that came back in 2023
    "America/Caracas",  # moved by half an hour, twice
    "America/Santiago",  # the first Sunday after the 1st, at 24:00
    "America/Sao_Paulo",  # gave it up in 2019
    "America/St_Johns",  # half an hour off the others; at 00:01 until 2011
    "Antarctica/Troll",  # two hours of summer
    "Asia/Gaza",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Pyongyang",
    "Asia/Tehran",
    "Atlantic/Azores",
    "Australia/Lord_Howe",  # half an hour of summer
    "Etc/GMT+12",
    "Europe/Dublin",  # its winter time is the one said to be saving
    "Europe/Istanbul",
    "Europe/Moscow",
    "Pacific/Apia",  # left out a day
    "Pacific/Chatham",
    "Pacific/Kiritimati",
]


HOUR = timedelta(hours=1)


def timezone_of(conn: psycopg.Connection, zone: str, begins: datetime, ends: datetime) -> str:
    row = conn.execute("select private.ical_timezone(%s, %s, %s)", (zone, begins, ends)).fetchone()
    assert row is not None
    return str(row[0])


def check(conn: psycopg.Connection, zone: str, begins: datetime, ends: datetime) -> int:
    """Compare both clocks at moments all over and around each change; how many changes.

    Before 2038, where icalendar stops to look.
    """
    text = timezone_of(conn, zone, begins, ends)
    read = icalendar.Timezone.from_ical(text)
    assert isinstance(read, icalendar.Timezone)
    onsets, observances = read.get_transitions()
    changes = conn.execute(
        "select changes_at from private.timezone_changes(%s, %s, %s)", (zone, begins, ends)
    ).fetchall()
    moments = [begins + (ends - begins) * step / 40 for step in range(41)]
    moments += [
        at + timedelta(seconds=seconds) for (at,) in changes for seconds in (-7201, -1, 0, 1, 7201)
    ]
    moments = [at.replace(microsecond=0) for at in moments if begins <= at <= ends]
    shown = conn.execute(
        "select at at time zone %s from unnest(%s::timestamptz[]) as at", (zone, moments)
    ).fetchall()
    utc = [at.replace(tzinfo=None) for at in moments]
    understood = [at + observances[bisect_right(onsets, at) - 1][0] for at in utc]
    assert understood == [local for (local,) in shown], f"{zone} {begins} {ends}\n{text}"
    return len(changes)


@pytest.mark.parametrize("zone", ODD_ZONES)
def test_odd_rules_read_back(conn: psycopg.Connection, zone: str) -> None:
    dice = random.Random(zone)
    for _ in range(12):
        begins = datetime(2001, 1, 1, tzinfo=UTC) + timedelta(hours=dice.randrange(24 * 365 * 32))
        check(conn, zone, begins, begins + timedelta(days=dice.choice([0, 1, 90, 400, 1200])))


def test_every_zone_reads_back(conn: psycopg.Connection) -> None:
    dice = random.Random(1)
    zones = [row[0] for row in conn.execute("select name from private.time_zones order by name")]
    assert len(zones) > 400
    changes = 0
    for zone in zones:
        begins = datetime(2005, 1, 1, tzinfo=UTC) + timedelta(days=dice.randrange(365 * 28))
        changes += check(conn, zone, begins, begins + timedelta(days=300))
    assert changes > 200


@pytest.mark.parametrize(
    "zone",
    [
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "America/St_Johns",
        "Asia/Kolkata",
    ],
)
def test_it_says_what_zoneinfo_says(conn: psycopg.Connection, zone: str) -> None:
    begins = datetime(2026, 6, 1, tzinfo=UTC)
    text = timezone_of(conn, zone, begins, begins + timedelta(days=700))
    read = Reader(f"BEGIN:VCALENDAR\r\n{text}END:VCALENDAR\r\n").zone(zone)
    for day in range(700):
        at = begins + timedelta(days=day, minutes=day)
        assert at.astimezone(read).utcoffset() == at.astimezone(ZoneInfo(zone)).utcoffset()


def test_a_yearly_rule_is_written_as_one(conn: psycopg.Connection) -> None:
    """Outlook takes no other way to say when clocks change."""
    at = datetime(2027, 3, 1, tzinfo=UTC)
    assert timezone_of(conn, "Europe/Berlin", at, at).split("\r\n")[:-1] == [
        "BEGIN:VTIMEZONE",
        "TZID:Europe/Berlin",
        "BEGIN:DAYLIGHT",
        "DTSTART:20260329T020000",
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0200",
        "END:DAYLIGHT",
        "BEGIN:STANDARD",
        "DTSTART:20261025T030000",
        "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
        "TZOFFSETFROM:+0200",
        "TZOFFSETTO:+0100",
        "END:STANDARD",
        "END:VTIMEZONE",
    ]


@pytest.mark.parametrize(
    ("zone", "year", "rules"),
    [
        ("America/New_York", 2027, ["3;BYDAY=2SU", "11;BYDAY=1SU"]),
        # In 2016 and 2017 the fourth Sunday was the last as well.
        ("America/Asuncion", 2017, ["3;BYDAY=4SU", "10;BYDAY=1SU"]),
        # Until 2011 a minute after midnight.
        ("America/St_Johns", 2011, []),
    ],
)
def test_a_rule_is_that_of_years_and_not_of_the_span_alone(
    conn: psycopg.Connection, zone: str, year: int, rules: list[str]
) -> None:
    at = datetime(year, 6, 1, tzinfo=UTC)
    lines = timezone_of(conn, zone, at, at).split("\r\n")
    assert [line for line in lines if line.startswith("RRULE")] == [
        f"RRULE:FREQ=YEARLY;BYMONTH={rule}" for rule in rules
    ]


@pytest.mark.parametrize(
    ("zone", "change", "onset"),
    [
        ("Asia/Pyongyang", datetime(2018, 5, 4, 15, tzinfo=UTC), "20180504T233000"),
        ("Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC), "20111230T000000"),
    ],
)
def test_a_zone_without_a_rule_tells_its_changes_in_order_up_to_the_end(
    conn: psycopg.Connection, zone: str, change: datetime, onset: str
) -> None:
    """That of the last hour too, which the zone's own clock may date later than the end in UTC."""
    begins = change - timedelta(days=90)
    assert check(conn, zone, begins, change + HOUR) == 1
    lines = timezone_of(conn, zone, begins, change + HOUR).split("\r\n")
    onsets = [line for line in lines if line.startswith("DTSTART")]
    assert onsets == sorted(onsets)
    assert onsets[-1] == f"DTSTART:{onset}"


def test_changes_are_found_to_the_second_in_days_that_are_not_whole(
    conn: psycopg.Connection,
) -> None:
    change = datetime(2027, 3, 28, 1, tzinfo=UTC)
    begins = change - timedelta(days=2, hours=5, microseconds=500_000)
    found = conn.execute(
        "select changes_at, offset_before, offset_after"
        " from private.timezone_changes('Europe/Berlin', %s, %s)",
        (begins, change + HOUR),
    ).fetchall()
    assert found == [(change, HOUR, 2 * HOUR)]


@pytest.mark.parametrize(
    ("offset", "said"),
    [("0", "+0000"), ("5:45", "+0545"), ("-3:30", "-0330"), ("-0:44:30", "-004430")],
)
def test_an_offset_has_its_sign_and_seconds_where_there_are_any(
    conn: psycopg.Connection, offset: str, said: str
) -> None:
    row = conn.execute("select private.ical_offset(%s::interval)", (offset,)).fetchone()
    assert row == (said,)


def test_a_fixed_offset_is_one_observance(conn: psycopg.Connection) -> None:
    at = datetime(2027, 3, 1, tzinfo=UTC)
    text = timezone_of(conn, "Asia/Kolkata", at, at)
    assert text.count("TZOFFSETTO:+0530") == 1
    assert text.count("BEGIN:") == 2
    assert "BEGIN:STANDARD" in text
