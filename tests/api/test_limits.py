"""Statements that take too long are stopped, sooner for visitors than for users."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import httpx
import psycopg
import pytest

from devstack.stack import Stack
from support.rest import Callers
from support.waiting import wait_until

SOMEBODY = UUID(int=1)


@pytest.fixture
def callers(api: Stack) -> Iterator[Callers]:
    """Callers of a database that has, for these tests only, two functions anybody may call."""
    with psycopg.connect(api.db_url) as connection:
        connection.execute(
            """
            create function public.my_timeout() returns text language sql
            as $$ select current_setting('statement_timeout') $$;
            create function public.take_your_time() returns void language sql
            as $$ select pg_catalog.pg_sleep(3600) $$;
            grant execute on function public.my_timeout(), public.take_your_time()
            to anon, authenticated;
            notify pgrst, 'reload schema';
            """
        )
    with httpx.Client(timeout=30) as http:
        made = Callers(http, api)
        wait_until(
            lambda: made.user(SOMEBODY).call("my_timeout").status_code == 200,
            "PostgREST knows the functions",
        )
        yield made


def test_every_role_has_its_statement_timeout(callers: Callers) -> None:
    assert callers.visitor().call("my_timeout").json() == "3s"
    assert callers.user(SOMEBODY).call("my_timeout").json() == "8s"


def test_a_statement_that_takes_too_long_is_stopped(callers: Callers) -> None:
    refusal = callers.visitor().call("take_your_time").json()

    assert refusal["code"] == "57014"
    assert refusal["message"] == "canceling statement due to statement timeout"
