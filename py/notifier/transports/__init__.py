"""The ways out: SMTP, the Resend API, and one as the other's fail-over."""

from collections.abc import Callable, Sequence
from typing import Protocol, Self
from uuid import UUID

from notifier.message import Letter
from notifier.model import Failure, LeaseLostError, NotSent, Outcome, TransportDownError

StillOurs = Callable[[], bool]
"""Asked at the last moment before a letter is handed over: whether this worker still holds it."""


def undisputed() -> bool:
    """For a letter that nobody else could take."""
    return True


class Way(Protocol):
    """One way out for letters. Safe to use from several tasks at once."""

    async def send(self, letter: Letter, still_ours: StillOurs = undisputed) -> Outcome:
        """Hand over one letter and say what became of it.

        :raises WayClosedError: nothing can be sent this way now; this letter was not.
        :raises TransportDownError: nothing can be sent now; this letter was not.
        :raises LeaseLostError: ``still_ours`` said no; this letter was not sent.
        """
        ...

    async def send_parcel(
        self, parcel_id: UUID, letters: Sequence[Letter], still_ours: StillOurs = undisputed
    ) -> list[Outcome]:
        """Hand over letters without attachments, in one request if it can, and say what became of
        each, in their order. A repetition has the same id.

        :raises WayClosedError: nothing can be sent this way now; none of these letters was.
        :raises TransportDownError: nothing can be sent now; none of these letters was.
        :raises LeaseLostError: ``still_ours`` said no; none of these letters was sent.
        """
        ...


class Transport(Way, Protocol):
    """What hands letters over: a way out, or several, of which it takes the one that works."""

    @property
    def name(self) -> str:
        """What logs call it."""
        ...

    @property
    def way(self) -> str:
        """The name of the way that a letter goes now, for the outbox to know before it does."""
        ...

    def by(self, way: str) -> Way:
        """The way of that name; where there is none any more, whichever there is instead."""
        ...

    @property
    def lanes(self) -> int:
        """How many letters it carries at the same time."""
        ...

    @property
    def parcel(self) -> int:
        """How many letters one request to it can hold now; 1: it takes them one by one."""
        ...

    async def ready(self) -> None:
        """Make sure that letters can be sent: connected, logged in, within quota.

        :raises TransportDownError: not now.
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


class OnlyWay:
    """Of a transport that has no other way than itself."""

    name: str

    @property
    def way(self) -> str:
        """Its name."""
        return self.name

    def by(self, way: str) -> Self:
        """Itself, whatever the way is called."""
        return self


async def one_by_one(
    transport: Transport, letters: Sequence[Letter], still_ours: StillOurs
) -> list[Outcome]:
    """A parcel for a transport that knows none; what comes after trouble is not tried any more.

    :raises TransportDownError: none was sent.
    :raises LeaseLostError: none was sent.
    """
    outcomes: list[Outcome] = []
    for letter in letters:
        try:
            outcomes.append(await transport.send(letter, still_ours))
        except (TransportDownError, LeaseLostError) as trouble:
            if not outcomes:
                raise
            reason = str(trouble) or "the lease has run out"
            rest = NotSent(Failure.TRANSIENT, reason, transport.name)
            return outcomes + [rest] * (len(letters) - len(outcomes))
    return outcomes
