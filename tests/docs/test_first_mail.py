"""Whoever copies the commands of docs/operations.md gets there."""

from __future__ import annotations

import os
import re
from email import policy
from email.parser import BytesParser
from urllib.parse import urlsplit

import psycopg
import pytest

from devstack.postgres import EmbeddedPostgres
from support.operations import blocks, copied
from support.people import unreadable
from support.smtp_server import SmtpServer
from support.threads import in_thread

SELECTED = os.environ.get("PG") or "17"
MAJOR = int(SELECTED) if SELECTED.isdecimal() else 17

if SELECTED.isdecimal():
    pytestmark = pytest.mark.server


def test_copying_the_commands_leads_from_an_empty_server_to_a_sent_mail() -> None:
    mine, *rest = blocks("Install on plain Postgres 15 to 18", "sh")
    # A server of its own, whichever the others use: the commands set passwords of its roles.
    with (
        EmbeddedPostgres(MAJOR, in_memory=True) as server,
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
        told = copied("\n".join([mine, *rest]))
        (mail,) = mail_server.mails
        with psycopg.connect(server.url("postgres", "live_sessions")) as conn:
            assert unreadable(conn) == []
            matched = conn.execute(
                "select private.match_participant('{}', null, email) = id from auth.users"
            ).fetchall()
            assert matched == [(True,), (True,)]
    assert mail.recipient == "sam@example.com"
    message = BytesParser(policy=policy.default).parsebytes(mail.data)
    assert "Office hours" in message["Subject"]
    assert message["From"] == "Live Sessions <sessions@example.com>"
    assert re.search(r"sent\s+1\b", told), told
