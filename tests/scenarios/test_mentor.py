"""A mentor's own sessions: one-to-one meetings, the clash, starting and ending."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from supabase import Client

from support.campus import Campus
from support.frontend import (
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


def one_to_one(campus: Campus, **fields: Any) -> dict[str, Any]:
    """The form of a meeting that Marta hosts, for nobody yet."""
    meeting = {"title": "Mentorship", "session_type": "mentorship"}
    return session_form(campus, **meeting, course_id=None, batch_id=None, **fields)


def invite(client: Client, session: dict[str, Any], *students: Any) -> None:
    rows = [{"session_id": session["id"], "user_id": str(student)} for student in students]
    client.table("session_participants").insert(rows).execute()


def test_a_one_to_one_meeting_is_seen_by_the_two_of_them(campus: Campus, sign_in: SignIn) -> None:
    marta, uma = sign_in("marta"), sign_in("uma")
    meeting = create(marta, one_to_one(campus))
    assert calendar(uma) == []

    invite(marta, meeting, campus.uma)

    (shown,) = calendar(uma)
    assert (shown["title"], shown["audience"]) == ("Mentorship", "course-less")
    for name in ("sam", "otto", "milo", "nora"):
        assert calendar(sign_in(name)) == []
    assert call(uma, "join_session", meeting)["attendance_status"] == "present"
    assert [row["student_id"] for row in attendance(marta, meeting)] == [str(campus.uma)]

    # The invitation is withdrawn: the meeting is gone, what was recorded stays.
    marta.table("session_participants").delete().eq("session_id", meeting["id"]).execute()
    assert calendar(uma) == []
    with told("PT404", f"session_id {meeting['id']} is unknown or not visible to you"):
        call(uma, "join_session", meeting)
    assert call(uma, "leave_session", meeting)["left_at"] is not None


def test_mentors_invite_to_their_own_meetings_only(campus: Campus, sign_in: SignIn) -> None:
    meeting = create(sign_in("marta"), one_to_one(campus))
    refusal = 'new row violates row-level security policy for table "session_participants"'

    for name in ("milo", "sam", "uma"):
        with told("42501", refusal):
            invite(sign_in(name), meeting, campus.uma)

    invite(sign_in("erin"), meeting, campus.uma)
    assert len(calendar(sign_in("uma"))) == 1


def test_a_mentor_is_told_of_the_clash(campus: Campus, sign_in: SignIn) -> None:
    ada, marta = sign_in("ada"), sign_in("marta")
    start = in_minutes(60 * 24)
    first = create(ada, session_form(campus, title="Joins", start=start))
    clash = (
        f"clash with 'Joins', session {first['id']}, from {start:%Y-%m-%dT%H:%M:%SZ}"
        f" to {start + timedelta(minutes=60):%Y-%m-%dT%H:%M:%SZ}"
    )

    with told("23P01", f"mentor_id {campus.marta} already hosts a session at that time", clash):
        create(marta, one_to_one(campus, start=start + timedelta(minutes=30)))
    assert [row["title"] for row in calendar(marta)] == ["Joins"]

    save(ada, first, status="cancelled")
    create(marta, one_to_one(campus, start=start + timedelta(minutes=30)))
    assert [row["title"] for row in calendar(marta)] == ["Mentorship"]


def test_mentors_manage_their_own_and_see_no_others(campus: Campus, sign_in: SignIn) -> None:
    marta, milo = sign_in("marta"), sign_in("milo")
    mine = create(marta, session_form(campus))
    his = create(
        milo,
        session_form(campus, mentor_id=str(campus.milo), zoom_meeting_id="987654321"),
    )

    assert [row["id"] for row in calendar(marta)] == [mine["id"]]
    assert look_up(marta, his) == []
    changed = (
        marta.table("success_sessions").update({"title": "Mine"}).eq("id", his["id"]).execute()
    )
    assert changed.data == []
    assert look_up(milo, his)[0]["title"] == "Office hours"

    with told(
        "42501",
        "mentor_id, course_id and batch_id of an existing session can be changed by managers only",
    ):
        save(marta, mine, mentor_id=str(campus.milo))
    with told("42501", "mentor_id must be your own id: mentors create the sessions that they host"):
        create(marta, session_form(campus, mentor_id=str(campus.milo), start=in_minutes(600)))


def test_a_mentor_starts_and_ends_a_session(campus: Campus, sign_in: SignIn) -> None:
    marta, sam = sign_in("marta"), sign_in("sam")
    session = create(marta, session_form(campus, start=in_minutes(10)))

    assert save(marta, session, status="live")["status"] == "live"
    assert calendar(sam)[0]["segment"] == "live"
    call(sam, "join_session", session)
    with told("PT409", "a session cannot be completed before it begins"):
        save(marta, session, status="completed")

    # She moves the start to when they really began, and is through sooner than planned.
    save(marta, session, start_time=in_minutes(-1).isoformat())
    ended = save(marta, session, status="completed")
    assert datetime.fromisoformat(ended["end_time"]) <= in_minutes(1)
    assert calendar(sam)[0]["segment"] == "past"
    with told("PT409", "this session is over"):
        call(sam, "join_session", session)
    with told("PT409", "status completed is final, it cannot become live"):
        save(marta, session, status="live")


def test_students_change_nothing(campus: Campus, sign_in: SignIn) -> None:
    session = create(sign_in("marta"), session_form(campus))
    sam = sign_in("sam")

    with told("42501", "only managers and mentors may create sessions"):
        create(sam, session_form(campus, mentor_id=None))
    for change in ({"title": "Party"}, {"status": "cancelled"}, {"link": "https://evil.example/"}):
        changed = sam.table("success_sessions").update(change).eq("id", session["id"]).execute()
        assert changed.data == []
    assert sam.table("success_sessions").delete().eq("id", session["id"]).execute().data == []
    with told("42501", "permission denied for table session_attendance"):
        sam.table("session_attendance").insert(
            {
                "session_id": session["id"],
                "student_id": str(campus.sam),
                "status": "present",
                "source": "manual",
            }
        ).execute()

    (kept,) = look_up(sam, session)
    assert (kept["title"], kept["status"]) == ("Office hours", "upcoming")
