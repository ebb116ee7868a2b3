"""Weekly hours are meant by the clock of their zone, across midnights and clock changes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import pytest

from support.actors import as_user
from support.sessions import create, refusal
from support.world import World

BERLIN = "Europe/Berlin"


@pytest.fixture
def mentor(world: World) -> UUID:
    return world.mentor()


def is_available(
    conn: psycopg.Connection, mentor: UUID, starts: str, ends: str, timezone: str = BERLIN
) -> bool:
    """Whether the mentor's hours cover a period, given by the clock of a zone."""
    period = [
        datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(timezone))
        for moment in (starts, ends)
    ]
    row = conn.execute(
        "select %s in (select private.within_availability(array[%s], %s, %s))",
        (mentor, mentor, *period),
    ).fetchone()
    assert row is not None
    return bool(row[0])


def test_a_mentor_who_has_stated_no_hours_is_available_at_any(
    conn: psycopg.Connection, world: World, mentor: UUID
) -> None:
    world.available(world.mentor("Another"), 1, "09:00", "17:00", BERLIN)
    assert is_available(conn, mentor, "2027-03-01T03:00", "2027-03-01T04:00")


@pytest.mark.parametrize(
    ("starts", "ends", "available"),
    [
        ("2027-03-01T09:00", "2027-03-01T17:00", True),
        ("2027-03-01T10:00", "2027-03-01T11:00", True),
        ("2027-03-01T08:59", "2027-03-01T10:00", False),
        ("2027-03-01T16:30", "2027-03-01T17:01", False),
        ("2027-03-01T18:00", "2027-03-01T19:00", False),
        ("2027-03-02T10:00", "2027-03-02T11:00", False),
    ],
    ids=["all of them", "inside", "too early", "too late", "after", "another day"],
)
def test_the_hours_must_cover_all_of_it(
    conn: psycopg.Connection, world: World, mentor: UUID, starts: str, ends: str, available: bool
) -> None:
    world.available(mentor, 1, "09:00", "17:00", BERLIN)  # 2027-03-01 is a Monday
    assert is_available(conn, mentor, starts, ends) is available


def test_nine_stays_nine_when_the_clocks_change(
    conn: psycopg.Connection, world: World, mentor: UUID
) -> None:
    world.available(mentor, 1, "09:00", "10:00", BERLIN)
    for monday in ("2027-03-22", "2027-03-29", "2027-10-25", "2027-11-01"):  # either side of both
        assert is_available(conn, mentor, f"{monday}T09:00", f"{monday}T10:00")
        assert not is_available(conn, mentor, f"{monday}T08:00", f"{monday}T09:00")
        assert not is_available(conn, mentor, f"{monday}T10:00", f"{monday}T11:00")


def test_hours_until_midnight_and_from_midnight_on_are_one(
    conn: psycopg.Connection, world: World, mentor: UUID
) -> None:
    world.available(mentor, 7, "22:00", "24:00", BERLIN)
    world.available(mentor, 1, "00:00", "02:00", BERLIN)
    assert is_available(conn, mentor, "2027-02-28T23:00", "2027-03-01T01:00")
    assert is_available(conn, mentor, "2027-02-28T22:00", "2027-03-01T02:00")
    assert not is_available(conn, mentor, "2027-02-28T23:00", "2027-03-01T02:01")


def test_a_gap_between_two_windows_is_not_covered(
    conn: psycopg.Connection, world: World, mentor: UUID
) -> None:
    world.available(mentor, 1, "09:00", "12:00", BERLIN)
    world.available(mentor, 1, "12:30", "17:00", BERLIN)
    assert not is_available(conn, mentor, "2027-03-01T11:30", "2027-03-01T13:00")


def test_touching_windows_are_one_also_of_two_zones(
    conn: psycopg.Connection, world: World, mentor: UUID
) -> None:
    world.available(mentor, 1, "10:00", "11:00", BERLIN)
    world.available(mentor, 1, "09:00", "10:00", BERLIN)
    world.available(mentor, 1, "11:00", "12:00", BERLIN)
    world.available(mentor, 1, "11:00", "14:00", "UTC")  # 12:00 to 15:00 in Berlin
    assert is_available(conn, mentor, "2027-03-01T09:00", "2027-03-01T15:00")


@pytest.mark.parametrize(
    ("timezone", "moment"),
    [("Pacific/Kiritimati", "2027-03-01T08:00"), ("Pacific/Pago_Pago", "2027-03-01T20:00")],
)
def test_the_weekday_is_that_of_the_zone_at_either_end_of_the_world(
    conn: psycopg.Connection, world: World, mentor: UUID, timezone: str, moment: str
) -> None:
    world.available(mentor, 1, moment[11:], "23:00", timezone)
    assert is_available(conn, mentor, moment, f"{moment[:11]}22:00", timezone)
    assert not is_available(conn, mentor, f"2027-02-28{moment[10:]}", "2027-02-28T22:00", timezone)


def test_over_the_night_that_has_an_hour_more_or_less(
    conn: psycopg.Connection, world: World, mentor: UUID
) -> None:
    """On 2027-03-28 the clock jumps from 02:00 to 03:00, on 2027-10-31 from 03:00 back to 02:00."""
    for starts, ends in (("00:00", "02:30"), ("02:30", "06:00")):
        world.available(mentor, 7, starts, ends, BERLIN)
    assert is_available(conn, mentor, "2027-03-28T00:00", "2027-03-28T06:00")
    assert is_available(conn, mentor, "2027-10-31T00:00", "2027-10-31T06:00")
    assert not is_available(conn, mentor, "2027-10-31T00:00", "2027-10-31T06:01")


def test_an_hour_that_the_clock_skips_is_none(
    conn: psycopg.Connection, world: World, mentor: UUID
) -> None:
    world.available(mentor, 7, "02:00", "03:00", BERLIN)
    assert not is_available(conn, mentor, "2027-03-28T03:00", "2027-03-28T04:00")
    assert is_available(conn, mentor, "2027-04-04T02:00", "2027-04-04T03:00")


def test_hours_refuse_no_session(conn: psycopg.Connection, world: World, mentor: UUID) -> None:
    for weekday in range(1, 8):
        world.available(mentor, weekday, "03:00", "04:00")
    with as_user(conn, mentor):
        assert create(conn, mentor_id=mentor)


def test_overlapping_hours_are_refused_and_told_the_others(
    conn: psycopg.Connection, world: World, mentor: UUID
) -> None:
    first = world.available(mentor, 1, "09:00", "24:00", BERLIN)
    with as_user(conn, mentor), refusal(conn, "23P01") as refused:
        world.available(mentor, 1, "16:00", "18:00", BERLIN)

    assert refused.message == "the mentor is available at these hours already"
    assert refused.detail == (
        f"clash with entry {first}, weekday 1, 09:00 to 24:00 in Europe/Berlin"
    )
    world.available(mentor, 2, "16:00", "18:00", BERLIN)
    world.available(world.mentor("Another"), 1, "16:00", "18:00", BERLIN)


def test_the_constraint_holds_without_the_trigger(
    conn: psycopg.Connection, world: World, mentor: UUID
) -> None:
    conn.execute(
        "alter table public.mentor_availability disable trigger mentor_availability_2_hours"
    )
    world.available(mentor, 1, "09:00", "17:00", BERLIN)
    world.available(mentor, 1, "17:00", "18:00", BERLIN)
    with refusal(conn, "23P01"):
        world.available(mentor, 1, "16:00", "17:30", BERLIN)


@pytest.mark.parametrize(
    ("weekday", "starts", "ends", "timezone", "message"),
    [
        (0, "09:00", "17:00", BERLIN, "weekday must be between 1 and 7"),
        (8, "09:00", "17:00", BERLIN, "weekday must be between 1 and 7"),
        (1, "17:00", "09:00", BERLIN, "end_time must be after start_time"),
        (1, "09:00", "09:00", BERLIN, "end_time must be after start_time"),
        (1, "09:00", "17:00", "Mars/Olympus", "timezone 'Mars/Olympus' is not an IANA time zone"),
    ],
)
def test_nonsense_is_refused(
    conn: psycopg.Connection,
    world: World,
    mentor: UUID,
    weekday: int,
    starts: str,
    ends: str,
    timezone: str,
    message: str,
) -> None:
    with as_user(conn, mentor), refusal(conn, "22023") as refused:
        world.available(mentor, weekday, starts, ends, timezone)

    assert refused.message == message
