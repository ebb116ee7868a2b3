"""A running API with the edge functions, for the tests of a module."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import httpx
import pytest

from devstack import databases
from devstack.databases import Database
from devstack.stack import Stack
from support.rest import Callers

SECRETS = {
    "RESEND_WEBHOOK_SECRET": "whsec_" + base64.b64encode(b"a secret of Resend's").decode(),
    "ZOOM_WEBHOOK_SECRET_TOKEN": "a secret token of Zoom's",
}


@pytest.fixture(scope="module")
def edge(template: Database, _names: Iterator[str]) -> Iterator[Stack]:
    """PostgREST, the gateway and the edge functions; no mail."""
    database = databases.clone(template, next(_names))
    with Stack(database, mail=False, functions=True, function_secrets=SECRETS) as running:
        yield running
    databases.drop(database)


@pytest.fixture(scope="module")
def callers(edge: Stack) -> Iterator[Callers]:
    """Who sends requests."""
    with httpx.Client(timeout=30) as http:
        yield Callers(http, edge)
