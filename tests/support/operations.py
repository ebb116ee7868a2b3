"""The commands of docs/operations.md, to be run as they stand there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

from devstack.paths import ROOT

PAGE = ROOT / "docs" / "operations.md"
TOOLS = Path(__file__).parent / "tools"


def section(heading: str) -> str:
    """What stands under a heading of the second level."""
    return PAGE.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]


def blocks(heading: str, language: str) -> list[str]:
    """The blocks of code in a section, in order; `language`: `sh` or `sql`."""
    found = re.findall(
        rf"^( *)```{language}\n(.*?)^\1```$", section(heading), re.MULTILINE | re.DOTALL
    )
    return [textwrap.dedent(block) for _, block in found]


def copied(script: str, folder: Path = ROOT, **environment: str) -> str:
    """Run commands in a fresh shell, as a reader would; what they print.

    Args:
        script: The commands.
        folder: Where; the root of the tree unless said otherwise.
        **environment: What the reader has exported already.
    """
    done = subprocess.run(
        ["bash", "-euc", script],
        cwd=folder,
        env={
            **environment,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}:{TOOLS}",
            "HOME": os.environ["HOME"],
            "DO_NOT_TRACK": "1",
            "SUPABASE_TELEMETRY_DISABLED": "1",
        },
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
