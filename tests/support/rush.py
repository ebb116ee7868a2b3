"""Many writers at one moment, each on a connection of its own."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg

from devstack.databases import Database
from support.waiting import wait_until

Statement = tuple[str, dict[str, Any]]
Request = tuple[UUID | None, Statement]
"""Who sends it (None: role `postgres`), and what."""


def at_once(
    database: Database, statements: Sequence[Statement], *, user: UUID | None = None
) -> Counter[str]:
    """Run each statement on a connection of its own, all released at one moment, and commit.

    Args:
        database: Where.
        statements: Each with its values.
        user: Who acts; None: role `postgres`.

    Returns:
        How often each outcome came: "done", or the SQLSTATE of the refusal.
    """
    return requests_at_once(database, [(user, statement) for statement in statements])


def requests_at_once(database: Database, requests: Sequence[Request]) -> Counter[str]:
    """As `at_once`, each statement by somebody else."""
    ready = threading.Barrier(len(requests))

    def run(request: Request) -> str:
        user, statement = request
        with psycopg.connect(database.url) as connection:
            connection.execute("select 1")
            connection.commit()
            ready.wait(timeout=60)
            return attempt(connection, statement, user=user)

    with ThreadPoolExecutor(len(requests)) as pool:
        return Counter(pool.map(run, requests))


def attempt(
    connection: psycopg.Connection, statement: Statement, *, user: UUID | None = None
) -> str:
    """Execute and commit.

    Returns:
        "done", or the SQLSTATE of the refusal, after a rollback.
    """
    try:
        if user is not None:
            act_as(connection, user)
        connection.execute(statement[0].encode(), statement[1])
        connection.commit()
    except psycopg.Error as error:
        connection.rollback()
        return error.sqlstate or "?"
    return "done"


def act_as(connection: psycopg.Connection, user: UUID) -> None:
    """Act as somebody until the transaction ends, as a request does."""
    claims = json.dumps({"role": "authenticated", "sub": str(user)})
    connection.execute("select set_config('request.jwt.claims', %s, true)", (claims,))
    connection.execute("set local role authenticated")


def is_blocked(watch: psycopg.Connection, pid: int) -> bool:
    """Whether that backend waits for another transaction."""
    row = watch.execute("select cardinality(pg_catalog.pg_blocking_pids(%s))", (pid,)).fetchone()
    assert row is not None
    return bool(row[0])


@contextmanager
def started(
    watch: psycopg.Connection, connection: psycopg.Connection, work: Callable[[], str]
) -> Iterator[Future[str]]:
    """Begin to work on a connection in another thread; yields once it waits or is through.

    Args:
        watch: A connection in autocommit, to look from.
        connection: The connection it works on.
        work: What it does; its answer is the future's.
    """
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(work)
        wait_until(
            lambda: future.done() or is_blocked(watch, connection.info.backend_pid),
            "the other writer waits or is through",
        )
        yield future
