create function private.audit_key(fields jsonb, key_columns text[])
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select string_agg(audit_key.fields ->> key_column.name, ' ' order by key_column.name)
        from unnest(audit_key.key_columns) as key_column (name)
    );
end
$$;
comment on function private.audit_key(jsonb, text[]) is 'The primary key of a row as one text.';
revoke execute on function private.audit_key(jsonb, text[]) from public;
