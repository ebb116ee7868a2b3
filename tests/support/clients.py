"""Frontends: the real supabase-py against a running stack."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from uuid import UUID

import httpx
from supabase import Client, ClientOptions, create_client

from devstack import keys
from devstack.stack import Stack


@dataclass(slots=True)
class Clients:
    """Makes clients and closes their connections at the end; use the fixture `clients`."""

    _exit: ExitStack = field(default_factory=ExitStack)

    def anon(self, stack: Stack) -> Client:
        """A visitor who has not signed in."""
        return self._client(stack, stack.anon_key)

    def service(self, stack: Stack) -> Client:
        """A trusted backend with the service key."""
        return self._client(stack, stack.service_role_key)

    def sign_in(self, stack: Stack, email: str, password: str) -> Client:
        """Somebody who has signed in with their password."""
        client = self.anon(stack)
        client.auth.sign_in_with_password({"email": email, "password": password})
        return client

    def acting_as(self, stack: Stack, user: UUID) -> Client:
        """Somebody with a valid token, without the detour of a password."""
        now = int(time.time())
        token = keys.sign(
            {
                "sub": str(user),
                "aud": "authenticated",
                "role": "authenticated",
                "iat": now,
                "exp": now + 3600,
            }
        )
        return self._client(stack, stack.anon_key, {"Authorization": f"Bearer {token}"})

    def close(self) -> None:
        """Close all connections."""
        self._exit.close()

    def _client(self, stack: Stack, key: str, headers: dict[str, str] | None = None) -> Client:
        # One HTTP client for all of its parts: supabase-py offers no way to close those it makes
        # itself.
        http = self._exit.enter_context(httpx.Client(timeout=30))
        options = ClientOptions(httpx_client=http, headers=headers or {}, auto_refresh_token=False)
        return create_client(stack.api_url, key, options)
