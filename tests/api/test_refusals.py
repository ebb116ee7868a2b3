"""What a frontend is answered when something is wrong, and that nothing is left of it."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from psycopg import sql

from devstack.stack import Stack
from support.campus import Campus
from support.rest import Callers

TABLE = "success_sessions"
LINK = "https://zoom.us/j/123456789"
HOUR = timedelta(hours=1)
_slots = itertools.count(1)


def free_slot() -> datetime:
    """A start that no other test of this module uses."""
    tomorrow = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    return tomorrow + next(_slots) * timedelta(days=1)


def form(**columns: Any) -> dict[str, Any]:
    """What a frontend sends for a new session."""
    return {"title": "Office hours", "start_time": free_slot().isoformat(), "link": LINK} | columns


def answered(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The body of a refusal, checked to be one."""
    body: dict[str, Any] = response.json()
    assert (response.status_code, body["code"]) == (status, code), response.text
    assert set(body) == {"code", "message", "details", "hint"}
    return body


TABLES = (
    "public.success_sessions",
    "public.session_participants",
    "public.session_attendance",
    "private.presence_events",
    "public.audit_log",
    "notifier.events",
    "notifier.emails",
    "vault.secrets",
)


@contextmanager
def nothing_left_behind(stack: Stack) -> Iterator[None]:
    """Compare all that a write to sessions may touch, before and after."""

    def everything() -> dict[str, list[tuple[Any, ...]]]:
        with psycopg.connect(stack.db_url) as connection:
            return {
                table: connection.execute(
                    sql.SQL("select t::text from {} as t order by 1").format(
                        sql.Identifier(*table.split("."))
                    )
                ).fetchall()
                for table in TABLES
            }

    before = everything()
    yield
    assert everything() == before


# -- Bad input --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bad:
    """Bad input and the answer.

    Attributes:
        sent: The columns; a string that starts with @ names something of the campus.
        code: The answer's code.
        message: The answer's message; `{}` stands for the value sent last.
        hint: The answer's hint; None for none.
        details: The answer's details; None for none.
    """

    sent: dict[str, Any]
    code: str
    message: str
    hint: str | None
    details: str | None = None
    status: int = field(default=400)


def rule(name: str) -> str:
    return f"constraint success_sessions_{name}"


LINK_HINT = "Send the meeting's address, such as https://zoom.us/j/123456789."
ZONE_HINT = "Send a name such as Europe/Berlin, Asia/Kolkata or UTC."
BAD_INPUT = {
    "unknown status": Bad(
        {"status": "postponed"},
        "22P02",
        'invalid input value for enum session_status: "postponed"',
        None,
    ),
    "unknown zone": Bad(
        {"timezone": "Mars/Olympus"},
        "22023",
        "timezone 'Mars/Olympus' is not an IANA time zone",
        ZONE_HINT,
    ),
    "zone in the wrong case": Bad(
        {"timezone": "europe/berlin"},
        "22023",
        "timezone 'europe/berlin' is not an IANA time zone",
        ZONE_HINT,
    ),
    "batch of another course": Bad(
        {"course_id": "@course", "batch_id": "@elsewhere"},
        "22023",
        "batch_id {elsewhere} is not a batch of course_id {course}",
        "Send a batch of that course, or no batch_id for its unbatched students.",
    ),
    "batch without a course": Bad(
        {"course_id": None, "batch_id": "@batch"},
        "22023",
        "batch_id needs a course_id",
        "Send the course the batch belongs to, or leave both out.",
        rule("batch_id_needs_course"),
    ),
    "unknown course": Bad(
        {"course_id": "@nora", "batch_id": None},
        "22023",
        "course_id {nora} is unknown",
        "Send the id of a course.",
    ),
    "end before start": Bad(
        {"start_time": "2030-01-02T18:00Z", "end_time": "2030-01-02T17:00Z"},
        "22023",
        "end_time must be after start_time",
        "Send an end_time after start_time, or leave it out on creation for 60 minutes.",
        rule("end_time_after_start"),
    ),
    "end at the start": Bad(
        {"start_time": "2030-01-02T18:00Z", "end_time": "2030-01-02T18:00Z"},
        "22023",
        "end_time must be after start_time",
        "Send an end_time after start_time, or leave it out on creation for 60 minutes.",
        rule("end_time_after_start"),
    ),
    "more than a day": Bad(
        {"start_time": "2030-01-02T18:00Z", "end_time": "2030-01-03T18:00:01Z"},
        "22023",
        "end_time must be at most 24 hours after start_time",
        "Shorten the session or split it.",
        rule("end_time_within_a_day"),
    ),
    "blank title": Bad(
        {"title": "   "},
        "22023",
        "title must be one line of 1 to 200 characters",
        "Give the session a title that is not blank.",
        rule("title_not_blank"),
    ),
    "no title": Bad(
        {"title": None},
        "23502",
        "title must not be null",
        "Send a value, or leave the field out where it has a default.",
    ),
    "javascript link": Bad(
        {"link": "javascript:alert(document.cookie)"},
        "22023",
        "link must be an http(s) address without spaces",
        LINK_HINT,
        rule("link_is_http"),
    ),
    "link with a space": Bad(
        {"link": "https://zoom.us/j/1 2"},
        "22023",
        "link must be an http(s) address without spaces",
        LINK_HINT,
        rule("link_is_http"),
    ),
    "javascript backup link": Bad(
        {"backup_link": "javascript:alert(1)"},
        "22023",
        "backup_link must be an http(s) address without spaces",
        "Send the backup meeting's address, or null for none.",
        rule("backup_link_is_http"),
    ),
    "unknown platform": Bad(
        {"platform": "webex"},
        "22023",
        "platform 'webex' is not an active meeting platform",
        "Send the id of an active row of meeting_platforms.",
    ),
    "a student as mentor": Bad(
        {"mentor_id": "@sam"},
        "22023",
        "mentor_id {sam} is not a mentor",
        "Choose a user with the role mentor; a superadmin grants roles in user_roles.",
    ),
    "a reason without cancelling": Bad(
        {"cancel_reason": "Ill"},
        "22023",
        "cancel_reason belongs to cancelled sessions only",
        "Send status cancelled with it, or leave it out.",
        rule("cancel_reason_when_cancelled"),
    ),
    "an array for platform_data": Bad(
        {"platform_data": ["x"]},
        "22023",
        "platform_data must be a JSON object",
        "Send an object of platform-specific fields, or leave it out.",
        rule("platform_data_is_object"),
    ),
    "no time at all": Bad(
        {"start_time": "half past six"},
        "22007",
        'invalid input syntax for type timestamp with time zone: "half past six"',
        None,
    ),
    "a mentor's name for the id": Bad(
        {"mentor_id": "Marta"}, "22P02", 'invalid input syntax for type uuid: "Marta"', None
    ),
}


def names(campus: Campus) -> dict[str, str]:
    """Everything of the campus by its name, as text."""
    return {name: str(getattr(campus, name)) for name in Campus.__slots__}


@pytest.mark.parametrize("bad", BAD_INPUT.values(), ids=list(BAD_INPUT))
def test_bad_input_is_named_with_its_remedy_and_leaves_nothing(
    running: Stack, callers: Callers, campus: Campus, bad: Bad
) -> None:
    ada, known = callers.user(campus.ada), names(campus)
    sent = {
        name: known[value[1:]] if isinstance(value, str) and value.startswith("@") else value
        for name, value in bad.sent.items()
    }
    secret = {"zoom_passcode": "secret123"}
    (existing,) = ada.insert(TABLE, form(course_id=known["course"])).json()

    with nothing_left_behind(running):
        responses = [ada.insert(TABLE, form(**secret, **sent))]
        if bad.code != "23502":  # on update Postgres' own words, which name the column as well
            responses.append(ada.update(TABLE, {**secret, **sent}, id=f"eq.{existing['id']}"))

    for response in responses:
        assert answered(response, bad.status, bad.code) == {
            "code": bad.code,
            "message": bad.message.format(**known),
            "details": bad.details,
            "hint": bad.hint,
        }


def test_a_required_field_cannot_be_emptied_later(callers: Callers, campus: Campus) -> None:
    ada = callers.user(campus.ada)
    (existing,) = ada.insert(TABLE, form()).json()

    body = answered(ada.update(TABLE, {"title": None}, id=f"eq.{existing['id']}"), 400, "23502")

    assert 'null value in column "title"' in body["message"]
    assert body["details"] is None


def test_one_bad_row_refuses_all_of_them(running: Stack, callers: Callers, campus: Campus) -> None:
    with nothing_left_behind(running):
        answered(
            callers.user(campus.ada).insert(TABLE, form(), form(title=" "), form()), 400, "22023"
        )


def test_an_upsert_that_names_a_session_twice_is_refused(
    running: Stack, callers: Callers, campus: Campus
) -> None:
    twice = form(id=str(uuid4()))
    with nothing_left_behind(running):
        response = callers.user(campus.ada).insert(
            TABLE, twice, twice | {"title": "Again"}, prefer="resolution=merge-duplicates"
        )

    body = response.json()
    assert (response.status_code, body["code"]) == (400, "21000"), response.text


def test_an_unknown_invitee_is_a_conflict(running: Stack, callers: Callers, campus: Campus) -> None:
    ada = callers.user(campus.ada)
    session = ada.insert(TABLE, form()).json()[0]["id"]
    with nothing_left_behind(running):
        response = ada.insert(
            "session_participants", {"session_id": session, "user_id": str(uuid4())}
        )

    assert answered(response, 409, "23503")["details"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"{", "PGRST102"),
        (b'{"tittle": "x"}', "PGRST204"),
        (b'{"title": "nul \\u0000"}', "22P05"),
    ],
)
def test_what_is_no_session_at_all_is_refused(
    running: Stack, callers: Callers, campus: Campus, content: bytes, code: str
) -> None:
    columns = {"Content-Type": "application/json"}
    query = {"columns": "tittle"} if code == "PGRST204" else None
    with nothing_left_behind(running):
        response = callers.user(campus.ada).send(
            "POST", TABLE, query, content=content, headers=columns
        )

    answered(response, 400, code)


# -- Not allowed ------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["sam", "uma", "pia", "nora"])
@pytest.mark.parametrize("mentor", ["marta", "sam", None])
def test_students_cannot_create_sessions(
    running: Stack, callers: Callers, campus: Campus, who: str, mentor: str | None
) -> None:
    known = names(campus)
    with nothing_left_behind(running):
        response = callers.user(UUID(known[who])).insert(
            TABLE, form(mentor_id=known[mentor] if mentor else None, course_id=known["course"])
        )

    body = answered(response, 403, "42501")
    assert body["message"] == "only managers and mentors may create sessions"
    assert body["hint"] == "Ask a manager to create it."


def test_who_may_not_create_learns_nothing_from_trying(
    running: Stack, callers: Callers, campus: Campus
) -> None:
    """The checks of the input would tell who is a mentor and when that mentor is busy."""
    start = free_slot().isoformat()
    busy = form(title="Private talk", mentor_id=str(campus.marta), start_time=start)
    callers.user(campus.ada).insert(TABLE, busy).raise_for_status()
    sam, milo = callers.user(campus.sam), callers.user(campus.milo)
    probes = [
        form(mentor_id=str(campus.marta), start_time=start),
        form(mentor_id=str(campus.sita)),
        form(mentor_id=str(uuid4())),
        form(course_id=str(uuid4())),
        form(course_id=str(campus.course), batch_id=str(campus.elsewhere)),
        form(timezone="Mars/Olympus"),
    ]

    for caller in (sam, milo):
        texts = {caller.insert(TABLE, probe).text for probe in probes}
        assert len(texts) == 1
        assert "42501" in texts.pop()


def test_mentors_create_no_sessions_for_another(
    running: Stack, callers: Callers, campus: Campus
) -> None:
    with nothing_left_behind(running):
        response = callers.user(campus.milo).insert(TABLE, form(mentor_id=str(campus.marta)))

    body = answered(response, 403, "42501")
    assert body["message"] == (
        "mentor_id must be your own id: mentors create the sessions that they host"
    )
    assert body["hint"] == "Send your own id as mentor_id, or ask a manager."


def test_mentors_create_no_sessions_without_a_host(callers: Callers, campus: Campus) -> None:
    answered(callers.user(campus.milo).insert(TABLE, form()), 403, "42501")


@pytest.mark.parametrize("who", ["sam", "otto", "nora", "milo"])
def test_what_is_not_yours_to_change_is_not_there(
    running: Stack, callers: Callers, campus: Campus, who: str
) -> None:
    session = form(
        mentor_id=str(campus.marta), course_id=str(campus.course), batch_id=str(campus.batch)
    )
    (created,) = callers.user(campus.ada).insert(TABLE, session).json()
    caller = callers.user(getattr(campus, who))
    filters = {"id": f"eq.{created['id']}"}

    with nothing_left_behind(running):
        for response in (
            caller.update(TABLE, {"title": "Mine"}, **filters),
            caller.update(TABLE, {"status": "cancelled"}, **filters),
            caller.delete(TABLE, **filters),
        ):
            assert (response.status_code, response.json()) == (200, [])


def test_mentors_do_not_hand_their_session_on(
    running: Stack, callers: Callers, campus: Campus
) -> None:
    marta = callers.user(campus.marta)
    (created,) = marta.insert(TABLE, form(mentor_id=str(campus.marta))).json()

    with nothing_left_behind(running):
        response = marta.update(TABLE, {"mentor_id": str(campus.milo)}, id=f"eq.{created['id']}")

    assert "managers only" in answered(response, 403, "42501")["message"]


@pytest.mark.parametrize(
    "column",
    [
        "sequence",
        "created_by",
        "created_at",
        "updated_at",
        "credentials_updated_at",
        "backup_credentials_updated_at",
    ],
)
def test_bookkeeping_is_read_only(
    running: Stack, callers: Callers, campus: Campus, column: str
) -> None:
    value = {"sequence": 9, "created_by": str(campus.sam)}.get(column, "2030-01-01T00:00Z")
    with nothing_left_behind(running):
        answered(callers.user(campus.ada).insert(TABLE, form(**{column: value})), 403, "42501")


def test_attendance_is_not_written_directly(
    running: Stack, callers: Callers, campus: Campus
) -> None:
    (created,) = callers.user(campus.ada).insert(TABLE, form()).json()
    record = {
        "session_id": created["id"],
        "student_id": str(campus.sam),
        "status": "present",
        "source": "manual",
    }
    with nothing_left_behind(running):
        for who in (campus.sam, campus.marta, campus.ada, campus.sofia):
            answered(callers.user(who).insert("session_attendance", record), 403, "42501")


def test_nobody_makes_themselves_an_admin(callers: Callers, campus: Campus) -> None:
    for who in (campus.sam, campus.marta, campus.erin, campus.ada):
        response = callers.user(who).insert(
            "user_roles", {"user_id": str(who), "role": "superadmin"}
        )
        answered(response, 403, "42501")
    assert callers.user(campus.sam).get("user_roles", select="role").json() == [{"role": "student"}]


# -- Double booking ---------------------------------------------------------------------


def test_a_second_session_over_the_first_is_a_conflict_that_names_it(
    running: Stack, callers: Callers, campus: Campus
) -> None:
    ada, start = callers.user(campus.ada), free_slot()
    booked = form(title="The first", mentor_id=str(campus.marta), start_time=start.isoformat())
    (first,) = ada.insert(TABLE, booked).json()
    late = (start + HOUR / 2).isoformat()
    over = form(mentor_id=str(campus.marta), start_time=late)
    (elsewhere,) = ada.insert(TABLE, form(mentor_id=str(campus.marta))).json()

    with nothing_left_behind(running):
        responses = [
            ada.insert(TABLE, over),
            callers.user(campus.marta).insert(TABLE, over),
            ada.update(
                TABLE,
                {"start_time": late, "end_time": (start + HOUR).isoformat()},
                id=f"eq.{elsewhere['id']}",
            ),
        ]

    for response in responses:
        body = answered(response, 409, "23P01")
        assert body["message"] == f"mentor_id {campus.marta} already hosts a session at that time"
        assert body["details"] == (
            f"clash with 'The first', session {first['id']},"
            f" from {start:%Y-%m-%dT%H:%M:%SZ} to {start + HOUR:%Y-%m-%dT%H:%M:%SZ}"
        )
        assert body["hint"] == "Choose another time or another mentor."


def test_of_many_bookings_at_once_one_is_made_and_the_others_are_conflicts(
    running: Stack, callers: Callers, campus: Campus
) -> None:
    start = free_slot()
    clicks = [
        form(mentor_id=str(campus.marta), start_time=(start + n * HOUR / 60).isoformat())
        for n in range(8)
    ]
    ready = threading.Barrier(len(clicks))

    def click(body: dict[str, Any]) -> httpx.Response:
        ready.wait(timeout=30)
        return callers.user(campus.ada).insert(TABLE, body)

    with ThreadPoolExecutor(len(clicks)) as pool:
        responses = list(pool.map(click, clicks))

    refused = [response for response in responses if response.status_code != 201]
    assert len(refused) == len(clicks) - 1
    for response in refused:
        assert answered(response, 409, "23P01")["details"].startswith("clash with 'Office hours'")


# -- Wrong state ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "starts", "change", "message"),
    [
        ("upcoming", 24 * HOUR, {"status": "live"}, "cannot go live before joining opens"),
        ("upcoming", 24 * HOUR, {"status": "completed"}, "cannot be completed before it begins"),
        ("completed", -2 * HOUR, {"status": "upcoming"}, "status completed is final"),
        ("completed", -2 * HOUR, {"start_time": "2030-01-02T18:00Z"}, "are final"),
        ("cancelled", -2 * HOUR, {"status": "upcoming"}, "only before it would have begun"),
        ("cancelled", 24 * HOUR, {"status": "live"}, "status cancelled is final"),
    ],
)
def test_the_wrong_state_is_a_conflict(
    running: Stack,
    callers: Callers,
    campus: Campus,
    status: str,
    starts: timedelta,
    change: dict[str, str],
    message: str,
) -> None:
    ada = callers.user(campus.ada)
    start = (datetime.now(UTC) + starts).isoformat()
    (created,) = ada.insert(TABLE, form(status=status, start_time=start)).json()

    with nothing_left_behind(running):
        response = ada.update(TABLE, change, id=f"eq.{created['id']}")

    body = answered(response, 409, "PT409")
    assert message in body["message"]
    assert body["hint"]


def test_only_managers_reinstate(running: Stack, callers: Callers, campus: Campus) -> None:
    marta = callers.user(campus.marta)
    (created,) = marta.insert(TABLE, form(mentor_id=str(campus.marta))).json()
    off = marta.update(TABLE, {"status": "cancelled"}, id=f"eq.{created['id']}")
    assert off.json()[0]["status"] == "cancelled"

    with nothing_left_behind(running):
        again = marta.update(TABLE, {"status": "upcoming"}, id=f"eq.{created['id']}")

    answered(again, 403, "42501")


def test_deleting_is_for_superadmins_and_only_what_is_off(
    running: Stack, callers: Callers, campus: Campus
) -> None:
    (created,) = callers.user(campus.ada).insert(TABLE, form()).json()

    with nothing_left_behind(running):
        by_admin = callers.user(campus.ada).delete(TABLE, id=f"eq.{created['id']}")
        too_early = callers.user(campus.sofia).delete(TABLE, id=f"eq.{created['id']}")

    assert by_admin.json() == []
    body = answered(too_early, 409, "PT409")
    assert body["hint"] == "Cancel it first, so that everybody is told."


# -- The functions ----------------------------------------------------------------------

FUNCTIONS = ("join_session", "leave_session", "session_credentials")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_unknown_and_hidden_sessions_are_not_found_alike(
    running: Stack, callers: Callers, campus: Campus, function: str
) -> None:
    session = form(course_id=str(campus.course), batch_id=str(campus.batch))
    (created,) = callers.user(campus.ada).insert(TABLE, session).json()
    nowhere = str(uuid4())

    with nothing_left_behind(running):
        for who in (campus.otto, campus.uma, campus.pia, campus.milo, campus.nora):
            caller = callers.user(who)
            hidden = answered(caller.call(function, session_id=created["id"]), 404, "PT404")
            unknown = answered(caller.call(function, session_id=nowhere), 404, "PT404")
            assert hidden == {
                **unknown,
                "message": unknown["message"].replace(nowhere, created["id"]),
            }


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        ({"session_id": None}, 404, "PT404"),
        ({"session_id": "office hours"}, 400, "22P02"),
        ({"session_id": 7}, 400, "22P02"),
        ({}, 404, "PGRST202"),
        ({"session": "x"}, 404, "PGRST202"),
    ],
)
def test_bad_arguments_of_a_function(
    running: Stack,
    callers: Callers,
    campus: Campus,
    function: str,
    arguments: dict[str, Any],
    status: int,
    code: str,
) -> None:
    with nothing_left_behind(running):
        answered(callers.user(campus.sam).call(function, **arguments), status, code)


def test_joining_too_early_says_when_it_opens(
    running: Stack, callers: Callers, campus: Campus
) -> None:
    start = free_slot()
    session = form(
        course_id=str(campus.course), batch_id=str(campus.batch), start_time=start.isoformat()
    )
    (created,) = callers.user(campus.ada).insert(TABLE, session).json()

    with nothing_left_behind(running):
        response = callers.user(campus.sam).call("join_session", session_id=created["id"])

    body = answered(response, 409, "PT409")
    assert body["details"] == f"joining opens at {start - HOUR / 4:%Y-%m-%dT%H:%M:%SZ}"


def test_students_do_not_read_credentials(running: Stack, callers: Callers, campus: Campus) -> None:
    session = form(course_id=str(campus.course), batch_id=str(campus.batch), zoom_passcode="hush")
    (created,) = callers.user(campus.ada).insert(TABLE, session).json()

    with nothing_left_behind(running):
        response = callers.user(campus.sam).call("session_credentials", session_id=created["id"])

    answered(response, 403, "42501")
    assert "hush" not in response.text


@pytest.mark.parametrize("function", FUNCTIONS)
def test_functions_that_write_are_not_called_by_get(
    running: Stack, callers: Callers, campus: Campus, function: str
) -> None:
    """A link in a mail or a browser that prefetches cannot record attendance."""
    session = form(
        course_id=str(campus.course),
        batch_id=str(campus.batch),
        start_time=datetime.now(UTC).isoformat(),
    )
    ada, sam = callers.user(campus.ada), callers.user(campus.sam)
    (created,) = ada.insert(TABLE, session).json()
    if function == "leave_session":
        sam.call("join_session", session_id=created["id"]).raise_for_status()
    caller = ada if function == "session_credentials" else sam

    with nothing_left_behind(running):
        response = caller.get(f"rpc/{function}", session_id=created["id"])

    assert response.status_code == 405
    assert caller.call(function, session_id=created["id"]).status_code == 200
