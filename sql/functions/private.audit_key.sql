create function private.audit_key(fields jsonb, key_columns text[])
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select string_agg(audit_key.fields ->> key_column.name, ' ' order by key_column.name)
    from unnest(audit_key.key_columns) as key_column (name)
$$;
comment on function private.audit_key(jsonb, text[]) is 'The primary key of a row as one text.';
revoke execute on function private.audit_key(jsonb, text[]) from public;
