"""What holds for every function and view."""

from __future__ import annotations

import re

import psycopg
import pytest

from devstack.paths import FUNCTIONS, ROOT
from support.catalog import Rule, caught, offenders

DEFINER_API = {
    # The API functions that do for their caller what the caller may not do: read Vault, write
    # presence, registrations, bookings, feeds and the audit log. Each decides for itself who may
    # call it for which session.
    "book_slot(uuid,timestamp with time zone,text)",
    "bookable_slots(uuid,uuid,timestamp with time zone,timestamp with time zone,uuid)",
    "booking_offer_credentials(uuid)",
    "calendar_feed(text)",
    "cancel_booking(uuid,text)",
    "cancel_registration(uuid)",
    "create_calendar_feed(text,uuid)",
    "join_session(uuid)",
    "leave_session(uuid)",
    "move_booking(uuid,timestamp with time zone)",
    "register_for_session(uuid)",
    "revoke_calendar_feed(uuid)",
    "session_credentials(uuid)",
    "check_in(uuid,text)",
    "decide_excuse(uuid,uuid,boolean,text)",
    "dismiss_participant(uuid)",
    "link_participant(uuid,uuid)",
    "show_check_in_code(uuid)",
    "unmatched_participants(uuid)",
    "import_attendance(uuid,jsonb,boolean)",
    "mark_attendance(uuid,uuid,attendance_status,text)",
    "open_recording(uuid)",
    "request_excuse(uuid,text)",
    "session_roster(uuid)",
    "withdraw_excuse(uuid)",
    "report_link_failure(uuid,text)",
    "unsubscribe(text,boolean)",
    "withdraw_link_failure(uuid)",
    # For edge functions: write presence, find the session of a recording.
    "add_recording(text,text,text,timestamp with time zone,text,text,integer,boolean,boolean)",
    "end_meeting(text,text,text,timestamp with time zone)",
    ("reconcile_presence(text,text,text,timestamp with time zone,timestamp with time zone,jsonb)"),
    # Make and keep secrets in Vault, read the outbox; for admins.
    "create_webhook_endpoint(text,text[],text)",
    "rotate_webhook_secret(uuid)",
    "webhook_deliveries(uuid,integer)",
    "replay_webhook_delivery(uuid)",
    "record_mail_event(text,text,timestamp with time zone,uuid,text)",
    ("record_presence(text,text,text,text,timestamp with time zone,text,text,text,text)"),
    # Write series, which nobody may write past their rule; for managers and hosts.
    "cancel_session(uuid,text,text)",
    "create_recurring_session(jsonb,jsonb)",
    "session_ics(uuid)",
    # For the edge function that speaks to meeting platforms: keep meetings, and personal links in
    # Vault.
    "claim_meeting_tasks(integer,integer)",
    "complete_meeting_task(uuid,uuid,text,text,text,boolean)",
    "fail_meeting_task(uuid,uuid,text,timestamp with time zone,boolean)",
    "personal_link(uuid,uuid)",
    "save_personal_link(uuid,uuid,text,text)",
    "reschedule_session(uuid,timestamp with time zone,timestamp with time zone)",
    "update_session_series(uuid,text,jsonb)",
    # Writes ratings, for those who attended.
    "rate_session(uuid,integer,text)",
    # Add up statistics of sessions: all for managers, their own for mentors and students.
    "attendance_report(date,date,uuid,uuid,session_type,uuid,text,text)",
    "mentor_performance(date,date,uuid,uuid,session_type,uuid,text,text)",
    "session_effectiveness(date,date,uuid,uuid,session_type,uuid,text)",
    "student_participation(date,date,uuid,uuid,session_type,uuid,uuid,text,text)",
    # Look at and lock what row-level security would hide the indexes of; for managers only.
    "available_mentors(timestamp with time zone,timestamp with time zone)",
    ("reassign_mentor_sessions(uuid,uuid,timestamp with time zone,timestamp with time zone)"),
    # Gathers, and erases, in tables that nobody may read or write.
    "erase_user(uuid)",
    "export_user_data(uuid)",
    # Read what decides, and the outbox, for managers.
    "explain_notifications(uuid,uuid)",
    "explain_session_access(uuid,uuid)",
    # Reads the seals, which are closed to managers.
    "verify_audit_log(timestamp with time zone,bigint,text)",
    # Reads its arguments and the list of time zones; its helpers stay closed to callers.
    "preview_recurrence(jsonb,timestamp with time zone,text)",
}

FUNCTION_RULES = (
    Rule(
        # Temporary objects last: unnamed, they come first, and a caller's type would stand in for
        # Postgres' own, its check running as the owner of the function.
        "fixes a search path that callers cannot get in front of",
        """
        select oid::regprocedure::text
        from pg_proc
        where pronamespace::regnamespace::text in ('public', 'private', 'notifier')
            and 'search_path=pg_catalog, pg_temp' <> all (coalesce(proconfig, '{}'))
            -- An aggregate has none of its own: the functions it is made of have.
            and prokind <> 'a'
        """,
        """
        create function private.lost() returns integer language sql
        set search_path = '' return 1
        """,
        "private.lost()",
    ),
    Rule(
        # With a search path it cannot be inlined, and up to Postgres 17 every statement that calls
        # it plans its body anew.
        "is not of language sql",
        """
        select oid::regprocedure::text
        from pg_proc
        where pronamespace::regnamespace::text in ('public', 'private', 'notifier')
            and prolang = (select oid from pg_language where lanname = 'sql')
        """,
        "create function private.dear() returns integer language sql return 1",
        "private.dear()",
    ),
    Rule(
        "is closed to PUBLIC, and to anon but for the calendar feed, whose token is the key",
        """
        select oid::regprocedure::text
        from pg_proc
        cross join unnest(array['public', 'anon']) as stranger (name)
        where pronamespace::regnamespace::text in ('public', 'private', 'notifier')
            and has_function_privilege(stranger.name, oid, 'execute')
            and (stranger.name = 'public' or oid <> 'public.calendar_feed(text)'::regprocedure)
        group by oid
        """,
        "create function private.open() returns integer language sql return 1",
        "private.open()",
    ),
    Rule(
        "that is a trigger is executed by triggers alone",
        """
        select oid::regprocedure::text
        from pg_proc
        where pronamespace::regnamespace::text in ('public', 'private', 'notifier')
            and prorettype = 'trigger'::regtype
            and exists (
                select from aclexplode(proacl) as granted where granted.grantee <> proowner
            )
        """,
        "grant execute on function private.handle_new_user() to service_role",
        "private.handle_new_user()",
    ),
    Rule(
        # Nobody but its owner calls it then, and runs it as the owner anyway.
        "that is a definer is a trigger or may be executed by somebody",
        """
        select oid::regprocedure::text
        from pg_proc
        where pronamespace::regnamespace::text in ('public', 'private', 'notifier')
            and prosecdef
            and prorettype <> 'trigger'::regtype
            and not exists (
                select from aclexplode(proacl) as granted where granted.grantee <> proowner
            )
        """,
        """
        create function private.vain() returns integer language sql security definer return 1;
        revoke execute on function private.vain() from public
        """,
        "private.vain()",
    ),
    Rule(
        "calls its arguments by bare names",
        """
        select oid::regprocedure::text
        from pg_proc
        where pronamespace::regnamespace::text in ('public', 'private', 'notifier')
            and exists (
                select from unnest(proargnames) as argument (name)
                where argument.name !~ '^[a-z][a-z0-9]+(_[a-z0-9]+)*$'
            )
        """,
        """
        create function private.shout(p_words text) returns text language sql
        return upper(p_words)
        """,
        "private.shout(text)",
    ),
    Rule(
        "names each of its arguments",
        """
        select oid::regprocedure::text
        from pg_proc
        where pronamespace::regnamespace::text in ('public', 'private', 'notifier')
            and pronargs > 0
            and proargnames is null
        """,
        "create function private.nameless(text) returns text language sql return $1",
        "private.nameless(text)",
    ),
    Rule(
        "that a policy or view asks is stable and open to authenticated",
        """
        select distinct asked.oid::regprocedure::text
        from (
            select refobjid as oid, classid, objid
            from pg_depend
            where refclassid = 'pg_proc'::regclass
                and classid in ('pg_policy'::regclass, 'pg_rewrite'::regclass)
        ) as dependency
        inner join pg_proc as asked on asked.oid = dependency.oid
        where asked.pronamespace::regnamespace::text in ('public', 'private', 'notifier')
            and (
                asked.provolatile = 'v'
                or not has_function_privilege('authenticated', asked.oid, 'execute')
            )
        """,
        """
        create function private.moody() returns boolean language sql return random() < 0.5;
        create policy courses_select_moody on public.courses
        for select to authenticated using ((select private.moody()));
        """,
        "private.moody()",
    ),
)

VIEW_RULES = (
    Rule(
        "asks as its caller",
        """
        select oid::regclass::text
        from pg_class
        where relkind in ('v', 'm')
            and relnamespace::regnamespace::text in ('public', 'private', 'notifier')
            and 'security_invoker=true' <> all (coalesce(reloptions, '{}'))
        """,
        # What create or replace view does to the option when it is not repeated.
        """
        create view public.everybody with (security_invoker = true) as
        select id from public.profiles;
        create or replace view public.everybody as select id from public.profiles;
        """,
        "everybody",
    ),
)


@pytest.mark.parametrize("rule", FUNCTION_RULES, ids=str)
def test_every_function(conn: psycopg.Connection, rule: Rule) -> None:
    assert offenders(conn, rule) == []


@pytest.mark.parametrize("rule", FUNCTION_RULES, ids=str)
def test_an_offence_is_noticed_against_every_function(conn: psycopg.Connection, rule: Rule) -> None:
    assert caught(conn, rule) == [rule.offender]


@pytest.mark.parametrize("rule", VIEW_RULES, ids=str)
def test_every_view(conn: psycopg.Connection, rule: Rule) -> None:
    assert offenders(conn, rule) == []


@pytest.mark.parametrize("rule", VIEW_RULES, ids=str)
def test_an_offence_is_noticed_against_every_view(conn: psycopg.Connection, rule: Rule) -> None:
    assert caught(conn, rule) == [rule.offender]


def exposed_definers(conn: psycopg.Connection) -> set[str]:
    rows = conn.execute(
        """
        select oid::regprocedure::text
        from pg_proc
        where pronamespace = 'public'::regnamespace and prosecdef
        """
    )
    return {row[0] for row in rows}


def test_the_only_definer_functions_in_the_exposed_schema_are_the_listed_ones(
    conn: psycopg.Connection,
) -> None:
    assert exposed_definers(conn) == DEFINER_API


def test_another_definer_function_in_the_exposed_schema_is_noticed(
    conn: psycopg.Connection,
) -> None:
    conn.execute(
        "create function public.sudo() returns text language sql security definer"
        " return current_user"
    )
    assert exposed_definers(conn) - DEFINER_API == {"sudo()"}


# For the DBA to call: docs/operations.md says when.
BY_HAND = {"private.check_session_statistics", "private.rebuild_session_statistics"}


def uncalled(conn: psycopg.Connection) -> set[str]:
    """The functions outside the exposed schema that nothing which is shipped names."""
    shipped = {
        path: re.sub("--.*", "", path.read_text()) if path.suffix == ".sql" else path.read_text()
        for folder in (ROOT / "sql", ROOT / "py", FUNCTIONS)
        for path in folder.rglob("*")
        if path.suffix in (".sql", ".py", ".ts")
    }
    named = {
        name
        for path, text in shipped.items()
        # Its own file is named after it.
        for name in set(re.findall(r"\b(?:private|notifier)\.\w+", text)) - {path.stem}
    }
    rows = conn.execute(
        "select pronamespace::regnamespace || '.' || proname from pg_proc"
        " where pronamespace::regnamespace::text in ('private', 'notifier')"
    )
    return {row[0] for row in rows} - named


def test_no_function_is_there_for_nobody(conn: psycopg.Connection) -> None:
    assert uncalled(conn) == BY_HAND
    conn.execute("create function private.idle() returns integer language sql return 1")
    assert uncalled(conn) == {*BY_HAND, "private.idle"}
