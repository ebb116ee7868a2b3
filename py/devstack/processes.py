"""Child processes that never outlive the process that started them.

Every child gets its own session, so that Ctrl-C in the terminal reaches only the parent, which then
stops the children in order. Against a parent that dies without stopping anything (`kill -9`, a
crash) stands a **reaper**: a small process holding the other end of a pipe. When the parent ends,
for whatever reason, the pipe closes; the reaper then kills what is left and removes the temporary
folders. It works the same on Linux and macOS.
"""

import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from devstack import ports
from devstack.errors import StackError

STOP_SECONDS = 10.0
"""How long a child may take to stop in an orderly way before it is killed."""

POLL_SECONDS = 0.02
"""Pause between two looks at whether a child is ready."""

_PORT_ATTEMPTS = 5
_PORT_TAKEN = re.compile("could not bind|address (already )?in use|EADDRINUSE", re.IGNORECASE)
"""How Postgres, the programs on Node and Deno, and PostgREST say it."""


@dataclass(slots=True)
class Child:
    """A running child.

    Attributes:
        name: What messages call it.
        process: The process; its id is the id of its process group, too.
        log: Where its output goes.
        stop_signal: The signal that asks it to end.
        may_end: Whether its end is its starter's business alone, and not the end of the stack.
    """

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    stop_signal: signal.Signals = signal.SIGTERM
    may_end: bool = False

    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self.process.poll() is None

    def last_lines(self, count: int = 15) -> str:
        """The end of its output."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])

    def wait_until(self, is_ready: Callable[[], bool], *, seconds: float = 30.0) -> None:
        """Wait until the child does its work.

        Raises:
            StackError: It ended, or was not ready in time; the end of its output is quoted.
        """
        deadline = time.monotonic() + seconds
        while not is_ready():
            if not self.is_running():
                raise StackError(
                    f"{self.name} ended at its start with status {self.process.returncode}",
                    f"The end of its log says:\n{self.last_lines()}",
                )
            if time.monotonic() > deadline:
                raise StackError(
                    f"{self.name} was not ready within {seconds:.0f} seconds",
                    f"The end of its log says:\n{self.last_lines()}",
                )
            time.sleep(POLL_SECONDS)

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Ask it to end, wait, and kill its whole process group if it does not."""
        if self.is_running():
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                _signal_group(self.process.pid, signal.SIGKILL)
                self.process.wait()
        _signal_group(self.process.pid, signal.SIGKILL)


@dataclass(slots=True)
class Supervisor:
    """Starts children and temporary folders, and sees to it that none of them is left behind.

    Use it as a context manager: on the way out the children are stopped, the last started first.
    Several threads may start and forget children.
    """

    _children: list[Child] = field(default_factory=list)
    _folders: list[Path] = field(default_factory=list)
    _reaper: subprocess.Popen[bytes] | None = None
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        self._reaper = subprocess.Popen(
            [sys.executable, "-E", "-S", str(Path(__file__).with_name("reaper.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for child in reversed(self._children):
            child.stop()
        for folder in reversed(self._folders):
            shutil.rmtree(folder, ignore_errors=True)
        if self._reaper is not None:
            self._tell_reaper("done")
            self._pipe().close()
            self._reaper.wait()

    def spawn(
        self,
        name: str,
        command: Sequence[str | os.PathLike[str]],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        user: str | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        may_end: bool = False,
    ) -> Child:
        """Start a child.

        Args:
            name: What messages call it.
            command: The program and its arguments.
            log: The file that takes its output.
            environment: Its whole environment; None inherits ours.
            folder: Its working directory; None keeps ours.
            user: The account it runs under; only root may name one.
            stop_signal: The signal that asks it to end.
            may_end: Whether its end is the caller's business alone.

        Raises:
            StackError: The program is missing or cannot be run.
        """
        with log.open("ab") as output:
            try:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=environment,
                    cwd=folder,
                    user=user,
                    group=_group_of(user),
                    extra_groups=None if user is None else [],
                    start_new_session=True,
                )
            except OSError as error:
                raise StackError(
                    f"{name} cannot be started: {error.strerror}: {os.fspath(command[0])}",
                    "Run make install",
                ) from error
        self._tell_reaper(f"process {process.pid} {stop_signal.value}")
        child = Child(name, process, log, stop_signal, may_end)
        with self._turn:
            self._children.append(child)
        return child

    def serve(
        self,
        name: str,
        command: Callable[[int], Sequence[str]],
        is_ready: Callable[[int], bool],
        *,
        port: int | None,
        log: Path,
        environment: Callable[[int], Mapping[str, str]] | None = None,
        folder: Path | None = None,
        user: str | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        may_end: bool = False,
    ) -> tuple[Child, int]:
        """Start a server and wait until it answers.

        A free port is kept from everybody who chooses one as we do until the server has it. Another
        program may have taken it meanwhile; then the start is tried again with another one.

        Args:
            name: What messages call it.
            command: The program and its arguments, for a port.
            is_ready: Whether it answers on a port.
            port: The port somebody asked for; None chooses a free one.
            log: The file that takes its output.
            environment: Its whole environment, for a port; None inherits ours.
            folder: Its working directory; None keeps ours.
            user: The account it runs under; only root may name one.
            stop_signal: The signal that asks it to end.
            may_end: Whether its end is the caller's business alone.

        Returns:
            The child and its port.

        Raises:
            StackError: The program is missing, or does not start; the end of its log is quoted.
        """
        for attempt in range(1, _PORT_ATTEMPTS + 1):
            with ports.asked_for_or_reserved(port) as chosen:
                child = self.spawn(
                    name,
                    command(chosen),
                    log=log,
                    environment=None if environment is None else environment(chosen),
                    folder=folder,
                    user=user,
                    stop_signal=stop_signal,
                    may_end=may_end,
                )
                try:
                    child.wait_until(partial(is_ready, chosen))
                except StackError:
                    lost_its_port = port is None and _PORT_TAKEN.search(child.last_lines())
                    self.forget(child)
                    if not lost_its_port or attempt == _PORT_ATTEMPTS:
                        raise
                else:
                    return child, chosen
        raise AssertionError("unreachable: the last attempt returns or raises")

    def own(self, folder: Path) -> Path:
        """Have this temporary folder removed when the parent ends."""
        self._tell_reaper(f"folder {folder}")
        self._folders.append(folder)
        return folder

    def ended(self) -> list[Child]:
        """The children that have ended by themselves, but for those that may."""
        with self._turn:
            return [child for child in self._children if not (child.may_end or child.is_running())]

    def forget(self, child: Child) -> None:
        """Stop a child now instead of at the end."""
        child.stop()
        with self._turn:
            self._children.remove(child)
        self._tell_reaper(f"gone {child.process.pid}")

    def _tell_reaper(self, line: str) -> None:
        pipe = self._pipe()
        with self._turn:
            pipe.write(line.encode() + b"\n")
            pipe.flush()

    def _pipe(self) -> IO[bytes]:
        if self._reaper is None or self._reaper.stdin is None:
            raise RuntimeError("the supervisor has not been entered")
        return self._reaper.stdin


def _signal_group(group: int, signal_number: signal.Signals) -> None:
    try:
        os.killpg(group, signal_number)
    except (ProcessLookupError, PermissionError):
        # Nobody is left in it. macOS reports a group of zombies as a missing permission.
        return


def _group_of(user: str | None) -> int | None:
    return None if user is None else pwd.getpwnam(user).pw_gid
