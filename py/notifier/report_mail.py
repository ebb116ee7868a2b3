"""The report by mail, to the managers who asked for it: once, and week by week."""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from notifier import log
from notifier.address import Mailbox, one_line, parse_address
from notifier.claims import now
from notifier.config import Settings
from notifier.message import Press
from notifier.model import Failure, LeaseLostError, NotSent, Outcome, Sent, TransportDownError
from notifier.outbox import Outbox, OutboxError, OutboxUnavailableError, ReportMail
from notifier.redact import redact
from notifier.render import greeting_for
from notifier.report import ReportError, render_mail
from notifier.transports import Transport

LEASE = 900.0
"""Seconds for which a mail is held, after which another run may try it."""

ANSWER = 600.0
"""Seconds of these that are for the answer, which a server may take (RFC 5321 §4.5.3.2.6)."""

LOOK_EVERY = 900.0
"""Seconds between two looks for somebody who is to be sent the report of last week."""

WEEK_ENDS_AFTER = timedelta(hours=12)
"""How long after Sunday in UTC the week is over everywhere."""


@dataclass(frozen=True, slots=True)
class Mailed:
    """What became of the mails of one run.

    ``refusals`` say why, without addresses; ``held``: how many another run has in hand.
    """

    sent: int
    refusals: tuple[str, ...]
    held: int


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
    *,
    try_refused: bool = False,
    stop: asyncio.Event | None = None,
) -> Mailed:
    """Send the report of these days to everybody who wants it and was not sent it.

    The days are those of ``timezone``; None: of the recipient's own zone. Whoever was sent it is
    recorded, so that a second run sends to those only whom the first did not reach. A run that dies
    between a mail server's yes and the record repeats that mail with the same Message-ID. What was
    refused for good is left alone unless ``try_refused``. Once ``stop`` is set, no other is begun.

    :raises OutboxError: the database cannot be reached or refuses.
    :raises ReportError: its answer is no report.
    :raises TransportDownError: no transport works; what was not sent is left for a later run.
    """
    presses = _Presses(settings, outbox, first, last, timezone)
    refusals: list[str] = []
    sent = unknown = 0
    after: UUID | None = None
    while stop is None or not stop.is_set():
        claimed_at = now()
        mail = await outbox.claim_report_mail(first, last, LEASE, after, try_refused=try_refused)
        if mail is None:
            break
        after = mail.recipient_id
        try:
            press = await presses.press_for(mail)
            outcome = await _send(press, mail, transport, claimed_at + LEASE - ANSWER)
        except (TransportDownError, ReportError, OutboxError) as error:
            with suppress(OutboxUnavailableError):  # else it is held until its lease ends
                await outbox.fail_report_mail(
                    mail.claim_id, mail.mail_id, Failure.TRANSIENT, redact(str(error))
                )
            raise
        if isinstance(outcome, Sent):
            await outbox.complete_report_mail(mail.mail_id)
            sent += 1
            continue
        await outbox.fail_report_mail(mail.claim_id, mail.mail_id, outcome.failure, outcome.detail)
        if outcome.mailbox_unknown:
            await outbox.note_unknown_mailbox(mail.mail_id)
        unknown += outcome.failure is Failure.UNKNOWN
        refusals.append(f"{mail.mail_id}: {outcome.failure.value}: {outcome.detail}")
    held = await outbox.held_report_mails(first, last)
    return Mailed(sent, tuple(refusals), max(0, held - unknown))


class Reporter:
    """Sends the report of last week, beside a worker, to whoever has not got it."""

    def __init__(
        self, settings: Settings, outbox: Outbox, transport: Transport, *, stop: asyncio.Event
    ) -> None:
        """``outbox`` and ``transport`` may be in use by others. Once ``stop`` is set, no mail is
        begun.
        """
        self._settings = settings
        self._outbox = outbox
        self._transport = transport
        self._stop = stop
        self._idle = asyncio.Event()
        self._idle.set()

    async def run(self) -> None:
        """Look now and then; never returns. What fails is tried again at a later look."""
        while True:
            self._idle.clear()
            try:
                await self._look()
            finally:
                self._idle.set()
            await asyncio.sleep(LOOK_EVERY)

    async def finish(self, grace: float) -> bool:
        """Wait for the mail under way and begin no other; whether ``grace`` seconds were enough."""
        self._stop.set()
        try:
            async with asyncio.timeout(grace):
                await self._idle.wait()
        except TimeoutError:
            return False
        return True

    async def _look(self) -> None:
        first, last = last_week(ZoneInfo("UTC"), datetime.now(UTC) - WEEK_ENDS_AFTER)
        try:
            mailed = await mail_report(
                self._settings, self._outbox, self._transport, first, last, stop=self._stop
            )
        except (OutboxUnavailableError, ReportError, TransportDownError) as error:
            log.event(logging.WARNING, "report_failed", error=redact(str(error)))
        else:
            for refusal in mailed.refusals:
                log.event(logging.WARNING, "report_refused", error=refusal)
            if mailed.sent:
                log.event(logging.INFO, "report_mailed", sent=mailed.sent)


class _Presses:
    """One for each zone and language, made when the first mail needs it."""

    def __init__(
        self, settings: Settings, outbox: Outbox, first: date, last: date, timezone: str | None
    ) -> None:
        self._settings = settings
        self._outbox = outbox
        self._days = first, last
        self._timezone = timezone
        self._presses: dict[tuple[str, str | None], Press] = {}

    async def press_for(self, mail: ReportMail) -> Press:
        zone = self._timezone or mail.timezone
        key = zone, mail.locale
        if key not in self._presses:
            report = await self._outbox.report(*self._days, zone)
            sender = self._settings.email_from
            edition = render_mail(report, sender.name, self._settings.app_url, mail.locale)
            self._presses[key] = Press(edition, sender, "")
        return self._presses[key]


async def _send(press: Press, mail: ReportMail, transport: Transport, until: float) -> Outcome:
    """Hand it over before ``until`` (:func:`notifier.claims.now`), or not at all.

    :raises TransportDownError: no transport works.
    """
    address = parse_address(mail.address)
    if address is None:
        return NotSent(Failure.PERMANENT, "the address is not a mail address", None)
    name = one_line(mail.full_name)
    letter = press.print(mail.mail_id, Mailbox(name, address), greeting_for(name, mail.locale))
    try:
        return await transport.send(letter, lambda: now() < until)
    except LeaseLostError:
        return NotSent(Failure.TRANSIENT, "it was held for too long to be handed over", None)
