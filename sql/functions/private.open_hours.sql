-- For a whole period at once what private.within_availability says of one meeting; a test compares the two.
create function private.open_hours(mentor_id uuid, from_time timestamptz, to_time timestamptz)
returns tstzmultirange
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if not exists (
        select from public.mentor_availability as hours where hours.mentor_id = open_hours.mentor_id
    ) then
        return tstzmultirange(tstzrange(null, null));
    end if;
    return coalesce(
        (
            -- Hours that touch, at midnight for example, are one.
            select range_agg(tstzrange(opening, closing))
            from generate_series(
                date_trunc('day', from_time at time zone 'UTC') - interval '1 day',
                date_trunc('day', to_time at time zone 'UTC') + interval '1 day',
                interval '1 day'
            ) as day
            inner join public.mentor_availability as hours on hours.weekday = extract(isodow from day)
            cross join lateral private.local_to_instant(day::date + hours.start_time, hours.timezone) as opening
            cross join lateral private.local_to_instant(day::date + hours.end_time, hours.timezone) as closing
            where hours.mentor_id = open_hours.mentor_id and opening < closing
        ),
        '{}'
    );
end
$$;
comment on function private.open_hours(uuid, timestamptz, timestamptz) is
    'The mentor''s weekly hours as instants, those of the period among them; all of time when the mentor has stated none.';
revoke execute on function private.open_hours(uuid, timestamptz, timestamptz) from public;
