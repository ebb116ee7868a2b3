"""The command line: `python -m bench [ROW …] [--quick] [--seed N]`."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import psycopg

from bench import (
    analytics,
    calendar,
    feed,
    idle,
    latency,
    memory,
    queues,
    recurrence,
    reschedule,
    throughput,
    urgent,
    webhooks,
)
from bench.errors import BenchError
from bench.harness import Run
from bench.report import Section, table
from devstack import databases
from devstack.databases import Database
from devstack.errors import StackError
from devstack.postgres import Server
from devstack.servers import open_server

Measure = Callable[[Run], list[Section]]

ROWS: Mapping[str, Measure] = {
    "calendar": calendar.measure,
    "analytics": analytics.measure,
    "feed": feed.measure,
    "recurrence": recurrence.measure,
    "reschedule": reschedule.measure,
    "throughput": throughput.measure,
    "queues": queues.measure,
    "memory": memory.measure,
    "idle": idle.measure,
    "latency": latency.measure,
    "urgent": urgent.measure,
    "webhooks": webhooks.measure,
}


def main(arguments: Sequence[str] | None = None, rows: Mapping[str, Measure] = ROWS) -> int:
    """Measure the chosen rows and print the table.

    Args:
        arguments: The command line's; None takes the process's own.
        rows: What can be measured, by name.

    Returns:
        0, or 1 if a row could not be measured. A missed bound is marked in the table, no failure.
    """
    chosen = _parser(rows).parse_args(arguments)
    sections: list[Section] = []
    failed = False
    _warn_if_busy()
    try:
        with open_server() as server, _project(server) as project:
            run = Run(project, chosen.quick, chosen.seed, _say, chosen.attendance)
            for name in chosen.rows or rows:
                try:
                    sections += rows[name](run)
                except (BenchError, StackError, psycopg.Error, OSError) as error:
                    failed = True
                    _say(f"{name} could not be measured: {error}")
    except StackError as error:
        _say(str(error))
        return 1
    if sections:
        print(table(sections))
    return int(failed)


def _parser(rows: Mapping[str, Measure]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Run the benchmarks.")
    parser.add_argument(
        "rows",
        nargs="*",
        metavar="ROW",
        choices=[*rows, []],
        help=f"which to run, of: {', '.join(rows)} (default: all)",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="go through everything at a toy size, to see that it works; the figures mean nothing",
    )
    parser.add_argument(
        "--attendance",
        type=int,
        default=1_000_000,
        metavar="ROWS",
        help="of the row analytics; 10000000 takes minutes and 3 GB (default: %(default)s)",
    )
    parser.add_argument(
        "--seed", type=int, default=1, help="of the random choices (default: %(default)s)"
    )
    return parser


@contextmanager
def _project(server: Server) -> Iterator[Callable[[], Database]]:
    """The project, made when it is first asked for."""
    made: list[Database] = []

    def project() -> Database:
        if not made:
            made.append(databases.create_project(server, f"bench_{os.getpid()}"))
        return made[0]

    try:
        yield project
    finally:
        for database in made:
            databases.drop(database)


def _warn_if_busy() -> None:
    load, processors = os.getloadavg()[0], os.cpu_count() or 1
    if load > processors / 2:
        _say(
            f"the machine is busy (load {load:.1f} on {processors} processors):"
            " ratios hold, times are longer than they would be"
        )


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
