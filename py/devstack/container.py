"""Postgres in a container: what `PG=container` runs on.

testcontainers starts the image, this module decides which one, waits for it, and removes it again,
whatever happens to this process. Only loopback can reach the published port.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from docker.errors import (  # type: ignore[import-untyped]
    APIError,
    DockerException,
    ImageNotFound,
)
from requests.exceptions import RequestException
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient

from devstack.errors import StackError
from devstack.paths import ROOT
from devstack.postgres import SUPERUSER, Server

PUBLIC_IMAGE: Final = "supabase/postgres:15.19.0.018"
"""What Supabase runs for a project on Postgres 15; the tag is the one its CLI 3.1.0 names."""

SCRIPTS: Final = ROOT / "tests" / "container"

_PASSWORD: Final = "postgres"  # noqa: S105 - local, throw-away and published on loopback only
_LABEL: Final = "live-sessions.run"
_DATA: Final = "/var/lib/postgresql/data"
"""Where the images keep their data."""
_MEMORY_BYTES: Final = 8 * 1024**3
"""With as much, the data are kept in memory: cloning a database takes a fifth of the time."""
_ENGINE_SECONDS: Final = 10
"""For one answer of the engine, which may have to ask a registry that never answers."""
_READY_SECONDS: Final = 90

log = logging.getLogger(__name__)


@contextmanager
def open_container() -> Iterator[Server]:
    """Start Postgres in a container and remove it at the end, also when this process is killed.

    The image has to take its superuser's name and password from POSTGRES_USER and
    POSTGRES_PASSWORD, or call its superuser supabase_admin anyway.

    Raises:
        StackError: No Docker engine answers, there is no image, or the server does not come up.
    """
    _require_engine()
    image = choose_image()
    # The usual way to clean up after a crash is a helper container, whose image would have to come
    # from a registry.
    testcontainers_config.ryuk_disabled = True
    run = uuid.uuid4().hex
    container = DockerContainer(
        image,
        env={"POSTGRES_USER": SUPERUSER, "POSTGRES_PASSWORD": _PASSWORD},
        labels={_LABEL: run},
        shm_size="256m",
    )
    if _has_plenty_of_memory():
        container.with_tmpfs_mount(_DATA)
    # testcontainers types a published port as a number; Docker also takes the address to publish it
    # on.
    container.ports["5432/tcp"] = ("127.0.0.1", None)  # type: ignore[assignment]
    with _removed_when_we_die(run):
        try:
            container.start()
        except (DockerException, RequestException) as error:
            container.stop()
            raise StackError(
                f"no container could be started from {image}: {error}",
                "Name another image in POSTGRES_IMAGE, or use PG=17",
            ) from error
        try:
            yield _wait_until_ready(container, image)
        finally:
            container.stop()


def choose_image() -> str:
    """POSTGRES_IMAGE if it is set, else the public image, else one built of Debian's packages.

    The public image is taken when it is here already or its registry answers. The build happens
    once, takes about a minute, and is found again by the hash of what it is made from.

    Raises:
        StackError: The build failed.
    """
    named = os.environ.get("POSTGRES_IMAGE")
    if named:
        return named
    with _engine() as engine:
        if _is_here(engine, PUBLIC_IMAGE) or _registry_has(engine, PUBLIC_IMAGE):
            return PUBLIC_IMAGE
    return _build_image()


@contextmanager
def _engine() -> Iterator[DockerClient]:
    engine = DockerClient(timeout=_ENGINE_SECONDS)
    try:
        yield engine
    finally:
        engine.client.close()


def _require_engine() -> None:
    try:
        with _engine() as engine:
            engine.client.ping()
    except (DockerException, RequestException) as error:
        raise StackError(
            f"no Docker engine answers: {error}",
            "Start Docker, or run tests/container/ensure_docker.sh as root to install and start it",
        ) from error


def _has_plenty_of_memory() -> bool:
    with _engine() as engine:
        found: int = engine.client.info()["MemTotal"]
    return found >= _MEMORY_BYTES


def _is_here(engine: DockerClient, image: str) -> bool:
    try:
        engine.client.images.get(image)
    except ImageNotFound:
        return False
    return True


def _registry_has(engine: DockerClient, image: str) -> bool:
    try:
        engine.client.images.get_registry_data(image)
    except (APIError, RequestException) as error:
        log.info("no registry to get %s from (%s): building an image instead", image, error)
        return False
    return True


def _build_image() -> str:
    # Its progress goes to our standard error: a first build takes long enough to wonder.
    built = subprocess.run(
        [SCRIPTS / "build_image.sh"],
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    if built.returncode != 0:
        raise StackError(
            "no image could be built; what went wrong stands above",
            "Name an image that can be pulled in POSTGRES_IMAGE, or use PG=17",
        )
    return built.stdout.strip()


def _wait_until_ready(container: DockerContainer, image: str) -> Server:
    """Poll until the server takes connections: images differ in what they log, not in this."""
    deadline = time.monotonic() + _READY_SECONDS
    last_error = "no connection was tried"
    wrapped = container.get_wrapped_container()
    while time.monotonic() < deadline:
        wrapped.reload()
        if wrapped.status == "exited":
            last_error = "it ended"
            break
        try:
            port = int(container.get_docker_client().port(container.get_container_id(), 5432))
            url = f"postgresql://{SUPERUSER}:{_PASSWORD}@127.0.0.1:{port}/postgres?sslmode=disable"
            with psycopg.connect(url, connect_timeout=2, autocommit=True) as connection:
                _trade_durability_for_speed(connection)
                major = connection.info.server_version // 10_000
            return Server(superuser_url=url, host="127.0.0.1", port=port, major=major)
        except (psycopg.OperationalError, ConnectionError) as error:
            last_error = str(error).strip()
            time.sleep(0.1)
    output = wrapped.logs(tail=15).decode(errors="replace")
    raise StackError(
        f"Postgres in {image} did not come up ({last_error}); the end of its log:\n{output}",
        "Name another image in POSTGRES_IMAGE, or use PG=17",
    )


def _trade_durability_for_speed(connection: psycopg.Connection) -> None:
    # By ALTER SYSTEM and not by the command line, which each image uses in its own way.
    connection.execute("alter system set fsync = off")
    connection.execute("alter system set full_page_writes = off")
    connection.execute("alter system set synchronous_commit = off")
    # Compiling a query takes longer than the small queries of tests do.
    connection.execute("alter system set jit = off")
    connection.execute("select pg_reload_conf()")


@contextmanager
def _removed_when_we_die(run: str) -> Iterator[None]:
    """Have another process remove this run's containers once we are gone, SIGKILL included.

    The pipe is the signal: its writing end closes with us, however we end. The other process has a
    session of its own, so that Ctrl-C does not reach it before its work is done.
    """
    with subprocess.Popen(
        [sys.executable, "-m", "devstack.container", run],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    ) as remover:
        yield
        # Leaving the with block closes the pipe and waits.
    if remover.returncode != 0:
        raise StackError(
            f"containers with the label {_LABEL}={run} may be left over",
            "Remove them with docker rm --force --volumes",
        )


def _remove_containers_at_end_of_input(run: str) -> None:
    sys.stdin.buffer.read()
    with _engine() as engine:
        ours = {"label": f"{_LABEL}={run}"}
        for container in engine.client.containers.list(all=True, filters=ours):
            container.remove(force=True, v=True)


if __name__ == "__main__":
    _remove_containers_at_end_of_input(sys.argv[1])
