"""A receiver of webhooks on a socket, over TLS, that answers what the test wants."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Received:
    """A request.

    Attributes:
        headers: Its headers, names in lower case.
        body: Its raw body.
    """

    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class HooksServer:
    """Start with `async with`, or `in_thread` where the test is not async.

    Attributes:
        tls: A server context for localhost.
        answers: What to answer next: a status and headers, or nothing ever; 204 when empty.
        received: Every request.
        url: Its address.
    """

    tls: ssl.SSLContext
    answers: deque[tuple[int, dict[str, str]] | None] = field(default_factory=deque)
    received: list[Received] = field(default_factory=list)
    url: str = ""
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        """Listen."""
        app = web.Application()
        app.router.add_post("/hook", self._receive)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self.tls).start()
        port = self._runner.addresses[0][1]
        self.url = f"https://localhost:{port}/hook"
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop."""
        assert self._runner is not None
        await self._runner.cleanup()

    async def _receive(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.received.append(Received(headers, await request.read()))
        answer = self.answers.popleft() if self.answers else (204, {})
        while answer is None:
            await asyncio.Event().wait()
        status, more = answer
        return web.Response(status=status, headers=more)
