"""The official Supabase CLI, on databases of our own: nothing it is asked here needs its cloud."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
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

NOT_ASKED: Final = frozenset({"unused_index", "rls_enabled_no_policy"})
"""Advice that means nothing here: a database without traffic uses no index, and the tables of
`private` and `notifier` have no policies because nobody is to read them through the API (that those
in `public` have some is asked by the catalog tests)."""

NOT_TRUE: Final = frozenset({"Function `public.csv` has a role mutable search_path"})
"""Findings that are none: an aggregate has no search path, the functions it is made of have."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What an advisor found.

    Attributes:
        level: ERROR, WARN or INFO.
        name: The advisor's name for the rule.
        detail: What breaks it.
        remediation: A page that explains the rule.
    """

    level: str
    name: str
    detail: str
    remediation: str

    def __str__(self) -> str:
        return f"{self.level} {self.name}: {self.detail} ({self.remediation})"


def migrate(database_url: str, *, workdir: Path = ROOT) -> None:
    """Apply the migrations that the database lacks: `supabase migration up`.

    Args:
        database_url: URL of role `postgres`.
        workdir: The folder with `supabase/migrations`.

    Raises:
        StackError: The CLI failed; quotes what it said.
    """
    _run("migration", "up", f"--remote={_for_cli(database_url)}", "--yes", workdir=workdir)


def difference(from_url: str, to_url: str) -> str:
    """The SQL that makes one database's schema into the other's; empty when they are equal.

    Raises:
        StackError: The CLI failed; quotes what it said.
    """
    return _run(
        "db", "diff", "--use-pg-delta", f"--from={_for_cli(from_url)}", f"--to={_for_cli(to_url)}"
    ).strip()


def advice(database_url: str) -> list[Advice]:
    """What Supabase's security and performance advisors say, `NOT_ASKED` and `NOT_TRUE` aside.

    Raises:
        StackError: The CLI failed; quotes what it said.
    """
    said = _run(
        "db", "advisors", f"--remote={_for_cli(database_url)}", "--level=info", "--fail-on=none"
    )
    findings = [
        Advice(item["level"], item["name"], item["detail"], item["remediation"])
        for item in json.loads(said or "[]")
    ]
    return [
        finding
        for finding in findings
        if finding.name not in NOT_ASKED and finding.detail not in NOT_TRUE
    ]


def lint_functions(database_url: str) -> list[str]:
    """What plpgsql_check finds in the functions, a sentence for each finding.

    Args:
        database_url: URL of role `postgres` in a database with the extension plpgsql_check.

    Raises:
        StackError: The CLI failed; quotes what it said.
    """
    found = _run(
        "db", "lint", f"--remote={_for_cli(database_url)}", "--level=warning", "--fail-on=none"
    )
    return [
        f"{entry['function']}: {issue['level']}: {issue['message']}"
        for entry in json.loads(found or "[]")
        for issue in entry["issues"]
    ]


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


def _run(*arguments: str, workdir: Path = ROOT) -> str:
    """Run the CLI and return what it writes to standard output."""
    command = [*node.supabase_cli(), *arguments, f"--workdir={workdir}"]
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
