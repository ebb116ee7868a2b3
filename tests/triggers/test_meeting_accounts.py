"""A licensed account never hosts more meetings at once than its platform allows."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from devstack.databases import Database
from support.actors import as_user
from support.rush import Statement, at_once, attempt, started
from support.sessions import create, read, refusal, save, stamp, tomorrow
from support.world import World

START = tomorrow()
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def account(world: World) -> UUID:
    """Two meetings at once, as Zoom has it."""
    return world.meeting_account("zoom@academy.test")


def on(world: World, account: UUID, starts: int, ends: int, title: str = "Meeting") -> UUID:
    """A session on the account; from and until: minutes after START."""
    return world.session(
        title,
        meeting_account_id=account,
        starts=START + starts * MINUTE,
        minutes=ends - starts,
    )


def test_an_account_hosts_as_many_as_its_platform_unless_told_otherwise(
    conn: psycopg.Connection, world: World
) -> None:
    accounts = [
        world.meeting_account("a"),
        world.meeting_account("b", at_once=1),
        world.meeting_account("c", platform="google_meet"),
    ]
    rows = conn.execute(
        "select max_concurrent_meetings from public.meeting_accounts where id = any(%s)"
        " order by name",
        (accounts,),
    ).fetchall()
    assert rows == [(2,), (1,), (None,)]


def test_one_meeting_too_many_is_refused_and_managers_are_told_the_others(
    conn: psycopg.Connection, world: World, account: UUID
) -> None:
    first = on(world, account, 0, 60, "First")
    second = on(world, account, 30, 90, "Second")
    on(world, account, 60, 120, "Later")
    elsewhere = world.session(starts=START + timedelta(days=2))
    times = {"start_time": START + 15 * MINUTE, "end_time": START + 45 * MINUTE}

    with as_user(conn, world.enrollment_manager()):
        with refusal(conn, "23P01") as on_insert:
            create(conn, meeting_account_id=account, **times)
        with refusal(conn, "23P01") as on_update:
            save(conn, elsewhere, meeting_account_id=account, **times)

    for refused in (on_insert, on_update):
        assert refused.message == "meeting account 'zoom@academy.test' is full at that time"
        assert refused.detail == (
            "it hosts 2 at once:"
            f" 'First', session {first}, from {stamp(START)} to {stamp(START + HOUR)};"
            f" 'Second', session {second},"
            f" from {stamp(START + 30 * MINUTE)} to {stamp(START + 90 * MINUTE)}"
        )
        assert refused.hint == "Choose another time or another account."


def test_it_is_those_at_one_moment_that_count_not_all_that_it_meets(
    conn: psycopg.Connection, world: World, account: UUID
) -> None:
    """One after the other they fill one of the two places."""
    for n in range(4):
        on(world, account, n * 60, n * 60 + 60)
    with as_user(conn, world.admin()):
        assert create(conn, meeting_account_id=account, start_time=START, end_time=START + 4 * HOUR)


@pytest.mark.parametrize(
    ("others", "asked", "fits"),
    [
        ([(0, 60), (60, 120)], (0, 120), True),
        ([(0, 60), (0, 60)], (60, 120), True),
        ([(0, 60), (59, 120)], (0, 120), False),
        ([(0, 60), (0, 60)], (-30, 0), True),
        ([(0, 60), (0, 60)], (-30, 1), False),
        ([(-120, 30), (-60, 15)], (0, 60), False),
        ([(-120, 30), (-60, 0)], (0, 60), True),
        ([(0, 20), (10, 30), (40, 60)], (21, 60), True),
        ([(0, 20), (10, 30), (40, 60), (45, 50)], (21, 60), False),
    ],
)
def test_the_peak_decides(
    conn: psycopg.Connection,
    world: World,
    account: UUID,
    others: list[tuple[int, int]],
    asked: tuple[int, int],
    fits: bool,
) -> None:
    for starts, ends in others:
        on(world, account, starts, ends)
    if fits:
        on(world, account, *asked)
    else:
        with refusal(conn, "23P01"):
            on(world, account, *asked)


def test_what_is_over_or_called_off_takes_no_place(
    conn: psycopg.Connection, world: World, account: UUID
) -> None:
    for status in ("completed", "cancelled"):
        for _ in range(2):
            world.session(meeting_account_id=account, starts=START, status=status)
    cancelled = world.session(meeting_account_id=account, starts=START, status="cancelled")
    on(world, account, 0, 60)
    on(world, account, 0, 60)
    with as_user(conn, world.admin()), refusal(conn, "23P01"):
        save(conn, cancelled, status="upcoming")


def test_a_lower_limit_leaves_what_is_planned_and_takes_no_more(
    conn: psycopg.Connection, world: World, account: UUID
) -> None:
    sessions = [on(world, account, 0, 60) for _ in range(2)]
    with as_user(conn, world.admin()):
        conn.execute(
            "update public.meeting_accounts set max_concurrent_meetings = 1 where id = %s",
            (account,),
        )
        for session in sessions:
            assert save(conn, session, title="Still on", start_time=START)
        with refusal(conn, "23P01"):
            save(conn, sessions[0], start_time=START - MINUTE)


def test_an_account_that_takes_no_more_takes_none(conn: psycopg.Connection, world: World) -> None:
    retired = world.meeting_account("retired", at_once=0)
    with as_user(conn, world.admin()), refusal(conn, "23P01") as refused:
        create(conn, meeting_account_id=retired)

    assert refused.detail == "it hosts 0 at once"


def test_an_account_without_a_limit_takes_all(conn: psycopg.Connection, world: World) -> None:
    account = world.meeting_account("meet", platform="google_meet")
    for _ in range(5):
        world.session(meeting_account_id=account, platform="google_meet", starts=START)


def test_a_mentor_may_move_a_session_but_is_not_told_what_else_the_account_hosts(
    conn: psycopg.Connection, world: World, account: UUID
) -> None:
    mentor = world.mentor()
    own = world.session(mentor=mentor, meeting_account_id=account, starts=START - 5 * HOUR)
    for n in range(2):
        on(world, account, 0, 60, f"Confidential {n}")
    with as_user(conn, mentor):
        with refusal(conn, "23P01") as refused:
            save(conn, own, start_time=START, end_time=START + HOUR)
        assert save(conn, own, start_time=START + HOUR, end_time=START + 2 * HOUR)

    assert refused.message == "the meeting account is not free at that time"
    assert not refused.detail
    assert "Confidential" not in refused.everything
    assert "academy.test" not in refused.everything


def test_a_mentor_saves_the_account_as_it_was_read_and_no_other(
    conn: psycopg.Connection, world: World, account: UUID
) -> None:
    mentor = world.mentor()
    other = world.meeting_account("another")
    own = world.session(mentor=mentor, meeting_account_id=account)
    with as_user(conn, mentor):
        assert save(conn, own, title="Renamed", meeting_account_id=account)
        again = conn.execute(
            """
            insert into public.success_sessions
                (id, title, link, start_time, mentor_id, meeting_account_id)
            select id, 'Upserted', link, start_time, mentor_id, meeting_account_id
            from public.success_sessions where id = %s
            on conflict (id) do update set title = excluded.title
            """,
            (own,),
        )
        assert again.rowcount == 1
        for choice in (other, None):
            with refusal(conn, "42501") as refused:
                save(conn, own, meeting_account_id=choice)
        with refusal(conn, "42501"):
            create(conn, mentor_id=mentor, start_time=START, meeting_account_id=account)

    assert refused.message == "meeting_account_id is chosen by managers only"


def test_an_account_that_a_session_is_given_with_its_mentor_or_without_its_link_is_not_overbooked(
    conn: psycopg.Connection, world: World
) -> None:
    manager, marta, milo = world.admin(), world.mentor("Marta"), world.mentor("Milo")
    own = world.meeting_account("Marta's", login="marta@academy.test", mentor=marta)
    shared = world.meeting_account("Shared", login="shared@academy.test", at_once=1)
    with as_user(conn, manager):
        assert create(conn, start_time=START, link=None)["meeting_account_id"] == shared
        hers = create(conn, start_time=START, link=None, mentor_id=marta)
        assert hers["meeting_account_id"] == own
        by_hand = create(conn, start_time=START)["id"]
        for statement in (
            "select from public.assign_mentor(%(hers)s, %(milo)s)",
            "select public.reassign_mentor_sessions(%(marta)s, %(milo)s)",
            "update public.success_sessions set link = null where id = %(by_hand)s",
        ):
            with refusal(conn, "23P01") as refused:
                conn.execute(
                    statement.encode(),
                    {"hers": hers["id"], "marta": marta, "milo": milo, "by_hand": by_hand},
                )
            assert refused.message == "meeting account 'Shared' is full at that time"
        # An hour later it has room.
        conn.execute("select from public.reschedule_session(%s, %s)", (hers["id"], START + HOUR))
        conn.execute("select from public.assign_mentor(%s, %s)", (hers["id"], milo))
        assert read(conn, hers["id"])["meeting_account_id"] == shared


@pytest.mark.parametrize("account_platform", ["google_meet", None])
def test_the_account_must_be_one_of_the_platform(
    conn: psycopg.Connection, world: World, account_platform: str | None
) -> None:
    account = (
        uuid4()
        if account_platform is None
        else world.meeting_account("other", platform=account_platform)
    )
    with as_user(conn, world.admin()), refusal(conn, "22023") as refused:
        create(conn, meeting_account_id=account)

    assert refused.message == f"meeting_account_id {account} is not an account of platform zoom"


def test_the_foreign_key_says_so_too(conn: psycopg.Connection, world: World, account: UUID) -> None:
    conn.execute(
        "alter table public.success_sessions disable trigger success_sessions_5_meeting_account"
    )
    with refusal(conn, "23503"):
        world.session(meeting_account_id=account, platform="jitsi")


def test_a_session_that_changes_its_platform_leaves_the_account_behind(
    conn: psycopg.Connection, world: World, account: UUID
) -> None:
    mentor = world.mentor()
    session = world.session(mentor=mentor, meeting_account_id=account, starts=START)
    with as_user(conn, mentor):
        save(conn, session, platform="jitsi", link="https://meet.jit.si/x")
        assert read(conn, session)["meeting_account_id"] is None


def test_an_account_with_sessions_cannot_be_deleted(
    conn: psycopg.Connection, world: World, account: UUID
) -> None:
    on(world, account, 0, 60)
    with as_user(conn, world.superadmin()), refusal(conn, "23503"):
        conn.execute("delete from public.meeting_accounts where id = %s", (account,))


# -- At the same moment ----------------------------------------------------------------------------


def new_account(database: Database) -> UUID:
    with psycopg.connect(database.url) as connection:
        return World(connection).meeting_account("rush")


def plan(account: UUID, starts: int) -> Statement:
    return (
        "insert into public.success_sessions (title, start_time, link, meeting_account_id)"
        " values ('Rush', %(start)s, 'https://zoom.us/j/1', %(account)s)",
        {"start": START + starts * MINUTE, "account": account},
    )


def test_of_many_simultaneous_meetings_only_as_many_as_allowed_are_planned(
    database: Database,
) -> None:
    account = new_account(database)

    outcomes = at_once(database, [plan(account, n) for n in range(10)])

    assert outcomes == {"done": 2, "23P01": 8}


def overfull(database: Database, account: UUID) -> str:
    """A third is planned while two are there and not committed yet."""
    with (
        psycopg.connect(database.url) as one,
        psycopg.connect(database.url) as two,
        psycopg.connect(database.url, autocommit=True) as watch,
    ):
        for n in range(2):
            statement, values = plan(account, n)
            one.execute(statement.encode(), values)
        with started(watch, two, lambda: attempt(two, plan(account, 2))) as third:
            one.commit()
        return third.result()


def test_the_third_waits_for_the_first_two_and_is_refused(database: Database) -> None:
    assert overfull(database, new_account(database)) == "23P01"


def test_without_taking_turns_there_would_be_three(database: Database) -> None:
    """The control."""
    with psycopg.connect(database.url) as connection:
        connection.execute(
            "create or replace function private.take_meeting_account_turn(meeting_account_id uuid)"
            " returns void language sql as ''"
        )
    assert overfull(database, new_account(database)) == "done"


def test_two_who_plan_on_two_accounts_in_opposite_orders_do_not_wait_forever(
    database: Database,
) -> None:
    with psycopg.connect(database.url) as connection:
        world = World(connection)
        accounts = [world.meeting_account("one"), world.meeting_account("two")]
    with (
        psycopg.connect(database.url) as one,
        psycopg.connect(database.url) as two,
        psycopg.connect(database.url, autocommit=True) as watch,
    ):
        for connection, account in zip((one, two), accounts, strict=True):
            statement, values = plan(account, 0)
            connection.execute(statement.encode(), values)
        with (
            started(watch, one, lambda: attempt(one, plan(accounts[1], 0))) as first,
            started(watch, two, lambda: attempt(two, plan(accounts[0], 0))) as second,
        ):
            outcomes = {first.result(), second.result()}

    assert outcomes == {"PT409", "done"}
