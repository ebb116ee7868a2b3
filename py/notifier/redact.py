"""Keeps addresses out of logs and of the outbox: server replies often quote the recipient."""

import re

MAX_DETAIL = 300
"""Characters kept of an error text."""

# Anything with an @ between two runs of non-space: wider than an address, never narrower.
_ADDRESS = re.compile(r"[^\s<>()\[\]\"',;:]+@[^\s<>()\"',;:]+")


def redact(text: str) -> str:
    """One line of at most :data:`MAX_DETAIL` characters, every mail address replaced."""
    clean = "".join(c if c.isprintable() else " " for c in _ADDRESS.sub("(address)", text))
    line = " ".join(clean.split())
    return line if len(line) <= MAX_DETAIL else line[: MAX_DETAIL - 1] + "…"
