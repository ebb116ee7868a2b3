"""A year's calendar feed against the same sessions as JSON, both through the real PostgREST."""

import json
import random
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit
from uuid import UUID

from bench import world
from bench.errors import BenchError
from bench.harness import WARM_UP, Run, interleave
from bench.report import Bound, Section, Unit
from devstack import keys
from devstack.databases import Database
from devstack.postgrest import start_postgrest
from devstack.processes import Supervisor

YEAR = 300
"""Sessions in a feed; `worlds/feed.sql` makes them."""

BOUND = 1.25
"""What a feed may cost, as a multiple of the same rows of the view as JSON."""

CHECKED = 5
"""Feeds compared before anything is measured."""

FEED, VIEW, TABLE = "feed", "view as JSON", "table as JSON"


@dataclass(frozen=True, slots=True)
class Size:
    """How many batches there are, of `YEAR` sessions each, and how often all is measured."""

    batches: int
    rounds: int


FULL = (Size(4, rounds=200), Size(334, rounds=200))
QUICK = (Size(2, rounds=2), Size(4, rounds=2))


@dataclass(frozen=True, slots=True)
class Student:
    """Whose sessions are asked for: the input of a round.

    Attributes:
        token: Of their feed.
        bearer: Their signed-in token.
    """

    token: str = field(repr=False)
    bearer: str = field(repr=False)

    @classmethod
    def numbered(cls, number: int) -> Self:
        """One of `worlds/feed.sql`."""
        claims = {"sub": str(world.id_of("student", number)), "role": "authenticated"}
        return cls(f"student {number}", keys.sign(claims))


@dataclass(frozen=True, slots=True)
class Frontend:
    """PostgREST, over one connection that is kept.

    Attributes:
        connection: The connection.
    """

    connection: HTTPConnection = field(repr=False)

    def feed(self, student: Student) -> bytes:
        """A student's feed, as somebody who has its token asks for it."""
        return self._answer(
            "POST",
            "/rpc/calendar_feed",
            {"Accept": "text/calendar", "Content-Type": "application/json"},
            json.dumps({"token": student.token}),
        )

    def rows(self, relation: str, student: Student) -> bytes:
        """A student's sessions of a relation, in order, as JSON."""
        return self._answer(
            "GET",
            f"/{relation}?start_time=gte.now&order=start_time",
            {"Authorization": f"Bearer {student.bearer}"},
        )

    def _answer(
        self, method: str, path: str, headers: Mapping[str, str], body: str | None = None
    ) -> bytes:
        self.connection.request(method, path, body, dict(headers))
        response = self.connection.getresponse()
        content = response.read()
        if response.status != 200:
            raise BenchError(f"{path} answers {response.status}: {content.decode()}")
        return content


def measure(run: Run) -> list[Section]:
    """The row `feed`: in a small table of sessions and in a large one.

    Raises:
        BenchError: The feed shows other sessions than the view, or not a year's.
    """
    chance = random.Random(run.seed)
    return [_section(run, size, chance) for size in (QUICK if run.quick else FULL)]


def _section(run: Run, size: Size, chance: random.Random) -> Section:
    sessions, students = size.batches * YEAR, size.batches * 3
    run.say(f"feed: making {sessions:,} sessions")
    settings = {"students": students, "mentors": size.batches, "batches": size.batches}

    def somebody() -> Student:
        return Student.numbered(chance.randint(1, students))

    with world.made(run.project(), "feed", settings) as database, _served(database) as frontend:
        for _ in range(CHECKED):
            _check_same(frontend, somebody())
        run.say(f"feed: {size.rounds:,} rounds")
        samples = interleave(
            {
                FEED: _timed(frontend.feed),
                VIEW: _timed(lambda student: frontend.rows(_VIEW, student)),
                TABLE: _timed(lambda student: frontend.rows(_TABLE, student)),
            },
            (somebody() for _ in range(size.rounds + WARM_UP)),
            unit=Unit.MILLISECONDS,
            chance=chance,
        )
    return Section(
        f"feed: a year, {YEAR} sessions of {sessions:,}",
        [
            *samples.figures(),
            samples.ratio("feed ÷ view", FEED, VIEW, Bound(BOUND)),
            samples.ratio("feed ÷ table", FEED, TABLE),
        ],
    )


_VIEW, _TABLE = "segmented_weekly_success_sessions", "success_sessions"


def _timed(ask: Callable[[Student], bytes]) -> Callable[[Student], float]:
    def milliseconds(student: Student) -> float:
        began = time.perf_counter()
        ask(student)
        return 1000 * (time.perf_counter() - began)

    return milliseconds


def _check_same(frontend: Frontend, student: Student) -> None:
    shown = [UUID(uid) for uid in re.findall(r"UID:(.{36})@", frontend.feed(student).decode())]
    for relation in (_VIEW, _TABLE):
        rows = json.loads(frontend.rows(relation, student))
        if [UUID(row["id"]) for row in rows] != shown or len(shown) != YEAR:
            raise BenchError(f"the feed has {len(shown)} sessions, {relation} {len(rows)} rows")


@contextmanager
def _served(database: Database) -> Iterator[Frontend]:
    with Supervisor() as supervisor:
        logs = supervisor.own(Path(tempfile.mkdtemp(prefix="live-sessions-postgrest-")))
        address = urlsplit(start_postgrest(supervisor, database, logs))
        connection = HTTPConnection(address.netloc, timeout=30)
        try:
            yield Frontend(connection)
        finally:
            connection.close()
