"""`preview_recurrence`: the recurrence as the API takes it, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from support.actors import as_anon, as_service, as_user, refused
from support.world import World

TUESDAY = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)  # 18:00 in Berlin; the fourth of its month
BERLIN = "Europe/Berlin"


def preview(
    conn: psycopg.Connection,
    recurrence: Any,
    start: datetime | str | None = TUESDAY,
    zone: str | None = BERLIN,
) -> list[tuple[datetime, datetime]]:
    """The answer: instants and local times."""
    return conn.execute(
        "select start_time, local_start from public.preview_recurrence(%s, %s, %s)",
        (Jsonb(recurrence), start, zone),
    ).fetchall()


def days(conn: psycopg.Connection, recurrence: Any, start: datetime = TUESDAY) -> list[str]:
    """The local dates of the answer."""
    return [f"{local_start:%Y-%m-%d}" for _, local_start in preview(conn, recurrence, start)]


# -- Patterns --------------------------------------------------------------------------------------


def test_weekly_on_the_weekday_of_the_start(conn: psycopg.Connection) -> None:
    assert days(conn, {"pattern": "weekly", "count": 3}) == (
        ["2026-11-24", "2026-12-01", "2026-12-08"]
    )


def test_weekly_on_other_weekdays(conn: psycopg.Connection) -> None:
    assert days(conn, {"pattern": "weekly", "days": ["WE", "MO"], "count": 4}) == (
        ["2026-11-25", "2026-11-30", "2026-12-02", "2026-12-07"]
    )


def test_biweekly_counts_weeks_from_that_of_the_start(conn: psycopg.Connection) -> None:
    assert days(conn, {"pattern": "biweekly", "days": ["MO", "FR"], "count": 4}) == (
        ["2026-11-27", "2026-12-07", "2026-12-11", "2026-12-21"]
    )


def test_monthly_on_the_day_of_the_month(conn: psycopg.Connection) -> None:
    start = datetime(2027, 1, 31, 17, 0, tzinfo=UTC)
    assert days(conn, {"pattern": "monthly", "count": 3}, start) == (
        ["2027-01-31", "2027-03-31", "2027-05-31"]
    )


def test_monthly_weekdays_are_those_of_the_week_of_the_month_of_the_start(
    conn: psycopg.Connection,
) -> None:
    assert days(conn, {"pattern": "monthly", "days": ["TU"], "count": 3}) == (
        ["2026-11-24", "2026-12-22", "2027-01-26"]
    )
    assert days(conn, {"pattern": "monthly", "days": ["FR", "TU"], "count": 4}) == (
        ["2026-11-24", "2026-11-27", "2026-12-22", "2026-12-25"]
    )


def test_the_week_of_the_month_is_that_of_the_local_day(conn: psycopg.Connection) -> None:
    start = datetime(2026, 12, 7, 23, 30, tzinfo=UTC)  # half past midnight on the 8th in Berlin
    assert days(conn, {"pattern": "monthly", "days": ["TU"], "count": 2}, start) == (
        ["2026-12-08", "2027-01-12"]
    )


def test_monthly_on_a_fifth_weekday_is_the_last_one(conn: psycopg.Connection) -> None:
    start = datetime(2026, 11, 30, 17, 0, tzinfo=UTC)
    assert days(conn, {"pattern": "monthly", "days": ["MO"], "count": 3}, start) == (
        ["2026-11-30", "2026-12-28", "2027-01-25"]
    )


def test_until_includes_its_day_in_the_zone_of_the_session(conn: psycopg.Connection) -> None:
    late = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)  # 23:30 in Berlin
    assert days(conn, {"pattern": "weekly", "until": "2026-12-08"}, late) == (
        ["2026-11-24", "2026-12-01", "2026-12-08"]
    )
    assert days(conn, {"pattern": "weekly", "until": "2026-12-07"}, late) == (
        ["2026-11-24", "2026-12-01"]
    )


def test_a_rule_of_rfc_5545(conn: psycopg.Connection) -> None:
    last_workday = {"rrule": "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3"}
    assert days(conn, last_workday) == ["2026-11-30", "2026-12-31", "2027-01-29"]


def test_nulls_are_as_good_as_nothing(conn: psycopg.Connection) -> None:
    recurrence = {"pattern": "weekly", "count": 2, "until": None, "days": None, "exdates": None}
    assert days(conn, recurrence | {"rrule": None}) == ["2026-11-24", "2026-12-01"]


def test_the_wall_clock_time_is_kept_and_shown(conn: psycopg.Connection) -> None:
    start = datetime(2026, 10, 20, 16, 0, tzinfo=UTC)
    assert preview(conn, {"pattern": "weekly", "count": 2}, start) == [
        (start, datetime(2026, 10, 20, 18, 0)),  # noqa: DTZ001 - wall-clock time
        (start + timedelta(days=7, hours=1), datetime(2026, 10, 27, 18, 0)),  # noqa: DTZ001
    ]


@pytest.mark.parametrize(
    ("recurrence", "rule"),
    [
        ({"pattern": "weekly"}, "FREQ=WEEKLY"),
        ({"pattern": "weekly", "days": ["FR", "MO", "FR"]}, "FREQ=WEEKLY;BYDAY=MO,FR"),
        ({"pattern": "biweekly", "count": 5}, "FREQ=WEEKLY;INTERVAL=2;COUNT=5"),
        ({"pattern": "monthly", "days": ["TU"]}, "FREQ=MONTHLY;BYDAY=4TU"),
        # RFC 5545 wants UNTIL in UTC where the start has a time zone.
        ({"pattern": "weekly", "until": "2026-12-31"}, "FREQ=WEEKLY;UNTIL=20261231T225959Z"),
        ({"rrule": " rrule:freq=daily;until=20270630 "}, "FREQ=DAILY;UNTIL=20270630T215959Z"),
        ({"rrule": "FREQ=DAILY;UNTIL=20270630T120000Z"}, "FREQ=DAILY;UNTIL=20270630T120000Z"),
        ({"rrule": "FREQ=DAILY;UNTIL=99991231"}, "FREQ=DAILY;UNTIL=99991231T225959Z"),
    ],
)
def test_a_recurrence_becomes_a_rule_that_calendars_understand(
    conn: psycopg.Connection, recurrence: Any, rule: str
) -> None:
    found = conn.execute(
        "select private.recurrence_rule(%s, %s, %s)", (Jsonb(recurrence), TUESDAY, BERLIN)
    ).fetchone()
    assert found == (rule,)


# -- Dates left out --------------------------------------------------------------------------------


def test_exdates_are_left_out_and_not_made_up_for(conn: psycopg.Connection) -> None:
    recurrence = {"pattern": "weekly", "count": 4}
    start_times = [start_time for start_time, _ in preview(conn, recurrence)]
    for third in ("2026-12-08", start_times[2].isoformat(), "2026-12-08T18:00:00+01:00"):
        assert days(conn, recurrence | {"exdates": [third, "2030-01-01"]}) == (
            ["2026-11-24", "2026-12-01", "2026-12-15"]
        )


def test_an_exdate_is_found_though_the_start_has_a_fraction_of_a_second(
    conn: psycopg.Connection,
) -> None:
    start = TUESDAY + timedelta(milliseconds=500)
    exdates = [TUESDAY.isoformat()]
    assert days(conn, {"pattern": "weekly", "count": 2, "exdates": exdates}, start) == (
        ["2026-12-01"]
    )


def test_exdates_are_days_of_the_session_s_zone(conn: psycopg.Connection) -> None:
    early = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)  # half past midnight on the 24th in Berlin
    recurrence = {"pattern": "weekly", "count": 2}
    assert days(conn, recurrence | {"exdates": ["2026-11-24"]}, early) == ["2026-12-01"]
    assert len(days(conn, recurrence | {"exdates": ["2026-11-23"]}, early)) == 2


def test_an_exdate_may_be_the_start_time_of_a_date_that_a_clock_change_moved(
    conn: psycopg.Connection,
) -> None:
    start = datetime(2026, 3, 28, 1, 30, tzinfo=UTC)  # 02:30, which the next day lacks
    recurrence = {"rrule": "FREQ=DAILY;COUNT=3"}
    moved, _ = preview(conn, recurrence, start)[1]
    assert days(conn, recurrence | {"exdates": [moved.isoformat()]}, start) == (
        ["2026-03-28", "2026-03-30"]
    )


def test_exdates_do_not_shorten_the_preview_of_a_rule_without_end(
    conn: psycopg.Connection,
) -> None:
    exdates = ["2026-11-24", "2026-12-01", "2026-12-01"]
    shown = preview(conn, {"pattern": "weekly", "exdates": exdates})
    assert len(shown) == 100
    assert shown[0][0] == TUESDAY + timedelta(days=14)


# -- Limits ----------------------------------------------------------------------------------------


def test_without_an_end_the_first_hundred_dates_are_shown(conn: psycopg.Connection) -> None:
    assert len(preview(conn, {"pattern": "weekly"})) == 100


def test_with_an_end_all_dates_are_shown_up_to_a_thousand(conn: psycopg.Connection) -> None:
    assert len(preview(conn, {"pattern": "weekly", "count": 1000})) == 1000
    for endless in ({"pattern": "weekly", "count": 1001}, {"rrule": "FREQ=DAILY;UNTIL=20400101"}):
        with refused(
            conn, psycopg.errors.InvalidParameterValue, "the recurrence has more than 1000 dates"
        ):
            preview(conn, endless)


# -- Who -------------------------------------------------------------------------------------------


def test_everybody_who_is_signed_in_may_ask(conn: psycopg.Connection, world: World) -> None:
    for user in (world.student(), world.mentor(), world.admin()):
        with as_user(conn, user):
            assert len(preview(conn, {"pattern": "weekly", "count": 3})) == 3


def test_nobody_else_may_ask(conn: psycopg.Connection) -> None:
    for actor in (as_anon, as_service):
        with actor(conn), refused(conn, match="preview_recurrence"):
            preview(conn, {"pattern": "weekly", "count": 3})


def test_the_helpers_are_nobody_s_business(conn: psycopg.Connection, world: World) -> None:
    with as_user(conn, world.admin()), refused(conn, match="expand_rrule"):
        conn.execute("select private.expand_rrule('FREQ=DAILY', now(), 'UTC', 1)")


# -- Refusals --------------------------------------------------------------------------------------

WEEKLY = {"pattern": "weekly"}


@pytest.mark.parametrize(
    ("recurrence", "message"),
    [
        (None, "recurrence=null is not a JSON object"),
        ([], "recurrence=[] is not a JSON object"),
        ("FREQ=DAILY", 'recurrence="FREQ=DAILY" is not a JSON object'),
        ({}, "pattern is missing"),
        ({"days": ["MO"]}, "pattern is missing"),
        ({"pattern": "daily"}, "pattern=daily is not known"),
        ({"pattern": ["weekly"]}, 'pattern=["weekly"] is not known'),
        (WEEKLY | {"colour": "red"}, "colour=red is not a key of a recurrence"),
        (WEEKLY | {"rrule": "FREQ=DAILY"}, "pattern=weekly cannot stand beside rrule"),
        ({"rrule": "FREQ=DAILY", "count": 3}, "count=3 cannot stand beside rrule"),
        ({"rrule": "FREQ=DAILY", "until": "2027-01-01"}, "until=2027-01-01 cannot stand beside"),
        ({"rrule": 5}, "rrule=5 is not a text"),
        ({"rrule": ""}, "FREQ is missing"),
        ({"rrule": "FREQ=HOURLY"}, "FREQ=HOURLY is not supported"),
        ({"rrule": "FREQ=DAILY;UNTIL=20261123"}, "UNTIL=20261123 is before the start"),
        ({"rrule": "FREQ=DAILY;UNTIL=20261124T165959Z"}, "UNTIL=20261124T165959Z is before the st"),
        ({"rrule": "FREQ=MONTHLY;BYDAY=2MO;BYMONTHDAY=20"}, "the recurrence has no dates"),
        (WEEKLY | {"days": []}, "days=[] is not a list of weekdays"),
        (WEEKLY | {"days": "MO"}, 'days="MO" is not a list of weekdays'),
        (WEEKLY | {"days": ["MO", "Monday"]}, 'days=["MO", "Monday"] names "Monday"'),
        (WEEKLY | {"days": ["1MO"]}, 'days=["1MO"] names "1MO", which is no weekday'),
        (WEEKLY | {"days": [1]}, "days=[1] names 1, which is no weekday"),
        (WEEKLY | {"days": [None]}, "days=[null] names null, which is no weekday"),
        (WEEKLY | {"count": 0}, "count=0 is not valid"),
        (WEEKLY | {"count": -1}, "count=-1 is not valid"),
        (WEEKLY | {"count": 2.5}, "count=2.5 is not valid"),
        (WEEKLY | {"count": "10"}, 'count="10" is not valid'),
        (WEEKLY | {"count": True}, "count=true is not valid"),
        (WEEKLY | {"count": 10**12}, "count=1000000000000 is not valid"),
        (WEEKLY | {"until": "2027-02-30"}, "until=2027-02-30 is not a date"),
        (WEEKLY | {"until": "31.12.2027"}, "until=31.12.2027 is not a date"),
        (WEEKLY | {"until": "2027-01-01T18:00:00Z"}, "until=2027-01-01T18:00:00Z is not a date"),
        (WEEKLY | {"until": 20270101.5}, "until=20270101.5 is not a date"),
        (WEEKLY | {"until": "2026-11-23"}, "until=2026-11-23 is before the start"),
        (WEEKLY | {"until": "2027-01-01", "count": 3}, "until=2027-01-01 contradicts count=3"),
        (WEEKLY | {"exdates": "2026-12-01"}, 'exdates="2026-12-01" is not a list of dates'),
        (WEEKLY | {"exdates": ["soon"]}, "exdates=soon is not a date"),
        (WEEKLY | {"exdates": [None]}, "exdates=null is not a date"),
        (WEEKLY | {"exdates": ["2026-12-01T18:00"]}, "exdates=2026-12-01T18:00 is not a date"),
        (
            WEEKLY | {"exdates": ["2026-12-01T18:00Z"]},
            "exdates=2026-12-01T18:00Z is not at the time of day of the start",
        ),
        (WEEKLY | {"on_clash": "hope"}, "on_clash must be refuse or skip, not 'hope'"),
        (WEEKLY | {"exdates": ["2026-12-01"] * 1001}, "exdates has more than 1000 dates"),
        (
            WEEKLY | {"count": 2, "exdates": ["2026-11-24", "2026-12-01"]},
            "the recurrence has no dates",
        ),
    ],
)
def test_what_is_wrong_is_refused_by_name(
    conn: psycopg.Connection, recurrence: Any, message: str
) -> None:
    with refused(conn, psycopg.errors.InvalidParameterValue) as caught:
        preview(conn, recurrence)
    assert message in str(caught.value.diag.message_primary)
    assert caught.value.diag.message_hint


@pytest.mark.parametrize("zone", [None, "", "Mars/Olympus", "CET5", "EST5EDT4", "europe/berlin"])
def test_a_zone_that_is_none_is_refused(conn: psycopg.Connection, zone: str | None) -> None:
    with refused(conn, psycopg.errors.InvalidParameterValue, "timezone.* is not an IANA time zone"):
        preview(conn, WEEKLY, zone=zone)


@pytest.mark.parametrize(
    "start",
    [None, "infinity", "-infinity", "0044-03-15 12:00Z BC", "1899-06-01Z", "9999-06-01Z"],
)
def test_a_start_that_is_none_is_refused(conn: psycopg.Connection, start: str | None) -> None:
    with refused(conn, psycopg.errors.InvalidParameterValue, "start_time.* is not a time to start"):
        preview(conn, WEEKLY, start)


@pytest.mark.parametrize("year", [1900, 9998])
def test_the_first_and_the_last_year_are_taken(conn: psycopg.Connection, year: int) -> None:
    start = datetime(year, 6, 1, 12, tzinfo=UTC)
    assert [at for at, _ in preview(conn, {"pattern": "weekly", "count": 1}, start)] == [start]


def test_an_exdate_that_is_an_instant_is_of_the_local_day(conn: psycopg.Connection) -> None:
    after_midnight = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
    recurrence = {"pattern": "weekly", "count": 2, "exdates": ["2026-12-01T23:30:00Z"]}
    assert days(conn, recurrence, after_midnight) == ["2026-11-25"]


def test_a_recurrence_may_end_at_its_start(conn: psycopg.Connection) -> None:
    rule = f"FREQ=DAILY;UNTIL={TUESDAY:%Y%m%dT%H%M%SZ}"
    assert [at for at, _ in preview(conn, {"rrule": rule})] == [TUESDAY]
