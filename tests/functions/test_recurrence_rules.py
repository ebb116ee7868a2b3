"""Which dates a recurrence rule has: as RFC 5545 says, and as dateutil works them out."""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from support.recurrence import Draw, draw

RULES = int(os.environ.get("RECURRENCE_RULES", "3000"))
"""How many random rules are tried; 20,000 take three minutes."""

SEED = int(os.environ.get("RECURRENCE_SEED", "5545"))

LAST_YEAR = 2060
"""Random rules are followed until here: dateutil takes seconds to see that one has no dates."""

END = datetime(LAST_YEAR, 1, 1, tzinfo=UTC)
MOST_DATES = 40
BATCH = 500

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def expand(
    conn: psycopg.Connection,
    rule: str,
    start: str = "2026-03-02T18:00Z",
    zone: str = "UTC",
    **bounds: object,
) -> list[datetime]:
    """The instants of `private.expand_rrule`; bounds are its max_dates, from_time and to_time."""
    arguments = {"max_dates": None, "from_time": None, "to_time": None} | bounds
    rows = conn.execute(
        "select start_time from private.expand_rrule("
        "%(rule)s, %(start)s, %(zone)s, %(max_dates)s, %(from_time)s, %(to_time)s)",
        {"rule": rule, "start": start, "zone": zone} | arguments,
    )
    return [row[0] for row in rows]


# -- dateutil --------------------------------------------------------------------------------------


def test_random_rules_have_the_dates_that_dateutil_finds(
    conn: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("datetime.MAXYEAR", LAST_YEAR)  # where dateutil stops looking
    chance = random.Random(SEED)
    wrong: list[str] = []
    with_dates = 0
    for size in [BATCH] * (RULES // BATCH) + [RULES % BATCH]:
        draws = [draw(chance) for _ in range(size)]
        expected = [first_dates(drawn) for drawn in draws]
        with_dates += sum(map(bool, expected))
        # The same rules once more from somewhere in the middle, which is where series go on.
        middles = [dates[chance.randrange(len(dates))] if dates else END for dates in expected]
        found = expand_all(conn, draws, MOST_DATES)
        found_later = expand_all(conn, draws, 3, middles)
        for drawn, dates, got, middle, got_later in zip(
            draws, expected, found, middles, found_later, strict=True
        ):
            if got != dates:
                wrong.append(f"{drawn}:\n  expected {shown(dates)}\n  got      {shown(got)}")
            later = dates[dates.index(middle) :] if dates else []
            # At the end of what was compared there may be more dates than are known here.
            if got_later[: len(later)] != later[:3]:
                wrong.append(f"{drawn} from {middle}: got {shown(got_later)}")
    assert not wrong, f"{len(wrong)} of {RULES} rules, seed {SEED}:\n" + "\n".join(wrong[:5])
    assert with_dates > RULES * 0.7  # else there is little to compare


def first_dates(drawn: Draw) -> list[datetime]:
    before_end = itertools.takewhile(lambda instant: instant < END, drawn.dates())
    return list(itertools.islice(before_end, MOST_DATES))


def expand_all(
    conn: psycopg.Connection,
    draws: list[Draw],
    max_dates: int,
    from_times: Sequence[datetime | None] | None = None,
) -> list[list[datetime]]:
    """The dates before END of many rules, found in one statement."""
    rows = conn.execute(
        """
        select array(
            select start_time
            from private.expand_rrule(rule, start_time, timezone, %s, from_time, %s)
        )
        from unnest(%s::text[], %s::timestamptz[], %s::text[], %s::timestamptz[])
            with ordinality as draw (rule, start_time, timezone, from_time, number)
        order by number
        """,
        (
            max_dates,
            END,
            [drawn.rule for drawn in draws],
            [drawn.start for drawn in draws],
            [drawn.zone for drawn in draws],
            from_times or [None] * len(draws),
        ),
    )
    return [row[0] for row in rows]


def shown(dates: list[datetime]) -> str:
    return ", ".join(f"{instant:%Y-%m-%d %H:%M}" for instant in dates[:8])


# -- RFC 5545, section 3.8.5.3 ---------------------------------------------------------------------


def days(text: str) -> list[str]:
    """Days as the RFC lists them, such as "1997 Sep 2-4 9 Oct 1"."""
    listed: list[str] = []
    year = month = 0
    for word in text.split():
        if word in MONTHS:
            month = MONTHS.index(word) + 1
        elif len(word) == 4 and word.isdecimal():
            year = int(word)
        else:
            first, _, last = word.partition("-")
            listed += [
                f"{year:04}-{month:02}-{day:02}"
                for day in range(int(first), int(last or first) + 1)
            ]
    return listed


EVERY_DAY_IN_JANUARY = "1998 Jan 1-31 1999 Jan 1-31 2000 Jan 1-31"

RFC_EXAMPLES = [
    # (DTSTART at 9:00 in America/New_York, RRULE, the days; "…" at the end: and so on)
    ("1997-09-02", "FREQ=DAILY;COUNT=10", "1997 Sep 2-11"),
    (
        "1997-09-02",
        "FREQ=DAILY;UNTIL=19971224T000000Z",
        "1997 Sep 2-30 Oct 1-31 Nov 1-30 Dec 1-23",
    ),
    ("1997-09-02", "FREQ=DAILY;INTERVAL=2", "1997 Sep 2 4 6 8 10 12 14 16 18 20 22 24 26 28 30 …"),
    ("1997-09-02", "FREQ=DAILY;INTERVAL=10;COUNT=5", "1997 Sep 2 12 22 Oct 2 12"),
    (
        "1998-01-01",
        "FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA",
        EVERY_DAY_IN_JANUARY,
    ),
    ("1998-01-01", "FREQ=DAILY;UNTIL=20000131T140000Z;BYMONTH=1", EVERY_DAY_IN_JANUARY),
    ("1997-09-02", "FREQ=WEEKLY;COUNT=10", "1997 Sep 2 9 16 23 30 Oct 7 14 21 28 Nov 4"),
    (
        "1997-09-02",
        "FREQ=WEEKLY;UNTIL=19971224T000000Z",
        "1997 Sep 2 9 16 23 30 Oct 7 14 21 28 Nov 4 11 18 25 Dec 2 9 16 23",
    ),
    (
        "1997-09-02",
        "FREQ=WEEKLY;INTERVAL=2;WKST=SU",
        "1997 Sep 2 16 30 Oct 14 28 Nov 11 25 Dec 9 23 1998 Jan 6 20 Feb 3 17 …",
    ),
    (
        "1997-09-02",
        "FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH",
        "1997 Sep 2 4 9 11 16 18 23 25 30 Oct 2",
    ),
    (
        "1997-09-02",
        "FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH",
        "1997 Sep 2 4 9 11 16 18 23 25 30 Oct 2",
    ),
    (
        "1997-09-01",
        "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR",
        "1997 Sep 1 3 5 15 17 19 29 Oct 1 3 13 15 17 27 29 31 Nov 10 12 14 24 26 28 Dec 8 10 12 22",
    ),
    (
        "1997-09-02",
        "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH",
        "1997 Sep 2 4 16 18 30 Oct 2 14 16",
    ),
    (
        "1997-09-05",
        "FREQ=MONTHLY;COUNT=10;BYDAY=1FR",
        "1997 Sep 5 Oct 3 Nov 7 Dec 5 1998 Jan 2 Feb 6 Mar 6 Apr 3 May 1 Jun 5",
    ),
    (
        "1997-09-05",
        "FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR",
        "1997 Sep 5 Oct 3 Nov 7 Dec 5",
    ),
    (
        "1997-09-07",
        "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU",
        "1997 Sep 7 28 Nov 2 30 1998 Jan 4 25 Mar 1 29 May 3 31",
    ),
    (
        "1997-09-22",
        "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO",
        "1997 Sep 22 Oct 20 Nov 17 Dec 22 1998 Jan 19 Feb 16",
    ),
    (
        "1997-09-28",
        "FREQ=MONTHLY;BYMONTHDAY=-3",
        "1997 Sep 28 Oct 29 Nov 28 Dec 29 1998 Jan 29 Feb 26 …",
    ),
    (
        "1997-09-02",
        "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15",
        "1997 Sep 2 15 Oct 2 15 Nov 2 15 Dec 2 15 1998 Jan 2 15",
    ),
    (
        "1997-09-30",
        "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1",
        "1997 Sep 30 Oct 1 31 Nov 1 30 Dec 1 31 1998 Jan 1 31 Feb 1",
    ),
    (
        "1997-09-10",
        "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15",
        "1997 Sep 10-15 1999 Mar 10-13",
    ),
    (
        "1997-09-02",
        "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU",
        "1997 Sep 2 9 16 23 30 Nov 4 11 18 25 1998 Jan 6 13 20 27 Mar 3 10 17 24 31 …",
    ),
    (
        "1997-06-10",
        "FREQ=YEARLY;COUNT=10;BYMONTH=6,7",
        "1997 Jun 10 Jul 10 1998 Jun 10 Jul 10 1999 Jun 10 Jul 10 2000 Jun 10 Jul 10"
        " 2001 Jun 10 Jul 10",
    ),
    (
        "1997-03-10",
        "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3",
        "1997 Mar 10 1999 Jan 10 Feb 10 Mar 10 2001 Jan 10 Feb 10 Mar 10 2003 Jan 10 Feb 10 Mar 10",
    ),
    ("1997-05-19", "FREQ=YEARLY;BYDAY=20MO", "1997 May 19 1998 May 18 1999 May 17 …"),
    (
        "1997-03-13",
        "FREQ=YEARLY;BYMONTH=3;BYDAY=TH",
        "1997 Mar 13 20 27 1998 Mar 5 12 19 26 1999 Mar 4 11 18 25 …",
    ),
    (
        "1997-06-05",
        "FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8",
        "1997 Jun 5 12 19 26 Jul 3 10 17 24 31 Aug 7 14 21 28"
        " 1998 Jun 4 11 18 25 Jul 2 9 16 23 30 Aug 6 13 20 27"
        " 1999 Jun 3 10 17 24 Jul 1 8 15 22 29 Aug 5 12 19 26 …",
    ),
    (
        "1997-09-02",
        "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
        "1998 Feb 13 Mar 13 Nov 13 1999 Aug 13 2000 Oct 13 …",
    ),
    (
        "1997-09-13",
        "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13",
        "1997 Sep 13 Oct 11 Nov 8 Dec 13 1998 Jan 10 Feb 7 Mar 7 Apr 11 May 9 Jun 13 …",
    ),
    (
        "1996-11-05",
        "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
        "1996 Nov 5 2000 Nov 7 2004 Nov 2 …",
    ),
    ("1997-09-04", "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "1997 Sep 4 Oct 7 Nov 6"),
    (
        "1997-09-29",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
        "1997 Sep 29 Oct 30 Nov 27 Dec 30 1998 Jan 29 Feb 26 Mar 30 …",
    ),
    ("1997-08-05", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "1997 Aug 5 10 19 24"),
    ("1997-08-05", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "1997 Aug 5 17 19 31"),
    ("2007-01-15", "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", "2007 Jan 15 30 Feb 15 Mar 15 30"),
]


@pytest.mark.parametrize(("first_day", "rule", "expected"), RFC_EXAMPLES)
def test_the_examples_of_rfc_5545(
    conn: psycopg.Connection, first_day: str, rule: str, expected: str
) -> None:
    goes_on = expected.endswith("…")
    listed = [f"{day} 09:00" for day in days(expected.removesuffix("…"))]
    found = conn.execute(
        "select to_char(local_start, 'YYYY-MM-DD HH24:MI') from private.expand_rrule("
        "%s, %s::timestamp at time zone 'America/New_York', 'America/New_York', %s)",
        (rule, f"{first_day} 09:00", len(listed) if goes_on else None),
    ).fetchall()
    assert [row[0] for row in found] == listed


# -- Readings --------------------------------------------------------------------------------------


def test_weekdays_with_and_without_a_number_add_up(conn: psycopg.Connection) -> None:
    rule = "FREQ=MONTHLY;BYDAY=MO,1FR;COUNT=7"
    assert [f"{date:%m-%d}" for date in expand(conn, rule)] == (
        ["03-02", "03-06", "03-09", "03-16", "03-23", "03-30", "04-03"]
    )


def test_an_until_that_is_a_date_includes_that_day(conn: psycopg.Connection) -> None:
    # 23:30 in New York is the next day already in UTC.
    found = expand(conn, "FREQ=DAILY;UNTIL=20260304", "2026-03-03T04:30Z", "America/New_York")
    assert found == [datetime(2026, 3, day, 4, 30, tzinfo=UTC) for day in (3, 4, 5)]


def test_an_until_that_is_a_time_includes_that_instant(conn: psycopg.Connection) -> None:
    assert len(expand(conn, "FREQ=DAILY;UNTIL=20260304T180000Z")) == 3
    assert len(expand(conn, "FREQ=DAILY;UNTIL=20260304T175959Z")) == 2


def test_a_start_that_does_not_match_is_no_date(conn: psycopg.Connection) -> None:
    found = expand(conn, "FREQ=WEEKLY;BYDAY=WE;COUNT=2")  # the start is a Monday
    assert found == [datetime(2026, 3, day, 18, tzinfo=UTC) for day in (4, 11)]


def test_days_that_a_month_lacks_are_skipped(conn: psycopg.Connection) -> None:
    found = expand(conn, "FREQ=MONTHLY;COUNT=4", "2026-01-31T18:00Z")
    assert [date.month for date in found] == [1, 3, 5, 7]
    leap_days = expand(conn, "FREQ=YEARLY;COUNT=3", "2092-02-29T18:00Z")
    assert [date.year for date in leap_days] == [2092, 2096, 2104]


def test_fractions_of_a_second_are_dropped(conn: psycopg.Connection) -> None:
    assert expand(conn, "FREQ=DAILY;COUNT=1", "2026-03-02T18:00:00.987Z") == (
        [datetime(2026, 3, 2, 18, tzinfo=UTC)]
    )


def test_a_rule_may_be_written_as_calendars_do(conn: psycopg.Connection) -> None:
    assert expand(conn, " rrule:freq=weekly;count=3;byday=mo ") == (
        expand(conn, "FREQ=WEEKLY;BYDAY=MO;COUNT=3")
    )


# -- Bounds ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY",
        "FREQ=WEEKLY;BYDAY=MO,WE",
        "FREQ=MONTHLY;BYDAY=-1FR",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO",
        "FREQ=YEARLY;INTERVAL=6;BYMONTH=2;BYMONTHDAY=29",
    ],
)
def test_a_rule_without_end_can_be_asked_for_its_next_ten_dates(
    conn: psycopg.Connection, rule: str
) -> None:
    conn.execute("set local statement_timeout = '60s'")
    found = expand(conn, rule, max_dates=10)
    assert len(found) == 10
    assert expand(conn, rule, max_dates=5, from_time=found[5]) == found[5:]
    assert expand(conn, rule, max_dates=5, from_time=found[5] + timedelta(seconds=1)) == (
        [*found[6:], *expand(conn, rule, max_dates=11)[10:]]
    )
    assert expand(conn, rule, to_time=found[9]) == found[:9]


def test_a_count_counts_from_the_start_whatever_is_asked_for(conn: psycopg.Connection) -> None:
    rule = "FREQ=WEEKLY;COUNT=10"
    everything = expand(conn, rule)
    assert len(everything) == 10
    assert expand(conn, rule, from_time=everything[7]) == everything[7:]
    assert expand(conn, rule, max_dates=2, from_time=everything[3]) == everything[3:5]
    assert expand(conn, rule, from_time=everything[9] + timedelta(days=1)) == []


def test_dates_can_be_asked_for_long_after_the_start(conn: psycopg.Connection) -> None:
    found = expand(
        conn, "FREQ=WEEKLY;INTERVAL=2", max_dates=1, from_time=datetime(2999, 1, 1, tzinfo=UTC)
    )
    assert (found[0] - datetime(2026, 3, 2, 18, tzinfo=UTC)).days % 14 == 0
    assert found[0] < datetime(2999, 1, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=YEARLY;BYDAY=1MO;BYMONTHDAY=20",
        "FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29",  # from 2026: never a leap year
        "FREQ=MONTHLY;BYDAY=2MO;BYMONTHDAY=20",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTH=4",  # from March
        "FREQ=WEEKLY;BYDAY=MO,TU;BYSETPOS=3",
        "FREQ=DAILY;INTERVAL=7;BYDAY=TU",  # from a Monday
        "FREQ=DAILY;INTERVAL=7;BYDAY=TU;BYMONTH=1",
        "FREQ=DAILY;BYDAY=MO;BYSETPOS=2",
    ],
)
def test_a_rule_that_never_matches_comes_to_an_end(conn: psycopg.Connection, rule: str) -> None:
    conn.execute("set local statement_timeout = '60s'")
    assert expand(conn, rule, max_dates=1) == []


@pytest.mark.parametrize(
    ("rule", "start", "found"),
    [
        ("FREQ=DAILY;INTERVAL=29;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO", "2027-03-02", "3492-02-29"),
        ("FREQ=DAILY;INTERVAL=1461;BYMONTH=4", "2027-03-31", "2103-04-01"),
    ],
    ids=["a day in 400 years and another in the next", "four years"],
)
def test_a_rule_may_match_late(conn: psycopg.Connection, rule: str, start: str, found: str) -> None:
    [first] = expand(conn, rule, start, max_dates=1)
    assert f"{first:%Y-%m-%d}" == found


def test_nothing_lies_beyond_the_year_9999(conn: psycopg.Connection) -> None:
    found = expand(conn, "FREQ=YEARLY", "9997-06-01T12:00Z")
    assert [date.year for date in found] == [9997, 9998, 9999]


def test_all_dates_are_refused_when_they_are_more_than_a_thousand(conn: psycopg.Connection) -> None:
    assert len(expand(conn, "FREQ=WEEKLY;COUNT=1000")) == 1000
    for rule in ("FREQ=WEEKLY;COUNT=1001", "FREQ=DAILY;UNTIL=20300101", "FREQ=MONTHLY"):
        with (
            pytest.raises(psycopg.Error, match="more than 1000 dates") as caught,
            conn.transaction(),
        ):
            expand(conn, rule)
        assert caught.value.sqlstate == "22023"
    assert len(expand(conn, "FREQ=DAILY", max_dates=2500)) == 2500


def test_dates_that_lie_too_far_apart_are_given_up(conn: psycopg.Connection) -> None:
    every_leap_year = "FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=366"
    assert [date.year for date in expand(conn, every_leap_year, max_dates=2)] == [2028, 2032]
    with pytest.raises(psycopg.Error, match="lie too far apart") as caught:
        expand(conn, every_leap_year, max_dates=1000)
    assert caught.value.sqlstate == "22023"


# -- Refusals --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (None, "FREQ is missing"),
        ("", "FREQ is missing"),
        ("BYDAY=MO", "FREQ is missing"),
        ("FREQ=", "FREQ= has no value"),
        ("FREQ=FORTNIGHTLY", "FREQ=FORTNIGHTLY is not valid"),
        ("FREQ=HOURLY;INTERVAL=3", "FREQ=HOURLY is not supported"),
        ("FREQ=MINUTELY", "FREQ=MINUTELY is not supported"),
        ("FREQ=SECONDLY", "FREQ=SECONDLY is not supported"),
        ("FREQ=WEEKLY;BYDAY=" + "MO," * 400, "is longer than 1000 characters"),
        ("FREQ=DAILY;", "rrule=FREQ=DAILY; has an empty part"),
        ("FREQ=DAILY;COUNT", "COUNT= has no value"),
        ("FREQ=DAILY;FREQ=DAILY", "FREQ=DAILY stands there twice"),
        ("FREQ=DAILY;COUNT=2;count=3", "COUNT=3 stands there twice"),
        ("FREQ=DAILY;BYHOUR=9,10", "BYHOUR=9,10 is not supported"),
        ("FREQ=DAILY;BYMINUTE=0", "BYMINUTE=0 is not supported"),
        ("FREQ=DAILY;BYSECOND=0", "BYSECOND=0 is not supported"),
        ("FREQ=YEARLY;BYYEARDAY=100", "BYYEARDAY=100 is not supported"),
        ("FREQ=YEARLY;BYWEEKNO=20", "BYWEEKNO=20 is not supported"),
        ("FREQ=YEARLY;BYEASTER=0", "BYEASTER=0 is not a part of a recurrence rule"),
        ("FREQ=DAILY;X-MINE=1", "X-MINE=1 is not a part of a recurrence rule"),
        ("DTSTART:20260302T180000\nRRULE:FREQ=DAILY", "is not a part of a recurrence rule"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL=0 is not valid"),
        ("FREQ=DAILY;INTERVAL=-1", "INTERVAL=-1 is not valid"),
        ("FREQ=DAILY;INTERVAL=1,2", "INTERVAL=1,2 is not valid"),
        ("FREQ=DAILY;INTERVAL=10001", "INTERVAL=10001 is not valid"),
        ("FREQ=DAILY;COUNT=0", "COUNT=0 is not valid"),
        ("FREQ=DAILY;COUNT=ten", "COUNT=TEN is not valid"),
        ("FREQ=DAILY;COUNT=99999999999999999999", "COUNT=99999999999999999999 is not valid"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20270101", "UNTIL=20270101 contradicts COUNT=3"),
        ("FREQ=DAILY;UNTIL=20270230", "UNTIL=20270230 is not valid"),
        ("FREQ=DAILY;UNTIL=20270101T180000", "UNTIL=20270101T180000 is not valid"),
        ("FREQ=DAILY;UNTIL=20270101T250000Z", "UNTIL=20270101T250000Z is not valid"),
        ("FREQ=DAILY;UNTIL=2027-01-01", "UNTIL=2027-01-01 is not valid"),
        ("FREQ=DAILY;UNTIL=tomorrow", "UNTIL=TOMORROW is not valid"),
        ("FREQ=WEEKLY;BYDAY=MO,XX", 'BYDAY=MO,XX names "XX", which is not valid'),
        ("FREQ=WEEKLY;BYDAY=MO,", 'BYDAY=MO, names "", which is not valid'),
        ("FREQ=MONTHLY;BYDAY=0MO", 'BYDAY=0MO names "0MO", which is not valid'),
        ("FREQ=YEARLY;BYDAY=54MO", 'BYDAY=54MO names "54MO", which is not valid'),
        ("FREQ=WEEKLY;BYDAY=1MO", "BYDAY=1MO contradicts FREQ=WEEKLY"),
        ("FREQ=DAILY;BYDAY=-1FR", "BYDAY=-1FR contradicts FREQ=DAILY"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY=32 is not valid"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,0", 'BYMONTHDAY=1,0 names "0", which is not valid'),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY=1 contradicts FREQ=WEEKLY"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "BYMONTHDAY=30 contradicts BYMONTH=2"),
        ("FREQ=MONTHLY;BYMONTH=4,6;BYMONTHDAY=-31,31", "BYMONTHDAY=-31,31 contradicts BYMONTH=4,6"),
        ("FREQ=YEARLY;BYMONTH=13", "BYMONTH=13 is not valid"),
        ("FREQ=YEARLY;BYMONTH=-1", "BYMONTH=-1 is not valid"),
        ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS=1 has nothing to choose from"),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=0", "BYSETPOS=0 is not valid"),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=367", "BYSETPOS=367 is not valid"),
        ("FREQ=WEEKLY;WKST=XX", "WKST=XX is not valid"),
        ("FREQ=WEEKLY;WKST=MO,TU", "WKST=MO,TU is not valid"),
    ],
)
def test_what_is_not_understood_is_refused_by_name(
    conn: psycopg.Connection, rule: str | None, message: str
) -> None:
    with pytest.raises(psycopg.Error) as caught:
        conn.execute("select private.parse_rrule(%s)", (rule,))
    assert caught.value.sqlstate == "22023"
    assert message in str(caught.value.diag.message_primary)
    assert caught.value.diag.message_hint


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;INTERVAL=10000",
        "FREQ=DAILY;COUNT=999999999",
        "FREQ=YEARLY;BYDAY=53MO,-53SU",
        "FREQ=MONTHLY;BYMONTHDAY=+31,-31",
        "FREQ=YEARLY;BYMONTH=1,12;BYSETPOS=-366",
        "FREQ=DAILY;COUNT=1;BYMONTHDAY=" + "1," * 484 + "11",  # a thousand characters
    ],
)
def test_the_highest_and_longest_that_is_allowed_is(conn: psycopg.Connection, rule: str) -> None:
    conn.execute("select private.parse_rrule(%s)", (rule,))
