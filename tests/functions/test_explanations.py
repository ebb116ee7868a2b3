"""Managers learn why somebody sees a session or does not, and what became of the mail to them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.rows import dict_row

from support.actors import as_user
from support.outbox import Outbox
from support.sessions import refusal, save
from support.world import World


@dataclass(frozen=True, slots=True)
class Asking:
    """An admin who asks about a student."""

    conn: psycopg.Connection
    admin: UUID

    def access(self, session: UUID, user: UUID) -> dict[str, tuple[bool, str, str | None]]:
        """What each rule says: whether it holds, the fact, the remedy."""
        with as_user(self.conn, self.admin):
            rows = self.conn.execute(
                "select rule, holds, fact, remedy from public.explain_session_access(%s, %s)",
                (session, user),
            ).fetchall()
        return {rule: (holds, fact, remedy) for rule, holds, fact, remedy in rows}

    def mails(self, session: UUID, user: UUID) -> list[dict[str, Any]]:
        with (
            as_user(self.conn, self.admin),
            self.conn.cursor(row_factory=dict_row) as cursor,
        ):
            return cursor.execute(
                "select * from public.explain_notifications(%s, %s)", (session, user)
            ).fetchall()


@pytest.fixture
def asking(conn: psycopg.Connection, world: World) -> Asking:
    return Asking(conn, world.admin())


@pytest.fixture
def batch(world: World) -> UUID:
    return world.batch("Autumn")


# -- Access ----------------------------------------------------------------------------------------


def test_who_may_join_is_told_why(asking: Asking, world: World, batch: UUID) -> None:
    session = world.session(batch=batch, starts=timedelta(minutes=5))
    told = asking.access(session, world.student(batch=batch))
    assert told["enrollment"] == (
        True,
        "is actively enrolled in the course, in batch 'Autumn'",
        None,
    )
    assert told["sees"] == (True, "because of: enrollment", None)
    assert told["seat"] == (True, "no registration is required", None)
    assert told["join_window"][1].startswith("joining is open since ")
    assert told["may_join"] == (True, "nothing is in the way", None)


def test_a_pause_is_dated_by_the_audit_log(
    conn: psycopg.Connection, asking: Asking, world: World, batch: UUID
) -> None:
    sam, session = world.student(batch=batch), world.session(batch=batch)
    conn.execute(
        "update public.course_enrollments set status = 'paused' where student_id = %s", (sam,)
    )
    since = conn.execute(
        "select private.utc_text(occurred_at) from public.audit_log where user_id = %s"
        " and new ->> 'status' = 'paused'",
        (sam,),
    ).fetchone()
    # A later change of something else does not count.
    conn.execute(
        "update public.course_enrollments set batch_id = null where student_id = %s", (sam,)
    )
    assert since is not None
    holds, fact, remedy = asking.access(session, sam)["enrollment"]
    assert not holds
    assert fact == (
        f"the enrollment is paused since {since[0]},"
        " and unbatched, while the session is for batch 'Autumn'"
    )
    assert remedy == ("Set its status to active and its batch_id to the session's, or invite them.")


@pytest.mark.parametrize(
    ("who", "fact", "remedy"),
    [
        (
            "another batch",
            "is enrolled in batch 'Winter', while the session is for batch 'Autumn'",
            "Set the enrollment's batch_id to the session's, or invite them.",
        ),
        (
            "unbatched",
            "is enrolled unbatched, while the session is for batch 'Autumn'",
            "Set the enrollment's batch_id to the session's, or invite them.",
        ),
        (
            "nobody",
            "is not enrolled in the course",
            "Enroll them: insert into course_enrollments.",
        ),
    ],
)
def test_whom_the_audience_leaves_out_is_told_what_differs(
    asking: Asking, world: World, who: str, fact: str, remedy: str
) -> None:
    course = world.course()
    batch, winter = world.batch("Autumn", course=course), world.batch("Winter", course=course)
    match who:
        case "another batch":
            person = world.student(batch=winter)
        case "unbatched":
            person = world.student(course=course)
        case _:
            person = world.user()
    told = asking.access(world.session(batch=batch), person)
    assert told["enrollment"] == (False, fact, remedy)
    assert told["sees"] == (False, "none of manager, host, enrollment and invitation holds", None)
    assert told["may_join"][1].startswith("in the way: sees")
    world.invite(session := world.session(batch=batch, starts=timedelta(days=2)), person)
    assert asking.access(session, person)["sees"] == (True, "because of: invitation", None)


def test_a_role_that_was_taken_away_is_told(
    conn: psycopg.Connection, asking: Asking, world: World
) -> None:
    marta = world.mentor()
    session = world.session(mentor=marta)
    assert asking.access(session, marta)["host"][:2] == (
        True,
        "is the session's mentor, and holds the role mentor",
    )
    conn.execute("delete from public.user_roles where user_id = %s", (marta,))
    holds, fact, remedy = asking.access(session, marta)["host"]
    assert not holds
    assert "and the role mentor was taken away at 20" in fact
    assert remedy == "A superadmin grants the role mentor in user_roles."


def test_a_cancellation_a_closed_door_and_the_end_are_told(
    asking: Asking, world: World, batch: UUID
) -> None:
    sam = world.student(batch=batch)
    cancelled = world.session(batch=batch, status="cancelled", cancel_reason="Marta is ill.")
    told = asking.access(cancelled, sam)
    assert told["status"] == (
        False,
        "the session was cancelled: Marta is ill.",
        "A manager may set its status back to upcoming.",
    )
    assert told["sees"][0]
    later = asking.access(world.session(batch=batch, starts=timedelta(hours=3)), sam)
    assert later["join_window"][1].startswith("joining opens at 20")
    assert later["may_join"][1] == "in the way: join_window"
    over = asking.access(world.session(batch=batch, starts=timedelta(hours=-3)), sam)
    assert over["status"][1].startswith("the session ended at 20")


def test_a_missing_seat_is_told_with_the_place_in_the_waitlist(
    asking: Asking, world: World, batch: UUID
) -> None:
    sam, sita, uma = (world.student(name, batch=batch) for name in ("Sam", "Sita", "Uma"))
    session = world.session(batch=batch, registration_required=True, capacity=1)
    world.registration(session, sita)
    world.registration(session, uma, "waitlisted")
    assert asking.access(session, sita)["seat"] == (True, "has a seat", None)
    assert asking.access(session, uma)["seat"][1] == "is number 1 in the waitlist"
    holds, fact, remedy = asking.access(session, sam)["seat"]
    assert (holds, remedy) == (False, "They register with register_for_session.")
    assert fact.startswith("has no seat; registration is open until 20")


# -- Who may ask -----------------------------------------------------------------------------------


@pytest.mark.parametrize("function", ["explain_session_access", "explain_notifications"])
def test_only_managers_ask_whether_the_session_exists_or_not(
    conn: psycopg.Connection, world: World, function: str
) -> None:
    marta = world.mentor()
    sam, session = world.student(), world.session(mentor=marta)
    said = set()
    for who in (sam, marta):
        for asked in (session, uuid4()):
            with as_user(conn, who), refusal(conn, "42501") as no:
                conn.execute(f"select public.{function}(%s, %s)".encode(), (asked, sam))
            said.add((no.message, no.detail, no.hint))
    assert len(said) == 1
    with as_user(conn, world.enrollment_manager()):
        conn.execute(f"select public.{function}(%s, %s)".encode(), (session, sam))
        for pair in ((uuid4(), sam), (session, uuid4()), (None, sam), (session, None)):
            with refusal(conn, "PT404"):
                conn.execute(f"select public.{function}(%s, %s)".encode(), pair)


@pytest.mark.parametrize("function", ["explain_session_access", "explain_notifications"])
def test_the_owner_of_the_database_is_told_what_managers_are(
    conn: psycopg.Connection, world: World, batch: UUID, function: str
) -> None:
    sam, session = world.student(batch=batch), world.session(batch=batch)
    call = f"select public.{function}(%s, %s)".encode()
    # Of a session that nobody takes part in, too.
    for asked in (session, world.session(batch=world.batch("Winter"))):
        with as_user(conn, world.enrollment_manager()):
            told = conn.execute(call, (asked, sam)).fetchall()
        assert told
        assert conn.execute(call, (asked, sam)).fetchall() == told
        for pair in ((uuid4(), sam), (asked, uuid4()), (None, sam), (asked, None)):
            with refusal(conn, "PT404"):
                conn.execute(call, pair)


# -- Mails -----------------------------------------------------------------------------------------


def test_a_mail_is_followed_from_the_change_to_the_mail_server(
    asking: Asking, world: World, outbox: Outbox, batch: UUID
) -> None:
    sam = world.student("Sam", batch=batch)
    session = world.session(batch=batch)

    def now() -> tuple[str, str]:
        (told,) = asking.mails(session, sam)
        return told["status"], told["explanation"]

    assert now() == ("unexpanded", "waits for a notifier to find out whom it concerns")
    outbox.expand()
    assert now() == ("queued", "is due, and waits for a notifier to take it")
    (email,) = outbox.claim()
    assert now() == ("claimed", "the notifier a worker is making it")
    outbox.begin(email)
    assert now() == ("sending", "the notifier a worker has handed it over and awaits the answer")
    outbox.complete(email)
    status, explanation = now()
    assert status == "sent"
    assert explanation.startswith("was accepted by smtp at 20")
    (told,) = asking.mails(session, sam)
    assert (told["change"], told["kind"], told["attempts"]) == ("created", "session_scheduled", 1)
    assert told["sent_at"] is not None


def test_a_failure_and_the_next_attempt_are_told(
    asking: Asking, world: World, outbox: Outbox, batch: UUID
) -> None:
    sam = world.student("Sam", batch=batch)
    session = world.session(batch=batch)
    outbox.expand()
    (email,) = outbox.claim()
    outbox.fail(email, error="450 mailbox busy")
    (told,) = asking.mails(session, sam)
    assert told["explanation"].startswith("attempt 1 failed; it is tried again at 20")
    assert told["last_error"] == "450 mailbox busy"
    assert told["next_attempt_at"] is not None


def test_what_was_skipped_or_told_with_another_says_so(
    asking: Asking, world: World, outbox: Outbox, batch: UUID
) -> None:
    sam = world.student("Sam", batch=batch)
    session = world.session(batch=batch)
    outbox.expand()
    save(world.conn, session, title="Changed", status="cancelled")
    outbox.expand()
    outbox.deliver()
    created, cancelled = asking.mails(session, sam)
    assert (created["status"], cancelled["status"]) == ("skipped", "skipped")
    assert cancelled["change"] == "cancelled"
    assert created["explanation"] == "was not sent: the session had been called off by then"
    assert cancelled["explanation"] == (
        "was not sent: an earlier mail that was still waiting says it, too"
    )


def test_nobody_is_said_to_have_complained_whose_address_an_operator_suppressed(
    asking: Asking, world: World, outbox: Outbox, batch: UUID
) -> None:
    sam = world.student("Sam", batch=batch, email="sam@example.org")
    session = world.session(batch=batch)
    world.conn.execute("select notifier.suppress_address('sam@example.org')")
    outbox.deliver()
    (told,) = asking.mails(session, sam)
    assert told["explanation"] == (
        "was not sent: their address gets no mail:"
        " it bounced, they complained, or an operator said so"
    )


def test_who_is_not_concerned_and_what_was_merged_is_told(
    asking: Asking, world: World, outbox: Outbox, batch: UUID
) -> None:
    otto = world.student("Otto", batch=world.batch("Winter"))
    sam = world.student("Sam", batch=batch)
    session = world.session(batch=batch)
    save(world.conn, session, title="Renamed")
    outbox.deliver()
    first, second = asking.mails(session, otto)
    assert first["status"] == "not_concerned"
    assert second["explanation"] == f"is told together with change {first['event_id']}"
    assert second["changed_fields"] == ["title"]
    assert asking.mails(session, sam)[0]["status"] == "sent"


def test_an_attempt_in_doubt_is_told(
    conn: psycopg.Connection, asking: Asking, world: World, outbox: Outbox, batch: UUID
) -> None:
    sam = world.student("Sam", batch=batch)
    session = world.session(batch=batch)
    outbox.expand()
    (email,) = outbox.claim()
    outbox.begin(email)
    outbox.let_time_pass()
    conn.execute("select notifier.recover_expired_claims()")
    (told,) = asking.mails(session, sam)
    assert told["status"] == "in_doubt"
    assert told["explanation"].startswith("was handed over and the answer is unknown")
    assert told["in_doubt_at"] is not None


def test_somebody_elses_seat_is_not_told(
    asking: Asking, world: World, outbox: Outbox, batch: UUID
) -> None:
    sam, sita = world.student("Sam", batch=batch), world.student("Sita", batch=batch)
    session = world.session(batch=batch, registration_required=True)
    with as_user(world.conn, sam):
        world.conn.execute("select public.register_for_session(%s)", (session,))
    assert [told["change"] for told in asking.mails(session, sam)] == ["created", "registration"]
    assert [told["change"] for told in asking.mails(session, sita)] == ["created"]


def test_no_address_is_ever_shown(
    asking: Asking, world: World, outbox: Outbox, batch: UUID
) -> None:
    sam = world.student("Sam", batch=batch, email="sam@secret.test")
    session = world.session(batch=batch)
    outbox.deliver()
    assert "sam@secret.test" not in str(asking.mails(session, sam))


def test_every_reason_to_skip_has_words(conn: psycopg.Connection) -> None:
    constraint = conn.execute(
        "select pg_get_constraintdef(oid) from pg_constraint"
        " where conname = 'emails_skip_reason_known'"
    ).fetchone()
    source = conn.execute("select prosrc from pg_proc where proname = 'email_outcome'").fetchone()
    assert constraint is not None
    assert source is not None
    reasons = set(re.findall(r"'(\w+)'::text", constraint[0]))
    assert len(reasons) > 5
    assert {reason for reason in reasons if f"when '{reason}'" not in source[0]} == set()
