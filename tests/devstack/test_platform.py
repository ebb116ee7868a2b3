"""The stub behaves as Supabase does where this project leans on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest

from devstack import databases, platform
from devstack.databases import Database
from devstack.platform import DefaultPrivileges
from devstack.postgres import Server
from devstack.urls import role_of
from support.actors import as_service, as_user, refused

NewPlatform = Callable[[DefaultPrivileges], Database]


@pytest.fixture
def new_platform(server: Server, _names: Iterator[str]) -> Iterator[NewPlatform]:
    """Makes databases with the platform and nothing else."""
    made: list[Database] = []

    def new(regime: DefaultPrivileges) -> Database:
        made.append(databases.create_platform(server, next(_names), default_privileges=regime))
        return made[-1]

    yield new
    for database in made:
        databases.drop(database)


@pytest.fixture
def project(new_platform: NewPlatform) -> Iterator[psycopg.Connection]:
    """A connection as role `postgres` to an empty project."""
    with psycopg.connect(new_platform("legacy").url) as connection:
        yield connection
        connection.rollback()


def test_postgres_may_do_what_it_may_on_supabase(
    server: Server, project: psycopg.Connection
) -> None:
    if role_of(server.superuser_url) == "postgres":
        pytest.skip("here postgres is the superuser and cannot be demoted")

    row = project.execute(
        "select rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls"
        " from pg_roles where rolname = current_user"
    ).fetchone()

    assert row == (False, True, True, True, True)
    project.execute("create extension btree_gist with schema extensions")
    project.execute("create table public.things (owner uuid references auth.users)")
    project.execute(
        "create function public.noticed() returns trigger"
        " language plpgsql as 'begin return new; end'"
    )
    project.execute(
        "create trigger noticed after insert on auth.users"
        " for each row execute function public.noticed()"
    )
    project.execute(
        "create policy anyone on storage.objects for select to authenticated using (true)"
    )
    with refused(project):
        project.execute("create table auth.things ()")
    with refused(project):
        project.execute("alter table auth.users add column shoe_size integer")
    with refused(project, match="stub_root_key"):
        project.execute("select * from vault.stub_root_key")


@pytest.mark.parametrize(
    "settings",
    [
        {"request.jwt.claims": '{"sub": "%s", "role": "authenticated", "email": "a@example.test"}'},
        {
            "request.jwt.claim.sub": "%s",
            "request.jwt.claim.role": "authenticated",
            "request.jwt.claim.email": "a@example.test",
        },
    ],
    ids=["claims as JSON", "claims one by one"],
)
def test_the_caller_is_read_from_both_forms_of_claims(
    project: psycopg.Connection, settings: dict[str, str]
) -> None:
    user = str(uuid4())
    for name, value in settings.items():
        project.execute("select set_config(%s, %s, true)", (name, value.replace("%s", user)))

    row = project.execute("select auth.uid()::text, auth.role(), auth.email()").fetchone()

    assert row == (user, "authenticated", "a@example.test")


def test_nobody_is_signed_in_without_claims(project: psycopg.Connection) -> None:
    project.execute("select set_config('request.jwt.claims', '', true)")

    assert project.execute("select auth.uid(), auth.role(), auth.jwt()").fetchone() == (None,) * 3


def test_the_vault_gives_back_what_was_put_in_and_stores_it_encrypted(
    project: psycopg.Connection,
) -> None:
    put = project.execute("select vault.create_secret('pass €', 'door', 'of the shed')").fetchone()
    assert put is not None

    secret = project.execute(
        "select name, description, decrypted_secret, position('pass' in secret)"
        " from vault.decrypted_secrets where id = %s",
        put,
    ).fetchone()
    assert secret == ("door", "of the shed", "pass €", 0)

    project.execute("select vault.update_secret(%s, 'changed')", put)
    assert project.execute(
        "select name, decrypted_secret from vault.decrypted_secrets where id = %s", put
    ).fetchone() == ("door", "changed")

    with refused(project, psycopg.errors.UniqueViolation):
        project.execute("select vault.create_secret('another', 'door')")


def test_only_postgres_and_the_service_reach_the_vault(project: psycopg.Connection) -> None:
    project.execute("select vault.create_secret('x')")

    with as_service(project):
        assert project.execute("select count(*) from vault.decrypted_secrets").fetchone() == (1,)
    with as_user(project, uuid4()), refused(project):
        project.execute("select * from vault.decrypted_secrets")
    with as_user(project, uuid4()), refused(project):
        project.execute("select vault.create_secret('x')")


@pytest.mark.parametrize(("regime", "may_read"), [("legacy", True), ("explicit", False)])
def test_a_new_table_is_granted_to_the_api_in_the_legacy_regime_only(
    new_platform: NewPlatform, regime: DefaultPrivileges, may_read: bool
) -> None:
    with psycopg.connect(new_platform(regime).url) as connection:
        connection.execute("create table public.things ()")
        connection.execute("create function public.f() returns int language sql return 1")
        connection.execute("revoke execute on function public.f() from public")

        for role in ("anon", "authenticated", "service_role"):
            granted = connection.execute(
                "select has_table_privilege(%(role)s, 'public.things', 'select'),"
                " has_function_privilege(%(role)s, 'public.f()', 'execute')",
                {"role": role},
            ).fetchone()
            assert granted == (may_read, may_read), role


def test_the_api_roles_have_supabase_timeouts(project: psycopg.Connection) -> None:
    rows = project.execute(
        "select rolname, rolconfig from pg_roles"
        " where rolname in ('anon', 'authenticated') order by rolname"
    ).fetchall()

    assert rows == [("anon", ["statement_timeout=3s"]), ("authenticated", ["statement_timeout=8s"])]


def test_many_processes_may_install_at_once_and_again(
    server: Server, new_platform: NewPlatform
) -> None:
    made = [new_platform("legacy") for _ in range(4)]

    with ThreadPoolExecutor(8) as pool:
        again = [pool.submit(platform.install_database, d.superuser_url) for d in made * 2]
        roles = [pool.submit(platform.install_cluster, server.superuser_url) for _ in range(4)]

    assert [future.exception() for future in again + roles] == [None] * 12


def test_a_folder_name_is_the_path_without_the_file(project: psycopg.Connection) -> None:
    row = project.execute(
        "select storage.foldername(p), storage.filename(p), storage.extension(p)"
        " from (values ('a/b/c.mp4')) as v (p)"
    ).fetchone()

    assert row == (["a", "b"], "c.mp4", "mp4")
