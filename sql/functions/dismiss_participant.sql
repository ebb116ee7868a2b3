-- Security definer: it is the API; it writes what the caller may not touch.
create function public.dismiss_participant(participant_id uuid)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform private.decide_participant(
        private.lock_participant(participant_id), 'dismissed', null, 'dismiss_participant'
    );
end
$$;
comment on function public.dismiss_participant(uuid) is
    'Say that a participant of the review queue counts for nobody, such as a guest. link_participant undoes it. Audited. Host and managers. Errors: PT404 unknown or not visible.';
revoke execute on function public.dismiss_participant(uuid) from public, anon, authenticated, service_role;
grant execute on function public.dismiss_participant(uuid) to authenticated;
