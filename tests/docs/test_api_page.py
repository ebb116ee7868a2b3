"""The examples of docs/api.md do what the page says, in the order of the page."""

from __future__ import annotations

import os
import re
import subprocess
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from devstack import databases
from devstack.databases import Database
from devstack.paths import ROOT
from devstack.stack import Stack

PAGE = ROOT / "docs" / "api.md"


@dataclass(frozen=True, slots=True)
class Example:
    """One fenced block of the page."""

    line: int
    language: str
    code: str


def examples() -> list[Example]:
    """The page's fenced blocks, in order."""
    text = PAGE.read_text()
    return [
        Example(text.count("\n", 0, found.start()) + 2, found["language"], found["code"])
        for found in re.finditer(r"^```(?P<language>\w+)\n(?P<code>.*?)^```$", text, re.M | re.S)
    ]


@pytest.fixture
def api(database: Database) -> Iterator[Stack]:
    """PostgREST, the gateway and the edge functions; no mail."""
    with Stack(database, mail=False, functions=True) as running:
        yield running


def test_every_example_of_the_api_page_runs(api: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    databases.load_seed(api.database)
    monkeypatch.setenv("SUPABASE_URL", api.api_url)
    monkeypatch.setenv("SUPABASE_ANON_KEY", api.anon_key)
    ran = {"python": 0, "js": 0, "sh": 0}
    names: dict[str, object] = {}
    script = ""
    for example in examples():
        where = f"{PAGE.name}:{example.line}"
        if example.language == "python":
            # supabase-py warns of its own dependencies; a reader of the page sees that too.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                exec(compile(example.code, where, "exec"), names)  # noqa: S102
        elif example.language == "js":
            # Later blocks go on where earlier ones left off.
            script += example.code
            run(["node", "--input-type=module", "--eval", script], where)
        else:
            run(["sh", "-euc", example.code], where, ACCESS_TOKEN=access_token(names["student"]))
        ran[example.language] += 1
    assert all(ran.values()), f"no example in some language: {ran}"


def run(command: list[str], where: str, **environment: str) -> None:
    """Run a block; what it writes to stderr (a failed console.assert, say) fails it too."""
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, ""), f"{where}: {done.stdout}{done.stderr}"


def access_token(client: object) -> str:
    """The token of a signed-in supabase-py client."""
    session = client.auth.get_session()  # type: ignore[attr-defined]
    assert session is not None
    return str(session.access_token)
