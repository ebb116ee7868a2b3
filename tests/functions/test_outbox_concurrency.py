"""Several workers at once, each on a connection: nothing twice, nothing lost, no deadlock."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TypeVar
from uuid import UUID, uuid4

import psycopg
import pytest

from devstack.databases import Database
from support.outbox import Claimed, Outbox, change
from support.rush import started
from support.world import World

TUESDAY = datetime(2031, 5, 6, 17, 0, tzinfo=UTC)
WORKERS = 4
PATIENCE = 60
"""Seconds after which a test that hangs fails."""

Answer = TypeVar("Answer")


@pytest.fixture
def admin(database: Database) -> Iterator[psycopg.Connection]:
    """Role postgres, every statement its own transaction."""
    with psycopg.connect(database.url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def queue(admin: psycopg.Connection) -> Outbox:
    """The outbox as role postgres, which may look into its tables."""
    return Outbox(admin)


@pytest.fixture
def workers(database: Database) -> Iterator[list[Outbox]]:
    """Workers as role notifier, each on a connection of its own."""
    with ExitStack() as stack:
        yield [
            Outbox(
                stack.enter_context(
                    psycopg.connect(
                        database.notifier_url,
                        autocommit=True,
                        options=f"-c statement_timeout={PATIENCE}s",
                    )
                ),
                f"worker {number}",
            )
            for number in range(WORKERS)
        ]


def at_once(*tasks: Callable[[], Answer]) -> list[Answer]:
    """Run tasks in threads that start together; their answers in order, or the first error."""
    start = threading.Barrier(len(tasks))

    def run(task: Callable[[], Answer]) -> Answer:
        start.wait(PATIENCE)
        return task()

    with ThreadPoolExecutor(len(tasks)) as pool:
        futures = [pool.submit(run, task) for task in tasks]
        return [future.result(PATIENCE) for future in futures]


def drain(worker: Outbox, page: int = 7, batch: int = 5) -> list[Claimed]:
    """Expand and send in small portions until there is nothing left; the mails sent."""
    sent: list[Claimed] = []
    idle = 0
    while idle < 3:
        worker.conn.execute("select notifier.tick()")
        emails, more = worker.expand(page)
        claimed = worker.claim(batch)
        begun = worker.begin(*claimed) if claimed else set()
        assert begun == {email.email_id for email in claimed}
        if claimed:
            assert worker.complete(*claimed) == begun
        sent += claimed
        idle = 0 if emails or more or claimed else idle + 1
    return sent


def finish(queue: Outbox) -> list[Claimed]:
    """What the workers left because they stopped at the same moment."""
    return queue.deliver()


def test_workers_share_a_large_queue_without_overlap(
    admin: psycopg.Connection, queue: Outbox, workers: list[Outbox]
) -> None:
    world = World(admin)
    batch = world.batch()
    students = {world.student(batch=batch) for _ in range(60)}
    sessions = {world.session(f"Session {n}", batch=batch, starts=TUESDAY) for n in range(5)}
    answers = at_once(*(lambda worker=worker: drain(worker) for worker in workers))
    sent = [email for answer in answers for email in answer] + finish(queue)
    told = Counter((email.recipient_id, UUID(email.session["id"])) for email in sent)
    assert told == Counter({(who, session): 1 for who in students for session in sessions})
    assert set(queue.statuses()) == {"sent"}


def test_a_request_in_doubt_goes_to_one_worker_whole(
    admin: psycopg.Connection, queue: Outbox, workers: list[Outbox]
) -> None:
    world = World(admin)
    batch = world.batch()
    for _ in range(24):
        world.student(batch=batch)
    world.session(batch=batch, starts=TUESDAY)
    queue.expand()
    emails = queue.claim()
    parcels = {uuid4(): emails[number * 6 : number * 6 + 6] for number in range(4)}
    for parcel, members in parcels.items():
        admin.execute(
            "select notifier.begin_sending(%s, %s, interval '1 minute', %s)",
            (members[0].claim_id, [email.email_id for email in members], parcel),
        )
    queue.let_time_pass()
    admin.execute("select notifier.recover_expired_claims()")

    answers = at_once(*(lambda worker=worker: worker.claim(3) for worker in workers))

    claimed = Counter((email.claim_id, email.parcel_id) for answer in answers for email in answer)
    left = Counter((email.claim_id, email.parcel_id) for email in queue.claim())
    assert set((claimed + left).values()) == {6}
    assert {parcel for _, parcel in claimed + left} == set(parcels)


def series(world: World, batch: UUID, dates: int = 6) -> list[UUID]:
    """So many sessions of one transaction."""
    with world.conn.transaction():
        return [
            world.session(f"Day {number}", batch=batch, starts=TUESDAY + timedelta(days=number))
            for number in range(dates)
        ]


def test_workers_tear_no_mail_about_several_sessions_apart(
    admin: psycopg.Connection, queue: Outbox, workers: list[Outbox]
) -> None:
    world = World(admin)
    batch = world.batch()
    students = {world.student(batch=batch) for _ in range(40)}
    many = [frozenset(map(str, series(world, batch))) for _ in range(3)]
    answers = at_once(*(lambda worker=worker: drain(worker) for worker in workers))
    sent = [email for answer in answers for email in answer] + finish(queue)
    told = Counter(
        (email.recipient_id, frozenset(part["session"]["id"] for part in email.parts))
        for email in sent
    )
    assert told == Counter({(who, sessions): 1 for who in students for sessions in many})
    assert set(queue.statuses()) == {"sent"}


def test_what_another_claim_is_about_to_take_is_left_to_it_whole(
    database: Database, admin: psycopg.Connection, queue: Outbox, workers: list[Outbox]
) -> None:
    world = World(admin)
    batch = world.batch()
    world.student(batch=batch)
    series(world, batch)
    queue.expand()
    with psycopg.connect(database.url) as other:
        # As a claim does before it comes to the other rows.
        other.execute(
            "select from notifier.emails where id = %s for update", (queue.rows()[0]["id"],)
        )
        assert workers[0].claim() == []
    assert [len(email.parts) for email in workers[0].claim()] == [6]


def test_what_goes_with_something_urgent_is_left_to_the_claim_that_has_that(
    database: Database, admin: psycopg.Connection, queue: Outbox, workers: list[Outbox]
) -> None:
    world = World(admin)
    batch = world.batch()
    world.student(batch=batch)
    with admin.transaction():
        for starts in (TUESDAY, timedelta(hours=3)):
            world.session(batch=batch, starts=starts)
    queue.expand()
    with psycopg.connect(database.url) as other:
        (urgent,) = queue.rows(urgent=True)
        other.execute("select from notifier.emails where id = %s for update", (urgent["id"],))
        assert workers[0].claim() == []
    assert [len(email.parts) for email in workers[0].claim()] == [2]


def test_a_request_in_doubt_waits_while_somebody_records_what_became_of_a_part(
    database: Database, admin: psycopg.Connection, queue: Outbox, workers: list[Outbox]
) -> None:
    world = World(admin)
    batch = world.batch()
    for _ in range(3):
        world.student(batch=batch)
    world.session(batch=batch, starts=TUESDAY)
    queue.expand()
    first, *rest = sorted(queue.claim(), key=lambda email: email.email_id)
    queue.begin(first, *rest, parcel=uuid4())
    queue.let_time_pass()
    admin.execute("select notifier.recover_expired_claims()")
    with psycopg.connect(database.url) as other:
        Outbox(other).complete(rest[-1])
        assert workers[0].claim() == []
    assert [email.email_id for email in workers[0].claim()] == [first.email_id, rest[0].email_id]


def test_changes_of_a_series_while_workers_run_are_told_in_order(
    database: Database, admin: psycopg.Connection, queue: Outbox, workers: list[Outbox]
) -> None:
    world = World(admin)
    batch = world.batch()
    students = {world.student(batch=batch) for _ in range(15)}
    sessions = series(world, batch)
    editing = threading.Event()
    editing.set()

    def edit() -> list[Claimed]:
        with psycopg.connect(database.url, autocommit=True) as conn:
            for number in range(20):
                with conn.transaction():
                    for session in sessions[number % 3 :]:
                        change(conn, session, title=f"Title {number}")
        editing.clear()
        return []

    def work(worker: Outbox) -> list[Claimed]:
        sent: list[Claimed] = []
        while editing.is_set():
            sent += drain(worker)
        return sent + drain(worker)

    at_once(edit, *(lambda worker=worker: work(worker) for worker in workers))
    finish(queue)
    assert {row["status"] for row in queue.rows()} <= {"sent", "skipped"}
    told = admin.execute(
        """
        select email.recipient_id, email.session_id, event.new ->> 'title',
            array_agg(email.told_through order by email.sent_at, email.told_through),
            array_agg(email.told_through order by email.event_id)
        from notifier.emails as email
        inner join notifier.events as event on event.id = (
            select max(last.told_through) from notifier.emails as last
            where last.session_id = email.session_id and last.recipient_id = email.recipient_id
                and last.status = 'sent'
        )
        where email.status = 'sent'
        group by 1, 2, 3
        """
    ).fetchall()
    now: dict[UUID, str] = dict(
        admin.execute("select id, title from public.success_sessions").fetchall()
    )
    assert {(who, session) for who, session, *_ in told} == {
        (who, session) for who in students for session in sessions
    }
    for _, session, title, by_time, by_event in told:
        assert title == now[session]
        assert by_time == by_event, "a later mail of a session before an earlier one"


def test_one_event_is_expanded_by_many_without_overlap(
    admin: psycopg.Connection, queue: Outbox, workers: list[Outbox]
) -> None:
    world = World(admin)
    batch = world.batch()
    students = {world.student(batch=batch) for _ in range(50)}
    world.session(batch=batch, starts=TUESDAY)

    def expand(worker: Outbox) -> int:
        added = 0
        while queue.rows("events", expanded_at=None):
            added += worker.expand(3)[0]
        return added

    added = at_once(*(lambda worker=worker: expand(worker) for worker in workers))
    assert sum(added) == len(students)
    assert {row["recipient_id"] for row in queue.rows()} == students


def test_claims_at_one_moment_take_different_mails(
    admin: psycopg.Connection, queue: Outbox, workers: list[Outbox]
) -> None:
    world = World(admin)
    batch = world.batch()
    for _ in range(40):
        world.student(batch=batch)
    world.session(batch=batch, starts=TUESDAY)
    queue.expand()
    claims = at_once(*(lambda worker=worker: worker.claim(10) for worker in workers))
    ids = [email.email_id for claim in claims for email in claim]
    assert len(ids) == len(set(ids))
    rest = queue.claim()
    assert len(ids) + len(rest) == 40


def test_a_claim_passes_over_what_another_holds_uncommitted(
    database: Database, admin: psycopg.Connection, queue: Outbox, workers: list[Outbox]
) -> None:
    world = World(admin)
    batch = world.batch()
    for _ in range(4):
        world.student(batch=batch)
    world.session(batch=batch, starts=TUESDAY)
    queue.expand()
    with psycopg.connect(database.notifier_url) as slow:
        held = {email.email_id for email in Outbox(slow, "slow").claim(3)}
        others = {email.email_id for email in workers[0].claim()}
        assert (len(held), len(others)) == (3, 1)
        slow.rollback()
    assert {email.email_id for email in workers[1].claim()} == held


def test_a_claim_that_makes_the_key_of_unsubscribe_links_holds_up_no_other(
    database: Database, admin: psycopg.Connection, queue: Outbox, workers: list[Outbox]
) -> None:
    """Two claims at once found no key, and the second waited for the first one's commit."""
    world = World(admin)
    batch = world.batch()
    for _ in range(2):
        world.student(batch=batch)
    world.session(batch=batch, starts=TUESDAY)
    queue.expand()
    admin.execute("delete from vault.secrets where name = 'notifier/unsubscribe_key'")
    with psycopg.connect(database.notifier_url) as slow:
        assert len(Outbox(slow, "slow").claim(1)) == 1
        assert len(workers[0].claim()) == 1


def test_an_uncommitted_page_is_waited_for_by_nobody(
    database: Database, admin: psycopg.Connection, workers: list[Outbox]
) -> None:
    world = World(admin)
    batch = world.batch()
    for _ in range(4):
        world.student(batch=batch)
    first = world.session("First", batch=batch, starts=TUESDAY)
    second = world.session("Second", batch=batch, starts=TUESDAY)
    with psycopg.connect(database.notifier_url) as slow:
        assert Outbox(slow).expand(2) == (2, True)
        change(admin, first, title="Renamed meanwhile")
        # The second session is expanded; the first one's later event must not overtake.
        assert workers[0].expand() == (4, False)
        sessions = {UUID(email.session["id"]) for email in workers[0].claim()}
        assert sessions == {second}
        slow.rollback()
    assert workers[0].expand() == (4, False)
    assert {email.kind for email in workers[0].claim()} == {"session_scheduled"}


def test_changes_while_workers_run_end_in_the_last_state(
    database: Database, admin: psycopg.Connection, queue: Outbox, workers: list[Outbox]
) -> None:
    world = World(admin)
    course = world.course()
    march, april = world.batch(course=course), world.batch(course=course)
    people = {world.student(batch=march) for _ in range(15)}
    others = {world.student(batch=april) for _ in range(15)}
    session = world.session(batch=march, starts=TUESDAY)
    editing = threading.Event()
    editing.set()

    def edit() -> list[Claimed]:
        with psycopg.connect(database.url, autocommit=True) as conn:
            for hours in range(1, 25):
                start = TUESDAY + timedelta(hours=hours)
                change(
                    conn,
                    session,
                    start_time=start,
                    end_time=start + timedelta(hours=1),
                    batch_id=march if hours % 2 else april,
                )
        editing.clear()
        return []

    def work(worker: Outbox) -> list[Claimed]:
        sent: list[Claimed] = []
        while editing.is_set():
            sent += drain(worker)
        return sent + drain(worker)

    answers = at_once(edit, *(lambda worker=worker: work(worker) for worker in workers))
    finish(queue)
    assert len({email.email_id for answer in answers for email in answer}) == sum(map(len, answers))

    final = queue.scalar("select max(id) from notifier.events")
    last_told: dict[UUID, dict[str, object]] = {}
    for row in queue.rows():
        assert row["status"] in ("sent", "skipped")
        if row["status"] == "sent":
            last_told[row["recipient_id"]] = row
    # Whoever was told anything was told, last, what holds: invited in April, or nothing in March.
    kinds = {who: str(row["kind"]) for who, row in last_told.items()}
    assert others <= kinds.keys()
    assert all(kinds[who] != "session_cancelled" for who in others)
    assert all(kinds[who] == "session_cancelled" for who in people & kinds.keys())
    newest = {who: row["told_through"] for who, row in last_told.items() if who in others}
    state = queue.conn.execute(
        "select new ->> 'start_time' from notifier.events where id = any(%s)",
        (list(set(newest.values())),),
    ).fetchall()
    expected = queue.scalar("select new ->> 'start_time' from notifier.events where id = %s", final)
    assert {value for (value,) in state} == {expected}


def test_ticks_at_one_moment_move_each_session_once(
    admin: psycopg.Connection, queue: Outbox, workers: list[Outbox]
) -> None:
    world = World(admin)
    for number in range(30):
        world.session(str(number), starts=timedelta(hours=-3), mentor=world.mentor())

    def tick(worker: Outbox) -> tuple[int, int]:
        row = worker.conn.execute("select started, completed from notifier.tick()").fetchone()
        assert row is not None
        return row[0], row[1]

    answers = at_once(*(lambda worker=worker: tick(worker) for worker in workers))
    answers.append(tick(workers[0]))
    assert sum(started for started, _ in answers) == 30
    assert sum(completed for _, completed in answers) == 30
    assert len(queue.rows("events", topic="summary")) == 30


def test_what_was_due_for_long_is_started_and_completed_in_parts(
    admin: psycopg.Connection, queue: Outbox
) -> None:
    """All in one transaction: after an outage of a day no call ended before it was given up."""
    world = World(admin)
    for number in range(130):
        world.session(str(number), starts=timedelta(hours=-3 - number))
    admin.execute("update public.success_sessions set created_at = now() - interval '30 days'")
    admin.execute(
        "update notifier.reminder_clock set reached = now() - interval '10 days'"
        " where reached is not null"
    )

    def tick() -> tuple[int, ...]:
        row = queue.conn.execute("select started, completed from notifier.tick()").fetchone()
        assert row is not None
        return tuple(row)

    assert tick() == (100, 100)
    left = admin.execute(
        "select title::integer from public.success_sessions where status <> 'completed' order by 1"
    ).fetchall()
    assert left == [(number,) for number in range(30)]
    # Of what has begun nobody is reminded.
    assert {row["reminder_minutes"] for row in queue.rows("events")} == {None}
    wake = queue.scalar("select notifier.next_wake() < clock_timestamp()")
    assert wake is True
    assert tick() == (30, 30)
    assert tick() == (0, 0)


def test_tick_does_not_wait_for_somebody_editing_the_session(
    database: Database, admin: psycopg.Connection, workers: list[Outbox]
) -> None:
    session = World(admin).session(starts=timedelta(minutes=-5))
    with psycopg.connect(database.url) as editor:
        change(editor, session, title="Being edited")
        row = workers[0].conn.execute("select started from notifier.tick()").fetchone()
        assert row == (0,)
        editor.commit()
    assert workers[0].conn.execute("select started from notifier.tick()").fetchone() == (1,)


def test_expired_claims_are_recovered_once(
    admin: psycopg.Connection, queue: Outbox, workers: list[Outbox]
) -> None:
    world = World(admin)
    batch = world.batch()
    for _ in range(40):
        world.student(batch=batch)
    world.session(batch=batch, starts=TUESDAY)
    queue.expand()
    claimed = queue.claim()
    queue.begin(*claimed[:15])
    queue.let_time_pass()

    def recover(worker: Outbox) -> tuple[int, int]:
        row = worker.conn.execute("select * from notifier.recover_expired_claims()").fetchone()
        assert row is not None
        return row[0], row[1]

    answers = at_once(*(lambda worker=worker: recover(worker) for worker in workers))
    assert sum(requeued for requeued, _ in answers) == 25
    assert sum(in_doubt for _, in_doubt in answers) == 15


@pytest.mark.parametrize("dates", [1, 4])
def test_calls_on_the_same_mails_in_any_order_do_not_deadlock(
    admin: psycopg.Connection, queue: Outbox, workers: list[Outbox], dates: int
) -> None:
    world = World(admin)
    batch = world.batch()
    for _ in range(60):
        world.student(batch=batch)
    series(world, batch, dates)
    queue.expand()
    claimed = queue.claim()
    first, second, third, fourth = workers
    for _ in range(5):
        at_once(
            lambda: first.begin(*claimed),
            lambda: second.begin(*reversed(claimed)),
            lambda: third.scalar(
                "select notifier.extend_claim(%s, '1 minute')", claimed[0].claim_id
            ),
            lambda: fourth.conn.execute("select notifier.recover_expired_claims()").fetchall(),
        )
    done = at_once(
        lambda: first.complete(*claimed),
        lambda: second.complete(*reversed(claimed)),
        lambda: third.complete(*claimed[20:], *claimed[:20]),
    )
    assert sum(map(len, done)) == 60
    assert set(queue.statuses()) == {"sent"}


def test_workers_that_begin_at_once_under_limits_have_a_turn_each(
    admin: psycopg.Connection, queue: Outbox, workers: list[Outbox]
) -> None:
    world = World(admin)
    batch = world.batch()
    for number in range(60):
        world.student(batch=batch, email=f"student{number}@mail{number % 3}.example.test")
    world.session(batch=batch, starts=TUESDAY)
    queue.expand()
    for domain, per_minute in (("*", 1), ("mail1.example.test", 6000)):
        admin.execute("select notifier.set_send_limit(%s, %s)", (domain, per_minute))
    claims = [worker.claim(15) for worker in workers]

    def begin(worker: Outbox, claimed: list[Claimed]) -> set[UUID]:
        begun: set[UUID] = set()
        for first in range(0, len(claimed), 5):
            begun |= worker.begin(*claimed[first : first + 5])
        return begun

    begun = at_once(
        *(
            lambda worker=worker, claimed=claimed: begin(worker, claimed)
            for worker, claimed in zip(workers, claims, strict=True)
        )
    )

    going = sum(map(len, begun))
    turns = [row["available_at"] for row in queue.rows(status="queued")]
    assert 0 < going < 10  # they are a minute apart
    assert len(set(turns)) == len(turns) == 60 - going


def test_a_worker_and_its_successor_cannot_both_report(
    admin: psycopg.Connection, queue: Outbox, workers: list[Outbox]
) -> None:
    world = World(admin)
    batch = world.batch()
    for _ in range(20):
        world.student(batch=batch)
    world.session(batch=batch, starts=TUESDAY)
    queue.expand()
    before = workers[0].claim()
    workers[0].begin(*before)
    queue.let_time_pass()
    queue.conn.execute("select notifier.recover_expired_claims()")

    def take_over() -> set[UUID]:
        claimed = workers[1].claim()
        return workers[1].complete(*claimed) if claimed else set()

    late, taken = at_once(lambda: workers[0].complete(*before), take_over)
    assert late.isdisjoint(taken)
    assert late | taken == {email.email_id for email in before}


def test_changes_of_invitees_and_of_the_session_take_turns(
    database: Database, admin: psycopg.Connection, queue: Outbox
) -> None:
    """Event ids of a session rise in the order of its changes, whoever commits first."""
    world = World(admin)
    session = world.session(starts=TUESDAY)
    guests = [world.student(f"Guest {number}") for number in range(20)]

    def invite() -> None:
        with psycopg.connect(database.url, autocommit=True) as conn:
            for guest in guests:
                World(conn).invite(session, guest)

    def rename() -> None:
        with psycopg.connect(database.url, autocommit=True) as conn:
            for number in range(20):
                change(conn, session, title=f"Title {number}")

    at_once(invite, rename)
    events = queue.rows("events")
    assert len(events) == 41
    assert all(
        before["new"]["title"] == after["old"]["title"] for before, after in pairwise(events)
    )


def test_what_is_merged_while_its_transaction_starts_is_not_started(
    database: Database, admin: psycopg.Connection, queue: Outbox
) -> None:
    """Another worker merges it after the look at what the transaction changed."""
    world = World(admin)
    batch = world.batch()
    for _ in range(3):
        world.student(batch=batch)
    first, second = (world.session(name, batch=batch, starts=TUESDAY) for name in "AB")
    queue.deliver()
    with psycopg.connect(database.url) as conn:
        change(conn, first, title="A with B")
        change(admin, second, title="B alone")
        change(conn, second, title="B with A")
        conn.commit()
    definition = str(queue.scalar("select pg_get_functiondef('notifier.start_events'::regproc)"))
    look_ended = "limit 200"
    before, after = definition.split(look_ended)
    rest_of_statement, after = after.split(";", 1)
    pause = "perform pg_advisory_xact_lock(1);"
    paused = before + look_ended + rest_of_statement + ";" + pause + after
    with (
        psycopg.connect(database.url) as gate,
        psycopg.connect(database.url, autocommit=True) as slow,
    ):
        gate.execute("select pg_advisory_xact_lock(1)")
        admin.execute(paused.encode())

        def expand() -> str:
            return str(Outbox(slow, "slow").expand(2))

        with started(admin, slow, expand) as expanding:
            admin.execute(definition.encode())
            queue.expand()
            gate.commit()
            expanding.result(PATIENCE)
    finish(queue)
    merged = queue.rows("events", session_id=second)[-1]
    assert merged["merged_into"]
    assert queue.rows(event_id=merged["id"]) == []


def test_urgent_news_are_not_held_up_by_what_is_put_off_at_that_moment(
    admin: psycopg.Connection, queue: Outbox, workers: list[Outbox]
) -> None:
    """The claim that puts the first mail off till the morning is not over, and knows of no more."""
    world, (slow, other, *_) = World(admin), workers
    batch = world.batch()
    anna = world.student(batch=batch)
    session = world.session(batch=batch, starts=datetime.now(UTC) + timedelta(hours=12))
    queue.deliver()
    admin.execute(
        """
        insert into public.notification_preferences (user_id, kind, quiet_from, quiet_until)
        values (
            %s,
            '*',
            ((now() - interval '2 hours') at time zone 'UTC')::time(0),
            ((now() + interval '4 hours') at time zone 'UTC')::time(0)
        )
        """,
        (anna,),
    )
    change(admin, session, title="Renamed")
    other.expand()
    with slow.conn.transaction():
        assert slow.claim() == []
        change(admin, session, status="cancelled")
        other.expand()
        assert other.claim() == []
    assert other.claim() == []

    other.conn.execute("select notifier.tick()")
    (told,) = other.claim()
    assert told.kind == "session_cancelled"
