"""Doubles of the servers the notifier talks to, and the notifier as a process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import uvloop

from devstack.databases import Database
from support.certificates import Authority, make_authority
from support.classroom import MANY, Classroom, open_classroom
from support.daemon import Daemons, running_daemons
from support.resend_server import ResendServer
from support.smtp_server import SmtpServer
from support.threads import in_thread


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loop that the notifier runs in."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
async def smtp() -> AsyncIterator[SmtpServer]:
    """An SMTP server in the test's own loop."""
    async with SmtpServer() as server:
        yield server


@pytest.fixture
async def resend() -> AsyncIterator[ResendServer]:
    """The Resend API in the test's own loop."""
    async with ResendServer() as server:
        yield server


@pytest.fixture
def mail_server() -> Iterator[SmtpServer]:
    """An SMTP server in a thread, for notifiers that run as processes."""
    with in_thread(SmtpServer()) as server:
        yield server


@pytest.fixture
def daemons() -> Iterator[Daemons]:
    """Notifiers as processes; killed after the test."""
    with running_daemons() as running:
        yield running


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate authority and a server certificate for localhost."""
    return make_authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def classroom(database: Database) -> Iterator[Classroom]:
    """A course with three students, a mentor and an admin, committed."""
    with open_classroom(database) as opened:
        yield opened


@pytest.fixture
def big_classroom(database: Database) -> Iterator[Classroom]:
    """The same with more students than one death may leave in doubt."""
    with open_classroom(database, students=MANY) as opened:
        yield opened
