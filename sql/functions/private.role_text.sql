-- That a role was taken away is not in user_roles; the audit log remembers it as long as it is kept.
create function private.role_text(user_id uuid, roles public.app_role[])
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_held text;
    v_lost text;
begin
    select string_agg(held.role::text, ', ' order by held.role) into v_held
    from public.user_roles as held
    where held.user_id = role_text.user_id and held.role = any(role_text.roles);
    if v_held is not null then
        return format('holds the role %s', v_held);
    end if;
    select
        format(
            'the role %s was taken away at %s', entry.row_key ->> 'role', private.utc_text(entry.occurred_at)
        ) into v_lost
    from public.audit_log as entry
    where
        entry.user_id = role_text.user_id
        and entry.table_name = 'user_roles'
        and entry.action = 'delete'
        and entry.row_key ->> 'role' = any(role_text.roles::text[])
    order by entry.id desc
    limit 1;
    return coalesce(v_lost, format('does not hold the role %s', array_to_string(role_text.roles, ', ')));
end
$$;
comment on function private.role_text(uuid, public.app_role[]) is
    'Which of these roles a user holds, or when the last of them was taken away, in words.';
revoke execute on function private.role_text(uuid, public.app_role[]) from public;
