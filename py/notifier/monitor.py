"""What supervisors and monitors ask over HTTP: is it alive, can it work, how is the queue.

Off unless a port is set. It shows numbers and reasons, no id, no address, no secret, and takes
nothing: bind it to the loopback interface, or to a network of your own.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from notifier.outbox import CALL_TIMEOUT, OutboxError, OutboxUnavailableError, QueueMetrics
from notifier.recorder import Histogram, Tally

STUCK_AFTER = 2 * CALL_TIMEOUT
"""Seconds, beside the longest rest, that the worker may take for one round."""

PATIENCE = 5.0
"""Seconds that the database is waited for: monitors give up after ten, and would learn nothing."""


@dataclass(frozen=True, slots=True)
class Vitals:
    """How a worker is, this moment.

    ``idle_seconds``: since it last began a round. ``trouble``: why it cannot work, one redacted
    line each; empty when it can.
    """

    idle_seconds: float
    trouble: tuple[str, ...]
    listening: bool
    tally: Tally
    latency: Histogram
    webhooks_sent: int
    webhooks_failed: int


class Watched(Protocol):
    """Something whose vitals can be taken."""

    def vitals(self) -> Vitals:
        """How it is, this moment."""
        ...


class Gauges(Protocol):
    """What the monitor needs of :class:`notifier.outbox.Outbox`."""

    async def queue_metrics(self) -> QueueMetrics:
        """See the outbox."""
        ...


class Monitor:
    """Answers ``/healthz``, ``/readyz`` and ``/metrics``."""

    def __init__(self, outbox: Gauges, watched: Watched, *, poll: float) -> None:
        """``outbox`` is a connection of its own; ``poll`` is the worker's longest rest."""
        self._outbox = outbox
        self._watched = watched
        self._patience = poll + STUCK_AFTER
        self._asked: asyncio.Task[QueueMetrics] | None = None

    async def serve(self, host: str, port: int) -> None:
        """Answer for ever.

        :raises OSError: the address cannot be listened on.
        """
        app = web.Application()
        app.router.add_get("/healthz", self._health)
        app.router.add_get("/readyz", self._ready)
        app.router.add_get("/metrics", self._metrics)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        try:
            try:
                await web.TCPSite(runner, host, port).start()
            except OSError as error:
                raise OSError(f"NOTIFIER_MONITOR cannot be listened on: {error}") from None
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()

    async def _health(self, _: web.Request) -> web.Response:
        """Alive: it goes round. If not, restarting it is the remedy."""
        idle = self._watched.vitals().idle_seconds
        if idle <= self._patience:
            return web.Response(text="ok\n")
        return web.Response(status=503, text=f"stuck for {idle:.0f} s\n")

    async def _ready(self, _: web.Request) -> web.Response:
        """Able to work: the database answers and mail has a way out."""
        trouble = self._watched.vitals().trouble
        try:
            await self._queue_metrics()
        except OutboxError as error:
            trouble = (*trouble, f"database: {error}")
        if not trouble:
            return web.Response(text="ready\n")
        return web.Response(status=503, text="".join(f"{reason}\n" for reason in trouble))

    async def _metrics(self, _: web.Request) -> web.Response:
        try:
            queue: QueueMetrics | None = await self._queue_metrics()
        except OutboxError:
            queue = None
        lines = [*_worker_lines(self._watched.vitals()), *_queue_lines(queue)]
        return web.Response(
            body="\n".join([*lines, ""]).encode(),
            headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
        )

    async def _queue_metrics(self) -> QueueMetrics:
        """The answer to a question that all share who ask meanwhile.

        :raises OutboxError: the database cannot be reached, or does not answer soon.
        """
        if self._asked is None or self._asked.done():
            self._asked = asyncio.create_task(self._outbox.queue_metrics())
        try:
            async with asyncio.timeout(PATIENCE):
                return await asyncio.shield(self._asked)
        except TimeoutError:
            raise OutboxUnavailableError("the database has not answered yet") from None


def _worker_lines(vitals: Vitals) -> Iterator[str]:
    """This process's own counts; a monitor adds up those of all workers."""
    tally = vitals.tally
    yield from _head("notifier_mails_total", "counter", "Mails by what became of an attempt.")
    for outcome, count in (
        ("sent", tally.sent),
        ("failed", tally.failed),
        ("in_doubt", tally.in_doubt),
        ("dead", tally.dead),
        ("released", tally.released),
        ("postponed", tally.postponed),
        ("lost", tally.lost),
    ):
        yield f'notifier_mails_total{{outcome="{outcome}"}} {count}'
    yield from _head("notifier_webhooks_total", "counter", "Outgoing webhooks by outcome.")
    yield f'notifier_webhooks_total{{outcome="sent"}} {vitals.webhooks_sent}'
    yield f'notifier_webhooks_total{{outcome="failed"}} {vitals.webhooks_failed}'
    yield from _head("notifier_send_seconds", "histogram", "Handing a mail over, to the answer.")
    latency = vitals.latency
    for bound, count in zip((*latency.bounds, "+Inf"), latency.cumulative(), strict=True):
        yield f'notifier_send_seconds_bucket{{le="{bound}"}} {count}'
    yield f"notifier_send_seconds_sum {latency.total:.6f}"
    yield f"notifier_send_seconds_count {latency.count}"
    yield from _gauge("notifier_ready", "Whether it can work.", int(not vitals.trouble))
    yield from _gauge("notifier_listening", "Whether notifications arrive.", int(vitals.listening))
    yield from _gauge("notifier_round_age_seconds", "Since it looked.", vitals.idle_seconds)


def _queue_lines(queue: QueueMetrics | None) -> Iterator[str]:
    """The queue of all workers: the same whichever of them is asked."""
    yield from _gauge("notifier_database_up", "Whether the queue answered.", int(queue is not None))
    if queue is None:
        return
    yield from _head("notifier_queue_mails", "gauge", "Unfinished and dead mails by status.")
    for status, count in (
        ("queued", queue.queued),
        ("held", queue.held),
        ("in_doubt", queue.in_doubt),
        ("dead", queue.dead),
    ):
        yield f'notifier_queue_mails{{status="{status}"}} {count}'
    yield from _gauge("notifier_queue_urgent_mails", "Waiting mails that are urgent.", queue.urgent)
    yield from _gauge("notifier_queue_events", "Events not expanded.", queue.events)
    yield from _gauge(
        "notifier_queue_oldest_seconds",
        "How long the oldest due mail or event has waited; 0: nothing is due.",
        queue.oldest_seconds or 0.0,
    )


def _gauge(name: str, about: str, value: float) -> Iterator[str]:
    yield from _head(name, "gauge", about)
    yield f"{name} {value!r}"


def _head(name: str, kind: str, about: str) -> Iterator[str]:
    yield f"# HELP {name} {about}"
    yield f"# TYPE {name} {kind}"
