"""Random series and random edits of them, against an account that knows nothing of the SQL."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import pytest

from support import series
from support.series_model import FEW, ClashError, Model, Part, RefusedError, Rule, Scope
from support.sessions import LINK
from support.world import World

DAY = timedelta(days=1)
FIRST = (datetime.now(UTC) + 2 * DAY).date()
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC", "Australia/Lord_Howe")
HORIZON = 40 * DAY
FIELDS: dict[str, tuple[Any, ...]] = {
    "title": ("Office hours", "Clinic", "Lab"),
    "description": (None, "Bring questions", "Bring answers"),
    "link": (LINK, "https://meet.example.test/2", "https://meet.example.test/3"),
}


@dataclass(slots=True)
class Play:
    """One history: what is done to the database and to the model alike."""

    conn: psycopg.Connection
    dice: random.Random
    manager: UUID
    mentor: UUID
    model: Model

    @classmethod
    def begin(cls, conn: psycopg.Connection, seed: int) -> Play:
        dice, world = random.Random(seed), World(conn)
        conn.execute("update public.app_settings set series_horizon_days = %s", (HORIZON.days,))
        mentor = world.mentor()
        busy = []
        for nth in dice.sample(range(60), 4):
            starts = datetime.combine(FIRST + nth * DAY, time(dice.randrange(6, 20)), UTC)
            world.session("Busy", mentor=mentor, starts=starts, minutes=90)
            busy.append((starts, starts + timedelta(minutes=90)))
        blackouts = {FIRST + nth * DAY for nth in dice.sample(range(60), 3)}
        for day in blackouts:
            conn.execute(
                "insert into public.blackout_dates (name, first_date, last_date)"
                " values ('Holiday', %(day)s, %(day)s)",
                {"day": day},
            )
        model = Model(HORIZON, blackouts, busy)
        return cls(conn, dice, world.enrollment_manager(), mentor, model)

    # What is drawn

    def rule(self, start: date) -> Rule:
        text = self.dice.choice(
            (
                "FREQ=WEEKLY",
                "FREQ=WEEKLY;BYDAY=MO,TH",
                "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,WE,SA",
                "FREQ=DAILY;INTERVAL=3",
                "FREQ=DAILY;BYDAY=MO,TU,WE",
                "FREQ=MONTHLY;BYDAY=2TU,-1FR",
                "FREQ=MONTHLY;BYMONTHDAY=1,15,-1",
                "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=1,-1",
            )
        )
        exdates = frozenset(start + self.dice.randrange(40) * DAY for _ in range(2))
        match self.dice.randrange(3):
            case 0:
                return Rule(text, start, count=self.dice.randrange(2, 14), exdates=exdates)
            case 1:
                until = start + self.dice.randrange(5, 50) * DAY
                return Rule(text, start, until=until, exdates=exdates)
            case _:
                return Rule(text, start, exdates=exdates)

    def fields(self) -> dict[str, Any]:
        names = self.dice.sample(sorted(FIELDS), self.dice.randrange(3))
        return {name: self.dice.choice(FIELDS[name]) for name in names}

    def someone(self, *statuses: str) -> UUID | None:
        keys = [key for key, each in self.model.dates.items() if each.status in statuses]
        return self.dice.choice(keys) if keys else None

    # What is done

    def create(self) -> bool:
        part = Part(
            self.rule(FIRST),
            time(self.dice.randrange(8, 20)),
            self.dice.choice(ZONES),
            timedelta(minutes=self.dice.choice((30, 60, 120))),
            {name: values[0] for name, values in FIELDS.items()},
        )
        start = datetime.combine(FIRST, part.at, ZoneInfo(part.zone))

        return self._both(
            lambda model: model.create(copy.deepcopy(part), skip=True),
            lambda: series.create(
                self.conn,
                self.manager,
                part.rule.recurrence() | {"on_clash": "skip"},
                mentor_id=self.mentor,
                start_time=start,
                end_time=start + part.length,
                timezone=part.zone,
                **part.fields,
            ),
        )

    def edit(self) -> None:
        anchor = self.someone("upcoming", "upcoming", "upcoming", "cancelled", "past")
        if anchor is None:
            return
        scope: Scope = self.dice.choice(("following", "all"))
        chosen = self.model.dates[anchor]
        part = self.model.parts[chosen.part]
        fields, skip = self.fields(), self.dice.random() < 0.5
        changes: dict[str, Any] = dict(fields)
        at = zone = length = rule = None
        day = chosen.day
        if self.dice.random() < 0.3:
            zone = self.dice.choice(ZONES)
            changes["timezone"] = zone
        if self.dice.random() < 0.4 and day is not None:
            at = time(self.dice.randrange(8, 20), self.dice.choice((0, 30)))
            changes["start_time"] = datetime.combine(day, at, ZoneInfo(zone or part.zone))
        if self.dice.random() < 0.2 and day is not None:
            length = timedelta(minutes=self.dice.choice((30, 60, 90, 120)))
            start = datetime.combine(day, at or part.at, ZoneInfo(zone or part.zone))
            changes["end_time"] = start.astimezone(UTC) + length
        if self.dice.random() < 0.4:
            rule = self.rule(day if scope == "following" and day is not None else part.begins)
            changes["recurrence"] = rule.recurrence()
        if not changes:
            return
        if skip:
            changes["on_clash"] = "skip"
        self._both(
            lambda model: model.edit(
                anchor,
                scope,
                fields=fields,
                at=at,
                zone=zone,
                length=length,
                rule=rule,
                skip=skip,
            ),
            lambda: series.update(self.conn, self.manager, anchor, scope, **changes),
        )

    def edit_one(self) -> None:
        anchor = self.someone("upcoming")
        fields = self.fields()
        if anchor is None or not fields:
            return
        self._both(
            lambda model: model.dates[anchor].fields.update(fields),
            lambda: series.update(self.conn, self.manager, anchor, "this", **fields),
        )

    def move_one(self) -> None:
        anchor = self.someone("upcoming")
        if anchor is None:
            return
        chosen = self.model.dates[anchor]
        start = chosen.start + self.dice.randrange(-20, 60) * timedelta(hours=1)
        end = start + (chosen.end - chosen.start)

        def expect(model: Model) -> None:
            others = model.busy + [
                (each.start, each.end)
                for key, each in model.dates.items()
                if key != anchor and each.status == "upcoming"
            ]
            if any(begin < end and start < over for begin, over in others):
                raise ClashError(None)
            model.dates[anchor].start, model.dates[anchor].end = start, end

        self._both(expect, lambda: series.reschedule(self.conn, self.manager, anchor, start))

    def cancel_one(self) -> None:
        anchor = self.someone("upcoming")
        if anchor is None:
            return

        def expect(model: Model) -> None:
            model.dates[anchor].status = "cancelled"

        self._both(expect, lambda: series.cancel(self.conn, self.manager, anchor))

    def cancel_many(self) -> None:
        anchor = self.someone("upcoming", "cancelled", "past")
        scope: Scope = self.dice.choice(("following", "following", "all"))
        if anchor is not None and self.dice.random() < 0.5:
            self._both(
                lambda model: model.cancel(anchor, scope),
                lambda: series.cancel(self.conn, self.manager, anchor, scope),
            )

    def let_one_begin(self) -> None:
        on = [key for key, each in self.model.dates.items() if each.status == "upcoming"]
        if len(on) < 4:
            return
        first = min(on, key=lambda key: self.model.dates[key].start)
        series.pretend_it_began(self.conn, first)
        row = self.conn.execute(
            "select start_time, end_time from public.success_sessions where id = %s", (first,)
        ).fetchone()
        assert row is not None
        each = self.model.dates[first]
        each.start, each.end, each.status = row[0], row[1], "past"

    def turn_the_clock(self) -> None:
        horizon = self.dice.choice((40, 60, 90, 130))
        self.conn.execute("update public.app_settings set series_horizon_days = %s", (horizon,))
        self._both(
            lambda model: model.extend(horizon * DAY),
            lambda: [self.conn.execute("select notifier.extend_series()") for _ in range(2)],
        )

    # What has come of it

    def _both(self, expect: Callable[[Model], object], do: Callable[[], object]) -> bool:
        """Whether it was done, on both sides; else both refused it, for the same reason."""
        attempt = copy.deepcopy(self.model)
        refused: RefusedError | None = None
        try:
            expect(attempt)
        except RefusedError as error:
            refused = error
        if refused is None:
            do()
            self.model = attempt
        else:
            with pytest.raises(psycopg.Error) as raised, self.conn.transaction():
                do()
            assert raised.value.sqlstate == refused.sqlstate, raised.value
            if refused.starts is not None:
                lines = str(raised.value.diag.message_detail).splitlines()
                named = {datetime.fromisoformat(line.split(": ")[0]) for line in lines}
                assert named == refused.starts
        self.compare()
        return refused is None

    def compare(self) -> None:
        """The sessions are those of the model; the new ones become known by their day."""
        rows = {row["id"]: row for row in self._rows()}
        new = [key for key in self.model.dates if isinstance(key, int)]
        unknown = {
            row["start_time"]: row for key, row in rows.items() if key not in self.model.dates
        }
        for key in new:
            each = self.model.dates.pop(key)
            assert each.start in unknown, f"no session was made for {each.day}"
            made = unknown[each.start]
            assert timedelta() <= made["recurrence_id"] - each.start < FEW
            each.recurrence_id = made["recurrence_id"]
            self.model.dates[made["id"]] = each
        expected = {
            key: (
                each.day,
                each.start,
                each.end,
                each.zone,
                "completed" if each.status == "past" else each.status,
                each.recurrence_id,
                *(each.fields[name] for name in FIELDS),
            )
            for key, each in self.model.dates.items()
        }
        found = {
            key: (
                row["series_date"],
                row["start_time"],
                row["end_time"],
                row["timezone"],
                row["status"],
                row["recurrence_id"],
                *(row[name] for name in FIELDS),
            )
            for key, row in rows.items()
        }
        assert found == expected
        # The parts are the same, whatever they are called.
        assert len({row["series_id"] for row in rows.values()}) == len(
            {each.part for each in self.model.dates.values()}
        )
        together = {(rows[key]["series_id"], each.part) for key, each in self.model.dates.items()}
        assert len(together) == len({each.part for each in self.model.dates.values()})

    def _rows(self) -> list[series.Row]:
        row = self.conn.execute("select calendar_uid from public.session_series").fetchone()
        return [] if row is None else series.sessions_of(self.conn, row[0])


def play(conn: psycopg.Connection, seed: int) -> None:
    """A history of one series, compared after each step."""
    history = Play.begin(conn, seed)
    if not history.create():
        return
    steps = (
        *(history.edit,) * 5,
        *(history.edit_one, history.move_one, history.cancel_one, history.cancel_many),
        *(history.let_one_begin, history.turn_the_clock),
    )
    for _ in range(14):
        history.dice.choice(steps)()


@pytest.mark.parametrize("seed", range(10))
def test_a_history_of_edits_comes_to_what_the_model_says(
    conn: psycopg.Connection, seed: int
) -> None:
    play(conn, seed)


@pytest.mark.parametrize(
    ("function", "there", "not_there"),
    [
        ("follow_series", "changes - c_not_fields - v_kept", "changes - c_not_fields"),
        ("series_dates", "series.last_date + 1", "series.last_date + 2"),
    ],
)
def test_a_rule_that_is_left_out_shows(
    conn: psycopg.Connection, function: str, there: str, not_there: str
) -> None:
    """The control: without it, some history comes to something else."""
    row = conn.execute(
        "select pg_get_functiondef(%s::regproc)", (f"private.{function}",)
    ).fetchone()
    assert row is not None
    assert there in row[0]
    conn.execute(row[0].replace(there, not_there).encode())

    def play_all() -> None:
        for seed in range(40):
            with conn.transaction() as undone:
                play(conn, seed)
                raise psycopg.Rollback(undone)

    with pytest.raises((AssertionError, psycopg.Error)):
        play_all()
