create function private.blackout_name(day date, course_id uuid)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select blackout.name
        from public.blackout_dates as blackout
        where
            (blackout.course_id is null or blackout.course_id = blackout_name.course_id)
            and day between blackout.first_date and blackout.last_date
        order by blackout.course_id nulls last, blackout.first_date, blackout.name
        limit 1
    );
end
$$;
comment on function private.blackout_name(date, uuid) is
    'Name of the blackout that the day is in, of the course or else of the platform (a null course: of the platform only); null: none.';
revoke execute on function private.blackout_name(date, uuid) from public;
