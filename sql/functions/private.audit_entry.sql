create function private.audit_entry(table_name text, key_columns text[], old jsonb, new jsonb)
returns setof private.audit_entry
language plpgsql
stable
rows 1
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select
        (
            select jsonb_object_agg(key_column.name, stored.fields -> key_column.name)
            from unnest(audit_entry.key_columns) as key_column (name)
        ),
        coalesce(
            stored.fields ->> 'session_id',
            case audit_entry.table_name when 'success_sessions' then stored.fields ->> 'id' end
        )::uuid,
        coalesce(stored.fields ->> 'student_id', stored.fields ->> 'user_id')::uuid,
        case audit_entry.table_name
            when 'session_attendance' then audit_entry.new ->> 'note'
            when 'success_sessions' then audit_entry.new ->> 'cancel_reason'
        end,
        case when audit_entry.old is not null then change.old end,
        case when audit_entry.new is not null then change.new end
    from (select coalesce(audit_entry.new, audit_entry.old) as fields) as stored
    cross join lateral (
        select
            jsonb_object_agg(field.name, coalesce(shown.old, audit_entry.old -> field.name)) as old,
            jsonb_object_agg(field.name, coalesce(shown.new, audit_entry.new -> field.name)) as new
        from jsonb_object_keys(stored.fields) as field (name)
        -- The path of a webhook's address is often all that it takes to write there: admins see it, other managers not.
        left join lateral (
            select
                to_jsonb(substring(audit_entry.old ->> 'url' from '^https://[^/]+') || '/…') as old,
                to_jsonb(substring(audit_entry.new ->> 'url' from '^https://[^/]+') || '/…') as new
        ) as shown on audit_entry.table_name = 'webhook_endpoints' and field.name = 'url'
        where
            -- Left out is what follows from other fields.
            field.name not in (
                'created_at', 'updated_at', 'sequence', 'audience_key', 'host_key', 'status_due_at', 'announce_at'
            )
            -- So is what presence changes in a record: it can be worked out again.
            and not (
                audit_entry.table_name = 'session_attendance'
                and field.name in ('joined_at', 'left_at', 'minutes_present')
                and audit_entry.old is not null
                and audit_entry.new is not null
            )
            and nullif(audit_entry.old -> field.name, 'null')
            is distinct from nullif(audit_entry.new -> field.name, 'null')
    ) as change
    where
        change.old is not null
        -- What presence says of attendance can be worked out again from presence, which is append-only itself.
        and not (
            audit_entry.table_name = 'session_attendance'
            and coalesce(audit_entry.old ->> 'source', 'join') in ('join', 'platform')
            and coalesce(audit_entry.new ->> 'source', 'join') in ('join', 'platform')
        );
end
$$;
comment on function private.audit_entry(text, text[], jsonb, jsonb) is
    'What the audit log says of one row, given whole before (null: new) and after (null: deleted); no row where nothing changed that it is told of.';
revoke execute on function private.audit_entry(text, text[], jsonb, jsonb) from public;
