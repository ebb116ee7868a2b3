"""The worker's connection to the database notices silence; no clock that can be set is asked."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

import notifier
from devstack.databases import Database
from notifier import outbox as outbox_module
from notifier.outbox import Outbox, OutboxUnavailableError
from support.pg_proxy import ANSWERED, PgProxy
from support.waiting import wait_until
from support.world import World

WALL_CLOCK = re.compile(r"\b(?:datetime\.now|date\.today|time\.time|utcnow)\b")


async def test_a_connection_that_falls_silent_is_given_up_and_the_next_call_opens_another(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        PgProxy(database.notifier_url) as proxy,
        Outbox(proxy.url, worker="w", organizer="", app_url="") as outbox,
    ):
        assert await outbox.has_news() is False
        monkeypatch.setattr(outbox_module, "CALL_TIMEOUT", 0.2)
        proxy.hold_at("has_news", ANSWERED)
        with pytest.raises(OutboxUnavailableError, match="did not answer in time"):
            await outbox.has_news()

        proxy.let_go()
        monkeypatch.setattr(outbox_module, "CALL_TIMEOUT", 30.0)

        assert await outbox.has_news() is False


async def test_what_was_prepared_before_a_migration_is_prepared_anew(database: Database) -> None:
    async with Outbox(
        database.notifier_url, worker="w", organizer="", app_url="", is_session=lambda: True
    ) as outbox:
        assert await outbox.has_news() is False
        with psycopg.connect(database.superuser_url, autocommit=True) as conn:
            conn.execute("drop function notifier.has_news()")
            conn.execute("create function notifier.has_news() returns integer return 1")
            conn.execute("grant execute on function notifier.has_news() to notifier")

        with pytest.raises(OutboxUnavailableError, match="cached plan"):
            await outbox.has_news()
        assert await outbox.has_news() is True


async def test_a_lock_that_is_not_given_in_time_is_asked_for_again(database: Database) -> None:
    name = psycopg.sql.Identifier(database.name)
    limit = psycopg.sql.SQL("alter role notifier in database {} set lock_timeout = '{}ms'")
    with psycopg.connect(database.superuser_url, autocommit=True) as other:
        other.execute(limit.format(name, 10))
        async with Outbox(database.notifier_url, worker="w", organizer="", app_url="") as outbox:
            with other.transaction():
                other.execute("lock table notifier.events in access exclusive mode")
                with pytest.raises(OutboxUnavailableError, match="lock timeout"):
                    await outbox.has_news()

            assert await outbox.has_news() is False


async def test_a_student_who_is_deleted_while_the_end_of_a_session_is_worked_on_stops_nothing(
    database: Database,
) -> None:
    with (
        psycopg.connect(database.url, autocommit=True) as conn,
        psycopg.connect(database.superuser_url, autocommit=True) as other,
    ):
        with conn.transaction():
            world = World(conn)
            batch = world.batch()
            leaver, stayer = (world.student(batch=batch) for _ in range(2))
            session = world.session(batch=batch, starts=timedelta(hours=-1), minutes=30)
            conn.execute("update public.success_sessions set status = 'completed'")
        async with Outbox(database.notifier_url, worker="w", organizer="", app_url="") as outbox:
            with other.transaction():
                other.execute("delete from auth.users where id = %s", (leaver,))
                expanding = asyncio.create_task(outbox.expand_events(500))
                await asyncio.to_thread(
                    wait_until, lambda: _waits_for(conn, other), "the deletion is waited for"
                )
            with pytest.raises(OutboxUnavailableError, match="23503"):
                await expanding

            while (await outbox.expand_events(500)).more:
                pass

        attendance = conn.execute("select session_id, student_id from public.session_attendance")
        assert attendance.fetchall() == [(session, stayer)]


def _waits_for(conn: psycopg.Connection, other: psycopg.Connection) -> bool:
    waiting = conn.execute(
        "select from pg_catalog.pg_stat_activity"
        " where %s = any(pg_catalog.pg_blocking_pids(pid)) limit 1",
        (other.info.backend_pid,),
    )
    return waiting.fetchone() is not None


def test_no_wait_and_no_lease_is_measured_on_a_clock_that_jumps() -> None:
    """The wall clock is asked for what people read and what is signed, and for nothing else."""
    asked = {
        source.name
        for source in Path(notifier.__file__).parent.rglob("*.py")
        if WALL_CLOCK.search(source.read_text())
    }

    assert asked == {
        "__main__.py",  # which week was the last
        "message.py",  # the Date of a mail
        "operate.py",  # a table for operators
        "report_mail.py",  # which week was the last
        "webhooks.py",  # the time that is signed
    }
