"""The report by mail, to the managers who asked for it: once, and week by week."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from notifier import log
from notifier.address import Mailbox, one_line, parse_address
from notifier.config import Settings
from notifier.message import Press
from notifier.model import NotSent, TransportDownError
from notifier.outbox import Outbox, OutboxUnavailableError, ReportMail
from notifier.redact import redact
from notifier.render import greeting_for
from notifier.report import ReportError, render_mail
from notifier.transports import Transport

LEASE = 600.0
"""Seconds after which another run may try again what this one has not finished."""

LOOK_EVERY = 900.0
"""Seconds between two looks for somebody who is to be sent the report of last week."""

WEEK_ENDS_AFTER = timedelta(hours=12)
"""How long after Sunday in UTC the week is over everywhere."""


@dataclass(frozen=True, slots=True)
class Mailed:
    """What became of the mails of one run; ``refusals`` say why, without addresses."""

    sent: int
    refusals: tuple[str, ...]


def last_week(zone: ZoneInfo, now: datetime) -> tuple[date, date]:
    """Monday and Sunday of the week before the one that ``now`` is in."""
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    return monday - timedelta(days=7), monday - timedelta(days=1)


async def mail_report(
    settings: Settings,
    outbox: Outbox,
    transport: Transport,
    first: date,
    last: date,
    timezone: str | None = None,
) -> Mailed:
    """Send the report of these days to everybody who wants it and was not sent it.

    The days are those of ``timezone``; None: of the recipient's own zone. Whoever was sent it is
    recorded, so that a second run sends to those only whom the first did not reach. A run that dies
    between a mail server's yes and the record repeats that mail with the same Message-ID.

    :raises OutboxError: the database cannot be reached or refuses.
    :raises ReportError: its answer is no report.
    :raises TransportDownError: no transport works; what was not sent is left for a later run.
    """
    presses: dict[tuple[str, str | None], Press] = {}
    refusals: list[str] = []
    sent = 0
    for mail in await outbox.claim_report_mails(first, last, LEASE):
        zone = timezone or mail.timezone
        key = zone, mail.locale
        if key not in presses:
            report = await outbox.report(first, last, zone)
            edition = render_mail(report, settings.email_from.name, settings.app_url, mail.locale)
            presses[key] = Press(edition, settings.email_from, "")
        refusal = await _send(presses[key], mail, transport)
        if refusal is None:
            await outbox.complete_report_mail(mail.mail_id)
            sent += 1
        else:
            refusals.append(f"{mail.mail_id}: {refusal}")
    return Mailed(sent, tuple(refusals))


class Reporter:
    """Sends the report of last week, beside a worker, to whoever has not got it."""

    def __init__(self, settings: Settings, outbox: Outbox, transport: Transport) -> None:
        """``outbox`` and ``transport`` may be in use by others."""
        self._settings = settings
        self._outbox = outbox
        self._transport = transport

    async def run(self) -> None:
        """Look now and then; never returns. What fails is tried again at a later look."""
        while True:
            await self._look()
            await asyncio.sleep(LOOK_EVERY)

    async def _look(self) -> None:
        first, last = last_week(ZoneInfo("UTC"), datetime.now(UTC) - WEEK_ENDS_AFTER)
        try:
            mailed = await mail_report(self._settings, self._outbox, self._transport, first, last)
        except (OutboxUnavailableError, ReportError) as error:
            log.event(logging.WARNING, "report_failed", error=redact(str(error)))
        except TransportDownError as down:
            log.event(logging.WARNING, "report_failed", error=redact(down.reason))
        else:
            for refusal in mailed.refusals:
                log.event(logging.WARNING, "report_refused", error=redact(refusal))
            if mailed.sent:
                log.event(logging.INFO, "report_mailed", sent=mailed.sent)


async def _send(press: Press, mail: ReportMail, transport: Transport) -> str | None:
    """Why it was not sent; None if it was."""
    address = parse_address(mail.address)
    if address is None:
        return "the address is not a mail address"
    name = one_line(mail.full_name)
    letter = press.print(mail.mail_id, Mailbox(name, address), greeting_for(name, mail.locale))
    outcome = await transport.send(letter)
    if isinstance(outcome, NotSent):
        return f"{outcome.failure.value}: {outcome.detail}"
    return None
