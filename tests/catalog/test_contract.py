"""The names that frontends, edge functions and the notifier rely on."""

from __future__ import annotations

import psycopg

ENUMS = {
    "public.app_role": ["student", "mentor", "enrollment_manager", "admin", "superadmin"],
    "public.session_status": ["upcoming", "live", "completed", "cancelled"],
    "public.session_type": ["success_session", "mentorship", "group_coaching"],
    "public.enrollment_status": ["active", "paused", "completed", "withdrawn"],
    "public.attendance_status": ["present", "late", "partial", "absent", "excused"],
    "public.attendance_source": ["join", "platform", "manual", "import"],
    "public.offer_audience": ["everybody", "course", "batch", "unbatched"],
    "public.series_skip_reason": ["blackout", "clash", "failed"],
    "public.meeting_state": ["pending", "changing", "ready", "ending", "ended"],
    "public.registration_status": ["registered", "waitlisted", "cancelled"],
    "public.excuse_status": ["requested", "approved", "declined", "withdrawn"],
    "public.presence_outcome": ["recorded", "unmatched", "staff", "duplicate", "unknown_meeting"],
    "private.presence_kind": ["join", "leave", "end"],
    "private.review_status": ["waiting", "linked", "dismissed"],
    "private.session_secret": [
        "zoom_passcode",
        "link",
        "backup_link",
        "host_link",
        "recording_url",
    ],
    "notifier.email_kind": [
        "session_scheduled",
        "session_rescheduled",
        "session_updated",
        "meeting_link_changed",
        "session_cancelled",
        "mentor_assigned",
        "mentor_unassigned",
        "series_scheduled",
        "series_updated",
        "series_cancelled",
        "enrollment_schedule",
        "daily_digest",
        "registration_confirmed",
        "waitlist_promoted",
        "recording_available",
        "session_reminder",
        "attendance_warning",
        "weekly_summary",
        "attendance_summary",
    ],
    "notifier.email_topic": [
        "invitation",
        "registration",
        "reminder",
        "summary",
        "week",
        "warning",
        "recording",
    ],
    "notifier.email_status": [
        "queued",
        "claimed",
        "sending",
        "in_doubt",
        "sent",
        "skipped",
        "dead",
    ],
}

API_FUNCTIONS = {
    "check_in(session_id uuid, code text)": "check_in_result",
    "dismiss_participant(participant_id uuid)": "void",
    "link_participant(participant_id uuid, student_id uuid)": "session_attendance",
    "show_check_in_code(session_id uuid)": "check_in_code",
    ("unmatched_participants(session_id uuid DEFAULT NULL::uuid)"): "unmatched_participant",
    (
        "decide_excuse(session_id uuid, student_id uuid, approve boolean,"
        " note text DEFAULT NULL::text)"
    ): "session_excuses",
    (
        "import_attendance(session_id uuid, rows jsonb, all_or_nothing boolean DEFAULT false)"
    ): "attendance_import_row",
    (
        "mark_attendance(session_id uuid, student_id uuid, status attendance_status,"
        " note text DEFAULT NULL::text)"
    ): "session_attendance",
    "request_excuse(session_id uuid, reason text)": "session_excuses",
    "session_roster(session_id uuid)": "roster_entry",
    "withdraw_excuse(session_id uuid)": "session_excuses",
    ("report_link_failure(session_id uuid, note text DEFAULT NULL::text)"): "success_sessions",
    "withdraw_link_failure(session_id uuid)": "success_sessions",
    "calendar_feed(token text)": '"text/calendar"',
    (
        "add_recording(platform text, event_id text, meeting_id text,"
        " started_at timestamp with time zone, url text, title text DEFAULT NULL::text,"
        " duration_minutes integer DEFAULT NULL::integer, is_published boolean DEFAULT false,"
        " notify boolean DEFAULT false)"
    ): "recording_receipt",
    "open_recording(recording_id uuid)": "recording_details",
    "cancel_registration(session_id uuid)": "registration_details",
    (
        "create_calendar_feed(label text DEFAULT NULL::text, course_id uuid DEFAULT NULL::uuid)"
    ): "text",
    (
        "book_slot(offer_id uuid, start_time timestamp with time zone,"
        " note text DEFAULT NULL::text)"
    ): "booking_details",
    (
        "bookable_slots(offer_id uuid DEFAULT NULL::uuid, mentor_id uuid DEFAULT NULL::uuid,"
        " from_time timestamp with time zone DEFAULT NULL::timestamp with time zone,"
        " to_time timestamp with time zone DEFAULT NULL::timestamp with time zone,"
        " session_id uuid DEFAULT NULL::uuid)"
    ): "bookable_slot",
    (
        "cancel_session(session_id uuid, reason text DEFAULT NULL::text,"
        " scope text DEFAULT 'this'::text)"
    ): "success_sessions",
    "create_recurring_session(session jsonb, recurrence jsonb)": "success_sessions",
    (
        "reschedule_session(session_id uuid, start_time timestamp with time zone,"
        " end_time timestamp with time zone DEFAULT NULL::timestamp with time zone)"
    ): "success_sessions",
    "update_session_series(session_id uuid, scope text, changes jsonb)": "success_sessions",
    "booking_offer_credentials(offer_id uuid)": "booking_offer_credential_details",
    "cancel_booking(session_id uuid, reason text DEFAULT NULL::text)": "booking_details",
    "assign_mentor(session_id uuid, mentor_id uuid)": "success_sessions",
    (
        "available_mentors(start_time timestamp with time zone, end_time timestamp with time zone)"
    ): "available_mentor",
    (
        "reassign_mentor_sessions(from_mentor uuid, to_mentor uuid,"
        " from_time timestamp with time zone DEFAULT NULL::timestamp with time zone,"
        " to_time timestamp with time zone DEFAULT NULL::timestamp with time zone)"
    ): "uuid",
    (
        "end_meeting(platform text, event_id text, meeting_id text,"
        " occurred_at timestamp with time zone)"
    ): "presence_receipt",
    "erase_user(user_id uuid)": "void",
    "export_user_data(user_id uuid)": "jsonb",
    "explain_notifications(session_id uuid, user_id uuid)": "notification_explanation",
    "explain_session_access(session_id uuid, user_id uuid)": "session_access_rule",
    (
        "attendance_report(from_date date, to_date date, course_id uuid DEFAULT NULL::uuid,"
        " batch_id uuid DEFAULT NULL::uuid, session_type session_type DEFAULT NULL::session_type,"
        " mentor_id uuid DEFAULT NULL::uuid, grain text DEFAULT NULL::text,"
        " timezone text DEFAULT NULL::text)"
    ): "attendance_figures",
    (
        "mentor_performance(from_date date, to_date date, course_id uuid DEFAULT NULL::uuid,"
        " batch_id uuid DEFAULT NULL::uuid, session_type session_type DEFAULT NULL::session_type,"
        " mentor_id uuid DEFAULT NULL::uuid, grain text DEFAULT NULL::text,"
        " timezone text DEFAULT NULL::text)"
    ): "mentor_figures",
    (
        "session_effectiveness(from_date date, to_date date, course_id uuid DEFAULT NULL::uuid,"
        " batch_id uuid DEFAULT NULL::uuid, session_type session_type DEFAULT NULL::session_type,"
        " mentor_id uuid DEFAULT NULL::uuid,"
        " timezone text DEFAULT NULL::text)"
    ): "session_figures",
    (
        "student_participation(from_date date, to_date date, course_id uuid DEFAULT NULL::uuid,"
        " batch_id uuid DEFAULT NULL::uuid, session_type session_type DEFAULT NULL::session_type,"
        " mentor_id uuid DEFAULT NULL::uuid, student_id uuid DEFAULT NULL::uuid,"
        " grain text DEFAULT NULL::text, timezone text DEFAULT NULL::text)"
    ): "participation_figures",
    (
        "rate_session(session_id uuid, rating integer, comment text DEFAULT NULL::text)"
    ): "session_ratings",
    "csv(line anyelement)": '"text/csv"',
    "join_session(session_id uuid)": "session_join_details",
    "leave_session(session_id uuid)": "session_attendance",
    "move_booking(session_id uuid, start_time timestamp with time zone)": "booking_details",
    (
        "preview_recurrence(recurrence jsonb, start_time timestamp with time zone, timezone text)"
    ): "recurrence_date",
    (
        "reconcile_presence(platform text, report_id text, meeting_id text,"
        " started_at timestamp with time zone, ended_at timestamp with time zone,"
        " participants jsonb)"
    ): "presence_report_receipt",
    (
        "create_webhook_endpoint(url text, event_types text[], description text DEFAULT NULL::text)"
    ): "webhook_secret",
    "rotate_webhook_secret(endpoint_id uuid)": "webhook_secret",
    "webhook_deliveries(endpoint_id uuid, max_rows integer DEFAULT 100)": "webhook_delivery",
    "replay_webhook_delivery(delivery_id uuid)": "void",
    (
        "record_mail_event(event_id text, kind text, occurred_at timestamp with time zone,"
        " email_id uuid DEFAULT NULL::uuid, address text DEFAULT NULL::text)"
    ): "text",
    (
        "record_presence(platform text, event_id text, meeting_id text, kind text,"
        " occurred_at timestamp with time zone, participant_key text DEFAULT NULL::text,"
        " participant_email text DEFAULT NULL::text, participant_name text DEFAULT NULL::text,"
        " connection_id text DEFAULT NULL::text)"
    ): "presence_receipt",
    "register_for_session(session_id uuid)": "registration_details",
    "revoke_calendar_feed(feed_id uuid)": "void",
    "session_credentials(session_id uuid)": "session_credential_details",
    (
        "claim_meeting_tasks(max_tasks integer DEFAULT 10, lease_seconds integer DEFAULT 60)"
    ): "meeting_task",
    (
        "complete_meeting_task(meeting_id uuid, claim_id uuid, external_id text DEFAULT NULL::text,"
        " link text DEFAULT NULL::text, passcode text DEFAULT NULL::text,"
        " is_report_complete boolean DEFAULT true)"
    ): "boolean",
    (
        "fail_meeting_task(meeting_id uuid, claim_id uuid, reason text,"
        " retry_at timestamp with time zone DEFAULT NULL::timestamp with time zone,"
        " is_account_full boolean DEFAULT false)"
    ): "boolean",
    "unsubscribe(token text, confirm boolean)": "text",
    "personal_link(session_id uuid, user_id uuid)": "personal_link_details",
    "save_personal_link(meeting_id uuid, user_id uuid, participant_key text, link text)": "text",
    (
        "verify_audit_log(since timestamp with time zone DEFAULT NULL::timestamp with time zone,"
        " known_seal bigint DEFAULT NULL::bigint, known_hash text DEFAULT NULL::text)"
    ): "audit_verification",
    "session_ics(session_id uuid)": '"text/calendar"',
}

API_RELATIONS = {
    "app_settings",
    "attendance_rules",
    "audit_log",
    "batches",
    "blackout_clashes",
    "blackout_dates",
    "booking_offers",
    "calendar_feeds",
    "course_enrollments",
    "courses",
    "meeting_accounts",
    "meeting_platforms",
    "mentor_availability",
    "mentor_time_off",
    "notification_preferences",
    "profiles",
    "segmented_weekly_success_sessions",
    "session_attendance",
    "session_bookings",
    "session_meetings",
    "session_excuses",
    "session_participants",
    "session_recording_views",
    "session_recordings",
    "session_ratings",
    "session_registrations",
    "series_skips",
    "session_series",
    "success_sessions",
    "time_off_clashes",
    "user_roles",
    "webhook_endpoints",
}

SESSION_DEFAULTS = {
    "status": "'upcoming'",
    "session_type": "'success_session'",
    "timezone": "'UTC'",
    "platform": "'zoom'",
    "platform_data": "'{}'",
    "registration_required": "false",
    "sequence": "0",
    "created_by": "auth.uid()",
    # A trigger supplies these two; the defaults tell typed clients so.
    "end_time": "NULLIF(now(), now())",
    "calendar_uid": "gen_random_uuid()",
}
"""What a session is when the form leaves it out; the rest is null, or demanded."""

SESSION_DEMANDED = {"title", "start_time"}


def test_enums_have_these_values_in_this_order(conn: psycopg.Connection) -> None:
    rows = conn.execute(
        """
        select nspname || '.' || typname, array_agg(enumlabel::text order by enumsortorder)
        from pg_enum
        inner join pg_type on pg_type.oid = enumtypid
        inner join pg_namespace on pg_namespace.oid = typnamespace
        where nspname in ('public', 'private', 'notifier')
        group by nspname, typname
        """
    ).fetchall()
    assert dict(rows) == ENUMS


def test_the_api_has_these_functions_with_these_arguments(conn: psycopg.Connection) -> None:
    rows = conn.execute(
        """
        select
            proname || '(' || pg_get_function_arguments(oid) || ')',
            replace(prorettype::regtype::text, 'public.', '')
        from pg_proc
        where pronamespace = 'public'::regnamespace
        """
    ).fetchall()
    assert dict(rows) == API_FUNCTIONS


def test_the_api_has_these_tables_and_views(conn: psycopg.Connection) -> None:
    rows = conn.execute(
        """
        select relname::text
        from pg_class
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f')
        """
    )
    assert {row[0] for row in rows} == API_RELATIONS


def test_a_session_has_these_defaults_and_demands_these_fields(conn: psycopg.Connection) -> None:
    rows = conn.execute(
        """
        select
            column_name::text,
            regexp_replace(column_default, '::[a-z_.]+$', ''),
            is_nullable = 'NO' and column_default is null and is_generated = 'NEVER'
        from information_schema.columns
        where table_schema = 'public' and table_name = 'success_sessions'
            and column_name not in ('id', 'created_at', 'updated_at')
        """
    ).fetchall()
    assert {name: default for name, default, _ in rows if default} == SESSION_DEFAULTS
    assert {name for name, _, is_demanded in rows if is_demanded} == SESSION_DEMANDED


def test_the_shown_default_settings_are_the_documented_ones(conn: psycopg.Connection) -> None:
    row = conn.execute(
        "select join_opens_minutes_before, late_after_minutes, partial_below_percent,"
        " mentor_buffer_minutes, series_horizon_days, audit_retention_months, app_url"
        " from public.app_settings"
    ).fetchone()
    assert row == (15, 10, 75, 0, 180, 24, None)


def test_the_default_settings_of_mails_are_the_documented_ones(conn: psycopg.Connection) -> None:
    rows = conn.execute(
        """
        select column_name, column_default from information_schema.columns
        where
            table_name = 'app_settings'
            and column_name in ('reminder_minutes', 'mail_debounce_seconds')
        """
    )
    assert dict(rows.fetchall()) == {
        "reminder_minutes": "'{1440,60}'::integer[]",
        "mail_debounce_seconds": "15",
    }
