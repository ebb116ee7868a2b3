"""Which fields of a row a user may write: the rest is the system's."""

from __future__ import annotations

import re

import psycopg
import pytest
from psycopg import sql

from support.academy import MANAGERS, Academy

SESSION = {
    *("id", "title", "description", "session_type", "status", "course_id", "batch_id", "mentor_id"),
    *(
        "start_time",
        "end_time",
        "timezone",
        "platform",
        "meeting_account_id",
        "link",
        "backup_link",
        "zoom_meeting_id",
    ),
    *("zoom_passcode", "platform_data", "registration_required", "registration_closes_at"),
    *("capacity", "reminder_minutes", "cancel_reason"),
}

PREFERENCE = {
    *("user_id", "kind", "enabled", "reminder_minutes"),
    *("quiet_from", "quiet_until", "digest_at"),
}

OFFER = {
    *("title", "description", "audience", "course_id"),
    *("batch_id", "start_time", "timezone", "recurrence"),
    *("window_minutes", "slot_minutes", "gap_minutes", "booking_notice_minutes"),
    *(
        "change_notice_minutes",
        "booking_horizon_days",
        "max_open_per_student",
        "max_per_student_week",
    ),
    *("max_per_student_month", "max_per_day", "platform", "link"),
    *("backup_link", "zoom_meeting_id", "zoom_passcode", "is_active"),
}

RECORDING = {
    *("title", "url", "storage_path", "duration_minutes", "is_published"),
    *("available_from", "available_until", "notify"),
}
ACCOUNT = {"name", "max_concurrent_meetings", "external_id", "mentor_id"}
PLATFORM = {
    *("name", "is_active", "max_concurrent_meetings", "daily_changes_per_account"),
    *("has_personal_links", "platform_data_schema"),
}

INSERTABLE: dict[str, set[str]] = {
    "app_settings": set(),
    "attendance_rules": {"session_type", "late_after_minutes", "partial_below_percent"},
    "batches": {"id", "course_id", "name"},
    "blackout_dates": {"id", "course_id", "name", "first_date", "last_date"},
    "booking_offers": {"mentor_id"} | OFFER,
    "calendar_feeds": set(),
    "course_enrollments": {"id", "student_id", "course_id", "batch_id", "status"},
    "courses": {"id", "name"},
    "meeting_accounts": {"id", "platform"} | ACCOUNT,
    "meeting_platforms": {"id"} | PLATFORM,
    "mentor_availability": {
        *("id", "mentor_id", "weekday", "start_time", "end_time", "timezone"),
    },
    "mentor_time_off": {"id", "mentor_id", "start_time", "end_time", "reason"},
    "notification_preferences": PREFERENCE,
    "profiles": set(),
    "session_attendance": set(),
    "session_bookings": set(),
    "session_meetings": set(),
    "session_excuses": set(),
    "session_participants": {"session_id", "user_id"},
    "session_recording_views": set(),
    "session_recordings": {"id", "session_id"} | RECORDING,
    "session_ratings": set(),
    "session_registrations": set(),
    "series_skips": set(),
    "session_series": set(),
    "success_sessions": SESSION,
    "user_roles": {"user_id", "role"},
}

UPDATABLE: dict[str, set[str]] = {
    "app_settings": {
        "meeting_wait_minutes",
        *("join_opens_minutes_before", "late_after_minutes", "partial_below_percent"),
        *("mentor_buffer_minutes", "series_horizon_days"),
        *("audit_retention_months", "presence_retention_months", "reminder_minutes"),
        *("outbox_retention_months", "unmatched_retention_days", "check_in_code_seconds"),
        *("mail_debounce_seconds", "low_attendance_percent", "low_attendance_warnings"),
    },
    "attendance_rules": {"session_type", "late_after_minutes", "partial_below_percent"},
    "batches": {"name"},
    "blackout_dates": {"course_id", "name", "first_date", "last_date"},
    "booking_offers": OFFER,
    "calendar_feeds": set(),
    "course_enrollments": {"student_id", "course_id", "batch_id", "status"},
    "courses": {"name"},
    "meeting_accounts": ACCOUNT,
    "meeting_platforms": PLATFORM,
    "mentor_availability": {"weekday", "start_time", "end_time", "timezone"},
    "mentor_time_off": {"start_time", "end_time", "reason"},
    "notification_preferences": PREFERENCE,
    "profiles": {"full_name", "timezone", "locale"},
    "session_attendance": set(),
    "session_bookings": set(),
    "session_meetings": set(),
    "session_excuses": set(),
    "session_participants": set(),
    "session_recording_views": set(),
    "session_recordings": RECORDING,
    "session_ratings": set(),
    "session_registrations": set(),
    "session_series": set(),
    "success_sessions": SESSION,
    "user_roles": set(),
}


def columns(conn: psycopg.Connection, table: str) -> list[str]:
    rows = conn.execute(
        "select attname::text from pg_attribute"
        " where attrelid = %s::regclass and attnum > 0 and not attisdropped order by attnum",
        (f"public.{table}",),
    ).fetchall()
    return [row[0] for row in rows]


def writable(conn: psycopg.Connection, table: str, template: str) -> set[str]:
    """The columns that a statement, which writes no row, is not refused for."""
    allowed = set()
    for column in columns(conn, table):
        statement = sql.SQL(template).format(
            table=sql.Identifier("public", table), column=sql.Identifier(column)
        )
        try:
            with conn.transaction():
                conn.execute(statement)
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.GeneratedAlways):
            continue
        allowed.add(column)
    return allowed


@pytest.mark.parametrize("table", UPDATABLE)
def test_even_a_superadmin_writes_no_other_columns_of(academy: Academy, table: str) -> None:
    with academy.acting("superadmin"):
        inserted = writable(
            academy.conn,
            table,
            "insert into {table} ({column}) select {column} from {table} where false",
        )
        updated = writable(
            academy.conn, table, "update {table} set {column} = {column} where false"
        )
    assert (inserted, updated) == (INSERTABLE[table], UPDATABLE[table])


def test_what_is_generated_cannot_be_written_by_the_dba_either(academy: Academy) -> None:
    for column in ("audience_key", "host_key", "status_due_at"):
        with pytest.raises(psycopg.errors.GeneratedAlways), academy.conn.transaction():
            academy.conn.execute(
                sql.SQL("update public.success_sessions set {0} = {0} where false").format(
                    sql.Identifier(column)
                )
            )


FORBIDDEN_TO_MENTORS = {
    "the mentor": "mentor_id = (select user_id from public.user_roles where role = 'mentor'"
    " and user_id <> auth.uid())",
    "the mentor, to nobody": "mentor_id = null",
    "the course": "course_id = null, batch_id = null",
    "the batch": "batch_id = null",
}

ALLOWED_TO_MENTORS = {
    "times": "start_time = start_time + interval '1 min', end_time = end_time + interval '9 min'",
    "the time zone": "timezone = 'Europe/Berlin'",
    "text": "title = 'New', description = 'New'",
    "the platform": "platform = 'jitsi', link = 'https://meet.jit.si/x', zoom_meeting_id = null",
    "credentials": "zoom_passcode = 'new', platform_data = '{\"host_link\": \"https://x.test/h\"}'",
    "the status": "status = 'live'",
    "the status to cancelled": "status = 'cancelled', cancel_reason = 'ill'",
    "mentor, course and batch to what they are": "mentor_id = mentor_id, course_id = course_id,"
    " batch_id = batch_id",
}


def change(academy: Academy, assignments: str) -> int:
    return academy.conn.execute(
        f"update public.success_sessions set {assignments} where id = %s",  # noqa: S608
        (academy.sessions["batch"],),
    ).rowcount


@pytest.mark.parametrize("what", FORBIDDEN_TO_MENTORS)
def test_a_host_cannot_change(academy: Academy, what: str) -> None:
    # As everybody else could read the roles, the subquery would be null for the host.
    academy.conn.execute("grant select on public.user_roles to authenticated")
    academy.conn.execute(
        "create policy open on public.user_roles for select to authenticated using (true)"
    )
    with (
        academy.acting("host"),
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="managers only"),
        academy.conn.transaction(),
    ):
        change(academy, FORBIDDEN_TO_MENTORS[what])


@pytest.mark.parametrize("who", MANAGERS)
@pytest.mark.parametrize("what", FORBIDDEN_TO_MENTORS)
def test_a_manager_can_change(academy: Academy, what: str, who: str) -> None:
    assignments = FORBIDDEN_TO_MENTORS[what].replace(
        "and user_id <> auth.uid()", f"and user_id = '{academy.people['other_mentor']}'"
    )
    # Free at that time, else it would be a double booking.
    academy.conn.execute(
        "update public.success_sessions set mentor_id = null where id = %s",
        (academy.sessions["other_batch"],),
    )
    with academy.acting(who):
        assert change(academy, assignments) == 1


@pytest.mark.parametrize("what", ALLOWED_TO_MENTORS)
def test_a_host_can_change(academy: Academy, what: str) -> None:
    with academy.acting("host"):
        assert change(academy, ALLOWED_TO_MENTORS[what]) == 1
    with academy.acting("other_mentor"):
        assert change(academy, ALLOWED_TO_MENTORS[what]) == 0


def test_who_wrote_a_row_is_recorded_and_cannot_be_chosen(academy: Academy) -> None:
    with academy.acting("host"):
        created_by = academy.conn.execute(
            "insert into public.success_sessions (title, link, start_time, mentor_id)"
            " values ('x', 'https://x.test/1', now() + interval '9 days', auth.uid())"
            " returning created_by"
        ).fetchone()
        added_by = academy.conn.execute(
            "insert into public.session_participants (session_id, user_id) values (%s, %s)"
            " returning added_by",
            (academy.sessions["batch"], academy.people["nobody"]),
        ).fetchone()
    assert created_by == added_by == (academy.people["host"],)


REFUSALS = {
    "a student": ("student", None, "only managers and mentors may create sessions"),
    "a student who names a mentor": (
        "student",
        "host",
        "only managers and mentors may create sessions",
    ),
    "a mentor for another": ("other_mentor", "host", "mentor_id must be your own id"),
    "a mentor for nobody": ("other_mentor", None, "mentor_id must be your own id"),
    "a revoked mentor": (
        "revoked_mentor",
        "revoked_mentor",
        "only managers and mentors may create sessions",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_whoever_may_not_create_a_session_is_told_why_and_what_to_do(
    academy: Academy, case: str
) -> None:
    who, mentor, message = REFUSALS[case]
    with (
        academy.acting(who),
        pytest.raises(psycopg.errors.InsufficientPrivilege, match=re.escape(message)) as refused,
        academy.conn.transaction(),
    ):
        academy.conn.execute(
            "insert into public.success_sessions (title, link, start_time, mentor_id)"
            " values ('x', 'https://x.test/1', now() + interval '9 days', %s)",
            (mentor and academy.people[mentor],),
        )
    assert refused.value.diag.message_hint


def test_the_policy_alone_would_refuse_the_same(academy: Academy) -> None:
    """The sentences come from a trigger; without any trigger the policy still holds."""
    academy.conn.execute("alter table public.success_sessions disable trigger user")
    for who, mentor, _ in REFUSALS.values():
        with (
            academy.acting(who),
            pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security policy"),
            academy.conn.transaction(),
        ):
            academy.conn.execute(
                "insert into public.success_sessions (title, link, start_time, mentor_id)"
                " values ('x', 'https://x.test/1', now() + interval '9 days', %s)",
                (mentor and academy.people[mentor],),
            )
