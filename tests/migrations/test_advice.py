"""Supabase's own tools have nothing to say against the database."""

import os

import psycopg
import pytest

from devstack import supabase_cli
from devstack.databases import Database


@pytest.fixture
def checked(database: Database) -> Database:
    """A migrated database with plpgsql_check, which `supabase db lint` works by."""
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        available = connection.execute(
            "select from pg_catalog.pg_available_extensions where name = 'plpgsql_check'"
        ).fetchone()
        if available is None:
            assert os.environ.get("PG") != "container", "the container's image lacks plpgsql_check"
            pytest.skip("this server has no plpgsql_check; PG=container has")
        connection.execute("create extension if not exists plpgsql_check with schema extensions")
    return database


def test_the_advisors_say_nothing(database: Database) -> None:
    assert supabase_cli.advice(database.url) == []


def test_the_advisors_would_say_something(database: Database) -> None:
    with psycopg.connect(database.url) as connection:
        connection.execute("create table public.open_to_all (id integer primary key)")
        connection.execute("grant select on public.open_to_all to anon")
        connection.execute("create view public.as_owner as select id from public.courses")
        connection.execute("create function public.anywhere() returns integer return 1")

    said = {advice.name for advice in supabase_cli.advice(database.url)}

    assert said >= {
        "rls_disabled_in_public",
        "security_definer_view",
        "function_search_path_mutable",
    }


def test_plpgsql_check_finds_nothing_in_any_function(checked: Database) -> None:
    assert supabase_cli.lint_functions(checked.url) == []


def test_plpgsql_check_would_find_something(checked: Database) -> None:
    with psycopg.connect(checked.url) as connection:
        connection.execute(
            "create function private.broken() returns integer language plpgsql"
            " as 'begin return (select no_such_column from public.courses); end'"
        )

    assert supabase_cli.lint_functions(checked.url) == [
        'private.broken: error: column "no_such_column" does not exist'
    ]
