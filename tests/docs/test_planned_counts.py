"""The pre-request of docs/security.md keeps the planner's guesses from users."""

from __future__ import annotations

import re
import textwrap

import httpx
import psycopg
from psycopg import sql

from devstack.databases import Database
from devstack.paths import ROOT
from devstack.stack import Stack
from support.campus import Campus
from support.rest import Callers
from support.world import World

PAGE = ROOT / "docs" / "security.md"
FOREIGN = 300


def counts(database: Database) -> dict[str, tuple[int, str, str]]:
    """What a student of another batch is told of the attendance of a session: by kind of count."""
    campus = Campus.open(database.url)
    with psycopg.connect(database.url, autocommit=True) as connection:
        world = World(connection)
        session = world.session(batch=campus.winter)
        connection.execute(
            "with people as (insert into auth.users (id, email) select gen_random_uuid(), number ||"
            " '@crowd.test' from generate_series(1, %s) as number returning id)"
            " insert into public.session_attendance (session_id, student_id, status, source)"
            " select %s, id, 'present', 'manual' from people",
            (FOREIGN, session),
        )
        connection.execute("analyze public.session_attendance")
    told = {}
    with Stack(database, mail=False) as stack, httpx.Client(timeout=30) as http:
        sam = Callers(http, stack).user(campus.sam)
        for kind in ("planned", "exact", "estimated", "planned beside"):
            preferred = [f"count={kind.split(' ')[0]}"]
            if kind == "planned beside":
                preferred.append("return=minimal")
            answer = http.get(
                f"{sam.url}/rest/v1/session_attendance",
                params={"session_id": f"eq.{session}", "limit": "1"},
                headers=[*sam.headers.items(), *(("Prefer", one) for one in preferred)],
            )
            told[kind] = (
                answer.status_code,
                answer.headers.get("content-range", ""),
                answer.text,
            )
    return told


def guess(told: tuple[int, str, str]) -> int:
    """The number in a `Content-Range`."""
    return int(told[1].partition("/")[2])


def test_with_it_only_exact_counts_are_answered(database: Database) -> None:
    blocks = re.findall(r"^  ```sql\n(.*?)^  ```$", PAGE.read_text(), re.M | re.S)
    (block,) = (block for block in blocks if "refuse_planned_counts" in block)
    # For this database alone: roles belong to the whole cluster.
    snippet = textwrap.dedent(block).replace(
        "alter role authenticator set",
        sql.SQL("alter role authenticator in database {} set")
        .format(sql.Identifier(database.name))
        .as_string(None),
    )
    with psycopg.connect(database.superuser_url) as connection:
        connection.execute(snippet.encode())
    told = counts(database)
    assert told["planned"][0] == 400
    assert "count=planned is not answered" in told["planned"][2]
    assert told["exact"] == told["estimated"] == (200, "*/0", "[]")
    # What the page says of it: of several headers the function is told one.
    assert guess(told["planned beside"]) > FOREIGN / 2


def test_without_it_the_planner_tells_of_others(database: Database) -> None:
    """Why the page speaks of it: the guess is near what nobody else may know."""
    told = counts(database)
    assert guess(told["planned"]) > FOREIGN / 2
    assert told["exact"][1] == told["estimated"][1] == "*/0"
