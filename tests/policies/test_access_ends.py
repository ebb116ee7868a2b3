"""Access ends in the moment that its reason ends, through every door, and returns with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import psycopg
import pytest

from support.academy import Academy


@dataclass(frozen=True, slots=True)
class Ending:
    """A reason for access that ends.

    Attributes:
        who: Whose.
        session: To which session.
        end: What ends it, done by a manager or superadmin.
        restore: What brings it back.
    """

    who: str
    session: str
    end: str
    restore: str


ENDINGS = {
    "a student is paused": Ending(
        "student",
        "batch",
        "update public.course_enrollments set status = 'paused' where student_id = %(who)s",
        "update public.course_enrollments set status = 'active' where student_id = %(who)s",
    ),
    "a student withdraws": Ending(
        "student",
        "batch",
        "update public.course_enrollments set status = 'withdrawn' where student_id = %(who)s",
        "update public.course_enrollments set status = 'active' where student_id = %(who)s",
    ),
    "a student changes the batch": Ending(
        "student",
        "batch",
        "update public.course_enrollments set batch_id = null where student_id = %(who)s",
        "update public.course_enrollments set batch_id = %(batch)s where student_id = %(who)s",
    ),
    "an unbatched student gets a batch": Ending(
        "unbatched",
        "unbatched",
        "update public.course_enrollments set batch_id = %(batch)s where student_id = %(who)s",
        "update public.course_enrollments set batch_id = null where student_id = %(who)s",
    ),
    "an enrollment is deleted": Ending(
        "student",
        "batch",
        "delete from public.course_enrollments where student_id = %(who)s",
        """
        insert into public.course_enrollments (student_id, course_id, batch_id)
        values (%(who)s, %(course)s, %(batch)s)
        """,
    ),
    "the session moves to another audience": Ending(
        "student",
        "batch",
        "update public.success_sessions set batch_id = null where id = %(session)s",
        "update public.success_sessions set batch_id = %(batch)s where id = %(session)s",
    ),
    "the session leaves the course": Ending(
        "unbatched",
        "unbatched",
        "update public.success_sessions set course_id = null where id = %(session)s",
        "update public.success_sessions set course_id = %(course)s where id = %(session)s",
    ),
    "a participant is removed": Ending(
        "participant",
        "guests",
        "delete from public.session_participants where user_id = %(who)s",
        """
        insert into public.session_participants (session_id, user_id) values (%(session)s, %(who)s)
        """,
    ),
    "a mentor is unassigned": Ending(
        "host",
        "batch",
        "update public.success_sessions set mentor_id = null where id = %(session)s",
        "update public.success_sessions set mentor_id = %(who)s where id = %(session)s",
    ),
    "a mentor loses the role": Ending(
        "host",
        "batch",
        "delete from public.user_roles where user_id = %(who)s",
        "insert into public.user_roles (user_id, role) values (%(who)s, 'mentor')",
    ),
    "a manager loses the role": Ending(
        "enrollment_manager",
        "batch",
        "delete from public.user_roles where user_id = %(who)s",
        "insert into public.user_roles (user_id, role) values (%(who)s, 'enrollment_manager')",
    ),
}


def doors(academy: Academy, session: UUID) -> dict[str, bool]:
    """Which doors to a session are open to whoever acts."""

    def rows(query: str) -> bool:
        return bool(academy.conn.execute(query, {"session": session}).fetchall())

    def answers(function: str) -> bool:
        try:
            with academy.undone():
                return rows(f"select public.{function}(%(session)s)")
        except psycopg.Error as error:
            # Not found, as opposed to being told that there is nothing to leave or to be shown.
            return error.sqlstate != "PT404"

    def is_in_feed() -> bool:
        with academy.undone():
            return rows(
                "select from public.create_calendar_feed() as token"
                " where public.calendar_feed(token) like '%%UID:' || %(session)s || '@%%'"
            )

    return {
        "table": rows("select from public.success_sessions where id = %(session)s"),
        "calendar": rows(
            "select from public.segmented_weekly_success_sessions where id = %(session)s"
        ),
        "join": answers("join_session"),
        "leave": answers("leave_session"),
        "credentials": answers("session_credentials"),
        "file": answers("session_ics"),
        "feed": is_in_feed(),
    }


def all_doors(is_open: bool) -> dict[str, bool]:
    return dict.fromkeys(
        ("table", "calendar", "join", "leave", "credentials", "file", "feed"), is_open
    )


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=list(ENDINGS))
def test_access_ends_at_once_when(academy: Academy, ending: Ending) -> None:
    session = academy.sessions[ending.session]
    values = {
        "who": academy.people[ending.who],
        "session": session,
        "course": academy.course,
        "batch": academy.batch,
    }

    def seen() -> dict[str, bool]:
        with academy.acting(ending.who):
            return doors(academy, session)

    assert seen() == all_doors(True)
    with academy.acting("superadmin"):
        academy.conn.execute(ending.end.encode(), values)
    assert seen() == all_doors(False)
    with academy.acting("superadmin"):
        academy.conn.execute(ending.restore.encode(), values)
    assert seen() == all_doors(True)


def test_one_reason_is_enough_when_another_ends(academy: Academy) -> None:
    session, student = academy.sessions["batch"], academy.people["student"]
    with academy.acting("host"):
        academy.conn.execute(
            "insert into public.session_participants (session_id, user_id) values (%s, %s)",
            (session, student),
        )
    with academy.acting("enrollment_manager"):
        academy.conn.execute(
            "update public.course_enrollments set status = 'paused' where student_id = %s",
            (student,),
        )
    with academy.acting("student"):
        assert doors(academy, session) == all_doors(True)


def test_whoever_is_in_the_meeting_when_access_ends_may_still_leave(academy: Academy) -> None:
    session, student = academy.sessions["batch"], academy.people["student"]
    with academy.acting("student"):
        academy.conn.execute("select public.join_session(%s)", (session,))
    with academy.acting("enrollment_manager"):
        academy.conn.execute(
            "update public.course_enrollments set status = 'paused' where student_id = %s",
            (student,),
        )
    with academy.acting("student"):
        assert doors(academy, session) == all_doors(False) | {"leave": True}


def own_rows(academy: Academy, who: str, queries: Sequence[str]) -> list[int]:
    with academy.acting(who):
        return [len(academy.conn.execute(query.encode()).fetchall()) for query in queries]


def test_with_the_role_a_mentor_loses_the_lists_of_the_sessions_too(academy: Academy) -> None:
    lists = [
        "select from public.session_participants",
        "select from public.session_attendance",
        "select from public.courses",
        "select from public.batches",
    ]
    before = own_rows(academy, "host", lists)
    academy.conn.execute(
        "delete from public.user_roles where user_id = %s", (academy.people["host"],)
    )
    assert (before, own_rows(academy, "host", lists)) == ([1, 1, 2, 3], [0, 0, 0, 0])


def test_with_the_enrollment_a_student_loses_course_and_batch_but_not_the_own_record(
    academy: Academy,
) -> None:
    lists = [
        "select from public.courses",
        "select from public.batches",
        "select from public.course_enrollments",
        "select from public.session_attendance",
    ]
    before = own_rows(academy, "student", lists)
    academy.conn.execute(
        "update public.course_enrollments set status = 'withdrawn' where student_id = %s",
        (academy.people["student"],),
    )
    assert (before, own_rows(academy, "student", lists)) == ([1, 1, 1, 1], [0, 0, 1, 1])
