"""A database with as many rows as it takes for a plan that reads a whole table to show."""

from __future__ import annotations

import hashlib
from pathlib import Path
from uuid import UUID

import psycopg

from devstack.databases import Database

GROWING = frozenset(
    {
        "auth.users",
        "notifier.attendance_warnings",
        "notifier.emails",
        "notifier.enrollment_changes",
        "notifier.events",
        "notifier.mail_events",
        "notifier.report_mails",
        "notifier.suppressions",
        "public.audit_log",
        "private.calendar_feed_tokens",
        "private.presence_events",
        "private.presence_reports",
        "private.platform_participants",
        "private.unmatched_participants",
        "public.booking_offers",
        "public.calendar_feeds",
        "public.course_enrollments",
        "public.notification_preferences",
        "public.profiles",
        "public.session_attendance",
        "public.session_bookings",
        "private.host_presence",
        "private.mentor_handovers",
        "private.personal_links",
        "private.session_statistics",
        "public.session_meetings",
        "public.session_participants",
        "public.session_excuses",
        "public.session_ratings",
        "public.session_recordings",
        "public.session_recording_views",
        "public.session_registrations",
        "public.success_sessions",
        "public.user_roles",
        "vault.secrets",
    }
)
"""The tables that grow with use. No request may read one of them from end to end."""


def gather(database: Database) -> None:
    """Fill a migrated database; takes a few seconds."""
    with psycopg.connect(database.superuser_url) as conn:
        conn.execute(Path(__file__).with_suffix(".sql").read_bytes())


def one(name: str) -> UUID:
    """The id of `student 7`, `mentor 3`, `manager 1`, `course 0`, `batch 2 of 0`, `session 5`.

    Students, sessions, mentors and managers are numbered from 1, courses from 0; manager 1 is the
    superadmin, manager 2 an admin, the others are enrollment managers.
    """
    return UUID(hashlib.md5(name.encode(), usedforsecurity=False).hexdigest())
