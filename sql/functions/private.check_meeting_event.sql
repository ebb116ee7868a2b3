-- What every call about a meeting must name. A webhook that cannot be understood is refused with the reason, never with
-- an error of ours.
create function private.check_meeting_event(platform text, id_name text, id text, meeting_id text)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if platform is null or not exists (
        select from public.meeting_platforms as known where known.id = check_meeting_event.platform
    ) then
        raise exception using
            errcode = '22023',
            message = format('platform %s is unknown', coalesce(quote_literal(left(platform, 50)), 'null')),
            hint = 'Send an id of meeting_platforms, such as zoom.';
    end if;
    if id is null or char_length(id) not between 1 and 500 then
        raise exception using
            errcode = '22023',
            message = format('%s must be a text of 1 to 500 characters', id_name),
            hint = 'Send the platform''s own id, the same whenever it tells the same.';
    end if;
    if meeting_id is null or char_length(meeting_id) not between 1 and 500 then
        raise exception using
            errcode = '22023',
            message = 'meeting_id must be a text of 1 to 500 characters',
            hint = 'Send the meeting''s number or room.';
    end if;
end
$$;
comment on function private.check_meeting_event(text, text, text, text) is
    'Refuses with 22023 an unknown platform and an id or meeting_id that is missing or too long.';
revoke execute on function private.check_meeting_event(text, text, text, text) from public;
