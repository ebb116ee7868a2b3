"""Who sees which session, through every door there is; and what a closed door gives away."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid4

import psycopg
import pytest

from support.academy import MANAGERS, SESSIONS, SIGNED_IN, STRANGERS, Academy

OF_THE_BATCH = {"batch", "cancelled", "over"}

SEES: dict[str, set[str]] = {
    **{stranger: set() for stranger in STRANGERS},
    "student": OF_THE_BATCH,
    "other_batch": {"other_batch"},
    "unbatched": {"unbatched"},
    "participant": {"batch", "guests"},
    "host": OF_THE_BATCH,
    "other_mentor": {"other_batch"},
    **{manager: set(SESSIONS) for manager in MANAGERS},
}
assert set(SEES) == set(SIGNED_IN)

HOSTS = {"host": OF_THE_BATCH, "other_mentor": {"other_batch"}}

RPC = ("join_session", "leave_session", "session_credentials")


def ids(academy: Academy, relation: str) -> set[str]:
    """The names of the sessions that a table or view shows."""
    rows = academy.conn.execute(f"select id from public.{relation}").fetchall()  # noqa: S608
    return {academy.name_of(row[0]) for row in rows}


def answer(academy: Academy, function: str, session: UUID) -> psycopg.Error | tuple[object, ...]:
    """What an API function answers: a row, or the error it raises. Undone afterwards."""
    try:
        with academy.undone():
            row = academy.conn.execute(
                f"select * from public.{function}(%s)",  # noqa: S608
                (session,),
            ).fetchone()
    except psycopg.Error as error:
        return error
    assert row is not None
    return row


def sqlstate(outcome: psycopg.Error | tuple[object, ...]) -> str:
    return outcome.sqlstate or "" if isinstance(outcome, psycopg.Error) else "answered"


def answers(academy: Academy, function: str) -> dict[str, str]:
    """For each session what an API function answers: `answered`, or the SQLSTATE."""
    return {
        name: sqlstate(answer(academy, function, session))
        for name, session in academy.sessions.items()
    }


@pytest.mark.parametrize("who", SIGNED_IN)
def test_the_table_shows(academy: Academy, who: str) -> None:
    with academy.acting(who):
        assert ids(academy, "success_sessions") == SEES[who]


@pytest.mark.parametrize("who", SIGNED_IN)
def test_the_calendar_shows_the_same_without_the_cancelled(academy: Academy, who: str) -> None:
    with academy.acting(who):
        assert ids(academy, "segmented_weekly_success_sessions") == SEES[who] - {"cancelled"}


@pytest.mark.parametrize("who", SIGNED_IN)
def test_join_session_lets_in(academy: Academy, who: str) -> None:
    def expected(session: str) -> str:
        if session not in SEES[who]:
            return "PT404"
        return "PT409" if session in {"cancelled", "over"} else "answered"

    with academy.acting(who):
        assert answers(academy, "join_session") == {name: expected(name) for name in SESSIONS}


@pytest.mark.parametrize("who", SIGNED_IN)
def test_leave_session_knows(academy: Academy, who: str) -> None:
    """Nobody has joined, so whoever sees the session is told so, and nobody else."""
    with academy.acting(who):
        assert answers(academy, "leave_session") == {
            name: "PT409" if name in SEES[who] else "PT404" for name in SESSIONS
        }


@pytest.mark.parametrize("who", SIGNED_IN)
def test_session_credentials_answers(academy: Academy, who: str) -> None:
    def expected(session: str) -> str:
        if session not in SEES[who]:
            return "PT404"
        return "answered" if who in MANAGERS or session in HOSTS.get(who, set()) else "42501"

    with academy.acting(who):
        assert answers(academy, "session_credentials") == {
            name: expected(name) for name in SESSIONS
        }


@pytest.mark.parametrize("who", ["anon", "service_role"])
def test_only_signed_in_users_get_as_far_as_the_api_functions(academy: Academy, who: str) -> None:
    """The service role reads tables; calling an API function, it would be nobody."""
    with academy.acting(who):
        for function in RPC:
            assert set(answers(academy, function).values()) == {"42501"}


def test_somebody_who_has_not_signed_in_reads_neither_table_nor_calendar(academy: Academy) -> None:
    for relation in ("success_sessions", "segmented_weekly_success_sessions"):
        with academy.acting("anon"), pytest.raises(psycopg.errors.InsufficientPrivilege):
            ids(academy, relation)
    with academy.acting("student"):
        assert ids(academy, "success_sessions") == OF_THE_BATCH


def test_a_token_without_a_user_in_it_shows_nothing(academy: Academy) -> None:
    with academy.acting("student"):
        academy.conn.execute(
            "select set_config('request.jwt.claims', '{\"role\": \"authenticated\"}', true)"
        )
        assert ids(academy, "success_sessions") == set()
        assert set(answers(academy, "join_session").values()) == {"PT404"}


def test_a_claimed_role_is_not_a_role(academy: Academy) -> None:
    """Roles are rows of user_roles; what a token says about them counts for nothing."""
    with academy.acting("student"):
        academy.conn.execute(
            """
            select set_config(
                'request.jwt.claims',
                (current_setting('request.jwt.claims')::jsonb || '{
                    "app_metadata": {"role": "superadmin"}, "user_metadata": {"role": "superadmin"},
                    "user_role": "superadmin", "app_role": "superadmin"
                }')::text,
                true
            )
            """
        )
        assert ids(academy, "success_sessions") == OF_THE_BATCH


def test_a_mentor_who_lost_the_role_takes_part_like_any_other_student(academy: Academy) -> None:
    """The table showed the session, but join_session took the former host for its host, and 404."""
    revoked = academy.people["revoked_mentor"]
    academy.conn.execute(
        """
        insert into public.course_enrollments (student_id, course_id, batch_id)
        select %s, course_id, batch_id from public.success_sessions where id = %s
        """,
        (revoked, academy.sessions["orphaned"]),
    )
    with academy.acting("revoked_mentor"):
        assert ids(academy, "success_sessions") == {"orphaned"}
        assert answers(academy, "join_session")["orphaned"] == "answered"
        assert answers(academy, "session_credentials")["orphaned"] == "42501"
        academy.conn.execute("select public.join_session(%s)", (academy.sessions["orphaned"],))
        attendance = academy.conn.execute(
            "select student_id from public.session_attendance where session_id = %s",
            (academy.sessions["orphaned"],),
        ).fetchall()
        assert attendance == [(revoked,)]


def test_a_mentor_of_an_audience_hosts_and_does_not_attend(academy: Academy) -> None:
    """The counterpart: with the role, the same enrollment makes nobody a learner of their own."""
    academy.conn.execute(
        "insert into public.course_enrollments (student_id, course_id, batch_id)"
        " values (%s, %s, %s)",
        (academy.people["host"], academy.course, academy.batch),
    )
    with academy.acting("host"):
        assert answers(academy, "join_session")["batch"] == "answered"
        academy.conn.execute("select public.join_session(%s)", (academy.sessions["batch"],))
    rows = academy.conn.execute(
        "select from public.session_attendance where session_id = %s",
        (academy.sessions["batch"],),
    ).fetchall()
    assert rows == []


# -- Invisible is the same as unknown --------------------------------------------------------------

Probe = Callable[[Academy, UUID], object]


def told(outcome: object, session: UUID) -> object:
    """All that a caller is told, with the id they sent themselves taken out."""
    if not isinstance(outcome, psycopg.Error):
        return outcome
    diag = outcome.diag
    parts = (diag.sqlstate, diag.message_primary, diag.message_detail, diag.message_hint)
    return tuple(part and part.replace(str(session), "<id>") for part in parts)


def statement(text: str) -> Probe:
    def probe(academy: Academy, session: UUID) -> object:
        try:
            with academy.undone():
                cursor = academy.conn.execute(text, {"id": session})
                return cursor.fetchall() if cursor.description else cursor.rowcount
        except psycopg.Error as error:
            return error

    return probe


PROBES: dict[str, Probe] = {
    "join": statement("select public.join_session(%(id)s)"),
    "leave": statement("select public.leave_session(%(id)s)"),
    "credentials": statement("select public.session_credentials(%(id)s)"),
    "roster": statement("select public.session_roster(%(id)s)"),
    "mark": statement("select public.mark_attendance(%(id)s, auth.uid(), 'present')"),
    "import": statement(
        "select public.import_attendance(%(id)s, jsonb_build_array("
        "jsonb_build_object('student_id', auth.uid(), 'status', 'present')))"
    ),
    "ask to be excused": statement("select public.request_excuse(%(id)s, 'Ill')"),
    "take it back": statement("select public.withdraw_excuse(%(id)s)"),
    "excuse": statement("select public.decide_excuse(%(id)s, auth.uid(), true)"),
    "show code": statement("select public.show_check_in_code(%(id)s)"),
    "check in": statement("select public.check_in(%(id)s, '123456')"),
    "review": statement("select public.unmatched_participants(%(id)s)"),
    "report failure": statement("select public.report_link_failure(%(id)s)"),
    "withdraw failure": statement("select public.withdraw_link_failure(%(id)s)"),
    "add recording": statement(
        "insert into public.session_recordings (session_id, url)"
        " values (%(id)s, 'https://x.test/1')"
    ),
    "read": statement("select * from public.success_sessions where id = %(id)s"),
    "calendar": statement(
        "select * from public.segmented_weekly_success_sessions where id = %(id)s"
    ),
    "lock": statement("select from public.success_sessions where id = %(id)s for update"),
    "change": statement("update public.success_sessions set title = 'x' where id = %(id)s"),
    "change key": statement(
        "update public.success_sessions set id = gen_random_uuid() where id = %(id)s"
    ),
    "delete": statement("delete from public.success_sessions where id = %(id)s"),
    "invite oneself": statement(
        "insert into public.session_participants (session_id, user_id) values (%(id)s, auth.uid())"
    ),
    "uninvite": statement("delete from public.session_participants where session_id = %(id)s"),
    "insert over": statement(
        "insert into public.success_sessions (id, title, link, start_time)"
        " values (%(id)s, 'x', 'https://x.test/1', now())"
    ),
    "upsert over": statement(
        "insert into public.success_sessions (id, title, link, start_time)"
        " values (%(id)s, 'x', 'https://x.test/1', now())"
        " on conflict (id) do update set title = excluded.title returning sequence"
    ),
    "upsert nothing over": statement(
        "insert into public.success_sessions (id, title, link, start_time)"
        " values (%(id)s, 'x', 'https://x.test/1', now()) on conflict do nothing"
    ),
}


@pytest.mark.parametrize("who", ["anon", *STRANGERS, "other_batch", "unbatched", "other_mentor"])
@pytest.mark.parametrize("probe", PROBES)
def test_an_invisible_session_is_answered_like_an_unknown_one(
    academy: Academy, who: str, probe: str
) -> None:
    session, unknown = academy.sessions["batch"], uuid4()
    with academy.acting(who):
        of_invisible = told(PROBES[probe](academy, session), session)
        of_unknown = told(PROBES[probe](academy, unknown), unknown)
    assert of_invisible == of_unknown


@pytest.mark.parametrize("probe", PROBES)
def test_each_of_these_answers_a_manager_differently(academy: Academy, probe: str) -> None:
    """The control: the probes do tell a session that is there from one that is not."""
    # Only a session that is over can be deleted.
    session = academy.sessions["over" if probe == "delete" else "batch"]
    unknown = uuid4()
    with academy.acting("superadmin"):
        of_known = told(PROBES[probe](academy, session), session)
        of_unknown = told(PROBES[probe](academy, unknown), unknown)
    assert of_known != of_unknown


def test_a_session_cancelled_without_a_reason_says_so(academy: Academy) -> None:
    """The missing reason became the detail of the error, which Postgres refuses with 22004."""
    with academy.acting("student"):
        error = answer(academy, "join_session", academy.sessions["cancelled"])
    assert isinstance(error, psycopg.Error)
    assert (error.sqlstate, error.diag.message_detail) == ("PT409", "no reason was given")
