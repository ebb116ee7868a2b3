"""Passcodes, host links, recordings and join links: those without access try every path there is.

The paths are read from the catalog, so that a function or view of tomorrow is tried, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from psycopg import sql

from support.academy import STRANGERS, Academy
from support.world import World

SECRET = "SECRET"
WITHOUT_ACCESS = ("anon", *STRANGERS, "other_batch", "unbatched", "other_mentor")
"""Nobody of these has anything to do with the batch's sessions; the last three have others."""


@pytest.fixture
def academy(unprepared_academy: Academy) -> Academy:
    """On a connection of its own: what the caller has there first, functions find."""
    return unprepared_academy


@dataclass(frozen=True, slots=True)
class Function:
    """A function that the API exposes."""

    name: str
    arguments: tuple[tuple[str, str], ...]

    def call(self, values: dict[str, object]) -> sql.Composed:
        """A call with these values, null where there is none."""
        return sql.SQL("select called::text from public.{}({}) as called").format(
            sql.Identifier(self.name),
            sql.SQL(", ").join(
                sql.SQL("{} => {}::{}").format(
                    sql.Identifier(name),
                    sql.Literal(values.get(name, values.get(kind))),
                    sql.SQL(kind),
                )
                for name, kind in self.arguments
            ),
        )


def functions(conn: psycopg.Connection) -> list[Function]:
    """Every function that a signed-in or anonymous caller may execute."""
    rows = conn.execute(
        """
        select
            proname::text,
            coalesce(proargnames[:pronargs], '{}'),
            array(
                select format_type(kind, null)
                from unnest(proargtypes) with ordinality as argument (kind, position)
                order by position
            )
        from pg_proc
        where pronamespace = 'public'::regnamespace
            and (
                has_function_privilege('authenticated', oid, 'execute')
                or has_function_privilege('anon', oid, 'execute')
            )
        order by proname
        """
    ).fetchall()
    return [Function(name, tuple(zip(names, kinds, strict=True))) for name, names, kinds in rows]


def relations(conn: psycopg.Connection) -> list[sql.Identifier]:
    """Every table and view that the API exposes, and Storage's objects."""
    rows = conn.execute(
        "select relname::text from pg_class"
        " where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm')"
    ).fetchall()
    return [
        *(sql.Identifier("public", row[0]) for row in rows),
        sql.Identifier("storage", "objects"),
    ]


def ids(academy: Academy, session: str, who: str) -> dict[str, object]:
    """What a caller who knows every id would send."""
    own = academy.people.get(who)
    return {
        "session_id": academy.sessions[session],
        "recording_id": academy.recordings["published"],
        "offer_id": academy.offers["batch"],
        "student_id": own,
        "user_id": own,
        "mentor_id": own,
        "from_mentor": own,
        "to_mentor": own,
        "public.attendance_status": "present",
        "attendance_status": "present",
        "changes": '{"title": "x"}',
        "scope": "all",
        "rows": "[]",
        "approve": True,
        "reason": "x",
        "code": "123456",
        "rating": 5,
        "token": "x",
    }


def said(academy: Academy, query: sql.Composed) -> Iterator[str]:
    """All that a statement answers, its refusal included."""
    try:
        with academy.undone():
            for row in academy.conn.execute(query):
                yield str(row)
    except psycopg.Error as error:
        diag = error.diag
        yield "\n".join(
            part or ""
            for part in (diag.message_primary, diag.message_detail, diag.message_hint, diag.context)
        )


def leaks(academy: Academy, who: str) -> set[str]:
    """The paths on which somebody comes upon a secret of the batch's sessions."""
    found: set[str] = set()
    with academy.acting(who):
        for session in ("batch", "over"):
            values = ids(academy, session, who)
            for function in functions(academy.conn):
                if any(SECRET in text for text in said(academy, function.call(values))):
                    found.add(f"{function.name}({session})")
        for relation in relations(academy.conn):
            query = sql.SQL("select to_jsonb(found)::text from {} as found").format(relation)
            if any(SECRET in text for text in said(academy, query)):
                found.add(relation.as_string())
    return found


@pytest.fixture
def guarded(academy: Academy) -> Academy:
    """With the secrets of every kind: the academy's, and a personal link of the student's."""
    account = World(academy.conn).meeting_account()
    row = academy.conn.execute(
        "insert into public.session_meetings"
        " (session_id, platform, meeting_account_id, external_id, link)"
        " values (%s, 'zoom', %s, '123456789', 'https://zoom.us/j/123456789') returning id",
        (academy.sessions["batch"], account),
    ).fetchone()
    assert row is not None
    meeting = row[0]
    academy.conn.execute(
        "select public.save_personal_link(%s, %s, 'registrant', 'https://zoom.us/w/1?tk=SECRET')",
        (meeting, academy.people["student"]),
    )
    academy.conn.execute(
        "update public.success_sessions set backup_link = 'https://x.test/1?pwd=SECRET'"
        " where id = %s",
        (academy.sessions["batch"],),
    )
    return academy


@pytest.mark.parametrize("who", WITHOUT_ACCESS)
def test_nobody_without_access_comes_upon_a_secret(guarded: Academy, who: str) -> None:
    assert leaks(guarded, who) == set()


def test_those_with_access_do_and_on_these_paths_alone(guarded: Academy) -> None:
    """The control: the paths above do lead to secrets."""
    recording = {"open_recording(batch)", "open_recording(over)"}
    assert leaks(guarded, "student") == {"join_session(batch)", *recording}
    assert leaks(guarded, "host") == {
        "join_session(batch)",
        "session_credentials(batch)",
        # Those of their own offer, whatever session is sent along.
        "booking_offer_credentials(batch)",
        "booking_offer_credentials(over)",
        *recording,
    }


def test_a_function_that_tells_too_much_is_noticed(guarded: Academy) -> None:
    guarded.conn.execute(
        """
        create function public.peek(session_id uuid) returns text
        language sql security definer set search_path = pg_catalog, pg_temp
        return private.get_session_secret('success_sessions', session_id, 'zoom_passcode');
        grant execute on function public.peek(uuid) to authenticated
        """
    )
    assert leaks(guarded, "nobody") == {"peek(batch)"}
