"""What the pages call by name exists: objects of the database, settings, metrics, files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from devstack.paths import ROOT
from support.pages import read

PAGES = [
    *sorted((ROOT / "docs").rglob("*.md")),
    *(ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")),
]

OUTSIDE = {
    "academy.uuid_of",
    "application_name",
    "btree_gist",
    "id.timestamp.body",
    "key.pem",
    "key.pub",
    "pg_cron",
    "pg_net",
    "pg_temp.text",
    "pg_upgrade",
    "schema_paths",
    "session_replication_role",
    "supabase/functions/.env",
    "supabase_migrations.schema_migrations",
    "supabase_realtime",
}
"""What others have: Postgres, the Supabase CLI, a standard, a platform that adopts this, you."""

PROGRAMS = (
    "py/notifier/**/*.py",
    "supabase/functions/**/*.ts",
    "tests/support/*.py",
    "sql/**/*.sql",
)
FILES = (".html", ".json", ".po", ".py", ".sql", ".toml", ".ts", ".txt", ".yml")
FOLDERS = ("sql", "py", "tests", "supabase", "docs", "deploy", "bench", "clients")


def tree(name: str) -> Iterator[Path]:
    """The files of this name."""
    for folder in FOLDERS:
        yield from (ROOT / folder).rglob(name)


@pytest.fixture(scope="module")
def source() -> str:
    """All that the programs and the constraints say."""
    return "".join(path.read_text() for pattern in PROGRAMS for path in ROOT.glob(pattern))


@pytest.fixture
def names(conn: psycopg.Connection) -> set[str]:
    """Relations, columns, functions and their arguments, labels, roles."""
    rows = conn.execute(
        """
        with
        relation as (
            select class.oid, class.relname::text as name, space.nspname::text as space
            from pg_class as class
            inner join pg_namespace as space on class.relnamespace = space.oid
        ),
        routine as (
            select proname::text as name, space.nspname::text as space, proargnames
            from pg_proc
            inner join pg_namespace as space on pronamespace = space.oid
            where nspname in ('public', 'private', 'notifier', 'auth', 'vault', 'storage')
        )
        select unnest(array[name, space || '.' || name]) from relation
        union
        select unnest(array[attname, name || '.' || attname, concat_ws('.', space, name, attname)])
        from relation
        inner join pg_attribute on attrelid = relation.oid and not attisdropped
        where space in ('public', 'private', 'notifier', 'auth')
        union
        select unnest(array[name, space || '.' || name] || proargnames) from routine
        union
        select typname::text from pg_type
        union
        select enumlabel::text from pg_enum
        union
        select rolname::text from pg_roles
        """
    ).fetchall()
    return {row[0] for row in rows}


def unknown(page: Path, names: set[str], source: str) -> set[str]:
    """What a page names and nobody knows."""
    said = {
        found[1]
        for code in read(page).code
        if (found := re.fullmatch(r"([a-z]+(?:[_.][a-z]+)+)(?:\([a-z_, ?]*\))?", code))
    }
    files = {name for name in said if name.endswith(FILES)}
    elsewhere = {name for name in said - files - names - OUTSIDE if name not in source}
    return elsewhere | {name for name in files if not any(tree(name))}


def gone(page: Path) -> set[str]:
    """The files that a page names and that are not there."""

    def is_there(path: str) -> bool:
        pattern = re.sub(r"<[^>]+>|…", "*", path).rstrip("/")
        return (ROOT / pattern).exists() or any(ROOT.glob(pattern))

    named = {code for code in read(page).code if re.match(rf"(?:{'|'.join(FOLDERS)})/\S*$", code)}
    return {path for path in named - OUTSIDE if not is_there(path)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_whatever_a_page_names_exists(page: Path, names: set[str], source: str) -> None:
    assert unknown(page, names, source) == set()
    assert gone(page) == set()


def test_what_does_not_exist_is_noticed(tmp_path: Path, names: set[str], source: str) -> None:
    page = tmp_path / "page.md"
    wrong = ("notifier.no_" + "such_table", "sql/no_" + "such.sql")
    page.write_text(f"`{wrong[0]}`, `notifier.emails`, `{wrong[1]}`, `sql/tables/`")
    assert unknown(page, names, source) == {wrong[0]}
    assert gone(page) == {wrong[1]}


def test_every_function_is_called_with_arguments_that_it_has(conn: psycopg.Connection) -> None:
    rows = conn.execute("select proname::text, coalesce(proargnames, '{}') from pg_proc").fetchall()
    known: dict[str, set[str]] = {}
    for function, arguments in rows:
        known.setdefault(function, set()).update(arguments)
    called = 0
    for page in PAGES:
        for code in read(page).code:
            found = re.fullmatch(r"(?:[a-z]+\.)?([a-z_]+)\(([a-z_, ?]+)\)", code)
            if found and found[1] in known:
                called += 1
                assert set(found[2].replace("?", "").split(", ")) - known[found[1]] <= {
                    "session",
                    "user",
                }, code
    assert called > 20


def test_alerts_are_on_metrics_that_there_are(source: str) -> None:
    page = read(ROOT / "docs" / "operations.md").prose
    metrics = set(re.findall(r"notifier_[a-z_]*[a-z]\b", page))
    assert len(metrics) > 5
    assert {metric for metric in metrics if metric not in source} == set()
