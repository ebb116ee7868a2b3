"""The fast path of the tests applies migrations exactly as the official CLI does."""

from typing import Any

import psycopg
from psycopg.rows import dict_row

from devstack import migrations, supabase_cli
from devstack.databases import Database
from support.grants import grants
from support.platforms import NewPlatform

OURS = ["public", "private", "notifier", "supabase_migrations"]


def history(database: Database) -> list[dict[str, Any]]:
    """The rows of the CLI's history table, each by its column names."""
    with psycopg.connect(database.url, row_factory=dict_row) as connection:
        return connection.execute(
            "select * from supabase_migrations.schema_migrations order by version"
        ).fetchall()


def test_the_cli_applies_every_migration_as_the_demoted_role(new_platform: NewPlatform) -> None:
    empty = new_platform()

    supabase_cli.migrate(empty.url)

    assert [row["version"] for row in history(empty)] == [
        migration.version for migration in migrations.find()
    ]
    with psycopg.connect(empty.url) as connection:
        role = connection.execute(
            "select rolname, rolsuper from pg_catalog.pg_roles where rolname = current_user"
        ).fetchone()
    assert role == ("postgres", False), "the migrations must not need a superuser"


def test_the_fast_path_leaves_the_same_database_and_the_same_history(
    new_platform: NewPlatform, database: Database
) -> None:
    by_the_cli = new_platform()
    supabase_cli.migrate(by_the_cli.url)

    assert history(database) == history(by_the_cli)
    assert supabase_cli.difference(by_the_cli.url, database.url) == ""
    assert grants(by_the_cli.url, OURS) == grants(database.url, OURS)


def test_the_cli_finds_nothing_left_to_do_after_the_fast_path(database: Database) -> None:
    before = history(database)

    supabase_cli.migrate(database.url)

    assert history(database) == before
