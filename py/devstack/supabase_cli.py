"""The official Supabase CLI, run against any database."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from devstack import node
from devstack.errors import StackError
from devstack.paths import ROOT


def supabase(
    *arguments: str, workdir: Path = ROOT, may_fail: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run a command of the CLI and wait for it.

    Args:
        *arguments: The command and its options.
        workdir: The folder with `supabase/config.toml`.
        may_fail: Return a failed run instead of raising.

    Raises:
        StackError: The CLI is not installed or ended with an error; its output is quoted.
    """
    finished = subprocess.run(
        [*node.supabase_cli(), *arguments, "--workdir", str(workdir)],
        env=_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode != 0 and not may_fail:
        raise StackError(
            f"supabase {' '.join(_without_passwords(arguments))} ended with status"
            f" {finished.returncode}",
            f"It says:\n{(finished.stdout + finished.stderr).strip()}",
        )
    return finished


def _environment() -> dict[str, str]:
    return os.environ | {"SUPABASE_TELEMETRY_DISABLED": "1", "DO_NOT_TRACK": "1"}


def _without_passwords(arguments: Sequence[str]) -> list[str]:
    return ["<url>" if "://" in argument else argument for argument in arguments]
