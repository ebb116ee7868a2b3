"""The function `zoom-webhook`, called as Zoom calls it."""

from __future__ import annotations

import hashlib
import hmac
import json
import time

from support.rest import Callers

SECRET = "a secret token of Zoom's"  # as in conftest.py


def mac(text: str) -> str:
    return hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()


def test_zoom_can_validate_the_endpoint(callers: Callers) -> None:
    body = json.dumps({"event": "endpoint.url_validation", "payload": {"plainToken": "plain"}})
    timestamp = int(time.time())
    headers = {
        "x-zm-request-timestamp": str(timestamp),
        "x-zm-signature": f"v0={mac(f'v0:{timestamp}:{body}')}",
    }
    zoom = callers.stranger()

    validated = zoom.invoke("zoom-webhook", content=body.encode(), headers=headers)
    forged = zoom.invoke("zoom-webhook", content=body.encode() + b" ", headers=headers)

    assert validated.json() == {"plainToken": "plain", "encryptedToken": mac("plain")}
    assert forged.status_code == 401
