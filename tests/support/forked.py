"""Notifiers for little: processes forked from one that has everything imported already.

Each is a process of its own, with its own environment, connections and output, and may be killed.
An interpreter started anew for each would take a second of work to get as far.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Self

import pytest

from support.rehearsed import run


@dataclass(frozen=True, slots=True)
class Forked:
    """A forked process, with what its users know of `subprocess.Popen`."""

    _process: ForkServerProcess

    @classmethod
    def notifier(
        cls,
        arguments: Sequence[str],
        env: Mapping[str, str],
        *,
        stdout: Path,
        stderr: Path,
        folder: Path | None = None,
    ) -> Self:
        """Run `python -m notifier` with these arguments.

        Args:
            arguments: Its command line.
            env: Its whole environment, but for what the interpreter itself reads at its start.
            stdout: The file that takes its output.
            stderr: The file that takes what it says on standard error; may be the same.
            folder: Its working directory; None keeps ours.
        """
        _start_parent()
        process = multiprocessing.get_context("forkserver").Process(
            target=run, args=(tuple(arguments), dict(env), stdout, stderr, folder)
        )
        process.start()
        return cls(process)

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float) -> int:
        """How it ended, which it has to within so many seconds."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(self._process.name, timeout)
        return self._process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL: no chance to tidy up."""
        self.send_signal(signal.SIGKILL)


def _start_parent() -> None:
    """Start the process that is forked, unless it runs already."""
    with pytest.MonkeyPatch.context() as changed:
        changed.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
        forkserver.set_forkserver_preload(["support.rehearsed"])
        forkserver.ensure_running()
