-- In blocks of periods that double: ten dates of a rule without end cost what ten dates cost, and a thousand take few
-- statements. A rule that has matched nothing for as long as the calendar takes to repeat itself never will; one whose
-- dates would keep the server busy for seconds is given up.
create function private.expand_rrule(
    rule text,
    start_time timestamptz,
    timezone text,
    max_dates integer default null,
    from_time timestamptz default null,
    to_time timestamptz default null
)
returns setof public.recurrence_date
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = 'force_generic_plan'
as $$
declare
    c_most_dates constant integer := 1000;
    c_last_day constant date := date '9999-12-31';
    c_most_at_once constant integer := 20000;
    c_most_entries constant integer := 1000000;
    v_rrule private.rrule := private.parse_rrule(rule);
    -- Fractions of a second have no place in RFC 5545.
    v_local_start timestamp := date_trunc('second', start_time at time zone timezone);
    v_grid private.rrule_grid := private.rrule_grid(v_rrule, v_local_start::date);
    v_last_day date := least(
        c_last_day,
        v_rrule.until_date,
        (v_rrule.until_time at time zone timezone)::date + 1,
        (to_time at time zone timezone)::date + 1
    );
    v_last_period integer := private.rrule_period(v_grid, v_last_day);
    v_period integer := 0;
    v_entries_per_period integer := cardinality(v_grid.month_offsets) * cardinality(v_grid.entries);
    v_most_periods integer := c_most_at_once / v_entries_per_period + 1;
    v_block integer;
    v_days date[];
    v_unmatched integer := 0;
    v_looked_at integer := 0;
    v_left_to_count integer := v_rrule.count;
    v_left_to_answer integer := coalesce(max_dates, c_most_dates + 1);
    v_answered integer;
begin
    -- Where nothing is counted, the periods before from_time need not be looked at.
    if from_time is not null and v_rrule.count is null then
        v_period := greatest(0, private.rrule_period(v_grid, (from_time at time zone timezone)::date - 1));
    end if;

    -- As many periods as give what is asked for if every entry of each is a date.
    v_block := least(v_most_periods, least(v_left_to_count, v_left_to_answer) / v_entries_per_period + 1);
    while v_period <= v_last_period
        and v_left_to_answer > 0
        and v_left_to_count is distinct from 0
        and v_unmatched <= v_grid.repeats_after
    loop
        v_days := private.rrule_days(v_grid, v_period, least(v_period + v_block - 1, v_last_period));
        v_unmatched := case when cardinality(v_days) = 0 then v_unmatched + v_block else 0 end;
        v_period := v_period + v_block;
        v_looked_at := v_looked_at + v_block * v_entries_per_period;
        v_block := least(2 * v_block, v_most_periods);
        if v_left_to_count is not null then
            v_days := v_days[:v_left_to_count];
            v_left_to_count := v_left_to_count - cardinality(v_days);
        end if;

        return query
        select
            occurrence.start_time,
            occurrence.start_time at time zone timezone
        from unnest(v_days) as listed (day)
        cross join lateral (select listed.day + v_local_start::time as local_time) as wall_clock
        cross join lateral (
            select private.local_to_instant(wall_clock.local_time, timezone) as start_time
        ) as occurrence
        where
            listed.day <= v_last_day
            and (v_rrule.until_time is null or occurrence.start_time <= v_rrule.until_time)
            and (from_time is null or occurrence.start_time >= from_time)
            and (to_time is null or occurrence.start_time < to_time)
        order by listed.day
        limit v_left_to_answer;
        get diagnostics v_answered = row_count;
        v_left_to_answer := v_left_to_answer - v_answered;
        if v_looked_at > c_most_entries and v_left_to_answer > 0 then
            raise exception using
                errcode = '22023',
                message = 'the dates of the recurrence lie too far apart',
                detail = left(rule, 200),
                hint = 'Ask for fewer dates, or let them come more often.';
        end if;
    end loop;

    if max_dates is null and v_left_to_answer = 0 then
        raise exception using
            errcode = '22023',
            message = format('the recurrence has more than %s dates', c_most_dates),
            detail = left(rule, 200),
            hint = 'Let it end sooner, with COUNT or UNTIL, or make a second series of the rest.';
    end if;
end
$$;
comment on function private.expand_rrule(text, timestamptz, text, integer, timestamptz, timestamptz) is
    'The dates of an RFC 5545 rule in order, from_time <= start_time < to_time, at most max_dates of them; COUNT counts from the start all the same. Wall-clock time in the zone is kept. The first is the start only if it matches, as in dateutil; the last day is 9999-12-31. A null max_dates means all: 22023 beyond 1,000.';
revoke execute on function private.expand_rrule(text, timestamptz, text, integer, timestamptz, timestamptz) from public;
