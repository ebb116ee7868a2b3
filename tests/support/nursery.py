"""Many notifiers for little: processes forked from one that has everything imported already.

Each is a process of its own, with its own connections, and may be killed. Run as a script it is the
parent: a line of JSON on standard input is an order, its answer the child's process id.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Newborn:
    """A running notifier.

    Attributes:
        pid: Its process id.
        log_file: Where its output goes.
    """

    pid: int
    log_file: Path

    @property
    def log(self) -> str:
        """Everything it has said so far."""
        return self.log_file.read_text()

    def kill(self) -> None:
        """SIGKILL: no chance to tidy up."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


class Nursery:
    """Use `open_nursery`."""

    def __init__(self, parent: subprocess.Popen[str], folder: Path) -> None:
        self._parent = parent
        self._folder = folder
        self.children: list[Newborn] = []

    def start(self, env: dict[str, str]) -> Newborn:
        """Start a notifier with these settings."""
        log_file = self._folder / f"chaos-{len(self.children)}.log"
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        self._parent.stdin.write(json.dumps({"env": env, "log": str(log_file)}) + "\n")
        self._parent.stdin.flush()
        child = Newborn(int(self._parent.stdout.readline()), log_file)
        self.children.append(child)
        return child


@contextmanager
def open_nursery(folder: Path, python_path: Path | None = None) -> Iterator[Nursery]:
    """Notifiers that do not outlive the block.

    Args:
        folder: Where their logs go.
        python_path: Where to look for the package first.
    """
    env = dict(os.environ) | ({"PYTHONPATH": str(python_path)} if python_path else {})
    with subprocess.Popen(
        [sys.executable, __file__],
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        nursery = Nursery(parent, folder)
        try:
            yield nursery
        finally:
            for child in nursery.children:
                child.kill()
            parent.kill()


def _serve() -> None:
    from notifier.__main__ import main  # here: the module is imported by tests as well

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            null = os.open(os.devnull, os.O_RDONLY)
            for source, target in ((null, 0), (log, 1), (log, 2)):
                os.dup2(source, target)
            os.environ.update(order["env"])
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os._exit(main(["run"]))
        while not Path(order["log"]).exists():
            pass
        print(pid, flush=True)


if __name__ == "__main__":
    _serve()
