"""Role by table by verb: who may, whose statement finds no row, who is refused."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import LiteralString
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from support.academy import EVERYBODY, MANAGERS, SIGNED_IN, Academy

ALL = EVERYBODY
USERS = SIGNED_IN
ADMINS = ("admin", "superadmin")
STAFF = ("host", "other_mentor", *MANAGERS)
NOT_ANON = (*USERS, "service_role")


@pytest.fixture
def academy(unprepared_academy: Academy) -> Academy:
    """On a connection of its own: what was planned or cached for others proves nothing."""
    return unprepared_academy


@dataclass(frozen=True, slots=True)
class Attempt:
    """One statement that everybody tries.

    Attributes:
        table: The table it is about.
        verb: What it does.
        target: To which row.
        statement: The statement, with the placeholders of `targets`.
        may: Those for whom it does what it says.
        refused: Those who are told that they may not (42501). For whoever is in neither, the row
            does not exist: the statement succeeds and finds nothing.
    """

    table: str
    verb: str
    target: str
    statement: LiteralString
    may: tuple[str, ...]
    refused: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.verb}-{self.table}-{self.target}".replace(" ", "_")


def but(*people: str) -> tuple[str, ...]:
    """Everybody else."""
    return tuple(who for who in ALL if who not in people)


ATTEMPTS = (
    # -- audit_log ---------------------------------------------------------------------------------
    Attempt(
        "audit_log",
        "select",
        "of the batch's session",
        "select from public.audit_log where session_id = %(batch_session)s",
        may=(*MANAGERS, "service_role"),
        refused=("anon",),
    ),
    # -- webhook_endpoints -------------------------------------------------------------------------
    *(
        Attempt(
            "webhook_endpoints",
            verb,
            "any",
            statement,
            may=ADMINS,
            refused=("anon", "service_role"),
        )
        for verb, statement in (
            ("select", "select from public.webhook_endpoints"),
            ("update", "update public.webhook_endpoints set is_active = false where true"),
            ("delete", "delete from public.webhook_endpoints where true"),
        )
    ),
    # -- success_sessions --------------------------------------------------------------------------
    Attempt(
        "success_sessions",
        "select",
        "of the batch",
        "select from public.success_sessions where id = %(batch_session)s",
        may=("student", "participant", "host", *MANAGERS, "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "success_sessions",
        "insert",
        "without host",
        """
        insert into public.success_sessions (title, link, start_time)
        values ('New', 'https://meet.example.test/1', now() + interval '9 days')
        """,
        may=(*MANAGERS, "service_role"),
        refused=but(*MANAGERS, "service_role"),
    ),
    Attempt(
        "success_sessions",
        "insert",
        "hosted by the host",
        """
        insert into public.success_sessions (title, link, start_time, mentor_id)
        values ('New', 'https://meet.example.test/1', now() + interval '9 days', %(host)s)
        """,
        may=("host", *MANAGERS, "service_role"),
        refused=but("host", *MANAGERS, "service_role"),
    ),
    Attempt(
        "success_sessions",
        "update",
        "title of the batch's",
        "update public.success_sessions set title = 'Renamed' where id = %(batch_session)s",
        may=("host", *MANAGERS, "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "success_sessions",
        "update",
        "mentor of the batch's",
        """
        update public.success_sessions set mentor_id = null where id = %(batch_session)s
        """,
        may=(*MANAGERS, "service_role"),
        refused=("anon", "host"),
    ),
    Attempt(
        "success_sessions",
        "update",
        "title of an orphaned one",
        "update public.success_sessions set title = 'Renamed' where id = %(orphaned_session)s",
        may=(*MANAGERS, "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "success_sessions",
        "delete",
        "one that is over",
        "delete from public.success_sessions where id = %(session_over)s",
        may=("superadmin", "service_role"),
        refused=("anon",),
    ),
    # -- session_series ----------------------------------------------------------------------------
    Attempt(
        "session_series",
        "select",
        "of the batch",
        "select from public.session_series where id = %(batch_series)s",
        may=("student", "host", *MANAGERS, "service_role"),
        refused=("anon",),
    ),
    # -- series_skips ------------------------------------------------------------------------------
    Attempt(
        "series_skips",
        "select",
        "of the batch's series",
        "select from public.series_skips where series_id = %(batch_series)s",
        may=("host", *MANAGERS, "service_role"),
        refused=("anon",),
    ),
    # -- blackout_dates ----------------------------------------------------------------------------
    Attempt(
        "blackout_dates",
        "select",
        "of the platform",
        "select from public.blackout_dates where name = 'Holidays'",
        may=NOT_ANON,
        refused=("anon",),
    ),
    Attempt(
        "blackout_dates",
        "select",
        "of the course",
        "select from public.blackout_dates where course_id = %(course)s",
        may=("student", "other_batch", "unbatched", *STAFF, "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "blackout_dates",
        "insert",
        "of the platform",
        """
        insert into public.blackout_dates (name, first_date, last_date)
        values ('More', '2031-01-01', '2031-01-02')
        """,
        may=(*MANAGERS, "service_role"),
        refused=but(*MANAGERS, "service_role"),
    ),
    Attempt(
        "blackout_dates",
        "update",
        "of the course",
        "update public.blackout_dates set name = 'Less' where course_id = %(course)s",
        may=(*MANAGERS, "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "blackout_dates",
        "delete",
        "of the course",
        "delete from public.blackout_dates where course_id = %(course)s",
        may=(*MANAGERS, "service_role"),
        refused=("anon",),
    ),
    # -- session_participants ----------------------------------------------------------------------
    Attempt(
        "session_participants",
        "select",
        "invitation of the participant",
        """
        select from public.session_participants
        where session_id = %(batch_session)s and user_id = %(participant)s
        """,
        may=("participant", "host", *MANAGERS, "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "session_participants",
        "insert",
        "somebody into the batch's session",
        """
        insert into public.session_participants (session_id, user_id)
        values (%(batch_session)s, %(nobody)s)
        """,
        may=("host", *MANAGERS, "service_role"),
        refused=but("host", *MANAGERS, "service_role"),
    ),
    Attempt(
        "session_participants",
        "update",
        "invitation of the participant",
        """
        update public.session_participants set user_id = %(nobody)s
        where session_id = %(batch_session)s and user_id = %(participant)s
        """,
        may=("service_role",),
        refused=but("service_role"),
    ),
    Attempt(
        "session_participants",
        "delete",
        "invitation of the participant",
        """
        delete from public.session_participants
        where session_id = %(batch_session)s and user_id = %(participant)s
        """,
        may=("host", *MANAGERS, "service_role"),
        refused=("anon",),
    ),
    # -- session_attendance ------------------------------------------------------------------------
    Attempt(
        "session_attendance",
        "select",
        "of the student",
        "select from public.session_attendance where student_id = %(student)s",
        may=("student", "host", *MANAGERS, "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "session_attendance",
        "insert",
        "of the participant",
        """
        insert into public.session_attendance (session_id, student_id, status, source)
        values (%(session_over)s, %(participant)s, 'present', 'manual')
        """,
        may=("service_role",),
        refused=but("service_role"),
    ),
    Attempt(
        "session_attendance",
        "update",
        "of the student",
        "update public.session_attendance set status = 'present' where student_id = %(student)s",
        may=("service_role",),
        refused=but("service_role"),
    ),
    Attempt(
        "session_attendance",
        "delete",
        "of the student",
        "delete from public.session_attendance where student_id = %(student)s",
        may=("service_role",),
        refused=but("service_role"),
    ),
    # -- session_registrations ---------------------------------------------------------------------
    Attempt(
        "session_registrations",
        "select",
        "of the student",
        "select from public.session_registrations where student_id = %(student)s",
        may=("student", "host", *MANAGERS, "service_role"),
        refused=("anon",),
    ),
    # -- session_ratings ---------------------------------------------------------------------------
    Attempt(
        "session_ratings",
        "select",
        "of the student",
        "select from public.session_ratings where student_id = %(student)s",
        may=("student", *MANAGERS, "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "session_ratings",
        "insert",
        "of the participant",
        """
        insert into public.session_ratings (session_id, student_id, rating)
        values (%(session_over)s, %(participant)s, 5)
        """,
        may=("service_role",),
        refused=but("service_role"),
    ),
    Attempt(
        "session_ratings",
        "update",
        "of the student",
        "update public.session_ratings set rating = 1 where student_id = %(student)s",
        may=("service_role",),
        refused=but("service_role"),
    ),
    Attempt(
        "session_ratings",
        "delete",
        "of the student",
        "delete from public.session_ratings where student_id = %(student)s",
        may=("service_role",),
        refused=but("service_role"),
    ),
    # -- course_enrollments ------------------------------------------------------------------------
    Attempt(
        "course_enrollments",
        "select",
        "of the student",
        "select from public.course_enrollments where student_id = %(student)s",
        may=("student", *MANAGERS, "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "course_enrollments",
        "insert",
        "of somebody",
        """
        insert into public.course_enrollments (student_id, course_id, batch_id)
        values (%(nobody)s, %(course)s, %(batch)s)
        """,
        may=(*MANAGERS, "service_role"),
        refused=but(*MANAGERS, "service_role"),
    ),
    Attempt(
        "course_enrollments",
        "update",
        "of the paused student",
        "update public.course_enrollments set status = 'active' where student_id = %(paused)s",
        may=(*MANAGERS, "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "course_enrollments",
        "delete",
        "of the student",
        "delete from public.course_enrollments where student_id = %(student)s",
        may=("superadmin", "service_role"),
        refused=("anon",),
    ),
    # -- courses and batches -----------------------------------------------------------------------
    Attempt(
        "courses",
        "select",
        "of the batch",
        "select from public.courses where id = %(course)s",
        may=("student", "other_batch", "unbatched", *STAFF, "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "courses",
        "insert",
        "a new one",
        "insert into public.courses (name) values ('New')",
        may=(*MANAGERS, "service_role"),
        refused=but(*MANAGERS, "service_role"),
    ),
    Attempt(
        "courses",
        "update",
        "name",
        "update public.courses set name = 'Renamed' where id = %(course)s",
        may=(*MANAGERS, "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "courses",
        "delete",
        "an unused one",
        "delete from public.courses where id = %(unused_course)s",
        may=("superadmin", "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "batches",
        "select",
        "the batch",
        "select from public.batches where id = %(batch)s",
        may=("student", *STAFF, "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "batches",
        "insert",
        "a new one",
        "insert into public.batches (course_id, name) values (%(course)s, 'New')",
        may=(*MANAGERS, "service_role"),
        refused=but(*MANAGERS, "service_role"),
    ),
    Attempt(
        "batches",
        "update",
        "name",
        "update public.batches set name = 'Renamed' where id = %(batch)s",
        may=(*MANAGERS, "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "batches",
        "delete",
        "an unused one",
        "delete from public.batches where id = %(unused_batch)s",
        may=("superadmin", "service_role"),
        refused=("anon",),
    ),
    # -- profiles and user_roles -------------------------------------------------------------------
    Attempt(
        "profiles",
        "select",
        "of the student",
        "select from public.profiles where id = %(student)s",
        may=("student", *MANAGERS, "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "profiles",
        "insert",
        "of a user without one",
        "insert into public.profiles (id) values (%(user_without_profile)s)",
        may=("service_role",),
        refused=but("service_role"),
    ),
    Attempt(
        "profiles",
        "update",
        "of the student",
        "update public.profiles set full_name = 'Renamed' where id = %(student)s",
        may=("student", "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "profiles",
        "delete",
        "of somebody",
        "delete from public.profiles where id = %(nobody)s",
        may=("service_role",),
        refused=but("service_role"),
    ),
    Attempt(
        "user_roles",
        "select",
        "of the student",
        "select from public.user_roles where user_id = %(student)s",
        may=("student", *MANAGERS, "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "user_roles",
        "insert",
        "superadmin to oneself or somebody",
        """
        insert into public.user_roles (user_id, role)
        values (coalesce(nullif(auth.uid(), %(superadmin)s), %(nobody)s), 'superadmin')
        """,
        may=("superadmin", "service_role"),
        refused=but("superadmin", "service_role"),
    ),
    Attempt(
        "user_roles",
        "update",
        "of the student",
        "update public.user_roles set role = 'admin' where user_id = %(student)s",
        may=("service_role",),
        refused=but("service_role"),
    ),
    Attempt(
        "user_roles",
        "delete",
        "of the host",
        "delete from public.user_roles where user_id = %(host)s",
        may=("superadmin", "service_role"),
        refused=("anon",),
    ),
    # -- one-to-one --------------------------------------------------------------------------------
    Attempt(
        "booking_offers",
        "select",
        "to the batch",
        "select from public.booking_offers where id = %(batch_offer)s",
        may=("student", "host", *MANAGERS, "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "booking_offers",
        "select",
        "withdrawn",
        "select from public.booking_offers where id = %(withdrawn_offer)s",
        may=("host", *MANAGERS, "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "booking_offers",
        "insert",
        "of the host",
        """
        insert into public.booking_offers (mentor_id, title, audience, start_time, link)
        values (%(host)s, 'New', 'everybody', now(), 'https://meet.example.test/1')
        """,
        may=("host", *MANAGERS, "service_role"),
        refused=but("host", *MANAGERS, "service_role"),
    ),
    Attempt(
        "booking_offers",
        "update",
        "to the batch",
        "update public.booking_offers set title = 'Renamed' where id = %(batch_offer)s",
        may=("host", *MANAGERS, "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "booking_offers",
        "delete",
        "withdrawn",
        "delete from public.booking_offers where id = %(withdrawn_offer)s",
        may=("host", *MANAGERS, "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "session_bookings",
        "select",
        "of the student",
        "select from public.session_bookings where student_id = %(student)s",
        may=("student", "host", *MANAGERS, "service_role"),
        refused=("anon",),
    ),
    # -- mentors' time -----------------------------------------------------------------------------
    Attempt(
        "mentor_time_off",
        "select",
        "of the host",
        "select from public.mentor_time_off where mentor_id = %(host)s",
        may=("host", *MANAGERS, "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "mentor_time_off",
        "insert",
        "of the host",
        """
        insert into public.mentor_time_off (mentor_id, start_time, end_time)
        values (%(host)s, now() + interval '40 days', now() + interval '41 days')
        """,
        may=("host", *MANAGERS, "service_role"),
        refused=but("host", *MANAGERS, "service_role"),
    ),
    Attempt(
        "mentor_time_off",
        "update",
        "of the host",
        "update public.mentor_time_off set reason = 'ill' where mentor_id = %(host)s",
        may=("host", *MANAGERS, "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "mentor_time_off",
        "delete",
        "of the host",
        "delete from public.mentor_time_off where mentor_id = %(host)s",
        may=("host", *MANAGERS, "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "mentor_availability",
        "select",
        "of the host",
        "select from public.mentor_availability where mentor_id = %(host)s",
        may=("host", *MANAGERS, "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "mentor_availability",
        "insert",
        "of the host",
        """
        insert into public.mentor_availability (mentor_id, weekday, start_time, end_time, timezone)
        values (%(host)s, 7, '10:00', '11:00', 'UTC')
        """,
        may=("host", *MANAGERS, "service_role"),
        refused=but("host", *MANAGERS, "service_role"),
    ),
    Attempt(
        "mentor_availability",
        "update",
        "of the host",
        "update public.mentor_availability set weekday = 6 where mentor_id = %(host)s",
        may=("host", *MANAGERS, "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "mentor_availability",
        "delete",
        "of the host",
        "delete from public.mentor_availability where mentor_id = %(host)s",
        may=("host", *MANAGERS, "service_role"),
        refused=("anon",),
    ),
    # -- notification preferences ------------------------------------------------------------------
    Attempt(
        "notification_preferences",
        "select",
        "of the student",
        "select from public.notification_preferences where user_id = %(student)s",
        may=("student", "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "notification_preferences",
        "insert",
        "of the participant",
        """
        insert into public.notification_preferences (user_id, kind)
        values (%(participant)s, 'session_reminder')
        """,
        may=("participant", "service_role"),
        refused=but("participant", "service_role"),
    ),
    Attempt(
        "notification_preferences",
        "update",
        "of the student",
        "update public.notification_preferences set enabled = false where user_id = %(student)s",
        may=("student", "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "notification_preferences",
        "delete",
        "of the student",
        "delete from public.notification_preferences where user_id = %(student)s",
        may=("student", "service_role"),
        refused=("anon",),
    ),
    # -- meeting accounts --------------------------------------------------------------------------
    Attempt(
        "meeting_accounts",
        "select",
        "one",
        "select from public.meeting_accounts where id = %(account)s",
        may=(*MANAGERS, "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "meeting_accounts",
        "insert",
        "a new one",
        "insert into public.meeting_accounts (platform, name) values ('zoom', 'new')",
        may=(*MANAGERS, "service_role"),
        refused=but(*MANAGERS, "service_role"),
    ),
    Attempt(
        "meeting_accounts",
        "update",
        "one",
        "update public.meeting_accounts set name = 'renamed' where id = %(account)s",
        may=(*MANAGERS, "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "meeting_accounts",
        "delete",
        "one",
        "delete from public.meeting_accounts where id = %(account)s",
        may=("superadmin", "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "session_meetings",
        "select",
        "of the batch's session",
        "select from public.session_meetings where session_id = %(batch_session)s",
        may=("host", *MANAGERS, "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "success_sessions",
        "update",
        "meeting account of the batch's",
        """
        update public.success_sessions set meeting_account_id = %(account)s
        where id = %(batch_session)s
        """,
        may=(*MANAGERS, "service_role"),
        refused=("anon", "host"),
    ),
    Attempt(
        "success_sessions",
        "insert",
        "hosted by the host on a meeting account",
        """
        insert into public.success_sessions
            (title, link, start_time, mentor_id, meeting_account_id)
        values (
            'New', 'https://meet.example.test/1', now() + interval '9 days', %(host)s, %(account)s
        )
        """,
        may=(*MANAGERS, "service_role"),
        refused=but(*MANAGERS, "service_role"),
    ),
    # -- calendar feeds ----------------------------------------------------------------------------
    Attempt(
        "calendar_feeds",
        "select",
        "of the student",
        "select from public.calendar_feeds where owner_id = %(student)s",
        may=("student", "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "calendar_feeds",
        "delete",
        "of the student",
        "delete from public.calendar_feeds where owner_id = %(student)s",
        may=("service_role",),
        refused=but("service_role"),
    ),
    # -- settings and platforms --------------------------------------------------------------------
    Attempt(
        "app_settings",
        "select",
        "the row",
        "select from public.app_settings",
        may=NOT_ANON,
        refused=("anon",),
    ),
    Attempt(
        "app_settings",
        "update",
        "the row",
        "update public.app_settings set late_after_minutes = 5 where true",
        may=(*ADMINS, "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "meeting_platforms",
        "select",
        "one",
        "select from public.meeting_platforms where id = 'zoom'",
        may=NOT_ANON,
        refused=("anon",),
    ),
    Attempt(
        "meeting_platforms",
        "insert",
        "a new one",
        "insert into public.meeting_platforms (id, name) values ('webex', 'Webex')",
        may=(*ADMINS, "service_role"),
        refused=but(*ADMINS, "service_role"),
    ),
    Attempt(
        "meeting_platforms",
        "update",
        "one",
        "update public.meeting_platforms set is_active = false where id = 'jitsi'",
        may=(*ADMINS, "service_role"),
        refused=("anon",),
    ),
    # -- attendance_rules and session_excuses ------------------------------------------------------
    Attempt(
        "attendance_rules",
        "select",
        "one",
        "select from public.attendance_rules where session_type = 'mentorship'",
        may=NOT_ANON,
        refused=("anon",),
    ),
    Attempt(
        "attendance_rules",
        "insert",
        "another",
        "insert into public.attendance_rules (session_type) values ('group_coaching')",
        may=(*ADMINS, "service_role"),
        refused=but(*ADMINS, "service_role"),
    ),
    Attempt(
        "attendance_rules",
        "update",
        "one",
        "update public.attendance_rules set late_after_minutes = 1 where late_after_minutes = 5",
        may=(*ADMINS, "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "attendance_rules",
        "delete",
        "one",
        "delete from public.attendance_rules where session_type = 'mentorship'",
        may=(*ADMINS, "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "session_excuses",
        "select",
        "of the student",
        "select from public.session_excuses where student_id = %(student)s",
        may=("student", "host", *MANAGERS, "service_role"),
        refused=("anon",),
    ),
    # -- session_recordings and their views --------------------------------------------------------
    Attempt(
        "session_recordings",
        "select",
        "a published one",
        "select from public.session_recordings where id = %(recording)s",
        may=("student", "host", *MANAGERS, "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "session_recordings",
        "select",
        "an unpublished one",
        "select from public.session_recordings where id = %(draft)s",
        may=("host", *MANAGERS, "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "session_recordings",
        "insert",
        "of the batch's session",
        """
        insert into public.session_recordings (session_id, url, is_published)
        values (%(batch_session)s, 'https://video.example.test/1', true)
        """,
        may=("host", *MANAGERS, "service_role"),
        refused=but("host", *MANAGERS, "service_role"),
    ),
    Attempt(
        "session_recordings",
        "update",
        "a published one",
        "update public.session_recordings set is_published = false where id = %(recording)s",
        may=("host", *MANAGERS, "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "session_recordings",
        "delete",
        "a published one",
        "delete from public.session_recordings where id = %(recording)s",
        may=("host", *MANAGERS, "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "session_recording_views",
        "select",
        "of the student",
        "select from public.session_recording_views where user_id = %(student)s",
        may=("student", "host", *MANAGERS, "service_role"),
        refused=("anon",),
    ),
    Attempt(
        "meeting_platforms",
        "delete",
        "an unused one",
        "delete from public.meeting_platforms where id = 'jitsi'",
        may=("superadmin", "service_role"),
        refused=("anon",),
    ),
)

DONE_BY_NOBODY = (
    # Made by create_webhook_endpoint alone, which makes the secret.
    Attempt(
        "webhook_endpoints",
        "insert",
        "any",
        "insert into public.webhook_endpoints (url, event_types)"
        " values ('https://x.test/', array['session.created'])",
        may=(),
        refused=ALL,
    ),
    Attempt(
        "app_settings",
        "insert",
        "another row",
        "insert into public.app_settings (id) values (false)",
        may=(),
        refused=ALL,
    ),
    Attempt(
        "app_settings",
        "delete",
        "the row",
        "delete from public.app_settings where true",
        may=(),
        refused=ALL,
    ),
    # Meetings follow their sessions: only triggers and the edge function's functions write them.
    *(
        Attempt("session_meetings", verb, "of the batch's session", statement, may=(), refused=ALL)
        for verb, statement in (
            (
                "insert",
                """
                insert into public.session_meetings (session_id, platform, meeting_account_id)
                select id, 'zoom', %(maker)s from public.success_sessions
                where id = %(orphaned_session)s
                """,
            ),
            (
                "update",
                "update public.session_meetings set reason = 'x'"
                " where session_id = %(batch_session)s",
            ),
            (
                "delete",
                "delete from public.session_meetings where session_id = %(batch_session)s",
            ),
        )
    ),
    # The log is written by triggers and functions alone.
    *(
        Attempt("audit_log", verb, "of the batch's session", statement, may=(), refused=ALL)
        for verb, statement in (
            (
                "insert",
                "insert into public.audit_log (action, table_name, row_key)"
                " values ('update', 'courses', '{}')",
            ),
            (
                "update",
                "update public.audit_log set old = null, new = null, reason = null"
                " where session_id = %(batch_session)s",
            ),
            ("delete", "delete from public.audit_log where session_id = %(batch_session)s"),
        )
    ),
    # Seats are given by functions alone.
    *(
        Attempt("session_registrations", verb, "of the student", statement, may=(), refused=ALL)
        for verb, statement in (
            (
                "insert",
                """
                insert into public.session_registrations (session_id, student_id, status)
                values (%(batch_session)s, %(student)s, 'registered')
                """,
            ),
            (
                "update",
                """
                update public.session_registrations set status = 'registered'
                where student_id = %(student)s
                """,
            ),
            (
                "delete",
                "delete from public.session_registrations where student_id = %(student)s",
            ),
        )
    ),
    # Who has seen a recording is written by open_recording alone.
    *(
        Attempt("session_recording_views", verb, "of the student", statement, may=(), refused=ALL)
        for verb, statement in (
            (
                "insert",
                """
                insert into public.session_recording_views (recording_id, session_id, user_id)
                values (%(recording)s, %(session_over)s, %(student)s)
                """,
            ),
            (
                "update",
                """
                update public.session_recording_views set viewed_at = now()
                where user_id = %(student)s
                """,
            ),
            ("delete", "delete from public.session_recording_views where user_id = %(student)s"),
        )
    ),
    # Excuses too have their functions.
    *(
        Attempt("session_excuses", verb, "of the student", statement, may=(), refused=ALL)
        for verb, statement in (
            (
                "insert",
                """
                insert into public.session_excuses (session_id, student_id, status)
                values (%(batch_session)s, %(student)s, 'approved')
                """,
            ),
            (
                "update",
                """
                update public.session_excuses set status = 'approved'
                where student_id = %(student)s
                """,
            ),
            ("delete", "delete from public.session_excuses where student_id = %(student)s"),
        )
    ),
    # So are slots.
    *(
        Attempt("session_bookings", verb, "of the student", statement, may=(), refused=ALL)
        for verb, statement in (
            (
                "insert",
                """
                insert into public.session_bookings
                (session_id, offer_id, student_id, change_notice_minutes)
                values (%(batch_session)s, %(batch_offer)s, %(student)s, 0)
                """,
            ),
            (
                "update",
                "update public.session_bookings set note = '' where student_id = %(student)s",
            ),
            ("delete", "delete from public.session_bookings where student_id = %(student)s"),
        )
    ),
    # A series and its dates belong together.
    *(
        Attempt("session_series", verb, "of the batch", statement, may=(), refused=ALL)
        for verb, statement in (
            (
                "insert",
                """
                insert into public.session_series (
                    calendar_uid, rrule, start_time, timezone, duration, title, session_type,
                    mentor_id, platform, link, platform_data
                )
                values (
                    gen_random_uuid(), 'FREQ=DAILY', now(), 'UTC', '1 hour', 'New', 'mentorship',
                    %(host)s, 'zoom', 'https://meet.example.test/1', '{}'
                )
                """,
            ),
            (
                "update",
                "update public.session_series set title = 'Renamed' where id = %(batch_series)s",
            ),
            ("delete", "delete from public.session_series where id = %(batch_series)s"),
        )
    ),
    # And what a series leaves out.
    *(
        Attempt("series_skips", verb, "of the batch's series", statement, may=(), refused=ALL)
        for verb, statement in (
            (
                "insert",
                """
                insert into public.series_skips (series_id, series_date, reason, detail)
                values (%(batch_series)s, '2031-02-01', 'clash', 'x')
                """,
            ),
            ("update", "update public.series_skips set detail = '' where detail = 'Holidays'"),
            ("delete", "delete from public.series_skips where series_id = %(batch_series)s"),
        )
    ),
    # A feed without the token that create_calendar_feed makes would be nobody's.
    *(
        Attempt("calendar_feeds", verb, "of the student", statement, may=(), refused=ALL)
        for verb, statement in (
            ("insert", "insert into public.calendar_feeds (owner_id) values (%(student)s)"),
            (
                "update",
                "update public.calendar_feeds set course_id = null where owner_id = %(student)s",
            ),
        )
    ),
    *(
        Attempt(table, "truncate", "", statement, may=(), refused=ALL)
        for table, statement in (
            ("app_settings", "truncate public.app_settings"),
            ("audit_log", "truncate public.audit_log"),
            ("batches", "truncate public.batches cascade"),
            ("blackout_dates", "truncate public.blackout_dates"),
            ("booking_offers", "truncate public.booking_offers cascade"),
            ("calendar_feeds", "truncate public.calendar_feeds cascade"),
            ("course_enrollments", "truncate public.course_enrollments"),
            ("courses", "truncate public.courses cascade"),
            ("meeting_accounts", "truncate public.meeting_accounts cascade"),
            ("meeting_platforms", "truncate public.meeting_platforms cascade"),
            ("mentor_availability", "truncate public.mentor_availability"),
            ("mentor_time_off", "truncate public.mentor_time_off"),
            ("notification_preferences", "truncate public.notification_preferences"),
            ("profiles", "truncate public.profiles cascade"),
            ("session_attendance", "truncate public.session_attendance"),
            ("session_bookings", "truncate public.session_bookings"),
            ("session_meetings", "truncate public.session_meetings cascade"),
            ("session_participants", "truncate public.session_participants"),
            ("attendance_rules", "truncate public.attendance_rules"),
            ("session_excuses", "truncate public.session_excuses"),
            ("session_recording_views", "truncate public.session_recording_views"),
            ("session_recordings", "truncate public.session_recordings cascade"),
            ("session_ratings", "truncate public.session_ratings"),
            ("session_registrations", "truncate public.session_registrations"),
            ("series_skips", "truncate public.series_skips"),
            ("session_series", "truncate public.session_series cascade"),
            ("success_sessions", "truncate public.success_sessions cascade"),
            ("user_roles", "truncate public.user_roles"),
            ("webhook_endpoints", "truncate public.webhook_endpoints cascade"),
        )
    ),
)


@pytest.fixture
def targets(academy: Academy) -> dict[str, object]:
    """What the placeholders of the attempts stand for."""
    unused_batch, unused_course, without_profile = uuid4(), uuid4(), uuid4()
    batch_series = uuid4()
    academy.conn.execute(
        "insert into public.courses (id, name) values (%s, 'Unused')", (unused_course,)
    )
    academy.conn.execute(
        "insert into public.batches (id, course_id, name) values (%s, %s, 'Unused')",
        (unused_batch, academy.course),
    )
    academy.conn.execute(
        """
        insert into public.session_series (
            id, calendar_uid, rrule, start_time, timezone, duration, title, session_type, course_id,
            batch_id, mentor_id, platform, link, platform_data
        )
        values (
            %(id)s, %(id)s, 'FREQ=DAILY', now(), 'UTC', '1 hour', 'Daily', 'success_session',
            %(course)s, %(batch)s, %(host)s, 'zoom', 'https://meet.example.test/1', '{}'
        )
        """,
        {
            "id": batch_series,
            "course": academy.course,
            "batch": academy.batch,
            "host": academy.people["host"],
        },
    )
    academy.conn.execute(
        """
        insert into public.series_skips (series_id, series_date, reason, detail)
        values (%s, '2031-01-01', 'blackout', 'Holidays')
        """,
        (batch_series,),
    )
    academy.conn.execute(
        """
        insert into public.blackout_dates (course_id, name, first_date, last_date)
        values
        (null, 'Holidays', '2031-01-01', '2031-01-06'),
        (%s, 'Exam', '2031-02-01', '2031-02-01')
        """,
        (academy.course,),
    )
    academy.conn.execute("insert into auth.users (id) values (%s)", (without_profile,))
    academy.conn.execute("delete from public.profiles where id = %s", (without_profile,))
    account = uuid4()
    academy.conn.execute(
        "insert into public.meeting_accounts (id, platform, name) values (%s, 'zoom', 'ours')",
        (account,),
    )
    academy.conn.execute(
        "insert into public.notification_preferences (user_id, kind) values (%s, %s)",
        (academy.people["student"], "session_reminder"),
    )
    maker = uuid4()
    academy.conn.execute(
        "insert into public.meeting_accounts (id, platform, name) values (%s, 'zoom', 'maker')",
        (maker,),
    )
    academy.conn.execute(
        "insert into public.session_meetings (session_id, platform, meeting_account_id)"
        " values (%s, 'zoom', %s)",
        (academy.sessions["batch"], maker),
    )
    return {
        **academy.people,
        "account": account,
        "maker": maker,
        "batch_session": academy.sessions["batch"],
        "batch_series": batch_series,
        "recording": academy.recordings["published"],
        "draft": academy.recordings["draft"],
        "batch_offer": academy.offers["batch"],
        "withdrawn_offer": academy.offers["withdrawn"],
        "orphaned_session": academy.sessions["orphaned"],
        "session_over": academy.sessions["over"],
        "course": academy.course,
        "batch": academy.batch,
        "unused_course": unused_course,
        "unused_batch": unused_batch,
        "user_without_profile": without_profile,
    }


def outcome(academy: Academy, who: str, attempt: Attempt, targets: dict[str, object]) -> str:
    """Whether somebody may, finds nothing or is refused. Undone afterwards."""
    try:
        with academy.undone(), academy.acting(who):
            rows = academy.conn.execute(attempt.statement, targets).rowcount
    except psycopg.errors.InsufficientPrivilege:
        return "refused"
    return "may" if rows else "finds nothing"


def expected(who: str, attempt: Attempt) -> str:
    if who in attempt.may:
        return "may"
    return "refused" if who in attempt.refused else "finds nothing"


@pytest.mark.parametrize("who", EVERYBODY)
def test_what_each_may(academy: Academy, targets: dict[str, object], who: str) -> None:
    """On a connection of their own: what was planned or cached for others proves nothing."""
    attempts = ATTEMPTS + DONE_BY_NOBODY
    outcomes = {str(attempt): outcome(academy, who, attempt, targets) for attempt in attempts}
    assert outcomes == {str(attempt): expected(who, attempt) for attempt in attempts}


@pytest.mark.parametrize("who", SIGNED_IN)
def test_whoever_inserts_a_row_is_shown_it(
    academy: Academy, targets: dict[str, object], who: str
) -> None:
    """What `insert(…).select()` of the clients asks for: a policy that looks the new row up in a
    list made before refuses it.
    """
    inserts = [one for one in ATTEMPTS if one.verb == "insert" and who in one.may]
    shown = [replace(one, statement=one.statement + " returning *") for one in inserts]
    assert {str(one): outcome(academy, who, one, targets) for one in shown} == {
        str(one): "may" for one in inserts
    }


def test_whatever_some_are_denied_others_can_do() -> None:
    """The control: the very statement that one is denied succeeds for another."""
    assert [str(attempt) for attempt in ATTEMPTS if not attempt.may] == []


@pytest.mark.parametrize("attempt", DONE_BY_NOBODY, ids=str)
def test_what_nobody_may_the_dba_can(
    academy: Academy, targets: dict[str, object], attempt: Attempt
) -> None:
    if (attempt.table, attempt.verb) == ("app_settings", "insert"):
        # Not even the DBA: there is one row of settings.
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="exactly one row"):
            academy.conn.execute(attempt.statement, targets)
    elif (attempt.table, attempt.verb) == ("audit_log", "delete"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            academy.conn.execute(attempt.statement, targets)
    else:
        academy.conn.execute(attempt.statement, targets)


def test_every_verb_of_every_table_is_attempted(academy: Academy) -> None:
    rows = academy.conn.execute(
        """
        select relname::text, verb
        from pg_class, unnest(array['select', 'insert', 'update', 'delete']) as verb
        where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace
        """
    ).fetchall()
    attempted = {(attempt.table, attempt.verb) for attempt in ATTEMPTS + DONE_BY_NOBODY}
    assert set(rows) - attempted == set()


@pytest.mark.parametrize("table", ["success_sessions", "session_attendance", "profiles"])
def test_a_policy_that_lets_everybody_read_is_noticed(
    academy: Academy, targets: dict[str, object], table: str
) -> None:
    academy.conn.execute(
        sql.SQL("create policy open on public.{} for select to authenticated using (true)").format(
            sql.Identifier(table)
        )
    )
    attempt = next(one for one in ATTEMPTS if (one.table, one.verb) == (table, "select"))
    assert outcome(academy, "nobody", attempt, targets) == "may"
