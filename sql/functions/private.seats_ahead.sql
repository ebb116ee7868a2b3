-- Which way is best depends on how many students there are, one or a whole cohort, so every call is planned anew.
create function private.seats_ahead(student_ids uuid[], audience_keys uuid[])
returns table (session_id uuid, student_id uuid)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set jit = off
as $$
declare
    v_now timestamptz := clock_timestamp();
begin
    return query
    select
        registration.session_id,
        registration.student_id
    from unnest(student_ids) as student (id)
    cross join public.success_sessions as session
    inner join public.session_registrations as registration
        on session.id = registration.session_id and student.id = registration.student_id
    where
        session.audience_key = any(audience_keys)
        and session.start_time > v_now - interval '24 hours' -- none is longer
        and session.status in ('upcoming', 'live')
        and registration.status in ('registered', 'waitlisted');
end
$$;
comment on function private.seats_ahead(uuid[], uuid[]) is
    'Seats and waiting places of these students in upcoming and live sessions of these audiences.';
revoke execute on function private.seats_ahead(uuid[], uuid[]) from public;
