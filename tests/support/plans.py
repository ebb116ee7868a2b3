"""What the plans of a call look at, those of the functions inside it too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, LiteralString

import psycopg


def most_rows(conn: psycopg.Connection, query: LiteralString, *arguments: object) -> int:
    """Run a query: how many rows the busiest step of all its plans looked at.

    A join that looks through all of one side for each row of the other is busy with the product of
    both, whatever the machine's speed. Nothing is said of what ran as part of a plan that is kept
    from before.

    Args:
        conn: A connection of the superuser, who alone may load auto_explain.
        query: The query.
        *arguments: Its parameters.
    """
    plans = run_plans(conn, query, *arguments)
    return max(_looked_at(node) for plan in plans for node in nodes(plan["Plan"]))


def run_plans(
    conn: psycopg.Connection, query: LiteralString, *arguments: object
) -> list[dict[str, Any]]:
    """Run a query: its plan and those that ran inside it, each as often as it ran; as above."""
    told: list[str] = []

    def listen(diagnostic: psycopg.errors.Diagnostic) -> None:
        told.append(diagnostic.message_primary or "")

    conn.execute(
        """
        load 'auto_explain';
        set auto_explain.log_min_duration = 0;
        set auto_explain.log_nested_statements = on;
        set auto_explain.log_analyze = on;
        set auto_explain.log_timing = off;
        set auto_explain.log_format = json;
        set client_min_messages = log;
        """
    )
    conn.add_notice_handler(listen)
    try:
        conn.execute(query, arguments)
    finally:
        conn.remove_notice_handler(listen)
        conn.execute("reset client_min_messages; set auto_explain.log_min_duration = -1")
    plans = [json.loads(text[text.index("{") :]) for text in told if "plan:" in text]
    assert plans, "no plan was told"
    return plans


def refuse(conn: psycopg.Connection, function: str, condition: str) -> None:
    """Have a function in PL/pgSQL fail when this holds of its arguments, to see who calls it so."""
    row = conn.execute("select pg_get_functiondef(%s::regproc)", (function,)).fetchone()
    assert row is not None
    refusal = f"\nbegin\n  if {condition} then raise exception 'called so'; end if;\n"
    changed = str(row[0]).replace("\nbegin\n", refusal, 1)
    assert changed != row[0]
    conn.execute(changed.encode())


def nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A step of a plan, and those below it."""
    yield node
    for part in node.get("Plans", ()):
        yield from nodes(part)


def _looked_at(node: dict[str, Any]) -> int:
    removed = sum(count for name, count in node.items() if name.startswith("Rows Removed by"))
    return int((node["Actual Rows"] + removed) * node["Actual Loops"])
