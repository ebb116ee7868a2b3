"""Back up and restore, by the commands of docs/operations.md, from one server to another."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest

from devstack import databases, platform
from devstack.databases import Database
from devstack.paths import ROOT
from devstack.postgres import EmbeddedPostgres, Server
from support.actors import as_user
from support.classroom import Classroom, open_classroom
from support.daemon import environment
from support.operations import blocks, copied
from support.outbox import Outbox
from support.smtp_server import SmtpServer
from support.threads import in_thread

pytestmark = pytest.mark.skipif(
    os.environ.get("PG") != "container",
    reason="pg_dump is in the image and not among the embedded binaries: make test PG=container",
)

HEADING = "Back up and restore"


@dataclass(frozen=True, slots=True)
class Restored:
    """A database, and what its dump became on another server.

    Attributes:
        original: Where the dump was taken: one mail waited, one was claimed, one was being sent.
        session: Its session, which has a passcode.
        copy: The restored one.
        said: What the last command of the page said.
    """

    original: Classroom
    session: UUID
    copy: Database
    said: str


@pytest.fixture(scope="module")
def restored(template: Database, server: Server) -> Iterator[Restored]:
    from devstack.container import open_container
    from support.inside import inside

    dump, roles, restore = blocks(HEADING, "sh")
    database = databases.clone(template, "live_sessions")
    with open_classroom(database, students=3) as classroom, open_container() as empty:
        session = classroom.schedule(zoom_passcode="4711")
        for _ in ("mark", "seal"):
            classroom.conn.execute("select private.seal_audit_log()")
        outbox = Outbox(classroom.conn, "a worker that will be gone")
        outbox.expand()
        outbox.claim(1, timedelta(milliseconds=1))
        outbox.begin(*outbox.claim(1), lease=timedelta(milliseconds=1))
        with inside(server) as here, inside(empty) as there:
            here.run(dump)
            for file in ("roles.sql", "live_sessions.dump"):
                there.put(here.take(file))
            there.run(roles)
            said = there.run(restore)
        yield Restored(classroom, session, Database(empty, "restored"), said)
    databases.drop(database)


def sent_by(database: Database) -> dict[str, str]:
    """What a notifier sends that finds this database: the Message-ID by recipient."""
    with in_thread(SmtpServer()) as mail_server:
        copied(
            "python -m notifier check && python -m notifier once",
            ROOT,
            **environment(database, mail_server),
        )
        sent = [(mail.recipient, mail.message_id) for mail in mail_server.mails]
    assert len(dict(sent)) == len(sent)
    return dict(sent)


def test_a_newer_postgres_takes_the_dump(restored: Restored) -> None:
    """As statements, since the newer server is out of the reach of pg_restore."""
    from support.inside import inside

    with inside(restored.original.database.server) as here:
        here.run("pg_dump --inserts --file=statements.sql live_sessions")
        dump = here.read("statements.sql")
    # psql's own lines, as of 2025's minor versions.
    statements = re.sub(r"^\\.*$", "", dump, flags=re.MULTILINE)
    with EmbeddedPostgres(18, in_memory=True) as newer:
        platform.install_cluster(newer.superuser_url)
        with psycopg.connect(newer.superuser_url, autocommit=True) as conn:
            conn.execute("create role notifier login password 'notifier'")
            conn.execute("create database upgraded owner postgres")
        upgraded = Database(newer, "upgraded")
        with psycopg.connect(upgraded.superuser_url, autocommit=True) as conn:
            conn.execute(statements.encode())
            found = conn.execute(
                "select (select count(*) from public.success_sessions),"
                " (select is_intact from public.verify_audit_log())"
            ).fetchone()
        assert found == (1, True)
        assert len(sent_by(upgraded)) == 3


def test_a_restored_database_sends_what_waited_and_what_was_under_way_once_more(
    restored: Restored,
) -> None:
    assert restored.original.statuses() == {"queued": 1, "claimed": 1, "sending": 1}

    by_the_copy = sent_by(restored.copy)

    assert len(by_the_copy) == 3
    # Both servers at work after the dump is the one way to send twice: under the same Message-ID.
    assert sent_by(restored.original.database) == by_the_copy
    assert sent_by(restored.copy) == {}


def test_the_audit_log_is_found_intact_and_goes_on(restored: Restored) -> None:
    assert " t         | " in restored.said
    with psycopg.connect(restored.copy.url, autocommit=True) as conn:
        conn.execute("update public.success_sessions set title = 'Moved' where true")
        # Fewer than 20,000 entries are sealed once a minute.
        conn.execute("update private.audit_seals set marked_at = '-infinity' where true")
        for _ in ("mark", "seal"):
            conn.execute("select private.seal_audit_log()")
        verdict = conn.execute(
            "select is_intact, problem, seals, unsealed_entries from public.verify_audit_log()"
        ).fetchone()
    assert verdict == (True, None, 2, 0)


def test_everybody_has_the_rights_they_had(restored: Restored) -> None:
    rights = """
        select nspname, object.name, array(select item::text from unnest(acl) as item order by 1)
        from (
            select relname::text, relnamespace, relacl from pg_class where relkind in ('r', 'v')
            union all
            select oid::regprocedure::text, pronamespace, proacl from pg_proc
            union all
            select nspname::text, oid, nspacl from pg_namespace
        ) as object (name, namespace, acl)
        inner join pg_namespace on pg_namespace.oid = namespace
        where nspname in ('public', 'private', 'notifier')
        order by 1, 2
    """
    found = []
    for database in (restored.original.database, restored.copy):
        with psycopg.connect(database.url) as conn:
            found.append(conn.execute(rights).fetchall())
            # Migrations can go on.
            conn.execute("create table public.a_later_migration (id uuid)")
            conn.rollback()
        with (
            psycopg.connect(database.notifier_url) as conn,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            conn.execute("select from notifier.emails")
    assert found[0] == found[1]
    assert len(found[0]) > 200


def test_where_vault_has_another_key_secrets_are_forgotten_and_entered_again(
    restored: Restored,
) -> None:
    forget, _ = blocks(HEADING, "sql")
    session, mentor = restored.session, restored.original.mentor
    passcode = "select passcode from public.session_credentials(%s)"
    with psycopg.connect(restored.copy.superuser_url) as conn:
        conn.execute("update vault.stub_root_key set key = extensions.gen_random_bytes(32)")
    with psycopg.connect(restored.copy.url) as conn:
        conn.execute("update public.success_sessions set mentor_id = %s where true", (mentor,))
        with (
            as_user(conn, mentor),
            pytest.raises(psycopg.Error, match="Wrong key"),
            conn.transaction(),
        ):
            conn.execute(passcode, (session,))

        conn.execute(forget.encode())

        with as_user(conn, mentor):
            assert conn.execute(passcode, (session,)).fetchone() == (None,)
        with as_user(conn, restored.original.admin):
            conn.execute(
                "update public.success_sessions set zoom_passcode = '0815' where id = %s",
                (session,),
            )
        with as_user(conn, mentor):
            assert conn.execute(passcode, (session,)).fetchone() == ("0815",)
