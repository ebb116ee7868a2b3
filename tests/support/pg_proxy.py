"""A TCP proxy in front of Postgres that loses things: notifications, or everything, silently.

It can also hold a client at a call of a function: before it is made, or before its answer arrives.
"""

from __future__ import annotations

import asyncio
import re
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit, urlunsplit

_CALL = re.compile(rb"notifier\.(\w+)\(")

NOTIFICATION, READY = ord("A"), ord("Z")
"""Types of messages of the Postgres protocol: NotificationResponse and ReadyForQuery."""

PARSE, BIND, QUERY = ord("P"), ord("B"), ord("Q")
"""What a client sends: Parse gives a statement a name, or none, and Bind calls it by that; Query
calls one that has no arguments.
"""


ASKED, ANSWERED = "asked", "answered"
"""Moments of a call: it has been sent and is not carried out; it has been carried out, unheard."""


class PgProxy:
    """Start with `async with`, or `in_thread` where the test is not async.

    Attributes:
        deaf: Drop notifications, as a transaction pooler does.
        frozen: Pass on nothing, in neither direction, and close nothing: a half-open connection.
        refuse: Drop every connection, old and new.
        connections: How many were made.
        is_holding: Whether somebody has come to where `hold_at` holds them.
        calls: The functions of schema notifier that were called, in order.
        prepared: The names of statements that stay on the session.

    Args:
        database_url: The real address.
    """

    def __init__(self, database_url: str) -> None:
        self.deaf = False
        self.frozen = False
        self.refuse = False
        self.connections = 0
        self.is_holding = False
        self.calls: list[str] = []
        self.prepared: set[str] = set()
        self._hold: tuple[bytes, str] | None = None
        self._target = urlsplit(database_url)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """The address of the proxy, for the same role and database; without TLS."""
        assert self._server is not None
        port = self._server.sockets[0].getsockname()[1]
        login, _, _ = self._target.netloc.rpartition("@")
        return urlunsplit(
            self._target._replace(netloc=f"{login}@127.0.0.1:{port}", query="sslmode=disable")
        )

    def hold_at(self, function: str, when: str) -> None:
        """Hold connections that call this function, when it is ASKED or ANSWERED, from now on."""
        self.is_holding = False
        self._hold = function.encode() + b"(", when

    def let_go(self) -> None:
        """Hold no more connections; those that were held stay so."""
        self._hold = None
        self.is_holding = False

    async def __aenter__(self) -> Self:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop."""
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self.refuse:
            writer.transport.abort()
            return
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        up_reader, up_writer = await asyncio.open_connection(
            self._target.hostname, self._target.port or 5432
        )
        try:
            unheard = asyncio.Event()
            async with asyncio.TaskGroup() as group:
                group.create_task(self._copy(reader, up_writer, unheard))
                group.create_task(self._copy_messages(up_reader, writer, unheard))
        except* (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()
            up_writer.transport.abort()

    async def _copy(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, unheard: asyncio.Event
    ) -> None:
        """The startup, which has no type, then message by message."""
        statements: dict[bytes, bytes] = {}
        length = await reader.readexactly(4)
        writer.write(length + await reader.readexactly(int.from_bytes(length, "big") - 4))
        while True:
            kind, body = await _message(reader)
            await self._thawed()
            if kind[0] == PARSE:
                name, query, _ = body.split(b"\0", 2)
                statements[name] = query
                self.prepared |= {name.decode()} - {""}
            elif kind[0] in (BIND, QUERY):
                query = body if kind[0] == QUERY else statements[body.split(b"\0", 2)[1]]
                self.calls += [name.decode() for name in _CALL.findall(query)]
                if self._hold is not None and self._hold[0] in query:
                    if self._hold[1] == ASKED:
                        self.is_holding = True
                        await reader.read(-1)  # until the client is gone
                        raise ConnectionResetError
                    unheard.set()
            writer.write(_framed(kind, body))
            await writer.drain()

    async def _copy_messages(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, unheard: asyncio.Event
    ) -> None:
        while True:
            kind, body = await _message(reader)
            await self._thawed()
            if unheard.is_set():
                if kind[0] == READY:  # carried out and committed
                    self.is_holding = True
                continue
            if not (self.deaf and kind[0] == NOTIFICATION):
                writer.write(_framed(kind, body))
                await writer.drain()

    async def _thawed(self) -> None:
        if self.refuse:
            raise ConnectionResetError
        while self.frozen:  # noqa: ASYNC110 - set from another thread
            await asyncio.sleep(0.01)


async def _message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """A message's type, one byte, and what follows its length, which counts itself."""
    header = await reader.readexactly(5)
    return header[:1], await reader.readexactly(int.from_bytes(header[1:], "big") - 4)


def _framed(kind: bytes, body: bytes) -> bytes:
    return kind + (len(body) + 4).to_bytes(4, "big") + body
