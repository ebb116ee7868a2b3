"""Limits of mails a minute, to a domain and in all, that all workers share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import psycopg
import pytest

from support.actors import refused
from support.outbox import Outbox
from support.world import World

TUESDAY = datetime(2031, 5, 6, 17, 0, tzinfo=UTC)


@pytest.fixture
def batch(world: World) -> UUID:
    """A batch of six students at one mail provider and one at another."""
    batch = world.batch()
    for number in range(6):
        world.student(batch=batch, email=f"student{number}@Big.example.test")
    world.student(batch=batch, email="student@small.example.test")
    return batch


def limit(outbox: Outbox, domain: str, per_minute: int | None) -> None:
    outbox.scalar("select notifier.set_send_limit(%s, %s)", domain, per_minute)


def waits(outbox: Outbox) -> list[int]:
    """In how many seconds, about, the postponed mails have their turn, in that order."""
    rows = outbox.conn.execute(
        "select round(extract(epoch from available_at - clock_timestamp()) + 0.5)::integer"
        " from notifier.emails where turn_scope is not null and status = 'queued' order by 1"
    ).fetchall()
    return [row[0] for row in rows]


def test_without_a_limit_nobody_waits(world: World, outbox: Outbox, batch: UUID) -> None:
    world.session(batch=batch, starts=TUESDAY)
    outbox.expand()
    emails = outbox.claim()

    assert len(outbox.begin(*emails)) == 7


def test_turns_within_a_second_are_not_waited_for(
    world: World, outbox: Outbox, batch: UUID
) -> None:
    limit(outbox, "*", 6000)
    world.session(batch=batch, starts=TUESDAY)
    outbox.expand()

    assert outbox.put_off(*outbox.claim()) == set()


def test_a_domain_s_mails_have_their_turns_one_after_the_other_and_others_do_not_wait(
    world: World, outbox: Outbox, batch: UUID
) -> None:
    limit(outbox, "big.example.TEST", 6)
    world.session(batch=batch, starts=TUESDAY)
    outbox.expand()
    emails = outbox.claim()

    begun = outbox.begin(*emails)

    going = [email for email in emails if email.email_id in begun]
    assert len(going) == 2
    assert "student@small.example.test" in {email.address for email in going}
    gaps = waits(outbox)
    assert [later - earlier for earlier, later in pairwise(gaps)] == [10] * 4
    assert {row["attempts"] for row in outbox.rows(status="queued")} == {0}


def test_a_turn_is_kept_and_a_mail_does_not_line_up_again(
    world: World, outbox: Outbox, batch: UUID
) -> None:
    limit(outbox, "big.example.test", 1)
    world.session(batch=batch, starts=TUESDAY)
    outbox.expand()
    outbox.put_off(*outbox.claim())
    assert len(waits(outbox)) == 5
    outbox.conn.execute("update notifier.emails set available_at = now() where status = 'queued'")

    again = outbox.claim()

    assert len(again) == 5
    assert outbox.put_off(*again) == set()
    outbox.complete(*again)
    assert [row["turn_scope"] for row in outbox.rows(status="sent")] == [None] * 5


def test_workers_share_a_limit(world: World, outbox: Outbox, batch: UUID) -> None:
    limit(outbox, "*", 60)
    world.session(batch=batch, starts=TUESDAY)
    outbox.expand()
    first, second = outbox.claim(3), Outbox(outbox.conn, "another worker").claim(4)

    waiting = outbox.put_off(*first) | outbox.put_off(*second)

    assert len(waiting) == 6
    assert waits(outbox) == pytest.approx(range(1, 7), abs=1)


def test_both_limits_hold_and_one_domain_s_wait_is_not_everybody_s(
    world: World, outbox: Outbox, batch: UUID
) -> None:
    limit(outbox, "*", 20)
    limit(outbox, "big.example.test", 1)
    world.session(batch=batch, starts=TUESDAY)
    outbox.expand()

    outbox.put_off(*outbox.claim())

    # One of the big provider goes, five wait for a minute each; the other waits for three seconds.
    assert waits(outbox) == pytest.approx([3, 60, 120, 180, 240, 300], abs=2)
    outbox.conn.execute("update notifier.emails set available_at = now() where status = 'queued'")
    again = outbox.claim()
    assert len(again) == 6
    assert len(outbox.put_off(*again)) == 5  # the turns in all are still to be taken
    outbox.conn.execute("update notifier.emails set available_at = now() where status = 'queued'")
    assert outbox.put_off(*outbox.claim()) == set()


def test_urgent_mail_does_not_wait_and_counts(world: World, outbox: Outbox, batch: UUID) -> None:
    limit(outbox, "big.example.test", 1)
    world.session(batch=batch, starts=timedelta(hours=3))
    outbox.expand()
    assert outbox.put_off(*outbox.claim()) == set()

    world.session(batch=batch, starts=TUESDAY)
    outbox.expand()
    outbox.put_off(*outbox.claim())
    assert waits(outbox)[0] == pytest.approx(360, abs=2)


def test_a_mail_in_doubt_stays_so_while_it_waits(world: World, outbox: Outbox) -> None:
    batch = world.batch()
    for number in range(2):
        world.student(batch=batch, email=f"student{number}@big.example.test")
    with outbox.one_transaction():
        for name in "AB":
            world.session(name, batch=batch, starts=TUESDAY)
    outbox.expand()
    emails = outbox.claim()
    outbox.begin(*emails)
    for email in emails:
        outbox.fail(email, "unknown")
    outbox.let_time_pass()
    limit(outbox, "big.example.test", 1)

    (waiting,) = outbox.put_off(*outbox.claim())

    (row,) = outbox.rows(id=waiting)
    assert row["status"] == "in_doubt"
    outbox.let_time_pass()
    (again,) = outbox.claim()
    assert (again.email_id, len(again.parts)) == (waiting, 2)


def test_what_one_transaction_did_still_comes_as_one_mail(world: World, outbox: Outbox) -> None:
    batch = world.batch()
    for number in range(2):
        world.student(batch=batch, email=f"student{number}@big.example.test")
    with outbox.one_transaction():
        for name in "AB":
            world.session(name, batch=batch, starts=TUESDAY)
    outbox.expand()
    limit(outbox, "big.example.test", 1)
    assert len(outbox.put_off(*outbox.claim())) == 1
    assert outbox.claim() == []
    outbox.let_time_pass()

    (email,) = outbox.claim()

    assert len(email.parts) == 2


def test_a_stranger_s_mails_take_no_turn(world: World, outbox: Outbox, batch: UUID) -> None:
    limit(outbox, "big.example.test", 1)
    world.session(batch=batch, starts=TUESDAY)
    outbox.expand()
    (email,) = outbox.claim(1)
    outbox.release(email)

    assert outbox.put_off(email) == set()
    assert outbox.scalar("select next_turn_at <= clock_timestamp() from notifier.send_limits")


def test_limits_are_listed_changed_and_lifted(outbox: Outbox) -> None:
    listed = "select domain, per_minute from notifier.list_send_limits()"
    limit(outbox, "*", 100)
    limit(outbox, "Big.example.test", 5)
    limit(outbox, "big.example.test", 6)
    assert outbox.conn.execute(listed).fetchall() == [("*", 100), ("big.example.test", 6)]
    limit(outbox, "*", None)
    assert outbox.conn.execute(listed).fetchall() == [("big.example.test", 6)]


@pytest.mark.parametrize(
    ("domain", "per_minute", "names"),
    [
        ("a@b.test", 1, "domain"),
        ("", 1, "domain"),
        (None, 1, "domain"),
        ("b.test", 0, "per_minute"),
    ],
)
def test_a_bad_limit_is_refused(outbox: Outbox, domain: str, per_minute: int, names: str) -> None:
    with refused(outbox.conn, psycopg.errors.InvalidParameterValue, f"^{names} "):
        limit(outbox, domain, per_minute)
