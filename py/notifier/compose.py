"""From claimed rows to letters, rendering each edition once."""

import json
from collections import OrderedDict
from uuid import UUID

from notifier.address import Mailbox, one_line, parse_address
from notifier.message import Calendar, Letter, MessageError, Press
from notifier.model import ClaimedEmail
from notifier.render import Renderer, RenderError, greeting_for, known_kinds
from notifier.samples import sample_email

_Key = tuple[str, str, str | None, str | None, str, str | None, str | None]


class Composer:
    """Makes letters; keeps the presses of the editions used last."""

    def __init__(self, renderer: Renderer, sender: Mailbox, *, editions: int = 256) -> None:
        """``editions`` bounds memory: a press holds some 15 KB."""
        self._renderer = renderer
        self._sender = sender
        self._presses: OrderedDict[_Key, Press] = OrderedDict()
        self._editions = editions

    def compose(self, email: ClaimedEmail) -> Letter:
        """The letter for one claimed row.

        :raises RenderError: the kind, a template or its data is broken.
        :raises MessageError: the address or the calendar is.
        """
        address = parse_address(email.address)
        if address is None:
            raise MessageError("the recipient's address is not a mail address")
        calendar = None
        if calendars := json.loads(email.calendars):
            calendar = Calendar(calendars[0]["content"], calendars[0]["method"])
        name = one_line(email.full_name or "")
        return self._press(email).print(
            email.email_id, Mailbox(name, address), greeting_for(name), calendar
        )

    def rehearse(self) -> list[str]:
        """Render a sample of every kind; what is broken, if anything.

        Also spares the first real mail the time that reading templates and languages takes.
        """
        broken: list[str] = []
        for kind in known_kinds():
            try:
                self.compose(sample_email(kind))
            except (RenderError, MessageError) as error:
                broken.append(str(error))
        self._presses.clear()
        return broken

    def _press(self, email: ClaimedEmail) -> Press:
        # The data itself is the key: two claims of one event may carry different states of it.
        key = (
            email.kind,
            email.recipient_role,
            email.locale,
            email.timezone,
            email.session,
            email.changes,
            email.summary,
        )
        press = self._presses.get(key)
        if press is None:
            edition = self._renderer.render(
                email.kind,
                role=email.recipient_role,
                locale=email.locale,
                timezone=email.timezone,
                session=email.session,
                changes=email.changes,
                summary=email.summary,
            )
            press = self._presses[key] = Press(edition, self._sender, self._thread(email.session))
            if len(self._presses) > self._editions:
                self._presses.popitem(last=False)
        else:
            self._presses.move_to_end(key)
        return press

    def _thread(self, session: str) -> str:
        """All mails about one session show as one conversation."""
        session_id = UUID(json.loads(session)["id"])
        return f"<session.{session_id}@{self._sender.domain}>"
