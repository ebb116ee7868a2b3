-- When a user is deleted, foreign keys delete the rows about them in an order that Postgres chooses. This runs before
-- that and takes the locks in our order: enrollments, invitations, sessions.
-- Security definer: accounts are deleted by supabase_auth_admin, which may not write registrations.
create function private.release_seats_of_the_deleted()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session_ids uuid[];
begin
    perform from public.course_enrollments as enrollment
    where enrollment.student_id = old.id
    order by enrollment.id
    for update;
    perform from public.session_participants as participant
    where participant.user_id = old.id
    order by participant.session_id
    for update;
    v_session_ids := array(
        select session.id
        from public.success_sessions as session
        where
            session.status in ('upcoming', 'live')
            and session.id in (
                select registration.session_id
                from public.session_registrations as registration
                where registration.student_id = old.id
                union all
                select participant.session_id
                from public.session_participants as participant
                where participant.user_id = old.id
            )
        order by session.id
        for no key update
    );
    -- The user's registrations and attendance are then deleted by several statements, each of which updates statistics
    -- in the order of the sessions; one after the other they do not keep that order. So all of these statistics are
    -- locked here, once.
    perform from private.session_statistics as statistics
    where statistics.session_id in (
        select registration.session_id
        from public.session_registrations as registration
        where registration.student_id = old.id
        union all
        select attendance.session_id
        from public.session_attendance as attendance
        where attendance.student_id = old.id
    )
    order by statistics.session_id
    for no key update;
    delete from public.session_registrations as registration where registration.student_id = old.id;
    perform private.promote_waitlist(v_session_ids);
    return old;
end
$$;
comment on function private.release_seats_of_the_deleted() is 'Gives the seats of a user who is deleted to the waitlists.';
revoke execute on function private.release_seats_of_the_deleted() from public;

create trigger release_seats_deleted before delete on public.profiles
for each row execute function private.release_seats_of_the_deleted();
