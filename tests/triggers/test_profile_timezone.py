"""A profile names a zone that every program knows."""

from __future__ import annotations

import secrets

import psycopg
import pytest

from support.actors import as_user
from support.sessions import refusal
from support.world import World


@pytest.mark.parametrize("zone", ["Mars/Olympus", "europe/berlin", "CEST", "", "x" * 100])
def test_an_unknown_zone_is_refused_in_words(
    conn: psycopg.Connection, world: World, zone: str
) -> None:
    student = world.student(timezone="Asia/Kolkata")
    with as_user(conn, student), refusal(conn, "22023") as refused:
        conn.execute("update public.profiles set timezone = %s where id = %s", (zone, student))

    assert refused.message == f"timezone '{zone[:60]}' is not an IANA time zone"
    assert refused.hint == "Send a name such as Europe/Berlin, Asia/Kolkata or UTC."


def test_a_zone_too_long_for_the_index_is_no_server_error(
    conn: psycopg.Connection, world: World
) -> None:
    student = world.student()
    with as_user(conn, student), refusal(conn, "22023"):
        conn.execute(
            "update public.profiles set timezone = %s where id = %s",
            (secrets.token_hex(8000), student),
        )


def test_a_known_zone_is_taken(conn: psycopg.Connection, world: World) -> None:
    student = world.student()
    with as_user(conn, student):
        taken = conn.execute(
            "update public.profiles set timezone = %s where id = %s returning timezone",
            ("Europe/Berlin", student),
        ).fetchone()

    assert taken == ("Europe/Berlin",)
