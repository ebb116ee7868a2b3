"""Series under parallel hands: edits, calling off, the clock, and single bookings of the mentor."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import pytest

from devstack.databases import Database
from support.rush import Statement, act_as, at_once, attempt, started
from support.series import MONDAY, Row, create, series_of, sessions_of
from support.sessions import LINK
from support.world import World

BERLIN = ZoneInfo("Europe/Berlin")
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
TWICE_A_WEEK = {"recurrence": {"rrule": "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=12"}}


@dataclass(frozen=True, slots=True)
class Busy:
    """A committed database in which many write at once.

    Attributes:
        database: The database.
        conn: An autocommit connection as role `postgres`.
        manager: Who edits.
        mentor: Whose sessions.
    """

    database: Database
    conn: psycopg.Connection
    manager: UUID
    mentor: UUID

    def series(self, count: int = 6, **session: Any) -> list[Row]:
        with self.conn.transaction():
            recurrence = {"pattern": "weekly", "count": count}
            return create(self.conn, self.manager, recurrence, mentor_id=self.mentor, **session)

    def both(self, first: Statement, second: Statement) -> tuple[str, str]:
        """Run the first; start the second meanwhile; commit the first. What came of each."""
        with (
            psycopg.connect(self.database.url) as early,
            psycopg.connect(self.database.url) as late,
        ):
            act_as(early, self.manager)
            early.execute(first[0].encode(), first[1])
            with started(
                self.conn, late, lambda: attempt(late, second, user=self.manager)
            ) as future:
                early.commit()
                return "done", future.result(timeout=60)

    def without(self, function: str, *guards: str) -> None:
        """Take guards out of a function."""
        row = self.conn.execute(
            "select pg_get_functiondef(%s::regproc)", (f"private.{function}",)
        ).fetchone()
        assert row is not None
        mutilated = row[0]
        for guard in guards:
            assert guard in mutilated
            mutilated = mutilated.replace(guard, "")
        self.conn.execute(mutilated.encode())


@pytest.fixture
def busy(database: Database) -> Iterator[Busy]:
    with psycopg.connect(database.url, autocommit=True) as conn:
        world = World(conn)
        with conn.transaction():
            manager, mentor = world.enrollment_manager(), world.mentor()
        yield Busy(database, conn, manager, mentor)


def edit(session: UUID, scope: str, **changes: Any) -> Statement:
    return (
        "select public.update_session_series(%(session)s, %(scope)s, %(changes)s)",
        {"session": session, "scope": scope, "changes": json.dumps(changes, default=str)},
    )


def call_off(session: UUID, scope: str) -> Statement:
    return (
        "select public.cancel_session(%(session)s, null, %(scope)s)",
        {"session": session, "scope": scope},
    )


def new_series(mentor: UUID, start: datetime, count: int = 6) -> Statement:
    session = {"title": "Other", "link": LINK, "mentor_id": mentor, "start_time": start.isoformat()}
    return (
        "select public.create_recurring_session(%(session)s, %(recurrence)s)",
        {
            "session": json.dumps(session | {"timezone": "Europe/Berlin"}, default=str),
            "recurrence": json.dumps({"pattern": "weekly", "count": count}),
        },
    )


def booking(mentor: UUID, start: datetime) -> Statement:
    return (
        "insert into public.success_sessions (title, link, mentor_id, start_time, end_time)"
        " values ('Single', 'https://meet.example.test/1', %(mentor)s, %(start)s,"
        " %(start)s::timestamptz + interval '1 hour')",
        {"mentor": mentor, "start": start},
    )


def sound(busy: Busy, calendar_uid: UUID) -> list[Row]:
    """Each day has one session, in the part whose day it is; the sessions."""
    rows = sessions_of(busy.conn, calendar_uid)
    parts = {part["id"]: part for part in series_of(busy.conn, calendar_uid)}
    days = [row["series_date"] for row in rows if row["series_date"] is not None]
    assert len(days) == len(set(days))
    for row in rows:
        part = parts[row["series_id"]]
        if row["status"] == "upcoming":
            assert part["first_date"] is None or part["first_date"] <= row["series_date"]
            assert part["last_date"] is None or row["series_date"] <= part["last_date"]
    return rows


# -- One series ------------------------------------------------------------------------------------


def test_the_second_of_two_edits_waits_and_goes_on_from_the_first(busy: Busy) -> None:
    made = busy.series()
    uid = made[0]["calendar_uid"]
    outcome = busy.both(
        edit(made[0]["id"], "all", **TWICE_A_WEEK), edit(made[1]["id"], "all", **TWICE_A_WEEK)
    )
    assert outcome == ("done", "done")
    assert len([row for row in sound(busy, uid) if row["status"] == "upcoming"]) == 12


def split_twice(busy: Busy) -> list[str]:
    """Split a series of six at its third date, and meanwhile at its fifth: their titles."""
    made = busy.series()
    busy.both(
        edit(made[2]["id"], "following", title="Second"),
        edit(made[4]["id"], "following", title="Third"),
    )
    return [row["title"] for row in sound(busy, made[0]["calendar_uid"])]


SPLIT_TWICE = ["Office hours"] * 2 + ["Second"] * 2 + ["Third"] * 2


def test_a_split_that_came_first_is_split_once_more(busy: Busy) -> None:
    assert split_twice(busy) == SPLIT_TWICE


def test_without_the_locks_the_second_edit_does_not_see_the_first(busy: Busy) -> None:
    """The control."""
    busy.without(
        "lock_series", "perform private.take_series_turn(calendar_uid);", "for no key update"
    )
    assert split_twice(busy) != SPLIT_TWICE


def test_what_was_called_off_meanwhile_is_not_edited(busy: Busy) -> None:
    made = busy.series()
    noon = MONDAY.astimezone(BERLIN).replace(hour=12)
    outcome = busy.both(
        call_off(made[3]["id"], "following"), edit(made[0]["id"], "all", start_time=noon)
    )
    assert outcome == ("done", "done")
    rows = sound(busy, made[0]["calendar_uid"])
    assert [row["status"] for row in rows] == ["upcoming"] * 3 + ["cancelled"] * 3
    assert [row["start_time"].astimezone(BERLIN).hour for row in rows] == [12] * 3 + [18] * 3


def test_who_loses_the_series_meanwhile_edits_it_no_more(busy: Busy) -> None:
    made = busy.series()
    with busy.conn.transaction():
        other = World(busy.conn).mentor("Other")
    with (
        psycopg.connect(busy.database.url) as early,
        psycopg.connect(busy.database.url) as late,
    ):
        act_as(early, busy.manager)
        early.execute(*_encoded(edit(made[0]["id"], "all", mentor_id=other)))
        mine = edit(made[0]["id"], "all", title="Mine")
        with started(busy.conn, late, lambda: attempt(late, mine, user=busy.mentor)) as future:
            early.commit()
            assert future.result(timeout=60) == "PT404"
    assert {row["title"] for row in sound(busy, made[0]["calendar_uid"])} == {"Office hours"}


def test_many_edits_at_once_leave_a_sound_series(busy: Busy) -> None:
    made = busy.series(12)
    uid = made[0]["calendar_uid"]
    statements = [
        *(edit(made[n]["id"], "following", title=f"From {n}") for n in (2, 4, 6, 8)),
        edit(made[0]["id"], "all", **TWICE_A_WEEK),
        edit(made[5]["id"], "all", recurrence={"pattern": "biweekly", "count": 8}),
        edit(made[3]["id"], "following", start_time=made[3]["start_time"] + HOUR),
        edit(made[1]["id"], "this", title="Guest"),
        call_off(made[10]["id"], "following"),
        call_off(made[7]["id"], "this"),
    ]
    outcomes = at_once(busy.database, statements, user=busy.manager)
    assert set(outcomes) <= {"done", "PT409"}, outcomes
    assert outcomes["done"] >= 5
    sound(busy, uid)


# -- Series and single bookings --------------------------------------------------------------------


@pytest.fixture
def third(busy: Busy) -> datetime:
    busy.conn.execute("update public.app_settings set mentor_buffer_minutes = 15")
    return (MONDAY.astimezone(BERLIN) + 2 * WEEK).astimezone(UTC)


def test_a_single_booking_waits_for_a_series_and_sees_it(busy: Busy, third: datetime) -> None:
    outcome = busy.both(new_series(busy.mentor, MONDAY), booking(busy.mentor, third + HOUR))
    assert outcome == ("done", "23P01")


def test_a_series_waits_for_a_single_booking_and_sees_it(busy: Busy, third: datetime) -> None:
    outcome = busy.both(booking(busy.mentor, third + HOUR), new_series(busy.mentor, MONDAY))
    assert outcome == ("done", "23P01")
    assert series_count(busy) == 0


def test_an_edit_waits_for_a_single_booking_and_sees_it(busy: Busy, third: datetime) -> None:
    made = busy.series(start_time=MONDAY + 4 * HOUR)
    outcome = busy.both(
        booking(busy.mentor, third + HOUR), edit(made[0]["id"], "all", start_time=MONDAY)
    )
    assert outcome == ("done", "23P01")
    assert {row["sequence"] for row in sound(busy, made[0]["calendar_uid"])} == {0}


def test_without_turns_neither_sees_the_other(busy: Busy, third: datetime) -> None:
    """The control: too close to each other, which no constraint could say."""
    busy.conn.execute(
        "create or replace function private.take_mentor_turn(mentor_id uuid) returns void"
        " language plpgsql set search_path = pg_catalog, pg_temp as $$ begin end $$"
    )
    outcome = busy.both(new_series(busy.mentor, MONDAY), booking(busy.mentor, third + HOUR))
    assert outcome == ("done", "done")


def test_many_series_and_bookings_at_once_never_meet(busy: Busy) -> None:
    with busy.conn.transaction():
        other = World(busy.conn).mentor("Other")
    made = busy.series(start_time=MONDAY - 3 * HOUR)
    statements = [
        *(
            new_series(mentor, MONDAY + n * HOUR / 2)
            for mentor in (busy.mentor, other)
            for n in (0, 1)
        ),
        *(booking(mentor, MONDAY + n * WEEK) for mentor in (busy.mentor, other) for n in (0, 4)),
        edit(made[0]["id"], "all", start_time=MONDAY),
        edit(made[2]["id"], "following", mentor_id=other),
        (
            "select public.reassign_mentor_sessions(%(from)s, %(to)s)",
            {"from": busy.mentor, "to": other},
        ),
    ]
    outcomes = at_once(busy.database, statements, user=busy.manager)
    assert set(outcomes) <= {"done", "23P01", "PT409"}, outcomes
    assert outcomes["done"] >= 1
    overlaps = busy.conn.execute(
        """
        select from public.success_sessions as one
        inner join public.success_sessions as other
            on one.mentor_id = other.mentor_id and one.id < other.id
            and one.start_time < other.end_time and one.end_time > other.start_time
        where one.status = 'upcoming' and other.status = 'upcoming'
        """
    )
    assert overlaps.rowcount == 0
    sound(busy, made[0]["calendar_uid"])


def test_a_series_given_away_is_given_away_with_the_part_split_off_meanwhile(busy: Busy) -> None:
    made = busy.series()
    with busy.conn.transaction():
        other = World(busy.conn).mentor("Other")
    outcome = busy.both(
        edit(made[3]["id"], "following", title="Second"),
        (
            "select public.reassign_mentor_sessions(%(from)s, %(to)s)",
            {"from": busy.mentor, "to": other},
        ),
    )
    # Half of it is never left behind: the manager sends it again.
    assert outcome == ("done", "PT409")
    parts = series_of(busy.conn, made[0]["calendar_uid"])
    assert {part["mentor_id"] for part in parts} == {busy.mentor}


def series_count(busy: Busy) -> int:
    row = busy.conn.execute("select count(*) from public.session_series").fetchone()
    assert row is not None
    return int(row[0])


def _encoded(statement: Statement) -> tuple[bytes, dict[str, Any]]:
    return statement[0].encode(), statement[1]
