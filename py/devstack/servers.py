"""The Postgres server to work on, by the selector that `PG=…` takes."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from devstack.errors import StackError
from devstack.postgres import EmbeddedPostgres, Server

DEFAULT_SELECTOR = "17"


@contextmanager
def open_server(selector: str | None = None) -> Iterator[Server]:
    """A running server; one that was started for this is stopped at the end.

    Args:
        selector: `17` or `18` (embedded), `container`, or the URL of a superuser on a running
            server. None takes the environment variable PG, and 17 without it.

    Raises:
        StackError: There is no such server, or its user is not a superuser.
    """
    chosen = selector or os.environ.get("PG") or DEFAULT_SELECTOR
    if chosen.startswith(("postgresql://", "postgres://")):
        yield _running(chosen)
    elif chosen == "container":
        # Imported here: everything else works without testcontainers.
        from devstack.container import open_container

        with open_container() as server:
            yield server
    elif chosen.isdecimal():
        with EmbeddedPostgres(int(chosen), in_memory=True) as server:
            yield server
    else:
        raise StackError(
            f"PG={chosen} names no server", "Use PG=17, PG=18, PG=container or PG=<url>"
        )


def _running(url: str) -> Server:
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            row = connection.execute(
                "select rolsuper from pg_catalog.pg_roles where rolname = current_user"
            ).fetchone()
            server = Server(
                url,
                connection.info.host,
                connection.info.port,
                connection.info.server_version // 10000,
            )
    except psycopg.OperationalError as error:
        raise StackError(
            f"the server of PG=<url> does not answer: {str(error).strip()}",
            "Start it, or leave PG away to use an embedded one",
        ) from error
    if row != (True,):
        raise StackError(
            f"{connection.info.user} is not a superuser there", "Name a superuser in PG=<url>"
        )
    return server
