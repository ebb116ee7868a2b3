-- The later dates of a series are made by the clock, for which success_sessions_5_shared_meeting checks nothing. So
-- while a series has such dates (next_start), a mentor may not give it a meeting that another host uses, on whichever
-- days. A part that is split off such a series keeps the meeting that the series has.
-- Security definer: it reads what the writer may not see, and names none of it.
create function private.refuse_foreign_series_meeting()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_key constant text := private.meeting_key(new.zoom_meeting_id, new.platform_data);
begin
    if v_key is null or new.next_start is null or auth.uid() is null or private.is_manager() or exists (
        select from public.session_series as part
        where
            part.calendar_uid = new.calendar_uid
            and part.next_start is not null
            and part.platform = new.platform
            and private.meeting_key(part.zoom_meeting_id, part.platform_data) = v_key
    ) then
        return new;
    end if;
    if exists (
        select from public.success_sessions as other
        where
            other.platform = new.platform
            and private.meeting_key(other.zoom_meeting_id, other.platform_data) = v_key
            and other.start_time > clock_timestamp() - interval '24 hours'
            and other.status <> 'cancelled'
            and other.mentor_id is distinct from new.mentor_id
    ) or exists (
        select from public.session_series as other
        where
            other.platform = new.platform
            and private.meeting_key(other.zoom_meeting_id, other.platform_data) = v_key
            and other.next_start is not null
            and other.mentor_id is distinct from new.mentor_id
    ) then
        perform private.refuse_clash(
            format(
                '%s names a meeting that sessions of another host use, and the series goes on',
                case when new.zoom_meeting_id is null then 'platform_data.meeting_id' else 'zoom_meeting_id' end
            ),
            null,
            'Leave it out, or ask a manager, who may let sessions share a meeting.'
        );
    end if;
    return new;
end
$$;
comment on function private.refuse_foreign_series_meeting() is
    'Refuses with 23P01 (HTTP 409) that somebody who is no manager gives a series with dates still to be made a meeting that another host uses.';
revoke execute on function private.refuse_foreign_series_meeting() from public;

create trigger session_series_5_shared_meeting
before insert or update of zoom_meeting_id, platform, platform_data, next_start on public.session_series
for each row execute function private.refuse_foreign_series_meeting();
