"""Whoever copies the commands of docs/operations.md for plain Postgres reaches a sent mail."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from email import policy
from email.parser import BytesParser
from pathlib import Path
from urllib.parse import urlsplit

from devstack.paths import ROOT
from devstack.postgres import EmbeddedPostgres
from support.smtp_server import SmtpServer
from support.threads import in_thread

PAGE = ROOT / "docs" / "operations.md"
TOOLS = Path(__file__).parents[1] / "support" / "tools"


def commands() -> list[str]:
    """The section's shell blocks, in order."""
    section = PAGE.read_text().split("\n## Install on plain Postgres 15 to 18\n")[1]
    return re.findall(r"^```sh\n(.*?)^```$", section.split("\n## ")[0], re.M | re.S)


def test_copying_the_commands_leads_from_an_empty_server_to_a_sent_mail() -> None:
    major = os.environ.get("PG", "17")
    mine, *rest = commands()
    # A server of its own, whichever the others use: the commands set passwords of its roles.
    with (
        EmbeddedPostgres(int(major) if major.isdecimal() else 17, in_memory=True) as server,
        in_thread(SmtpServer()) as mail_server,
    ):
        superuser = urlsplit(server.superuser_url)
        # The lines that are the reader's to change, and nothing else.
        for name, value in {
            "PGHOST": superuser.hostname,
            "PGPORT": superuser.port,
            "PGUSER": superuser.username,
            "PGPASSWORD": superuser.password,
            "SMTP_HOST": "localhost",
            "SMTP_PORT": mail_server.port,
        }.items():
            mine, changed = re.subn(rf"\b{name}=\S+", f"{name}='{value}'", mine)
            assert changed == 1
        script = "\n".join(["set -eu", mine, *rest])
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}:{TOOLS}"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=ROOT,
            env={"PATH": path, "HOME": os.environ["HOME"], "DO_NOT_TRACK": "1"}
            | {"SUPABASE_TELEMETRY_DISABLED": "1"},
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        (mail,) = mail_server.mails
    assert mail.recipient == "sam@example.com"
    message = BytesParser(policy=policy.default).parsebytes(mail.data)
    assert "Office hours" in message["Subject"]
    assert message["From"] == "Live Sessions <sessions@example.com>"
    assert re.search(r"sent\s+1\b", done.stdout), done.stdout
