-- Security definer: it is the API; it makes the session's key, which nobody may read.
create function public.show_check_in_code(session_id uuid)
returns public.check_in_code
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions := private.visible_session(session_id);
    v_seconds integer := (select settings.check_in_code_seconds from public.app_settings as settings);
    v_period bigint;
    v_code public.check_in_code;
begin
    perform private.check_session_staff(v_session);
    perform private.check_not_over(v_session);
    perform private.check_joining_is_open(v_session);
    insert into private.check_in_keys (session_id) values (v_session.id) on conflict do nothing;

    v_period := floor(extract(epoch from clock_timestamp()) / v_seconds)::bigint;
    v_code.session_id := v_session.id;
    v_code.code := (
        select private.check_in_code(held.key, v_period)
        from private.check_in_keys as held
        where held.session_id = v_session.id
    );
    v_code.valid_until := to_timestamp((v_period + 1) * v_seconds);
    return v_code;
end
$$;
comment on function public.show_check_in_code(uuid) is
    'The code to show in a room without a video platform, while students can join: they send it with check_in. Another one every app_settings.check_in_code_seconds. Host and managers. Errors: PT404 unknown or not visible; 42501 for everybody else; PT409 cancelled, over, or before the window.';
revoke execute on function public.show_check_in_code(uuid) from public, anon, authenticated, service_role;
grant execute on function public.show_check_in_code(uuid) to authenticated;
