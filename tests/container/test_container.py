"""What `PG=container` runs on: what is in it, who reaches it, and that nothing stays behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from testcontainers.core.docker_client import DockerClient

from devstack import container, platform
from devstack.postgres import Server
from support.waiting import wait_until

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(
        os.environ.get("PG") != "container", reason="about containers: make test PG=container"
    ),
]

HOLD = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background ignores it
from devstack.container import open_container
with open_container() as server:
    print(server.superuser_url, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def engine() -> Iterator[DockerClient]:
    """The Docker engine."""
    client = DockerClient()
    yield client
    client.client.close()


def holding() -> subprocess.Popen[str]:
    """Another process that starts a container and holds on to it until its input ends."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def port_of(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    return int(conninfo_to_dict(process.stdout.readline().strip())["port"] or 0)


def published(engine: DockerClient, port: int) -> list[str]:
    """The addresses on which any container publishes this port of the host."""
    return [
        binding["HostIp"]
        for found in engine.client.containers.list(ignore_removed=True)
        for bindings in found.ports.values()
        for binding in bindings or []
        if binding["HostPort"] == str(port)
    ]


def test_supabase_admin_is_the_superuser_and_postgres_is_not(server: Server) -> None:
    platform.install_cluster(server.superuser_url)

    with psycopg.connect(server.superuser_url) as connection:
        roles = connection.execute(
            "select rolname, rolsuper from pg_catalog.pg_roles"
            " where rolname in ('postgres', 'supabase_admin') order by rolname"
        ).fetchall()

    assert roles == [("postgres", False), ("supabase_admin", True)]


def test_the_image_has_the_extensions_that_supabase_lint_and_pgtap_need(server: Server) -> None:
    with psycopg.connect(server.superuser_url) as connection:
        available = connection.execute(
            "select name from pg_catalog.pg_available_extensions"
            " where name in ('plpgsql_check', 'pgtap', 'pg_cron') order by name"
        ).fetchall()

    assert [name for (name,) in available] == ["pg_cron", "pgtap", "plpgsql_check"]


def test_only_loopback_reaches_the_server(server: Server, engine: DockerClient) -> None:
    assert published(engine, server.port) == ["127.0.0.1"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_a_container_goes_with_the_process_that_started_it(
    engine: DockerClient, number: signal.Signals
) -> None:
    with holding() as process:
        port = port_of(process)
        assert published(engine, port)

        process.send_signal(number)
        process.wait()

    wait_until(lambda: not published(engine, port), "the container is gone")


def test_an_image_that_is_built_once_is_found_again() -> None:
    if not container.choose_image().startswith("live-sessions-postgres:"):
        pytest.skip("the image comes from a registry")
    build = [str(container.SCRIPTS / "build_image.sh")]
    first = subprocess.run(build, capture_output=True, text=True, check=True)

    again = subprocess.run(build, capture_output=True, text=True, check=True)

    assert again.stdout == first.stdout
    assert again.stderr == "", "it built something"
