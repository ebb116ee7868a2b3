"""What a report of many sessions costs is as many times what one costs: counted, not timed."""

from __future__ import annotations

import json
from typing import LiteralString
from uuid import UUID

import psycopg
import pytest

from support.plans import most_rows, run_plans
from support.world import World

MANY = 300


@pytest.fixture
def manager(superuser: psycopg.Connection) -> UUID:
    """Who asks: the claims say so, while the superuser's connection counts."""
    manager = World(superuser).admin()
    superuser.execute(
        "select set_config('request.jwt.claims', %s, false)", (json.dumps({"sub": str(manager)}),)
    )
    return manager


def test_sessions_of_many_courses_are_each_compared_with_their_own(
    superuser: psycopg.Connection, manager: UUID
) -> None:
    superuser.execute(
        """
        with course as (
            insert into public.courses (name)
            select 'Course ' || number from generate_series(1, %s) as number
            returning id
        )
        insert into public.success_sessions (title, link, status, course_id, start_time)
        select 'Session', 'https://meet.example.test/1', 'completed', id, now() - interval '2 days'
        from course
        """,
        (MANY,),
    )
    report = "select count(*) from public.session_effectiveness(current_date - 7, current_date)"
    assert superuser.execute(report).fetchone() == (MANY,)
    # Each session has eighteen counts of stays.
    assert most_rows(superuser, report) <= 18 * MANY


def test_a_percentile_of_stays_is_no_query_of_its_own(superuser: psycopg.Connection) -> None:
    percentiles = (
        "select private.stay_percentile(array[0, sessions], 0.5)"
        " from generate_series(1, 100) as sessions"
    )
    # The bounds are looked up once.
    assert len(run_plans(superuser, percentiles)) <= 2


@pytest.mark.parametrize(
    "figures",
    [
        "select private.share(number, 7) from generate_series(1, 100) as number",
        "select private.shown_rating(number, 7, true) from generate_series(1, 100) as number",
    ],
)
def test_a_figure_of_a_line_is_no_query_of_its_own(
    superuser: psycopg.Connection, figures: LiteralString
) -> None:
    assert len(run_plans(superuser, figures)) == 1
