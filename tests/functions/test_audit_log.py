"""Who did what is written down, cannot be changed unnoticed, and is kept for as long as is said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row

from devstack.databases import Database
from support.academy import secrets_of
from support.actors import as_user
from support.rush import act_as
from support.sessions import create, refusal, save
from support.world import World


def entries(
    conn: psycopg.Connection, table: str, action: str | None = None
) -> list[dict[str, Any]]:
    """What the log says of a table, in order."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "select * from public.audit_log"
            " where table_name = %s and action = coalesce(%s, action) order by id",
            (table, action),
        ).fetchall()


# -- What is written down --------------------------------------------------------------------------


def test_a_change_is_recorded_field_by_field_with_who_made_it(
    conn: psycopg.Connection, world: World
) -> None:
    admin, marta, milo = world.admin(), world.mentor("Marta"), world.mentor("Milo")
    with as_user(conn, admin):
        session = create(conn, title="Office hours", mentor_id=marta)["id"]
        save(conn, session, title="Open hours", mentor_id=milo)

    made, changed = entries(conn, "success_sessions")

    assert (made["action"], made["actor_id"], made["role"]) == ("insert", admin, "authenticated")
    assert (made["row_key"], made["session_id"]) == ({"id": str(session)}, session)
    assert made["old"] is None
    assert made["new"]["title"] == "Office hours"
    assert not {"updated_at", "status_due_at"} & made["new"].keys()
    assert None not in made["new"].values()
    assert (changed["action"], changed["session_id"]) == ("update", session)
    assert changed["old"] == {"title": "Office hours", "mentor_id": str(marta)}
    assert changed["new"] == {"title": "Open hours", "mentor_id": str(milo)}


def test_a_field_that_was_empty_shows_as_null(conn: psycopg.Connection, world: World) -> None:
    session = world.session()
    save(conn, session, description="Bring questions.")
    save(conn, session, description=None)
    filled, emptied = entries(conn, "success_sessions", "update")
    assert (filled["old"], filled["new"]) == (
        {"description": None},
        {"description": "Bring questions."},
    )
    assert emptied["new"] == {"description": None}


def test_saving_what_was_there_already_is_no_entry(conn: psycopg.Connection, world: World) -> None:
    session = world.session("Office hours")
    save(conn, session, title="Office hours")
    assert entries(conn, "success_sessions", "update") == []


def test_the_reason_of_a_cancellation_stands_by_itself(
    conn: psycopg.Connection, world: World
) -> None:
    save(conn, world.session(), status="cancelled", cancel_reason="Marta is ill.")
    (cancelled,) = entries(conn, "success_sessions", "update")
    assert cancelled["reason"] == "Marta is ill."
    assert cancelled["new"]["status"] == "cancelled"


def test_roles_enrollments_invitations_and_settings_are_recorded(
    conn: psycopg.Connection, world: World
) -> None:
    superadmin, sam = world.superadmin(), world.student("Sam", batch=world.batch())
    session = world.session()
    with as_user(conn, superadmin):
        for statement in (
            "insert into public.user_roles (user_id, role) values (%(sam)s, 'mentor')",
            "delete from public.user_roles where user_id = %(sam)s and role = 'mentor'",
            "update public.course_enrollments set status = 'paused' where student_id = %(sam)s",
            "insert into public.session_participants values (%(session)s, %(sam)s)",
            "update public.app_settings set late_after_minutes = 5 where id",
            "update public.meeting_platforms set is_active = false where id = 'zoom'",
            "insert into public.meeting_accounts (platform, name) values ('zoom', 'Second')",
            "select public.create_webhook_endpoint('https://x.test/', array['session.created'])",
        ):
            conn.execute(statement.encode(), {"sam": sam, "session": session})

    with conn.cursor() as cursor:
        recorded = cursor.execute(
            "select action || ' ' || table_name, user_id, session_id, old, new"
            " from public.audit_log where actor_id = %s order by id",
            (superadmin,),
        ).fetchall()
    assert [(what, user) for what, user, *_ in recorded] == [
        ("insert user_roles", sam),
        ("delete user_roles", sam),
        ("update course_enrollments", sam),
        ("insert session_participants", sam),
        ("update app_settings", None),
        ("update meeting_platforms", None),
        ("insert meeting_accounts", None),
        ("insert webhook_endpoints", None),
    ]
    assert recorded[2][3:] == ({"status": "active"}, {"status": "paused"})
    assert recorded[3][2] == session
    assert recorded[4][3:] == ({"late_after_minutes": 10}, {"late_after_minutes": 5})


def test_manual_attendance_is_recorded_with_its_note_and_automatic_is_not(
    conn: psycopg.Connection, world: World
) -> None:
    session, sam, sita = world.session(), world.student("Sam"), world.student("Sita")
    world.attendance(session, sam, "late", source="join")
    world.attendance(session, sita, "present", source="platform")
    assert entries(conn, "session_attendance") == []
    conn.execute(
        "update public.session_attendance set status = 'excused', source = 'manual', note = %s"
        " where student_id = %s",
        ("The line was down.", sam),
    )
    (marked,) = entries(conn, "session_attendance")
    assert (marked["user_id"], marked["session_id"]) == (sam, session)
    assert marked["reason"] == "The line was down."
    assert marked["old"]["status"] == "late"
    assert marked["new"]["status"] == "excused"


def test_a_mark_by_hand_is_recorded_with_what_was_entered_and_so_is_taking_it_back(
    conn: psycopg.Connection, world: World
) -> None:
    session, sam = world.session(), world.student("Sam")
    world.attendance(session, sam, minutes_present=30)
    conn.execute("update public.session_attendance set status = 'late', source = 'join'")
    made, taken_back = entries(conn, "session_attendance")
    assert made["new"]["minutes_present"] == 30
    assert taken_back["new"] == {"status": "late", "source": "join"}


def test_a_row_whose_key_changes_is_one_gone_and_one_new(
    conn: psycopg.Connection, world: World
) -> None:
    sam = world.student("Sam")
    conn.execute("update public.user_roles set role = 'mentor' where user_id = %s", (sam,))
    told = {
        (entry["action"], entry["row_key"]["role"])
        for entry in entries(conn, "user_roles")
        if entry["user_id"] == sam
    }
    assert told == {("insert", "student"), ("delete", "student"), ("insert", "mentor")}


def test_what_the_system_does_has_no_actor_and_names_its_login(
    conn: psycopg.Connection, world: World
) -> None:
    world.session()
    (made,) = entries(conn, "success_sessions")
    assert (made["actor_id"], made["role"], made["request"]) == (None, "postgres", None)


def test_a_request_of_the_api_is_named(conn: psycopg.Connection, world: World) -> None:
    for name, value in (("request.method", "POST"), ("request.path", "/success_sessions")):
        conn.execute("select set_config(%s, %s, true)", (name, value))
    world.session()
    assert entries(conn, "success_sessions")[0]["request"] == "POST /success_sessions"


def test_no_secret_ever_gets_into_the_log(conn: psycopg.Connection, world: World) -> None:
    secret = secrets_of("hidden")
    session = create(
        conn,
        link=secret["link"],
        zoom_passcode=secret["zoom_passcode"],
        platform_data='{"host_link": "https://zoom.us/s/1?zak=SECRET"}',
    )["id"]
    save(conn, session, zoom_passcode="SECRET too", backup_link=secret["link"])
    logged = conn.execute("select entry::text from public.audit_log as entry").fetchall()
    assert any("credentials_updated_at" in row[0] for row in logged)
    assert not any("SECRET" in row[0] for row in logged)


def test_of_a_webhooks_address_only_the_host_is_recorded(conn: psycopg.Connection) -> None:
    conn.execute(
        "insert into public.webhook_endpoints (url, event_types)"
        " values ('https://hooks.test/T0/SECRET', '{session.created}')"
    )
    conn.execute("update public.webhook_endpoints set url = 'https://hooks.test/T0/SECRET2'")
    made, moved = entries(conn, "webhook_endpoints")
    assert made["new"]["url"] == "https://hooks.test/…"
    assert moved["new"] == {"url": "https://hooks.test/…"}


def test_a_write_is_one_entry_however_many_students_it_concerns(
    conn: psycopg.Connection, world: World
) -> None:
    batch = world.batch()
    for number in range(30):
        world.student(f"Student {number}", batch=batch)
    session = world.session(batch=batch)
    save(conn, session, title="Moved")
    assert len(entries(conn, "success_sessions", "update")) == 1


def test_many_rows_in_one_statement_are_one_insert(conn: psycopg.Connection, world: World) -> None:
    course = world.course()
    students = [world.student(f"Student {number}") for number in range(20)]
    plan = conn.execute(
        "explain (analyze, format json) insert into public.course_enrollments"
        " (student_id, course_id) select unnest(%s::uuid[]), %s",
        (students, course),
    ).fetchone()
    assert plan is not None
    calls = {trigger["Trigger Name"]: trigger["Calls"] for trigger in plan[0][0]["Triggers"]}
    assert calls["audit_insert"] == 1
    assert len(entries(conn, "course_enrollments")) == 20


# -- Who may read it, and who may not write it -----------------------------------------------------


def test_managers_read_it_and_others_see_an_empty_one(
    conn: psycopg.Connection, world: World
) -> None:
    marta, sam = world.mentor("Marta"), world.student("Sam")
    world.session(mentor=marta)
    seen = {}
    for who in (world.superadmin(), world.admin(), world.enrollment_manager(), marta, sam):
        with as_user(conn, who):
            row = conn.execute("select count(*) from public.audit_log").fetchone()
            assert row is not None
            seen[who] = row[0] > 0
    assert list(seen.values()) == [True, True, True, False, False]


@pytest.mark.parametrize(
    "statement",
    ["update public.audit_log set actor_id = null", "delete from public.audit_log"],
)
def test_not_even_its_owner_changes_it_by_mistake(
    conn: psycopg.Connection, world: World, statement: str
) -> None:
    world.session()
    with refusal(conn, "42501") as no:
        conn.execute(statement.encode())
    assert no.message == "the audit log is append-only"
    assert entries(conn, "success_sessions")


# -- Seals -----------------------------------------------------------------------------------------


@pytest.fixture
def writer(database: Database) -> Iterator[psycopg.Connection]:
    """A connection that commits what it does."""
    with psycopg.connect(database.url) as connection:
        yield connection


def sealed(database: Database) -> int:
    """Mark what there is, and seal it, unless somebody may still write beneath; how many."""
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute("update private.audit_seals set marked_at = '2000-01-01'")
        rows = [connection.execute("select private.seal_audit_log()").fetchone() for _ in range(2)]
    return sum(row[0] for row in rows if row)


def verified(database: Database, *arguments: object) -> dict[str, Any]:
    """What `verify_audit_log` answers the owner."""
    with psycopg.connect(database.url, row_factory=dict_row) as connection:
        row = connection.execute(
            "select * from public.verify_audit_log(%s, %s, %s)",
            [*arguments, *[None] * (3 - len(arguments))],
        ).fetchone()
    assert row is not None
    return row


@contextmanager
def tampering(database: Database) -> Iterator[psycopg.Connection]:
    """The owner, past the guard."""
    with psycopg.connect(database.url) as connection:
        connection.execute("alter table public.audit_log disable trigger audit_log_append_only")
        yield connection
        connection.execute("alter table public.audit_log enable trigger audit_log_append_only")


def test_sealed_entries_are_found_as_they_were(
    database: Database, writer: psycopg.Connection
) -> None:
    before = sealed(database)
    session = World(writer).session()
    writer.commit()
    assert verified(database)["unsealed_entries"] == 1
    assert sealed(database) == 1
    save(writer, session, title="Changed")
    writer.commit()
    assert sealed(database) == 1
    found = verified(database)
    assert found["is_intact"], found["problem"]
    assert found["sealed_entries"] == before + 2
    assert found["unsealed_entries"] == 0


@pytest.mark.parametrize(
    "forgery",
    [
        "update public.audit_log set actor_id = gen_random_uuid()",
        """update public.audit_log set new = new || '{"title": "Never so"}' where new ? 'title'""",
        "delete from public.audit_log where id = (select min(id) from public.audit_log)",
        "insert into public.audit_log (id, action, table_name, row_key)"
        " select min(id) - 1, 'update', 'courses', '{}'"
        " from public.audit_log where id > 1",
        "update public.audit_log set occurred_at = occurred_at + interval '1 microsecond'",
        "delete from public.audit_log where id = (select max(id) from public.audit_log)",
        "insert into public.audit_log (id, action, table_name, row_key)"
        " values (-1, 'update', 'courses', '{}')",
        "update public.audit_log set id = 0 where id = 101;"
        " update public.audit_log set id = 101 where id = 102;"
        " update public.audit_log set id = 102 where id = 0",
    ],
    ids=[
        "who",
        "what",
        "gone",
        "slipped in",
        "when",
        "the last one gone",
        "slipped in below all",
        "the other way round",
    ],
)
def test_a_forged_log_is_noticed(
    database: Database, writer: psycopg.Connection, forgery: str
) -> None:
    writer.execute("select setval('private.audit_log_id_seq', 100)")
    World(writer).session("As it was")
    writer.commit()
    sealed(database)
    assert verified(database)["is_intact"]
    with tampering(database) as connection:
        assert connection.execute(forgery.encode()).rowcount >= 1
    found = verified(database)
    assert not found["is_intact"]
    assert "not as they were sealed" in found["problem"]


def test_every_field_of_an_entry_counts(conn: psycopg.Connection, world: World) -> None:
    world.session()
    uncounted = conn.execute(
        """
        select field.column_name, count(*)
        from public.audit_log as stored
        cross join information_schema.columns as field
        cross join lateral (
            select jsonb_populate_record(
                stored,
                jsonb_build_object(
                    field.column_name,
                    case field.data_type
                        when 'bigint' then to_jsonb(stored.id + 1)
                        when 'uuid' then to_jsonb(gen_random_uuid())
                        when 'timestamp with time zone' then to_jsonb(now() + interval '1 month')
                        when 'jsonb' then '{"forged": true}'
                        else '"forged"'
                    end
                )
            ) as entry
        ) as forged
        where
            (field.table_schema, field.table_name) = ('public', 'audit_log')
            and private.audit_digest(stored, private.audit_words_digest(stored))
            = private.audit_digest(forged.entry, private.audit_words_digest(forged.entry))
        group by field.column_name
        """
    ).fetchall()
    assert uncounted == []


def test_every_field_of_a_seal_counts_that_is_compared(conn: psycopg.Connection) -> None:
    uncounted = conn.execute(
        """
        select forgery.field
        from (
            values
                ('id', '7'),
                ('through_id', '70'),
                ('entries', '3'),
                ('first_at', '"2030-01-01T00:00:01Z"'),
                ('last_at', '"2030-01-02T00:00:01Z"'),
                ('content_hash', '"\\\\x02"')
        ) as forgery (field, value)
        cross join lateral (
            select jsonb_build_object(
                'id', 6,
                'through_id', 60,
                'entries', 2,
                'first_at', '2030-01-01T00:00:00Z',
                'last_at', '2030-01-02T00:00:00Z',
                'content_hash', '\\x01'
            ) as fields
        ) as stored
        cross join lateral (
            select
                jsonb_populate_record(null::private.audit_seals, stored.fields) as seal,
                jsonb_populate_record(
                    null::private.audit_seals,
                    stored.fields || jsonb_build_object(forgery.field, forgery.value::jsonb)
                ) as forged
        ) as compared
        where
            private.audit_seal_hash('\\x00', compared.seal)
            = private.audit_seal_hash('\\x00', compared.forged)
        """
    ).fetchall()
    assert uncounted == []


def test_an_entry_counts_alike_under_every_setting(conn: psycopg.Connection, world: World) -> None:
    world.session()

    def digests() -> list[Any]:
        return conn.execute(
            "select private.audit_digest(entry, private.audit_words_digest(entry))"
            " from public.audit_log as entry order by entry.id"
        ).fetchall()

    usual = digests()
    conn.execute("set local timezone = 'Asia/Kolkata'; set local datestyle = 'German'")
    assert digests() == usual


def test_a_log_whose_end_was_cut_off_with_its_seals_does_not_match_what_was_noted_elsewhere(
    database: Database, writer: psycopg.Connection
) -> None:
    for title in ("One", "Two"):
        World(writer).session(title)
        writer.commit()
        sealed(database)
    noted = verified(database)
    with tampering(database) as connection:
        connection.execute(
            "delete from private.audit_seals"
            " where id = (select max(id) from private.audit_seals where hash is not null)"
        )
        connection.execute(
            "delete from public.audit_log where id > (select max(through_id)"
            " from private.audit_seals where hash is not null)"
        )
    assert verified(database)["is_intact"]
    assert not verified(database, None, noted["last_seal"], noted["last_hash"])["is_intact"]


def test_a_chain_that_was_forged_with_its_entries_does_not_match_what_was_noted_elsewhere(
    database: Database, writer: psycopg.Connection
) -> None:
    world = World(writer)
    world.session("As it was")
    writer.commit()
    sealed(database)
    noted = verified(database)
    with tampering(database) as connection:
        connection.execute("update public.audit_log set actor_id = gen_random_uuid()")
        connection.execute("delete from private.audit_seals")
    sealed(database)
    assert verified(database)["is_intact"]
    known = (None, noted["last_seal"], noted["last_hash"])
    assert not verified(database, *known)["is_intact"]


def test_a_seal_that_was_forged_does_not_follow_from_the_one_before(
    database: Database, writer: psycopg.Connection
) -> None:
    for title in ("One", "Two"):
        World(writer).session(title)
        writer.commit()
        sealed(database)
    with tampering(database) as connection:
        connection.execute(
            "update public.audit_log set new = null, old = null, reason = null where id = ("
            "select max(id) from public.audit_log)"
        )
        connection.execute(
            "update private.audit_seals as seal set content_hash = ("
            "    select content.content_hash from private.audit_content("
            "        (select max(earlier.through_id) from private.audit_seals as earlier"
            "         where earlier.id < seal.id), seal.through_id) as content)"
            " where id = (select max(id) from private.audit_seals where hash is not null)"
        )
    assert "does not follow" in verified(database)["problem"]


def test_an_entry_whose_writer_is_not_through_is_not_sealed_past(
    database: Database, writer: psycopg.Connection
) -> None:
    """The number is drawn, the row not yet committed, and later ones are."""
    World(writer).session("Slow")
    with psycopg.connect(database.url) as other:
        World(other).session("Quick")
    assert sealed(database) == 0
    assert verified(database)["unsealed_entries"] > 0
    writer.commit()
    assert sealed(database) >= 2
    assert verified(database)["is_intact"]


def sealed_past_a_drawn_number(database: Database) -> bool:
    """Draw a number, let everybody seal what they can, and only then write the entry."""
    with psycopg.connect(database.url) as writer, psycopg.connect(database.url) as other:
        # The first of 32 numbers is logged, for which the transaction gets its id in any case.
        other.execute("select nextval('private.audit_log_id_seq')")
        other.commit()
        number = writer.execute("select private.next_audit_id()").fetchone()
        assert number is not None
        World(other).session()
        other.commit()
        sealed(database)
        writer.execute(
            "insert into public.audit_log (id, action, table_name, row_key)"
            " values (%s, 'update', 'courses', '{}')",
            number,
        )
        writer.commit()
    sealed(database)
    return not verified(database)["is_intact"]


def test_a_number_that_is_drawn_and_not_yet_written_is_not_sealed_past(
    database: Database,
) -> None:
    assert not sealed_past_a_drawn_number(database)


def test_without_its_transaction_id_a_drawn_number_would_be_sealed_past(
    database: Database,
) -> None:
    with psycopg.connect(database.url) as connection:
        connection.execute(
            "create or replace function private.next_audit_id() returns bigint language sql"
            " set search_path = pg_catalog, pg_temp"
            " return nextval('private.audit_log_id_seq')"
        )
    assert sealed_past_a_drawn_number(database)


def test_a_transaction_that_has_written_already_cannot_mark(conn: psycopg.Connection) -> None:
    """Its id would not be beyond those of everybody who has drawn a number."""
    World(conn).session()
    conn.execute("select private.seal_audit_log()")
    assert conn.execute("select from private.audit_seals").fetchall() == []


def test_a_mark_of_another_cluster_is_forgotten_after_a_restore(
    database: Database, writer: psycopg.Connection
) -> None:
    World(writer).session()
    writer.execute(
        "insert into private.audit_seals (through_id, marked_by)"
        " values (1, (pg_current_xact_id()::text::numeric + 1000000)::text::xid8)"
    )
    writer.commit()
    assert sealed(database) >= 1
    assert verified(database)["is_intact"]


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
def test_a_snapshot_that_may_be_old_cannot_seal(conn: psycopg.Connection, level: str) -> None:
    conn.execute(f"set transaction isolation level {level}".encode())
    with refusal(conn, "25001"):
        conn.execute("select private.seal_audit_log()")


def test_writers_at_once_wait_for_nobody(database: Database, writer: psycopg.Connection) -> None:
    """Neither for one another's entries nor for a seal."""
    admin = World(writer).admin()
    writer.commit()
    act_as(writer, admin)
    create(writer)
    with psycopg.connect(database.url) as other:
        other.execute("set lock_timeout = '1s'")
        other.execute("select private.seal_audit_log()")
        act_as(other, admin)
        create(other, title="Meanwhile")


def test_only_one_seals_at_a_time(database: Database, writer: psycopg.Connection) -> None:
    World(writer).session()
    writer.commit()
    writer.execute("select pg_advisory_xact_lock('public.audit_log'::regclass::integer, 2)")
    assert sealed(database) == 0
    assert writer.execute("select from private.audit_seals").fetchall() == []
    writer.commit()
    assert sealed(database) > 0


def test_much_is_sealed_lot_by_lot_and_no_lot_waits_a_minute(
    database: Database, writer: psycopg.Connection
) -> None:
    World(writer).session()
    writer.commit()
    sealed(database)
    reached = (
        "select max(through_id), max(through_id) filter (where hash is not null)"
        " from private.audit_seals"
    )
    (through, _) = writer.execute(reached).fetchone() or (0, 0)
    writer.execute("update private.audit_seals set marked_at = clock_timestamp()")
    writer.execute("select setval('private.audit_log_id_seq', %s)", (through + 45_000,))
    writer.commit()
    lots = []
    with psycopg.connect(database.url, autocommit=True) as clock:
        for _ in range(4):
            clock.execute("select private.seal_audit_log()")
            lots.append(clock.execute(reached).fetchone())
    one, two = through + 20_000, through + 40_000
    assert lots == [(one, through), (two, one), (two, two), (two, two)]


def test_since_an_instant_every_seal_is_compared_that_reaches_it(
    database: Database, writer: psycopg.Connection
) -> None:
    first, hour = datetime.now(UTC), timedelta(hours=1)
    sealed(database)
    for at in (first, first + hour):
        write(writer, at)
    writer.commit()
    assert sealed(database) == 2
    with tampering(database) as connection:
        connection.execute(
            "update public.audit_log set actor_id = gen_random_uuid() where occurred_at = %s",
            (first + hour,),
        )
    intact = {
        since: verified(database, first + since)["is_intact"]
        for since in (hour / 2, hour, 2 * hour)
    }
    assert intact == {hour / 2: False, hour: False, 2 * hour: True}


def test_a_mark_is_no_seal_that_could_be_known(
    database: Database, writer: psycopg.Connection
) -> None:
    World(writer).session()
    writer.commit()
    writer.execute("select private.seal_audit_log()")
    (mark,) = writer.execute("select max(id) from private.audit_seals").fetchone() or (None,)
    writer.commit()
    assert verified(database, None, mark, "00")["problem"] == f"seal {mark} is missing"


def test_a_known_hash_may_be_written_in_capitals(
    database: Database, writer: psycopg.Connection
) -> None:
    World(writer).session()
    writer.commit()
    sealed(database)
    noted = verified(database)
    known = (None, noted["last_seal"], noted["last_hash"].upper())
    assert verified(database, *known)["is_intact"]


def test_one_of_known_seal_and_known_hash_alone_is_refused(
    conn: psycopg.Connection, world: World
) -> None:
    with as_user(conn, world.admin()):
        with refusal(conn, "22023") as no:
            conn.execute("select public.verify_audit_log(known_seal => 1)")
        assert no.message == "known_seal and known_hash belong together"
        row = conn.execute("select (public.verify_audit_log()).is_intact").fetchone()
    assert row == (True,)


@pytest.mark.parametrize("who", ["mentor", "student"])
def test_only_managers_verify(conn: psycopg.Connection, world: World, who: str) -> None:
    with as_user(conn, world.user("Somebody", who)), refusal(conn, "42501"):
        conn.execute("select public.verify_audit_log()")


# -- Months ----------------------------------------------------------------------------------------


def partitions(conn: psycopg.Connection) -> list[str]:
    rows = conn.execute(
        "select relname::text from pg_inherits inner join pg_class on pg_class.oid = inhrelid"
        " where inhparent = 'public.audit_log'::regclass order by 1"
    )
    return [row[0] for row in rows]


def keep(conn: psycopg.Connection, at: datetime) -> None:
    conn.execute("select private.keep_audit_partitions(%s)", (at,))


def write(conn: psycopg.Connection, at: datetime) -> None:
    conn.execute(
        "insert into public.audit_log (occurred_at, action, table_name, row_key)"
        " values (%s, 'update', 'courses', '{}')",
        (at,),
    )


def test_a_month_that_is_made_is_as_closed_as_the_log(conn: psycopg.Connection) -> None:
    keep(conn, datetime(2031, 11, 20, tzinfo=UTC))
    opened = conn.execute(
        "select relname::text from pg_class inner join pg_inherits on oid = inhrelid"
        " where inhparent = 'public.audit_log'::regclass and not relrowsecurity"
    ).fetchall()
    assert opened == []


def test_only_one_makes_months_at_a_time(database: Database, writer: psycopg.Connection) -> None:
    writer.execute("select pg_advisory_xact_lock('public.audit_log'::regclass::integer, 1)")
    with psycopg.connect(database.url, autocommit=True) as clock:
        keep(clock, datetime(2031, 11, 20, tzinfo=UTC))
        assert "audit_log_2031_11" not in partitions(clock)
        writer.commit()
        keep(clock, datetime(2031, 11, 20, tzinfo=UTC))
        assert "audit_log_2031_11" in partitions(clock)


def test_months_are_made_ahead(conn: psycopg.Connection) -> None:
    keep(conn, datetime(2031, 11, 20, tzinfo=UTC))
    assert {"audit_log_2031_11", "audit_log_2031_12", "audit_log_2032_01"} <= set(partitions(conn))
    keep(conn, datetime(2031, 12, 1, tzinfo=UTC))
    assert "audit_log_2032_02" in partitions(conn)


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin"])
def test_months_are_those_of_utc_whatever_the_servers_zone(
    conn: psycopg.Connection, zone: str
) -> None:
    conn.execute("select set_config('timezone', %s, true)", (zone,))
    for month in range(1, 13):
        keep(conn, datetime(2031, month, 1, tzinfo=UTC))
        for day in (1, 28):
            write(conn, datetime(2031, month, day, 0, 30, tzinfo=UTC))
    rows = conn.execute(
        "select distinct tableoid::regclass::text from public.audit_log"
        " where table_name = 'courses' and occurred_at > '2031-01-01' order by 1"
    ).fetchall()
    assert rows == [(f"private.audit_log_2031_{month:02}",) for month in range(1, 13)]


def test_what_found_no_month_is_sorted_in_later(conn: psycopg.Connection) -> None:
    at = datetime(2035, 5, 17, tzinfo=UTC)
    write(conn, at)
    write(conn, at - timedelta(days=60))
    keep(conn, at)
    rows = conn.execute(
        "select tableoid::regclass::text from public.audit_log where table_name = 'courses'"
        " and occurred_at > '2035-01-01' order by id"
    ).fetchall()
    assert rows == [("private.audit_log_2035_05",), ("private.audit_log_2035_03",)]
    write(conn, datetime(2040, 1, 1, tzinfo=UTC))
    assert partitions(conn)[-1] == "audit_log_default"


def test_months_beyond_retention_are_dropped_and_their_seals_stay(
    database: Database, writer: psycopg.Connection
) -> None:
    now = datetime.now(UTC)
    long_ago = now - timedelta(days=1200)
    # As the clock would have made it then.
    keep(writer, long_ago)
    write(writer, long_ago)
    writer.commit()
    sealed(database)
    World(writer).session()
    writer.commit()
    sealed(database)
    keep(writer, now)
    writer.commit()
    assert f"audit_log_{long_ago:%Y_%m}" not in partitions(writer)
    assert f"audit_log_{now:%Y_%m}" in partitions(writer)
    found = verified(database)
    assert found["is_intact"], found["problem"]
    assert (found["dropped_seals"], found["sealed_entries"] > 0) == (1, True)


def test_what_was_sealed_before_a_dropped_month_is_not_slipped_in(
    database: Database, writer: psycopg.Connection
) -> None:
    """As entries of a clock that was set back are sealed after later ones."""
    now = datetime.now(UTC)
    long_ago = now - timedelta(days=1200)
    keep(writer, long_ago)
    for at in (now, long_ago):
        write(writer, at)
        writer.commit()
        assert sealed(database) >= 1
    keep(writer, now)
    writer.commit()
    found = verified(database)
    assert (found["problem"], found["dropped_seals"]) == (None, 1)


@pytest.mark.parametrize(
    ("forgery", "problem"),
    [
        (
            "update private.audit_seals set first_at = '2001-01-01';"
            " update public.audit_log set actor_id = gen_random_uuid()",
            "does not follow",
        ),
        (
            "update public.audit_log set occurred_at = now(), id = 1"
            " where id = (select max(id) from public.audit_log)",
            "later than what was sealed",
        ),
    ],
    ids=["passed off as dropped", "slipped in among the dropped"],
)
def test_what_is_not_dropped_hides_behind_nothing_that_is(
    database: Database, writer: psycopg.Connection, forgery: str, problem: str
) -> None:
    now = datetime.now(UTC)
    long_ago = now - timedelta(days=1200)
    keep(writer, long_ago)
    write(writer, long_ago)
    writer.commit()
    sealed(database)
    keep(writer, now)
    World(writer).session()
    writer.commit()
    assert verified(database)["is_intact"]
    with tampering(database) as connection:
        connection.execute(forgery.encode())
    assert problem in (verified(database)["problem"] or "")


def test_digests_of_what_was_erased_leave_with_their_month(
    database: Database, writer: psycopg.Connection
) -> None:
    """What somebody wrote could be guessed by them, and they would be kept for good."""
    now = datetime.now(UTC)
    long_ago = now - timedelta(days=1200)
    keep(writer, long_ago)
    for at in (long_ago, now):
        write(writer, at)
    writer.execute("update public.audit_log set reason = null where table_name = 'courses'")
    digests = "select count(*) from private.audit_redactions"
    assert writer.execute(digests).fetchone() == (2,)
    writer.commit()
    sealed(database)
    keep(writer, now)
    assert writer.execute(digests).fetchone() == (1,)
    writer.commit()
    found = verified(database)
    assert found["is_intact"], found["problem"]


def test_what_occurs_in_a_months_first_instant_is_kept_with_it(
    database: Database, writer: psycopg.Connection
) -> None:
    """Whatever the zone of whoever verifies: west of Greenwich it would seem to be dropped."""
    writer.execute(f"alter database {database.name} set timezone = 'America/New_York'".encode())
    first = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    keep(writer, first)
    write(writer, first)
    writer.commit()
    assert sealed(database) >= 1
    assert verified(database)["dropped_seals"] == 0


def test_the_setting_says_how_long(conn: psycopg.Connection) -> None:
    at = datetime(2031, 11, 20, tzinfo=UTC)
    keep(conn, at)
    conn.execute("update public.app_settings set audit_retention_months = 120")
    keep(conn, at + timedelta(days=365 * 3))
    assert "audit_log_2031_11" in partitions(conn)
    conn.execute("update public.app_settings set audit_retention_months = 12")
    keep(conn, datetime(2032, 11, 30, tzinfo=UTC))
    assert "audit_log_2031_11" in partitions(conn)
    keep(conn, datetime(2032, 12, 1, tzinfo=UTC))
    assert "audit_log_2031_11" not in partitions(conn)


def test_an_old_month_that_is_being_read_is_dropped_later(
    database: Database, writer: psycopg.Connection
) -> None:
    now = datetime.now(UTC)
    long_ago = now - timedelta(days=1200)
    keep(writer, long_ago)
    writer.commit()
    writer.execute("select from public.audit_log")
    with psycopg.connect(database.url, autocommit=True) as clock:
        clock.execute("set statement_timeout = '10s'")
        keep(clock, now)
        assert f"audit_log_{long_ago:%Y_%m}" in partitions(clock)
        writer.commit()
        keep(clock, now)
        assert f"audit_log_{long_ago:%Y_%m}" not in partitions(clock)


def test_the_clock_keeps_months_and_seals(database: Database, writer: psycopg.Connection) -> None:
    World(writer).session()
    writer.commit()
    with psycopg.connect(database.url, autocommit=True) as clock:
        clock.execute("select notifier.tick()")
        clock.execute("select notifier.tick()")
    assert verified(database)["sealed_entries"] > 0


@pytest.fixture
def erased(database: Database, writer: psycopg.Connection) -> UUID:
    """A session of which what the log said was sealed, and then erased."""
    session = World(writer).session("Mentoring with Sam")
    writer.commit()
    sealed(database)
    writer.execute(
        "update public.audit_log set old = null, new = null, reason = null where session_id = %s",
        (session,),
    )
    writer.commit()
    return session


def test_what_is_erased_loses_its_reason_too_and_may_be_erased_again(
    database: Database, writer: psycopg.Connection
) -> None:
    save(writer, World(writer).session(), status="cancelled", cancel_reason="Sam is ill.")
    writer.commit()
    sealed(database)
    erase = "update public.audit_log set old = null, new = null{} where reason is not null"
    with refusal(writer, "42501"):
        writer.execute(erase.format("").encode())
    writer.execute(erase.format(", reason = null").encode())
    writer.execute("update public.audit_log set reason = null where old is null and new is null")
    writer.commit()
    found = verified(database)
    assert (found["problem"], found["redacted_entries"]) == (None, 1)


def test_an_erased_entry_is_known_to_be_erased(database: Database, erased: UUID) -> None:
    found = verified(database)
    assert (found["is_intact"], found["redacted_entries"]) == (True, 1)


@pytest.mark.parametrize(
    "forgery",
    [
        """set new = '{"title": "Forged"}'""",
        "set reason = 'Forged'",
        "set actor_id = gen_random_uuid()",
        "set occurred_at = occurred_at + interval '1 microsecond'",
        "set action = 'update'",
        "set row_key = '{}'",
    ],
    ids=["what", "why", "who", "when", "what was done", "to which row"],
)
def test_a_forged_entry_is_noticed_though_it_was_erased(
    database: Database, erased: UUID, forgery: str
) -> None:
    with tampering(database) as connection:
        changed = connection.execute(
            f"update public.audit_log {forgery} where session_id = %s".encode(), (erased,)
        )
        assert changed.rowcount == 1
    assert not verified(database)["is_intact"]
