"""Outgoing webhooks: signed as Standard Webhooks says, sent to public addresses only.

Delivered at least once: a receiver knows a repetition by ``webhook-id``. Nothing of an answer is
kept but its status.
"""

import asyncio
import ipaddress
import logging
import socket
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from hashlib import sha256
from hmac import digest
from ssl import SSLContext
from typing import Protocol
from uuid import UUID

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from notifier import log
from notifier.delivery import cancel
from notifier.model import Answer, ClaimedWebhook
from notifier.outbox import OutboxUnavailableError
from notifier.patience import insist
from notifier.redact import redact

TIMEOUT = 15.0
"""Seconds an endpoint may take (Standard Webhooks recommends 15 to 30)."""

LANES = 8
"""Requests under way at a time."""

MAX_RETRY_AFTER = 86_400.0

MAX_ANSWER = 65_536
"""Octets of an answer that are listened to: its head is all that counts."""


class ForbiddenAddressError(OSError):
    """The endpoint's name leads into a network that webhooks must not reach."""


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet.

    Addresses of IPv6 that stand for one of IPv4 are judged by that; of the others only those count
    that are given out (IANA: 2000::/3), since the rest leads to wherever the network's owner says.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(str(inner))
        if ip not in _GIVEN_OUT:
            return False
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _SPECIAL)


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_GIVEN_OUT = ipaddress.IPv6Network("2000::/3")
_SPECIAL = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20")))
"""For special purposes (RFC 6890, 7526, 9637); older Pythons do not know all of them."""


class PublicResolver(AbstractResolver):
    """Looks names up, and knows no private address: what is checked is what is connected to."""

    def __init__(self) -> None:
        self._resolver = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The public addresses of a name.

        :raises ForbiddenAddressError: it has others only.
        """
        found = await self._resolver.resolve(host, port, family)
        public = [result for result in found if is_public(result["host"])]
        if not public:
            raise ForbiddenAddressError("its name leads into a private network")
        return public

    async def close(self) -> None:
        """Let go of what it holds."""
        await self._resolver.close()


def signature(secret: str, delivery_id: str, timestamp: int, body: bytes) -> str:
    """``v1,`` and the HMAC-SHA256 of id, timestamp and body (Standard Webhooks)."""
    key = b64decode(secret.removeprefix("whsec_"))
    content = f"{delivery_id}.{timestamp}.".encode() + body
    return "v1," + b64encode(digest(key, content, sha256)).decode("ascii")


class Poster:
    """Sends requests. ``allow_private``: also into networks that are not the internet."""

    def __init__(
        self,
        *,
        allow_private: bool = False,
        timeout: float = TIMEOUT,
        tls_context: SSLContext | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """``timeout`` in seconds for a whole request; ``now`` in seconds since the epoch."""
        self._allow_private = allow_private
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._tls_context = tls_context
        self._now = now
        self._http: aiohttp.ClientSession | None = None

    async def post(self, webhook: ClaimedWebhook) -> Answer:
        """Send one request; never raises."""
        body = webhook.body.encode()
        try:
            url = URL(webhook.url)
            host = url.raw_host or ""  # as it is connected to, however it was written
            if not self._allow_private and _is_private_address(host):
                return Answer(None, "its address is in a private network")
            # A redirect could lead anywhere, so it counts as a refusal.
            async with self._session().post(
                url, data=body, headers=self._headers(webhook, body), allow_redirects=False
            ) as response:
                error = "" if 200 <= response.status < 300 else f"answered {response.status}"
                return Answer(response.status, error, _retry_after(response.headers))
        except ForbiddenAddressError as error:
            return Answer(None, str(error))
        except aiohttp.ServerDisconnectedError:  # its text is what was read, as Python shows it
            return Answer(None, "the connection was closed before there was an answer")
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            # ValueError: what looks like a name may be none, as `a..b`.
            cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
            if isinstance(cause, ForbiddenAddressError):
                return Answer(None, str(cause))
            return Answer(None, redact(str(error)) or "no answer in time")

    async def close(self) -> None:
        """Close the connections."""
        if self._http is not None:
            await self._http.close()
            self._http = None

    def _headers(self, webhook: ClaimedWebhook, body: bytes) -> dict[str, str]:
        delivery_id, timestamp = str(webhook.delivery_id), int(self._now())
        signatures = (signature(secret, delivery_id, timestamp, body) for secret in webhook.secrets)
        return {
            "content-type": "application/json",
            "webhook-id": delivery_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": " ".join(signatures),
        }

    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            connector = aiohttp.TCPConnector(
                ssl=self._tls_context or True,
                limit=LANES,
                resolver=ThreadedResolver() if self._allow_private else PublicResolver(),
                use_dns_cache=False,
                force_close=True,  # what is listened to is of one answer
            )
            hearing: type[ResponseHandler] = _Hearing
            connector._factory = partial(hearing, asyncio.get_running_loop())
            self._http = aiohttp.ClientSession(
                connector=connector,
                timeout=self._timeout,
                headers={"User-Agent": "live-sessions-notifier"},
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._http


class _Hearing(ResponseHandler):
    """Hangs up after :data:`MAX_ANSWER` octets.

    Interim responses without end (``100 Continue``) would otherwise be read as fast as they come,
    while nothing else in this process has a turn, its timeouts included.
    """

    _left = MAX_ANSWER

    def data_received(self, data: bytes) -> None:
        """Pass on what may still be heard."""
        heard = data[: self._left]
        self._left -= len(heard)
        super().data_received(heard)
        if not self._left and self.transport is not None:
            self.transport.abort()


class WebhookQueue(Protocol):
    """What sending webhooks needs of :class:`notifier.outbox.Outbox`."""

    async def claim_webhooks(self, max_deliveries: int, lease: float) -> Sequence[ClaimedWebhook]:
        """See the outbox."""
        ...

    async def extend_webhook(self, claim: UUID, delivery: UUID, lease: float) -> bool:
        """See the outbox."""
        ...

    async def complete_webhook(self, claim: UUID, delivery: UUID, status: int) -> bool:
        """See the outbox."""
        ...

    async def fail_webhook(self, claim: UUID, delivery: UUID, answer: Answer) -> str | None:
        """See the outbox."""
        ...


class Courier:
    """Claims webhooks and sends them, a few at a time, beside the mails."""

    def __init__(
        self,
        outbox: WebhookQueue,
        books: WebhookQueue,
        poster: Poster,
        *,
        lease: float,
        wake: asyncio.Event,
    ) -> None:
        """``lease`` in seconds: how long a claim outlives this process. ``wake`` is set when there
        is room for more.
        """
        self._outbox = outbox
        self._books = books
        self._poster = poster
        self._lease = lease
        self._wake = wake
        self._under_way: set[asyncio.Task[None]] = set()
        self.sent = 0
        self.failed = 0

    async def look(self) -> bool:
        """Claim what is due, as far as there is room; whether there was anything.

        :raises OutboxUnavailableError: the database cannot be reached.
        """
        room = LANES - len(self._under_way)
        if room == 0:
            return False
        claimed = await self._outbox.claim_webhooks(room, self._lease)
        for webhook in claimed:
            task = asyncio.create_task(self._deliver(webhook))
            self._under_way.add(task)
            task.add_done_callback(self._forget)
        return bool(claimed)

    async def finish(self, grace: float) -> None:
        """Wait for what is under way for ``grace`` seconds; the rest is repeated by others."""
        tasks = list(self._under_way)
        if tasks:
            await asyncio.wait(tasks, timeout=grace)
        await cancel(tasks)
        await self._poster.close()

    async def drained(self) -> None:
        """Wait until nothing is under way."""
        while self._under_way:
            await asyncio.wait(list(self._under_way))

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._wake.set()
        if not task.cancelled() and task.exception() is not None:
            log.event(logging.ERROR, "webhook_not_recorded", reason=str(task.exception()))

    async def _post(self, webhook: ClaimedWebhook) -> Answer:
        """Send it, and extend its claim three times per lease meanwhile."""
        posting = asyncio.create_task(self._poster.post(webhook))
        try:
            while not (await asyncio.wait([posting], timeout=self._lease / 3))[0]:
                try:
                    await self._books.extend_webhook(
                        webhook.claim_id, webhook.delivery_id, self._lease
                    )
                except OutboxUnavailableError as error:
                    log.event(logging.WARNING, "database_lost", reason=str(error), doing="extend")
            return posting.result()
        finally:
            posting.cancel()

    async def _deliver(self, webhook: ClaimedWebhook) -> None:
        began = time.monotonic()
        answer = await self._post(webhook)
        status = answer.status
        if answer.accepted and status is not None:
            held = await insist(
                lambda: self._books.complete_webhook(webhook.claim_id, webhook.delivery_id, status),
                "complete",
            )
            outcome = "sent" if held else "sent_unclaimed"
            self.sent += 1
        else:
            recorded = await insist(
                lambda: self._books.fail_webhook(webhook.claim_id, webhook.delivery_id, answer),
                "fail",
            )
            outcome = recorded or "unclaimed"
            self.failed += 1
        log.event(
            logging.INFO if answer.accepted else logging.WARNING,
            "webhook",
            id=webhook.delivery_id,
            endpoint=webhook.endpoint_id,
            type=webhook.event_type,
            attempt=webhook.attempt,
            outcome=outcome,
            status=status,
            error=answer.error or None,
            ms=(time.monotonic() - began) * 1000,
        )


def _is_private_address(host: str) -> bool:
    """Whether a host that is no name, and so is not looked up, is anything but a public address.

    Older aiohttp hands ``127.1`` and ``2130706433`` to the system, which takes them for 127.0.0.1.
    """
    if ":" not in host and not host.replace(".", "").isdigit():
        return False
    try:
        return not is_public(host)
    except ValueError:
        return True


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """``retry-after`` in seconds; None if absent or of another form."""
    try:
        seconds = float(headers.get("Retry-After", ""))
    except ValueError:
        return None
    return seconds if 0 <= seconds <= MAX_RETRY_AFTER else None
