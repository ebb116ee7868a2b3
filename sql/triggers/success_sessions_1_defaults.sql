-- The BEFORE triggers of success_sessions run in the order of their names: 0 assignment, meeting account and rights, 1
-- defaults, 2 references, 3 transitions, 4 credentials and platform data, 5 double booking, host account, link failure,
-- meeting account and shared meeting, 6 revision.
create function private.set_session_defaults()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_missing text;
begin
    new.end_time := coalesce(new.end_time, new.start_time + interval '60 minutes');
    new.calendar_uid := new.id;
    if new.series_id is not null then
        new.calendar_uid := (
            select series.calendar_uid from public.session_series as series where series.id = new.series_id
        );
        if new.calendar_uid is null then
            raise exception using
                errcode = '22023',
                message = format('series_id %s is unknown', new.series_id),
                hint = 'Send the id of a row of session_series.';
        end if;
    end if;

    -- Postgres' own refusal prints the whole row, and that of an upsert still has the write-only fields in it.
    v_missing := case
        when new.title is null then 'title'
        when new.start_time is null then 'start_time'
        when new.session_type is null then 'session_type'
        when new.status is null then 'status'
        when new.timezone is null then 'timezone'
        when new.platform is null then 'platform'
        when new.platform_data is null then 'platform_data'
        when new.registration_required is null then 'registration_required'
        when num_nulls(new.id, new.sequence, new.created_at, new.updated_at) > 0
            then 'id, sequence, created_at or updated_at'
    end;
    if v_missing is not null then
        raise exception using
            errcode = '23502',
            message = format('%s must not be null', v_missing),
            hint = 'Send a value, or leave the field out where it has a default.';
    end if;
    return new;
end
$$;
comment on function private.set_session_defaults() is 'A session created without end_time lasts 60 minutes; its calendar UID is its own id or that of its series; one without another required field is refused with 23502.';
revoke execute on function private.set_session_defaults() from public;

create trigger success_sessions_1_defaults before insert on public.success_sessions
for each row execute function private.set_session_defaults();
