"""What holds for every policy, and between policies and grants."""

from __future__ import annotations

import psycopg
import pytest

from support.catalog import Rule, caught, offenders

RULES = (
    Rule(
        "is called <table>_<verb>_<who>",
        """
        select tablename || ': ' || policyname
        from pg_policies
        where schemaname in ('public', 'private', 'notifier')
            and policyname !~ format('^%s_%s_[a-z]+(_[a-z]+)*$', tablename, lower(cmd))
        """,
        """
        create policy "Courses are viewable by everyone" on public.courses
        for select to authenticated using (true)
        """,
        "courses: Courses are viewable by everyone",
    ),
    Rule(
        "is for one verb",
        """
        select tablename || ': ' || policyname
        from pg_policies
        where schemaname in ('public', 'private', 'notifier') and cmd = 'ALL'
        """,
        """
        create policy courses_all_everyone on public.courses
        to authenticated using (true)
        """,
        "courses: courses_all_everyone",
    ),
    Rule(
        "is the only one of its verb, so that nothing is granted on the side",
        """
        select tablename || ': ' || cmd
        from pg_policies
        where schemaname in ('public', 'private', 'notifier')
        group by schemaname, tablename, cmd
        having count(*) > 1
        """,
        """
        create policy courses_select_else on public.courses
        for select to authenticated using (true)
        """,
        "courses: SELECT",
    ),
    Rule(
        "is for signed-in users and nobody else",
        """
        select tablename || ': ' || policyname
        from pg_policies
        where schemaname in ('public', 'private', 'notifier') and roles <> '{authenticated}'
        """,
        """
        drop policy courses_select_member_or_staff on public.courses;
        create policy courses_select_all on public.courses for select using (true);
        """,
        "courses: courses_select_all",
    ),
    Rule(
        "permits, as restrictive ones would hide what the others permit",
        """
        select tablename || ': ' || policyname
        from pg_policies
        where schemaname in ('public', 'private', 'notifier') and permissive <> 'PERMISSIVE'
        """,
        """
        create policy courses_select_strict on public.courses as restrictive
        for select to authenticated using (true)
        """,
        "courses: courses_select_strict",
    ),
    Rule(
        "on updates judges the row before and after alike",
        """
        select tablename || ': ' || policyname
        from pg_policies
        where schemaname in ('public', 'private', 'notifier')
            and cmd = 'UPDATE'
            and with_check is distinct from qual
        """,
        """
        drop policy profiles_update_own on public.profiles;
        create policy profiles_update_own on public.profiles
        for update to authenticated using (id = (select auth.uid()));
        """,
        "profiles: profiles_update_own",
    ),
    Rule(
        "calls its functions once per statement, wrapped in a select",
        r"""
        select tablename || ': ' || policyname
        from pg_policies
        where schemaname in ('public', 'private', 'notifier')
            and regexp_replace(
                concat_ws(' ', qual, with_check),
                '\( SELECT (auth|private)\.\w+\(', '', 'g'
            ) ~ '\w+\.\w+\('
        """,
        """
        drop policy courses_delete_superadmin on public.courses;
        create policy courses_delete_superadmin on public.courses
        for delete to authenticated using (
            (select private.is_manager()) and private.has_role('superadmin')
        );
        """,
        "courses: courses_delete_superadmin",
    ),
    Rule(
        "goes with a grant of its verb",
        """
        select tablename || ': ' || policyname
        from pg_policies
        where schemaname in ('public', 'private', 'notifier')
            and not has_table_privilege(
                'authenticated', format('%I.%I', schemaname, tablename), cmd
            )
            and not (
                cmd in ('SELECT', 'INSERT', 'UPDATE')
                and has_any_column_privilege(
                    'authenticated', format('%I.%I', schemaname, tablename), cmd
                )
            )
        """,
        "revoke insert (id, name) on public.courses from authenticated",
        "courses: courses_insert_manager",
    ),
)


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_every_policy(conn: psycopg.Connection, rule: Rule) -> None:
    assert offenders(conn, rule) == []


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_an_offence_is_noticed_against_every_policy(conn: psycopg.Connection, rule: Rule) -> None:
    assert caught(conn, rule) == [rule.offender]


VERB_WITHOUT_POLICY = Rule(
    "that is granted to users of the API has a policy",
    """
    select pg_class.oid::regclass || ': ' || verb.name || ' by ' || who.name
    from pg_class
    cross join unnest(array['anon', 'authenticated']) as who (name)
    cross join unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE']) as verb (name)
    where relkind in ('r', 'p')
        and relnamespace::regnamespace::text in ('public', 'private', 'notifier')
        and (
            has_table_privilege(who.name, pg_class.oid, verb.name)
            or (
                verb.name <> 'DELETE'
                and has_any_column_privilege(who.name, pg_class.oid, verb.name)
            )
        )
        and not exists (
            select from pg_policies
            where format('%I.%I', schemaname, tablename)::regclass = pg_class.oid
                and cmd = verb.name
                and who.name = any(roles)
        )
    """,
    "grant update (note) on public.session_attendance to authenticated",
    "session_attendance: UPDATE by authenticated",
)


def test_every_verb_that_is_granted_to_users_has_a_policy(conn: psycopg.Connection) -> None:
    assert offenders(conn, VERB_WITHOUT_POLICY) == []


def test_a_verb_that_is_granted_without_a_policy_is_noticed(conn: psycopg.Connection) -> None:
    assert caught(conn, VERB_WITHOUT_POLICY) == [VERB_WITHOUT_POLICY.offender]


def test_what_is_not_for_users_has_no_policy_at_all(conn: psycopg.Connection) -> None:
    """Outside `public`, row-level security without a policy is the second lock on the door."""
    rows = conn.execute(
        "select schemaname || '.' || tablename from pg_policies"
        " where schemaname in ('private', 'notifier')"
    ).fetchall()
    assert rows == []
