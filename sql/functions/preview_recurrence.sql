-- Security definer: it is the API, and its helpers are nobody else's business. It reads its arguments and the list of
-- time zones.
create function public.preview_recurrence(recurrence jsonb, start_time timestamptz, timezone text)
returns setof public.recurrence_date
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    c_dates_without_end constant integer := 100;
    v_rule text := private.recurrence_rule(private.without_on_clash(recurrence), start_time, timezone);
    v_exdates date[] := private.recurrence_exdates(recurrence, start_time, timezone);
    v_most_dates integer;
    v_blackout_days integer;
begin
    perform private.skips_clashes(recurrence);
    v_blackout_days := (
        select coalesce(sum(blackout.last_date - blackout.first_date + 1), 0)
        from public.blackout_dates as blackout
        where blackout.course_id is null and blackout.begins_before > preview_recurrence.start_time
    );
    if v_rule !~ '(COUNT|UNTIL)=' then
        v_most_dates := c_dates_without_end;
    end if;
    return query
    select occurrence.start_time, occurrence.local_start
    from private.expand_rrule(
        v_rule, start_time, timezone, v_most_dates + cardinality(v_exdates) + v_blackout_days
    ) as occurrence
    where
        occurrence.local_start::date <> all(v_exdates)
        and not exists (
            select from public.blackout_dates as blackout
            where
                blackout.course_id is null
                and occurrence.local_start::date between blackout.first_date and blackout.last_date
        )
    order by occurrence.start_time
    limit v_most_dates;
    if not found then
        raise exception using
            errcode = '22023',
            message = 'the recurrence has no dates',
            detail = v_rule,
            hint = 'Let the rule, exdates and blackout_dates leave a date on or after start_time.';
    end if;
end
$$;
comment on function public.preview_recurrence(jsonb, timestamptz, text) is
    'The dates of a recurrence, without writing anything: all of them if it ends (22023 beyond 1,000), else the first 100. recurrence: {"pattern": "weekly" | "biweekly" | "monthly", "days": ["MO"], "count": n or "until": date} or {"rrule": "…"} as in RFC 5545, optionally with "exdates": [date]; "on_clash", which create_recurring_session reads, changes nothing. Days in blackout_dates of the whole platform are left out; those of a course are not, for there is no course here. The wall-clock time of start_time in timezone (IANA) is kept over clock changes. Errors: 22023, naming what is wrong.';
revoke execute on function public.preview_recurrence(jsonb, timestamptz, text)
from public, anon, authenticated, service_role;
grant execute on function public.preview_recurrence(jsonb, timestamptz, text) to authenticated;
