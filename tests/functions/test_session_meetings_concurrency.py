"""Sessions without a link, written and worked on by many at once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg

from devstack.databases import Database
from support.provisioning import Meetings
from support.rush import Statement, at_once
from support.sessions import tomorrow
from support.world import World

HOUR = timedelta(hours=1)


def new_session(**values: Any) -> Statement:
    return (
        "insert into public.success_sessions (title, start_time) values (%(title)s, %(at)s)",
        {"title": "Office hours", "at": tomorrow(), **values},
    )


def test_a_shared_account_is_given_to_one_of_many(database: Database) -> None:
    with psycopg.connect(database.url) as conn:
        World(conn).meeting_account("Shared", login="shared@school.test", at_once=1)

    outcomes = at_once(database, [new_session()] * 6)

    assert outcomes == Counter({"done": 1, "23P01": 5})


def test_several_shared_accounts_are_given_out_without_a_refusal(database: Database) -> None:
    with psycopg.connect(database.url) as conn:
        for number in range(3):
            World(conn).meeting_account(
                f"Shared {number}", login=f"{number}@school.test", at_once=2
            )

    outcomes = at_once(database, [new_session()] * 7)

    assert outcomes == Counter({"done": 6, "23P01": 1})
    with psycopg.connect(database.url) as conn:
        crowded = conn.execute(
            "select count(*) from public.success_sessions group by meeting_account_id"
        ).fetchall()
    assert crowded == [(2,), (2,), (2,)]


def test_every_task_is_claimed_by_one_worker(database: Database) -> None:
    with psycopg.connect(database.url) as conn:
        world = World(conn)
        world.meeting_account("Shared", login="shared@school.test", at_once=100)
        for hour in range(12):
            world.session(starts=tomorrow(8) + hour * HOUR, link=None)

    def claim(_: int) -> list[UUID]:
        with psycopg.connect(database.url) as conn:
            return [task.meeting_id for task in Meetings(conn).claim(2)]

    with ThreadPoolExecutor(6) as pool:
        claimed = [meeting for meetings in pool.map(claim, range(6)) for meeting in meetings]

    assert len(claimed) == len(set(claimed))
    with psycopg.connect(database.url) as conn:
        left = len(Meetings(conn).claim(100))
        assert left + len(claimed) == 12
        changes = conn.execute("select changes from private.meeting_account_days").fetchone()
        assert changes == (12,)


def test_writers_and_workers_never_wait_for_each_other_in_a_circle(database: Database) -> None:
    with psycopg.connect(database.url, autocommit=True) as conn:
        world = World(conn)
        world.meeting_account("Shared", login="shared@school.test", at_once=100)
        sessions = [world.session(starts=tomorrow(8) + hour * HOUR, link=None) for hour in range(4)]
        for number in range(5):
            with conn.transaction():
                tasks = Meetings(conn).claim()
            edits: list[Statement] = [
                (
                    "update public.success_sessions set title = %(title)s where id = any(%(ids)s)",
                    {"title": f"Edition {number}", "ids": sessions},
                )
            ]
            edits += [
                (
                    "select public.complete_meeting_task(%(meeting)s, %(claim)s, %(id)s, %(link)s)",
                    {
                        "meeting": task.meeting_id,
                        "claim": task.claim_id,
                        "id": f"8123456789{position}",
                        "link": f"https://zoom.us/j/8123456789{position}",
                    },
                )
                for position, task in enumerate(tasks)
            ]
            assert at_once(database, edits) == Counter({"done": len(edits)})
        with conn.transaction():
            last = {task.title for task in Meetings(conn).claim()}
        assert last == {"Edition 4"}


def test_a_meeting_that_ends_while_its_session_does_has_its_report_fetched(
    database: Database,
) -> None:
    with psycopg.connect(database.url, autocommit=True) as conn:
        world = World(conn)
        world.meeting_account("Shared", login="shared@school.test", at_once=100)
        sessions = [world.session(starts=-HOUR, link=None, status="live") for _ in range(4)]
        with conn.transaction():
            meetings = Meetings(conn)
            for position, task in enumerate(meetings.claim()):
                assert meetings.create(task, f"8123456789{position}")

    completion = "update public.success_sessions set status = 'completed' where id = %(id)s"
    end = "select public.end_meeting('zoom', %(event)s, %(meeting)s, now())"
    rush: list[Statement] = []
    for position, session in enumerate(sessions):
        told = {"meeting": f"8123456789{position}", "event": f"end-{position}"}
        rush += [(completion, {"id": session}), (end, told), (end, told)]
    assert at_once(database, rush) == Counter({"done": len(rush)})

    with psycopg.connect(database.url) as conn:
        due = conn.execute(
            "select count(*) from public.session_meetings"
            " where reported_at is null and report_due_at = due_at and due_at > now()"
        ).fetchone()
    assert due == (4,)
