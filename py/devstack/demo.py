"""The product's main job, played on the running stack: one session, from an admin's click to every
mailbox and back to attendance.

Nothing here knows more than a frontend does: everything is done and read through supabase-py with
the rights of whoever does it, and mails are counted in the inbox. What is printed is what was seen.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx
from postgrest.exceptions import APIError
from supabase import AuthError, Client, ClientOptions, create_client

from devstack.local import DEMO_PASSWORD
from devstack.stack import Stack

ADMIN = "ada@example.com"
MENTOR = "marta@example.com"
STUDENT = "sam@example.com"
ABSENTEE = "sita@example.com"
OTHER_MENTOR = "milo@example.com"
OUTSIDERS = ("otto@example.com", "uma@example.com", "pia@example.com", "milo@example.com")

BATCH = "Autumn cohort"
TITLE = "Window functions, live"
SECOND_TITLE = "Ask me anything"
BACKUP_LINK = "https://meet.example.com/backup"
PASSCODE = "4711-demo"
LINK = "https://zoom.us/j/123456789"

_STARTS_IN = timedelta(seconds=12)
_LASTS = timedelta(minutes=30)
_STAYS = timedelta(seconds=1.5)
_MAIL_SECONDS = 30.0
_CLOCK_SECONDS = _STARTS_IN.total_seconds() + 30.0
_POLL_SECONDS = 0.1

_INVITED = "New session"
_HOSTS = "You host"
_SUMMARY = "Attendance"
_MOVED = "New meeting link"

_MINE = "segmented_weekly_success_sessions"

T = TypeVar("T")


class DemoFailedError(Exception):
    """Something that the demo promises did not happen; the text says what was seen instead."""


_FAILURES = (DemoFailedError, APIError, AuthError, httpx.HTTPError, OSError, ValueError)
"""What ends a step: an expectation, or any of the servers that it talks to."""


def play(stack: Stack) -> None:
    """Play the workflow and print each step.

    Raises:
        DemoFailedError: A step did not do what it promises.
    """
    with httpx.Client(timeout=30) as http:
        _Play(stack, http).run()


@dataclass(slots=True)
class _Play:
    stack: Stack
    http: httpx.Client
    step_number: int = 0

    def run(self) -> None:
        with self._step("Ada, an admin, creates a session for the autumn cohort"):
            session = self._create_session()
        with self._step("Mails arrive in the inbox"):
            self._see_invitations()
        with self._step("Sam, a student, finds the session in the calendar; others do not"):
            self._see_calendars(session)
        with self._step("Sam subscribes to it in a calendar program"):
            self._subscribe(session)
        with self._step("Sam joins"):
            self._join(session)
        with self._step("Attendance is there, for Sam and for Marta, the mentor"):
            self._see_attendance(session)
        with self._step("The session begins when its time has come"):
            self._see_it_begin(session)
        with self._step("Marta ends the session"):
            self._end(session)
        with self._step("Her summary arrives"):
            self._see_summary(session)
        with self._step("Ada plans a session without a link, and Zoom makes the meeting"):
            second = self._have_a_meeting_made()
        with self._step("Sam enters it by a link of his own, and Zoom tells that he came"):
            own_link = self._enter(second)
        with self._step("Zoom fails; Milo leads everybody to the backup link"):
            self._switch(second, own_link)
        with self._step("Nobody else got mail"):
            self._see_nobody_else()

    def _create_session(self) -> str:
        ada, marta = self._sign_in(ADMIN), self._sign_in(MENTOR)
        (batch,) = _rows(ada.table("batches").select("*").eq("name", BATCH).execute())
        start = datetime.now(UTC).replace(microsecond=0) + _STARTS_IN
        (created,) = _rows(
            ada.table("success_sessions")
            .insert(
                {
                    "title": TITLE,
                    "description": "Bring the query you could not get to run.",
                    "course_id": batch["course_id"],
                    "batch_id": batch["id"],
                    "mentor_id": _user_id(marta),
                    "start_time": start.isoformat(),
                    "end_time": (start + _LASTS).isoformat(),
                    "timezone": "Europe/Berlin",
                    "link": LINK,
                    "zoom_meeting_id": "123456789",
                    "zoom_passcode": PASSCODE,
                }
            )
            .execute()
        )
        self._expect(created["status"] == "upcoming", "the session is upcoming", created["status"])
        self._expect(
            created["zoom_passcode"] is None, "the passcode is not shown again, to nobody", created
        )
        self._saw(f"session {created['id']}, starts in {_STARTS_IN.seconds} seconds")
        return str(created["id"])

    def _see_invitations(self) -> None:
        expected = Counter({(_INVITED, STUDENT): 1, (_INVITED, ABSENTEE): 1, (_HOSTS, MENTOR): 1})
        began = time.monotonic()
        found = self._eventually(
            self._inbox,
            lambda inbox: inbox >= expected,
            f"mails {_listed(expected)}",
            _MAIL_SECONDS,
        )
        self._saw(f"{found.total()} mails after {time.monotonic() - began:.1f} seconds")
        for kind in sorted({kind for kind, _ in found}):
            people = sorted(address for each, address in found.elements() if each == kind)
            self._saw(f"{len(people)} x “{kind}: …” to {', '.join(people)}")

    def _see_calendars(self, session: str) -> None:
        mine = self._calendar(STUDENT, session)
        self._expect(len(mine) == 1, "Sam sees one session", len(mine))
        self._expect(mine[0]["can_join"] is True, "joining is open", mine[0])
        seen = mine[0]
        self._saw(
            f"Sam sees “{seen['title']}” with {seen['mentor_name']},"
            f" {seen['local_start']} in {seen['local_timezone']}, can join: yes"
        )
        for outsider in OUTSIDERS:
            found = self._calendar(outsider, session)
            self._expect(found == [], f"{outsider} does not see it", found)
        self._saw(f"none for {', '.join(OUTSIDERS)}")
        visitor = create_client(self.stack.api_url, self.stack.anon_key, self._options())
        try:
            visitor.table(_MINE).select("*").execute()
        except APIError as refusal:
            self._saw(f"whoever has not signed in is told: {refusal.message}")
        else:
            self._expect(False, "a visitor is refused", "an answer")

    def _subscribe(self, session: str) -> None:
        token = self._sign_in(STUDENT).rpc("create_calendar_feed", {}).execute().data
        address = f"{self.stack.api_url}/functions/v1/calendar/{token}.ics"
        # As a calendar program does: by the address alone. Long lines are folded.
        answer = self.http.get(address)
        shown = answer.text.replace("\r\n ", "")
        self._expect(answer.status_code == 200, "the feed answers", f"{answer.status_code}")
        self._expect(f"UID:{session}@" in shown, "the session is in the feed", shown)
        link = f"{self.stack.app_url}/sessions/{session}"
        self._expect(f"URL:{link}" in shown, "the event links to the application", shown)
        self._saw(f"{address} shows it, with a link to {link}")

    def _join(self, session: str) -> None:
        sam = self._sign_in(STUDENT)
        (details,) = _rows(sam.rpc("join_session", {"session_id": session}).execute())
        self._expect(details["passcode"] == PASSCODE, "Sam gets the passcode", details)
        self._expect(details["link"] == LINK, "Sam gets the link", details)
        self._saw(f"link {details['link']}, passcode {details['passcode']}")
        otto = self._sign_in(OUTSIDERS[0])
        try:
            otto.rpc("join_session", {"session_id": session}).execute()
        except APIError as refusal:
            self._expect(
                refusal.code == "PT404", "Otto is told that there is no such session", refusal
            )
            self._saw(f"Otto of the winter cohort is told: {refusal.message}")
        else:
            self._expect(False, "Otto cannot join", "he joined")

    def _see_attendance(self, session: str) -> None:
        for who in (STUDENT, MENTOR):
            rows = self._attendance(who, session)
            self._expect(
                [row["status"] for row in rows] == ["present"],
                f"{who} reads one row: present",
                rows,
            )
            self._expect(rows[0]["source"] == "join", "it was recorded by joining", rows)
            self._saw(f"{who} reads: {rows[0]['status']}, joined at {rows[0]['joined_at']}")

    def _see_it_begin(self, session: str) -> None:
        marta = self._sign_in(MENTOR)

        def status() -> str:
            sessions = marta.table("success_sessions").select("status").eq("id", session)
            (row,) = _rows(sessions.execute())
            return str(row["status"])

        self._eventually(status, lambda seen: seen == "live", "status live", _CLOCK_SECONDS)
        self._saw("status went from upcoming to live by itself")

    def _end(self, session: str) -> None:
        sessions = self._sign_in(MENTOR).table("success_sessions")
        (ended,) = _rows(sessions.update({"status": "completed"}).eq("id", session).execute())
        self._expect(ended["status"] == "completed", "it is completed", ended["status"])
        self._saw(f"status completed, end_time {ended['end_time']}")

    def _see_summary(self, session: str) -> None:
        def summaries() -> list[str]:
            return [mail["subject"] for mail in self.stack.mail.mails() if _kind(mail) == _SUMMARY]

        found = self._eventually(summaries, bool, "the summary in the inbox", _MAIL_SECONDS)
        self._expect(len(found) == 1, "there is one summary", found)
        self._expect("1 of 2" in found[0], "it counts one of two", found[0])
        self._saw(f"“{found[0]}”")
        final = sorted(row["status"] for row in self._attendance(MENTOR, session))
        self._expect(final == ["absent", "present"], "one was present, one absent", final)
        self._saw(f"Marta reads attendance: {', '.join(reversed(final))}")

    def _have_a_meeting_made(self) -> str:
        ada, milo = self._sign_in(ADMIN), self._sign_in(OTHER_MENTOR)
        account = {"platform": "zoom", "name": "Shared", "external_id": "shared@example.com"}
        ada.table("meeting_accounts").insert(account).execute()
        (batch,) = _rows(ada.table("batches").select("*").eq("name", BATCH).execute())
        (created,) = _rows(
            ada.table("success_sessions")
            .insert(
                {
                    "title": SECOND_TITLE,
                    "course_id": batch["course_id"],
                    "batch_id": batch["id"],
                    "mentor_id": _user_id(milo),
                    "start_time": (datetime.now(UTC) + timedelta(minutes=5)).isoformat(),
                    "backup_link": BACKUP_LINK,
                }
            )
            .execute()
        )
        session = str(created["id"])
        self._expect(created["link"] is None, "there is no link yet", created["link"])

        def link() -> str | None:
            found = ada.table("success_sessions").select("link").eq("id", session).execute()
            value = _rows(found)[0]["link"]
            return None if value is None else str(value)

        began = time.monotonic()
        made = self._eventually(link, bool, "a link", _MAIL_SECONDS)
        self._saw(f"{made} after {time.monotonic() - began:.1f} seconds")
        expected = self._all_mails() - Counter({(_MOVED, STUDENT): 1, (_MOVED, ABSENTEE): 1})
        expected -= Counter({(_MOVED, OTHER_MENTOR): 1})
        self._eventually(
            self._inbox, lambda inbox: inbox == expected, _listed(expected), _MAIL_SECONDS
        )
        self._saw("everybody is told once, when the link is there")
        return session

    def _enter(self, session: str) -> str:
        entered = self._join_by_function(session)
        own_link = str(entered["link"])
        self._expect("/w/" in own_link, "the link is Sam's own", own_link)
        self._saw(f"Sam's link: {own_link}")
        for what, act in (("joined", self.stack.zoom.enter), ("left", self.stack.zoom.leave)):
            # Zoom tells whole seconds.
            time.sleep(_STAYS.total_seconds())
            answer = act(own_link)
            self._expect(answer == 204, "the webhook is taken", answer)
            self._saw(f"Zoom tells that he {what}: {answer}")
        (row,) = self._attendance(OTHER_MENTOR, session)
        self._expect(row["left_at"] is not None, "Milo reads that Sam has left", row)
        self._saw(f"Milo reads: {row['status']}, left at {row['left_at']}")
        return own_link

    def _switch(self, session: str, own_link: str) -> None:
        note = "Zoom lets nobody in."
        self._sign_in(OTHER_MENTOR).rpc(
            "report_link_failure", {"session_id": session, "note": note}
        ).execute()
        entered = self._join_by_function(session)
        self._expect(entered["link"] == BACKUP_LINK, "the backup link", entered["link"])
        self._saw(f"Sam, who had {own_link}, gets {entered['link']}")
        expected = self._all_mails()
        self._eventually(
            self._inbox, lambda inbox: inbox == expected, _listed(expected), _MAIL_SECONDS
        )
        self._saw("everybody is told by one mail")

    def _join_by_function(self, session: str) -> dict[str, Any]:
        sam = self._sign_in(STUDENT).auth.get_session()
        if sam is None:
            raise DemoFailedError("expected Sam to be signed in")
        answer = self.http.post(
            f"{self.stack.api_url}/functions/v1/meetings/join",
            headers={"Authorization": f"Bearer {sam.access_token}"},
            json={"session_id": session},
        )
        self._expect(answer.status_code == 200, "Sam is let in", answer.text)
        entered: dict[str, Any] = answer.json()
        return entered

    def _all_mails(self) -> Counter[tuple[str, str]]:
        return Counter(
            {
                (_INVITED, STUDENT): 2,
                (_INVITED, ABSENTEE): 2,
                (_HOSTS, MENTOR): 1,
                (_SUMMARY, MENTOR): 1,
                (_HOSTS, OTHER_MENTOR): 1,
                (_MOVED, STUDENT): 1,
                (_MOVED, ABSENTEE): 1,
                (_MOVED, OTHER_MENTOR): 1,
            }
        )

    def _see_nobody_else(self) -> None:
        expected = self._all_mails()
        inbox = self._inbox()
        self._expect(inbox == expected, f"the inbox holds {_listed(expected)}", _listed(inbox))
        self._saw(f"{inbox.total()} mails in all, {len({who for _, who in inbox})} recipients")

    def _calendar(self, who: str, session: str) -> list[dict[str, Any]]:
        return _rows(self._sign_in(who).table(_MINE).select("*").eq("id", session).execute())

    def _attendance(self, who: str, session: str) -> list[dict[str, Any]]:
        table = self._sign_in(who).table("session_attendance")
        return _rows(table.select("*").eq("session_id", session).execute())

    def _inbox(self) -> Counter[tuple[str, str]]:
        return Counter(
            (_kind(mail), to["address"]) for mail in self.stack.mail.mails() for to in mail["to"]
        )

    def _sign_in(self, email: str) -> Client:
        client = create_client(self.stack.api_url, self.stack.anon_key, self._options())
        client.auth.sign_in_with_password({"email": email, "password": DEMO_PASSWORD})
        return client

    def _options(self) -> ClientOptions:
        return ClientOptions(httpx_client=self.http, auto_refresh_token=False)

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        self.step_number += 1
        print(f"\n{self.step_number}. {name}", flush=True)
        try:
            yield
        except _FAILURES as error:
            raise DemoFailedError(f"Step {self.step_number} failed ({name}): {error}") from error

    def _saw(self, what: str) -> None:
        print(f"   ✓ {what}", flush=True)

    def _expect(self, holds: bool, what: str, seen: object) -> None:
        if not holds:
            raise DemoFailedError(f"expected that {what}, but saw {seen}")

    def _eventually(
        self, look: Callable[[], T], is_right: Callable[[T], bool], what: str, seconds: float
    ) -> T:
        deadline = time.monotonic() + seconds
        while not is_right(seen := look()):
            for child in self.stack.supervisor.ended():
                raise DemoFailedError(f"{child.name} has ended:\n{child.last_lines()}")
            if time.monotonic() > deadline:
                raise DemoFailedError(
                    f"expected {what} within {seconds:.0f} seconds, saw {seen}. The end of the"
                    f" notifier's log says:\n{self.stack.notifier.last_lines(5)}"
                )
            time.sleep(_POLL_SECONDS)
        return seen


def _kind(mail: dict[str, Any]) -> str:
    return str(mail["subject"]).partition(":")[0]


def _rows(response: Any) -> list[dict[str, Any]]:
    """The rows of an answer; a function that answers with one row gives it without a list."""
    data = response.data
    return data if isinstance(data, list) else [data]


def _user_id(client: Client) -> str:
    response = client.auth.get_user()
    if response is None:
        raise DemoFailedError("expected to be signed in")
    return response.user.id


def _listed(mails: Counter[tuple[str, str]]) -> str:
    return ", ".join(f"{count} x “{kind}” to {who}" for (kind, who), count in sorted(mails.items()))
