-- What the status is by the clock, for the moments before the notifier's tick has written it.
create function private.effective_session_status(
    status public.session_status,
    start_time timestamptz,
    end_time timestamptz
)
returns public.session_status
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return case
        when status in ('completed', 'cancelled') then status
        when now() >= end_time then 'completed'::public.session_status
        when now() >= start_time then 'live'::public.session_status
        else status
    end;
end
$$;
comment on function private.effective_session_status(public.session_status, timestamptz, timestamptz) is
    'Status by the clock: upcoming and live move on at start_time and end_time even before the stored status does.';
revoke execute on function private.effective_session_status(
    public.session_status, timestamptz, timestamptz
) from public;
grant execute on function private.effective_session_status(public.session_status, timestamptz, timestamptz)
to authenticated, service_role;
