"""The loop: clear the wake flag, look for work until there is none, then wait to be woken."""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import Any, Protocol

from notifier import claims, log
from notifier.delivery import GROUP, Delivery, cancel
from notifier.model import ClaimedEmail, TransportDownError
from notifier.outbox import Expanded, OutboxUnavailableError, Ticked
from notifier.patience import backoff
from notifier.transports import Transport

PAGE = 500
"""Mails that one call of ``expand_events`` writes, or about so many, while few are waiting."""

BATCH = 2 * GROUP
"""Mails claimed at a time while urgent ones come: these wait for the claim under way."""

CALM_BATCH = 3 * BATCH
"""Mails claimed at a time while none come: a claim has a price of its own, however small it is."""

CALM_AFTER = 10.0
"""Seconds after an urgent mail in which others may follow: whoever moves one session moves more."""

GLANCE = 0.02
"""Seconds between looks for something urgent while there is enough to do."""

LONGEST_GLANCE = 1.0
"""The same at most, while such looks bring nothing: what is urgent waits for something else."""

PRESSING = 5
"""Mails claimed at a time, urgent ones first, while there is enough to do."""

CROWD = 3 * CALM_BATCH
"""Mails in hand with which no more are claimed, however urgent."""

AWAKE = 10.0
"""Seconds for which writers are told that they need not notify, while there is work."""

TICK_EVERY = 1.0
"""Seconds between two looks at the clock's demands while there is work: a worker that never rests
takes over from dead ones, too, and does not ask before every claim.
"""

DEAF_POLL = 1.0
"""Seconds between looks while no notification can arrive."""

UNDISTURBED = 0.05
"""Seconds that a few mails are given to go out before the next look."""

CROWDED = 1.0
"""Seconds between looks at most while there is work that other workers hold."""


class Work(Protocol):
    """What the loop needs of :class:`notifier.outbox.Outbox`."""

    async def announce(self) -> None:
        """See the outbox."""
        ...

    async def tick(self) -> Ticked:
        """See the outbox."""
        ...

    async def expand_events(self, max_emails: int) -> Expanded:
        """See the outbox."""
        ...

    async def claim_emails(self, max_emails: int, lease: float) -> Sequence[ClaimedEmail]:
        """See the outbox."""
        ...

    async def seconds_to_next_wake(self) -> float | None:
        """See the outbox."""
        ...

    async def has_news(self) -> bool:
        """See the outbox."""
        ...

    async def stay_awake(self, seconds: float) -> None:
        """See the outbox."""
        ...

    async def fall_asleep(self) -> None:
        """See the outbox."""
        ...


class Courier(Protocol):
    """What the loop needs of :class:`notifier.webhooks.Courier`."""

    async def look(self) -> bool:
        """See the courier."""
        ...

    async def drained(self) -> None:
        """See the courier."""
        ...


class Ears(Protocol):
    """What the loop needs of :class:`notifier.listener.Listener`."""

    @property
    def listening(self) -> bool:
        """Whether notifications arrive."""
        ...


class Worker:
    """Feeds :class:`notifier.delivery.Delivery` until told to stop.

    ``wake`` may be set by anybody at any time; ``stop`` ends :meth:`run` after the current step.
    """

    def __init__(
        self,
        outbox: Work,
        delivery: Delivery,
        transport: Transport,
        ears: Ears,
        courier: Courier,
        *,
        wake: asyncio.Event,
        stop: asyncio.Event,
        lease: float,
        poll: float,
    ) -> None:
        """``lease`` and ``poll`` in seconds; ``poll`` is how long no look is taken at most.

        For monitors, ``looked_at`` (loop time) is when the last round began, and
        ``database_trouble`` what kept it from working, if anything did.
        """
        self._outbox = outbox
        self._delivery = delivery
        self._transport = transport
        self._ears = ears
        self._courier = courier
        self._wake = wake
        self._stop = stop
        self._lease = lease
        self._poll = poll
        self._announced = False
        self._awake_until: float | None = None
        self._tick_at = 0.0
        self._noted: TransportDownError | None = None
        self._retry_at = 0.0
        self._probe: asyncio.Task[None] | None = None
        self._fruitless = 0
        self._unclaimed = 0  # mails expanded here and not claimed yet
        self._pressing = False
        self._calm_at = 0.0  # loop time
        self._glance = GLANCE
        self.looked_at = asyncio.get_running_loop().time()
        self.database_trouble: str | None = None

    async def run(self) -> None:
        """Work until ``stop`` is set.

        Whether anything can be sent is found out at once, not with the first mail, and beside the
        work.
        """
        self._probe = self._begin_probe()
        try:
            await self._work()
        finally:
            if self._probe is not None:
                await cancel([self._probe])

    async def _work(self) -> None:
        failures = busy = 0
        while not self._stop.is_set():
            self._wake.clear()
            self.looked_at = asyncio.get_running_loop().time()
            try:
                if await self._round():
                    busy += 1
                    if busy > 1:
                        await self._remain_awake()
                elif self._awake_until is not None:
                    await self._fall_asleep()
                else:
                    busy = 0
                    await self._rest()
                failures = 0
                self.database_trouble = None
            except OutboxUnavailableError as error:
                failures += 1
                self.database_trouble = str(error)
                wait = backoff(failures, base=0.1, limit=10.0)
                log.event(logging.ERROR, "database_down", reason=str(error), retry_s=wait)
                await self._pause(wait, wakeable=False)
                self._tick_at = 0.0

    async def drain(self) -> None:
        """Work until nothing is left to do now.

        :raises OutboxUnavailableError: the database went away.
        :raises TransportDownError: mail is left that cannot be sent now.
        """
        settled = False
        while not self._stop.is_set():
            if await self._round():
                settled = False
                continue
            await _first(self._delivery.drained(), self._delivery.down.wait(), self._stop.wait())
            await _first(self._courier.drained(), self._stop.wait())
            if self._delivery.outage is not None:
                raise self._delivery.outage
            if settled:
                return
            settled = True  # one more look: a mail may have waited for one just sent

    async def _round(self) -> bool:
        """One look at everything; whether there was something to do."""
        worked = False
        loop = asyncio.get_running_loop()
        if not self._announced:
            await self._outbox.announce()
            self._announced = True
        if loop.time() >= self._tick_at:
            worked = _report_tick(await self._outbox.tick())
            # Of much that is due at once a call does a part.
            self._tick_at = loop.time() + (0.0 if worked else TICK_EVERY)
        batch = BATCH if loop.time() < self._calm_at else CALM_BATCH
        page = PAGE if self._unclaimed < batch else BATCH  # what is new may be urgent
        looks = page == PAGE or await self._outbox.has_news()
        if looks:
            worked |= await self._expand(page)
        if self._can_send():
            claimed_at = claims.now()
            size = batch if self._delivery.room.is_set() else PRESSING
            self._pressing = False
            emails = await self._outbox.claim_emails(size, self._lease)
            has_urgent = any(email.urgent for email in emails)
            if has_urgent:
                self._calm_at = loop.time() + CALM_AFTER
            is_full = sum(email.sessions for email in emails) >= size
            # A full claim may hold mails of an older backlog, which were never counted here.
            self._unclaimed = max(0, self._unclaimed - size) if is_full else 0
            fruitless = size == PRESSING and not has_urgent
            self._glance = min(2 * self._glance, LONGEST_GLANCE) if fruitless else GLANCE
            if emails:
                worked = True
                self._delivery.submit(emails, claimed_at)
                # A claim of urgent mails brings few others (notifier.lock_due_emails): more may be
                # due though it is not full.
                await self._until_room(more=is_full or has_urgent)
        else:
            self._unclaimed = 0  # events are expanded all the same, by large pages
        if looks:
            worked |= await self._courier.look()  # people first
        if worked:
            # It was set when the worker last rested, and may lie far ahead.
            self._tick_at = min(self._tick_at, loop.time() + TICK_EVERY)
        return worked

    async def _expand(self, page: int) -> bool:
        """Turn waiting events into about ``page`` mails; whether there were any."""
        expanded = await self._outbox.expand_events(page)
        # While there is more, half of them count: the next large page comes when half of this one
        # is claimed.
        self._unclaimed += expanded.emails // 2 if expanded.more else expanded.emails
        if expanded.emails:
            log.event(logging.INFO, "expanded", emails=expanded.emails, more=expanded.more)
        return bool(expanded.emails or expanded.more)

    async def _until_room(self, *, more: bool) -> None:
        """Wait until more should be claimed.

        After a full batch that is early, so that the next is here before this one is through, and
        at once if there is something urgent. After a smaller one there is nothing more now: these
        few go out faster undisturbed.
        """
        delivery = self._delivery
        interrupted = delivery.down.wait, self._stop.wait
        if not more:
            enough = _at_most(UNDISTURBED, delivery.drained())
            await _first(enough, *(wait() for wait in interrupted))
            return
        loop = asyncio.get_running_loop()
        look_again_at = loop.time() + self._poll
        looks = self._glance == GLANCE  # at once, unless nothing has come of the last look
        while loop.time() < look_again_at:
            if delivery.room.is_set() or delivery.down.is_set() or self._stop.is_set():
                return
            if looks and delivery.waiting < CROWD and await self._outbox.has_news():
                self._pressing = True
                return
            looks = True
            enough = _at_most(self._glance, delivery.room.wait())
            await _first(enough, *(wait() for wait in interrupted))

    def _can_send(self) -> bool:
        """Whether to claim: not while enough is waiting, after an outage only if it is over."""
        if self._stop.is_set() or not (self._delivery.room.is_set() or self._pressing):
            return False
        outage = self._delivery.outage
        if outage is None and self._probe is None:
            return True
        if outage is not None and self._noted is not outage:
            self._note_outage(outage)
        if self._probe is None:
            if asyncio.get_running_loop().time() < self._retry_at:
                return False
            self._probe = self._begin_probe()
        if not self._probe.done():
            return False
        probe, self._probe = self._probe, None
        try:
            probe.result()
        except TransportDownError as down:
            self._delivery.break_off(down)
            self._note_outage(down)
            return False
        if outage is not None:
            log.event(logging.INFO, "transport_up", transport=self._transport.name)
            self._delivery.resume()
        return True

    def _begin_probe(self) -> asyncio.Task[None]:
        """A server that accepts a connection and says nothing is waited for beside the work."""
        probe = asyncio.create_task(self._transport.ready())
        probe.add_done_callback(lambda _: self._wake.set())
        return probe

    def _note_outage(self, down: TransportDownError) -> None:
        wait = max(down.retry_after or 0.0, backoff(self._delivery.outages - 1, base=1.0))
        self._noted = down
        self._retry_at = asyncio.get_running_loop().time() + wait
        log.event(
            logging.ERROR,
            "transport_down",
            transport=down.transport,
            reason=down.reason,
            retry_s=wait,
        )

    async def _remain_awake(self) -> None:
        """There is work, so more may come: spare writers the notification, which is a lock."""
        now = asyncio.get_running_loop().time()
        if self._awake_until is None or now > self._awake_until - AWAKE / 2:
            await self._outbox.stay_awake(AWAKE)
            self._awake_until = now + AWAKE

    async def _fall_asleep(self) -> None:
        """Ask for notifications again; the next round looks for what came in between."""
        await self._outbox.fall_asleep()
        self._awake_until = None

    async def _rest(self) -> None:
        """Wait until there is something to do: until woken, or until the database says so.

        While nothing is due, one question per poll is all that an idle worker asks.
        """
        clock = asyncio.get_running_loop().time
        while True:
            self.looked_at = began = clock()
            seconds, is_due_then = await self._idle_seconds()
            self.database_trouble = None  # it has answered, and there may be nothing else to ask
            await self._pause(seconds)
            woken = self._wake.is_set() or self._stop.is_set() or clock() - began < seconds
            if woken or is_due_then:
                return

    async def _idle_seconds(self) -> tuple[float, bool]:
        """How long to wait if nobody wakes us, and whether there is something to do then."""
        now = asyncio.get_running_loop().time()
        wait = self._poll if self._ears.listening else min(self._poll, DEAF_POLL)
        until_clock = await self._outbox.seconds_to_next_wake()
        self._tick_at = now + (self._poll if until_clock is None else until_clock)
        if until_clock == 0.0:
            # There is work, but not for us: another worker has it, or the transport is down.
            self._fruitless += 1
            return min(wait, backoff(self._fruitless, base=0.02, limit=CROWDED)), True
        self._fruitless = 0
        if until_clock is None or until_clock > wait:
            return wait, False
        return until_clock, True

    async def _pause(self, seconds: float, *, wakeable: bool = True) -> None:
        waits: list[Coroutine[Any, Any, object]] = [asyncio.sleep(seconds), self._stop.wait()]
        if wakeable:
            waits.append(self._wake.wait())
            if not self._delivery.room.is_set():
                waits.append(self._delivery.room.wait())
        await _first(*waits)


async def _first(*waits: Coroutine[Any, Any, object]) -> None:
    """Wait until one of them is over, and drop the others."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _at_most(seconds: float, wait: Coroutine[Any, Any, object]) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await wait


def _report_tick(ticked: Ticked) -> bool:
    if ticked.anything:
        log.event(
            logging.INFO,
            "ticked",
            started=ticked.started,
            completed=ticked.completed,
            reminders=ticked.reminders,
            requeued=ticked.requeued,
            in_doubt=ticked.in_doubt,
            extended=ticked.extended,
        )
    return ticked.anything
