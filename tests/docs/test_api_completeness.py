"""docs/api.md is about every table, view and function of the API, every argument and error."""

from __future__ import annotations

import re

import psycopg
import pytest

from devstack.paths import ROOT

PAGE = (ROOT / "docs" / "api.md").read_text()

EXPOSED = """
    select relname::text from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v')
    union all
    select distinct proname::text || '(' from pg_proc
    where pronamespace = 'public'::regnamespace
        and (
            has_function_privilege('authenticated', oid, 'execute')
            or has_function_privilege('anon', oid, 'execute')
            or has_function_privilege('service_role', oid, 'execute')
        )
        -- A media type's function is PostgREST's to call.
        and not exists (select from pg_aggregate where aggfnoid = pg_proc.oid)
"""

ARGUMENTS = """
    select distinct proname::text, argument.name
    from pg_proc, unnest(proargnames[:pronargs]) as argument (name)
    where pronamespace = 'public'::regnamespace
        and has_function_privilege('authenticated', oid, 'execute')
        and not exists (select from pg_aggregate where aggfnoid = pg_proc.oid)
"""


def missing(conn: psycopg.Connection, page: str) -> set[str]:
    """What is exposed and not named in code on the page."""
    code = " ".join(re.findall(r"`[^`\n]+`|^#+ .*$|^ *[^`\n|]*\w+\(.*$", page, re.M))
    names = {row[0] for row in conn.execute(EXPOSED.encode()).fetchall()}
    assert len(names) > 50
    return {
        name
        for name in names
        if not re.search(rf"(?<!\w){re.escape(name.rstrip('('))}(?!\w)", code)
    }


def test_every_table_view_and_function_is_on_the_page(conn: psycopg.Connection) -> None:
    assert missing(conn, PAGE) == set()


def test_what_is_left_out_is_noticed(conn: psycopg.Connection) -> None:
    assert missing(conn, PAGE.replace("join_session", "enter_session")) == {"join_session("}


def test_every_argument_of_a_users_function_is_on_the_page(conn: psycopg.Connection) -> None:
    words = set(re.findall(r"\w+", PAGE))
    rows = conn.execute(ARGUMENTS.encode()).fetchall()
    assert {f"{function}: {name}" for function, name in rows if name not in words} == set()


@pytest.mark.parametrize("code", ["22023", "42501", "PT404", "PT409", "23P01", "23505"])
def test_every_error_that_a_user_meets_is_on_the_page(code: str) -> None:
    assert f"`{code}`" in PAGE
