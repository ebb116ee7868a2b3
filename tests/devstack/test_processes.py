"""No child outlives the process that started it, however that one ends."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

from devstack import http, ports
from devstack.databases import Database
from devstack.errors import StackError
from devstack.postgrest import start_postgrest
from devstack.processes import Supervisor
from support.waiting import wait_until

PARENT = """
import signal, sys, time
from pathlib import Path
from devstack.processes import Supervisor

signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background ignores it
folder = Path(sys.argv[1])
folder.mkdir()
with Supervisor() as supervisor:
    supervisor.own(folder)
    # The child has a child of its own, as Postgres has.
    child = supervisor.spawn(
        "sleeper",
        [sys.executable, "-c", sys.argv[2]],
        log=folder.parent / "log",
    )
    child.wait_until(lambda: child.last_lines().count("\\n") == 0 and child.last_lines() != "")
    print(child.process.pid, child.last_lines(), flush=True)
    {then}
"""

SLEEPER = (
    "import subprocess, sys, time;"
    "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
    "print(p.pid, flush=True); time.sleep(600)"
)


def is_gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        # The latter when it goes between our opening the file and our reading it.
        return True
    # Where nobody adopts orphans, the dead stay in the table as zombies.
    return state in "ZX"


def start(tmp_path: Path, then: str) -> tuple[subprocess.Popen[str], list[int], Path]:
    folder = tmp_path / "owned"
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT.format(then=then), str(folder), SLEEPER],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert parent.stdout is not None
    with parent.stdout as output:
        children = [int(pid) for pid in output.readline().split()]
    assert len(children) == 2
    return parent, children, folder


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks Linux who is alive")
@pytest.mark.parametrize(
    ("then", "signal_number"),
    [
        ("time.sleep(600)", signal.SIGKILL),
        ("time.sleep(600)", signal.SIGTERM),
        ("time.sleep(600)", signal.SIGINT),
        ("raise RuntimeError", None),
        ("pass", None),
    ],
    ids=["kill -9", "SIGTERM", "Ctrl-C", "error", "orderly end"],
)
def test_children_and_folders_go_with_the_parent(
    tmp_path: Path, then: str, signal_number: signal.Signals | None
) -> None:
    parent, children, folder = start(tmp_path, then)

    if signal_number is not None:
        assert not any(is_gone(pid) for pid in children)
        parent.send_signal(signal_number)
    parent.wait(60)

    wait_until(lambda: all(is_gone(pid) for pid in children), "the children are gone")
    wait_until(lambda: not folder.exists(), "the folder is gone")


def test_a_child_that_ends_at_its_start_is_reported_with_its_last_words(tmp_path: Path) -> None:
    with Supervisor() as supervisor:
        child = supervisor.spawn(
            "the clock",
            [sys.executable, "-c", "raise SystemExit('no spring')"],
            log=tmp_path / "log",
        )
        with pytest.raises(StackError, match=r"(?s)the clock ended.*status 1.*no spring"):
            child.wait_until(lambda: False)


def test_a_missing_program_names_the_remedy(tmp_path: Path) -> None:
    with Supervisor() as supervisor, pytest.raises(StackError, match="make install"):
        supervisor.spawn("the clock", [tmp_path / "missing"], log=tmp_path / "log")


def test_a_server_that_lost_the_port_it_was_given_gets_another(tmp_path: Path) -> None:
    # Fails on its first port as a server does whose port was taken a moment before.
    program = (
        "import pathlib, sys, time; seen = pathlib.Path(sys.argv[1])\n"
        "if not seen.exists(): seen.touch(); sys.exit('bind: Address already in use')\n"
        "print('listening on', sys.argv[2], flush=True); time.sleep(600)"
    )
    log = tmp_path / "log"
    with Supervisor() as supervisor:
        _, port = supervisor.serve(
            "the clock",
            lambda port: [sys.executable, "-c", program, str(tmp_path / "seen"), str(port)],
            lambda port: f"listening on {port}" in log.read_text(),
            port=None,
            log=log,
        )
        assert f"listening on {port}" in log.read_text()


def test_a_port_that_waits_for_its_server_is_given_to_nobody_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with ports.reserved() as port:
        monkeypatch.setattr(ports, "_FREE", range(port, port + 1))
        assert ports.is_free(port)
        with pytest.raises(StackError, match="no port"), ports.reserved():
            pass


def test_postgrest_that_lost_its_port_gets_another(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = ports.reserved
    with socket.socket() as somebody, free() as admin:
        somebody.bind((ports.LOOPBACK, 0))
        somebody.listen()
        # It is asked for its health on the first port, and works on the second.
        given = map(nullcontext, [admin, somebody.getsockname()[1]])
        monkeypatch.setattr(ports, "reserved", lambda: next(given, None) or free())

        with Supervisor() as supervisor:
            url = start_postgrest(supervisor, database, tmp_path)

            assert next(given, None) is None
            assert not url.endswith(f":{somebody.getsockname()[1]}")
            assert http.answers_ok(url)
