create function private.booking_details(session_id uuid)
returns public.booking_details
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_details public.booking_details;
begin
    select
        session.id,
        booking.offer_id,
        session.title,
        session.description,
        session.mentor_id,
        private.mentor_name(session.mentor_id),
        session.start_time,
        session.end_time,
        session.timezone,
        session.platform,
        session.status,
        session.cancel_reason,
        case
            when session.status = 'upcoming'
                then session.start_time - make_interval(mins => booking.change_notice_minutes)
        end
    into v_details
    from public.session_bookings as booking
    inner join public.success_sessions as session on booking.session_id = session.id
    where booking.session_id = booking_details.session_id;
    return v_details;
end
$$;
comment on function private.booking_details(uuid) is 'A booked session as its student is shown it.';
revoke execute on function private.booking_details(uuid) from public;
