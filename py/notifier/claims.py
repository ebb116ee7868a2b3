"""What this worker holds, and until when."""

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from notifier import log
from notifier.model import ClaimedEmail
from notifier.outbox import OutboxUnavailableError

LEASE_MARGIN = 0.5
"""Seconds before a lease ends in which nothing new is begun."""


def now() -> float:
    """Seconds on a clock that nobody sets and that runs on while this process or machine sleeps.

    The loop's clock stands still while the machine is suspended, and a lease does not.
    """
    return time.clock_gettime(_CLOCK)


_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Lease(Protocol):
    """What keeping claims needs of :class:`notifier.outbox.Outbox`."""

    async def extend_claim(self, claim: UUID, lease: float) -> int:
        """See the outbox."""
        ...


@dataclass(slots=True, eq=False)
class Claim:
    """The mails of one claim that are not settled yet, held until ``deadline`` (:func:`now`)."""

    claim_id: UUID
    deadline: float
    open: set[UUID] = field(default_factory=set)

    @property
    def holds(self) -> bool:
        """Whether something new may still be begun under this claim."""
        return now() < self.deadline - LEASE_MARGIN


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """A claimed mail on its way through this process."""

    claim: Claim
    email: ClaimedEmail

    @property
    def email_id(self) -> UUID:
        """The outbox row's id."""
        return self.email.email_id


class Claims:
    """All claims of this worker; extends each while mails of it are open."""

    def __init__(self, outbox: Lease, lease: float) -> None:
        """``lease`` in seconds: how long a claim outlives this process."""
        self._outbox = outbox
        self._lease = lease
        self._claims: dict[UUID, Claim] = {}

    def add(self, emails: Sequence[ClaimedEmail], claimed_at: float) -> list[Item]:
        """Take over what ``claim_emails`` returned; ``claimed_at``: :func:`now` before the call."""
        claim = Claim(emails[0].claim_id, claimed_at + self._lease)
        claim.open.update(email.email_id for email in emails)
        self._claims[claim.claim_id] = claim
        return [Item(claim, email) for email in emails]

    def close(self, item: Item) -> None:
        """This mail is settled, or no longer ours."""
        item.claim.open.discard(item.email_id)
        if not item.claim.open:
            self._claims.pop(item.claim.claim_id, None)

    async def keep_forever(self) -> None:
        """Extend every claim three times per lease, so that one lost call does no harm."""
        while True:
            await asyncio.sleep(self._lease / 3)
            for claim in list(self._claims.values()):
                asked_at = now()
                try:
                    held = await self._outbox.extend_claim(claim.claim_id, self._lease)
                except OutboxUnavailableError as error:
                    log.event(logging.WARNING, "database_lost", reason=str(error), doing="extend")
                    break
                claim.deadline = asked_at + self._lease if held else asked_at
