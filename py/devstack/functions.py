"""The edge functions of supabase/functions, each in a Deno process of its own, as on Supabase.

A process starts with the first request for its function, and again with the next request after it
has ended: a function that crashes takes nothing else down and does not stay down. It may use the
network and the environment given here, and nothing else: no files, no programs, no import from
anywhere but this tree.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from devstack import keys, node, ports
from devstack.errors import StackError
from devstack.paths import FUNCTIONS, ROOT
from devstack.processes import Child, Supervisor

_SANDBOX = ("--no-prompt", "--no-config", "--no-lock", "--no-remote", "--no-npm")
_PERMISSIONS = ("--allow-net", "--allow-env")
CACHE = ROOT / ".make" / "deno"
"""Where Deno keeps what it has compiled (`DENO_DIR`)."""


class FunctionNotFoundError(Exception):
    """There is no function of that name."""


class FunctionNotStartedError(Exception):
    """The function's process does not come up; its log says why."""


def names(folder: Path = FUNCTIONS) -> frozenset[str]:
    """All functions: the folders with an `index.ts`; those that begin with `_` are shared code."""
    return frozenset(
        entry.parent.name
        for entry in folder.glob("*/index.ts")
        if not entry.parent.name.startswith("_")
    )


def secrets(file: Path = FUNCTIONS / ".env") -> dict[str, str]:
    """What stands in supabase/functions/.env, as for `supabase functions serve`; or nothing."""
    if not file.is_file():
        return {}
    lines = (line.strip() for line in file.read_text().splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}


@dataclass(slots=True)
class Functions:
    """Starts functions when they are asked for.

    Attributes:
        supervisor: Who stops them.
        logs: Folder of their logs, `function-<name>.log`.
        api_url: The gateway's address, their SUPABASE_URL.
        environment: Their secrets, on top of what Supabase gives every function.
        open_to_all: Those with `verify_jwt = false` in supabase/config.toml.
        folder: Where they are.
    """

    supervisor: Supervisor
    logs: Path
    api_url: str
    environment: Mapping[str, str]
    open_to_all: frozenset[str]
    folder: Path = FUNCTIONS
    _started: dict[str, tuple[Child, int]] = field(init=False, default_factory=dict)
    _turns: dict[str, asyncio.Lock] = field(init=False, default_factory=dict)

    def needs_token(self, name: str) -> bool:
        """Whether only callers with a token or an API key reach it."""
        return name not in self.open_to_all

    def log(self, name: str) -> str:
        """What a function has written so far."""
        file = self._log(name)
        return file.read_text() if file.is_file() else ""

    def running(self) -> dict[str, Child]:
        """The processes of now, by the function's name."""
        return {name: child for name, (child, _) in self._started.items() if child.is_running()}

    async def address(self, name: str) -> str:
        """URL of the function's process, which is started if there is none.

        Raises:
            FunctionNotFoundError: There is no such function.
            FunctionNotStartedError: It does not start.
        """
        if name not in names(self.folder):
            raise FunctionNotFoundError(name)
        async with self._turns.setdefault(name, asyncio.Lock()):
            if name not in self.running():
                if name in self._started:
                    await asyncio.to_thread(self.supervisor.forget, self._started.pop(name)[0])
                try:
                    self._started[name] = await asyncio.to_thread(self._start, name)
                except StackError as error:
                    raise FunctionNotStartedError(str(error)) from error
            return f"http://{ports.LOOPBACK}:{self._started[name][1]}"

    def _start(self, name: str) -> tuple[Child, int]:
        command = [*node.deno(), "run", *_SANDBOX, *_PERMISSIONS]
        command.append(str(self.folder / name / "index.ts"))
        return self.supervisor.serve(
            f"the edge function {name}",
            lambda _: command,
            ports.answers,
            port=None,
            log=self._log(name),
            environment=self._environment,
            folder=self.logs,
            may_end=True,
        )

    def _environment(self, port: int) -> dict[str, str]:
        return {
            **self.environment,
            "SUPABASE_URL": self.api_url,
            "SUPABASE_PUBLISHABLE_KEYS": json.dumps({"default": keys.PUBLISHABLE_KEY}),
            "SUPABASE_SECRET_KEYS": json.dumps({"default": keys.SECRET_KEY}),
            "SUPABASE_ANON_KEY": keys.ANON_KEY,
            "SUPABASE_SERVICE_ROLE_KEY": keys.SERVICE_ROLE_KEY,
            # Where Deno.serve listens unless it is told otherwise, and functions never tell.
            "DENO_SERVE_ADDRESS": f"tcp:{ports.LOOPBACK}:{port}",
            "DENO_DIR": str(CACHE),
            "NO_COLOR": "1",
        }

    def _log(self, name: str) -> Path:
        return self.logs / f"function-{name}.log"
