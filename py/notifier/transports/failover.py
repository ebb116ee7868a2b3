"""Two transports as one: the second takes over while the first is down."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from notifier import log
from notifier.message import Letter
from notifier.model import Outcome, TransportDownError, WayClosedError
from notifier.patience import backoff
from notifier.transports import StillOurs, Transport, Way, undisputed

_Result = TypeVar("_Result")

_Sending = Callable[[Transport], Awaitable[_Result]]

LONGEST = 300.0
"""Seconds for which the first transport is left alone at most before it is tried again."""


class FailoverTransport:
    """Sends by ``first``, and by ``second`` while ``first`` is down.

    Only letters that ``first`` certainly did not hand over go to ``second``: one in doubt would be
    sent twice. Where it matters which of them had a letter, it is sent :meth:`by` that one alone.
    """

    def __init__(self, first: Transport, second: Transport) -> None:
        """The order is the order of preference."""
        self._first = first
        self._second = second
        self._failures = 0
        self._again_at = 0.0

    @property
    def name(self) -> str:
        """Both names; outcomes carry the one that sent."""
        return f"{self._first.name}+{self._second.name}"

    @property
    def way(self) -> str:
        """The name of the one that would send now."""
        return (self._first if self._first_is_due() else self._second).name

    def by(self, way: str) -> Way:
        """The one of that name alone; if neither has it, whichever works."""
        if way == self._first.name:
            return _Door(self._by_first)
        if way == self._second.name:
            return _Door(self._by_second)
        return self

    @property
    def lanes(self) -> int:
        """As many as either can carry."""
        return max(self._first.lanes, self._second.lanes)

    @property
    def parcel(self) -> int:
        """What the one holds that would send now."""
        return (self._first if self._first_is_due() else self._second).parcel

    async def ready(self) -> None:
        """Make sure that one of the two can send.

        :raises TransportDownError: neither can; the reason names both.
        """
        await self._by_what_works(lambda transport: transport.ready())

    async def send(self, letter: Letter, still_ours: StillOurs = undisputed) -> Outcome:
        """Send by the transport that works."""
        return await self._by_what_works(lambda transport: transport.send(letter, still_ours))

    async def send_parcel(
        self, parcel_id: UUID, letters: Sequence[Letter], still_ours: StillOurs = undisputed
    ) -> list[Outcome]:
        """Send by the transport that works."""
        return await self._by_what_works(
            lambda transport: transport.send_parcel(parcel_id, letters, still_ours)
        )

    async def close(self) -> None:
        """Close both."""
        await asyncio.gather(self._first.close(), self._second.close())

    async def _by_what_works(self, send: _Sending[_Result]) -> _Result:
        reason = "still down"
        if self._first_is_due():
            try:
                return await self._by_first(send)
            except TransportDownError as down:
                reason = down.reason
        try:
            return await send(self._second)
        except TransportDownError as down:
            raise self._both_down(reason, down) from None

    async def _by_first(self, send: _Sending[_Result]) -> _Result:
        if not self._first_is_due():
            raise self._first_closed("it is left alone")
        try:
            result = await send(self._first)
        except TransportDownError as down:
            self._leave(down)
            raise self._first_closed(down.reason) from None
        self._return()
        return result

    async def _by_second(self, send: _Sending[_Result]) -> _Result:
        try:
            return await send(self._second)
        except TransportDownError as down:
            if self._first_is_due():
                raise WayClosedError(down.transport, down.reason, down.retry_after) from None
            raise self._both_down("still down", down) from None

    def _first_closed(self, reason: str) -> WayClosedError:
        return WayClosedError(self._first.name, reason, self._first_wait())

    def _first_wait(self) -> float:
        return max(0.0, self._again_at - asyncio.get_running_loop().time())

    def _first_is_due(self) -> bool:
        return asyncio.get_running_loop().time() >= self._again_at

    def _leave(self, down: TransportDownError) -> None:
        """Leave the first alone for a while; several letters at once meet one outage."""
        if not self._first_is_due():
            return
        wait = max(down.retry_after or 0.0, backoff(self._failures, base=2.0, limit=LONGEST))
        self._failures += 1
        self._again_at = asyncio.get_running_loop().time() + wait
        log.event(
            logging.ERROR,
            "failing_over",
            transport=self._first.name,
            to=self._second.name,
            reason=down.reason,
            retry_s=wait,
        )

    def _return(self) -> None:
        if self._failures:
            log.event(logging.INFO, "transport_up", transport=self._first.name)
        self._failures = 0
        self._again_at = 0.0

    def _both_down(self, reason: str, second: TransportDownError) -> TransportDownError:
        """Neither works; for as long as it takes until one of them may be tried again."""
        return TransportDownError(
            self.name,
            f"{self._first.name}: {reason}; {self._second.name}: {second.reason}",
            None if second.retry_after is None else min(self._first_wait(), second.retry_after),
        )


class _Door:
    """One of two ways, as a way by itself."""

    def __init__(self, by: Callable[[_Sending[Any]], Awaitable[Any]]) -> None:
        self._by = by

    async def send(self, letter: Letter, still_ours: StillOurs = undisputed) -> Outcome:
        outcome: Outcome = await self._by(lambda transport: transport.send(letter, still_ours))
        return outcome

    async def send_parcel(
        self, parcel_id: UUID, letters: Sequence[Letter], still_ours: StillOurs = undisputed
    ) -> list[Outcome]:
        outcomes: list[Outcome] = await self._by(
            lambda transport: transport.send_parcel(parcel_id, letters, still_ours)
        )
        return outcomes
