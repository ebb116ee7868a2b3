"""However a platform tells a meeting (late, twice, in any order, with gaps that its report closes):
the attendance is that of the meeting as it was.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from support.actors import as_user
from support.meeting_model import (
    Meeting,
    Told,
    attendance,
    mistold,
    report,
    some_meeting,
    webhooks,
)
from support.meetings import MEETING, Webhooks, attended, stay
from support.world import World

SECOND = timedelta(seconds=1)
START = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=5)
SEEDS = range(20)


@dataclass(frozen=True, slots=True)
class Room:
    """A session that is over, and the platform that tells of its meeting."""

    conn: psycopg.Connection
    zoom: Webhooks
    session: UUID
    mentor: UUID
    students: dict[str, UUID]

    def hear(self, events: list[Told], meeting: Meeting) -> None:
        """The webhooks, one after the other."""
        for event in events:
            at, number = START + event.at * SECOND, f"event-{event.number}"
            if event.person is None:
                self.zoom.ended(at, event_id=number)
                continue
            person = next(p for p in meeting.people if p.name == event.person)
            tell = self.zoom.joined if event.kind == "join" else self.zoom.left
            tell(
                at,
                event_id=number,
                connection_id=event.device,
                **self.told_of(person.name, person.how),
            )

    def hear_report(self, meeting: Meeting, chance: random.Random) -> None:
        """The platform's report, its lines in any order."""
        how = {person.name: person.how for person in meeting.people}
        lines = []
        for line in report(meeting):
            told = self.told_of(line["person"], how[line["person"]])
            lines.append(
                stay(START + line["came"] * SECOND, START + line["went"] * SECOND)
                | {"connection_id": line["device"]}
                | told
            )
        chance.shuffle(lines)
        self.zoom.report(START + meeting.began * SECOND, START + meeting.ended * SECOND, *lines)

    def told_of(self, name: str, how: str) -> dict[str, str | None]:
        """What the platform tells of this person."""
        return {
            "participant_key": {
                "id": self.students[name].hex,
                "registrant": f"registrant-{name}",
                "name": f"visitor-{name}",
            }.get(how),
            "participant_email": f"{name}@example.test" if how == "address" else None,
            "participant_name": "Zoom user",
        }

    def click(self, meeting: Meeting) -> None:
        """What `join_session` recorded at the time."""
        for person in meeting.people:
            if person.clicked is not None:
                self.conn.execute(
                    "insert into private.presence_events"
                    " (session_id, user_id, kind, occurred_at, source)"
                    " values (%s, %s, 'join', %s, 'join')",
                    (
                        self.session,
                        self.students[person.name],
                        START + person.clicked * SECOND,
                    ),
                )

    def link(self, meeting: Meeting) -> None:
        """The host says who those were whom only a name tells."""
        names = {f"key:visitor-{person.name}": person.name for person in meeting.people}
        waiting = self.conn.execute(
            "select id, identity from private.unmatched_participants where status = 'waiting'"
        ).fetchall()
        for participant, identity in waiting:
            with as_user(self.conn, self.mentor):
                self.conn.execute(
                    "select public.link_participant(%s, %s)",
                    (participant, self.students[names[identity]]),
                )

    def attendance(self) -> dict[str, tuple[str, int]]:
        """Of everybody but the absent, by name, after the session was settled."""
        self.conn.execute("select private.finalize_attendance(%s)", (self.session,))
        names = {student: name for name, student in self.students.items()}
        return {
            names[student]: mark
            for student, mark in attended(self.conn, self.session).items()
            if mark[0] != "absent"
        }


@pytest.fixture
def room(conn: psycopg.Connection, world: World) -> Room:
    batch, mentor = world.batch(), world.mentor()
    session = world.session(
        batch=batch, mentor=mentor, starts=START, status="completed", zoom_meeting_id=MEETING
    )
    names = [person.name for person in some_meeting(random.Random(0)).people]
    students = {
        name: world.student(name, batch=batch, email=f"{name}@example.test") for name in names
    }
    for name, student in students.items():
        conn.execute(
            "insert into private.platform_participants (session_id, participant_key, user_id)"
            " values (%s, %s, %s)",
            (session, f"registrant-{name}", student),
        )
    return Room(conn, Webhooks(conn), session, mentor, students)


@pytest.mark.parametrize("seed", SEEDS)
def test_told_in_order_it_is_the_meeting_as_it_was(room: Room, seed: int) -> None:
    meeting = some_meeting(random.Random(seed))
    room.click(meeting)
    room.hear(webhooks(meeting), meeting)
    room.link(meeting)

    assert room.attendance() == attendance(meeting)


@pytest.mark.parametrize("seed", SEEDS)
def test_told_late_twice_and_in_any_order_it_is_the_same(room: Room, seed: int) -> None:
    chance = random.Random(seed)
    meeting = some_meeting(chance)
    room.click(meeting)
    events = mistold(chance, webhooks(meeting), dropped=0)
    middle = chance.randint(0, len(events))
    room.hear(events[:middle], meeting)
    room.link(meeting)
    room.attendance()
    room.hear(events[middle:], meeting)
    room.link(meeting)

    assert room.attendance() == attendance(meeting)


@pytest.mark.parametrize("seed", SEEDS)
def test_told_in_part_and_reported_it_is_the_same(room: Room, seed: int) -> None:
    """The report comes before some of the webhooks, and perhaps twice."""
    chance = random.Random(seed)
    meeting = some_meeting(chance)
    room.click(meeting)
    events = mistold(chance, webhooks(meeting), dropped=0.5)
    middle = chance.randint(0, len(events))
    room.hear(events[:middle], meeting)
    room.link(meeting)
    for _ in range(chance.randint(1, 2)):
        room.hear_report(meeting, chance)
    room.hear(events[middle:], meeting)
    room.link(meeting)

    assert room.attendance() == attendance(meeting)


def test_what_was_dropped_matters(conn: psycopg.Connection, room: Room) -> None:
    """Else the property above would hold without the report."""
    differ = 0
    for seed in SEEDS:
        chance = random.Random(seed)
        meeting = some_meeting(chance)
        with conn.transaction() as savepoint:
            room.click(meeting)
            room.hear(mistold(chance, webhooks(meeting), dropped=0.5), meeting)
            room.link(meeting)
            differ += room.attendance() != attendance(meeting)
            raise psycopg.Rollback(savepoint)
    assert differ >= 7


def test_the_meetings_are_of_every_kind() -> None:
    seen: Counter[str] = Counter()
    for seed in SEEDS:
        meeting = some_meeting(random.Random(seed))
        marks = attendance(meeting)
        seen.update(status for status, _ in marks.values())
        for person in meeting.people:
            devices = {one.device for one in person.stays}
            seen["two devices"] += len(devices) == 2
            seen["no device named"] += devices == {None}
            seen["back in the same second"] += any(
                one.went == other.came and one.device == other.device
                for one in person.stays
                for other in person.stays
            )
            seen["to the end"] += any(one.went == meeting.ended for one in person.stays)
            seen["clicked and came"] += person.clicked is not None and bool(person.stays)
            seen["clicked and did not come"] += person.clicked is not None and not person.stays
            seen[f"told by {person.how}"] += bool(person.stays)
        seen["ended early"] += meeting.ended < 3600
    assert min(seen.values()) >= 3, seen
    assert len(seen) == 14
