"""Series over HTTP: the status codes that a frontend sees."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest

from support.campus import Campus
from support.rest import Caller, Callers

MONDAY = "2031-03-03T18:00:00+01:00"
WEEKLY = {"pattern": "weekly", "count": 4}
PARTS = ("title", "timezone", "start_time", "capacity", "mentor_id", "platform_data", "colour")


def answered(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    body: dict[str, Any] = response.json()
    assert (response.status_code, body.get("code")) == (status, code), response.text
    return body


def form(campus: Campus, **fields: Any) -> dict[str, Any]:
    return {
        "title": "Clinic",
        "course_id": str(campus.course),
        "batch_id": str(campus.batch),
        "start_time": MONDAY,
        "timezone": "Europe/Berlin",
        "link": "https://zoom.us/j/123456789?pwd=SECRET",
    } | fields


def create(caller: Caller, campus: Campus, **fields: Any) -> list[dict[str, Any]]:
    response = caller.call(
        "create_recurring_session", session=form(campus, **fields), recurrence=WEEKLY
    )
    assert response.status_code == 200, response.text
    made: list[dict[str, Any]] = response.json()
    return made


def test_what_a_series_is_answered(callers: Callers, campus: Campus) -> None:
    erin, marta, milo, sam, nora = (
        callers.user(who)
        for who in (campus.erin, campus.marta, campus.milo, campus.sam, campus.nora)
    )
    made = create(erin, campus, mentor_id=str(campus.marta))
    assert len(made) == 4
    assert "SECRET" not in str(made)
    first, second = ({"session_id": row["id"]} for row in made[:2])

    # All clashes in one answer, and nothing written.
    clash = answered(
        erin.call(
            "create_recurring_session",
            session=form(campus, mentor_id=str(campus.marta), title="Again"),
            recurrence=WEEKLY,
        ),
        409,
        "23P01",
    )
    assert clash["message"] == "4 of 4 dates clash"
    assert len(clash["details"].splitlines()) == 4
    assert erin.get("session_series", title="eq.Again").json() == []

    # Columns and rows of the answer can be chosen as of a table.
    chosen = erin.send(
        "POST",
        "rpc/update_session_series",
        {"select": "title,series_date", "series_date": "gt.2031-03-10"},
        body={**second, "scope": "following", "changes": {"title": "Lab"}},
    )
    assert chosen.json() == [
        {"title": "Lab", "series_date": "2031-03-17"},
        {"title": "Lab", "series_date": "2031-03-24"},
    ]

    change = {"scope": "all", "changes": {"title": "Mine"}}
    answered(sam.call("update_session_series", **first, **change), 403, "42501")
    answered(nora.call("update_session_series", **first, **change), 404, "PT404")
    answered(milo.call("cancel_session", **first, scope="all"), 404, "PT404")
    answered(marta.call("cancel_session", **first, scope="some"), 400, "22023")
    answered(marta.call("cancel_session", session_id=str(uuid4())), 404, "PT404")
    answered(sam.call("reschedule_session", **first, start_time=MONDAY), 403, "42501")
    answered(
        marta.call("reschedule_session", **first, start_time=made[1]["start_time"]), 409, "23P01"
    )
    answered(
        marta.call("create_recurring_session", session=form(campus), recurrence={}), 400, "22023"
    )
    answered(
        sam.call("create_recurring_session", session=form(campus), recurrence=WEEKLY), 403, "42501"
    )
    assert callers.visitor().call("cancel_session", **first).status_code == 401
    assert erin.get("rpc/cancel_session", **first).status_code == 405
    moved = marta.call("reschedule_session", **first, start_time="2031-03-04T18:00:00+01:00")
    assert (moved.status_code, moved.json()["series_date"]) == (200, "2031-03-03")
    assert len(marta.call("cancel_session", **first, scope="all").json()) == 1
    answered(marta.call("reschedule_session", **first, start_time=MONDAY), 409, "PT409")
    assert len(erin.call("cancel_session", **second, scope="all").json()) == 3


def test_holidays_are_entered_seen_and_listed(callers: Callers, campus: Campus) -> None:
    erin, marta, sam = (callers.user(who) for who in (campus.erin, campus.marta, campus.sam))
    made = create(erin, campus)
    days = {"name": "Break", "first_date": "2031-03-10", "last_date": "2031-03-16"}
    (entry,) = erin.insert("blackout_dates", days).json()
    assert sam.get("blackout_dates", id=f"eq.{entry['id']}").json()[0]["name"] == "Break"
    listed = erin.get("blackout_clashes", blackout_id=f"eq.{entry['id']}").json()
    assert made[1]["id"] in {row["session_id"] for row in listed}

    answered(marta.insert("blackout_dates", days), 403, "42501")
    answered(erin.insert("blackout_dates", days | {"last_date": "2031-03-09"}), 400, "22023")
    answered(erin.update("blackout_clashes", {"name": "x"}, title="eq.Clinic"), 403, "42501")
    answered(erin.insert("series_skips", {"detail": "x"}), 403, "42501")
    assert erin.delete("blackout_dates", id=f"eq.{entry['id']}").status_code == 200


@pytest.mark.parametrize("value", [None, "", "soon", "infinity", "\u0000", 7, -1, True, [], {}])
def test_no_argument_is_a_server_error(callers: Callers, campus: Campus, value: object) -> None:
    erin, marta = callers.user(campus.erin), callers.user(campus.marta)
    made = create(erin, campus, title="Robust")
    session = {"session_id": made[0]["id"]}
    for caller in (erin, marta):
        for answer in (
            caller.call("create_recurring_session", session=value, recurrence=WEEKLY),
            caller.call("create_recurring_session", session=form(campus), recurrence=value),
            *(
                caller.call(
                    "create_recurring_session",
                    session=form(campus, **{part: value}),
                    recurrence=WEEKLY,
                )
                for part in PARTS
            ),
            caller.call("update_session_series", **session, scope=value, changes={"title": "x"}),
            caller.call("update_session_series", **session, scope="all", changes=value),
            *(
                caller.call("update_session_series", **session, scope=scope, changes={part: value})
                for part in (*PARTS, "recurrence", "on_clash", "end_time")
                for scope in ("this", "following")
            ),
            caller.call("cancel_session", session_id=value),
            caller.call("cancel_session", **session, scope=value, reason=value),
            caller.call("reschedule_session", **session, start_time=value, end_time=value),
        ):
            assert answer.status_code < 500, answer.text
            assert "SECRET" not in answer.text
