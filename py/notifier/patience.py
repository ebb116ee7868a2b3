"""Trying again: later each time, never in step with other workers."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from notifier import log
from notifier.outbox import OutboxUnavailableError

T = TypeVar("T")


def backoff(failures: int, *, base: float = 0.5, limit: float = 60.0) -> float:
    """Seconds to wait after so many failures in a row: doubling, capped, jittered by half."""
    wait: float = min(limit, base * 2.0 ** min(failures, 30))
    return wait * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards no secret


async def insist(call: Callable[[], Awaitable[T]], doing: str) -> T:
    """The call's result, once the database is there to give it; ``doing`` is for the log."""
    failures = 0
    while True:
        try:
            return await call()
        except OutboxUnavailableError as error:
            log.event(logging.WARNING, "database_lost", reason=str(error), doing=doing)
        await asyncio.sleep(backoff(failures, base=0.1, limit=5.0))
        failures += 1
