"""The order in which claimed mails leave a worker."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID, uuid4

from notifier.claims import now
from notifier.delivery import Delivery, cancel
from notifier.message import Letter
from notifier.model import Begun, ClaimedEmail, Failure, Outcome, Sent
from notifier.transports import StillOurs, undisputed
from support.mails import make_email


class Outbox:
    """Grants everything, and remembers in which order it was asked."""

    def __init__(self) -> None:
        self.begun: list[UUID] = []

    async def begin_sending(self, claim: UUID, email_ids: Sequence[UUID], lease: float) -> Begun:
        self.begun += email_ids
        return Begun(granted=set(email_ids), postponed=set())

    async def release_emails(self, claim: UUID, email_ids: Sequence[UUID]) -> set[UUID]:
        return set(email_ids)

    async def extend_claim(self, claim: UUID, lease: float) -> int:
        return 1

    async def complete_emails(
        self, claim: UUID, email_ids: Sequence[UUID], transport: str
    ) -> set[UUID]:
        return set(email_ids)

    async def fail_email(
        self,
        claim: UUID,
        email_id: UUID,
        failure: Failure,
        error: str,
        retry_after: float | None = None,
    ) -> str | None:
        raise AssertionError(error)

    async def note_unknown_mailbox(self, email_id: UUID) -> bool:
        raise AssertionError


class Transport:
    """Sends at once."""

    name = "smtp"
    lanes = 1

    async def ready(self) -> None:
        """Always."""

    async def send(self, letter: Letter, still_ours: StillOurs = undisputed) -> Outcome:
        return Sent(self.name)

    async def close(self) -> None:
        """Nothing to close."""


class Composer:
    """Letters are not looked at here."""

    def compose(self, email: ClaimedEmail) -> Letter:
        return None  # type: ignore[return-value]


def claim(size: int, *, urgent: bool = False) -> list[ClaimedEmail]:
    claim_id = uuid4()
    return [make_email(email_id=uuid4(), claim_id=claim_id, urgent=urgent) for _ in range(size)]


async def test_an_urgent_mail_goes_before_what_the_worker_holds_already() -> None:
    outbox = Outbox()
    delivery = Delivery(outbox, outbox, Transport(), Composer(), lease=60.0, wake=asyncio.Event())
    waiting, urgent, later = claim(30), claim(2, urgent=True), claim(3)
    for emails in (waiting, urgent, later):
        delivery.submit(emails, now())
    tasks = delivery.start()
    async with asyncio.timeout(10):
        await delivery.drained()
    await cancel(tasks)

    expected = [email.email_id for email in (*urgent, *waiting, *later)]
    assert outbox.begun == expected
