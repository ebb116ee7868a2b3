"""Writes outcomes down: in the outbox, in small batches, and in the log, one line per mail."""

import asyncio
import logging
from bisect import bisect_left
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Protocol
from uuid import UUID

from notifier import log
from notifier.claims import Claims, Item
from notifier.model import Failure, NotSent, Outcome, Sent
from notifier.patience import insist

BATCH = 40
"""Outcomes recorded at a time under load."""

LINGER = 0.02
"""Seconds an outcome waits for others at most."""

UNRECORDED = 2 * BATCH
"""With so many outcomes to record no more mails are begun. Where they cannot be recorded, because
somebody has locked the row of one for example, leases run out, and each of their mails is sent
twice.
"""


class Records(Protocol):
    """What recording needs of :class:`notifier.outbox.Outbox`."""

    async def complete_emails(
        self, claim: UUID, email_ids: Sequence[UUID], transport: str
    ) -> set[UUID]:
        """See the outbox."""
        ...

    async def fail_email(
        self,
        claim: UUID,
        email_id: UUID,
        failure: Failure,
        error: str,
        retry_after: float | None = None,
    ) -> str | None:
        """See the outbox."""
        ...

    async def note_unknown_mailbox(self, email_id: UUID) -> bool:
        """See the outbox."""
        ...


@dataclass(slots=True)
class Tally:
    """What became of this worker's mails so far; ``failed`` includes ``in_doubt`` and ``dead``."""

    sent: int = 0
    failed: int = 0
    in_doubt: int = 0
    dead: int = 0
    released: int = 0
    postponed: int = 0
    lost: int = 0


@dataclass(slots=True)
class Histogram:
    """How long things took, in seconds: how many at most each of ``bounds``."""

    bounds: tuple[float, ...] = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0)
    total: float = 0.0
    counts: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds) + 1)

    @property
    def count(self) -> int:
        """How many were observed."""
        return sum(self.counts)

    def observe(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(self.bounds, seconds)] += 1
        self.total += seconds

    def cumulative(self) -> list[int]:
        """How many took at most each bound; the last counts all."""
        return list(accumulate(self.counts))


@dataclass(frozen=True, slots=True, eq=False)
class _Result:
    item: Item
    outcome: Outcome
    seconds: float


class Recorder:
    """Collects outcomes and records them, however long the database is away.

    ``empty`` is set while all are recorded, and ``room`` while so many are that more may be begun.
    """

    def __init__(
        self, outbox: Records, claims: Claims, tally: Tally, *, wake: asyncio.Event
    ) -> None:
        """Settled mails are closed in ``claims`` and counted in ``tally``.

        ``wake`` is set then: a later mail to the same person may have waited for this one.
        """
        self._wake = wake
        self._outbox = outbox
        self._claims = claims
        self._tally = tally
        self.latency = Histogram()
        self._results: list[_Result] = []
        self._fresh = 0
        self._some, self._enough, self.empty, self.room = (asyncio.Event() for _ in range(4))
        self.empty.set()
        self.room.set()

    @property
    def pending(self) -> int:
        """Outcomes not recorded yet."""
        return len(self._results)

    def note(self, item: Item, outcome: Outcome, seconds: float, *, hurry: bool) -> None:
        """Record this soon; at once if ``hurry``: no other, or none as urgent, is about to come."""
        if isinstance(outcome, Sent):
            self.latency.observe(seconds)
        self._results.append(_Result(item, outcome, seconds))
        self._fresh += 1
        self.empty.clear()
        if len(self._results) >= UNRECORDED:
            self.room.clear()
        if hurry or self._fresh >= BATCH:
            self._enough.set()
        self._some.set()

    async def record_forever(self) -> None:
        """Record what :meth:`note` brings."""
        while True:
            await self._some.wait()
            with suppress(TimeoutError):
                async with asyncio.timeout(LINGER):
                    await self._enough.wait()
            await self._record_fresh()

    async def flush(self) -> None:
        """Record everything, and what is noted meanwhile."""
        while self._results:
            await self._record_fresh()

    async def _record_fresh(self) -> None:
        """Record what has been noted so far; what is noted meanwhile is a batch of its own.

        Recording the same twice does no harm: whoever was cancelled here has left it to be done.
        """
        self._fresh = 0
        self._some.clear()
        self._enough.clear()
        sent: dict[tuple[UUID, str], list[_Result]] = {}
        for result in sorted(self._results, key=lambda result: not result.item.email.urgent):
            if isinstance(result.outcome, Sent):
                key = (result.item.claim.claim_id, result.outcome.transport)
                sent.setdefault(key, []).append(result)
            else:
                await self._record_failure(result, result.outcome)
        for (claim_id, transport), results in sent.items():
            await self._record_sent(claim_id, transport, results)
        if not self._results:
            self.empty.set()
        self._wake.set()

    async def _record_sent(self, claim_id: UUID, transport: str, results: list[_Result]) -> None:
        ids = [result.item.email_id for result in results]
        held = await insist(
            lambda: self._outbox.complete_emails(claim_id, ids, transport), "complete"
        )
        for result in results:
            self._tally.sent += 1
            # Not held: the lease ran out before the server answered; somebody may send it again.
            outcome = "sent" if result.item.email_id in held else "sent_unclaimed"
            self._settle(result, logging.INFO, outcome, transport=transport)

    async def _record_failure(self, result: _Result, outcome: NotSent) -> None:
        status = await insist(
            lambda: self._outbox.fail_email(
                result.item.claim.claim_id,
                result.item.email_id,
                outcome.failure,
                outcome.detail,
                outcome.retry_after,
            ),
            "fail",
        )
        if outcome.mailbox_unknown and status == "dead":
            await insist(lambda: self._outbox.note_unknown_mailbox(result.item.email_id), "note")
        if outcome.failure is Failure.UNSENT:
            self._tally.released += 1
        else:
            self._tally.failed += 1
        self._tally.in_doubt += status == "in_doubt"
        self._tally.dead += status == "dead"
        self._settle(
            result,
            logging.ERROR if status == "dead" else logging.WARNING,
            status or "unclaimed",
            transport=outcome.transport,
            failure=outcome.failure.value,
            error=outcome.detail,
        )

    def _settle(self, result: _Result, level: int, outcome: str, **fields: object) -> None:
        email = result.item.email
        log.event(
            level,
            "mail",
            id=email.email_id,
            kind=email.kind,
            event=email.event_id,
            attempt=email.attempt,
            sessions=email.sessions if email.sessions > 1 else None,
            resend=True if email.in_doubt else None,
            outcome=outcome,
            ms=result.seconds * 1000,
            **fields,
        )
        self._results.remove(result)
        if len(self._results) < UNRECORDED:
            self.room.set()
        self._claims.close(result.item)
