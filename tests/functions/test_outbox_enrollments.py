"""Whoever joins a course is told once of what is ahead; whoever leaves it is out of that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from support.outbox import Claimed, Outbox, change
from support.world import World

WEEK = timedelta(weeks=1)


@pytest.fixture
def course(world: World) -> UUID:
    return world.course()


@pytest.fixture
def batch(world: World, course: UUID) -> UUID:
    return world.batch(course=course)


@pytest.fixture
def anna(world: World) -> UUID:
    """Somebody who has not joined yet."""
    return world.student("Anna")


def plan(world: World, outbox: Outbox, batch: UUID, weeks: int = 3) -> list[UUID]:
    """Sessions of the batch, of which everybody who was to be told has been told."""
    sessions = [
        world.session(f"Week {week}", batch=batch, starts=week * WEEK)
        for week in range(1, weeks + 1)
    ]
    outbox.deliver()
    return sessions


def join(world: World, student: UUID, batch: UUID) -> None:
    world.enroll(student, batch=batch, lately=True)


def told(outbox: Outbox) -> Claimed:
    (email,) = outbox.deliver()
    return email


def parts(email: Claimed) -> list[tuple[str, str]]:
    return [(part["kind"], part["session"]["title"]) for part in email.parts]


def titles(email: Claimed) -> list[str]:
    return [part["session"]["title"] for part in email.parts]


def set_status(world: World, student: UUID, status: str) -> None:
    world.conn.execute(
        "update public.course_enrollments set status = %s where student_id = %s", (status, student)
    )


# Joining


@pytest.mark.parametrize("how", ["enrolled", "active again", "another batch"])
def test_whoever_joins_is_told_of_what_is_ahead_in_one_mail(
    world: World, outbox: Outbox, course: UUID, batch: UUID, anna: UUID, how: str
) -> None:
    if how == "active again":
        world.enroll(anna, batch=batch, status="paused")
    if how == "another batch":
        world.enroll(anna, course=course)
    plan(world, outbox, batch)
    if how == "enrolled":
        join(world, anna, batch)
    if how == "active again":
        set_status(world, anna, "active")
    if how == "another batch":
        world.conn.execute("update public.course_enrollments set batch_id = %s", (batch,))
    email = told(outbox)
    assert (email.recipient_id, email.kind) == (anna, "enrollment_schedule")
    assert titles(email) == ["Week 1", "Week 2", "Week 3"]
    assert {part["kind"] for part in email.parts} == {"session_scheduled"}
    assert [calendar["method"] for calendar in email.calendars] == ["REQUEST"] * 3
    assert outbox.deliver() == []


def test_one_session_ahead_is_a_schedule_too(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    plan(world, outbox, batch, 1)
    join(world, anna, batch)
    assert outbox.tell() == {anna: "enrollment_schedule"}


def test_nobody_else_is_told_of_it(world: World, outbox: Outbox, batch: UUID, anna: UUID) -> None:
    ben = world.student("Ben", batch=batch)
    plan(world, outbox, batch)
    join(world, anna, batch)
    assert outbox.tell() == {anna: "enrollment_schedule"}
    assert ben not in {row["recipient_id"] for row in outbox.rows(kind="enrollment_schedule")}


@pytest.mark.parametrize("status", ["paused", "completed", "withdrawn"])
def test_an_enrollment_that_gives_no_access_is_told_nothing(
    world: World, outbox: Outbox, batch: UUID, anna: UUID, status: str
) -> None:
    plan(world, outbox, batch)
    world.enroll(anna, batch=batch, status=status)
    assert outbox.deliver() == []


def test_only_what_is_ahead_within_ninety_days_and_takes_place(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    world.session("Past", batch=batch, starts=-WEEK, status="completed")
    world.session("Over", batch=batch, starts=timedelta(hours=-1), status="live")
    called_off = world.session("Called off", batch=batch, starts=WEEK)
    world.session("Next", batch=batch, starts=2 * WEEK)
    world.session("Some day", batch=batch, starts=timedelta(days=91))
    change(world.conn, called_off, status="cancelled")
    outbox.deliver()
    join(world, anna, batch)
    assert titles(told(outbox)) == ["Next"]


def test_the_schedule_is_that_of_the_moment_of_sending(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    first, second, third = plan(world, outbox, batch)
    join(world, anna, batch)
    outbox.expand()
    change(world.conn, first, title="Renamed")
    change(world.conn, second, status="cancelled")
    email = told(outbox)
    assert (email.kind, titles(email)) == ("enrollment_schedule", ["Renamed", "Week 3"])
    assert third == UUID(email.parts[1]["session"]["id"])
    assert outbox.deliver() == []


def test_a_session_planned_after_joining_is_told_as_to_everybody(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    plan(world, outbox, batch)
    join(world, anna, batch)
    outbox.deliver()
    world.session("New", batch=batch, starts=5 * WEEK)
    assert outbox.tell() == {anna: "session_scheduled"}


def test_a_session_planned_while_somebody_joins_is_told_once(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    join(world, anna, batch)
    world.session("New", batch=batch, starts=WEEK)
    assert len(outbox.deliver()) == 1
    assert outbox.deliver() == []


def test_a_change_while_somebody_joins_is_told_to_the_others_only(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    ben = world.student("Ben", batch=batch)
    first, *_ = plan(world, outbox, batch)
    change(world.conn, first, title="Renamed")
    join(world, anna, batch)
    assert outbox.tell() == {ben: "session_updated", anna: "enrollment_schedule"}


def test_whoever_was_invited_before_joining_is_not_invited_again(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    first, *_ = plan(world, outbox, batch)
    world.invite(first, anna)
    assert outbox.tell() == {anna: "session_scheduled"}
    join(world, anna, batch)
    assert titles(told(outbox)) == ["Week 2", "Week 3"]


def test_to_whoever_joins_a_reinstated_session_is_like_any_other(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    (session,) = plan(world, outbox, batch, weeks=1)
    for status in ("cancelled", "upcoming"):
        change(world.conn, session, status=status)
        outbox.deliver()

    join(world, anna, batch)

    email = told(outbox)
    assert (email.kind, email.changes) == ("enrollment_schedule", {})


# Leaving


@pytest.mark.parametrize("how", ["paused", "withdrawn", "deleted"])
def test_whoever_leaves_gets_what_is_ahead_taken_out_of_their_calendar(
    world: World, outbox: Outbox, batch: UUID, anna: UUID, how: str
) -> None:
    join(world, anna, batch)
    plan(world, outbox, batch)
    if how == "deleted":
        world.conn.execute("delete from public.course_enrollments where student_id = %s", (anna,))
    else:
        set_status(world, anna, how)
    email = told(outbox)
    assert (email.recipient_id, email.kind) == (anna, "series_cancelled")
    assert [calendar["method"] for calendar in email.calendars] == ["CANCEL"] * 3
    assert {part["session"]["status"] for part in email.parts} == {"upcoming"}
    assert outbox.deliver() == []


def test_whoever_changes_batches_is_out_of_all_of_one_and_in_all_of_the_other(
    world: World, outbox: Outbox, batch: UUID, course: UUID, anna: UUID
) -> None:
    """However many they are, the first two hundred left no room for the last."""
    other = world.batch("Other", course=course)
    world.enroll(anna, batch=batch)
    with outbox.one_transaction():
        left = {world.session(batch=batch, starts=day * WEEK / 7) for day in range(1, 141)}
    joined = {world.session(batch=other, starts=day * WEEK / 7) for day in range(1, 81)}
    outbox.deliver()
    world.conn.execute("update public.course_enrollments set batch_id = %s", (other,))
    emails = outbox.deliver()
    assert {email.recipient_id for email in emails} == {anna}
    told = {(part["kind"], UUID(part["session"]["id"])) for email in emails for part in email.parts}
    assert told == {("session_cancelled", each) for each in left} | {
        ("session_scheduled", each) for each in joined
    }


def test_whoever_leaves_is_not_told_of_what_they_never_heard_of(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    join(world, anna, batch)
    plan(world, outbox, batch, 1)
    world.session("Unheard of", batch=batch, starts=5 * WEEK)
    set_status(world, anna, "withdrawn")
    assert titles(told(outbox)) == ["Week 1"]
    assert outbox.deliver() == []


def test_whoever_leaves_but_is_a_guest_still_takes_part(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    join(world, anna, batch)
    first, *_ = plan(world, outbox, batch)
    world.invite(first, anna)
    outbox.deliver()
    set_status(world, anna, "withdrawn")
    assert titles(told(outbox)) == ["Week 2", "Week 3"]


def test_another_batch_is_out_of_one_schedule_and_into_the_other(
    world: World, outbox: Outbox, course: UUID, batch: UUID, anna: UUID
) -> None:
    other = world.batch("Other", course=course)
    join(world, anna, batch)
    plan(world, outbox, batch, 1)
    world.session("Elsewhere", batch=other, starts=2 * WEEK)
    outbox.deliver()
    world.conn.execute("update public.course_enrollments set batch_id = %s", (other,))
    email = told(outbox)
    assert [(part["kind"], part["session"]["title"]) for part in email.parts] == [
        ("session_cancelled", "Week 1"),
        ("session_scheduled", "Elsewhere"),
    ]
    assert {calendar["method"] for calendar in email.calendars} == {"CANCEL", "REQUEST"}


@pytest.mark.parametrize("first", ["leaving", "change"])
@pytest.mark.parametrize("expanded_between", [True, False])
@pytest.mark.parametrize("what", ["cancelled", "another batch"])
def test_whoever_leaves_is_out_of_what_is_called_off_or_moved_away_meanwhile(
    world: World,
    outbox: Outbox,
    course: UUID,
    batch: UUID,
    anna: UUID,
    what: str,
    expanded_between: bool,
    first: str,
) -> None:
    """No event of the enrollment tells it: the session is not ahead of that audience any more."""
    other = world.batch("Other", course=course)
    join(world, anna, batch)
    week, _ = plan(world, outbox, batch, 2)
    columns = {"status": "cancelled"} if what == "cancelled" else {"batch_id": other}
    if first == "leaving":
        set_status(world, anna, "withdrawn")
    else:
        change(world.conn, week, **columns)
    if expanded_between:
        outbox.expand()
    if first == "leaving":
        change(world.conn, week, **columns)
    else:
        set_status(world, anna, "withdrawn")
    told = outbox.deliver()
    assert sorted(title for email in told for title in titles(email)) == ["Week 1", "Week 2"]
    methods = {calendar["method"] for email in told for calendar in email.calendars}
    assert methods == {"CANCEL"}
    assert outbox.deliver() == []


# Coming and going


@pytest.mark.parametrize("expanded_between", [True, False])
def test_joining_and_leaving_before_the_mail_went_out_is_nothing(
    world: World, outbox: Outbox, batch: UUID, anna: UUID, expanded_between: bool
) -> None:
    plan(world, outbox, batch)
    join(world, anna, batch)
    if expanded_between:
        outbox.expand()
    set_status(world, anna, "withdrawn")
    assert outbox.deliver() == []
    assert "queued" not in outbox.statuses()


@pytest.mark.parametrize("expanded_between", [True, False])
def test_leaving_and_joining_again_before_the_mail_went_out_is_nothing(
    world: World, outbox: Outbox, batch: UUID, anna: UUID, expanded_between: bool
) -> None:
    join(world, anna, batch)
    plan(world, outbox, batch)
    set_status(world, anna, "paused")
    if expanded_between:
        outbox.expand()
    set_status(world, anna, "active")
    assert outbox.deliver() == []
    assert "queued" not in outbox.statuses()


def test_leaving_and_joining_again_later_is_told_both_times(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    join(world, anna, batch)
    plan(world, outbox, batch)
    set_status(world, anna, "paused")
    assert outbox.tell() == {anna: "series_cancelled"}
    set_status(world, anna, "active")
    assert outbox.tell() == {anna: "enrollment_schedule"}


def test_moving_along_with_a_session_is_no_invitation_to_it(
    world: World, outbox: Outbox, course: UUID, batch: UUID, anna: UUID
) -> None:
    other = world.batch("Other", course=course)
    join(world, anna, batch)
    first, _ = plan(world, outbox, batch, 2)
    change(world.conn, first, batch_id=other, title="Renamed")
    world.conn.execute("update public.course_enrollments set batch_id = %s", (other,))
    told = outbox.deliver()
    assert sorted(part for email in told for part in parts(email)) == [
        ("session_cancelled", "Week 2"),
        ("session_updated", "Renamed"),
    ]


def test_whoever_leaves_unheard_of_it_and_is_in_again_is_invited(
    world: World, outbox: Outbox, course: UUID, batch: UUID, anna: UUID
) -> None:
    other = world.batch("Other", course=course)
    join(world, anna, batch)
    outbox.deliver()
    session = world.session("New", batch=batch, starts=WEEK)
    world.conn.execute("update public.course_enrollments set batch_id = %s", (other,))
    outbox.expand(1)
    change(world.conn, session, batch_id=other)
    assert [parts(email) for email in outbox.deliver()] == [[("session_scheduled", "New")]]


def test_whoever_leaves_unheard_of_it_and_is_a_guest_is_invited(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    join(world, anna, batch)
    outbox.deliver()
    session = world.session("New", batch=batch, starts=WEEK)
    set_status(world, anna, "withdrawn")
    world.invite(session, anna)
    assert [parts(email) for email in outbox.deliver()] == [[("session_scheduled", "New")]]


def test_whoever_leaves_between_two_pages_and_is_a_guest_elsewhere_now_is_invited(
    world: World, outbox: Outbox, course: UUID, batch: UUID, anna: UUID
) -> None:
    other = world.batch("Other", course=course)
    first, later = sorted((anna, world.student("Ben")))
    for student in (first, later):
        join(world, student, batch)
    outbox.deliver()
    session = world.session("New", batch=batch, starts=WEEK)
    assert outbox.expand(1) == (1, True), "a page, and another one"
    set_status(world, later, "withdrawn")
    world.invite(session, later)
    change(world.conn, session, batch_id=other)
    world.conn.execute(
        "update public.course_enrollments set status = 'active', batch_id = %s"
        " where student_id = %s",
        (other, later),
    )
    assert {email.recipient_id: parts(email) for email in outbox.deliver()} == {
        later: [("session_scheduled", "New")]
    }


def test_whoever_is_back_is_told_what_went_by_them_while_they_were_away(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    join(world, anna, batch)
    outbox.deliver()
    world.session("New", batch=batch, starts=WEEK)
    outbox.expand()
    set_status(world, anna, "withdrawn")
    assert outbox.claim() == []
    set_status(world, anna, "active")
    assert [parts(email) for email in outbox.deliver()] == [[("session_scheduled", "New")]]


def test_whoever_is_in_again_is_told_the_changes_that_went_by_them_while_they_were_out(
    world: World, outbox: Outbox, course: UUID, batch: UUID, anna: UUID
) -> None:
    other = world.batch("Other", course=course)
    join(world, anna, batch)
    (session,) = plan(world, outbox, batch, weeks=1)
    change(world.conn, session, title="Renamed")
    outbox.expand()
    world.conn.execute("update public.course_enrollments set batch_id = %s", (other,))
    change(world.conn, session, link="https://zoom.us/j/987654321")
    assert outbox.claim() == []
    change(world.conn, session, batch_id=other)
    (part,) = told(outbox).parts
    assert (part["kind"], set(part["changes"])) == ("session_updated", {"title", "meeting_details"})


def test_whoever_knows_that_they_are_out_is_not_told_again(
    world: World, outbox: Outbox, course: UUID, batch: UUID, anna: UUID
) -> None:
    other = world.batch("Other", course=course)
    join(world, anna, batch)
    (session,) = plan(world, outbox, batch, weeks=1)
    world.conn.execute("update public.course_enrollments set batch_id = %s", (other,))
    change(world.conn, session, batch_id=other)
    outbox.expand()
    set_status(world, anna, "withdrawn")
    (out,) = outbox.claim()
    assert parts(out) == [("session_cancelled", "Week 1")]
    outbox.begin(out)
    outbox.complete(out)
    assert outbox.deliver() == []

    set_status(world, anna, "active")
    assert parts(told(outbox)) == [("session_scheduled", "Week 1")]
    set_status(world, anna, "withdrawn")
    assert parts(told(outbox)) == [("session_cancelled", "Week 1")]


def test_a_farewell_in_doubt_is_repeated_to_whoever_has_no_part_in_what_came_after_it(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    join(world, anna, batch)
    (session,) = plan(world, outbox, batch, weeks=1)
    change(world.conn, session, status="cancelled")
    outbox.expand()
    set_status(world, anna, "withdrawn")
    (farewell,) = outbox.claim()
    outbox.begin(farewell)
    outbox.fail(farewell, "unknown")
    change(world.conn, session, status="upcoming")
    outbox.let_time_pass()
    again = told(outbox)
    assert (again.email_id, again.in_doubt) == (farewell.email_id, True)
    assert (again.parts, again.recipient_role) == (farewell.parts, farewell.recipient_role)


def test_what_is_in_doubt_is_not_repeated_to_whoever_has_left(
    world: World, outbox: Outbox, course: UUID, batch: UUID, anna: UUID
) -> None:
    join(world, anna, batch)
    (first,) = plan(world, outbox, batch, 1)
    start = datetime.now(UTC) + 2 * WEEK
    change(world.conn, first, start_time=start, end_time=start + timedelta(hours=1))
    outbox.expand()
    (email,) = outbox.claim()
    outbox.begin(email)
    outbox.fail(email, "unknown")
    set_status(world, anna, "withdrawn")
    change(world.conn, first, batch_id=world.batch("Other", course=course))
    outbox.let_time_pass()
    assert [parts(email) for email in outbox.deliver()] == [[("session_cancelled", "Week 1")]]


def test_of_a_mail_in_doubt_goes_on_what_still_holds_when_its_first_part_does_not(
    world: World, outbox: Outbox, course: UUID, batch: UUID, anna: UUID
) -> None:
    other = world.batch("Other", course=course)
    join(world, anna, batch)
    plan(world, outbox, batch, 1)
    world.session("Elsewhere", batch=other, starts=timedelta(days=2))
    outbox.deliver()
    world.conn.execute("update public.course_enrollments set batch_id = %s", (other,))
    outbox.expand()
    (email,) = outbox.claim()
    outbox.begin(email)
    outbox.fail(email, "unknown")
    set_status(world, anna, "withdrawn")
    outbox.let_time_pass()
    told = [part for email in outbox.deliver() for part in parts(email)]
    assert sorted(told) == [("session_cancelled", "Elsewhere"), ("session_cancelled", "Week 1")]
    assert {"claimed", "sending", "in_doubt"}.isdisjoint(outbox.statuses())


@pytest.mark.parametrize("comes_back", [False, True])
def test_whoever_leaves_with_an_invitation_in_doubt_is_told_what_holds_in_either_case(
    world: World, outbox: Outbox, batch: UUID, anna: UUID, comes_back: bool
) -> None:
    join(world, anna, batch)
    outbox.deliver()
    world.session("New", batch=batch, starts=WEEK)
    outbox.expand()
    (email,) = outbox.claim()
    outbox.begin(email)
    outbox.fail(email, "unknown")
    set_status(world, anna, "paused")
    outbox.let_time_pass()
    assert outbox.claim() == [], "in doubt, and not hers any more"
    outbox.expand()
    if comes_back:
        set_status(world, anna, "active")
        outbox.expand()
    kind = "session_scheduled" if comes_back else "session_cancelled"
    assert [parts(email) for email in outbox.deliver()] == [[(kind, "New")]]


def test_access_ends_at_once_and_not_when_the_notifier_gets_to_it(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    """Between the end of an enrollment and its expansion, nothing goes out."""
    join(world, anna, batch)
    first, *_ = plan(world, outbox, batch)
    change(world.conn, first, title="Renamed")
    outbox.expand()
    set_status(world, anna, "paused")
    assert outbox.claim() == []
    # As she knew them.
    assert titles(told(outbox)) == ["Week 1", "Week 2", "Week 3"]


def test_a_schedule_in_doubt_is_repeated_as_it_was(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    first, *_ = plan(world, outbox, batch)
    join(world, anna, batch)
    outbox.expand()
    (email,) = outbox.claim()
    outbox.begin(email)
    outbox.fail(email, "unknown")
    change(world.conn, first, title="Renamed")
    outbox.let_time_pass()
    again = outbox.deliver()[0]
    assert (again.email_id, again.kind, again.parts) == (email.email_id, email.kind, email.parts)


# Many at once


def test_a_statement_writes_one_row_each_and_wakes_once(
    world: World, outbox: Outbox, batch: UUID
) -> None:
    students = [world.student(f"Student {number}") for number in range(5)]
    world.conn.execute(
        "insert into public.course_enrollments (student_id, course_id, batch_id)"
        " select unnest(%s::uuid[]), course_id, id from public.batches where id = %s",
        (students, batch),
    )
    rows = world.conn.execute(
        "select wakes from notifier.enrollment_changes where student_id = any(%s)", (students,)
    )
    assert sorted(wakes for (wakes,) in rows) == [False] * 4 + [True]
    world.conn.execute("update public.course_enrollments set updated_at = now()")
    count = outbox.scalar(
        "select count(*) from notifier.enrollment_changes where student_id = any(%s)", students
    )
    assert count == 5, "nothing that matters changed"


@pytest.mark.parametrize("page", [1, 2, 3])
def test_coming_and_going_at_once_leaves_room_on_the_page_for_others(
    world: World, outbox: Outbox, batch: UUID, page: int
) -> None:
    plan(world, outbox, batch, 1)
    restless, steady = sorted(world.student(f"Student {number}") for number in range(2))
    join(world, restless, batch)
    set_status(world, restless, "paused")
    set_status(world, restless, "active")
    join(world, steady, batch)
    for _ in range(10):
        outbox.expand(page)
    assert set(outbox.tell()) == {restless, steady}


@pytest.mark.parametrize("page", [1, 2, 7])
def test_many_who_join_at_once_are_told_page_by_page_once_each(
    world: World, outbox: Outbox, batch: UUID, page: int
) -> None:
    plan(world, outbox, batch)
    students = {world.student(f"Student {number}") for number in range(5)}
    for student in students:
        join(world, student, batch)
    for _ in range(30):
        outbox.expand(page)
    emails = outbox.deliver()
    assert {email.recipient_id for email in emails} == students
    parts = [(email.recipient_id, title) for email in emails for title in titles(email)]
    assert len(parts) == len(set(parts)) == 3 * len(students)


def test_the_notifier_is_woken_and_has_something_to_do(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    plan(world, outbox, batch)
    world.conn.execute("update notifier.reminder_clock set reached = null")
    assert outbox.scalar("select notifier.next_wake() > clock_timestamp()")
    join(world, anna, batch)
    assert outbox.scalar("select notifier.next_wake() <= clock_timestamp()")
