-- A booking goes only with its student's account: the mentor is told that nobody will come. (With the session it goes,
-- too, and there is nothing left to tell of.)
-- Security definer: whoever deletes an account need not be able to change sessions.
create function private.release_booked_session()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    update public.success_sessions as session
    set status = 'cancelled', cancel_reason = 'The account that it was booked with was deleted.'
    where session.id = old.session_id and session.status = 'upcoming' and session.start_time > clock_timestamp();
    return null;
end
$$;
comment on function private.release_booked_session() is
    'Cancels a coming session whose booking is deleted.';
revoke execute on function private.release_booked_session() from public;

create trigger release_booked_session after delete on public.session_bookings
for each row execute function private.release_booked_session();
