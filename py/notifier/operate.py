"""What operators do at a terminal: look at the queue, and put right what went wrong.

Each command is one function that returns what is printed. Nothing here prints or logs an address.
"""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from notifier.compose import Composer
from notifier.config import Settings
from notifier.model import NotSent
from notifier.outbox import Outbox, Purged
from notifier.render import Renderer
from notifier.samples import sample_email
from notifier.service import make_transport
from notifier.table import age, duration, table

BATCH = 5000
"""Rows that one call of ``purge`` deletes at most."""


@asynccontextmanager
async def open_outbox(database_url: str) -> AsyncIterator[Outbox]:
    """A connection of role ``notifier`` that claims nothing."""
    outbox = Outbox(database_url, worker="operator", organizer="", app_url="")
    async with outbox:
        yield outbox


async def status(database_url: str) -> str:
    """How many mails are in which status, since when the oldest, what waits, and who works.

    :raises OutboxError: the database cannot be reached or refuses.
    """
    async with open_outbox(database_url) as outbox:
        lines = await outbox.queue_status()
        metrics = await outbox.queue_metrics()
        workers = await outbox.workers()
    now = datetime.now().astimezone()
    parts = [
        table(
            ("status", "mails", "oldest"),
            [(line.status, f"{line.emails:,}", age(line.oldest, now)) for line in lines],
            right=frozenset({1}),
        ),
        table(
            ("waiting", ""),
            [
                ("urgent mails", f"{metrics.urgent:,}"),
                ("events to expand", f"{metrics.events:,}"),
                (
                    "longest overdue",
                    "nothing is due"
                    if metrics.oldest_seconds is None
                    else duration(round(metrics.oldest_seconds)),
                ),
            ],
            right=frozenset(),
        ),
    ]
    if workers:
        parts.append(
            table(
                ("worker", "holds", "lease ends"),
                [
                    (line.worker or "?", f"{line.emails:,}", age(line.lease_until, now))
                    for line in workers
                ],
                right=frozenset({1}),
            )
        )
    return "\n\n".join(parts)


async def list_dead(database_url: str, limit: int) -> str:
    """The mails that were given up, newest first."""
    async with open_outbox(database_url) as outbox:
        lines = await outbox.dead_emails(limit)
    now = datetime.now().astimezone()
    return table(
        ("mail", "kind", "queued", "attempts", "error"),
        [
            (
                str(line.email_id),
                line.kind,
                age(line.created_at, now),
                str(line.attempts),
                line.last_error or "",
            )
            for line in lines
        ],
        right=frozenset({3}),
    )


async def show(database_url: str, email_id: UUID) -> str | None:
    """Everything the outbox knows of one mail, as JSON; None for an unknown one."""
    async with open_outbox(database_url) as outbox:
        history = await outbox.email_history(email_id)
    return None if history is None else json.dumps(history, indent=2, ensure_ascii=False)


async def retry(database_url: str, email_ids: Sequence[UUID] | None) -> str:
    """Give dead mails (None: all of them) another round of attempts."""
    async with open_outbox(database_url) as outbox:
        return f"{_mails(await outbox.retry_emails(email_ids))} queued again"


async def discard(database_url: str, email_ids: Sequence[UUID] | None) -> str:
    """Put dead mails (None: all of them) away."""
    async with open_outbox(database_url) as outbox:
        return f"{_mails(await outbox.discard_emails(email_ids))} discarded"


async def list_in_doubt(database_url: str, limit: int) -> str:
    """Unfinished mails that may have been sent already."""
    async with open_outbox(database_url) as outbox:
        lines = await outbox.emails_in_doubt(limit)
    now = datetime.now().astimezone()
    return table(
        ("mail", "kind", "in doubt", "repeated", "error"),
        [
            (
                str(line.email_id),
                line.kind,
                age(line.in_doubt_at, now),
                age(line.available_at, now),
                line.last_error or "",
            )
            for line in lines
        ],
        right=frozenset(),
    )


async def replay(database_url: str, event_id: int) -> str:
    """Tell again what an event told, as it is now."""
    async with open_outbox(database_url) as outbox:
        replayed = await outbox.replay_event(event_id)
    but = f", but for {', '.join(replayed.left_out)}" if replayed.left_out else ""
    return f"event {event_id} is told again as event {replayed.replayed_as}{but}"


async def purge(database_url: str, older_than: timedelta) -> str:
    """Forget, batch by batch, what sessions left behind that have been over for so long."""
    emails = events = reached = 0
    async with open_outbox(database_url) as outbox:
        while True:
            purged: Purged = await outbox.purge(older_than, BATCH, reached)
            reached = purged.reached
            emails += purged.emails
            events += purged.events
            if not purged.more:
                return f"{_mails(emails)} and {events:,} events forgotten"


async def list_limits(database_url: str) -> str:
    """The limits of mails a minute, and for how long turns have been given out."""
    async with open_outbox(database_url) as outbox:
        lines = await outbox.send_limits()
    now = datetime.now().astimezone()
    return table(
        ("domain", "a minute", "next turn"),
        [
            (
                line.domain,
                f"{line.per_minute:,}",
                "now" if line.next_turn_at <= now else age(line.next_turn_at, now),
            )
            for line in lines
        ],
        right=frozenset({1}),
    )


async def set_limit(database_url: str, domain: str, per_minute: int | None) -> str:
    """Send at most so many mails a minute to a domain (``*``: in all); None lifts the limit."""
    async with open_outbox(database_url) as outbox:
        await outbox.set_send_limit(domain, per_minute)
    return "no limit" if per_minute is None else f"at most {per_minute:,} mails a minute"


async def list_suppressed(database_url: str, address: str | None, limit: int) -> str:
    """The addresses that nothing is sent to, by their hash; or what is known of one."""
    async with open_outbox(database_url) as outbox:
        lines = await outbox.suppressed_addresses(address, limit)
    now = datetime.now().astimezone()
    return table(
        ("sha-256 of the address", "reason", "strikes", "suppressed"),
        [
            (
                line.address_hash,
                line.reason,
                str(line.strikes),
                age(line.suppressed_at, now) or "not yet",
            )
            for line in lines
        ],
        right=frozenset({2}),
    )


async def suppress(database_url: str, address: str) -> str:
    """Send nothing to an address any more."""
    async with open_outbox(database_url) as outbox:
        new = await outbox.suppress_address(address)
    return "suppressed" if new else "was suppressed already"


async def unsuppress(database_url: str, address: str) -> str | None:
    """Send to an address again; None if it was not suppressed."""
    async with open_outbox(database_url) as outbox:
        return "mail is sent to it again" if await outbox.unsuppress_address(address) else None


async def send_test(settings: Settings, address: str) -> tuple[bool, str]:
    """Send a sample mail without a calendar to an address; whether that worked, and a line.

    It takes the way that every mail takes, fail-over included, but does not touch the queue.

    :raises TransportDownError: no transport works.
    :raises MessageError: the address is none.
    """
    composer = Composer(
        Renderer(settings.app_url, settings.email_from.name),
        settings.email_from,
        settings.unsubscribe_url,
    )
    sample = replace(
        sample_email("session_scheduled"), email_id=uuid4(), address=address, calendars=()
    )
    letter = composer.compose(sample)
    transport = make_transport(settings)
    try:
        await transport.ready()
        outcome = await transport.send(letter)
    finally:
        await transport.close()
    if isinstance(outcome, NotSent):
        return False, f"{outcome.transport}: {outcome.failure.value}: {outcome.detail}"
    return True, f"{outcome.transport}: accepted"


def _mails(count: int) -> str:
    return "1 mail" if count == 1 else f"{count:,} mails"
