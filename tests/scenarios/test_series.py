"""A term over two clock changes: everybody sees the agreed time, and hears of it once."""

from __future__ import annotations

import email
import email.policy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from icalendar import Calendar
from supabase import Client

from devstack.stack import Stack
from support.campus import PASSWORD, Campus, address
from support.clients import Clients
from support.frontend import Row, as_row, calendar, session_form, told
from support.icalendars import by_ical_js
from support.waiting import wait_until

BERLIN = ZoneInfo("Europe/Berlin")
# New York's clocks go forward on the 9th, Berlin's on the 30th of March; Kolkata's never do.
MONDAY = datetime(2031, 3, 3, 18, tzinfo=BERLIN)
ZONES = {
    "sam": ZoneInfo("America/New_York"),
    "sita": ZoneInfo("Asia/Kolkata"),
    "marta": BERLIN,
}


@dataclass(frozen=True, slots=True)
class Mail:
    """What somebody got.

    Attributes:
        subject: Its subject.
        text: Its plain text.
        calendars: Its calendar parts, as they were sent.
    """

    subject: str
    text: str
    calendars: list[str]


@dataclass(slots=True)
class Inboxes:
    """The mails of everybody, as they come in."""

    stack: Stack
    seen: int = 0

    def next(self, *people: str) -> dict[str, Mail]:
        """Wait until each of these has got one more mail; nobody gets two."""
        wait_until(
            lambda: len(self.stack.mail.mails()) >= self.seen + len(people),
            f"{len(people)} more mails than {self.seen}\n{self.stack.notifier.last_lines(5)}",
        )
        new = self.stack.mail.mails()[self.seen :]
        self.seen += len(new)
        mails = {mail["to"][0]["address"].partition("@")[0]: self._read(mail) for mail in new}
        assert sorted(mails) == sorted(people)
        assert len(new) == len(people)
        return mails

    def _read(self, mail: dict[str, Any]) -> Mail:
        address = f"{self.stack.mail_url}/api/email/{mail['id']}/download"
        source = httpx.get(address, timeout=30).text
        message = email.message_from_string(source, policy=email.policy.default)
        parts = list(message.walk())
        return Mail(
            mail["subject"],
            "".join(p.get_content() for p in parts if p.get_content_type() == "text/plain"),
            [p.get_content() for p in parts if p.get_content_type() == "text/calendar"],
        )


@pytest.fixture
def campus(stack: Stack) -> Campus:
    """The people of the story."""
    return Campus.open(stack.db_url)


def rows(client: Client, function: str, **arguments: Any) -> list[Row]:
    answered = client.rpc(function, arguments).execute().data
    assert isinstance(answered, list)
    return [as_row(row) for row in answered]


def instants(hour: int, *weeks: int) -> list[datetime]:
    """Mondays at that hour in Berlin."""
    return [(MONDAY.replace(hour=hour) + n * timedelta(weeks=1)).astimezone(UTC) for n in weeks]


def shown(person: str, starts: list[datetime]) -> list[str]:
    """The wall-clock times that somebody is to see."""
    return [start.astimezone(ZONES[person]).strftime("%Y-%m-%dT%H:%M:%S") for start in starts]


def test_a_term_over_two_clock_changes(stack: Stack, clients: Clients, campus: Campus) -> None:
    erin, marta, sam, sita, otto = (
        clients.sign_in(stack, address(name), PASSWORD)
        for name in ("erin", "marta", "sam", "sita", "otto")
    )
    inboxes = Inboxes(stack)

    # The manager creates the term; everybody gets one mail, and sees 18:00 in Berlin.
    term = rows(
        erin,
        "create_recurring_session",
        session=session_form(campus, start=MONDAY),
        recurrence={"pattern": "weekly", "count": 6},
    )
    weeks = instants(18, *range(6))
    assert [datetime.fromisoformat(row["start_time"]) for row in term] == weeks
    mails = inboxes.next("sam", "sita", "marta")
    for person, client in (("sam", sam), ("sita", sita), ("marta", marta)):
        assert [row["local_start"] for row in calendar(client)] == shown(person, weeks)
        (calendar_part,) = mails[person].calendars
        assert Calendar.from_ical(calendar_part)["method"] == "REQUEST"
        (events,) = by_ical_js([calendar_part])
        assert [event["start"] for event in events] == weeks
        for start in weeks:
            assert written(start.astimezone(ZONES[person])) in mails[person].text
    assert calendar(otto) == []

    # From the fourth date on the mentor comes an hour later, which is an hour later for all.
    later = instants(19, 3, 4, 5)
    rows(
        marta,
        "update_session_series",
        session_id=term[3]["id"],
        scope="following",
        changes={"start_time": later[0].isoformat()},
    )
    mails = inboxes.next("sam", "sita", "marta")
    for person, client in (("sam", sam), ("sita", sita), ("marta", marta)):
        assert [row["local_start"] for row in calendar(client)] == shown(
            person, [*weeks[:3], *later]
        )
        (calendar_part,) = mails[person].calendars
        (events,) = by_ical_js([calendar_part])
        assert [event["start"] for event in events] == later
        assert {event["uid"] for event in events} == {f"{term[0]['calendar_uid']}@live-sessions"}
        for start in later:
            assert written(start.astimezone(ZONES[person])) in mails[person].text, mails[
                person
            ].text

    # A student may not; a scope that does not exist is nobody's.
    with told("42501", "only managers and its mentor may change a session"):
        rows(sam, "cancel_session", session_id=term[0]["id"], scope="all")
    with told("22023", "scope must be this, following or all, not 'rest'"):
        rows(marta, "cancel_session", session_id=term[0]["id"], scope="rest")

    # Called off from the second date on: one mail, and calendars take out what they were sent.
    rows(
        erin,
        "cancel_session",
        session_id=term[1]["id"],
        scope="following",
        reason="No demand",
    )
    mails = inboxes.next("sam", "sita", "marta")
    for mail in mails.values():
        assert "No demand" in mail.text
        (calendar_part,) = mail.calendars
        assert Calendar.from_ical(calendar_part)["method"] == "CANCEL"
        (events,) = by_ical_js([calendar_part])
        assert [event["start"] for event in events] == weeks[1:3]
    assert len(calendar(sam)) == 4  # the part from the fourth date on is a series of its own now


def written(local: datetime) -> str:
    """The date and time of day of a session as mails write it."""
    return f"{local:%A, %B} {local.day}, {local.year}, {local:%I:%M %p}".replace(", 0", ", ")
