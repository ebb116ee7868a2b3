"""A real SMTP server on a socket that misbehaves on demand.

It speaks RFC 5321 with PIPELINING, SMTPUTF8, STARTTLS and AUTH, keeps what it accepts, and can at
any verb answer with a code of the test's choice, drop the connection, fall silent or wait for the
test to let it go on.
"""

from __future__ import annotations

import asyncio
import base64
import re
import ssl
import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Self

DROP = "drop the connection"
HANG = "never answer"
HOLD = "answer as usual once released"

ACCEPTED = "ACCEPTED"
"""The moment between keeping a message and answering its final dot."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A message this server took responsibility for.

    Attributes:
        sender: MAIL's address.
        recipient: RCPT's address.
        data: The message, dot-unstuffed.
        connection: The connection's number, from 1.
        login: Who had logged in on it.
        at: When, in seconds since the epoch.
    """

    sender: str
    recipient: str
    data: bytes
    connection: int
    login: str | None
    at: float

    @property
    def message(self) -> EmailMessage:
        """The message as Python's email package reads it."""
        return message_from_bytes(self.data, policy=policy.default)

    @property
    def message_id(self) -> str:
        """Its Message-ID."""
        return str(self.message["Message-ID"])


@dataclass(slots=True)
class Rule:
    """What to do at a verb instead of the usual."""

    verb: str
    action: str
    times: int | None
    about: str


@dataclass(slots=True, eq=False)
class _Session:
    number: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    secure: bool
    login: str | None = None
    sender: str | None = None
    recipients: list[str] = field(default_factory=list)


class SmtpServer:
    """Start with `async with`, or `in_thread` where the test is not async.

    `came_along` are the recipients whose envelopes came with the message before theirs.

    Args:
        pipelining: Whether to offer it; a client that pipelines all the same is noted in `faults`.
        smtputf8: Whether to offer it.
        users: Names and passwords; if given, nobody may send without login.
        tls: A server context; offers STARTTLS, and requires it, unless `implicit_tls`.
        implicit_tls: TLS from the first byte.
        most: How many connections at once it takes; more are told to come later.
        port: Where to listen; 0 for any.
    """

    host = "localhost"

    def __init__(
        self,
        *,
        pipelining: bool = True,
        smtputf8: bool = True,
        users: dict[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
        most: int = 1000,
        port: int = 0,
    ) -> None:
        self.port = port
        self.mails: list[Mail] = []
        self.connections = 0
        self.is_holding = False
        self.verbs: deque[str] = deque(maxlen=10_000)
        self.faults: list[str] = []
        self.came_along: list[str] = []
        self._pipelining = pipelining
        self._smtputf8 = smtputf8
        self._users = users
        self._tls = tls
        self._implicit_tls = implicit_tls
        self._most = most
        self._rules: list[Rule] = []
        self._held = threading.Semaphore(0)
        self._letting_go = threading.Event()
        self._sessions: set[_Session] = set()
        self._server: asyncio.Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    # What tests say and ask

    def at(self, verb: str, action: str, *, times: int | None = None, about: str = "") -> None:
        """Do `action` at `verb`: a reply such as `550 no`, DROP, HANG or HOLD.

        Args:
            verb: CONNECT, EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA, DOT (nothing is kept), ACCEPTED,
                RSET.
            action: What to do.
            times: How often; None for ever.
            about: Only where this is part of the recipient's address.
        """
        if action == HOLD:
            self.is_holding = False
            self._letting_go.clear()
        self._rules.append(Rule(verb, action, times, about))

    def behave(self) -> None:
        """Forget all rules, and let everything go on that is held."""
        self._rules.clear()
        self.let_go()

    def let_go(self) -> None:
        """Let everything go on that is held."""
        self.is_holding = False
        self._letting_go.set()

    def close_idle(self, farewell: str | None = None) -> None:
        """Close every connection, as a server does that is tired of waiting.

        Args:
            farewell: A line to say first, such as `421 too long idle`.
        """
        loop = self._loop
        assert loop is not None

        def close() -> None:
            for session in list(self._sessions):
                if farewell:
                    session.writer.write(farewell.encode() + b"\r\n")
                session.writer.close()

        loop.call_soon_threadsafe(close)

    def wait_held(self, timeout: float = 60.0) -> None:
        """Wait until some connection has come to a HOLD."""
        assert self._held.acquire(timeout=timeout), "nothing came to the verb that is held"

    @property
    def open_connections(self) -> int:
        """How many clients are connected now."""
        return len(self._sessions)

    @property
    def recipients(self) -> list[str]:
        """Whom the mails kept so far were for, in order."""
        return [mail.recipient for mail in self.mails]

    # The server

    async def __aenter__(self) -> Self:
        """Listen."""
        self._loop = asyncio.get_running_loop()
        self._server = await asyncio.start_server(
            self._serve,
            "127.0.0.1",
            self.port,
            ssl=self._tls if self._implicit_tls else None,
            limit=1 << 22,
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop listening and drop everybody."""
        await self.stop()

    async def stop(self) -> None:
        """Stop listening and drop everybody; `start` again is another `async with`."""
        assert self._server is not None
        self._letting_go.set()
        self._server.close()
        for session in list(self._sessions):
            session.writer.transport.abort()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        session = _Session(self.connections, reader, writer, secure=self._implicit_tls)
        self._sessions.add(session)
        try:
            if len(self._sessions) > self._most:
                await self._say(session, "421 4.7.0 too many connections")
            elif await self._obey("CONNECT", session, "220 ready"):
                while line := await reader.readline():
                    if not await self._command(session, line.decode().rstrip("\r\n")):
                        break
        except (
            ConnectionError,
            RuntimeError,  # uvloop's, for writing to what has been closed
            ssl.SSLError,
            asyncio.CancelledError,
            asyncio.LimitOverrunError,
        ):
            pass
        finally:
            self._sessions.discard(session)
            writer.transport.abort()

    async def _command(self, session: _Session, line: str) -> bool:
        """Answer one command; False ends the connection."""
        verb, _, argument = line.partition(" ")
        verb = verb.upper()
        self.verbs.append(verb)
        if verb == "EHLO":
            return await self._obey("EHLO", session, *self._greeting(session))
        if verb == "STARTTLS" and self._tls is not None:
            return await self._start_tls(session)
        if verb == "AUTH":
            return await self._auth(session, argument)
        if verb == "QUIT":
            await self._say(session, "221 bye")
            return False
        if verb == "NOOP":
            return await self._obey("NOOP", session, "250 ok")
        if verb == "RSET":
            session.sender, session.recipients = None, []
            return await self._obey("RSET", session, "250 ok")
        if self._tls is not None and not session.secure:
            return await self._say(session, "530 5.7.0 must issue a STARTTLS command first")
        if self._users is not None and session.login is None:
            return await self._say(session, "530 5.7.0 authentication required")
        if verb == "MAIL":
            return await self._mail(session, argument)
        if verb == "RCPT":
            return await self._rcpt(session, argument)
        if verb == "DATA":
            return await self._data(session)
        return await self._say(session, "502 what?")

    def _greeting(self, session: _Session) -> Iterable[str]:
        offers = ["localhost greets you", "SIZE 10000000", "8BITMIME"]
        if self._pipelining:
            offers.append("PIPELINING")
        if self._smtputf8:
            offers.append("SMTPUTF8")
        if self._tls is not None and not session.secure:
            offers.append("STARTTLS")
        if self._users is not None and (session.secure or self._tls is None):
            offers.append("AUTH PLAIN LOGIN")
        return [f"250-{offer}" for offer in offers[:-1]] + [f"250 {offers[-1]}"]

    async def _start_tls(self, session: _Session) -> bool:
        assert self._tls is not None
        await self._obey("STARTTLS", session, "220 go ahead")
        await session.writer.start_tls(self._tls)
        session.secure = True
        return True

    async def _auth(self, session: _Session, argument: str) -> bool:
        method, _, initial = argument.partition(" ")
        if method.upper() == "PLAIN":
            if not initial:
                initial = await self._ask(session, "")
            _, name, password = base64.b64decode(initial).decode().split("\0")
        else:
            name = base64.b64decode(initial or await self._ask(session, "Username:")).decode()
            password = base64.b64decode(await self._ask(session, "Password:")).decode()
        if (self._users or {}).get(name) == password:
            session.login = name
            return await self._obey("AUTH", session, "235 2.7.0 welcome")
        return await self._obey("AUTH", session, f"535 5.7.8 bad credentials for {name}")

    async def _ask(self, session: _Session, prompt: str) -> str:
        await self._say(session, f"334 {base64.b64encode(prompt.encode()).decode()}")
        return (await session.reader.readline()).decode().strip()

    async def _mail(self, session: _Session, argument: str) -> bool:
        if session.sender is not None:
            self.faults.append("MAIL within a transaction")
            return await self._say(session, "503 nested MAIL")
        address, parameters = _path(argument)
        if not address.isascii() and "SMTPUTF8" not in parameters:
            return await self._say(session, "553 non-ASCII address without SMTPUTF8")
        answer = await self._rule("MAIL", session, "250 ok")
        if answer is not None and answer.startswith("250"):
            session.sender, session.recipients = address, []
        return await self._say(session, answer)

    async def _rcpt(self, session: _Session, argument: str) -> bool:
        if session.sender is None:
            return await self._say(session, "503 RCPT without MAIL")
        address, _ = _path(argument)
        answer = await self._rule("RCPT", session, "250 ok", address)
        if answer is not None and answer.startswith("250"):
            session.recipients.append(address)
        return await self._say(session, answer)

    async def _data(self, session: _Session) -> bool:
        if not session.recipients:
            return await self._say(session, "503 nobody to send it to")
        answer = await self._rule("DATA", session, "354 go on", session.recipients[0])
        if not await self._say(session, answer):
            return False
        if answer is None or not answer.startswith("354"):
            return True
        lines: list[bytes] = []
        while (line := await session.reader.readline()) != b".\r\n":
            if not line:
                return False  # no final dot: the message was never handed over
            lines.append(line[1:] if line.startswith(b".") else line)
        recipient = session.recipients[0]
        answer = await self._rule("DOT", session, "250 ok", recipient)
        if answer is not None and answer.startswith("250"):
            assert session.sender is not None
            mail = Mail(
                session.sender,
                recipient,
                b"".join(lines),
                session.number,
                session.login,
                time.time(),
            )
            self.mails.append(mail)
            answer = await self._rule(ACCEPTED, session, answer, recipient)
        session.sender, session.recipients = None, []
        if envelope := re.match(rb"MAIL [^\n]*\nRCPT TO:<([^>]*)>", _unread(session)):
            self.came_along.append(envelope[1].decode())
        return await self._say(session, answer)

    async def _obey(self, verb: str, session: _Session, *usual: str) -> bool:
        answer = await self._rule(verb, session, "\r\n".join(usual))
        return await self._say(session, answer)

    async def _rule(
        self, verb: str, session: _Session, usual: str, recipient: str = ""
    ) -> str | None:
        """What to answer; None to drop the connection."""
        rule = self._matching(verb, recipient)
        if rule is None:
            return usual
        if rule.action == DROP:
            return None
        if rule.action == HANG:
            await session.reader.read(-1)
            return None
        if rule.action == HOLD:
            self.is_holding = True
            self._held.release()
            while not self._letting_go.is_set():
                if session.reader.at_eof():
                    return None
                await asyncio.sleep(0.005)
            return usual
        return rule.action

    def _matching(self, verb: str, recipient: str) -> Rule | None:
        for rule in self._rules:
            if rule.verb == verb and rule.about in recipient and rule.times != 0:
                if rule.times is not None:
                    rule.times -= 1
                return rule
        return None

    async def _say(self, session: _Session, answer: str | None) -> bool:
        if answer is None:
            return False
        # What came before this answer was sent without waiting for it.
        buffered = _unread(session)
        if buffered and not self._pipelining:
            self.faults.append(f"pipelined {buffered[:40]!r} before {answer[:20]!r}")
        session.writer.write(answer.encode() + b"\r\n")
        await session.writer.drain()
        return not answer.startswith("421")


def _unread(session: _Session) -> bytes:
    """What has come from the client and has not been looked at."""
    return bytes(getattr(session.reader, "_buffer", b""))


def _path(argument: str) -> tuple[str, str]:
    """The address between the brackets, and what follows them."""
    _, _, rest = argument.partition("<")
    address, _, parameters = rest.partition(">")
    return address, parameters
