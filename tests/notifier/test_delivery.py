"""The order in which claimed mails leave a worker, and how many it takes in hand."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any, Self
from uuid import UUID, uuid4

import pytest

from notifier import claims, recorder
from notifier import worker as worker_module
from notifier.claims import Claims, Item, now
from notifier.delivery import AHEAD, GROUP, LOW_WATER, LOYAL_ATTEMPTS, Delivery, cancel
from notifier.log import LOGGER_NAME
from notifier.message import Letter
from notifier.model import (
    Begun,
    ClaimedEmail,
    Failure,
    LeaseLostError,
    NotSent,
    Outcome,
    Sent,
    TransportDownError,
    WayClosedError,
)
from notifier.outbox import Expanded, OutboxUnavailableError, Ticked
from notifier.recorder import UNRECORDED, Recorder, Tally
from notifier.transports import OnlyWay, StillOurs, undisputed
from notifier.worker import BATCH, CALM_BATCH, CROWD, PAGE, Worker
from support.mails import make_email


class Outbox:
    """Grants everything, and remembers in which order it was asked."""

    def __init__(self) -> None:
        self.begun: list[UUID] = []
        self.begun_by: dict[UUID, list[UUID]] = {}
        self.marked_for: list[str] = []
        self.refused: set[UUID] = set()
        self.postponed: set[UUID] = set()
        self.extended: list[UUID] = []
        self.failed: dict[UUID, Failure] = {}
        self.completed: list[list[UUID]] = []

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
        self.begun += email_ids
        self.begun_by.setdefault(claim, []).extend(email_ids)
        self.marked_for.append(transport)
        postponed = self.postponed & set(email_ids)
        return Begun(granted=set(email_ids) - self.refused - postponed, postponed=postponed)

    async def release_emails(self, claim: UUID, email_ids: Sequence[UUID]) -> set[UUID]:
        return set(email_ids)

    async def extend_claim(self, claim: UUID, lease: float) -> int:
        self.extended.append(claim)
        return 1

    async def complete_emails(
        self, claim: UUID, email_ids: Sequence[UUID], transport: str
    ) -> set[UUID]:
        self.completed.append(list(email_ids))
        return set(email_ids)

    async def fail_email(
        self,
        claim: UUID,
        email_id: UUID,
        failure: Failure,
        error: str,
        retry_after: float | None = None,
    ) -> str | None:
        self.failed[email_id] = failure
        return "queued"

    async def note_unknown_mailbox(self, email_id: UUID) -> bool:
        raise AssertionError


class Transport(OnlyWay):
    """Sends at once, and remembers what shared a request."""

    name = "smtp"
    lanes = 1

    def __init__(self, parcel: int = 1) -> None:
        self.parcel = parcel
        self.singles = 0
        self.parcels: list[tuple[UUID, int]] = []

    async def ready(self) -> None:
        """Always."""

    async def send(self, letter: Letter, still_ours: StillOurs = undisputed) -> Outcome:
        self.singles += 1
        return Sent(self.name)

    async def send_parcel(
        self, parcel_id: UUID, letters: Sequence[Letter], still_ours: StillOurs = undisputed
    ) -> list[Outcome]:
        self.parcels.append((parcel_id, len(letters)))
        return [Sent(self.name)] * len(letters)

    async def close(self) -> None:
        """Nothing to close."""


class Composer:
    """Letters are not looked at here."""

    def compose(self, email: ClaimedEmail) -> Letter:
        return None  # type: ignore[return-value]


def claim(size: int, kind: str = "session_scheduled", **fields: Any) -> list[ClaimedEmail]:
    claim_id = uuid4()
    return [
        make_email(kind, email_id=uuid4(), **({"claim_id": claim_id} | fields)) for _ in range(size)
    ]


async def deliver(outbox: Outbox, transport: Transport, *claims: Sequence[ClaimedEmail]) -> None:
    """Submit these and wait until nothing is in hand."""
    delivery = Delivery(outbox, outbox, transport, Composer(), lease=60.0, wake=asyncio.Event())
    for emails in claims:
        delivery.submit(emails, now())
    tasks = delivery.start()
    async with asyncio.timeout(60):
        await delivery.drained()
    await cancel(tasks)


async def test_mails_are_marked_under_the_claim_that_holds_them() -> None:
    outbox, claims = Outbox(), [claim(3), claim(2)]

    await deliver(outbox, Transport(), *claims)

    assert outbox.begun_by == {
        emails[0].claim_id: [email.email_id for email in emails] for emails in claims
    }


async def test_an_urgent_mail_goes_before_what_the_worker_holds_already() -> None:
    outbox = Outbox()
    waiting, urgent, later = claim(30), claim(2, urgent=True), claim(3)
    urgent_later = claim(2, urgent=True)

    await deliver(outbox, Transport(), waiting, urgent, later, urgent_later)

    expected = [email.email_id for email in (*urgent, *urgent_later, *waiting, *later)]
    assert outbox.begun == expected


class Halting(Transport):
    """Halts at one letter, which stands for its mail here, until it may go on."""

    def __init__(self, halt_at: UUID) -> None:
        super().__init__()
        self.halt_at = halt_at
        self.halted, self.go_on = asyncio.Event(), asyncio.Event()
        self.sent: list[UUID] = []

    async def send(self, letter: Letter, still_ours: StillOurs = undisputed) -> Outcome:
        email: ClaimedEmail = letter  # type: ignore[assignment]
        if email.email_id == self.halt_at:
            self.halted.set()
            await self.go_on.wait()
        self.sent.append(email.email_id)
        return Sent(self.name)


class Addressing(Composer):
    """Letters that can be told apart."""

    def compose(self, email: ClaimedEmail) -> Letter:
        return email  # type: ignore[return-value]


@asynccontextmanager
async def halting(
    transport: Halting, *claims: Sequence[ClaimedEmail], outbox: Outbox | None = None
) -> AsyncIterator[Delivery]:
    """These are submitted, and the transport has halted; afterwards all the others are sent."""
    outbox = outbox or Outbox()
    delivery = Delivery(outbox, outbox, transport, Addressing(), lease=60.0, wake=asyncio.Event())
    for emails in claims:
        delivery.submit(emails, now())
    tasks = delivery.start()
    async with asyncio.timeout(60):
        await transport.halted.wait()
        yield delivery
        transport.go_on.set()
        await delivery.drained()
    await cancel(tasks)


async def test_an_urgent_mail_goes_before_what_is_marked_already() -> None:
    marked, urgent = claim(AHEAD - 1), claim(2, urgent=True)
    transport, outbox = Halting(marked[0].email_id), Outbox()

    async with halting(transport, marked, outbox=outbox) as delivery:
        delivery.submit(urgent, now())
        while urgent[0].email_id not in outbox.begun:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0)

    expected = [email.email_id for email in (marked[0], *urgent, *marked[1:])]
    assert transport.sent == expected


async def test_an_urgent_mail_is_recorded_at_once_and_before_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recorder, "LINGER", 3600.0)
    others, urgent = claim(3), claim(1, urgent=True)
    transport, outbox = Halting(others[2].email_id), Outbox()
    transport.lanes = 2

    async with halting(transport, others, outbox=outbox) as delivery:
        while len(transport.sent) < 2:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0)
        assert outbox.completed == []  # they wait for others

        delivery.submit(urgent, now())
        while len(outbox.completed) < 2:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0)

    by_claim = [[email.email_id for email in emails] for emails in (urgent, others[:2], others[2:])]
    assert outbox.completed == by_claim


async def test_a_crowd_of_urgent_mails_is_recorded_in_batches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recorder, "LINGER", 3600.0)
    crowd = claim(3 * GROUP, urgent=True)
    transport, outbox = Halting(crowd[GROUP - 1].email_id), Outbox()

    async with halting(transport, crowd, outbox=outbox):
        assert len(transport.sent) == GROUP - 1
        assert outbox.completed == []


class Locked(Outbox):
    """Records nothing until it may: somebody has locked the row of one of the mails."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.released = asyncio.Event(), asyncio.Event()

    async def complete_emails(
        self, claim: UUID, email_ids: Sequence[UUID], transport: str
    ) -> set[UUID]:
        self.asked.set()
        await self.released.wait()
        return await super().complete_emails(claim, email_ids, transport)


async def test_while_nothing_can_be_recorded_no_more_is_sent_than_a_death_may_leave_in_doubt() -> (
    None
):
    emails, outbox = claim(10 * GROUP), Locked()
    delivery = Delivery(outbox, outbox, Transport(), Composer(), lease=60.0, wake=asyncio.Event())
    delivery.submit(emails, now())
    tasks = delivery.start()
    async with asyncio.timeout(60):
        await outbox.asked.wait()
        for _ in range(100 * len(emails)):
            await asyncio.sleep(0)
        assert len(outbox.begun) <= UNRECORDED + GROUP + AHEAD

        outbox.released.set()
        await delivery.drained()
    await cancel(tasks)

    assert sum(map(len, outbox.completed)) == len(emails)


class Forgetful(Outbox):
    """Marks, but the first answer is lost; remembers which calls said that they repeat one."""

    def __init__(self) -> None:
        super().__init__()
        self.repeated: list[bool] = []

    async def begin_sending(self, *args: Any, again: bool = False) -> Begun:
        self.repeated.append(again)
        begun = await super().begin_sending(*args, again=again)
        if len(self.repeated) == 1:
            raise OutboxUnavailableError("gone")
        return begun


async def test_a_mark_whose_answer_was_lost_is_asked_for_again_as_such() -> None:
    outbox, transport = Forgetful(), Transport()

    await deliver(outbox, transport, claim(2))

    assert outbox.repeated == [False, True]
    assert transport.singles == 2


async def test_outages_are_counted_until_a_letter_is_answered() -> None:
    outbox, transport = Outbox(), Transport()
    delivery = Delivery(outbox, outbox, transport, Composer(), lease=60.0, wake=asyncio.Event())
    for _ in range(2):
        delivery.break_off(TransportDownError("smtp", "refused"))
    assert delivery.outages == 2

    delivery.resume()
    delivery.submit(claim(1), now())
    tasks = delivery.start()
    async with asyncio.timeout(60):
        await delivery.drained()
    await cancel(tasks)

    assert (transport.singles, delivery.outages) == (1, 0)


class Unanswered(Outbox):
    """Is asked for a mark, and does not answer."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()

    async def begin_sending(self, *args: Any, again: bool = False) -> Begun:
        self.asked.set()
        await asyncio.Event().wait()
        raise AssertionError


async def test_at_a_stop_what_was_being_marked_is_given_back_as_not_sent() -> None:
    outbox, emails = Unanswered(), claim(2)
    delivery = Delivery(outbox, outbox, Transport(), Composer(), lease=60.0, wake=asyncio.Event())
    delivery.submit(emails, now())
    delivery.start()
    async with asyncio.timeout(60):
        await outbox.asked.wait()
        assert not await delivery.finish(grace=0.0)

    assert outbox.failed == {email.email_id: Failure.UNSENT for email in emails}


class TooLate(Transport):
    """Finds that the lease ran out while the letter waited."""

    async def send(self, letter: Letter, still_ours: StillOurs = undisputed) -> Outcome:
        raise LeaseLostError


async def test_a_mail_whose_lease_ran_out_before_it_was_handed_over_is_left_to_others() -> None:
    outbox = Outbox()

    await deliver(outbox, TooLate(), claim(2))

    assert (outbox.completed, outbox.failed) == ([], {})


@pytest.mark.parametrize("what", ["postponed", "another's", "given back"])
async def test_a_claim_is_kept_no_longer_than_there_are_mails_of_it(
    monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(claims, "LEASE_MARGIN", -3600.0)  # so that it holds however slow this is
    kept, gone = claim(1), claim(2)
    transport, outbox = Halting(kept[0].email_id), Outbox()
    ids = {email.email_id for email in gone}
    outbox.postponed, outbox.refused = (
        ids if what == w else set() for w in ("postponed", "another's")
    )
    delivery = Delivery(outbox, outbox, transport, Addressing(), lease=0.03, wake=asyncio.Event())
    tasks = delivery.start()
    async with asyncio.timeout(60):
        delivery.submit(kept, now())
        await transport.halted.wait()
        if what == "given back":
            delivery.break_off(TransportDownError("smtp", "down"))
        delivery.submit(gone, now())
        while delivery.waiting:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0)
        for _ in range(100):  # the answer of the call that took them has its turns
            await asyncio.sleep(0)

        outbox.extended.clear()
        while len(outbox.extended) < 3:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.001)
    await cancel(tasks)

    assert set(outbox.extended) == {kept[0].claim_id}


async def test_mails_without_files_share_a_request_where_the_transport_has_such() -> None:
    transport, claim_id = Transport(parcel=20), uuid4()
    emails = [
        *claim(25, "session_reminder", claim_id=claim_id),
        *claim(3, "session_scheduled", claim_id=claim_id),  # with a calendar
        *claim(3, "attendance_summary", claim_id=claim_id),  # with a table
        *claim(2, "session_reminder", claim_id=claim_id, attempt=2),  # refused in such a request
        *claim(1, "session_reminder", claim_id=claim_id),
    ]

    await deliver(Outbox(), transport, emails)

    assert [size for _, size in transport.parcels] == [20, 5]
    assert len({parcel_id for parcel_id, _ in transport.parcels}) == 2
    assert transport.singles == 3 + 3 + 2 + 1

    await deliver(Outbox(), over_smtp := Transport(), emails)
    assert (over_smtp.parcels, over_smtp.singles) == ([], len(emails))


@pytest.mark.parametrize("parcel_size", [1, 20])
async def test_a_request_in_doubt_is_repeated_whole_whatever_stands_between(
    parcel_size: int,
) -> None:
    transport, parcel_id, claim_id = Transport(parcel_size), uuid4(), uuid4()
    doubtful = claim(30, "session_reminder", claim_id=claim_id, in_doubt=True, parcel_id=parcel_id)
    other = claim(1, claim_id=claim_id)

    await deliver(Outbox(), transport, [*doubtful[:7], *other, *doubtful[7:]])

    assert transport.parcels == [(parcel_id, 30)]
    assert transport.singles == 1


async def test_a_mail_in_doubt_by_itself_takes_nothing_of_such_a_request_along() -> None:
    transport, parcel_id, claim_id = Transport(parcel=20), uuid4(), uuid4()
    alone = claim(2, claim_id=claim_id, in_doubt=True)
    doubtful = claim(30, "session_reminder", claim_id=claim_id, in_doubt=True, parcel_id=parcel_id)

    await deliver(Outbox(), transport, [*alone, *doubtful])

    assert transport.parcels == [(parcel_id, 30)]
    assert transport.singles == 2


async def test_of_a_request_in_doubt_no_part_is_repeated_without_the_rest() -> None:
    outbox, transport, parcel_id = Outbox(), Transport(parcel=20), uuid4()
    doubtful = claim(3, "session_reminder", in_doubt=True, parcel_id=parcel_id)
    outbox.refused = {doubtful[1].email_id}  # another worker has it

    await deliver(outbox, transport, doubtful)

    assert transport.parcels == []
    assert outbox.failed == {doubtful[number].email_id: Failure.TRANSIENT for number in (0, 2)}


class Queue(Outbox):
    """Always has more, and news of something urgent that is never to be had."""

    def __init__(self) -> None:
        super().__init__()
        self.claimed = 0
        self.glances = 0
        self.ticks = 0
        self.rested = asyncio.Event()

    async def tick(self) -> Ticked:
        self.ticks += 1
        return Ticked(started=0, completed=0, reminders=0, requeued=0, in_doubt=0, extended=0)

    async def announce(self) -> None:
        """Nobody is told."""

    async def expand_events(self, max_emails: int) -> Expanded:
        return Expanded(emails=0, more=False)

    async def claim_emails(self, max_emails: int, lease: float) -> Sequence[ClaimedEmail]:
        self.claimed += max_emails
        return claim(max_emails)

    async def has_news(self) -> bool:
        self.glances += 1
        return True

    async def seconds_to_next_wake(self) -> float | None:
        self.rested.set()
        return None

    async def stay_awake(self, seconds: float) -> None:
        """Nobody sleeps here."""

    async def fall_asleep(self) -> None:
        """Nobody sleeps here."""


class Urgent(Queue):
    """Has but one mail at a time, and that is urgent."""

    claims = 0

    async def claim_emails(self, max_emails: int, lease: float) -> Sequence[ClaimedEmail]:
        self.claims += 1
        return claim(1, urgent=True)

    async def has_news(self) -> bool:
        return False


class OnceUrgent(Queue):
    """Begins with something urgent, and remembers how many mails each claim asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []

    async def claim_emails(self, max_emails: int, lease: float) -> Sequence[ClaimedEmail]:
        self.sizes.append(max_emails)
        return claim(max_emails, urgent=len(self.sizes) == 1)

    async def has_news(self) -> bool:
        return False


class Finite(Queue):
    """Has two mails, one after the other, and then no more."""

    slept = 0

    async def claim_emails(self, max_emails: int, lease: float) -> Sequence[ClaimedEmail]:
        self.claimed += 1
        return claim(1) if self.claimed <= 2 else []

    async def has_news(self) -> bool:
        return False

    async def seconds_to_next_wake(self) -> float | None:
        return await super().seconds_to_next_wake() if self.claimed > 2 else None

    async def fall_asleep(self) -> None:
        self.slept += 1
        if self.slept > 1:
            self.rested.set()
        await asyncio.sleep(0)


class Silent(Transport):
    """Never answers."""

    async def send(self, letter: Letter, still_ours: StillOurs = undisputed) -> Outcome:
        await asyncio.Event().wait()
        raise AssertionError


class Deaf:
    """Neither hears nor delivers anything else."""

    listening = True

    async def look(self) -> bool:
        return False

    async def drained(self) -> None:
        """Nothing is under way."""


def employ(
    queue: Queue, transport: Transport, *, wake: asyncio.Event, poll: float
) -> tuple[Worker, Delivery]:
    """A worker that hears nothing but ``wake``, and its delivery; neither has begun."""
    delivery = Delivery(queue, queue, transport, Composer(), lease=60.0, wake=wake)
    stop = asyncio.Event()
    worker = Worker(
        queue, delivery, transport, Deaf(), Deaf(), wake=wake, stop=stop, lease=60.0, poll=poll
    )
    return worker, delivery


@asynccontextmanager
async def working(
    queue: Queue, transport: Transport, *, wake: asyncio.Event, poll: float
) -> AsyncIterator[Delivery]:
    """Such a worker works until the block ends."""
    worker, delivery = employ(queue, transport, wake=wake, poll=poll)
    tasks = [*delivery.start(), asyncio.create_task(worker.run())]
    async with asyncio.timeout(60):
        yield delivery
    await cancel(tasks)


async def test_a_worker_that_was_busy_rests_when_there_is_no_more() -> None:
    queue = Finite()
    async with working(queue, Transport(), wake=asyncio.Event(), poll=60.0):
        await queue.rested.wait()

    assert queue.slept == 1


async def test_news_that_nothing_comes_of_does_not_fill_the_worker_s_hands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker_module, "GLANCE", 0.0001)
    monkeypatch.setattr(worker_module, "LONGEST_GLANCE", 0.0002)
    queue = Queue()
    async with working(queue, Silent(), wake=asyncio.Event(), poll=1.0) as delivery:
        while delivery.waiting < CROWD:  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0.001)
        glances = queue.glances
        await asyncio.sleep(0.1)

    assert queue.claimed <= CROWD + 2 * CALM_BATCH
    assert queue.glances - glances <= 1  # nobody looks who could take nothing


async def test_a_full_batch_is_followed_by_a_look_for_something_urgent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker_module, "GLANCE", 3600.0)
    queue = Queue()
    async with working(queue, Silent(), wake=asyncio.Event(), poll=1.0):
        while queue.claimed % CALM_BATCH == 0:  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0.001)

    assert queue.claimed > LOW_WATER
    assert queue.claimed % CALM_BATCH == worker_module.PRESSING


class Others(Queue):
    """Has work, all of which another worker holds."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    async def claim_emails(self, max_emails: int, lease: float) -> Sequence[ClaimedEmail]:
        return []

    async def seconds_to_next_wake(self) -> float | None:
        self.asked += 1
        return 0.0


async def test_a_worker_does_not_ask_incessantly_for_what_others_hold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        worker_module, "backoff", lambda failures, **_: 0.0 if failures < 4 else 3600.0
    )
    queue = Others()
    async with working(queue, Transport(), wake=asyncio.Event(), poll=3600.0):
        while queue.asked < 4:  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0)
        for _ in range(1000):
            await asyncio.sleep(0)

    assert queue.asked == 4


class Down(Transport):
    """Cannot be reached."""

    def __init__(self) -> None:
        super().__init__()
        self.tried = 0

    async def ready(self) -> None:
        self.tried += 1
        raise TransportDownError(self.name, "refused")


async def test_a_worker_does_not_try_incessantly_what_is_down(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker_module, "backoff", lambda *_, **__: 3600.0)
    queue, transport, wake = Others(), Down(), asyncio.Event()
    async with working(queue, transport, wake=wake, poll=3600.0):
        while queue.asked < 20:  # it looks each time it is woken
            wake.set()
            await asyncio.sleep(0)

    assert transport.tried == 1


class Following(Queue):
    """Has a mail that waits for the first one to be recorded, as one of the same session does, and
    takes until after the next look to record it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.looked = asyncio.Event()

    async def claim_emails(self, max_emails: int, lease: float) -> Sequence[ClaimedEmail]:
        if self.claimed == 0 or (self.claimed == 1 and self.completed):
            self.claimed += 1
            return claim(1)
        self.looked.set()
        return []

    async def complete_emails(
        self, claim: UUID, email_ids: Sequence[UUID], transport: str
    ) -> set[UUID]:
        await self.looked.wait()
        return await super().complete_emails(claim, email_ids, transport)

    async def has_news(self) -> bool:
        return False


async def test_what_waited_for_the_last_mail_is_sent_before_a_single_run_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker_module, "UNDISTURBED", 0.0)
    queue, transport = Following(), Transport()
    worker, delivery = employ(queue, transport, wake=asyncio.Event(), poll=1.0)
    tasks = delivery.start()
    async with asyncio.timeout(60):
        await worker.drain()
    await cancel(tasks)

    assert transport.singles == 2


class Pages(Queue):
    """Has more pages of mails to write than are ever wanted, once a backlog has been claimed, and
    mails while any are written.
    """

    def __init__(self, *, news: bool, backlog: int) -> None:
        super().__init__()
        self.news = news
        self.backlog = backlog
        self.pages = 0
        self.written = 0
        self.claims = 0

    async def expand_events(self, max_emails: int) -> Expanded:
        await asyncio.sleep(0)
        if self.claimed < self.backlog:
            return Expanded(emails=0, more=False)
        self.pages += 1
        self.written += max_emails
        return Expanded(emails=max_emails, more=True)

    async def claim_emails(self, max_emails: int, lease: float) -> Sequence[ClaimedEmail]:
        assert self.claimed + max_emails <= self.backlog + self.written
        self.claims += 1
        return await super().claim_emails(max_emails, lease)

    async def has_news(self) -> bool:
        return self.news


@pytest.mark.parametrize(("news", "backlog"), [(False, 0), (False, 20 * CALM_BATCH), (True, 0)])
async def test_mails_are_claimed_before_all_are_written_and_what_is_new_is_looked_at(
    news: bool, backlog: int
) -> None:
    queue = Pages(news=news, backlog=backlog)
    async with working(queue, Transport(), wake=asyncio.Event(), poll=3600.0):
        while queue.claims < 50 + backlog // CALM_BATCH:  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0.001)

    if news:
        assert queue.pages >= queue.claims
    else:
        assert queue.written == queue.pages * PAGE
        claimed = queue.claimed - backlog
        assert claimed < queue.written < 3 * claimed


async def test_what_comes_with_something_urgent_is_followed_by_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker_module, "UNDISTURBED", 3600.0)
    queue = Urgent()
    async with working(queue, Silent(), wake=asyncio.Event(), poll=3600.0):
        while queue.claims < 3:  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0.001)


class ManyParts(Queue):
    """Has mails of so many parts that a claim of few is full."""

    claims = 0

    async def claim_emails(self, max_emails: int, lease: float) -> Sequence[ClaimedEmail]:
        self.claims += 1
        return claim(max_emails // 8, sessions=8)

    async def has_news(self) -> bool:
        return False


async def test_a_claim_that_is_full_of_parts_is_followed_by_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker_module, "UNDISTURBED", 3600.0)
    queue = ManyParts()
    async with working(queue, Silent(), wake=asyncio.Event(), poll=3600.0):
        while queue.claims < 3:  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0.001)


@pytest.mark.parametrize(("calm_after", "size"), [(3600.0, BATCH), (0.0, CALM_BATCH)])
async def test_claims_are_small_for_a_while_after_something_urgent(
    monkeypatch: pytest.MonkeyPatch, calm_after: float, size: int
) -> None:
    monkeypatch.setattr(worker_module, "CALM_AFTER", calm_after)
    queue = OnceUrgent()
    async with working(queue, Transport(), wake=asyncio.Event(), poll=3600.0):
        while len(queue.sizes) < 5:  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0.001)

    assert queue.sizes[:5] == [CALM_BATCH, *[size] * 4]


class Sleeper(Queue):
    """Has nothing until it has been asked when to come back, and always more from then on."""

    async def claim_emails(self, max_emails: int, lease: float) -> Sequence[ClaimedEmail]:
        return await super().claim_emails(max_emails, lease) if self.rested.is_set() else []


async def work(queue: Queue, enough: Callable[[], bool]) -> None:
    """Let a worker rest, wake it, and let it work until ``enough``."""
    wake = asyncio.Event()
    async with working(queue, Transport(), wake=wake, poll=3600.0):
        await queue.rested.wait()
        wake.set()
        while not enough():  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0.001)


async def test_a_worker_that_never_rests_does_what_the_clock_demands_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker_module, "TICK_EVERY", 0.0)
    queue = Sleeper()

    await work(queue, lambda: queue.ticks > 3)

    assert queue.claimed > 0


async def test_the_clock_is_not_asked_before_every_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "TICK_EVERY", 3600.0)
    queue = Queue()
    queue.rested.set()

    await work(queue, lambda: queue.claimed > 10 * CALM_BATCH)

    assert queue.ticks == 1


class Overdue(Sleeper):
    """Where much is due by the clock, of which each call does a part."""

    async def tick(self) -> Ticked:
        await super().tick()
        started = 100 if self.ticks < 5 else 0
        return Ticked(started, completed=0, reminders=0, requeued=0, in_doubt=0, extended=0)


async def test_the_clock_is_asked_again_while_it_demands_something(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker_module, "TICK_EVERY", 3600.0)
    queue = Overdue()
    async with working(queue, Transport(), wake=asyncio.Event(), poll=3600.0):
        await queue.rested.wait()

    assert queue.ticks == 5


class TwoWays(Transport):
    """Sends by its first way, and remembers who went by which."""

    def __init__(self) -> None:
        super().__init__()
        self.went: list[str] = []

    @property
    def way(self) -> str:
        return "first"

    def by(self, way: str) -> Self:
        self.went.append(way)
        return self


@pytest.mark.parametrize(
    ("attempt", "in_doubt", "way"),
    [
        (2, True, "second"),
        (LOYAL_ATTEMPTS, True, "second"),
        (LOYAL_ATTEMPTS + 1, True, "first"),
        (2, False, "first"),
    ],
)
async def test_a_mail_in_doubt_goes_as_it_went_before_and_not_for_ever(
    attempt: int, in_doubt: bool, way: str
) -> None:
    outbox, transport = Outbox(), TwoWays()
    doubted = claim(1, in_doubt=in_doubt, attempt=attempt, transport="second")
    beside = claim(1, claim_id=doubted[0].claim_id)

    await deliver(outbox, transport, [*doubted, *beside])

    assert transport.went == [way, "first"]
    assert outbox.marked_for == [way, "first"][: 1 if way == "first" else 2]


class ClosedWay(Transport):
    """Nothing can be sent this way now."""

    async def send(self, letter: Letter, still_ours: StillOurs = undisputed) -> Outcome:
        raise WayClosedError(self.name, "left alone", 7.0)


async def test_a_mail_in_doubt_waits_for_its_way_and_others_go_another() -> None:
    outbox, doubted, fresh = Outbox(), claim(1, in_doubt=True, attempt=2), claim(1)

    await deliver(outbox, ClosedWay(), doubted)
    await deliver(outbox, ClosedWay(), fresh)

    assert outbox.failed == {
        doubted[0].email_id: Failure.TRANSIENT,
        fresh[0].email_id: Failure.UNSENT,
    }


class StuckTransport(Transport):
    """Two connections: one whose server does not answer, one that never comes."""

    lanes = 2

    async def send(self, letter: Letter, still_ours: StillOurs = undisputed) -> Outcome:
        self.singles += 1
        if self.singles == 1:
            assert still_ours()
        await asyncio.Event().wait()
        raise AssertionError


async def test_only_what_was_handed_over_is_in_doubt_when_the_time_to_stop_is_over() -> None:
    outbox, transport, emails = Outbox(), StuckTransport(), claim(2)
    delivery = Delivery(outbox, outbox, transport, Composer(), lease=60.0, wake=asyncio.Event())
    delivery.submit(emails, now())
    delivery.start()
    async with asyncio.timeout(60):
        while transport.singles < 2:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0)

    assert not await delivery.finish(grace=0.01)

    assert outbox.failed == {
        emails[0].email_id: Failure.UNKNOWN,
        emails[1].email_id: Failure.UNSENT,
    }


class StubbornTransport(Transport):
    """Loses a cancellation while it connects, and hands over what it was to; see ``cancel``."""

    def __init__(self, *, answered: bool) -> None:
        super().__init__()
        self.answered = answered

    async def send(self, letter: Letter, still_ours: StillOurs = undisputed) -> Outcome:
        self.singles += 1
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        assert still_ours()
        if not self.answered:
            await asyncio.Event().wait()
        return Sent(self.name)


@pytest.mark.parametrize("answered", [True, False])
async def test_what_is_handed_over_while_tasks_are_being_cancelled_is_not_said_to_be_unsent(
    answered: bool,
) -> None:
    outbox, transport, emails = Outbox(), StubbornTransport(answered=answered), claim(1)
    delivery = Delivery(outbox, outbox, transport, Composer(), lease=60.0, wake=asyncio.Event())
    delivery.submit(emails, now())
    delivery.start()
    async with asyncio.timeout(60):
        while not transport.singles:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0)

    assert not await delivery.finish(grace=0.01)

    assert outbox.failed == ({} if answered else {emails[0].email_id: Failure.UNKNOWN})
    assert delivery.tally.sent == answered


async def test_a_task_that_loses_a_cancellation_is_cancelled_all_the_same() -> None:
    async def stubborn() -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await asyncio.Event().wait()

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    async with asyncio.timeout(60):
        await cancel([task])

    assert task.cancelled()


# Recording


class Books(Outbox):
    """Says of failures what the database would, and notes what it was told and when."""

    def __init__(self) -> None:
        super().__init__()
        self.lost: set[UUID] = set()
        self.told: list[tuple[UUID, float | None]] = []
        self.unknown: list[UUID] = []
        self.room: asyncio.Event | None = None
        self.there_was_room: list[bool] = []

    async def complete_emails(
        self, claim: UUID, email_ids: Sequence[UUID], transport: str
    ) -> set[UUID]:
        return await super().complete_emails(claim, email_ids, transport) - self.lost

    async def fail_email(
        self,
        claim: UUID,
        email_id: UUID,
        failure: Failure,
        error: str,
        retry_after: float | None = None,
    ) -> str | None:
        self.told.append((email_id, retry_after))
        if self.room is not None:
            self.there_was_room.append(self.room.is_set())
        if email_id in self.lost:
            return None
        return {Failure.PERMANENT: "dead", Failure.UNKNOWN: "in_doubt"}.get(failure, "queued")

    async def note_unknown_mailbox(self, email_id: UUID) -> bool:
        self.unknown.append(email_id)
        return True


def keep_books(books: Books, emails: Sequence[ClaimedEmail]) -> tuple[Recorder, Tally, list[Item]]:
    """A recorder of these mails."""
    kept, tally = Claims(books, 60.0), Tally()
    return Recorder(books, kept, tally, wake=asyncio.Event()), tally, kept.add(emails, now())


async def test_what_became_of_each_mail_is_counted_and_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, LOGGER_NAME)
    books = Books()
    emails = claim(7)
    emails[1] = replace(emails[1], sessions=3, in_doubt=True)
    keeper, tally, items = keep_books(books, emails)
    books.lost = {emails[1].email_id, emails[6].email_id}
    outcomes: list[Outcome] = [
        Sent("smtp"),
        Sent("smtp"),
        NotSent(Failure.TRANSIENT, "450", "smtp", 60.0, mailbox_unknown=True),
        NotSent(Failure.PERMANENT, "550", "smtp", mailbox_unknown=True),
        NotSent(Failure.UNKNOWN, "closed", "smtp"),
        NotSent(Failure.UNSENT, "down", "smtp"),
        NotSent(Failure.TRANSIENT, "450", "smtp"),
    ]

    for item, outcome in zip(items, outcomes, strict=True):
        keeper.note(item, outcome, 0.25, hurry=False)
    await keeper.flush()

    assert tally == Tally(sent=2, failed=4, in_doubt=1, dead=1, released=1)
    assert (keeper.latency.count, keeper.latency.total) == (2, 0.5), "of those that were sent"
    assert books.told == [(emails[2].email_id, 60.0)] + [
        (each.email_id, None) for each in emails[3:]
    ]
    assert books.unknown == [emails[3].email_id], "the one that was given up"
    said = {vars(each)["fields"]["id"]: each for each in caplog.records}
    assert [
        (said[each.email_id].levelname, vars(said[each.email_id])["fields"]["outcome"])
        for each in emails
    ] == [
        ("INFO", "sent"),
        ("INFO", "sent_unclaimed"),
        ("WARNING", "queued"),
        ("ERROR", "dead"),
        ("WARNING", "in_doubt"),
        ("WARNING", "queued"),
        ("WARNING", "unclaimed"),
    ]
    usual, again = (vars(said[each.email_id])["fields"] for each in emails[:2])
    assert (usual["ms"], usual.get("sessions"), usual.get("resend")) == (250.0, None, None)
    assert (again["sessions"], again["resend"]) == (3, True)


async def test_a_full_batch_is_recorded_at_once_and_what_is_urgent_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recorder, "LINGER", 3600.0)
    books = Books()
    emails = claim(recorder.BATCH)
    emails[-1] = replace(emails[-1], urgent=True)
    keeper, _, items = keep_books(books, emails)
    recording = asyncio.create_task(keeper.record_forever())

    for item in items:
        keeper.note(item, NotSent(Failure.TRANSIENT, "450", "smtp"), 0.0, hurry=False)
    async with asyncio.timeout(20):
        await keeper.empty.wait()

    assert books.told[0] == (emails[-1].email_id, None)
    await cancel([recording])


async def test_with_too_much_unrecorded_no_more_is_begun_until_enough_is_recorded() -> None:
    books = Books()
    keeper, _, items = keep_books(books, claim(UNRECORDED + 1))
    books.room = keeper.room
    there_was_room = []

    for item in items:
        keeper.note(item, NotSent(Failure.TRANSIENT, "450", "smtp"), 0.0, hurry=False)
        there_was_room.append(keeper.room.is_set())
    await keeper.flush()

    assert there_was_room == [True] * (UNRECORDED - 1) + [False] * 2
    assert books.there_was_room == [False] * 2 + [True] * (UNRECORDED - 1)
