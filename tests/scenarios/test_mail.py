"""From an admin's click to every mailbox, and from the end of a session to its mentor's summary."""

from __future__ import annotations

import email
import email.policy
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from icalendar import Calendar
from supabase import Client

from devstack.stack import Stack
from support.campus import PASSWORD, Campus, address
from support.clients import Clients
from support.frontend import (
    attendance,
    call,
    create,
    in_minutes,
    save,
    session_form,
    told,
)
from support.waiting import wait_until


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail in the inbox.

    Attributes:
        kind: How its subject begins.
        to: The first name of whom it is for.
        source: All of it, as it was sent.
        method: Of its calendar part; None without one.
        event: The event in its calendar part.
    """

    kind: str
    to: str
    source: str
    method: str | None
    event: Any


class Inbox:
    """What has come since one last looked.

    Args:
        stack: The running stack.
    """

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._seen = 0

    def next(self, count: int) -> list[Mail]:
        """The next so many mails; waits for them."""
        wait_until(
            lambda: len(self._stack.mail.mails()) >= self._seen + count,
            f"{count} more mails than {self._seen}\n{self._stack.notifier.last_lines(5)}",
        )
        new = self._stack.mail.mails()[self._seen :]
        self._seen += len(new)
        return [self._read(mail) for mail in new]

    def _read(self, mail: dict[str, Any]) -> Mail:
        (to,) = mail["to"]
        address = f"{self._stack.mail_url}/api/email/{mail['id']}/download"
        source = httpx.get(address, timeout=30).text
        message = email.message_from_string(source, policy=email.policy.default)
        calendars = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
        calendar = Calendar.from_ical(calendars[0].get_content()) if calendars else None
        return Mail(
            kind=mail["subject"].partition(":")[0],
            to=to["address"].partition("@")[0],
            source=source,
            method=str(calendar["method"]) if calendar else None,
            event=calendar.walk("VEVENT")[0] if calendar else None,
        )


@pytest.fixture
def campus(stack: Stack) -> Campus:
    """The people of the story."""
    return Campus.open(stack.db_url)


@pytest.fixture
def inbox(stack: Stack) -> Inbox:
    """The mailboxes of everybody."""
    return Inbox(stack)


def sign_in(stack: Stack, clients: Clients, name: str) -> Client:
    return clients.sign_in(stack, address(name), PASSWORD)


def kinds(mails: list[Mail]) -> dict[str, str]:
    assert len({mail.to for mail in mails}) == len(mails), "somebody got two mails"
    return {mail.to: mail.kind for mail in mails}


def test_everybody_concerned_is_told_of_each_change_once(
    stack: Stack, clients: Clients, campus: Campus, inbox: Inbox
) -> None:
    ada = sign_in(stack, clients, "ada")
    session = create(
        ada, session_form(campus, start=in_minutes(600), link="https://zoom.us/j/1?pwd=encoded")
    )

    scheduled = inbox.next(3)
    assert kinds(scheduled) == {"sam": "New session", "sita": "New session", "marta": "You host"}
    for mail in scheduled:
        assert (mail.method, mail.event["sequence"]) == ("REQUEST", 0)
        assert mail.event["uid"] == f"{session['id']}@live-sessions"
        assert f"mailto:{address(mail.to)}" in str(mail.event["attendee"])

    # A mistake tells nobody.
    with told("22023", "end_time must be after start_time"):
        save(ada, session, end_time=session["start_time"])
    moved = in_minutes(700)
    save(
        ada,
        session,
        start_time=moved.isoformat(),
        end_time=in_minutes(760).isoformat(),
    )

    rescheduled = inbox.next(3)
    assert set(kinds(rescheduled)) == {"sam", "sita", "marta"}
    for mail in rescheduled:
        assert (mail.method, mail.event["sequence"]) == ("REQUEST", 1)
        assert mail.event["dtstart"].dt == moved

    # Whoever leaves is told so, and nothing any more after that.
    erin = sign_in(stack, clients, "erin")
    erin.table("course_enrollments").update({"status": "paused"}).eq(
        "student_id", str(campus.sita)
    ).execute()
    (farewell,) = inbox.next(1)
    assert (farewell.to, farewell.kind, farewell.method) == ("sita", "No longer yours", "CANCEL")
    save(ada, session, mentor_id=str(campus.milo))
    handed_over = inbox.next(3)
    assert set(kinds(handed_over)) == {"sam", "marta", "milo"}
    assert {mail.to: mail.method for mail in handed_over} == {
        "sam": "REQUEST",
        "marta": "CANCEL",
        "milo": "REQUEST",
    }

    save(ada, session, status="cancelled", cancel_reason="The room is flooded")
    cancelled = inbox.next(2)
    assert set(kinds(cancelled)) == {"sam", "milo"}
    for mail in cancelled:
        assert (mail.method, mail.event["sequence"]) == ("CANCEL", 3)

    for mail in (*scheduled, *rescheduled, *handed_over, *cancelled):
        for secret in ("zoom.us", "encoded", session_form(campus)["zoom_passcode"]):
            assert secret not in mail.source
    told_so_far = {mail.to for mail in (*scheduled, *rescheduled, *handed_over, *cancelled)}
    assert told_so_far == {"sam", "sita", "marta", "milo"}


def test_after_the_session_its_mentor_gets_the_attendance(
    stack: Stack, clients: Clients, campus: Campus, inbox: Inbox
) -> None:
    marta, sam = (sign_in(stack, clients, name) for name in ("marta", "sam"))
    session = create(sign_in(stack, clients, "ada"), session_form(campus, start=in_minutes(-2)))
    assert len(inbox.next(3)) == 3

    def status() -> str:
        (row,) = marta.table("success_sessions").select("status").execute().data
        assert isinstance(row, dict)
        return str(row["status"])

    wait_until(lambda: status() == "live", "the clock starts the session")
    call(sam, "join_session", session)
    save(marta, session, status="completed")

    (summary,) = inbox.next(1)
    assert (summary.kind, summary.to, summary.method) == ("Attendance", "marta", None)
    assert "Sam Student" in summary.source
    assert "Sita Student" in summary.source
    records = {row["student_id"]: row["status"] for row in attendance(marta, session)}
    # Sam came at the end of two minutes, less than three quarters of them.
    assert records == {str(campus.sam): "partial", str(campus.sita): "absent"}
