"""Builds a database from sql/: what the schema is now."""

import psycopg

from devstack.config import Config
from devstack.paths import ROOT


def apply_sql_tree(postgres_url: str) -> None:
    """Execute every file of `[db.migrations] schema_paths`, in that order, in one transaction.

    Args:
        postgres_url: URL of role `postgres` in a database with the platform installed.

    Raises:
        psycopg.Error: A statement failed; a note on it names the file.
    """
    with psycopg.connect(postgres_url) as connection:
        for path in Config.read().schema_paths:
            try:
                connection.execute(path.read_bytes())
            except psycopg.Error as error:
                error.add_note(f"in {path.relative_to(ROOT)}")
                raise
