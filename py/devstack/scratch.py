"""Databases to compare and to generate from, on a server that is gone afterwards."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from devstack import databases, schema
from devstack.databases import Database
from devstack.servers import open_server


@contextmanager
def migrated() -> Iterator[Database]:
    """The project as its migrations make it."""
    with open_server() as server:
        made = databases.create_project(server, _name("migrated"))
        try:
            yield made
        finally:
            databases.drop(made)


@contextmanager
def migrated_and_described() -> Iterator[tuple[Database, Database]]:
    """The project as its migrations make it, and as sql/ describes it."""
    with migrated() as from_migrations:
        from_sql = databases.create_platform(from_migrations.server, _name("described"))
        try:
            schema.apply_sql_tree(from_sql.url)
            yield from_migrations, from_sql
        finally:
            databases.drop(from_sql)


def _name(purpose: str) -> str:
    return f"scratch_{purpose}_{os.getpid()}"
