"""A success session, from the admin's form to the attendance that its mentor reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from supabase import Client

from devstack.stack import Stack
from support.campus import Campus
from support.clients import Clients
from support.frontend import (
    LINK,
    PASSCODE,
    attendance,
    calendar,
    call,
    create,
    in_minutes,
    look_up,
    save,
    session_form,
    told,
)

SignIn = Callable[[str], Client]

OUTSIDERS = ("otto", "uma", "pia", "milo", "nora")


def test_an_admin_schedules_and_exactly_the_batch_sees(
    api: Stack, clients: Clients, campus: Campus, sign_in: SignIn
) -> None:
    ada = sign_in("ada")
    session = create(ada, session_form(campus))
    assert session["status"] == "upcoming"
    assert session["zoom_passcode"] is None, "the passcode is write-only"
    assert session["created_by"] == str(campus.ada)

    for name in ("sam", "sita", "marta", "ada", "erin", "sofia"):
        (shown,) = calendar(sign_in(name))
        assert (shown["id"], shown["title"]) == (session["id"], "Office hours")
        assert shown["mentor_name"] == "Marta Mentor"
        assert "zoom_passcode" not in shown

    for name in OUTSIDERS:
        outsider = sign_in(name)
        assert calendar(outsider) == []
        assert look_up(outsider, session) == []
        unknown = f"session_id {session['id']} is unknown or not visible to you"
        for function in ("join_session", "leave_session", "session_credentials"):
            with told("PT404", unknown):
                call(outsider, function, session)

    visitor = clients.anon(api)
    with told("42501", "permission denied for view segmented_weekly_success_sessions"):
        calendar(visitor)
    with told("42501", "permission denied for table success_sessions"):
        look_up(visitor, session)
    with told("42501", "permission denied for function join_session"):
        call(visitor, "join_session", session)


def test_everybody_reads_the_time_on_their_own_clock(campus: Campus, sign_in: SignIn) -> None:
    start = in_minutes(10)
    create(sign_in("ada"), session_form(campus, start=start))
    zones = {"sam": "America/New_York", "sita": "Asia/Kolkata", "marta": "Europe/Berlin"}

    for name, zone in zones.items():
        (shown,) = calendar(sign_in(name))
        assert shown["local_timezone"] == zone
        assert datetime.fromisoformat(shown["start_time"]) == start
        offset = datetime.fromisoformat(shown["local_start"] + "Z") - start
        if name == "sita":
            assert offset == timedelta(hours=5, minutes=30)

    # Somebody who travels changes the profile, and the calendar follows.
    sita = sign_in("sita")
    sita.table("profiles").update({"timezone": "Pacific/Auckland"}).eq(
        "id", str(campus.sita)
    ).execute()
    assert calendar(sita)[0]["local_timezone"] == "Pacific/Auckland"


def test_a_student_joins_and_the_mentor_reads_it(campus: Campus, sign_in: SignIn) -> None:
    session = create(sign_in("ada"), session_form(campus))
    sam, sita, marta = sign_in("sam"), sign_in("sita"), sign_in("marta")
    assert calendar(sam)[0]["can_join"] is True

    details = call(sam, "join_session", session)
    assert (details["link"], details["passcode"]) == (LINK, PASSCODE)
    assert details["mentor_name"] == "Marta Mentor"
    assert details["attendance_status"] == "present"
    # A second device, and a nervous finger.
    assert call(sam, "join_session", session) == details

    (record,) = attendance(sam, session)
    assert (record["student_id"], record["status"]) == (str(campus.sam), "present")
    assert record["left_at"] is None
    assert calendar(sam)[0]["attendance_status"] == "present"

    # The mentor, too, enters by it, without attendance; and reads who is there.
    assert call(marta, "join_session", session)["attendance_status"] is None
    assert attendance(marta, session) == [record]
    # The other student knows of nobody.
    assert attendance(sita, session) == []

    left = call(sam, "leave_session", session)
    assert left["left_at"] is not None
    assert attendance(marta, session)[0]["left_at"] == left["left_at"]
    with told("PT409", "you have not joined this session"):
        call(sita, "leave_session", session)


def test_the_admin_reschedules_and_cancels(campus: Campus, sign_in: SignIn) -> None:
    ada, sam = sign_in("ada"), sign_in("sam")
    session = create(ada, session_form(campus))

    start = in_minutes(60 * 24)
    moved = save(
        ada,
        session,
        start_time=start.isoformat(),
        end_time=(start + timedelta(minutes=90)).isoformat(),
    )
    assert moved["sequence"] == 1
    (shown,) = calendar(sam)
    assert datetime.fromisoformat(shown["start_time"]) == start
    assert shown["can_join"] is False
    opens = f"joining opens at {start - timedelta(minutes=15):%Y-%m-%dT%H:%M:%SZ}"
    with told("PT409", "joining is not open yet", opens):
        call(sam, "join_session", session)

    save(ada, session, status="cancelled", cancel_reason="The mentor is ill")
    assert calendar(sam) == []
    (kept,) = look_up(sam, session)
    assert (kept["status"], kept["cancel_reason"]) == ("cancelled", "The mentor is ill")
    with told("PT409", "this session was cancelled", "The mentor is ill"):
        call(sam, "join_session", session)

    back = save(ada, session, status="upcoming")
    assert (back["status"], back["cancel_reason"], back["sequence"]) == ("upcoming", None, 3)
    assert [row["id"] for row in calendar(sam)] == [session["id"]]


def test_the_session_is_given_to_another_mentor(campus: Campus, sign_in: SignIn) -> None:
    erin, marta, milo = sign_in("erin"), sign_in("marta"), sign_in("milo")
    session = create(erin, session_form(campus))
    assert call(marta, "session_credentials", session)["passcode"] == PASSCODE
    assert calendar(milo) == []

    save(erin, session, mentor_id=str(campus.milo))

    assert calendar(marta) == []
    with told("PT404", f"session_id {session['id']} is unknown or not visible to you"):
        call(marta, "session_credentials", session)
    assert call(milo, "session_credentials", session)["passcode"] == PASSCODE
    assert calendar(sign_in("sam"))[0]["mentor_name"] == "Milo Mentor"


def test_the_form_saved_back_as_it_was_read_keeps_the_passcode(
    campus: Campus, sign_in: SignIn
) -> None:
    ada, sam = sign_in("ada"), sign_in("sam")
    session = create(ada, session_form(campus, link=f"{LINK}?pwd=encoded"))
    assert session["link"] == LINK

    form = {name: session[name] for name in session_form(campus)}
    save(ada, session, **{**form, "title": "Office hours, extended"})
    details = call(sam, "join_session", session)
    assert (details["link"], details["passcode"]) == (f"{LINK}?pwd=encoded", PASSCODE)

    # An upsert of the form does as well.
    ada.table("success_sessions").upsert({**form, "id": session["id"]}).execute()
    assert call(sam, "join_session", session)["passcode"] == PASSCODE

    save(ada, session, zoom_passcode="", link="https://zoom.us/j/987654321")
    details = call(sam, "join_session", session)
    assert (details["link"], details["passcode"]) == ("https://zoom.us/j/987654321", None)


def test_access_ends_and_returns_with_the_enrollment(campus: Campus, sign_in: SignIn) -> None:
    erin, sam = sign_in("erin"), sign_in("sam")
    session = create(erin, session_form(campus))
    enrollment = erin.table("course_enrollments")
    assert len(calendar(sam)) == 1

    for gone in (
        {"status": "paused"},
        {"status": "active", "batch_id": str(campus.winter)},
        {"status": "active", "batch_id": None},
    ):
        enrollment.update(gone).eq("student_id", str(campus.sam)).execute()
        assert calendar(sam) == []
        assert look_up(sam, session) == []
        with told("PT404", f"session_id {session['id']} is unknown or not visible to you"):
            call(sam, "join_session", session)

    back = {"status": "active", "batch_id": str(campus.batch)}
    enrollment.update(back).eq("student_id", str(campus.sam)).execute()
    assert len(calendar(sam)) == 1
    assert call(sam, "join_session", session)["attendance_status"] == "present"
