"""The real PostgREST in front of a database."""

import os
from pathlib import Path

from devstack import http, keys, node, ports
from devstack.config import Config
from devstack.databases import Database
from devstack.processes import Supervisor


def start_postgrest(supervisor: Supervisor, database: Database, log_folder: Path) -> str:
    """Start PostgREST and wait until it has read the schema.

    Args:
        supervisor: Who starts and stops it.
        database: What it serves.
        log_folder: Where its output goes.

    Returns:
        Its URL, without a slash at the end.

    Raises:
        StackError: There is no binary, or it does not start; the end of its log is quoted.
    """
    config = Config.read()
    binary = node.postgrest()

    def environment(port: int, admin_port: int) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", ""),
            "PGRST_DB_URI": database.authenticator_url,
            "PGRST_DB_SCHEMAS": ",".join(config.api_schemas),
            "PGRST_DB_EXTRA_SEARCH_PATH": ",".join(config.extra_search_path),
            "PGRST_DB_MAX_ROWS": str(config.max_rows),
            "PGRST_DB_ANON_ROLE": "anon",
            "PGRST_JWT_SECRET": keys.JWT_SECRET,
            "PGRST_SERVER_HOST": ports.LOOPBACK,
            "PGRST_SERVER_PORT": str(port),
            "PGRST_ADMIN_SERVER_PORT": str(admin_port),
            "PGRST_LOG_LEVEL": "warn",
        }

    with ports.reserved() as admin_port:
        _, port = supervisor.serve(
            "PostgREST",
            lambda _: [str(binary)],
            # Its own word that it is connected and knows the schema.
            lambda _: http.answers_ok(f"http://{ports.LOOPBACK}:{admin_port}/ready"),
            port=None,
            log=log_folder / "postgrest.log",
            environment=lambda port: environment(port, admin_port),
        )
    return f"http://{ports.LOOPBACK}:{port}"
