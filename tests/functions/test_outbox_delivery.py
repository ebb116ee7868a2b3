"""What becomes of claimed mails: sent, failed, in doubt, given back, taken over, given up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from support.actors import refused
from support.outbox import Claimed, Outbox, change
from support.world import World

TUESDAY = datetime(2031, 5, 6, 17, 0, tzinfo=UTC)
MAX_ATTEMPTS = 16


@pytest.fixture
def outbox(conn: psycopg.Connection) -> Outbox:
    return Outbox(conn, "first worker")


@pytest.fixture
def email(world: World, outbox: Outbox) -> Claimed:
    """A mail claimed by the first worker."""
    batch = world.batch()
    world.student("Anna", batch=batch)
    world.session(batch=batch, starts=TUESDAY)
    outbox.expand()
    (claimed,) = outbox.claim()
    return claimed


@contextmanager
def waits(outbox: Outbox, least: float, most: float) -> Iterator[None]:
    """The mail is due so many seconds after it fails in the block, whenever that is."""
    before = datetime.now(UTC)
    yield
    after = datetime.now(UTC)
    (row,) = outbox.rows()
    assert before + timedelta(seconds=least) <= row["available_at"]
    assert row["available_at"] <= after + timedelta(seconds=most)


def test_a_sent_mail_says_when_and_how(outbox: Outbox, email: Claimed) -> None:
    assert outbox.begin(email) == {email.email_id}
    assert outbox.complete(email) == {email.email_id}
    (row,) = outbox.rows()
    assert (row["status"], row["transport"], row["attempts"]) == ("sent", "smtp", 1)
    assert row["sent_at"] is not None
    assert (row["claimed_by"], row["lease_until"]) == ("first worker", None)
    assert outbox.claim() == []


def test_what_is_settled_stays_settled(outbox: Outbox, email: Claimed) -> None:
    outbox.send(email)
    assert outbox.begin(email) == outbox.complete(email) == outbox.release(email) == set()
    assert outbox.fail(email) is None
    assert outbox.rows()[0]["status"] == "sent"


def test_a_mail_is_begun_once(outbox: Outbox, email: Claimed) -> None:
    assert outbox.begin(email) == {email.email_id}
    assert outbox.begin(email) == set()


def test_a_stranger_to_the_claim_changes_nothing(outbox: Outbox, email: Claimed) -> None:
    (before,) = outbox.rows()
    ids, stranger = [email.email_id], uuid4()
    for call in (
        "select notifier.begin_sending(%s, %s, interval '1 minute')",
        "select notifier.complete_emails(%s, %s, 'smtp')",
        "select notifier.release_emails(%s, %s)",
    ):
        assert outbox.scalar(call, stranger, ids) is None
    assert (
        outbox.scalar(
            "select notifier.fail_email(%s, %s, 'permanent', 'x')", stranger, email.email_id
        )
        is None
    )
    assert outbox.scalar("select notifier.extend_claim(%s, interval '1 minute')", stranger) == 0
    assert outbox.rows() == [before]


@pytest.mark.parametrize("begun", [True, False])
def test_a_worker_that_was_overtaken_is_told_so(
    outbox: Outbox, other: Outbox, email: Claimed, begun: bool
) -> None:
    if begun:
        outbox.begin(email)
    outbox.let_time_pass()
    outbox.scalar("select requeued from notifier.tick()")
    (again,) = other.claim()
    assert (again.email_id, again.in_doubt, again.attempt) == (email.email_id, begun, 2)
    assert again.claim_id != email.claim_id
    (before,) = outbox.rows()
    assert outbox.begin(email) == outbox.complete(email) == outbox.release(email) == set()
    assert outbox.fail(email, "permanent") is None
    assert outbox.scalar("select notifier.extend_claim(%s, '1 minute')", email.claim_id) == 0
    assert outbox.rows() == [before]
    other.send(again)
    assert outbox.rows()[0]["claimed_by"] == "other worker"


def test_a_slow_worker_whose_mail_nobody_took_may_still_report_it_sent(
    outbox: Outbox, email: Claimed
) -> None:
    outbox.begin(email)
    outbox.let_time_pass()
    assert outbox.scalar("select in_doubt from notifier.recover_expired_claims()") == 1
    assert outbox.complete(email) == {email.email_id}
    assert outbox.claim() == []


def test_a_slow_worker_whose_mail_went_back_must_not_begin_it(
    outbox: Outbox, email: Claimed
) -> None:
    outbox.let_time_pass()
    assert outbox.scalar("select requeued from notifier.recover_expired_claims()") == 1
    assert outbox.begin(email) == outbox.complete(email) == set()
    assert outbox.rows()[0]["status"] == "queued"


def test_a_running_lease_is_not_taken_over(outbox: Outbox, email: Claimed) -> None:
    outbox.begin(email)
    row = outbox.conn.execute("select * from notifier.recover_expired_claims()").fetchone()
    assert row == (0, 0)
    assert outbox.claim() == []


def test_a_lease_can_be_renewed(outbox: Outbox, email: Claimed) -> None:
    outbox.let_time_pass()
    assert outbox.scalar("select notifier.extend_claim(%s, '1 minute')", email.claim_id) == 1
    assert outbox.scalar("select requeued from notifier.recover_expired_claims()") == 0
    outbox.send(email)


def test_released_mails_keep_their_place_and_their_attempt(
    world: World, outbox: Outbox, email: Claimed
) -> None:
    (before,) = outbox.rows()
    assert outbox.release(email) == {email.email_id}
    (row,) = outbox.rows()
    assert (row["status"], row["attempts"], row["claim_id"]) == ("queued", 0, None)
    assert row["available_at"] == before["available_at"]
    world.session("Later", batch=world.batch(), starts=TUESDAY)
    (again,) = outbox.claim(max_emails=1)
    assert (again.email_id, again.attempt) == (email.email_id, 1)


@pytest.mark.parametrize("in_doubt", [False, True])
def test_what_was_marked_and_not_handed_over_keeps_its_place_and_its_attempt(
    outbox: Outbox, email: Claimed, in_doubt: bool
) -> None:
    if in_doubt:
        outbox.begin(email)
        outbox.fail(email, "unknown")
        outbox.let_time_pass()
        (email,) = outbox.claim()
    (before,) = outbox.rows()
    outbox.begin(email)

    assert outbox.fail(email, "unsent") == ("in_doubt" if in_doubt else "queued")

    (after,) = outbox.rows()
    assert (after["attempts"], after["available_at"]) == (
        before["attempts"] - 1,
        before["available_at"],
    )
    (again,) = outbox.claim()
    assert (again.email_id, again.attempt, again.in_doubt) == (
        email.email_id,
        email.attempt,
        in_doubt,
    )


def test_a_mark_whose_answer_was_lost_is_answered_again_and_no_other(
    outbox: Outbox, other: Outbox, email: Claimed
) -> None:
    assert outbox.begin(email) == {email.email_id}
    assert outbox.begin(email) == set()
    assert outbox.begin(email, again=True) == {email.email_id}

    outbox.fail(email, "unknown")
    assert outbox.begin(email, again=True) == set()
    outbox.let_time_pass()
    (taken,) = other.claim()
    other.begin(taken)
    assert outbox.begin(email, again=True) == set()


def test_a_mail_in_doubt_tells_what_it_was_handed_to(outbox: Outbox, email: Claimed) -> None:
    outbox.begin(email, transport="resend")
    outbox.fail(email, "transient")
    outbox.let_time_pass()
    (refused,) = outbox.claim()
    outbox.begin(refused, transport="smtp")
    outbox.fail(refused, "unknown")
    outbox.let_time_pass()
    (doubted,) = outbox.claim()

    assert (email.transport, refused.transport, doubted.transport) == (None, None, "smtp")


def test_what_is_handed_over_cannot_be_released(outbox: Outbox, email: Claimed) -> None:
    outbox.begin(email)
    assert outbox.release(email) == set()
    assert outbox.rows()[0]["status"] == "sending"


def test_a_transient_failure_waits_longer_each_time(outbox: Outbox, email: Claimed) -> None:
    claimed = email
    for attempt in range(1, 6):
        outbox.begin(claimed)
        base = 15 * 2 ** (attempt - 1)
        with waits(outbox, base * 0.5, base * 1.5):
            assert outbox.fail(claimed, "transient", "451 greylisted") == "queued"
        assert outbox.claim() == []
        outbox.let_time_pass()
        (claimed,) = outbox.claim()
        assert claimed.attempt == attempt + 1
    assert outbox.rows()[0]["last_error"] == "451 greylisted"


def test_waiting_times_differ_and_are_an_hour_and_a_half_at_most(outbox: Outbox) -> None:
    delays = [outbox.scalar("select notifier.retry_delay(15)").total_seconds() for _ in range(20)]
    assert len(set(delays)) == 20
    assert all(1800 <= delay <= 5400 for delay in delays)


def test_a_server_that_says_when_is_believed_if_that_is_later(
    outbox: Outbox, email: Claimed
) -> None:
    with waits(outbox, 7200, 7200):
        assert outbox.fail(email, retry_after=timedelta(hours=2)) == "queued"
    outbox.let_time_pass()
    (again,) = outbox.claim()
    with waits(outbox, 15, 45):
        assert outbox.fail(again, retry_after=timedelta(0)) == "queued"


def test_a_permanent_failure_is_the_end(outbox: Outbox, email: Claimed) -> None:
    assert outbox.fail(email, "permanent", "550 no such user") == "dead"
    outbox.let_time_pass()
    assert outbox.claim() == []
    assert outbox.rows()[0]["last_error"] == "550 no such user"


@pytest.mark.parametrize(("failure", "waiting"), [("transient", "queued"), ("unknown", "in_doubt")])
def test_attempts_are_limited(outbox: Outbox, email: Claimed, failure: str, waiting: str) -> None:
    claimed = email
    for _ in range(MAX_ATTEMPTS - 1):
        assert outbox.fail(claimed, failure) == waiting
        outbox.let_time_pass()
        (claimed,) = outbox.claim()
    assert claimed.attempt == MAX_ATTEMPTS
    assert outbox.fail(claimed, failure) == "dead"


def test_a_mail_that_kills_its_workers_is_given_up(outbox: Outbox, email: Claimed) -> None:
    for _ in range(MAX_ATTEMPTS - 1):
        outbox.let_time_pass()
        assert outbox.scalar("select requeued from notifier.tick()") == 1
        assert len(outbox.claim()) == 1
    outbox.let_time_pass()
    assert outbox.scalar("select requeued from notifier.tick()") == 0
    (row,) = outbox.rows()
    assert row["status"] == "dead"
    assert row["last_error"] == "the lease of worker first worker ran out"


def test_once_in_doubt_always_in_doubt(outbox: Outbox, email: Claimed) -> None:
    outbox.begin(email)
    assert outbox.fail(email, "unknown", "connection lost") == "in_doubt"
    since = outbox.rows()[0]["in_doubt_at"]
    for failure in ("transient", "unknown"):
        outbox.let_time_pass()
        (again,) = outbox.claim()
        assert again.in_doubt
        assert outbox.fail(again, failure) == "in_doubt"
    outbox.let_time_pass()
    (again,) = outbox.claim()
    assert outbox.release(again) == {email.email_id}
    assert outbox.rows()[0]["status"] == "in_doubt"
    (again,) = outbox.claim()
    assert again.in_doubt
    outbox.let_time_pass()
    row = outbox.conn.execute("select * from notifier.recover_expired_claims()").fetchone()
    assert row == (0, 1)
    (again,) = outbox.claim()
    outbox.begin(again)
    outbox.let_time_pass()
    outbox.conn.execute("select notifier.recover_expired_claims()")
    assert outbox.rows()[0]["in_doubt_at"] == since
    (again,) = outbox.claim()
    outbox.send(again)
    assert outbox.rows()[0]["status"] == "sent"


def test_a_mail_that_was_being_handed_over_is_due_at_once_after_recovery(
    outbox: Outbox, other: Outbox, email: Claimed
) -> None:
    outbox.begin(email)
    outbox.let_time_pass()
    assert outbox.scalar("select in_doubt from notifier.tick()") == 1
    (again,) = other.claim()
    assert (again.in_doubt, again.kind, again.calendar) == (True, email.kind, email.calendar)


@pytest.mark.parametrize(
    "error",
    [
        "550 5.1.1 <anna.lopez+x@mail.example.test>: no such user",
        "anna.lopez@mail.example.test rejected",
        'mailbox "anna.lopez@mail.example.test" is full',
        "to=anna.lopez@mail.example.test, status=bounced",
    ],
)
def test_errors_are_kept_without_addresses(outbox: Outbox, email: Claimed, error: str) -> None:
    outbox.fail(email, "permanent", error)
    kept = outbox.rows()[0]["last_error"]
    assert "anna" not in kept
    assert "example.test" not in kept
    assert "<address>" in kept


def test_no_row_of_the_outbox_holds_an_address(outbox: Outbox, email: Claimed) -> None:
    outbox.send(email)
    everything = str([outbox.rows("events"), outbox.rows("emails")])
    assert email.address not in everything
    assert "@" not in everything


def test_a_failure_has_a_known_class(outbox: Outbox, email: Claimed) -> None:
    with refused(outbox.conn, psycopg.errors.InvalidParameterValue, "failure must be"):
        outbox.fail(email, "sometimes")


@pytest.mark.parametrize(("size", "lease"), [(0, timedelta(minutes=1)), (1, timedelta(0))])
def test_a_claim_has_a_size_and_a_lease(
    outbox: Outbox, email: Claimed, size: int, lease: timedelta
) -> None:
    with refused(outbox.conn, psycopg.errors.InvalidParameterValue, "must be positive"):
        outbox.claim(size, lease)


def test_a_claim_is_no_larger_than_asked_for_and_oldest_first(world: World, outbox: Outbox) -> None:
    batch = world.batch()
    for _ in range(3):
        world.student(batch=batch)
    sessions = [world.session(str(n), batch=batch, starts=TUESDAY) for n in range(2)]
    outbox.expand()
    first = outbox.claim(max_emails=2)
    second = outbox.claim(max_emails=3)
    third = outbox.claim(max_emails=9)
    order = [UUID(email.session["id"]) for email in (*first, *second, *third)]
    assert order == [sessions[0]] * 3 + [sessions[1]] * 3
    assert (len(first), len(second), len(third)) == (2, 3, 1)
    assert len({email.claim_id for email in first}) == 1
    assert first[0].claim_id != second[0].claim_id


def test_queue_status_counts_every_status(world: World, outbox: Outbox, email: Claimed) -> None:
    rows = outbox.conn.execute("select status, emails, oldest from notifier.queue_status()")
    counts = {status: (emails, oldest is not None) for status, emails, oldest in rows}
    assert counts == {
        "queued": (0, False),
        "claimed": (1, True),
        "sending": (0, False),
        "in_doubt": (0, False),
        "sent": (0, False),
        "skipped": (0, False),
        "dead": (0, False),
    }


# The clock


def test_tick_starts_and_completes_sessions_by_the_clock(world: World, outbox: Outbox) -> None:
    later = world.session("Later", starts=timedelta(hours=1))
    begun = world.session("Begun", starts=timedelta(minutes=-1))
    over = world.session("Over", starts=timedelta(hours=-2))
    row = outbox.conn.execute("select started, completed from notifier.tick()").fetchone()
    assert row == (2, 1)
    statuses: dict[UUID, str] = dict(
        outbox.conn.execute("select id, status::text from public.success_sessions").fetchall()
    )
    assert statuses == {later: "upcoming", begun: "live", over: "completed"}
    row = outbox.conn.execute("select started, completed from notifier.tick()").fetchone()
    assert row == (0, 0)


def test_tick_leaves_cancelled_sessions_alone(world: World, outbox: Outbox) -> None:
    world.session(starts=timedelta(hours=-2), status="cancelled")
    assert outbox.conn.execute("select * from notifier.tick()").fetchone() == (0,) * 6


def next_wake(outbox: Outbox) -> datetime | None:
    value: datetime | None = outbox.scalar("select notifier.next_wake()")
    return value


def test_there_is_nothing_to_wake_for_in_an_empty_world(outbox: Outbox) -> None:
    assert next_wake(outbox) is None


def test_next_wake_is_the_next_start(world: World, outbox: Outbox) -> None:
    world.conn.execute("update notifier.reminder_clock set reached = null")
    world.session("Later", starts=TUESDAY + timedelta(days=1))
    session = world.session("First", starts=TUESDAY)
    outbox.deliver()
    assert next_wake(outbox) == TUESDAY
    change(world.conn, session, status="cancelled")
    outbox.deliver()
    assert next_wake(outbox) == TUESDAY + timedelta(days=1)


def test_next_wake_of_a_live_session_is_its_end(world: World, outbox: Outbox) -> None:
    # Nobody has looked for starts to remind of for as long as it is.
    world.conn.execute("update notifier.reminder_clock set reached = clock_timestamp()")
    world.session(starts=timedelta(minutes=-10), minutes=60, status="live")
    outbox.deliver()
    end = outbox.scalar("select end_time from public.success_sessions")
    assert next_wake(outbox) == end


def test_an_unexpanded_event_is_due_now(world: World, outbox: Outbox) -> None:
    world.session(starts=TUESDAY)
    assert (wake := next_wake(outbox)) is not None
    assert wake <= datetime.now(UTC)


def test_a_queued_mail_is_due_now_and_a_failed_one_later(
    world: World, outbox: Outbox, email: Claimed
) -> None:
    assert next_wake(outbox) == outbox.rows()[0]["lease_until"]
    outbox.release(email)
    assert (wake := next_wake(outbox)) is not None
    assert wake <= datetime.now(UTC)
    (again,) = outbox.claim()
    outbox.fail(again)
    assert next_wake(outbox) == outbox.rows()[0]["available_at"]


def test_a_mail_behind_an_unfinished_one_wakes_nobody(
    world: World, outbox: Outbox, email: Claimed
) -> None:
    change(world.conn, UUID(email.session["id"]), title="Renamed")
    outbox.expand()
    assert outbox.claim() == []
    assert next_wake(outbox) == outbox.rows()[0]["lease_until"]


def test_another_worker_s_promise_to_be_awake_is_checked_when_it_ends(outbox: Outbox) -> None:
    outbox.scalar("select notifier.stay_awake('1 hour')")
    awake_until = outbox.scalar("select awake_until from notifier.gate")
    assert next_wake(outbox) == awake_until
    outbox.scalar("select notifier.stay_awake('1 second')")
    assert next_wake(outbox) == awake_until, "an earlier promise took back a later one"
    outbox.scalar("select notifier.fall_asleep()")
    assert next_wake(outbox) is None
