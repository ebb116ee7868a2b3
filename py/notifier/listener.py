"""Wakes the worker when the database notifies, and makes sure that it still would.

LISTEN dies silently: behind a half-open TCP connection, after faults of the notify queue, and it
never works behind a transaction pooler. So the connection tests itself with a notification that is
sent over the other connection. The worker polls all the same; this only makes it quick.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from secrets import token_hex
from time import monotonic

import psycopg
from psycopg import sql

from notifier import log
from notifier.outbox import CHANNEL, OutboxError, connect, describe_database_error
from notifier.patience import backoff

TEST_EVERY = 60.0
"""Seconds of silence after which the connection is tested."""

TEST_PATIENCE = 5.0
"""Seconds a test notification may take."""

RETRY_DEAF = 300.0
"""Seconds until a connection on which notifications never arrived is tried again."""

MAX_BACKOFF = 30.0
TEST_PREFIX = "test:"


class _DeafError(Exception):
    """The connection works, but no notification arrives on it."""


class Listener:
    """Keeps ``wake`` informed. Run :meth:`run` as a task of its own."""

    def __init__(
        self,
        database_url: str,
        wake: asyncio.Event,
        notify: Callable[[str], Awaitable[None]],
        *,
        listening: asyncio.Event | None = None,
        test_every: float = TEST_EVERY,
        patience: float = TEST_PATIENCE,
    ) -> None:
        """``notify`` sends a payload on the channel over *another* connection. ``listening`` is set
        while notifications are known to arrive.
        """
        self._database_url = database_url
        self._wake = wake
        self._notify = notify
        self._test_every = test_every
        self._patience = patience
        self._listening = listening or asyncio.Event()

    @property
    def listening(self) -> bool:
        """Whether notifications are known to arrive; if not, the worker polls more often."""
        return self._listening.is_set()

    async def run(self) -> None:
        """Listen for ever, reconnecting with capped, jittered backoff."""
        failures = 0
        while True:
            try:
                await self._listen()
            except _DeafError:
                log.event(
                    logging.WARNING,
                    "polling_only",
                    reason="notifications do not arrive: is DATABASE_URL a transaction pooler?",
                    retry_s=RETRY_DEAF,
                )
                delay, failures = RETRY_DEAF, 0
            except (psycopg.Error, OutboxError, TimeoutError) as error:
                failures = 1 if self.listening else failures + 1
                delay = backoff(failures, base=0.2, limit=MAX_BACKOFF)
                reason = (
                    describe_database_error(error)
                    if isinstance(error, psycopg.Error)
                    else str(error) or "no answer in time"
                )
                log.event(logging.WARNING, "listener_lost", reason=reason, retry_s=delay)
            finally:
                self._listening.clear()
            await asyncio.sleep(delay)

    async def _listen(self) -> None:
        """Connect, listen, test; returns only by raising."""
        connection = await connect(self._database_url)
        try:
            async with asyncio.timeout(self._patience):
                await connection.execute(sql.SQL("listen {}").format(sql.Identifier(CHANNEL)))
            proven = False
            while True:
                others: list[str] = []
                if not await self._test(connection, others):
                    if not proven:
                        raise _DeafError
                    raise TimeoutError("notifications stopped arriving")
                if not proven:
                    proven = True
                    self._listening.set()
                    log.event(logging.INFO, "listening", channel=CHANNEL)
                    self._wake.set()  # nobody listened before
                if others:
                    self._wake.set()
                async for notification in connection.notifies(timeout=self._test_every):
                    if not notification.payload.startswith(TEST_PREFIX):
                        self._wake.set()
        finally:
            await connection.close()

    async def _test(self, connection: psycopg.AsyncConnection[object], others: list[str]) -> bool:
        """Whether a notification sent elsewhere arrives here; ``others`` takes what else does."""
        payload = TEST_PREFIX + token_hex(8)
        await self._notify(payload)
        heard = False
        give_up_at = monotonic() + self._patience
        while not heard and (remaining := give_up_at - monotonic()) > 0:
            # To its end: what came in the same packet is lost with a generator left before.
            async for notification in connection.notifies(timeout=remaining, stop_after=1):
                if notification.payload == payload:
                    heard = True
                elif not notification.payload.startswith(TEST_PREFIX):
                    others.append(notification.payload)
        return heard
