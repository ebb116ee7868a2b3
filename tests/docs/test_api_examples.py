"""The examples of the API's pages do what the pages say, in the order in which they stand there.

Each page is a story of its own in each language: it begins with the demo data, signs in as
docs/api.md shows, and runs everything that it has in that language.
"""

from __future__ import annotations

import gc
import re
import ssl
import subprocess
import warnings
from collections.abc import Iterator
from functools import cache
from unittest import mock

import psycopg
import pytest
from httpx._config import DEFAULT_TIMEOUT_CONFIG

from devstack import databases
from devstack.databases import Database
from devstack.paths import ROOT
from devstack.stack import Stack
from support.pages import INDEX, LANGUAGES, PAGES, SIGNING_IN, Page

SSL_CONTEXT = cache(ssl.create_default_context)


@pytest.fixture(scope="module")
def demo(template: Database, _names: Iterator[str]) -> Iterator[Database]:
    """The demo data, to be cloned."""
    made = databases.clone(template, next(_names))
    databases.load_seed(made)
    yield made
    databases.drop(made)


@pytest.fixture(scope="module")
def known_from_elsewhere(demo: Database) -> dict[str, str]:
    """What the pages refer to and the API does not tell: it is in a mail, or takes a notifier."""
    with psycopg.connect(demo.url) as conn:
        found = conn.execute(
            """
            with
            endpoint as (
                insert into public.webhook_endpoints (url, event_types)
                values ('https://down.example.com', '{session.created}')
                returning id
            ),

            delivery as (
                insert into notifier.webhook_deliveries
                (endpoint_id, event_type, source, payload, status)
                select id, 'session.created', 'event/0', '{}', 'dead'
                from endpoint
            )

            select
                (select id::text from endpoint) as endpoint_id,
                private.unsubscribe_token(private.unsubscribe_key(), id, 'session_reminder')
                    as token
            from auth.users
            where email = 'sam@example.com'
            """
        ).fetchone()
    assert found is not None
    return {"ENDPOINT_ID": found[0], "UNSUBSCRIBE_TOKEN": found[1]}


@pytest.fixture
def demo_api(demo: Database, _names: Iterator[str], page: Page) -> Iterator[Stack]:
    """PostgREST, the gateway and, where the page calls them, the edge functions; no mail."""
    database = databases.clone(demo, next(_names))
    with Stack(database, mail=False, functions="/functions/v1" in page.text) as running:
        yield running
    databases.drop(database)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path.stem)
def test_the_examples_of_a_page_run(
    known_from_elsewhere: dict[str, str],
    demo_api: Stack,
    page: Page,
    language: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SUPABASE_URL", demo_api.api_url)
    monkeypatch.setenv("SUPABASE_ANON_KEY", demo_api.anon_key)
    monkeypatch.setenv("SUPABASE_SERVICE_ROLE_KEY", demo_api.service_role_key)
    for name, value in known_from_elsewhere.items():
        monkeypatch.setenv(name, value)
    story = [page] if page is INDEX else [SIGNING_IN, page]

    if language == "python":
        run_here(story)
    else:
        run(language, story)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path.stem)
def test_every_fenced_block_is_in_a_language_that_runs(page: Page) -> None:
    assert page.languages == set(LANGUAGES)


def run_here(story: list[Page]) -> None:
    """Run the Python of pages in one namespace; a traceback names their lines."""
    names: dict[str, object] = {}
    with (
        # supabase-py warns of its own dependencies, and nobody closes its connections; a reader of
        # the page sees that too.
        warnings.catch_warnings(action="ignore"),
        # Each of its clients reads every certificate there is, for connections that use none here.
        mock.patch.object(ssl, "create_default_context", SSL_CONTEXT),
        # It gives signing in five seconds, which a busy machine may take.
        mock.patch.object(DEFAULT_TIMEOUT_CONFIG, "read", 60.0),
    ):
        for page in story:
            exec(compile(page.story("python"), page.path, "exec"), names)  # noqa: S102
        names.clear()
        gc.collect()


def run(language: str, story: list[Page]) -> None:
    """Run pages in one process, which what it writes to stderr (a failed console.assert) fails."""
    script = "".join(page.story(language) for page in story)
    if language == "js":
        command = ["node", "--input-type=module", "--eval", script]
    else:
        tell = "trap 'echo \"bash: line $LINENO: $BASH_COMMAND\" >&2' ERR;"
        command = ["bash", "-eEuo", "pipefail", "-c", tell + script]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, ""), located(done.stdout + done.stderr, story)


def located(output: str, story: list[Page]) -> str:
    """An error's lines as lines of the pages."""

    def on_page(found: re.Match[str]) -> str:
        line = int(found["line"])
        for page in story:
            length = len(page.text.splitlines())
            if line <= length:
                return f"{page.name}:{line}"
            line -= length
        return found[0]

    return re.sub(r"(?:\[eval1\]:|bash: line )(?P<line>\d+)", on_page, output)


@pytest.mark.parametrize("language", ["js", "sh"])
def test_what_fails_is_told_with_the_line_of_its_page(language: str) -> None:
    given = {"js": "const name = 1;", "sh": "name=1"}
    wrong = {"js": "throw new Error(name);", "sh": "[ $name = 2 ]"}
    first = Page(PAGES[0].path, f"\n```{language}\n{given[language]}\n```\n")
    second = Page(PAGES[1].path, f"# Title\n\n```{language}\n{wrong[language]}\n```\n")

    with pytest.raises(AssertionError, match=f"{PAGES[1].name}:4"):
        run(language, [first, second])


def test_a_failed_assertion_alone_fails_a_script() -> None:
    with pytest.raises(AssertionError, match="seven"):
        run("js", [Page(INDEX.path, "```js\nconsole.assert(false, 'seven');\n```\n")])
