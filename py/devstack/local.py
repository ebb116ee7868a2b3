"""The stack that people use: a server, a database with demo data, and all that stands before it."""

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from devstack import databases, functions, migrations, ports
from devstack.config import Config
from devstack.databases import Database
from devstack.errors import StackError
from devstack.postgres import EmbeddedPostgres, Server
from devstack.servers import DEFAULT_SELECTOR, open_server
from devstack.stack import Ports, Stack
from devstack.zoom import zoom_server

DATABASE = "live_sessions"
"""The name of the database; kept between starts with a data folder or a server of one's own."""

DEMO_PASSWORD = "demo-password"  # noqa: S105, supabase/seed.sql says it, too
"""What everybody in the demo data signs in with."""

_MAIL_WEB_PORT = 54324
_SMTP_PORT = 54325


@dataclass(frozen=True, slots=True)
class Options:
    """What can be chosen on the command line.

    Attributes:
        pg: Selector of the server, as in `PG=…`; None takes PG from the environment.
        data: Folder that keeps the data; None throws them away.
        api_port: Port of the gateway. For this and the next three, None takes the default or, where
            that is taken, any free port.
        db_port: Port of an embedded Postgres.
        mail_port: Port of the inbox.
        smtp_port: Port of the mail catcher.
    """

    pg: str | None = None
    data: Path | None = None
    api_port: int | None = None
    db_port: int | None = None
    mail_port: int | None = None
    smtp_port: int | None = None


@contextmanager
def local_stack(options: Options) -> Iterator[Stack]:
    """Everything, from the server to the notifier, with the demo data loaded.

    Raises:
        StackError: Something is missing or does not start; says what to do.
    """
    config = Config.read()
    chosen = Ports(
        api=_port(options.api_port, config.api_port, "the API", "--api-port"),
        mail_web=_port(options.mail_port, _MAIL_WEB_PORT, "the inbox", "--mail-port"),
        smtp=_port(options.smtp_port, _SMTP_PORT, "mail", "--smtp-port"),
    )
    secrets = functions.secrets()
    with (
        _server(options, config) as server,
        # Whoever has an app at Zoom plays with that.
        nullcontext() if "ZOOM_ACCOUNT_ID" in secrets else zoom_server() as zoom,
        Stack(
            _database(server), functions=True, function_secrets=secrets, zoom=zoom, ports=chosen
        ) as stack,
    ):
        yield stack


def _port(asked_for: int | None, default: int, what: str, option: str) -> int:
    if asked_for is not None:
        return ports.named(asked_for, what, option)
    return ports.preferred(default)


def _server(options: Options, config: Config) -> contextlib.AbstractContextManager[Server]:
    selector = options.pg or os.environ.get("PG") or DEFAULT_SELECTOR
    if selector.isdecimal():
        port = _port(options.db_port, config.db_port, "Postgres", "--db-port")
        return EmbeddedPostgres(int(selector), options.data, port=port)
    if options.data is not None or options.db_port is not None:
        raise StackError(
            "--data and --db-port are for an embedded Postgres", f"Leave them out with {selector}"
        )
    return open_server(selector)


def _database(server: Server) -> Database:
    if databases.exists(server, DATABASE):
        database = Database(server, DATABASE)
        migrations.apply(database.url)
    else:
        database = databases.create_project(server, DATABASE)
    databases.load_seed(database)
    return database


def describe(stack: Stack) -> str:
    """What a person needs to use the stack: addresses, keys, logins."""
    return f"""\
  Inbox      {stack.mail_url}    (SMTP: {stack.mail.smtp_host}:{stack.mail.smtp_port})
  Database   {stack.db_url}

  For a client, and the examples of docs/api.md:
    export SUPABASE_URL={stack.api_url}
    export SUPABASE_ANON_KEY={stack.anon_key}
    export SUPABASE_SERVICE_ROLE_KEY={stack.service_role_key}

  Sign in with the password {DEMO_PASSWORD} as
    ada@example.com    admin               sam@example.com   student of the autumn cohort
    erin@example.com   enrollment manager  sita@example.com  another one
    sofia@example.com  superadmin          otto@example.com  student of the winter cohort
    marta@example.com  mentor              uma@example.com   student without a batch
    milo@example.com   another mentor      pia@example.com   student whose enrollment is paused"""
