"""Rules that all objects of the database must keep, each with an offence that proves it looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString

import psycopg
from psycopg.rows import scalar_row


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule over all objects of the schemas public, private and notifier.

    Attributes:
        sentence: What every object keeps to, to be read after the name of the test.
        offenders: A query for one text column: the objects that break the rule.
        offence: Statements, as role `postgres`, that make an object which breaks it.
        offender: What `offenders` calls that object.
    """

    sentence: str
    offenders: LiteralString
    offence: LiteralString
    offender: str

    def __str__(self) -> str:
        return self.sentence.replace(" ", "_")


def offenders(conn: psycopg.Connection, rule: Rule) -> list[str]:
    """The objects that break a rule, in order of their names."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return sorted(cursor.execute(rule.offenders).fetchall())


def caught(conn: psycopg.Connection, rule: Rule) -> list[str]:
    """The objects that break a rule once its offence has been committed, in this transaction."""
    conn.execute(rule.offence)
    return offenders(conn, rule)
