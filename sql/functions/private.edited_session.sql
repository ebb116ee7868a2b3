-- What was changed for one session alone stays: a field in which the session differs from its series keeps its value,
-- and a session that differs in anything, its time included, is not called off because the rule no longer has its day.
create function private.edited_session(
    session public.success_sessions,
    edit private.series_edit,
    series public.session_series,
    changes jsonb,
    days date[],
    as_of timestamptz
)
returns public.success_sessions
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_old constant public.session_series := edit.old;
    v_content jsonb := private.session_content(session);
    v_differences text[];
    v_is_moved boolean;
    v_start timestamptz;
    v_image public.success_sessions;
begin
    if v_old.link is null and exists (
        select from public.session_meetings as meeting
        where meeting.session_id = session.id and meeting.is_wanted
    ) then
        -- The platform filled these in, nobody changed them.
        v_content := v_content || jsonb_build_object(
            'link', null,
            'zoom_passcode', null,
            'zoom_meeting_id', null,
            'meeting_account_id', v_old.meeting_account_id,
            'platform_data', v_content -> 'platform_data' #- '{meeting_id}' #- '{host_link}'
        );
    end if;
    v_differences := array(
        select field.key from jsonb_each(edit.old_content) as field
        where field.value is distinct from v_content -> field.key
    );
    v_is_moved := (session.start_time, session.end_time, session.timezone) is distinct from (
        private.series_start(v_old, session.series_date),
        private.series_start(v_old, session.series_date) + v_old.duration,
        v_old.timezone
    );
    if edit.has_new_rule and not v_is_moved and v_differences = '{}' and session.series_date <> all(days) then
        return null;
    end if;

    v_image := private.follow_series(session, changes, v_differences);
    v_start := private.series_start(series, session.series_date);
    -- A date that is still to come today is not moved to an hour of today that has passed.
    if edit.is_moved and not v_is_moved and v_start > as_of then
        v_image.start_time := v_start;
        v_image.end_time := v_start + series.duration;
        v_image.timezone := series.timezone;
    end if;
    if 'registration_closes_at' <> all(v_differences) then
        v_image.registration_closes_at := case
            when v_image.registration_required then v_image.start_time - series.registration_closes_before
        end;
    end if;
    return v_image;
end
$$;
comment on function private.edited_session(
    public.success_sessions, private.series_edit, public.session_series, jsonb, date[], timestamptz
) is
    'A session of the edited series, written already, as it is to be; null: it is to be called off, because the new rule, with a date on these days, no longer has its day.';
revoke execute on function private.edited_session(
    public.success_sessions, private.series_edit, public.session_series, jsonb, date[], timestamptz
) from public;
