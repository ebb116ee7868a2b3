"""What docs/operations.md says of removing the product removes all of it."""

from __future__ import annotations

import psycopg
from psycopg import sql

from devstack.paths import ROOT
from support.operations import blocks, section


def named(kind: str) -> list[str]:
    """The objects of schema public that `sql/` names."""
    names = (path.stem for path in sorted((ROOT / "sql" / kind).glob("*.sql")))
    # Media types have a slash, which no file's name can have.
    return [name.replace("text_", "text/") for name in names if "." not in name]


def left_over(conn: psycopg.Connection) -> set[str]:
    """What there is beyond the platform, by kind and name."""
    rows = conn.execute(
        """
        select 'relation ' || oid::regclass from pg_class
        where relnamespace = 'public'::regnamespace
        union all
        select 'routine ' || oid::regprocedure from pg_proc
        where pronamespace = 'public'::regnamespace
        union all
        select 'type ' || oid::regtype from pg_type where typnamespace = 'public'::regnamespace
        union all
        select 'schema ' || nspname from pg_namespace where nspname in ('private', 'notifier')
        union all
        select 'trigger ' || tgname from pg_trigger
        where tgrelid in ('auth.users'::regclass, 'storage.objects'::regclass) and not tgisinternal
        union all
        select 'policy ' || polname from pg_policy where polrelid = 'storage.objects'::regclass
        union all
        select 'bucket ' || id from storage.buckets
        union all
        select 'secret ' || name from vault.secrets
        """
    ).fetchall()
    return {row[0] for row in rows}


def test_removing_leaves_nothing(conn: psycopg.Connection) -> None:
    said = section("Roll back")
    conn.execute("select private.unsubscribe_key()")
    assert len(left_over(conn)) > 300

    forget, _ = blocks("Back up and restore", "sql")
    conn.execute(forget.encode())
    assert "`drop schema notifier, private cascade`" in said
    conn.execute("drop schema notifier, private cascade")
    for kind, verb in (
        ("views", "drop view if exists public.{}"),
        ("functions", "drop routine if exists public.{} cascade"),
        ("tables", "drop table public.{} cascade"),
        ("types", "drop type if exists public.{} cascade"),
    ):
        assert kind in said
        for name in named(kind):
            conn.execute(sql.SQL(verb).format(sql.Identifier(name)))
    conn.execute("delete from storage.buckets where id = 'session-recordings'")

    assert left_over(conn) == set()
