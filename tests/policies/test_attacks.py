"""What somebody would try who knows how Postgres works, and what comes of it: nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql

from devstack.databases import Database
from support.academy import MANAGERS, SESSIONS, SIGNED_IN, Academy, secrets_of
from support.outbox import change

EVIL = {
    "link": "https://evil.test/1?pwd=evil",
    "backup_link": "https://evil.test/2?pwd=evil",
    "zoom_passcode": "evil",
    "platform_data": '{"host_link": "https://evil.test/3"}',
}


@pytest.fixture
def academy(unprepared_academy: Academy) -> Academy:
    """Where functions are compiled under the attacker's eyes, as on a new connection."""
    return unprepared_academy


def vault(academy: Academy, session: UUID) -> dict[str, str]:
    """The stored secrets of a session, as the database's owner reads them."""
    rows = academy.conn.execute(
        "select split_part(name, '/', 3), decrypted_secret from vault.decrypted_secrets"
        " where name like %s",
        (f"success_sessions/{session}/%",),
    ).fetchall()
    return dict(rows)


def everything_said(error: psycopg.Error) -> str:
    """All that an error tells its caller and the server's log."""
    diag = error.diag
    return "\n".join(
        part or ""
        for part in (diag.message_primary, diag.message_detail, diag.message_hint, diag.context)
    )


# -- Overwriting the secrets of somebody else's session --------------------------------------------

UPSERTS = {
    "do update everything": "on conflict (id) do update set title = excluded.title,"
    " link = excluded.link, backup_link = excluded.backup_link,"
    " zoom_passcode = excluded.zoom_passcode, platform_data = excluded.platform_data",
    "do update the passcode": "on conflict (id) do update"
    " set zoom_passcode = excluded.zoom_passcode",
    "take the session over": "on conflict (id) do update set mentor_id = excluded.mentor_id",
    "do update nobody": "on conflict (id) do update set title = excluded.title where false",
    "do nothing": "on conflict do nothing",
    "on another constraint": "on conflict on constraint success_sessions_pkey do nothing",
    "nothing said about conflicts": "",
}


def upsert(academy: Academy, who: str, session: UUID, conflict: str) -> int:
    """Insert a session with somebody else's id, hosted by the attacker where they are a mentor."""
    insert = """
        insert into public.success_sessions (
            id, title, start_time, mentor_id, link, backup_link, zoom_passcode, platform_data
        )
        values (
            %(id)s, 'stolen', now() + interval '9 days', %(mentor)s,
            %(link)s, %(backup_link)s, %(zoom_passcode)s, %(platform_data)s
        )
    """
    return academy.conn.execute(
        (insert + conflict).encode(),
        {"id": session, "mentor": academy.people[who], **EVIL},
    ).rowcount


@pytest.mark.parametrize("who", ["other_mentor", "student", "nobody", "revoked_mentor"])
@pytest.mark.parametrize("conflict", UPSERTS)
def test_an_upsert_takes_nothing_from_another_mentors_session(
    academy: Academy, who: str, conflict: str
) -> None:
    session = academy.sessions["batch"]
    query = "select * from public.success_sessions where id = %s"
    before = academy.conn.execute(query, (session,)).fetchone()
    with academy.acting(who):
        try:
            with academy.conn.transaction():
                said = f"wrote {upsert(academy, who, session, UPSERTS[conflict])}"
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.UniqueViolation) as error:
            said = everything_said(error)
    assert "wrote 1" not in said
    assert "SECRET" not in said
    assert "evil" not in said
    assert academy.conn.execute(query, (session,)).fetchone() == before
    assert vault(academy, session) == secrets_of("batch")


@pytest.mark.parametrize("who", ["host", "superadmin"])
def test_the_same_upsert_by_whoever_may_changes_the_secrets(academy: Academy, who: str) -> None:
    session = academy.sessions["batch"]
    academy.conn.execute(
        "insert into public.user_roles values (%s, 'mentor') on conflict do nothing",
        (academy.people[who],),
    )
    with academy.acting(who):
        assert upsert(academy, who, session, UPSERTS["do update everything"]) == 1
    assert vault(academy, session) == {
        "link": EVIL["link"],
        "backup_link": EVIL["backup_link"],
        "zoom_passcode": "evil",
        "host_link": "https://evil.test/3",
    }


def test_a_merge_takes_nothing_either(academy: Academy) -> None:
    session = academy.sessions["batch"]
    with (
        academy.acting("other_mentor"),
        pytest.raises(psycopg.errors.UniqueViolation) as refused,
        academy.conn.transaction(),
    ):
        academy.conn.execute(
            """
            merge into public.success_sessions as session
            using (values (%(id)s::uuid)) as wanted (id) on session.id = wanted.id
            when matched then update set zoom_passcode = 'evil'
            when not matched then
                insert (id, title, start_time, mentor_id, link, zoom_passcode)
                values (wanted.id, 'stolen', now() + interval '9 days', auth.uid(),
                    'https://evil.test/1?pwd=evil', 'evil')
            """,
            {"id": session},
        )
    assert "SECRET" not in everything_said(refused.value)
    assert vault(academy, session) == secrets_of("batch")


def test_the_key_of_the_own_session_cannot_become_that_of_another(academy: Academy) -> None:
    def change_to(key: UUID) -> str:
        with (
            academy.acting("other_mentor"),
            pytest.raises(psycopg.errors.InvalidParameterValue) as refused,
            academy.conn.transaction(),
        ):
            academy.conn.execute(
                "update public.success_sessions set id = %s where id = %s",
                (key, academy.sessions["other_batch"]),
            )
        return everything_said(refused.value)

    # Nor does the answer tell whether there is such a session.
    assert change_to(academy.sessions["batch"]) == change_to(uuid4())


# -- Reading secrets where they should not be ------------------------------------------------------


@pytest.mark.parametrize("who", ["student", "participant", "host", *MANAGERS, "service_role"])
def test_no_row_that_anybody_reads_holds_a_secret(academy: Academy, who: str) -> None:
    with academy.acting(who):
        rows = academy.conn.execute(
            "select to_jsonb(session)::text from public.success_sessions as session"
        ).fetchall()
        if who != "service_role":
            rows += academy.conn.execute(
                "select to_jsonb(entry)::text"
                " from public.segmented_weekly_success_sessions as entry"
            ).fetchall()
    assert rows
    assert "SECRET" not in str(rows)


@pytest.fixture
def own_link(academy: Academy) -> str:
    """The participant's own link into the batch's session, whose meeting a platform has made."""
    session, link = academy.sessions["batch"], "https://zoom.us/w/1?tk=SECRET-own-link"
    academy.conn.execute(
        """
        with
        account as (
            insert into public.meeting_accounts (platform, name) values ('zoom', 'maker')
            returning id
        ),
        meeting as (
            insert into public.session_meetings
            (session_id, platform, meeting_account_id, external_id, link, done_revision)
            select session.id, 'zoom', account.id, '123456789', session.link, 1
            from public.success_sessions as session, account
            where session.id = %(session)s
            returning id
        ),
        issued as (
            insert into private.personal_links (meeting_id, user_id)
            select id, %(user)s from meeting
            returning meeting_id, user_id
        )
        select vault.create_secret(%(link)s, format('personal_links/%%s/%%s', meeting_id, user_id))
        from issued
        """,
        {"session": session, "user": academy.people["participant"], "link": link},
    )
    return link


@pytest.mark.parametrize("who", SIGNED_IN)
def test_a_link_of_ones_own_is_shown_to_nobody_else(
    academy: Academy, own_link: str, who: str
) -> None:
    relations = academy.conn.execute(
        "select oid::regclass::text from pg_class"
        " where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v')"
        " and has_table_privilege('authenticated', oid, 'select')"
    ).fetchall()
    questions = [
        f"select to_jsonb(row)::text from {name} as row"  # noqa: S608, names of the catalog
        for (name,) in relations
    ]
    session = academy.sessions["batch"]
    questions += [
        f"select public.{function}('{session}')::text"
        for function in ("join_session", "session_credentials", "session_roster", "session_ics")
    ]
    questions.append(f"select public.personal_link('{session}', auth.uid())::text")
    said = ""
    with academy.acting(who):
        for question in questions:
            try:
                with academy.conn.transaction():
                    said += str(academy.conn.execute(question.encode()).fetchall())
            except psycopg.Error as refusal:
                said += everything_said(refusal)
    assert ("SECRET-own-link" in said) == (who == "participant")
    assert own_link in said if who == "participant" else own_link not in said


@pytest.mark.parametrize("who", ["student", "participant", "host", *MANAGERS])
def test_no_calendar_holds_a_secret_or_an_address(academy: Academy, who: str) -> None:
    with academy.acting(who):
        calendars = academy.conn.execute(
            """
            select public.calendar_feed(public.create_calendar_feed())
            union all
            select public.session_ics(session.id) from public.success_sessions as session
            """
        ).fetchall()
    assert len(calendars) > 1
    assert all("SUMMARY:" in calendar for (calendar,) in calendars)
    assert "SECRET" not in str(calendars)
    assert "zoom.us" not in str(calendars)
    assert "@example" not in str(calendars)


@pytest.mark.parametrize("who", ["host", "enrollment_manager", "service_role"])
def test_returning_gives_no_secret_back(academy: Academy, who: str) -> None:
    with academy.acting(who):
        inserted = academy.conn.execute(
            """
            insert into public.success_sessions
            (title, start_time, mentor_id, link, backup_link, zoom_passcode, platform_data)
            values (
                'New', now() + interval '9 days', %s, 'https://x.test/1?pwd=SECRET',
                'https://x.test/2?pwd=SECRET', 'SECRET', '{"host_link": "https://x.test/SECRET"}'
            )
            returning to_jsonb(success_sessions)::text
            """,
            (academy.people["host"],),
        ).fetchall()
        updated = academy.conn.execute(
            """
            update public.success_sessions
            set zoom_passcode = 'SECRET', link = 'https://x.test/3?pwd=SECRET',
                platform_data = '{"host_link": "https://x.test/SECRET"}'
            where id = %s
            returning to_jsonb(success_sessions)::text
            """,
            (academy.sessions["batch"],),
        ).fetchall()
    assert (len(inserted), len(updated)) == (1, 1)
    assert "SECRET" not in str(inserted + updated)


def test_a_student_gets_the_passcode_but_never_the_hosts_link(academy: Academy) -> None:
    with academy.acting("student"):
        details = academy.conn.execute(
            "select to_jsonb(public.join_session(%s))::text", (academy.sessions["batch"],)
        ).fetchone()
    assert "SECRET-passcode-of-batch" in str(details)
    assert "SECRET-link-of-batch" in str(details)
    assert "SECRET-host-link" not in str(details)
    with academy.acting("host"):
        details = academy.conn.execute(
            "select to_jsonb(public.session_credentials(%s))::text", (academy.sessions["batch"],)
        ).fetchone()
    assert "SECRET-host-link-of-batch" in str(details)


def test_every_reveal_is_written_down_and_no_refusal_is(academy: Academy) -> None:
    session = academy.sessions["batch"]
    for who, function in (
        ("student", "join_session"),
        ("host", "session_credentials"),
        ("admin", "session_credentials"),
    ):
        with academy.acting(who):
            academy.conn.execute(f"select public.{function}(%s)".encode(), (session,))
    for who, function in (("other_batch", "join_session"), ("student", "session_credentials")):
        with academy.acting(who), pytest.raises(psycopg.Error), academy.conn.transaction():
            academy.conn.execute(f"select public.{function}(%s)".encode(), (session,))
    log = academy.conn.execute(
        "select actor_id, action, session_id from public.audit_log"
        " where action in ('join_session', 'session_credentials') order by id"
    ).fetchall()
    assert log == [
        (academy.people["student"], "join_session", session),
        (academy.people["host"], "session_credentials", session),
        (academy.people["admin"], "session_credentials", session),
    ]


# -- Learning of sessions that one does not see ----------------------------------------------------


def refusal_of(academy: Academy, who: str, **columns: object) -> tuple[str | None, str]:
    """What somebody is told who inserts a session."""
    values = {
        "title": "x",
        "link": "https://x.test/1",
        "start_time": "now",
        "mentor_id": None,
        "course_id": None,
        "timezone": "UTC",
    } | columns
    with (
        academy.acting(who),
        pytest.raises(psycopg.Error) as refused,
        academy.conn.transaction(),
    ):
        academy.conn.execute(
            """
            insert into public.success_sessions
            (title, link, start_time, mentor_id, course_id, timezone)
            values (
                %(title)s, %(link)s, %(start_time)s, %(mentor_id)s, %(course_id)s, %(timezone)s
            )
            """,
            values,
        )
    return refused.value.sqlstate, everything_said(refused.value)


@pytest.mark.parametrize("who", ["nobody", "student", "other_mentor"])
def test_double_booking_tells_a_stranger_nothing_of_a_mentors_calendar(
    academy: Academy, who: str
) -> None:
    """Triggers run before the policy: the clash was named, with title and times, to anybody."""
    host = academy.people["host"]
    busy = refusal_of(academy, who, mentor_id=host, start_time="now")
    free = refusal_of(academy, who, mentor_id=host, start_time="2035-01-01T10:00Z")
    no_mentor = refusal_of(academy, who, mentor_id=academy.people["withdrawn"])
    assert busy == free == no_mentor
    assert busy[0] == "42501"
    # The control: whoever may see the other session is told of it.
    for insider in ("host", "enrollment_manager"):
        state, said = refusal_of(academy, insider, mentor_id=host, start_time="now")
        assert (state, "clash with 'batch'" in said) == ("23P01", True)


def test_nothing_that_a_host_may_not_change_is_looked_up(academy: Academy) -> None:
    """Who is a mentor, and which courses and batches there are, was told by the refusal."""

    def refusals(who: str) -> set[tuple[str | None, str]]:
        told = set()
        for column, value in (
            ("mentor_id", academy.people["other_mentor"]),
            ("mentor_id", academy.people["student"]),
            ("course_id", uuid4()),
            ("batch_id", None),
            ("batch_id", uuid4()),
        ):
            with academy.acting(who), academy.undone():
                try:
                    change(academy.conn, academy.sessions["batch"], **{column: value})
                except psycopg.Error as refused:
                    told.add((refused.sqlstate, refused.diag.message_primary or ""))
        return told

    assert refusals("host") == {
        (
            "42501",
            "mentor_id, course_id and batch_id of an existing session can be changed by managers"
            " only",
        )
    }
    assert "22023" in {state for state, _ in refusals("enrollment_manager")}  # the control


def test_nothing_that_a_refused_insert_names_is_looked_up(academy: Academy) -> None:
    """Neither courses nor zones nor anything else: the refusal comes first and is one and same."""
    refusals = {
        refusal_of(academy, "student"),
        refusal_of(academy, "student", course_id=academy.course),
        refusal_of(academy, "student", course_id=uuid4()),
        refusal_of(academy, "student", timezone="Nowhere/Land"),
        refusal_of(academy, "student", title=" ", link="javascript:alert(1)"),
    }
    assert len(refusals) == 1
    assert refusal_of(academy, "admin", timezone="Nowhere/Land")[0] == "22023"


@contextmanager
def peeking(academy: Academy) -> Iterator[list[str]]:
    """A function `pg_temp.peek(text)`, cheap and honest about it, that tells all it is shown."""
    seen: list[str] = []

    def note(diagnostic: psycopg.errors.Diagnostic) -> None:
        if diagnostic.message_primary and diagnostic.message_primary.startswith("peeked at "):
            seen.append(diagnostic.message_primary.removeprefix("peeked at "))

    academy.conn.execute(
        """
        create or replace function pg_temp.peek(title text) returns boolean
        language plpgsql cost 0.0000001 as $$
        begin
            raise notice 'peeked at %', title;
            return true;
        end
        $$
        """
    )
    academy.conn.add_notice_handler(note)
    yield seen
    academy.conn.remove_notice_handler(note)


@pytest.mark.parametrize(
    "relation", ["public.success_sessions", "public.segmented_weekly_success_sessions"]
)
def test_a_function_in_the_condition_is_shown_visible_rows_only(
    academy: Academy, relation: str
) -> None:
    query = f"select from {relation} where pg_temp.peek(title)".encode()
    with peeking(academy) as seen, academy.acting("other_batch"):
        academy.conn.execute(query)
        assert set(seen) == {"other_batch"}
    with academy.acting("superadmin"):
        academy.conn.execute(
            "create or replace function pg_temp.count_only(title text) returns boolean"
            " language sql return true"
        )
        shown = academy.conn.execute(query.replace(b"peek", b"count_only")).rowcount
    assert shown == len(SESSIONS) - (relation != "public.success_sessions")


def test_plans_and_statistics_show_nothing_of_invisible_rows(academy: Academy) -> None:
    academy.conn.execute("analyze public.success_sessions")
    statistics = (
        "select attname, most_common_vals, histogram_bounds from pg_catalog.pg_stats"
        " where schemaname = 'public' and tablename = 'success_sessions'"
    )
    assert "orphaned" in str(academy.conn.execute(statistics).fetchall())
    with academy.acting("other_batch"):
        assert academy.conn.execute(statistics).fetchall() == []
        for relation in ("success_sessions", "segmented_weekly_success_sessions"):
            explain = sql.SQL("explain (analyze, verbose, buffers) select * from {} order by title")
            plan = str(
                academy.conn.execute(explain.format(sql.Identifier("public", relation))).fetchall()
            )
            assert "Filter" in plan
            assert not any(name in plan for name in ("orphaned", "guests", "SECRET"))


@pytest.mark.parametrize("strength", ["update", "no key update", "share", "key share"])
def test_a_student_cannot_lock_a_session_against_its_managers(
    academy: Academy, strength: str
) -> None:
    query = f"select from public.success_sessions where id = %s for {strength}".encode()
    session = (academy.sessions["batch"],)
    with academy.acting("student"):
        assert academy.conn.execute(query, session).rowcount == 0
    with academy.acting("host"):
        assert academy.conn.execute(query, session).rowcount == 1


def test_policies_cannot_be_switched_off(academy: Academy) -> None:
    with academy.acting("nobody"):
        academy.conn.execute("set local row_security = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege), academy.conn.transaction():
            academy.conn.execute("select from public.success_sessions")
        academy.conn.execute("set local row_security = on")


# -- Writing without reading -----------------------------------------------------------------------

BLIND: dict[str, dict[str, int]] = {
    "update public.success_sessions set title = 'x' where true": {
        "host": 3,
        "other_mentor": 1,
        **dict.fromkeys(MANAGERS, len(SESSIONS)),
    },
    "delete from public.success_sessions where true": {},
    "delete from public.session_participants where true": {
        "host": 1,
        **dict.fromkeys(MANAGERS, 2),
    },
    "update public.course_enrollments set status = 'active' where true": dict.fromkeys(MANAGERS, 6),
    "delete from public.course_enrollments where true": {"superadmin": 6},
    "update public.courses set name = 'x' where true": dict.fromkeys(MANAGERS, 2),
    "delete from public.courses where true": {},
    "update public.batches set name = 'x' where true": dict.fromkeys(MANAGERS, 3),
    "delete from public.batches where true": {},
    "update public.profiles set full_name = 'x' where true": dict.fromkeys(SIGNED_IN, 1),
    "delete from public.user_roles where true": {"superadmin": 12},
    "update public.app_settings set late_after_minutes = 1 where true": {
        "admin": 1,
        "superadmin": 1,
    },
    "update public.meeting_platforms set is_active = false where true": {
        "admin": 6,
        "superadmin": 6,
    },
    "delete from public.meeting_platforms where true": {},
}
"""How many rows each may write with a statement that reads none; whoever is not listed: 0.

The policy for reading has no say in such a statement: the one of its verb must hold alone. Where a
superadmin would be refused for other reasons (sessions that are not over, rows referred to), they
are left out; the matrix has them delete what can be deleted.
"""


@pytest.mark.parametrize("statement", BLIND)
def test_a_statement_that_reads_nothing_writes_no_more(academy: Academy, statement: str) -> None:
    written = {}
    for who in SIGNED_IN:
        if who == "superadmin" and not BLIND[statement]:
            continue
        with academy.undone(), academy.acting(who):
            written[who] = academy.conn.execute(statement.encode()).rowcount
    assert {who: rows for who, rows in written.items() if rows} == BLIND[statement]


# -- What the API does not expose ------------------------------------------------------------------


def closed_relations(conn: psycopg.Connection) -> list[sql.Composed]:
    rows = conn.execute(
        """
        select nspname, relname
        from pg_class inner join pg_namespace on pg_namespace.oid = relnamespace
        where nspname in ('private', 'notifier', 'vault', 'auth')
            and relkind in ('r', 'p', 'v', 'm', 'S')
        order by 1, 2
        """
    ).fetchall()
    return [sql.SQL("{}").format(sql.Identifier(*row)) for row in rows]


@pytest.mark.parametrize("who", ["anon", "student", "superadmin"])
def test_nothing_behind_the_api_can_be_read(academy: Academy, who: str) -> None:
    relations = closed_relations(academy.conn)
    # Tables and sequences of all four schemas are among them.
    assert len(relations) > 15
    read = []
    with academy.acting(who):
        for relation in relations:
            try:
                with academy.conn.transaction():
                    academy.conn.execute(sql.SQL("select from {} limit 1").format(relation))
            except psycopg.errors.InsufficientPrivilege:
                continue
            read.append(relation)
    assert read == []


def test_the_owner_can_read_it(academy: Academy) -> None:
    """The control: it is there, and refused rather than missing."""
    for name in ("private.audit_seals", "notifier.events", "vault.decrypted_secrets", "auth.users"):
        academy.conn.execute(f"select from {name} limit 1".encode())


CLOSED_CALLS = {
    "read a secret": "select private.get_session_secret("
    "'success_sessions', %(session)s, 'zoom_passcode')",
    "write a secret": "select private.set_session_secret("
    "'success_sessions', %(session)s, 'zoom_passcode', 'evil')",
    "open the door oneself": "select private.visible_session(%(session)s)",
    "ask as if one were the owner": "select private.is_owner_login()",
    "list the learners": "select private.session_learners(session)"
    " from public.success_sessions as session",
    "rewrite attendance": "select private.finalize_attendance(%(session)s)",
    "read a feed without its token": "select private.feed_calendar(feed)"
    " from jsonb_populate_record("
    "null::public.calendar_feeds, jsonb_build_object('owner_id', auth.uid())) as feed",
    "find a feed's token": "select from private.calendar_feed_tokens",
    "claim mail": "select notifier.claim_emails('me', 1, '1 min', 'a@b.test', 'https://x.test')",
    "turn the clock": "select notifier.tick()",
    "make a secret": "select vault.create_secret('evil')",
}


@pytest.mark.parametrize("call", CLOSED_CALLS)
def test_nothing_behind_the_api_can_be_called(academy: Academy, call: str) -> None:
    statement, values = CLOSED_CALLS[call].encode(), {"session": academy.sessions["batch"]}
    for who in ("anon", "host", "superadmin"):
        with (
            academy.acting(who),
            pytest.raises(psycopg.errors.InsufficientPrivilege),
            academy.conn.transaction(),
        ):
            academy.conn.execute(statement, values)
    # The control: the call is a good one, for the same user with the owner's privileges.
    with academy.acting("superadmin"):
        academy.conn.execute("reset role")
        academy.conn.execute(statement, values)


def test_the_notifiers_login_reads_no_table_and_becomes_nobody_else(database: Database) -> None:
    with psycopg.connect(database.url) as owner:
        relations = closed_relations(owner) + [
            sql.Composed([sql.Identifier("public", row[0])])
            for row in owner.execute(
                "select relname from pg_class"
                " where relnamespace = 'public'::regnamespace and relkind in ('r', 'v')"
            )
        ]
    with psycopg.connect(database.notifier_url) as conn:
        for relation in relations:
            with pytest.raises(psycopg.errors.InsufficientPrivilege), conn.transaction():
                conn.execute(sql.SQL("select from {} limit 1").format(relation))
        for role in ("postgres", "authenticated", "service_role", "supabase_auth_admin"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), conn.transaction():
                conn.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))
        assert conn.execute("select from notifier.queue_status()").rowcount > 0


def test_the_apis_login_becomes_the_three_api_roles_and_nobody_else(database: Database) -> None:
    with psycopg.connect(database.authenticator_url) as conn:
        for role in ("anon", "authenticated", "service_role"):
            with conn.transaction():
                conn.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))
        for role in ("postgres", "notifier", "supabase_auth_admin"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), conn.transaction():
                conn.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))
        # By itself it reads nothing.
        with pytest.raises(psycopg.errors.InsufficientPrivilege), conn.transaction():
            conn.execute("select from public.success_sessions")


FOR_THE_OWNER_TOO = {
    "why somebody sees a session": "select public.explain_session_access(%(id)s, %(id)s)",
    "what became of mails": "select public.explain_notifications(%(id)s, %(id)s)",
    "webhooks": "select public.webhook_deliveries(%(id)s)",
    "the audit log": "select public.verify_audit_log()",
}


@pytest.mark.parametrize("call", FOR_THE_OWNER_TOO)
def test_what_the_owner_may_ask_without_being_anybody_is_refused_to_requests(
    database: Database, call: str
) -> None:
    statement, values = FOR_THE_OWNER_TOO[call].encode(), {"id": uuid4()}

    def ask(url: str, role: str, claims: str) -> str | None:
        with psycopg.connect(url) as conn:
            conn.execute(
                "select set_config('request.jwt.claims', %s, false), set_config('role', %s, false)",
                (claims, role),
            )
            try:
                conn.execute(statement, values)
            except psycopg.Error as error:
                return error.sqlstate
        return None

    # Even where a request came without the claims that PostgREST gives to every one.
    for role in ("anon", "authenticated", "service_role"):
        for claims in ("", "{}", json.dumps({"role": role})):
            assert ask(database.authenticator_url, role, claims) == "42501"
    # Even where PostgREST was given the owner's login: its claims show that it is a request.
    for claims in ("{}", '{"role": "anon"}', json.dumps({"sub": f"{uuid4()}"})):
        assert ask(database.url, "authenticated", claims) == "42501"
    # The control: neither is in the way of the owner and of the superuser.
    for url in (database.url, database.superuser_url):
        assert ask(url, "none", "") in (None, "PT404")


# -- Objects in the way of those that functions mean -----------------------------------------------


def test_temporary_tables_do_not_stand_in_for_ours(academy: Academy) -> None:
    tables = [
        row[0]
        for row in academy.conn.execute(
            "select relname from pg_class where relkind = 'r'"
            " and relnamespace::regnamespace::text in ('public', 'private', 'notifier')"
        )
    ]
    assert {"user_roles", "course_enrollments", "presence_events", "events"} <= set(tables)
    for name in {*tables, "secrets", "decrypted_secrets", "users"}:
        # With rows that would open every door, where such a row can be had.
        academy.conn.execute(
            sql.SQL("create temporary table {} as select * from {} where false").format(
                sql.Identifier(name), sql.Identifier(*home_of(academy.conn, name))
            )
        )
        academy.conn.execute(
            sql.SQL("grant all on {} to public").format(sql.Identifier("pg_temp", name))
        )
    academy.conn.execute(
        "insert into pg_temp.user_roles"
        " select %s, unnest(enum_range(null::public.app_role)), now()",
        (academy.people["nobody"],),
    )
    academy.conn.execute(
        "insert into pg_temp.session_participants (session_id, user_id)"
        " select id, %s from public.success_sessions",
        (academy.people["nobody"],),
    )
    with academy.acting("nobody"):
        academy.conn.execute("set local search_path = pg_temp, public")
        assert academy.conn.execute("select from public.success_sessions").rowcount == 0
        with pytest.raises(psycopg.Error) as refused, academy.conn.transaction():
            academy.conn.execute("select public.join_session(%s)", (academy.sessions["batch"],))
        assert refused.value.sqlstate == "PT404"
    with academy.acting("student"):
        academy.conn.execute("set local search_path = pg_temp, public")
        academy.conn.execute("select public.join_session(%s)", (academy.sessions["batch"],))
    for name in tables:
        # Nothing was written there that should have been written elsewhere.
        if name not in {"user_roles", "session_participants"}:
            count = academy.conn.execute(
                sql.SQL("select from {}").format(sql.Identifier("pg_temp", name))
            ).rowcount
            assert (name, count) == (name, 0)
    assert academy.conn.execute("select from private.presence_events").rowcount == 1


def home_of(conn: psycopg.Connection, name: str) -> tuple[str, str]:
    row = conn.execute(
        """
        select nspname, relname
        from pg_class inner join pg_namespace on pg_namespace.oid = relnamespace
        where relname = %s and nspname in ('public', 'private', 'notifier', 'vault', 'auth')
        """,
        (name,),
    ).fetchone()
    assert row is not None
    return row


def test_functions_and_operators_of_the_caller_do_not_stand_in_for_postgres_own(
    academy: Academy,
) -> None:
    later = academy.conn.execute(
        "update public.success_sessions set start_time = now() + interval '5 hours',"
        " end_time = now() + interval '6 hours' where id = %s returning id",
        (academy.sessions["batch"],),
    ).fetchone()
    assert later is not None
    with academy.acting("student"):
        academy.conn.execute(
            """
            create function pg_temp.clock_timestamp() returns timestamptz
            language sql return now() + interval '5 hours';
            create function pg_temp.now() returns timestamptz
            language sql return pg_catalog.now() + interval '5 hours';
            create function pg_temp.differs(one uuid, two uuid) returns boolean
            language sql return true;
            create operator pg_temp.= (
                function = pg_temp.differs, leftarg = uuid, rightarg = uuid
            );
            """
        )
        academy.conn.execute("set local search_path = pg_temp, pg_catalog, public")
        with pytest.raises(psycopg.Error, match="not open yet"), academy.conn.transaction():
            academy.conn.execute("select public.join_session(%s)", later)
        assert academy.conn.execute("select from public.success_sessions").rowcount == 3


HIJACKED = {
    "notifier": [
        "select notifier.expand_events()",
        "select notifier.claim_emails('me', 9, '1 min', 'a@b.test', 'https://x.test')",
        "select notifier.begin_sending(gen_random_uuid(), '{}', '1 min')",
        "select notifier.complete_emails(gen_random_uuid(), '{}', 'smtp')",
        "select notifier.release_emails(gen_random_uuid(), '{}')",
        "select notifier.extend_claim(gen_random_uuid(), '1 min')",
        "select notifier.recover_expired_claims()",
        "select notifier.stay_awake('1 min')",
        "select notifier.fall_asleep()",
        "select notifier.next_wake()",
        "select notifier.tick()",
        "select notifier.queue_status()",
    ],
    "authenticated": [
        "select from public.segmented_weekly_success_sessions",
        "select from public.batches",
        "select public.join_session(%(session)s)",
        "select public.leave_session(%(session)s)",
        "select public.session_credentials(%(session)s)",
        "update public.success_sessions set title = 'New', end_time = end_time + interval '1 min'"
        " where id = %(session)s",
        "insert into public.session_participants (session_id, user_id)"
        " values (%(session)s, %(nobody)s)",
    ],
}


@pytest.mark.parametrize("role", HIJACKED)
def test_types_of_the_caller_do_not_stand_in_for_postgres_own(academy: Academy, role: str) -> None:
    """With an empty path they did, and their checks ran as the owner: CVE-2007-2138 once more."""
    ran_as: list[str | None] = []
    academy.conn.add_notice_handler(lambda diagnostic: ran_as.append(diagnostic.message_primary))
    academy.conn.execute(
        """
        create function pg_temp.hijack(stolen text) returns boolean language plpgsql as $$
        begin
            raise notice '%', current_user;
            return true;
        end
        $$
        """
    )
    for name in ("text", "uuid", "timestamptz", "jsonb", "date", "bytea", "name"):
        academy.conn.execute(
            f"create domain pg_temp.{name} as pg_catalog.{name}"
            " check (pg_temp.hijack(value::pg_catalog.text))".encode()
        )
    # The control: the trap works for whoever steps into it.
    academy.conn.execute("select pg_catalog.now()::timestamptz")
    assert set(ran_as) == {"postgres"}
    ran_as.clear()
    values = {"session": academy.sessions["batch"], "nobody": academy.people["nobody"]}
    for call in HIJACKED[role]:
        with academy.acting("host"):
            # What role notifier may call is called with the owner's rights, to the same effect.
            if role == "notifier":
                academy.conn.execute("reset role")
            try:
                with academy.conn.transaction():
                    academy.conn.execute(call.encode(), values)
            except psycopg.Error as refused:
                assert refused.sqlstate == "PT409", call  # noqa: PT017
        # What runs with the caller's own rights steals nothing.
        assert "postgres" not in ran_as, call


# -- Values that would like to be code -------------------------------------------------------------


def test_a_title_that_is_sql_stays_a_title(academy: Academy) -> None:
    title = "Robert'); drop table public.courses; --"
    with academy.acting("enrollment_manager"):
        academy.conn.execute(
            "update public.success_sessions set title = %s where id = %s",
            (title, academy.sessions["batch"]),
        )
    state, said = refusal_of(academy, "host", mentor_id=academy.people["host"], start_time="now")
    assert state == "23P01"
    assert "'Robert''); drop table public.courses; --'" in said
    with academy.acting("student"):
        titles = academy.conn.execute(
            "select title from public.segmented_weekly_success_sessions"
        ).fetchall()
    assert (title,) in titles


@pytest.mark.parametrize("who", ["student", "host", "superadmin", "service_role"])
@pytest.mark.parametrize(
    "write",
    [
        "insert into public.segmented_weekly_success_sessions (title) values ('x')",
        "update public.segmented_weekly_success_sessions set title = 'x'",
        "delete from public.segmented_weekly_success_sessions",
    ],
)
def test_nobody_writes_through_the_calendar(academy: Academy, who: str, write: str) -> None:
    with academy.acting(who), pytest.raises(psycopg.Error) as refused, academy.conn.transaction():
        academy.conn.execute(write.encode())
    # Not updatable at all, which is decided before anybody's privileges are asked for.
    assert refused.value.sqlstate in {"42501", "55000"}


# -- Figures ---------------------------------------------------------------------------------------

REPORTS = (
    "attendance_report",
    "mentor_performance",
    "session_effectiveness",
    "student_participation",
)


def figures(academy: Academy, report: str, **arguments: object) -> list[dict[str, object]]:
    """All that a report tells of the academy's sessions, narrowed as one likes."""
    given = sql.SQL("").join(
        sql.SQL(", {} => {}").format(sql.Identifier(name), sql.Placeholder(name))
        for name in arguments
    )
    query = sql.SQL(
        "select to_jsonb(figures) from public.{}(current_date - 9, current_date{}) as figures"
    ).format(sql.Identifier(report), given)
    return [row[0] for row in academy.conn.execute(query, arguments).fetchall()]


def asked_for(academy: Academy) -> list[dict[str, object]]:
    """Ways to ask for the figures of the batch, its host and its student."""
    return [
        {},
        {"course_id": academy.course},
        {"batch_id": academy.batch},
        {"mentor_id": academy.people["host"]},
        {"session_type": "success_session"},
    ]


@pytest.mark.parametrize("who", [who for who in SIGNED_IN if who not in (*MANAGERS, "host")])
def test_nobody_finds_a_figure_of_sessions_that_are_not_theirs(academy: Academy, who: str) -> None:
    own = {"student_id": str(academy.people[who])}
    for report in REPORTS:
        ways = asked_for(academy)
        if report == "student_participation":
            ways.append({"student_id": academy.people["host"]})
        for arguments in ways:
            with academy.acting(who):
                try:
                    with academy.conn.transaction():
                        told = figures(academy, report, **arguments)
                except psycopg.errors.InsufficientPrivilege:
                    continue
            if report == "student_participation":
                assert all(own.items() <= row.items() for row in told)
                assert bool(told) <= (who == "student")
            else:
                counts = {
                    value
                    for row in told
                    for name, value in row.items()
                    if not name.startswith("period_")
                }
                assert counts <= {0, None}


@pytest.mark.parametrize("who", ["host", *MANAGERS])
def test_the_same_questions_are_answered_to_the_host_and_to_managers(
    academy: Academy, who: str
) -> None:
    with academy.acting(who):
        for arguments in asked_for(academy):
            for report in REPORTS:
                [row] = figures(academy, report, **arguments)
                assert row["attended"] == 1


def test_a_stranger_learns_nothing_from_how_a_report_refuses(academy: Academy) -> None:
    said = set()
    with academy.acting("other_mentor"):
        for other in (academy.people["host"], academy.people["student"], uuid4()):
            with (
                pytest.raises(psycopg.errors.InsufficientPrivilege) as refused,
                academy.conn.transaction(),
            ):
                figures(academy, "mentor_performance", mentor_id=other)
            said.add(everything_said(refused.value))
        unknown = figures(academy, "attendance_report", course_id=uuid4())
        known = figures(academy, "attendance_report", batch_id=academy.batch)
    assert len(said) == 1
    assert unknown == known


def test_statistics_are_reached_by_no_other_way(academy: Academy) -> None:
    for who in ("superadmin", "service_role"):
        for query in (
            "select * from private.session_statistics",
            "select * from private.recounted_session_statistics",
            "select private.check_session_statistics()",
            "select * from private.attendance_figures(current_date, current_date, null, null, null,"
            " null, null, 'UTC', false)",
        ):
            with (
                academy.acting(who),
                pytest.raises(psycopg.errors.InsufficientPrivilege),
                academy.conn.transaction(),
            ):
                academy.conn.execute(query.encode())
