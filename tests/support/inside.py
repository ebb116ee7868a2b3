"""Commands inside the container that the database server runs in, where Postgres' own tools are."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from testcontainers.core.docker_client import DockerClient

from devstack.postgres import SUPERUSER, Server

FOLDER = "/tmp"  # noqa: S108, of the container


@dataclass(frozen=True, slots=True)
class Inside:
    """A shell in the container of a server, whose commands find the server as its superuser."""

    container: Any
    password: str

    def run(self, script: str) -> str:
        """Run commands as a reader would copy them; what they print, errors too."""
        status, output = self.container.exec_run(
            ["bash", "-euc", script],
            environment={
                "PGHOST": "127.0.0.1",
                "PGUSER": SUPERUSER,
                "PGPASSWORD": self.password,
            },
            workdir=FOLDER,
        )
        said: str = output.decode(errors="replace")
        assert status == 0, said
        return said

    def take(self, name: str) -> bytes:
        """A file that the commands left, as an archive for `put`."""
        stream, _ = self.container.get_archive(f"{FOLDER}/{name}")
        return b"".join(stream)

    def read(self, name: str) -> str:
        """What such a file says."""
        with tarfile.open(fileobj=io.BytesIO(self.take(name))) as archive:
            file = archive.extractfile(name)
            assert file is not None
            return file.read().decode()

    def put(self, archive: bytes) -> None:
        """Lay down a file for the commands."""
        assert self.container.put_archive(FOLDER, archive)


@contextmanager
def inside(server: Server) -> Iterator[Inside]:
    """The container of a server that `PG=container` has started."""
    engine = DockerClient()
    try:
        (container,) = (
            found
            for found in engine.client.containers.list(ignore_removed=True)
            for bindings in found.ports.values()
            for binding in bindings or []
            if binding["HostPort"] == str(server.port)
        )
        yield Inside(container, unquote(urlsplit(server.superuser_url).password or ""))
    finally:
        engine.client.close()
