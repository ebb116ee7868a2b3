"""The outbox of the rolled-back connection, as one worker and as another use it."""

from __future__ import annotations

import psycopg
import pytest

from support.outbox import Outbox


@pytest.fixture
def outbox(conn: psycopg.Connection) -> Outbox:
    """The outbox as a worker uses it."""
    return Outbox(conn)


@pytest.fixture
def other(conn: psycopg.Connection) -> Outbox:
    """The same outbox in the hands of another worker."""
    return Outbox(conn, "other worker")
