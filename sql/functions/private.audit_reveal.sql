create function private.audit_reveal(action text, table_name text, row_id uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform private.check_plain_answer();
    insert into public.audit_log (action, table_name, row_key, session_id)
    values (
        audit_reveal.action,
        audit_reveal.table_name,
        jsonb_build_object('id', audit_reveal.row_id),
        case audit_reveal.table_name when 'success_sessions' then audit_reveal.row_id end
    );
end
$$;
comment on function private.audit_reveal(text, text, uuid) is
    'Records that the API function named action shows the caller the credentials of a row.';
revoke execute on function private.audit_reveal(text, text, uuid) from public;
