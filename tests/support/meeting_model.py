"""A meeting as it was: who was in it with which device when, what a platform tells of it, and what
attendance follows. Knows nothing of the database: seconds are ticked off one by one.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

LENGTH = 3600
LATE_AFTER = 600
PARTIAL_BELOW = 0.75

How = Literal["id", "registrant", "address", "name"]


@dataclass(frozen=True, slots=True)
class Stay:
    """One device in the meeting, in seconds from the start of the session.

    Attributes:
        device: The platform's name of the connection; None where it tells none.
    """

    came: int
    went: int
    device: str | None


@dataclass(frozen=True, slots=True)
class Person:
    """A student.

    Attributes:
        how: By what the platform tells who it is.
        clicked: When they clicked Join; None: they came by the platform's own app.
        stays: In the meeting, those of one device one after the other.
    """

    name: str
    how: How
    clicked: int | None
    stays: tuple[Stay, ...]


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting in one session; nobody stays longer than it lasts."""

    ended: int
    people: tuple[Person, ...]

    @property
    def began(self) -> int:
        """When the first came; the end where nobody did."""
        return min((s.came for p in self.people for s in p.stays), default=self.ended)


@dataclass(frozen=True, slots=True)
class Told:
    """A webhook.

    Attributes:
        number: Its id.
        person: Whom it is about; None: everybody.
    """

    number: int
    kind: Literal["join", "leave", "end"]
    at: int
    person: str | None = None
    device: str | None = None


def some_meeting(chance: random.Random) -> Meeting:
    """A meeting of a few people with one or two devices, who come and go."""
    ended = chance.choice([LENGTH, LENGTH + 300, LENGTH - 600, 1800])
    hows: list[How] = ["id", "id", "registrant", "address", "name"]
    people = []
    for number, how in enumerate(hows):
        kinds: list[list[str | None]] = [[None], ["phone"], ["phone", "laptop"]]
        devices = chance.choice(kinds)
        stays = tuple(stay for device in devices for stay in _stays(chance, device, ended, number))
        clicked = None
        if chance.random() < 0.5:
            first = min((stay.came for stay in stays), default=chance.randint(-300, 900))
            clicked = first - chance.randint(0, 60)
        people.append(Person(f"{how}{number}", how, clicked, stays))
    return Meeting(ended, tuple(people))


def _stays(chance: random.Random, device: str | None, ended: int, number: int) -> Iterator[Stay]:
    at = chance.choice([-600, 0, 30, 599, 600, 601, chance.randint(-900, 1500)])
    for _ in range(chance.randint(0, 3)):
        # Often to the end, which nobody is told of one by one.
        went = chance.choice([ended, min(ended, at + chance.randint(1, 2400))])
        if at >= went:
            return
        yield Stay(at, went, None if device is None else f"{device}-{number}")
        # Back in the same second, too.
        at = went + chance.choice([0, 1, 300])


def webhooks(meeting: Meeting) -> list[Told]:
    """What the platform tells, in order. Of those who stay to the end it tells the end alone."""
    told: list[tuple[int, int, str, str | None, str | None]] = []
    for person in meeting.people:
        for stay in person.stays:
            told.append((stay.came, 1, "join", person.name, stay.device))
            if stay.went < meeting.ended:
                told.append((stay.went, 0, "leave", person.name, stay.device))
    told.append((meeting.ended, 2, "end", None, None))
    told.sort(key=lambda event: event[:2])
    return [
        Told(number, kind, at, person, device)  # type: ignore[arg-type]
        for number, (at, _, kind, person, device) in enumerate(told)
    ]


def mistold(chance: random.Random, events: list[Told], *, dropped: float) -> list[Told]:
    """The events in any order, some of them several times, this share of them never."""
    kept = [event for event in events if chance.random() >= dropped]
    kept += [event for event in kept if chance.random() < 0.3]
    chance.shuffle(kept)
    return kept


def attendance(meeting: Meeting) -> dict[str, tuple[str, int]]:
    """Status and whole minutes of everybody who came or clicked."""
    found: dict[str, tuple[str, int]] = {}
    for person in meeting.people:
        if person.clicked is None and not person.stays:
            continue
        seen = {second for stay in person.stays for second in range(stay.came, stay.went)}
        present = set(seen)
        if person.clicked is not None:
            # It holds until the platform sees the last device gone, or the meeting ends.
            leaves = {stay.went for stay in person.stays if stay.went not in seen}
            gone = [at for at in leaves | {meeting.ended} if at >= person.clicked]
            present |= set(range(person.clicked, min(gone, default=LENGTH)))
        came = min([stay.came for stay in person.stays] + [person.clicked or LENGTH * 9])
        if person.clicked is not None:
            came = min(came, person.clicked)
        inside = len(present & set(range(LENGTH)))
        if inside < PARTIAL_BELOW * LENGTH:
            status = "partial"
        elif came > LATE_AFTER:
            status = "late"
        else:
            status = "present"
        found[person.name] = (status, _rounded(inside))
    return found


def report(meeting: Meeting) -> list[dict[str, Any]]:
    """The platform's report: every stay, as `(person, came, went, device)`."""
    return [
        {"person": person.name, "came": stay.came, "went": stay.went, "device": stay.device}
        for person in meeting.people
        for stay in person.stays
    ]


def _rounded(seconds: int) -> int:
    """Whole minutes as `round(numeric)` rounds: half away from zero."""
    return (seconds + 30) // 60
