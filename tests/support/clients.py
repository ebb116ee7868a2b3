"""Frontends: the real supabase-py against a running stack."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field

import httpx
from supabase import Client, ClientOptions, create_client

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

    def close(self) -> None:
        """Close all connections."""
        self._exit.close()

    def _client(self, stack: Stack, key: str) -> Client:
        # One HTTP client for all of its parts: supabase-py offers no way to close those it makes
        # itself.
        http = self._exit.enter_context(httpx.Client(timeout=30))
        options = ClientOptions(httpx_client=http, auto_refresh_token=False)
        return create_client(stack.api_url, key, options)
