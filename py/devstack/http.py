"""Asking our own servers something over HTTP."""

import json
import urllib.error
import urllib.request
from typing import Any

_SECONDS = 30
"""For one answer; a busy machine takes its time."""


def answers_ok(url: str) -> bool:
    """Whether a GET is answered with a status of 200 to 299."""
    try:
        with urllib.request.urlopen(url, timeout=_SECONDS) as answer:  # noqa: S310, our own URL
            return bool(200 <= answer.status < 300)
    except (urllib.error.URLError, OSError):
        return False


def get_json(url: str) -> Any:
    """The JSON that a GET is answered with.

    Raises:
        urllib.error.URLError: No answer, or a status of 400 and above.
    """
    with urllib.request.urlopen(url, timeout=_SECONDS) as answer:  # noqa: S310, our own URL
        return json.load(answer)


def delete(url: str) -> None:
    """Send a DELETE.

    Raises:
        urllib.error.URLError: No answer, or a status of 400 and above.
    """
    request = urllib.request.Request(url, method="DELETE")  # noqa: S310, our own URL
    with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
        answer.read()
