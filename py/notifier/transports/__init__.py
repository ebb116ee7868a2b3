"""The ways out: SMTP, the Resend API, and one as the other's fail-over."""

from collections.abc import Callable
from typing import Protocol

from notifier.message import Letter
from notifier.model import Outcome

StillOurs = Callable[[], bool]
"""Asked at the last moment before a letter is handed over: whether this worker still holds it."""


def undisputed() -> bool:
    """For a letter that nobody else could take."""
    return True


class Transport(Protocol):
    """Something that hands letters over. Safe to use from several tasks at once."""

    @property
    def name(self) -> str:
        """What logs and the outbox call it."""
        ...

    @property
    def lanes(self) -> int:
        """How many letters it carries at the same time."""
        ...

    async def ready(self) -> None:
        """Make sure that letters can be sent: connected, logged in, within quota.

        :raises TransportDownError: not now.
        """
        ...

    async def send(self, letter: Letter, still_ours: StillOurs = undisputed) -> Outcome:
        """Hand over one letter and say what became of it.

        :raises TransportDownError: nothing can be sent now; this letter was not.
        :raises LeaseLostError: ``still_ours`` said no; this letter was not sent.
        """
        ...

    async def close(self) -> None:
        """Say goodbye and let go of connections; never raises."""
        ...


class Verifiable(Protocol):
    """A transport whose settings can be tried out."""

    @property
    def name(self) -> str:
        """What logs and the outbox call it."""
        ...

    async def verify(self) -> str:
        """Connect and log in without sending anything; what was found, as a sentence.

        :raises TransportDownError: it does not work, and why.
        """
        ...

    async def close(self) -> None:
        """Let go of connections; never raises."""
        ...
