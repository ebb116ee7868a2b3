"""The values that travel between the outbox, the composer and the transports."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ClaimedEmail:
    """One row of ``notifier.claimed_email``: a mail that this worker may send, and what it says.

    ``parts`` and ``summary`` are JSON texts, unparsed: equal texts render to equal mails, so the
    text is the cache key and is parsed once for all recipients of an event. ``parts`` is an array,
    one element for each of the ``sessions`` that the mail is about, in order of their start:
    ``{"kind", "session", "changes"}``. ``calendars`` are iCalendar objects (RFC 5545) with CRLF
    line ends, made for this recipient.
    ``unsubscribe_token`` is None where the recipient cannot do without mails of this kind. Mails of
    the same ``parcel_id`` are in doubt together: the request that they were in is repeated.
    ``transport`` is the one that may have sent a mail in doubt, None if nobody knows.
    """

    email_id: UUID
    claim_id: UUID
    event_id: int
    kind: str
    in_doubt: bool
    attempt: int
    recipient_id: UUID
    address: str = field(repr=False)
    full_name: str | None = field(repr=False)
    timezone: str | None
    locale: str | None
    recipient_role: str
    sessions: int
    parts: str = field(repr=False)
    calendars: Sequence[str] = field(repr=False)
    summary: str | None = field(repr=False)
    unsubscribe_token: str | None = field(repr=False)
    urgent: bool = False
    parcel_id: UUID | None = None
    transport: str | None = None

    @property
    def attaches(self) -> bool:
        """Whether files may go with it: calendars, or what a summary lists."""
        return bool(self.calendars) or self.summary is not None


@dataclass(frozen=True, slots=True)
class Begun:
    """Mails that may be handed over now, and those that went back to the queue: for their turn, or
    because they have become untrue.
    """

    granted: set[UUID]
    postponed: set[UUID]


class Failure(Enum):
    """Why a mail was not accepted, in the words of ``notifier.fail_email``."""

    TRANSIENT = "transient"
    """Refused for now: the same mail may be accepted later."""
    PERMANENT = "permanent"
    """Refused for good: this mail will never be accepted."""
    UNKNOWN = "unknown"
    """It may have been accepted: the connection was lost after the message was handed over."""
    UNSENT = "unsent"
    """It was not handed over, and no mail could be: as if it had never been tried."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The mail was accepted, by the transport of this name."""

    transport: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """The mail was not accepted.

    ``detail`` is redacted; ``transport`` is None if it was not asked; ``retry_after`` is in
    seconds, None unless the other side said so; ``mailbox_unknown``: the address leads nowhere.
    """

    failure: Failure
    detail: str
    transport: str | None
    retry_after: float | None = None
    mailbox_unknown: bool = False


Outcome = Sent | NotSent


class LeaseLostError(Exception):
    """The mail was not sent: before it could be handed over, its claim had run out."""


class TransportDownError(Exception):
    """No mail can be sent this way now, whatever the mail: unreachable, refused login, spent quota.

    The mail at hand was *not* sent. ``reason`` is one redacted line; ``retry_after`` in seconds.
    """

    def __init__(self, transport: str, reason: str, retry_after: float | None = None) -> None:
        super().__init__(f"{transport}: {reason}")
        self.transport = transport
        self.reason = reason
        self.retry_after = retry_after


class WayClosedError(TransportDownError):
    """As :class:`TransportDownError`, of one way out, while there is another."""


@dataclass(frozen=True, slots=True)
class ClaimedWebhook:
    """One row of ``notifier.claimed_webhook``: a request that this worker may send."""

    delivery_id: UUID
    claim_id: UUID
    endpoint_id: UUID
    url: str = field(repr=False)
    event_type: str
    body: str = field(repr=False)
    secrets: list[str] = field(repr=False)
    attempt: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request. ``status`` is None if there was no answer; ``error`` is redacted."""

    status: int | None
    error: str = ""
    retry_after: float | None = None

    @property
    def accepted(self) -> bool:
        """2xx."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def endpoint_down(self) -> bool:
        """Whether other requests would meet the same: no connection, overload, an error there."""
        return self.status is None or self.status == 429 or self.status >= 500
