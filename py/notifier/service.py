"""Puts a worker together and runs it: connections, transports, tasks, signals."""

import asyncio
import gc
import logging
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import date
from functools import partial
from typing import Any

from notifier import log
from notifier.compose import Composer
from notifier.config import Settings
from notifier.delivery import Compositor, Delivery, cancel
from notifier.listener import Listener
from notifier.meetings import Meetings
from notifier.monitor import Monitor, Vitals
from notifier.outbox import Outbox
from notifier.redact import redact
from notifier.render import Renderer
from notifier.report_mail import Mailed, Reporter, mail_report
from notifier.transports import Transport
from notifier.transports.failover import FailoverTransport
from notifier.transports.resend import ResendTransport
from notifier.transports.smtp import SmtpTransport
from notifier.webhooks import Courier, Poster
from notifier.worker import Worker

SHORT_GRACE = 2.0
"""Seconds for mails under way when a task has died: the process is not to be trusted for longer."""


def make_transports(settings: Settings) -> list[SmtpTransport | ResendTransport]:
    """The configured transports in order of preference; at least one."""
    transports: list[SmtpTransport | ResendTransport] = []
    if settings.smtp is not None:
        transports.append(SmtpTransport(settings.smtp))
    if settings.resend is not None:
        transports.append(ResendTransport(settings.resend))
    return transports


def make_transport(settings: Settings) -> Transport:
    """The one transport the worker uses; with two configured, the second is the fail-over."""
    first, *rest = make_transports(settings)
    return FailoverTransport(first, rest[0]) if rest else first


def make_outbox(settings: Settings, is_session: Callable[[], bool] = lambda: False) -> Outbox:
    """A connection to the queue under this process's name; for ``is_session`` see the outbox."""
    return Outbox(
        settings.database_url,
        worker=f"{socket.gethostname()}:{os.getpid()}",
        organizer=settings.email_from.plain(),
        app_url=settings.app_url,
        suppress_after=settings.suppress_after,
        is_session=is_session,
    )


@dataclass(slots=True)
class _Parts:
    worker: Worker
    delivery: Delivery
    listener: Listener
    transport: Transport
    meetings: Meetings | None
    courier: Courier
    stop: asyncio.Event
    reporter: Reporter | None = None

    def vitals(self) -> Vitals:
        """How this worker is, for a monitor."""
        outage, database = self.delivery.outage, self.worker.database_trouble
        return Vitals(
            idle_seconds=asyncio.get_running_loop().time() - self.worker.looked_at,
            trouble=(
                *([f"database: {database}"] if database else ()),
                *([f"{outage.transport}: {outage.reason}"] if outage else ()),
            ),
            listening=self.listener.listening,
            tally=self.delivery.tally,
            latency=self.delivery.latency,
            webhooks_sent=self.courier.sent,
            webhooks_failed=self.courier.failed,
        )

    async def finish_report(self, grace: float) -> bool:
        """Whether no mail of a report was under way, or it was finished in time."""
        return self.reporter is None or await self.reporter.finish(grace)


async def run(
    settings: Settings, transport: Transport | None = None, composer: Compositor | None = None
) -> int:
    """Work until SIGTERM or SIGINT; the exit code.

    0: stopped cleanly. 1: stopped, but answers of the mail server were still awaited. A task that
    dies raises instead, with everything in hand given back first. ``transport`` and ``composer``
    stand in for those that the settings ask for: whoever measures the queue sends nothing.
    """
    async with _assembled(settings, transport, composer) as parts:
        # What is here now stays: a search of it for garbage holds mails up by tens of milliseconds.
        gc.collect()
        gc.freeze()

        side: list[Callable[[], Coroutine[Any, Any, None]]] = [parts.listener.run]
        if parts.meetings is not None:
            side.append(parts.meetings.run)
        async with make_outbox(settings) as asking:
            parts.reporter = Reporter(settings, asking, parts.transport, stop=parts.stop)
            side.append(parts.reporter.run)
            if settings.monitor is not None:
                monitor = Monitor(asking, parts, poll=settings.poll)
                side.append(partial(monitor.serve, *settings.monitor))
            clean = await _supervise(parts, settings.grace, parts.worker.run, *side)
        log.event(logging.INFO, "stopped", clean=clean, **asdict(parts.delivery.tally))
        return 0 if clean else 1


async def once(settings: Settings) -> int:
    """Send everything that is due, then return the exit code.

    0: nothing is left to do now. 1: mail is left that could not be sent.

    :raises TransportDownError: no transport works; nothing is lost.
    :raises OutboxUnavailableError: the database cannot be reached.
    """
    async with _assembled(settings) as parts:
        if parts.meetings is not None:
            await parts.meetings.once()
        clean = await _supervise(parts, settings.grace, parts.worker.drain)
        log.event(logging.INFO, "drained", clean=clean, **asdict(parts.delivery.tally))
        return 0 if clean else 1


async def mail_report_once(
    settings: Settings, first: date, last: date, timezone: str | None
) -> Mailed:
    """Send the report of these days to those who want it and were not sent it; see `mail_report`.

    :raises TransportDownError: no transport works.
    :raises OutboxError: the database cannot be reached or refuses.
    """
    transport = make_transport(settings)
    async with make_outbox(settings) as outbox:
        try:
            await transport.ready()
            return await mail_report(
                settings, outbox, transport, first, last, timezone, try_refused=True
            )
        finally:
            await transport.close()


def _make_composer(settings: Settings) -> Composer:
    composer = Composer(
        Renderer(settings.app_url, settings.email_from.name),
        settings.email_from,
        settings.unsubscribe_url,
    )
    for error in composer.rehearse():  # the other kinds can still be sent
        log.event(logging.ERROR, "template_broken", error=redact(error))
    return composer


@asynccontextmanager
async def _assembled(
    settings: Settings, transport: Transport | None = None, composer: Compositor | None = None
) -> AsyncIterator[_Parts]:
    """Three database connections: finding, marking and recording mails never wait in line.

    Where notifications arrive, there is no pooler that would hand transactions of one connection to
    several sessions.
    """
    wake, stop, listening = (asyncio.Event() for _ in range(3))
    transport = transport or make_transport(settings)
    composer = composer or _make_composer(settings)
    async with (
        make_outbox(settings, listening.is_set) as looking,
        make_outbox(settings, listening.is_set) as marking,
        make_outbox(settings, listening.is_set) as recording,
    ):
        delivery = Delivery(
            marking, recording, transport, composer, lease=settings.lease, wake=wake
        )
        listener = Listener(settings.database_url, wake, looking.notify, listening=listening)
        courier = Courier(
            looking,
            recording,
            Poster(allow_private=settings.webhooks_to_private),
            lease=settings.lease,
            wake=wake,
        )
        worker = Worker(
            looking,
            delivery,
            transport,
            listener,
            courier,
            wake=wake,
            stop=stop,
            lease=settings.lease,
            poll=settings.poll,
        )
        try:
            meetings = Meetings(settings.meetings, looking) if settings.meetings else None
            yield _Parts(worker, delivery, listener, transport, meetings, courier, stop)
        finally:
            await transport.close()


async def _supervise(
    parts: _Parts,
    grace: float,
    work: Callable[[], Coroutine[Any, Any, None]],
    *side: Callable[[], Coroutine[Any, Any, None]],
) -> bool:
    """Run ``work`` beside its side tasks until it ends; whether everything was finished in time.

    If any of them dies, what is under way is finished, and its exception is raised.
    """
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _ask_to_stop, parts, number)
    working = loop.create_task(work())
    helpers = [*parts.delivery.start(), *(loop.create_task(each()) for each in side)]
    try:
        # Helpers never end by themselves: one that does has died.
        done, _ = await asyncio.wait([working, *helpers], return_when=asyncio.FIRST_COMPLETED)
        patience = grace if working in done else min(grace, SHORT_GRACE)
        clean, _, reported = await asyncio.gather(
            parts.delivery.finish(patience),
            parts.courier.finish(patience),
            parts.finish_report(patience),
        )
        for task in done:
            task.result()
        return clean and reported
    finally:
        await cancel([working, *helpers])
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


def _ask_to_stop(parts: _Parts, number: signal.Signals) -> None:
    log.event(logging.INFO, "stopping", signal=number.name)
    parts.stop.set()
