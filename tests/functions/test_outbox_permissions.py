"""Who may do what with the outbox: role notifier its functions, everybody else nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
from psycopg import sql

from devstack.databases import Database
from support.actors import as_anon, as_service, as_user, refused
from support.outbox import Outbox
from support.world import World

QUEUE_FUNCTIONS = {
    "begin_sending",
    "claim_emails",
    "claim_report_mail",
    "claim_webhooks",
    "complete_emails",
    "complete_report_mail",
    "complete_webhook",
    "dead_emails",
    "discard_emails",
    "email_history",
    "emails_in_doubt",
    "expand_events",
    "extend_claim",
    "extend_webhook",
    "fail_email",
    "fail_report_mail",
    "fail_webhook",
    "fall_asleep",
    "has_news",
    "held_report_mails",
    "list_send_limits",
    "meetings_due_at",
    "next_wake",
    "note_unknown_mailbox",
    "purge",
    "queue_metrics",
    "queue_status",
    "recover_expired_claims",
    "release_emails",
    "replay_event",
    "report",
    "retry_emails",
    "set_app_url",
    "stay_awake",
    "set_send_limit",
    "suppress_address",
    "suppressed_addresses",
    "tick",
    "unsuppress_address",
    "workers",
}


@pytest.fixture
def notifier(database: Database) -> Iterator[psycopg.Connection]:
    """Role notifier, as the daemon logs in."""
    with psycopg.connect(database.notifier_url, autocommit=True) as connection:
        yield connection


def executable(conn: psycopg.Connection, role: str, schemas: list[str]) -> set[str]:
    """Functions of these schemas that a role may execute."""
    rows = conn.execute(
        """
        select function.proname
        from pg_catalog.pg_proc as function
        inner join pg_catalog.pg_namespace as schema on function.pronamespace = schema.oid
        where schema.nspname = any(%s) and has_function_privilege(%s, function.oid, 'execute')
        """,
        (schemas, role),
    )
    return {name for (name,) in rows}


def test_role_notifier_executes_the_queue_s_functions_and_no_others(
    conn: psycopg.Connection,
) -> None:
    assert executable(conn, "notifier", ["notifier"]) == QUEUE_FUNCTIONS
    assert executable(conn, "notifier", ["public", "private"]) == set()


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role", "authenticator"])
def test_no_api_role_executes_any_function_of_the_outbox(
    conn: psycopg.Connection, role: str
) -> None:
    assert executable(conn, role, ["notifier"]) == set()
    row = conn.execute("select has_schema_privilege(%s, 'notifier', 'usage')", (role,)).fetchone()
    assert row == (False,)


def test_role_notifier_has_a_privilege_on_no_table(conn: psycopg.Connection) -> None:
    rows = conn.execute(
        """
        select relation.oid::regclass::text
        from pg_catalog.pg_class as relation
        inner join pg_catalog.pg_namespace as schema on relation.relnamespace = schema.oid
        where
            schema.nspname in ('public', 'private', 'notifier', 'auth', 'vault')
            and relation.relkind in ('r', 'v', 'm', 'p')
            and has_table_privilege(
                'notifier',
                relation.oid,
                'select, insert, update, delete, truncate, references, trigger'
            )
        """
    )
    assert rows.fetchall() == []


def test_role_notifier_is_a_member_of_nothing_and_has_no_powers(conn: psycopg.Connection) -> None:
    row = conn.execute(
        """
        select
            rolcanlogin, rolinherit, rolsuper, rolcreaterole, rolcreatedb, rolreplication,
            rolbypassrls,
            exists (select from pg_catalog.pg_auth_members where member = pg_roles.oid)
        from pg_catalog.pg_roles
        where rolname = 'notifier'
        """
    ).fetchone()
    assert row == (True, False, False, False, False, False, False, False)


def test_the_daemon_s_whole_round_works_as_role_notifier(
    database: Database, notifier: psycopg.Connection
) -> None:
    with psycopg.connect(database.url) as admin:
        world = World(admin)
        batch = world.batch()
        world.student(batch=batch)
        world.session(batch=batch, starts=timedelta(days=2))
    worker = Outbox(notifier)
    worker.scalar("select notifier.stay_awake('1 second')")
    assert notifier.execute("select * from notifier.tick()").fetchone() == (0,) * 6
    assert worker.expand() == (1, False)
    (email,) = worker.claim()
    assert worker.release(email) == {email.email_id}
    (email,) = worker.claim()
    assert worker.scalar("select notifier.extend_claim(%s, '1 minute')", email.claim_id) == 1
    worker.send(email)
    assert worker.fail(email) is None
    worker.scalar("select notifier.fall_asleep()")
    assert worker.scalar("select notifier.next_wake()") is not None
    assert notifier.execute("select * from notifier.recover_expired_claims()").fetchone() == (0, 0)
    assert ("sent", 1) in {
        row[:2] for row in notifier.execute("select * from notifier.queue_status()")
    }


@pytest.mark.parametrize(
    "statement",
    [
        "select * from notifier.events",
        "select * from notifier.emails",
        "update notifier.gate set awake_until = 'infinity'",
        "select * from public.success_sessions",
        "select * from public.profiles",
        "select email from auth.users",
        "select * from vault.decrypted_secrets",
        "select notifier.expand_page(null, 1)",
        "select notifier.lock_due_emails(1)",
        "select private.finalize_attendance(gen_random_uuid())",
        "select public.join_session(gen_random_uuid())",
        "create table notifier.mine ()",
        "create table public.mine ()",
        "set role postgres",
        "set role service_role",
    ],
)
def test_role_notifier_is_refused_everything_else(
    notifier: psycopg.Connection, statement: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        notifier.execute(sql.SQL(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "select * from notifier.expand_events(1)",
        "select * from notifier.claim_emails('me', 1, '1 minute', 'a@example.test', '')",
        "select * from notifier.tick()",
        "select * from notifier.queue_status()",
        "select * from notifier.events",
        "select * from notifier.emails",
        "insert into notifier.events (session_id, new) values (gen_random_uuid(), '{}')",
    ],
)
def test_api_roles_are_refused(conn: psycopg.Connection, world: World, statement: str) -> None:
    query = sql.SQL(statement)
    with as_user(conn, world.superadmin()), refused(conn):
        conn.execute(query)
    with as_anon(conn), refused(conn):
        conn.execute(query)
    with as_service(conn), refused(conn):
        conn.execute(query)


def test_row_level_security_is_on_and_no_policy_opens_the_outbox(conn: psycopg.Connection) -> None:
    rows = conn.execute(
        """
        select relation.relname, relation.relrowsecurity,
            exists (select from pg_catalog.pg_policy as policy where policy.polrelid = relation.oid)
        from pg_catalog.pg_class as relation
        where relation.relnamespace = 'notifier'::regnamespace and relation.relkind = 'r'
        order by relation.relname
        """
    )
    assert rows.fetchall() == [
        ("attendance_warnings", True, False),
        ("emails", True, False),
        ("enrollment_changes", True, False),
        ("events", True, False),
        ("gate", True, False),
        ("mail_events", True, False),
        ("purge_clock", True, False),
        ("reminder_clock", True, False),
        ("report_mails", True, False),
        ("send_limits", True, False),
        ("suppressions", True, False),
        ("webhook_deliveries", True, False),
    ]
