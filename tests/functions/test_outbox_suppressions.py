"""Addresses that nothing is sent to: how they come to be such, and that every claim knows."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg
import pytest

from support.actors import as_service, as_user, refused
from support.outbox import Claimed, Outbox
from support.world import World

TUESDAY = datetime(2031, 5, 6, 17, 0, tzinfo=UTC)


@pytest.fixture
def batch(world: World) -> UUID:
    """A batch of Anna and Ben."""
    batch = world.batch()
    for name in ("anna", "ben"):
        world.student(name.title(), batch=batch, email=f"{name}@example.test")
    return batch


def told(outbox: Outbox) -> set[str]:
    return {mail.address for mail in outbox.deliver()}


def claim_for(outbox: Outbox, address: str) -> Claimed:
    (claimed,) = (mail for mail in outbox.claim() if mail.address == address)
    return claimed


def record(conn: psycopg.Connection, kind: str, event: str = "msg_1", **arguments: object) -> str:
    values = {"kind": kind, "event": event, "email": None, "address": "anna@example.test"}
    with as_service(conn):
        row = conn.execute(
            "select public.record_mail_event(%(event)s, %(kind)s, now(), %(email)s, %(address)s)",
            values | arguments,
        ).fetchone()
    assert row is not None
    return str(row[0])


def test_an_operator_suppresses_an_address_and_takes_it_back(
    world: World, outbox: Outbox, batch: UUID
) -> None:
    assert outbox.scalar("select notifier.suppress_address('Anna@Example.test')") is True
    assert outbox.scalar("select notifier.suppress_address('anna@example.test')") is False
    world.session(batch=batch, starts=TUESDAY)
    assert told(outbox) == {"ben@example.test"}
    assert sorted(outbox.statuses()) == ["sent", "suppressed"]

    assert outbox.scalar("select notifier.unsuppress_address('anna@example.test')") is True
    world.session(batch=batch, starts=TUESDAY)
    assert told(outbox) == {"anna@example.test", "ben@example.test"}
    assert outbox.scalar("select notifier.unsuppress_address('anna@example.test')") is False


@pytest.mark.parametrize("kind", ["bounced", "complained"])
def test_after_a_bounce_or_a_complaint_nothing_is_sent(
    world: World, outbox: Outbox, batch: UUID, kind: str
) -> None:
    assert record(outbox.conn, kind) == "recorded"

    world.session(batch=batch, starts=TUESDAY)

    assert told(outbox) == {"ben@example.test"}


@pytest.mark.parametrize("kind", ["delivered", "delayed", "soft_bounced", "failed"])
def test_after_anything_else_mail_goes_on(
    world: World, outbox: Outbox, batch: UUID, kind: str
) -> None:
    assert record(outbox.conn, kind) == "recorded"

    world.session(batch=batch, starts=TUESDAY)

    assert told(outbox) == {"anna@example.test", "ben@example.test"}


def test_an_event_heard_twice_counts_once(world: World, outbox: Outbox, batch: UUID) -> None:
    email = uuid4()
    assert record(outbox.conn, "complained", email=email) == "recorded"
    outbox.scalar("select notifier.unsuppress_address('anna@example.test')")

    assert record(outbox.conn, "complained", email=email) == "repeated"

    world.session(batch=batch, starts=TUESDAY)
    assert told(outbox) == {"anna@example.test", "ben@example.test"}
    assert len(outbox.rows("mail_events", email_id=email)) == 1


def test_a_mail_that_waits_is_not_sent_once_its_address_is_suppressed(
    world: World, outbox: Outbox, batch: UUID
) -> None:
    world.session(batch=batch, starts=TUESDAY)
    outbox.expand()
    record(outbox.conn, "bounced")

    assert told(outbox) == {"ben@example.test"}


def test_after_several_mails_to_a_mailbox_that_does_not_exist_no_more_are_sent(
    world: World, outbox: Outbox, batch: UUID
) -> None:
    suppressed = []
    for _ in range(3):
        world.session(batch=batch, starts=TUESDAY)
        outbox.expand()
        mail = claim_for(outbox, "anna@example.test")
        outbox.fail(mail, "permanent", "550 5.1.1 no such user")
        suppressed.append(
            outbox.scalar("select notifier.note_unknown_mailbox(%s, 3)", mail.email_id)
        )
        outbox.conn.execute(
            "update notifier.emails set status = 'sent', sent_at = now(), lease_until = null"
            " where status = 'claimed'"
        )
    assert suppressed == [False, False, True]

    world.session(batch=batch, starts=TUESDAY)
    assert told(outbox) == {"ben@example.test"}
    row = outbox.conn.execute(
        "select reason, strikes from notifier.suppressed_addresses('ANNA@example.test')"
    ).fetchone()
    assert row == ("refused", 3)


def test_whose_account_supabase_auth_has_soft_deleted_gets_no_mail(
    world: World, outbox: Outbox, batch: UUID
) -> None:
    world.conn.execute("update auth.users set deleted_at = now() where email = 'anna@example.test'")
    world.session(batch=batch, starts=TUESDAY)
    assert "anna@example.test" not in {email.address for email in outbox.deliver()}
    assert "no_address" in outbox.statuses()


@pytest.mark.parametrize(("days", "adds_up"), [(89, True), (91, False)])
def test_refusals_far_apart_do_not_add_up(
    world: World, outbox: Outbox, batch: UUID, days: int, adds_up: bool
) -> None:
    for is_second in (False, True):
        world.session(batch=batch, starts=TUESDAY)
        outbox.expand()
        mail = claim_for(outbox, "anna@example.test")
        outbox.fail(mail, "permanent")
        noted = outbox.scalar("select notifier.note_unknown_mailbox(%s, 2)", mail.email_id)
        assert noted is (is_second and adds_up)
        outbox.conn.execute(
            "update notifier.suppressions set last_strike_at = now() - make_interval(days => %s)",
            (days,),
        )


@pytest.mark.parametrize("accepted", ["a mail of the queue", "a report"])
def test_refusals_with_an_accepted_mail_in_between_do_not_add_up(
    world: World, outbox: Outbox, batch: UUID, accepted: str
) -> None:
    for _ in range(3):
        world.session(batch=batch, starts=TUESDAY)
        outbox.expand()
        refused_mail, *others = sorted(outbox.claim(), key=lambda mail: mail.address)
        assert refused_mail.address == "anna@example.test"
        outbox.send(*others)
        outbox.fail(refused_mail, "permanent", "550 5.1.1 no such user")
        assert not outbox.scalar(
            "select notifier.note_unknown_mailbox(%s, 2)", refused_mail.email_id
        )
        if accepted == "a report":
            outbox.conn.execute(
                "insert into notifier.report_mails"
                " (recipient_id, first_day, last_day, claim_id, held_until, sent_at)"
                " values (%s, now(), now() + (select count(*) from notifier.report_mails)"
                " * interval '1 day', gen_random_uuid(), now(), clock_timestamp())",
                (refused_mail.recipient_id,),
            )
        else:
            world.session(batch=batch, starts=TUESDAY)
            assert "anna@example.test" in told(outbox)
    assert outbox.scalar("select strikes from notifier.suppressions") == 1


def test_what_others_are_sent_in_between_does_not_matter(
    world: World, outbox: Outbox, batch: UUID
) -> None:
    suppressed = []
    for _ in range(2):
        world.session(batch=batch, starts=TUESDAY)
        outbox.expand()
        refused_mail, *others = sorted(outbox.claim(), key=lambda mail: mail.address)
        outbox.fail(refused_mail, "permanent")
        suppressed.append(
            outbox.scalar("select notifier.note_unknown_mailbox(%s, 2)", refused_mail.email_id)
        )
        outbox.send(*others)
    assert suppressed == [False, True]


def test_a_mail_that_is_not_dead_is_no_strike(world: World, outbox: Outbox, batch: UUID) -> None:
    world.session(batch=batch, starts=TUESDAY)
    outbox.deliver()
    (row, _) = outbox.rows()

    assert outbox.scalar("select notifier.note_unknown_mailbox(%s, 1)", row["id"]) is False
    assert outbox.scalar("select count(*) from notifier.suppressions") == 0


def test_no_address_is_stored(outbox: Outbox) -> None:
    record(outbox.conn, "bounced", address="anna@example.test")
    outbox.scalar("select notifier.suppress_address('ben@example.test')")

    for table in ("suppressions", "mail_events"):
        everything = outbox.scalar(
            f"select coalesce(jsonb_agg(to_jsonb(stored)), '[]')::text from notifier.{table}"  # noqa: S608
            " as stored"
        )
        assert "@" not in everything
        assert everything != "[]"


@pytest.mark.parametrize("address", ["", "nobody", "Anna <anna@example.test>", None])
def test_what_is_no_address_is_refused(outbox: Outbox, address: str | None) -> None:
    with refused(outbox.conn, psycopg.errors.InvalidParameterValue, "not a mail address"):
        outbox.scalar("select notifier.suppress_address(%s)", address)


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ({"event": ""}, "event_id"),
        ({"event": None}, "event_id"),
        ({"kind": "opened"}, "kind"),
        ({"kind": None}, "kind"),
    ],
)
def test_a_bad_argument_is_named(outbox: Outbox, arguments: dict[str, object], names: str) -> None:
    with refused(outbox.conn, psycopg.errors.InvalidParameterValue, f"^{names} must"):
        record(outbox.conn, **({"kind": "delivered"} | arguments))  # type: ignore[arg-type]


def test_only_the_service_role_tells_what_became_of_mails(
    world: World, conn: psycopg.Connection
) -> None:
    call = "select public.record_mail_event('msg_1', 'delivered', now())"
    with as_service(conn):
        conn.execute(call)
    with as_user(conn, world.superadmin()), refused(conn):
        conn.execute(call)
