"""The edge functions' own tests, which need no stack: `deno test`."""

from __future__ import annotations

import os
import subprocess

from devstack import node
from devstack.functions import CACHE
from devstack.paths import ROOT


def test_the_edge_functions_pass_their_tests() -> None:
    finished = subprocess.run(
        # Without any permission: what they need is given to them.
        [*node.deno(), "test", "--no-prompt", "--no-remote", "--quiet", "tests/edge"],
        cwd=ROOT,
        env={**os.environ, "DENO_DIR": str(CACHE), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert " passed " in finished.stdout
