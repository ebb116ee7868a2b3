"""Who may do what, read from the catalog in full."""

from typing import LiteralString

import psycopg

Grant = tuple[str, str, str, str, bool]
"""Kind of object, object, grantee, privilege, with grant option."""

_GRANTS: LiteralString = """
    with object (kind, name, acl) as (
        select
            'schema', nspname::text, coalesce(nspacl, acldefault('n', nspowner))
        from pg_catalog.pg_namespace
        where nspname = any(%(schemas)s)
        union all
        select
            case relkind when 'S' then 'sequence' else 'relation' end,
            oid::regclass::text,
            coalesce(
                relacl, acldefault(case relkind when 'S' then 's'::"char" else 'r' end, relowner)
            )
        from pg_catalog.pg_class
        where relkind in ('r', 'p', 'v', 'm', 'f', 'S')
        and relnamespace::regnamespace::text = any(%(schemas)s)
        union all
        select
            'column', attrelid::regclass::text || '.' || attname, attacl
        from pg_catalog.pg_attribute
        join pg_catalog.pg_class on pg_class.oid = attrelid
        where attacl is not null and relnamespace::regnamespace::text = any(%(schemas)s)
        union all
        select
            'function', oid::regprocedure::text, coalesce(proacl, acldefault('f', proowner))
        from pg_catalog.pg_proc
        where pronamespace::regnamespace::text = any(%(schemas)s)
        union all
        select
            'type', oid::regtype::text, coalesce(typacl, acldefault('T', typowner))
        from pg_catalog.pg_type
        where typtype in ('e', 'd', 'r') and typnamespace::regnamespace::text = any(%(schemas)s)
    )
    select
        object.kind,
        object.name,
        case grants.grantee when 0 then 'public' else grants.grantee::regrole::text end,
        grants.privilege_type,
        grants.is_grantable
    from object
    cross join lateral pg_catalog.aclexplode(object.acl) as grants
    order by 1, 2, 3, 4
"""


def grants(database_url: str, schemas: list[str]) -> list[Grant]:
    """Every grant on every schema, relation, column, function and type of these schemas.

    What is granted by default, because nobody said otherwise, is listed like the rest.

    Args:
        database_url: URL of any role of the database.
        schemas: Names of schemas.
    """
    with psycopg.connect(database_url) as connection:
        # Without a search path every name comes with its schema.
        connection.execute("set search_path = ''")
        return connection.execute(_GRANTS, {"schemas": schemas}).fetchall()
