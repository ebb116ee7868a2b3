"""The listener finds out when it has gone deaf, and says so by doing something about it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import psycopg
import pytest

from devstack.databases import Database
from notifier import listener as listening
from notifier.listener import Listener
from notifier.outbox import CHANNEL, Outbox, OutboxUnavailableError
from support.pg_proxy import PgProxy


@asynccontextmanager
async def listener_at(
    database_url: str, other_url: str | None = None, *, patience: float = 60.0
) -> AsyncIterator[tuple[Listener, asyncio.Event]]:
    wake = asyncio.Event()
    outbox = Outbox(other_url or database_url, worker="test", organizer="", app_url="")
    async with outbox:
        listener = Listener(database_url, wake, outbox.notify, test_every=0.2, patience=patience)
        task = asyncio.create_task(listener.run())
        try:
            yield listener, wake
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def woken(wake: asyncio.Event, seconds: float = 60.0) -> None:
    async with asyncio.timeout(seconds):
        await wake.wait()


def notify(database: Database, payload: str = "") -> None:
    with psycopg.connect(database.url, autocommit=True) as conn:
        conn.execute("select pg_notify(%s, %s)", (CHANNEL, payload))


async def test_a_notification_wakes(database: Database) -> None:
    async with listener_at(database.notifier_url) as (listener, wake):
        await woken(wake)  # at the start: something may have happened before
        assert listener.listening

        for payload in ("", "whatever"):
            wake.clear()
            await asyncio.to_thread(notify, database, payload)
            await woken(wake)


async def test_it_keeps_hearing_through_many_tests_of_itself(database: Database) -> None:
    async with listener_at(database.notifier_url) as (listener, wake):
        await woken(wake)
        for _ in range(8):
            wake.clear()
            await asyncio.sleep(0.15)
            await asyncio.to_thread(notify, database)
            await woken(wake)
        assert listener.listening


async def test_what_arrives_in_one_packet_with_a_test_of_itself_wakes(database: Database) -> None:
    together = asyncio.Event()
    wake = asyncio.Event()

    def in_one_transaction(payloads: list[str]) -> None:
        with psycopg.connect(database.url) as conn:
            for payload in payloads:
                conn.execute("select pg_notify(%s, %s)", (CHANNEL, payload))

    async def with_news_once(payload: str) -> None:
        news = [""] if wake.is_set() and not together.is_set() else []
        if news:
            wake.clear()
        await asyncio.to_thread(in_one_transaction, [payload, *news])
        if news:
            together.set()

    listener = Listener(database.notifier_url, wake, with_news_once, test_every=0.1)
    task = asyncio.create_task(listener.run())
    try:
        async with asyncio.timeout(60):
            await together.wait()
        await woken(wake)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_its_own_tests_wake_nobody(database: Database) -> None:
    tested = 0
    wake = asyncio.Event()
    outbox = Outbox(database.notifier_url, worker="t", organizer="", app_url="")

    async def notify_and_count(payload: str) -> None:
        nonlocal tested
        await outbox.notify(payload)
        tested += 1

    async with outbox:
        listener = Listener(database.notifier_url, wake, notify_and_count, test_every=0.1)
        task = asyncio.create_task(listener.run())
        await woken(wake)
        wake.clear()
        async with asyncio.timeout(60):
            while tested < 4:  # noqa: ASYNC110 - there is no event for it
                await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    assert not wake.is_set()


async def test_a_half_open_connection_is_noticed_and_replaced(database: Database) -> None:
    async with (
        PgProxy(database.notifier_url) as proxy,
        listener_at(proxy.url, database.notifier_url, patience=3.0) as (listener, wake),
    ):
        await woken(wake)
        proxy.frozen = True
        async with asyncio.timeout(60):
            while listener.listening:  # noqa: ASYNC110 - there is no event for it
                await asyncio.sleep(0.01)
        wake.clear()
        proxy.frozen = False

        await woken(wake)

        assert listener.listening
        assert proxy.connections >= 2


async def test_a_closed_connection_is_replaced_and_the_worker_looks(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures: list[int] = []

    def at_once(number: int, **_: float) -> float:
        failures.append(number)
        return 0.0

    monkeypatch.setattr(listening, "backoff", at_once)
    async with listener_at(database.notifier_url) as (listener, wake):
        await woken(wake)
        for _ in range(2):
            wake.clear()
            with psycopg.connect(database.superuser_url, autocommit=True) as conn:
                conn.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where usename = 'notifier' and query ilike 'listen%%'"
                    " and datname = current_database()"
                )

            await woken(wake)
            wake.clear()
            await asyncio.to_thread(notify, database)
            await woken(wake)
            assert listener.listening
    assert failures == [1, 1]  # after one that worked it is tried again as soon as the first time


async def test_a_test_of_itself_that_cannot_be_sent_is_tried_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "backoff", lambda *_, **__: 0.0)
    wake, tried = asyncio.Event(), 0
    outbox = Outbox(database.notifier_url, worker="t", organizer="", app_url="")

    async def not_at_first(payload: str) -> None:
        nonlocal tried
        tried += 1
        if tried == 1:
            raise OutboxUnavailableError("gone")
        await outbox.notify(payload)

    async with outbox:
        listener = Listener(database.notifier_url, wake, not_at_first)
        task = asyncio.create_task(listener.run())
        await asyncio.wait([task, asyncio.create_task(woken(wake))], return_when="FIRST_COMPLETED")
        assert listener.listening
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_where_no_notification_ever_arrives_it_gives_up_and_tries_later(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "RETRY_DEAF", 0.3)
    async with (
        PgProxy(database.notifier_url) as proxy,
        listener_at(proxy.url, patience=0.5) as (listener, wake),
    ):
        proxy.deaf = True
        await asyncio.sleep(1.5)
        assert not listener.listening
        assert not wake.is_set()
        proxy.deaf = False

        await woken(wake)

        assert listener.listening
