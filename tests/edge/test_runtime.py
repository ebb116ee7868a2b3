"""How the local stack runs edge functions: as Supabase does, with functions made for the test."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from devstack import keys
from devstack.auth import Auth
from devstack.functions import Functions, names, secrets
from devstack.gateway import Gateway, Routes
from devstack.processes import Supervisor
from support.waiting import wait_until

ECHO = """
Deno.serve(async (request) => Response.json({
    path: new URL(request.url).pathname,
    method: request.method,
    authorization: request.headers.get("authorization"),
    body: await request.text(),
    environment: Deno.env.toObject(),
}, { headers: { "Access-Control-Allow-Origin": "https://app.test" } }));
"""

FRAGILE = """
Deno.serve((request) => {
    if (request.method === "DELETE") setTimeout(() => { throw new Error("so it is"); });
    return new Response(String(Deno.pid));
});
"""

NOSY = """
async function refused(use: () => unknown): Promise<boolean> {
    try {
        await use();
    } catch (error) {
        return error instanceof Deno.errors.NotCapable;
    }
    return false;
}

Deno.serve(async () => Response.json({
    reading: await refused(() => Deno.readTextFile("/etc/hostname")),
    writing: await refused(() => Deno.writeTextFile("/tmp/by-a-function", "x")),
    running: await refused(() => new Deno.Command("/bin/true").output()),
}));
"""

SOURCES = {
    "echo": ECHO,
    "open-echo": ECHO,
    "fragile": FRAGILE,
    "nosy": NOSY,
    "broken": "this is no program",
    "_shared": ECHO,
}

GATEWAY_SECRETS = {"A_SECRET": "of the function"}


@pytest.fixture(scope="module")
def functions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Functions]:
    """A gateway before nothing but functions."""
    folder = tmp_path_factory.mktemp("functions")
    for name, source in SOURCES.items():
        (folder / name).mkdir()
        (folder / name / "index.ts").write_text(source)
    with Supervisor() as supervisor:
        made: list[Functions] = []

        def routes(url: str) -> Routes:
            open_to_all = frozenset({"open-echo"})
            made.append(
                Functions(supervisor, folder, url, GATEWAY_SECRETS, open_to_all, folder=folder)
            )
            return Routes("http://127.0.0.1:9", made[0])

        with Gateway(routes, lambda issuer: Auth("", "", issuer)):
            yield made[0]


@pytest.fixture(scope="module")
def http(functions: Functions) -> Iterator[httpx.Client]:
    """Somebody without a key or a token."""
    with httpx.Client(base_url=f"{functions.api_url}/functions/v1/", timeout=30) as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_a_function_sees_the_request_under_its_own_name(http: httpx.Client) -> None:
    answer = http.put("open-echo/a/b", content=b"hello")

    assert answer.status_code == 200, answer.text
    seen = answer.json()
    assert (seen["path"], seen["method"], seen["body"]) == ("/open-echo/a/b", "PUT", "hello")
    assert seen["authorization"] is None
    # Which pages may read it is the function's own word.
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.test"
    assert http.options("open-echo").json()["method"] == "OPTIONS"


def test_a_body_is_handed_on_as_it_came(http: httpx.Client) -> None:
    """One that says it is packed and is not was answered with 500 before any function saw it."""
    answer = http.post("open-echo", content=b"no gzip", headers={"Content-Encoding": "gzip"})

    assert answer.status_code == 200, answer.text
    assert answer.json()["body"] == "no gzip"


def test_a_function_finds_supabases_settings_and_its_secrets_and_nothing_of_ours(
    functions: Functions, http: httpx.Client
) -> None:
    environment = http.get("open-echo").json()["environment"]

    assert environment.pop("SUPABASE_URL") == functions.api_url
    assert json.loads(environment.pop("SUPABASE_PUBLISHABLE_KEYS")) == {
        "default": keys.PUBLISHABLE_KEY
    }
    assert json.loads(environment.pop("SUPABASE_SECRET_KEYS")) == {"default": keys.SECRET_KEY}
    assert environment.pop("SUPABASE_ANON_KEY") == keys.ANON_KEY
    assert environment.pop("SUPABASE_SERVICE_ROLE_KEY") == keys.SERVICE_ROLE_KEY
    assert environment.pop("A_SECRET") == "of the function"
    assert set(environment) <= {
        "DENO_DIR",
        "DENO_SERVE_ADDRESS",
        "NO_COLOR",
        # Deno sets these for itself.
        "DENO_NODE_SHIM_ACTIVE",
        "PATH",
    }


def test_without_a_token_only_functions_that_say_so_answer(http: httpx.Client) -> None:
    refused = http.post("echo")
    assert refused.status_code == 401
    assert refused.json()["message"] == "Missing authorization header"

    assert http.post("open-echo").status_code == 200
    assert http.post("echo", headers={"apikey": keys.ANON_KEY}).status_code == 200
    with_token = http.post("echo", headers=bearer(keys.sign({"role": "authenticated"})))
    assert with_token.status_code == 200
    # A browser asks without the token whether it may send one.
    assert http.options("echo").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"apikey": "somebody else's"},
        bearer("no token"),
        bearer(keys.sign({"role": "authenticated", "exp": 1})),
        bearer(keys.sign({"role": "authenticated"})[:-1] + "_"),
        {"Authorization": "Basic " + keys.ANON_KEY},
    ],
)
def test_a_token_that_is_not_ours_is_refused(http: httpx.Client, headers: dict[str, str]) -> None:
    assert http.post("echo", headers=headers).status_code == 401


@pytest.mark.parametrize("name", ["unknown", "_shared", "%2e%2e"])
def test_what_is_no_function_is_not_found(http: httpx.Client, name: str) -> None:
    answer = http.post(name, headers=bearer(keys.ANON_KEY))

    assert answer.status_code == 404


def test_a_crash_takes_down_no_other_function_and_the_next_request_starts_it_again(
    functions: Functions, http: httpx.Client
) -> None:
    token = bearer(keys.ANON_KEY)
    other = http.get("open-echo").status_code
    first = http.get("fragile", headers=token).text

    http.delete("fragile", headers=token)
    wait_until(lambda: "fragile" not in functions.running(), "it has crashed")

    assert other == http.get("open-echo").status_code == 200
    second = http.get("fragile", headers=token).text
    assert second != first
    assert "so it is" in functions.log("fragile")
    # No end of a function ends the stack.
    assert functions.supervisor.ended() == []


def test_a_killed_function_is_started_again_too(functions: Functions, http: httpx.Client) -> None:
    token = bearer(keys.ANON_KEY)
    os.kill(int(http.get("fragile", headers=token).text), signal.SIGKILL)
    wait_until(lambda: "fragile" not in functions.running(), "it has been killed")

    assert http.get("fragile", headers=token).status_code == 200


def test_a_function_that_cannot_start_says_so_and_its_log_says_why(
    functions: Functions, http: httpx.Client
) -> None:
    answer = http.post("broken", headers=bearer(keys.ANON_KEY))

    assert (answer.status_code, answer.json()["code"]) == (503, "BOOT_ERROR")
    assert "error" in functions.log("broken")
    assert "broken" not in functions.running()


def test_a_function_touches_no_file_and_runs_no_program(http: httpx.Client) -> None:
    answer = http.post("nosy", headers=bearer(keys.ANON_KEY))

    assert answer.json() == {"reading": True, "writing": True, "running": True}


def test_the_functions_of_the_tree_are_found() -> None:
    assert "zoom-webhook" in names()
    assert not any(name.startswith("_") for name in names())


def test_secrets_stand_in_a_file_as_for_supabases_own_server(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    assert secrets(file) == {}

    file.write_text("# a comment\n\nA=1\nB = \"two words\"\nC='x=y'\n")

    assert secrets(file) == {"A": "1", "B": "two words", "C": "x=y"}
