"""What operators ask of the outbox: look, try again, put away, tell again, forget."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.rows import dict_row

from support.actors import refused
from support.outbox import Claimed, Outbox, change
from support.seats import register, unregister
from support.sessions import refusal
from support.world import World

TUESDAY = datetime(2031, 5, 6, 17, 0, tzinfo=UTC)


@pytest.fixture
def dead(world: World, outbox: Outbox) -> Claimed:
    """A mail that was refused for good."""
    batch = world.batch()
    world.student("Anna", batch=batch)
    world.session("Week 6", batch=batch, starts=TUESDAY)
    outbox.expand()
    (email,) = outbox.claim()
    assert outbox.fail(email, "permanent", "550 no such user") == "dead"
    return email


def metrics(conn: psycopg.Connection) -> dict[str, object]:
    with conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute("select * from notifier.queue_metrics()").fetchone()
    assert row is not None
    return row


def purge(outbox: Outbox, older_than: timedelta, max_rows: int = 5000) -> tuple[int, int, bool]:
    row = outbox.conn.execute(
        "select emails, events, more from notifier.purge(%s, %s)", (older_than, max_rows)
    ).fetchone()
    assert row is not None
    return row[0], row[1], row[2]


@pytest.mark.parametrize(
    ("call", "names"),
    [
        ("dead_emails(-1)", "max_rows"),
        ("emails_in_doubt(-1)", "max_rows"),
        ("suppressed_addresses(null, -1)", "max_rows"),
        ("suppress_address('anna@example.test', null)", "reason"),
        ("suppress_address('anna@example.test', 'spam')", "reason"),
        ("report('-infinity', '2027-03-07', 'UTC')", "from_date"),
        ("report('2027-03-01', 'infinity', 'UTC')", "to_date"),
    ],
)
def test_a_bad_argument_is_named(outbox: Outbox, call: str, names: str) -> None:
    with refused(outbox.conn, psycopg.errors.InvalidParameterValue, f"^{names} must"):
        outbox.conn.execute(f"select notifier.{call}".encode())


def test_no_rows_or_all_may_be_asked_for(outbox: Outbox, dead: Claimed) -> None:
    for most, found in (("0", 0), ("null", 1)):
        rows = outbox.conn.execute(f"select notifier.dead_emails({most})".encode()).fetchall()
        assert len(rows) == found


# Dead mails


def test_a_dead_mail_is_listed_and_shown_with_its_reason(outbox: Outbox, dead: Claimed) -> None:
    rows = outbox.conn.execute(
        "select email_id, kind, attempts, last_error from notifier.dead_emails()"
    ).fetchall()
    assert rows == [(dead.email_id, "session_scheduled", 1, "550 no such user")]

    history = outbox.scalar("select notifier.email_history(%s)", dead.email_id)
    assert (history["status"], history["title"]) == ("dead", "Week 6")
    assert "@" not in str(history)
    assert outbox.scalar("select notifier.email_history(%s)", uuid4()) is None


def test_a_dead_mail_is_tried_again_on_request(outbox: Outbox, dead: Claimed) -> None:
    assert outbox.scalar("select notifier.retry_emails(%s)", [dead.email_id]) == 1

    (again,) = outbox.claim()
    assert (again.email_id, again.attempt, again.in_doubt) == (dead.email_id, 1, False)


def test_a_dead_mail_that_may_have_been_sent_is_repeated_as_it_was(
    world: World, outbox: Outbox
) -> None:
    batch = world.batch()
    world.student(batch=batch)
    session = world.session("Week 6", batch=batch, starts=TUESDAY)
    outbox.expand()
    (email,) = outbox.claim()
    outbox.begin(email)
    outbox.fail(email, "unknown", "no answer")
    outbox.conn.execute("update notifier.emails set status = 'dead', lease_until = null")
    change(outbox.conn, session, title="Renamed")

    assert outbox.scalar("select notifier.retry_emails()") == 1

    (again,) = outbox.claim()
    assert (again.in_doubt, again.session["title"]) == (True, "Week 6")


def test_a_discarded_mail_is_neither_dead_nor_sent_nor_tried(outbox: Outbox, dead: Claimed) -> None:
    assert outbox.scalar("select notifier.discard_emails(%s)", [dead.email_id]) == 1

    assert outbox.statuses() == ["discarded"]
    assert outbox.claim() == []
    assert outbox.scalar("select notifier.retry_emails()") == 0
    assert metrics(outbox.conn)["dead"] == 0


def test_what_is_not_dead_is_neither_tried_again_nor_discarded(
    world: World, outbox: Outbox
) -> None:
    batch = world.batch()
    world.student(batch=batch)
    world.session(batch=batch, starts=TUESDAY)
    outbox.deliver()
    (row,) = outbox.rows()

    for call in ("retry_emails", "discard_emails"):
        assert outbox.scalar(f"select notifier.{call}(%s)", [row["id"]]) == 0
        assert outbox.scalar(f"select notifier.{call}()") == 0

    assert outbox.rows() == [row]


# Doubt, and numbers


def test_mails_in_doubt_are_listed_until_they_are_settled(world: World, outbox: Outbox) -> None:
    batch = world.batch()
    world.student(batch=batch)
    world.session(batch=batch, starts=TUESDAY)
    outbox.expand()
    (email,) = outbox.claim()
    outbox.begin(email)
    assert outbox.scalar("select count(*) from notifier.emails_in_doubt()") == 0
    outbox.fail(email, "unknown", "no answer after the final dot")

    rows = outbox.conn.execute(
        "select email_id, last_error from notifier.emails_in_doubt()"
    ).fetchall()
    assert rows == [(email.email_id, "no answer after the final dot")]

    outbox.let_time_pass()
    outbox.send(*outbox.claim())
    assert outbox.scalar("select count(*) from notifier.emails_in_doubt()") == 0


def test_the_numbers_follow_the_queue(world: World, outbox: Outbox) -> None:
    idle = metrics(outbox.conn)
    assert idle == {
        "queued": 0,
        "urgent": 0,
        "held": 0,
        "in_doubt": 0,
        "dead": 0,
        "events": 0,
        "oldest_seconds": None,
    }
    batch = world.batch()
    for _ in range(3):
        world.student(batch=batch)
    world.session(batch=batch, starts=timedelta(hours=2))
    assert metrics(outbox.conn) == idle | {"events": 1, "oldest_seconds": pytest.approx(0, abs=60)}
    outbox.expand()
    first, second = outbox.claim(2)
    outbox.begin(second)
    outbox.fail(first, "permanent")
    outbox.fail(second, "unknown")

    assert metrics(outbox.conn) == idle | {
        "queued": 1,
        "urgent": 2,
        "in_doubt": 1,
        "dead": 1,
        "oldest_seconds": pytest.approx(0, abs=60),
    }

    assert len(outbox.claim()) == 1
    assert metrics(outbox.conn)["held"] == 1
    assert outbox.conn.execute("select worker, emails from notifier.workers()").fetchall() == [
        ("a worker", 1)
    ]


def put_back(outbox: Outbox, by: timedelta) -> None:
    """Have what has not been sent been due for so much longer."""
    outbox.conn.execute(
        "update notifier.emails set available_at = available_at - %s where status <> 'sent'", (by,)
    )


def test_what_a_worker_has_in_hand_waits_as_well(world: World, outbox: Outbox) -> None:
    batch = world.batch()
    world.student(batch=batch)
    world.session(batch=batch, starts=TUESDAY)
    outbox.expand()
    put_back(outbox, timedelta(hours=1))
    (email,) = outbox.claim()
    assert metrics(outbox.conn)["oldest_seconds"] == pytest.approx(3600, abs=60)

    outbox.begin(email)
    assert metrics(outbox.conn)["oldest_seconds"] == pytest.approx(3600, abs=60)

    outbox.complete(email)
    assert metrics(outbox.conn)["oldest_seconds"] is None


def test_what_follows_a_mail_that_is_tried_later_is_not_overdue(
    world: World, outbox: Outbox
) -> None:
    batch = world.batch()
    world.student(batch=batch)
    session = world.session(batch=batch, starts=TUESDAY)
    outbox.expand()
    (email,) = outbox.claim()
    outbox.fail(email, "transient", "452 mailbox full")
    change(outbox.conn, session, title="Renamed")
    outbox.expand()
    outbox.conn.execute(
        "update notifier.emails set available_at = now() + '1 hour' where id = %s",
        (email.email_id,),
    )
    outbox.conn.execute(
        "update notifier.emails set available_at = now() - interval '1 hour' where id <> %s",
        (email.email_id,),
    )

    assert outbox.claim() == []
    assert metrics(outbox.conn)["queued"] == 2
    assert metrics(outbox.conn)["oldest_seconds"] is None


# Telling again


def test_a_replayed_event_is_told_again_as_it_is_now(world: World, outbox: Outbox) -> None:
    batch = world.batch()
    stays, leaves = world.student(batch=batch), world.student(batch=batch)
    session = world.session("Week 6", batch=batch, starts=TUESDAY)
    assert set(outbox.tell()) == {stays, leaves}
    (event,) = outbox.rows("events")
    outbox.conn.execute(
        "update public.course_enrollments set status = 'withdrawn' where student_id = %s",
        (leaves,),
    )
    outbox.deliver()
    change(outbox.conn, session, title="Renamed")
    outbox.deliver()

    again = outbox.scalar("select replayed_as from notifier.replay_event(%s)", event["id"])

    assert again > event["id"]
    sent = [mail for mail in outbox.deliver() if mail.event_id == again]
    assert [(mail.recipient_id, mail.kind) for mail in sent] == [(stays, "session_scheduled")]
    assert sent[0].session["title"] == "Renamed"


def test_a_replayed_seat_is_confirmed_again(world: World, outbox: Outbox) -> None:
    batch = world.batch()
    student = world.student(batch=batch)
    session = world.session(batch=batch, starts=TUESDAY, registration_required=True)
    outbox.deliver()
    outbox.conn.execute(
        "insert into public.session_registrations (session_id, student_id, status)"
        " values (%s, %s, 'registered')",
        (session, student),
    )
    outbox.scalar(
        "select notifier.tell_registration(session.id, array[%s::uuid], 'waitlist_promoted')"
        " from public.success_sessions as session where id = %s",
        student,
        session,
    )
    (first,) = outbox.deliver()

    outbox.scalar("select replayed_as from notifier.replay_event(%s)", first.event_id)

    (again,) = outbox.deliver()
    assert (again.recipient_id, again.kind) == (student, "waitlist_promoted")
    assert again.email_id != first.email_id


def test_an_unknown_event_or_one_whose_session_is_gone_is_refused(
    world: World, outbox: Outbox
) -> None:
    with refusal(outbox.conn, "PT404") as unknown:
        outbox.scalar("select replayed_as from notifier.replay_event(-1)")
    assert unknown.message == "there is no event -1"
    session = world.session(starts=TUESDAY)
    outbox.deliver()
    (event,) = outbox.rows("events")
    change(outbox.conn, session, status="cancelled")
    outbox.deliver()
    outbox.conn.execute("delete from public.success_sessions where id = %s", (session,))

    with refusal(outbox.conn, "PT409") as gone:
        outbox.scalar("select replayed_as from notifier.replay_event(%s)", event["id"])
    assert "has been deleted" in str(gone.message)


def replay_refused(outbox: Outbox, event: int, says: str) -> None:
    """Nobody would get a mail, and the operator is told so."""
    before = len(outbox.rows("events"))
    with refusal(outbox.conn, "PT409") as refused_with:
        outbox.scalar("select replayed_as from notifier.replay_event(%s)", event)
    assert says in str(refused_with.message)
    assert refused_with.hint
    assert len(outbox.rows("events")) == before


def test_what_would_reach_nobody_is_not_told_again(world: World, outbox: Outbox) -> None:
    batch = world.batch()
    world.student(batch=batch)
    session = world.session("Week 6", batch=batch, starts=TUESDAY)
    (made,) = outbox.rows("events")
    replay_refused(outbox, made["id"], "has not been told yet")
    outbox.deliver()
    change(outbox.conn, session, title="Renamed")
    outbox.deliver()
    renamed = outbox.rows("events")[-1]
    change(outbox.conn, session, title="Week 6")
    outbox.deliver()

    replay_refused(outbox, renamed["id"], "again as it was before")

    change(outbox.conn, session, status="cancelled")
    outbox.deliver()
    replay_refused(outbox, made["id"], "again as it was before")

    change(outbox.conn, session, status="upcoming")
    outbox.deliver()
    change(
        outbox.conn,
        session,
        start_time=datetime.now(UTC) - timedelta(hours=2),
        end_time=datetime.now(UTC) - timedelta(hours=1),
    )
    outbox.deliver()
    replay_refused(outbox, made["id"], "is over")
    change(outbox.conn, session, status="completed")
    outbox.deliver()
    replay_refused(outbox, made["id"], "is over")


def test_a_seat_that_was_given_up_is_not_told_again(world: World, outbox: Outbox) -> None:
    batch = world.batch()
    student = world.student(batch=batch)
    session = world.session(batch=batch, starts=TUESDAY, registration_required=True)
    outbox.deliver()
    register(outbox.conn, student, session)
    (told,) = outbox.deliver()
    unregister(outbox.conn, student, session)
    outbox.deliver()

    replay_refused(outbox, told.event_id, "none any more")


def test_a_recording_that_cannot_be_watched_is_not_told_again(world: World, outbox: Outbox) -> None:
    batch = world.batch()
    world.student(batch=batch)
    session = world.session(batch=batch, starts=timedelta(days=-1), status="completed")
    world.recording(session, is_published=True, notify=True)
    outbox.conn.execute("select notifier.tick()")
    (told,) = (mail for mail in outbox.deliver() if mail.kind == "recording_available")

    outbox.conn.execute(
        "update public.session_recordings set available_from = now() - interval '2 days',"
        " available_until = now() - interval '1 day'"
    )
    replay_refused(outbox, told.event_id, "cannot be watched")
    outbox.conn.execute(
        "update public.session_recordings set available_until = null, is_published = false"
    )
    replay_refused(outbox, told.event_id, "cannot be watched")


def test_a_summary_told_again_is_told_to_the_mentor_and_to_no_other_system(
    world: World, outbox: Outbox
) -> None:
    mentor = world.mentor()
    session = world.session(
        batch=world.batch(), mentor=mentor, starts=timedelta(hours=-2), status="live"
    )
    outbox.conn.execute(
        "insert into public.webhook_endpoints (url, event_types)"
        " values ('https://hooks.example.test', '{attendance.finalized}')"
    )
    change(outbox.conn, session, status="completed")
    (told,) = outbox.deliver()
    heard = outbox.rows("webhook_deliveries")
    assert len(heard) == 1

    again = outbox.scalar("select replayed_as from notifier.replay_event(%s)", told.event_id)

    (mail,) = outbox.deliver()
    assert (mail.recipient_id, mail.kind) == (mentor, "attendance_summary")
    assert mail.event_id == again
    assert outbox.rows("webhook_deliveries") == heard


def test_a_summary_that_was_nobodys_is_not_told_again(world: World, outbox: Outbox) -> None:
    session = world.session(batch=world.batch(), starts=timedelta(hours=-2), status="live")
    change(outbox.conn, session, status="completed")
    assert outbox.deliver() == []

    replay_refused(outbox, outbox.rows("events", topic="summary")[0]["id"], "concerns nobody")


# Forgetting


def end(outbox: Outbox, session: UUID, days_ago: int) -> None:
    """Move a session into the past, with all that was told of it."""
    outbox.conn.execute(
        "update public.success_sessions set start_time = now() - make_interval(days => %(days)s),"
        " end_time = now() - make_interval(days => %(days)s) + interval '1 hour'"
        " where id = %(id)s",
        {"days": days_ago, "id": session},
    )
    outbox.conn.execute("select notifier.tick()")
    outbox.deliver()
    outbox.conn.execute(
        "update notifier.events set created_at = now() - make_interval(days => %(days)s)"
        " where session_id = %(id)s",
        {"days": days_ago, "id": session},
    )


@pytest.fixture
def over(world: World, outbox: Outbox) -> UUID:
    """A session of three students that was told of, and ended a hundred days ago."""
    batch = world.batch()
    for _ in range(3):
        world.student(batch=batch)
    session = world.session("Long over", batch=batch, starts=TUESDAY)
    outbox.deliver()
    end(outbox, session, 100)
    return session


def test_what_is_long_over_is_forgotten_as_a_whole_and_nothing_else(
    world: World, outbox: Outbox, over: UUID
) -> None:
    batch = world.batch()
    world.student(batch=batch)
    recent = world.session("Over since yesterday", batch=batch, starts=TUESDAY)
    coming = world.session("To come", batch=batch, starts=TUESDAY)
    outbox.deliver()
    end(outbox, recent, 1)
    # Told of long ago, and still to come.
    outbox.conn.execute(
        "update notifier.events set created_at = now() - interval '200 days' where session_id = %s",
        (coming,),
    )
    emails, events = (
        len(outbox.rows(session_id=over)),
        len(outbox.rows("events", session_id=over)),
    )
    assert emails >= 3

    assert purge(outbox, timedelta(days=90)) == (emails, events, False)

    assert {row["session_id"] for row in outbox.rows()} == {recent, coming}
    assert {row["session_id"] for row in outbox.rows("events")} == {recent, coming}
    assert purge(outbox, timedelta(days=90)) == (0, 0, False)


def test_forgetting_goes_batch_by_batch(outbox: Outbox, over: UUID) -> None:
    total = len(outbox.rows(session_id=over)) + len(outbox.rows("events", session_id=over))

    batches = [purge(outbox, timedelta(days=90), 2)]
    while batches[-1][2]:
        batches.append(purge(outbox, timedelta(days=90), 2))

    assert sum(emails + events for emails, events, _ in batches) == total
    assert max(emails for emails, _, _ in batches) <= 2
    assert outbox.rows("events", session_id=over) == []


def test_a_mail_that_is_not_finished_keeps_its_session_s_record(outbox: Outbox, over: UUID) -> None:
    outbox.conn.execute(
        "update notifier.emails set status = 'queued', sent_at = null"
        " where id = (select min(id::text)::uuid from notifier.emails where status = 'sent')"
    )
    assert purge(outbox, timedelta(days=90)) == (0, 0, False)

    outbox.deliver()

    assert purge(outbox, timedelta(days=90))[0] >= 3


def test_a_mail_of_several_sessions_is_forgotten_with_each_of_them(
    world: World, outbox: Outbox
) -> None:
    """The row that carried the others may go first."""
    batch = world.batch()
    world.student(batch=batch)
    with outbox.one_transaction():
        first, second = (world.session(name, batch=batch, starts=TUESDAY) for name in "AB")
    assert len(outbox.deliver()) == 1
    (carrier,) = outbox.rows(carried_by=None)
    gone, kept = (first, second) if carrier["session_id"] == first else (second, first)
    end(outbox, gone, 100)

    purge(outbox, timedelta(days=90))

    assert outbox.rows(session_id=gone) == []
    assert [row["status"] for row in outbox.rows(session_id=kept)] == ["sent"]


def test_the_record_of_a_deleted_session_is_forgotten_too(
    world: World, outbox: Outbox, over: UUID
) -> None:
    outbox.conn.execute("delete from public.success_sessions where id = %s", (over,))

    assert purge(outbox, timedelta(days=90))[0] >= 3
    assert outbox.rows() == outbox.rows("events") == []


@pytest.mark.parametrize(("older_than", "rows"), [(timedelta(days=-1), 1), (timedelta(), 0)])
def test_a_purge_has_an_age_and_a_size(outbox: Outbox, older_than: timedelta, rows: int) -> None:
    with refused(outbox.conn, psycopg.errors.InvalidParameterValue, "must be positive"):
        purge(outbox, older_than, rows)


def keep_for(conn: psycopg.Connection, months: int | None) -> None:
    conn.execute("update public.app_settings set outbox_retention_months = %s where id", (months,))


def purge_due(conn: psycopg.Connection) -> None:
    conn.execute("update notifier.purge_clock set due_at = clock_timestamp()")


def purge_clock(outbox: Outbox) -> tuple[float, bool]:
    """Seconds until the clock purges next, and whether a pass is under way."""
    row = outbox.conn.execute(
        "select extract(epoch from due_at - clock_timestamp())::float8, reached is not null"
        " from notifier.purge_clock"
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def test_the_clock_forgets_by_itself_what_the_settings_leave_out(
    outbox: Outbox, over: UUID
) -> None:
    outbox.conn.execute("select notifier.tick()")
    assert outbox.rows(session_id=over)  # over for 100 days: 12 months are kept
    seconds, under_way = purge_clock(outbox)
    assert 86000 < seconds <= 86400
    assert not under_way

    keep_for(outbox.conn, 3)
    outbox.conn.execute("select notifier.tick()")
    assert outbox.rows(session_id=over)  # once a day
    purge_due(outbox.conn)
    outbox.conn.execute("select notifier.tick()")

    assert outbox.rows(session_id=over) == outbox.rows("events", session_id=over) == []


def test_the_clock_forgets_nothing_where_everything_is_to_be_kept(
    outbox: Outbox, over: UUID
) -> None:
    keep_for(outbox.conn, None)
    purge_due(outbox.conn)
    outbox.conn.execute("update public.success_sessions set end_time = start_time + '1 hour'")
    before = len(outbox.rows())

    outbox.conn.execute("select notifier.tick()")

    assert len(outbox.rows()) == before > 0
    with refused(outbox.conn, psycopg.errors.InvalidParameterValue, "between 1 and 120, or null"):
        keep_for(outbox.conn, 0)


def test_much_is_forgotten_batch_by_batch_and_the_clock_comes_back_for_the_rest(
    outbox: Outbox, over: UUID
) -> None:
    outbox.conn.execute(
        """
        insert into notifier.emails (event_id, session_id, recipient_id, kind, status, sent_at)
        select min(event.id), %s, gen_random_uuid(), 'session_scheduled', 'sent', clock_timestamp()
        from notifier.events as event cross join generate_series(1, 1100)
        where event.session_id = %s
        group by generate_series
        """,
        (over, over),
    )
    keep_for(outbox.conn, 3)
    purge_due(outbox.conn)

    outbox.conn.execute("select notifier.tick()")

    assert 0 < len(outbox.rows(session_id=over)) <= 110
    seconds, under_way = purge_clock(outbox)
    assert seconds <= 1
    assert under_way
    assert outbox.scalar("select notifier.next_wake() <= clock_timestamp() + interval '1 second'")
    purge_due(outbox.conn)
    outbox.conn.execute("select notifier.tick()")
    assert outbox.rows(session_id=over) == []
    assert not purge_clock(outbox)[1]


def test_a_pass_goes_on_behind_what_it_has_looked_at(
    world: World, outbox: Outbox, over: UUID
) -> None:
    coming = world.session("To come", starts=TUESDAY)
    outbox.deliver()
    outbox.conn.execute(
        """
        insert into notifier.events (id, session_id, new, through_id, expanded_at, created_at)
        overriding system value
        select -number, %s, '{}', 0, now(), now() - interval '1 year'
        from generate_series(1, 1500) as number
        """,
        (coming,),
    )
    query = "select emails, more, reached from notifier.purge('90 days', 5000, %s)"

    first = outbox.conn.execute(query, (-2000,)).fetchone()
    assert first == (0, True, -501)
    second = outbox.conn.execute(query, (first[2],)).fetchone()

    assert second is not None
    assert (second[0] >= 3, second[1]) == (True, False)
    assert len(outbox.rows("events", session_id=coming)) > 1500
    assert outbox.rows(session_id=over) == []
