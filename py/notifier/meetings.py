"""Has the edge function ``meetings`` work when there is something to do at a meeting platform.

The function needs somebody who knows when; the notifier is up anyway and can ask the database. It
decides nothing and hands over nothing but the key: what there is to do, the function claims itself.
"""

import asyncio
import logging
from json import loads
from typing import Protocol

import aiohttp

from notifier import log
from notifier.config import MeetingSettings
from notifier.outbox import OutboxUnavailableError
from notifier.patience import backoff

LOOK_EVERY = 2.0
"""Seconds between two looks at most: how long a session saved without a link waits for nothing."""

TIMEOUT = 60.0
"""Seconds that a call may take; the function ends its work after 20."""


class Clock(Protocol):
    """What is needed of :class:`notifier.outbox.Outbox`."""

    async def seconds_to_meetings(self) -> float | None:
        """See the outbox."""
        ...


class Meetings:
    """Run :meth:`run` as a task of its own: what it meets is logged and never ends it."""

    def __init__(self, settings: MeetingSettings, outbox: Clock) -> None:
        """``outbox`` says when there is something to do."""
        self._settings = settings
        self._outbox = outbox

    async def run(self) -> None:
        """Call the function whenever there is work, for ever."""
        failures = 0
        timeout = aiohttp.ClientTimeout(total=TIMEOUT, sock_connect=10.0)
        async with aiohttp.ClientSession(timeout=timeout) as http:
            while True:
                wait = LOOK_EVERY
                try:
                    due = await self._outbox.seconds_to_meetings()
                except OutboxUnavailableError:
                    due = None  # the worker says so in the log
                if due == 0.0:
                    reason = await self._call(http)
                    failures = 0 if reason is None else failures + 1
                    if reason is not None:
                        wait = backoff(failures, base=LOOK_EVERY)
                        log.event(logging.ERROR, "meetings_down", reason=reason, retry_s=wait)
                elif due is not None:
                    wait = min(wait, due)
                await asyncio.sleep(wait)

    async def once(self) -> None:
        """Call the function if there is work now."""
        if await self._outbox.seconds_to_meetings() != 0.0:
            return
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT)) as http:
            reason = await self._call(http)
        if reason is not None:
            log.event(logging.ERROR, "meetings_down", reason=reason)

    async def _call(self, http: aiohttp.ClientSession) -> str | None:
        """Why it did not work; None: it did."""
        try:
            async with http.post(
                f"{self._settings.url}/meetings/work",
                headers={"Authorization": f"Bearer {self._settings.key}"},
                allow_redirects=False,
            ) as answer:
                if answer.status != 200:
                    return f"the function answers {answer.status}"
                tally = loads(await answer.read())  # in UTF-8, whatever it says of itself
        except (aiohttp.ClientError, TimeoutError, ValueError, RecursionError) as error:
            # Not the error's own text: it may quote the address, with whatever is in it.
            return f"the function cannot be reached ({type(error).__name__})"
        if not isinstance(tally, dict):
            return "the function's answer is not its own: check FUNCTIONS_URL"
        if tally != {"done": 0, "failed": 0}:
            done, failed = tally.get("done"), tally.get("failed")
            log.event(logging.INFO, "meetings", done=done, failed=failed)
        return None
