"""The rules about SQL files find what breaks them, and nothing in this tree."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from devstack import migration_lint

GOOD = {
    "sql/schemas/private.sql": """
create schema private;
comment on schema private is 'Helpers.';
grant usage on schema private to authenticated;
""",
    "sql/tables/courses.sql": """
create table public.courses (id uuid not null);
comment on table public.courses is 'Courses; not batches.';
create index courses_id_idx on public.courses (id);
""",
    "sql/functions/private.is_manager.sql": """
-- Security definer: the roles are hidden from the caller.
create function private.is_manager(user_id uuid)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    -- DELETE FROM here is a comment, and 'UPDATE a SET b' a string.
    perform 'UPDATE a SET b';
    delete from private.seen where true;
    with old as (delete from private.seen where id = is_manager.user_id returning id)
    update private.seen as seen set id = old.id from old where seen.id = old.id;
    insert into private.seen values (1) on conflict (id) do update set id = 2;
    perform from private.seen for update of seen;
    return true;
end
$$;
comment on function private.is_manager(uuid) is 'Whether.';
revoke execute on function private.is_manager(uuid) from public;
grant execute on function private.is_manager(uuid) to authenticated;
""",
    "sql/triggers/touch_updated_at.sql": """
create function private.touch_updated_at()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    return new;
end
$$;
comment on function private.touch_updated_at() is 'Touches.';
revoke execute on function private.touch_updated_at() from public;
create trigger courses_touch before update on public.courses
for each row execute function private.touch_updated_at();
""",
    "sql/views/calendar.sql": """
create view public.calendar
with (security_invoker = true)
as
select id from public.courses;
""",
    "sql/policies/courses.sql": """
alter table public.courses enable row level security;
revoke all on public.courses from public, anon;
grant select on public.courses to authenticated;
create policy courses_select_everyone on public.courses
for select to authenticated
using (true);
""",
    "supabase/migrations/20260101000000_first.sql": "create schema private;\n",
    "supabase/migrations/20260101000001_second.sql": "create table public.courses (id uuid);\n",
    "supabase/config.toml": """
[db.migrations]
schema_paths = [
    "../sql/schemas/private.sql",
    "../sql/tables/courses.sql",
    "../sql/functions/private.is_manager.sql",
    "../sql/triggers/touch_updated_at.sql",
    "../sql/views/calendar.sql",
    "../sql/policies/courses.sql",
]
""",
}

Change = Callable[[Path], None]


def append(path: str, text: str) -> Change:
    """A change that adds text to a file, which it creates if need be."""

    def change(root: Path) -> None:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a") as stream:
            stream.write(text)

    return change


def replace(path: str, old: str, new: str) -> Change:
    """A change that replaces a piece of text that has to be there."""

    def change(root: Path) -> None:
        text = (root / path).read_text()
        assert old in text
        (root / path).write_text(text.replace(old, new))

    return change


BAD = {
    "a function without a search path": (
        replace(
            "sql/functions/private.is_manager.sql", "set search_path = pg_catalog, pg_temp\n", ""
        ),
        "sql/functions/private.is_manager.sql:3: private.is_manager lacks set search_path = ",
    ),
    "a definer that does not say why": (
        replace("sql/functions/private.is_manager.sql", "-- Security definer:", "-- It is so:"),
        "sql/functions/private.is_manager.sql:3: private.is_manager runs as its owner",
    ),
    "a function without a comment": (
        replace("sql/functions/private.is_manager.sql", "comment on function", "comment on table"),
        "sql/functions/private.is_manager.sql:3: private.is_manager has no comment on function",
    ),
    "a function that everybody may execute": (
        replace("sql/functions/private.is_manager.sql", "from public", "from anon"),
        "sql/functions/private.is_manager.sql:3: everybody may execute private.is_manager",
    ),
    "upper case in a body": (
        replace("sql/functions/private.is_manager.sql", "    return true", "    RETURN true"),
        "sql/functions/private.is_manager.sql:17: write RETURN in lower case",
    ),
    "a long line in a body": (
        replace("sql/functions/private.is_manager.sql", "    return true", "    --" + 114 * "-"),
        "sql/functions/private.is_manager.sql:17: 121 characters; 120 are allowed",
    ),
    "an odd indentation": (
        replace("sql/functions/private.is_manager.sql", "    return true", "   return true"),
        "sql/functions/private.is_manager.sql:17: indent in steps of four blanks",
    ),
    "a delete without where": (
        replace("sql/functions/private.is_manager.sql", "seen where true", "seen"),
        "sql/functions/private.is_manager.sql:12: this delete has no where",
    ),
    "a delete without where in a with clause": (
        replace("sql/functions/private.is_manager.sql", " where id = is_manager.user_id", ""),
        "sql/functions/private.is_manager.sql:13: this delete has no where",
    ),
    "an update without where": (
        replace("sql/functions/private.is_manager.sql", " where seen.id = old.id", ""),
        "sql/functions/private.is_manager.sql:14: this update has no where",
    ),
    "a view that runs as its owner": (
        replace("sql/views/calendar.sql", "with (security_invoker = true)\n", ""),
        "sql/views/calendar.sql:2: public.calendar lacks with (security_invoker = true)",
    ),
    "a replaced view that runs as its owner": (
        append(
            "supabase/migrations/20260101000001_second.sql",
            "create or replace view public.calendar as select 1 as id;\n",
        ),
        "supabase/migrations/20260101000001_second.sql:2: public.calendar lacks with",
    ),
    "a grant on everything": (
        append(
            "supabase/migrations/20260101000001_second.sql",
            "grant select on all tables in schema public to authenticated;\n",
        ),
        "supabase/migrations/20260101000001_second.sql:2: grant on each object by its name",
    ),
    "a grant to anon": (
        replace("sql/policies/courses.sql", "to authenticated;", "to authenticated, anon;"),
        "sql/policies/courses.sql:4: anon may use only what GRANTED_TO_ANON",
    ),
    "a grant to public": (
        append("sql/schemas/private.sql", "grant usage on schema private to public;\n"),
        "sql/schemas/private.sql:5: public may use only what GRANTED_TO_ANON",
    ),
    "a policy in a table's file": (
        append(
            "sql/tables/courses.sql",
            "create policy courses_select_all on public.courses for select to anon using (true);\n",
        ),
        "sql/tables/courses.sql:5: this does not belong in sql/tables: create policy",
    ),
    "two objects in a file": (
        append("sql/tables/courses.sql", "create table public.batches (id uuid);\n"),
        "sql/tables/courses.sql:5: public.batches belongs in a file of its own",
    ),
    "a media type in a file named otherwise": (
        append("sql/tables/courses.sql", 'create table public."text/csv" (id uuid);\n'),
        'sql/tables/courses.sql:5: public."text/csv" belongs in a file of its own',
    ),
    "an aggregate that everybody may execute": (
        append(
            "sql/functions/private.total.sql",
            "create aggregate private.total (anyelement) (sfunc = private.add, stype = text);\n"
            "comment on aggregate private.total (anyelement) is 'The sum.';\n",
        ),
        "sql/functions/private.total.sql:1: everybody may execute private.total",
    ),
    "a file that creates nothing": (
        replace("sql/views/calendar.sql", "create view", "comment on view"),
        "sql/views/calendar.sql: creates nothing of the kind that sql/views is for",
    ),
    "a trigger that neither its file nor its function names": (
        append(
            "sql/triggers/touch_updated_at.sql",
            "create trigger other before update on public.courses"
            " for each row execute function private.other();\n",
        ),
        "sql/triggers/touch_updated_at.sql:15: other belongs in a file of its own",
    ),
    "a policy named after another verb": (
        replace("sql/policies/courses.sql", "for select", "for delete"),
        "sql/policies/courses.sql:5: the name of this policy begins with courses_delete_",
    ),
    "a policy for everybody and every verb": (
        replace("sql/policies/courses.sql", "for select to authenticated\n", ""),
        "sql/policies/courses.sql:5: say for which verb and to which role this policy is",
    ),
    "a folder of another kind": (
        append("sql/misc/thing.sql", "create table public.thing (id uuid);\n"),
        "sql/misc/thing.sql: sql/ holds the folders",
    ),
    "a file that schema_paths forgot": (
        append("sql/tables/batches.sql", "create table public.batches (id uuid);\n"),
        "sql/tables/batches.sql: is missing from schema_paths",
    ),
    "a path that is no file": (
        replace("supabase/config.toml", "tables/courses.sql", "tables/corses.sql"),
        "supabase/config.toml: schema_paths names sql/tables/corses.sql, which is not there",
    ),
    "a path listed twice": (
        replace("supabase/config.toml", "views/calendar.sql", "tables/courses.sql"),
        "supabase/config.toml: schema_paths names sql/tables/courses.sql more than once",
    ),
    "a migration with a careless name": (
        append("supabase/migrations/2026_first.sql", "select 1;\n"),
        "supabase/migrations/2026_first.sql: name it <YYYYMMDDhhmmss>_<topic>.sql",
    ),
    "a migration of a day that never was": (
        append("supabase/migrations/20260231000000_third.sql", "select 1;\n"),
        "supabase/migrations/20260231000000_third.sql: name it <YYYYMMDDhhmmss>_<topic>.sql",
    ),
    "two migrations of one second": (
        append("supabase/migrations/20260101000001_third.sql", "select 1;\n"),
        "supabase/migrations/20260101000001_third.sql: another migration has the same timestamp",
    ),
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A tree that breaks no rule."""
    for path, text in GOOD.items():
        append(path, text)(tmp_path)
    return tmp_path


def findings(root: Path) -> list[str]:
    return [str(finding) for finding in migration_lint.check(root)]


def git(root: Path, *arguments: str) -> None:
    author = ["-c", "user.name=Test", "-c", "user.email=test@example.test"]
    subprocess.run(["git", *author, *arguments], cwd=root, check=True, capture_output=True)


@pytest.fixture
def released(root: Path) -> Path:
    """The good tree, of which a release was made."""
    git(root, "init", "--quiet")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "Release")
    git(root, "tag", "v1.0.0")
    return root


def test_a_good_tree_breaks_no_rule(root: Path) -> None:
    assert findings(root) == []


@pytest.mark.parametrize(("change", "finding"), BAD.values(), ids=BAD.keys())
def test_a_broken_rule_is_found_where_it_is_broken(
    root: Path, change: Change, finding: str
) -> None:
    change(root)

    assert [found for found in findings(root) if found.startswith(finding)], findings(root)


def test_a_released_migration_stays_as_it_is(released: Path) -> None:
    append("supabase/migrations/20260101000000_first.sql", "-- on second thoughts\n")(released)

    assert findings(released) == [
        "supabase/migrations/20260101000000_first.sql:"
        " was released: write another migration instead of changing it"
    ]


def test_a_released_migration_is_not_removed(released: Path) -> None:
    (released / "supabase/migrations/20260101000000_first.sql").unlink()

    assert findings(released) == [
        "supabase/migrations/20260101000000_first.sql:"
        " was released: a released migration is not removed"
    ]


def test_a_new_migration_comes_after_the_released_ones(released: Path) -> None:
    append("supabase/migrations/20251231000000_late.sql", "select 1;\n")(released)
    append("supabase/migrations/20260101000002_third.sql", "select 1;\n")(released)

    assert findings(released) == [
        "supabase/migrations/20251231000000_late.sql: comes before"
        " 20260101000001_second.sql, which was released: take a later time"
    ]


def test_what_was_not_released_may_still_change(released: Path) -> None:
    append("supabase/migrations/20260101000002_third.sql", "select 1;\n")(released)
    git(released, "add", ".")
    git(released, "commit", "--quiet", "--message", "Not released")
    append("supabase/migrations/20260101000002_third.sql", "select 2;\n")(released)

    assert findings(released) == []
