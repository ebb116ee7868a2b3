-- Of two at once the first stays: both then enter by the same link. Security definer: it is the API of the edge
-- function meetings; it writes Vault.
create function public.save_personal_link(meeting_id uuid, user_id uuid, participant_key text, link text)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_meeting public.session_meetings;
begin
    if link is null or link !~* '^https?://[^\s/?#]+\S*$' or coalesce(participant_key, '') = '' then
        raise exception using
            errcode = '22023',
            message = 'participant_key and link must say what the platform issued',
            hint = 'Send the key by which the platform tells who comes, and the person''s http(s) address.';
    end if;
    select meeting.* into v_meeting
    from public.session_meetings as meeting
    where meeting.id = save_personal_link.meeting_id and meeting.is_wanted
    for key share;
    if v_meeting.id is null or v_meeting.session_id is null then
        raise exception using
            errcode = 'PT409',
            message = 'the meeting is no longer that of its session',
            hint = 'Join again.';
    end if;
    insert into private.platform_participants (session_id, participant_key, user_id)
    values (v_meeting.session_id, save_personal_link.participant_key, save_personal_link.user_id)
    on conflict do nothing;
    insert into private.personal_links (meeting_id, user_id)
    values (save_personal_link.meeting_id, save_personal_link.user_id)
    on conflict do nothing;
    if found then
        perform vault.create_secret(
            save_personal_link.link,
            format('personal_links/%s/%s', save_personal_link.meeting_id, save_personal_link.user_id),
            'A person''s own link into a meeting'
        );
    end if;
    return private.get_personal_link(v_meeting.session_id, save_personal_link.user_id);
end
$$;
comment on function public.save_personal_link(uuid, uuid, text, text) is
    'For the edge function meetings: keeps the link that the platform issued to this user, and the key by which it tells who comes. Returns the link that counts: the first one. Errors: 22023; PT409 when the session has another meeting by now.';
revoke execute on function public.save_personal_link(uuid, uuid, text, text)
from public, anon, authenticated, service_role;
grant execute on function public.save_personal_link(uuid, uuid, text, text) to service_role;
