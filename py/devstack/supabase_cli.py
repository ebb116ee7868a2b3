"""The official Supabase CLI, on databases of our own: nothing it is asked here needs its cloud."""

import os
import subprocess
from typing import Final, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from devstack import node
from devstack.errors import StackError
from devstack.paths import ROOT

ClientLanguage = Literal["typescript", "python"]

_SECONDS: Final = 120
_ENVIRONMENT: Final = {
    "SUPABASE_TELEMETRY_DISABLED": "1",
    "DO_NOT_TRACK": "1",
    "SUPABASE_NO_UPDATE_NOTIFIER": "1",
    # Where it keeps what it remembers; by default that is a folder in the user's home.
    "SUPABASE_HOME": str(ROOT / ".make" / "supabase"),
}


def migrate(database_url: str) -> None:
    """Apply the migrations that the database lacks: `supabase migration up`.

    Args:
        database_url: URL of role `postgres`.

    Raises:
        StackError: The CLI failed; quotes what it said.
    """
    _run("migration", "up", f"--remote={_for_cli(database_url)}", "--yes")


def difference(from_url: str, to_url: str) -> str:
    """The SQL that makes one database's schema into the other's; empty when they are equal.

    Raises:
        StackError: The CLI failed; quotes what it said.
    """
    return _run(
        "db", "diff", "--use-pg-delta", f"--from={_for_cli(from_url)}", f"--to={_for_cli(to_url)}"
    ).strip()


def advice(database_url: str) -> str:
    """What Supabase's security and performance advisors say; empty when they say nothing.

    Raises:
        StackError: The CLI failed; quotes what it said.
    """
    return _run(
        "db", "advisors", f"--remote={_for_cli(database_url)}", "--level=info", "--fail-on=none"
    ).strip()


def lint_functions(database_url: str) -> str:
    """What plpgsql_check finds in the functions; empty when it finds nothing.

    Args:
        database_url: URL of role `postgres` in a database with the extension plpgsql_check.

    Raises:
        StackError: The CLI failed; quotes what it said.
    """
    return _run(
        "db", "lint", f"--remote={_for_cli(database_url)}", "--level=warning", "--fail-on=none"
    ).strip()


def client_types(database_url: str, language: ClientLanguage) -> str:
    """Source code with a type for each table, view, enum and function of the API.

    Raises:
        StackError: The CLI failed; quotes what it said.
    """
    return _run(
        "gen",
        "types",
        f"--lang={language}",
        "--schema=public",
        f"--remote={_for_cli(database_url)}",
    )


def _run(*arguments: str) -> str:
    """Run the CLI and return what it writes to standard output."""
    command = [*node.supabase_cli(), *arguments, f"--workdir={ROOT}"]
    ran = subprocess.run(
        command,
        env=_without_project() | _ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    if ran.returncode != 0:
        raise StackError(
            f"supabase {' '.join(arguments[:2])} failed:\n{ran.stderr.strip()}",
            "Mend what it names, then run the command again",
        )
    return ran.stdout


def _without_project() -> dict[str, str]:
    """Our environment, without what would have the CLI talk to a hosted project."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SUPABASE_")}


def _for_cli(url: str) -> str:
    """The URL with an answer to whether to encrypt, which the CLI otherwise insists on."""
    parts = urlsplit(url)
    query = {"sslmode": "disable"} | dict(parse_qsl(parts.query))
    return urlunsplit(parts._replace(query=urlencode(query)))
