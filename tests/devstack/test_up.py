"""`python -m devstack up`, as a person starts and stops it."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest

from devstack import ports
from devstack.errors import StackError
from support.waiting import wait_until

TAKES_LONG = 60


@contextmanager
def up(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A started stack, and what it says of itself."""
    with subprocess.Popen(
        [sys.executable, "-m", "devstack", "up", "--pg", "17", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if "Ctrl-C stops it" in line:
                break
        try:
            yield process, said
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(TAKES_LONG)


@pytest.fixture
def free_ports() -> Iterator[list[str]]:
    """Options with a port for each part, which nobody else is given during the test."""
    with ExitStack() as test:
        yield [
            f"--{name}-port={test.enter_context(ports.reserved())}"
            for name in ("api", "db", "mail", "smtp")
        ]


def found(pattern: str, said: str) -> str:
    match = re.search(pattern, said)
    assert match is not None, said
    return match[1]


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_listens_any_more_when_it_has_stopped(
    stop: signal.Signals, free_ports: list[str]
) -> None:
    numbers = [int(option.partition("=")[2]) for option in free_ports]

    with up(*free_ports) as (process, said):
        assert "The local stack is up" in said
        assert all(ports.answers(number) for number in numbers)
        process.send_signal(stop)
        status = process.wait(TAKES_LONG)

    assert status == (-signal.SIGKILL if stop is signal.SIGKILL else 0)
    wait_until(lambda: not any(map(ports.answers, numbers)), "all ports are closed")


@pytest.fixture
def folder_for_everyone() -> Iterator[Path]:
    """Root's Postgres runs under another account, which must be able to enter the folder."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_a_data_folder_keeps_what_was_written(
    folder_for_everyone: Path, free_ports: list[str]
) -> None:
    keep = f"--data={folder_for_everyone / 'data'}"

    with (
        up(keep, *free_ports) as (_, said),
        psycopg.connect(found(r"Database +(\S+)", said)) as connection,
    ):
        connection.execute("insert into public.courses (name) values ('Kept')")
    with (
        up(keep, *free_ports) as (_, said),
        psycopg.connect(found(r"Database +(\S+)", said)) as connection,
    ):
        kept = connection.execute("select count(*) from public.courses where name = 'Kept'")
        assert kept.fetchone() == (1,)


def test_the_lines_for_a_client_are_what_the_page_of_the_api_asks_for(
    free_ports: list[str],
) -> None:
    with up(*free_ports) as (_, said):
        lines = dict(re.findall(r"^ +export (\w+)=(\S+)$", said, re.MULTILINE))
        assert set(lines) == {"SUPABASE_URL", "SUPABASE_ANON_KEY", "SUPABASE_SERVICE_ROLE_KEY"}
        courses = httpx.get(
            f"{lines['SUPABASE_URL']}/rest/v1/courses",
            headers={
                "apikey": lines["SUPABASE_ANON_KEY"],
                "Authorization": f"Bearer {lines['SUPABASE_SERVICE_ROLE_KEY']}",
            },
            timeout=30,
        )

        assert [course["name"] for course in courses.json()] == ["Data Engineering"]


def test_the_inbox_is_a_page_for_a_browser(free_ports: list[str]) -> None:
    with up(*free_ports) as (_, said):
        page = found(r"Inbox +(\S+)", said)
        inbox = httpx.get(page, headers={"Accept": "text/html"}, timeout=30)

    assert "<html" in inbox.text


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody else listens."""
    with socket.socket() as somebody:
        somebody.bind((ports.LOOPBACK, 0))
        somebody.listen()
        yield somebody.getsockname()[1]


def test_a_default_port_that_is_taken_gives_way(taken: int) -> None:
    assert ports.preferred(taken) != taken


def test_a_named_port_that_is_taken_is_an_error_with_a_remedy(taken: int) -> None:
    with pytest.raises(StackError, match=rf"port {taken} for the API is taken.*--api-port"):
        ports.named(taken, "the API", "--api-port")

    finished = subprocess.run(
        [sys.executable, "-m", "devstack", "up", f"--api-port={taken}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=TAKES_LONG,
    )
    assert finished.returncode == 1
    assert "--api-port" in finished.stderr
    assert "Traceback" not in finished.stderr


def test_without_node_the_message_says_what_to_install(
    tmp_path: Path, free_ports: list[str]
) -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "devstack", "up", *free_ports],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=TAKES_LONG,
    )

    assert finished.returncode == 1
    assert "Install Node" in finished.stderr
    assert "Traceback" not in finished.stderr
