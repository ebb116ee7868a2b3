"""A link in a mail switches off this one kind of mail for this one person, and nothing else."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from support.actors import as_anon, as_service, as_user, refused
from support.outbox import Claimed, Outbox, change
from support.world import World


@pytest.fixture
def update(world: World, outbox: Outbox, batch: UUID, anna: UUID) -> Claimed:
    """A mail to Anna that she could do without."""
    session = world.session(batch=batch, starts=timedelta(weeks=1))
    outbox.deliver()
    change(world.conn, session, title="Renamed")
    (email,) = outbox.deliver()
    return email


def unsubscribe(conn: psycopg.Connection, token: str | None, confirm: bool = True) -> str:
    with as_service(conn):
        row = conn.execute("select public.unsubscribe(%s, %s)", (token, confirm)).fetchone()
    assert row is not None
    return str(row[0])


def choices(conn: psycopg.Connection) -> list[tuple[UUID, str, bool]]:
    return conn.execute(
        "select user_id, kind, enabled from public.notification_preferences"
    ).fetchall()


def test_the_link_of_a_mail_switches_its_kind_off(
    world: World, outbox: Outbox, anna: UUID, update: Claimed
) -> None:
    assert unsubscribe(world.conn, update.unsubscribe_token, confirm=False) == "session_updated"
    assert choices(world.conn) == []
    for _ in range(2):
        assert unsubscribe(world.conn, update.unsubscribe_token) == "session_updated"
        assert choices(world.conn) == [(anna, "session_updated", False)]
    change(world.conn, UUID(update.session["id"]), title="Renamed again")
    assert outbox.deliver() == []
    assert outbox.statuses()[-1] == "switched_off"


def test_other_choices_stay(world: World, anna: UUID, update: Claimed) -> None:
    world.conn.execute(
        "insert into public.notification_preferences (user_id, kind, reminder_minutes)"
        " values (%s, 'session_reminder', '{60}')",
        (anna,),
    )
    unsubscribe(world.conn, update.unsubscribe_token)
    assert set(choices(world.conn)) == {
        (anna, "session_reminder", True),
        (anna, "session_updated", False),
    }


def test_mails_that_cannot_be_switched_off_have_no_link(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = world.session(batch=batch, starts=timedelta(weeks=1))
    emails = outbox.deliver()
    change(world.conn, session, title="Renamed", link="https://zoom.us/j/987654321")
    emails += outbox.deliver()
    change(world.conn, session, status="cancelled")
    emails += outbox.deliver()
    assert [email.unsubscribe_token for email in emails] == [None, None, None]


def test_a_mail_of_several_parts_has_one_if_they_are_all_of_one_kind(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    sessions = [world.session(batch=batch, starts=timedelta(weeks=week)) for week in (1, 2)]
    outbox.deliver()
    with outbox.one_transaction():
        for session in sessions:
            change(world.conn, session, title="Renamed")
    (renamed,) = outbox.deliver()
    assert (renamed.kind, unsubscribe(world.conn, renamed.unsubscribe_token, False)) == (
        "series_updated",
        "session_updated",
    )
    with outbox.one_transaction():
        change(world.conn, sessions[0], title="Renamed again")
        change(world.conn, sessions[1], status="cancelled")
    (mixed,) = outbox.deliver()
    assert mixed.unsubscribe_token is None


def forgeries(token: str) -> list[str | None]:
    kind, user, signature = token.split(".")
    return [
        None,
        "",
        "x",
        f"{kind}.{user}.{signature[:-1]}",
        f"{kind}.{user}.{signature[:-1]}{'0' if signature[-1] != '0' else '1'}",
        f"{kind}.{user}.{signature.upper()}",
        f"session_reminder.{user}.{signature}",
        f"session_cancelled.{user}.{signature}",
        f"{kind}.{uuid4().hex}.{signature}",
        f"{token}\n",
        f"{token}.{signature}",
    ]


def test_nothing_else_is_a_token(world: World, update: Claimed) -> None:
    assert update.unsubscribe_token is not None
    for forged in forgeries(update.unsubscribe_token):
        with refused(world.conn, psycopg.DatabaseError, "link is not valid"):
            unsubscribe(world.conn, forged)
    assert choices(world.conn) == []
    unsubscribe(world.conn, update.unsubscribe_token)


def test_a_token_for_a_kind_that_cannot_be_switched_off_is_none(world: World, anna: UUID) -> None:
    """Even a rightly signed one, of a kind that could once be switched off."""
    row = world.conn.execute(
        "select private.unsubscribe_token(private.unsubscribe_key(), %s, 'session_cancelled')",
        (anna,),
    ).fetchone()
    assert row is not None
    with refused(world.conn, psycopg.DatabaseError, "link is not valid"):
        unsubscribe(world.conn, row[0])


def test_a_token_of_somebody_who_is_gone_is_none(world: World, anna: UUID, update: Claimed) -> None:
    world.conn.execute("delete from auth.users where id = %s", (anna,))
    with refused(world.conn, psycopg.DatabaseError, "link is not valid"):
        unsubscribe(world.conn, update.unsubscribe_token)


def test_another_key_makes_old_links_worthless(world: World, update: Claimed) -> None:
    world.conn.execute("delete from vault.secrets where name = 'notifier/unsubscribe_key'")
    with refused(world.conn, psycopg.DatabaseError, "link is not valid"):
        unsubscribe(world.conn, update.unsubscribe_token)


def test_only_the_service_may_ask(world: World, anna: UUID, update: Claimed) -> None:
    for acting in (as_anon(world.conn), as_user(world.conn, anna)):
        with (
            refused(world.conn, psycopg.errors.InsufficientPrivilege, "permission denied"),
            acting,
        ):
            world.conn.execute("select public.unsubscribe(%s, true)", (update.unsubscribe_token,))


@pytest.mark.parametrize("length", [0, 1, 32, 63, 64, 65, 200])
def test_the_signature_is_an_hmac(conn: psycopg.Connection, anna: UUID, length: int) -> None:
    key, claim = bytes(range(length)), f"session_reminder.{anna.hex}"
    row = conn.execute(
        "select private.unsubscribe_token(%s, %s, 'session_reminder')", (key, anna)
    ).fetchone()
    signed = f"unsubscribe.{claim}".encode()
    assert row == (f"{claim}.{hmac.new(key, signed, hashlib.sha256).hexdigest()}",)
