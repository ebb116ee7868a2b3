"""The meeting's link fails: everybody is led to the backup at once, told once, and led back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.rows import dict_row

from devstack.databases import Database
from support.actors import as_user
from support.meetings import calling
from support.outbox import Outbox, change
from support.rush import at_once
from support.sessions import refusal, save
from support.world import World

MINUTE = timedelta(minutes=1)
LINK = "https://zoom.us/j/123456789"
BACKUP = "https://meet.jit.si/backup"


def call(conn: psycopg.Connection, user: UUID, function: str, **arguments: Any) -> dict[str, Any]:
    with as_user(conn, user), conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(calling(function, *arguments), arguments).fetchone()
    assert row is not None
    return row


@pytest.fixture
def mentor(world: World) -> UUID:
    return world.mentor("Marta")


@pytest.fixture
def running(world: World, batch: UUID, mentor: UUID) -> UUID:
    return world.session(
        batch=batch,
        mentor=mentor,
        starts=-5 * MINUTE,
        link=f"{LINK}?pwd=linksecret",
        backup_link=f"{BACKUP}?pwd=backupsecret",
        zoom_meeting_id="123456789",
        zoom_passcode="codesecret",
    )


@pytest.fixture
def outbox(conn: psycopg.Connection, anna: UUID, running: UUID) -> Outbox:
    """Everybody has been invited."""
    outbox = Outbox(conn)
    outbox.deliver()
    return outbox


def calendar_row(conn: psycopg.Connection, user: UUID, session: UUID) -> tuple[Any, ...] | None:
    with as_user(conn, user):
        return conn.execute(
            "select link, backup_link, zoom_meeting_id, is_on_backup_link"
            " from public.segmented_weekly_success_sessions where id = %s",
            (session,),
        ).fetchone()


def test_everybody_is_led_to_the_backup_at_once(
    conn: psycopg.Connection, anna: UUID, mentor: UUID, running: UUID
) -> None:
    before = call(conn, anna, "join_session", session_id=running)
    assert (before["link"], before["is_on_backup_link"]) == (f"{LINK}?pwd=linksecret", False)
    assert calendar_row(conn, anna, running) == (LINK, BACKUP, "123456789", False)

    row = call(conn, mentor, "report_link_failure", session_id=running, note="Zoom is down")

    assert (row["id"], row["link_failure_note"]) == (running, "Zoom is down")
    assert row["link_failed_at"] is not None
    after = call(conn, anna, "join_session", session_id=running)
    assert after["link"] == after["backup_link"] == f"{BACKUP}?pwd=backupsecret"
    assert (after["zoom_meeting_id"], after["passcode"], after["is_on_backup_link"]) == (
        None,
        None,
        True,
    )
    assert calendar_row(conn, anna, running) == (BACKUP, BACKUP, None, True)
    # The host still needs both.
    credentials = call(conn, mentor, "session_credentials", session_id=running)
    assert (credentials["link"], credentials["passcode"]) == (
        f"{LINK}?pwd=linksecret",
        "codesecret",
    )


def test_everybody_is_told_by_one_mail(
    conn: psycopg.Connection, outbox: Outbox, anna: UUID, mentor: UUID, running: UUID
) -> None:
    call(conn, mentor, "report_link_failure", session_id=running, note="Zoom is down")
    call(conn, mentor, "report_link_failure", session_id=running)

    told = outbox.deliver()

    assert {(mail.recipient_id, mail.kind) for mail in told} == {
        (anna, "meeting_link_changed"),
        (mentor, "meeting_link_changed"),
    }
    assert len(told) == 2
    for mail in told:
        assert mail.changes == {"meeting_link": {"old": False, "new": True}}
        assert mail.session["uses_backup_link"] is True
        assert mail.session["link_failure_note"] == "Zoom is down"
        assert mail.calendar_method == "REQUEST"
        assert "secret" not in str(mail)


@pytest.mark.parametrize(
    ("secret", "next_number", "next_secret"),
    [("", 2, ""), ("?pwd=sparesecret", 2, "?pwd=othersecret"), ("?pwd=spare", 1, "?pwd=other")],
    ids=["without a passcode", "with a passcode", "with another passcode"],
)
def test_a_backup_link_is_told_of_only_while_it_is_in_use(
    conn: psycopg.Connection,
    outbox: Outbox,
    mentor: UUID,
    running: UUID,
    secret: str,
    next_number: int,
    next_secret: str,
) -> None:
    change(conn, running, backup_link=f"https://spare.example.test/1{secret}")
    assert outbox.deliver() == []

    call(conn, mentor, "report_link_failure", session_id=running)
    outbox.deliver()
    change(conn, running, backup_link=f"https://spare.example.test/{next_number}{next_secret}")

    told = outbox.deliver()

    assert len(told) == 2
    for mail in told:
        assert mail.changes == {"meeting_details": {"old": True, "new": True}}


def test_the_mail_goes_before_what_waits(
    conn: psycopg.Connection, outbox: Outbox, mentor: UUID, running: UUID
) -> None:
    call(conn, mentor, "report_link_failure", session_id=running)
    outbox.expand()

    assert {mail["urgent"] for mail in outbox.rows(status="queued")} == {True}


def test_the_host_takes_it_back(
    conn: psycopg.Connection, outbox: Outbox, anna: UUID, mentor: UUID, running: UUID
) -> None:
    call(conn, mentor, "report_link_failure", session_id=running)
    outbox.deliver()

    row = call(conn, mentor, "withdraw_link_failure", session_id=running)

    assert (row["link_failed_at"], row["link_failure_note"]) == (None, None)
    assert call(conn, anna, "join_session", session_id=running)["passcode"] == "codesecret"
    told = outbox.deliver()
    assert [(mail.kind, mail.changes) for mail in told] == [
        ("meeting_link_changed", {"meeting_link": {"old": True, "new": False}})
    ] * 2


def test_taken_back_before_anybody_heard_of_it_tells_nobody(
    conn: psycopg.Connection, outbox: Outbox, mentor: UUID, running: UUID
) -> None:
    call(conn, mentor, "report_link_failure", session_id=running)
    call(conn, mentor, "withdraw_link_failure", session_id=running)

    assert outbox.deliver() == []


def test_another_link_takes_the_place_of_the_one_that_failed(
    conn: psycopg.Connection, anna: UUID, mentor: UUID, running: UUID
) -> None:
    call(conn, mentor, "report_link_failure", session_id=running)
    with as_user(conn, mentor):
        # A form that sends back what it read changes nothing.
        assert save(conn, running, title="Renamed", link=LINK)["link_failed_at"] is not None
        assert save(conn, running, link="https://zoom.us/j/999999999")["link_failed_at"] is None

    assert call(conn, anna, "join_session", session_id=running)["link"] == (
        "https://zoom.us/j/999999999"
    )


def test_calendars_hear_of_a_new_revision(
    conn: psycopg.Connection, mentor: UUID, running: UUID
) -> None:
    before = conn.execute(
        "select sequence from public.success_sessions where id = %s", (running,)
    ).fetchone()
    assert before is not None

    row = call(conn, mentor, "report_link_failure", session_id=running)
    assert row["sequence"] == before[0] + 1
    assert call(conn, mentor, "report_link_failure", session_id=running)["sequence"] == (
        before[0] + 1
    )


def test_without_a_backup_link_it_is_refused(
    conn: psycopg.Connection, mentor: UUID, running: UUID
) -> None:
    change(conn, running, backup_link=None)

    with as_user(conn, mentor), refusal(conn, "PT409") as refused:
        conn.execute("select public.report_link_failure(%s)", (running,))

    assert refused.message == "this session has no backup link"
    assert refused.hint == "Change its link, or give it a backup_link first."


def test_the_backup_link_stays_while_it_is_used(
    conn: psycopg.Connection, mentor: UUID, running: UUID
) -> None:
    call(conn, mentor, "report_link_failure", session_id=running)

    with as_user(conn, mentor), refusal(conn, "22023") as refused:
        save(conn, running, backup_link=None)

    assert refused.message == "backup_link is in use, because link has failed"


@pytest.mark.parametrize("function", ["report_link_failure", "withdraw_link_failure"])
@pytest.mark.parametrize(
    ("status", "message"), [("completed", "this session is over"), ("cancelled", "cancelled")]
)
def test_what_is_over_cannot_fail(
    conn: psycopg.Connection,
    mentor: UUID,
    running: UUID,
    function: str,
    status: str,
    message: str,
) -> None:
    change(conn, running, status=status)

    with as_user(conn, mentor), refusal(conn, "PT409") as refused:
        conn.execute(calling(function, "session_id"), {"session_id": running})

    assert refused.message is not None
    assert message in refused.message


@pytest.mark.parametrize("function", ["report_link_failure", "withdraw_link_failure"])
def test_only_host_and_managers_decide(
    conn: psycopg.Connection,
    world: World,
    anna: UUID,
    mentor: UUID,
    running: UUID,
    function: str,
) -> None:
    query, arguments = calling(function, "session_id"), {"session_id": running}
    with as_user(conn, anna), refusal(conn, "42501") as refused:
        conn.execute(query, arguments)
    assert refused.message == "only the host of a session and managers may do this"

    with as_user(conn, world.mentor()), refusal(conn, "PT404") as hidden:
        conn.execute(query, arguments)
    nowhere = uuid4()
    with as_user(conn, anna), refusal(conn, "PT404") as unknown:
        conn.execute(query, {"session_id": nowhere})
    assert hidden.message == f"session_id {running} is unknown or not visible to you"
    assert unknown.message == f"session_id {nowhere} is unknown or not visible to you"

    for user in (mentor, world.enrollment_manager()):
        assert call(conn, user, function, session_id=running)["id"] == running


def test_the_note_is_bounded(conn: psycopg.Connection, mentor: UUID, running: UUID) -> None:
    with as_user(conn, mentor), refusal(conn, "22023") as refused:
        conn.execute("select public.report_link_failure(%s, %s)", (running, "x" * 501))
    assert refused.message == "note must be at most 500 characters"


@pytest.mark.parametrize("column", ["link_failed_at", "link_failure_note"])
def test_nobody_writes_it_past_the_function(
    conn: psycopg.Connection, world: World, running: UUID, column: str
) -> None:
    with as_user(conn, world.superadmin()), refusal(conn, "42501"):
        save(conn, running, **{column: None})


def test_reported_by_many_at_once_is_reported_once(database: Database) -> None:
    with psycopg.connect(database.url) as connection:
        world = World(connection)
        mentor = world.mentor()
        session = world.session(mentor=mentor, starts=-5 * MINUTE, backup_link=BACKUP)
        connection.execute("delete from notifier.events")

    outcomes = at_once(
        database,
        [("select public.report_link_failure(%(id)s)", {"id": session})] * 6,
        user=mentor,
    )

    assert outcomes == {"done": 6}
    with psycopg.connect(database.url) as connection:
        row = connection.execute("select count(*) from notifier.events").fetchone()
    assert row == (1,)
