"""Managers find a mentor who is free, and give sessions to mentors, one by one or all at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from devstack.databases import Database
from support.actors import as_user
from support.rush import Statement, act_as, at_once, attempt, started
from support.series import create, sessions_of
from support.sessions import read, refusal, save, stamp, tomorrow
from support.world import World

START = tomorrow()
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def manager(world: World) -> UUID:
    return world.enrollment_manager()


@pytest.fixture
def marta(world: World) -> UUID:
    return world.mentor("Marta")


@pytest.fixture
def milo(world: World) -> UUID:
    return world.mentor("Milo")


# -- available_mentors -----------------------------------------------------------------------------


def available(
    conn: psycopg.Connection, user: UUID, starts: datetime = START, minutes: int = 60
) -> list[tuple[Any, ...]]:
    with as_user(conn, user):
        return conn.execute(
            "select * from public.available_mentors(%s, %s)", (starts, starts + minutes * MINUTE)
        ).fetchall()


def names(rows: list[tuple[Any, ...]]) -> list[str]:
    return [row[1] for row in rows]


def test_those_who_host_away_or_do_not_work_then_are_not_available(
    conn: psycopg.Connection, world: World, manager: UUID, marta: UUID
) -> None:
    busy, away, asleep = world.mentor("Busy"), world.mentor("Away"), world.mentor("Asleep")
    world.session(mentor=busy, starts=START + 30 * MINUTE)
    world.time_off(away, starts=START - DAY, minutes=3000)
    for weekday in range(1, 8):
        world.available(asleep, weekday, "03:00", "04:00")
    world.student("A student")

    assert names(available(conn, manager)) == ["Marta"]
    assert names(available(conn, manager, START + DAY, 60)) == ["Marta", "Busy"]
    night = (START + DAY).replace(hour=3)
    assert names(available(conn, manager, night)) == ["Asleep", "Marta", "Busy"]


@pytest.mark.parametrize(("minutes", "free"), [(14, False), (15, True)])
def test_the_buffer_counts(
    conn: psycopg.Connection, world: World, manager: UUID, marta: UUID, minutes: int, free: bool
) -> None:
    conn.execute("update public.app_settings set mentor_buffer_minutes = 15 where id")
    world.session(mentor=marta, starts=START + HOUR + minutes * MINUTE)
    assert bool(available(conn, manager)) is free


def test_a_long_session_that_began_the_day_before_counts(
    conn: psycopg.Connection, world: World, manager: UUID, marta: UUID
) -> None:
    world.session(mentor=marta, starts=START - 23 * HOUR, minutes=24 * 60)
    assert available(conn, manager) == []


def test_a_live_session_counts_until_it_ends(
    conn: psycopg.Connection, world: World, manager: UUID, marta: UUID
) -> None:
    now = datetime.now(START.tzinfo)
    world.session(mentor=marta, starts=now - HOUR, minutes=24 * 60, status="live")
    assert available(conn, manager, now + HOUR) == []
    assert names(available(conn, manager, now + 23 * HOUR)) == ["Marta"]


def test_cancelled_and_completed_sessions_keep_nobody(
    conn: psycopg.Connection, world: World, manager: UUID, marta: UUID
) -> None:
    for status in ("cancelled", "completed"):
        world.session(mentor=marta, starts=START, status=status)
    assert names(available(conn, manager)) == ["Marta"]


def test_the_least_loaded_comes_first_with_the_load_of_the_weeks_around(
    conn: psycopg.Connection, world: World, manager: UUID, marta: UUID, milo: UUID
) -> None:
    idle = world.mentor("Zoe", timezone="Asia/Kolkata")
    world.session(mentor=marta, starts=START - 14 * DAY, minutes=120, status="completed")
    world.session(mentor=milo, starts=START + 3 * DAY, minutes=45)
    world.session(mentor=milo, starts=START + 13 * DAY, minutes=30)
    for too_far in (START - 15 * DAY, START + 14 * DAY):
        world.session(mentor=milo, starts=too_far, minutes=600)
    world.session(mentor=idle, starts=START + DAY, status="cancelled")

    assert available(conn, manager) == [
        (idle, "Zoe", "Asia/Kolkata", 0, 0),
        (milo, "Milo", "UTC", 2, 75),
        (marta, "Marta", "UTC", 1, 120),
    ]


def test_only_managers_may_ask(conn: psycopg.Connection, world: World, marta: UUID) -> None:
    for user in (marta, world.student(), world.user()):
        with refusal(conn, "42501") as refused:
            available(conn, user)
    assert refused.message == "only managers may look for mentors who are free"


@pytest.mark.parametrize(
    ("starts", "ends", "message"),
    [
        (None, "2027-03-01T10:00Z", "start_time must not be null"),
        ("2027-03-01T10:00Z", None, "end_time must not be null"),
        ("2027-03-01T10:00Z", "2027-03-01T10:00Z", "end_time must be after start_time"),
        (
            "2027-03-01T10:00Z",
            "2027-03-02T10:01Z",
            "end_time must be at most 24 hours after start_time",
        ),
        ("-infinity", "2027-03-02T10:01Z", "start_time must be in the years 2000 to 2199"),
        ("infinity", "infinity", "start_time must be in the years 2000 to 2199"),
    ],
)
def test_a_period_that_no_session_could_have_is_refused(
    conn: psycopg.Connection, manager: UUID, starts: str | None, ends: str | None, message: str
) -> None:
    with as_user(conn, manager), refusal(conn, "22023") as refused:
        conn.execute("select public.available_mentors(%s, %s)", (starts, ends))
    assert refused.message == message


# -- assign_mentor ---------------------------------------------------------------------------------


def assign(conn: psycopg.Connection, session: UUID | None, mentor: UUID | None) -> Any:
    row = conn.execute(
        "select (public.assign_mentor(%s, %s)).mentor_id", (session, mentor)
    ).fetchone()
    assert row is not None
    return row[0]


def test_a_manager_assigns_replaces_and_unassigns(
    conn: psycopg.Connection, world: World, manager: UUID, marta: UUID, milo: UUID
) -> None:
    session = world.session(starts=START)
    with as_user(conn, manager):
        for mentor in (marta, marta, milo, None):
            assert assign(conn, session, mentor) == mentor
            assert read(conn, session)["mentor_id"] == mentor


def test_assigning_the_same_mentor_again_is_no_change(
    conn: psycopg.Connection, world: World, manager: UUID, marta: UUID
) -> None:
    session = world.session(mentor=marta, starts=START)
    with as_user(conn, manager):
        assign(conn, session, marta)
        assert read(conn, session)["sequence"] == 0


def test_a_busy_mentor_is_refused_and_the_clash_named(
    conn: psycopg.Connection, world: World, manager: UUID, marta: UUID
) -> None:
    other = world.session("Other", mentor=marta, starts=START)
    session = world.session(starts=START)
    with as_user(conn, manager), refusal(conn, "23P01") as refused:
        assign(conn, session, marta)
    assert refused.message == f"mentor_id {marta} already hosts a session at that time"
    assert f"'Other', session {other}" in str(refused.detail)


@pytest.mark.parametrize("status", ["completed", "cancelled"])
def test_what_is_over_keeps_its_mentor(
    conn: psycopg.Connection, world: World, manager: UUID, marta: UUID, milo: UUID, status: str
) -> None:
    session = world.session(mentor=marta, starts=-2 * HOUR, status=status)
    with as_user(conn, manager), refusal(conn, "PT409") as refused:
        assign(conn, session, milo)
    assert refused.message == f"the session is {status}; its mentor is final"


def test_over_is_what_the_clock_says(
    conn: psycopg.Connection, world: World, manager: UUID, marta: UUID
) -> None:
    session = world.session(starts=-2 * HOUR)
    with as_user(conn, manager), refusal(conn, "PT409"):
        assign(conn, session, marta)


def test_assigning_has_its_refusals(
    conn: psycopg.Connection, world: World, manager: UUID, marta: UUID, milo: UUID
) -> None:
    session = world.session(mentor=marta, starts=START)
    student = world.student()
    with as_user(conn, manager):
        for unknown in (uuid4(), None):
            with refusal(conn, "PT404"):
                assign(conn, unknown, milo)
        with refusal(conn, "22023") as refused:
            assign(conn, session, student)
        assert refused.message == f"mentor_id {student} is not a mentor"
    for user in (marta, student):
        with as_user(conn, user), refusal(conn, "42501") as refused:
            assign(conn, session, milo)
        assert refused.message == "only managers may assign mentors"


# -- reassign_mentor_sessions ----------------------------------------------------------------------


def reassign(
    conn: psycopg.Connection,
    from_mentor: UUID | None,
    to_mentor: UUID | None,
    from_time: datetime | None = None,
    to_time: datetime | None = None,
) -> list[UUID]:
    rows = conn.execute(
        "select public.reassign_mentor_sessions(%s, %s, %s, %s)",
        (from_mentor, to_mentor, from_time, to_time),
    )
    return [row[0] for row in rows]


def test_the_upcoming_sessions_of_a_period_go_to_the_other_mentor_in_the_order_of_time(
    conn: psycopg.Connection, world: World, manager: UUID, marta: UUID, milo: UUID
) -> None:
    sessions = [world.session(mentor=marta, starts=START + n * DAY) for n in (3, 1, 0, 2, 4)]
    by_time = [sessions[n] for n in (2, 1, 3, 0, 4)]
    unconcerned = world.session(mentor=world.mentor(), starts=START + DAY)
    with as_user(conn, manager):
        assert reassign(conn, marta, milo, START + DAY, START + 3 * DAY) == by_time[1:3]
        hosts = [read(conn, session)["mentor_id"] for session in by_time]
        assert hosts == [marta, milo, milo, marta, marta]
        assert read(conn, unconcerned)["mentor_id"] not in (marta, milo)
        assert reassign(conn, marta, milo) == [by_time[0], *by_time[3:]]
        assert reassign(conn, marta, milo) == []


def test_what_has_begun_or_is_over_stays_with_its_attendance(
    conn: psycopg.Connection, world: World, manager: UUID, marta: UUID, milo: UUID
) -> None:
    student = world.student()
    over = world.session(mentor=marta, starts=-2 * DAY, status="completed")
    world.attendance(over, student)
    kept = [
        over,
        world.session(mentor=marta, starts=-10 * MINUTE, status="live"),
        world.session(mentor=marta, starts=-3 * HOUR),  # the clock has not ticked yet
        world.session(mentor=marta, starts=START, status="cancelled"),
    ]
    moved = world.session(mentor=marta, starts=START)
    with as_user(conn, manager):
        assert reassign(conn, marta, milo, START - 30 * DAY) == [moved]
        assert {read(conn, session)["mentor_id"] for session in kept} == {marta}
    with as_user(conn, marta):
        assert conn.execute("select student_id from public.session_attendance").fetchall() == [
            (student,)
        ]


def test_all_clashes_are_named_and_nothing_is_moved(
    conn: psycopg.Connection, world: World, manager: UUID, marta: UUID, milo: UUID
) -> None:
    sessions = [world.session(f"S{n}", mentor=marta, starts=START + n * DAY) for n in range(4)]
    busy = world.session("Busy", mentor=milo, starts=START + DAY + 30 * MINUTE)
    world.time_off(milo, starts=START + 3 * DAY, minutes=300, reason="dentist")
    with as_user(conn, manager):
        with refusal(conn, "23P01") as refused:
            reassign(conn, marta, milo)
        assert {read(conn, session)["mentor_id"] for session in sessions} == {marta}

    assert refused.message == f"2 of 4 sessions cannot be given to mentor_id {milo}"
    when = [stamp(START + n * DAY) for n in range(4)]
    until = [stamp(START + n * DAY + HOUR) for n in range(4)]
    assert str(refused.detail).splitlines() == [
        f"'S1', session {sessions[1]}, from {when[1]} to {until[1]}: clash with 'Busy', session"
        f" {busy}, from {stamp(START + DAY + 30 * MINUTE)} to {stamp(START + DAY + 90 * MINUTE)}",
        f"'S3', session {sessions[3]}, from {when[3]} to {until[3]}: time off"
        f" from {when[3]} to {stamp(START + 3 * DAY + 5 * HOUR)}: dentist",
    ]


def test_sessions_closer_to_one_another_than_a_buffer_of_today_are_refused(
    conn: psycopg.Connection, world: World, manager: UUID, marta: UUID, milo: UUID
) -> None:
    for n in range(2):
        world.session(mentor=marta, starts=START + n * HOUR)
    conn.execute("update public.app_settings set mentor_buffer_minutes = 5 where id")
    with as_user(conn, manager), refusal(conn, "23P01"):
        reassign(conn, marta, milo)


def test_sessions_of_a_mentor_who_has_lost_the_role_can_be_given_away(
    conn: psycopg.Connection, world: World, manager: UUID, marta: UUID, milo: UUID
) -> None:
    session = world.session(mentor=marta, starts=START)
    conn.execute("delete from public.user_roles where user_id = %s", (marta,))
    with as_user(conn, manager):
        assert reassign(conn, marta, milo) == [session]


def test_series_go_over_when_there_is_no_end_and_stay_when_there_is(
    conn: psycopg.Connection, world: World, manager: UUID, marta: UUID, milo: UUID
) -> None:
    conn.execute(
        """
        insert into public.session_series (
            calendar_uid, rrule, start_time, timezone, duration, title, session_type, mentor_id,
            platform, link, platform_data
        )
        values (
            gen_random_uuid(), 'FREQ=WEEKLY', %s, 'UTC', '1 hour', 'Weekly', 'success_session', %s,
            'zoom', 'https://zoom.us/j/1', '{}'
        )
        """,
        (START, marta),
    )

    def host() -> UUID:
        row = conn.execute("select mentor_id from public.session_series").fetchone()
        assert row is not None
        return UUID(str(row[0]))

    with as_user(conn, manager):
        reassign(conn, marta, milo, None, START + 30 * DAY)
    assert host() == marta
    with as_user(conn, manager):
        reassign(conn, marta, milo)
    assert host() == milo


def test_dates_before_the_period_stay_though_no_session_is_made_for_them_yet(
    conn: psycopg.Connection, manager: UUID, marta: UUID, milo: UUID
) -> None:
    """They went over with the series, and were Milo's months before he was to take over."""
    conn.execute("update public.app_settings set series_horizon_days = 28")
    weekly = {"rrule": "FREQ=WEEKLY"}
    made = create(conn, manager, weekly, mentor_id=marta, start_time=START, timezone="UTC")
    takes_over = made[-1]["start_time"] + 22 * DAY
    with as_user(conn, manager):
        assert reassign(conn, marta, milo, takes_over) == []
        assert reassign(conn, marta, milo, datetime(9999, 1, 1, tzinfo=UTC)) == []
    conn.execute("update public.app_settings set series_horizon_days = 120")
    conn.execute("select notifier.extend_series()")
    rows = sessions_of(conn, made[0]["calendar_uid"])
    starts = [row["start_time"] for row in rows]
    assert starts == [START + nth * 7 * DAY for nth in range(len(starts))]
    assert starts[-1] > takes_over
    assert [row["mentor_id"] for row in rows] == [
        milo if start >= takes_over else marta for start in starts
    ]


def test_reassigning_has_its_refusals(
    conn: psycopg.Connection, world: World, manager: UUID, marta: UUID, milo: UUID
) -> None:
    student, nobody = world.student(), uuid4()
    cases: list[tuple[tuple[Any, ...], str]] = [
        ((None, milo), "from_mentor must not be null"),
        ((marta, None), "to_mentor must not be null"),
        ((marta, marta), "from_mentor and to_mentor must differ"),
        ((marta, milo, START, START), "to_time must be after from_time"),
        ((nobody, milo), f"from_mentor {nobody} is unknown"),
        ((marta, student), f"to_mentor {student} is not a mentor"),
    ]
    with as_user(conn, manager):
        for arguments, message in cases:
            with refusal(conn, "22023") as refused:
                reassign(conn, *arguments)
            assert refused.message == message
    for user in (marta, milo, student):
        with as_user(conn, user), refusal(conn, "42501") as refused:
            reassign(conn, marta, milo)
        assert refused.message == "only managers may reassign sessions"


# -- time_off_clashes ------------------------------------------------------------------------------


def clashes(conn: psycopg.Connection, user: UUID) -> list[tuple[Any, ...]]:
    with as_user(conn, user):
        return conn.execute(
            "select time_off_id, session_id, mentor_name from public.time_off_clashes"
            " order by start_time"
        ).fetchall()


def test_sessions_over_which_time_off_was_entered_are_listed_until_somebody_acts(
    conn: psycopg.Connection, world: World, manager: UUID, marta: UUID, milo: UUID
) -> None:
    sessions = [world.session(mentor=marta, starts=START + n * DAY) for n in range(3)]
    world.session(mentor=marta, starts=START + 30 * MINUTE, status="cancelled")
    world.session(mentor=milo, starts=START)
    off = world.time_off(marta, starts=START - HOUR, minutes=60 + 24 * 60 + 1)
    world.time_off(marta, starts=START + 5 * DAY)

    concerned = [(off, sessions[0], "Marta"), (off, sessions[1], "Marta")]
    assert clashes(conn, manager) == concerned
    assert clashes(conn, marta) == concerned
    assert clashes(conn, milo) == []
    assert clashes(conn, world.student()) == []

    another = world.mentor("Another")
    with as_user(conn, manager):
        assert assign(conn, sessions[0], another) == another
        save(conn, sessions[1], start_time=START + 9 * DAY, end_time=START + 9 * DAY + HOUR)
    assert clashes(conn, manager) == []


def test_a_session_that_reaches_into_time_off_is_listed_and_one_that_is_over_is_not(
    conn: psycopg.Connection, world: World, manager: UUID, marta: UUID
) -> None:
    reaching = world.session(mentor=marta, starts=START)
    world.session(mentor=marta, starts=-2 * HOUR)
    world.time_off(marta, starts=-3 * HOUR, minutes=6 * 60)
    off = world.time_off(marta, starts=START + 30 * MINUTE)
    assert clashes(conn, manager) == [(off, reaching, "Marta")]


def test_the_list_of_clashes_is_read_only(
    conn: psycopg.Connection, world: World, manager: UUID, marta: UUID
) -> None:
    world.session(mentor=marta, starts=START)
    world.time_off(marta, starts=START)
    with refusal(conn, "PT405"):
        conn.execute("delete from public.time_off_clashes")
    with as_user(conn, manager), refusal(conn, "42501"):
        conn.execute("delete from public.time_off_clashes")


# -- At the same moment ----------------------------------------------------------------------------


class Crowd:
    """Two mentors and a manager, committed, and sessions for them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        with psycopg.connect(database.url) as connection:
            world = World(connection)
            self.manager = world.admin()
            self.marta, self.milo = world.mentor("Marta"), world.mentor("Milo")

    def session(self, mentor: UUID | None, starts: datetime) -> UUID:
        with psycopg.connect(self.database.url) as connection:
            return World(connection).session(mentor=mentor, starts=starts)

    def hosts(self) -> dict[UUID, UUID]:
        with psycopg.connect(self.database.url) as connection:
            return dict(
                connection.execute("select id, mentor_id from public.success_sessions").fetchall()
            )


def moving(from_mentor: UUID, to_mentor: UUID) -> Statement:
    return (
        "select public.reassign_mentor_sessions(%(from)s, %(to)s)",
        {"from": from_mentor, "to": to_mentor},
    )


def giving(session: UUID, mentor: UUID) -> Statement:
    return (
        "select public.assign_mentor(%(session)s, %(mentor)s)",
        {"session": session, "mentor": mentor},
    )


def inserting(mentor: UUID, starts: datetime, times: int = 1) -> Statement:
    return (
        "insert into public.success_sessions (title, start_time, link, mentor_id)"
        " select 'Series', %(start)s + day * interval '1 day', 'https://zoom.us/j/1', %(mentor)s"
        " from generate_series(0, %(times)s - 1) as day",
        {"mentor": mentor, "start": starts, "times": times},
    )


def away(mentor: UUID, starts: datetime) -> Statement:
    return (
        "insert into public.mentor_time_off (mentor_id, start_time, end_time)"
        " values (%(mentor)s, %(start)s, %(start)s + interval '1 hour')",
        {"mentor": mentor, "start": starts},
    )


def double_booked(database: Database) -> int:
    with psycopg.connect(database.url) as connection:
        row = connection.execute(
            """
            select count(*) from public.success_sessions as one
            inner join public.success_sessions as two
                on one.mentor_id = two.mentor_id and one.id < two.id
                and one.start_time < two.end_time + (
                    select mentor_buffer_minutes * interval '1 minute' from public.app_settings
                )
                and two.start_time < one.end_time + (
                    select mentor_buffer_minutes * interval '1 minute' from public.app_settings
                )
            where one.status = 'upcoming' and two.status = 'upcoming'
            """
        ).fetchone()
        assert row is not None
        return int(row[0])


def test_two_who_move_the_sessions_of_two_mentors_to_each_other_do_not_fail(
    database: Database,
) -> None:
    crowd = Crowd(database)
    for n in range(20):
        crowd.session(crowd.marta, START + n * DAY)
        crowd.session(crowd.milo, START + n * DAY + 2 * HOUR)
    there, back = moving(crowd.marta, crowd.milo), moving(crowd.milo, crowd.marta)
    for _ in range(5):
        outcomes = at_once(database, [there, back] * 3, user=crowd.manager)
        # Whoever finds that more has come to a mentor meanwhile is asked to send it again.
        assert set(outcomes) <= {"done", "PT409"}
        assert outcomes["done"] >= 1
        assert double_booked(database) == 0
    assert set(crowd.hosts().values()) <= {crowd.marta, crowd.milo}


def test_moving_and_planning_at_once_book_nobody_twice(database: Database) -> None:
    """Every free hour is fought for: by moves, assignments and series."""
    crowd = Crowd(database)
    unassigned = [crowd.session(None, START + n * DAY) for n in range(6)]
    for n in range(0, 6, 2):
        crowd.session(crowd.marta, START + n * DAY)
    outcomes = at_once(
        database,
        [
            moving(crowd.marta, crowd.milo),
            moving(crowd.milo, crowd.marta),
            inserting(crowd.milo, START + DAY, 4),
            inserting(crowd.marta, START + DAY, 4),
            *(giving(session, crowd.milo) for session in unassigned),
        ],
        user=crowd.manager,
    )

    assert set(outcomes) <= {"done", "23P01", "PT409"}
    assert outcomes["done"] >= 1
    assert double_booked(database) == 0


def meeting(crowd: Crowd, first: Statement, second: Statement) -> str:
    """The second is sent while the first is done and not committed. Answers how it ended."""
    with (
        psycopg.connect(crowd.database.url) as one,
        psycopg.connect(crowd.database.url) as two,
        psycopg.connect(crowd.database.url, autocommit=True) as watch,
    ):
        act_as(one, crowd.manager)
        one.execute(first[0].encode(), first[1])
        with started(watch, two, lambda: attempt(two, second, user=crowd.manager)) as other:
            one.commit()
        return other.result()


def without_turns(database: Database) -> None:
    """The control of what follows: without the guard, it comes out wrong."""
    with psycopg.connect(database.url) as connection:
        for function in ("take_mentor_turn", "take_time_off_turn"):
            connection.execute(
                f"create or replace function private.{function}(mentor_id uuid)"
                " returns void language sql as ''".encode()
            )


def give_a_break(database: Database) -> None:
    with psycopg.connect(database.url) as connection:
        connection.execute("update public.app_settings set mentor_buffer_minutes = 15 where id")


@pytest.mark.parametrize("guarded", [True, False])
def test_a_session_waits_for_time_off_that_is_being_entered(
    database: Database, guarded: bool
) -> None:
    crowd = Crowd(database)
    if not guarded:
        without_turns(database)
    outcome = meeting(crowd, away(crowd.marta, START), inserting(crowd.marta, START))
    assert outcome == ("23P01" if guarded else "done")


@pytest.mark.parametrize("guarded", [True, False])
def test_the_buffer_holds_for_two_who_book_at_once(database: Database, guarded: bool) -> None:
    crowd = Crowd(database)
    give_a_break(database)
    if not guarded:
        without_turns(database)
    outcome = meeting(
        crowd, inserting(crowd.marta, START), inserting(crowd.marta, START + 70 * MINUTE)
    )
    assert outcome == ("23P01" if guarded else "done")
    assert double_booked(database) == (0 if guarded else 1)


@pytest.mark.parametrize("guarded", [True, False])
def test_a_move_waits_for_time_off_of_the_mentor_it_gives_to(
    database: Database, guarded: bool
) -> None:
    crowd = Crowd(database)
    session = crowd.session(crowd.marta, START)
    if not guarded:
        without_turns(database)
    outcome = meeting(crowd, away(crowd.milo, START), moving(crowd.marta, crowd.milo))
    assert outcome == ("23P01" if guarded else "done")
    assert crowd.hosts()[session] == (crowd.marta if guarded else crowd.milo)


@pytest.mark.parametrize("guarded", [True, False])
def test_a_move_misses_nothing_that_is_being_given_to_the_mentor(
    database: Database, guarded: bool
) -> None:
    crowd = Crowd(database)
    crowd.session(crowd.marta, START)
    if not guarded:
        without_turns(database)
    outcome = meeting(crowd, inserting(crowd.marta, START + DAY), moving(crowd.marta, crowd.milo))
    assert outcome == ("PT409" if guarded else "done")


def test_writers_of_sessions_wait_for_time_off_and_not_for_each_other_s_mentors(
    database: Database,
) -> None:
    crowd = Crowd(database)
    with psycopg.connect(database.url) as one, psycopg.connect(database.url) as two:
        act_as(one, crowd.manager)
        statement, values = away(crowd.marta, START)
        one.execute(statement.encode(), values)
        two.execute("set lock_timeout = '5s'")
        assert attempt(two, inserting(crowd.milo, START), user=crowd.manager) == "done"


def test_those_who_would_wait_for_each_other_forever_are_asked_to_send_it_again(
    database: Database,
) -> None:
    """With a buffer nothing but the turns can hold it, so that nobody goes on without."""
    crowd = Crowd(database)
    give_a_break(database)
    with (
        psycopg.connect(database.url) as one,
        psycopg.connect(database.url) as two,
        psycopg.connect(database.url, autocommit=True) as watch,
    ):
        for connection, mentor in ((one, crowd.marta), (two, crowd.milo)):
            statement, values = inserting(mentor, START)
            connection.execute(statement.encode(), values)
        with (
            started(watch, one, lambda: attempt(one, inserting(crowd.milo, START + DAY))) as first,
            started(
                watch, two, lambda: attempt(two, inserting(crowd.marta, START + DAY))
            ) as second,
        ):
            outcomes = {first.result(), second.result()}
    assert outcomes == {"PT409", "done"}
