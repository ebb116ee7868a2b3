"""docs/security.md says who may do what as the database does."""

from __future__ import annotations

import psycopg

from devstack import rights
from devstack.databases import Database


def test_the_page_of_rights_is_fresh(database: Database) -> None:
    assert rights.PAGE.read_text() == rights.page(database.url), "run make types"


def test_another_right_shows_on_the_page(database: Database) -> None:
    with psycopg.connect(database.url) as connection:
        connection.execute("grant update (created_at) on public.courses to authenticated")
        connection.execute("grant execute on function public.join_session to anon")
    fresh = rights.rights(database.url)
    assert "| manager: `name`, `created_at` |" in fresh
    assert "| `join_session(session_id)` | `anon`, `authenticated` | its owner |" in fresh
