"""Series as they ought to be: an account of rules, exceptions and edits of its own, by dateutil."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

DAY = timedelta(days=1)
FAR = timedelta(days=500)
"""Rules of the histories have a date within that time, or none any more."""

FEW = timedelta(minutes=1)
"""Calendars know a date by its start, or by a second soon after, where that is no free name."""

Scope = Literal["following", "all"]
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Rule:
    """A recurrence.

    Attributes:
        text: Its RRULE without COUNT and UNTIL.
        start: The day of DTSTART.
        count: COUNT.
        until: The last day, included.
        exdates: Days that it leaves out.
    """

    text: str
    start: date
    count: int | None = None
    until: date | None = None
    exdates: frozenset[date] = frozenset()

    def days(self, before: date) -> list[date]:
        """Its days before another."""
        ending = f";COUNT={self.count}" if self.count else ""
        listed = rrulestr(self.text + ending, dtstart=datetime.combine(self.start, time()))
        found: list[date] = []
        for moment in listed:
            day = moment.date()
            if day >= before or (self.until and day > self.until):
                break
            found.append(day)
        return [day for day in found if day not in self.exdates]

    def recurrence(self) -> dict[str, Any]:
        """As the API takes it."""
        ending = f";COUNT={self.count}" if self.count else ""
        ending += f";UNTIL={self.until:%Y%m%d}" if self.until else ""
        return {
            "rrule": self.text + ending,
            "exdates": [day.isoformat() for day in sorted(self.exdates)],
        }


@dataclass(slots=True)
class Part:
    """A series, or a part that was split from it.

    Attributes:
        rule: Its recurrence.
        at: The time of day of its sessions, in its zone.
        zone: The zone.
        length: How long they last.
        fields: What else they have in common.
        first: The first day that is its own; None: from the rule's beginning.
        last: The last one; None: to the rule's end.
        next: Its first day that is too far ahead to have a session; None: there is none.
    """

    rule: Rule
    at: time
    zone: str
    length: timedelta
    fields: dict[str, Any]
    first: date | None = None
    last: date | None = None
    next: date | None = None

    @property
    def begins(self) -> date:
        return self.first or self.rule.start

    def start_of(self, day: date) -> datetime:
        return datetime.combine(day, self.at, ZoneInfo(self.zone)).astimezone(UTC)

    def days(self, before: datetime) -> list[date]:
        """Those of its days whose sessions start before an instant."""
        return [
            day
            for day in self.rule.days(before.date() + 3 * DAY)
            if day >= self.begins
            and (self.last is None or day <= self.last)
            and self.start_of(day) < before
        ]


@dataclass(slots=True)
class Date:
    """A session; `day` is the day of the series that it stands for."""

    part: int
    day: date | None
    start: datetime
    end: datetime
    zone: str
    fields: dict[str, Any]
    recurrence_id: datetime
    status: Literal["upcoming", "cancelled", "past"] = "upcoming"


class RefusedError(Exception):
    """The request makes no sense.

    Args:
        sqlstate: What the database answers.
        starts: The starts of the dates that the answer names; None: it may name any.
    """

    def __init__(self, sqlstate: str, starts: set[datetime] | None = None) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate
        self.starts = starts


class ClashError(RefusedError):
    """Dates are not free."""

    def __init__(self, starts: set[datetime] | None) -> None:
        super().__init__("23P01", starts)


@dataclass(slots=True)
class Model:
    """A series with its parts and sessions; the mentor hosts all of them.

    Attributes:
        horizon: How far ahead sessions are made.
        blackouts: Days on which none is made.
        busy: When the mentor hosts something else.
        parts: The series, and those split from it.
        dates: Its sessions, by their id; those that are new have none yet, a negative number.
    """

    horizon: timedelta
    blackouts: set[date]
    busy: list[Span]
    parts: list[Part] = field(default_factory=list)
    dates: dict[Any, Date] = field(default_factory=dict)

    def create(self, part: Part, *, skip: bool) -> None:
        """`create_recurring_session`."""
        self.parts.append(part)
        until = self._until(part)
        days = [day for day in part.days(until) if day not in self.blackouts]
        if not days:
            raise RefusedError("22023")
        steps = [(day, self._span(part, day)) for day in days]
        free = self._free(steps, moved=set(), gone=set(), skip=skip)
        if not free:
            raise ClashError({part.start_of(day) for day in days})
        self._add(0, free)
        part.next = self._next(part, until)

    def extend(self, horizon: timedelta) -> None:
        """The clock, with another horizon."""
        self.horizon = horizon
        coming = [(part.start_of(part.next), n) for n, part in enumerate(self.parts) if part.next]
        for start, number in sorted(coming):
            part = self.parts[number]
            if start > datetime.now(UTC) + horizon / 2:
                continue
            until = self._until(part)
            taken = {each.day for each in self.dates.values() if each.part == number}
            steps = [
                (day, self._span(part, day))
                for day in part.days(until)
                if part.start_of(day) >= start and day not in self.blackouts | taken
            ]
            self._add(number, self._free(steps, moved=set(), gone=set(), skip=True))
            part.next = self._next(part, until)

    def cancel(self, anchor: Any, scope: Scope) -> None:
        """`cancel_session`."""
        chosen = self.dates[anchor]
        part = self.parts[chosen.part]
        begins = part.begins
        if scope == "following":
            if chosen.day is None:
                raise RefusedError("PT409")
            begins = chosen.day
        reached = begins - DAY
        for each in self.dates.values():
            if each.part == chosen.part and each.day is not None and each.day >= begins:
                if each.status == "past":
                    reached = max(reached, each.day)
                else:
                    each.status = "cancelled"
        part.last = reached if part.last is None else min(part.last, reached)
        part.next = None

    def edit(
        self,
        anchor: Any,
        scope: Scope,
        *,
        fields: dict[str, Any],
        at: time | None = None,
        zone: str | None = None,
        length: timedelta | None = None,
        rule: Rule | None = None,
        skip: bool = False,
    ) -> None:
        """`update_session_series`: `rule` counts from the anchor's day, or the part's beginning."""
        chosen = self.dates[anchor]
        old = copy.deepcopy(self.parts[chosen.part])
        begins = old.begins
        number = source = chosen.part
        if scope == "following":
            if chosen.status == "past" or chosen.day is None:
                raise RefusedError("PT409")
            begins = chosen.day
            if any(
                each.part == number and each.day is not None and each.day < begins
                for each in self.dates.values()
            ):
                number = len(self.parts)
                self.parts.append(copy.deepcopy(old))
                self.parts[number].first = begins
                self.parts[source].last = begins - DAY
                self.parts[source].next = None
                for each in self.dates.values():
                    if each.part == source and each.day is not None and each.day >= begins:
                        each.part = number
        new = self.parts[number]
        new.fields = old.fields | fields
        new.at, new.zone = at or old.at, zone or old.zone
        new.length = length or old.length
        is_moved = (new.at, new.zone, new.length) != (old.at, old.zone, old.length)

        wanted: list[date] | None = None
        if rule is not None:
            new.rule = rule
            later = [part.first for part in self.parts if part.first and part.first > begins]
            new.last = min(later) - DAY if later else None
            until = max(
                [
                    self._until(new),
                    *(
                        new.start_of(each.day) + timedelta(seconds=1)
                        for each in self.dates.values()
                        if each.part == number and each.day is not None
                    ),
                ]
            )
            wanted = [day for day in new.days(until) if new.start_of(day) > datetime.now(UTC)]
            if not wanted:
                raise RefusedError("22023")
            new.next = self._next(new, until)

        gone, moving = set(), {}
        for key, each in self.dates.items():
            if each.part != number or each.status != "upcoming":
                continue
            if each.day is not None and each.day < begins:
                continue
            own = {name for name in old.fields if each.fields[name] != old.fields[name]}
            stays_put = each.day is None or (each.start, each.end, each.zone) != (
                old.start_of(each.day),
                old.start_of(each.day) + old.length,
                old.zone,
            )
            if wanted is not None and not own and not stays_put and each.day not in wanted:
                gone.add(key)
                continue
            for name, value in fields.items():
                if name not in own:
                    each.fields[name] = value
            if is_moved and not stays_put and each.day is not None:
                span = self._span(new, each.day)
                if span[0] > datetime.now(UTC):
                    if span == (each.start, each.end):
                        each.zone = new.zone
                    else:
                        moving[key] = (each.day, span)

        taken = {each.day for each in self.dates.values() if each.part == number}
        coming = [
            (day, self._span(new, day))
            for day in wanted or []
            if day not in taken and day not in self.blackouts
        ]
        free = self._free([*moving.values(), *coming], moved=set(moving), gone=gone, skip=skip)
        for key in gone:
            self.dates[key].status, self.dates[key].day = "cancelled", None
        for key, entry in moving.items():
            if entry in free:
                moved = self.dates[key]
                (moved.start, moved.end), moved.zone = entry[1], new.zone
        self._add(number, [entry for entry in coming if entry in free])

    def _next(self, part: Part, since: datetime) -> date | None:
        coming = part.days(since + FAR)
        return next((day for day in coming if part.start_of(day) >= since), None)

    def _until(self, part: Part) -> datetime:
        whole = copy.deepcopy(part)
        whole.first = None
        now = datetime.now(UTC)
        coming = [whole.start_of(day) for day in whole.days(now + FAR) if whole.start_of(day) > now]
        return max([now, *coming[:1]]) + self.horizon

    def _span(self, part: Part, day: date) -> Span:
        start = part.start_of(day)
        return start, start + part.length

    def _free(
        self,
        steps: list[tuple[date, Span]],
        *,
        moved: set[Any],
        gone: set[Any],
        skip: bool,
    ) -> list[tuple[date, Span]]:
        busy = self.busy + [
            (each.start, each.end)
            for key, each in self.dates.items()
            if each.status == "upcoming" and key not in moved and key not in gone
        ]
        clashing = [
            step
            for step in steps
            if any(start < step[1][1] and end > step[1][0] for start, end in busy)
        ]
        if clashing and not skip:
            raise ClashError({span[0] for _, span in clashing})
        return [step for step in steps if step not in clashing]

    def _add(self, number: int, steps: list[tuple[date, Span]]) -> None:
        part = self.parts[number]
        for day, (start, end) in steps:
            again = [
                each
                for each in self.dates.values()
                if start <= each.recurrence_id < start + FEW
                and each.status == "cancelled"
                and each.day is None
            ]
            if again:
                known = min(again, key=lambda each: each.recurrence_id)
                known.part, known.day, known.status = number, day, "upcoming"
                known.start, known.end, known.zone = start, end, part.zone
                known.fields = dict(part.fields)
            else:
                key = -1 - sum(isinstance(key, int) for key in self.dates)
                self.dates[key] = Date(
                    number, day, start, end, part.zone, dict(part.fields), recurrence_id=start
                )
