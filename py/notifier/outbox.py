"""The database side: the functions of schema ``notifier``, each called by one method.

All SQL of the package stands here. Calls are single statements in autocommit mode, so no
transaction is ever open while mail is being sent. No setting is kept on the session, and statements
are prepared on it only while it is known to be one, so that a transaction pooler in between does no
harm.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime, timedelta
from types import TracebackType
from typing import Any, LiteralString, Self
from uuid import UUID

import psycopg
from psycopg.rows import class_row, scalar_row, tuple_row

from notifier.model import Answer, Begun, ClaimedEmail, ClaimedWebhook, Failure
from notifier.redact import redact

CHANNEL = "notifier"
"""What the database notifies on when an event is committed while no worker is awake."""

CALL_TIMEOUT = 30.0
"""Seconds after which a call counts as lost; a page of fan-out, the slowest, takes under one."""

CONNECT_TIMEOUT = 10

FUNCTIONS: tuple[LiteralString, ...] = (
    "notifier.tick()",
    "notifier.expand_events(integer)",
    "notifier.claim_emails(text, integer, interval, text, text)",
    "notifier.begin_sending(uuid, uuid[], interval, uuid, text, boolean)",
    "notifier.complete_emails(uuid, uuid[], text)",
    "notifier.fail_email(uuid, uuid, text, text, interval)",
    "notifier.release_emails(uuid, uuid[])",
    "notifier.extend_claim(uuid, interval)",
    "notifier.next_wake()",
    "notifier.has_news()",
    "notifier.meetings_due_at()",
    "notifier.stay_awake(interval)",
    "notifier.fall_asleep()",
    "notifier.queue_status()",
    "notifier.queue_metrics()",
    "notifier.workers()",
    "notifier.dead_emails(integer)",
    "notifier.emails_in_doubt(integer)",
    "notifier.email_history(uuid)",
    "notifier.retry_emails(uuid[])",
    "notifier.discard_emails(uuid[])",
    "notifier.replay_event(bigint)",
    "notifier.purge(interval, integer, bigint)",
    "notifier.note_unknown_mailbox(uuid, integer)",
    "notifier.set_send_limit(text, integer)",
    "notifier.list_send_limits()",
    "notifier.claim_webhooks(text, integer, interval)",
    "notifier.extend_webhook(uuid, uuid, interval)",
    "notifier.complete_webhook(uuid, uuid, integer)",
    "notifier.fail_webhook(uuid, uuid, integer, text, boolean, interval)",
    "notifier.suppress_address(text, text)",
    "notifier.unsuppress_address(text)",
    "notifier.suppressed_addresses(text, integer)",
    "notifier.set_app_url(text)",
    "notifier.report(date, date, text)",
    "notifier.claim_report_mail(date, date, interval, uuid, boolean)",
    "notifier.complete_report_mail(uuid)",
    "notifier.fail_report_mail(uuid, uuid, text, text)",
    "notifier.held_report_mails(date, date)",
)
"""Everything that the notifier calls; ``check`` looks for each."""


class OutboxError(Exception):
    """The database refused a call: a missing function or permission, a bug. Retrying is no use."""


class OutboxUnavailableError(OutboxError):
    """The database cannot be reached, or the connection broke; a later call reconnects."""


@dataclass(frozen=True, slots=True)
class Ticked:
    """What the clock demanded: sessions started and completed, reminders of sessions that are near,
    mails taken from dead workers, sessions made for series that go on.
    """

    started: int
    completed: int
    reminders: int
    requeued: int
    in_doubt: int
    extended: int

    @property
    def anything(self) -> bool:
        """Whether there may be something new to expand or send."""
        return any(astuple(self))


@dataclass(frozen=True, slots=True)
class Expanded:
    """Mails written by one page of fan-out, and whether there is more to expand."""

    emails: int
    more: bool


@dataclass(frozen=True, slots=True)
class QueueLine:
    """How many mails are in a status, and since when the oldest is."""

    status: str
    emails: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class QueueMetrics:
    """The queue in numbers; ``oldest_seconds``: how long the oldest due mail or event waits."""

    queued: int
    urgent: int
    held: int
    in_doubt: int
    dead: int
    events: int
    oldest_seconds: float | None


@dataclass(frozen=True, slots=True)
class WorkerLine:
    """A worker that holds mails now, and when the first of its leases ends."""

    worker: str | None
    emails: int
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class DeadLine:
    """A mail that was given up."""

    email_id: UUID
    kind: str
    session_id: UUID
    recipient_id: UUID
    attempts: int
    created_at: datetime
    last_error: str | None


@dataclass(frozen=True, slots=True)
class DoubtLine:
    """An unfinished mail that may have been sent already; repeated from ``available_at`` on."""

    email_id: UUID
    kind: str
    session_id: UUID
    recipient_id: UUID
    in_doubt_at: datetime
    available_at: datetime
    last_error: str | None


@dataclass(frozen=True, slots=True)
class LimitLine:
    """Mails a minute to a domain (``*``: in all), and until when turns have been given out."""

    domain: str
    per_minute: int
    next_turn_at: datetime


@dataclass(frozen=True, slots=True)
class SuppressionLine:
    """An address by its hash; ``suppressed_at`` is None while there are strikes only."""

    address_hash: str
    reason: str
    strikes: int
    suppressed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Replayed:
    """The event by which another is told again, and the kinds of mail that hung on that one and are
    not.
    """

    replayed_as: int
    left_out: Sequence[str]


@dataclass(frozen=True, slots=True)
class Purged:
    """Rows forgotten by one call, whether there are more to forget, and where to go on."""

    emails: int
    events: int
    more: bool
    reached: int


@dataclass(frozen=True, slots=True)
class ReportMail:
    """A manager who is to be sent a report, the IANA zone that they live by and their language."""

    mail_id: UUID
    claim_id: UUID
    recipient_id: UUID
    address: str
    full_name: str
    timezone: str
    locale: str | None


class Outbox:
    """The queue as one worker uses it, over one connection that is opened again when it breaks.

    Methods may be called from several tasks; they take turns. Every method raises
    :class:`OutboxUnavailableError` when the connection is lost and :class:`OutboxError` when the
    database refuses.
    """

    def __init__(
        self,
        database_url: str,
        *,
        worker: str,
        organizer: str,
        app_url: str,
        suppress_after: int = 0,
        is_session: Callable[[], bool] = lambda: False,
    ) -> None:
        """``worker`` names this process in the outbox; ``organizer`` is the mailbox that calendar
        parts name; links lead to ``app_url``; so many mails to a mailbox that does not exist are
        the last to it, 0 for no limit. ``is_session``: whether connections are known to lead to a
        server process of their own; statements are prepared then, which takes a third off a call.
        """
        self._is_session = is_session
        self._suppress_after = suppress_after
        self._database_url = database_url
        self._worker = worker
        self._organizer = organizer
        self._app_url = app_url
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        """Connect lazily: nothing happens before the first call."""
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the connection."""
        await self.close()

    async def close(self) -> None:
        """Close the connection; the next call would open another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def tick(self) -> Ticked:
        """Do what the clock demands; idempotent, any number of workers may call it."""
        rows: list[Ticked] = await self._rows(
            Ticked,
            "select started, completed, reminders, requeued, in_doubt, extended"
            " from notifier.tick()",
        )
        return rows[0]

    async def expand_events(self, max_emails: int) -> Expanded:
        """Turn waiting events into mails, at most one page of about ``max_emails``."""
        rows = await self._rows(
            Expanded,
            "select emails, more from notifier.expand_events(%(max_emails)s)",
            {"max_emails": max_emails},
        )
        return rows[0] if rows else Expanded(emails=0, more=False)

    async def claim_emails(self, max_emails: int, lease: float) -> list[ClaimedEmail]:
        """Take up to ``max_emails`` due mails for ``lease`` seconds; all carry one claim id."""
        return await self._rows(
            ClaimedEmail,
            """
            select email_id, claim_id, event_id, kind, in_doubt, attempt, recipient_id, address,
                full_name, timezone, locale, recipient_role, sessions, parts, calendars,
                summary::text as summary, unsubscribe_token, urgent, parcel_id, transport
            from notifier.claim_emails(
                worker => %(worker)s, max_emails => %(max_emails)s, lease => %(lease)s,
                organizer => %(organizer)s, app_url => %(app_url)s
            )
            """,
            {
                "worker": self._worker,
                "max_emails": max_emails,
                "lease": timedelta(seconds=lease),
                "organizer": self._organizer,
                "app_url": self._app_url,
            },
        )

    async def begin_sending(
        self,
        claim: UUID,
        email_ids: Sequence[UUID],
        lease: float,
        parcel: UUID | None,
        transport: str,
        *,
        again: bool = False,
    ) -> Begun:
        """Mark mails as handed over *before* they are, as far as limits let them go now, and but
        for reminders of what is no more.

        ``parcel`` is the id of the request that they share; None: they go one by one. ``transport``
        names what they are handed to. ``again``: the same was asked before, and no answer came.
        """
        rows = await self._fetch(
            """
            select email_id, is_begun
            from notifier.begin_sending(
                %(claim)s, %(emails)s, %(lease)s, %(parcel)s, %(transport)s, %(again)s
            )
            """,
            {
                "claim": claim,
                "emails": list(email_ids),
                "lease": timedelta(seconds=lease),
                "parcel": parcel,
                "transport": transport,
                "again": again,
            },
            tuple_row,
        )
        return Begun(
            granted={email_id for email_id, is_begun in rows if is_begun},
            postponed={email_id for email_id, is_begun in rows if not is_begun},
        )

    async def complete_emails(
        self, claim: UUID, email_ids: Sequence[UUID], transport: str
    ) -> set[UUID]:
        """Record that mails were accepted; returns those that this claim still held."""
        return await self._ids(
            "select notifier.complete_emails(%(claim)s, %(emails)s, %(transport)s)",
            {"claim": claim, "emails": list(email_ids), "transport": transport},
        )

    async def fail_email(
        self,
        claim: UUID,
        email_id: UUID,
        failure: Failure,
        error: str,
        retry_after: float | None = None,
    ) -> str | None:
        """Record a failure; returns the mail's new status, None if the claim was lost.

        ``error`` has no address in it; ``retry_after`` is in seconds.
        """
        rows: list[str | None] = await self._scalars(
            """
            select notifier.fail_email(
                %(claim)s, %(email)s, %(failure)s, %(error)s, %(after)s
            )::text
            """,
            {
                "claim": claim,
                "email": email_id,
                "failure": failure.value,
                "error": error,
                "after": None if retry_after is None else timedelta(seconds=retry_after),
            },
        )
        return rows[0]

    async def note_unknown_mailbox(self, email_id: UUID) -> bool:
        """Count that a dead mail's mailbox does not exist; whether nothing is sent there now."""
        if self._suppress_after == 0:
            return False
        rows = await self._scalars(
            "select notifier.note_unknown_mailbox(%(email)s, %(suppress_after)s)",
            {"email": email_id, "suppress_after": self._suppress_after},
        )
        return bool(rows[0])

    async def release_emails(self, claim: UUID, email_ids: Sequence[UUID]) -> set[UUID]:
        """Give back mails of which nothing was handed over; the attempt is not counted."""
        return await self._ids(
            "select notifier.release_emails(%(claim)s, %(emails)s)",
            {"claim": claim, "emails": list(email_ids)},
        )

    async def extend_claim(self, claim: UUID, lease: float) -> int:
        """Hold a claim for ``lease`` seconds from now; returns how many mails it still holds."""
        rows = await self._scalars(
            "select notifier.extend_claim(%(claim)s, %(lease)s)",
            {"claim": claim, "lease": timedelta(seconds=lease)},
        )
        return int(rows[0])

    async def seconds_to_next_wake(self) -> float | None:
        """Seconds until there is something to do that nobody announces; None for nothing.

        Reckoned by the database's clock: this machine's may differ.
        """
        rows = await self._scalars(
            "select extract(epoch from notifier.next_wake() - clock_timestamp())::float8"
        )
        return None if rows[0] is None else max(0.0, float(rows[0]))

    async def seconds_to_meetings(self) -> float | None:
        """Seconds until there is something to do at a meeting platform; None for nothing."""
        rows = await self._scalars(
            "select extract(epoch from notifier.meetings_due_at() - clock_timestamp())::float8"
        )
        return None if rows[0] is None else max(0.0, float(rows[0]))

    async def has_news(self) -> bool:
        """Whether an urgent mail is due, or a change waits that has not been looked at."""
        rows = await self._scalars("select notifier.has_news()")
        return bool(rows[0])

    async def stay_awake(self, seconds: float) -> None:
        """Tell writers that they need not notify for this long: a worker is looking anyway."""
        await self._scalars(
            "select notifier.stay_awake(%(interval)s)", {"interval": timedelta(seconds=seconds)}
        )

    async def fall_asleep(self) -> None:
        """Tell writers to notify again. Look for work once more afterwards, then wait."""
        await self._scalars("select notifier.fall_asleep()")

    async def announce(self) -> None:
        """Say where the application is, for the links in calendars that the database serves.

        :raises OutboxError: a function is missing. Whoever found that out by calling it, started
            again and again, would send mails each time that nobody could record.
        """
        if missing := await self.missing_functions():
            role, _ = await self.whoami()
            raise OutboxError(describe_missing(role, missing))
        await self._scalars("select notifier.set_app_url(%(app_url)s)", {"app_url": self._app_url})

    async def queue_status(self) -> list[QueueLine]:
        """How many mails are in which status."""
        return await self._rows(
            QueueLine, "select status, emails, oldest from notifier.queue_status()"
        )

    # Outgoing webhooks

    async def claim_webhooks(self, max_deliveries: int, lease: float) -> list[ClaimedWebhook]:
        """Take up to ``max_deliveries`` due webhooks for ``lease`` seconds."""
        return await self._rows(
            ClaimedWebhook,
            """
            select delivery_id, claim_id, endpoint_id, url, event_type, body, secrets, attempt
            from notifier.claim_webhooks(%(worker)s, %(max_deliveries)s, %(lease)s)
            """,
            {
                "worker": self._worker,
                "max_deliveries": max_deliveries,
                "lease": timedelta(seconds=lease),
            },
        )

    async def extend_webhook(self, claim: UUID, delivery: UUID, lease: float) -> bool:
        """Keep a webhook for ``lease`` more seconds; False if the claim was lost."""
        rows = await self._scalars(
            "select notifier.extend_webhook(%(claim)s, %(delivery)s, %(lease)s)",
            {"claim": claim, "delivery": delivery, "lease": timedelta(seconds=lease)},
        )
        return bool(rows[0])

    async def complete_webhook(self, claim: UUID, delivery: UUID, status: int) -> bool:
        """Record a 2xx; False if the claim was lost."""
        rows = await self._scalars(
            "select notifier.complete_webhook(%(claim)s, %(delivery)s, %(status)s)",
            {"claim": claim, "delivery": delivery, "status": status},
        )
        return bool(rows[0])

    async def fail_webhook(self, claim: UUID, delivery: UUID, answer: Answer) -> str | None:
        """Record a failed attempt; the new status, None if the claim was lost."""
        rows: list[str | None] = await self._scalars(
            """
            select notifier.fail_webhook(
                %(claim)s, %(delivery)s, %(status)s, %(error)s, %(down)s, %(after)s
            )
            """,
            {
                "claim": claim,
                "delivery": delivery,
                "status": answer.status,
                "error": answer.error,
                "down": answer.endpoint_down,
                "after": None
                if answer.retry_after is None
                else timedelta(seconds=answer.retry_after),
            },
        )
        return rows[0]

    # What operators ask and do

    async def queue_metrics(self) -> QueueMetrics:
        """The queue in numbers, cheaply enough to be asked every few seconds."""
        rows: list[QueueMetrics] = await self._rows(
            QueueMetrics,
            """
            select queued, urgent, held, in_doubt, dead, events, oldest_seconds
            from notifier.queue_metrics()
            """,
        )
        return rows[0]

    async def workers(self) -> list[WorkerLine]:
        """Who holds mails now."""
        return await self._rows(
            WorkerLine, "select worker, emails, lease_until from notifier.workers()"
        )

    async def dead_emails(self, max_rows: int) -> list[DeadLine]:
        """Mails that were given up, newest first."""
        return await self._rows(
            DeadLine,
            """
            select email_id, kind, session_id, recipient_id, attempts, created_at, last_error
            from notifier.dead_emails(%(max_rows)s)
            """,
            {"max_rows": max_rows},
        )

    async def emails_in_doubt(self, max_rows: int) -> list[DoubtLine]:
        """Unfinished mails that may have been sent already, the latest doubt first."""
        return await self._rows(
            DoubtLine,
            """
            select email_id, kind, session_id, recipient_id, in_doubt_at, available_at, last_error
            from notifier.emails_in_doubt(%(max_rows)s)
            """,
            {"max_rows": max_rows},
        )

    async def email_history(self, email_id: UUID) -> dict[str, Any] | None:
        """Everything the outbox knows of one mail; None for an unknown one."""
        rows: list[dict[str, Any] | None] = await self._scalars(
            "select notifier.email_history(%(email)s)", {"email": email_id}
        )
        return rows[0]

    async def retry_emails(self, email_ids: Sequence[UUID] | None) -> int:
        """Give dead mails (None: all) another round of attempts; how many."""
        rows = await self._scalars(
            "select notifier.retry_emails(%(emails)s::uuid[])",
            {"emails": None if email_ids is None else list(email_ids)},
        )
        return int(rows[0])

    async def discard_emails(self, email_ids: Sequence[UUID] | None) -> int:
        """Put dead mails (None: all) away; how many."""
        rows = await self._scalars(
            "select notifier.discard_emails(%(emails)s::uuid[])",
            {"emails": None if email_ids is None else list(email_ids)},
        )
        return int(rows[0])

    async def replay_event(self, event_id: int) -> Replayed:
        """Tell again what an event told."""
        rows: list[Replayed] = await self._rows(
            Replayed,
            "select replayed_as, left_out::text[] from notifier.replay_event(%(event)s)",
            {"event": event_id},
        )
        return rows[0]

    async def set_send_limit(self, domain: str, per_minute: int | None) -> None:
        """Send at most so many mails a minute to a domain (``*``: in all); None lifts the limit."""
        await self._scalars(
            "select notifier.set_send_limit(%(domain)s, %(per_minute)s)",
            {"domain": domain, "per_minute": per_minute},
        )

    async def send_limits(self) -> list[LimitLine]:
        """The limits in force."""
        return await self._rows(
            LimitLine, "select domain, per_minute, next_turn_at from notifier.list_send_limits()"
        )

    async def suppress_address(self, address: str) -> bool:
        """Send nothing to an address any more; False if that was so already."""
        rows = await self._scalars(
            "select notifier.suppress_address(%(address)s)", {"address": address}
        )
        return bool(rows[0])

    async def unsuppress_address(self, address: str) -> bool:
        """Send to an address again; False if nothing was known of it."""
        rows = await self._scalars(
            "select notifier.unsuppress_address(%(address)s)", {"address": address}
        )
        return bool(rows[0])

    async def suppressed_addresses(
        self, address: str | None, max_rows: int
    ) -> list[SuppressionLine]:
        """The addresses nothing is sent to, by hash; or what is known of one."""
        return await self._rows(
            SuppressionLine,
            """
            select address_hash, reason, strikes, suppressed_at
            from notifier.suppressed_addresses(%(address)s, %(max_rows)s)
            """,
            {"address": address, "max_rows": max_rows},
        )

    async def purge(self, older_than: timedelta, max_rows: int, after: int) -> Purged:
        """Forget a batch of what sessions left behind that have been over for so long.

        ``after``: what the call before has reached, 0 for the first.
        """
        rows: list[Purged] = await self._rows(
            Purged,
            """
            select emails, events, more, reached
            from notifier.purge(%(older_than)s, %(max_rows)s, %(after)s)
            """,
            {"older_than": older_than, "max_rows": max_rows, "after": after},
        )
        return rows[0]

    async def report(self, first: date, last: date, timezone: str) -> str:
        """The figures of the days from ``first`` to ``last`` of an IANA zone, as JSON text."""
        rows = await self._scalars(
            "select notifier.report(%(first)s, %(last)s, %(timezone)s)::text",
            {"first": first, "last": last, "timezone": timezone},
        )
        return str(rows[0])

    async def claim_report_mail(
        self, first: date, last: date, lease: float, after: UUID | None, *, try_refused: bool
    ) -> ReportMail | None:
        """The next mail of that report, held for ``lease`` seconds; None: there is none.

        ``after``: the recipient of the one before. ``try_refused``: one that was refused for good
        counts as not sent.
        """
        rows: list[ReportMail] = await self._rows(
            ReportMail,
            """
            select mail_id, claim_id, recipient_id, address, full_name, timezone, locale
            from notifier.claim_report_mail(
                %(first)s, %(last)s, %(lease)s, %(after)s, %(try_refused)s
            )
            """,
            {
                "first": first,
                "last": last,
                "lease": timedelta(seconds=lease),
                "after": after,
                "try_refused": try_refused,
            },
        )
        return rows[0] if rows else None

    async def complete_report_mail(self, mail: UUID) -> None:
        """Record that it was accepted."""
        await self._scalars("select notifier.complete_report_mail(%(mail)s)", {"mail": mail})

    async def fail_report_mail(self, claim: UUID, mail: UUID, failure: Failure, error: str) -> bool:
        """Record why it was not accepted; False if another claim has it.

        ``error`` has no address in it.
        """
        rows = await self._scalars(
            "select notifier.fail_report_mail(%(claim)s, %(mail)s, %(failure)s, %(error)s)",
            {"claim": claim, "mail": mail, "failure": failure.value, "error": error},
        )
        return bool(rows[0])

    async def held_report_mails(self, first: date, last: date) -> int:
        """How many mails of that report somebody is sending now, as far as is known."""
        rows = await self._scalars(
            "select notifier.held_report_mails(%(first)s, %(last)s)",
            {"first": first, "last": last},
        )
        return int(rows[0])

    async def notify(self, payload: str) -> None:
        """Notify on :data:`CHANNEL`: how the listener learns whether notifications arrive."""
        await self._scalars(
            "select pg_notify(%(channel)s, %(payload)s)", {"channel": CHANNEL, "payload": payload}
        )

    async def missing_functions(self) -> list[str]:
        """Which of :data:`FUNCTIONS` do not exist or may not be executed by this role."""
        return await self._scalars(
            """
            select name
            from unnest(%(functions)s::text[]) as name
            where not coalesce(has_function_privilege(to_regprocedure(name)::oid, 'execute'), false)
            """,
            {"functions": list(FUNCTIONS)},
        )

    async def is_read_only(self) -> bool:
        """Whether it is a standby, or lets this role write nothing."""
        rows = await self._scalars("select current_setting('transaction_read_only')::boolean")
        return bool(rows[0])

    async def whoami(self) -> tuple[str, str]:
        """The role this connection acts as, and the server's version."""
        row = (await self._fetch("select current_user::text, version()", {}, tuple_row))[0]
        return str(row[0]), str(row[1]).split(" on ", maxsplit=1)[0]

    async def _rows(
        self, kind: type[Any], query: LiteralString, arguments: Mapping[str, object] | None = None
    ) -> list[Any]:
        return await self._fetch(query, arguments or {}, class_row(kind))

    async def _scalars(
        self, query: LiteralString, arguments: Mapping[str, object] | None = None
    ) -> list[Any]:
        return await self._fetch(query, arguments or {}, scalar_row)

    async def _ids(self, query: LiteralString, arguments: Mapping[str, object]) -> set[UUID]:
        return set(await self._scalars(query, arguments))

    async def _fetch(
        self, query: LiteralString, arguments: Mapping[str, object], factory: Any
    ) -> list[Any]:
        async with self._turn:
            try:
                async with asyncio.timeout(CALL_TIMEOUT):
                    connection = await self._connected()
                    async with connection.cursor(row_factory=factory) as cursor:
                        await cursor.execute(
                            query, arguments, prepare=None if self._is_session() else False
                        )
                        return await cursor.fetchall()
            except TimeoutError:
                await self.close()
                raise OutboxUnavailableError("the database did not answer in time") from None
            except psycopg.Error as error:
                if self._connection is None or self._connection.closed or _is_outage(error):
                    await self.close()
                    raise OutboxUnavailableError(describe_database_error(error)) from None
                raise OutboxError(_describe_refusal(error)) from error
            except asyncio.CancelledError:
                await self.close()  # a statement may still be running on it
                raise

    async def _connected(self) -> psycopg.AsyncConnection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = await connect(self._database_url)
            self._connection.prepare_threshold = 0  # at once, where it is allowed
        return self._connection


async def connect(database_url: str) -> psycopg.AsyncConnection[Any]:
    """An autocommit connection that notices a dead network.

    :raises psycopg.OperationalError: not now; see :func:`describe_database_error`.
    """
    return await psycopg.AsyncConnection.connect(
        database_url,
        autocommit=True,
        prepare_threshold=None,
        connect_timeout=CONNECT_TIMEOUT,
        application_name="notifier",
        client_encoding="utf8",  # a name that another has no letters for would stop all mail
        keepalives_idle=30,
        keepalives_interval=10,
        keepalives_count=3,
    )


def describe_database_error(error: psycopg.Error) -> str:
    """One redacted line: what happened, with its SQLSTATE if the server said one."""
    text = error.diag.message_primary or str(error)
    return redact(f"{text} ({error.sqlstate})" if error.sqlstate else text)


def describe_missing(role: str, functions: Sequence[str]) -> str:
    """What a role that may not execute these is told."""
    return (
        f"role {role} may not execute {', '.join(functions)}: "
        "apply the migrations, and connect as role notifier"
    )


def _describe_refusal(error: psycopg.Error) -> str:
    """The same, and what to do instead where a function of ours has refused: it is no secret."""
    is_ours = error.sqlstate is not None and error.sqlstate.startswith(("22023", "PT"))
    hint = error.diag.message_hint if is_ours else None
    return describe_database_error(error) + (f". {hint}" if hint else "")


STALE = frozenset({"0A000", "26000"})
"""What a statement prepared before a migration, or for another session, meets."""

READ_ONLY = frozenset({"25006"})
"""The answer of a standby, and of a primary that lets nobody write, as one whose disk is full."""

LOCKED = frozenset({"55P03"})
"""Where there is a `lock_timeout`: somebody else, as a migration, holds the lock for longer."""

DELETED = frozenset({"23503"})
"""Whom it concerned was deleted meanwhile: the next look does not find them any more."""

TROUBLE = frozenset({"08", "40", "53", "57", "58"})
"""Classes of SQLSTATE: connection, transaction, resources, an operator, the system."""


def _is_outage(error: psycopg.Error) -> bool:
    """Connection trouble, shutdown, too many connections, a deadlock, a lock not given in time, a
    server that is no primary now, a statement that has to be prepared anew, somebody who was
    deleted meanwhile: worth another try.
    """
    if isinstance(error, psycopg.InterfaceError) or error.sqlstate is None:
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return error.sqlstate in STALE | READ_ONLY | LOCKED | DELETED or error.sqlstate[:2] in TROUBLE
