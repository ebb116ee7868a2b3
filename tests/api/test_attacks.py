"""A student of another batch asks PostgREST for everything in every way it offers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest

from devstack.stack import Stack
from support.campus import Campus
from support.rest import Caller, Callers
from support.world import World

CALENDAR = "segmented_weekly_success_sessions"
MARK = "Xylophone"
"""Stands in every text of what is not the student's."""


@pytest.fixture(scope="module")
def otto(running: Stack, callers: Callers, campus: Campus) -> Caller:
    """Otto, of the winter batch; the autumn batch has something of everything."""
    with psycopg.connect(running.db_url) as connection:
        world = World(connection)
        session = world.session(
            f"{MARK} session",
            batch=campus.batch,
            mentor=campus.marta,
            starts=timedelta(minutes=-5),
            minutes=240,
            description=MARK,
            zoom_passcode=MARK,
            link=f"https://{MARK}.test/1?pwd={MARK}",
            backup_link=f"https://{MARK}.test/2",
        )
        over = world.session(
            f"{MARK} over", batch=campus.batch, starts=timedelta(days=-1), status="completed"
        )
        world.recording(over, title=MARK, url=f"https://{MARK}.test/3", is_published=True)
        world.attendance(over, campus.sam, note=MARK)
        world.rating(over, campus.sam, 4)
        world.registration(session, campus.sam)
        world.invite(session, campus.nora)
        world.time_off(campus.marta, starts=timedelta(days=9), reason=MARK)
        for name in ("Sam", "Sita", "Marta"):
            connection.execute(
                "update public.profiles set full_name = %s where starts_with(full_name, %s)",
                (f"{MARK} {name}", name),
            )
    return callers.user(campus.otto)


@pytest.fixture(scope="module")
def relations(otto: Caller) -> dict[str, list[str]]:
    """What the description names: each relation's columns."""
    definitions = otto.get("").json()["definitions"]
    assert len(definitions) > 20
    return {name: list(shape["properties"]) for name, shape in definitions.items()}


@pytest.fixture(scope="module")
def relatives(running: Stack, relations: dict[str, list[str]]) -> list[tuple[str, str]]:
    """The pairs of relations that can be read with each other: by a foreign key, or by a view's."""
    with psycopg.connect(running.db_url) as connection:
        found = connection.execute(
            "select conrelid::regclass::text, confrelid::regclass::text from pg_constraint"
            " where contype = 'f' and connamespace = 'public'::regnamespace"
        ).fetchall()
    views = [name for name in relations if name == CALENDAR or name.endswith("_clashes")]
    return [
        *((child, parent) for child, parent in found if {child, parent} <= {*relations}),
        *((parent, child) for child, parent in found if {child, parent} <= {*relations}),
        *((view, other) for view in views for other in relations),
    ]


def questions(
    relations: dict[str, list[str]], relatives: list[tuple[str, str]]
) -> Iterator[tuple[str, dict[str, str]]]:
    """Ways to read: whole, ordered and searched by each column, together with relatives."""
    for relation, columns in relations.items():
        yield relation, {"select": "*"}
        yield relation, {"order": ",".join(f"{column}.desc.nullslast" for column in columns)}
        yield (
            relation,
            {"or": "(" + ",".join(f"{column}.not.is.null" for column in columns) + ")"},
        )
    for relation, other in relatives:
        yield relation, {"select": f"*,{other}(*)"}


def test_no_way_of_reading_shows_anything_of_another_batch(
    otto: Caller, relations: dict[str, list[str]], relatives: list[tuple[str, str]]
) -> None:
    answered = embedded = 0
    for relation, query in questions(relations, relatives):
        answer = otto.get(relation, prefer="count=exact", **query)
        assert answer.status_code < 500, (relation, query, answer.text)
        assert MARK.lower() not in answer.text.lower(), (relation, query)
        if answer.status_code < 300:
            answered += 1
            embedded += "(" in query.get("select", "")
            # Nor does a count count what is not shown.
            total = answer.headers["content-range"].partition("/")[2]
            assert int(total) == len(answer.json()), (relation, query)
    assert answered > 3 * len(relations) - 10
    assert embedded > 30


@pytest.mark.parametrize(
    "query",
    [
        {"title": f"like.*{MARK}*"},
        {"title": f"fts.{MARK}"},
        {"title": f"not.neq.{MARK} session"},
        {"or": f"(title.eq.{MARK} session,description.eq.{MARK})"},
        {"link": f"like.*{MARK}*"},
        {"platform_data->>host_link": f"like.*{MARK}*"},
        {"zoom_passcode": "not.is.null"},
        {"select": "id,courses!inner(*)", "courses.success_sessions.title": f"eq.{MARK} session"},
        {"select": "...profiles!success_sessions_mentor_id_fkey!inner(full_name)"},
    ],
    ids=str,
)
def test_no_filter_finds_what_is_hidden(
    callers: Callers, campus: Campus, otto: Caller, query: dict[str, str]
) -> None:
    answer = otto.get("success_sessions", prefer="count=exact", **query)
    assert answer.status_code in (200, 206, 400)
    assert MARK not in answer.text
    if answer.status_code != 400:
        assert answer.headers["content-range"] == "*/0"


def test_ranges_reach_no_further(otto: Caller) -> None:
    for unit in ("0-0", "0-999", "1-", "500-600"):
        answer = otto.send(
            "GET", "success_sessions", {}, headers={"Range": unit, "Prefer": "count=exact"}
        )
        assert answer.headers["content-range"].endswith("/0"), unit
        assert MARK not in answer.text


@pytest.mark.parametrize("media_type", ["+json", "+text", "; options=analyze|verbose|buffers"])
def test_no_plan_is_shown(callers: Callers, campus: Campus, media_type: str) -> None:
    for who in (campus.otto, campus.sofia):
        answer = callers.user(who).get(
            "success_sessions", accept=f"application/vnd.pgrst.plan{media_type}"
        )
        assert answer.status_code == 415, answer.text


def test_the_batch_itself_sees_it(callers: Callers, campus: Campus, otto: Caller) -> None:
    """The control: there was something to be found."""
    for who, least in ((campus.sam, 2), (campus.ada, 5)):
        rows = callers.user(who).get("success_sessions").text
        assert rows.count(MARK) >= least
