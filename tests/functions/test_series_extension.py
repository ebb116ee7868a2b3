"""The clock makes the dates of series that go on, and says so where it cannot."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import pytest

from devstack.databases import Database
from support.actors import as_user
from support.outbox import Outbox
from support.series import Row, cancel, create, series_of, sessions_of, skips_of, update
from support.sessions import create as create_session
from support.sessions import refusal, secrets
from support.world import World

BERLIN = ZoneInfo("Europe/Berlin")
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
SOON = datetime.now(BERLIN).replace(hour=18, minute=0, second=0, microsecond=0) + DAY
HORIZON = 28 * DAY


@pytest.fixture
def manager(conn: psycopg.Connection, world: World) -> UUID:
    conn.execute("update public.app_settings set series_horizon_days = 28")
    return world.enrollment_manager()


@pytest.fixture
def marta(world: World) -> UUID:
    return world.mentor("Marta")


def weekly(conn: psycopg.Connection, manager: UUID, **session: object) -> list[Row]:
    """A weekly series without end from tomorrow on: four weeks of it."""
    return create(conn, manager, {"rrule": "FREQ=WEEKLY"}, **({"start_time": SOON} | session))


def tick(conn: psycopg.Connection) -> int:
    row = conn.execute("select extended from notifier.tick()").fetchone()
    assert row is not None
    return int(row[0])


def three_weeks_pass(conn: psycopg.Connection) -> None:
    """As far as series are concerned: what they have is used up sooner."""
    conn.execute("update public.app_settings set series_horizon_days = 70")


def starts(rows: list[Row]) -> list[datetime]:
    return [row["start_time"].astimezone(BERLIN) for row in rows]


def now_of(conn: psycopg.Connection, rows: list[Row]) -> list[Row]:
    return sessions_of(conn, rows[0]["calendar_uid"])


def test_a_series_is_extended_up_to_the_horizon_once_half_of_it_is_used_up(
    conn: psycopg.Connection, manager: UUID, marta: UUID
) -> None:
    made = weekly(conn, manager, mentor_id=marta, zoom_passcode="4711")
    assert starts(made) == [SOON + n * WEEK for n in range(4)]
    assert tick(conn) == 0  # the next date is four weeks away, and two are half of them

    three_weeks_pass(conn)
    assert tick(conn) == 6
    rows = now_of(conn, made)
    assert starts(rows) == [SOON + n * WEEK for n in range(10)]
    assert {row["mentor_id"] for row in rows} == {marta}
    assert secrets(conn, rows[9]["id"]) == {"zoom_passcode": "4711"}
    assert [row["series_date"] for row in rows] == [start.date() for start in starts(rows)]
    assert tick(conn) == 0
    (series,) = series_of(conn, made[0]["calendar_uid"])
    assert series["next_start"] == SOON + 10 * WEEK


def test_a_series_with_an_end_is_extended_to_its_end(
    conn: psycopg.Connection, manager: UUID
) -> None:
    made = create(conn, manager, {"pattern": "weekly", "count": 6}, start_time=SOON)
    three_weeks_pass(conn)
    assert (tick(conn), tick(conn)) == (2, 0)
    (series,) = series_of(conn, made[0]["calendar_uid"])
    assert series["next_start"] is None


def test_the_next_wake_is_when_half_of_the_horizon_is_left(
    conn: psycopg.Connection, manager: UUID
) -> None:
    outbox = Outbox(conn)
    weekly(conn, manager)
    outbox.deliver()
    conn.execute("update public.success_sessions set status = 'cancelled'")
    outbox.deliver()
    # Hours are counted, and not days: clocks may change within them.
    next_start = (SOON + 4 * WEEK).astimezone(UTC)
    assert outbox.scalar("select notifier.next_wake()") == next_start - HORIZON / 2
    three_weeks_pass(conn)
    assert outbox.scalar("select notifier.next_wake() < clock_timestamp()")


def test_dates_that_clash_or_lie_in_a_blackout_are_left_out_and_the_reason_can_be_seen(
    conn: psycopg.Connection, world: World, manager: UUID, marta: UUID
) -> None:
    made = weekly(conn, manager, mentor_id=marta)
    busy = world.session("Busy", mentor=marta, starts=SOON + 5 * WEEK)
    day = (SOON + 6 * WEEK).date()
    conn.execute(
        "insert into public.blackout_dates (name, first_date, last_date) values ('Break', %s, %s)",
        (day, day),
    )
    three_weeks_pass(conn)
    assert tick(conn) == 4
    assert starts(now_of(conn, made)) == [SOON + n * WEEK for n in (*range(5), 7, 8, 9)]
    skips = skips_of(conn, made[0]["calendar_uid"])
    assert skips[day] == ("blackout", "Break")
    reason, detail = skips[day - timedelta(days=7)]
    assert (reason, f"session {busy}" in detail) == ("clash", True)


def test_what_else_an_account_hosts_is_not_noted_for_the_mentor_of_a_series(
    conn: psycopg.Connection, world: World, manager: UUID, marta: UUID
) -> None:
    shared = world.meeting_account("Shared licence", login="shared@academy.test", at_once=1)
    made = weekly(conn, manager, mentor_id=marta, link=None)
    taken = {
        n: create_session(
            conn, title="Confidential", meeting_account_id=shared, start_time=SOON + n * WEEK
        )["id"]
        for n in (5, 6)
    }
    world.session("Busy", mentor=marta, starts=SOON + 6 * WEEK)
    three_weeks_pass(conn)
    tick(conn)
    with as_user(conn, marta):
        notes: dict[date, str] = dict(
            conn.execute("select series_date, detail from public.series_skips").fetchall()
        )
    days = {n: (SOON + n * WEEK).date() for n in taken}
    assert notes[days[5]] == "the meeting account is not free"
    assert notes[days[6]].startswith("clash with 'Busy', session ")
    assert notes[days[6]].endswith("; the meeting account is not free")
    # A manager who asks is told what it is.
    with refusal(conn, "23P01") as refused:
        update(conn, manager, made[0]["id"], "all", recurrence={"pattern": "weekly"})
    assert (
        f"meeting account 'Shared licence' hosts 1 at once: 'Confidential', session {taken[5]}"
        in (str(refused.detail))
    )
    conn.execute("delete from public.user_roles where user_id = %s", (marta,))
    with as_user(conn, marta):
        assert conn.execute("select from public.series_skips").fetchall() == []


def test_a_series_that_cannot_go_on_stops_no_other_and_says_why(
    conn: psycopg.Connection, manager: UUID, marta: UUID
) -> None:
    outbox = Outbox(conn)
    stuck = weekly(conn, manager, mentor_id=marta)
    other = weekly(conn, manager)
    conn.execute("delete from public.user_roles where user_id = %s", (marta,))
    three_weeks_pass(conn)
    assert tick(conn) == 6
    assert len(now_of(conn, other)) == 10
    assert len(now_of(conn, stuck)) == 4
    day = (SOON + 4 * WEEK).date()
    assert skips_of(conn, stuck[0]["calendar_uid"]) == {
        day: ("failed", f"mentor_id {marta} is not a mentor")
    }
    (series,) = series_of(conn, stuck[0]["calendar_uid"])
    assert series["retry_at"] > datetime.now(UTC) + 50 * timedelta(minutes=1)
    assert tick(conn) == 0
    assert outbox.scalar("select notifier.next_wake() <= %s", series["retry_at"])

    # Somebody puts it right, and it goes on where it was.
    update(conn, manager, stuck[0]["id"], "all", mentor_id=None)
    assert tick(conn) == 6
    assert len(now_of(conn, stuck)) == 10
    assert skips_of(conn, stuck[0]["calendar_uid"]) == {}


def test_it_is_tried_again_by_itself(
    conn: psycopg.Connection, world: World, manager: UUID, marta: UUID
) -> None:
    stuck = weekly(conn, manager, mentor_id=marta)
    conn.execute("delete from public.user_roles where user_id = %s", (marta,))
    three_weeks_pass(conn)
    tick(conn)
    conn.execute("insert into public.user_roles (user_id, role) values (%s, 'mentor')", (marta,))
    assert tick(conn) == 0
    conn.execute("update public.session_series set retry_at = clock_timestamp()")
    assert tick(conn) == 6
    assert skips_of(conn, stuck[0]["calendar_uid"]) == {}


def test_what_was_called_off_or_split_off_is_not_extended(
    conn: psycopg.Connection, manager: UUID
) -> None:
    off = weekly(conn, manager)
    cancel(conn, manager, off[2]["id"], "following")
    split = weekly(conn, manager)
    update(conn, manager, split[2]["id"], "following", title="Second half")
    three_weeks_pass(conn)
    assert tick(conn) == 6
    assert len(now_of(conn, off)) == 4
    assert [row["title"] for row in now_of(conn, split)] == ["Office hours"] * 2 + [
        "Second half"
    ] * 8


def test_a_notifier_that_was_away_makes_nothing_of_the_past(
    conn: psycopg.Connection, manager: UUID
) -> None:
    made = weekly(conn, manager)
    conn.execute(
        "update public.session_series"
        " set start_time = start_time - interval '70 days', next_start = %s",
        (SOON - 6 * WEEK,),
    )
    conn.execute("delete from notifier.emails")
    assert tick(conn) == 0
    assert starts(now_of(conn, made)) == [SOON + n * WEEK for n in range(4)]


def test_many_sessions_take_several_ticks(conn: psycopg.Connection, manager: UUID) -> None:
    for hour in range(3):
        create(
            conn, manager, {"rrule": "FREQ=DAILY"}, start_time=SOON + hour * HOUR, title=f"{hour}"
        )
    conn.execute("update public.app_settings set series_horizon_days = 180")
    ticks = []
    while made := tick(conn):
        ticks.append(made)
    assert len(ticks) == 2
    assert ticks[0] == 2 * ticks[1] > 300


def test_new_dates_are_told_in_one_mail_without_the_series_as_a_whole(
    conn: psycopg.Connection, world: World, manager: UUID
) -> None:
    outbox = Outbox(conn)
    course = world.course()
    student = world.student(course=course)
    made = weekly(conn, manager, course_id=course)
    outbox.deliver()
    three_weeks_pass(conn)
    with outbox.one_transaction():
        tick(conn)
    (email,) = outbox.deliver()
    assert (email.recipient_id, email.kind, len(email.parts)) == (student, "series_scheduled", 6)
    assert "RRULE" not in str(email.calendar).split("END:VTIMEZONE")[-1]
    assert str(email.calendar).count(f"UID:{made[0]['calendar_uid']}@") == 6


def test_many_workers_make_each_date_once(database: Database) -> None:
    with psycopg.connect(database.url, autocommit=True) as conn:
        world = World(conn)
        with conn.transaction():
            conn.execute("update public.app_settings set series_horizon_days = 28")
            manager, marta = world.enrollment_manager(), world.mentor()
        with conn.transaction():
            made = [
                weekly(conn, manager, mentor_id=marta, start_time=SOON + n * HOUR) for n in range(6)
            ]
        with conn.transaction():
            three_weeks_pass(conn)

        def work(_: int) -> int:
            with psycopg.connect(database.notifier_url, autocommit=True) as worker:
                return sum(tick(worker) for _ in range(4))

        with ThreadPoolExecutor(5) as pool:
            extended = sum(pool.map(work, range(5)))
        # Whoever has waited two seconds for another worker comes back later.
        conn.execute("update public.session_series set retry_at = now() where retry_at is not null")
        extended += tick(conn)
        assert extended == 36
        for rows in made:
            assert starts(now_of(conn, rows)) == [starts(rows)[0] + n * WEEK for n in range(10)]
        assert skips_of(conn, made[0][0]["calendar_uid"]) == {}


def test_the_clock_waits_for_nobody_who_edits(database: Database) -> None:
    with (
        psycopg.connect(database.url, autocommit=True) as conn,
        psycopg.connect(database.url) as editor,
    ):
        world = World(conn)
        with conn.transaction():
            conn.execute("update public.app_settings set series_horizon_days = 28")
            manager = world.enrollment_manager()
        with conn.transaction():
            made = weekly(conn, manager)
        with conn.transaction():
            three_weeks_pass(conn)
        editor.execute("select 1")  # else the edit would be a transaction of its own
        update(editor, manager, made[0]["id"], "all", title="Clinic")
        assert tick(conn) == 0
        editor.commit()
        assert tick(conn) == 6
        assert {row["title"] for row in now_of(conn, made)} == {"Clinic"}


def test_a_date_that_ends_the_rule_is_a_date(conn: psycopg.Connection, manager: UUID) -> None:
    last = (SOON + 5 * WEEK).date()
    made = create(conn, manager, {"pattern": "weekly", "until": last.isoformat()}, start_time=SOON)
    three_weeks_pass(conn)
    tick(conn)
    assert [row["series_date"] for row in now_of(conn, made)][-1] == last
    assert isinstance(last, date)
