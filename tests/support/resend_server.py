"""A double of the Resend API on a socket, as its documentation describes it.

`POST /emails` and `POST /emails/batch` with a bearer key, idempotency keys that are kept and
compared, the documented error names and statuses, a rate limit with `retry-after`; `GET /domains`
for checking a key.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from aiohttp import web

API_KEY = "re_test_key"

NO_ANSWER = "accept the mail, then break the connection"
SILENCE = "accept the mail, then never answer"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A mail the API took responsibility for.

    Attributes:
        key: The idempotency key of the request that it came in.
        request: The request's JSON.
        at: When, in seconds since the epoch.
    """

    key: str
    request: dict[str, Any]
    at: float


@dataclass(frozen=True, slots=True)
class Problem:
    """An answer that is not 200.

    Attributes:
        status: The HTTP status.
        name: The documented error name.
        message: The text.
        retry_after: Seconds, if the answer is to say so.
    """

    status: int
    name: str
    message: str = "so it is"
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """What a proxy in front of the API answers.

    Attributes:
        status: The HTTP status.
        body: The page.
        content_type: What it says of it.
        location: Where it leads to, if it does.
    """

    status: int
    body: bytes
    content_type: str = "text/html"
    location: str | None = None


@dataclass(slots=True)
class ResendServer:
    """Start with `async with`, or `in_thread` where the test is not async.

    Attributes:
        mails: What was accepted, each once.
        requests: How many sends were asked for, repetitions and refusals included.
        script: What to do with the next requests instead of the usual.
        rate: Requests a second before 429; None for no limit.
        sending_only: Whether the key may do nothing but send.
        batches: How many of the requests were for several mails.
        keys_repeated: How many of the requests had a key that was known already.
    """

    mails: list[Accepted] = field(default_factory=list)
    requests: int = 0
    script: deque[Problem | Page | str] = field(default_factory=deque)
    rate: int | None = None
    sending_only: bool = False
    url: str = ""
    batches: int = 0
    keys_repeated: int = 0
    _keys: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    _in_progress: set[str] = field(default_factory=set)
    _recent: deque[float] = field(default_factory=deque)
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        """Listen."""
        app = web.Application()
        app.router.add_post("/emails", self._send)
        app.router.add_post("/emails/batch", self._send)
        app.router.add_get("/domains", self._domains)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
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

    def key_in_progress(self, key: str) -> None:
        """Pretend that a request with this key has not been answered yet."""
        self._in_progress.add(key)

    def progress(self) -> None:
        """All such requests have been answered."""
        self._in_progress.clear()

    async def _domains(self, request: web.Request) -> web.Response:
        if problem := self._unauthorized(request):
            return _answer(problem)
        step = self.script.popleft() if self.script else None
        if isinstance(step, Page):
            return _show(step)
        if self.sending_only:
            return _answer(
                Problem(401, "restricted_api_key", "This API key is restricted to only send emails")
            )
        return web.json_response({"object": "list", "data": []})

    async def _send(self, request: web.Request) -> web.StreamResponse:
        is_batch = request.path.endswith("/batch")
        self.requests += 1
        self.batches += is_batch
        if problem := self._unauthorized(request) or self._too_fast():
            return _answer(problem)
        step = self.script.popleft() if self.script else None
        if isinstance(step, Problem):
            return _answer(step)
        if isinstance(step, Page):
            return _show(step)
        key = request.headers.get("Idempotency-Key", "")
        if not 1 <= len(key) <= 256:
            return _answer(Problem(400, "invalid_idempotency_key"))
        if key in self._in_progress:
            return _answer(Problem(409, "concurrent_idempotent_requests"))
        body = await request.json()
        content = json.dumps([request.path, body], sort_keys=True)
        if key in self._keys:
            self.keys_repeated += 1
            known, answer = self._keys[key]
            if known != content:
                return _answer(Problem(409, "invalid_idempotent_request"))
            return web.json_response(answer)
        if is_batch:
            permissive = request.headers.get("x-batch-validation", "strict") == "permissive"
            result = self._accept_batch(key, body, permissive=permissive)
        else:
            result = _invalid(body) or self._accept(key, body)
        if isinstance(result, Problem):
            return _answer(result)
        self._keys[key] = (content, result)
        if step == NO_ANSWER:
            assert request.transport is not None
            request.transport.close()
        if step == SILENCE:
            await asyncio.sleep(60)
        return web.json_response(result)

    def _accept(self, key: str, body: dict[str, Any]) -> dict[str, Any]:
        self.mails.append(Accepted(key, body, time.time()))
        return {"id": str(uuid4())}

    def _accept_batch(
        self, key: str, bodies: list[dict[str, Any]], *, permissive: bool
    ) -> dict[str, Any] | Problem:
        """Strict: all or none. Permissive: those that are valid, and what is wrong with others."""
        if not 1 <= len(bodies) <= 100:
            return Problem(422, "validation_error", "A batch has 1 to 100 emails")
        problems = [_invalid(body, in_batch=True) for body in bodies]
        refused = [problem for problem in problems if problem]
        if refused and not permissive:
            return refused[0]
        answer: dict[str, Any] = {
            "data": [
                self._accept(key, body)
                for body, problem in zip(bodies, problems, strict=True)
                if problem is None
            ]
        }
        if permissive:
            answer["errors"] = [
                {"index": index, "message": problem.message}
                for index, problem in enumerate(problems)
                if problem
            ]
        return answer

    def _unauthorized(self, request: web.Request) -> Problem | None:
        authorization = request.headers.get("Authorization")
        if authorization is None:
            return Problem(401, "missing_api_key", "Missing API key in the authorization header")
        if authorization != f"Bearer {API_KEY}":
            return Problem(403, "invalid_api_key", "API key is invalid")
        return None

    def _too_fast(self) -> Problem | None:
        if self.rate is None:
            return None
        now = time.monotonic()
        while self._recent and self._recent[0] <= now - 1:
            self._recent.popleft()
        if len(self._recent) >= self.rate:
            return Problem(
                429, "rate_limit_exceeded", "Too many requests", self._recent[0] + 1 - now
            )
        self._recent.append(now)
        return None


def _invalid(body: dict[str, Any], *, in_batch: bool = False) -> Problem | None:
    for name in ("attachments", "scheduled_at"):
        if in_batch and body.get(name):
            return Problem(422, "validation_error", f"`{name}` is not supported in batches")
    if any(str(address).endswith("@invalid>") for address in body.get("to") or ()):
        return Problem(422, "validation_error", "Invalid `to` field")
    for name in ("from", "to", "subject"):
        if not body.get(name):
            return Problem(422, "missing_required_field", f"Missing `{name}` field")
    if not (body.get("html") or body.get("text")):
        return Problem(422, "missing_required_field", "Missing `html` or `text` field")
    return None


def _show(page: Page) -> web.Response:
    headers = {"Content-Type": page.content_type}
    if page.location is not None:
        headers["Location"] = page.location
    return web.Response(status=page.status, body=page.body, headers=headers)


def _answer(problem: Problem) -> web.Response:
    headers = {} if problem.retry_after is None else {"retry-after": f"{problem.retry_after:.2f}"}
    return web.json_response(
        {"statusCode": problem.status, "name": problem.name, "message": problem.message},
        status=problem.status,
        headers=headers,
    )
