"""SEQUENCE rises with each change that an invitation shows, and nobody writes the bookkeeping."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

from support.actors import as_user
from support.sessions import create, read, refusal, save, tomorrow
from support.world import World

START = tomorrow()
HOUR = timedelta(hours=1)

SHOWN: tuple[dict[str, Any], ...] = (
    {"title": "Another title"},
    {"description": "What to bring"},
    {"start_time": START + HOUR, "end_time": START + 2 * HOUR},
    {"end_time": START + 2 * HOUR},
    {"timezone": "Europe/Berlin"},
    {"platform": "jitsi"},
    {"link": "https://zoom.us/j/987654321"},
    {"link": "https://zoom.us/j/123456789?pwd=secret"},
    {"backup_link": "https://meet.example/room"},
    {"zoom_meeting_id": "123456789"},
    {"zoom_passcode": "secret"},
    {"registration_required": True},
    {"mentor_id": "a mentor"},
    {"course_id": "a course"},
    {"status": "cancelled"},
    {"status": "cancelled", "cancel_reason": "Ill"},
)
NOT_SHOWN: tuple[dict[str, Any], ...] = (
    {"session_type": "group_coaching"},
    {"platform_data": Jsonb({"room": "A"})},
    {"platform_data": Jsonb({"host_link": "https://zoom.us/s/1"})},
    {"title": "Some Session"},
    {"zoom_passcode": None},
    {"zoom_passcode": ""},
)


@pytest.fixture
def session(world: World) -> UUID:
    return world.session(starts=START)


def revision(conn: psycopg.Connection, session: UUID) -> int:
    sequence: int = read(conn, session)["sequence"]
    return sequence


@pytest.mark.parametrize("columns", SHOWN, ids=str)
def test_what_people_see_is_a_revision(
    conn: psycopg.Connection, world: World, session: UUID, columns: dict[str, Any]
) -> None:
    made = {"a mentor": world.mentor(), "a course": world.course()}
    columns = {name: made.get(value, value) for name, value in columns.items()}

    with as_user(conn, world.admin()):
        first = save(conn, session, **columns)
        again = save(conn, session, **columns)

    assert first["sequence"] == 1
    assert again["sequence"] == 1, "saving the same once more changed nothing"


@pytest.mark.parametrize("columns", NOT_SHOWN, ids=repr)
def test_what_people_do_not_see_is_none(
    conn: psycopg.Connection, world: World, session: UUID, columns: dict[str, Any]
) -> None:
    with as_user(conn, world.admin()):
        assert save(conn, session, **columns)["sequence"] == 0


def test_going_live_is_no_revision_but_ending_early_is(
    conn: psycopg.Connection, world: World
) -> None:
    session = world.session(starts=-timedelta(minutes=10))

    assert save(conn, session, status="live")["sequence"] == 0
    assert save(conn, session, status="completed")["sequence"] == 1


def test_the_clock_ending_a_session_is_no_revision(conn: psycopg.Connection, world: World) -> None:
    session = world.session(starts=-2 * HOUR)
    conn.execute("select notifier.tick()")

    assert read(conn, session)["status"] == "completed"
    assert revision(conn, session) == 0


def test_reinstating_is_a_revision(conn: psycopg.Connection, world: World) -> None:
    session = world.session(status="cancelled")
    with as_user(conn, world.admin()):
        assert save(conn, session, status="upcoming")["sequence"] == 1


def test_each_revision_counts(conn: psycopg.Connection, session: UUID, world: World) -> None:
    with as_user(conn, world.admin()):
        revisions = [save(conn, session, title=f"Title {n}")["sequence"] for n in range(5)]

    assert revisions == [1, 2, 3, 4, 5]


def test_updated_at_is_when_it_last_changed(
    conn: psycopg.Connection, world: World, session: UUID
) -> None:
    # Not the transaction's start, which is the same for all of them.
    seen = [read(conn, session)["updated_at"]]
    with as_user(conn, world.admin()):
        seen += [save(conn, session, title=title)["updated_at"] for title in ("One", "Two")]

    assert seen == sorted(set(seen))
    assert read(conn, session)["created_at"] <= seen[1]


@pytest.mark.parametrize(
    "name",
    [
        "sequence",
        "updated_at",
        "created_at",
        "created_by",
        "credentials_updated_at",
        "backup_credentials_updated_at",
    ],
)
@pytest.mark.parametrize("verb", ["insert", "update"])
def test_nobody_writes_the_bookkeeping(
    conn: psycopg.Connection, world: World, session: UUID, name: str, verb: str
) -> None:
    superadmin = world.superadmin()
    values = {"sequence": 7, "created_by": superadmin}
    column = {name: values.get(name, START)}

    with as_user(conn, superadmin), refusal(conn, "42501") as refused:
        if verb == "insert":
            create(conn, **column)
        else:
            save(conn, session, **column)

    assert refused.message == "permission denied for table success_sessions"


@pytest.mark.parametrize("name", ["audience_key", "host_key", "status_due_at"])
def test_not_even_the_system_writes_what_is_generated(
    conn: psycopg.Connection, session: UUID, name: str
) -> None:
    with refusal(conn, "428C9"):
        conn.execute(
            sql.SQL("update public.success_sessions set {} = null where id = %s").format(
                sql.Identifier(name)
            ),
            (session,),
        )


def test_created_by_is_who_asked(conn: psycopg.Connection, world: World) -> None:
    mentor = world.mentor()
    with as_user(conn, mentor):
        assert create(conn, mentor_id=mentor)["created_by"] == mentor
    assert create(conn)["created_by"] is None
