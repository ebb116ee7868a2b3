"""Offers without a link: each booking gets a meeting that the platform makes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest

from support.actors import as_user
from support.bookings import MEETING, book, change_offer, move, offer, starts
from support.provisioning import Meetings
from support.sessions import read, refusal, tomorrow
from support.world import World

FIRST = tomorrow()
SECOND = FIRST + timedelta(minutes=30)


@pytest.fixture
def mentor(world: World) -> UUID:
    return world.mentor("Marta")


@pytest.fixture
def student(world: World) -> UUID:
    return world.student("Sam", batch=world.batch())


@pytest.fixture
def account(world: World, mentor: UUID) -> UUID:
    """The mentor's account, which makes meetings."""
    return world.meeting_account("Marta's", login="marta@school.test", mentor=mentor)


@pytest.fixture
def unplaced(conn: psycopg.Connection, mentor: UUID, account: UUID) -> UUID:
    """An offer of the mentor without a link."""
    with as_user(conn, mentor):
        return offer(conn, platform="zoom", link=None)


@contextmanager
def through_postgrest(conn: psycopg.Connection) -> Iterator[None]:
    """Refusals take the form that PostgREST turns into an HTTP status."""
    conn.execute("select set_config('request.method', 'POST', true)")
    yield
    conn.execute("select set_config('request.method', '', true)")


def test_a_booking_gets_a_meeting_of_its_own_and_takes_it_along(
    conn: psycopg.Connection, mentor: UUID, student: UUID, account: UUID, unplaced: UUID
) -> None:
    meetings = Meetings(conn)
    with as_user(conn, student):
        booking = book(conn, unplaced, FIRST)
    session = read(conn, booking["session_id"])
    assert (session["link"], session["meeting_account_id"]) == (None, account)

    (task,) = meetings.claim()
    assert (task.action, task.start_time) == ("create", FIRST)
    assert meetings.create(task)
    assert read(conn, booking["session_id"])["link"] == "https://zoom.us/j/81234567890"

    with as_user(conn, student):
        move(conn, booking["session_id"], SECOND)
    (task,) = meetings.claim()
    assert (task.action, task.start_time) == ("update", SECOND)


def test_a_long_meeting_that_begins_before_the_slot_takes_the_account(
    conn: psycopg.Connection, world: World, student: UUID, account: UUID, unplaced: UUID
) -> None:
    conn.execute("update public.meeting_accounts set max_concurrent_meetings = 1")
    world.session(meeting_account_id=account, starts=FIRST - timedelta(hours=3), minutes=195)
    with as_user(conn, student):
        free = starts(conn, unplaced, from_time=FIRST, to_time=FIRST + timedelta(hours=1))
    assert free == [SECOND]


@pytest.mark.parametrize("platform", ["zoom", "other"])
def test_without_an_account_that_makes_meetings_an_offer_needs_its_link(
    conn: psycopg.Connection, world: World, mentor: UUID, platform: str
) -> None:
    world.meeting_account("By hand")
    world.meeting_account("Of somebody else", login="milo@school.test", mentor=world.mentor("Milo"))
    with as_user(conn, mentor), refusal(conn, "23502") as no:
        offer(conn, platform=platform, link=None)
    assert no.message == "link must not be null"
    assert "external_id" in (no.hint or "")

    world.meeting_account("Everybody's", login="all@school.test")
    if platform == "zoom":
        with as_user(conn, mentor):
            offer(conn, platform=platform, link=None)
    else:
        with as_user(conn, mentor), refusal(conn, "23502"):
            offer(conn, platform=platform, link=None)


def test_an_offer_changes_between_a_link_and_meetings_made_for_it(
    conn: psycopg.Connection, mentor: UUID, student: UUID, unplaced: UUID
) -> None:
    with as_user(conn, mentor):
        change_offer(conn, unplaced, link=MEETING)
    with as_user(conn, student):
        assert read(conn, book(conn, unplaced, FIRST)["session_id"])["link"] == MEETING
    with as_user(conn, mentor):
        change_offer(conn, unplaced, link="")
        with refusal(conn, "23502"):
            change_offer(conn, unplaced, platform="other")
    with as_user(conn, student):
        assert read(conn, book(conn, unplaced, SECOND)["session_id"])["link"] is None


def test_an_offer_outlives_its_account_and_says_so_to_who_books(
    conn: psycopg.Connection, mentor: UUID, student: UUID, account: UUID, unplaced: UUID
) -> None:
    conn.execute("delete from public.meeting_accounts where id = %s", (account,))
    with as_user(conn, mentor):
        change_offer(conn, unplaced, title="Still mine", zoom_passcode="1")
    with as_user(conn, student), refusal(conn, "PT409") as no:
        book(conn, unplaced, FIRST)
    assert no.message == "this offer has no place to meet at the moment"
    assert no.hint == "Tell its mentor that the offer needs a link, and book again afterwards."

    with as_user(conn, mentor):
        change_offer(conn, unplaced, link=MEETING)
    with as_user(conn, student):
        assert book(conn, unplaced, FIRST)["start_time"] == FIRST


def test_where_all_accounts_are_full_a_slot_is_not_free(
    conn: psycopg.Connection, world: World, mentor: UUID, student: UUID
) -> None:
    account = world.meeting_account("Everybody's", login="all@school.test", at_once=1)
    world.session(mentor=world.mentor("Milo"), starts=FIRST, meeting_account_id=account)
    with as_user(conn, mentor):
        made = offer(conn, platform="zoom", link=None)
    with as_user(conn, student):
        assert FIRST not in starts(conn, made)
        with refusal(conn, "23P01") as no:
            book(conn, made, FIRST)
        assert no.message == "this slot is not free any more"
        with through_postgrest(conn), refusal(conn, "PGRST") as no:
            book(conn, made, FIRST)
        assert "this slot is not free any more" in (no.message or "")
        assert "account" not in no.everything

        later = starts(conn, made)[2]
        booking = book(conn, made, later)
        with refusal(conn, "23P01") as no:
            move(conn, booking["session_id"], FIRST)
        assert no.message == "this slot is not free any more"
        with through_postgrest(conn), refusal(conn, "PGRST") as no:
            move(conn, booking["session_id"], FIRST)
        assert "account" not in no.everything


def test_slots_shown_are_those_at_which_an_account_has_room(
    conn: psycopg.Connection, world: World, mentor: UUID, student: UUID
) -> None:
    pair = world.meeting_account("Two at once", login="two@school.test", at_once=2)
    world.meeting_account("None at once", login="none@school.test", at_once=0)
    world.meeting_account("Somebody's", login="milo@school.test", mentor=world.mentor("Milo"))
    for number in range(2):
        # 18:00 to 18:45 and 18:30 to 19:15: two from 18:30 to 18:45.
        begin = FIRST + number * timedelta(minutes=30)
        world.session(
            mentor=world.mentor(f"Mentor {number}"),
            starts=begin,
            minutes=45,
            meeting_account_id=pair,
        )
    with as_user(conn, mentor):
        made = offer(conn, platform="zoom", link=None, recurrence=None)
        by_hand = offer(conn, platform="zoom", recurrence=None)
    all_of_them = [FIRST + nth * timedelta(minutes=30) for nth in range(4)]
    with as_user(conn, student):
        assert starts(conn, by_hand) == all_of_them
        assert starts(conn, made) == [all_of_them[0], *all_of_them[2:]]
        for start in all_of_them[::-1]:
            # A third at 18:00 until 18:30 is the second one there.
            if start in starts(conn, made):
                booking = book(conn, made, start)
            else:
                with refusal(conn, "23P01"):
                    book(conn, made, start)
            assert SECOND not in starts(conn, made, session_id=booking["session_id"])

    world.meeting_account("Another", login="another@school.test", at_once=1)
    with as_user(conn, student):
        assert SECOND in starts(conn, made)
        assert SECOND in starts(conn, made, session_id=booking["session_id"])
        assert move(conn, booking["session_id"], SECOND)["start_time"] == SECOND
