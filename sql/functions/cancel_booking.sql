-- Security definer: it is the API; a student may change no session by other means.
create function public.cancel_booking(session_id uuid, reason text default null)
returns public.booking_details
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_booking public.session_bookings := private.own_booking(session_id);
    v_session public.success_sessions := private.lock_booked_session(v_booking);
begin
    if v_session.status <> 'cancelled' then
        update public.success_sessions as session
        set status = 'cancelled', cancel_reason = nullif(btrim(reason, E' \t\r\n'), '')
        where session.id = v_session.id;
    end if;
    return private.booking_details(v_session.id);
end
$$;
comment on function public.cancel_booking(uuid, text) is
    'Cancel the caller''s own booking, up to change_notice_minutes before it; both are told by mail, and the slot is free again. Safe to repeat. Errors: PT404 unknown or not visible; 42501 not the caller''s booking; PT409 begun or too late; 22023 reason too long.';
revoke execute on function public.cancel_booking(uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.cancel_booking(uuid, text) to authenticated;
