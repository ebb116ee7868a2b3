"""Webhooks as Zoom and JaaS deliver them: signed, to the edge function, over HTTP."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx

from devstack.zoom import WEBHOOK_SECRET, signature
from support.rest import Caller

JAAS_SECRET = "whsec_an_endpoint_of_JaaS"


@dataclass(frozen=True, slots=True)
class ZoomDeliveries:
    """Zoom, which knows of one meeting.

    Args:
        caller: Who calls: nobody with a key.
        meeting: The meeting's number.
        uuid: Which start of the meeting.
    """

    caller: Caller
    meeting: str
    uuid: str = "4444AAAiAAAAAiAiAiiAii=="

    def joined(self, at: datetime, **participant: Any) -> httpx.Response:
        """Somebody came in."""
        return self.send(self.participant("joined", "join_time", at, participant))

    def left(self, at: datetime, **participant: Any) -> httpx.Response:
        """Somebody went out."""
        return self.send(self.participant("left", "leave_time", at, participant))

    def ended(self, at: datetime) -> httpx.Response:
        """The meeting ended."""
        return self.send(self.event("meeting.ended", end_time=stamp(at)))

    def recorded(self, at: datetime, share_url: str) -> httpx.Response:
        """The recording of the meeting that began then is ready."""
        return self.send(
            self.event("recording.completed", start_time=stamp(at), share_url=share_url)
        )

    def participant(
        self, what: str, field: str, at: datetime, participant: dict[str, Any]
    ) -> dict[str, Any]:
        """News of a participant."""
        defaults = {
            "user_id": "16778240",
            "user_name": "Somebody",
            "email": "",
            "participant_uuid": participant.get("registrant_id", "p"),
            field: stamp(at),
        }
        return self.event(f"meeting.participant_{what}", participant=defaults | participant)

    def event(self, name: str, **fields: Any) -> dict[str, Any]:
        """News of the meeting."""
        meeting = {"id": self.meeting, "uuid": self.uuid, "topic": "Office hours", **fields}
        return {
            "event": name,
            "event_ts": int(time.time() * 1000),
            "payload": {"account_id": "AAAAAABBBB", "object": meeting},
        }

    def send(
        self, payload: dict[str, Any], *, secret: str = WEBHOOK_SECRET, age: float = 0
    ) -> httpx.Response:
        """Deliver it, signed so many seconds ago."""
        body = json.dumps(payload).encode()
        headers = signature(body, secret, age=age)
        return self.caller.invoke("zoom-webhook", content=body, headers=headers)


@dataclass(frozen=True, slots=True)
class JaasDeliveries:
    """JaaS, which knows of one room.

    Args:
        caller: Who calls: nobody with a key.
        room: The room, `<AppID>/<name>`.
    """

    caller: Caller
    room: str

    def joined(self, at: datetime, **participant: Any) -> httpx.Response:
        """Somebody came in."""
        return self.send(self.event("PARTICIPANT_JOINED", at, participant))

    def left(self, at: datetime, **participant: Any) -> httpx.Response:
        """Somebody went out."""
        return self.send(self.event("PARTICIPANT_LEFT", at, participant))

    def event(self, name: str, at: datetime, data: dict[str, Any]) -> dict[str, Any]:
        """News of the room."""
        return {
            "idempotencyKey": str(uuid4()),
            "eventType": name,
            "timestamp": int(at.timestamp() * 1000),
            "fqn": self.room,
            "data": data,
        }

    def send(
        self, payload: dict[str, Any], *, secret: str = JAAS_SECRET, age: float = 0
    ) -> httpx.Response:
        """Deliver it, signed so many seconds ago."""
        body = json.dumps(payload).encode()
        timestamp = str(int(time.time() - age))
        mac = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
        signed = base64.b64encode(mac.digest()).decode()
        headers = {"X-Jaas-Signature": f"t={timestamp},v1={signed}"}
        return self.caller.invoke("jaas-webhook", content=body, headers=headers)


def stamp(at: datetime) -> str:
    """An instant as Zoom writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
