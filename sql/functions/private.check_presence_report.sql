-- Before anything is read as a record: a value of the wrong type would be an error that names nothing.
create function private.check_presence_report(participants jsonb)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_number bigint;
    v_stay jsonb;
    v_field text;
    v_times timestamptz[];
begin
    if jsonb_typeof(participants) is distinct from 'array' or jsonb_array_length(participants) > 10000 then
        raise exception using
            errcode = '22023',
            message = 'participants must be an array of at most 10,000 stays',
            hint = 'Send [{"joined_at": "…", "left_at": "…", "participant_key": "…"}, …].';
    end if;
    for v_stay, v_number in
        select element.value, element.ordinality
        from jsonb_array_elements(participants) with ordinality as element
    loop
        if jsonb_typeof(v_stay) <> 'object' then
            raise exception using
                errcode = '22023',
                message = format('participants, number %s, must be an object', v_number),
                hint = 'Send {"joined_at": "…", "left_at": "…", "participant_key": "…"}.';
        end if;
        foreach v_field in array array['participant_key', 'participant_email', 'participant_name', 'connection_id'] loop
            if jsonb_typeof(v_stay -> v_field) not in ('string', 'null') then
                raise exception using
                    errcode = '22023',
                    message = format('participants, number %s: %s must be a text', v_number, v_field),
                    hint = 'Leave out what is not known.';
            end if;
        end loop;
        v_times := '{}';
        foreach v_field in array array['joined_at', 'left_at'] loop
            v_times := v_times || private.iso_instant(v_stay ->> v_field);
            if v_times[cardinality(v_times)] is null then
                raise exception using
                    errcode = '22023',
                    message = format('participants, number %s: %s must be an instant', v_number, v_field),
                    hint = 'Send a time such as 2027-03-01T18:00:00Z.';
            end if;
        end loop;
        if v_times[2] < v_times[1] then
            raise exception using
                errcode = '22023',
                message = format('participants, number %s: left_at must not be before joined_at', v_number),
                hint = 'Send when the participant came and when they went.';
        end if;
    end loop;
end
$$;
comment on function private.check_presence_report(jsonb) is
    'Refuses with 22023 what is no array of at most 10,000 stays, and names the stay by its number, from 1.';
revoke execute on function private.check_presence_report(jsonb) from public;
