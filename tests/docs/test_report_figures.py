"""Every figure of the reports is defined on their page, by an example that comes true."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from devstack.paths import ROOT
from support.figures import Figures, History

PAGE = (ROOT / "docs" / "api" / "reports.md").read_text()

EXAMPLES: dict[str, dict[str, Any]] = {
    "attendance_report": {},
    "mentor_performance": {"mentor_name": "Marta"},
    "session_effectiveness": {"title": "Indexes"},
    "student_participation": {"full_name": "Bob"},
}
"""Which row of each report the page works out."""

WHOSE_ROW = {
    *("mentor_id", "mentor_name", "student_id", "full_name"),
    *("session_id", "title", "session_type", "course_id", "batch_id"),
}
"""What says whom or what a row is about, and is no figure."""

OPERATORS: dict[type[ast.operator], Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Div: operator.truediv,
}


def defined(report: str) -> dict[str, str]:
    """The figures of a report as the page lists them, each with its example; '' for none."""
    table = re.search(
        rf"^`{report}`.*:\n\n\| figure .*\n\|---.*\n((?:\|.*\n)+)", PAGE, re.MULTILINE
    )
    assert table is not None, f"there is no table of {report}"
    figures: dict[str, str] = {}
    for line in table[1].splitlines():
        names, meaning, examples = (cell.strip() for cell in line.strip("|").split(" | "))
        assert meaning, line
        known = re.findall(r"`([^`]+)`", names)
        shown = re.findall(r"`([^`]+)`", examples)
        assert len(shown) in (0, len(known)), line
        figures |= zip(known, shown or [""] * len(known), strict=True)
    return figures


def by_hand(expression: str) -> Decimal:
    """What an example comes to, worked out here."""

    def value(node: ast.expr) -> Decimal:
        match node:
            case ast.Constant():
                return Decimal(str(node.value))
            case ast.BinOp():
                return OPERATORS[type(node.op)](value(node.left), value(node.right))
        raise AssertionError(expression)

    return value(ast.parse(expression.replace("÷", "/"), mode="eval").body)


@pytest.fixture
def history(conn: psycopg.Connection) -> History:
    return History.told(conn)


def example(history: History, report: str) -> Figures:
    wanted = EXAMPLES[report].items()
    [row] = [row for row in history.report(report) if wanted <= row.items()]
    return row


@pytest.mark.parametrize("report", EXAMPLES)
def test_every_figure_is_defined_and_has_an_example(history: History, report: str) -> None:
    figures = defined(report)
    assert set(figures) == set(example(history, report))
    assert {name for name, text in figures.items() if not text} <= WHOSE_ROW


@pytest.mark.parametrize("report", EXAMPLES)
def test_the_examples_are_what_the_report_says(history: History, report: str) -> None:
    row = example(history, report)
    shown = {name: text for name, text in defined(report).items() if text}
    for name, text in shown.items():
        *steps, result = text.split(" = ")
        told = row[name]
        if result in ("null", "true"):
            assert told is (None if result == "null" else True), name
            continue
        if isinstance(told, date):
            assert told.isoformat() == result, name
            continue
        assert told == Decimal(result), name
        for step in steps:
            decimals = -Decimal(str(told)).as_tuple().exponent  # type: ignore[operator]
            assert round(by_hand(step), decimals) == told, name


def test_a_wrong_example_is_noticed() -> None:
    assert by_hand("(5 + 4 + 3) ÷ 3") == 4
    assert by_hand("1 ÷ 2 - 1") == Decimal("-0.5")
    with pytest.raises(AssertionError):
        by_hand("__import__('os')")


@pytest.mark.parametrize("report", EXAMPLES)
def test_every_figure_is_explained_in_the_database_too(
    conn: psycopg.Connection, report: str
) -> None:
    row = conn.execute(
        """
        select pg_type.typname::text, obj_description(pg_type.oid, 'pg_type'),
            obj_description(pg_proc.oid, 'pg_proc')
        from pg_proc inner join pg_type on pg_type.oid = prorettype
        where proname = %s and pronamespace = 'public'::regnamespace
        """,
        (report,),
    ).fetchone()
    assert row is not None
    type_name, of_type, of_function = row
    assert "shares from 0 to 1" in of_type
    assert f"see the type {type_name}" in of_function
    columns: dict[str, str | None] = dict(
        conn.execute(
            "select attname::text, col_description(attrelid, attnum) from pg_attribute"
            " where attrelid = %s::regclass and attnum > 0",
            (f"public.{type_name}",),
        ).fetchall()
    )
    assert [name for name, comment in columns.items() if not comment] == []
