"""Who may do what through the API: the tables of docs/security.md, read from the catalog."""

from typing import Final

import psycopg

from devstack.errors import StackError
from devstack.paths import ROOT

PAGE: Final = ROOT / "docs" / "security.md"

_BEGIN: Final = "<!-- Generated from the database by `make types`. Do not edit. -->\n"
_END: Final = "<!-- End of what is generated. -->\n"

_VERBS: Final = ("select", "insert", "update", "delete")

_RELATIONS: Final = """
    select
        pg_class.oid::regclass::text,
        pg_class.relkind = 'v',
        (
            select jsonb_object_agg(
                lower(policy.cmd),
                replace(
                    substr(policy.policyname, length(relname || policy.cmd) + 3), '_', ' '
                )
            )
            from pg_catalog.pg_policies as policy
            where policy.schemaname = 'public' and policy.tablename = relname
        ),
        (
            select jsonb_object_agg(verb, case
                when has_table_privilege('authenticated', pg_class.oid, verb) then '[]'
                else (
                    select jsonb_agg(attname order by attnum) from pg_catalog.pg_attribute
                    where attrelid = pg_class.oid and attnum > 0 and not attisdropped
                        and has_column_privilege('authenticated', pg_class.oid, attnum, verb)
                )
            end)
            from unnest(array['select', 'insert', 'update', 'delete']) as verb
            where has_table_privilege('authenticated', pg_class.oid, verb)
                or (
                    verb <> 'delete'
                    and has_any_column_privilege('authenticated', pg_class.oid, verb)
                )
        ),
        array(
            select verb from unnest(array['select', 'insert', 'update', 'delete'])
                with ordinality as verbs (verb, position)
            where has_table_privilege('service_role', pg_class.oid, verb)
            order by position
        )
    from pg_catalog.pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v')
    order by 1
"""

_FUNCTIONS: Final = """
    select
        format('%s(%s)', proname, array_to_string(proargnames[:pronargs], ', ')),
        array(
            select role from unnest(array['anon', 'authenticated', 'service_role']) as role
            where has_function_privilege(role, pg_proc.oid, 'execute')
        ),
        prosecdef
    from pg_catalog.pg_proc
    where pronamespace = 'public'::regnamespace
    order by 1
"""


def rights(database_url: str) -> str:
    """Two tables in Markdown: tables and views by verb, functions by role."""
    with psycopg.connect(database_url) as connection:
        relations = connection.execute(_RELATIONS).fetchall()
        functions = connection.execute(_FUNCTIONS).fetchall()
    lines = [
        "| table or view | select | insert | update | delete | `service_role` |",
        "|---|---|---|---|---|---|",
    ]
    for name, is_view, policies, granted, service in relations:
        cells = [
            _cell((granted or {}).get(verb), (policies or {}).get(verb), is_view=is_view)
            for verb in _VERBS
        ]
        lines.append(f"| `{name}` | {' | '.join(cells)} | {', '.join(service)} |")
    lines += ["", "| function | executed by | as |", "|---|---|---|"]
    for name, roles, is_definer in functions:
        runs_as = "its owner" if is_definer else "the caller"
        lines.append(f"| `{name}` | {', '.join(f'`{role}`' for role in roles)} | {runs_as} |")
    return "\n".join(lines) + "\n"


def page(database_url: str) -> str:
    """The page with its generated part as it should be.

    Raises:
        StackError: The page lacks the marks of the generated part.
    """
    text = PAGE.read_text()
    if _BEGIN not in text or _END not in text:
        raise StackError(f"{PAGE.name} lacks the marks of its generated part", "Restore them")
    before, rest = text.split(_BEGIN)
    return f"{before}{_BEGIN}\n{rights(database_url)}\n{_END}{rest.split(_END)[1]}"


def _cell(columns: list[str] | None, who: str | None, *, is_view: bool) -> str:
    """One verb of one table: who, and which columns where not all; empty: nobody."""
    if columns is None:
        return ""
    whom = "whoever sees the rows it is made of" if is_view else who or "nobody"
    return f"{whom}: {', '.join(f'`{column}`' for column in columns)}" if columns else whom
