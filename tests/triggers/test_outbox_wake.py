"""Who wakes the notifier, and when nobody needs to."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest
from psycopg import IsolationLevel

from devstack.databases import Database
from support.outbox import Outbox, change
from support.world import World

TUESDAY = datetime(2031, 5, 6, 17, 0, tzinfo=UTC)
SOON = 60.0
"""Seconds that a notification may take to arrive before a test fails."""


@pytest.fixture
def writer(database: Database) -> Iterator[psycopg.Connection]:
    """Role postgres, every statement its own transaction."""
    with psycopg.connect(database.url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def worker(database: Database) -> Iterator[Outbox]:
    """A notifier; its promises decide."""
    with psycopg.connect(database.notifier_url, autocommit=True) as connection:
        yield Outbox(connection)


@pytest.fixture
def listener(database: Database) -> Iterator[psycopg.Connection]:
    """A connection of role notifier that listens."""
    with psycopg.connect(database.notifier_url, autocommit=True) as connection:
        connection.execute("listen notifier")
        yield connection


def heard(listener: psycopg.Connection, writer: psycopg.Connection) -> list[str]:
    """Payloads of all notifications sent so far: those before a mark that is sent now."""
    writer.execute("select pg_notify('notifier', 'mark')")
    payloads: list[str] = []
    for notification in listener.notifies(timeout=SOON):
        if notification.payload == "mark":
            return payloads
        payloads.append(notification.payload)
    pytest.fail("the mark did not arrive")


def test_a_sleeping_notifier_is_woken_once_per_commit(
    writer: psycopg.Connection, worker: Outbox, listener: psycopg.Connection
) -> None:
    worker.scalar("select notifier.fall_asleep()")
    with writer.transaction():
        for number in range(5):
            World(writer).session(str(number), starts=TUESDAY)
    assert heard(listener, writer) == [""]


def test_it_is_asleep_until_it_says_otherwise(
    writer: psycopg.Connection, listener: psycopg.Connection
) -> None:
    World(writer).session(starts=TUESDAY)
    assert heard(listener, writer) == [""]


def test_one_that_is_awake_is_left_alone(
    writer: psycopg.Connection, worker: Outbox, listener: psycopg.Connection
) -> None:
    worker.scalar("select notifier.stay_awake('1 hour')")
    session = World(writer).session(starts=TUESDAY)
    change(writer, session, title="Renamed")
    World(writer).invite(session, World(writer).student())
    assert heard(listener, writer) == []
    worker.scalar("select notifier.fall_asleep()")
    change(writer, session, title="Renamed again")
    assert heard(listener, writer) == [""]


def test_a_promise_that_ran_out_counts_for_nothing(
    writer: psycopg.Connection, worker: Outbox, listener: psycopg.Connection
) -> None:
    worker.scalar("select notifier.stay_awake('-1 second')")
    World(writer).session(starts=TUESDAY)
    assert heard(listener, writer) == [""]


def test_a_lost_gate_is_a_sleeping_notifier(
    writer: psycopg.Connection, worker: Outbox, listener: psycopg.Connection
) -> None:
    writer.execute("delete from notifier.gate")
    World(writer).session(starts=TUESDAY)
    assert heard(listener, writer) == [""]
    worker.scalar("select notifier.stay_awake('1 hour')")
    World(writer).session(starts=TUESDAY)
    assert heard(listener, writer) == []


def test_a_change_that_nobody_sees_wakes_nobody(
    writer: psycopg.Connection, listener: psycopg.Connection
) -> None:
    session = World(writer).session(starts=TUESDAY)
    heard(listener, writer)
    change(writer, session, sequence=7)
    assert heard(listener, writer) == []


def test_a_rollback_wakes_nobody(writer: psycopg.Connection, listener: psycopg.Connection) -> None:
    with writer.transaction(force_rollback=True):
        World(writer).session(starts=TUESDAY)
    assert heard(listener, writer) == []


@pytest.mark.parametrize("level", [IsolationLevel.REPEATABLE_READ, IsolationLevel.SERIALIZABLE])
def test_a_writer_with_an_old_snapshot_always_notifies(
    database: Database,
    writer: psycopg.Connection,
    worker: Outbox,
    listener: psycopg.Connection,
    level: IsolationLevel,
) -> None:
    worker.scalar("select notifier.stay_awake('1 hour')")
    with psycopg.connect(database.url) as old:
        old.isolation_level = level
        World(old).session(starts=TUESDAY)
        worker.scalar("select notifier.fall_asleep()")
        old.commit()
    assert heard(listener, writer) == [""]


def test_between_falling_asleep_and_waiting_no_event_is_lost(
    database: Database, writer: psycopg.Connection, worker: Outbox, listener: psycopg.Connection
) -> None:
    """A commit that found the notifier awake is over before the notifier's last look."""
    # It waits for as long as this test may take to come round to the commit, and not for a second.
    writer.execute("alter function notifier.fall_asleep() set lock_timeout = '60s'")
    worker.scalar("select notifier.stay_awake('1 hour')")
    asleep = threading.Event()

    def fall_asleep() -> None:
        worker.scalar("select notifier.fall_asleep()")
        asleep.set()

    with psycopg.connect(database.url) as committing:
        World(committing).session(starts=TUESDAY)
        committing.execute("set constraints all immediate")  # the gate has been looked at
        thread = threading.Thread(target=fall_asleep)
        thread.start()
        wait_for_lock(writer)
        assert not asleep.is_set(), "fell asleep past a commit that counts on it being awake"
        committing.commit()
        thread.join(SOON)
    assert asleep.is_set()
    assert worker.expand() == (0, False)
    assert worker.scalar("select notifier.next_wake()") is not None, "the session's start"
    assert len(Outbox(writer).rows("events")) == 1
    assert Outbox(writer).rows("events")[0]["expanded_at"] is not None
    assert heard(listener, writer) == []


def test_falling_asleep_waits_for_nobody_for_long(
    database: Database, worker: Outbox, writer: psycopg.Connection, listener: psycopg.Connection
) -> None:
    worker.scalar("select notifier.stay_awake('1 hour')")
    with psycopg.connect(database.url) as idle:
        World(idle).session(starts=TUESDAY)
        idle.execute("set constraints all immediate")
        worker.scalar("select notifier.fall_asleep()")
        World(writer).session(starts=TUESDAY)
        assert heard(listener, writer) == [""]


def wait_for_lock(conn: psycopg.Connection) -> None:
    """Until some transaction of this database waits for an advisory lock."""
    deadline = time.monotonic() + SOON
    while time.monotonic() < deadline:
        row = conn.execute(
            "select exists (select from pg_locks where locktype = 'advisory' and not granted"
            " and database = (select oid from pg_database where datname = current_database()))"
        ).fetchone()
        if row == (True,):
            return
    pytest.fail("nobody waits for an advisory lock")
