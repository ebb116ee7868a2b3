"""Presence told by several at one moment: each waits for the other and sees what it wrote."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from devstack.databases import Database
from support.meetings import MEETING, attended, stay
from support.rush import act_as, at_once, attempt, started
from support.series import create
from support.world import World

MINUTE = timedelta(minutes=1)
START = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=5)
END = START + 60 * MINUTE


@dataclass(frozen=True, slots=True)
class Scene:
    """A session that is over, with one student, and three connections."""

    watch: psycopg.Connection
    first: psycopg.Connection
    second: psycopg.Connection
    session: UUID
    anna: UUID

    def tell(self, kind: str, at: datetime, number: int) -> tuple[LiteralString, dict[str, Any]]:
        """A webhook about Anna."""
        return (
            "select public.record_presence('zoom', %(number)s::text, %(meeting)s, %(kind)s,"
            " %(at)s, %(key)s)",
            {
                "number": number,
                "meeting": MEETING,
                "kind": kind,
                "at": at,
                "key": str(self.anna),
            },
        )

    def one_in_the_middle_of_the_other(
        self, before: tuple[str, dict[str, Any]], after: tuple[str, dict[str, Any]]
    ) -> bool:
        """Run `after` while `before` is not committed; whether it waited."""
        self.first.execute(before[0].encode(), before[1])
        with started(self.watch, self.second, lambda: attempt(self.second, after)) as future:
            waited = not future.done()
            self.first.commit()
            assert future.result(timeout=30) == "done"
        return waited


@pytest.fixture
def scene(database: Database) -> Iterator[Scene]:
    with psycopg.connect(database.url) as conn:
        world = World(conn)
        batch = world.batch()
        anna = world.student("Anna", batch=batch)
        session = world.session(
            batch=batch, starts=START, status="completed", zoom_meeting_id=MEETING
        )
    with (
        psycopg.connect(database.url, autocommit=True) as watch,
        psycopg.connect(database.url) as first,
        psycopg.connect(database.url) as second,
    ):
        yield Scene(watch, first, second, session, anna)


REPORT = (
    "select public.reconcile_presence('zoom', 'report', %(meeting)s, %(start)s, %(end)s,"
    " jsonb_build_array(jsonb_build_object('joined_at', %(start)s::timestamptz,"
    " 'left_at', %(start)s::timestamptz + interval '20 minutes',"
    " 'participant_key', %(key)s::text)))"
)
FINAL = "select private.finalize_attendance(%(session)s)"
ENDED = "select public.end_meeting('zoom', 'end', %(meeting)s, %(start)s + interval '50 minutes')"
HEARD: dict[str, tuple[str, tuple[str, int]]] = {
    "a leave": ("", ("present", 50)),
    "the end of the meeting": (ENDED, ("present", 50)),
    "the report": (REPORT, ("partial", 20)),
    "the end of the session": (FINAL, ("present", 60)),
}


@pytest.mark.parametrize("is_first", [True, False], ids=["join first", "join second"])
@pytest.mark.parametrize("other", HEARD)
def test_a_join_and_what_is_heard_at_the_same_moment_both_count(
    scene: Scene, other: str, is_first: bool
) -> None:
    statement, expected = HEARD[other]
    join = scene.tell("join", START, 1)
    values = {
        "meeting": MEETING,
        "start": START,
        "end": END,
        "key": str(scene.anna),
        "session": scene.session,
    }
    heard = (statement, values) if statement else scene.tell("leave", START + 50 * MINUTE, 2)

    pair = (join, heard) if is_first else (heard, join)
    assert scene.one_in_the_middle_of_the_other(*pair)

    assert attended(scene.watch, scene.session) == {scene.anna: expected}


@pytest.mark.parametrize("is_first", [True, False], ids=["join first", "join second"])
def test_a_click_while_the_session_is_put_off_counts_before_it_or_not_at_all(
    scene: Scene, is_first: bool
) -> None:
    world = World(scene.watch)
    batch = world.batch()
    ben, mentor = world.student("Ben", batch=batch), world.mentor()
    session = world.session(batch=batch, mentor=mentor, starts=5 * MINUTE)
    join = ben, ("select public.join_session(%(id)s)", {"id": session})
    put_off = (
        mentor,
        (
            "select public.reschedule_session(%(id)s, now() + interval '1 day')",
            {"id": session},
        ),
    )
    (first, before), (second, after) = (join, put_off) if is_first else (put_off, join)

    act_as(scene.first, first)
    scene.first.execute(before[0].encode(), before[1])
    with started(
        scene.watch, scene.second, lambda: attempt(scene.second, after, user=second)
    ) as future:
        assert not future.done(), "it did not wait"
        scene.first.commit()
        assert future.result(timeout=30) == ("done" if is_first else "PT409")

    assert attended(scene.watch, session) == {}
    row = scene.watch.execute(
        "select count(*) from private.presence_events where session_id = %s", (session,)
    ).fetchone()
    assert row == (0,)


LATE = "select public.record_presence('zoom', 'late', %(meeting)s, 'join', %(at)s, %(key)s)"
UNMARKED = "select public.mark_attendance(%(session)s, %(key)s::uuid, null)"
WAITING: dict[str, tuple[str, tuple[str, int]]] = {
    "a join": (LATE, ("partial", 5)),
    "the end of the meeting": (ENDED, ("absent", 0)),
    "the report": (REPORT, ("partial", 20)),
    "a mark taken back": (UNMARKED, ("absent", 0)),
}


@pytest.mark.parametrize("what", WAITING)
def test_what_waits_while_its_session_is_completed_counts_in_a_session_that_is_over(
    scene: Scene, what: str
) -> None:
    world = World(scene.watch)
    batch = world.batch()
    ben, absent = (world.student(name, batch=batch) for name in ("Ben", "Absent"))
    session = world.session(batch=batch, starts=START, status="live", zoom_meeting_id="111222333")
    statement, expected = WAITING[what]
    values = {
        "meeting": "111222333",
        "start": START,
        "end": END,
        "at": END - 5 * MINUTE,
        "key": str(ben),
        "session": session,
    }
    sender = world.enrollment_manager() if what == "a mark taken back" else None

    scene.first.execute(
        "update public.success_sessions set status = 'completed' where id = %s", (session,)
    )
    scene.first.execute("select private.take_presence_turn(%s)", (session,))
    with started(
        scene.watch, scene.second, lambda: attempt(scene.second, (statement, values), user=sender)
    ) as future:
        assert not future.done()
        scene.first.execute(FINAL.encode(), values)
        scene.first.commit()
        assert future.result(timeout=30) == "done"

    assert attended(scene.watch, session) == {ben: expected, absent: ("absent", 0)}


def test_one_event_told_many_times_at_once_is_recorded_once(
    database: Database, scene: Scene
) -> None:
    outcomes = at_once(database, [scene.tell("join", START, 1)] * 8)

    assert outcomes == {"done": 8}
    row = scene.watch.execute("select count(*) from private.presence_events").fetchone()
    assert row == (1,)
    assert attended(scene.watch, scene.session) == {scene.anna: ("present", 60)}


def test_without_the_turn_one_of_them_would_be_lost(scene: Scene) -> None:
    """The control: the guard is what makes the tests above pass."""
    scene.watch.execute(
        """
        create or replace function private.take_presence_turn(
            session_id uuid, of_whom text default null
        ) returns void language plpgsql set search_path = pg_catalog, pg_temp
        as $$ begin null; end $$
        """
    )
    join, leave = scene.tell("join", START, 1), scene.tell("leave", START + 50 * MINUTE, 2)
    # It does not wait, and does not know of the leave that is not committed yet.
    leave_first = scene.one_in_the_middle_of_the_other(leave, join)

    assert not leave_first
    assert attended(scene.watch, scene.session) == {scene.anna: ("present", 60)}


def test_a_report_over_dates_of_a_series_lets_an_edit_of_them_come_first(
    database: Database, scene: Scene
) -> None:
    """The edit goes by the dates' times and the report by their ids: each could hold one of two."""
    world = World(scene.watch)
    course = world.course()
    ben, manager = world.student("Ben", course=course), world.enrollment_manager()
    with scene.watch.transaction():
        dates = create(
            scene.watch,
            manager,
            {"pattern": "weekly", "count": 2},
            course_id=course,
            zoom_meeting_id="111222333",
        )
    low, high = sorted(dates, key=lambda date: date["id"])
    # What moves, moves towards the free side first: here the date of the higher id.
    hour = timedelta(hours=1 if high["start_time"] > low["start_time"] else -1)
    edit = (
        "select public.update_session_series(%(id)s, 'all',"
        " jsonb_build_object('start_time', %(start)s::timestamptz))",
        {"id": dates[0]["id"], "start": dates[0]["start_time"] + hour},
    )
    stays = [
        stay(date["start_time"] - 60 * MINUTE, date["end_time"] + 60 * MINUTE, str(ben))
        for date in dates
    ]
    report = (
        "select public.reconcile_presence('zoom', 'report', '111222333', %(start)s, %(end)s,"
        " %(stays)s)",
        {
            "start": dates[0]["start_time"],
            "end": dates[1]["end_time"],
            "stays": Jsonb(stays),
        },
    )
    # Somebody's attendance of the lower one is being written.
    scene.first.execute(
        "select from private.session_statistics where session_id = %s for key share", (low["id"],)
    )
    with (
        psycopg.connect(database.url) as third,
        started(
            scene.watch, scene.second, lambda: attempt(scene.second, edit, user=manager)
        ) as edited,
        started(scene.watch, third, lambda: attempt(third, report)) as reported,
    ):
        waited = not edited.done() and not reported.done()
        scene.first.commit()
        assert reported.result(timeout=30) == "done"
        assert edited.result(timeout=30) == "done"
    assert waited
    assert all(ben in attended(scene.watch, date["id"]) for date in dates)
