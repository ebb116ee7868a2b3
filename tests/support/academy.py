"""A small academy in which everybody who matters to access control occurs once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from support.actors import as_anon, as_service, as_user
from support.bookings import offer
from support.world import World

STRANGERS = ("nobody", "paused", "completed", "withdrawn", "revoked_mentor")
"""Signed-in people who may see no session at all: without any enrollment or role, students whose
enrollment in the batch is no longer active, a mentor who has lost the role."""

STUDENTS = ("student", "other_batch", "unbatched", "participant")
MENTORS = ("host", "other_mentor")
MANAGERS = ("enrollment_manager", "admin", "superadmin")
SIGNED_IN = STRANGERS + STUDENTS + MENTORS + MANAGERS
EVERYBODY = ("anon", *SIGNED_IN, "service_role")

SESSIONS = ("batch", "other_batch", "unbatched", "guests", "orphaned", "cancelled", "over")


@dataclass(frozen=True, slots=True)
class Academy:
    """The academy, as seen through one connection.

    Attributes:
        conn: A connection as role `postgres`, rolled back after the test.
        people: Everybody in SIGNED_IN by name.
        sessions: Every session in SESSIONS by name. `batch` is the student's, of the host, with the
            participant invited; `other_batch` is the other mentor's; `unbatched` is for the
            course's students without a batch; `guests` has no course, only the participant;
            `orphaned` is for an empty batch of another course, its mentor has lost the role. All
            these can be joined now. `cancelled` and `over` are the batch's and the host's.
        recordings: Those of the session `over`, by name: `published`, opened once by the student,
            and `draft`.
        offers: The host's booking offers by name: `batch` is made to the batch, and the student
            booked the session `over` through it
            and rated it 4; `withdrawn` is no longer made to it.
        course: The course, of the sessions too unless said otherwise.
        batch: The batch.
    """

    conn: psycopg.Connection
    people: Mapping[str, UUID]
    sessions: Mapping[str, UUID]
    recordings: Mapping[str, UUID]
    offers: Mapping[str, UUID]
    course: UUID
    batch: UUID

    def acting(self, who: str) -> AbstractContextManager[None]:
        """Act as somebody in EVERYBODY."""
        match who:
            case "anon":
                return as_anon(self.conn)
            case "service_role":
                return as_service(self.conn)
            case _:
                return as_user(self.conn, self.people[who])

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Undo at the end of the block what was done in it."""
        with self.conn.transaction() as savepoint:
            yield
            raise psycopg.Rollback(savepoint)

    def name_of(self, session: UUID) -> str:
        """The name of a session."""
        return next(name for name, known in self.sessions.items() if known == session)


def secrets_of(session: str) -> dict[str, str]:
    """What is secret of each session that can be joined, by the name of the session.

    Every value holds the word SECRET, so that a leak is found wherever it comes out.
    """
    return {
        "link": f"https://zoom.us/j/123456789?pwd=SECRET-link-of-{session}",
        "zoom_passcode": f"SECRET-passcode-of-{session}",
        "host_link": f"https://zoom.us/s/123456789?zak=SECRET-host-link-of-{session}",
    }


def found(conn: psycopg.Connection) -> Academy:
    """Insert the academy's people and sessions; the caller commits."""
    world = World(conn)
    course, other_course = world.course("Course"), world.course("Other Course")
    batch, other_batch = world.batch("A", course=course), world.batch("B", course=course)
    people = {
        "nobody": world.user("Nobody"),
        "student": world.student("Student", batch=batch),
        "other_batch": world.student("Student of another batch", batch=other_batch),
        "unbatched": world.student("Unbatched Student", course=course),
        "paused": world.student("Paused Student", batch=batch, status="paused"),
        "completed": world.student("Former Student", batch=batch, status="completed"),
        "withdrawn": world.student("Withdrawn Student", batch=batch, status="withdrawn"),
        "participant": world.student("Participant"),
        "host": world.mentor("Host"),
        "other_mentor": world.mentor("Other Mentor"),
        "revoked_mentor": world.mentor("Revoked Mentor"),
        "enrollment_manager": world.enrollment_manager(),
        "admin": world.admin(),
        "superadmin": world.superadmin(),
    }

    def joinable(title: str, **columns: UUID | None) -> UUID:
        # Begun already and not over for hours, whenever the tests come round to it.
        secret = secrets_of(title)
        return world.session(
            title,
            starts=timedelta(minutes=-5),
            minutes=240,
            link=secret["link"],
            zoom_passcode=secret["zoom_passcode"],
            platform_data=Jsonb({"host_link": secret["host_link"]}),
            **columns,
        )

    host = people["host"]
    sessions = {
        "batch": joinable("batch", batch=batch, mentor=host),
        "other_batch": joinable("other_batch", batch=other_batch, mentor=people["other_mentor"]),
        "unbatched": joinable("unbatched", course=course),
        "guests": joinable("guests"),
        "orphaned": joinable(
            "orphaned",
            batch=world.batch("Empty", course=other_course),
            mentor=people["revoked_mentor"],
        ),
        "cancelled": world.session(
            "cancelled", batch=batch, mentor=host, starts=timedelta(hours=5), status="cancelled"
        ),
        "over": world.session(
            "over", batch=batch, mentor=host, starts=timedelta(days=-1), status="completed"
        ),
    }
    for session in ("batch", "guests"):
        world.invite(sessions[session], people["participant"])
    world.attendance(sessions["over"], people["student"])
    world.registration(sessions["over"], people["student"])
    conn.execute(
        "insert into public.session_excuses (session_id, student_id, reason)"
        " values (%s, %s, 'Ill')",
        (sessions["over"], people["student"]),
    )
    conn.execute(
        "insert into public.attendance_rules (session_type, late_after_minutes)"
        " values ('mentorship', 5)"
    )
    with as_user(conn, people["student"]):
        conn.execute("select public.create_calendar_feed()")
    recordings = {
        name: world.recording(
            sessions["over"],
            url=f"https://zoom.us/rec/SECRET-{name}",
            is_published=name == "published",
        )
        for name in ("published", "draft")
    }
    conn.execute(
        "insert into public.session_recording_views (recording_id, session_id, user_id)"
        " values (%s, %s, %s)",
        (recordings["published"], sessions["over"], people["student"]),
    )
    world.rating(sessions["over"], people["student"], 4)
    offers = {
        name: offer(
            conn,
            host,
            audience="batch",
            course_id=course,
            batch_id=batch,
            is_active=name == "batch",
        )
        for name in ("batch", "withdrawn")
    }
    conn.execute(
        "insert into public.session_bookings"
        " (session_id, offer_id, student_id, change_notice_minutes) values (%s, %s, %s, 0)",
        (sessions["over"], offers["batch"], people["student"]),
    )
    conn.execute(
        "insert into public.webhook_endpoints (url, event_types)"
        " values ('https://hooks.example.test/', array['session.created'])"
    )
    world.available(host, 1, "09:00", "17:00")
    conn.execute(
        "insert into public.mentor_time_off (mentor_id, start_time, end_time) values"
        " (%s, now() + interval '30 days', now() + interval '31 days')",
        (host,),
    )
    conn.execute(
        "delete from public.user_roles where user_id = %s and role = 'mentor'",
        (people["revoked_mentor"],),
    )
    # What the notifier would have done meanwhile: everybody has been told of everything.
    conn.execute("update notifier.events set expanded_at = now(), through_id = id")
    return Academy(conn, people, sessions, recordings, offers, course, batch)
