"""Sessions as a writer writes them, and what a refused statement answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

LINK = "https://zoom.us/j/123456789"

_TOMORROW = datetime.now(UTC).date() + timedelta(days=1)


@dataclass(slots=True)
class Refusal:
    """What the database answered instead of doing it; filled at the end of the block of `refusal`.

    Attributes:
        sqlstate: The SQLSTATE.
        message: For people; names the field.
        detail: What exactly; None for nothing.
        hint: The remedy; None for nothing.
        everything: All that the server sent, the context included.
    """

    sqlstate: str | None = None
    message: str | None = None
    detail: str | None = None
    hint: str | None = None
    everything: str = ""


@contextmanager
def refusal(conn: psycopg.Connection, sqlstate: str) -> Iterator[Refusal]:
    """Expect the block to be refused with this SQLSTATE, and leave the transaction usable."""
    refused = Refusal()
    with pytest.raises(psycopg.Error) as raised, conn.transaction():
        yield refused
    sent = raised.value.diag
    refused.sqlstate = sent.sqlstate
    refused.message = sent.message_primary
    refused.detail = sent.message_detail
    refused.hint = sent.message_hint
    texts = (getattr(sent, name) for name in dir(sent) if not name.startswith("_"))
    refused.everything = "\n".join(text for text in texts if isinstance(text, str))
    assert refused.sqlstate == sqlstate, refused.everything


def tomorrow(hour: int = 18) -> datetime:
    """A full hour of tomorrow, UTC; it stays the same day when midnight passes meanwhile."""
    return datetime.combine(_TOMORROW, time(hour), UTC)


def stamp(moment: datetime) -> str:
    """An instant of UTC as refusals write it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def create(conn: psycopg.Connection, **columns: Any) -> dict[str, Any]:
    """Insert a session as whoever acts, as a form would; title, start and link have a default."""
    values = {"title": "Office hours", "start_time": tomorrow(), "link": LINK} | columns
    statement = sql.SQL("insert into public.success_sessions ({}) values ({}) returning *").format(
        sql.SQL(", ").join(map(sql.Identifier, values)),
        sql.SQL(", ").join(sql.Placeholder() * len(values)),
    )
    row = _one(conn, statement, list(values.values()))
    assert row is not None
    return row


def save(conn: psycopg.Connection, session: UUID, **columns: Any) -> dict[str, Any]:
    """Update a session as whoever acts; fails when they may not see or change it."""
    statement = sql.SQL("update public.success_sessions set {} where id = %s returning *").format(
        sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in columns)
    )
    row = _one(conn, statement, [*columns.values(), session])
    assert row is not None, "no such session, or not theirs to change"
    return row


def read(conn: psycopg.Connection, session: UUID) -> dict[str, Any]:
    """A session as whoever acts sees it."""
    row = _one(conn, sql.SQL("select * from public.success_sessions where id = %s"), [session])
    assert row is not None, "no such session, or not theirs to see"
    return row


def secrets(conn: psycopg.Connection, row: UUID, table: str = "success_sessions") -> dict[str, str]:
    """What Vault holds of a row, a session's or another's, by kind; only for role `postgres`."""
    held = conn.execute(
        "select name, decrypted_secret from vault.decrypted_secrets where name like %s",
        (f"{table}/{row}/%",),
    )
    return {name.rsplit("/", 1)[1]: value for name, value in held}


def _one(
    conn: psycopg.Connection, statement: sql.SQL | sql.Composed, values: list[Any]
) -> dict[str, Any] | None:
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement, values).fetchone()
