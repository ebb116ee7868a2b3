"""Mail over SMTP (RFC 5321): a few connections, kept and reused; outcomes classified per verb."""

import asyncio
import logging
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar, cast
from uuid import UUID

import aiosmtplib

from notifier import log
from notifier.address import Mailbox
from notifier.config import Security, SmtpSettings
from notifier.message import Letter
from notifier.model import Failure, LeaseLostError, NotSent, Outcome, Sent, TransportDownError
from notifier.redact import redact
from notifier.transports import OnlyWay, StillOurs, one_by_one, undisputed
from notifier.transports.smtp_channel import (
    Channel,
    ConnectionLostError,
    Envelope,
    Stage,
    Timeouts,
    Verdict,
    WithdrawnError,
)
from notifier.transports.smtp_turns import Turn, Turns

IDLE_LIMIT = 60.0
"""Seconds an unused connection is kept; servers wait for minutes (RFC 5321 §4.5.3.2.7)."""

CROWDED_FOR = 60.0
"""Seconds for which one connection less is used after the server would have no more."""

FOLLOWS_WITHIN = 1.0
"""Seconds that a letter whose envelope has gone along with another waits for that one's answer;
then it goes on another connection.
"""

SLOW_FOR = 60.0
"""Seconds for which no envelope goes along after one has waited for so long in vain."""

IDLE_FRESH = 5.0
"""Seconds of idleness after which a connection may have died without a sign."""

LOGIN_NEEDED = frozenset({530, 534, 535, 538})
"""Codes of RFC 4954 §6: it is the login that is refused, whatever verb they answer."""

MAILBOX_UNKNOWN = re.compile(r"5\.1\.(?:1|2|3|6|10)\b")
"""Enhanced codes (RFC 3463 §3.2, RFC 7505) that say of a mailbox that it is none."""

SENDER_REFUSED = frozenset({421, *range(500, 552), 553, 554})
"""Answers to MAIL that are about the sender; 552 and 555 may be about this one message."""


_Answer = TypeVar("_Answer")


class _CrowdedError(TransportDownError):
    """The server is there, and takes no further connection now."""


class SmtpTransport(OnlyWay):
    """Sends letters over at most ``settings.connections`` connections at once, and over fewer while
    the server has no more.
    """

    name = "smtp"
    parcel = 1

    def __init__(
        self,
        settings: SmtpSettings,
        *,
        timeouts: Timeouts = Timeouts(),  # noqa: B008 - frozen
        tls_context: ssl.SSLContext | None = None,
    ) -> None:
        """``tls_context`` replaces the system's trust store: for a private authority."""
        self._settings = settings
        self._timeouts = timeouts
        self._tls_context = tls_context
        self._channels: list[Channel] = []
        self._idle: list[Channel] = []
        self._connecting = 0
        self._turns = Turns(settings.connections)
        self._slow_until = 0.0
        self._local_name: str | None = None

    @property
    def lanes(self) -> int:
        """One letter per connection, and one whose envelope goes along."""
        return 2 * self._settings.connections

    async def ready(self) -> None:
        """Have a live, logged-in connection; see :class:`notifier.transports.Transport`."""
        if self._turns.all_taken and self._open_channels():
            return  # every connection there may be is carrying a letter right now
        await self._in_turn(self._keep_one_idle)

    async def _keep_one_idle(self, turn: Turn) -> None:
        turn.channel = self._reusable() or await self._connect()
        self._release(turn)

    async def verify(self) -> str:
        """Connect, secure and log in; see :class:`notifier.transports.Verifiable`."""
        await self.ready()
        settings = self._settings
        security = "unencrypted" if settings.security is Security.NONE else "encrypted"
        login = "without login" if settings.username is None else "logged in"
        return f"{settings.host}:{settings.port} is ready, {security}, {login}"

    async def send(self, letter: Letter, still_ours: StillOurs = undisputed) -> Outcome:
        """Send over an idle connection or a new one, or wait for one where the server has no more.

        A reused connection that turns out to be dead before the message was handed over is replaced
        once: the server never had the message, so nothing can be sent twice.
        """
        envelope = _envelope(letter)
        while True:
            outcome = await self._in_turn(
                lambda turn: self._send(turn, envelope, letter.wire, still_ours), envelope
            )
            if outcome is not None:
                return outcome

    async def _in_turn(
        self, work: Callable[[Turn], Awaitable[_Answer]], envelope: Envelope | None = None
    ) -> _Answer | None:
        """What ``work`` answers, which may use one connection; None if the server takes no further
        one beside those that are open, or opening. The place is left empty for a while then.
        """
        turn = await self._turns.take(envelope)
        leave: Callable[[], object] = partial(self._turns.leave, turn)
        try:
            return await work(turn)
        except _CrowdedError as crowded:
            if not self._open_channels() and not self._connecting:
                raise
            log.event(logging.WARNING, "connections_refused", reason=crowded.reason)
            leave = partial(asyncio.get_running_loop().call_later, CROWDED_FOR, leave)
            return None
        finally:
            leave()

    async def _send(
        self, turn: Turn, envelope: Envelope, wire: bytes, still_ours: StillOurs
    ) -> Outcome:
        channel = turn.channel or self._reusable()
        if channel is not None:
            outcome = await self._attempt(turn, channel, envelope, wire, still_ours, last=False)
            if outcome is not None:
                return outcome
        channel = await self._connect()
        outcome = await self._attempt(turn, channel, envelope, wire, still_ours, last=True)
        if outcome is None:  # pragma: no cover - the last attempt always has an outcome
            raise AssertionError("no outcome")
        return outcome

    async def send_parcel(
        self, parcel_id: UUID, letters: Sequence[Letter], still_ours: StillOurs = undisputed
    ) -> list[Outcome]:
        """Send each by itself: an SMTP server recognises no repetition of several."""
        return await one_by_one(self, letters, still_ours)

    async def close(self) -> None:
        """QUIT every idle connection."""
        idle, self._idle = self._idle, []
        await asyncio.gather(*(channel.quit() for channel in idle))

    async def _attempt(
        self,
        turn: Turn,
        channel: Channel,
        envelope: Envelope,
        wire: bytes,
        still_ours: StillOurs,
        *,
        last: bool,
    ) -> Outcome | None:
        """One try on one connection; None if that was dead and another may be tried.

        :raises TransportDownError: it is not this letter that the server refuses.
        :raises LeaseLostError: ``still_ours`` said no before the message was handed over.
        """
        turn.channel = channel
        if not channel.takes(envelope):
            self._release(turn)
            return self._failed(
                Failure.PERMANENT, "the server cannot deliver to a non-ASCII address (RFC 6531)"
            )
        idle = asyncio.get_running_loop().time() - channel.idle_since
        try:
            verdict = await channel.transact(
                envelope,
                wire,
                self._timeouts,
                still_ours,
                fresh=idle < IDLE_FRESH,
                follow=partial(self._take_along, turn),
            )
        except WithdrawnError:
            raise LeaseLostError from None
        except ConnectionLostError as lost:
            if lost.stage is Stage.DOT:
                return self._failed(
                    Failure.UNKNOWN, f"{lost.reason} after the whole message was sent"
                )
            if not last:
                return None
            if lost.stage is Stage.MAIL:
                raise self._down(f"the server dropped a new connection: {lost}") from None
            # It took the sender and not this recipient: others may still get through.
            return self._failed(Failure.TRANSIENT, str(lost))
        if verdict.reply.code == 421 and verdict.stage is not Stage.DOT and not last:
            return None  # RFC 5321 §3.8: this connection is over, the mail may go on another
        self._release(turn)
        return self._judge(verdict)

    def _take_along(self, turn: Turn) -> Envelope | None:
        """The next envelope, unless the server has been slow to answer."""
        loop = asyncio.get_running_loop()
        if loop.time() < self._slow_until:
            return None
        envelope = self._turns.lead(turn)
        if envelope is not None:
            turn.patience = loop.call_later(FOLLOWS_WITHIN, self._let_go, turn)
        return envelope

    def _let_go(self, turn: Turn) -> None:
        self._slow_until = asyncio.get_running_loop().time() + SLOW_FOR
        self._turns.let_go(turn)

    def _judge(self, verdict: Verdict) -> Outcome:
        """What the server's verdict means for the letter.

        :raises TransportDownError: the verdict is about the sender or the login, which every letter
            shares.
        """
        if verdict.accepted:
            return Sent(self.name)
        code, stage = verdict.reply.code, verdict.stage
        detail = f"{code} {verdict.reply.text} (answer to {stage.value})"
        if code in LOGIN_NEEDED or (stage is Stage.MAIL and code in SENDER_REFUSED):
            raise self._down(detail, code)
        permanent = 500 <= code < 600 and (stage, code) != (Stage.RCPT, 552)  # RFC 5321 §4.5.3.1.10
        if not permanent:
            return self._failed(Failure.TRANSIENT, detail)
        unknown = stage is Stage.RCPT and bool(MAILBOX_UNKNOWN.match(verdict.reply.text))
        return self._failed(Failure.PERMANENT, detail, mailbox_unknown=unknown)

    def _failed(self, failure: Failure, detail: str, *, mailbox_unknown: bool = False) -> NotSent:
        return NotSent(failure, redact(detail), self.name, mailbox_unknown=mailbox_unknown)

    def _reusable(self) -> Channel | None:
        """The connection used last, if still alive; those that idled too long are closed."""
        now = asyncio.get_running_loop().time()
        while self._idle:
            channel = self._idle.pop()
            if channel.reusable and now - channel.idle_since < IDLE_LIMIT:
                return channel
            channel.abort()
        return None

    def _release(self, turn: Turn) -> None:
        """Keep the turn's connection for whoever comes, if it is nobody's yet."""
        if turn.channel is not None and turn.channel.reusable:
            self._idle.append(turn.channel)
            turn.channel = None

    def _open_channels(self) -> list[Channel]:
        return [channel for channel in self._channels if channel.open]

    async def _connect(self) -> Channel:
        """A new connection, secured and logged in.

        :raises TransportDownError: unreachable, no TLS, login refused; where that may be for want
            of room, _CrowdedError.
        """
        settings = self._settings
        client = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            use_tls=settings.security is Security.TLS,
            start_tls=settings.security is Security.STARTTLS,
            local_hostname=await self._ehlo_name(),
            timeout=self._timeouts.connect,
            tls_context=await self._context(),
        )
        where = f"{settings.host}:{settings.port}"
        self._connecting += 1
        try:
            await client.connect()
            if client.is_ehlo_or_helo_needed:
                await client.ehlo()
            if settings.username is not None:
                await client.login(settings.username, settings.password or "")
        except aiosmtplib.SMTPAuthenticationError as error:
            client.close()
            raise self._down(
                f"{where} refused the login ({error.code}): check SMTP_USERNAME and SMTP_PASSWORD",
                error.code,
            ) from None
        except aiosmtplib.SMTPResponseException as error:
            client.close()
            raise self._down(f"{where} answered {error.code} {error.message}", error.code) from None
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError) as error:
            client.close()
            raise self._down(f"cannot connect to {where}: {_root(error)}") from None
        except asyncio.CancelledError:
            client.close()
            raise
        finally:
            self._connecting -= 1
        channel = Channel(
            cast(asyncio.Transport, client.transport),
            pipelining=client.supports_extension("pipelining"),
            smtputf8=client.supports_extension("smtputf8"),
        )
        self._channels = [*self._open_channels(), channel]
        return channel

    def _down(self, reason: str, code: int | None = None) -> TransportDownError:
        """``code``: the reply that says so, if any; 4yz may be another one later. A server that
        says nothing is there if others of its connections are.
        """
        is_crowded = bool(self._open_channels()) if code is None else 400 <= code < 500
        kind = _CrowdedError if is_crowded else TransportDownError
        return kind(self.name, redact(reason))

    async def _context(self) -> ssl.SSLContext | None:
        """Certificates are verified against the system's trust store, which is read once."""
        if self._tls_context is None and self._settings.security is not Security.NONE:
            self._tls_context = await asyncio.to_thread(ssl.create_default_context)
        return self._tls_context

    async def _ehlo_name(self) -> str:
        if self._local_name is None:
            name = await asyncio.to_thread(socket.getfqdn)
            self._local_name = name if name.isascii() and " " not in name and name else "localhost"
        return self._local_name


def _envelope(letter: Letter) -> Envelope:
    utf8 = letter.recipient.needs_smtputf8
    sender = _path(letter.sender) + (b" SMTPUTF8" if utf8 else b"")
    return Envelope(sender, _path(letter.recipient), utf8)


def _path(mailbox: Mailbox) -> bytes:
    return b"<%b>" % mailbox.address.encode()


def _root(error: BaseException) -> str:
    """The innermost reason: "Connection refused" rather than that something failed."""
    while isinstance(error.__cause__, Exception):
        error = error.__cause__
    return str(error) or type(error).__name__
