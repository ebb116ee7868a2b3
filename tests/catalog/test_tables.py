"""What holds for every table, constraint and index."""

from __future__ import annotations

import re
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from support.catalog import Rule, caught, offenders

INTERNAL_CHECKS = {
    # No user writes attendance: these guard against our own mistakes and need no sentence.
    "session_attendance.session_attendance_left_at_after_joined_at",
    "session_attendance.session_attendance_minutes_present_range",
    # No user writes meetings either.
    "session_meetings.session_meetings_claim_while_held",
    "session_meetings.session_meetings_ended_unwanted",
    "session_meetings.session_meetings_external_id_with_link",
    "session_meetings.session_meetings_reason_length",
}

RULES = (
    Rule(
        "has row-level security enabled",
        """
        select oid::regclass::text
        from pg_class
        where relkind in ('r', 'p')
            and relnamespace::regnamespace::text in ('public', 'private', 'notifier')
            and not relrowsecurity
        """,
        "create table private.open_door (id uuid primary key)",
        "private.open_door",
    ),
    Rule(
        "has a primary key",
        """
        select oid::regclass::text
        from pg_class
        where relkind in ('r', 'p')
            and relnamespace::regnamespace::text in ('public', 'private', 'notifier')
            and not exists (
                select from pg_constraint where conrelid = pg_class.oid and contype = 'p'
            )
        """,
        "create table notifier.heap (id uuid)",
        "notifier.heap",
    ),
    Rule(
        "belongs to postgres, as does every other object",
        """
        select schemas.nspname || '.' || owned.name
        from (
            select relname, relnamespace, relowner from pg_class
            union all
            select proname, pronamespace, proowner from pg_proc
            union all
            select typname, typnamespace, typowner from pg_type
            union all
            select nspname, oid, nspowner from pg_namespace where nspname <> 'public'
        ) as owned (name, namespace, owner)
        inner join pg_namespace as schemas on schemas.oid = owned.namespace
        where schemas.nspname in ('public', 'private', 'notifier')
            and owned.owner::regrole::text <> 'postgres'
        """,
        """
        grant create on schema private to service_role;
        set local role service_role;
        create function private.stray() returns integer language sql return 1;
        reset role;
        """,
        "private.stray",
    ),
    Rule(
        "keeps instants as timestamptz",
        """
        select attrelid::regclass || '.' || attname
        from pg_attribute
        inner join pg_class on pg_class.oid = attrelid
        where relkind in ('r', 'p')
            and relnamespace::regnamespace::text in ('public', 'private', 'notifier')
            and atttypid in ('timestamp'::regtype, 'timetz'::regtype) and not attisdropped
        """,
        "create table public.diary (id uuid primary key, written_at timestamp)",
        "diary.written_at",
    ),
    Rule(
        "makes its own numbers, generated always",
        """
        select attrelid::regclass || '.' || attname
        from pg_attribute
        inner join pg_class on pg_class.oid = attrelid
        where relkind in ('r', 'p')
            and relnamespace::regnamespace::text in ('public', 'private', 'notifier')
            and (
                attidentity = 'd'
                or (atthasdef and (
                    select pg_get_expr(adbin, adrelid) like 'nextval%'
                    from pg_attrdef where adrelid = attrelid and adnum = attnum
                ))
            )
        """,
        "create table private.tickets (id bigserial primary key)",
        "private.tickets.id",
    ),
    Rule(
        "has an index for every foreign key, by its leading columns",
        """
        select conrelid::regclass || '.' || conname
        from pg_constraint
        where contype = 'f'
            and connamespace::regnamespace::text in ('public', 'private', 'notifier')
            and not exists (
                select from pg_index
                where indrelid = conrelid and indisvalid
                    and (
                        select array_agg(indexed.attnum order by indexed.attnum)
                        from unnest(indkey::int2[]) with ordinality as indexed (attnum, position)
                        where indexed.position <= cardinality(conkey)
                    ) = (
                        select array_agg(referring.attnum order by referring.attnum)
                        from unnest(conkey) as referring (attnum)
                    )
                    -- A partial index serves if all it leaves out is rows that refer to nothing.
                    and (
                        indpred is null
                        or pg_get_expr(indpred, indrelid) in (
                            select format('(%I IS NOT NULL)', attname)
                            from pg_attribute where attrelid = conrelid and attnum = any(conkey)
                        )
                    )
            )
        """,
        """
        create table private.notes (id uuid primary key, batch_id uuid, course_id uuid,
            constraint notes_batch_fkey
            foreign key (batch_id, course_id) references public.batches (id, course_id));
        create index notes_misleading_idx on private.notes (id, batch_id, course_id);
        create index notes_partial_idx on private.notes (batch_id, course_id) where id is not null;
        """,
        "private.notes.notes_batch_fkey",
    ),
    Rule(
        "is referred to by foreign keys whose refusal every Postgres answers with 23503",
        # A restrict is answered with 23001 from Postgres 18 on.
        """
        select conrelid::regclass || '.' || conname
        from pg_constraint
        where contype = 'f'
            and connamespace::regnamespace::text in ('public', 'private', 'notifier')
            and 'r' in (confdeltype, confupdtype)
        """,
        """
        create table public.notes (
            id uuid primary key
                constraint notes_id_fkey references public.profiles on delete restrict
        )
        """,
        "notes.notes_id_fkey",
    ),
    Rule(
        "names its constraints after itself",
        """
        select conrelid::regclass || '.' || conname
        from pg_constraint
        inner join pg_class on pg_class.oid = conrelid
        where connamespace::regnamespace::text in ('public', 'private', 'notifier')
            and contype <> 't'
            -- A partition's are those of its table; from Postgres 18 on, not null is one of them.
            and coninhcount = 0
            and not starts_with(conname, relname || '_')
        """,
        "create table private.notes (id uuid constraint the_key primary key)",
        "private.notes.the_key",
    ),
    Rule(
        "names its indexes after itself",
        """
        select indexrelid::regclass::text
        from pg_index
        inner join pg_class as tables on tables.oid = indrelid
        inner join pg_class as indexes on indexes.oid = indexrelid
        where tables.relnamespace::regnamespace::text in ('public', 'private', 'notifier')
            and not starts_with(indexes.relname, tables.relname || '_')
        """,
        "create index fast on public.profiles (full_name)",
        "fast",
    ),
    Rule(
        "has only valid constraints and indexes",
        """
        select conrelid::regclass || '.' || conname
        from pg_constraint
        where connamespace::regnamespace::text in ('public', 'private', 'notifier')
            and not convalidated
        union all
        select indexrelid::regclass::text
        from pg_index
        inner join pg_class on pg_class.oid = indexrelid
        where relnamespace::regnamespace::text in ('public', 'private', 'notifier')
            and not indisvalid
        """,
        """
        alter table public.courses
            add constraint courses_later check (name is not null) not valid
        """,
        "courses.courses_later",
    ),
    Rule(
        "has no two indexes on the same columns",
        """
        select two.indexrelid::regclass::text
        from pg_index as one
        inner join pg_index as two
            on
                one.indrelid = two.indrelid
                and one.indexrelid < two.indexrelid
                and one.indkey = two.indkey
                and one.indclass::oid[] = two.indclass::oid[]
                and one.indpred::text is not distinct from two.indpred::text
                and one.indexprs::text is not distinct from two.indexprs::text
        inner join pg_class on pg_class.oid = one.indexrelid
        where relnamespace::regnamespace::text in ('public', 'private', 'notifier')
        """,
        "create index batches_again_idx on public.batches (course_id)",
        "batches_again_idx",
    ),
    Rule(
        # Such an index tempts the planner to read everybody's sessions of the period.
        "of sessions has no index that begins with start_time",
        """
        select indexrelid::regclass::text
        from pg_index
        inner join pg_attribute on attrelid = indrelid and attnum = indkey[0]
        where indrelid = 'public.success_sessions'::regclass and attname = 'start_time'
        """,
        """
        create index success_sessions_start_time_idx
            on public.success_sessions (start_time, end_time)
        """,
        "success_sessions_start_time_idx",
    ),
    Rule(
        "has no trigger that is switched off",
        """
        select tgrelid::regclass || '.' || tgname
        from pg_trigger
        inner join pg_class on pg_class.oid = tgrelid
        where relnamespace::regnamespace::text in ('public', 'private', 'notifier')
            and tgenabled <> 'O'
        """,
        "alter table public.profiles disable trigger touch_updated_at",
        "profiles.touch_updated_at",
    ),
    Rule(
        "keeps the functions of its triggers out of the exposed schema",
        """
        select tgrelid::regclass || '.' || tgname
        from pg_trigger
        inner join pg_proc on pg_proc.oid = tgfoid
        inner join pg_class on pg_class.oid = tgrelid
        where relnamespace::regnamespace::text in ('public', 'private', 'notifier')
            and not tgisinternal
            and pronamespace::regnamespace::text not in ('private', 'notifier')
        """,
        """
        create function public.meddle() returns trigger
        language plpgsql as $$ begin return new; end $$;
        create trigger meddle before insert on public.courses
        for each row execute function public.meddle();
        """,
        "courses.meddle",
    ),
)


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_every_table(conn: psycopg.Connection, rule: Rule) -> None:
    assert offenders(conn, rule) == []


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_an_offence_is_noticed_against_every_table(conn: psycopg.Connection, rule: Rule) -> None:
    assert caught(conn, rule) == [rule.offender]


def checks_without_a_sentence(conn: psycopg.Connection) -> set[str]:
    """The check constraints of public that do not answer with a sentence under their own name."""
    rows = conn.execute(
        """
        select conrelid::regclass || '.' || conname
        from pg_constraint
        where contype = 'c' and connamespace = 'public'::regnamespace
            and (
                pg_get_constraintdef(oid) not like 'CHECK (private.rule(%'
                or pg_get_constraintdef(oid) not like format('%%, %L::text, %%', conname)
            )
        """
    )
    return {row[0] for row in rows}


def test_every_check_of_public_answers_with_a_sentence(conn: psycopg.Connection) -> None:
    assert checks_without_a_sentence(conn) == INTERNAL_CHECKS


def test_a_check_without_a_sentence_or_under_a_false_name_is_noticed(
    conn: psycopg.Connection,
) -> None:
    conn.execute(
        """
        alter table public.courses
            add constraint courses_name_short check (char_length(name) < 100),
            add constraint courses_name_long check (
                private.rule(true, 'courses_name_lang', 'message', 'hint')
            );
        """
    )
    assert checks_without_a_sentence(conn) - INTERNAL_CHECKS == {
        "courses.courses_name_short",
        "courses.courses_name_long",
    }


# What a sentence says of one field, and the values that it takes and refuses.
SAYS_BOUNDS = re.compile(r"'(\w+) must be between ([\d,]+) and ([\d,]+)")
SAYS_LENGTH = re.compile(r"'(\w+) must be [\w ]*?(?:at most|1 to) ([\d,]+) characters")


def untrue_sentences(conn: psycopg.Connection) -> list[str]:
    """Checks that take or refuse another number or length than their sentence says."""
    checks = conn.execute(
        """
        select
            conrelid::regclass::text,
            conname,
            pg_get_expr(conbin, conrelid),
            array(
                select attname::text from pg_attribute
                where attrelid = conrelid and attnum = any(conkey)
            )
        from pg_constraint
        where contype = 'c' and connamespace = 'public'::regnamespace
        """
    ).fetchall()
    asked, untrue = 0, []
    for table, name, expression, columns in checks:
        values: dict[Any, bool] = {}
        if bounds := SAYS_BOUNDS.search(expression):
            column, (low, high) = bounds[1], (int(n.replace(",", "")) for n in bounds.groups()[1:])
            values = {low - 1: False, low: True, high: True, high + 1: False}
        elif length := SAYS_LENGTH.search(expression):
            column, longest = length[1], int(length[2].replace(",", ""))
            values = {"x" * longest: True, "x" * (longest + 1): False}
        # Some are named after an argument, and platform_data is no text.
        if not values or column not in columns or column == "platform_data":
            continue
        asked += 1
        for value, is_taken in values.items():
            question = "select {} from (select (jsonb_populate_record(null::{}, %s)).*) as stored"
            try:
                with conn.transaction():
                    conn.execute(
                        question.format(expression, table).encode(), (Jsonb({column: value}),)
                    )
                    taken = True
            except psycopg.errors.InvalidParameterValue:
                taken = False
            if taken != is_taken:
                untrue.append(name)
    assert asked >= 54, "a check is missing, or says something else"
    return untrue


def test_numbers_and_lengths_are_held_to_what_is_said_of_them(conn: psycopg.Connection) -> None:
    assert untrue_sentences(conn) == []
    conn.execute(
        """
        alter table public.courses add constraint courses_name_short check (
            private.rule(char_length(name) < 100, 'x', 'name must be at most 100 characters', 'x')
        )
        """
    )
    assert untrue_sentences(conn) == ["courses_name_short"]


GOES_ALONG = """
blackout_dates.course_id calendar_feeds.course_id calendar_feeds.owner_id
course_enrollments.student_id mentor_availability.mentor_id mentor_time_off.mentor_id
notification_preferences.user_id notifier.webhook_deliveries.endpoint_id
private.calendar_feed_tokens.feed_id private.check_in_guesses.session_id
private.check_in_guesses.user_id private.check_in_keys.session_id private.host_presence.host_id
private.host_presence.session_id private.meeting_account_days.meeting_account_id
private.mentor_handovers.session_id private.personal_links.meeting_id private.personal_links.user_id
private.platform_participants.session_id private.platform_participants.user_id
private.presence_events.report_id private.presence_events.session_id
private.presence_events.unmatched_id private.presence_events.user_id
private.presence_reports.session_id private.session_statistics.session_id
private.unmatched_participants.session_id profiles.id series_skips.series_id
session_attendance.session_id session_attendance.student_id session_bookings.session_id
session_bookings.student_id session_excuses.session_id session_excuses.student_id
session_participants.session_id session_participants.user_id session_ratings.session_id
session_ratings.student_id session_recording_views.recording_id session_recording_views.session_id
session_recording_views.user_id session_recordings.session_id session_registrations.session_id
session_registrations.student_id user_roles.user_id
"""
"""Whose rows are deleted with what they refer to."""

IS_EMPTIED = """
blackout_dates.created_by booking_offers.created_by meeting_accounts.mentor_id
notifier.emails.carried_by notifier.events.merged_into private.unmatched_participants.decided_by
private.unmatched_participants.student_id session_attendance.marked_by session_excuses.decided_by
session_meetings.session_id session_participants.added_by session_recordings.created_by
session_series.created_by success_sessions.created_by webhook_endpoints.created_by
"""
"""What becomes null with what it refers to. All other references keep it from being deleted."""


def test_what_a_deletion_takes_along(conn: psycopg.Connection) -> None:
    rows = conn.execute(
        """
        select confdeltype::text, array_agg(conrelid::regclass || '.' || attname)
        from pg_constraint
        inner join pg_attribute on attrelid = conrelid and attnum = any(conkey)
        where contype = 'f'
            and connamespace::regnamespace::text in ('public', 'private', 'notifier')
            and confdeltype <> 'a'
        group by confdeltype
        """
    ).fetchall()
    assert {action: set(columns) for action, columns in rows} == {
        "c": set(GOES_ALONG.split()),
        "n": set(IS_EMPTIED.split()),
    }


def test_no_table_is_published(conn: psycopg.Connection) -> None:
    """Realtime tells everybody who listens the keys of deleted rows."""
    published = "select schemaname || '.' || tablename from pg_publication_tables"
    assert conn.execute(published).fetchall() == []
    # The control: it would be noticed.
    conn.execute("create publication supabase_realtime for table public.session_attendance")
    assert conn.execute(published).fetchall() == [("public.session_attendance",)]
