"""The typed clients in clients/ are what the database gives today."""

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from devstack import clients, node
from devstack.databases import Database

WHAT_A_FORM_SENDS = {
    "ts": """\
import type {{ TablesInsert }} from "{folder}/database.types.ts";
export const session: TablesInsert<"success_sessions"> = {{
  title: "Office hours",
  start_time: "2031-03-03T18:00:00+01:00",
  link: "https://zoom.us/j/123456789",
}};
export const offer: TablesInsert<"booking_offers"> = {{
  title: "Code review",
  audience: "everybody",
  start_time: "2031-03-03T18:00:00+01:00",
}};
""",
    "py": """\
from datetime import UTC, datetime

from database_types import PublicBookingOffersInsert, PublicSuccessSessionsInsert

start = datetime(2031, 3, 3, 18, tzinfo=UTC)
session: PublicSuccessSessionsInsert = {{
    "title": "Office hours",
    "start_time": start,
    "link": "https://zoom.us/j/123456789",
}}
offer: PublicBookingOffersInsert = {{
    "title": "Code review",
    "audience": "everybody",
    "start_time": start,
}}
""",
}


def test_the_typed_clients_are_fresh(database: Database) -> None:
    stale = [
        path.name
        for path, text in clients.generate(database.url).items()
        if not path.is_file() or path.read_text() != text
    ]

    assert stale == [], "run make types"


@pytest.mark.parametrize("language", WHAT_A_FORM_SENDS)
def test_typed_clients_ask_nobody_for_what_the_database_fills_in(
    language: str, tmp_path: Path
) -> None:
    form = tmp_path / f"form.{language}"
    form.write_text(WHAT_A_FORM_SENDS[language].format(folder=clients.FOLDER))
    command = {
        "ts": [*node.deno(), "check", "--quiet", str(form)],
        "py": [sys.executable, "-m", "mypy", "--strict", f"--cache-dir={tmp_path}", str(form)],
    }[language]

    checked = subprocess.run(
        command, cwd=clients.FOLDER, capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_new_column_reaches_both_clients(database: Database) -> None:
    with psycopg.connect(database.url) as connection:
        connection.execute("alter table public.courses add column syllabus_url text")

    generated = clients.generate(database.url)

    assert all("syllabus_url" in text for text in generated.values())
