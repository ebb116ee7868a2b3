"""A mentor publishes slots; students race for one, move and cancel, and everybody is told once."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from postgrest.exceptions import APIError
from supabase import Client

from devstack.stack import Stack
from support.campus import PASSWORD, Campus, address
from support.clients import Clients
from support.frontend import Row, as_row, calendar, told
from support.waiting import wait_until

FIRST = (datetime.now(UTC) + timedelta(days=2)).replace(hour=16, minute=0, second=0, microsecond=0)


@pytest.fixture
def campus(stack: Stack) -> Campus:
    """The people of the story."""
    return Campus.open(stack.db_url)


def at(nth: int) -> str:
    """The start of the nth slot."""
    return (FIRST + nth * timedelta(minutes=30)).isoformat()


def call(client: Client, function: str, **arguments: Any) -> Row:
    return as_row(client.rpc(function, arguments).execute().data)


def test_slots_are_published_raced_for_moved_and_cancelled(
    stack: Stack, clients: Clients, campus: Campus
) -> None:
    marta, sam, sita, otto = (
        clients.sign_in(stack, address(name), PASSWORD) for name in ("marta", "sam", "sita", "otto")
    )
    offer = as_row(
        marta.table("booking_offers")
        .insert(
            {
                "title": "Code review",
                "audience": "batch",
                "course_id": str(campus.course),
                "batch_id": str(campus.batch),
                "start_time": at(0),
                "timezone": "Europe/Berlin",
                "window_minutes": 90,
                "slot_minutes": 30,
                "change_notice_minutes": 60,
                "link": "https://zoom.us/j/123456789?pwd=encoded",
            }
        )
        .execute()
        .data[0]
    )
    assert "encoded" not in str(offer)

    def free(client: Client) -> list[datetime]:
        rows = client.rpc("bookable_slots", {"offer_id": offer["id"]}).execute().data
        assert isinstance(rows, list)
        return [datetime.fromisoformat(as_row(row)["start_time"]) for row in rows]

    def times(*nth: int) -> list[datetime]:
        return [datetime.fromisoformat(at(n)) for n in nth]

    def inbox() -> Counter[tuple[str, str]]:
        """Who got how many mails of which kind."""
        return Counter(
            (mail["to"][0]["address"].partition("@")[0], mail["subject"].partition(":")[0])
            for mail in stack.mail.mails()
        )

    def told_so_far(mails: int) -> Counter[tuple[str, str]]:
        wait_until(
            lambda: len(stack.mail.mails()) >= mails,
            f"{mails} mails, not {inbox()}\n{stack.notifier.last_lines(5)}",
        )
        return inbox()

    # Another batch has no part in it; nobody learns of the link before booking.
    with told("PT404", f"offer_id {offer['id']} is unknown or not visible to you"):
        call(otto, "book_slot", offer_id=offer["id"], start_time=at(0))
    assert otto.table("booking_offers").select("*").execute().data == []
    assert free(sam) == times(0, 1, 2)

    # Two click on the first slot at one moment.
    ready = threading.Barrier(2)

    def click(client: Client) -> Row | APIError:
        ready.wait(timeout=30)
        try:
            return call(client, "book_slot", offer_id=offer["id"], start_time=at(0))
        except APIError as error:
            return error

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(click, (sam, sita)))
    (winner, booking), (loser, refusal) = sorted(
        zip(("sam", "sita"), answers, strict=True), key=lambda each: isinstance(each[1], APIError)
    )
    assert isinstance(booking, dict)
    assert isinstance(refusal, APIError)
    assert (refusal.code, refusal.message) == ("23P01", "this slot is not free any more")
    person = {"sam": sam, "sita": sita}
    assert told_so_far(2) == {(winner, "New session"): 1, ("marta", "You host"): 1}
    assert [row["title"] for row in calendar(person[winner])] == [booking["title"]]
    assert calendar(person[loser]) == []

    # The winner moves, the other takes what became free, and cancels it again.
    call(person[winner], "move_booking", session_id=booking["session_id"], start_time=at(2))
    told_so_far(4)
    second = call(person[loser], "book_slot", offer_id=offer["id"], start_time=at(0))
    told_so_far(6)
    assert free(marta) == times(1)
    with told("PT404", f"session_id {second['session_id']} is unknown or not visible to you"):
        call(person[winner], "cancel_booking", session_id=second["session_id"])
    off = call(person[loser], "cancel_booking", session_id=second["session_id"], reason="I am ill.")
    assert (off["status"], off["cancel_reason"]) == ("cancelled", "I am ill.")
    assert free(person[loser]) == times(0, 1)

    mails = told_so_far(8)
    assert sum(mails.values()) == 8
    assert {to for to, _ in mails} == {"sam", "sita", "marta"}
    per_person = Counter(to for to, _ in mails.elements())
    assert per_person == {winner: 2, loser: 2, "marta": 4}
    for mail in stack.mail.mails():
        assert "encoded" not in str(mail)
