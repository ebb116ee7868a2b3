"""What frontends read: filters, order, pages, embedded rows, the description of the API."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from devstack.stack import Stack
from support.campus import Campus
from support.rest import Callers
from support.world import World

TABLE = "success_sessions"
CALENDAR = "segmented_weekly_success_sessions"
NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Timetable:
    """Sessions of the autumn batch on the days from tomorrow, all hosted by Marta.

    Attributes:
        titles: Their titles in the order of time.
        first: The first of them, to which Nora is invited and Sam and Sita were.
    """

    titles: tuple[str, ...]
    first: UUID


@pytest.fixture(scope="module")
def timetable(running: Stack, campus: Campus) -> Timetable:
    titles = ("Joins", "Windows", "Indexes", "Locks", "Vacuum")
    with psycopg.connect(running.db_url) as connection:
        world = World(connection)
        sessions = [
            world.session(
                title,
                batch=campus.batch,
                mentor=campus.marta,
                starts=NOON + number * DAY,
                platform="jitsi" if number % 2 else "zoom",
                status="cancelled" if title == "Vacuum" else "upcoming",
            )
            for number, title in enumerate(titles, start=1)
        ]
        world.session("Elsewhere", batch=campus.winter, mentor=campus.milo)
        world.invite(sessions[0], campus.nora)
        world.attendance(sessions[0], campus.sam, "present", minutes_present=60)
        world.attendance(sessions[0], campus.sita, "late", minutes_present=40)
    return Timetable(titles, sessions[0])


def found(rows: list[dict[str, Any]]) -> list[str]:
    return [row["title"] for row in rows]


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ({"order": "start_time"}, ["Joins", "Windows", "Indexes", "Locks", "Vacuum"]),
        ({"order": "title.desc"}, ["Windows", "Vacuum", "Locks", "Joins", "Indexes"]),
        ({"title": "eq.Windows"}, ["Windows"]),
        ({"title": "in.(Windows,Locks)", "order": "start_time"}, ["Windows", "Locks"]),
        ({"title": "ilike.*in*", "order": "start_time"}, ["Joins", "Windows", "Indexes"]),
        ({"platform": "neq.zoom", "order": "start_time"}, ["Joins", "Indexes", "Vacuum"]),
        ({"status": "eq.cancelled"}, ["Vacuum"]),
        ({"backup_link": "not.is.null"}, []),
        (
            {"start_time": f"gte.{(NOON + 4 * DAY).isoformat()}", "order": "start_time"},
            ["Locks", "Vacuum"],
        ),
        ({"or": "(title.eq.Joins,title.eq.Locks)", "order": "title"}, ["Joins", "Locks"]),
        ({"order": "start_time", "limit": "2", "offset": "1"}, ["Windows", "Indexes"]),
        ({"title": "eq.Elsewhere"}, []),
    ],
    ids=str,
)
def test_the_table_is_filtered_ordered_and_paged(
    callers: Callers, campus: Campus, timetable: Timetable, query: dict[str, str], titles: list[str]
) -> None:
    response = callers.user(campus.sam).get(TABLE, select="title", **query)

    assert response.status_code == 200
    assert found(response.json()) == titles


def test_the_calendar_is_filtered_by_its_computed_columns(
    callers: Callers, campus: Campus, timetable: Timetable
) -> None:
    sam = callers.user(campus.sam)
    everything = sam.get(CALENDAR, order="start_time").json()
    assert found(everything) == list(timetable.titles[:-1])

    for column in ("segment", "week_start", "status", "audience", "can_join"):
        value = everything[0][column]
        shown = value if isinstance(value, str) else str(value).lower()
        same = sam.get(CALENDAR, order="start_time", **{column: f"eq.{shown}"}).json()
        assert found(same) == [row["title"] for row in everything if row[column] == value]


def test_a_page_says_how_many_there_are(
    callers: Callers, campus: Campus, timetable: Timetable
) -> None:
    for table, count in ((TABLE, 5), (CALENDAR, 4)):
        response = callers.user(campus.sam).get(table, prefer="count=exact", select="id", limit="2")
        assert response.status_code == 206
        assert response.headers["content-range"] == f"0-1/{count}"


def test_one_row_can_be_asked_for_as_one(
    callers: Callers, campus: Campus, timetable: Timetable
) -> None:
    single = "application/vnd.pgrst.object+json"
    sam, otto = callers.user(campus.sam), callers.user(campus.otto)
    query = {"select": "title", "id": f"eq.{timetable.first}"}

    assert sam.get(TABLE, accept=single, **query).json() == {"title": "Joins"}
    assert otto.get(TABLE, accept=single, **query).status_code == 406


def test_the_calendar_comes_as_csv(callers: Callers, campus: Campus, timetable: Timetable) -> None:
    response = callers.user(campus.sam).get(CALENDAR, accept="text/csv", order="start_time")

    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert response.headers["content-type"].startswith("text/csv")
    assert found(rows) == list(timetable.titles[:-1])
    assert {row["mentor_name"] for row in rows} == {"Marta Mentor"}


# -- Embedded rows ----------------------------------------------------------------------


@pytest.mark.parametrize("table", [TABLE, CALENDAR])
def test_course_batch_and_platform_are_embedded(
    callers: Callers, campus: Campus, timetable: Timetable, table: str
) -> None:
    select = "title,courses(name),batches(name),meeting_platforms(name)"
    (row,) = callers.user(campus.sam).get(table, select=select, id=f"eq.{timetable.first}").json()

    assert row == {
        "title": "Joins",
        "courses": {"name": "Data Engineering"},
        "batches": {"name": "Autumn"},
        "meeting_platforms": {"name": "Jitsi Meet"},
    }


def test_the_mentor_is_embedded_for_those_who_may_read_profiles(
    callers: Callers, campus: Campus, timetable: Timetable
) -> None:
    query = {
        "select": "title,mentor:profiles!success_sessions_mentor_id_fkey(full_name)",
        "id": f"eq.{timetable.first}",
    }
    (for_ada,) = callers.user(campus.ada).get(TABLE, **query).json()
    (for_marta,) = callers.user(campus.marta).get(TABLE, **query).json()
    (for_sam,) = callers.user(campus.sam).get(TABLE, **query).json()

    assert for_ada["mentor"] == for_marta["mentor"] == {"full_name": "Marta Mentor"}
    assert for_sam["mentor"] is None


@pytest.mark.parametrize(
    ("who", "attendance", "participants"),
    [
        ("marta", {"present", "late"}, 1),
        ("ada", {"present", "late"}, 1),
        ("sam", {"present"}, 0),
        ("sita", {"late"}, 0),
        ("nora", set(), 1),
    ],
)
def test_what_is_embedded_obeys_its_own_policy(
    callers: Callers,
    campus: Campus,
    timetable: Timetable,
    who: str,
    attendance: set[str],
    participants: int,
) -> None:
    (row,) = (
        callers.user(getattr(campus, who))
        .get(
            TABLE,
            select="session_attendance(status),session_participants(user_id)",
            id=f"eq.{timetable.first}",
        )
        .json()
    )

    assert {record["status"] for record in row["session_attendance"]} == attendance
    assert len(row["session_participants"]) == participants


def test_from_an_enrollment_to_its_course(
    callers: Callers, campus: Campus, timetable: Timetable
) -> None:
    (row,) = (
        callers.user(campus.sam)
        .get("course_enrollments", select="status,courses(name),batches(name)")
        .json()
    )

    assert row == {
        "status": "active",
        "courses": {"name": "Data Engineering"},
        "batches": {"name": "Autumn"},
    }


def test_embedding_is_no_way_around_a_policy(
    callers: Callers, campus: Campus, timetable: Timetable
) -> None:
    otto = callers.user(campus.otto)
    through_course = otto.get("courses", select="name,success_sessions(title)").json()
    assert through_course == [
        {"name": "Data Engineering", "success_sessions": [{"title": "Elsewhere"}]}
    ]
    # Filtering a parent by what its hidden children are like tells nothing either.
    spied = otto.get(
        "courses",
        select="name,success_sessions!inner(title)",
        **{"success_sessions.title": "eq.Joins"},
    )
    assert spied.json() == []


def test_nothing_can_be_learned_by_ordering_or_counting(
    callers: Callers, campus: Campus, timetable: Timetable
) -> None:
    response = callers.user(campus.otto).get(
        TABLE, prefer="count=exact", select="id", mentor_id=f"eq.{campus.marta}"
    )

    assert response.json() == []
    assert response.headers["content-range"] == "*/0"


def test_the_calendar_is_read_only(callers: Callers, campus: Campus, timetable: Timetable) -> None:
    for caller in (callers.user(campus.sofia), callers.user(campus.sam), callers.service()):
        for response in (
            caller.insert(CALENDAR, {"title": "Mine"}),
            caller.update(CALENDAR, {"title": "Mine"}, id=f"eq.{timetable.first}"),
            caller.delete(CALENDAR, id=f"eq.{timetable.first}"),
        ):
            assert (response.status_code, response.json()["code"]) == (403, "42501")


# -- What the API says of itself --------------------------------------------------------


def test_the_api_describes_itself_comments_included(callers: Callers, campus: Campus) -> None:
    response = callers.user(campus.ada).get("")
    document = response.json()

    assert response.headers["content-type"].startswith("application/openapi+json")
    tables = document["definitions"]
    assert {TABLE, CALENDAR, "session_attendance", "session_participants"} <= set(tables)
    for name, table in tables.items():
        assert table.get("description"), f"{name} has no comment"
        for column, described in table["properties"].items():
            # PostgREST appends its own note about keys.
            text = described.get("description", "").removeprefix("Note:").strip()
            if name != CALENDAR:
                assert text, f"{name}.{column} has no comment"
    passcode = tables[TABLE]["properties"]["zoom_passcode"]
    assert passcode["description"].startswith("Write-only")
    functions = {path: verbs for path, verbs in document["paths"].items() if "/rpc/" in path}
    assert {"/rpc/join_session", "/rpc/leave_session", "/rpc/session_credentials"} <= set(functions)
    for path, verbs in functions.items():
        assert verbs["post"].get("summary") or verbs["post"].get("description"), path


def test_the_statuses_are_in_the_description(callers: Callers, campus: Campus) -> None:
    document = callers.user(campus.ada).get("").json()

    assert document["definitions"][TABLE]["properties"]["status"]["enum"] == [
        "upcoming",
        "live",
        "completed",
        "cancelled",
    ]


@pytest.mark.parametrize("schema", ["private", "notifier", "vault", "auth", "extensions"])
def test_no_other_schema_is_exposed(callers: Callers, campus: Campus, schema: str) -> None:
    for caller in (callers.user(campus.sofia), callers.service()):
        for headers in ({"Accept-Profile": schema}, {"Content-Profile": schema}):
            method = "GET" if "Accept-Profile" in headers else "POST"
            response = caller.send(method, "users", body={}, headers=headers)
            assert response.status_code == 406
            assert response.json()["code"] == "PGRST106"


@pytest.mark.parametrize(
    "name",
    ["audit_seals", "presence_events", "emails", "events", "rpc/tick", "rpc/set_session_secret"],
)
def test_nothing_private_is_reached_by_name(callers: Callers, campus: Campus, name: str) -> None:
    for caller in (callers.user(campus.sofia), callers.service()):
        assert caller.send("POST", name, body={}).status_code == 404
