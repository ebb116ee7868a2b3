"""What a mentor may publish, and what is said of a mistake."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from support.actors import as_user
from support.bookings import change_offer, nowhere, offer
from support.sessions import refusal
from support.world import World

MISTAKES: dict[str, tuple[dict[str, Any], str, str]] = {
    "blank title": ({"title": " "}, "22023", "title must be one line of 1 to 120 characters"),
    "no title": ({"title": None}, "23502", "title must not be null"),
    "no link": ({"link": None}, "23502", "link must not be null"),
    "empty link": ({"link": ""}, "23502", "link must not be null"),
    "link": ({"link": "javascript:SECRET"}, "22023", "link must be an http(s) address without"),
    "backup": ({"backup_link": "SECRET"}, "22023", "backup_link must be an http(s) address"),
    "passcode": ({"zoom_passcode": "x" * 4001}, "22023", "zoom_passcode must be at most 4,000"),
    "meeting id": ({"zoom_meeting_id": "SECRET"}, "22023", "zoom_meeting_id must be 9 to 11"),
    "zone": ({"timezone": "Nowhere/Land"}, "22023", "timezone 'Nowhere/Land' is not an IANA"),
    "platform": ({"platform": "fax"}, "22023", "platform 'fax' is not an active meeting platform"),
    "rule": ({"recurrence": {"rrule": "FREQ=HOURLY"}}, "22023", "FREQ=HOURLY is not supported"),
    "key": ({"recurrence": {"rule": "x"}}, "22023", "rule=x is not a key of a recurrence"),
    "no dates": (
        {"recurrence": {"rrule": "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30,29;BYSETPOS=2;COUNT=1"}},
        "22023",
        "",
    ),
    "infinite": ({"start_time": "infinity"}, "22023", "start_time=infinity is not a time to start"),
    "long ago": ({"start_time": "1999-01-01Z"}, "22023", "start_time must be in the years 2000 to"),
    "slot 0": ({"slot_minutes": 0}, "22023", "slot_minutes must be between 5 and 480"),
    "window": ({"window_minutes": 1441}, "22023", "window_minutes must be between 5 and 1440"),
    "too short": ({"window_minutes": 20}, "22023", "window_minutes must be at least slot_minutes"),
    "gap": ({"gap_minutes": -1}, "22023", "gap_minutes must be between 0 and 480"),
    "notice": ({"booking_notice_minutes": -1}, "22023", "booking_notice_minutes must be between"),
    "change": ({"change_notice_minutes": 99999}, "22023", "change_notice_minutes must be between"),
    "horizon": ({"booking_horizon_days": 0}, "22023", "booking_horizon_days must be between 1"),
    "open": ({"max_open_per_student": 0}, "22023", "max_open_per_student must be between 1"),
    "week": ({"max_per_student_week": 0}, "22023", "max_per_student_week must be between 1"),
    "month": ({"max_per_student_month": 0}, "22023", "max_per_student_month must be between 1"),
    "day": ({"max_per_day": 0}, "22023", "max_per_day must be between 1 and 1000"),
    "audience": ({"audience": "course"}, "22023", "audience does not go with course_id and"),
    "no audience": ({"audience": None}, "23502", "audience must not be null"),
    "course": ({"audience": "course", "course_id": nowhere()}, "22023", "course_id "),
    "active": ({"is_active": None}, "23502", "is_active must not be null"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_its_remedy_and_nothing_secret(
    conn: psycopg.Connection, world: World, mistake: str
) -> None:
    columns, state, message = MISTAKES[mistake]
    with as_user(conn, world.mentor()), refusal(conn, state) as no:
        offer(conn, **({"zoom_passcode": "SECRET"} | columns))
    assert (no.message or "").startswith(message)
    assert no.hint
    assert "SECRET" not in no.everything
    assert conn.execute("select from public.booking_offers").fetchall() == []
    held = conn.execute("select from vault.secrets where name like 'booking_offers/%'")
    assert held.fetchall() == []


def held(conn: psycopg.Connection) -> dict[str, str]:
    row = conn.execute("select private.offer_meeting(id) from public.booking_offers").fetchone()
    assert row is not None
    fields: dict[str, str] = row[0]
    return fields


def test_the_meeting_goes_to_vault_and_a_form_that_saves_back_null_keeps_it(
    conn: psycopg.Connection, world: World
) -> None:
    link = "https://meet.example.test/SECRET"
    with as_user(conn, world.mentor()):
        made = offer(conn, link=link, zoom_passcode="SECRET", backup_link="https://b.test/1")
        row = change_offer(conn, made, title="New", link=None, zoom_passcode=None)
    assert "SECRET" not in str(row)
    assert row["title"] == "New"
    assert held(conn) == {
        "link": link,
        "zoom_passcode": "SECRET",
        "backup_link": "https://b.test/1",
    }
    change_offer(conn, made, zoom_passcode="", backup_link="", link="https://meet.example.test/2")
    assert held(conn) == {"link": "https://meet.example.test/2"}
    with refusal(conn, "23502"):
        change_offer(conn, made, link="")
    conn.execute("delete from public.booking_offers")
    rest = conn.execute("select from vault.secrets where name like 'booking_offers/%'").fetchall()
    assert rest == []


def test_a_stranger_is_refused_before_anything_is_looked_up(
    conn: psycopg.Connection, world: World
) -> None:
    mentor, student = world.mentor(), world.student()
    for who in (student, world.mentor("Milo")):
        said = set()
        for columns in ({}, {"mentor_id": student}, {"timezone": "Nowhere/Land"}, {"link": ""}):
            with as_user(conn, who), refusal(conn, "42501") as no:
                offer(conn, **({"mentor_id": mentor} | columns))
            said.add(no.message)
        assert len(said) == 1
    with as_user(conn, world.enrollment_manager()):
        offer(conn, mentor)
        with refusal(conn, "22023") as no:
            offer(conn, student)
    assert no.message == f"mentor_id {student} is not a mentor"


def test_an_offer_that_was_booked_stays(conn: psycopg.Connection, world: World) -> None:
    mentor = world.mentor()
    made = offer(conn, mentor)
    conn.execute(
        "insert into public.session_bookings"
        " (session_id, offer_id, student_id, change_notice_minutes) values (%s, %s, %s, 0)",
        (world.session(mentor=mentor), made, world.student()),
    )
    with as_user(conn, mentor), refusal(conn, "PT409") as no:
        conn.execute("delete from public.booking_offers")
    assert no.message == "an offer that was booked cannot be deleted"
    assert no.hint == "Withdraw it with is_active = false; what is booked stays."
