"""Python programs that run beside the bench, each in a process of its own."""

import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from devstack.paths import ROOT
from devstack.processes import Child, Supervisor


@contextmanager
def running_program(
    supervisor: Supervisor, name: str, *program: str, environment: Mapping[str, str] | None = None
) -> Iterator[Child]:
    """A Python module that runs until the block ends.

    Args:
        supervisor: Who starts it, and stops it if the block fails.
        name: What errors call it.
        program: The module, and its arguments.
        environment: Its environment variables; None: those of the bench.

    Raises:
        StackError: It cannot be started.
    """
    folder = supervisor.own(Path(tempfile.mkdtemp(prefix="live-sessions-bench-")))
    child = supervisor.spawn(
        name,
        [sys.executable, "-m", *program],
        log=folder / "log",
        environment=environment,
        folder=ROOT,
    )
    yield child
    supervisor.forget(child)
