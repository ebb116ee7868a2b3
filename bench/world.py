"""Databases full of made-up people and sessions."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import psycopg

from devstack import databases
from devstack.databases import Database

_WORLDS = Path(__file__).with_name("worlds")


def id_of(kind: str, number: int) -> UUID:
    """The id of a made-up row, as `people.sql` makes it: 'student' 17, 'batch' 3 …"""
    return UUID(hashlib.md5(f"{kind} {number}".encode(), usedforsecurity=False).hexdigest())


ADMIN = id_of("admin", 1)


@contextmanager
def made(
    template: Database, world: str, settings: Mapping[str, object], *, suffix: str = ""
) -> Iterator[Database]:
    """A database with a world in it, gone at the end.

    The rows go in past triggers and foreign keys: they stand for years of work, not for changes
    that somebody is to be told of.

    Args:
        template: The project, to clone.
        world: A file of `worlds/`, run after `people.sql`.
        settings: What the files ask for, without the prefix `bench.`.
        suffix: Tells several of one world apart.
    """
    database = databases.clone(template, f"bench_{world}_{os.getpid()}{suffix}")
    with psycopg.connect(database.url) as connection:
        # What is measured is the way, not the wait for further changes.
        connection.execute("update public.app_settings set mail_debounce_seconds = 0")
    try:
        with psycopg.connect(database.superuser_url, autocommit=True) as connection:
            with connection.transaction():
                connection.execute("set local session_replication_role = replica")
                for name, value in settings.items():
                    connection.execute(
                        "select set_config('bench.' || %s, %s, true)", (name, str(value))
                    )
                for file in ("people.sql", f"{world}.sql"):
                    connection.execute((_WORLDS / file).read_bytes())
            connection.execute("vacuum (analyze)")
        yield database
    finally:
        databases.drop(database)
