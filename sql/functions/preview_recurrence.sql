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
    v_rule text := private.recurrence_rule(recurrence, start_time, timezone);
    v_exdates date[] := private.recurrence_exdates(recurrence, start_time, timezone);
    v_most_dates integer;
begin
    if v_rule !~ '(COUNT|UNTIL)=' then
        v_most_dates := c_dates_without_end;
    end if;
    return query
    select occurrence.start_time, occurrence.local_start
    from private.expand_rrule(v_rule, start_time, timezone, v_most_dates + cardinality(v_exdates)) as occurrence
    where occurrence.local_start::date <> all(v_exdates)
    order by occurrence.start_time
    limit v_most_dates;
    if not found then
        raise exception using
            errcode = '22023',
            message = 'the recurrence has no dates',
            detail = v_rule,
            hint = 'Let the rule and exdates leave a date on or after start_time.';
    end if;
end
$$;
comment on function public.preview_recurrence(jsonb, timestamptz, text) is
    'The dates of a recurrence, without writing anything: all of them if it ends (22023 beyond 1,000), else the first 100. recurrence: {"pattern": "weekly" | "biweekly" | "monthly", "days": ["MO"], "count": n or "until": date} or {"rrule": "…"} as in RFC 5545, optionally with "exdates": [date]. The wall-clock time of start_time in timezone (IANA) is kept over clock changes. Errors: 22023, naming what is wrong.';
revoke execute on function public.preview_recurrence(jsonb, timestamptz, text)
from public, anon, authenticated, service_role;
grant execute on function public.preview_recurrence(jsonb, timestamptz, text) to authenticated;
