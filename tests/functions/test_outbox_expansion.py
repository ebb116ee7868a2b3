"""From events to mails: pages, merging, repetition, order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from support.actors import refused
from support.outbox import Outbox, change
from support.world import World

TUESDAY = datetime(2031, 5, 6, 17, 0, tzinfo=UTC)


def pages(outbox: Outbox, size: int) -> list[int]:
    """Expand in pages of this size: how many mails each added."""
    added = []
    while True:
        emails, more = outbox.expand(size)
        added.append(emails)
        if not more:
            return added


def test_pages_reach_everybody_once(world: World, outbox: Outbox, batch: UUID) -> None:
    students = {world.student(batch=batch) for _ in range(7)}
    mentor = world.mentor()
    session = world.session(batch=batch, mentor=mentor, starts=TUESDAY)
    world.invite(session, *list(students)[:3], guest := world.student("Guest"))
    assert pages(outbox, 2) == [2, 2, 2, 2, 1]
    assert {email.recipient_id for email in outbox.claim()} == students | {mentor, guest}


def test_pages_of_a_switched_audience_reach_both_once(world: World, outbox: Outbox) -> None:
    course = world.course()
    march, april = world.batch(course=course), world.batch(course=course)
    before = {world.student(batch=march) for _ in range(4)}
    after = {world.student(batch=april) for _ in range(5)}
    session = world.session(batch=march, starts=TUESDAY)
    outbox.deliver()
    change(world.conn, session, batch_id=april)
    pages(outbox, 2)
    kinds = {email.recipient_id: email.kind for email in outbox.claim()}
    assert kinds == dict.fromkeys(before, "session_cancelled") | dict.fromkeys(
        after, "session_scheduled"
    )


def test_a_page_is_filled_from_several_events(world: World, outbox: Outbox, batch: UUID) -> None:
    for _ in range(2):
        world.student(batch=batch)
    for number in range(3):
        world.session(f"Session {number}", batch=batch, starts=TUESDAY)
    assert outbox.expand(5) == (5, True)
    assert outbox.expand(5) == (1, False)


def test_expanding_again_adds_nothing(world: World, outbox: Outbox, batch: UUID) -> None:
    for _ in range(5):
        world.student(batch=batch)
    world.session(batch=batch, mentor=world.mentor(), starts=TUESDAY)
    pages(outbox, 2)
    before = outbox.rows()
    world.conn.execute("update notifier.events set expanded_at = null, cursor = null")
    assert pages(outbox, 2) == [0, 0, 0, 0]
    assert outbox.rows() == before


def test_all_pages_of_an_event_are_of_one_state(world: World, outbox: Outbox) -> None:
    """What happens between two pages is the next event's business."""
    course = world.course()
    march, april = world.batch(course=course), world.batch(course=course)
    before = {world.student(batch=march) for _ in range(4)}
    after = {world.student(batch=april) for _ in range(4)}
    session = world.session(batch=march, starts=TUESDAY)
    assert outbox.expand(2) == (2, True)
    change(world.conn, session, batch_id=april)
    pages(outbox, 2)
    first_event = outbox.rows("events")[0]["id"]
    assert {row["recipient_id"] for row in outbox.rows(event_id=first_event)} == before
    assert outbox.tell() == dict.fromkeys(after, "session_scheduled")


def test_events_that_wait_together_are_merged(world: World, outbox: Outbox, batch: UUID) -> None:
    world.student(batch=batch)
    session = world.session(batch=batch, starts=TUESDAY)
    for title in ("One", "Two", "Three"):
        change(world.conn, session, title=title)
    assert outbox.expand() == (1, False)
    first, *later = outbox.rows("events")
    assert first["through_id"] == later[-1]["id"]
    assert [event["merged_into"] for event in later] == [first["id"]] * 3
    assert all(event["expanded_at"] for event in (first, *later))


def test_events_of_other_sessions_are_not_merged(world: World, outbox: Outbox, batch: UUID) -> None:
    world.student(batch=batch)
    for number in range(3):
        world.session(f"Session {number}", batch=batch, starts=TUESDAY)
    assert outbox.expand() == (3, False)
    assert [event["merged_into"] for event in outbox.rows("events")] == [None] * 3


def test_an_event_under_way_takes_no_other_in(world: World, outbox: Outbox, batch: UUID) -> None:
    for _ in range(3):
        world.student(batch=batch)
    session = world.session(batch=batch, starts=TUESDAY)
    outbox.expand(2)
    change(world.conn, session, title="Renamed")
    outbox.expand()
    first, second = outbox.rows("events")
    assert (first["through_id"], second["merged_into"]) == (first["id"], None)


def test_the_end_is_not_merged_with_what_came_before(world: World, outbox: Outbox) -> None:
    mentor = world.mentor()
    session = world.session(mentor=mentor, starts=timedelta(hours=-2), status="live")
    change(world.conn, session, title="Renamed at the last moment")
    change(world.conn, session, status="completed")
    assert outbox.tell() == {mentor: "attendance_summary"}


def test_invitees_who_came_and_went_are_not_told(world: World, outbox: Outbox) -> None:
    ben, session = world.student("Ben"), world.session(starts=TUESDAY)
    outbox.deliver()
    world.invite(session, ben)
    world.conn.execute("delete from public.session_participants")
    assert outbox.expand() == (0, False)


def test_an_invitee_who_left_before_the_page_is_expanded_is_told_what_came_before(
    world: World, outbox: Outbox
) -> None:
    guests = sorted(world.student(f"Guest {number}") for number in range(3))
    session = world.session(starts=TUESDAY)
    world.invite(session, *guests)
    outbox.deliver()
    change(world.conn, session, status="cancelled")
    assert outbox.expand(1) == (1, True)
    change(world.conn, session, status="upcoming")
    world.conn.execute("delete from public.session_participants where user_id = %s", (guests[2],))
    assert outbox.tell() == {guests[2]: "session_cancelled"}


def test_invitees_of_a_large_audience_cost_no_fan_out(
    world: World, outbox: Outbox, batch: UUID
) -> None:
    for _ in range(5):
        world.student(batch=batch)
    session = world.session(batch=batch, starts=TUESDAY)
    outbox.deliver()
    world.invite(session, world.student("Guest"))
    assert outbox.expand(2) == (1, False), "looked at more than the guest"


@pytest.mark.parametrize("size", [0, -1, None])
def test_a_page_has_a_size(conn: psycopg.Connection, outbox: Outbox, size: int) -> None:
    with refused(conn, psycopg.errors.InvalidParameterValue, "max_emails"):
        outbox.expand(size)
