"""Signing in through the gateway with the real supabase-py, as a frontend would."""

from __future__ import annotations

import json
import subprocess
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import httpx
import jwt
import psycopg
import pytest
from supabase import Client
from supabase_auth.errors import AuthApiError

from devstack import auth, keys, node
from devstack.stack import Stack
from support.clients import Clients
from support.world import World

EMAIL, PASSWORD = "ada@example.test", "correct horse"


@pytest.fixture
def ada(api: Stack) -> UUID:
    with psycopg.connect(api.db_url) as connection:
        return World(connection).student("Ada Lovelace", email=EMAIL, password=PASSWORD)


@pytest.fixture
def client(api: Stack, clients: Clients, ada: UUID) -> Client:
    return clients.anon(api)


def sign_in(client: Client) -> str:
    session = client.auth.sign_in_with_password({"email": EMAIL, "password": PASSWORD}).session
    assert session is not None
    return session.refresh_token


def test_the_right_password_gives_a_token_with_supabase_claims(
    client: Client, api: Stack, ada: UUID
) -> None:
    response = client.auth.sign_in_with_password({"email": EMAIL.upper(), "password": PASSWORD})

    assert response.session is not None
    assert response.user is not None
    assert response.user.id == str(ada)
    claims = jwt.decode(response.session.access_token, options={"verify_signature": False})
    assert claims["sub"] == str(ada)
    assert claims["role"] == claims["aud"] == "authenticated"
    assert claims["email"] == EMAIL
    assert claims["user_metadata"]["full_name"] == "Ada Lovelace"
    assert claims["iss"] == f"{api.api_url}/auth/v1"
    assert claims["exp"] - claims["iat"] == response.session.expires_in


def test_signed_in_requests_reach_postgrest_as_the_user(client: Client, ada: UUID) -> None:
    sign_in(client)

    rows = client.table("profiles").select("id, full_name").eq("id", str(ada)).execute().data

    assert rows == [{"id": str(ada), "full_name": "Ada Lovelace"}]


def test_the_user_is_who_signed_in(client: Client, ada: UUID) -> None:
    sign_in(client)

    response = client.auth.get_user()

    assert response is not None
    assert response.user.id == str(ada)
    assert response.user.last_sign_in_at is not None


@pytest.mark.parametrize(
    ("email", "password"), [(EMAIL, "wrong"), ("nobody@example.test", PASSWORD)]
)
def test_a_wrong_password_and_an_unknown_user_look_alike(
    client: Client, email: str, password: str
) -> None:
    with pytest.raises(AuthApiError, match="Invalid login credentials") as refusal:
        client.auth.sign_in_with_password({"email": email, "password": password})

    assert refusal.value.status == 400
    assert refusal.value.code == "invalid_credentials"


def test_what_is_no_json_is_the_callers_mistake(client: Client, api: Stack) -> None:
    answer = httpx.post(
        f"{api.api_url}/auth/v1/token?grant_type=password",
        headers={"apikey": keys.ANON_KEY},
        content=b'{"email": "\xff"}',
    )

    assert (answer.status_code, answer.json()["error_code"]) == (400, "bad_json")


def test_a_banned_user_cannot_sign_in(client: Client, api: Stack, ada: UUID) -> None:
    with psycopg.connect(api.db_url) as connection:
        connection.execute(
            "update auth.users set banned_until = now() + interval '1 day' where id = %s", (ada,)
        )

    with pytest.raises(AuthApiError, match="banned"):
        sign_in(client)


def test_a_refresh_token_is_spent_by_its_use(client: Client, api: Stack) -> None:
    first = sign_in(client)

    refreshed = client.auth.refresh_session().session

    assert refreshed is not None
    assert refreshed.refresh_token != first
    with psycopg.connect(api.database.superuser_url) as connection:
        # Beyond the moment in which two tabs may use the same one.
        connection.execute(
            "update auth.refresh_tokens set updated_at = now() - interval '1 minute'"
        )
    with pytest.raises(AuthApiError, match="Already Used"):
        client.auth.refresh_session(first)
    with pytest.raises(AuthApiError, match="Not Found"):
        client.auth.refresh_session(refreshed.refresh_token)


def test_two_tabs_may_refresh_at_the_same_moment(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However long a busy machine makes of that moment.
    monkeypatch.setattr(auth, "REUSE_INTERVAL", timedelta(minutes=5))
    first = sign_in(client)

    one = client.auth.refresh_session(first).session
    other = client.auth.refresh_session(first).session

    assert one is not None
    assert other is not None
    assert one.refresh_token == other.refresh_token


def test_signing_out_ends_the_session(client: Client) -> None:
    refresh_token = sign_in(client)
    session = client.auth.get_session()
    assert session is not None

    client.auth.sign_out()

    with pytest.raises(AuthApiError, match="Not Found"):
        client.auth.refresh_session(refresh_token)
    with pytest.raises(AuthApiError, match="does not exist"):
        client.auth.get_user(session.access_token)


@pytest.mark.parametrize("path", ["/rest/v1/profiles", "/auth/v1/user", "/auth/v1/health"])
@pytest.mark.parametrize(
    ("headers", "message"),
    [({}, "No API key found in request"), ({"apikey": "guess"}, "Invalid API key")],
)
def test_nothing_answers_without_the_api_key(
    api: Stack, path: str, headers: dict[str, str], message: str
) -> None:
    response = httpx.get(api.api_url + path, headers=headers, timeout=30)

    assert response.status_code == 401
    assert response.json()["message"] == message


def test_whoever_has_not_signed_in_is_anon_or_the_service(api: Stack, ada: UUID) -> None:
    def names(key: str) -> httpx.Response:
        return httpx.get(
            f"{api.api_url}/rest/v1/profiles",
            params={"select": "full_name"},
            headers={"apikey": key},
            timeout=30,
        )

    assert names(api.anon_key).status_code == 401
    assert names(api.service_role_key).json() == [{"full_name": "Ada Lovelace"}]


def test_a_browser_on_another_origin_may_ask(api: Stack) -> None:
    preflight = httpx.options(
        f"{api.api_url}/rest/v1/profiles",
        headers={
            "Origin": "http://localhost:3000",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "apikey, authorization, content-type",
        },
        timeout=30,
    )
    refusal = httpx.get(
        f"{api.api_url}/rest/v1/profiles",
        headers={"Origin": "http://localhost:3000"},
        timeout=30,
    )

    assert preflight.status_code == 204
    assert "authorization" in preflight.headers["Access-Control-Allow-Headers"]
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert refusal.headers.get_list("Access-Control-Allow-Origin") == ["*"]


def test_supabase_js_works_unchanged(api: Stack, ada: UUID) -> None:
    script = Path(__file__).with_name("sign_in.mjs")

    finished = subprocess.run(
        [node.node(), script, api.api_url, api.anon_key, EMAIL, PASSWORD],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert finished.returncode == 0, finished.stderr
    assert json.loads(finished.stdout) == {
        "wrongPassword": "invalid_credentials",
        "signedInAs": EMAIL,
        "userIs": EMAIL,
        "fullName": "Ada Lovelace",
        "refreshed": "yes",
        "refreshTokenChanged": True,
        "signedOut": "yes",
    }
