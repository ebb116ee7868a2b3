create function private.waitlist_position(session_id uuid, student_id uuid)
returns integer
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select
            (
                select count(*)
                from public.session_registrations as waiting
                where
                    waiting.session_id = theirs.session_id
                    and waiting.status = 'waitlisted'
                    and (waiting.queued_at, waiting.student_id) <= (theirs.queued_at, theirs.student_id)
            )
        from public.session_registrations as theirs
        where
            theirs.session_id = waitlist_position.session_id
            and theirs.student_id = waitlist_position.student_id
            and theirs.status = 'waitlisted'
    );
end
$$;
comment on function private.waitlist_position(uuid, uuid) is
    'A student''s place in a session''s waitlist: 1 gets the next free seat; null for those who do not wait.';
revoke execute on function private.waitlist_position(uuid, uuid) from public;
