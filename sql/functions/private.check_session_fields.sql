-- JSON instead of columns: what a column's type refuses is refused here, by name. Values are left out of messages, for
-- some of them are secret.
create function private.check_session_fields(argument text, given jsonb, other_keys text[])
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    c_texts constant text[] := array[
        'title', 'description', 'session_type', 'timezone', 'platform', 'link', 'backup_link', 'zoom_meeting_id',
        'zoom_passcode'
    ];
    c_ids constant text[] := array['course_id', 'batch_id', 'mentor_id', 'meeting_account_id'];
    c_instants constant text[] := array['start_time', 'end_time', 'registration_closes_at'];
    c_keys constant text[] := c_texts || c_ids || c_instants
        || array['platform_data', 'registration_required', 'capacity', 'reminder_minutes'];
    v_key text;
    v_value jsonb;
    v_problem text;
begin
    if jsonb_typeof(given) is distinct from 'object' then
        raise exception using
            errcode = '22023',
            message = format('%s must be a JSON object', argument),
            hint = 'Send the fields by their names, such as {"title": "Office hours"}.';
    end if;
    for v_key, v_value in select field.key, field.value from jsonb_each(given) as field order by field.key loop
        if v_key <> all(c_keys || other_keys) then
            raise exception using
                errcode = '22023',
                message = format('%s has no field %s', argument, quote_literal(left(v_key, 60))),
                hint = format('Use %s.', array_to_string(c_keys || other_keys, ', '));
        end if;
        v_problem := case
            when jsonb_typeof(v_value) = 'null' then null
            when v_key = any(c_texts) and jsonb_typeof(v_value) <> 'string' then 'a text'
            when v_key = 'session_type'
                and v_value #>> '{}' <> all(enum_range(null::public.session_type)::text[])
                then array_to_string(enum_range(null::public.session_type), ', ')
            when v_key = any(c_ids)
                and (
                    jsonb_typeof(v_value) <> 'string'
                    or v_value #>> '{}' !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                )
                then 'the id of a row'
            when v_key = any(c_instants)
                and (jsonb_typeof(v_value) <> 'string' or private.iso_instant(v_value #>> '{}') is null)
                then 'an instant with its offset, such as 2027-03-01T18:00:00+01:00'
            when v_key = 'capacity' and v_value::text !~ '^-?[0-9]{1,9}$' then 'a whole number'
            when v_key = 'reminder_minutes'
                and (jsonb_typeof(v_value) <> 'array' or v_value::text !~ '^\[(-?[0-9]{1,9}(, -?[0-9]{1,9})*)?\]$')
                then 'a list of minutes'
            when v_key = 'registration_required' and jsonb_typeof(v_value) <> 'boolean' then 'true or false'
            when v_key = 'platform_data' and jsonb_typeof(v_value) <> 'object' then 'a JSON object'
        end;
        if v_problem is not null then
            raise exception using
                errcode = '22023',
                message = format('%s of %s must be %s', v_key, argument, v_problem),
                hint = 'Nothing was written.';
        end if;
    end loop;
end
$$;
comment on function private.check_session_fields(text, jsonb, text[]) is
    'Refuses with 22023 what cannot be fields of a session: no object, an unknown key (other_keys are known to the caller), a value of another type. Nulls pass. argument: what the caller calls it.';
revoke execute on function private.check_session_fields(text, jsonb, text[]) from public;
