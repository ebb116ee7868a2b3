"""The image of deploy/Dockerfile, built and run as its first lines say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from devstack import container
from devstack.paths import ROOT
from support.classroom import Classroom
from support.daemon import environment
from support.smtp_server import SmtpServer
from support.waiting import wait_until

DEBIAN_PYTHON = (3, 11)
"""The python3 of the Debian release that the image of Postgres is made of."""

PYTHON_IMAGE = """
FROM {base}
RUN apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install --yes \\
    --no-install-recommends python3 python3-venv python-is-python3
COPY wheels/ /wheels/
ENV PIP_NO_INDEX=1 PIP_FIND_LINKS=/wheels
ENTRYPOINT []
"""
"""Stands for python:…-slim where no registry of images can be reached; brings the packages along,
as the way to an index of them is this machine's own affair.
"""

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(
        os.environ.get("PG") != "container", reason="about containers: make test PG=container"
    ),
    pytest.mark.skipif(
        sys.version_info[:2] != DEBIAN_PYTHON, reason="fetches packages for the Python it runs in"
    ),
]


def docker(*arguments: str) -> str:
    """Standard output of a docker command that is run where the Dockerfile says."""
    done = subprocess.run(
        ["docker", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"docker {arguments[0]}:\n{done.stdout[-2000:]}\n{done.stderr}"
    return done.stdout.strip()


def documented(command: str) -> list[str]:
    """The arguments of a docker command in the Dockerfile's first lines."""
    lines = (ROOT / "deploy" / "Dockerfile").read_text()
    found = re.search(rf"^#     docker {command} (.*)$", lines, re.MULTILINE)
    assert found is not None
    return found[1].split()


@pytest.fixture
def python_image(tmp_path: Path) -> str:
    """The tag of an image with Python and the packages that constraints.txt pins."""
    base = container.choose_image()
    if not base.startswith("live-sessions-postgres:"):
        pytest.skip("the image of Postgres comes from a registry")
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)
    wanted = project["build-system"]["requires"] + project["project"]["dependencies"]
    fetch = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:"]
    pinned = ["--constraint", str(ROOT / "constraints.txt")]
    subprocess.run([*fetch, *pinned, "--dest", str(tmp_path / "wheels"), *wanted], check=True)
    (tmp_path / "Dockerfile").write_text(PYTHON_IMAGE.format(base=base))
    docker("build", "--network", "host", "--tag", "live-sessions-python", str(tmp_path))
    return "live-sessions-python"


def test_the_image_sends_mail_as_nobody_and_ends_in_time(
    python_image: str, classroom: Classroom, mail_server: SmtpServer, tmp_path: Path
) -> None:
    docker("build", "--build-arg", f"PYTHON={python_image}", *documented("build"))
    names = ("DATABASE_URL", "EMAIL_FROM", "APP_URL", "SMTP_HOST", "SMTP_PORT", "SMTP_SECURITY")
    env = environment(classroom.database, mail_server)
    settings = tmp_path / "notifier.env"
    settings.write_text("".join(f"{name}={env[name]}\n" for name in names))
    options = [str(settings) if word == "notifier.env" else word for word in documented("run")]

    started = docker("run", "--detach", "--network", "host", *options)
    try:
        wait_until(lambda: " listening" in logs(started), "it listens")
        owners = docker("top", started, "-o", "pid,uid,args").splitlines()[1:]
        classroom.schedule()
        wait_until(lambda: classroom.all_sent(3), "everybody is told")
        docker("stop", started)
        ended = docker("inspect", "--format", "{{.State.ExitCode}}", started)
        said = logs(started)
    finally:
        docker("rm", "--force", started)

    assert [owner.split(maxsplit=2)[1:] for owner in owners] == [
        ["65534", "/opt/notifier/bin/python -m notifier run"]
    ]
    assert len(mail_server.mails) == 3
    assert ended == "0"
    assert " stopped clean=true" in said


def logs(started: str) -> str:
    """Everything that a container has said."""
    done = subprocess.run(["docker", "logs", started], capture_output=True, text=True, check=True)
    return done.stdout + done.stderr
