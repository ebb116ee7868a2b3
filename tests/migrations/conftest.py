"""Databases that are not clones of the migrated template."""

import uuid
from collections.abc import Iterator

import pytest

from devstack import databases, schema
from devstack.databases import Database
from devstack.platform import DefaultPrivileges
from devstack.postgres import Server
from support.platforms import NewPlatform


@pytest.fixture
def new_platform(server: Server) -> Iterator[NewPlatform]:
    """Makes empty projects, dropped after the test."""
    made: list[Database] = []

    def new(default_privileges: DefaultPrivileges = "legacy") -> Database:
        name = f"test_platform_{uuid.uuid4().hex[:12]}"
        made.append(databases.create_platform(server, name, default_privileges=default_privileges))
        return made[-1]

    yield new
    for database in made:
        databases.drop(database)


@pytest.fixture
def described(new_platform: NewPlatform) -> Database:
    """The database as sql/ describes it, without any migration."""
    made = new_platform()
    schema.apply_sql_tree(made.url)
    return made
