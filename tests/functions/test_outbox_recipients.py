"""Who is told what: from changes of a session to the kinds of mails that people get."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from support.outbox import Claimed, Outbox, change
from support.world import World

TUESDAY = datetime(2031, 5, 6, 17, 0, tzinfo=UTC)
WEDNESDAY = TUESDAY + timedelta(days=1)
HOUR = timedelta(hours=1)


def told_session(outbox: Outbox, **kwargs: Any) -> UUID:
    """A session on Tuesday that everybody concerned has been told of."""
    session = World(outbox.conn).session(**({"starts": TUESDAY} | kwargs))
    outbox.deliver()
    return session


def by_recipient(emails: list[Claimed]) -> dict[UUID, Claimed]:
    assert len({email.recipient_id for email in emails}) == len(emails)
    return {email.recipient_id: email for email in emails}


def test_a_new_session_is_told_to_its_batch_and_its_mentor(world: World, outbox: Outbox) -> None:
    batch = world.batch()
    anna, ben = world.student("Anna", batch=batch), world.student("Ben", batch=batch)
    mentor = world.mentor()
    world.session(batch=batch, mentor=mentor)
    assert outbox.tell() == {
        anna: "session_scheduled",
        ben: "session_scheduled",
        mentor: "mentor_assigned",
    }


def test_nobody_else_is_told(world: World, outbox: Outbox) -> None:
    course = world.course()
    batch, other_batch = world.batch(course=course), world.batch(course=course)
    anna = world.student("Anna", batch=batch)
    world.student("Of another batch", batch=other_batch)
    world.student("Unbatched", course=course)
    for status in ("paused", "completed", "withdrawn"):
        world.student(status, batch=batch, status=status)
    world.mentor("Another mentor")
    world.admin()
    world.session(batch=batch)
    assert outbox.tell() == {anna: "session_scheduled"}


def test_a_session_without_batch_is_for_the_unbatched(world: World, outbox: Outbox) -> None:
    course = world.course()
    ulla = world.student("Ulla", course=course)
    world.student("Of a batch", batch=world.batch(course=course))
    world.session(course=course)
    assert outbox.tell() == {ulla: "session_scheduled"}


def test_a_one_to_one_without_course_is_for_its_participant(world: World, outbox: Outbox) -> None:
    world.student("Of some course", course=world.course())
    anna, mentor = world.student("Anna"), world.mentor()
    session = world.session(mentor=mentor, session_type="mentorship")
    world.invite(session, anna)
    assert outbox.tell() == {anna: "session_scheduled", mentor: "mentor_assigned"}


def test_mails_carry_what_the_templates_show(world: World, outbox: Outbox) -> None:
    course = world.course("Data Analytics")
    batch = world.batch("March", course=course)
    anna = world.student(
        "Anna", batch=batch, email="anna@example.test", timezone="Asia/Kolkata", locale="pt-BR"
    )
    session = world.session(
        "Questions",
        batch=batch,
        mentor=world.mentor("Amara"),
        starts=TUESDAY,
        description="Bring some.",
        timezone="Europe/Berlin",
        platform="google_meet",
    )
    email = by_recipient(outbox.deliver())[anna]
    assert (email.address, email.full_name) == ("anna@example.test", "Anna")
    assert (email.timezone, email.locale) == ("Asia/Kolkata", "pt-BR")
    assert (email.recipient_role, email.attempt, email.in_doubt) == ("learner", 1, False)
    assert (email.changes, email.summary, email.calendar_method) == ({}, None, "REQUEST")
    assert email.session == {
        "id": str(session),
        "title": "Questions",
        "description": "Bring some.",
        "session_type": "success_session",
        "status": "upcoming",
        "start_time": "2031-05-06T17:00:00+00:00",
        "end_time": "2031-05-06T18:00:00+00:00",
        "timezone": "Europe/Berlin",
        "platform": "google_meet",
        "platform_name": "Google Meet",
        "mentor_name": "Amara",
        "course_name": "Data Analytics",
        "batch_name": "March",
        "cancel_reason": None,
        "sequence": 0,
        "registration_required": False,
        "calendar_uid": str(session),
        "series_id": None,
        "recurrence_id": None,
        "uses_backup_link": False,
        "link_failure_note": None,
    }


def test_times_read_the_same_whatever_zone_the_connections_are_in(
    world: World, outbox: Outbox
) -> None:
    anna = world.student("Anna")
    world.conn.execute("set local timezone = 'Asia/Kolkata'")
    session = world.session(starts=TUESDAY)
    world.invite(session, anna)
    assert outbox.tell() == {anna: "session_scheduled"}
    world.conn.execute("set local timezone = 'America/New_York'")
    change(world.conn, session, title="Renamed")
    (email,) = outbox.deliver()
    assert email.changes == {"title": {"old": "Some Session", "new": "Renamed"}}
    assert email.session["start_time"] == "2031-05-06T17:00:00+00:00"


def test_a_new_time_is_told_to_everybody(world: World, outbox: Outbox) -> None:
    batch = world.batch()
    anna, guest, mentor = world.student(batch=batch), world.student(), world.mentor()
    session = told_session(outbox, batch=batch, mentor=mentor)
    world.invite(session, guest)
    outbox.deliver()
    change(world.conn, session, start_time=WEDNESDAY, end_time=WEDNESDAY + HOUR)
    emails = by_recipient(outbox.deliver())
    assert {who: email.kind for who, email in emails.items()} == dict.fromkeys(
        [anna, guest, mentor], "session_rescheduled"
    )
    assert emails[anna].changes == {
        "start_time": {"old": "2031-05-06T17:00:00+00:00", "new": "2031-05-07T17:00:00+00:00"},
        "end_time": {"old": "2031-05-06T18:00:00+00:00", "new": "2031-05-07T18:00:00+00:00"},
    }
    assert emails[anna].session["start_time"] == "2031-05-07T17:00:00+00:00"
    assert emails[mentor].recipient_role == "host"


def test_a_longer_session_is_a_new_time(world: World, outbox: Outbox) -> None:
    session = told_session(outbox)
    anna = world.student()
    world.invite(session, anna)
    outbox.deliver()
    change(world.conn, session, end_time=TUESDAY + 2 * HOUR)
    assert outbox.tell() == {anna: "session_rescheduled"}


def test_other_changes_are_told_with_what_changed(world: World, outbox: Outbox) -> None:
    batch = world.batch()
    anna, mentor = world.student(batch=batch), world.mentor()
    session = told_session(outbox, batch=batch, mentor=mentor)
    change(
        world.conn,
        session,
        title="Answers",
        description="No questions.",
        timezone="Europe/Berlin",
        platform="jitsi",
        registration_required=True,
        link="https://meet.example.test/another",
    )
    emails = by_recipient(outbox.deliver())
    assert {who: email.kind for who, email in emails.items()} == {
        anna: "session_updated",
        mentor: "session_updated",
    }
    assert emails[anna].changes == {
        "title": {"old": "Some Session", "new": "Answers"},
        "description": {"old": None, "new": "No questions."},
        "timezone": {"old": "UTC", "new": "Europe/Berlin"},
        "platform_name": {"old": "Zoom", "new": "Jitsi Meet"},
        "registration_required": {"old": False, "new": True},
        "meeting_details": {"old": True, "new": True},
    }


def test_an_invitation_knows_whether_a_seat_is_needed(world: World, outbox: Outbox) -> None:
    anna = world.student()
    with outbox.one_transaction():
        for required in (True, False):
            session = world.session(starts=TUESDAY, registration_required=required)
            world.invite(session, anna)

    (email,) = outbox.deliver()

    needs = {part["session"]["registration_required"] for part in email.parts}
    assert needs == {True, False}


def test_that_a_seat_is_needed_from_now_on_is_told(world: World, outbox: Outbox) -> None:
    batch = world.batch()
    anna = world.student(batch=batch)
    session = told_session(outbox, batch=batch)
    change(world.conn, session, registration_required=True)
    (email,) = outbox.deliver()
    assert (email.recipient_id, email.kind) == (anna, "session_updated")
    assert email.changes == {"registration_required": {"old": False, "new": True}}


def test_a_new_passcode_is_told_without_being_shown(world: World, outbox: Outbox) -> None:
    anna = world.student()
    session = world.session(starts=TUESDAY, zoom_passcode="firstsecret")
    world.invite(session, anna)
    outbox.deliver()
    change(world.conn, session, zoom_passcode="secondsecret")
    (email,) = outbox.deliver()
    assert (email.recipient_id, email.kind) == (anna, "session_updated")
    assert email.changes == {"meeting_details": {"old": True, "new": True}}
    everything = str([email, outbox.rows("events"), outbox.rows("emails")])
    assert "secret" not in everything
    assert "zoom.us" not in everything


def test_a_new_mentor_is_told_to_all_three_sides(world: World, outbox: Outbox) -> None:
    batch = world.batch()
    anna, amara, jonas = world.student(batch=batch), world.mentor("Amara"), world.mentor("Jonas")
    session = told_session(outbox, batch=batch, mentor=amara)
    change(world.conn, session, mentor_id=jonas)
    emails = by_recipient(outbox.deliver())
    assert {who: email.kind for who, email in emails.items()} == {
        anna: "session_updated",
        amara: "mentor_unassigned",
        jonas: "mentor_assigned",
    }
    assert emails[anna].changes == {"mentor_name": {"old": "Amara", "new": "Jonas"}}
    assert emails[anna].session["mentor_name"] == "Jonas"
    assert (emails[jonas].recipient_role, emails[jonas].calendar_method) == ("host", "REQUEST")
    assert (emails[amara].recipient_role, emails[amara].calendar_method) == ("host", "CANCEL")
    assert emails[amara].changes == emails[jonas].changes == {}


def test_a_session_without_mentor_gets_one(world: World, outbox: Outbox) -> None:
    anna, amara = world.student(), world.mentor("Amara")
    session = told_session(outbox)
    world.invite(session, anna)
    outbox.deliver()
    change(world.conn, session, mentor_id=amara)
    emails = by_recipient(outbox.deliver())
    assert {who: email.kind for who, email in emails.items()} == {
        anna: "session_updated",
        amara: "mentor_assigned",
    }
    assert emails[anna].changes == {"mentor_name": {"old": None, "new": "Amara"}}


def test_another_batch_takes_the_place_of_the_first(world: World, outbox: Outbox) -> None:
    course = world.course()
    march, april = world.batch("March", course=course), world.batch("April", course=course)
    anna, ben = world.student("Anna", batch=march), world.student("Ben", batch=april)
    guest, mentor = world.student("Guest"), world.mentor()
    session = told_session(outbox, batch=march, mentor=mentor)
    world.invite(session, guest)
    outbox.deliver()
    change(world.conn, session, batch_id=april, start_time=WEDNESDAY, end_time=WEDNESDAY + HOUR)
    emails = by_recipient(outbox.deliver())
    assert {who: email.kind for who, email in emails.items()} == {
        anna: "session_cancelled",
        ben: "session_scheduled",
        guest: "session_rescheduled",
        mentor: "session_rescheduled",
    }
    # It goes on without Anna: she sees the one she knew, and not where it went.
    assert emails[anna].session["batch_name"] == "March"
    assert emails[anna].session["start_time"] == "2031-05-06T17:00:00+00:00"
    assert (emails[anna].session["status"], emails[anna].calendar_method) == ("upcoming", "CANCEL")
    assert emails[ben].session["batch_name"] == "April"


def test_an_audience_alone_says_nothing_to_those_who_stay(world: World, outbox: Outbox) -> None:
    course = world.course()
    batch = world.batch(course=course)
    ulla, ben = world.student("Ulla", course=course), world.student("Ben", batch=batch)
    guest, mentor = world.student("Guest"), world.mentor()
    session = told_session(outbox, course=course, mentor=mentor)
    world.invite(session, guest)
    outbox.deliver()
    change(world.conn, session, batch_id=batch)
    assert outbox.tell() == {ulla: "session_cancelled", ben: "session_scheduled"}


def test_a_cancelled_session_is_told_with_its_reason(world: World, outbox: Outbox) -> None:
    batch = world.batch()
    anna, mentor = world.student(batch=batch), world.mentor()
    session = told_session(outbox, batch=batch, mentor=mentor)
    change(world.conn, session, status="cancelled", cancel_reason="The mentor is unwell.")
    emails = by_recipient(outbox.deliver())
    assert {who: email.kind for who, email in emails.items()} == {
        anna: "session_cancelled",
        mentor: "session_cancelled",
    }
    assert emails[anna].session["status"] == "cancelled"
    assert emails[anna].session["cancel_reason"] == "The mentor is unwell."
    assert emails[anna].calendar_method == emails[mentor].calendar_method == "CANCEL"
    assert emails[mentor].recipient_role == "host"


def test_moved_then_cancelled_shows_the_time_people_knew(world: World, outbox: Outbox) -> None:
    anna = world.student()
    session = told_session(outbox)
    world.invite(session, anna)
    outbox.deliver()
    change(world.conn, session, start_time=WEDNESDAY, end_time=WEDNESDAY + HOUR)
    change(world.conn, session, status="cancelled")
    (email,) = outbox.deliver()
    assert email.kind == "session_cancelled"
    assert email.session["start_time"] == "2031-05-06T17:00:00+00:00"


def test_a_reinstated_session_is_scheduled_again(world: World, outbox: Outbox) -> None:
    batch = world.batch()
    anna, mentor = world.student(batch=batch), world.mentor()
    session = told_session(outbox, batch=batch, mentor=mentor)
    change(world.conn, session, status="cancelled")
    outbox.deliver()
    change(world.conn, session, status="upcoming")
    emails = by_recipient(outbox.deliver())
    assert {who: email.kind for who, email in emails.items()} == {
        anna: "session_scheduled",
        mentor: "mentor_assigned",
    }
    assert emails[anna].session["sequence"] == 2
    for email in emails.values():
        assert email.changes == {"status": {"old": "cancelled", "new": "upcoming"}}


def test_invitees_come_and_go(world: World, outbox: Outbox) -> None:
    batch = world.batch()
    world.student("Of the batch", batch=batch)
    ben, cleo = world.student("Ben"), world.student("Cleo")
    session = told_session(outbox, batch=batch, mentor=world.mentor())
    world.invite(session, ben, cleo)
    assert outbox.tell() == {ben: "session_scheduled", cleo: "session_scheduled"}
    world.conn.execute("delete from public.session_participants where user_id = %s", (ben,))
    (email,) = outbox.deliver()
    assert (email.recipient_id, email.kind) == (ben, "session_cancelled")
    assert (email.session["status"], email.calendar_method) == ("upcoming", "CANCEL")


def test_an_invitee_of_the_audience_learns_nothing_new(world: World, outbox: Outbox) -> None:
    batch = world.batch()
    anna = world.student("Anna", batch=batch)
    session = told_session(outbox, batch=batch)
    world.invite(session, anna)
    assert outbox.tell() == {}
    world.conn.execute("delete from public.session_participants where user_id = %s", (anna,))
    assert outbox.tell() == {}


def test_the_host_outranks_the_learner(world: World, outbox: Outbox) -> None:
    batch = world.batch()
    amara = world.mentor("Amara")
    world.enroll(amara, batch=batch)
    session = world.session(batch=batch, mentor=amara, starts=TUESDAY)
    world.invite(session, amara)
    emails = by_recipient(outbox.deliver())
    assert emails[amara].kind == "mentor_assigned"
    assert emails[amara].recipient_role == "host"


def test_a_host_who_stays_as_learner_keeps_the_appointment(world: World, outbox: Outbox) -> None:
    batch = world.batch()
    amara = world.mentor("Amara")
    world.enroll(amara, batch=batch)
    session = told_session(outbox, batch=batch, mentor=amara)
    change(world.conn, session, mentor_id=None)
    (email,) = outbox.deliver()
    assert (email.kind, email.recipient_role) == ("mentor_unassigned", "learner")
    assert email.calendar_method == "REQUEST"
    change(world.conn, session, mentor_id=amara)
    assert outbox.tell() == {amara: "mentor_assigned"}


def test_the_end_of_a_session_brings_the_mentor_the_attendance(
    world: World, outbox: Outbox
) -> None:
    batch = world.batch()
    anna, ben = world.student("Anna", batch=batch), world.student("Ben", batch=batch)
    mentor = world.mentor()
    session = told_session(
        outbox, batch=batch, mentor=mentor, starts=timedelta(hours=-2), status="live"
    )
    world.attendance(session, anna, "present", minutes_present=55)
    outbox.scalar("select completed from notifier.tick()")
    (email,) = outbox.deliver()
    assert (email.recipient_id, email.kind) == (mentor, "attendance_summary")
    assert (email.recipient_role, email.calendar, email.calendar_method) == ("host", None, None)
    assert email.session["status"] == "completed"
    assert email.summary is not None
    counts = [email.summary[count] for count in ("invited", "present", "absent")]
    assert counts == [2, 1, 1]
    names = [(each["full_name"], each["status"]) for each in email.summary["students"]]
    assert names == [("Anna", "present"), ("Ben", "absent")]
    assert (
        outbox.scalar("select status from public.session_attendance where student_id = %s", ben)
        == "absent"
    )


def test_the_end_of_a_session_without_mentor_still_finalizes_attendance(
    world: World, outbox: Outbox
) -> None:
    ben = world.student("Ben")
    session = told_session(outbox, starts=timedelta(hours=-2), status="live")
    world.invite(session, ben)
    change(world.conn, session, status="completed")
    assert outbox.tell() == {}
    assert (
        outbox.scalar("select status from public.session_attendance where student_id = %s", ben)
        == "absent"
    )


def test_history_that_is_imported_is_told_to_nobody(world: World, outbox: Outbox) -> None:
    batch = world.batch()
    world.student(batch=batch)
    for status in ("completed", "cancelled"):
        world.session(batch=batch, mentor=world.mentor(), starts=timedelta(days=-9), status=status)
    assert outbox.tell() == {}
    assert outbox.rows("events") == []


def test_a_session_that_is_over_by_the_clock_is_told_to_nobody(
    world: World, outbox: Outbox
) -> None:
    batch = world.batch()
    world.student(batch=batch)
    world.session(batch=batch, mentor=world.mentor(), starts=timedelta(days=-9))
    assert outbox.tell() == {}
    assert outbox.rows("emails") == []
