"""The outbox as a worker uses it, for tests: expand, claim, settle, and look at the outcome."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row, kwargs_row, scalar_row

LEASE = timedelta(minutes=1)
ORGANIZER = "Live Sessions <sessions@example.test>"
APP_URL = "https://app.example.test"


@dataclass(frozen=True, slots=True)
class Claimed:
    """One row of `notifier.claimed_email`."""

    email_id: UUID
    claim_id: UUID
    event_id: int
    kind: str
    in_doubt: bool
    attempt: int
    recipient_id: UUID
    address: str
    full_name: str
    timezone: str
    locale: str
    recipient_role: str
    sessions: int
    parts: list[dict[str, Any]]
    calendars: list[dict[str, str]]
    summary: dict[str, Any] | None
    unsubscribe_token: str | None
    urgent: bool
    parcel_id: UUID | None
    transport: str | None

    @classmethod
    def parse(cls, *, parts: str, calendars: list[str], **fields: Any) -> Claimed:
        """Of a row: its parts parsed, and each calendar as its method and its content."""
        methods = [re.findall(r"^METHOD:(\w+)\r$", each, re.MULTILINE) for each in calendars]
        return cls(
            parts=json.loads(parts),
            calendars=[
                {"method": method, "content": content}
                for (method,), content in zip(methods, calendars, strict=True)
            ],
            **fields,
        )

    @property
    def session(self) -> dict[str, Any]:
        """The session of the first part."""
        session: dict[str, Any] = self.parts[0]["session"]
        return session

    @property
    def changes(self) -> dict[str, Any]:
        """The changes of the first part."""
        changes: dict[str, Any] = self.parts[0]["changes"]
        return changes

    @property
    def calendar(self) -> str | None:
        """The calendar object of a mail that has one or none."""
        return self._only_calendar.get("content")

    @property
    def calendar_method(self) -> str | None:
        """The method of the calendar object of a mail that has one or none."""
        return self._only_calendar.get("method")

    @property
    def _only_calendar(self) -> dict[str, str]:
        assert len(self.calendars) <= 1, self.calendars
        return self.calendars[0] if self.calendars else {}


@dataclass(frozen=True, slots=True)
class Outbox:
    """A worker on one connection.

    Args:
        conn: A connection as role `postgres` (inside a transaction that is rolled back, or
            autocommit) or as role `notifier`, which cannot use `rows` and the like.
        worker: Its name.
    """

    conn: psycopg.Connection
    worker: str = "a worker"

    def expand(self, max_emails: int = 5000) -> tuple[int, bool]:
        """One call of `expand_events`: mails added, whether there is more."""
        if self._is_rolled_back:
            self._pretend_transaction(
                "expanded_at is null and transaction_id = pg_current_xact_id()"
            )
            before = self._last_event()
        row = self.conn.execute(
            "select emails, more from notifier.expand_events(%s)", (max_emails,)
        ).fetchone()
        assert row is not None
        if self._is_rolled_back:
            self._pretend_transaction_of_enrollments(before)
        return row[0], row[1]

    def claim(self, max_emails: int = 1000, lease: timedelta = LEASE) -> list[Claimed]:
        """One call of `claim_emails`."""
        with self.conn.cursor(row_factory=kwargs_row(Claimed.parse)) as cursor:
            return cursor.execute(
                "select * from notifier.claim_emails(%s, %s, %s, %s, %s)",
                (self.worker, max_emails, lease, ORGANIZER, APP_URL),
            ).fetchall()

    def begin(
        self,
        *emails: Claimed,
        lease: timedelta = LEASE,
        parcel: UUID | None = None,
        transport: str = "smtp",
        again: bool = False,
    ) -> set[UUID]:
        """One call of `begin_sending` for mails of one claim; those begun."""
        return self._begin(True, emails, lease, parcel, transport, again)

    def put_off(self, *emails: Claimed) -> set[UUID]:
        """The same; those that went back to the queue."""
        return self._begin(False, emails, LEASE, None, "smtp", False)

    def _begin(self, is_begun: bool, emails: Sequence[Claimed], *arguments: object) -> set[UUID]:
        return self._ids(
            "select email_id from notifier.begin_sending(%s, %s, %s, %s, %s, %s)"
            " where is_begun = %s",
            (
                emails[0].claim_id,
                [email.email_id for email in emails],
                *arguments,
                is_begun,
            ),
        )

    def complete(self, *emails: Claimed) -> set[UUID]:
        """One call of `complete_emails` for mails of one claim."""
        return self._ids(
            "select notifier.complete_emails(%s, %s, %s)",
            (emails[0].claim_id, [email.email_id for email in emails], "smtp"),
        )

    def release(self, *emails: Claimed) -> set[UUID]:
        """One call of `release_emails` for mails of one claim."""
        return self._ids(
            "select notifier.release_emails(%s, %s)",
            (emails[0].claim_id, [email.email_id for email in emails]),
        )

    def fail(
        self,
        email: Claimed,
        failure: str = "transient",
        error: str = "450 try later",
        retry_after: timedelta | None = None,
    ) -> str | None:
        """One call of `fail_email`: the new status."""
        status: str | None = self.scalar(
            "select notifier.fail_email(%s, %s, %s, %s, %s)",
            email.claim_id,
            email.email_id,
            failure,
            error,
            retry_after,
        )
        return status

    def send(self, *emails: Claimed) -> None:
        """Send mails of one claim: mark them, then record that they were accepted."""
        ids = {email.email_id for email in emails}
        if ids:
            assert self.begin(*emails) == ids
            assert self.complete(*emails) == ids

    def deliver(self) -> list[Claimed]:
        """Expand, claim and send until there is nothing left; the mails sent, in that order."""
        sent: list[Claimed] = []
        while self.expand()[1]:
            pass
        while emails := self.claim():
            self.send(*emails)
            sent += emails
        return sent

    def tell(self) -> dict[UUID, str]:
        """As `deliver`, for tests in which nobody gets two mails: who got which kind."""
        sent = self.deliver()
        told = {email.recipient_id: email.kind for email in sent}
        assert len(told) == len(sent), f"somebody got two mails: {sent}"
        return told

    def rows(self, table: str = "emails", **where: Any) -> list[dict[str, Any]]:
        """Rows of a table of schema notifier, oldest first."""
        query = sql.SQL("select * from notifier.{} where {} order by {}").format(
            sql.Identifier(table),
            sql.SQL(" and ").join(
                sql.SQL("{} is not distinct from {}").format(
                    sql.Identifier(name), sql.Placeholder()
                )
                for name in where
            )
            if where
            else sql.SQL("true"),
            sql.SQL("event_id, recipient_id" if table == "emails" else "id"),
        )
        with self.conn.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query, list(where.values())).fetchall()

    def statuses(self) -> list[str]:
        """Every mail's status, or its skip reason, oldest first."""
        return [row["skip_reason"] or row["status"] for row in self.rows()]

    def let_time_pass(self, email: Claimed | None = None) -> None:
        """Make every waiting mail due and every lease end, or those of one mail."""
        self.conn.execute(
            """
            update notifier.emails
            set
                available_at = least(available_at, clock_timestamp()),
                lease_until = case
                    when lease_until is not null then least(lease_until, clock_timestamp())
                end
            where status in ('queued', 'claimed', 'sending', 'in_doubt')
                and (%(id)s::uuid is null or id = %(id)s)
            """,
            {"id": email and email.email_id},
        )

    def scalar(self, query: Any, *arguments: Any) -> Any:
        """The one value that a query returns."""
        with self.conn.cursor(row_factory=scalar_row) as cursor:
            return cursor.execute(query, arguments).fetchone()

    @contextmanager
    def one_transaction(self) -> Iterator[None]:
        """What one transaction does, in a test that is rolled back: there is only one anyway.

        Elsewhere in such a test every change counts as a transaction of its own.
        """
        assert self._is_rolled_back
        before = self._last_event()
        yield
        self._pretend_transaction("id > %s", before, together=True)

    @property
    def _is_rolled_back(self) -> bool:
        info = self.conn.info
        return info.user == "postgres" and info.transaction_status == TransactionStatus.INTRANS

    def _pretend_transaction(
        self, condition: LiteralString, *arguments: Any, together: bool = False
    ) -> None:
        # Far from any number that the server has come to.
        first = sql.SQL("min(id) over ()" if together else "id")
        self.conn.execute(
            sql.SQL(
                "update notifier.events as event"
                " set transaction_id = ((1::bigint << 40) + named.number)::text::xid8"
                " from (select id, {} as number from notifier.events where {}) as named"
                " where event.id = named.id"
            ).format(first, sql.SQL(condition)),
            arguments,
        )

    def _pretend_transaction_of_enrollments(self, before: int) -> None:
        # What one call of the expansion made of enrollments has the call's transaction.
        named = self.conn.execute(
            "update notifier.events"
            " set transaction_id = ((1::bigint << 40) + enrollment_position)::text::xid8"
            " where id > %s and enrollment_position is not null returning id, transaction_id",
            (before,),
        ).fetchall()
        if named:
            self.conn.execute(
                "update notifier.emails set transaction_id = %s"
                " where event_id = any(%s) and transaction_id is not null",
                (named[0][1], [event for event, _ in named]),
            )

    def _last_event(self) -> int:
        last: int = self.scalar("select coalesce(max(id), 0) from notifier.events")
        return last

    def _ids(self, query: Any, arguments: tuple[Any, ...]) -> set[UUID]:
        with self.conn.cursor(row_factory=scalar_row) as cursor:
            return set(cursor.execute(query, arguments).fetchall())


def change(conn: psycopg.Connection, session: UUID, **columns: Any) -> None:
    """Change columns of a session, as a manager's form would."""
    conn.execute(
        sql.SQL("update public.success_sessions set {} where id = %s").format(
            sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in columns)
        ),
        [*columns.values(), session],
    )
