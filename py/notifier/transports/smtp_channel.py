"""One SMTP connection after login: replies as they come, mail transactions with exact outcomes.

``aiosmtplib`` connects, secures and logs in; then this protocol takes over its transport. It adds
what a queue needs: it always knows whether a message's final dot was written, and it pipelines
(RFC 2920), so that a mail costs two round trips instead of four, and one where the next mail's
envelope goes along with it.
"""

import asyncio
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from notifier.transports import StillOurs

MAX_REPLY = 65_536
"""Octets of one reply after which a server is taken to be no SMTP server."""

_REPLY_LINE = re.compile(r"[2-5][0-9]{2}(?:[ -]|$)")
"""How a line of a reply begins (RFC 5321 §4.2)."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """MAIL's and RCPT's arguments after the colon; ``utf8`` tells that they need SMTPUTF8."""

    sender: bytes
    recipient: bytes
    utf8: bool

    @property
    def mail(self) -> bytes:
        """The command."""
        return b"MAIL FROM:%b\r\n" % self.sender

    @property
    def rcpt(self) -> bytes:
        """The command."""
        return b"RCPT TO:%b\r\n" % self.recipient

    @property
    def group(self) -> bytes:
        """Both, and DATA, which is the last command that may be sent without waiting."""
        return b"%b%bDATA\r\n" % (self.mail, self.rcpt)


class Stage(Enum):
    """The verb that a reply answers; classes of failure depend on it."""

    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    DOT = "message"


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's answer: its code and its text, lines joined by spaces."""

    code: int
    text: str

    @property
    def positive(self) -> bool:
        """2xx: done."""
        return 200 <= self.code < 300


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a transaction ended: the verb that decided it and the server's answer to it."""

    stage: Stage
    reply: Reply

    @property
    def accepted(self) -> bool:
        """Whether the server has taken responsibility for the message."""
        return self.stage is Stage.DOT and self.reply.positive


class ConnectionLostError(Exception):
    """The server closed, went silent or broke the protocol.

    ``stage`` is the verb that got no answer. Only after :attr:`Stage.DOT` may the server have the
    message all the same.
    """

    def __init__(self, stage: Stage, reason: str) -> None:
        super().__init__(f"{reason} at {stage.value}")
        self.stage = stage
        self.reason = reason


class WithdrawnError(Exception):
    """The message was not handed over, because the caller no longer wanted it to be."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait for a server. Before the final dot giving up is safe; after it, it is not.

    ``first`` is for the first answer on a connection that was idle and may be half-open; ``final``
    is RFC 5321 §4.5.3.2.6, which asks for at least ten minutes.
    """

    connect: float = 30.0
    first: float = 10.0
    command: float = 60.0
    final: float = 600.0


class Channel(asyncio.Protocol):
    """The client side of an established SMTP session."""

    def __init__(self, transport: asyncio.Transport, *, pipelining: bool, smtputf8: bool) -> None:
        """Take over ``transport``, on which every reply so far has been read.

        The others tell what the server offers.
        """
        self._transport = transport
        self._pipelining: Final = pipelining
        self._smtputf8: Final = smtputf8
        self._announced: Envelope | None = None
        self._buffer = bytearray()
        self._lines: list[str] = []
        self._length = 0
        self._replies: deque[Reply] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._lost: str | None = None
        self.idle_since = asyncio.get_running_loop().time()
        transport.set_protocol(self)

    @property
    def open(self) -> bool:
        """False as soon as the server's closing has been noticed."""
        return self._lost is None and not self._transport.is_closing()

    @property
    def reusable(self) -> bool:
        """Whether it is open, and nothing has been said for which there is no answer yet, or
        answered that was not asked for.
        """
        return self.open and self._announced is None and not self._replies

    def takes(self, envelope: Envelope) -> bool:
        """Whether the server can deliver to such an address."""
        return self._smtputf8 or not envelope.utf8

    async def transact(
        self,
        envelope: Envelope,
        wire: bytes,
        timeouts: Timeouts,
        still_ours: StillOurs,
        *,
        fresh: bool,
        follow: Callable[[], Envelope | None],
    ) -> Verdict:
        """Send one message to one recipient; the connection is ready for the next afterwards.

        ``wire`` has CRLF line ends and ends with one. ``fresh`` tells that the connection has not
        been idle. ``follow`` is asked for the next envelope when the message is sent, if that may
        go along: if it names one, the next transaction has to be that one's.

        :raises ConnectionLostError: no verdict was received; the connection is closed.
        :raises WithdrawnError: ``still_ours`` said no; the connection is closed, nothing was sent.
        """
        stage = Stage.MAIL
        refusal: Verdict | None = None
        first = timeouts.command if fresh else min(timeouts.first, timeouts.command)
        try:
            if self._announced is None:
                self._write(envelope.group if self._pipelining else envelope.mail)
            self._announced = None
            reply = await self._reply(first)
            refusal = None if reply.positive else Verdict(stage, reply)
            if self._pipelining or refusal is None:
                stage = Stage.RCPT
                if not self._pipelining:
                    self._write(envelope.rcpt)
                reply = await self._reply(timeouts.command)
                if refusal is None and not reply.positive:
                    refusal = Verdict(stage, reply)
            if self._pipelining or refusal is None:
                stage = Stage.DATA
                if not self._pipelining:
                    self._write(b"DATA\r\n")
                reply = await self._reply(timeouts.command)
                if reply.code != 354:
                    refusal = refusal or Verdict(stage, reply)
                elif refusal is not None:
                    # RFC 2920 §3.1: DATA was let through although nobody is to get it.
                    self._write(b".\r\n")
                    await self._reply(timeouts.command)
            if refusal is not None:
                await self._reset(refusal, timeouts.command)
                return refusal
            if not still_ours():
                # Whoever slept here for long must not wake up and send what others have sent.
                self.abort()
                raise WithdrawnError
            if self._replies:  # an answer to the message cannot be there before it
                raise _LostError("an answer that was not asked for")
            group = _stuffed(wire)
            if self._pipelining and self.open:
                # RFC 2920 §3.1: a message may be the first in a group of commands.
                self._announced = follow()
                if self._announced is not None:
                    group += self._announced.group
            self._write(group)
            stage = Stage.DOT  # from here on, silence means nothing
            reply = await self._reply(timeouts.final)
            if 300 <= reply.code < 400:  # neither taken nor refused
                raise _LostError(f"answered {reply.code}")
            return Verdict(stage, reply)
        except _LostError as error:
            self.abort()
            if refusal is not None:  # what decided it was said before the connection was lost
                return refusal
            raise ConnectionLostError(stage, str(error)) from None
        except asyncio.CancelledError:
            self.abort()
            raise
        finally:
            self.idle_since = asyncio.get_running_loop().time()

    async def quit(self) -> None:
        """Close politely; never raises."""
        try:
            self._write(b"QUIT\r\n")
            await self._reply(1.0)
        except _LostError:
            pass
        finally:
            self.abort()

    def abort(self) -> None:
        """Drop the connection at once: a message without its final dot is never delivered."""
        self._break_off("closed by us")

    async def _reset(self, refusal: Verdict, seconds: float) -> None:
        """Leave the failed transaction; a connection that cannot is dropped."""
        if refusal.reply.code == 421:  # RFC 5321 §3.8: the server is about to close
            self.abort()
            return
        try:
            self._write(b"RSET\r\n")
            reply = await self._reply(seconds)
        except _LostError:
            return
        if not reply.positive:
            self.abort()

    def _write(self, data: bytes) -> None:
        if self._lost is not None or self._transport.is_closing():
            raise _LostError(self._lost or "connection closed")
        self._transport.write(data)

    async def _reply(self, seconds: float) -> Reply:
        """The next reply; a server that keeps silent for so long is lost."""
        if not self._replies:
            loop = asyncio.get_running_loop()
            silence = loop.call_later(seconds, self._break_off, "no answer in time")
            try:
                while not self._replies:
                    if self._lost is not None:
                        raise _LostError(self._lost)
                    self._waiter = loop.create_future()
                    await self._waiter
            finally:
                silence.cancel()
                self._waiter = None
        return self._replies.popleft()

    # asyncio.Protocol

    def data_received(self, data: bytes) -> None:
        """Collect complete replies (RFC 5321 §4.2.1: ``250-`` goes on, ``250 `` ends)."""
        self._buffer += data
        while (end := self._buffer.find(b"\n")) >= 0:
            line = bytes(self._buffer[:end]).decode("utf-8", "replace").strip()
            del self._buffer[: end + 1]
            if not _REPLY_LINE.match(line):
                self._break_off("an answer that is not SMTP")
                return
            self._lines.append(line[4:])
            self._length += end + 1
            if line[3:4] != "-":
                self._replies.append(Reply(int(line[:3]), " ".join(self._lines)))
                self._lines.clear()
                self._length = 0
        if len(self._buffer) + self._length > MAX_REPLY:
            self._break_off("an endless answer")
            return
        self._wake()

    def eof_received(self) -> bool:
        """The server closed; asyncio closes our side."""
        self._lose("connection closed by the server")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The transport is gone."""
        self._lose("connection closed by the server" if exc is None else "connection lost")

    def _break_off(self, reason: str) -> None:
        self._lose(reason)
        self._transport.abort()

    def _lose(self, reason: str) -> None:
        self._lost = self._lost or reason
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class _LostError(Exception):
    """The connection cannot be used any more; the text says why."""


def _stuffed(wire: bytes) -> bytes:
    """The message as DATA wants it (RFC 5321 §4.5.2): leading dots doubled, a dot at the end."""
    stuffed = wire.replace(b"\r\n.", b"\r\n..")
    return (b"." + stuffed if stuffed.startswith(b".") else stuffed) + b".\r\n"
