"""A Postgres server of one's own, from npm, with no Docker and nothing installed on the machine."""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from devstack import node, ports
from devstack.errors import StackError
from devstack.processes import Supervisor
from devstack.urls import role_of, with_database, with_role

SUPERUSER = "supabase_admin"
"""Named as on Supabase, so that `postgres` can be the demoted role it is there."""

_PASSWORD_FILE = "superuser-password"  # noqa: S105, a file's name

_SETTINGS = {
    "timezone": "UTC",
    "unix_socket_directories": "",
    "listen_addresses": ports.LOOPBACK,
    # Test suites open thousands of connections; the passwords are random or worthless, so
    # stretching buys nothing.
    "scram_iterations": "1",
    "logging_collector": "off",
    "log_min_messages": "warning",
}

_THROWAWAY_SETTINGS = {"fsync": "off", "full_page_writes": "off"}
"""For a data folder that nobody wants back after a crash."""

_MEMORY = Path("/dev/shm")  # noqa: S108, only folders made by mkdtemp are used there
_MEMORY_BYTES = 4 * 1024**3


@dataclass(frozen=True, slots=True)
class Server:
    """A running Postgres server.

    Attributes:
        superuser_url: URL of a superuser, database `postgres`.
        host: Host name or address.
        port: TCP port.
        major: Major version.
    """

    superuser_url: str
    host: str
    port: int
    major: int

    def superuser(self, database: str) -> str:
        """URL of the superuser in a database."""
        return with_database(self.superuser_url, database)

    def url(self, role: str, database: str, password: str | None = None) -> str:
        """URL of a role in a database.

        Args:
            role: A role of `platform.sql`, or `notifier`.
            database: The database.
            password: The role's password; locally each role's password is its name.

        A server whose superuser is itself called `postgres` keeps it a superuser with the password
        it has.
        """
        if role == role_of(self.superuser_url):
            return self.superuser(database)
        return with_role(self.superuser(database), role, password or role)


class EmbeddedPostgres:
    """Starts Postgres on entry, stops it on exit, and removes its data unless they have a folder of
    their own.

    Postgres refuses to run as root. Called by root, it runs as `postgres` if there is such an
    account, else as `nobody`, from a copy of the binaries where that account cannot read the
    originals.

    Args:
        major: 17 or 18.
        data_dir: Where the data are kept between starts; None keeps them nowhere.
        port: The TCP port; None chooses a free one.
        settings: Further settings, as in postgresql.conf.
        in_memory: Keep the data in memory where the machine has plenty: cloning a database then
            takes 7 ms instead of 10 to 100. Means nothing with a data_dir.
        supervisor: Who starts the process and stops it at its own end; None has one made for this
            server alone.

    Raises:
        StackError: On entry, when the server cannot be started; says why.
    """

    def __init__(
        self,
        major: int = 17,
        data_dir: Path | None = None,
        *,
        port: int | None = None,
        settings: Mapping[str, str] | None = None,
        in_memory: bool = False,
        supervisor: Supervisor | None = None,
    ) -> None:
        self._major = major
        self._data_dir = data_dir
        self._port = port
        self._settings = dict(settings or {})
        self._in_memory = in_memory
        self._supervisor = supervisor
        self._exit = contextlib.ExitStack()

    def __enter__(self) -> Server:
        with contextlib.ExitStack() as stack:
            supervisor = self._supervisor or stack.enter_context(Supervisor())
            server = self._start(supervisor)
            self._exit = stack.pop_all()
        return server

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._exit.__exit__(exception_type, exception, traceback)

    def _start(self, supervisor: Supervisor) -> Server:
        account = _Account.choose()
        folder = supervisor.own(Path(tempfile.mkdtemp(prefix="live-sessions-postgres-")))
        account.own(folder)
        account.check_reaches(folder)
        binaries = _readable_binaries(node.postgres_folder(self._major), account, folder)
        data = (
            self._data_dir.resolve()
            if self._data_dir
            else self._throwaway(supervisor, account, folder)
        )
        if not (data / "PG_VERSION").exists():
            _initialise(binaries, data, account)
        _check_version(data, self._major)
        password = (data / _PASSWORD_FILE).read_text()
        settings = _SETTINGS | ({} if self._data_dir else _THROWAWAY_SETTINGS) | self._settings
        login = f"postgresql://{SUPERUSER}:{password}@{ports.LOOPBACK}"
        _, port = supervisor.serve(
            f"Postgres {self._major}",
            lambda port: _command(binaries, data, settings | {"port": str(port)}),
            lambda port: _accepts(f"{login}:{port}/postgres?sslmode=disable"),
            port=self._port,
            log=folder / "postgres.log",
            environment=lambda _: _environment(),
            folder=data,
            user=account.name,
            # Fast shutdown: ends the sessions instead of waiting for them.
            stop_signal=signal.SIGINT,
        )
        url = f"{login}:{port}/postgres?sslmode=disable"
        return Server(url, ports.LOOPBACK, port, self._major)

    def _throwaway(self, supervisor: Supervisor, account: "_Account", folder: Path) -> Path:
        if not (self._in_memory and _has_room(_MEMORY)):
            return folder / "data"
        in_memory = Path(tempfile.mkdtemp(prefix="live-sessions-postgres-", dir=_MEMORY))
        supervisor.own(in_memory)
        account.own(in_memory)
        return in_memory / "data"


@dataclass(frozen=True, slots=True)
class _Account:
    """The operating system's account that Postgres runs under; the name is None for our own."""

    name: str | None

    @classmethod
    def choose(cls) -> Self:
        if os.geteuid() != 0:
            return cls(None)
        for name in ("postgres", "nobody"):
            with contextlib.suppress(KeyError):
                pwd.getpwnam(name)
                return cls(name)
        raise StackError(
            "Postgres refuses to run as root, and there is no account postgres or nobody",
            "Run the command as an ordinary user",
        )

    def own(self, path: Path) -> None:
        if self.name is not None:
            shutil.chown(path, self.name)

    def runs(self, command: Sequence[str]) -> bool:
        """Whether a command ends well when this account gives it."""
        try:
            finished = subprocess.run(
                command,
                user=self.name,
                group=None if self.name is None else pwd.getpwnam(self.name).pw_gid,
                extra_groups=None if self.name is None else [],
                cwd="/",
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=False,
            )
        except PermissionError:
            return False
        return finished.returncode == 0

    def check_reaches(self, folder: Path) -> None:
        if not self.runs(["/bin/ls", str(folder)]):
            raise StackError(
                f"the account {self.name}, which runs Postgres for root, cannot enter {folder}",
                "Choose a folder that everyone may enter (for temporary data: with TMPDIR)",
            )


def _readable_binaries(original: Path, account: _Account, folder: Path) -> Path:
    """The binaries, copied into a folder of the account's own where it cannot run the originals."""
    if account.name is None or _runs_from(original, account):
        return original
    copy = folder / "binaries"
    shutil.copytree(original, copy, symlinks=True)
    for path in (copy, *copy.rglob("*")):
        if not path.is_symlink():
            shutil.chown(path, account.name)
    if not _runs_from(copy, account):
        raise StackError(
            f"the account {account.name} cannot run Postgres from {copy}",
            "Choose a folder for temporary files where programs may be run, with TMPDIR",
        )
    return copy


def _runs_from(binaries: Path, account: _Account) -> bool:
    return account.runs([str(binaries / "bin" / "postgres"), "--version"])


def _initialise(binaries: Path, data: Path, account: _Account) -> None:
    """Create a cluster whose superuser has a random password, kept inside the data folder."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    account.own(data)
    account.check_reaches(data)
    # initdb wants an empty folder, so the password waits beside it.
    with tempfile.TemporaryDirectory(prefix="live-sessions-initdb-") as folder:
        account.own(Path(folder))
        password = Path(folder) / _PASSWORD_FILE
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(24))
        account.own(password)
        finished = subprocess.run(
            [
                str(binaries / "bin" / "initdb"),
                f"--pgdata={data}",
                f"--username={SUPERUSER}",
                f"--pwfile={password}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--locale=C",
                "--no-sync",
                "--no-instructions",
                "--set=scram_iterations=1",
            ],
            user=account.name,
            group=None if account.name is None else pwd.getpwnam(account.name).pw_gid,
            extra_groups=None if account.name is None else [],
            cwd=data,
            env=_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if finished.returncode != 0:
            raise StackError(
                f"initdb failed with status {finished.returncode}",
                f"It says:\n{finished.stderr.strip()}",
            )
        shutil.move(password, data / _PASSWORD_FILE)


def _command(binaries: Path, data: Path, settings: Mapping[str, str]) -> list[str]:
    command = [str(binaries / "bin" / "postgres"), "-D", str(data)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    return command


def _check_version(data: Path, major: int) -> None:
    found = (data / "PG_VERSION").read_text().strip()
    if found != str(major):
        raise StackError(
            f"{data} holds data of Postgres {found}, not {major}",
            f"Start Postgres {found}, or choose another folder",
        )


def _has_room(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free >= _MEMORY_BYTES
    except OSError:
        return False


def _environment() -> dict[str, str]:
    """Ours without what libpq or another Postgres put there."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def _accepts(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=5):
            return True
    except psycopg.OperationalError:
        return False
