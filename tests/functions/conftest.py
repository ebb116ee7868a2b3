"""What many of these tests begin with, on the rolled-back connection."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest

from support.outbox import Outbox
from support.world import World


@pytest.fixture
def outbox(conn: psycopg.Connection) -> Outbox:
    """The outbox as a worker uses it."""
    return Outbox(conn)


@pytest.fixture
def other(conn: psycopg.Connection) -> Outbox:
    """The same outbox in the hands of another worker."""
    return Outbox(conn, "other worker")


@pytest.fixture
def batch(world: World) -> UUID:
    """A batch of a course."""
    return world.batch()


@pytest.fixture
def anna(world: World, batch: UUID) -> UUID:
    """A student of the batch."""
    return world.student("Anna", batch=batch)
