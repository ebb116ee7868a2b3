"""Whatever exists and is not for somebody looks to them as if it did not exist.

Every function of the API is called twice with each of its ids: with one that exists and is not for
the caller, and with one that nobody has. Both get the same answer, word for word but for the id,
after the same searches, so that no clock tells them apart, and neither locks a row.
Every table and view is read whole, and shows nothing of others.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql

from support.academy import Academy
from support.sessions import tomorrow
from support.world import World

MARK = "Xylophon"
"""Stands in every text of what is foreign."""


@pytest.fixture
def academy(unprepared_academy: Academy) -> Academy:
    """On a connection of its own: what was planned for others proves nothing."""
    return unprepared_academy


@dataclass(frozen=True, slots=True)
class Foreign:
    """Something of every kind that belongs to a batch far from everybody in the academy.

    Attributes:
        ids: By the name of the argument that takes such an id.
        all: All of them.
    """

    ids: dict[str, UUID]
    all: set[UUID]


@pytest.fixture
def foreign(academy: Academy) -> Foreign:
    conn, world = academy.conn, World(academy.conn)
    course = world.course(f"{MARK} course")
    batch = world.batch(f"{MARK} batch", course=course)
    mentor = world.mentor(f"{MARK} mentor")
    student = world.student(f"{MARK} student", batch=batch)
    session = world.session(
        f"{MARK} session",
        batch=batch,
        mentor=mentor,
        starts=timedelta(minutes=-5),
        minutes=240,
        description=MARK,
        backup_link=f"https://{MARK}.test/2",
        link=f"https://{MARK}.test/1",
    )
    coming = world.session(f"{MARK} coming", batch=batch, mentor=mentor, registration_required=True)
    world.invite(session, world.user(f"{MARK} guest"))
    world.attendance(session, student, note=MARK)
    world.registration(coming, student)
    world.time_off(mentor, starts=timedelta(days=9), reason=MARK)
    world.available(mentor, 1, "09:00", "17:00")
    account = world.meeting_account(f"{MARK} account")
    made = {
        "offer_id": conn.execute(
            "insert into public.booking_offers (mentor_id, title, audience, course_id, start_time,"
            " recurrence, link, platform) values (%s, %s, 'course', %s, %s,"
            """ '{"rrule": "FREQ=DAILY"}', 'https://x.test', 'other') returning id""",
            (mentor, MARK, course, tomorrow()),
        ).fetchone(),
        "recording_id": conn.execute(
            "insert into public.session_recordings (session_id, title, url, is_published)"
            " values (%s, %s, 'https://x.test/r', true) returning id",
            (session, MARK),
        ).fetchone(),
        "feed_id": conn.execute(
            "insert into public.calendar_feeds (owner_id, label) values (%s, %s) returning id",
            (student, MARK),
        ).fetchone(),
    }
    endpoint = conn.execute(
        "insert into public.webhook_endpoints (url, event_types) values ('https://x.test/', %s)"
        " returning id",
        (["session.created"],),
    ).fetchone()
    assert endpoint is not None
    delivery = conn.execute(
        "insert into notifier.webhook_deliveries (endpoint_id, event_type, source, payload, status)"
        " values (%s, 'session.created', 'x', '{}', 'dead') returning id",
        endpoint,
    ).fetchone()
    assert delivery is not None
    participant = conn.execute(
        "insert into private.unmatched_participants (session_id, platform, identity, full_name)"
        " values (%s, 'zoom', 'x', %s) returning id",
        (session, MARK),
    ).fetchone()
    assert participant is not None
    ids = {
        "participant_id": participant[0],
        "endpoint_id": endpoint[0],
        "delivery_id": delivery[0],
        "session_id": session,
        "course_id": course,
        "batch_id": batch,
        "mentor_id": mentor,
        "from_mentor": mentor,
        "to_mentor": mentor,
        "student_id": student,
        "user_id": student,
        **{name: row[0] for name, row in made.items() if row},
    }
    return Foreign(ids, {*ids.values(), coming, account})


SAMPLES: dict[str, Any] = {
    "status": "present",
    "attendance_status": "present",
    "timestamp with time zone": tomorrow(),
    "date": tomorrow().date(),
    "jsonb": "{}",
    "text": "x",
    "integer": 5,
    "smallint": 5,
    "bigint": 1,
    "boolean": True,
    "timezone": "UTC",
    "scope": "this",
    "grain": "week",
    "public.session_type": "mentorship",
}
"""Arguments that pass the first look, by name or else by type."""

FOR_STAFF = {"course_id", "batch_id"}
"""Mentors see every course and batch."""


def functions(conn: psycopg.Connection) -> dict[str, list[tuple[str, str, bool]]]:
    """What signed-in users may call: each function's arguments as name, type, is required."""
    rows = conn.execute(
        """
        select proname::text, argument.name, format_type(argument.type, null),
            argument.position <= pronargs - pronargdefaults
        from pg_proc, unnest(proargnames[:pronargs], proargtypes::oid[])
            with ordinality as argument (name, type, position)
        where pronamespace = 'public'::regnamespace
            and has_function_privilege('authenticated', oid, 'execute')
            and not exists (select from pg_aggregate where aggfnoid = pg_proc.oid)
        order by proname, position
        """
    ).fetchall()
    found: dict[str, list[tuple[str, str, bool]]] = {}
    for function, name, kind, required in rows:
        found.setdefault(function, []).append((name, kind, required))
    return found


def answer(academy: Academy, who: str, function: str, arguments: dict[str, Any]) -> tuple[str, ...]:
    """What somebody is told: the SQLSTATE and the words, or the rows; ids of the call replaced."""
    call = sql.SQL("select to_jsonb(answer)::text from public.{}({}) as answer").format(
        sql.Identifier(function),
        sql.SQL(", ").join(
            sql.SQL("{} => {}").format(sql.Identifier(name), sql.Placeholder(name))
            for name in arguments
        ),
    )
    said: tuple[str, ...]
    with academy.undone(), academy.acting(who):
        try:
            with academy.conn.transaction():
                rows = academy.conn.execute(call, arguments).fetchall()
            said = ("rows", *(str(row[0]) for row in rows))
        except psycopg.Error as error:
            diag = error.diag
            said = tuple(
                str(text)
                for text in (
                    diag.sqlstate,
                    diag.message_primary,
                    diag.message_detail,
                    diag.message_hint,
                )
            )
    for value in arguments.values():
        if isinstance(value, UUID):
            said = tuple(text.replace(str(value), "<id>") for text in said)
    return tuple(re.sub(r"\d{4}-\d\d-\d\d[T ][\d:.+Z-]+", "<time>", text) for text in said)


Call = tuple[str, str, dict[str, Any]]


def calls(academy: Academy, foreign: Foreign, who: str) -> Iterator[tuple[Call, Call]]:
    """Of every function and each of its ids: the call with one that exists, and with none."""
    for function, parameters in functions(academy.conn).items():
        values = {
            name: SAMPLES.get(name, SAMPLES.get(kind))
            for name, kind, required in parameters
            if required and kind != "uuid"
        }
        uuids = [name for name, kind, _ in parameters if kind == "uuid"]
        required = {name for name, kind, needed in parameters if needed and kind == "uuid"}
        assert set(uuids) <= set(foreign.ids), f"{function}: an id of a new kind"
        for one in uuids:
            if who == "other_mentor" and one in FOR_STAFF:
                continue
            # The others are foreign, too, where they must be given.
            others = {name: foreign.ids[name] for name in required - {one}}
            yield (
                (function, one, values | others | {one: foreign.ids[one]}),
                (function, one, values | others | {one: uuid4()}),
            )


def told_apart(academy: Academy, foreign: Foreign, who: str) -> dict[str, Any]:
    """The functions that answer about what exists otherwise than about what does not."""
    compared = 0
    found: dict[str, Any] = {}
    for (function, one, existing), (_, _, unknown) in calls(academy, foreign, who):
        answers = [answer(academy, who, function, values) for values in (existing, unknown)]
        compared += 1
        if answers[0] != answers[1]:
            found[f"{function}({one})"] = answers
    assert compared > 25
    return found


@pytest.mark.parametrize("who", ["student", "nobody", "revoked_mentor", "other_mentor"])
def test_what_exists_and_is_not_for_one_is_answered_as_what_does_not_exist(
    academy: Academy, foreign: Foreign, who: str
) -> None:
    assert told_apart(academy, foreign, who) == {}


def test_a_function_that_tells_the_two_apart_is_noticed(academy: Academy, foreign: Foreign) -> None:
    academy.conn.execute(
        """
        create function public.leak(session_id uuid) returns boolean
        language sql security definer set search_path = pg_catalog, pg_temp
        return exists (select from public.success_sessions as s where s.id = leak.session_id);
        grant execute on function public.leak to authenticated;
        """
    )
    assert set(told_apart(academy, foreign, "student")) == {"leak(session_id)"}


def test_an_id_of_another_kind_is_unknown_even_to_who_sees_everything(
    academy: Academy, foreign: Foreign
) -> None:
    session = foreign.ids["session_id"]
    compared = 0
    for _, (function, one, unknown) in calls(academy, foreign, "superadmin"):
        if one == "session_id":
            continue
        compared += 1
        other_kind = answer(academy, "superadmin", function, unknown | {one: session})
        assert other_kind == answer(academy, "superadmin", function, unknown), (function, one)
    assert compared > 25


# -- After the same work ---------------------------------------------------------------------------


def searches(conn: psycopg.Connection) -> Counter[str]:
    """How often this transaction has searched each table and index of ours so far."""
    rows = conn.execute(
        """
        select class.oid::regclass::text, pg_stat_get_xact_numscans(class.oid)
        from pg_class as class
        where
            class.relnamespace::regnamespace::text
            in ('public', 'private', 'notifier', 'vault', 'auth', 'storage')
            and class.relkind in ('r', 'i')
        """
    ).fetchall()
    return Counter(dict(rows))


def felt_apart(academy: Academy, foreign: Foreign, who: str) -> dict[str, Any]:
    """The functions that search more for what exists than for what does not."""
    # One plan for both, as a pooled connection has it, and no statistics that choose it.
    academy.conn.execute("set local plan_cache_mode = force_generic_plan")
    academy.conn.execute("set local enable_seqscan = off")

    def work(function: str, _: str, values: dict[str, Any]) -> Counter[str]:
        before = searches(academy.conn)
        answer(academy, who, function, values)
        return searches(academy.conn) - before

    compared = 0
    found: dict[str, Any] = {}
    for existing, unknown in calls(academy, foreign, who):
        compared += 1
        if work(*existing) == work(*unknown):
            continue
        # Once more, now that everything is planned: planning searches, too.
        more, less = work(*existing), work(*unknown)
        if more != less:
            function, one, _ = existing
            found[f"{function}({one})"] = (more - less, less - more)
    assert compared > 25
    return found


def locks(conn: psycopg.Connection, foreign: Foreign) -> dict[str, Any]:
    """Who has locked the foreign rows, by table."""
    tables = [
        row[0]
        for row in conn.execute(
            "select attrelid::regclass::text from pg_attribute where attname = 'id'"
            " and atttypid = 'uuid'::regtype and attnum > 0 and attrelid in (select oid from"
            " pg_class where relkind = 'r' and relnamespace::regnamespace::text"
            " in ('public', 'private', 'notifier'))"
        )
    ]
    found = {}
    for table in tables:
        query = f"select id, xmax::text from {table} where id = any(%s) order by id"  # noqa: S608
        found[table] = conn.execute(query.encode(), (list(foreign.all),)).fetchall()
    return {table: rows for table, rows in found.items() if rows}


@pytest.mark.parametrize("who", ["student", "other_mentor"])
def test_what_exists_and_is_not_for_one_takes_no_more_work_than_what_does_not(
    academy: Academy, foreign: Foreign, who: str
) -> None:
    before = locks(academy.conn, foreign)
    assert len(before) > 8

    assert felt_apart(academy, foreign, who) == {}

    assert locks(academy.conn, foreign) == before


def test_a_function_that_searches_for_more_or_locks_is_noticed(
    academy: Academy, foreign: Foreign
) -> None:
    academy.conn.execute(
        """
        create function public.feel(session_id uuid) returns void
        language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
        begin
            perform from public.success_sessions as s where s.id = feel.session_id for update;
            if found then
                perform from public.user_roles as held where held.user_id = auth.uid();
            end if;
        end
        $$;
        grant execute on function public.feel to authenticated;
        """
    )
    before = locks(academy.conn, foreign)

    assert felt_apart(academy, foreign, "student") == {
        "feel(session_id)": ({"user_roles_pkey": 1}, {})
    }

    after = locks(academy.conn, foreign)
    assert {table for table in after if after[table] != before[table]} == {"success_sessions"}


# -- Reading ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["student", "nobody", "revoked_mentor", "other_mentor"])
def test_no_table_or_view_shows_anything_foreign(
    academy: Academy, foreign: Foreign, who: str
) -> None:
    for_staff = {"courses", "batches"} if who == "other_mentor" else set()
    relations = [
        row[0]
        for row in academy.conn.execute(
            "select relname::text from pg_class where relnamespace = 'public'::regnamespace"
            " and relkind in ('r', 'p', 'v')"
            " and has_table_privilege('authenticated', oid, 'select')"
        )
    ]
    assert len(relations) > 20
    everything = {}
    for relation in relations:
        query = sql.SQL("select t::text from public.{} as t").format(sql.Identifier(relation))
        seen_by_owner = str(academy.conn.execute(query).fetchall())
        everything[relation] = MARK in seen_by_owner
        if relation in for_staff:
            continue
        with academy.acting(who):
            seen = str(academy.conn.execute(query).fetchall())
        assert MARK.lower() not in seen.lower(), relation
        assert {one for one in foreign.all if str(one) in seen} == set(), relation
    # There was something to be seen.
    assert sum(everything.values()) > 8


@pytest.mark.parametrize("who", ["student", "other_mentor"])
def test_no_function_shows_anything_foreign(academy: Academy, foreign: Foreign, who: str) -> None:
    for function, parameters in functions(academy.conn).items():
        values = {
            name: foreign.ids[name] if kind == "uuid" else SAMPLES.get(name, SAMPLES.get(kind))
            for name, kind, required in parameters
            if required
        }
        said = " ".join(answer(academy, who, function, values))
        assert MARK.lower() not in said.lower(), function
