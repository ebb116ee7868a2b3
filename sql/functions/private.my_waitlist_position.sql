-- Security definer: it counts those ahead, whom the caller may not see.
create function private.my_waitlist_position(session_id uuid)
returns integer
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select
            (
                select count(*)
                from public.session_registrations as waiting
                where
                    waiting.session_id = mine.session_id
                    and waiting.status = 'waitlisted'
                    and (waiting.queued_at, waiting.student_id) <= (mine.queued_at, mine.student_id)
            )
        from public.session_registrations as mine
        where
            mine.session_id = my_waitlist_position.session_id
            and mine.student_id = auth.uid()
            and mine.status = 'waitlisted'
    );
end
$$;
comment on function private.my_waitlist_position(uuid) is
    'The caller''s place in a session''s waitlist: 1 gets the next free seat; null for those who do not wait.';
revoke execute on function private.my_waitlist_position(uuid) from public;
grant execute on function private.my_waitlist_position(uuid) to authenticated;
