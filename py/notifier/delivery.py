"""The sending end of a worker: claimed mails in, outcomes out.

Tasks hand mails on to each other, so that one slow server, one slow statement or one broken mail
holds up nothing else:

    submit -> backlog -> mark (begin_sending, render meanwhile) -> send, several at once -> recorder

A mail is marked as handed over in the database just before it is, in small groups: after a crash
those few are in doubt, all others are sent exactly once. Where the transport takes several letters
in one request, first attempts at mails without attachments share one, and are marked with its id:
in doubt they come back together, and the same request is repeated.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Protocol
from uuid import UUID, uuid4

from notifier import log
from notifier.claims import Claim, Claims, Item, Lease
from notifier.message import Letter, MessageError
from notifier.model import (
    Begun,
    ClaimedEmail,
    Failure,
    LeaseLostError,
    NotSent,
    Outcome,
    TransportDownError,
    WayClosedError,
)
from notifier.outbox import OutboxUnavailableError
from notifier.patience import backoff
from notifier.recorder import Histogram, Recorder, Records, Tally
from notifier.redact import redact
from notifier.render import RenderError
from notifier.transports import Transport

GROUP = 32
"""Mails marked at a time: each of them may have to be sent twice after a crash, and one that is
urgent waits for those before it.
"""

AHEAD = 8
"""Marked mails that wait for the transport while the next are being marked: these, too, may have to
be sent twice after a crash.
"""

LOW_WATER = 200
"""With fewer mails in hand more are claimed: about as many as go out while a page is written and a
batch claimed.
"""

LOYAL_ATTEMPTS = 6
"""A mail in doubt is tried so often by the transport that may have sent it, over a quarter of an
hour, before any other may: that one knows a repetition for what it is, or its recipient can tell.
"""

LAST_WORDS = 5.0
"""Seconds for recording outcomes once the time to stop is over."""


class Queue(Protocol):
    """What marking needs of :class:`notifier.outbox.Outbox`."""

    async def begin_sending(
        self,
        claim: UUID,
        email_ids: Sequence[UUID],
        lease: float,
        parcel: UUID | None,
        transport: str,
        *,
        again: bool = False,
    ) -> Begun:
        """See the outbox."""
        ...

    async def release_emails(self, claim: UUID, email_ids: Sequence[UUID]) -> set[UUID]:
        """See the outbox."""
        ...


class Books(Lease, Records, Protocol):
    """What recording and keeping claims need of the outbox."""


class Compositor(Protocol):
    """What delivery needs of :class:`notifier.compose.Composer`."""

    def compose(self, email: ClaimedEmail) -> Letter:
        """See the composer."""
        ...


@dataclass(frozen=True, slots=True)
class Parcel:
    """Mails of one claim on their way to the transport; ``parcel_id`` is None for a single one.

    ``way`` is the one that they are marked for; see :class:`notifier.transports.Transport`.
    """

    parcel_id: UUID | None
    way: str
    items: tuple[Item, ...]
    letters: tuple[Letter, ...]

    @property
    def claim(self) -> Claim:
        """The claim that holds all of them."""
        return self.items[0].claim

    @property
    def urgent(self) -> bool:
        """Whether any of them is."""
        return any(item.email.urgent for item in self.items)


class Delivery:
    """Sends what is submitted. Start its tasks with :meth:`start`, end them with :meth:`finish`.

    ``room`` is set while more may be claimed, and ``down`` while nothing can be sent: ``outage``
    says why, and ``outages`` how often in a row, no letter having been answered in between.
    """

    def __init__(
        self,
        outbox: Queue,
        books: Books,
        transport: Transport,
        composer: Compositor,
        *,
        lease: float,
        wake: asyncio.Event,
    ) -> None:
        """``lease`` in seconds.

        ``outbox`` and ``books`` are connections of their own: marking the next mails does not wait
        for recording the last ones. ``wake`` is set when something changed that the worker should
        look at.
        """
        self._wake = wake
        self._outbox = outbox
        self._transport = transport
        self._composer = composer
        self._lease = lease
        self.tally = Tally()
        self._claims = Claims(books, lease)
        self._recorder = Recorder(books, self._claims, self.tally, wake=wake)
        self._backlog: deque[Item] = deque()
        self._group: list[Item] = []
        self._marked: asyncio.PriorityQueue[tuple[bool, int, Parcel]] = asyncio.PriorityQueue(
            max(1, AHEAD // transport.parcel)
        )
        self._parcels = count()
        self._in_flight: set[Item] = set()
        self._handed_over: set[Item] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._releasing = asyncio.Lock()
        self._stopping = False
        self.outage: TransportDownError | None = None
        self.outages = 0
        self._filled, self._quiet, self.room, self.down = (asyncio.Event() for _ in range(4))
        self._update()

    @property
    def waiting(self) -> int:
        """How many mails are in hand and not marked yet."""
        return len(self._backlog)

    @property
    def latency(self) -> Histogram:
        """How long handing mails over has taken."""
        return self._recorder.latency

    def start(self) -> list[asyncio.Task[None]]:
        """Start the tasks. They never end by themselves: watch them, one that ends has died."""
        work = (
            self._mark_forever(),
            *(self._send_forever() for _ in range(self._transport.lanes)),
            self._recorder.record_forever(),
            self._claims.keep_forever(),
        )
        self._tasks = [asyncio.create_task(each) for each in work]
        return self._tasks

    def submit(self, emails: Sequence[ClaimedEmail], claimed_at: float) -> None:
        """Take over the mails of one claim; ``claimed_at``: :func:`notifier.claims.now` before.

        Urgent ones go before what else waits here, and after their like.
        """
        items = self._claims.add(emails, claimed_at)
        ahead = sum(item.email.urgent for item in self._backlog)
        self._backlog.rotate(-ahead)
        self._backlog.extendleft(reversed([item for item in items if item.email.urgent]))
        self._backlog.rotate(ahead)
        self._backlog.extend(item for item in items if not item.email.urgent)
        self._filled.set()
        self._update()

    def break_off(self, down: TransportDownError) -> None:
        """Nothing can be sent, or still nothing: what waits goes back, and the worker is told."""
        self.outages += 1
        self.outage = down
        self._filled.set()
        self.down.set()
        self._wake.set()

    def resume(self) -> None:
        """The transport works again."""
        self.outage = None
        self.down.clear()

    async def drained(self) -> None:
        """Wait until nothing is in hand and every outcome is recorded."""
        await self._quiet.wait()
        await self._recorder.empty.wait()

    async def finish(self, grace: float) -> bool:
        """Finish what is under way, give back the rest; whether ``grace`` seconds were enough.

        If they were not, mails whose answer is awaited are recorded as being in doubt, so that
        another worker need not wait for the lease to end.
        """
        self._stopping = True
        in_time = True
        try:
            async with asyncio.timeout(grace):
                await self._release_backlog("stopping")
                await self._quiet.wait()
        except TimeoutError:
            in_time = False
        await cancel(self._tasks)
        begun = [*(self._in_flight - self._handed_over), *self._group]
        for item in self._handed_over:
            self._give_up(item, Failure.UNKNOWN, "stopped before the server answered")
        while not self._marked.empty():
            begun.extend(self._marked.get_nowait()[-1].items)
        for item in begun:
            self._give_up(item, Failure.UNSENT, "stopped before it was sent")
        try:
            async with asyncio.timeout(LAST_WORDS):
                await self._recorder.flush()
        except TimeoutError:
            log.event(logging.ERROR, "outcomes_not_recorded", emails=self._recorder.pending)
            in_time = False
        return in_time

    # Marking

    async def _mark_forever(self) -> None:
        while True:
            await self._filled.wait()
            await self._recorder.room.wait()
            if self.outage is not None or self._stopping:
                await self._release_backlog("stopping" if self._stopping else "transport down")
                continue
            try:
                await self._transport.ready()
            except TransportDownError as down:
                self._meet(down)
            else:
                await self._mark_group()

    async def _mark_group(self) -> None:
        """Mark the next few mails, render them meanwhile, and queue those that can be sent."""
        parcel_id = self._take_group()
        self._update()
        if not self._group:
            return
        way = self._way(self._group[0])
        repeats, asked = self._group[0].email.parcel_id is not None, len(self._group)
        begun, letters, broken = await self._begin_and_compose(parcel_id, way)
        ready = self._sort_out(begun, broken)
        if repeats and len(ready) < asked:
            for item in ready:
                self._give_up(item, Failure.TRANSIENT, "not all of its request can be repeated now")
                self._group.remove(item)
            ready = []
        for items in [ready] if parcel_id and ready else [[item] for item in ready]:
            parcel = Parcel(
                parcel_id, way, tuple(items), tuple(letters[item.email_id] for item in items)
            )
            await self._marked.put((not parcel.urgent, next(self._parcels), parcel))
            for item in items:
                self._group.remove(item)
        self._update()

    async def _begin_and_compose(
        self, parcel_id: UUID | None, way: str
    ) -> tuple[Begun, dict[UUID, Letter], dict[UUID, str]]:
        """Mark the group; what became of it, the letters, and why others cannot be written."""
        marking = asyncio.create_task(
            self._begin(
                self._group[0].claim, [item.email_id for item in self._group], parcel_id, way
            )
        )
        letters: dict[UUID, Letter] = {}
        broken: dict[UUID, str] = {}
        try:
            # The database works while we do: the statement is on its way before we render.
            await asyncio.sleep(0)
            for item in self._group:
                try:
                    letters[item.email_id] = self._composer.compose(item.email)
                except (RenderError, MessageError) as error:
                    broken[item.email_id] = str(error)
            return await marking, letters, broken
        finally:
            marking.cancel()

    def _sort_out(self, begun: Begun, broken: dict[UUID, str]) -> list[Item]:
        """Take out of the group what cannot be sent; the rest, which stays in it."""
        ready: list[Item] = []
        for item in tuple(self._group):
            if item.email_id in begun.postponed:
                self._claims.close(item)
            elif item.email_id not in begun.granted:
                self._lose(item)
            elif item.email_id in broken:
                self._give_up(item, Failure.PERMANENT, broken[item.email_id])
            else:
                ready.append(item)
                continue
            self._group.remove(item)
        if begun.postponed:
            self.tally.postponed += len(begun.postponed)
            log.event(logging.INFO, "mails_postponed", emails=len(begun.postponed))
        return ready

    def _take_group(self) -> UUID | None:
        """Make a group of the first in the backlog and its like; the id of the request they share.

        A request in doubt has come in one claim, and is repeated with all that came.
        """
        if not self._backlog:
            return None
        first = self._backlog[0]
        if (repeated := first.email.parcel_id) is not None:
            self._group += [item for item in self._backlog if item.email.parcel_id == repeated]
            for item in self._group:
                self._backlog.remove(item)
            return repeated
        joins, way = self._joins(first), self._way(first)
        while (
            self._backlog
            and self._backlog[0].claim is first.claim
            and self._backlog[0].email.parcel_id is None
            and (self._joins(self._backlog[0]), self._way(self._backlog[0])) == (joins, way)
            and len(self._group) < (self._transport.parcel if joins else GROUP)
        ):
            self._group.append(self._backlog.popleft())
        return uuid4() if joins and len(self._group) > 1 else None

    def _joins(self, item: Item) -> bool:
        """Whether it may share a new request: what was refused in one is tried by itself."""
        email = item.email
        fresh = email.attempt == 1 and not email.in_doubt
        return fresh and not email.attaches and self._transport.parcel > 1

    def _way(self, item: Item) -> str:
        """How it goes: in doubt as before, for a while."""
        email = item.email
        if email.in_doubt and email.transport and email.attempt <= LOYAL_ATTEMPTS:
            return email.transport
        return self._transport.way

    async def _begin(
        self, claim: Claim, email_ids: list[UUID], parcel: UUID | None, way: str
    ) -> Begun:
        """Mark mails as soon as the database is there; none once the claim has run out."""
        failures = 0
        while claim.holds:
            try:
                return await self._outbox.begin_sending(
                    claim.claim_id, email_ids, self._lease, parcel, way, again=failures > 0
                )
            except OutboxUnavailableError as error:
                log.event(logging.WARNING, "database_lost", reason=str(error), doing="begin")
            await asyncio.sleep(backoff(failures, base=0.1, limit=1.0))
            failures += 1
        return Begun(granted=set(), postponed=set())

    async def _release_backlog(self, reason: str) -> None:
        """Give back everything that is not marked; these attempts are not counted."""
        async with self._releasing:
            waiting: dict[UUID, list[Item]] = {}
            for item in self._backlog:
                waiting.setdefault(item.claim.claim_id, []).append(item)
            self._backlog.clear()
            self._update()
            for claim_id, items in waiting.items():
                ids = [item.email_id for item in items]
                try:
                    released = await self._outbox.release_emails(claim_id, ids)
                except OutboxUnavailableError as error:
                    # They come back by themselves when the lease ends.
                    log.event(logging.WARNING, "database_lost", reason=str(error), doing="release")
                else:
                    self.tally.released += len(released)
                    log.event(logging.INFO, "mails_released", emails=len(released), reason=reason)
                for item in items:
                    self._claims.close(item)

    # Sending

    async def _send_forever(self) -> None:
        clock = time.perf_counter  # the loop's goes by milliseconds
        while True:
            *_, parcel = await self._marked.get()
            if not parcel.claim.holds:
                self._lose(*parcel.items)
                continue
            self._in_flight.update(parcel.items)
            began = clock()
            try:
                outcomes = await self._send(parcel)
            except LeaseLostError:
                self._back(parcel)
                self._lose(*parcel.items)
                continue
            self._back(parcel)
            self._update()
            hurry = self._quiet.is_set() or (parcel.urgent and not self._more_is_urgent())
            for item, outcome in zip(parcel.items, outcomes, strict=True):
                self._recorder.note(item, outcome, clock() - began, hurry=hurry)

    def _more_is_urgent(self) -> bool:
        """Whether an urgent mail is in hand that is not marked yet."""
        return bool(self._backlog) and self._backlog[0].email.urgent

    def _back(self, parcel: Parcel) -> None:
        self._in_flight.difference_update(parcel.items)
        self._handed_over.difference_update(parcel.items)

    async def _send(self, parcel: Parcel) -> Sequence[Outcome]:
        def hand_over() -> bool:
            # What the transport has not asked this of has not left, whenever it is called off.
            self._handed_over.update(parcel.items)
            return parcel.claim.holds

        down = self.outage
        if down is None:
            way = self._transport.by(parcel.way)
            try:
                if parcel.parcel_id is None:
                    outcomes = [await way.send(parcel.letters[0], hand_over)]
                else:
                    outcomes = await way.send_parcel(parcel.parcel_id, parcel.letters, hand_over)
            except WayClosedError as closed:
                return [_not_this_way(item, closed) for item in parcel.items]
            except TransportDownError as error:
                down = error
                self._meet(down)
            else:
                self.outages = 0
                return outcomes
        return [NotSent(Failure.UNSENT, down.reason, down.transport)] * len(parcel.items)

    def _meet(self, down: TransportDownError) -> None:
        """One letter has met an outage; others may have met the same."""
        if self.outage is None:
            self.break_off(down)

    # Bookkeeping

    def _give_up(self, item: Item, failure: Failure, reason: str) -> None:
        outcome = NotSent(failure, redact(reason), None)
        self._recorder.note(item, outcome, 0.0, hurry=True)

    def _lose(self, *items: Item) -> None:
        """The claim ran out or another worker has these mails: they are theirs to send."""
        for item in items:
            self.tally.lost += 1
            log.event(logging.WARNING, "mail_lost", id=item.email_id, event=item.email.event_id)
            self._claims.close(item)
        self._update()

    def _update(self) -> None:
        """Keep the events true to what is in hand."""
        if not self._backlog:
            self._filled.clear()
        _set(self.room, len(self._backlog) < LOW_WATER)
        idle = not (self._backlog or self._group or self._in_flight) and self._marked.empty()
        _set(self._quiet, idle)


def _not_this_way(item: Item, closed: WayClosedError) -> NotSent:
    """The next attempt goes another way; one in doubt waits for this one."""
    if item.email.in_doubt:
        return NotSent(Failure.TRANSIENT, closed.reason, closed.transport, closed.retry_after)
    return NotSent(Failure.UNSENT, closed.reason, closed.transport)


def _set(event: asyncio.Event, value: bool) -> None:
    if value:
        event.set()
    else:
        event.clear()


async def cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Cancel tasks and wait until they have ended, however they do.

    Asked again every second: whatever connects at that moment may lose a cancellation.
    """
    waiting = {task for task in tasks if not task.done()}
    while waiting:
        for task in waiting:
            task.cancel()
        _, waiting = await asyncio.wait(waiting, timeout=1.0)
    await asyncio.gather(*tasks, return_exceptions=True)
