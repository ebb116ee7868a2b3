-- Splits a series whose dates before from_time are not all made yet, so that these stay its mentor's. No session has to
-- follow: none is made for a later date.
create function private.hand_over_series_from(series public.session_series, to_mentor uuid, from_time timestamptz)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_edit private.series_edit;
    v_first record;
begin
    -- No session starts later; see success_sessions_start_time_range.
    if from_time >= '2200-01-01 00:00+00' then
        return;
    end if;
    select
        coming.series_date,
        coming.start_time
    into v_first
    from private.series_dates(series, from_time, null, 1) as coming;
    if not found then
        return;
    end if;
    v_edit.old := series;
    v_edit.new := series;
    v_edit.new.id := gen_random_uuid();
    v_edit.new.first_date := v_first.series_date;
    v_edit.new.next_start := v_first.start_time;
    v_edit.new.mentor_id := to_mentor;
    v_edit.is_split := true;
    perform private.write_series(v_edit);
    -- The clock still has the dates before to make.
    update public.session_series as written
    set next_start = series.next_start, retry_at = series.retry_at
    where written.id = series.id;
end
$$;
comment on function private.hand_over_series_from(public.session_series, uuid, timestamptz) is
    'Gives the dates of a series that begin from from_time on to another mentor, while there is one before it that no session is made for yet; the caller has locked the series. Nothing where it ends before.';
revoke execute on function private.hand_over_series_from(public.session_series, uuid, timestamptz) from public;
