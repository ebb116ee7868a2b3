"""Whatever happens in whatever order, in the end everybody has been told last what holds.

`make histories` plays 100,000 histories, from `HISTORY_SEED` on; each is made of its seed alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

import psycopg
import pytest

from conftest import NewDatabase
from devstack.databases import Database
from support.histories import Stage

HISTORIES = int(os.environ.get("HISTORIES", "60"))
FIRST = int(os.environ.get("HISTORY_SEED", "1"))
LOT = min(500, -(-HISTORIES // 2))
"""Histories on one database: what they leave behind, though rolled back, makes it slower."""
LOTS = [
    range(first, min(first + LOT, FIRST + HISTORIES))
    for first in range(FIRST, FIRST + HISTORIES, LOT)
]


@pytest.fixture
def stage(database: Database) -> Iterator[Stage]:
    with psycopg.connect(database.url, autocommit=True) as conn:
        yield Stage.build(conn)


def play(stage: Stage, seeds: Iterable[int]) -> list[list[str]]:
    return [stage.play(seed) for seed in seeds]


@pytest.mark.parametrize("seeds", LOTS, ids=lambda seeds: f"{seeds[0]} to {seeds[-1]}")
def test_everybody_has_been_told_last_what_holds(stage: Stage, seeds: range) -> None:
    play(stage, seeds)


def test_a_history_is_made_of_its_seed_alone(new_database: NewDatabase) -> None:
    played = []
    for first in (5, 1):
        with psycopg.connect(new_database().url, autocommit=True) as conn:
            played.append(play(Stage.build(conn), range(first, 10))[5 - first :])
    assert played[0] == played[1]
    assert sum(line.count("[") for history in played[0] for line in history) > 20


@pytest.mark.parametrize(
    ("function", "rule", "instead"),
    [
        ("notifier.judge_emails", "when not wish.is_wanted then", "when false then"),
        ("notifier.find_untold", "latest.topic <> 'reminder'", "latest.id <= held.event_id"),
        ("notifier.find_untold", "earlier.told_through > earlier.event_id", "false"),
        ("notifier.lock_due_emails", "earlier.event_id < due.event_id", "false"),
        ("notifier.begin_sending", "held.status = 'claimed' or (again", "true or (again"),
        ("notifier.begin_sending", "if v_has_reminders then", "if false then"),
        ("private.revise_session", "old.sequence + 1", "old.sequence"),
    ],
)
def test_the_model_notices_when_a_rule_is_forgotten(
    stage: Stage, function: str, rule: str, instead: str
) -> None:
    row = stage.conn.execute("select pg_get_functiondef(%s::regproc)", (function,)).fetchone()
    assert row is not None
    assert rule in row[0]
    stage.conn.execute(row[0].replace(rule, instead))
    with pytest.raises(AssertionError, match="HISTORY_SEED"):
        play(stage, (*range(40), *range(2000, 2100)))  # some rules are seldom needed
