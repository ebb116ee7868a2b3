"""A running API with the edge functions, and doubles of who is at the other end of them."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import httpx
import psycopg
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from devstack import databases
from devstack.databases import Database
from devstack.stack import Stack
from devstack.zoom import ZoomServer, zoom_server
from support.campus import Campus
from support.deliveries import JAAS_SECRET
from support.edge import JAAS_KEY_ID, WORK_KEY
from support.rest import Callers

RESEND_SECRET = "whsec_" + base64.b64encode(b"a secret of Resend's").decode()


@pytest.fixture(scope="module")
def zoom() -> Iterator[ZoomServer]:
    """Zoom's API."""
    with zoom_server() as running:
        yield running


@pytest.fixture(scope="session")
def jaas_key() -> rsa.RSAPrivateKey:
    """What tokens for JaaS are signed with."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def edge(
    template: Database, _names: Iterator[str], zoom: ZoomServer, jaas_key: rsa.RSAPrivateKey
) -> Iterator[Stack]:
    """PostgREST, the gateway and the edge functions; no mail."""
    database = databases.clone(template, next(_names))
    pem = jaas_key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    secrets = {
        "RESEND_WEBHOOK_SECRET": RESEND_SECRET,
        "JAAS_WEBHOOK_SECRET": JAAS_SECRET,
        "JAAS_KEY_ID": JAAS_KEY_ID,
        "JAAS_PRIVATE_KEY": pem.decode().replace("\n", "\\n"),
        "MEETINGS_WORK_KEY": WORK_KEY,
    }
    with Stack(
        database, mail=False, functions=True, function_secrets=secrets, zoom=zoom
    ) as running:
        yield running
    databases.drop(database)


@pytest.fixture(scope="module")
def callers(edge: Stack) -> Iterator[Callers]:
    """Who sends requests."""
    with httpx.Client(timeout=30) as http:
        yield Callers(http, edge)


@pytest.fixture(scope="module")
def campus(edge: Stack) -> Campus:
    """The people in it."""
    return Campus.open(edge.db_url)


@pytest.fixture
def db(edge: Stack) -> Iterator[psycopg.Connection]:
    """The database as role `postgres`; every statement is committed."""
    with psycopg.connect(edge.db_url, autocommit=True) as connection:
        yield connection
