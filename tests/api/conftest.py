"""One running API for the tests of a module, which leave rows behind but do not count on none."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from devstack import databases
from devstack.databases import Database
from devstack.stack import Stack
from support.campus import Campus
from support.rest import Callers


@pytest.fixture(scope="module")
def running(template: Database, _names: Iterator[str]) -> Iterator[Stack]:
    """PostgREST and the gateway; no mail."""
    database = databases.clone(template, next(_names))
    with Stack(database, mail=False) as stack:
        yield stack
    databases.drop(database)


@pytest.fixture(scope="module")
def campus(running: Stack) -> Campus:
    """The people in it."""
    return Campus.open(running.db_url)


@pytest.fixture(scope="module")
def callers(running: Stack) -> Iterator[Callers]:
    """Who sends requests."""
    with httpx.Client(timeout=30) as http:
        yield Callers(http, running)
