create function private.is_within_availability(mentor_id uuid, start_time timestamptz, end_time timestamptz)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return exists (
        select from private.within_availability(
            array[is_within_availability.mentor_id],
            is_within_availability.start_time,
            is_within_availability.end_time
        )
    );
end
$$;
comment on function private.is_within_availability(uuid, timestamptz, timestamptz) is
    'Whether the mentor''s weekly hours cover the whole period; true when the mentor has stated none.';
revoke execute on function private.is_within_availability(uuid, timestamptz, timestamptz) from public;
