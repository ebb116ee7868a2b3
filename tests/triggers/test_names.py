"""What managers name is shown in one line, of mails' subjects too."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from support.actors import as_user
from support.sessions import refusal
from support.world import World

NAMED = ("courses", "batches", "meeting_platforms")


@pytest.fixture
def admin(world: World) -> UUID:
    world.batch()
    return world.admin()


@pytest.mark.parametrize("table", NAMED)
@pytest.mark.parametrize("name", [" ", "x" * 201, "Two\nlines"])
def test_a_name_is_one_line_of_200_characters_at_most(
    conn: psycopg.Connection, admin: UUID, table: str, name: str
) -> None:
    update = sql.SQL("update public.{} set name = %s").format(sql.Identifier(table))
    with as_user(conn, admin):
        with refusal(conn, "22023") as refused:
            conn.execute(update, (name,))
        conn.execute(update, ("x" * 200,))

    assert refused.message == "name must be one line of 1 to 200 characters"
