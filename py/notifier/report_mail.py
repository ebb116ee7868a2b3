"""The report by mail, to the managers who asked for it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from notifier.address import Mailbox, one_line, parse_address
from notifier.config import Settings
from notifier.message import Press
from notifier.model import NotSent
from notifier.render import greeting_for
from notifier.report import render_mail
from notifier.service import make_outbox, make_transport

LEASE = 600.0
"""Seconds after which another run may try again what this one has not finished."""


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


async def mail_report(settings: Settings, first: date, last: date, timezone: str) -> Mailed:
    """Send the report of these days to everybody who wants it and was not sent it.

    Whoever was sent it is recorded, so that a second run sends to those only whom the first did not
    reach. A run that dies between a mail server's yes and the record repeats that mail with the
    same Message-ID.

    :raises OutboxError: the database cannot be reached or refuses.
    :raises ReportError: its answer is no report.
    :raises TransportDownError: no transport works; nothing was sent.
    """
    transport = make_transport(settings)
    refusals: list[str] = []
    sent = 0
    async with make_outbox(settings) as outbox:
        try:
            report = await outbox.report(first, last, timezone)
            edition = render_mail(report, settings.email_from.name, settings.app_url)
            press = Press(edition, settings.email_from, "")
            await transport.ready()
            for mail in await outbox.claim_report_mails(first, last, LEASE):
                address = parse_address(mail.address)
                if address is None:
                    refusals.append(f"{mail.mail_id}: the address is not a mail address")
                    continue
                name = one_line(mail.full_name or "")
                letter = press.print(mail.mail_id, Mailbox(name, address), greeting_for(name))
                outcome = await transport.send(letter)
                if isinstance(outcome, NotSent):
                    refusals.append(f"{mail.mail_id}: {outcome.failure.value}: {outcome.detail}")
                else:
                    await outbox.complete_report_mail(mail.mail_id)
                    sent += 1
        finally:
            await transport.close()
    return Mailed(sent, tuple(refusals))
