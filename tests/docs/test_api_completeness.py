"""The API's pages are about every table, view and function: arguments, results, errors, and an
example in each language.
"""

from __future__ import annotations

import re

import psycopg
import pytest

from support.pages import INDEX, LANGUAGES, PAGES, TOPICS, Page

FUNCTIONS = """
    select
        proname::text || '(',
        array(
            select name || case when number > pronargs - pronargdefaults then '?' else '' end
            from unnest(proargnames[:pronargs]) with ordinality as argument (name, number)
            order by number
        ),
        coalesce(
            nullif(proargnames[pronargs + 1:], '{}'),
            -- Whoever answers a row of a table answers what is said of the table.
            (
                select array_agg(attname::text order by attnum)
                from pg_attribute
                inner join pg_class on attrelid = pg_class.oid and relkind = 'c'
                where attrelid = typrelid and attnum > 0 and not attisdropped
            ),
            '{}'
        )
    from pg_proc
    inner join pg_type on prorettype = pg_type.oid
    where pronamespace = 'public'::regnamespace
        and (
            has_function_privilege('authenticated', pg_proc.oid, 'execute')
            or has_function_privilege('anon', pg_proc.oid, 'execute')
            or has_function_privilege('service_role', pg_proc.oid, 'execute')
        )
        -- A media type's function is PostgREST's to call.
        and not exists (select from pg_aggregate where aggfnoid = pg_proc.oid)
"""

COMMENTS = """
    select proname::text || '(', obj_description(oid, 'pg_proc')
    from pg_proc
    where pronamespace = 'public'::regnamespace
        and not exists (select from pg_aggregate where aggfnoid = pg_proc.oid)
        and obj_description(oid, 'pg_proc') is not null
"""

RELATIONS = """
    select relname::text, array_agg(attname::text order by attnum)
    from pg_class
    inner join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v')
    group by relname
"""


@pytest.fixture
def arguments(conn: psycopg.Connection) -> dict[str, list[str]]:
    """Every function of the API with its arguments; its name ends in a bracket, and theirs in a
    question mark where they may be left out.
    """
    return {name: given for name, given, _ in conn.execute(FUNCTIONS.encode())}


@pytest.fixture
def columns(conn: psycopg.Connection) -> dict[str, list[str]]:
    """Every table, view and function of the API with the columns of its rows or of its answer."""
    found = {name: answered for name, _, answered in conn.execute(FUNCTIONS.encode())}
    found |= dict(conn.execute(RELATIONS.encode()).fetchall())
    assert len(found) > 90
    return found


def without_example(names: set[str], language: str, pages: list[Page]) -> set[str]:
    """What no block of the pages asks for."""
    return names - {name for page in pages for name in page.examples(language)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_has_an_example_in_each_language(
    columns: dict[str, list[str]], language: str
) -> None:
    assert without_example(set(columns), language, PAGES) == set()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "taken", ["reassign_mentor_sessions(", "calendar_feeds", "time_off_clashes"]
)
def test_an_example_that_is_left_out_is_noticed(
    columns: dict[str, list[str]], language: str, taken: str
) -> None:
    name = taken.rstrip("(")
    rest = [Page(page.path, re.sub(rf"\b{name}\b", "another", page.text)) for page in PAGES]
    assert without_example(set(columns), language, rest) == {taken}


@pytest.mark.parametrize("page", TOPICS, ids=lambda page: page.path.stem)
def test_a_page_shows_the_same_in_each_language(page: Page) -> None:
    assert page.examples("js") == page.examples("python") == page.examples("sh")


def test_every_function_stands_on_a_page_with_its_arguments(
    arguments: dict[str, list[str]],
) -> None:
    code = {span for page in TOPICS for span in page.code}
    signatures = {f"{name}{', '.join(given)})" for name, given in arguments.items()}
    assert signatures - code == set()


def led_to() -> set[tuple[str, str]]:
    """Tables, views and functions, and the pages that the index leads to for each."""
    return {
        (name, page)
        for page, row in re.findall(r"^\| \[.*?\]\(api/(\w+\.md)\) (.*)$", INDEX.text, re.M)
        for name in re.findall(r"`(\w+)`", row)
    }


def test_every_column_is_named_on_its_page(columns: dict[str, list[str]]) -> None:
    home = dict(led_to())
    missing = {}
    for name, wanted in columns.items():
        [page] = [page for page in TOPICS if page.path.name == home[name.rstrip("(")]]
        named = {word for span in page.code for word in re.findall(r"\w+", span)}
        if left := [column for column in wanted if column not in named]:
            missing[name] = left
    assert missing == {}, missing


def test_the_index_leads_to_everything(columns: dict[str, list[str]]) -> None:
    shown = {(name.rstrip("("), page.path.name) for page in TOPICS for name in page.examples("js")}
    assert led_to() - shown == set()
    assert sorted(name for name, _ in led_to()) == sorted(name.rstrip("(") for name in columns)


@pytest.mark.parametrize("code", ["22023", "42501", "PT404", "PT409", "23P01", "23505"])
def test_every_error_that_a_user_meets_is_on_the_index(code: str) -> None:
    assert f"`{code}`" in INDEX.text


def untold_errors(conn: psycopg.Connection, pages: list[Page]) -> dict[str, set[str]]:
    """By function, the codes that its comment names and its section of a page does not."""
    code = r"\b(?:22023|42501|PT404|PT409|23P01|23505)\b"
    sections = [part for page in pages for part in re.split(r"^## ", page.prose, flags=re.M)]
    untold = {}
    for name, comment in conn.execute(COMMENTS.encode()):
        told = {
            found for part in sections if f"`{name}" in part for found in re.findall(code, part)
        }
        if left := set(re.findall(code, comment)) - told:
            untold[name] = left
    return untold


def test_every_error_that_a_function_names_is_told_on_its_page(conn: psycopg.Connection) -> None:
    assert untold_errors(conn, TOPICS) == {}


def test_an_error_that_is_left_out_is_noticed(conn: psycopg.Connection) -> None:
    rest = [Page(page.path, page.text.replace("`PT409` never joined", "")) for page in TOPICS]
    assert untold_errors(conn, rest) == {"leave_session(": {"PT409"}}
