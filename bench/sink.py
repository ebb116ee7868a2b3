"""An SMTP server that takes everything and keeps next to nothing: where measured mails end up.

It runs in a process of its own, `python -m bench.sink PORT`, and answers quickly, so that what is
measured is the sender. RFC 5321 with PIPELINING (RFC 2920), as every production server offers it;
beside it three verbs by which the bench asks what has arrived (`SinkControl`).
"""

import asyncio
import base64
import json
import socket
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.errors import BenchError
from devstack import ports
from devstack.paths import ROOT
from devstack.processes import Supervisor

KEPT = 200
"""Mails whose bytes are kept: enough to send some like them."""

_END = b"\r\n.\r\n"
_LONGEST_COMMAND = 4096


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as it was handed in.

    Attributes:
        sender: MAIL's address.
        recipient: RCPT's address.
        content: The message with CRLF line ends, its dots not stuffed.
    """

    sender: str
    recipient: str
    content: bytes


class Mailbox:
    """What has arrived since the last XFORGET."""

    def __init__(self) -> None:
        self._times: list[float] = []
        self._kept: list[Mail] = []
        self._arrived = asyncio.Event()

    def forget(self) -> None:
        """Begin anew."""
        self._times.clear()
        self._kept.clear()

    def add(self, accepted_at: float, sender: bytes, recipient: bytes, stuffed: bytes) -> None:
        """Note a mail; `accepted_at` is the monotonic clock after the reply was written."""
        self._times.append(accepted_at)
        if len(self._kept) < KEPT:
            content = (b"\r\n" + stuffed).replace(b"\r\n..", b"\r\n.")[2:]
            self._kept.append(Mail(sender.decode(), recipient.decode(), content))
        self._arrived.set()

    async def times(self, count: int) -> list[float]:
        """When each mail was accepted, once there are so many."""
        while len(self._times) < count:
            self._arrived.clear()
            await self._arrived.wait()
        return self._times

    @property
    def kept(self) -> Sequence[Mail]:
        """The first mails."""
        return self._kept


class Session(asyncio.Protocol):
    """One connection. What came in one piece is answered in one (RFC 2920 §3.2)."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._transport: asyncio.Transport
        self._buffer = bytearray()
        self._replies = bytearray()
        self._taken: list[tuple[bytes, bytes, bytes]] = []
        self._takes_data = False
        self._searched = 0
        self._sender = b""
        self._recipient = b""
        self._answering: asyncio.Task[None] | None = None

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"220 sink\r\n")

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody waits for the answer any more."""
        if self._answering is not None:
            self._answering.cancel()

    def data_received(self, data: bytes) -> None:
        """Take as many commands and messages as are complete."""
        self._buffer += data
        while self._take_message() if self._takes_data else self._take_command():
            pass
        self._reply()
        accepted_at = time.monotonic()
        for taken in self._taken:
            self._mailbox.add(accepted_at, *taken)
        self._taken.clear()

    def _reply(self) -> None:
        if self._replies:
            self._transport.write(bytes(self._replies))
            self._replies.clear()

    def _take_message(self) -> bool:
        # The end may straddle two pieces.
        end = self._buffer.find(_END, max(0, self._searched - len(_END)))
        if end < 0:
            self._searched = len(self._buffer)
            return False
        self._replies += b"250 taken\r\n"
        content = bytes(self._buffer[: end + 2])
        del self._buffer[: end + len(_END)]
        self._takes_data = False
        self._taken.append((self._sender, self._recipient, content))
        return True

    def _take_command(self) -> bool:
        end = self._buffer.find(b"\r\n")
        if end < 0:
            if len(self._buffer) > _LONGEST_COMMAND:
                self._transport.abort()
            return False
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        self._answer(line)
        return True

    def _answer(self, line: bytes) -> None:
        verb = line[:4].upper()
        if verb == b"MAIL":
            self._sender = _address(line)
        elif verb == b"RCPT":
            self._recipient = _address(line)
        elif verb == b"DATA":
            self._takes_data, self._searched = True, 0
            self._replies += b"354 go ahead\r\n"
            return
        elif verb == b"EHLO":
            self._replies += b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"
            return
        elif verb == b"QUIT":
            self._replies += b"221 bye\r\n"
            self._reply()
            self._transport.close()
            return
        elif verb[:1] == b"X":
            self._tell(line)
            return
        elif verb not in (b"HELO", b"RSET", b"NOOP"):
            self._replies += b"502 not implemented\r\n"
            return
        self._replies += b"250 ok\r\n"

    def _tell(self, line: bytes) -> None:
        verb, _, argument = line.decode().partition(" ")
        if verb == "XFORGET":
            self._mailbox.forget()
            self._say(None)
        elif verb == "XKEPT":
            self._say(
                [
                    [mail.sender, mail.recipient, base64.b64encode(mail.content).decode()]
                    for mail in self._mailbox.kept
                ]
            )
        else:
            self._answering = asyncio.get_running_loop().create_task(self._await(int(argument)))

    async def _await(self, count: int) -> None:
        self._say(await self._mailbox.times(count))

    def _say(self, answer: object) -> None:
        self._transport.write(json.dumps(answer).encode() + b"\r\n")


class SinkControl:
    """The bench's own connection to a sink."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._lines = connection.makefile("rb")
        self._lines.readline()

    def forget(self) -> None:
        """Count anew."""
        self._ask("XFORGET", 10)

    def times(self, count: int, seconds: float) -> list[float]:
        """Wait for so many mails since `forget`; when each was accepted.

        Args:
            count: How many.
            seconds: How long to wait at most.

        Returns:
            Readings of the monotonic clock, which is one for all processes of a machine, taken
            right after the 250 was written.

        Raises:
            BenchError: They did not arrive.
        """
        times: list[float] = self._ask(f"XAWAIT {count}", seconds)
        return times

    def kept(self) -> list[Mail]:
        """The first mails since `forget`."""
        return [
            Mail(sender, recipient, base64.b64decode(content))
            for sender, recipient, content in self._ask("XKEPT", 10)
        ]

    def close(self) -> None:
        """Close the connection."""
        self._lines.close()
        self._connection.close()

    def _ask(self, question: str, seconds: float) -> Any:
        self._connection.settimeout(seconds)
        try:
            self._connection.sendall(question.encode() + b"\r\n")
            return json.loads(self._lines.readline())
        except TimeoutError as error:
            raise BenchError(f"the sink has no answer to {question} in {seconds:.0f} s") from error


@dataclass(frozen=True, slots=True)
class Sink:
    """A running sink.

    Attributes:
        port: Where it listens on the loopback interface, unencrypted.
        control: What it is asked by.
    """

    port: int
    control: SinkControl


@contextmanager
def open_sink(supervisor: Supervisor) -> Iterator[Sink]:
    """A sink in a process of its own.

    Raises:
        StackError: It does not start.
    """
    folder = supervisor.own(Path(tempfile.mkdtemp(prefix="live-sessions-sink-")))
    _, port = supervisor.serve(
        "the SMTP sink",
        lambda port: [sys.executable, "-m", "bench.sink", str(port)],
        ports.answers,
        port=None,
        log=folder / "sink.log",
        folder=ROOT,
    )
    control = SinkControl(socket.create_connection((ports.LOOPBACK, port)))
    try:
        yield Sink(port, control)
    finally:
        control.close()


def _address(line: bytes) -> bytes:
    return line[line.find(b"<") + 1 : line.rfind(b">")]


async def _serve(port: int) -> None:
    mailbox = Mailbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Session(mailbox), ports.LOOPBACK, port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
