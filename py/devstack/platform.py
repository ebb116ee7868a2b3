"""Makes a plain Postgres look like Supabase, by `platform.sql`."""

from pathlib import Path
from typing import Literal

import psycopg
from psycopg import sql

DefaultPrivileges = Literal["legacy", "explicit"]
"""What the API roles get on a new object in `public`: everything, or (since 2026-10-30) nothing."""

PLATFORM_SQL = Path(__file__).with_name("platform.sql")

_DATABASE_PART = "\n-- == Database "
"""The heading in `platform.sql` where the roles end and what each database needs begins."""


def install_cluster(superuser_url: str) -> None:
    """Create the platform's roles, or bring them into shape.

    Repeating it changes nothing, and any number of processes may do it at once.

    Args:
        superuser_url: URL of a superuser in any database of the cluster.
    """
    roles = PLATFORM_SQL.read_text().partition(_DATABASE_PART)[0]
    _execute(superuser_url, roles, "legacy")


def install_database(database_url: str, default_privileges: DefaultPrivileges = "legacy") -> None:
    """Give a database the platform's schemas, and the cluster its roles.

    Args:
        database_url: URL of a superuser in the database.
        default_privileges: Which regime the project lives under.
    """
    _execute(database_url, PLATFORM_SQL.read_text(), default_privileges)


def let_notifier_log_in(superuser_url: str) -> None:
    """Set the local password of role `notifier`, which the migrations create without one."""
    with psycopg.connect(superuser_url) as connection:
        # The same lock as in platform.sql: two processes that alter one role at once would fail.
        connection.execute("lock table pg_catalog.pg_authid in share row exclusive mode")
        connection.execute("alter role notifier password 'notifier'")


def _execute(url: str, statements: str, default_privileges: DefaultPrivileges) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(
            sql.SQL("set local platform.default_privileges = {}").format(default_privileges)
        )
        connection.execute("set local client_min_messages = warning")
        # Without parameters the driver sends the whole file at once, as psql -1 would.
        connection.execute(statements.encode())
