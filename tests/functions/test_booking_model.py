"""Random offers, calendars and bookings against a model that knows nothing of how it is done."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import pytest
from dateutil.rrule import rrulestr

from support.actors import as_user
from support.bookings import book, cancel, move, offer, starts
from support.sessions import tomorrow
from support.world import World

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
START = tomorrow(6)
HORIZON = 12 * DAY

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer as the model sees it."""

    id: UUID
    rule: str
    zone: ZoneInfo
    opens: datetime
    window: int
    slot: int
    gap: int
    open_limit: int | None
    week_limit: int | None
    day_limit: int | None

    def slots(self) -> set[datetime]:
        """Every slot of its rule within the horizon."""
        local = self.opens.astimezone(self.zone).replace(tzinfo=None)
        end = local + HORIZON + DAY
        found = set()
        for date in rrulestr(self.rule, dtstart=local).between(local, end, inc=True):
            opening = date.replace(tzinfo=self.zone).astimezone(UTC)
            nth = 0
            while nth * (self.slot + self.gap) + self.slot <= self.window:
                found.add(opening + nth * (self.slot + self.gap) * MINUTE)
                nth += 1
        return {start for start in found if START <= start < START + HORIZON}

    def day(self, start: datetime) -> str:
        return start.astimezone(self.zone).strftime("%F")

    def week(self, start: datetime) -> str:
        return start.astimezone(self.zone).strftime("%G-%V")


@dataclass(slots=True)
class Booking:
    """A booking as the model sees it."""

    session: UUID
    offer: Offer
    student: UUID
    start: datetime

    @property
    def span(self) -> Span:
        return self.start, self.start + self.offer.slot * MINUTE


@dataclass(slots=True)
class Model:
    """What is in the mentor's calendar, and what may be booked besides."""

    buffer: timedelta
    hours: list[tuple[int, int, int]]
    taken: list[Span]
    away: list[Span]
    bookings: list[Booking] = field(default_factory=list)

    def free(self, offered: Offer, student: UUID, moved: Booking | None = None) -> set[datetime]:
        others = [booking for booking in self.bookings if booking is not moved]
        busy = [
            (start - self.buffer, end + self.buffer)
            for start, end in [*self.taken, *(booking.span for booking in others)]
        ] + self.away
        mine = [booking for booking in others if booking.student == student]
        here = [booking for booking in mine if booking.offer is offered]
        days = Counter(offered.day(booking.start) for booking in others)
        weeks = Counter(offered.week(booking.start) for booking in here)
        if offered.open_limit is not None and len(here) >= offered.open_limit:
            return set()
        return {
            start
            for start in offered.slots()
            if not overlaps((start, start + offered.slot * MINUTE), busy)
            and self.is_open(start, start + offered.slot * MINUTE)
            and not (offered.day_limit and days[offered.day(start)] >= offered.day_limit)
            and not (offered.week_limit and weeks[offered.week(start)] >= offered.week_limit)
        }

    def is_open(self, start: datetime, end: datetime) -> bool:
        return not self.hours or any(
            start.isoweekday() == weekday
            and start.hour * 60 + start.minute >= opens * 60
            and (end - start.replace(hour=0, minute=0)) <= closes * 60 * MINUTE
            for weekday, opens, closes in self.hours
        )


def overlaps(span: Span, spans: list[Span]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in spans)


def attempt(
    conn: psycopg.Connection, what: Booking | Offer, start: datetime
) -> tuple[str | None, dict[str, Any]]:
    """Move a booking or book a slot: the SQLSTATE of the refusal, or None and the answer."""
    try:
        with conn.transaction():
            if isinstance(what, Booking):
                return None, move(conn, what.session, start)
            return None, book(conn, what.id, start)
    except psycopg.Error as error:
        return error.sqlstate, {}


@pytest.mark.parametrize("seed", range(12))
def test_slots_and_bookings_are_as_the_model_says(
    conn: psycopg.Connection, world: World, seed: int
) -> None:
    draw = random.Random(seed)
    course = world.course()
    students = [world.student(f"Student {n}", course=course) for n in range(3)]
    mentor = world.mentor()
    model = Model(
        buffer=draw.choice((0, 0, 10)) * MINUTE,
        hours=draw.choice(([], [(day, 8, 20) for day in (1, 2, 3, 5)])),
        taken=[],
        away=[],
    )
    conn.execute(
        "update public.app_settings set mentor_buffer_minutes = %s",
        (model.buffer // MINUTE,),
    )
    for weekday, first, last in model.hours:
        world.available(mentor, weekday, f"{first:02}:00", f"{last:02}:00")
    for n in range(draw.randrange(5)):
        start = START + n * DAY + draw.randrange(40) * 15 * MINUTE
        model.taken.append((start, start + 45 * MINUTE))
        world.session(mentor=mentor, starts=start, minutes=45)
    for _ in range(draw.randrange(3)):
        start = START + draw.randrange(10 * 24) * 60 * MINUTE
        model.away.append((start, start + 300 * MINUTE))
        conn.execute(
            "insert into public.mentor_time_off (mentor_id, start_time, end_time)"
            " values (%s, %s, %s)",
            (mentor, *model.away[-1]),
        )
    offers = []
    for _ in range(2):
        zone = draw.choice(("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"))
        rule = draw.choice(
            (
                "FREQ=DAILY",
                "FREQ=DAILY;INTERVAL=2",
                "FREQ=WEEKLY;BYDAY=MO,WE,FR",
                "FREQ=DAILY;COUNT=5",
            )
        )
        slot = draw.choice((20, 30, 45))
        values = {
            "window": draw.randrange(slot, 300, 5),
            "slot": slot,
            "gap": draw.choice((0, 0, 5)),
            "open_limit": draw.choice((None, 2, 4)),
            "week_limit": draw.choice((None, 3)),
            "day_limit": draw.choice((None, 2)),
        }
        opens = START + draw.randrange(8) * 60 * MINUTE
        made = offer(
            conn,
            mentor,
            start_time=opens,
            timezone=zone,
            recurrence={"rrule": rule},
            window_minutes=values["window"],
            slot_minutes=slot,
            gap_minutes=values["gap"],
            max_open_per_student=values["open_limit"],
            max_per_student_week=values["week_limit"],
            max_per_day=values["day_limit"],
        )
        offers.append(Offer(id=made, rule=rule, zone=ZoneInfo(zone), opens=opens, **values))  # type: ignore[arg-type]

    done = Counter[str]()
    for _ in range(40):
        student, offered = draw.choice(students), draw.choice(offers)
        mine = [booking for booking in model.bookings if booking.student == student]
        step = draw.choice(("book", "book", "book", "move", "cancel"))
        if step == "cancel" and mine:
            gone = draw.choice(mine)
            with as_user(conn, student):
                cancel(conn, gone.session)
            model.bookings.remove(gone)
            continue
        moved = draw.choice(mine) if step == "move" and mine else None
        if moved:
            offered = moved.offer
        free = model.free(offered, student, moved)
        with as_user(conn, student):
            which = {"session_id": moved.session} if moved else {"offer_id": offered.id}
            shown = starts(conn, from_time=START, to_time=START + HORIZON, **which)
            assert set(shown) == free
            assert len(shown) == len(free)
            # Mostly one that is free, now and then any other.
            wanted = draw.choice(sorted(free)) if free and draw.random() < 0.7 else None
            if wanted is None:
                wanted = (
                    draw.choice(sorted(offered.slots()) or [START]) + draw.choice((0, 1)) * MINUTE
                )
            if wanted in {booking.start for booking in mine if booking.offer is offered}:
                # Safe to repeat: nothing comes of it.
                continue
            refused, booked = attempt(conn, moved or offered, wanted)
        assert (refused is None) == (wanted in free), refused
        if refused is not None:
            assert refused in {"22023", "23P01", "PT409"}
            done["refused"] += 1
            continue
        done["moved" if moved else "booked"] += 1
        if moved:
            moved.start = wanted
        else:
            model.bookings.append(Booking(booked["session_id"], offered, student, wanted))
        assert booked["end_time"] == wanted + offered.slot * MINUTE
    assert done["booked"] > 0


def test_open_hours_say_what_the_availability_of_one_meeting_says(
    conn: psycopg.Connection, world: World
) -> None:
    """Over changes of the clock, midnight and several zones."""
    draw = random.Random(7)
    mentor, nobody = world.mentor(), world.mentor("Without hours")
    for weekday in range(1, 8):
        world.available(mentor, weekday, "00:00", "03:30", "Europe/Berlin")
        world.available(mentor, weekday, "07:00", "09:00", "America/New_York")
        world.available(mentor, weekday, "20:00", "24:00", "Europe/Berlin")
    outcomes = Counter[bool]()
    for year in (2026, 2027):
        from_time = datetime(year, 3, 25, tzinfo=UTC)
        for _ in range(60):
            start = from_time + draw.randrange(8 * 24 * 4) * 15 * MINUTE
            end = start + draw.choice((15, 60, 240)) * MINUTE
            row = conn.execute(
                """
                select
                    private.open_hours(%(mentor)s, %(from)s, %(to)s) @> meeting.period,
                    %(mentor)s in (
                        select private.within_availability(array[%(mentor)s], %(start)s, %(end)s)
                    ),
                    private.open_hours(%(nobody)s, %(from)s, %(to)s) @> meeting.period
                from (select tstzrange(%(start)s, %(end)s) as period) as meeting
                """,
                {
                    "mentor": mentor,
                    "nobody": nobody,
                    "from": from_time,
                    "to": from_time + 9 * DAY,
                    "start": start,
                    "end": end,
                },
            ).fetchone()
            assert row is not None
            assert row[0] == row[1]
            assert row[2] is True
            outcomes[row[0]] += 1
    assert min(outcomes[True], outcomes[False]) > 10
