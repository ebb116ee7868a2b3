"""What one transaction does to a person is told in one mail, part by part what is true of each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from devstack.databases import Database
from support.outbox import Claimed, Outbox, change
from support.world import World

TUESDAY = datetime(2031, 5, 6, 17, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MAX_ATTEMPTS = 16


def course_of(world: World, outbox: Outbox, batch: UUID, count: int = 3) -> list[UUID]:
    """So many sessions of one transaction, a day apart, by start time."""
    with outbox.one_transaction():
        return [
            world.session(f"Day {number}", batch=batch, starts=TUESDAY + number * DAY)
            for number in range(count)
        ]


def known(world: World, outbox: Outbox, batch: UUID, count: int = 3) -> list[UUID]:
    """The same, told to everybody."""
    sessions = course_of(world, outbox, batch, count)
    outbox.deliver()
    return sessions


def rename(world: World, outbox: Outbox, sessions: list[UUID], title: str = "Renamed") -> None:
    with outbox.one_transaction():
        for session in sessions:
            change(world.conn, session, title=title)


def cancel(world: World, outbox: Outbox, sessions: list[UUID]) -> None:
    with outbox.one_transaction():
        for session in sessions:
            change(world.conn, session, status="cancelled")


def sessions_of(email: Claimed) -> list[UUID]:
    return [UUID(part["session"]["id"]) for part in email.parts]


def kinds_of(email: Claimed) -> list[str]:
    return [part["kind"] for part in email.parts]


def one(emails: list[Claimed]) -> Claimed:
    (email,) = emails
    return email


# What makes a mail


def test_a_series_is_scheduled_in_one_mail(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    sessions = course_of(world, outbox, batch)
    email = one(outbox.deliver())
    assert (email.recipient_id, email.kind) == (anna, "series_scheduled")
    assert sessions_of(email) == sessions
    assert set(kinds_of(email)) == {"session_scheduled"}
    assert (email.session, email.changes) == (email.parts[0]["session"], {})
    assert outbox.statuses() == ["sent"] * 3


def test_parts_are_in_the_order_of_their_start_whatever_was_written_first(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    with outbox.one_transaction():
        late = world.session("Late", batch=batch, starts=TUESDAY + DAY)
        early = world.session("Early", batch=batch, starts=TUESDAY)
    assert sessions_of(one(outbox.deliver())) == [early, late]


def test_two_transactions_are_two_mails(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    for number in range(2):
        world.session(batch=batch, starts=TUESDAY + number * DAY)
    assert [email.kind for email in outbox.deliver()] == ["session_scheduled"] * 2


def test_one_session_changed_twice_by_a_transaction_is_an_ordinary_mail(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    guest = world.student("Guest")
    with outbox.one_transaction():
        session = world.session(batch=batch, starts=TUESDAY)
        world.invite(session, guest)
    assert outbox.tell() == {anna: "session_scheduled", guest: "session_scheduled"}
    assert {row["transaction_id"] for row in outbox.rows()} == {None}


@pytest.mark.parametrize(
    ("columns", "kind", "part"),
    [
        ({"title": "Renamed"}, "series_updated", "session_updated"),
        ({"status": "cancelled"}, "series_cancelled", "session_cancelled"),
    ],
)
def test_a_change_of_a_series_is_one_mail_of_its_kind(
    world: World,
    outbox: Outbox,
    batch: UUID,
    anna: UUID,
    columns: dict[str, object],
    kind: str,
    part: str,
) -> None:
    sessions = known(world, outbox, batch)
    with outbox.one_transaction():
        for session in sessions:
            change(world.conn, session, **columns)
    email = one(outbox.deliver())
    assert (email.kind, kinds_of(email)) == (kind, [part] * 3)
    if kind == "series_updated":
        assert email.changes == {"title": {"old": "Day 0", "new": "Renamed"}}
        assert email.parts[2]["changes"] == {"title": {"old": "Day 2", "new": "Renamed"}}


def test_a_reinstated_series_is_an_update_and_not_called_new(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    sessions = known(world, outbox, batch)
    cancel(world, outbox, sessions)
    outbox.deliver()
    with outbox.one_transaction():
        for session in sessions:
            change(world.conn, session, status="upcoming")
    email = one(outbox.deliver())
    assert (email.kind, kinds_of(email)) == ("series_updated", ["session_scheduled"] * 3)
    after_all = {"status": {"old": "cancelled", "new": "upcoming"}}
    assert [part["changes"] for part in email.parts] == [after_all] * 3


def test_several_kinds_are_an_update_and_each_part_says_its_own(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    first, second, third = known(world, outbox, batch)
    with outbox.one_transaction():
        change(world.conn, first, status="cancelled")
        change(world.conn, second, title="Renamed")
        change(world.conn, third, start_time=TUESDAY + 3 * DAY, end_time=TUESDAY + 3 * DAY + HOUR)
        world.session("Another", batch=batch, starts=TUESDAY + 4 * DAY)
    email = one(outbox.deliver())
    assert email.kind == "series_updated"
    assert kinds_of(email) == [
        "session_cancelled",
        "session_updated",
        "session_rescheduled",
        "session_scheduled",
    ]
    assert [calendar["method"] for calendar in email.calendars] == [
        "CANCEL",
        "REQUEST",
        "REQUEST",
        "REQUEST",
    ]


def test_a_mail_of_which_one_part_is_left_is_an_ordinary_one(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    sessions = course_of(world, outbox, batch, 2)
    outbox.expand()
    change(world.conn, sessions[0], status="cancelled")
    email = one(outbox.claim())
    assert (email.kind, sessions_of(email)) == ("session_scheduled", sessions[1:])
    outbox.send(email)
    assert outbox.deliver() == []


def test_reassigning_many_sessions_tells_old_mentor_new_mentor_and_each_student_once(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    old, new = world.mentor("Jonas"), world.mentor("Amara")
    ben = world.student("Ben", batch=batch)
    sessions = [
        world.session(batch=batch, mentor=old, starts=TUESDAY + number * DAY)
        for number in range(30)
    ]
    outbox.deliver()
    with outbox.one_transaction():
        world.conn.execute("update public.success_sessions set mentor_id = %s", (new,))
    emails = {email.recipient_id: email for email in outbox.deliver()}
    assert {who: (email.kind, email.recipient_role) for who, email in emails.items()} == {
        old: ("mentor_unassigned", "host"),
        new: ("mentor_assigned", "host"),
        anna: ("series_updated", "learner"),
        ben: ("series_updated", "learner"),
    }
    assert all(sessions_of(email) == sessions for email in emails.values())
    assert {calendar["method"] for calendar in emails[old].calendars} == {"CANCEL"}


def test_who_is_host_here_and_learner_there_gets_a_mail_as_each(
    world: World, outbox: Outbox, batch: UUID
) -> None:
    mentor = world.mentor()
    world.enroll(mentor, batch=batch)
    with outbox.one_transaction():
        for number in range(4):
            world.session(
                batch=batch, mentor=mentor if number % 2 else None, starts=TUESDAY + number * DAY
            )
    emails = outbox.deliver()
    assert {(email.recipient_role, email.kind, len(email.parts)) for email in emails} == {
        ("host", "mentor_assigned", 2),
        ("learner", "series_scheduled", 2),
    }


def test_a_mail_has_at_most_200_parts_and_the_rest_goes_in_the_next(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    sessions = course_of(world, outbox, batch, 203)
    emails = outbox.deliver()
    assert [len(email.parts) for email in emails] == [200, 3]
    assert [who for email in emails for who in sessions_of(email)] == sessions


def test_a_claim_is_bounded_in_rows_too(world: World, outbox: Outbox, batch: UUID) -> None:
    students = {world.student(batch=batch) for _ in range(4)}
    course_of(world, outbox, batch, 7)
    outbox.expand()
    emails = outbox.claim(max_emails=3)
    assert [len(email.parts) for email in emails] == [7, 7]
    outbox.send(*emails)
    assert {email.recipient_id for email in [*emails, *outbox.deliver()]} == students


def test_a_claim_may_ask_for_as_many_as_there_are_numbers(
    outbox: Outbox, world: World, batch: UUID, anna: UUID
) -> None:
    course_of(world, outbox, batch)
    outbox.expand()
    assert one(outbox.claim(max_emails=2**31 - 1)).recipient_id == anna


def test_max_emails_counts_mails(world: World, outbox: Outbox, batch: UUID) -> None:
    for _ in range(3):
        world.student(batch=batch)
    course_of(world, outbox, batch)
    outbox.expand()
    first, second = outbox.claim(max_emails=2), outbox.claim(max_emails=2)
    assert [len(email.parts) for email in (*first, *second)] == [3, 3, 3]


# Expansion: everything of a person, or nothing yet


@pytest.mark.parametrize("page", [1, 3, 7, 20])
def test_mails_claimed_between_pages_are_whole(
    world: World, outbox: Outbox, batch: UUID, page: int
) -> None:
    students = {world.student(batch=batch) for _ in range(9)}
    sessions = course_of(world, outbox, batch, 5)
    guest = world.student("Guest")
    with outbox.one_transaction():
        world.conn.execute("update public.success_sessions set title = 'Renamed'")
        world.invite(sessions[0], guest)
    emails: list[Claimed] = []
    more = True
    while more:
        _, more = outbox.expand(page)
        emails += outbox.claim()
    told = {email.recipient_id: sessions_of(email) for email in emails}
    assert len(told) == len(emails), "somebody got it in pieces"
    assert told == dict.fromkeys(students, sessions) | {guest: sessions[:1]}


def test_audiences_of_different_sizes_move_in_step(world: World, outbox: Outbox) -> None:
    course = world.course()
    large, small = world.batch(course=course), world.batch(course=course)
    many = {world.student(batch=large) for _ in range(12)}
    few = {world.student(batch=small) for _ in range(2)}
    guests = {world.student() for _ in range(3)}
    with outbox.one_transaction():
        for number in range(4):
            session = world.session(batch=large if number else small, starts=TUESDAY + number * DAY)
            world.invite(session, *guests)
    emails: list[Claimed] = []
    more = True
    while more:
        _, more = outbox.expand(5)
        emails += outbox.claim()
    told = {email.recipient_id: len(email.parts) for email in emails}
    assert len(told) == len(emails)
    assert told == dict.fromkeys(many, 3) | dict.fromkeys(few, 1) | dict.fromkeys(guests, 4)


def test_expanding_again_adds_nothing(world: World, outbox: Outbox, batch: UUID) -> None:
    for _ in range(5):
        world.student(batch=batch)
    course_of(world, outbox, batch)
    outbox.expand(4)
    while outbox.expand(4)[1]:
        pass
    before = outbox.rows()
    world.conn.execute("update notifier.events set expanded_at = null, cursor = null")
    while outbox.expand(4)[1]:
        pass
    assert outbox.rows() == before


@pytest.mark.parametrize("blocked", ["first", "last"])
def test_a_transaction_waits_for_the_earlier_changes_of_all_its_sessions(
    database: Database, blocked: str
) -> None:
    with (
        psycopg.connect(database.url, autocommit=True) as admin,
        psycopg.connect(database.notifier_url) as slow,
    ):
        world, outbox = World(admin), Outbox(admin)
        batch = world.batch()
        for _ in range(4):
            world.student(batch=batch)
        first = world.session("First", batch=batch, starts=TUESDAY)
        assert Outbox(slow).expand(2) == (2, True)  # not committed
        with admin.transaction():
            if blocked == "first":
                change(admin, first, title="Renamed")
            world.session("Second", batch=batch, starts=TUESDAY + DAY)
            if blocked == "last":
                change(admin, first, title="Renamed")
        world.session("Third", batch=batch, starts=TUESDAY + 2 * DAY)
        assert outbox.expand() == (4, False)
        assert {email.session["title"] for email in outbox.claim()} == {"Third"}
        slow.commit()
        outbox.expand()
        # Those of the first page have been queued with the old title and fold the new one in.
        told = {(email.recipient_id, tuple(kinds_of(email))) for email in outbox.deliver()}
        assert {kinds for _, kinds in told} == {("session_scheduled",)}
        assert len(told) == 4


# Folding and order


def test_changes_that_come_before_the_claim_are_folded_part_by_part(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    sessions = course_of(world, outbox, batch)
    outbox.expand()
    rename(world, outbox, sessions[:2])
    outbox.expand()
    email = one(outbox.deliver())
    assert email.kind == "series_scheduled"
    assert [part["session"]["title"] for part in email.parts] == ["Renamed", "Renamed", "Day 2"]
    assert outbox.statuses() == ["sent"] * 3 + ["superseded"] * 2


def test_a_later_mail_of_a_session_waits_for_the_earlier_and_only_that_part_does(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    sessions = known(world, outbox, batch)
    change(world.conn, sessions[1], description="Bring paper.")
    outbox.expand()
    (before,) = outbox.claim()
    rename(world, outbox, sessions)
    outbox.expand()
    rest = one(outbox.claim())
    assert sessions_of(rest) == [sessions[0], sessions[2]]
    assert outbox.claim() == []
    outbox.send(before)
    last = one(outbox.claim())
    assert (last.kind, sessions_of(last)) == ("session_updated", [sessions[1]])


@pytest.mark.parametrize("waiting", [0, 1])
def test_a_row_that_is_not_due_holds_up_no_other_and_goes_by_itself(
    world: World, outbox: Outbox, batch: UUID, anna: UUID, waiting: int
) -> None:
    with outbox.one_transaction():
        for name in "AB":
            world.session(name, batch=batch, starts=TUESDAY)
    outbox.expand()
    outbox.conn.execute(
        "update notifier.emails set available_at = now() + interval '1 hour' where id = %s",
        (outbox.rows()[waiting]["id"],),
    )
    (email,) = outbox.claim()
    assert [part["session"]["title"] for part in email.parts] == ["BA"[waiting]]


def test_the_first_row_of_a_bundle_may_be_the_one_that_waits(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    sessions = known(world, outbox, batch)
    change(world.conn, sessions[0], description="Bring paper.")
    outbox.expand()
    outbox.claim()
    rename(world, outbox, sessions)
    outbox.expand()
    assert sessions_of(one(outbox.claim())) == sessions[1:]


def test_a_bundle_under_way_holds_up_the_next_change_of_each_part(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    sessions = course_of(world, outbox, batch)
    outbox.expand()
    email = one(outbox.claim())
    rename(world, outbox, sessions)
    outbox.expand()
    assert outbox.claim() == []
    outbox.begin(email)
    assert outbox.claim() == []
    outbox.complete(email)
    after = one(outbox.claim())
    assert (after.kind, sessions_of(after)) == ("series_updated", sessions)


# What becomes of it


def status_of(outbox: Outbox) -> set[str]:
    return {row["status"] for row in outbox.rows()}


@pytest.fixture
def email(world: World, outbox: Outbox, batch: UUID, anna: UUID) -> Claimed:
    """A mail of three parts, claimed."""
    course_of(world, outbox, batch)
    outbox.expand()
    return one(outbox.claim())


def test_rows_share_the_fate_of_their_carrier(outbox: Outbox, email: Claimed) -> None:
    carried = [row for row in outbox.rows() if row["id"] != email.email_id]
    assert {row["carried_by"] for row in carried} == {email.email_id}
    assert status_of(outbox) == {"claimed"}
    assert {row["lease_until"] for row in carried} == {None}
    assert outbox.begin(email) == {email.email_id}
    assert status_of(outbox) == {"sending"}
    assert outbox.scalar("select notifier.extend_claim(%s, '1 minute')", email.claim_id) == 1
    assert outbox.complete(email) == {email.email_id}
    assert status_of(outbox) == {"sent"}
    assert {(row["transport"], row["claim_id"]) for row in outbox.rows()} == {
        ("smtp", email.claim_id)
    }


def test_a_carried_row_is_no_mail_of_its_own(outbox: Outbox, email: Claimed) -> None:
    ids = [row["id"] for row in outbox.rows() if row["carried_by"]]
    for call in (
        "select notifier.begin_sending(%s, %s, interval '1 minute')",
        "select notifier.complete_emails(%s, %s, 'smtp')",
        "select notifier.release_emails(%s, %s)",
    ):
        assert outbox.scalar(call, email.claim_id, ids) is None
    failed = "select notifier.fail_email(%s, %s, 'permanent', 'x')"
    assert outbox.scalar(failed, email.claim_id, ids[0]) is None
    assert status_of(outbox) == {"claimed"}


def test_a_bundle_counts_as_one_mail(outbox: Outbox, email: Claimed) -> None:
    rows = outbox.conn.execute("select status, emails from notifier.queue_status()").fetchall()
    assert ("claimed", 1) in rows


def test_refused_for_now_it_falls_apart_and_comes_together_again(
    world: World, outbox: Outbox, email: Claimed
) -> None:
    outbox.begin(email)
    assert outbox.fail(email) == "queued"
    assert [row["carried_by"] for row in outbox.rows()] == [None] * 3
    assert len({row["available_at"] for row in outbox.rows()}) == 1
    assert outbox.claim() == []
    outbox.let_time_pass()
    again = one(outbox.claim())
    assert (again.attempt, sessions_of(again)) == (2, sessions_of(email))


def test_what_changed_meanwhile_is_in_the_next_attempt(
    world: World, outbox: Outbox, email: Claimed
) -> None:
    outbox.fail(email)
    change(world.conn, sessions_of(email)[0], status="cancelled")
    outbox.let_time_pass()
    again = one(outbox.claim())
    assert (again.kind, sessions_of(again)) == ("series_scheduled", sessions_of(email)[1:])


def test_refused_for_good_it_is_dead_with_all_its_rows(outbox: Outbox, email: Claimed) -> None:
    assert outbox.fail(email, "permanent", "550 no such user") == "dead"
    assert {(row["status"], row["last_error"]) for row in outbox.rows()} == {
        ("dead", "550 no such user")
    }
    assert outbox.claim() == []


def test_given_back_it_falls_apart_and_no_attempt_is_counted(
    world: World, outbox: Outbox, email: Claimed
) -> None:
    assert outbox.release(email) == {email.email_id}
    assert {(row["status"], row["attempts"], row["carried_by"]) for row in outbox.rows()} == {
        ("queued", 0, None)
    }
    assert one(outbox.claim()).attempt == 1


def test_in_doubt_it_is_sent_again_exactly_as_it_was(
    world: World, outbox: Outbox, email: Claimed
) -> None:
    outbox.begin(email)
    assert outbox.fail(email, "unknown") == "in_doubt"
    assert status_of(outbox) == {"in_doubt"}
    with outbox.one_transaction():
        change(world.conn, sessions_of(email)[0], status="cancelled")
        change(world.conn, sessions_of(email)[1], title="Renamed")
        world.session("Another", batch=UUID(batch_of(outbox)), starts=TUESDAY + 9 * DAY)
    outbox.expand()
    outbox.let_time_pass()
    again = next(mail for mail in outbox.claim() if mail.in_doubt)
    assert (again.email_id, again.attempt, again.kind) == (email.email_id, 2, email.kind)
    assert (again.parts, again.calendars) == (email.parts, email.calendars)
    outbox.send(again)
    assert kinds_of(one(outbox.deliver())) == ["session_cancelled", "session_updated"]


def batch_of(outbox: Outbox) -> str:
    return str(outbox.scalar("select id from public.batches"))


def test_once_in_doubt_it_stays_together_whatever_becomes_of_it(
    outbox: Outbox, email: Claimed
) -> None:
    outbox.begin(email)
    outbox.fail(email, "unknown")
    outbox.let_time_pass()
    again = one(outbox.claim())
    assert outbox.fail(again) == "in_doubt"
    outbox.let_time_pass()
    again = one(outbox.claim())
    outbox.release(again)
    assert status_of(outbox) == {"in_doubt"}
    again = one(outbox.claim())
    outbox.let_time_pass()
    row = outbox.conn.execute("select * from notifier.recover_expired_claims()").fetchone()
    assert row == (0, 1)
    again = one(outbox.claim())
    assert (again.parts, again.calendars) == (email.parts, email.calendars)
    outbox.send(again)
    assert status_of(outbox) == {"sent"}


def test_in_doubt_a_part_whose_time_has_passed_goes_along(
    world: World, outbox: Outbox, email: Claimed
) -> None:
    outbox.begin(email)
    outbox.fail(email, "unknown")
    # Told when it was still to come, and it is over by now.
    world.conn.execute(
        "update notifier.events set new = new || jsonb_build_object('start_time',"
        " now() - interval '2 hours', 'end_time', now() - interval '1 hour')"
        " where session_id = %s",
        (sessions_of(email)[1],),
    )
    outbox.let_time_pass()
    again = one(outbox.claim())
    assert set(sessions_of(again)) == set(sessions_of(email))
    assert again.email_id == email.email_id


def test_in_doubt_a_part_without_access_any_more_is_left_out(world: World, outbox: Outbox) -> None:
    march, april = world.batch(), world.batch()
    ben = world.student("Ben", batch=march)
    world.enroll(ben, batch=april)
    with outbox.one_transaction():
        sessions = [
            world.session(batch=batch, starts=TUESDAY + number * DAY)
            for number, batch in enumerate([march, april, march])
        ]
    outbox.expand()
    email = one(outbox.claim())
    outbox.begin(email)
    outbox.fail(email, "unknown")
    world.conn.execute(
        "update public.course_enrollments set status = 'paused' where batch_id = %s", (april,)
    )
    outbox.let_time_pass()
    again = one(outbox.claim())
    assert (again.email_id, sessions_of(again)) == (email.email_id, [sessions[0], sessions[2]])
    outbox.send(again)
    assert sorted(outbox.statuses()) == ["not_invited", "sent", "sent"]


def test_attempts_are_limited(outbox: Outbox, email: Claimed) -> None:
    claimed = email
    for _ in range(MAX_ATTEMPTS - 1):
        assert outbox.fail(claimed) == "queued"
        outbox.let_time_pass()
        claimed = one(outbox.claim())
        assert len(claimed.parts) == 3
    assert outbox.fail(claimed) == "dead"
    assert status_of(outbox) == {"dead"}


@pytest.mark.parametrize("begun", [True, False])
def test_a_bundle_of_a_lost_worker_is_taken_over(
    outbox: Outbox, email: Claimed, begun: bool
) -> None:
    if begun:
        outbox.begin(email)
    outbox.let_time_pass()
    row = outbox.conn.execute("select requeued, in_doubt from notifier.tick()").fetchone()
    assert row == ((0, 1) if begun else (1, 0))
    again = one(Outbox(outbox.conn, "another").claim())
    assert (again.in_doubt, again.attempt) == (begun, 2)
    assert (again.parts, again.calendars) == (email.parts, email.calendars)
    before = outbox.rows()
    assert outbox.begin(email) == outbox.complete(email) == outbox.release(email) == set()
    assert outbox.fail(email, "permanent") is None
    assert outbox.rows() == before
    outbox.send(again)
    assert status_of(outbox) == {"sent"}


def test_a_slow_worker_may_still_report_a_bundle_that_nobody_took(
    outbox: Outbox, email: Claimed
) -> None:
    outbox.begin(email)
    outbox.let_time_pass()
    outbox.scalar("select in_doubt from notifier.tick()")
    assert outbox.complete(email) == {email.email_id}
    assert status_of(outbox) == {"sent"}


# Only who was invited is taken off the list


def test_a_cancellation_takes_out_only_what_was_put_in(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    sessions = known(world, outbox, batch)
    late = world.student("Late", batch=batch)
    cancel(world, outbox, sessions)
    emails = {email.recipient_id: email for email in outbox.deliver()}
    assert {calendar["method"] for calendar in emails[anna].calendars} == {"CANCEL"}
    assert (emails[late].kind, emails[late].calendars) == ("series_cancelled", [])


def test_whose_invitation_could_not_be_delivered_gets_no_calendar_to_take_it_out(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = world.session(batch=batch, starts=TUESDAY)
    outbox.expand()
    outbox.fail(one(outbox.claim()), "permanent")
    change(world.conn, session, status="cancelled")
    email = one(outbox.deliver())
    assert (email.kind, email.calendars) == ("session_cancelled", [])


def test_an_invitation_whose_delivery_is_unknown_is_taken_back(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    session = world.session(batch=batch, starts=TUESDAY)
    outbox.expand()
    email = one(outbox.claim())
    outbox.begin(email)
    outbox.fail(email, "unknown")
    outbox.let_time_pass()
    outbox.fail(one(outbox.claim()), "permanent")
    change(world.conn, session, status="cancelled")
    assert one(outbox.deliver()).calendar_method == "CANCEL"


# A series in the calendar


def grow(world: World, batch: UUID, weeks: range, series: UUID | None = None) -> UUID:
    """Dates of a series, a week apart; without a series they found one."""
    if series is None:
        row = world.conn.execute(
            """
            insert into public.session_series (
                id, calendar_uid, rrule, start_time, timezone, duration, title, session_type,
                platform, link, platform_data
            )
            select id, id, 'FREQ=WEEKLY', %s, 'UTC', interval '1 hour', 'Some Session',
                'success_session', 'zoom', 'https://zoom.us/j/123456789', '{}'
            from gen_random_uuid() as id
            returning id
            """,
            (TUESDAY,),
        ).fetchone()
        assert row is not None
        series = UUID(str(row[0]))
    for week in weeks:
        start = TUESDAY + week * timedelta(weeks=1)
        world.session(batch=batch, starts=start, series_id=series, recurrence_id=start)
    return series


def test_a_series_in_doubt_is_the_same_again_though_it_has_grown(
    world: World, outbox: Outbox, batch: UUID, anna: UUID
) -> None:
    with outbox.one_transaction():
        series = grow(world, batch, range(3))
    outbox.expand()
    email = one(outbox.claim())
    assert email.calendar is not None
    assert email.calendar.count("BEGIN:VEVENT") == 4, "the whole, then each date"
    outbox.begin(email)
    outbox.fail(email, "unknown")
    with outbox.one_transaction():
        grow(world, batch, range(3, 5), series)
    # In a test that is rolled back everything was created at one moment.
    world.conn.execute(
        "update public.success_sessions set created_at = clock_timestamp() where start_time >= %s",
        (TUESDAY + timedelta(weeks=3),),
    )
    outbox.let_time_pass()
    again = one(outbox.claim())
    assert (again.parts, again.calendars) == (email.parts, email.calendars)
    outbox.send(again)
    later = one(outbox.deliver())
    assert later.calendar is not None
    assert later.calendar.count("BEGIN:VEVENT") == 2, "the new dates without the whole"


# With real transactions


@pytest.fixture
def admin(database: Database) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database.url, autocommit=True) as connection:
        yield connection


def test_a_transaction_is_what_the_database_says_it_is(admin: psycopg.Connection) -> None:
    world, outbox = World(admin), Outbox(admin)
    batch = world.batch()
    world.student(batch=batch)
    with admin.transaction():
        first = [world.session(batch=batch, starts=TUESDAY + number * DAY) for number in range(2)]
        with admin.transaction():  # a savepoint
            first.append(world.session(batch=batch, starts=TUESDAY + 2 * DAY))
    last = world.session(batch=batch, starts=TUESDAY + 3 * DAY)
    assert [sessions_of(email) for email in outbox.deliver()] == [first, [last]]
