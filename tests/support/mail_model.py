"""What everybody is to be told of their sessions: an account of its own, which knows no SQL.

It is told what people do, works out by itself who takes part in what and in which revision, and
looks at every mail when a worker gets it and when it arrives.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from support.outbox import Claimed

HOUR = timedelta(hours=1)
FAREWELLS = {"session_cancelled", "mentor_unassigned"}
OPTIONAL = {"session_updated", "session_reminder"}
EVENT = re.compile(r"\r\nUID:([0-9a-f-]{36})@live-sessions\r\n.*?END:VEVENT\r\n", re.DOTALL)
LINE = re.compile(r"\r\n(SEQUENCE|DTSTAMP|DTSTART|DTEND|SUMMARY):([^\r]*)")

Key = tuple[UUID, UUID]
"""Who, of which session."""


@dataclass(slots=True)
class Planned:
    """A session as it is.

    Attributes:
        title: Its title.
        start: When it begins; it ends an hour later.
        mentor: Who hosts it.
        batch: Who else takes part: this batch, or the unbatched.
        link: Where it takes place, by number.
        cancelled: Whether it was called off.
        guests: Who was invited.
        revision: How often it was changed.
        link_revision: The revision in which its link was last changed.
    """

    title: str
    start: datetime
    mentor: UUID | None
    batch: UUID | None
    link: int = 0
    cancelled: bool = False
    guests: set[UUID] = field(default_factory=set)
    revision: int = 0
    link_revision: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """What a mail tells of one session, calendar object included."""

    key: Key
    kind: str
    role: str
    shown: dict[str, Any]
    revision: int
    method: str | None
    event: dict[str, str] | None
    is_optional: bool

    @property
    def is_farewell(self) -> bool:
        return self.kind in FAREWELLS


def parts(email: Claimed) -> Iterator[Part]:
    """What a mail tells, session by session."""
    events: dict[UUID, tuple[str, dict[str, str]]] = {}
    for calendar in email.calendars:
        for found in EVENT.finditer(calendar["content"]):
            session = UUID(found[1])
            assert session not in events, "a session in two calendar objects"
            events[session] = (calendar["method"], dict(LINE.findall(found[0])))
    told = {UUID(part["session"]["id"]) for part in email.parts}
    assert set(events) <= told, "a calendar object of a session that the mail does not tell of"
    for part in email.parts:
        details = part["session"]
        session = UUID(details["id"])
        method, event = events.get(session, (None, None))
        yield Part(
            (email.recipient_id, session),
            part["kind"],
            email.recipient_role,
            {name: details[name] for name in ("title", "start_time", "end_time", "mentor_name")},
            details["sequence"],
            method,
            event,
            part["kind"] in OPTIONAL and "meeting_details" not in part["changes"],
        )


@dataclass(slots=True)
class Model:
    """The account.

    Attributes:
        names: Of the mentors.
        sessions: As they are.
        seats: Who has an active enrollment, and in which batch (None: unbatched).
        wishes: Kinds of mail that somebody switched on or off; `*` for all.
        told: What last arrived, by person and session.
        invited: Who was sent an invitation, or may have been.
        doubted: Of what somebody was sent a mail whose outcome was unknown.
        excused: What was not wanted, and so need not be known.
        choosy: Who ever switched mails off.
        reminded: The one reminder of each person, session and start.
    """

    names: dict[UUID, str]
    sessions: dict[UUID, Planned] = field(default_factory=dict)
    seats: dict[UUID, UUID | None] = field(default_factory=dict)
    wishes: dict[tuple[UUID, str], bool] = field(default_factory=dict)
    told: dict[Key, Part] = field(default_factory=dict)
    invited: set[Key] = field(default_factory=set)
    doubted: set[Key] = field(default_factory=set)
    excused: set[Key] = field(default_factory=set)
    choosy: set[UUID] = field(default_factory=set)
    reminded: dict[tuple[UUID, UUID, datetime], UUID] = field(default_factory=dict)

    # What people do

    def change(self, session: UUID, **fields: Any) -> None:
        """Change fields of a session; what leaves all as it is is no revision."""
        planned = self.sessions[session]
        if all(getattr(planned, name) == value for name, value in fields.items()):
            return
        for name, value in fields.items():
            setattr(planned, name, value)
        planned.revision += 1
        if "link" in fields:
            planned.link_revision = planned.revision
        for who in self.choosy:
            self._excuse(who, session, anew="link" not in fields)

    def choose(self, who: UUID, kind: str, wanted: bool) -> None:
        """Switch a kind of mail, or all of them, on or off."""
        self.wishes[who, kind] = wanted
        if not self.wants(who, "session_updated"):
            self.choosy.add(who)
            self.excused |= {(who, session) for session in self.sessions}

    def _excuse(self, who: UUID, session: UUID, anew: bool) -> None:
        self.excused.discard((who, session))
        if anew and not self.wants(who, "session_updated"):
            self.excused.add((who, session))

    # What holds

    def wants(self, who: UUID, kind: str) -> bool:
        """Whether somebody wants mails of this kind."""
        return self.wishes.get((who, kind), self.wishes.get((who, "*"), True))

    def role(self, who: UUID, session: UUID) -> str | None:
        """As what somebody takes part."""
        planned = self.sessions[session]
        if planned.cancelled:
            return None
        if planned.mentor == who:
            return "host"
        is_enrolled = who in self.seats and self.seats[who] == planned.batch
        return "learner" if is_enrolled or who in planned.guests else None

    def shown(self, session: UUID) -> dict[str, Any]:
        """What a mail of now would show."""
        planned = self.sessions[session]
        return {
            "title": planned.title,
            "start_time": planned.start.isoformat(),
            "end_time": (planned.start + HOUR).isoformat(),
            "mentor_name": self.names[planned.mentor] if planned.mentor else None,
        }

    # What mails must be like

    def look_at_claimed(self, email: Claimed, is_joining: Callable[[UUID], bool]) -> None:
        """What a worker gets is the truth of this moment, unless it repeats what is in doubt.

        Args:
            email: The mail.
            is_joining: Whether somebody came or went and the notifier has not heard of it: that is
                told in a mail of its own, so until then only what was before.
        """
        if email.kind == "session_reminder":
            self._look_at_reminder(email)
            return
        for part in parts(email):
            who, session = part.key
            assert (part.method == "CANCEL") <= part.is_farewell, "out of the calendar, and not out"
            if email.in_doubt:
                continue
            role = self.role(*part.key)
            if part.kind == "session_cancelled":
                assert role is None or is_joining(who), f"{part.kind} to a {role}"
            elif part.kind == "mentor_unassigned":
                assert role != "host", f"{part.kind} to the host"
            if role is None:
                assert part.is_farewell, f"{part.kind} to somebody who does not take part"
                assert part.revision <= self.sessions[session].revision, "ahead of its time"
            elif part.kind != "session_cancelled":
                assert part.role == role, f"told as {part.role}, is {role}"
                assert part.method == "REQUEST", f"{part.kind} with {part.method}"
                assert part.shown == self.shown(session), f"{part.shown} is not true any more"
                assert part.revision == self.sessions[session].revision, "another revision"
            if part.is_optional:
                assert self.wants(who, part.kind), f"{part.kind} is not wanted"

    def begin(self, email: Claimed) -> None:
        """A mail is being handed over: from here on it may have arrived.

        A reminder is asked about once more, in doubt or not.
        """
        if email.kind == "session_reminder":
            session = UUID(email.session["id"])
            assert self.role(email.recipient_id, session), (
                "a reminder of what is not theirs any more"
            )
            start = self.sessions[session].start.isoformat()
            assert email.session["start_time"] == start, "a reminder of the past"
        else:
            self.invited |= {part.key for part in parts(email) if part.method == "REQUEST"}

    def doubt(self, email: Claimed) -> None:
        """Nobody knows whether a mail arrived."""
        self.doubted |= {(email.recipient_id, UUID(part["session"]["id"])) for part in email.parts}

    def arrive(self, email: Claimed) -> None:
        """What arrives follows from what arrived before."""
        if email.kind == "session_reminder":
            return
        for part in parts(email):
            last = self.told.get(part.key)
            if part.is_farewell:
                assert part.key in self.invited, f"{part.kind} to somebody never invited"
            if part.event:
                assert int(part.event["SEQUENCE"]) == part.revision, "another SEQUENCE"
                starts = datetime.fromisoformat(part.shown["start_time"])
                shown = (f"{starts:%Y%m%dT%H%M%SZ}", part.shown["title"])
                assert (part.event["DTSTART"], part.event["SUMMARY"]) == shown, "not as in the text"
            if last:
                self._look_at_successor(email, last, part)
            self.told[part.key] = part

    def _look_at_successor(self, email: Claimed, last: Part, part: Part) -> None:
        who = part.key[0]
        assert part.revision >= last.revision, f"{part.revision} after {last.revision}"
        if last.shown != part.shown and last.method == part.method == "REQUEST":
            assert part.revision > last.revision, "another content, the same SEQUENCE"
        if last.event and part.event:
            assert part.event["DTSTAMP"] >= last.event["DTSTAMP"], "older than the one before"
        if email.in_doubt or part.key in self.doubted:
            return
        same = (last.role, last.method, last.shown) == (part.role, part.method, part.shown)
        is_relink = part.kind == "session_updated" and not part.is_optional
        assert not same or is_relink or who in self.choosy, f"{part.kind} without news"

    def _look_at_reminder(self, email: Claimed) -> None:
        session = UUID(email.session["id"])
        planned = self.sessions[session]
        who = email.recipient_id
        assert self.role(who, session) == email.recipient_role, "a reminder of what is not theirs"
        assert email.session["start_time"] == planned.start.isoformat(), "a reminder of the past"
        assert self.wants(who, "session_reminder") or email.in_doubt, "a reminder is not wanted"
        key = (who, session, planned.start)
        assert self.reminded.setdefault(key, email.email_id) == email.email_id, "reminded twice"

    def look_at_the_end(self, people: list[UUID]) -> None:
        """When nothing is under way any more, everybody was told last what holds."""
        for session, planned in self.sessions.items():
            for who in people:
                role, last = self.role(who, session), self.told.get((who, session))
                if role is None:
                    assert last is None or last.is_farewell, f"{who} was not told to stay away"
                    assert last is None or last.method == "CANCEL", f"{who} has it in the calendar"
                    continue
                assert last is not None, f"{who} was told nothing of {session}"
                assert (last.role, last.method) == (role, "REQUEST"), f"{who} believes {last}"
                shown = self.shown(session)
                if (who, session) in self.excused:
                    for optional in ("title", "mentor_name"):
                        shown[optional] = last.shown[optional]
                assert last.shown == shown, f"{who} believes {last}"
                assert last.revision >= planned.link_revision, f"{who} does not know the link"
