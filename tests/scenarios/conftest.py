"""Stories are told on a stack of their own, with everybody signed in by password."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from supabase import Client

from devstack.stack import Stack
from support.campus import PASSWORD, Campus, address
from support.clients import Clients

SignIn = Callable[[str], Client]


@pytest.fixture
def campus(api: Stack) -> Campus:
    """The people of a story without mail."""
    return Campus.open(api.db_url)


@pytest.fixture
def sign_in(api: Stack, clients: Clients, campus: Campus) -> SignIn:
    """Signs somebody in by their first name."""
    return lambda name: clients.sign_in(api, address(name), PASSWORD)
