"""The notifier as its operators run it: a process of its own, its log, its signals."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from devstack.databases import Database
from support.forked import Forked
from support.smtp_server import SmtpServer
from support.waiting import wait_until

EMAIL_FROM = "Live Sessions <sessions@live-sessions.test>"
APP_URL = "https://app.live-sessions.test"


def environment(
    database: Database | str, smtp: SmtpServer | None = None, **more: str
) -> dict[str, str]:
    """The settings of a notifier, on top of what the process has.

    Args:
        database: The database, or its URL.
        smtp: Where it sends; None for no SMTP.
        **more: Further variables, by name.
    """
    mine = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(
            ("PG", "SMTP_", "RESEND_", "NOTIFIER_", "FUNCTIONS_", "DATABASE_URL")
        )
    }
    mine |= {
        "DATABASE_URL": database if isinstance(database, str) else database.notifier_url,
        "EMAIL_FROM": EMAIL_FROM,
        "APP_URL": APP_URL,
        "NOTIFIER_LEASE_SECONDS": "20",  # no machine is busy enough for a worker to lose it
        "PYTHONUNBUFFERED": "1",
    }
    if smtp is not None:
        mine |= {"SMTP_HOST": "localhost", "SMTP_PORT": str(smtp.port), "SMTP_SECURITY": "none"}
    return mine | more


@dataclass(slots=True)
class Daemon:
    """A running notifier.

    Attributes:
        process: The process.
        log_file: Where its output goes.
    """

    process: Forked | subprocess.Popen[bytes]
    log_file: Path

    @property
    def log(self) -> str:
        """Everything it has said so far."""
        return self.log_file.read_text()

    def events(self, name: str) -> list[dict[str, str]]:
        """The fields of each log line of that name; quoted values without their quotes."""
        return [_fields(line) for line in self.log.splitlines() if f" {name} " in f"{line} "]

    def wait_for(self, text: str, timeout: float = 60.0) -> None:
        """Wait until it has said so."""
        wait_until(
            lambda: text in self.log or self._check_alive(), f"{text!r} in the log", seconds=timeout
        )

    def stop(self, timeout: float = 60.0) -> int:
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout)

    def kill(self) -> None:
        """SIGKILL: no chance to tidy up."""
        self.process.kill()
        self.process.wait(60)

    def _check_alive(self) -> bool:
        assert self.process.poll() is None, f"the notifier has ended:\n{self.log}"
        return False


@dataclass(slots=True)
class Daemons:
    """Starts notifiers and kills what is left of them; use the fixture `daemons`."""

    folder: Path
    started: list[Daemon] = field(default_factory=list)
    _runs: int = 0

    def start(
        self,
        env: dict[str, str],
        command: str = "run",
        *,
        ready: bool = True,
        fresh: bool = False,
    ) -> Daemon:
        """Start one.

        Args:
            env: Its whole environment.
            command: `run` or another one.
            ready: Whether to wait until it listens for notifications.
            fresh: Whether it is a new interpreter, which minds what is read at imports.
        """
        log_file = self.folder / f"notifier-{len(self.started)}.log"
        log_file.touch()
        process: Forked | subprocess.Popen[bytes]
        if not fresh:
            process = Forked.notifier([command], env, stdout=log_file, stderr=log_file)
        else:
            with log_file.open("wb") as log:
                process = subprocess.Popen(
                    [sys.executable, "-m", "notifier", command],
                    env=env,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
        daemon = Daemon(process, log_file)
        self.started.append(daemon)
        if ready:
            daemon.wait_for(" listening ")
        return daemon

    def run(
        self, env: dict[str, str], *arguments: str, fresh: bool = False, timeout: float = 60.0
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; `fresh` as for `start`."""
        if fresh:
            return subprocess.run(
                [sys.executable, "-m", "notifier", *arguments],
                env=env,
                check=False,
                capture_output=True,
                text=True,
                timeout=timeout,
                cwd=self.folder,
            )
        said = [self.folder / f"said-{self._runs}.{kind}" for kind in ("out", "err")]
        self._runs += 1
        process = Forked.notifier(
            arguments, env, stdout=said[0], stderr=said[1], folder=self.folder
        )
        try:
            status = process.wait(timeout)
        finally:
            process.kill()
        return subprocess.CompletedProcess(arguments, status, *(path.read_text() for path in said))


@contextmanager
def running_daemons() -> Iterator[Daemons]:
    """Daemons that do not outlive the block."""
    with tempfile.TemporaryDirectory(prefix="notifier-") as folder:
        daemons = Daemons(Path(folder))
        try:
            yield daemons
        finally:
            for daemon in daemons.started:
                if daemon.process.poll() is None:
                    daemon.kill()


def _fields(line: str) -> dict[str, str]:
    pairs = re.findall(r' (\w+)=("(?:[^"\\]|\\.)*"|\S+)', line)
    return {name: value.strip('"') for name, value in pairs}
