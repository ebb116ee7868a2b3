-- As private.release_seats_of_the_unenrolled does, for explicit participants.
-- Security definer: whoever takes an invitation back may not write registrations.
create function private.release_seats_of_the_uninvited()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
begin
    perform private.release_seats(array_agg(registration.session_id), array_agg(registration.student_id))
    from went
    cross join lateral (
        select
            held.session_id,
            held.student_id
        from public.session_registrations as held
        inner join public.success_sessions as session on held.session_id = session.id
        where
            held.session_id = went.session_id
            and held.student_id = went.user_id
            and held.status in ('registered', 'waitlisted')
            and session.status in ('upcoming', 'live')
        offset 0
    ) as registration
    having count(*) > 0;
    return null;
end
$$;
comment on function private.release_seats_of_the_uninvited() is
    'Gives back the seats, and places in waitlists, of explicit participants who are no longer invited.';
revoke execute on function private.release_seats_of_the_uninvited() from public;

create trigger release_seats_changed
after update on public.session_participants
referencing old table as went
for each statement execute function private.release_seats_of_the_uninvited();

create trigger release_seats_removed
after delete on public.session_participants
referencing old table as went
for each statement execute function private.release_seats_of_the_uninvited();
