-- More seats, a later start or a session reinstated: the waitlist moves. Another audience or host: whoever takes part
-- no longer loses the seat. Fewer seats take none away. The writer of the row holds its lock.
-- Security definer: whoever edits a session may not write registrations.
create function private.settle_registrations()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if old.status = 'cancelled'
        or (new.course_id, new.batch_id, new.mentor_id) is distinct from (old.course_id, old.batch_id, old.mentor_id)
    then
        perform private.release_seats(array_agg(registration.session_id), array_agg(registration.student_id))
        from public.session_registrations as registration
        where
            registration.session_id = new.id
            -- If only the mentor changed, only the new mentor may have a seat to lose.
            and (
                old.status = 'cancelled'
                or (new.course_id, new.batch_id) is distinct from (old.course_id, old.batch_id)
                or registration.student_id = new.mentor_id
            )
        having count(*) > 0;
    end if;
    perform private.promote_waitlist(array[new.id]);
    return null;
end
$$;
comment on function private.settle_registrations() is
    'Keeps registrations true to a session''s audience, capacity, times and status.';
revoke execute on function private.settle_registrations() from public;

create trigger settle_registrations
after update on public.success_sessions
for each row
when (
    new.status in ('upcoming', 'live')
    and (
        old.status = 'cancelled'
        or (new.capacity, new.course_id, new.batch_id, new.mentor_id, new.start_time)
        is distinct from (old.capacity, old.course_id, old.batch_id, old.mentor_id, old.start_time)
    )
)
execute function private.settle_registrations();
