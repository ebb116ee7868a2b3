"""Claimed mails as the database hands them out, for tests that need no database."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from notifier.model import ClaimedEmail
from notifier.samples import sample_email


def make_email(
    kind: str = "session_scheduled",
    *,
    session: dict[str, Any] | None = None,
    changes: dict[str, Any] | None = None,
    summary: dict[str, Any] | None = None,
    **fields: Any,
) -> ClaimedEmail:
    """A sample of this kind with an id of its own.

    Args:
        kind: The kind.
        session: Fields of the session to replace.
        changes: The changes, instead of the sample's.
        summary: Fields of the summary to replace.
        **fields: Further fields to replace.
    """
    sample = sample_email(kind)
    texts: dict[str, Any] = {
        "session": json.dumps(json.loads(sample.session) | (session or {})),
        "changes": sample.changes if changes is None else json.dumps(changes),
        "summary": sample.summary,
    }
    if summary is not None:
        texts["summary"] = json.dumps(json.loads(sample.summary or "{}") | summary)
    texts["parts"] = json.dumps(
        [
            {
                "kind": kind,
                "session": json.loads(texts["session"]),
                "changes": json.loads(texts["changes"] or "{}"),
            }
        ]
    )
    return replace(sample, **({"email_id": uuid4()} | texts | fields))


def make_claim(count: int, **fields: Any) -> list[ClaimedEmail]:
    """So many mails of one claim, to different people about one session."""
    claim_id: UUID = uuid4()
    return [
        make_email(
            claim_id=claim_id,
            recipient_id=uuid4(),
            full_name=f"Person {number}",
            address=f"person{number}@example.org",
            **fields,
        )
        for number in range(count)
    ]
