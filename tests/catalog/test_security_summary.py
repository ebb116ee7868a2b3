"""Who may do what: the whole of it, on one screen, as the database itself answers."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from devstack import databases
from devstack.databases import Database
from devstack.postgres import Server

SESSION_FIELDS = (
    "id, title, description, session_type, status, course_id, batch_id, mentor_id, start_time,"
    " end_time, timezone, platform, meeting_account_id, link, backup_link, zoom_meeting_id,"
    " zoom_passcode, platform_data, registration_required, registration_closes_at,"
    " capacity, reminder_minutes, cancel_reason"
)
OFFER_FIELDS = (
    "title, description, audience, course_id, batch_id, start_time, timezone, recurrence, "
    "window_minutes, slot_minutes, gap_minutes, booking_notice_minutes, "
    "change_notice_minutes, booking_horizon_days, max_open_per_student, max_per_student_week, "
    "max_per_student_month, max_per_day, platform, link, backup_link, zoom_meeting_id, "
    "zoom_passcode, is_active"
)
RECORDING_FIELDS = (
    "title, url, storage_path, duration_minutes, is_published, available_from, available_until,"
    " notify"
)
PLATFORM_FIELDS = (
    "name, is_active, max_concurrent_meetings, daily_changes_per_account, has_personal_links,"
    " platform_data_schema"
)
PREFERENCE_FIELDS = "user_id, kind, enabled, reminder_minutes, quiet_from, quiet_until, digest_at"
ALL = "select, insert, update, delete"
CALL = "execute"

SUMMARY = {
    # Somebody who has not signed in.
    ("anon", "public.*"): "usage",
    ("anon", "public.calendar_feed(token)"): CALL,
    # PostgREST's own login, which becomes one of the others for each request.
    ("authenticator", "public.*"): "usage",
    # A signed-in user; which rows, the policies say.
    ("authenticated", "public.*"): "usage",
    ("authenticated", "public.app_settings"): (
        "select, update (join_opens_minutes_before, meeting_wait_minutes, late_after_minutes,"
        " partial_below_percent, mentor_buffer_minutes, series_horizon_days,"
        " audit_retention_months, presence_retention_months, outbox_retention_months,"
        " unmatched_retention_days,"
        " check_in_code_seconds, reminder_minutes, mail_debounce_seconds,"
        " low_attendance_percent, low_attendance_warnings)"
    ),
    ("authenticated", "public.audit_log"): "select",
    ("authenticated", "public.attendance_rules"): (
        "select, insert (session_type, late_after_minutes, partial_below_percent),"
        " update (session_type, late_after_minutes, partial_below_percent), delete"
    ),
    ("authenticated", "public.batches"): (
        "select, insert (id, course_id, name), update (name), delete"
    ),
    ("authenticated", "public.blackout_clashes"): "select",
    ("authenticated", "public.blackout_dates"): (
        "select, insert (id, course_id, name, first_date, last_date),"
        " update (course_id, name, first_date, last_date), delete"
    ),
    ("authenticated", "public.booking_offers"): (
        f"select, insert (mentor_id, {OFFER_FIELDS}), update ({OFFER_FIELDS}), delete"
    ),
    ("authenticated", "public.calendar_feeds"): "select",
    ("authenticated", "public.course_enrollments"): (
        "select, insert (id, student_id, course_id, batch_id, status),"
        " update (student_id, course_id, batch_id, status), delete"
    ),
    ("authenticated", "public.courses"): "select, insert (id, name), update (name), delete",
    ("authenticated", "public.meeting_accounts"): (
        "select, insert (id, platform, name, max_concurrent_meetings, external_id, mentor_id),"
        " update (name, max_concurrent_meetings, external_id, mentor_id), delete"
    ),
    ("authenticated", "public.meeting_platforms"): (
        f"select, insert (id, {PLATFORM_FIELDS}), update ({PLATFORM_FIELDS}), delete"
    ),
    ("authenticated", "public.mentor_availability"): (
        "select, insert (id, mentor_id, weekday, start_time, end_time, timezone),"
        " update (weekday, start_time, end_time, timezone), delete"
    ),
    ("authenticated", "public.mentor_time_off"): (
        "select, insert (id, mentor_id, start_time, end_time, reason),"
        " update (start_time, end_time, reason), delete"
    ),
    ("authenticated", "public.notification_preferences"): (
        f"select, insert ({PREFERENCE_FIELDS}), update ({PREFERENCE_FIELDS}), delete"
    ),
    ("authenticated", "public.profiles"): "select, update (full_name, timezone, locale)",
    ("authenticated", "public.segmented_weekly_success_sessions"): "select",
    ("authenticated", "public.session_attendance"): "select",
    ("authenticated", "public.session_bookings"): "select",
    ("authenticated", "public.session_meetings"): "select",
    ("authenticated", "public.session_participants"): (
        "select, insert (session_id, user_id), delete"
    ),
    ("authenticated", "public.session_excuses"): "select",
    ("authenticated", "public.session_recording_views"): "select",
    ("authenticated", "public.session_recordings"): (
        f"select, insert (id, session_id, {RECORDING_FIELDS}), update ({RECORDING_FIELDS}), delete"
    ),
    ("authenticated", "public.session_ratings"): "select",
    ("authenticated", "public.session_registrations"): "select",
    ("authenticated", "public.series_skips"): "select",
    ("authenticated", "public.session_series"): "select",
    ("authenticated", "public.success_sessions"): (
        f"select, insert ({SESSION_FIELDS}), update ({SESSION_FIELDS}), delete"
    ),
    ("authenticated", "public.webhook_endpoints"): (
        "select, update (url, description, event_types, is_active), delete"
    ),
    ("authenticated", "public.create_webhook_endpoint(url, event_types, description)"): CALL,
    ("authenticated", "public.rotate_webhook_secret(endpoint_id)"): CALL,
    ("authenticated", "public.webhook_deliveries(endpoint_id, max_rows)"): CALL,
    ("authenticated", "public.replay_webhook_delivery(delivery_id)"): CALL,
    ("authenticated", "public.user_roles"): "select, insert (user_id, role), delete",
    ("authenticated", "public.calendar_feed(token)"): CALL,
    ("authenticated", "public.cancel_registration(session_id)"): CALL,
    ("authenticated", "public.create_calendar_feed(label, course_id)"): CALL,
    ("authenticated", "public.book_slot(offer_id, start_time, note)"): CALL,
    (
        "authenticated",
        "public.bookable_slots(offer_id, mentor_id, from_time, to_time, session_id)",
    ): CALL,
    ("authenticated", "public.booking_offer_credentials(offer_id)"): CALL,
    ("authenticated", "public.cancel_booking(session_id, reason)"): CALL,
    ("authenticated", "public.time_off_clashes"): "select",
    ("authenticated", "public.assign_mentor(session_id, mentor_id)"): CALL,
    ("authenticated", "public.available_mentors(start_time, end_time)"): CALL,
    (
        "authenticated",
        "public.reassign_mentor_sessions(from_mentor, to_mentor, from_time, to_time)",
    ): CALL,
    ("authenticated", "public.cancel_session(session_id, reason, scope)"): CALL,
    ("authenticated", "public.create_recurring_session(session, recurrence)"): CALL,
    ("authenticated", "public.erase_user(user_id)"): CALL,
    ("authenticated", "public.export_user_data(user_id)"): CALL,
    ("authenticated", "public.explain_notifications(session_id, user_id)"): CALL,
    ("authenticated", "public.explain_session_access(session_id, user_id)"): CALL,
    ("authenticated", "public.reschedule_session(session_id, start_time, end_time)"): CALL,
    ("authenticated", "public.update_session_series(session_id, scope, changes)"): CALL,
    (
        "authenticated",
        "public.attendance_report(from_date, to_date, course_id, batch_id, session_type,"
        " mentor_id, grain, timezone)",
    ): CALL,
    (
        "authenticated",
        "public.mentor_performance(from_date, to_date, course_id, batch_id, session_type,"
        " mentor_id, grain, timezone)",
    ): CALL,
    (
        "authenticated",
        "public.session_effectiveness(from_date, to_date, course_id, batch_id, session_type,"
        " mentor_id, timezone)",
    ): CALL,
    (
        "authenticated",
        "public.student_participation(from_date, to_date, course_id, batch_id, session_type,"
        " mentor_id, student_id, grain, timezone)",
    ): CALL,
    ("authenticated", "public.rate_session(session_id, rating, comment)"): CALL,
    ("authenticated", "public.csv(line)"): CALL,
    ("authenticated", "public.join_session(session_id)"): CALL,
    ("authenticated", "public.leave_session(session_id)"): CALL,
    ("authenticated", "public.move_booking(session_id, start_time)"): CALL,
    ("authenticated", "public.open_recording(recording_id)"): CALL,
    ("authenticated", "public.preview_recurrence(recurrence, start_time, timezone)"): CALL,
    ("authenticated", "public.register_for_session(session_id)"): CALL,
    ("authenticated", "public.revoke_calendar_feed(feed_id)"): CALL,
    ("authenticated", "public.check_in(session_id, code)"): CALL,
    ("authenticated", "public.dismiss_participant(participant_id)"): CALL,
    ("authenticated", "public.link_participant(participant_id, student_id)"): CALL,
    ("authenticated", "public.show_check_in_code(session_id)"): CALL,
    ("authenticated", "public.unmatched_participants(session_id)"): CALL,
    ("authenticated", "public.decide_excuse(session_id, student_id, approve, note)"): CALL,
    ("authenticated", "public.import_attendance(session_id, rows, all_or_nothing)"): CALL,
    ("authenticated", "public.mark_attendance(session_id, student_id, status, note)"): CALL,
    ("authenticated", "public.request_excuse(session_id, reason)"): CALL,
    ("authenticated", "public.session_roster(session_id)"): CALL,
    ("authenticated", "public.withdraw_excuse(session_id)"): CALL,
    ("authenticated", "public.report_link_failure(session_id, note)"): CALL,
    ("authenticated", "public.withdraw_link_failure(session_id)"): CALL,
    ("authenticated", "public.session_credentials(session_id)"): CALL,
    ("authenticated", "public.verify_audit_log(since, known_seal, known_hash)"): CALL,
    ("authenticated", "public.session_ics(session_id)"): CALL,
    # What policies, checks, generated columns and the view call in the user's name. The API does
    # not expose them.
    ("authenticated", "private.*"): "usage",
    ("authenticated", "private.audience_key(course_id, batch_id)"): CALL,
    ("authenticated", "private.csv_cell(content)"): CALL,
    ("authenticated", "private.effective_session_status(status, start_time, end_time)"): CALL,
    ("authenticated", "private.has_role(role)"): CALL,
    ("authenticated", "private.is_manager()"): CALL,
    ("authenticated", "private.is_settings_admin()"): CALL,
    ("authenticated", "private.meeting_key(zoom_meeting_id, platform_data)"): CALL,
    ("authenticated", "private.mentor_name(mentor_id)"): CALL,
    ("authenticated", "private.my_audience_keys()"): CALL,
    ("authenticated", "private.my_batch_ids()"): CALL,
    ("authenticated", "private.my_course_ids()"): CALL,
    ("authenticated", "private.my_hosted_series_ids()"): CALL,
    ("authenticated", "private.my_hosted_session_ids()"): CALL,
    ("authenticated", "private.my_hosts_from()"): CALL,
    ("authenticated", "private.my_hosts_to()"): CALL,
    ("authenticated", "private.my_invited_session_ids()"): CALL,
    ("authenticated", "private.my_offer_keys()"): CALL,
    ("authenticated", "private.my_recorded_session_ids()"): CALL,
    ("authenticated", "private.my_rows_from()"): CALL,
    ("authenticated", "private.my_rows_to()"): CALL,
    ("authenticated", "private.my_timezone()"): CALL,
    ("authenticated", "private.my_waitlist_position(session_id)"): CALL,
    ("authenticated", "private.seats_left(session_id, capacity)"): CALL,
    ("authenticated", "private.offer_key(audience, course_id, batch_id)"): CALL,
    ("authenticated", "private.optional_mail_kinds()"): CALL,
    ("authenticated", "private.reminder_choices()"): CALL,
    ("authenticated", "private.json_schema_refusal(schema, path)"): CALL,
    ("authenticated", "private.is_web_address(address)"): CALL,
    ("authenticated", "private.rule(holds, name, message, remedy)"): CALL,
    # Edge functions and the server's own scripts: all rows, without policies.
    ("service_role", "public.*"): "usage",
    ("service_role", "public.app_settings"): "select, update",
    ("service_role", "public.audit_log"): "select",
    ("service_role", "public.attendance_rules"): ALL,
    ("service_role", "public.batches"): ALL,
    ("service_role", "public.blackout_dates"): ALL,
    ("service_role", "public.booking_offers"): ALL,
    ("service_role", "public.calendar_feed(token)"): CALL,
    ("service_role", "public.calendar_feeds"): "select, delete",
    ("service_role", "public.course_enrollments"): ALL,
    ("service_role", "public.courses"): ALL,
    ("service_role", "public.meeting_accounts"): ALL,
    ("service_role", "public.meeting_platforms"): ALL,
    ("service_role", "public.mentor_availability"): ALL,
    ("service_role", "public.mentor_time_off"): ALL,
    ("service_role", "public.notification_preferences"): ALL,
    ("service_role", "public.profiles"): ALL,
    ("service_role", "public.session_attendance"): ALL,
    ("service_role", "public.session_bookings"): "select",
    ("service_role", "public.session_participants"): ALL,
    ("service_role", "public.session_excuses"): "select",
    ("service_role", "public.session_recording_views"): "select",
    ("service_role", "public.session_recordings"): ALL,
    ("service_role", "public.session_ratings"): ALL,
    ("service_role", "public.session_registrations"): "select",
    ("service_role", "public.series_skips"): "select",
    ("service_role", "public.session_series"): "select",
    ("service_role", "public.success_sessions"): ALL,
    ("service_role", "public.user_roles"): ALL,
    (
        "service_role",
        "public.add_recording(platform, event_id, meeting_id, started_at, url, title,"
        " duration_minutes, is_published, notify)",
    ): CALL,
    (
        "service_role",
        "public.record_mail_event(event_id, kind, occurred_at, email_id, address)",
    ): CALL,
    (
        "service_role",
        "public.record_presence(platform, event_id, meeting_id, kind, occurred_at,"
        " participant_key, participant_email, participant_name, connection_id)",
    ): CALL,
    ("service_role", "public.end_meeting(platform, event_id, meeting_id, occurred_at)"): CALL,
    (
        "service_role",
        "public.reconcile_presence(platform, report_id, meeting_id, started_at, ended_at,"
        " participants)",
    ): CALL,
    ("service_role", "private.*"): "usage",
    ("service_role", "private.audience_key(course_id, batch_id)"): CALL,
    ("service_role", "private.csv_cell(content)"): CALL,
    ("service_role", "public.csv(line)"): CALL,
    ("service_role", "private.effective_session_status(status, start_time, end_time)"): CALL,
    ("service_role", "private.meeting_key(zoom_meeting_id, platform_data)"): CALL,
    ("service_role", "private.mentor_name(mentor_id)"): CALL,
    ("service_role", "private.offer_key(audience, course_id, batch_id)"): CALL,
    ("service_role", "private.optional_mail_kinds()"): CALL,
    ("service_role", "private.reminder_choices()"): CALL,
    ("service_role", "private.json_schema_refusal(schema, path)"): CALL,
    ("service_role", "private.is_web_address(address)"): CALL,
    ("service_role", "private.rule(holds, name, message, remedy)"): CALL,
    ("service_role", "public.session_meetings"): "select",
    ("service_role", "public.claim_meeting_tasks(max_tasks, lease_seconds)"): CALL,
    (
        "service_role",
        "public.complete_meeting_task(meeting_id, claim_id, external_id, link, passcode,"
        " is_report_complete)",
    ): CALL,
    (
        "service_role",
        "public.fail_meeting_task(meeting_id, claim_id, reason, retry_at, is_account_full)",
    ): CALL,
    ("service_role", "public.unsubscribe(token, confirm)"): CALL,
    ("service_role", "public.personal_link(session_id, user_id)"): CALL,
    (
        "service_role",
        "public.save_personal_link(meeting_id, user_id, participant_key, link)",
    ): CALL,
    # The daemon: its queue's functions and nothing else. Every role may look into public; there is
    # nothing for it there.
    ("notifier", "public.*"): "usage",
    ("notifier", "notifier.*"): "usage",
    (
        "notifier",
        "notifier.begin_sending(claim, email_ids, lease, parcel_id, transport, again)",
    ): CALL,
    ("notifier", "notifier.claim_emails(worker, max_emails, lease, organizer, app_url)"): CALL,
    ("notifier", "notifier.claim_webhooks(worker, max_deliveries, lease)"): CALL,
    ("notifier", "notifier.complete_emails(claim, email_ids, transport)"): CALL,
    ("notifier", "notifier.complete_webhook(claim, delivery_id, response_status)"): CALL,
    (
        "notifier",
        "notifier.fail_webhook(claim, delivery_id, response_status, error, is_endpoint_down,"
        " retry_after)",
    ): CALL,
    ("notifier", "notifier.dead_emails(max_rows)"): CALL,
    ("notifier", "notifier.discard_emails(email_ids)"): CALL,
    ("notifier", "notifier.email_history(email_id)"): CALL,
    ("notifier", "notifier.emails_in_doubt(max_rows)"): CALL,
    ("notifier", "notifier.expand_events(max_emails)"): CALL,
    ("notifier", "notifier.extend_claim(claim, lease)"): CALL,
    ("notifier", "notifier.extend_webhook(claim, delivery_id, lease)"): CALL,
    ("notifier", "notifier.fail_email(claim, email_id, failure, error, retry_after)"): CALL,
    ("notifier", "notifier.fall_asleep()"): CALL,
    ("notifier", "notifier.meetings_due_at()"): CALL,
    ("notifier", "notifier.next_wake()"): CALL,
    ("notifier", "notifier.has_news()"): CALL,
    ("notifier", "notifier.list_send_limits()"): CALL,
    ("notifier", "notifier.set_send_limit(domain, per_minute)"): CALL,
    ("notifier", "notifier.note_unknown_mailbox(email_id, suppress_after)"): CALL,
    ("notifier", "notifier.purge(older_than, max_rows, after)"): CALL,
    ("notifier", "notifier.queue_metrics()"): CALL,
    ("notifier", "notifier.queue_status()"): CALL,
    ("notifier", "notifier.report(from_date, to_date, timezone)"): CALL,
    ("notifier", "notifier.claim_report_mail(from_date, to_date, lease, after, try_refused)"): CALL,
    ("notifier", "notifier.complete_report_mail(mail_id)"): CALL,
    ("notifier", "notifier.fail_report_mail(claim, mail_id, failure, error)"): CALL,
    ("notifier", "notifier.held_report_mails(from_date, to_date)"): CALL,
    ("notifier", "notifier.recover_expired_claims()"): CALL,
    ("notifier", "notifier.release_emails(claim, email_ids)"): CALL,
    ("notifier", "notifier.replay_event(event_id)"): CALL,
    ("notifier", "notifier.retry_emails(email_ids)"): CALL,
    ("notifier", "notifier.set_app_url(app_url)"): CALL,
    ("notifier", "notifier.stay_awake(for_interval)"): CALL,
    ("notifier", "notifier.suppress_address(address, reason)"): CALL,
    ("notifier", "notifier.suppressed_addresses(address, max_rows)"): CALL,
    ("notifier", "notifier.tick()"): CALL,
    ("notifier", "notifier.unsuppress_address(address)"): CALL,
    ("notifier", "notifier.workers()"): CALL,
}


def granted(conn: psycopg.Connection) -> dict[tuple[str, str], str]:
    """What each role may do with each object of our schemas, inherited and PUBLIC's included.

    A privilege on columns is shown as the verb and the columns. Objects that a role may do nothing
    with are left out.
    """
    rows = conn.execute(
        """
        with
        role (role) as (
            values ('anon'), ('authenticated'), ('service_role'), ('authenticator'), ('notifier')
        ),
        ours as (
            select oid, nspname from pg_namespace where nspname in ('public', 'private', 'notifier')
        ),
        relation as (
            select pg_class.oid, format('%s.%s', nspname, relname) as name, relkind
            from pg_class inner join ours on ours.oid = relnamespace
            where relkind in ('r', 'p', 'v', 'm', 'f')
        ),
        privilege (role, object, position, verb) as (
            select role, nspname || '.*', 1, verb
            from role, ours, unnest(array['usage', 'create']) as verb
            where has_schema_privilege(role, ours.oid, verb)
            union all
            select role, name, position, verb
            from role, relation, unnest(array[
                'select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger'
            ]) with ordinality as verbs (verb, position)
            where has_table_privilege(role, relation.oid, verb)
            union all
            select role, name, 8, 'maintain'
            from role, relation
            -- Known since Postgres 17.
            where case
                when current_setting('server_version_num')::integer >= 170000
                    then has_table_privilege(role, relation.oid, 'maintain')
            end
            union all
            select
                role,
                name,
                position,
                format('%s (%s)', verb, string_agg(attname, ', ' order by attnum))
            from role, relation, pg_attribute, unnest(array[
                'select', 'insert', 'update', 'references'
            ]) with ordinality as verbs (verb, position)
            where attrelid = relation.oid and attnum > 0 and not attisdropped
                and has_column_privilege(role, relation.oid, attnum, verb)
                and not has_table_privilege(role, relation.oid, verb)
            group by role, name, verb, position
            union all
            select role, format('%s.%s', nspname, relname), 1, verb
            from role, ours
            inner join pg_class on relnamespace = ours.oid and relkind = 'S',
                unnest(array['usage', 'select', 'update']) as verb
            where has_sequence_privilege(role, pg_class.oid, verb)
            union all
            select
                role,
                format(
                    '%s.%s(%s)', nspname, proname, array_to_string(proargnames[:pronargs], ', ')
                ),
                1,
                'execute'
            from role, ours inner join pg_proc on pronamespace = ours.oid
            where has_function_privilege(role, pg_proc.oid, 'execute')
        )
        select role, object, string_agg(verb, ', ' order by position, verb)
        from privilege
        group by role, object
        """
    )
    return {(role, name): verbs for role, name, verbs in rows}


def test_each_role_may_do_what_the_summary_says_and_nothing_else(conn: psycopg.Connection) -> None:
    assert granted(conn) == SUMMARY


@pytest.fixture(scope="module")
def recent_project(server: Server, run_name: str) -> Iterator[Database]:
    """A project as Supabase makes them since 2026-10-30: nothing is granted by default."""
    with psycopg.connect(server.superuser_url) as turn:
        # Migrations touch a role, and roles belong to the whole cluster; see `template`.
        turn.execute("select pg_catalog.pg_advisory_lock(hashtext('live-sessions template'))")
        made = databases.create_project(server, f"{run_name}_recent", default_privileges="explicit")
    yield made
    databases.drop(made)


def test_the_summary_is_the_same_where_nothing_is_granted_by_default(
    recent_project: Database,
) -> None:
    with psycopg.connect(recent_project.url) as connection:
        assert granted(connection) == SUMMARY


@pytest.mark.parametrize(
    ("grant", "changed"),
    [
        (
            "grant select (words_digest) on private.audit_redactions to service_role",
            {("service_role", "private.audit_redactions"): "select (words_digest)"},
        ),
        (
            "grant update (sequence) on public.success_sessions to authenticated",
            {
                ("authenticated", "public.success_sessions"): (
                    f"select, insert ({SESSION_FIELDS}),"
                    f" update ({SESSION_FIELDS}, sequence), delete"
                )
            },
        ),
        (
            "grant truncate on public.courses to service_role",
            {("service_role", "public.courses"): f"{ALL}, truncate"},
        ),
        (
            "grant execute on function private.get_session_secret to notifier",
            {("notifier", "private.get_session_secret(table_name, row_id, kind)"): CALL},
        ),
        (
            "grant usage on schema notifier to service_role",
            {("service_role", "notifier.*"): "usage"},
        ),
        (
            "grant usage on sequence notifier.events_id_seq to notifier",
            {("notifier", "notifier.events_id_seq"): "usage"},
        ),
        (
            "grant select on notifier.gate to public",
            {(role, "notifier.gate"): "select" for role in sorted({role for role, _ in SUMMARY})},
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_one_more_grant_shows(
    conn: psycopg.Connection, grant: str, changed: dict[tuple[str, str], str]
) -> None:
    conn.execute(grant.encode())
    assert dict(granted(conn).items() - SUMMARY.items()) == changed
