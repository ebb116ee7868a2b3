"""What is known of a person can be handed out and erased, and old presence is forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

from devstack.databases import Database
from support.actors import as_service, as_user
from support.bookings import offer
from support.rush import act_as, attempt, started
from support.series import create as create_series
from support.sessions import refusal, save, tomorrow
from support.world import World

SECRET = "Zebulon Quux"  # the person's name, found nowhere else


def scalar(conn: psycopg.Connection, query: str, *values: object) -> Any:
    row = conn.execute(query.encode(), values).fetchone()
    assert row is not None
    return row[0]


def export(conn: psycopg.Connection, who: UUID, about: UUID) -> dict[str, Any]:
    with as_user(conn, who):
        data: dict[str, Any] = scalar(conn, "select public.export_user_data(%s)", about)
    return data


# -- The register ----------------------------------------------------------------------------------

NAMES_A_USER = """
    select attrelid::regclass::text, attname::text
    from pg_attribute
    inner join pg_class on pg_class.oid = attrelid
    where
        relkind in ('r', 'p') and not relispartition
        and relnamespace::regnamespace::text in ('public', 'private', 'notifier')
        and attnum > 0 and not attisdropped
        and atttypid = 'uuid'::regtype
        and attgenerated = ''
        and (
            attname ~ '(user|student|mentor|owner|actor|recipient)_id$|_by$'
            or exists (
                select from pg_constraint
                where contype = 'f' and conrelid = attrelid and conkey = array[attnum]
                    and confrelid::regclass::text in ('profiles', 'auth.users')
            )
        )
        and attrelid::regclass::text || '.' || attname <> 'notifier.emails.carried_by'
"""


def unregistered(conn: psycopg.Connection) -> set[str]:
    """The columns that name a user and stand in no row of private.personal_data."""
    found = {
        (table if "." in table else f"public.{table}", column)
        for table, column in conn.execute(NAMES_A_USER.encode()).fetchall()
    }
    registered = set(
        conn.execute("select table_name, column_name from private.personal_data").fetchall()
    )
    assert len(found) > 20
    assert registered - found == set(), "registered, and not there"
    return {f"{table}.{column}" for table, column in found - registered}


def test_every_column_that_names_a_user_is_registered(conn: psycopg.Connection) -> None:
    assert unregistered(conn) == set()


@pytest.mark.parametrize(
    "column", ["author uuid references public.profiles (id)", "student_id uuid", "checked_by uuid"]
)
def test_a_new_table_that_names_a_user_is_noticed(conn: psycopg.Connection, column: str) -> None:
    conn.execute(f"create table private.essays (id uuid primary key, {column})".encode())
    assert unregistered(conn) == {f"private.essays.{column.split()[0]}"}


def test_what_is_cleared_exists_and_can_be_empty(conn: psycopg.Connection) -> None:
    rows = conn.execute(
        "select table_name, cleared.name from private.personal_data,"
        " unnest(cleared_columns) as cleared (name)"
    ).fetchall()
    assert rows
    for table, column in rows:
        conn.execute(
            sql.SQL("update {} set {} = default where false").format(
                sql.Identifier(*table.split(".")), sql.Identifier(column)
            )
        )


# Column by which a person is found, though no index begins with it: why not.
UNINDEXED: dict[str, str] = {}


def unindexed(conn: psycopg.Connection) -> set[str]:
    """The columns by which rows about a person are found, and that no index begins with.

    A partial index counts if all it leaves out is null, or if found_where asks for its rows.
    """
    rows = conn.execute(
        """
        select personal.table_name || '.' || personal.column_name
        from private.personal_data as personal
        inner join pg_attribute
            on attrelid = personal.table_name::regclass and attname = personal.column_name
        where (personal.is_about or personal.erasure <> 'kept')
            and not exists (
                select from pg_index
                where indrelid = attrelid and indisvalid and indkey[0] = attnum
                    and (
                        indpred is null
                        or pg_get_expr(indpred, indrelid) = format('(%I IS NOT NULL)', attname)
                        or personal.found_where is not null
                    )
            )
        """
    ).fetchall()
    return {row[0] for row in rows}


def test_a_person_is_found_by_index_everywhere(conn: psycopg.Connection) -> None:
    assert unindexed(conn) == set(UNINDEXED)
    conn.execute("drop index notifier.events_student_id_idx")
    assert unindexed(conn) - set(UNINDEXED) == {"notifier.events.student_id"}


def test_what_a_person_is_found_by_holds_of_every_row(conn: psycopg.Connection) -> None:
    """Else a new status would be left out of exports."""
    rows = conn.execute(
        "select table_name, found_where from private.personal_data where found_where is not null"
    ).fetchall()
    assert [table for table, _ in rows] == ["notifier.emails"]
    unasked = sql.SQL(
        "select status from unnest(enum_range(null::notifier.email_status)) as status"
        " where not ({})"
    )
    assert conn.execute(unasked.format(sql.SQL(rows[0][1]))).fetchall() == []


# -- Export ----------------------------------------------------------------------------------------


def test_everybody_exports_their_own_data_from_every_table(
    conn: psycopg.Connection, world: World
) -> None:
    batch = world.batch()
    sam = world.student(SECRET, batch=batch, email="sam@secret.test")
    other = world.student("Other", batch=batch)
    session = world.session(batch=batch, starts=timedelta(minutes=-5))
    world.attendance(session, other, note="about somebody else")
    with as_user(conn, sam):
        conn.execute("select public.join_session(%s)", (session,))
    data = export(conn, sam, sam)
    assert data["user_id"] == str(sam)
    assert data["account"]["email"] == "sam@secret.test"
    assert data["public.profiles"][0]["full_name"] == SECRET
    assert data["public.session_attendance"][0]["status"] == "present"
    assert len(data["private.presence_events"]) == 1
    assert data["public.user_roles"][0]["role"] == "student"
    about = {
        row[0]
        for row in conn.execute("select table_name from private.personal_data where is_about")
    }
    assert about <= set(data)
    assert str(other) not in str(data)
    assert "about somebody else" not in str(data)


def test_an_export_holds_what_no_column_names_the_person_in(
    conn: psycopg.Connection, world: World
) -> None:
    batch, marta = world.batch(), world.mentor()
    sam = world.student("Sam", batch=batch, email="zebulon@secret.test")
    other = world.student("Other", batch=batch)
    world.session(
        batch=batch, mentor=marta, starts=timedelta(minutes=-5), zoom_meeting_id="123456789"
    )
    # None is matched by address, as each has a key that is not ours.
    came = {
        "by address": "zebulon@secret.test",
        "linked": None,
        "linked to another": "zebulon@secret.test",
        "a stranger": "stranger@secret.test",
    }
    with as_service(conn):
        for key, email in came.items():
            conn.execute(
                "select public.record_presence('zoom', %s, '123456789', 'join', now(), %s, %s, %s)",
                (key, f"key {key}", email, f"Called {key}"),
            )
    queue: dict[str, UUID] = dict(
        conn.execute("select full_name, id from private.unmatched_participants").fetchall()
    )
    with as_user(conn, marta):
        for key, student in (("linked", sam), ("linked to another", other)):
            conn.execute(
                "select public.link_participant(%s, %s)", (queue[f"Called {key}"], student)
            )
    offered = offer(conn, marta)
    with as_user(conn, sam):
        slot = scalar(conn, "select min(start_time) from public.bookable_slots(%s)", offered)
        conn.execute("select public.book_slot(%s, %s)", (offered, slot))
        [booked_id] = booked(conn, sam)
        conn.execute("select public.cancel_booking(%s, 'I am ill')", (booked_id,))

    data = export(conn, sam, sam)
    assert {row["full_name"] for row in data["private.unmatched_participants"]} == {
        "Called by address",
        "Called linked",
    }
    assert {row["event_id"] for row in data["private.presence_events"]} == {"by address", "linked"}
    assert data["cancel_reasons"] == [{"session_id": str(booked_id), "reason": "I am ill"}]
    nobody = export(conn, marta, marta)
    assert nobody["cancel_reasons"] == nobody["private.presence_events"] == []

    # Whoever has not shown that the address is theirs learns nothing by it.
    conn.execute("update auth.users set email_confirmed_at = null where id = %s", (sam,))
    data = export(conn, sam, sam)
    assert [row["full_name"] for row in data["private.unmatched_participants"]] == ["Called linked"]


def test_superadmins_export_anybodys_and_others_only_their_own(
    conn: psycopg.Connection, world: World
) -> None:
    sam = world.student(SECRET)
    assert export(conn, world.superadmin(), sam)["user_id"] == str(sam)
    said = set()
    for who in (world.student(), world.mentor(), world.admin()):
        for about in (sam, uuid4()):
            with as_user(conn, who), refusal(conn, "42501") as no:
                conn.execute("select public.export_user_data(%s)", (about,))
            said.add((no.message, no.detail, no.hint))
    assert len(said) == 1
    with as_user(conn, world.superadmin()), refusal(conn, "PT404"):
        conn.execute("select public.export_user_data(%s)", (uuid4(),))


# -- Erasure ---------------------------------------------------------------------------------------


def erase(conn: psycopg.Connection, who: UUID, whom: UUID) -> None:
    with as_user(conn, who):
        conn.execute("select public.erase_user(%s)", (whom,))


def everything(conn: psycopg.Connection) -> str:
    """All that the database holds, as one text."""
    names = conn.execute(
        "select nspname, relname from pg_class inner join pg_namespace on pg_namespace.oid ="
        " relnamespace where relkind = 'r' and nspname in ('public', 'private', 'notifier', 'auth')"
    ).fetchall()
    return "\n".join(
        str(
            conn.execute(
                sql.SQL("select t::text from {} as t").format(sql.Identifier(*name))
            ).fetchall()
        )
        for name in names
    )


def lived(conn: psycopg.Connection, world: World) -> tuple[UUID, UUID]:
    """A student with a past and plans, and a session they attended."""
    batch, marta = world.batch(), world.mentor("Marta")
    sam = world.student(SECRET, batch=batch, email="zebulon@secret.test", password="x")
    past = world.session("Past", batch=batch, starts=timedelta(days=-3))
    world.attendance(past, sam, "excused", note=f"{SECRET} was ill")
    world.rating(past, sam, 5, f"{SECRET} liked it")
    for number, email in enumerate(("zebulon@secret.test", "other@secret.test")):
        conn.execute(
            "insert into private.unmatched_participants"
            " (session_id, platform, identity, full_name, email) values (%s, 'zoom', %s, %s, %s)",
            (past, str(number), SECRET if number == 0 else "Somebody", email),
        )
    coming = world.session(
        "Coming", batch=batch, mentor=marta, starts=timedelta(days=9), registration_required=True
    )
    with as_user(conn, sam):
        conn.execute("select public.register_for_session(%s)", (coming,))
        conn.execute("select public.request_excuse(%s, %s)", (coming, f"{SECRET} is ill"))
    with as_user(conn, marta):
        conn.execute(
            "select public.decide_excuse(%s, %s, true, %s)", (coming, sam, f"Poor {SECRET}")
        )
    offered = offer(conn, marta)
    with as_user(conn, sam):
        for _ in range(3):
            slot = scalar(conn, "select min(start_time) from public.bookable_slots(%s)", offered)
            conn.execute(
                "select public.book_slot(%s, %s, %s)", (offered, slot, f"I am {SECRET}, call me")
            )
    first, second, _ = booked(conn, sam)
    # A series of the mentor leaves out the date of a booking, and says why.
    recurrence = {"rrule": "FREQ=DAILY;COUNT=2", "on_clash": "skip"}
    create_series(conn, marta, recurrence, start_time=tomorrow(), timezone="UTC", mentor_id=marta)
    with as_user(conn, sam):
        for session in (first, second):
            conn.execute(
                "select public.cancel_booking(%s, %s)", (session, f"The cat of {SECRET} is ill")
            )
    # As when everybody has been told.
    conn.execute("update notifier.events set expanded_at = now()")
    with as_user(conn, world.superadmin("Sue")):
        conn.execute("delete from public.success_sessions where id = %s", (second,))
    return sam, past


def booked(conn: psycopg.Connection, student: UUID) -> list[UUID]:
    """The sessions that a student booked, by start."""
    rows = conn.execute(
        "select session.id from public.success_sessions as session"
        " inner join public.session_bookings as booking on booking.session_id = session.id"
        " where booking.student_id = %s order by session.start_time",
        (student,),
    ).fetchall()
    return [row[0] for row in rows]


# Every place that a person's name or words are known to get to.
PLACES = (
    "public.profiles",
    "public.success_sessions",
    "public.session_attendance",
    "public.session_bookings",
    "public.session_excuses",
    "public.session_ratings",
    "public.series_skips",
    "public.audit_log",
    "private.unmatched_participants",
    "notifier.events",
    "auth.users",
)


def knows(conn: psycopg.Connection, table: str, words: str) -> bool:
    """Whether a row of the table has these words in it."""
    query = sql.SQL("select exists (select from {} as t where strpos(t::text, %s) > 0)")
    return bool(scalar(conn, query.format(sql.Identifier(*table.split("."))).as_string(), words))


def test_nothing_leads_to_an_erased_person_and_every_count_stays(
    conn: psycopg.Connection, world: World
) -> None:
    sam, past = lived(conn, world)
    superadmin = world.superadmin()
    assert [table for table in PLACES if not knows(conn, table, SECRET)] == []

    def counts() -> dict[str, int]:
        return {
            table: scalar(conn, f"select count(*) from {table}")  # noqa: S608
            for table in (
                "public.profiles",
                "public.session_attendance",
                "public.session_registrations",
                "public.session_bookings",
                "public.course_enrollments",
                "auth.users",
            )
        }

    before = counts()
    erase(conn, superadmin, sam)

    assert counts() == before
    left = everything(conn)
    assert SECRET not in left
    assert "zebulon@secret.test" not in left.lower()
    # Of others nothing is lost, and the log is whole.
    assert "other@secret.test" in left
    assert knows(conn, "public.audit_log", "Coming")
    with as_user(conn, superadmin):
        assert scalar(conn, "select is_intact from public.verify_audit_log()")
    assert (
        scalar(
            conn, "select status::text from public.session_attendance where session_id = %s", past
        )
        == "excused"
    )


def test_recordings_of_booked_sessions_are_not_called_by_an_erased_persons_name(
    conn: psycopg.Connection, world: World
) -> None:
    """Platforms name them after the meeting, which has the session's title."""
    sam, past = lived(conn, world)
    [first, *_] = booked(conn, sam)
    theirs = world.recording(first, title=f"Mentorship: {SECRET}")
    others = world.recording(past, title="Past")
    assert knows(conn, "public.audit_log", f"Mentorship: {SECRET}")

    erase(conn, world.superadmin(), sam)
    assert SECRET not in everything(conn)
    titles: dict[UUID, str] = dict(
        conn.execute("select id, title from public.session_recordings").fetchall()
    )
    assert titles == {theirs: None, others: "Past"}


def test_nothing_leads_to_an_erased_mentor(conn: psycopg.Connection, world: World) -> None:
    batch = world.batch()
    sam = world.student("Sam", batch=batch)
    marta = world.mentor(SECRET, email="zebulon@secret.test", password="x")
    past = world.session(
        "Past", batch=batch, mentor=marta, starts=timedelta(days=-3), status="completed"
    )
    account = world.meeting_account(f"{SECRET} at Zoom", login="zebulon@secret.test")
    conn.execute(
        "update public.meeting_accounts set mentor_id = %s where id = %s", (marta, account)
    )
    unbooked, booked = offer(conn, marta), offer(conn, marta)
    with as_user(conn, sam):
        slot = scalar(conn, "select min(start_time) from public.bookable_slots(%s)", booked)
        conn.execute("select public.book_slot(%s, %s)", (booked, slot))
    conn.execute("update public.success_sessions set mentor_id = null where id <> %s", (past,))
    conn.execute(
        "update public.booking_offers set title = %s, description = %s, link = %s",
        (f"Talk to {SECRET}", f"I am {SECRET}", "https://meet.test/zebulon"),
    )
    called_off = world.session("Called off", mentor=marta, starts=timedelta(days=20))
    off_at = tomorrow() + timedelta(days=30)
    world.time_off(marta, starts=off_at, reason=f"{SECRET} is away")
    series = create_series(
        conn,
        world.admin("Ada"),
        {"rrule": "FREQ=DAILY;COUNT=2", "on_clash": "skip"},
        start_time=off_at,
        mentor_id=marta,
    )
    with as_user(conn, marta):
        conn.execute("select public.cancel_session(%s, %s)", (called_off, f"I, {SECRET}, am ill"))
    conn.execute(
        "update public.success_sessions set mentor_id = null where id = %s", (series[0]["id"],)
    )
    assert knows(conn, "public.series_skips", SECRET)
    other_reasons = {"blackout": "time off for everybody", "clash": "clash with 'Yoga'"}
    for number, reason in enumerate(other_reasons.items()):
        conn.execute(
            "insert into public.series_skips (series_id, series_date, reason, detail)"
            " values (%s, current_date + %s, %s, %s)",
            (series[0]["series_id"], number, *reason),
        )
    assert knows(conn, "public.audit_log", f"{SECRET}, am ill")
    assert knows(conn, "notifier.events", f"{SECRET}, am ill")
    world.available(marta, 1, "09:00", "17:00")
    with as_user(conn, marta):
        conn.execute("select public.mark_attendance(%s, %s, 'present', 'ok')", (past, sam))
        conn.execute("select public.create_calendar_feed(%s)", (f"{SECRET} again",))
    secrets = "select count(*) from vault.secrets where name = any(%s)"
    names = [f"booking_offers/{one}/meeting" for one in (unbooked, booked)]
    assert scalar(conn, secrets, names) == 2

    erase(conn, world.superadmin(), marta)

    left = everything(conn)
    assert SECRET not in left
    assert "zebulon" not in left
    assert scalar(conn, secrets, names) == 0
    offers = conn.execute("select id, is_active from public.booking_offers").fetchall()
    assert offers == [(booked, False)]
    assert conn.execute(
        "select status::text, cancel_reason from public.success_sessions where id = %s",
        (called_off,),
    ).fetchall() == [("cancelled", None)]
    # What others did with it stays, and what kept a series from its dates beside them.
    for detail in other_reasons.values():
        assert knows(conn, "public.series_skips", detail)
    assert scalar(conn, "select count(*) from public.meeting_accounts where id = %s", account) == 1
    assert (
        scalar(conn, "select marked_by from public.session_attendance where session_id = %s", past)
        == marta
    )


def test_the_log_forgets_accounts_on_platforms_that_an_erased_mentor_has_given_up(
    conn: psycopg.Connection, world: World
) -> None:
    zed, marta = world.mentor(SECRET), world.mentor("Marta")
    given_up = world.meeting_account(f"{SECRET} at Zoom", login="zebulon@secret.test", mentor=zed)
    world.meeting_account("Another", login="another@secret.test", mentor=world.mentor("Another"))
    for columns in (
        {"name": f"{SECRET}, new"},
        {"name": "Marta at Zoom", "external_id": "marta@secret.test", "mentor_id": marta},
    ):
        conn.execute(
            sql.SQL("update public.meeting_accounts set {} where id = %s").format(
                sql.SQL(", ").join(
                    sql.SQL("{} = {}").format(sql.Identifier(name), sql.Literal(value))
                    for name, value in columns.items()
                )
            ),
            (given_up,),
        )
    assert knows(conn, "public.audit_log", SECRET)

    erase(conn, world.superadmin(), zed)

    left = everything(conn)
    assert SECRET not in left
    assert "zebulon" not in left
    # Whose it is now keeps it, and other accounts are none of this.
    assert knows(conn, "public.meeting_accounts", "marta@secret.test")
    assert knows(conn, "public.audit_log", "another@secret.test")


def test_nothing_of_the_account_is_left_with_supabase_auth(
    database: Database, superuser: psycopg.Connection
) -> None:
    """Also in tables that this stack does without, as a request for a new password leaves one."""
    superuser.execute(
        "create table auth.one_time_tokens (user_id uuid not null references auth.users on delete"
        " cascade, token_hash text not null, relates_to text not null);"
        " grant all on auth.one_time_tokens to postgres"
    )
    with psycopg.connect(database.url, autocommit=True) as conn:
        world = World(conn)
        sam, other = (world.student(name, email=f"{name}@secret.test") for name in ("sam", "other"))
        conn.execute(
            "update auth.users set recovery_token = 'quux', raw_app_meta_data = %s where id = %s",
            (Jsonb({"matriculation": "quux"}), sam),
        )
        for who, address in ((sam, "sam@secret.test"), (other, "other@secret.test")):
            conn.execute("insert into auth.one_time_tokens values (%s, 'hash', %s)", (who, address))
        erase(conn, world.superadmin(), sam)

        left = everything(conn)
        assert "quux" not in left
        assert "sam@secret.test" not in left
        assert scalar(conn, "select count(*) from auth.one_time_tokens") == 1


def test_supabase_auth_can_read_the_account_of_an_erased_person(
    conn: psycopg.Connection, world: World
) -> None:
    """Its server reads no infinite time and writes no year of five digits: its lists would fail."""
    sam = world.student(SECRET)
    erase(conn, world.superadmin(), sam)
    columns = [
        row[0]
        for row in conn.execute(
            "select attname from pg_attribute where attrelid = 'auth.users'::regclass"
            " and atttypid = 'timestamptz'::regtype and not attisdropped"
        )
    ]
    assert {"banned_until", "deleted_at"} <= set(columns)
    times = conn.execute(
        sql.SQL("select {} from auth.users where id = %s").format(
            sql.SQL(", ").join(
                sql.SQL("extract(year from {} at time zone 'Pacific/Kiritimati')").format(
                    sql.Identifier(column)
                )
                for column in columns
            )
        ),
        (sam,),
    ).fetchone()
    assert times is not None
    assert all(year is None or year < 10_000 for year in times)
    assert scalar(
        conn,
        "select banned_until > now() + interval '100 years' from auth.users where id = %s",
        sam,
    )


@pytest.mark.parametrize("role", ["enrollment_manager", "admin", "superadmin"])
def test_nothing_leads_to_an_erased_manager(
    conn: psycopg.Connection, world: World, role: str
) -> None:
    erin = world.user(SECRET, role, email="zebulon@secret.test", password="x")
    session = world.session("Plans")
    with as_user(conn, erin):
        conn.execute("select public.create_calendar_feed(%s)", (f"{SECRET} again",))
        conn.execute("select public.cancel_session(%s, 'Ill')", (session,))
    before = scalar(conn, "select count(*) from public.audit_log where actor_id = %s", erin)
    assert before > 0

    erase(conn, world.superadmin(), erin)

    left = everything(conn)
    assert SECRET not in left
    assert "zebulon" not in left
    assert scalar(conn, "select count(*) from public.user_roles where user_id = %s", erin) == 0
    # What they did is still known to have been done, by an id.
    assert scalar(conn, "select count(*) from public.audit_log where actor_id = %s", erin) == before


def test_of_reasons_to_cancel_only_those_that_the_erased_gave_are_forgotten(
    conn: psycopg.Connection, world: World
) -> None:
    zed = world.admin()
    replaced, reinstated = world.session(), world.session()
    with as_user(conn, zed):
        for session in (replaced, reinstated):
            conn.execute("select public.cancel_session(%s, %s)", (session, f"{SECRET} is ill"))
    # As when everybody has been told.
    conn.execute("update notifier.events set expanded_at = now()")
    reason = "select cancel_reason from public.success_sessions where id = %s"
    with as_user(conn, world.admin()):
        save(conn, replaced, cancel_reason="Nobody has time")
        save(conn, reinstated, status="upcoming")
    assert scalar(conn, "select old ->> 'cancel_reason' from notifier.events order by id desc")

    erase(conn, world.superadmin(), zed)

    assert f"{SECRET} is ill" not in everything(conn)
    assert scalar(conn, reason, replaced) == "Nobody has time"


def test_seats_and_slots_are_given_back_and_access_ends(
    conn: psycopg.Connection, world: World
) -> None:
    sam, _ = lived(conn, world)
    erase(conn, world.superadmin(), sam)
    assert scalar(
        conn,
        "select array_agg(status::text) from public.session_registrations where student_id = %s",
        sam,
    ) == ["cancelled"]
    booked = conn.execute(
        "select status::text, cancel_reason from public.success_sessions as session"
        " inner join public.session_bookings as booking on booking.session_id = session.id"
        " where booking.student_id = %s",
        (sam,),
    ).fetchall()
    assert booked == [("cancelled", "The student has left.")] * 2
    # The token shows what they had called off themselves, and nothing that is to come.
    with as_user(conn, sam):
        seen = conn.execute("select status::text from public.success_sessions").fetchall()
    assert seen == [("cancelled",)]
    assert scalar(conn, "select encrypted_password is null from auth.users where id = %s", sam)


def test_a_booked_session_that_has_begun_goes_on(conn: psycopg.Connection, world: World) -> None:
    sam = world.student(SECRET, batch=world.batch())
    offered = offer(conn, world.mentor())
    with as_user(conn, sam):
        slot = scalar(conn, "select min(start_time) from public.bookable_slots(%s)", offered)
        conn.execute("select public.book_slot(%s, %s)", (offered, slot))
    conn.execute(
        "update public.success_sessions set start_time = now() - interval '5 minutes',"
        " end_time = now() + interval '25 minutes'"
    )
    erase(conn, world.superadmin(), sam)
    assert conn.execute(
        "select status::text, cancel_reason from public.success_sessions"
    ).fetchall() == [("upcoming", None)]


def test_the_log_remembers_a_deleted_session_that_was_no_meeting_in_private(
    conn: psycopg.Connection, world: World
) -> None:
    sam = world.student(SECRET)
    session = world.session("Open day", starts=timedelta(days=-3), status="completed")
    world.invite(session, sam)
    with as_user(conn, world.superadmin()):
        conn.execute("delete from public.success_sessions where id = %s", (session,))
    erase(conn, world.superadmin(), sam)
    assert knows(conn, "public.audit_log", "Open day")


def test_erasing_twice_changes_nothing_more(conn: psycopg.Connection, world: World) -> None:
    sam, _ = lived(conn, world)
    superadmin = world.superadmin()
    erase(conn, superadmin, sam)
    before = everything(conn)
    erase(conn, superadmin, sam)
    assert everything(conn) == before
    assert (
        scalar(
            conn,
            "select count(*) from public.audit_log where action = 'erase_user' and user_id = %s",
            sam,
        )
        == 1
    )


def test_erasing_once_more_takes_what_was_written_with_a_token_that_was_still_good(
    conn: psycopg.Connection, world: World
) -> None:
    sam, _ = lived(conn, world)
    superadmin = world.superadmin()
    erase(conn, superadmin, sam)
    with as_user(conn, sam):
        conn.execute(
            "update public.profiles set full_name = %s, timezone = 'Asia/Tokyo' where id = %s",
            (SECRET, sam),
        )
        conn.execute(
            "insert into public.notification_preferences (user_id, kind, enabled)"
            " values (%s, 'session_reminder', true)",
            (sam,),
        )
        conn.execute("select public.create_calendar_feed(%s)", (SECRET,))
    assert SECRET in everything(conn)

    erase(conn, superadmin, sam)
    assert SECRET not in everything(conn)
    assert scalar(conn, "select timezone from public.profiles where id = %s", sam) == "UTC"
    for table in ("notification_preferences where user_id", "calendar_feeds where owner_id"):
        assert scalar(conn, f"select count(*) from public.{table} = %s", sam) == 0  # noqa: S608


def test_an_account_that_supabase_auth_has_soft_deleted_is_erased_as_well(
    conn: psycopg.Connection, world: World
) -> None:
    sam = world.student(SECRET)
    # Its digest is of id and address, and so tells whose guesses are right.
    conn.execute(
        "update auth.users set deleted_at = now(), email = 'digest of zebulon' where id = %s",
        (sam,),
    )
    erase(conn, world.superadmin(), sam)
    assert "zebulon" not in everything(conn)
    erasures = "select count(*) from public.audit_log where action = 'erase_user'"
    assert scalar(conn, erasures) == 1

    # Once it is erased, too, somebody may give the account an address again.
    conn.execute("update auth.users set email = 'zebulon@secret.test' where id = %s", (sam,))
    for _ in range(2):
        erase(conn, world.superadmin(), sam)
    assert "zebulon" not in everything(conn)
    assert scalar(conn, erasures) == 2


def test_a_mentor_who_still_hosts_is_not_erased(conn: psycopg.Connection, world: World) -> None:
    marta = world.mentor(SECRET)
    world.session(mentor=marta)
    world.session(mentor=marta, starts=timedelta(minutes=-5), status="live")
    world.session(mentor=marta, starts=timedelta(days=-5), status="completed")
    with as_user(conn, world.superadmin()), refusal(conn, "PT409") as no:
        conn.execute("select public.erase_user(%s)", (marta,))
    assert (no.message, no.detail) == ("this user still hosts sessions", "2 upcoming or live")
    conn.execute("update public.success_sessions set mentor_id = null where status <> 'completed'")
    erase(conn, world.superadmin(), marta)
    assert scalar(conn, "select full_name from public.profiles where id = %s", marta) == ""


@pytest.mark.parametrize("first", ["assigned", "erased"])
def test_nobody_is_erased_and_given_a_session_at_once(database: Database, first: str) -> None:
    with (
        psycopg.connect(database.url, autocommit=True) as conn,
        psycopg.connect(database.url) as one,
        psycopg.connect(database.url) as other,
    ):
        world = World(conn)
        zed, admin, superadmin = world.mentor(SECRET), world.admin(), world.superadmin()
        values = {"session": world.session(), "mentor": zed}
        requests = {
            "assigned": (admin, "select public.assign_mentor(%(session)s, %(mentor)s)"),
            "erased": (superadmin, "select public.erase_user(%(mentor)s)"),
        }
        user, statement = requests.pop(first)
        act_as(one, user)
        one.execute(statement.encode(), values)
        [(user, statement)] = requests.values()
        with started(conn, other, lambda: attempt(other, (statement, values), user=user)) as second:
            assert not second.done()
            one.commit()
            refused = {"assigned": "PT409", "erased": "22023"}[first]
            assert second.result(timeout=30) == refused
        assert scalar(conn, "select full_name from public.profiles where id = %s", zed) == (
            SECRET if first == "assigned" else ""
        )
        assert scalar(conn, "select mentor_id from public.success_sessions") == (
            zed if first == "assigned" else None
        )


def test_who_is_erased_waits_for_the_dates_of_their_series_before_the_role(
    database: Database,
) -> None:
    """Whoever makes a date has what the series left out, and gives the mentor a session."""
    with (
        psycopg.connect(database.url, autocommit=True) as conn,
        psycopg.connect(database.url) as making,
        psycopg.connect(database.url) as erasing,
    ):
        world = World(conn)
        zed, superadmin = world.mentor(SECRET), world.superadmin()
        with conn.transaction():
            create_series(conn, zed, mentor_id=zed)
        conn.execute(
            "update public.success_sessions set mentor_id = null where status <> 'completed'"
        )
        conn.execute(
            "insert into public.series_skips (series_id, series_date, reason, detail)"
            " select id, '2020-01-01', 'clash', 'clash with time off ' from public.session_series"
        )
        making.execute("delete from public.series_skips")
        erase = ("select public.erase_user(%(mentor)s)", {"mentor": zed})
        with started(conn, erasing, lambda: attempt(erasing, erase, user=superadmin)) as erased:
            World(making).session(mentor=zed)
            making.commit()
            assert erased.result(timeout=30) == "PT409"


def test_only_superadmins_erase_and_not_themselves(conn: psycopg.Connection, world: World) -> None:
    sam, superadmin = world.student(SECRET), world.superadmin()
    said = set()
    for who in (sam, world.mentor(), world.admin(), world.enrollment_manager()):
        for whom in (sam, uuid4()):
            with as_user(conn, who), refusal(conn, "42501") as no:
                conn.execute("select public.erase_user(%s)", (whom,))
            said.add((no.message, no.detail, no.hint))
    assert len(said) == 1
    with as_user(conn, superadmin):
        with refusal(conn, "PT409"):
            conn.execute("select public.erase_user(%s)", (superadmin,))
        with refusal(conn, "PT404"):
            conn.execute("select public.erase_user(%s)", (uuid4(),))
    erase(conn, superadmin, sam)


# -- Forgetting ------------------------------------------------------------------------------------


def test_old_presence_is_forgotten_oldest_first_and_attendance_stays(
    conn: psycopg.Connection, world: World
) -> None:
    sam, session = world.student(), world.session(starts=timedelta(minutes=-5))
    now = datetime.now(UTC)
    world.attendance(session, sam)
    for months, kind in ((30, "join"), (25, "leave"), (1, "join")):
        conn.execute(
            "insert into private.presence_events"
            " (session_id, user_id, kind, occurred_at, source, recorded_at)"
            " values (%s, %s, %s, %s, 'join', %s)",
            (session, sam, kind, now, now - timedelta(days=31 * months)),
        )
    assert scalar(conn, "select private.forget_presence()") == 2
    assert scalar(conn, "select private.forget_presence()") == 0
    assert scalar(conn, "select count(*) from private.presence_events") == 1
    assert scalar(conn, "select count(*) from public.session_attendance") == 1
    conn.execute("update public.app_settings set presence_retention_months = 1 where id")
    conn.execute("update private.presence_events set recorded_at = %s", (now - timedelta(days=40),))
    conn.execute("select notifier.tick()")
    assert scalar(conn, "select count(*) from private.presence_events") == 0
