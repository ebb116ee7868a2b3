"""The notifier with nowhere to send to: a mail is accepted the moment it is handed over.

Everything else is the product's own: finding, claiming, marking and recording mails, the log, the
lease. Run as `python -m bench.nowhere whole|bare`; `bare` does not write the mails either, so that
what is left is the delivery alone.
"""

import sys
from collections.abc import Sequence
from uuid import UUID

import uvloop

from bench.daemon import CONNECTIONS
from notifier import log, service
from notifier.address import Mailbox
from notifier.config import load_settings
from notifier.message import Letter
from notifier.model import ClaimedEmail, LeaseLostError, Outcome, Sent
from notifier.render import Edition
from notifier.transports import OnlyWay, StillOurs, one_by_one, undisputed


class Nowhere(OnlyWay):
    """A transport without a network."""

    name = "nowhere"
    lanes = CONNECTIONS
    parcel = 1

    async def ready(self) -> None:
        """It always is."""

    async def send(self, letter: Letter, still_ours: StillOurs = undisputed) -> Outcome:
        """Accept a letter, as late as any other transport would begin to hand it over."""
        if not still_ours():
            raise LeaseLostError
        return Sent(self.name)

    async def send_parcel(
        self, parcel_id: UUID, letters: Sequence[Letter], still_ours: StillOurs = undisputed
    ) -> list[Outcome]:
        """Accept each by itself, as an SMTP server does."""
        return await one_by_one(self, letters, still_ours)

    async def close(self) -> None:
        """There is nothing to close."""


class Blanks:
    """A composer that hands out one empty sheet."""

    def __init__(self) -> None:
        nobody = Mailbox("", "nobody@example.test")
        empty = Edition("", ("", ""), ("", ""))
        self._sheet = Letter(UUID(int=0), nobody, nobody, "", empty, (), (), "", "", b"")

    def compose(self, email: ClaimedEmail) -> Letter:
        """The same for everybody."""
        return self._sheet


if __name__ == "__main__":
    log.configure(debug=False)
    blanks = Blanks() if sys.argv[1] == "bare" else None
    sys.exit(uvloop.run(service.run(load_settings(), Nowhere(), blanks)))
