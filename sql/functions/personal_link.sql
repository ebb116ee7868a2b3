-- Security definer: it is the API of the edge function meetings, which has let join_session decide who may enter.
create function public.personal_link(session_id uuid, user_id uuid)
returns public.personal_link_details
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_details public.personal_link_details;
begin
    select
        private.get_personal_link(session.id, profile.id),
        meeting.id,
        meeting.platform,
        account.external_id,
        meeting.external_id,
        session.title,
        session.end_time,
        session.mentor_id is not distinct from profile.id,
        profile.full_name,
        person.email::text,
        session.platform_data
    into v_details
    from public.success_sessions as session
    inner join public.session_meetings as meeting on session.id = meeting.session_id and meeting.is_wanted
    inner join public.meeting_platforms as platform on meeting.platform = platform.id and platform.has_personal_links
    inner join public.meeting_accounts as account on meeting.meeting_account_id = account.id
    inner join public.profiles as profile on profile.id = personal_link.user_id
    inner join auth.users as person on profile.id = person.id
    where
        session.id = personal_link.session_id
        and meeting.external_id is not null
        -- If it has failed, everybody is led to the backup link.
        and session.link_failed_at is null;
    return v_details;
end
$$;
comment on function public.personal_link(uuid, uuid) is
    'For the edge function meetings, after join_session has let this user in: their own link into the meeting that the platform made, or what it takes to have one issued; null: this session has no such links, or its meeting has failed.';
revoke execute on function public.personal_link(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function public.personal_link(uuid, uuid) to service_role;
