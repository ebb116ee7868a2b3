"""The queue's calls cost by what they return, not by what waits: counted in blocks, not in time.

The planner is left in the dark on purpose: statistics are those of an empty queue, and the worker's
connection made its plans then.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from devstack.databases import Database
from support.outbox import APP_URL, ORGANIZER, Outbox, change
from support.plans import most_rows, nodes, run_plans
from support.reminders import come_near
from support.world import World

TUESDAY = datetime(2031, 5, 6, 17, 0, tzinfo=UTC)
FEW, MANY = 60, 4000
DATES = 5
CLAIM = 50
LOOKS = 1001
IDLE = "select notifier.tick(), notifier.next_wake(), notifier.has_news()"
"""What a worker asks while there is nothing to do."""


@pytest.fixture
def admin(database: Database) -> Iterator[psycopg.Connection]:
    """Role postgres, every statement its own transaction."""
    with psycopg.connect(database.url, autocommit=True) as connection:
        yield connection


@pytest.fixture(params=[0, 1, 30], ids=lambda known: f"statistics of {known}")
def worker(
    request: pytest.FixtureRequest, database: Database, admin: psycopg.Connection
) -> Iterator[Outbox]:
    """A worker whose plans are settled while there is next to nothing in the database."""
    world = World(admin)
    batch = world.batch()
    for _ in range(request.param):
        world.invite(world.session(starts=TUESDAY), world.student(batch=batch))
    for table in ("notifier.events", "notifier.emails", "public.course_enrollments"):
        name = sql.Identifier(*table.split("."))
        admin.execute(sql.SQL("alter table {} set (autovacuum_enabled = off)").format(name))
        admin.execute(sql.SQL("vacuum analyze {}").format(name))
    with psycopg.connect(database.notifier_url, autocommit=True) as connection:
        ready = Outbox(connection)
        connection.execute(IDLE)
        for number in range(8):
            session = world.session(f"Small {number}", batch=batch, starts=TUESDAY)
            world.invite(session, world.student())
            ready.deliver()
            change(admin, session, status="cancelled")
            ready.deliver()
            connection.execute(IDLE)
        yield ready


def crowd(admin: psycopg.Connection, size: int) -> UUID:
    """A batch of so many students."""
    world = World(admin)
    batch = world.batch(f"{size} students")
    with admin.transaction():
        world.crowd(size, batch=batch)
        # Long ago.
        admin.execute("update notifier.enrollment_changes set position = 0 where position is null")
    return batch


def blocks(conn: psycopg.Connection, call: str, *arguments: object) -> int:
    """Run a call, and count the blocks it looked at.

    It is run twice, once in vain: after an automatic analyze of one of its tables plans are made
    anew, and what that reads would be counted, too.
    """
    explain = sql.SQL("explain (analyze, buffers, timing off, format json) select * from ")
    query = explain + sql.SQL(call)
    with conn.transaction(force_rollback=True):
        conn.execute(query, arguments)
    row = conn.execute(query, arguments).fetchone()
    assert row is not None
    plan = (row[0] if isinstance(row[0], list) else json.loads(row[0]))[0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


def claim_blocks(worker: Outbox) -> int:
    return blocks(
        worker.conn,
        "notifier.claim_emails(%s, %s, interval '1 minute', %s, %s)",
        worker.worker,
        CLAIM,
        ORGANIZER,
        APP_URL,
    )


def settle(admin: psycopg.Connection, worker: Outbox) -> None:
    """Send everything, also what a claim took whose answer was a plan."""
    admin.execute(
        "update notifier.emails set status = 'sent', sent_at = clock_timestamp(),"
        " lease_until = null where status in ('claimed', 'sending')"
    )
    worker.deliver()


def test_calls_cost_the_same_in_a_short_queue_and_in_a_long_one(
    admin: psycopg.Connection, worker: Outbox
) -> None:
    world = World(admin)
    few, many = crowd(admin, FEW), crowd(admin, MANY)
    cost: dict[str, dict[str, int]] = {}
    for label, batch in (("short", few), ("long", many)):
        costs = cost[label] = {}
        session = world.session(label, batch=batch, starts=TUESDAY)
        costs["expand"] = blocks(worker.conn, "notifier.expand_events(%s)", FEW)
        while worker.expand()[1]:
            pass
        # What finished mails left behind in the indexes is passed over once, then marked.
        worker.conn.execute("select notifier.next_wake()")
        costs["next_wake"] = blocks(worker.conn, "notifier.next_wake()")
        costs["has_news"] = blocks(worker.conn, "notifier.has_news()")
        costs["claim"] = claim_blocks(worker)
        change(admin, session, title=f"{label}, renamed")
        while worker.expand()[1]:
            pass
        worker.conn.execute("select notifier.next_wake()")
        costs["next_wake, with mails behind others"] = blocks(worker.conn, "notifier.next_wake()")
        emails = worker.claim(5)
        ids = [email.email_id for email in emails]
        claim = emails[0].claim_id if emails else None
        costs["tick"] = blocks(worker.conn, "notifier.tick()")
        costs["extend"] = blocks(
            worker.conn, "notifier.extend_claim(%s, interval '1 minute')", claim
        )
        costs["begin"] = blocks(
            worker.conn, "notifier.begin_sending(%s, %s, interval '1 minute')", claim, ids
        )
        costs["complete"] = blocks(
            worker.conn, "notifier.complete_emails(%s, %s, 'smtp')", claim, ids
        )
        settle(admin, worker)
    dear = {
        call: (cost["short"][call], cost["long"][call])
        for call in cost["short"]
        if cost["long"][call] > 2 * cost["short"][call] + 100
    }
    assert dear == {}, "blocks in the short and in the long queue"


def test_mails_about_several_sessions_cost_the_same_in_a_short_queue_and_in_a_long_one(
    admin: psycopg.Connection, worker: Outbox
) -> None:
    cost: dict[int, dict[str, int]] = {}
    for size in (FEW, MANY):
        costs = cost[size] = {}
        batch = crowd(admin, size // DATES)
        with admin.transaction():
            for number in range(DATES):
                World(admin).session(
                    f"{size}, {number}", batch=batch, starts=TUESDAY + timedelta(days=number)
                )
        # All students of the small batch, as many of the large one.
        costs["expand"] = blocks(worker.conn, "notifier.expand_events(%s)", FEW // DATES)
        while worker.expand()[1]:
            pass
        worker.conn.execute("select notifier.next_wake()")
        costs["claim"] = blocks(
            worker.conn,
            "notifier.claim_emails(%s, 5, interval '1 minute', %s, %s)",
            worker.worker,
            ORGANIZER,
            APP_URL,
        )
        emails = worker.claim(5)
        assert {len(email.parts) for email in emails} == {DATES}
        ids, claim = [email.email_id for email in emails], emails[0].claim_id
        costs["next_wake"] = blocks(worker.conn, "notifier.next_wake()")
        costs["extend"] = blocks(
            worker.conn, "notifier.extend_claim(%s, interval '1 minute')", claim
        )
        costs["begin"] = blocks(
            worker.conn, "notifier.begin_sending(%s, %s, interval '1 minute')", claim, ids
        )
        costs["fail"] = blocks(
            worker.conn, "notifier.fail_email(%s, %s, 'unknown', '')", claim, ids.pop()
        )
        costs["complete"] = blocks(
            worker.conn, "notifier.complete_emails(%s, %s, 'smtp')", claim, ids
        )
        admin.execute(
            "update notifier.emails set lease_until = now() where lease_until is not null"
        )
        costs["tick"] = blocks(worker.conn, "notifier.tick()")
        admin.execute("update notifier.emails set available_at = now() where status = 'in_doubt'")
        settle(admin, worker)
    dear = {
        call: (cost[FEW][call], cost[MANY][call])
        for call in cost[FEW]
        if cost[MANY][call] > 2 * cost[FEW][call] + 100
    }
    assert dear == {}, "blocks in the short and in the long queue"


def test_a_claim_costs_the_same_for_its_mails_when_they_fold_others(
    admin: psycopg.Connection, worker: Outbox
) -> None:
    """Every waiting mail has a younger one behind it; folding must find them by an index."""
    cost = {}
    for size in (FEW, MANY):
        session = World(admin).session(batch=crowd(admin, size), starts=TUESDAY)
        while worker.expand()[1]:
            pass
        change(admin, session, title="Renamed")
        while worker.expand()[1]:
            pass
        cost[size] = claim_blocks(worker)
        settle(admin, worker)
    assert cost[MANY] <= 2 * cost[FEW]


def test_mails_behind_others_that_wait_for_the_morning_cost_a_claim_nothing(
    admin: psycopg.Connection, worker: Outbox
) -> None:
    """Both changes were queued at night, and each person's first one was put off."""
    cost: dict[int, dict[str, int]] = {}
    for size in (FEW, MANY):
        costs = cost[size] = {}
        batch = crowd(admin, size)
        session = World(admin).session(batch=batch, starts=TUESDAY)
        admin.execute(
            """
            insert into public.notification_preferences (user_id, kind, quiet_from, quiet_until)
            select
                enrolled.student_id,
                '*',
                (now() - interval '2 hours')::time(0),
                (now() + interval '4 hours')::time(0)
            from public.course_enrollments as enrolled
            where enrolled.batch_id = %s
            """,
            (batch,),
        )
        while worker.expand()[1]:
            pass
        change(admin, session, title="Renamed")
        while worker.expand()[1]:
            pass
        put_off = "select count(*) from notifier.emails where postponed_for is not null"
        while Outbox(admin).scalar(put_off) < 2 * sum(cost):
            assert worker.claim() == []
        admin.execute("vacuum notifier.emails")
        costs["claim"] = claim_blocks(worker)
        costs["next_wake"] = blocks(worker.conn, "notifier.next_wake()")
    assert cost[MANY]["claim"] <= 2 * cost[FEW]["claim"] + 100
    assert cost[MANY]["next_wake"] <= 2 * cost[FEW]["next_wake"] + 100


def test_an_urgent_mail_costs_the_same_behind_a_short_queue_and_behind_a_long_one(
    admin: psycopg.Connection, worker: Outbox
) -> None:
    world = World(admin)
    today = datetime.now(UTC) + timedelta(hours=3)
    cost = {}
    for size in (FEW, MANY):
        world.session("Not urgent", batch=crowd(admin, size), starts=TUESDAY)
        while worker.expand()[1]:
            pass
        world.session("Urgent", batch=crowd(admin, 1), starts=today)
        cost[size] = blocks(worker.conn, "notifier.expand_events(5000)") + blocks(
            worker.conn,
            "notifier.claim_emails(%s, 1, interval '1 minute', %s, %s)",
            worker.worker,
            ORGANIZER,
            APP_URL,
        )
        row = admin.execute(
            "select bool_and(urgent), count(*) from notifier.emails where status = 'claimed'"
        ).fetchone()
        assert row == (True, 1)
        settle(admin, worker)
    assert cost[MANY] <= 2 * cost[FEW] + 100


def test_reminders_cost_the_same_among_few_sessions_and_students_and_among_many(
    admin: psycopg.Connection, worker: Outbox
) -> None:
    cost: dict[int, dict[str, int]] = {}
    for size in (FEW, MANY):
        costs = cost[size] = {}
        admin.execute(
            """
            insert into public.success_sessions (title, link, start_time)
            select 'Far away', 'https://meet.example.test/1', now() + number * interval '1 hour'
            from generate_series(200, 200 + %s) as number
            """,
            (size // 10,),
        )
        session = World(admin).session(
            batch=crowd(admin, size),
            starts=timedelta(hours=23),
            created_at=datetime.now(UTC) - timedelta(days=2),
        )
        # Who has been told is not the question here.
        admin.execute("update notifier.events set through_id = id, expanded_at = now()")
        come_near(admin, session, 1440)
        worker.conn.execute("select notifier.next_wake()")
        costs["next_wake"] = blocks(worker.conn, "notifier.next_wake()")
        costs["tick"] = blocks(worker.conn, "notifier.tick()")
        costs["expand"] = blocks(worker.conn, "notifier.expand_events(%s)", FEW)
        while worker.expand()[1]:
            pass
        worker.conn.execute("select notifier.next_wake()")
        costs["claim"] = claim_blocks(worker)
        queued = Outbox(admin).scalar(
            "select count(*) from notifier.emails where session_id = %s", session
        )
        assert queued == size
        settle(admin, worker)
    dear = {
        call: (cost[FEW][call], cost[MANY][call])
        for call in cost[FEW]
        if cost[MANY][call] > 2 * cost[FEW][call] + 100
    }
    assert dear == {}, "blocks among few and among many"


def test_joining_costs_the_same_for_each_whether_few_join_at_once_or_many(
    admin: psycopg.Connection, worker: Outbox
) -> None:
    cost: dict[int, dict[str, int]] = {}
    for size in (FEW, MANY):
        costs = cost[size] = {}
        batch = crowd(admin, size)
        with admin.transaction():
            for number in range(DATES):
                World(admin).session(batch=batch, starts=TUESDAY + timedelta(days=number))
        admin.execute("update notifier.events set through_id = id, expanded_at = now()")
        # As if all of them had joined only now; the sessions are within reach.
        admin.execute(
            "update notifier.enrollment_changes set position = null where new_batch_id = %s",
            (batch,),
        )
        admin.execute(
            "update public.success_sessions"
            " set start_time = now() + interval '1 week', end_time = now() + interval '8 days'"
            " where batch_id = %s",
            (batch,),
        )
        admin.execute(
            "update notifier.events set through_id = id, expanded_at = now()"
            " where expanded_at is null"
        )
        worker.conn.execute("select notifier.next_wake()")
        costs["next_wake"] = blocks(worker.conn, "notifier.next_wake()")
        costs["expand"] = blocks(worker.conn, "notifier.expand_events(%s)", FEW)
        while worker.expand()[1]:
            pass
        worker.conn.execute("select notifier.next_wake()")
        costs["claim"] = blocks(
            worker.conn,
            "notifier.claim_emails(%s, 5, interval '1 minute', %s, %s)",
            worker.worker,
            ORGANIZER,
            APP_URL,
        )
        emails = worker.claim(5)
        assert {(email.kind, len(email.parts)) for email in emails} == {
            ("enrollment_schedule", DATES)
        }
        settle(admin, worker)
    dear = {
        call: (cost[FEW][call], cost[MANY][call])
        for call in cost[FEW]
        if cost[MANY][call] > 2 * cost[FEW][call] + 100
    }
    assert dear == {}, "blocks when few join and when many do"


def take_seats(admin: psycopg.Connection, session: UUID, seats: int) -> None:
    """So many students have taken a seat, were told, and are of no further interest."""
    admin.execute(
        """
        with registered as (
            insert into notifier.events (session_id, old, new, student_id, through_id, expanded_at)
            select latest.session_id, latest.new, latest.new, gen_random_uuid(), latest.id, now()
            from (
                select event.id, event.session_id, event.new
                from notifier.events as event
                where event.session_id = %s
                order by event.id desc
                limit 1
            ) as latest
            cross join generate_series(1, %s)
            returning id, session_id, student_id
        )
        insert into notifier.emails
        (event_id, session_id, recipient_id, kind, status, sent_at, told_from, told_through)
        select id, session_id, student_id, 'registration_confirmed', 'sent', now(), id, id
        from registered
        """,
        (session, seats),
    )


def test_a_mail_costs_the_same_whether_few_have_taken_a_seat_or_many(
    admin: psycopg.Connection, worker: Outbox
) -> None:
    world = World(admin)
    cost: dict[int, dict[str, int]] = {}
    for seats in (FEW, MANY):
        costs = cost[seats] = {}
        batch = crowd(admin, CLAIM)
        session = world.session(
            batch=batch,
            starts=timedelta(hours=23),
            created_at=datetime.now(UTC) - timedelta(days=2),
        )
        worker.deliver()
        admin.execute("update notifier.emails set sent_at = now() - interval '2 days'")
        take_seats(admin, session, seats)

        def fan_out(costs: dict[str, int], call: str) -> None:
            while worker.expand()[1]:
                pass
            worker.conn.execute("select notifier.next_wake()")
            costs[call] = claim_blocks(worker)
            assert Outbox(admin).scalar(
                "select count(*) from notifier.emails where status = 'claimed'"
            )
            settle(admin, worker)
            admin.execute(
                "update notifier.emails set sent_at = now() - interval '2 days'"
                " where sent_at is not null"
            )

        come_near(admin, session, 1440)
        worker.conn.execute("select notifier.tick()")
        fan_out(costs, "remind")
        change(admin, session, title=f"{seats} seats")
        fan_out(costs, "change")
        students = [world.student(batch=batch) for _ in range(10)]
        admin.execute(
            "update notifier.enrollment_changes set position = null where student_id = any(%s)",
            (students,),
        )
        fan_out(costs, "join")
        admin.execute(
            "update public.course_enrollments set status = 'withdrawn' where student_id = any(%s)",
            (students,),
        )
        fan_out(costs, "leave")
        admin.execute(
            "update public.course_enrollments set status = 'active' where student_id = any(%s)",
            (students,),
        )
        fan_out(costs, "come back")
    dear = {
        call: (cost[FEW][call], cost[MANY][call])
        for call in cost[FEW]
        if cost[MANY][call] > 2 * cost[FEW][call] + 100
    }
    assert dear == {}, "blocks when few have a seat and when many have"


def test_what_a_purge_looks_at_is_limited(database: Database) -> None:
    """The events lie in the order of their ids no more: reading and sorting all seems cheaper."""
    with psycopg.connect(database.superuser_url, autocommit=True) as conn:
        conn.execute(
            """
            insert into notifier.events (id, session_id, new, expanded_at) overriding system value
            select number, gen_random_uuid(), '{}', now()
            from generate_series(1, %s) as number order by md5(number::text)
            """,
            (MANY,),
        )
        conn.execute("analyze notifier.events")
        assert most_rows(conn, "select notifier.purge('1 month')") <= LOOKS
        assert most_rows(conn, "select notifier.purge('0')") <= LOOKS


def test_one_persons_mails_are_explained_at_the_same_cost_among_few_and_among_many(
    admin: psycopg.Connection, worker: Outbox
) -> None:
    cost = {}
    for size in (FEW, MANY):
        session = World(admin).session(batch=crowd(admin, size), starts=TUESDAY)
        worker.deliver()
        for number in range(5):
            change(admin, session, title=f"Renamed {number}")
            worker.deliver()
        student = Outbox(admin).scalar(
            "select min(recipient_id::text) from notifier.emails where session_id = %s", session
        )
        cost[size] = blocks(admin, "public.explain_notifications(%s, %s)", session, student)
    assert cost[MANY] <= 2 * cost[FEW]


def test_the_claim_s_scan_is_an_ordered_index_scan(
    database: Database, admin: psycopg.Connection, worker: Outbox
) -> None:
    """The plan itself, with the function's own settings, on a queue of which nothing is known."""
    World(admin).session(batch=crowd(admin, MANY), starts=TUESDAY)
    while worker.expand()[1]:
        pass
    plans: list[str] = []
    with psycopg.connect(database.superuser_url, autocommit=True) as observer:
        observer.add_notice_handler(lambda notice: plans.append(str(notice.message_primary)))
        observer.execute("load 'auto_explain'")
        for setting, value in {
            "auto_explain.log_min_duration": "0",
            "auto_explain.log_nested_statements": "on",
            "auto_explain.log_level": "notice",
            "client_min_messages": "notice",
        }.items():
            observer.execute("select set_config(%s, %s, false)", (setting, value))
        observer.execute("select notifier.lock_due_emails(100)")
    scans = [plan for plan in plans if "skip locked" in plan and "Limit" in plan]
    assert len(scans) == 2  # what is urgent, then the rest
    for plan in scans:
        assert "Index Scan using emails_waiting_idx on emails due" in plan
        assert "Index Cond: ((urgent = $" in plan
        assert "emails_unfinished_idx on emails earlier" in plan
        assert "Seq Scan" not in plan
        assert "Sort" not in plan


def test_mails_of_one_transaction_find_each_other_by_it_before_anything_was_analyzed(
    database: Database, admin: psycopg.Connection
) -> None:
    """The first few mails ever make the plans; an automatic analyze waits for five thousand."""
    batch = crowd(admin, DATES)
    with admin.transaction():
        for number in range(DATES):
            World(admin).session(batch=batch, starts=TUESDAY + timedelta(days=number))
    while Outbox(admin).expand()[1]:
        pass
    with psycopg.connect(database.superuser_url, autocommit=True) as observer:
        plans = run_plans(observer, "select notifier.lock_due_emails(100)")
    looks = [
        node["Index Name"]
        for plan in plans
        for node in nodes(plan["Plan"])
        if node.get("Alias") == "sibling"
    ]
    assert looks
    assert set(looks) == {"emails_bundle_idx"}
