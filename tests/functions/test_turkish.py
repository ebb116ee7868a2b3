"""In a database that sorts in Turkish, where I and i are not the two cases of one letter."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg.types.json import Jsonb

from devstack import databases, migrations, platform
from devstack.databases import Database
from devstack.postgres import Server
from support.actors import as_user
from support.world import World

START = datetime(2031, 5, 6, 17, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def turkish(server: Server, run_name: str) -> Iterator[Database]:
    name = f"{run_name}_turkish"
    platform.install_cluster(server.superuser_url)
    with psycopg.connect(server.superuser_url, autocommit=True) as conn:
        conn.execute(
            f"create database {name} owner postgres template template0 encoding 'UTF8'"
            " locale_provider icu icu_locale 'tr'".encode()
        )
    made = Database(server, name)
    platform.install_database(made.superuser_url, "legacy")
    migrations.apply(made.url)
    yield made
    databases.drop(made)


@pytest.fixture
def conn(turkish: Database) -> Iterator[psycopg.Connection]:
    with psycopg.connect(turkish.url) as connection, connection.transaction(force_rollback=True):
        yield connection


@pytest.fixture
def world(conn: psycopg.Connection) -> World:
    return World(conn)


def scalar(conn: psycopg.Connection, query: str, *arguments: object) -> object:
    row = conn.execute(query.encode(), arguments).fetchone()
    assert row is not None
    return row[0]


def test_it_is_turkish(conn: psycopg.Connection) -> None:
    assert scalar(conn, "select lower('I') || upper('i')") == "ıİ"


def test_whoever_is_told_in_capitals_is_known(conn: psycopg.Connection, world: World) -> None:
    ingrid = world.student("Ingrid", email="ingrid@institute.example")

    assert (
        scalar(conn, "select private.match_participant('{}', '', 'INGRID@INSTITUTE.EXAMPLE')")
        == ingrid
    )


def test_an_account_in_capitals_is_known(conn: psycopg.Connection, world: World) -> None:
    """As a platform that keeps its own users may have stored it."""
    ingrid = world.student("Ingrid", email="INGRID@INSTITUTE.EXAMPLE")

    assert (
        scalar(conn, "select private.match_participant('{}', '', 'Ingrid@institute.example')")
        == ingrid
    )


def test_an_account_with_another_letter_is_not(conn: psycopg.Connection, world: World) -> None:
    world.student("Ingrid", email="\u0131ngr\u0131d@example.test")

    assert scalar(conn, "select private.match_participant('{}', '', 'ingrid@example.test')") is None


def test_the_review_queue_knows_whose_address_it_is(conn: psycopg.Connection, world: World) -> None:
    session = world.session(starts=START)

    queued = "select (private.queue_participant(%s, 'zoom', '', 'INGRID@X.EXAMPLE', '', '')).email"

    assert scalar(conn, queued, session) == "ingrid@x.example"


def test_attendance_is_imported_by_an_address_in_capitals(
    conn: psycopg.Connection, world: World
) -> None:
    batch = world.batch()
    ingrid = world.student("Ingrid", batch=batch, email="ingrid@institute.example")
    session = world.session(batch=batch, starts=START)
    rows = Jsonb([{"email": "INGRID@INSTITUTE.EXAMPLE", "status": "PARTIAL"}])

    read = (
        "select student_id from public.success_sessions as session"
        " cross join lateral private.read_attendance_rows(session, %s)"
        " where session.id = %s and problem is null"
    )

    assert scalar(conn, read, rows, session) == ingrid


def test_an_address_in_capitals_is_suppressed_and_limited(
    conn: psycopg.Connection, world: World
) -> None:
    hashes = "select notifier.address_hash(%s) = notifier.address_hash(%s)"
    assert scalar(conn, hashes, "INGRID@INSTITUTE.EXAMPLE", "ingrid@institute.example")

    conn.execute("select notifier.set_send_limit('INSTITUTE.EXAMPLE', 60)")
    assert scalar(conn, "select domain from notifier.send_limits") == "institute.example"
    conn.execute("select notifier.set_send_limit('INSTITUTE.EXAMPLE', null)")
    assert scalar(conn, "select count(*) from notifier.send_limits") == 0


def test_a_rule_may_be_written_in_small_letters(conn: psycopg.Connection, world: World) -> None:
    with as_user(conn, world.user("Ada", "admin")):
        rows = conn.execute(
            "select start_time from public.preview_recurrence(%s, %s, 'UTC')",
            (Jsonb({"rrule": "rrule:freq=daily;interval=2;count=2"}), START),
        ).fetchall()

    assert rows == [(START,), (START + timedelta(days=2),)]


def test_who_is_erased_is_forgotten_by_the_review_queue(
    conn: psycopg.Connection, world: World
) -> None:
    ingrid = world.student("Ingrid", email="INGRID@INSTITUTE.EXAMPLE")
    session = world.session(starts=START)
    queue = "select private.queue_participant(%s, 'zoom', '', 'Ingrid@Institute.example', '', '')"
    conn.execute(queue, (session,))
    shown = "select jsonb_array_length(public.export_user_data(%s) -> %s)"
    with as_user(conn, world.user("Ada", "superadmin")):
        assert scalar(conn, shown, ingrid, "private.unmatched_participants") == 1
        conn.execute("select public.erase_user(%s)", (ingrid,))
    assert scalar(conn, "select count(email) from private.unmatched_participants") == 0
