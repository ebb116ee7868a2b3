"""The typed clients in clients/ are what the database gives today."""

import psycopg

from devstack import clients
from devstack.databases import Database


def test_the_typed_clients_are_fresh(database: Database) -> None:
    stale = [
        path.name
        for path, text in clients.generate(database.url).items()
        if not path.is_file() or path.read_text() != text
    ]

    assert stale == [], "run make types"


def test_a_new_column_reaches_both_clients(database: Database) -> None:
    with psycopg.connect(database.url) as connection:
        connection.execute("alter table public.courses add column syllabus_url text")

    generated = clients.generate(database.url)

    assert all("syllabus_url" in text for text in generated.values())
