"""Acting as somebody: a transaction as PostgREST opens it for a request."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from psycopg.pq import TransactionStatus


@contextmanager
def as_user(conn: psycopg.Connection, user_id: UUID, **claims: Any) -> Iterator[None]:
    """Act as a signed-in user.

    Args:
        conn: A connection as role `postgres`, inside a transaction or at the start of one.
        user_id: Who acts.
        **claims: Further claims of their token.
    """
    with _acting(conn, "authenticated", {"sub": str(user_id), "aud": "authenticated", **claims}):
        yield


@contextmanager
def as_anon(conn: psycopg.Connection) -> Iterator[None]:
    """Act as somebody who has not signed in."""
    with _acting(conn, "anon", {}):
        yield


@contextmanager
def as_service(conn: psycopg.Connection) -> Iterator[None]:
    """Act as an edge function with the service key."""
    with _acting(conn, "service_role", {}):
        yield


@contextmanager
def refused(
    conn: psycopg.Connection,
    error: type[psycopg.Error] = psycopg.errors.InsufficientPrivilege,
    match: str | None = None,
) -> Iterator[pytest.ExceptionInfo[psycopg.Error]]:
    """Expect a statement to be refused, and leave the transaction usable.

    Args:
        conn: The connection.
        error: The error's class; `psycopg.errors.lookup(sqlstate)` finds one by its SQLSTATE.
        match: A regular expression that the message must contain.
    """
    with pytest.raises(error, match=match) as caught, conn.transaction():
        yield caught


@contextmanager
def _acting(conn: psycopg.Connection, role: str, claims: dict[str, Any]) -> Iterator[None]:
    with conn.transaction() as savepoint:
        before = conn.execute(
            "select current_user, current_setting('request.jwt.claims', true),"
            " current_setting('search_path')"
        ).fetchone()
        assert before is not None
        _become(conn, role, json.dumps({"role": role, **claims}), "public, extensions")
        yield
        if conn.info.transaction_status is TransactionStatus.INERROR:
            # A statement failed and the test went on: all there is left to do is to roll back.
            raise psycopg.Rollback(savepoint)
        _become(conn, *before)


def _become(conn: psycopg.Connection, role: str, claims: str | None, search_path: str) -> None:
    # As the role that logged in: the role acted as could not take on the one before it.
    conn.execute("reset role")
    conn.execute(
        "select set_config('request.jwt.claims', %s, true), set_config('search_path', %s, true)",
        (claims or "", search_path),
    )
    conn.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))
