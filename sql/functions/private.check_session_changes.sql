-- What a form sends back as it was read is no change.
create function private.check_session_changes(session public.success_sessions, scope text, changes jsonb)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    c_series_keys constant text[] := array['recurrence', 'on_clash'];
    c_managers_keys constant text[] := array['mentor_id', 'course_id', 'batch_id', 'meeting_account_id'];
    c_demanded constant text[] := array[
        'title', 'session_type', 'start_time', 'end_time', 'timezone', 'platform', 'link', 'platform_data',
        'registration_required'
    ];
    v_changes jsonb := changes;
    v_key text;
begin
    perform private.check_session_fields('changes', changes, c_series_keys);
    if v_changes = '{}' then
        raise exception using
            errcode = '22023',
            message = 'changes must not be empty',
            hint = 'Send the fields to change, such as {"title": "Office hours"}.';
    end if;
    v_key := (select min(key) from jsonb_object_keys(v_changes) as key where key = any(c_series_keys));
    if v_key is not null and scope = 'this' then
        raise exception using
            errcode = '22023',
            message = format('%s of changes needs scope following or all', v_key),
            hint = 'One session has no rule; send start_time to move it.';
    end if;
    v_key := (
        select min(field.key) from jsonb_each(v_changes) as field
        where field.value = 'null' and field.key = any(c_demanded)
    );
    if v_key is not null then
        raise exception using
            errcode = '22023',
            message = format('%s of changes must not be null', v_key),
            hint = 'Send a value, or leave it out.';
    end if;
    perform private.check_timezone(v_changes ->> 'timezone');
    if not private.is_manager() then
        v_key := (
            select min(field.key) from jsonb_each(v_changes) as field
            where
                field.key = any(c_managers_keys)
                and (field.value #>> '{}')::uuid is distinct from (to_jsonb(session) ->> field.key)::uuid
        );
        if v_key is not null then
            raise exception using
                errcode = '42501',
                message = format('%s of an existing session can be changed by managers only', v_key),
                hint = 'Leave it out, or ask a manager.';
        end if;
        v_changes := v_changes - c_managers_keys;
    end if;
    -- If the zone changes, too, the same instant is another wall-clock time, and so a change.
    if coalesce(v_changes ->> 'timezone', session.timezone) = session.timezone
        and private.iso_instant(v_changes ->> 'start_time') = session.start_time
    then
        v_changes := v_changes - 'start_time';
    end if;
    if not v_changes ? 'start_time' and private.iso_instant(v_changes ->> 'end_time') = session.end_time then
        v_changes := v_changes - 'end_time';
    end if;
    return case when v_changes -> 'zoom_passcode' = 'null' then v_changes - 'zoom_passcode' else v_changes end;
end
$$;
comment on function private.check_session_changes(public.success_sessions, text, jsonb) is
    'The changes that update_session_series is to make to a session, or from it on, without those that change nothing; 22023 what cannot be changed so, 42501 what the caller may not change.';
revoke execute on function private.check_session_changes(public.success_sessions, text, jsonb) from public;
