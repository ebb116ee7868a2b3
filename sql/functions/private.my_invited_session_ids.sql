-- Security definer: it is called by policies and reads invitations past their own policy.
create function private.my_invited_session_ids()
returns uuid[]
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return array(
        select participant.session_id
        from public.session_participants as participant
        where participant.user_id = auth.uid()
    );
end
$$;
comment on function private.my_invited_session_ids() is
    'Sessions the caller is an explicit participant of; empty for nobody.';
revoke execute on function private.my_invited_session_ids() from public;
grant execute on function private.my_invited_session_ids() to authenticated;
