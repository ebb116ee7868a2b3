"""Raw HTTP requests as somebody, for tests that look at status codes and bodies."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx

from devstack import keys
from devstack.stack import Stack


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who sends requests to /rest/v1 and /functions/v1.

    Args:
        http: The connection.
        url: The API's address.
        headers: Who they are.
    """

    http: httpx.Client
    url: str
    headers: dict[str, str] = field(repr=False)

    def get(self, path: str, accept: str = "", prefer: str = "", **query: str) -> httpx.Response:
        """Read rows; the headers Accept and Prefer where they are given."""
        given = {"Accept": accept, "Prefer": prefer}
        headers = {name: value for name, value in given.items() if value}
        return self.send("GET", path, query, headers=headers)

    def insert(self, table: str, *rows: dict[str, Any], prefer: str = "") -> httpx.Response:
        """Insert one row or several; they come back."""
        body = rows[0] if len(rows) == 1 else list(rows)
        return self.send(
            "POST", table, body=body, headers={"Prefer": f"return=representation,{prefer}"}
        )

    def update(self, table: str, values: dict[str, Any], **query: str) -> httpx.Response:
        """Update the rows that the filters choose; they come back."""
        return self.send(
            "PATCH", table, query, body=values, headers={"Prefer": "return=representation"}
        )

    def delete(self, table: str, **query: str) -> httpx.Response:
        """Delete the rows that the filters choose; they come back."""
        return self.send("DELETE", table, query, headers={"Prefer": "return=representation"})

    def call(self, function: str, **arguments: Any) -> httpx.Response:
        """Call a function."""
        return self.send("POST", f"rpc/{function}", body=arguments)

    def invoke(
        self,
        function: str,
        body: Any = None,
        *,
        method: str = "POST",
        path: str = "",
        query: dict[str, str] | None = None,
        content: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Call an edge function; `body` is sent as JSON, `content` as it is."""
        return self.http.request(
            method,
            f"{self.url}/functions/v1/{function}{path}",
            params=query,
            json=body,
            content=content,
            headers={**self.headers, **(headers or {})},
        )

    def send(
        self,
        method: str,
        path: str,
        query: dict[str, str] | None = None,
        *,
        body: Any = None,
        content: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Any request; `body` is sent as JSON, `content` as it is."""
        return self.http.request(
            method,
            f"{self.url}/rest/v1/{path}",
            params=query,
            json=body,
            content=content,
            headers={**self.headers, **(headers or {})},
        )


@dataclass(frozen=True, slots=True)
class Callers:
    """Everybody who may send requests to a stack.

    Args:
        http: The connection.
        stack: The running stack.
    """

    http: httpx.Client
    stack: Stack

    def stranger(self) -> Caller:
        """Somebody without even the API key: a mail program, a video platform."""
        return Caller(self.http, self.stack.api_url, {})

    def visitor(self) -> Caller:
        """Somebody who has not signed in."""
        return self._caller(self.stack.anon_key)

    def service(self) -> Caller:
        """A trusted backend."""
        return self._caller(self.stack.service_role_key)

    def user(self, user: UUID, *, expires_in: int = 3600) -> Caller:
        """Somebody with a token, that may have expired already."""
        now = int(time.time())
        claims = {"sub": str(user), "aud": "authenticated", "role": "authenticated"}
        return self.bearer(keys.sign({**claims, "iat": now, "exp": now + expires_in}))

    def bearer(self, token: str) -> Caller:
        """Whoever holds this token."""
        return self._caller(self.stack.anon_key, {"Authorization": f"Bearer {token}"})

    def _caller(self, key: str, headers: dict[str, str] | None = None) -> Caller:
        return Caller(self.http, self.stack.api_url, {"apikey": key, **(headers or {})})
