"""The mail catcher takes mails on loopback and keeps them to itself."""

from __future__ import annotations

import smtplib
from pathlib import Path

import pytest

from devstack.maildev import MailCatcher, start_maildev
from devstack.processes import Supervisor


def send(catcher: MailCatcher, subject: str) -> None:
    with smtplib.SMTP(catcher.smtp_host, catcher.smtp_port) as smtp:
        smtp.sendmail("a@example.test", ["b@example.test"], f"Subject: {subject}\n\nHello")


def test_each_catcher_has_an_inbox_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Its default would be a folder there, shared by everybody on the machine.
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    logs = [tmp_path / name for name in ("one", "other")]
    for folder in logs:
        folder.mkdir()

    with Supervisor() as supervisor:
        one, other = (start_maildev(supervisor, folder) for folder in logs)
        send(one, "to the one")

        assert [mail["subject"] for mail in one.mails()] == ["to the one"]
        assert other.mails() == []

        one.clear()
        assert one.mails() == []

    assert list(temporary.glob("*/*.eml")) == []
