"""Checking in by the code that the host shows in a room without a video platform."""

from __future__ import annotations

import hashlib
import hmac
import struct
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.rows import dict_row

from devstack.databases import Database
from support.actors import as_anon, as_service, as_user
from support.meetings import attended
from support.outbox import change
from support.rush import act_as, at_once
from support.sessions import refusal
from support.world import World

MINUTE = timedelta(minutes=1)
Row = dict[str, Any]


def show(conn: psycopg.Connection, user: UUID, session: UUID) -> Row:
    with as_user(conn, user), conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute("select * from public.show_check_in_code(%s)", (session,)).fetchone()
    assert row is not None
    return row


def check_in(conn: psycopg.Connection, user: UUID, session: UUID, code: str | None) -> Row:
    with as_user(conn, user), conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute("select * from public.check_in(%s, %s)", (session, code)).fetchone()
    assert row is not None
    return row


def wrong(code: str) -> str:
    """A code that is not this one; the chance that it is the last one is one in a million."""
    return f"{(int(code) + 1) % 1_000_000:06d}"


@pytest.fixture
def mentor(world: World) -> UUID:
    return world.mentor("Marta")


@pytest.fixture
def running(conn: psycopg.Connection, world: World, batch: UUID, mentor: UUID) -> UUID:
    # No code turns into another in the middle of a test.
    conn.execute("update public.app_settings set check_in_code_seconds = 600")
    return world.session(
        batch=batch,
        mentor=mentor,
        starts=-5 * MINUTE,
        platform="other",
        link="https://maps.example.test/room-7",
    )


def test_the_code_is_that_of_rfc_6238(conn: psycopg.Connection) -> None:
    """Against an implementation of its own, and the RFC's test vector."""

    def totp(key: bytes, period: int, digits: int) -> str:
        digest = hmac.digest(key, struct.pack(">q", period), hashlib.sha256)
        offset = digest[-1] & 15
        (number,) = struct.unpack(">I", digest[offset : offset + 4])
        return f"{(number & 0x7FFFFFFF) % 10**digits:0{digits}d}"

    seed = b"12345678901234567890123456789012"
    assert totp(seed, 1, 8) == "46119246"  # RFC 6238, appendix B
    for period in (0, 1, 37037036, 2**40):
        row = conn.execute("select private.check_in_code(%s, %s)", (seed, period)).fetchone()
        assert row == (totp(seed, period, 6),)


def test_a_student_who_sends_the_code_is_present(
    conn: psycopg.Connection, mentor: UUID, anna: UUID, running: UUID
) -> None:
    shown = show(conn, mentor, running)
    assert len(shown["code"]) == 6
    assert shown["code"].isdigit()

    result = check_in(conn, anna, running, shown["code"])

    assert result == {"is_accepted": True, "attendance_status": "present", "guesses_left": 5}
    assert attended(conn, running)[anna][0] == "present"


@pytest.mark.parametrize("blank", [" ", "\u00a0", "-"], ids=["space", "no-break space", "dash"])
def test_a_code_is_taken_however_it_is_written(
    conn: psycopg.Connection, mentor: UUID, anna: UUID, running: UUID, blank: str
) -> None:
    """It counted as a wrong guess."""
    code = show(conn, mentor, running)["code"]

    result = check_in(conn, anna, running, f"{blank}{code[:3]}{blank}{code[3:]}\n")

    assert (result["is_accepted"], result["guesses_left"]) == (True, 5)


def test_the_code_stays_for_its_time_and_each_session_has_its_own(
    conn: psycopg.Connection, world: World, mentor: UUID, running: UUID
) -> None:
    other = world.session(mentor=world.mentor(), starts=-5 * MINUTE)
    admin = world.admin()

    codes = {show(conn, user, running)["code"] for user in (mentor, mentor, admin)}

    assert len(codes) == 1
    # Alike by chance once in a million: then its key is another all the same.
    show(conn, admin, other)
    keys = conn.execute("select count(distinct key) from private.check_in_keys").fetchone()
    assert keys == (2,)


def test_the_last_code_is_taken_and_no_older_one(
    conn: psycopg.Connection, anna: UUID, mentor: UUID, running: UUID
) -> None:
    show(conn, mentor, running)

    def code(periods_ago: int) -> str:
        row = conn.execute(
            "select private.check_in_code(key,"
            " floor(extract(epoch from clock_timestamp()) / 600)::bigint - %s)"
            " from private.check_in_keys where session_id = %s",
            (periods_ago, running),
        ).fetchone()
        assert row is not None
        return str(row[0])

    assert check_in(conn, anna, running, code(-1))["is_accepted"] is False
    assert check_in(conn, anna, running, code(2))["is_accepted"] is False
    assert check_in(conn, anna, running, code(1))["is_accepted"] is True


@pytest.mark.parametrize("code", ["", "12345", "1234567", "not a code", None])
def test_what_is_no_code_is_wrong(
    conn: psycopg.Connection, mentor: UUID, anna: UUID, running: UUID, code: str | None
) -> None:
    show(conn, mentor, running)

    assert check_in(conn, anna, running, code) == {
        "is_accepted": False,
        "attendance_status": None,
        "guesses_left": 4,
    }
    assert attended(conn, running) == {}


def test_before_the_host_has_shown_a_code_none_is_right(
    conn: psycopg.Connection, anna: UUID, running: UUID
) -> None:
    assert check_in(conn, anna, running, "000000")["is_accepted"] is False


def test_guesses_are_limited(
    conn: psycopg.Connection, world: World, batch: UUID, mentor: UUID, anna: UUID, running: UUID
) -> None:
    code = show(conn, mentor, running)["code"]
    left = [check_in(conn, anna, running, wrong(code))["guesses_left"] for _ in range(5)]
    assert left == [4, 3, 2, 1, 0]

    # The right one comes too late.
    with as_user(conn, anna), refusal(conn, "PT409") as refused:
        conn.execute("select public.check_in(%s, %s)", (running, code))
    assert refused.message == "too many wrong codes"
    assert refused.detail is not None
    assert refused.detail.startswith("the next one is taken at 2")
    # It is nobody else's limit,
    ben = world.student("Ben", batch=batch)
    assert check_in(conn, ben, running, code)["is_accepted"] is True
    # and ends after five minutes.
    conn.execute("update private.check_in_guesses set since = since - interval '5 minutes'")
    left = [check_in(conn, anna, running, wrong(code))["guesses_left"] for _ in range(4)]
    assert left == [4, 3, 2, 1]
    assert check_in(conn, anna, running, code)["is_accepted"] is True


def test_who_is_in_is_in_whatever_they_send(
    conn: psycopg.Connection, mentor: UUID, anna: UUID, running: UUID
) -> None:
    code = show(conn, mentor, running)["code"]
    check_in(conn, anna, running, code)
    before = conn.execute("select count(*) from private.presence_events").fetchone()

    assert check_in(conn, anna, running, code)["is_accepted"] is True
    assert check_in(conn, anna, running, wrong(code))["is_accepted"] is True
    assert conn.execute("select count(*) from private.presence_events").fetchone() == before


def test_who_left_comes_back_with_a_code(
    conn: psycopg.Connection, mentor: UUID, anna: UUID, running: UUID
) -> None:
    code = show(conn, mentor, running)["code"]
    check_in(conn, anna, running, code)
    with as_user(conn, anna):
        conn.execute("select public.leave_session(%s)", (running,))

    assert check_in(conn, anna, running, wrong(code))["is_accepted"] is False
    assert check_in(conn, anna, running, code)["is_accepted"] is True


# -- Who and when -----------------------------------------------------------------------


def test_host_and_managers_show_students_check_in(
    conn: psycopg.Connection, world: World, mentor: UUID, anna: UUID, running: UUID
) -> None:
    for user in (mentor, world.admin()):
        show(conn, user, running)
        with as_user(conn, user), refusal(conn, "42501") as refused:
            conn.execute("select public.check_in(%s, '1')", (running,))
        assert refused.message == ("only those who take part in a session as students check in")
    with as_user(conn, anna), refusal(conn, "42501") as refused:
        conn.execute("select public.show_check_in_code(%s)", (running,))
    assert refused.message == "only the host of a session and managers may do this"


@pytest.mark.parametrize(
    "query", ["select public.check_in(%s, '1')", "select public.show_check_in_code(%s)"]
)
def test_strangers_cannot_tell_a_session_from_none(
    conn: psycopg.Connection, world: World, running: UUID, query: str
) -> None:
    nowhere = uuid4()
    for stranger in (world.student(batch=world.batch()), world.mentor()):
        with as_user(conn, stranger):
            with refusal(conn, "PT404") as hidden:
                conn.execute(query.encode(), (running,))
            with refusal(conn, "PT404") as unknown:
                conn.execute(query.encode(), (nowhere,))
        assert (hidden.detail, hidden.hint) == (unknown.detail, unknown.hint)
    for acting in (as_anon, as_service):
        with acting(conn), refusal(conn, "42501"):
            conn.execute(query.encode(), (running,))


@pytest.mark.parametrize(
    ("starts", "status", "message"),
    [
        (timedelta(hours=1), "upcoming", "joining is not open yet"),
        (timedelta(hours=-2), "completed", "this session is over"),
        (timedelta(hours=-2), "live", "this session is over"),
        (timedelta(minutes=-5), "cancelled", "this session was cancelled"),
    ],
)
def test_codes_are_shown_and_taken_while_joining_is_open(
    conn: psycopg.Connection,
    world: World,
    batch: UUID,
    mentor: UUID,
    anna: UUID,
    starts: timedelta,
    status: str,
    message: str,
) -> None:
    session = world.session(batch=batch, mentor=mentor, starts=starts, status=status)

    for user, query in (
        (mentor, "select public.show_check_in_code(%s)"),
        (anna, "select public.check_in(%s, '1')"),
    ):
        with as_user(conn, user), refusal(conn, "PT409") as refused:
            conn.execute(query.encode(), (session,))
        assert refused.message == message


def test_a_seat_is_needed_where_registration_is_required(
    conn: psycopg.Connection, mentor: UUID, anna: UUID, running: UUID
) -> None:
    change(conn, running, registration_required=True)
    code = show(conn, mentor, running)["code"]

    with as_user(conn, anna), refusal(conn, "PT409") as refused:
        conn.execute("select public.check_in(%s, %s)", (running, code))
    assert refused.message == "this session needs a registration, and you have no seat"


# -- At the same moment -----------------------------------------------------------------


def test_many_guesses_at_once_are_no_more_than_one_after_the_other(database: Database) -> None:
    with psycopg.connect(database.url) as connection:
        world = World(connection)
        batch, mentor = world.batch(), world.mentor()
        anna = world.student(batch=batch)
        session = world.session(batch=batch, mentor=mentor, starts=-5 * MINUTE)

    outcomes = at_once(
        database,
        [("select public.check_in(%(id)s, 'wrong')", {"id": session})] * 12,
        user=anna,
    )

    assert outcomes == {"done": 5, "PT409": 7}


def test_one_code_sent_many_times_at_once_is_one_arrival(database: Database) -> None:
    with psycopg.connect(database.url) as connection:
        world = World(connection)
        connection.execute("update public.app_settings set check_in_code_seconds = 600")
        batch, mentor = world.batch(), world.mentor()
        anna = world.student(batch=batch)
        session = world.session(batch=batch, mentor=mentor, starts=-5 * MINUTE)
    with psycopg.connect(database.url) as connection:
        act_as(connection, mentor)
        shown = connection.execute(
            "select code from public.show_check_in_code(%s)", (session,)
        ).fetchone()
    assert shown is not None

    outcomes = at_once(
        database,
        [("select public.check_in(%(id)s, %(code)s)", {"id": session, "code": shown[0]})] * 8,
        user=anna,
    )

    assert outcomes == {"done": 8}
    with psycopg.connect(database.url) as connection:
        row = connection.execute("select count(*) from private.presence_events").fetchone()
    assert row == (1,)
