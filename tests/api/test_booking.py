"""Booking over HTTP: the status codes that a frontend sees."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from support.campus import Campus
from support.rest import Callers

FIRST = (datetime.now(UTC) + timedelta(days=2)).replace(hour=16, minute=0, second=0, microsecond=0)


def answered(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    body: dict[str, Any] = response.json()
    assert (response.status_code, body.get("code")) == (status, code), response.text
    return body


def test_what_a_booking_is_answered(callers: Callers, campus: Campus) -> None:
    marta, sam, sita, nora = (
        callers.user(who) for who in (campus.marta, campus.sam, campus.sita, campus.nora)
    )
    form = {
        "title": "Code review",
        "audience": "everybody",
        "start_time": FIRST.isoformat(),
        "link": "https://meet.example.test/SECRET",
    }
    (offer,) = marta.insert("booking_offers", form).json()
    assert offer["link"] is None
    first = {"offer_id": offer["id"], "start_time": FIRST.isoformat()}

    booked = sam.call("book_slot", **first)
    assert booked.status_code == 200
    session = {"session_id": booked.json()["session_id"]}

    taken = answered(sita.call("book_slot", **first), 409, "23P01")
    assert taken["message"] == "this slot is not free any more"
    assert taken["details"] is None
    answered(nora.call("book_slot", **first), 404, "PT404")
    answered(sita.call("cancel_booking", **session), 404, "PT404")
    answered(marta.call("cancel_booking", **session), 403, "42501")
    answered(marta.call("book_slot", **first), 403, "42501")
    assert sam.call("book_slot", **first).json() == booked.json()
    late = (FIRST + timedelta(minutes=30)).isoformat()
    answered(sam.call("book_slot", **first | {"start_time": late}), 409, "PT409")
    odd = (FIRST + timedelta(minutes=1)).isoformat()
    answered(sam.call("move_booking", **session, start_time=odd), 400, "22023")
    answered(marta.insert("booking_offers", form | {"link": None}), 400, "23502")
    assert callers.visitor().call("book_slot", **first).status_code == 401
    assert sam.get("rpc/book_slot", **first).status_code == 405
    assert sam.get("rpc/bookable_slots").status_code == 200
    assert sam.call("move_booking", **session, start_time=late).status_code == 200
    assert sam.call("cancel_booking", **session).json()["status"] == "cancelled"


@pytest.mark.parametrize("value", [None, "", "soon", "infinity", "2026-99-99", 7, [], {}])
@pytest.mark.parametrize("function", ["book_slot", "move_booking", "bookable_slots"])
def test_no_argument_is_a_server_error(
    callers: Callers, campus: Campus, function: str, value: object
) -> None:
    sam = callers.user(campus.sam)
    for arguments in (
        {"offer_id": value},
        {"session_id": value},
        {"offer_id": str(campus.course), "start_time": value},
        {"session_id": str(campus.course), "start_time": value},
        {"from_time": value, "to_time": value},
    ):
        assert sam.call(function, **arguments).status_code < 500
