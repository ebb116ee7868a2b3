"""Databases and people for every test.

One Postgres per xdist worker, chosen by PG; one migrated template database on it. A test that
commits gets a clone of its own (`database`), one that does not shares a clone and is rolled back
(`conn`).
"""

from __future__ import annotations

import itertools
import os
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from devstack import databases
from devstack.databases import Database
from devstack.postgres import Server
from devstack.servers import DEFAULT_SELECTOR, open_server
from devstack.stack import Stack
from support.clients import Clients
from support.world import World

NewDatabase = Callable[[], Database]

LEFT_OUT = pytest.StashKey[int]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On another server than the usual one, leave out what does not ask it: it says nothing new."""
    if (os.environ.get("PG") or DEFAULT_SELECTOR) == DEFAULT_SELECTOR:
        return
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        asks = "server" in getattr(item, "fixturenames", ()) or item.get_closest_marker("server")
        (kept if asks else left_out).append(item)
    items[:] = kept
    config.hook.pytest_deselected(items=left_out)
    config.stash[LEFT_OUT] = len(left_out)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Have an xdist worker tell how many it left out."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = session.config.stash.get(LEFT_OUT, 0)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Hear it from the worker: every one of them leaves out the same."""
    left_out = getattr(node, "workeroutput", {}).get("left_out", 0)
    node.config.stash[LEFT_OUT] = left_out or node.config.stash.get(LEFT_OUT, 0)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say what was left out, and where it runs."""
    left_out = config.stash.get(LEFT_OUT, 0)
    if left_out:
        terminalreporter.write_line(
            f"{left_out} tests that do not ask this server were left out: make test runs them"
        )


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The Postgres server of this worker."""
    with open_server() as running:
        yield running


@pytest.fixture(scope="session")
def run_name(worker_id: str) -> str:
    """A prefix for database names that no other worker or test run uses."""
    return f"test_{worker_id}_{os.getpid()}_{uuid.uuid4().hex[:6]}"


@pytest.fixture(scope="session")
def template(server: Server, run_name: str) -> Iterator[Database]:
    """The migrated database that others are cloned from. Never connect to it."""
    with psycopg.connect(server.superuser_url) as turn:
        # Workers that share a server take turns: migrations create a role, and roles belong to the
        # whole cluster.
        turn.execute("select pg_catalog.pg_advisory_lock(hashtext('live-sessions template'))")
        made = databases.create_project(server, f"{run_name}_template")
    with psycopg.connect(made.url) as settings:
        # Tests of waiting for further changes say so; the others do not wait.
        settings.execute("update public.app_settings set mail_debounce_seconds = 0")
    yield made
    databases.drop(made)


@pytest.fixture(scope="session")
def _names(run_name: str) -> Iterator[str]:
    return (f"{run_name}_{number}" for number in itertools.count(1))


@pytest.fixture
def new_database(template: Database, _names: Iterator[str]) -> Iterator[NewDatabase]:
    """Makes clones of the template, dropped after the test."""
    made: list[Database] = []

    def new() -> Database:
        made.append(databases.clone(template, next(_names)))
        return made[-1]

    yield new
    for database in made:
        databases.drop(database)


@pytest.fixture
def database(new_database: NewDatabase) -> Database:
    """A fresh clone of the template: what is committed there is gone with the test."""
    return new_database()


@pytest.fixture
def superuser(database: Database) -> Iterator[psycopg.Connection]:
    """Who alone may look at the plans inside of functions; every statement its own transaction."""
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def _shared_database(template: Database, _names: Iterator[str]) -> Iterator[Database]:
    shared = databases.clone(template, next(_names))
    yield shared
    databases.drop(shared)


@pytest.fixture(scope="session")
def _shared_connection(_shared_database: Database) -> Iterator[psycopg.Connection]:
    with psycopg.connect(_shared_database.url) as connection:
        yield connection


@pytest.fixture
def conn(_shared_connection: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """A connection as role `postgres`, rolled back after the test. Never commit on it."""
    # In a transaction from the start: else the first block of `as_user` would be one, and commit.
    with _shared_connection.transaction(force_rollback=True):
        yield _shared_connection


@pytest.fixture
def api(database: Database) -> Iterator[Stack]:
    """PostgREST and the gateway on a database of the test's own; no mail."""
    with Stack(database, mail=False) as running:
        yield running


@pytest.fixture
def stack(database: Database) -> Iterator[Stack]:
    """Everything on a database of the test's own: the API, the notifier and the mail catcher."""
    with Stack(database) as running:
        yield running


@pytest.fixture
def clients() -> Iterator[Clients]:
    """Frontends of `api` or `stack`: supabase-py, closed after the test."""
    made = Clients()
    yield made
    made.close()


@pytest.fixture
def world(conn: psycopg.Connection) -> World:
    """Builders of users, courses and sessions on `conn`."""
    return World(conn)
