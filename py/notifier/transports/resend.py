"""Mail over the Resend API: ``POST /emails`` for one letter, ``POST /emails/batch`` for a parcel.

Resend keeps an idempotency key for 24 hours: within them a repetition of the same request is
answered like the first one and sends nothing. Message-ID is the provider's to choose; what
recognises a repetition is the key: the outbox row's id, or the parcel's. A key that is known with
another content (409) was accepted before, with what was true then.

The rate limit counts requests, so a parcel of a hundred reminders costs as much of it as one mail.
The batch endpoint takes no attachments: what carries a calendar goes by itself. One key stands for
all letters of a parcel, so a parcel in doubt is repeated with all of them that are not settled: a
part of them under the same key would be sent, and make the next part look as if it had been.
"""

import asyncio
import ssl
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import replace
from json import loads
from types import MappingProxyType
from typing import Any
from uuid import UUID

import aiohttp

from notifier.config import ResendSettings
from notifier.message import Letter, calendar_files, unsubscribe_headers
from notifier.model import Failure, LeaseLostError, NotSent, Outcome, Sent, TransportDownError
from notifier.patience import backoff
from notifier.redact import redact
from notifier.transports import OnlyWay, StillOurs, undisputed

QUOTA_WAIT = 900.0
"""Seconds to wait when a daily or monthly quota is spent and the answer names no time."""

EMAIL_TAG = "email_id"
"""The tag that webhooks name the outbox row by."""

TRIES = 4
"""Tries at one letter that is only told to slow down."""

LONG_WAIT = 30.0
"""Seconds that a letter waits in this process at most; for longer it goes back to the queue."""

# Refusals that would meet every letter alike; the account or its settings are to be seen to.
_ACCOUNT_STATUSES = frozenset({401, 403, 404, 405})
_ACCOUNT_ERRORS = frozenset(
    {
        "missing_api_key",
        "invalid_api_key",
        "restricted_api_key",
        "suspended_api_key",
        "invalid_from_address",
        "invalid_permission",
    }
)
_QUOTA_ERRORS = frozenset({"daily_quota_exceeded", "monthly_quota_exceeded"})


class ResendTransport(OnlyWay):
    """Sends letters through the API, no faster than the account's rate limit."""

    name = "resend"
    lanes = 4
    parcel = 100

    def __init__(
        self,
        settings: ResendSettings,
        *,
        timeout: float = 30.0,
        tls_context: ssl.SSLContext | None = None,
    ) -> None:
        """``timeout`` in seconds for one request; giving up is safe, see the key above."""
        self._settings = settings
        self._timeout = aiohttp.ClientTimeout(total=timeout, sock_connect=10.0)
        self._tls_context = tls_context
        self._http: aiohttp.ClientSession | None = None
        self._next_at = 0.0

    async def ready(self) -> None:
        """Nothing to prepare; see :meth:`verify` for a test of the key."""

    async def send(self, letter: Letter, still_ours: StillOurs = undisputed) -> Outcome:
        """Post one letter; see :class:`notifier.transports.Transport`."""
        answer = await self._post("/emails", _request(letter), str(letter.email_id), still_ours)
        return answer if isinstance(answer, NotSent) else Sent(self.name)

    async def send_parcel(
        self, parcel_id: UUID, letters: Sequence[Letter], still_ours: StillOurs = undisputed
    ) -> list[Outcome]:
        """Post letters without attachments; see :class:`notifier.transports.Transport`.

        One that is refused keeps no other from being sent. Where the whole request is, each of them
        is to be tried by itself.
        """
        requests = list(map(_request, letters))
        answer = await self._post(
            "/emails/batch",
            requests,
            str(parcel_id),
            still_ours,
            {"x-batch-validation": "permissive"},
        )
        if isinstance(answer, NotSent):
            if answer.failure is Failure.PERMANENT:
                answer = replace(answer, failure=Failure.TRANSIENT)
            return [answer] * len(letters)
        refused = {
            error.get("index"): str(error.get("message", ""))
            for error in answer.get("errors") or ()
        }
        return [
            self._failed(Failure.PERMANENT, refused[index]) if index in refused else Sent(self.name)
            for index in range(len(letters))
        ]

    async def _post(
        self,
        path: str,
        request: Mapping[str, object] | Sequence[object],
        key: str,
        still_ours: StillOurs,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> NotSent | Mapping[str, Any]:
        """The answer's body once a request is accepted, now or before; otherwise why it is not."""
        wait = 0.0
        for attempt in range(TRIES):
            await self._take_turn()
            if not still_ours():
                raise LeaseLostError
            try:
                status, body, wait_asked = await self._call(
                    "POST", path, request, {"Idempotency-Key": key, **headers}
                )
            except (aiohttp.ClientError, TimeoutError) as error:
                reason = redact(str(error)) or type(error).__name__
                return self._failed(Failure.UNKNOWN, f"no answer from the Resend API: {reason}")
            name = str(body.get("name", ""))
            if 200 <= status < 300 and _accepts(body, request):
                return body
            if (status, name) == (409, "invalid_idempotent_request"):
                return {}  # accepted before, with what was true then
            slow_down = status == 429 and name not in _QUOTA_ERRORS
            in_progress = (status, name) == (409, "concurrent_idempotent_requests")
            if not (slow_down or in_progress):
                return self._judge(status, name, body, wait_asked)
            wait = backoff(attempt, base=1.0) if wait_asked is None else wait_asked
            if wait > LONG_WAIT:
                break
            if slow_down:
                self._pause(wait)
            elif attempt + 1 < TRIES:
                await asyncio.sleep(wait)
        failure = Failure.UNKNOWN if in_progress else Failure.TRANSIENT
        return self._failed(failure, _describe(status, name, body), wait)

    async def verify(self) -> str:
        """Check the key without sending anything; returns what was found, as a sentence.

        :raises TransportDownError: unreachable, or the key is not accepted.
        """
        await self._take_turn()
        try:
            status, body, _ = await self._call("GET", "/domains")
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._down(f"no answer from the Resend API: {error}") from None
        if status == 200 and isinstance(body.get("data"), list):
            return "the key is accepted, with full access"
        if body.get("name") == "restricted_api_key":
            return "the key is accepted, for sending only"
        raise self._down(f"{_describe(status, str(body.get('name', '')), body)}{_remedy(status)}")

    async def close(self) -> None:
        """Close the connections."""
        if self._http is not None:
            await self._http.close()
            self._http = None

    def _judge(
        self, status: int, name: str, body: Mapping[str, Any], wait: float | None
    ) -> NotSent:
        detail = _describe(status, name, body)
        if name in _QUOTA_ERRORS:
            raise self._down(detail, QUOTA_WAIT if wait is None else wait)
        if 300 <= status < 400 or status in _ACCOUNT_STATUSES or name in _ACCOUNT_ERRORS:
            raise self._down(f"{detail}{_remedy(status)}", wait)
        if not 400 <= status < 500 or status == 408:
            # It may have been queued before the error, or behind a page of something in between;
            # the key makes the repetition harmless.
            return self._failed(Failure.UNKNOWN, f"{detail}{_remedy(status)}", wait)
        # Resend names each refusal; what has no name is said by something in between.
        return self._failed(Failure.PERMANENT if name else Failure.TRANSIENT, detail, wait)

    def _failed(self, failure: Failure, detail: str, wait: float | None = None) -> NotSent:
        return NotSent(failure, redact(detail), self.name, wait)

    def _down(self, reason: str, wait: float | None = None) -> TransportDownError:
        return TransportDownError(self.name, redact(reason), wait)

    async def _take_turn(self) -> None:
        """Wait for the next slot of the rate limit; slots are handed out evenly spaced."""
        loop = asyncio.get_running_loop()
        slot = max(loop.time(), self._next_at)
        self._next_at = slot + 1.0 / self._settings.requests_per_second
        await asyncio.sleep(slot - loop.time())

    def _pause(self, seconds: float) -> None:
        """Nobody takes a turn for so long: the limit is the account's, not the letter's."""
        self._next_at = max(self._next_at, asyncio.get_running_loop().time() + seconds)

    async def _call(
        self,
        method: str,
        path: str,
        json: Mapping[str, object] | Sequence[object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Mapping[str, Any], float | None]:
        """Status, body (empty if it is not a JSON object) and the seconds of ``retry-after``.

        :raises TransportDownError: no connection could be made, so nothing was asked.
        """
        try:
            # Followed, a redirect would make of the mail a GET, whose success means nothing.
            async with self._session().request(
                method,
                self._settings.api_url + path,
                json=json,
                headers=headers,
                allow_redirects=False,
            ) as response:
                # What comes from a proxy in between is in any encoding.
                text = (await response.read()).decode(errors="replace")
                wait = _seconds(response.headers.get("retry-after"))
                try:
                    body = loads(text) if text else {}
                except (ValueError, RecursionError):
                    body = {"message": text}
                return response.status, body if isinstance(body, dict) else {}, wait
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise self._down(f"cannot reach {self._settings.api_url}: {error}") from None

    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            connector = aiohttp.TCPConnector(ssl=self._tls_context or True, limit=self.lanes)
            self._http = aiohttp.ClientSession(
                connector=connector,
                timeout=self._timeout,
                headers={
                    "Authorization": f"Bearer {self._settings.api_key}",
                    "User-Agent": "live-sessions-notifier",
                },
            )
        return self._http


def _request(letter: Letter) -> dict[str, object]:
    request: dict[str, object] = {
        "from": str(letter.sender),
        "to": [str(letter.recipient)],
        "subject": letter.edition.subject,
        "text": letter.text,
        "html": letter.html,
        "tags": [{"name": EMAIL_TAG, "value": str(letter.email_id)}],
        "headers": {"Auto-Submitted": "auto-generated"}
        | ({"References": letter.thread} if letter.thread else {})
        | unsubscribe_headers(letter.unsubscribe_url),
    }
    attachments = [
        (name, calendar.text, f"text/calendar; charset=utf-8; method={calendar.method}")
        for name, calendar in calendar_files(letter.calendars)
    ] + [(file.name, file.text, f"{file.media_type}; charset=utf-8") for file in letter.files]
    if attachments:
        request["attachments"] = [
            {
                "filename": name,
                "content": b64encode(text.encode()).decode("ascii"),
                "content_type": content_type,
            }
            for name, text, content_type in attachments
        ]
    return request


def _accepts(body: Mapping[str, Any], request: Mapping[str, object] | Sequence[object]) -> bool:
    """Whether Resend says so, of each letter of a parcel; anybody can answer 200."""
    if isinstance(request, Mapping):
        return isinstance(body.get("id"), str)
    accepted, refused = body.get("data"), body.get("errors") or []
    return (
        isinstance(accepted, list)
        and isinstance(refused, list)
        and all(isinstance(each, dict) and isinstance(each.get("index"), int) for each in refused)
        and len(accepted) + len(refused) >= len(request)
    )


def _describe(status: int, name: str, body: Mapping[str, Any]) -> str:
    return f"{status} {name} {body.get('message', '')}".strip()


def _remedy(status: int) -> str:
    if status in (401, 403):
        return " (check RESEND_API_KEY, and that EMAIL_FROM is of a verified domain)"
    if status < 400 or status in (404, 405):
        return " (check RESEND_API_URL)"
    return ""


def _seconds(retry_after: str | None) -> float | None:
    """``retry-after`` in seconds, as this API sends it; None if absent or of another form."""
    try:
        seconds = float(retry_after or "")
    except ValueError:
        return None
    return seconds if 0 <= seconds <= 86_400 else None
