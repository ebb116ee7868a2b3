"""`make types`: what is generated from the migrated database: clients/, and a part of a page."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from devstack import node, rights, scratch, supabase_cli
from devstack.errors import StackError, reporting
from devstack.paths import ROOT

FOLDER: Final = ROOT / "clients"

_MOST_LOOKS: Final = 4
_HEADER: Final = "Generated from the database by `make types`. Do not edit."


def generate(database_url: str) -> Mapping[Path, str]:
    """The client files and what they hold.

    Args:
        database_url: URL of role `postgres` in a migrated database.

    Raises:
        StackError: The CLI or a formatter failed.
    """
    typescript = supabase_cli.client_types(database_url, "typescript")
    python = supabase_cli.client_types(database_url, "python")
    return {
        FOLDER / "database.types.ts": _format(
            f"// {_HEADER}\n// deno-lint-ignore-file\n{typescript}",
            [*node.deno(), "fmt", "--ext=ts", "-"],
        ),
        FOLDER / "database_types.py": _format(
            f'# ruff: noqa\n"""{_HEADER}"""\n\n{python}',
            [sys.executable, "-m", "ruff", "format", "--stdin-filename=clients/database_types.py"],
        ),
    }


def main() -> int:
    """Write the files that are not up to date, and say which."""
    with scratch.migrated() as database:
        files = {**generate(database.url), rights.PAGE: rights.page(database.url)}
    FOLDER.mkdir(exist_ok=True)
    for path, text in files.items():
        if path.is_file() and path.read_text() == text:
            continue
        path.write_text(text)
        print(f"wrote {path.relative_to(ROOT)}")
    return 0


def _format(source: str, command: list[str]) -> str:
    """The source as the formatter likes it, which may take it more than one look."""
    for _ in range(_MOST_LOOKS):
        formatted = subprocess.run(
            command, input=source, capture_output=True, text=True, cwd=ROOT, check=False
        )
        if formatted.returncode != 0:
            raise StackError(
                f"{' '.join(command)} failed:\n{formatted.stderr.strip()}", "Run make install"
            )
        if formatted.stdout == source:
            break
        source = formatted.stdout
    return source


if __name__ == "__main__":
    sys.exit(reporting(main))
