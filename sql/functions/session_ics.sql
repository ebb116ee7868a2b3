-- The same event as in mails, UID and all: a file opened after the mail changes the entry that is there.
-- Security definer: it is the API; private.visible_session decides.
create function public.session_ics(session_id uuid)
returns public."text/calendar"
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return private.sessions_calendar(
        array[private.visible_session(session_id)],
        null,
        false,
        null,
        null,
        null,
        (select settings.app_url from public.app_settings as settings)
    )::public."text/calendar";
end
$$;
comment on function public.session_ics(uuid) is
    'One session as text/calendar, for a button that adds it to a calendar. Errors: PT404 unknown or not visible.';
revoke execute on function public.session_ics(uuid) from public, anon, authenticated, service_role;
grant execute on function public.session_ics(uuid) to authenticated;
