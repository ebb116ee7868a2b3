"""Claimed mails as the database hands them out, for tests that need no database."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from notifier.model import ClaimedEmail
from notifier.samples import sample_calendars, sample_email


def make_email(
    kind: str = "session_scheduled",
    *,
    session: dict[str, Any] | None = None,
    changes: dict[str, Any] | None = None,
    summary: dict[str, Any] | None = None,
    several: bool = False,
    **fields: Any,
) -> ClaimedEmail:
    """A sample of this kind with an id of its own.

    Args:
        kind: The kind.
        session: Fields to replace, of every session that the mail is about.
        changes: The changes of every session, instead of the sample's.
        summary: Fields of the summary to replace.
        several: Whether it is about several sessions, if its kind leaves that open.
        **fields: Further fields to replace.
    """
    sample = sample_email(kind, several=several)
    parts = json.loads(sample.parts)
    for part in parts:
        part["session"] |= session or {}
        part["changes"] = part["changes"] if changes is None else changes
    texts: dict[str, Any] = {"parts": json.dumps(parts), "summary": sample.summary}
    if summary is not None:
        texts["summary"] = json.dumps(json.loads(sample.summary or "{}") | summary)
    return replace(sample, **({"email_id": uuid4()} | texts | fields))


def make_bundle(kind: str, parts: Sequence[dict[str, Any]], **fields: Any) -> ClaimedEmail:
    """A mail about these sessions, with the calendars that go with them.

    Args:
        kind: Its kind.
        parts: See `make_part`.
        **fields: Further fields to replace.
    """
    changed: dict[str, Any] = {
        "email_id": uuid4(),
        "sessions": len(parts),
        "parts": json.dumps(parts),
        "calendars": sample_calendars(parts),
    }
    return replace(sample_email(kind), **(changed | fields))


def make_part(
    kind: str,
    start: str,
    *,
    moved_from: str | None = None,
    changes: dict[str, Any] | None = None,
    **session: Any,
) -> dict[str, Any]:
    """What a mail says about one session of an hour.

    Args:
        kind: What is told of it.
        start: When it starts, in UTC, as `2027-03-04T17:00`.
        moved_from: When it was to start, if that changed.
        changes: What else changed.
        **session: Fields to replace.
    """
    fields = json.loads(sample_email(kind).parts)[0]["session"]
    fields |= {"id": str(uuid4())} | _times(start) | session
    told = dict(changes or {})
    if moved_from is not None:
        old = _times(moved_from)
        told |= {name: {"old": old[name], "new": fields[name]} for name in old}
    return {"kind": kind, "session": fields, "changes": told}


def make_claim(count: int) -> list[ClaimedEmail]:
    """So many mails of one claim, to different people about the same."""
    claim_id: UUID = uuid4()
    return [
        make_email(
            claim_id=claim_id,
            recipient_id=uuid4(),
            full_name=f"Person {number}",
            address=f"person{number}@example.org",
        )
        for number in range(count)
    ]


def _times(start: str) -> dict[str, str]:
    begin = datetime.fromisoformat(f"{start}+00:00")
    return {
        "start_time": begin.isoformat(),
        "end_time": (begin + timedelta(hours=1)).isoformat(),
    }
