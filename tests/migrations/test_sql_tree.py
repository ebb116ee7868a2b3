"""sql/ and supabase/migrations describe the same database."""

import psycopg

from devstack import supabase_cli
from devstack.databases import Database
from support.grants import grants

OURS = ["public", "private", "notifier"]

STRAYS = [
    ("alter table public.courses add column stray_column text", 'add column "stray_column"'),
    ("comment on table public.batches is 'stray comment'", "stray comment"),
    (
        "alter table public.batches add constraint stray_check check (name <> 'stray')",
        'add constraint "stray_check"',
    ),
    ("create index stray_index on public.courses (name)", "stray_index"),
    (
        "create policy stray_policy on public.courses for delete to anon using (true)",
        'create policy "stray_policy"',
    ),
    (
        "grant insert on private.audit_seals to authenticated",
        'grant insert on table "private"."audit_seals" to "authenticated"',
    ),
    ("create function private.stray() returns integer language sql return 1", "private.stray"),
    (
        "create or replace function private.touch_updated_at() returns trigger language plpgsql"
        " set search_path = pg_catalog, pg_temp as 'begin /* stray body */ return new; end'",
        "stray body",
    ),
    (
        "create trigger stray_trigger before update on public.courses"
        " for each row execute function private.touch_updated_at()",
        "stray_trigger",
    ),
    (
        "alter view public.segmented_weekly_success_sessions reset (security_invoker)",
        "security_invoker",
    ),
    ("alter type public.session_type add value 'stray_value'", "stray_value"),
]
"""What a migration may do and sql/ forget, and what of it the difference has to show."""


def test_sql_and_the_migrations_describe_the_same_database(
    described: Database, database: Database
) -> None:
    assert supabase_cli.difference(described.url, database.url) == ""
    assert supabase_cli.difference(database.url, described.url) == ""


def test_sql_and_the_migrations_grant_the_same(described: Database, database: Database) -> None:
    assert grants(described.url, OURS) == grants(database.url, OURS)


def test_every_kind_of_stray_shows_in_the_difference(
    described: Database, database: Database
) -> None:
    with psycopg.connect(database.url, autocommit=True) as connection:
        for statement, _ in STRAYS:
            connection.execute(statement.encode())

    difference = supabase_cli.difference(described.url, database.url).lower()

    assert [shown for _, shown in STRAYS if shown not in difference] == [], difference
