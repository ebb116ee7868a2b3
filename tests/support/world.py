"""People, courses and sessions for tests, inserted as role `postgres` past all policies."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg import sql


@dataclass(frozen=True, slots=True)
class World:
    """Builders on one connection; each inserts one thing and returns its id.

    Args:
        conn: A connection as role `postgres`. Nothing is committed here.
        new_id: Where ids come from.
    """

    conn: psycopg.Connection
    new_id: Callable[[], UUID] = uuid4

    def user(
        self,
        full_name: str = "Somebody",
        *roles: str,
        email: str | None = None,
        password: str | None = None,
        timezone: str = "UTC",
        locale: str = "en",
    ) -> UUID:
        """A user with a profile.

        Args:
            full_name: Their name; the default address is made from it.
            *roles: Values of `app_role`.
            email: Their address.
            password: What they sign in with through the gateway; None cannot sign in.
            timezone: Their IANA zone.
            locale: Their language tag.
        """
        user_id = self.new_id()
        name = re.sub(r"\W+", ".", full_name.lower()).strip(".") or "user"
        self.conn.execute(
            """
            insert into auth.users (
                instance_id, id, aud, role, email, encrypted_password, email_confirmed_at,
                raw_app_meta_data, raw_user_meta_data, created_at, updated_at,
                confirmation_token, recovery_token, email_change_token_new, email_change
            )
            values (
                '00000000-0000-0000-0000-000000000000', %(id)s, 'authenticated', 'authenticated',
                %(email)s, extensions.crypt(%(password)s, extensions.gen_salt('bf', 4)), now(),
                '{"provider": "email", "providers": ["email"]}', jsonb_build_object('full_name',
                %(full_name)s::text, 'timezone', %(timezone)s::text), now(), now(),
                '', '', '', ''
            )
            """,
            {
                "id": user_id,
                "email": email or f"{name}.{user_id.hex[-12:]}@example.test",
                "password": password,
                "full_name": full_name,
                "timezone": timezone,
            },
        )
        self.conn.execute(
            "update public.profiles set timezone = %s, locale = %s where id = %s",
            (timezone, locale, user_id),
        )
        for role in roles:
            self.conn.execute(
                "insert into public.user_roles (user_id, role) values (%s, %s)", (user_id, role)
            )
        return user_id

    def student(
        self,
        full_name: str = "Some Student",
        *,
        course: UUID | None = None,
        batch: UUID | None = None,
        status: str = "active",
        **user: Any,
    ) -> UUID:
        """A student; with a course or a batch also enrolled there.

        Args:
            full_name: Their name.
            course: The course; with a batch it may be left out, without one they are unbatched.
            batch: The batch.
            status: Of the enrollment.
            **user: As for `user`.
        """
        student = self.user(full_name, "student", **user)
        if course is not None or batch is not None:
            self.enroll(student, course=course, batch=batch, status=status)
        return student

    def crowd(self, size: int, *, batch: UUID) -> list[UUID]:
        """So many students of a batch, without names, in two statements."""
        students: list[UUID] = [uuid4() for _ in range(size)]
        self.conn.execute(
            "insert into auth.users (id, email)"
            " select id, id || '@example.test' from unnest(%s::uuid[]) as student (id)",
            (students,),
        )
        self.conn.execute(
            "insert into public.course_enrollments (student_id, course_id, batch_id)"
            " select student.id, batch.course_id, batch.id"
            " from unnest(%s::uuid[]) as student (id) cross join public.batches as batch"
            " where batch.id = %s",
            (students, batch),
        )
        return students

    def mentor(self, full_name: str = "Some Mentor", **user: Any) -> UUID:
        """A mentor."""
        return self.user(full_name, "mentor", **user)

    def enrollment_manager(self, full_name: str = "Some Manager", **user: Any) -> UUID:
        """An enrollment manager."""
        return self.user(full_name, "enrollment_manager", **user)

    def admin(self, full_name: str = "Some Admin", **user: Any) -> UUID:
        """An admin."""
        return self.user(full_name, "admin", **user)

    def superadmin(self, full_name: str = "Some Superadmin", **user: Any) -> UUID:
        """A superadmin."""
        return self.user(full_name, "superadmin", **user)

    def course(self, name: str = "Some Course") -> UUID:
        """A course."""
        return self._insert("courses", name=name)

    def batch(self, name: str = "Some Batch", *, course: UUID | None = None) -> UUID:
        """A batch; without a course one is made for it."""
        return self._insert("batches", name=name, course_id=course or self.course())

    def enroll(
        self,
        student: UUID,
        *,
        course: UUID | None = None,
        batch: UUID | None = None,
        status: str = "active",
        lately: bool = False,
    ) -> UUID:
        """An enrollment; see `student`.

        Args:
            student: Who.
            course: The course.
            batch: The batch.
            status: Its status.
            lately: Whether the notifier has not heard of it yet; else it was long ago.
        """
        enrollment = self._insert(
            "course_enrollments",
            student_id=student,
            course_id=self._course_of(course, batch),
            batch_id=batch,
            status=status,
        )
        if not lately:
            self.conn.execute(
                "update notifier.enrollment_changes set position = 0"
                " where student_id = %s and position is null",
                (student,),
            )
        return enrollment

    def session(
        self,
        title: str = "Some Session",
        *,
        course: UUID | None = None,
        batch: UUID | None = None,
        mentor: UUID | None = None,
        starts: datetime | timedelta = timedelta(days=1),
        minutes: float = 60,
        **columns: Any,
    ) -> UUID:
        """A session.

        Args:
            title: Its title.
            course: Its course; with a batch it may be left out, with neither it has no audience.
            batch: Its batch; without one the course's unbatched students are meant.
            mentor: Its host.
            starts: When, or how long from now (negative: ago).
            minutes: Its length.
            **columns: Any other column of `success_sessions`.
        """
        start = datetime.now(UTC) + starts if isinstance(starts, timedelta) else starts
        values: dict[str, Any] = {
            "title": title,
            "course_id": self._course_of(course, batch),
            "batch_id": batch,
            "mentor_id": mentor,
            "start_time": start,
            "end_time": start + timedelta(minutes=minutes),
            "link": "https://zoom.us/j/123456789",
        }
        return self._insert("success_sessions", **(values | columns))

    def invite(self, session: UUID, *users: UUID) -> None:
        """Make users explicit participants of a session, in one statement."""
        self.conn.execute(
            "insert into public.session_participants (session_id, user_id)"
            " select %s, unnest(%s::uuid[])",
            (session, list(users)),
        )

    def attendance(
        self, session: UUID, student: UUID, status: str = "present", **columns: Any
    ) -> None:
        """A row of attendance, as a manual mark unless `source` says otherwise."""
        values = {
            "session_id": session,
            "student_id": student,
            "status": status,
            "source": "manual",
        }
        self._insert_row("session_attendance", values | columns)

    def time_off(
        self,
        mentor: UUID,
        *,
        starts: datetime | timedelta = timedelta(days=1),
        minutes: float = 60,
        reason: str | None = None,
    ) -> UUID:
        """Time off of a mentor; as for `session`."""
        start = datetime.now(UTC) + starts if isinstance(starts, timedelta) else starts
        return self._insert(
            "mentor_time_off",
            mentor_id=mentor,
            start_time=start,
            end_time=start + timedelta(minutes=minutes),
            reason=reason,
        )

    def registration(self, session: UUID, student: UUID, status: str = "registered") -> None:
        """A row of registration, as it stands after `register_for_session`."""
        values = {"session_id": session, "student_id": student, "status": status}
        self._insert_row("session_registrations", values)

    def recording(self, session: UUID, **columns: Any) -> UUID:
        """A recording of a session, as a person enters it; by an address unless told otherwise."""
        values: dict[str, Any] = {"session_id": session}
        if "storage_path" not in columns:
            values["url"] = "https://zoom.us/rec/1"
        return self._insert("session_recordings", **(values | columns))

    def rating(self, session: UUID, student: UUID, rating: int, comment: str | None = None) -> None:
        """A row of ratings, as `rate_session` writes it."""
        values = {"session_id": session, "student_id": student}
        self._insert_row("session_ratings", values | {"rating": rating, "comment": comment})

    def available(
        self, mentor: UUID, weekday: int, starts: str, ends: str, timezone: str = "UTC"
    ) -> UUID:
        """Weekly hours of a mentor: weekday 1 (Monday) to 7, times by that zone's clock."""
        return self._insert(
            "mentor_availability",
            mentor_id=mentor,
            weekday=weekday,
            start_time=starts,
            end_time=ends,
            timezone=timezone,
        )

    def meeting_account(
        self,
        name: str = "Some Account",
        *,
        platform: str = "zoom",
        at_once: int | None = None,
        login: str | None = None,
        mentor: UUID | None = None,
    ) -> UUID:
        """A licensed account.

        Args:
            name: Its name.
            platform: Its platform.
            at_once: How many meetings it hosts at once; None: as many as its platform lets it.
            login: What the platform calls it, which lets it make meetings.
            mentor: Whose it is.
        """
        return self._insert(
            "meeting_accounts",
            name=name,
            platform=platform,
            max_concurrent_meetings=at_once,
            external_id=login,
            mentor_id=mentor,
        )

    def _course_of(self, course: UUID | None, batch: UUID | None) -> UUID | None:
        if course is not None or batch is None:
            return course
        row = self.conn.execute(
            "select course_id from public.batches where id = %s", (batch,)
        ).fetchone()
        assert row is not None, f"there is no batch {batch}"
        return UUID(str(row[0]))

    def _insert(self, table: str, **values: Any) -> UUID:
        new_id = values.setdefault("id", self.new_id())
        self._insert_row(table, values)
        return UUID(str(new_id))

    def _insert_row(self, table: str, values: dict[str, Any]) -> None:
        self.conn.execute(
            sql.SQL("insert into public.{} ({}) values ({})").format(
                sql.Identifier(table),
                sql.SQL(", ").join(map(sql.Identifier, values)),
                sql.SQL(", ").join(sql.Placeholder() * len(values)),
            ),
            list(values.values()),
        )
