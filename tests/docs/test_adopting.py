"""A platform with tables of its own follows docs/adopting.md, and its people see their sessions."""

from __future__ import annotations

import re
from uuid import UUID

import psycopg
import pytest

from devstack.databases import Database
from devstack.paths import ROOT
from support.actors import as_user
from support.people import unreadable
from support.sessions import refusal
from support.world import World

PAGE = ROOT / "docs" / "adopting.md"
BLOCKS = re.findall(r"^```sql\n(.*?)^```$", PAGE.read_text(), re.M | re.S)


@pytest.fixture
def adopted(conn: psycopg.Connection) -> psycopg.Connection:
    """A database in which every block of the page was executed, in order."""
    assert len(BLOCKS) == 9
    for block in BLOCKS:
        conn.execute(block.encode())
    return conn


def id_of(conn: psycopg.Connection, kind: str, number: int) -> UUID:
    row = conn.execute("select academy.uuid_of(%s, %s)", (kind, number)).fetchone()
    assert row is not None
    return UUID(str(row[0]))


def sees(conn: psycopg.Connection, user: int, session: UUID) -> bool:
    with as_user(conn, id_of(conn, "user", user)):
        found = conn.execute("select from public.success_sessions where id = %s", (session,))
        return found.fetchone() is not None


def matched(conn: psycopg.Connection, email: str) -> UUID | None:
    """Whom a platform's word that this address came is taken to mean."""
    row = conn.execute("select private.match_participant('{}', null, %s)", (email,)).fetchone()
    assert row is not None
    found: UUID | None = row[0]
    return found


def drift(conn: psycopg.Connection) -> list[tuple[object, ...]]:
    return conn.execute("select * from academy.membership_drift").fetchall()


@pytest.fixture
def session(adopted: psycopg.Connection) -> UUID:
    """A session of the cohort, hosted by their teacher."""
    return World(adopted).session(
        batch=id_of(adopted, "cohort", 100), mentor=id_of(adopted, "user", 1)
    )


def test_who_was_there_already_sees_their_sessions(
    adopted: psycopg.Connection, session: UUID
) -> None:
    assert sees(adopted, 2, session)
    assert sees(adopted, 1, session)
    assert drift(adopted) == []
    profile = adopted.execute(
        "select full_name, timezone from public.profiles where id = %s",
        (id_of(adopted, "user", 1),),
    ).fetchone()
    assert profile == ("Tess Teacher", "Europe/Berlin")


def test_a_meetings_participant_is_matched_by_the_address_that_was_copied(
    adopted: psycopg.Connection,
) -> None:
    lea = id_of(adopted, "user", 2)
    assert matched(adopted, "Lea@Academy.test") == lea
    adopted.execute("update academy.users set email = 'lea@new.test' where id = 2")
    assert matched(adopted, "lea@new.test") == lea
    assert matched(adopted, "lea@academy.test") is None


def test_what_supabase_auth_reads_of_every_user_is_written(adopted: psycopg.Connection) -> None:
    assert unreadable(adopted) == []
    # The control.
    adopted.execute("update auth.users set recovery_token = null")
    assert len(unreadable(adopted)) == 2


@pytest.mark.parametrize(
    "leave",
    [
        "update academy.memberships set state = 'on_hold' where user_id = 2",
        "update academy.memberships set cohort_id = null where user_id = 2",
        "delete from academy.memberships where user_id = 2",
    ],
    ids=["on hold", "another cohort", "gone"],
)
def test_access_ends_in_the_transaction_that_ends_the_membership(
    adopted: psycopg.Connection, session: UUID, leave: str
) -> None:
    assert sees(adopted, 2, session)
    adopted.execute(leave.encode())
    assert not sees(adopted, 2, session)
    assert drift(adopted) == []
    kept = adopted.execute("select count(*) from public.course_enrollments").fetchone()
    assert kept == (1,)


def test_who_joins_later_in_one_statement_with_many_sees_them_too(
    adopted: psycopg.Connection, session: UUID
) -> None:
    adopted.execute(
        "insert into academy.users select number, number || '@academy.test', 'Learner ' || number"
        " from generate_series(3, 52) as number"
    )
    adopted.execute(
        "insert into academy.memberships select id, 10, 100, 'enrolled' from academy.users"
        " where id > 2"
    )
    assert sees(adopted, 52, session)
    assert drift(adopted) == []


def test_a_teacher_who_teaches_no_more_hosts_nothing(
    adopted: psycopg.Connection, session: UUID
) -> None:
    adopted.execute("update academy.users set is_teacher = false, name = 'Tess' where id = 1")
    assert not sees(adopted, 1, session)
    renamed = adopted.execute(
        "select full_name from public.profiles where id = %s", (id_of(adopted, "user", 1),)
    ).fetchone()
    assert renamed == ("Tess",)


def test_the_job_copies_what_was_replicated(
    database: Database,
) -> None:
    """The worker of logical replication fires row triggers only, and in them none of ours."""
    job = (BLOCKS[5], BLOCKS[8])
    with psycopg.connect(database.url, autocommit=True) as conn:
        for block in BLOCKS:
            conn.execute(block.encode())
        session = World(conn).session(batch=id_of(conn, "cohort", 100))
        with psycopg.connect(database.superuser_url, autocommit=True) as worker:
            worker.execute("set session_replication_role = replica")
            worker.execute("delete from academy.memberships")
            worker.execute("insert into academy.users values (3, 'x@academy.test', 'Xenia')")
            worker.execute("insert into academy.memberships values (3, 10, 100, 'enrolled')")
        assert len(drift(conn)) == 2

        for block in job:
            conn.execute(block.encode())

        assert drift(conn) == []
        assert not sees(conn, 2, session)
        assert sees(conn, 3, session)
        assert conn.execute(
            "select full_name from public.profiles where id = %s", (id_of(conn, "user", 3),)
        ).fetchone() == ("Xenia",)


def test_nobody_changes_the_copy_behind_the_masters_back(adopted: psycopg.Connection) -> None:
    manager = World(adopted).admin()
    with as_user(adopted, manager):
        for statement in (
            "insert into public.courses (name) values ('Mine')",
            "update public.course_enrollments set status = 'paused' where true",
            "delete from public.batches where true",
        ):
            with refusal(adopted, "42501"):
                adopted.execute(statement.encode())
        assert adopted.execute("select count(*) from public.courses").fetchone() == (1,)


def test_what_was_changed_behind_the_masters_back_shows(adopted: psycopg.Connection) -> None:
    adopted.execute("update public.course_enrollments set status = 'paused'")
    assert drift(adopted) == [(2, 10, "enrolled", "paused")]
