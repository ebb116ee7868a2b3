"""Servers for tests: an asyncio server that runs in a thread, for tests that are not async."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import TypeVar

T = TypeVar("T")


@contextmanager
def in_thread(server: AbstractAsyncContextManager[T]) -> Iterator[T]:
    """Run an async context manager in a thread with a loop of its own; yields what it yields."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        running = asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result(60)
        try:
            yield running
        finally:
            leaving = server.__aexit__(None, None, None)
            asyncio.run_coroutine_threadsafe(_as_coroutine(leaving), loop).result(60)
    finally:
        asyncio.run_coroutine_threadsafe(_cancel_all(), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(60)
        loop.close()


async def _as_coroutine(awaitable: Awaitable[object]) -> None:
    await awaitable


async def _cancel_all() -> None:
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
