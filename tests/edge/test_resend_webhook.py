"""The function `resend-webhook`, called as Resend calls it, down to the next claim."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time

import httpx
import psycopg

from devstack.stack import Stack
from support.outbox import Outbox
from support.rest import Callers
from support.world import World

KEY = b"a secret of Resend's"  # as in conftest.py


def signed(message_id: str, body: bytes) -> dict[str, str]:
    timestamp = int(time.time())
    mac = hmac.new(KEY, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "svix-id": message_id,
        "svix-timestamp": str(timestamp),
        "svix-signature": f"v1,{base64.b64encode(mac).decode()}",
    }


def test_after_a_bounce_nothing_more_is_sent_there(edge: Stack, callers: Callers) -> None:
    with psycopg.connect(edge.database.url, autocommit=True) as conn:
        world, outbox = World(conn), Outbox(conn)
        batch = world.batch()
        stays = world.student(batch=batch, email="stays@example.test")
        gone = world.student(batch=batch, email="Gone@example.test")
        world.session(batch=batch)
        first = outbox.tell()
        assert set(first) == {stays, gone}
        (bounced,) = outbox.rows(recipient_id=gone)
        body = json.dumps(
            {
                "type": "email.bounced",
                "created_at": "2026-11-27T12:00:00Z",
                "data": {
                    "to": ["gone@example.test"],
                    "tags": [{"name": "email_id", "value": str(bounced["id"])}],
                    "bounce": {"type": "Permanent", "message": "no such user"},
                },
            }
        ).encode()
        resend = callers.stranger()

        def deliver(message_id: str) -> httpx.Response:
            return resend.invoke("resend-webhook", content=body, headers=signed(message_id, body))

        assert [deliver(name).status_code for name in ("msg_1", "msg_1", "msg_2")] == [204] * 3
        forged = resend.invoke("resend-webhook", content=body + b" ", headers=signed("msg_3", body))
        assert forged.status_code == 401

        history = outbox.scalar("select notifier.email_history(%s)", bounced["id"])
        assert [event["kind"] for event in history["mail_events"]] == ["bounced"] * 2
        world.session(batch=batch)
        assert set(outbox.tell()) == {stays}
