"""Presence against a model: seconds ticked off one by one instead of ranges merged."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import class_row

from support.world import World

SECOND = timedelta(seconds=1)
LENGTH = 3600
OPENS = -900
"""When joining opens, in seconds from the start."""


@dataclass(frozen=True, slots=True)
class Event:
    """Somebody comes or goes, or the platform closes the meeting.

    Attributes:
        source: Who saw it.
        kind: What it says.
        at: Seconds from the start of the session.
        device: The connection that the platform names, if it does.
    """

    source: Literal["join", "platform"]
    kind: Literal["join", "leave", "end"]
    at: int
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Presence:
    """What `private.session_presence` answers of one learner, in seconds from the start."""

    joined_at: int
    left_at: int | None
    present_for: int


def model(events: list[Event], *, is_completed: bool, until: int) -> Presence | None:
    """What the events amount to.

    A join opens an interval, the next event of the same device closes it, or the end of the
    meeting; an open one lasts until now or the end of the session. A click holds until the next
    click, and until the platform sees the learner gone. What ends before joining opens is left out.
    Every second inside the session that any interval covers counts once.

    Args:
        events: In the order of their arrival.
        is_completed: Whether the session is over.
        until: The end of the session, or now.
    """
    ends = [event.at for event in events if event.kind == "end"]

    def stays(told: list[Event], stops: list[int]) -> list[tuple[int, int | None]]:
        found = []
        for number, event in enumerate(told):
            if event.kind == "join":
                later = [other.at for other in told[number + 1 : number + 2]]
                found.append(
                    (event.at, min(later + [s for s in stops if s >= event.at], default=None))
                )
        return found

    def seconds(intervals: list[tuple[int, int | None]]) -> set[int]:
        return {
            second
            for came, went in intervals
            for second in range(came, until if went is None else went)
        }

    seen: list[tuple[int, int | None]] = []
    leaves: list[int] = []
    for device in (None, "phone", "laptop"):
        told = [e for e in events if (e.source, e.device) == ("platform", device)]
        # A join and a leave of one device at one moment leave it as it was.
        balance = Counter[int]()
        for event in told:
            if event.kind != "end":
                balance[event.at] += 1 if event.kind == "join" else -1
        told = [
            Event("platform", "join" if more > 0 else "leave", at, device)
            for at, more in sorted(balance.items())
            if more != 0
        ]
        leaves += [event.at for event in told if event.kind == "leave"]
        seen += stays(told, ends)
    is_gone_at = [at for at in leaves if at not in seconds(seen)]
    # Sorting keeps events of one time in the order of their arrival.
    clicks = sorted((e for e in events if e.source == "join"), key=lambda e: e.at)
    intervals = [
        (came, went)
        for came, went in seen + stays(clicks, ends + is_gone_at)
        if went is None or went >= OPENS
    ]
    if not intervals:
        return None

    joined_at = min(came for came, _ in intervals)
    left_at: int | None
    if all(went is not None for _, went in intervals):
        left_at = max(went for _, went in intervals if went is not None)
    else:
        left_at = max(LENGTH, joined_at) if is_completed else None
    return Presence(joined_at, left_at, len(seconds(intervals) & set(range(LENGTH))))


def some_events(chance: random.Random) -> list[Event]:
    """A few events around the session, often at the same moments, not in the order of time."""
    moments = [chance.randint(2 * OPENS, LENGTH + 900) for _ in range(5)] + [0, LENGTH]
    found: list[Event] = []
    for _ in range(chance.randint(1, 7)):
        source: Literal["join", "platform"] = chance.choice(["join", "platform"])
        kind: Literal["join", "leave"] = chance.choice(["join", "join", "leave"])
        device = chance.choice([None, "phone", "laptop"]) if source == "platform" else None
        found.append(Event(source, kind, chance.choice(moments), device))
    if chance.random() < 0.2:
        found.append(Event("platform", "end", chance.choice(moments)))
    return found


def record(conn: psycopg.Connection, session: UUID, user: UUID, events: list[Event]) -> None:
    """Write the events as they arrive."""
    conn.cursor().executemany(
        """
        insert into private.presence_events
        (session_id, user_id, kind, occurred_at, source, connection_id)
        select session.id, %s, %s, session.start_time + %s, %s, %s
        from public.success_sessions as session where session.id = %s
        """,
        [
            (None if e.kind == "end" else user, e.kind, e.at * SECOND, e.source, e.device, session)
            for e in events
        ],
    )


@dataclass(frozen=True, slots=True)
class Row:
    """A row of `private.session_presence`, relative to the session's start."""

    student_id: UUID
    joined_at: timedelta
    left_at: timedelta | None
    present_for: timedelta


def presence(conn: psycopg.Connection, session: UUID, user: UUID | None = None) -> dict[UUID, Row]:
    """What the database makes of them."""
    with conn.cursor(row_factory=class_row(Row)) as cursor:
        rows = cursor.execute(
            """
            select
                found.student_id,
                found.joined_at - session.start_time as joined_at,
                found.left_at - session.start_time as left_at,
                found.present_for
            from public.success_sessions as session
            cross join lateral private.session_presence(session, %s) as found
            where session.id = %s
            """,
            (user, session),
        ).fetchall()
    assert len({row.student_id for row in rows}) == len(rows)
    return {row.student_id: row for row in rows}


def as_row(student: UUID, expected: Presence) -> Row:
    return Row(
        student,
        expected.joined_at * SECOND,
        None if expected.left_at is None else expected.left_at * SECOND,
        expected.present_for * SECOND,
    )


@pytest.mark.parametrize("seed", range(20))
def test_presence_in_a_completed_session_is_what_the_model_says(
    conn: psycopg.Connection, world: World, seed: int
) -> None:
    chance = random.Random(seed)
    students = [world.student() for _ in range(4)]
    for _ in range(5):
        session = world.session(starts=timedelta(hours=-3), status="completed")
        events = {student: some_events(chance) for student in students}
        ends = [e for told in events.values() for e in told if e.kind == "end"]
        # Arrivals of several students and of another session are mixed up.
        for student in students:
            record(conn, session, student, events[student])
            record(conn, world.session(), student, some_events(chance))

        expected = {
            student: as_row(student, found)
            for student in students
            if (
                found := model(
                    [e for e in events[student] if e.kind != "end"] + ends,
                    is_completed=True,
                    until=LENGTH,
                )
            )
        }
        assert presence(conn, session) == expected, events
        for student in students:
            alone = {student: expected[student]} if student in expected else {}
            assert presence(conn, session, student) == alone, events[student]


@pytest.mark.parametrize("seed", range(20))
def test_presence_in_a_running_session_lasts_until_now(
    conn: psycopg.Connection, world: World, seed: int
) -> None:
    chance = random.Random(1000 + seed)
    student = world.student()
    now = LENGTH // 2
    session = world.session(
        starts=(datetime.now(UTC) - now * SECOND).replace(microsecond=0), status="live"
    )
    # What has not happened yet cannot have arrived.
    events = [event for event in some_events(chance) + some_events(chance) if event.at < now]
    record(conn, session, student, events)

    def elapsed() -> int:
        row = conn.execute(
            "select extract(epoch from clock_timestamp() - start_time)::integer"
            " from public.success_sessions where id = %s",
            (session,),
        ).fetchone()
        assert row is not None
        seconds: int = row[0]
        return seconds

    earliest = elapsed() - 1
    found = presence(conn, session).get(student)
    latest = elapsed() + 1

    low = model(events, is_completed=False, until=earliest)
    high = model(events, is_completed=False, until=latest)
    if low is None or high is None:
        assert found is None
        return
    assert found is not None
    assert found.joined_at == low.joined_at * SECOND
    assert found.left_at == (None if low.left_at is None else low.left_at * SECOND)
    assert low.present_for * SECOND <= found.present_for <= high.present_for * SECOND


def test_the_random_events_cover_what_matters() -> None:
    """Otherwise the properties above could hold of nothing."""
    seen: defaultdict[str, int] = defaultdict(int)
    for seed in range(20):
        chance = random.Random(seed)
        for _ in range(20):
            events = some_events(chance)
            found = model(events, is_completed=True, until=LENGTH)
            seen["never joined"] += found is None
            first = min((e.at for e in events if e.kind == "join"), default=LENGTH)
            seen["gone too early"] += first < OPENS and (found is None or found.joined_at > first)
            if found is None:
                continue
            seen["open at the end"] += found.left_at == LENGTH
            seen["nothing inside"] += found.present_for == 0
            seen["part of it"] += 0 < found.present_for < LENGTH
            seen["all of it"] += found.present_for == LENGTH
            seen["two sources"] += len({e.source for e in events}) == 2
            seen["two devices"] += len({e.device for e in events}) > 2
            seen["the meeting ends"] += any(e.kind == "end" for e in events)
            seen["same moment"] += len({e.at for e in events}) < len(events)
            seen["out of order"] += [e.at for e in events] != sorted(e.at for e in events)
    assert len(seen) == 11
    assert min(seen.values()) >= 5, dict(seen)


@pytest.mark.parametrize(
    ("events", "minutes"),
    [
        ([("join", "join", 0), ("join", "leave", 30)], 30),
        ([("join", "join", -10), ("join", "leave", 30)], 30),
        ([("join", "join", 30)], 30),
        ([("join", "join", 30), ("join", "leave", 90)], 30),
        ([("join", "join", -10), ("join", "leave", -5)], 0),
        ([("join", "join", 0), ("join", "leave", 20), ("join", "join", 40)], 40),
        # Hardly anybody clicks Leave; the platform sees them go.
        ([("join", "join", 0), ("platform", "join", 1), ("platform", "leave", 31)], 31),
        ([("join", "join", 0), ("platform", "leave", 31)], 31),
        # Gone, and back by a click that the platform has not told of yet.
        (
            [
                ("join", "join", 0),
                ("platform", "join", 1),
                ("platform", "leave", 31),
                ("join", "join", 40),
            ],
            51,
        ),
        ([("join", "join", 0), ("platform", "end", 20)], 20),
        (
            [
                ("platform", "join", 0),
                ("platform", "end", 20),
                ("platform", "join", 30),
                ("platform", "leave", 40),
            ],
            30,
        ),
        (
            [
                ("join", "join", 0),
                ("platform", "join", 10),
                ("join", "leave", 20),
                ("platform", "leave", 30),
            ],
            30,
        ),
        # Told in the wrong order.
        ([("platform", "leave", 40), ("platform", "join", 10)], 30),
    ],
)
def test_examples_by_hand(
    conn: psycopg.Connection,
    world: World,
    events: list[tuple[Literal["join", "platform"], Literal["join", "leave", "end"], int]],
    minutes: int,
) -> None:
    """The model itself is not taken on trust."""
    student = world.student()
    session = world.session(starts=timedelta(hours=-3), status="completed")
    told = [Event(source, kind, at * 60) for source, kind, at in events]
    record(conn, session, student, told)

    expected = model(told, is_completed=True, until=LENGTH)
    assert expected is not None
    assert expected.present_for == minutes * 60
    assert presence(conn, session)[student].present_for == timedelta(minutes=minutes)


def test_who_was_there_before_the_session_was_put_off_was_not_there(
    conn: psycopg.Connection, world: World
) -> None:
    """Clicks are forgotten then; what platforms told may be told again."""
    gone, waiting = world.student(), world.student()
    session = world.session(starts=timedelta(hours=-3), status="completed")
    record(conn, session, gone, [Event("platform", "join", -7200)])
    record(conn, session, gone, [Event("platform", "leave", OPENS - 1)])
    record(conn, session, waiting, [Event("platform", "join", -7200)])
    record(conn, session, waiting, [Event("platform", "leave", OPENS)])

    assert set(presence(conn, session)) == {waiting}


def test_whose_leave_found_no_session_because_it_was_put_off_was_not_there(
    conn: psycopg.Connection, world: World
) -> None:
    """Put off by a day, it is far from the meeting that they left, whose next end closes all."""
    gone, early = world.student(), world.student()
    session = world.session(starts=timedelta(hours=-3), status="completed")
    record(conn, session, gone, [Event("platform", "join", -86400)])
    record(conn, session, early, [Event("platform", "join", -3600)])
    assert set(presence(conn, session)) == {early}

    record(conn, session, early, [Event("platform", "end", LENGTH)])
    assert set(presence(conn, session)) == {early}


def test_who_clicks_hours_before_is_there_where_joining_opens_so_early(
    conn: psycopg.Connection, world: World
) -> None:
    conn.execute("update public.app_settings set join_opens_minutes_before = 120")
    student = world.student()
    session = world.session(starts=timedelta(hours=-3), status="completed")
    record(conn, session, student, [Event("join", "join", -5400)])
    assert presence(conn, session)[student].present_for == timedelta(hours=1)


def test_what_one_device_leaves_another_is_still_in(conn: psycopg.Connection, world: World) -> None:
    student = world.student()
    session = world.session(starts=timedelta(hours=-3), status="completed")
    told = [
        Event("join", "join", 0),
        Event("platform", "join", 60, "laptop"),
        Event("platform", "join", 600, "phone"),
        Event("platform", "leave", 1200, "laptop"),
        Event("platform", "leave", 1800, "phone"),
    ]
    record(conn, session, student, told)

    assert presence(conn, session)[student].present_for == timedelta(minutes=30)
