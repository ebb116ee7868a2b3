create function notifier.next_local_time(as_of timestamptz, timezone text, time_of_day time)
returns timestamptz
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return case
        when ((as_of at time zone timezone)::date + time_of_day) at time zone timezone > as_of
            then ((as_of at time zone timezone)::date + time_of_day) at time zone timezone
        else ((as_of at time zone timezone)::date + 1 + time_of_day) at time zone timezone
    end;
end
$$;
comment on function notifier.next_local_time(timestamptz, text, time) is
    'The next moment after as_of at which clocks in this zone show this time.';
revoke execute on function notifier.next_local_time(timestamptz, text, time) from public;
