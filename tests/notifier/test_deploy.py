"""deploy/: the systemd unit and the Dockerfile say what the notifier needs."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path
from string import Template
from zipfile import ZipFile

import pytest

from devstack.paths import ROOT
from notifier.config import load_settings
from notifier.delivery import LAST_WORDS

UNIT = ROOT / "deploy" / "notifier.service"
DOCKERFILE = ROOT / "deploy" / "Dockerfile"
ENV = {
    "DATABASE_URL": "postgresql://notifier:x@localhost/postgres",
    "SMTP_HOST": "smtp.example.com",
    "EMAIL_FROM": "sessions@example.com",
    "APP_URL": "https://app.example.com",
}
GRACE = load_settings(ENV).grace + LAST_WORDS
"""Seconds between SIGTERM and the notifier's end at most."""


def unit() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(UNIT.read_text())
    return parser


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions, continued lines joined."""
    text = re.sub(r"\\\n\s*", "", DOCKERFILE.read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in lines]


def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("there is no systemd-analyze here")
    copy = tmp_path / "notifier.service"
    # The interpreter and the settings are where an operator puts them: not on this machine.
    copy.write_text(UNIT.read_text().replace("/opt/live-sessions/.venv/bin/python", "/bin/true"))

    checked = subprocess.run(
        [analyze, "verify", "--man=no", str(copy)], capture_output=True, text=True, check=False
    )
    broken = tmp_path / "broken.service"
    broken.write_text(copy.read_text().replace("TimeoutStopSec=40", "TimeoutStopSec=soon"))
    noticed = subprocess.run(
        [analyze, "verify", "--man=no", str(broken)], capture_output=True, text=True, check=False
    )

    complaints = [line for line in checked.stderr.splitlines() if "notifier.service" in line]
    assert complaints == []
    assert "Failed to parse time value" in noticed.stderr


def test_the_unit_gives_the_notifier_time_to_stop_and_does_not_repeat_bad_settings() -> None:
    service = unit()["Service"]

    assert float(service["TimeoutStopSec"]) > GRACE
    assert service["KillSignal"] == "SIGTERM"
    assert service["RestartPreventExitStatus"] == "2"
    assert service["ExecStart"].endswith("python -m notifier run")
    assert unit()["Unit"]["StartLimitIntervalSec"] == "0"  # it outlasts any outage
    assert service["NoNewPrivileges"] == "yes"
    assert unit()["Unit"]["Documentation"].startswith("file:///opt/live-sessions/")
    page = unit()["Unit"]["Documentation"].removeprefix("file:///opt/live-sessions/")
    assert (ROOT / page).is_file()


def test_the_image_is_built_from_files_that_exist_and_runs_as_nobody() -> None:
    found = instructions()
    copied = [
        source
        for verb, rest in found
        if verb == "COPY" and "--from" not in rest
        for source in rest.split()[:-1]
    ]
    assert copied
    assert all((ROOT / source).exists() for source in copied)
    assert ("USER", "65534:65534") in found
    assert found[-2:] == [
        ("ENTRYPOINT", '["/opt/notifier/bin/python", "-m", "notifier"]'),
        ("CMD", '["run"]'),
    ]
    stop = re.search(r"--stop-timeout (\d+)", DOCKERFILE.read_text())
    assert stop is not None
    assert int(stop[1]) > GRACE


def test_what_the_image_installs_has_all_that_mails_are_made_of(tmp_path: Path) -> None:
    """Installed as the Dockerfile does it, from what it copies."""
    source = tmp_path / "source"
    for verb, rest in instructions():
        if verb == "COPY" and "--from" not in rest:
            *names, target = rest.split()
            for name in names:
                if (ROOT / name).is_dir():
                    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
                    shutil.copytree(ROOT / name, source / target, ignore=ignored)
                else:
                    (source / target).mkdir(parents=True, exist_ok=True)
                    shutil.copy(ROOT / name, source / target)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--wheel-dir", str(tmp_path), str(source)], check=True)
    (wheel,) = tmp_path.glob("*.whl")

    package = source / "py" / "notifier"
    needed = {f"notifier/{path.relative_to(package)}" for path in package.rglob("*.*")}
    assert {"notifier/locales/pl.po", "notifier/templates/layout.html"} < needed
    assert needed <= set(ZipFile(wheel).namelist())


def test_images_are_named_without_a_registry() -> None:
    defaults = dict(rest.split("=", 1) for verb, rest in instructions() if verb == "ARG")
    images = [
        Template(rest.split()[0]).substitute(defaults)
        for verb, rest in instructions()
        if verb == "FROM"
    ]

    assert images
    assert all("/" not in image and ":" in image for image in images)
