"""Databases of this project on a server: made from the migrations, cloned, dropped."""

import time
from dataclasses import dataclass

import psycopg
from psycopg import sql

from devstack import migrations, platform
from devstack.paths import SEED
from devstack.platform import DefaultPrivileges
from devstack.postgres import Server


@dataclass(frozen=True, slots=True)
class Database:
    """A database with the project in it, by the URLs of those who log in.

    Attributes:
        server: Where it is.
        name: Its name.
    """

    server: Server
    name: str

    @property
    def url(self) -> str:
        """URL of role `postgres`: who applies migrations."""
        return self.server.url("postgres", self.name)

    @property
    def superuser_url(self) -> str:
        """URL of the superuser."""
        return self.server.superuser(self.name)

    @property
    def notifier_url(self) -> str:
        """URL of role `notifier`: the daemon."""
        return self.server.url("notifier", self.name)

    @property
    def authenticator_url(self) -> str:
        """URL of role `authenticator`: PostgREST."""
        return self.server.url("authenticator", self.name)

    @property
    def auth_admin_url(self) -> str:
        """URL of role `supabase_auth_admin`: Supabase Auth, here the gateway."""
        return self.server.url("supabase_auth_admin", self.name)


def create_platform(
    server: Server, name: str, *, default_privileges: DefaultPrivileges = "legacy"
) -> Database:
    """An empty project: the platform alone, as Supabase hands it over."""
    database = create_empty(server, name)
    platform.install_database(database.superuser_url, default_privileges)
    return database


def create_empty(server: Server, name: str) -> Database:
    """A database with nothing in it, not even the platform."""
    platform.install_cluster(server.superuser_url)
    _create(server, name)
    return Database(server, name)


def create_project(
    server: Server, name: str, *, default_privileges: DefaultPrivileges = "legacy"
) -> Database:
    """The project as the migrations make it, without data."""
    database = create_platform(server, name, default_privileges=default_privileges)
    migrations.apply(database.url)
    platform.let_notifier_log_in(database.superuser_url)
    return database


def load_seed(database: Database) -> None:
    """Insert the demo data."""
    with psycopg.connect(database.url) as connection:
        connection.execute(SEED.read_bytes())


def exists(server: Server, name: str) -> bool:
    """Whether the server has a database of this name."""
    with psycopg.connect(server.superuser_url) as connection:
        found = connection.execute("select from pg_catalog.pg_database where datname = %s", (name,))
        return found.fetchone() is not None


def clone(template: Database, name: str) -> Database:
    """A copy of a database that nobody is connected to; takes about a fiftieth of a second."""
    _create(template.server, name, template.name)
    return Database(template.server, name)


def drop(database: Database) -> None:
    """Remove a database, whoever is connected to it."""
    _execute(
        database.server,
        sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(database.name)),
    )


def _create(server: Server, name: str, template: str = "template1") -> None:
    # file_copy is about twice as fast as the default for a database of this size when fsync is off.
    _execute(
        server,
        sql.SQL("create database {} owner postgres template {} strategy file_copy").format(
            sql.Identifier(name), sql.Identifier(template)
        ),
    )


def _execute(server: Server, statement: sql.Composed) -> None:
    deadline = time.monotonic() + 60
    with psycopg.connect(server.superuser_url, autocommit=True) as connection:
        while True:
            try:
                connection.execute(statement)
            except psycopg.errors.ObjectInUse:
                # A connection to the template that was closed a moment ago may not have ended yet.
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            else:
                return
