"""Acting as somebody takes hold for the block and leaves no trace after it."""

from __future__ import annotations

import contextlib
from uuid import uuid4

import psycopg

from support.actors import as_anon, as_service, as_user, refused


def who(conn: psycopg.Connection) -> tuple[str, str | None, str | None]:
    row = conn.execute("select current_user, auth.uid()::text, auth.role()").fetchone()
    assert row is not None
    return row


def test_the_role_and_the_claims_are_the_users_inside_the_block(conn: psycopg.Connection) -> None:
    student = uuid4()

    with as_user(conn, student):
        inside = who(conn)

    assert inside == ("authenticated", str(student), "authenticated")
    assert who(conn) == ("postgres", None, None)


def test_blocks_nest_and_the_outer_actor_comes_back(conn: psycopg.Connection) -> None:
    outer, inner = uuid4(), uuid4()

    with as_user(conn, outer):
        with as_user(conn, inner):
            assert who(conn)[1] == str(inner)
        with as_anon(conn):
            assert who(conn) == ("anon", None, "anon")
        with as_service(conn):
            assert who(conn) == ("service_role", None, "service_role")
        assert who(conn) == ("authenticated", str(outer), "authenticated")


def test_a_refused_statement_leaves_the_transaction_usable(conn: psycopg.Connection) -> None:
    with as_user(conn, uuid4()):
        with refused(conn, match="permission denied"):
            conn.execute("select * from auth.users")
        assert who(conn)[0] == "authenticated"


def test_a_failed_block_still_gives_the_role_back(conn: psycopg.Connection) -> None:
    with as_user(conn, uuid4()), contextlib.suppress(psycopg.errors.DivisionByZero):
        conn.execute("select 1 / 0")

    assert who(conn) == ("postgres", None, None)
