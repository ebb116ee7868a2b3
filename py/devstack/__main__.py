"""`python -m devstack up` and `python -m devstack demo`."""

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from devstack.errors import StackError
from devstack.local import Options, describe, local_stack
from devstack.stack import Stack

_LOOK_SECONDS = 0.5


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code: 0, or 1 when the stack or a step of the demo failed."""
    options = _parser().parse_args(arguments)
    # SIGINT too: a shell starts what it runs in the background with it ignored.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        with local_stack(_chosen(options)) as stack:
            if options.command == "demo":
                return _demo(stack, stay_up=not options.exit)
            print(f"The local stack is up.\n\n{describe(stack)}\n\nCtrl-C stops it.", flush=True)
            return _stay_up(stack)
    except StackError as error:
        print(f"devstack: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.")
        return 0


def _demo(stack: Stack, *, stay_up: bool) -> int:
    # Imported here: the stack itself needs no client library.
    from devstack.demo import DemoFailedError, play

    try:
        play(stack)
    except DemoFailedError as error:
        print(f"\n   ✗ {error}", file=sys.stderr, flush=True)
        return 1
    print("\nAll of it worked.", flush=True)
    if not stay_up:
        return 0
    print(f"\n{describe(stack)}\n\nCtrl-C stops it.", flush=True)
    return _stay_up(stack)


def _stay_up(stack: Stack) -> int:
    while not (ended := stack.supervisor.ended()):
        time.sleep(_LOOK_SECONDS)
    for child in ended:
        print(f"devstack: {child.name} has ended:\n{child.last_lines()}", file=sys.stderr)
    return 1


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _chosen(options: argparse.Namespace) -> Options:
    return Options(
        pg=options.pg,
        data=options.data,
        api_port=options.api_port,
        db_port=options.db_port,
        mail_port=options.mail_port,
        smtp_port=options.smtp_port,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m devstack", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start the stack and stay up until Ctrl-C")
    demo = commands.add_parser("demo", help="play the main workflow on it, step by step")
    demo.add_argument("--exit", action="store_true", help="end afterwards instead of staying up")
    for command in (up, demo):
        command.add_argument("--pg", help="17, 18, container or a URL (default: PG, or 17)")
        command.add_argument("--data", type=Path, help="folder that keeps the database")
        for name in ("api", "db", "mail", "smtp"):
            command.add_argument(
                f"--{name}-port", type=int, help="default: the usual one, or a free one"
            )
    return parser


if __name__ == "__main__":
    sys.exit(main())
