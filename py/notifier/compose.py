"""From claimed rows to letters, rendering each edition once."""

import json
from collections import OrderedDict
from urllib.parse import quote
from uuid import UUID

from notifier.address import Mailbox, one_line, parse_address
from notifier.message import Calendar, File, Letter, MessageError, Press
from notifier.model import ClaimedEmail
from notifier.render import Renderer, RenderError, WayOut, greeting_for
from notifier.samples import all_samples

_Key = tuple[str, str, str | None, str | None, str, str | None, WayOut]


class Composer:
    """Makes letters; keeps the presses of the editions used last."""

    def __init__(
        self,
        renderer: Renderer,
        sender: Mailbox,
        unsubscribe_url: str | None = None,
        *,
        memory: int = 16_000_000,
    ) -> None:
        """``unsubscribe_url`` takes a token as the parameter of that name; None where nothing does,
        and mails offer no unsubscribing. ``memory``: how many bytes of presses are kept; some
        30,000 for one session.
        """
        self._unsubscribe_url = unsubscribe_url
        self._renderer = renderer
        self._sender = sender
        self._presses: OrderedDict[_Key, Press] = OrderedDict()
        self._memory = memory
        self._used = 0

    def compose(self, email: ClaimedEmail) -> Letter:
        """The letter for one claimed row.

        :raises RenderError: the kind, a template or its data is broken.
        :raises MessageError: the address or a calendar is.
        """
        address = parse_address(email.address)
        if address is None:
            raise MessageError("the recipient's address is not a mail address")
        name = one_line(email.full_name or "")
        return self._press(email).print(
            email.email_id,
            Mailbox(name, address),
            greeting_for(name, email.locale),
            tuple(map(Calendar, email.calendars)),
            self._unsubscribe(email.unsubscribe_token),
        )

    def _unsubscribe(self, token: str | None) -> str:
        if self._unsubscribe_url is None or token is None:
            return ""
        return f"{self._unsubscribe_url}?token={quote(token, safe='')}"

    def _way_out(self, email: ClaimedEmail) -> WayOut:
        if email.unsubscribe_token is None:
            return WayOut.NONE
        return WayOut.SETTINGS if self._unsubscribe_url is None else WayOut.LINK

    def rehearse(self) -> list[str]:
        """Render a sample of every kind; what is broken, if anything.

        Also spares the first real mail the time that reading templates and languages takes.
        """
        broken: list[str] = []
        for email in all_samples().values():
            try:
                self.compose(email)
            except (RenderError, MessageError) as error:
                broken.append(str(error))
        self._presses.clear()
        self._used = 0
        return broken

    def _press(self, email: ClaimedEmail) -> Press:
        way_out = self._way_out(email)
        # The data itself is the key: two claims of one event may carry different states of it.
        key = (
            email.kind,
            email.recipient_role,
            email.locale,
            email.timezone,
            email.parts,
            email.summary,
            way_out,
        )
        press = self._presses.get(key)
        if press is not None:
            self._presses.move_to_end(key)
            return press
        edition = self._renderer.render(
            email.kind,
            role=email.recipient_role,
            locale=email.locale,
            timezone=email.timezone,
            parts=email.parts,
            summary=email.summary,
            way_out=way_out,
        )
        press = Press(
            edition,
            self._sender,
            thread_of(email.parts, self._sender.domain),
            _files(email.summary),
        )
        self._presses[key] = press
        self._used += _weight(key, press)
        while self._used > self._memory and len(self._presses) > 1:
            self._used -= _weight(*self._presses.popitem(last=False))
        return press


def thread_of(parts: str, domain: str) -> str:
    """The message ids that make mails about one session, or about one series, one conversation.

    A mail about one date of a series belongs to both; one about sessions that have nothing to do
    with each other to none.
    """
    sessions = [part["session"] for part in json.loads(parts)]
    series = {
        UUID(session["calendar_uid"]) if session.get("series_id") else None for session in sessions
    }
    threads = [f"<series.{uid}@{domain}>" for uid in series if uid and len(series) == 1]
    if len(sessions) == 1:
        threads.append(f"<session.{UUID(sessions[0]['id'])}@{domain}>")
    return " ".join(threads)


def _files(summary: str | None) -> tuple[File, ...]:
    """The attendance for a spreadsheet; by the byte order mark Excel knows that it is UTF-8."""
    csv = json.loads(summary).get("csv") if summary else None
    return (File("attendance.csv", "text/csv", f"\ufeff{csv}"),) if csv else ()


def _weight(key: _Key, press: Press) -> int:
    return len(key[4]) + press.size
