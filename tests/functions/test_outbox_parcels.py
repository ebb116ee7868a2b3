"""What was handed over in one request is in doubt together, and comes back together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from support.outbox import Claimed, Outbox
from support.world import World

TUESDAY = datetime(2031, 5, 6, 17, 0, tzinfo=UTC)


@pytest.fixture
def emails(world: World, outbox: Outbox) -> list[Claimed]:
    """Three mails of one claim."""
    batch = world.batch()
    for name in ("Anna", "Ben", "Cem"):
        world.student(name, batch=batch)
    world.session(batch=batch, starts=TUESDAY)
    outbox.expand()
    return outbox.claim()


def ids(emails: list[Claimed]) -> set[UUID]:
    return {email.email_id for email in emails}


@pytest.mark.parametrize("way", ["the worker died", "there was no answer"])
def test_in_doubt_all_of_it_comes_back_in_one_claim(
    outbox: Outbox, other: Outbox, emails: list[Claimed], way: str
) -> None:
    parcel = uuid4()
    assert outbox.begin(*emails, parcel=parcel) == ids(emails)
    if way == "there was no answer":
        assert [outbox.fail(email, "unknown") for email in emails] == ["in_doubt"] * 3
    outbox.let_time_pass()
    outbox.conn.execute("select notifier.recover_expired_claims()")

    again = other.claim(max_emails=1)

    assert ids(again) == ids(emails)
    assert {(email.parcel_id, email.in_doubt) for email in again} == {(parcel, True)}
    assert other.begin(*again, parcel=parcel) == ids(emails)
    assert other.complete(*again) == ids(emails)
    assert outbox.statuses() == ["sent"] * 3


def test_a_part_of_it_waits_while_the_rest_is_not_settled(
    outbox: Outbox, other: Outbox, emails: list[Claimed]
) -> None:
    parcel, (first, *others) = uuid4(), emails
    outbox.begin(*emails, parcel=parcel)
    assert outbox.fail(first, "unknown") == "in_doubt"
    outbox.let_time_pass(first)
    assert other.claim() == []

    outbox.complete(*others)

    assert [email.email_id for email in other.claim()] == [first.email_id]


def test_it_is_due_when_the_one_that_stands_for_it_is(
    outbox: Outbox, other: Outbox, emails: list[Claimed]
) -> None:
    emails.sort(key=lambda email: email.email_id)
    outbox.begin(*emails, parcel=uuid4())
    for email in emails:
        outbox.fail(email, "unknown", retry_after=timedelta(hours=1))
    outbox.let_time_pass(emails[1])
    assert other.claim() == []

    outbox.let_time_pass(emails[0])

    assert ids(other.claim()) == ids(emails)


def test_all_of_it_is_due_at_one_moment_time_and_again(
    conn: psycopg.Connection, outbox: Outbox, other: Outbox, emails: list[Claimed]
) -> None:
    parcel = uuid4()
    for worker in (outbox, other, outbox):
        worker.begin(*emails, parcel=parcel)
        for email in emails:
            worker.fail(email, "unknown")
        (due_at,) = {row["available_at"] for row in outbox.rows()}
        assert due_at > datetime.now(UTC)
        # Nothing of it calls for a look that would find nothing.
        assert conn.execute("select notifier.next_wake()").fetchone() == (due_at,)
        outbox.let_time_pass()
        emails = outbox.claim() if worker is other else other.claim()


def test_one_that_was_certainly_not_sent_goes_by_itself(
    outbox: Outbox, other: Outbox, emails: list[Claimed]
) -> None:
    outbox.begin(*emails, parcel=uuid4())
    assert [outbox.fail(email) for email in emails] == ["queued"] * 3
    assert {row["parcel_id"] for row in outbox.rows()} == {None}
    outbox.let_time_pass()

    assert {email.parcel_id for email in other.claim()} == {None}


def test_one_that_is_not_to_be_sent_any_more_keeps_no_other(
    conn: psycopg.Connection, outbox: Outbox, other: Outbox, emails: list[Claimed]
) -> None:
    parcel = uuid4()
    outbox.begin(*emails, parcel=parcel)
    outbox.let_time_pass()
    conn.execute("select notifier.recover_expired_claims()")
    conn.execute("update auth.users set email = null where id = %s", (emails[0].recipient_id,))

    again = other.claim()

    assert ids(again) == ids(emails[1:])
    assert {email.parcel_id for email in again} == {parcel}
    assert sorted(outbox.statuses()) == ["claimed", "claimed", "no_address"]


def test_given_back_it_stays_together(outbox: Outbox, other: Outbox, emails: list[Claimed]) -> None:
    parcel = uuid4()
    outbox.begin(*emails, parcel=parcel)
    outbox.let_time_pass()
    outbox.conn.execute("select notifier.recover_expired_claims()")
    again = other.claim()

    assert other.release(*again) == ids(emails)

    assert ids(outbox.claim()) == ids(emails)
    assert {row["parcel_id"] for row in outbox.rows()} == {parcel}


def test_a_limit_tears_nothing_apart_that_has_had_its_turns(
    conn: psycopg.Connection, outbox: Outbox, other: Outbox, emails: list[Claimed]
) -> None:
    outbox.begin(*emails, parcel=uuid4())
    outbox.let_time_pass()
    conn.execute("select notifier.recover_expired_claims()")
    conn.execute("select notifier.set_send_limit('*', 1)")
    again = other.claim()

    assert other.begin(*again) == {email.email_id for email in again}


def test_what_an_operator_tries_again_goes_by_itself(
    conn: psycopg.Connection, outbox: Outbox, other: Outbox, emails: list[Claimed]
) -> None:
    outbox.begin(*emails, parcel=uuid4())
    conn.execute("update notifier.emails set attempts = 16")
    outbox.let_time_pass()
    conn.execute("select notifier.recover_expired_claims()")
    assert outbox.statuses() == ["dead"] * 3

    conn.execute("select notifier.retry_emails()")

    assert {(email.parcel_id, email.in_doubt) for email in other.claim()} == {(None, True)}
