-- What else a student has at the time of a session: seats, places in waitlists, and explicit invitations (a booked
-- one-to-one) that need no seat.
create function private.overlapping_sessions(session public.success_sessions, student_id uuid)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select
            coalesce(
                jsonb_agg(
                    jsonb_build_object(
                        'session_id', other.id,
                        'title', other.title,
                        'start_time', other.start_time,
                        'end_time', other.end_time
                    )
                    order by other.start_time, other.id
                ),
                '[]'
            )
        from (
            select registration.session_id
            from public.session_registrations as registration
            where
                registration.student_id = overlapping_sessions.student_id
                and registration.status in ('registered', 'waitlisted')
            union
            select participant.session_id
            from public.session_participants as participant
            inner join public.success_sessions as invited_to on participant.session_id = invited_to.id
            where participant.user_id = overlapping_sessions.student_id and not invited_to.registration_required
        ) as held
        inner join public.success_sessions as other on held.session_id = other.id
        where
            other.id <> session.id
            and other.status in ('upcoming', 'live')
            and tstzrange(other.start_time, other.end_time) && tstzrange(session.start_time, session.end_time)
    );
end
$$;
comment on function private.overlapping_sessions(public.success_sessions, uuid) is
    'Other upcoming or live sessions at that time which the student is registered for, waits for or is invited to, by start: [{"session_id", "title", "start_time", "end_time"}]; empty for none.';
revoke execute on function private.overlapping_sessions(public.success_sessions, uuid) from public;
