"""The examples of docs/extending.md work as they stand there."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from devstack import migration_lint
from devstack.paths import ROOT
from support.actors import as_user, refused
from support.world import World

PAGE = ROOT / "docs" / "extending.md"


def example(heading: str) -> str:
    """The SQL of a section."""
    section = PAGE.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    (block,) = re.findall(r"^```sql\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    return str(block)


def test_an_admin_adds_a_platform_that_says_what_its_sessions_may_hold(
    conn: psycopg.Connection, world: World
) -> None:
    admin, mentor = world.admin(), world.mentor()
    with as_user(conn, mentor), refused(conn):
        conn.execute(example("A video platform").encode())
    with as_user(conn, admin):
        conn.execute(example("A video platform").encode())
        world.session(platform="whereby", platform_data=Jsonb({"room_mode": "group"}))
        for wrong in ({"room_mode": "huge"}, {"colour": "red"}):
            with refused(conn, psycopg.errors.InvalidParameterValue, "platform_data"):
                world.session(platform="whereby", platform_data=Jsonb(wrong))


def seats(conn: psycopg.Connection, who: UUID, **arguments: object) -> list[tuple[object, ...]]:
    """The report of the page over the last week, as somebody."""
    today = datetime.now(UTC).date()
    given = {"from_date": today - timedelta(days=7), "to_date": today, **arguments}
    named = ", ".join(f"{name} => %({name})s" for name in given)
    with as_user(conn, who):
        query = f"select sessions, seats, empty_seats from public.seat_report({named})"  # noqa: S608
        return conn.execute(query.encode(), given).fetchall()


def test_a_report_of_ones_own_passes_the_lint_as_two_files(
    conn: psycopg.Connection, tmp_path: Path
) -> None:
    figures, purpose, report = example("A report").partition("-- Security definer")
    files = {
        "types/seat_figures": figures.rstrip() + "\n",
        "functions/seat_report": purpose + report,
    }
    for name, text in files.items():
        file = tmp_path / "sql" / f"{name}.sql"
        file.parent.mkdir(parents=True)
        file.write_text(text)
    config = tmp_path / "supabase" / "config.toml"
    config.parent.mkdir()
    paths = [f"../sql/{name}.sql" for name in files]
    config.write_text(f"[db.migrations]\nschema_paths = {paths}\n")
    conn.execute(example("A report").encode())

    comment = "select obj_description('public.seat_figures'::regtype, 'pg_type')"
    assert [str(finding) for finding in migration_lint.check(tmp_path)] == []
    assert conn.execute(comment).fetchone() != (None,)


def test_a_report_of_ones_own_asks_for_the_same_rights_and_days(
    conn: psycopg.Connection, world: World
) -> None:
    conn.execute(example("A report").encode())
    marta, milo, sam = world.mentor("Marta"), world.mentor("Milo"), world.student()
    for mentor, capacity in ((marta, 5), (milo, 7)):
        session = world.session(
            mentor=mentor,
            starts=timedelta(days=-3),
            status="completed",
            registration_required=True,
            capacity=capacity,
        )
        world.registration(session, sam)

    assert seats(conn, world.admin()) == [(2, 12, 10)]
    assert seats(conn, marta) == seats(conn, world.admin(), mentor_id=marta) == [(1, 5, 4)]
    assert seats(conn, world.mentor("Nobody's")) == [(0, None, None)]
    assert len(seats(conn, marta, grain="day")) == 8
    with refused(conn):
        seats(conn, sam)
    with refused(conn):
        seats(conn, marta, mentor_id=milo)
    with refused(conn, psycopg.errors.InvalidParameterValue, "grain"):
        seats(conn, marta, grain="hour")
