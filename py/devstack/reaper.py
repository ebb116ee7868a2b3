"""Kill what a dead parent left behind. Run as a script by `devstack.processes`, with its orders on
standard input.

Orders, one a line: `process <pid> <signal>` (a process group that must not outlive the parent, and
the signal that asks it to end), `gone <pid>`, `folder <path>`, `done` (everything was cleaned up in
an orderly way). The end of the input means that the parent is gone.
"""

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable

GRACE_SECONDS = 5.0


def main() -> None:
    """Read orders until the parent ends; clean up unless it said that it had done so itself."""
    # The parent decides when to stop; a signal to the terminal's group must not end its last
    # safeguard.
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    groups: dict[int, int] = {}
    folders: list[str] = []
    for line in sys.stdin:
        order, _, value = line.rstrip("\n").partition(" ")
        if order == "process":
            group, _, stop_signal = value.partition(" ")
            groups[int(group)] = int(stop_signal)
        elif order == "gone":
            groups.pop(int(value), None)
        elif order == "folder":
            folders.append(value)
        elif order == "done":
            return
    clean_up(groups, folders)


def clean_up(groups: dict[int, int], folders: list[str]) -> None:
    """Ask the first process of each group to end, kill what is left, remove the folders."""
    for process, stop_signal in groups.items():
        send(os.kill, process, stop_signal)
    deadline = time.monotonic() + GRACE_SECONDS
    while time.monotonic() < deadline and any(send(os.kill, group, 0) for group in groups):
        time.sleep(0.05)
    for group in groups:
        send(os.killpg, group, signal.SIGKILL)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def send(call: Callable[[int, int], None], target: int, signal_number: int) -> bool:
    """Send a signal; False when nobody is there to take it."""
    try:
        call(target, signal_number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    main()
