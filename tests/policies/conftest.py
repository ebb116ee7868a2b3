"""The academy in which the tests of this folder take place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest

from devstack import databases
from devstack.databases import Database
from support.academy import Academy, found


@pytest.fixture(scope="session")
def _founded(template: Database, run_name: str) -> Iterator[tuple[Database, Academy]]:
    database = databases.clone(template, f"{run_name}_academy")
    with psycopg.connect(database.url) as conn:
        academy = found(conn)
    yield database, academy
    databases.drop(database)


@pytest.fixture(scope="session")
def _visit(_founded: tuple[Database, Academy]) -> Iterator[psycopg.Connection]:
    with psycopg.connect(_founded[0].url) as conn:
        yield conn


@pytest.fixture
def academy(_founded: tuple[Database, Academy], _visit: psycopg.Connection) -> Iterator[Academy]:
    """The academy as it was founded; what the test changes there is rolled back."""
    with _visit.transaction(force_rollback=True):
        yield replace(_founded[1], conn=_visit)


@pytest.fixture
def unprepared_academy(_founded: tuple[Database, Academy]) -> Iterator[Academy]:
    """The academy on a connection of its own, where nothing was compiled or planned for others."""
    database, founded = _founded
    with psycopg.connect(database.url) as conn, conn.transaction(force_rollback=True):
        yield replace(founded, conn=conn)
