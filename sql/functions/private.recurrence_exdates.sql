-- Days, because a rule has at most one date on a day. An instant must be one of a date: anything else would exclude
-- nothing, in silence.
create function private.recurrence_exdates(recurrence jsonb, start_time timestamptz, timezone text)
returns date[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    c_most_exdates constant integer := 1000;
    v_exdates jsonb := coalesce(nullif(recurrence -> 'exdates', 'null'), '[]');
    v_time_of_day time := date_trunc('second', start_time at time zone timezone)::time;
    v_item text;
    v_instant timestamptz;
    v_date date;
    v_dates date[] := '{}'::date[];
begin
    if jsonb_typeof(v_exdates) <> 'array' then
        perform private.recurrence_refusal(
            'exdates', v_exdates::text, 'is not a list of dates', 'Send a list such as ["2026-12-24", "2026-12-31"].'
        );
    elsif jsonb_array_length(v_exdates) > c_most_exdates then
        perform private.recurrence_refusal(
            'exdates', null, format('has more than %s dates', c_most_exdates), 'Use a rule that leaves them out.'
        );
    end if;
    for v_item in select item from jsonb_array_elements_text(v_exdates) as item loop
        v_instant := private.iso_instant(v_item);
        v_date := coalesce(private.iso_date(v_item), (v_instant at time zone timezone)::date);
        if v_date is null then
            perform private.recurrence_refusal(
                'exdates', coalesce(v_item, 'null'), 'is not a date',
                'Send days such as "2026-12-24", or the start_time of dates.'
            );
        elsif v_instant <> private.local_to_instant(v_date + v_time_of_day, timezone) then
            perform private.recurrence_refusal(
                'exdates', v_item, 'is not at the time of day of the start',
                'Send the day alone, such as "2026-12-24".'
            );
        end if;
        v_dates := v_dates || v_date;
    end loop;
    return v_dates;
end
$$;
comment on function private.recurrence_exdates(jsonb, timestamptz, text) is
    'The days that a recurrence leaves out, in the zone of the start: its key exdates, a list of dates or of the instants of its dates. What is wrong is refused by name: 22023.';
revoke execute on function private.recurrence_exdates(jsonb, timestamptz, text) from public;
