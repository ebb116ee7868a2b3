"""What forked notifiers do. Importing it leaves them with nothing to import and all templates read.

Only the notifier is imported here: whatever else were, each of them would have to import.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from notifier.__main__ import main
from notifier.address import Mailbox
from notifier.compose import Composer
from notifier.render import Renderer

Composer(
    Renderer("https://app.example.com", "Live Sessions"), Mailbox("", "sessions@example.com")
).rehearse()


def run(
    arguments: Sequence[str],
    env: Mapping[str, str],
    stdout: Path,
    stderr: Path,
    folder: Path | None,
) -> None:
    """Become `python -m notifier` with these arguments."""
    for path, descriptor in ((stdout, 1), (stderr, 2)):
        output = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(output, descriptor)
        os.close(output)
    os.environ.clear()
    os.environ.update(env)
    if folder is not None:
        os.chdir(folder)
    sys.exit(main(arguments))
