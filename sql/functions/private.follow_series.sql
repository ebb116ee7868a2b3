-- A field that differs keeps its value. Where two fields make sense only together, so do the others: a batch belongs to
-- its course, an account and its settings to their platform, and a date with seats or a deadline of its own keeps them,
-- and with them its registration.
create function private.follow_series(session public.success_sessions, changes jsonb, differences text[])
returns public.success_sessions
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    c_not_fields constant text[] := array[
        'start_time', 'end_time', 'timezone', 'registration_closes_at', 'recurrence', 'on_clash'
    ];
    v_kept text[] := differences;
    v_image public.success_sessions;
begin
    if differences && array['course_id', 'batch_id'] then
        v_kept := v_kept || array['course_id', 'batch_id'];
    end if;
    if 'platform' = any(differences) then
        v_kept := v_kept || array['meeting_account_id', 'platform_data'];
    elsif changes ->> 'platform' <> session.platform then
        -- No account goes along to another platform.
        v_kept := array_remove(v_kept, 'meeting_account_id');
        changes := '{"meeting_account_id": null}' || changes;
    end if;
    v_image := jsonb_populate_record(session, changes - c_not_fields - v_kept);
    if ('capacity' = any(differences) and session.capacity is not null)
        or ('registration_closes_at' = any(differences) and session.registration_closes_at is not null)
    then
        v_image.registration_required := true;
    elsif not v_image.registration_required then
        v_image.capacity := null;
    end if;
    return v_image;
end
$$;
comment on function private.follow_series(public.success_sessions, jsonb, text[]) is
    'A session with those of the changes of its series, but for times, that it follows, given the names of the fields in which it differs from the series.';
revoke execute on function private.follow_series(public.success_sessions, jsonb, text[]) from public;
