"""Two job queues on Postgres that the notifier is compared with; their jobs do nothing.

Each is set up for speed as its own documentation says, and is one process, as the notifier is.
pgqueuer: asyncpg under uvloop, as its own benchmark is run; tables vacuumed as `pgq autovac` has
it; large batches, as its guide advises for short jobs; tables that survive a crash, as ours do, or
unlogged ones. procrastinate: many jobs side by side on as many connections, deleted when done.
"""

import asyncio
import sys
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from functools import partial

import asyncpg  # type: ignore[import-untyped]
import uvloop
from pgqueuer import PgQueuer
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment
from pgqueuer.db import AsyncpgDriver
from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.models import Job
from pgqueuer.queries import Queries
from procrastinate import App, PsycopgConnector
from procrastinate.tasks import Task

MANAGERS, BATCH = 2, 300
"""Of pgqueuer: how many take jobs, each over its own connection, and how many at a time."""

CONCURRENCY = 30
"""Of procrastinate: jobs at a time, and connections."""

_NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Rival:
    """A queue put to the test.

    Attributes:
        install: Makes its tables in the empty database of this URL.
        fill: Queues so many jobs.
        work: Does jobs until it is cancelled.
        all_done: A query: whether no job is left, or has failed.
    """

    install: Callable[[str], Coroutine[None, None, None]]
    fill: Callable[[str, int], Coroutine[None, None, None]]
    work: Callable[[str], Coroutine[None, None, None]]
    all_done: str


async def _install_pgqueuer(durability: Durability, url: str) -> None:
    connection = await asyncpg.connect(url)
    settings = QueryBuilderEnvironment(DBSettings(durability=durability))
    queries = Queries(AsyncpgDriver(connection), settings)
    await queries.install()
    await queries.optimize_autovacuum()
    await connection.close()


async def _fill_pgqueuer(url: str, jobs: int) -> None:
    connection = await asyncpg.connect(url)
    queries = Queries(AsyncpgDriver(connection))
    await queries.enqueue([_NOTHING] * jobs, [None] * jobs, [0] * jobs)
    await connection.close()


async def _work_pgqueuer(url: str) -> None:
    async def nothing(job: Job) -> None:
        pass

    managers = [PgQueuer(AsyncpgDriver(await asyncpg.connect(url))) for _ in range(MANAGERS)]
    for manager in managers:
        manager.entrypoint(_NOTHING)(nothing)
    await asyncio.gather(*(manager.run(batch_size=BATCH) for manager in managers))


def _procrastinate(url: str) -> tuple[App, Task[[], Coroutine[None, None, None], []]]:
    app = App(connector=PsycopgConnector(conninfo=url, min_size=1, max_size=CONCURRENCY))

    @app.task(name=_NOTHING)
    async def nothing() -> None:
        pass

    return app, nothing


async def _install_procrastinate(url: str) -> None:
    app, _ = _procrastinate(url)
    async with app.open_async():
        await app.schema_manager.apply_schema_async()


async def _fill_procrastinate(url: str, jobs: int) -> None:
    app, nothing = _procrastinate(url)
    async with app.open_async():
        await nothing.batch_defer_async(*({} for _ in range(jobs)))


async def _work_procrastinate(url: str) -> None:
    app, _ = _procrastinate(url)
    async with app.open_async():
        await app.run_worker_async(concurrency=CONCURRENCY, delete_jobs="successful")


def _pgqueuer(durability: Durability) -> Rival:
    return Rival(
        partial(_install_pgqueuer, durability),
        _fill_pgqueuer,
        _work_pgqueuer,
        "select not exists (select from pgqueuer)",
    )


RIVALS: Mapping[str, Rival] = {
    "pgqueuer": _pgqueuer(Durability.durable),
    "pgqueuer-unlogged": _pgqueuer(Durability.volatile),
    "procrastinate": Rival(
        _install_procrastinate,
        _fill_procrastinate,
        _work_procrastinate,
        "select not exists (select from procrastinate_jobs)",
    ),
}


if __name__ == "__main__":
    uvloop.run(RIVALS[sys.argv[1]].work(sys.argv[2]))
