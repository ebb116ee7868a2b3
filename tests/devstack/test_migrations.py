"""The fast path leaves what `supabase migration up` leaves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from devstack import databases, migrations, supabase_cli
from devstack.databases import Database
from devstack.postgres import Server

HARD_TO_SPLIT = r"""-- a comment; with a semicolon
create table public.a (id int, note text default 'it''s; fine');

/* block; /* nested; */ */
create function public.f() returns int language plpgsql as $f$ begin return 1; end; $f$;
create function public.g() returns int language sql
begin atomic select 1; select case when true then 1 else 2 end; end;
do $$ begin perform 1; end $$;
insert into public.a values (1, E'back\'slash;'), (2, $x$;$y$;$x$);
create table public."we;ird" (id int);
-- the last word
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "supabase" / "migrations"
    folder.mkdir(parents=True)
    (tmp_path / "supabase" / "config.toml").write_text('project_id = "split"\n')
    (folder / "20260101000000_first_thing.sql").write_text(HARD_TO_SPLIT)
    (folder / "20260102000000_second.sql").write_text("create table public.b ();")
    (folder / "notes.txt").write_text("not a migration")
    return tmp_path


@pytest.fixture
def empty(server: Server, _names: Iterator[str]) -> Iterator[list[Database]]:
    made = [databases.create_platform(server, next(_names)) for _ in range(2)]
    yield made
    for database in made:
        databases.drop(database)


def history(database: Database) -> list[tuple[Any, ...]]:
    with psycopg.connect(database.url) as connection:
        return connection.execute(
            "select version, name, statements from supabase_migrations.schema_migrations"
            " order by version"
        ).fetchall()


def test_the_history_is_the_same_as_after_the_real_cli(
    checkout: Path, empty: list[Database]
) -> None:
    by_cli, by_us = empty

    supabase_cli.migrate(by_cli.url, workdir=checkout)
    migrations.apply(by_us.url, checkout / "supabase" / "migrations")

    assert history(by_us) == history(by_cli)
    assert [version for version, _, _ in history(by_us)] == ["20260101000000", "20260102000000"]


def test_what_has_been_applied_is_not_applied_again(checkout: Path, empty: list[Database]) -> None:
    folder = checkout / "supabase" / "migrations"
    database = empty[0]

    first = migrations.apply(database.url, folder)
    (folder / "20260103000000_third.sql").write_text("create table public.c ();")
    second = migrations.apply(database.url, folder)

    assert [migration.name for migration in first] == ["first_thing", "second"]
    assert [migration.name for migration in second] == ["third"]


def test_a_migration_that_fails_leaves_nothing_of_itself(
    checkout: Path, empty: list[Database]
) -> None:
    folder = checkout / "supabase" / "migrations"
    (folder / "20260103000000_broken.sql").write_text("create table public.c (); select 1 / 0;")

    with pytest.raises(psycopg.errors.DivisionByZero) as failure:
        migrations.apply(empty[0].url, folder)

    assert failure.value.__notes__ == [f"in {folder / '20260103000000_broken.sql'}"]
    assert len(history(empty[0])) == 2
    with psycopg.connect(empty[0].url) as connection:
        assert connection.execute("select to_regclass('public.c')").fetchone() == (None,)
