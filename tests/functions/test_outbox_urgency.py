"""What is about the next 24 hours overtakes everything else, however long that has waited."""

from __future__ import annotations

from datetime import timedelta

from support.outbox import Outbox, change
from support.world import World

SOON, LATER = timedelta(hours=3), timedelta(days=9)


def titles(outbox: Outbox, max_emails: int = 1000) -> list[str]:
    return [part["session"]["title"] for email in outbox.claim(max_emails) for part in email.parts]


def test_a_session_that_begins_soon_is_told_before_what_has_waited(
    world: World, outbox: Outbox
) -> None:
    crowd, few = world.batch("Crowd"), world.batch("Few")
    for _ in range(5):
        world.student(batch=crowd)
    world.student(batch=few)
    world.session("In nine days", batch=crowd, starts=LATER)
    outbox.expand()
    world.session("Today", batch=few, starts=SOON)
    outbox.expand()

    assert titles(outbox, 3) == ["Today", "In nine days", "In nine days"]
    assert titles(outbox) == ["In nine days"] * 3


def test_what_is_urgent_is_not_kept_waiting_by_the_decision_about_many_others(
    world: World, outbox: Outbox
) -> None:
    crowd, few = world.batch("Crowd"), world.batch("Few")
    world.crowd(12, batch=crowd)
    world.student(batch=few)
    world.session("In nine days", batch=crowd, starts=LATER)
    world.session("Today", batch=few, starts=SOON)
    outbox.expand()

    assert titles(outbox) == ["Today", *["In nine days"] * 5]
    assert titles(outbox) == ["In nine days"] * 7


def test_a_session_moved_away_from_today_is_urgent_and_a_distant_change_is_not(
    world: World, outbox: Outbox
) -> None:
    batch = world.batch()
    world.student(batch=batch)
    today = world.session("Today", batch=batch, starts=SOON)
    distant = world.session("In nine days", batch=batch, starts=LATER)
    outbox.deliver()

    change(outbox.conn, distant, title="In nine days, renamed")
    outbox.conn.execute(
        "update public.success_sessions set start_time = start_time + %(by)s,"
        " end_time = end_time + %(by)s where id = %(id)s",
        {"by": LATER, "id": today},
    )
    outbox.expand()

    assert [row["urgent"] for row in outbox.rows(session_id=today)] == [True, True]
    assert [row["urgent"] for row in outbox.rows(session_id=distant)] == [False, False]
    assert titles(outbox) == ["Today", "In nine days, renamed"]


def test_a_waiting_mail_goes_along_with_the_urgent_one_that_follows_it(
    world: World, outbox: Outbox
) -> None:
    """The invitation waits among many; the session is moved to today; both are told as one."""
    crowd, few = world.batch("Crowd"), world.batch("Few")
    for _ in range(3):
        world.student(batch=crowd)
    student = world.student(batch=few)
    world.session("In nine days", batch=crowd, starts=LATER)
    outbox.expand()
    moved = world.session("Moved to today", batch=few, starts=LATER)
    outbox.expand()
    assert [row["urgent"] for row in outbox.rows(session_id=moved)] == [False]

    outbox.conn.execute(
        "update public.success_sessions set start_time = start_time - %(by)s,"
        " end_time = end_time - %(by)s where id = %(id)s",
        {"by": LATER - SOON, "id": moved},
    )
    outbox.expand()

    (email,) = outbox.claim(1)
    assert (email.recipient_id, email.kind) == (student, "session_scheduled")
    assert email.parts[0]["session"]["title"] == "Moved to today"


def test_what_one_transaction_does_is_one_mail_though_only_a_part_of_it_is_urgent(
    world: World, outbox: Outbox
) -> None:
    batch = world.batch()
    world.student(batch=batch)
    with outbox.one_transaction():
        world.session("In nine days", batch=batch, starts=LATER)
        world.session("Today", batch=batch, starts=SOON)
    outbox.expand()

    (email,) = outbox.claim(1)

    assert [part["session"]["title"] for part in email.parts] == ["Today", "In nine days"]
    assert outbox.claim() == []


def test_an_urgent_mail_that_is_not_due_holds_up_nobody(world: World, outbox: Outbox) -> None:
    batch = world.batch()
    world.student(batch=batch)
    world.session("Today", batch=batch, starts=SOON)
    outbox.expand()
    (email,) = outbox.claim()
    assert outbox.fail(email) == "queued"
    world.session("In nine days", batch=batch, starts=LATER)
    outbox.expand()

    assert titles(outbox) == ["In nine days"]
    assert outbox.scalar("select notifier.next_wake() > clock_timestamp()")


def test_a_seat_is_confirmed_at_once(world: World, outbox: Outbox) -> None:
    student = world.student(batch=world.batch())
    session = world.session(starts=LATER)
    outbox.scalar(
        "select notifier.tell_registration(session.id, array[%s::uuid], 'registration_confirmed')"
        " from public.success_sessions as session where id = %s",
        student,
        session,
    )

    assert [row["urgent"] for row in outbox.rows(recipient_id=student)] == [True]


def test_a_large_audience_keeps_nobody_waiting_to_be_expanded(world: World, outbox: Outbox) -> None:
    """The first page of a new event comes before the further pages of one under way."""
    crowd, few = world.batch("Crowd"), world.batch("Few")
    for _ in range(6):
        world.student(batch=crowd)
    student = world.student(batch=few)
    large = world.session("Large", batch=crowd, starts=LATER)
    assert outbox.expand(2) == (2, True)
    world.session("Small", batch=few, starts=LATER)

    assert outbox.expand(2) == (2, True)

    assert len(outbox.rows(recipient_id=student)) == 1
    assert len(outbox.rows(session_id=large)) == 3
    while outbox.expand(2)[1]:
        pass
    assert len(outbox.rows(session_id=large)) == 6


def test_news_is_what_is_urgent_and_due_or_not_looked_at(world: World, outbox: Outbox) -> None:
    news = "select notifier.has_news()"
    batch = world.batch()
    world.student(batch=batch)
    assert outbox.scalar(news) is False

    world.session("In nine days", batch=batch, starts=LATER)
    assert outbox.scalar(news) is True
    outbox.expand()
    assert outbox.scalar(news) is False  # it waits, and is not urgent

    world.session("Today", batch=batch, starts=SOON)
    outbox.expand()
    assert outbox.scalar(news) is True
    (urgent,) = outbox.claim(1)
    assert outbox.scalar(news) is False
    outbox.fail(urgent)
    assert outbox.scalar(news) is False  # not due
