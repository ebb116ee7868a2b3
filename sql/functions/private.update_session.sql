create function private.update_session(session_id uuid, changes jsonb)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session constant public.success_sessions := private.lock_session(session_id);
    v_changes jsonb := private.check_session_changes(v_session, 'this', changes);
    v_image public.success_sessions;
    v_status public.session_status;
begin
    v_status := private.effective_session_status(v_session.status, v_session.start_time, v_session.end_time);
    if v_status in ('completed', 'cancelled') then
        raise exception using
            errcode = 'PT409',
            message = format('the session is %s', v_status),
            detail = 'session ' || v_session.id,
            hint = 'Create a new session.';
    end if;
    v_image := jsonb_populate_record(v_session, v_changes);
    if v_changes ? 'timezone' and not v_changes ? 'start_time' then
        v_image.start_time := private.local_to_instant(
            v_session.start_time at time zone v_session.timezone, v_image.timezone
        );
    end if;
    if v_image.start_time <> v_session.start_time and not v_changes ? 'end_time' then
        v_image.end_time := v_image.start_time
            + make_interval(secs => extract(epoch from v_session.end_time - v_session.start_time)::double precision);
    end if;
    if not v_changes ? 'registration_closes_at' then
        v_image.registration_closes_at := v_image.start_time
            - make_interval(
                secs => extract(epoch from v_session.start_time - v_session.registration_closes_at)::double precision
            );
    end if;
    perform private.check_session_period(v_image.start_time, v_image.end_time);
    perform private.write_session(v_image);
end
$$;
comment on function private.update_session(uuid, jsonb) is
    'Changes one session, which private.editable_session has answered: another zone keeps the wall-clock time, another start the length and how long before it registration closes. Errors: as update_session_series.';
revoke execute on function private.update_session(uuid, jsonb) from public;
