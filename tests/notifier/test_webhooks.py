"""Outgoing webhooks over a real socket: signed, sent to public addresses, repeated, taken over."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import UUID, uuid4

import pytest
from aiohttp.abc import ResolveResult
from aiohttp.resolver import ThreadedResolver

from notifier.config import ConfigError, load_settings
from notifier.model import Answer, ClaimedWebhook
from notifier.outbox import OutboxUnavailableError
from notifier.webhooks import LANES, Courier, Poster, PublicResolver, is_public
from support.actors import as_user
from support.certificates import Authority
from support.classroom import Classroom
from support.daemon import Daemons, environment
from support.hooks_server import HooksServer, Received
from support.smtp_server import SmtpServer
from support.threads import in_thread
from support.waiting import wait_until

SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes ...").decode()
GOOD = {
    "DATABASE_URL": "postgresql://notifier:x@localhost/postgres",
    "SMTP_HOST": "smtp.example.com",
    "EMAIL_FROM": "sessions@example.com",
    "APP_URL": "https://app.example.com",
}
OLD = "whsec_" + base64.b64encode(b"the one before").decode()


def webhook(url: str, *secrets: str) -> ClaimedWebhook:
    return ClaimedWebhook(
        uuid4(), uuid4(), uuid4(), url, "session.changed", '{"type":"x"}', list(secrets), 1
    )


def signatures_of(request: Received, *secrets: str) -> str:
    """What the header must say, worked out as a receiver does."""
    content = b".".join(
        (
            request.headers["webhook-id"].encode(),
            request.headers["webhook-timestamp"].encode(),
            request.body,
        )
    )
    macs = (
        hmac.new(base64.b64decode(secret[6:]), content, hashlib.sha256).digest()
        for secret in secrets
    )
    return " ".join(f"v1,{base64.b64encode(mac).decode()}" for mac in macs)


@asynccontextmanager
async def posting(
    authority: Authority, *, allow_private: bool = True, patience: float = 60.0
) -> AsyncIterator[Poster]:
    poster = Poster(
        allow_private=allow_private,
        timeout=patience,
        tls_context=authority.client(),
    )
    try:
        yield poster
    finally:
        await poster.close()


# One request


async def test_a_request_is_signed_by_every_secret_of_the_endpoint(authority: Authority) -> None:
    async with HooksServer(authority.server) as server, posting(authority) as poster:
        sent = webhook(server.url, SECRET, OLD)

        assert await poster.post(sent) == Answer(204)

        (request,) = server.received
        assert request.body == b'{"type":"x"}'
        assert request.headers["content-type"] == "application/json"
        assert request.headers["webhook-id"] == str(sent.delivery_id)
        assert abs(int(request.headers["webhook-timestamp"]) - time.time()) < 60
        assert request.headers["webhook-signature"] == signatures_of(request, SECRET, OLD)


@pytest.mark.parametrize(
    ("status", "headers", "down", "wait"),
    [
        (400, {}, False, None),
        (302, {"Location": "http://127.0.0.1/"}, False, None),
        (410, {}, False, None),
        (429, {"Retry-After": "7"}, True, 7.0),
        (503, {"Retry-After": "tomorrow"}, True, None),
        (503, {"Retry-After": "-1"}, True, None),
        (503, {"Retry-After": "1e9"}, True, None),
    ],
)
async def test_an_answer_that_is_not_2xx_is_a_failure(
    authority: Authority, status: int, headers: dict[str, str], down: bool, wait: float | None
) -> None:
    async with HooksServer(authority.server) as server, posting(authority) as poster:
        server.answers.append((status, headers))

        answer = await poster.post(webhook(server.url, SECRET))

        assert (answer.status, answer.accepted) == (status, False)
        assert (answer.endpoint_down, answer.retry_after) == (down, wait)
        assert len(server.received) == 1  # nobody is followed anywhere


async def test_a_certificate_nobody_vouches_for_is_a_failure(authority: Authority) -> None:
    async with HooksServer(authority.server) as server:
        poster = Poster(allow_private=True)
        answer = await poster.post(webhook(server.url, SECRET))
        await poster.close()

        assert (answer.status, answer.endpoint_down) == (None, True)
        assert "certificate" in answer.error.lower()
        assert server.received == []


async def test_an_endpoint_that_is_silent_is_given_up(authority: Authority) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        async with posting(authority, patience=0.5) as poster:
            answer = await poster.post(webhook(f"https://localhost:{port}/", SECRET))

    assert (answer.status, answer.endpoint_down) == (None, True)
    assert answer.error


@pytest.mark.parametrize(
    "beginning", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n"]
)
async def test_an_answer_without_end_is_heard_to_its_head_and_no_further(
    authority: Authority, beginning: bytes
) -> None:
    """Interim responses for ever, or a body; the server notices what is taken from it."""
    said = 0

    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal said
        with suppress(ConnectionError):
            writer.write(beginning)
            while said < 1 << 26:
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)
                await writer.drain()
                said += 25_000

    async with (
        await asyncio.start_server(talk, "127.0.0.1", 0, ssl=authority.server) as server,
        posting(authority) as poster,
    ):
        port = server.sockets[0].getsockname()[1]
        answer = await poster.post(webhook(f"https://localhost:{port}/", SECRET))

    if beginning:
        assert (answer.status, answer.error) == (200, "")
    else:
        assert (answer.status, "closed before" in answer.error) == (None, True)
    assert said < 1 << 24  # what the system's buffers hold is taken as well


@pytest.mark.parametrize("host", ["a..example.com", "a" * 64 + ".com", ".com"])
async def test_a_name_that_is_none_is_a_failure(authority: Authority, host: str) -> None:
    async with posting(authority) as poster:
        answer = await poster.post(webhook(f"https://{host}/", SECRET))

    assert (answer.status, answer.endpoint_down) == (None, True)
    assert answer.error


class Unreachable:
    """A queue of one webhook in a database that goes away, and loses a cancellation meanwhile."""

    def __init__(self, claimed: ClaimedWebhook) -> None:
        self.claimed = claimed
        self.asked = asyncio.Event()

    async def claim_webhooks(self, max_deliveries: int, lease: float) -> list[ClaimedWebhook]:
        return [self.claimed]

    async def extend_webhook(self, claim: UUID, delivery: UUID, lease: float) -> bool:
        raise AssertionError

    async def complete_webhook(self, claim: UUID, delivery: UUID, status: int) -> bool:
        raise AssertionError

    async def fail_webhook(self, claim: UUID, delivery: UUID, answer: Answer) -> str | None:
        self.asked.set()
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(0.1)
        raise OutboxUnavailableError("gone")


async def test_stopping_waits_for_no_database_that_is_gone() -> None:
    queue = Unreachable(webhook("https://127.0.0.1/", SECRET))
    courier = Courier(queue, queue, Poster(), lease=3600.0, wake=asyncio.Event())
    await courier.look()
    await queue.asked.wait()

    async with asyncio.timeout(60):
        await courier.finish(grace=0.0)


class Plenty:
    """Always has as many as are asked for, and remembers how many were."""

    def __init__(self) -> None:
        self.asked_for: list[int] = []
        self.completed: set[UUID] = set()

    async def claim_webhooks(self, max_deliveries: int, lease: float) -> list[ClaimedWebhook]:
        self.asked_for.append(max_deliveries)
        return [webhook("https://example.com/", SECRET) for _ in range(max_deliveries)]

    async def extend_webhook(self, claim: UUID, delivery: UUID, lease: float) -> bool:
        raise AssertionError

    async def complete_webhook(self, claim: UUID, delivery: UUID, status: int) -> bool:
        self.completed.add(delivery)
        return True

    async def fail_webhook(self, claim: UUID, delivery: UUID, answer: Answer) -> str | None:
        raise AssertionError


class OneByOne(Poster):
    """Endpoints that answer when they may."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = asyncio.Semaphore(0)

    async def post(self, webhook: ClaimedWebhook) -> Answer:
        await self.answers.acquire()
        return Answer(204)


async def test_no_more_are_claimed_than_are_sent_at_once_and_an_answer_makes_room() -> None:
    queue, poster, wake = Plenty(), OneByOne(), asyncio.Event()
    courier = Courier(queue, queue, poster, lease=3600.0, wake=wake)

    assert await courier.look()
    assert not await courier.look()
    assert queue.asked_for == [LANES]

    poster.answers.release()
    async with asyncio.timeout(60):
        await wake.wait()
    assert await courier.look()
    assert queue.asked_for == [LANES, 1]
    assert len(queue.completed) == 1

    for _ in range(LANES):
        poster.answers.release()
    async with asyncio.timeout(60):
        await courier.finish(grace=60.0)
    assert len(queue.completed) == LANES + 1  # what was under way had the time to end


# Where requests must not go


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700:4700::1111", True),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::808:808", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 - not listened on
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("2002:7f00:1::", False),
        ("64:ff9b::a00:1", False),
        ("64:ff9b:1::a00:1", False),
        ("::ffff:0:127.0.0.1", False),
        ("::127.0.0.1", False),
        ("fec0::1", False),
        ("3fff::1", False),
        ("192.0.0.8", False),
    ],
)
def test_addresses_of_the_internet_are_told_from_others(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "127.0.0.1",
        "\uff11\uff12\uff17.0.0.1",
        "[::1]",
        "169.254.169.254",
        "127.1",
        "2130706433",
        "0177.0.0.1",
        "0",
        "0x7f.0.0.1",
    ],
)
async def test_private_networks_are_not_reached(authority: Authority, host: str) -> None:
    async with (
        HooksServer(authority.server) as server,
        posting(authority, allow_private=False) as poster,
    ):
        port = server.url.rsplit(":", 1)[1]

        answer = await poster.post(webhook(f"https://{host}:{port}", SECRET))

        assert answer.status is None
        assert "private network" in answer.error
        assert server.received == []


async def test_a_name_with_a_public_and_a_private_address_leads_to_the_public_one_only(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is checked is what is connected to: the name is looked up once."""

    async def rebound(
        _: ThreadedResolver, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=6, flags=0)
            for address in ("127.0.0.1", "192.0.2.1")
        ]

    monkeypatch.setattr(ThreadedResolver, "resolve", rebound)
    async with posting(authority, allow_private=False) as poster:
        answer = await poster.post(webhook("https://rebound.example.test/", SECRET))

    assert answer.status is None
    assert "private network" in answer.error  # 192.0.2.0/24 is for documentation, not public


async def test_of_a_name_that_has_both_only_public_addresses_are_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def both(
        _: ThreadedResolver, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=6, flags=0)
            for address in ("127.0.0.1", "8.8.8.8")
        ]

    monkeypatch.setattr(ThreadedResolver, "resolve", both)

    found = await PublicResolver().resolve("both.example.test")

    assert [each["host"] for each in found] == ["8.8.8.8"]


def test_the_networks_are_public_unless_said_otherwise() -> None:
    assert load_settings(GOOD).webhooks_to_private is False
    assert load_settings(GOOD | {"NOTIFIER_WEBHOOK_NETWORKS": "any"}).webhooks_to_private is True
    with pytest.raises(ConfigError, match=r"^NOTIFIER_WEBHOOK_NETWORKS is unknown"):
        load_settings(GOOD | {"NOTIFIER_WEBHOOK_NETWORKS": "all"})


class Slow(Plenty):
    """Has one. Its endpoint answers when the claim is extended at last: the database is gone twice
    before.
    """

    def __init__(self, poster: OneByOne) -> None:
        super().__init__()
        self.poster = poster
        self.claimed = webhook("https://example.com/", SECRET)
        self.extended: list[tuple[UUID, UUID, float]] = []

    async def claim_webhooks(self, max_deliveries: int, lease: float) -> list[ClaimedWebhook]:
        return [self.claimed]

    async def extend_webhook(self, claim: UUID, delivery: UUID, lease: float) -> bool:
        self.extended.append((claim, delivery, lease))
        if len(self.extended) < 3:
            raise OutboxUnavailableError("gone")
        self.poster.answers.release()
        return True


async def test_a_claim_is_extended_until_the_endpoint_has_answered() -> None:
    poster, wake = OneByOne(), asyncio.Event()
    queue = Slow(poster)
    courier = Courier(queue, queue, poster, lease=0.001, wake=wake)

    await courier.look()
    async with asyncio.timeout(60):
        await wake.wait()

    claimed = queue.claimed
    assert set(queue.extended) == {(claimed.claim_id, claimed.delivery_id, 0.001)}
    assert queue.completed == {claimed.delivery_id}


# The whole way


def subscribe(classroom: Classroom, url: str) -> tuple[UUID, str]:
    with classroom.conn.transaction(), as_user(classroom.conn, classroom.admin):
        row = classroom.conn.execute(
            "select endpoint_id, secret from public.create_webhook_endpoint(%s, %s)",
            (url, ["session.created", "session.changed"]),
        ).fetchone()
    assert row is not None
    return row[0], row[1]


def statuses(classroom: Classroom) -> list[str]:
    return [row["status"] for row in classroom.outbox.rows("webhook_deliveries")]


def is_taken(classroom: Classroom) -> bool:
    """Whether the endpoint has it: who looks late may find it repeated already."""
    return statuses(classroom) == ["sent"]


def was_refused(classroom: Classroom) -> bool:
    """Whether it waits for another attempt: it is queued before the first, and during it, too."""
    rows = classroom.outbox.rows("webhook_deliveries")
    return [(row["status"], row["response_status"]) for row in rows] == [("queued", 500)]


def test_a_change_reaches_the_endpoint_beside_the_mails(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons, authority: Authority
) -> None:
    with in_thread(HooksServer(authority.server)) as hooks:
        _, secret = subscribe(classroom, hooks.url)
        hooks.answers.append((500, {}))
        daemon = daemons.start(
            environment(
                classroom.database,
                mail_server,
                NOTIFIER_WEBHOOK_NETWORKS="any",
                NOTIFIER_POLL_SECONDS="1",
                SSL_CERT_FILE=str(authority.trust),
            ),
            fresh=True,
        )
        session = classroom.schedule()
        wait_until(lambda: was_refused(classroom) or is_taken(classroom), "refused")
        classroom.conn.execute(
            "update notifier.webhook_deliveries set available_at = now() where status = 'queued'"
        )
        wait_until(lambda: is_taken(classroom), "repeated and taken")
        wait_until(lambda: classroom.all_sent(3), "mails sent")

        first, again = hooks.received
        assert first.headers["webhook-id"] == again.headers["webhook-id"]
        assert first.body == again.body
        assert again.headers["webhook-signature"] == signatures_of(again, secret)
        told = json.loads(again.body)
        assert (told["type"], told["data"]["session_id"]) == ("session.created", str(session))
        assert daemon.stop() == 0  # it commits first, and says so then
        assert [line["outcome"] for line in daemon.events("webhook")] == ["queued", "sent"]
        assert hooks.url not in daemon.log
        assert secret not in daemon.log


def test_a_standing_by_worker_takes_over_a_webhook_within_five_seconds(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons, authority: Authority
) -> None:
    with in_thread(HooksServer(authority.server)) as hooks:
        subscribe(classroom, hooks.url)
        hooks.answers.append(None)
        env = environment(
            classroom.database,
            mail_server,
            NOTIFIER_WEBHOOK_NETWORKS="any",
            NOTIFIER_POLL_SECONDS="300",
            SSL_CERT_FILE=str(authority.trust),
        )
        del env["NOTIFIER_LEASE_SECONDS"]  # the default is what keeps the promise
        first = daemons.start(env, fresh=True)
        classroom.schedule()
        wait_until(lambda: hooks.received, "the endpoint has it")
        second = daemons.start(env, fresh=True)
        first.kill()
        (within,) = classroom.conn.execute(
            "select max(available_at) <= clock_timestamp() + interval '5 seconds'"
            " from notifier.webhook_deliveries"
        ).fetchone() or (None,)
        assert within is True

        wait_until(lambda: is_taken(classroom), "it is sent again")

        lost, again = hooks.received
        assert lost.headers["webhook-id"] == again.headers["webhook-id"]
        assert second.stop() == 0


def test_once_sends_what_is_due_to_endpoints_too(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons, authority: Authority
) -> None:
    with in_thread(HooksServer(authority.server)) as hooks:
        subscribe(classroom, hooks.url)
        classroom.schedule()
        env = environment(
            classroom.database,
            mail_server,
            NOTIFIER_WEBHOOK_NETWORKS="any",
            SSL_CERT_FILE=str(authority.trust),
        )

        ended = daemons.run(env, "once", fresh=True)

        assert ended.returncode == 0
        assert len(hooks.received) == 1
        assert statuses(classroom) == ["sent"]


def test_by_default_an_endpoint_on_this_machine_is_not_reached(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons, authority: Authority
) -> None:
    with in_thread(HooksServer(authority.server)) as hooks:
        subscribe(classroom, hooks.url)
        classroom.schedule()

        ended = daemons.run(environment(classroom.database, mail_server), "once")

        assert ended.returncode == 0
        assert hooks.received == []
    (row,) = classroom.outbox.rows("webhook_deliveries")
    assert (row["status"], row["last_error"]) == (
        "queued",
        "its name leads into a private network",
    )
    assert classroom.all_sent(3)
