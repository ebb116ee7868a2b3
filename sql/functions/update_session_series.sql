-- Security definer: it is the API; a series is written by nobody otherwise. It reads secrets and takes turns.
create function public.update_session_series(session_id uuid, scope text, changes jsonb)
returns setof public.success_sessions
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session constant public.success_sessions := private.editable_session(session_id, scope);
    v_series public.session_series;
    v_changes jsonb;
    v_edit private.series_edit;
begin
    if scope = 'this' then
        perform private.update_session(v_session.id, changes);
        return query
        select updated.* from public.success_sessions as updated where updated.id = v_session.id;
        return;
    end if;
    -- What is wrong with the changes by themselves is said before anybody waits.
    perform private.skips_clashes(changes);
    v_changes := private.check_session_changes(v_session, scope, changes);
    v_series := private.lock_series(v_session.id, v_session.calendar_uid, scope);
    v_edit := private.series_edit(private.editable_session(v_session.id, scope), v_series, scope, v_changes);
    if v_changes - 'on_clash' <> '{}' then
        v_series := private.write_series(v_edit);
        perform private.apply_series_edit(v_edit, v_series, v_changes);
    end if;
    return query
    select coming.*
    from public.success_sessions as coming
    where
        coming.series_id = v_series.id
        and (coming.series_date >= v_edit.from_day or coming.series_date is null)
        and coming.status in ('upcoming', 'cancelled')
        and coming.start_time > clock_timestamp()
        and (private.is_manager() or coming.mentor_id = auth.uid())
    order by coming.start_time, coming.id;
end
$$;
comment on function public.update_session_series(uuid, text, jsonb) is
    'Changes a session (scope this), it and the later ones of its series (following, which splits the series) or all of them (all), all or nothing, and answers those of the scope that have not begun, in the order of time, but to a mentor none of another mentor; everybody is told in one mail. What has begun stays, and so does what was moved, edited or called off for itself. changes: fields of success_sessions by name; start_time is that of the session given, and moves the others to the same wall-clock time; timezone keeps the wall-clock time. With following and all also recurrence (as in preview_recurrence; counted from the session given, or with all from the beginning of the series): dates that it still has stay the same sessions, others are called off or made; and on_clash: refuse (default) or skip, which leaves what clashes as it is and makes no new date that does. Managers; the mentor, but for mentor_id, course_id, batch_id and meeting_account_id. Errors: PT404; 42501; 22023, naming what is wrong; PT409 over, begun, or somebody else is changing the same plans; 23P01 (409) with every clashing date in a line of the detail.';
revoke execute on function public.update_session_series(uuid, text, jsonb)
from public, anon, authenticated, service_role;
grant execute on function public.update_session_series(uuid, text, jsonb) to authenticated;
