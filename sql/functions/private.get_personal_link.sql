create function private.get_personal_link(session_id uuid, user_id uuid)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select secret.decrypted_secret
        from public.session_meetings as meeting
        inner join private.personal_links as issued on meeting.id = issued.meeting_id
        inner join vault.decrypted_secrets as secret
            on secret.name = format('personal_links/%s/%s', issued.meeting_id, issued.user_id)
        where
            meeting.session_id = get_personal_link.session_id
            and meeting.is_wanted
            and issued.user_id = get_personal_link.user_id
    );
end
$$;
comment on function private.get_personal_link(uuid, uuid) is
    'The link that the platform issued to this person for the meeting of a session; null: none.';
revoke execute on function private.get_personal_link(uuid, uuid) from public;
