"""`make migration` drafts what leads from the migrations to sql/."""

from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from devstack import draft, migrations, supabase_cli
from devstack.databases import Database
from devstack.errors import StackError

NOON = datetime(2030, 1, 2, 12, tzinfo=UTC)


def test_the_draft_leads_from_the_migrations_to_sql(
    described: Database, database: Database, tmp_path: Path
) -> None:
    with psycopg.connect(described.url) as connection:
        connection.execute("alter table public.courses add column syllabus text")
        connection.execute("comment on column public.courses.syllabus is 'What is taught.'")
        connection.execute(
            "create function private.twice(number integer) returns integer language plpgsql"
            " set search_path = pg_catalog, pg_temp as $$begin return 2 * number; end$$"
        )
        connection.execute("revoke execute on function private.twice(integer) from public")

    written = draft.write(
        "syllabus", supabase_cli.difference(database.url, described.url), NOON, tmp_path
    )

    assert written.name == "20300102120000_syllabus.sql"
    assert [applied.path for applied in migrations.apply(database.url, tmp_path)] == [written]
    assert supabase_cli.difference(database.url, described.url) == ""


def test_the_draft_is_in_lower_case(tmp_path: Path) -> None:
    written = draft.write("case", "ALTER TABLE public.courses ADD COLUMN x text;", NOON, tmp_path)

    assert written.read_text() == "alter table public.courses add column x text;\n"


def test_the_draft_comes_after_every_migration_whatever_the_clock_says(tmp_path: Path) -> None:
    (tmp_path / "20310102235959_from_tomorrow.sql").write_text("select 1;\n")

    written = draft.write("now", "select 2;", NOON, tmp_path)

    assert written.name == "20310103000000_now.sql"


@pytest.mark.parametrize("topic", ["", "Notes", "two words", "../notes", "1st"])
def test_a_topic_that_is_no_name_is_refused(topic: str) -> None:
    with pytest.raises(StackError, match="cannot name a migration"):
        draft.main(topic)
