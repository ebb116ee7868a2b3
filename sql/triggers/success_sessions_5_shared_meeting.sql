-- What a platform tells of a meeting (recordings, names and addresses of guests) goes to the sessions that name its
-- number, so whoever enters somebody else's number would get theirs. Only managers and the system may therefore let a
-- session use a meeting that a session of another host uses within an hour of it (private.meeting_sessions), or that a
-- date of another host's series will use then, made or not. Sessions that share a meeting already go on sharing it.
-- Runs after success_sessions_5_host_account, which may remove the number.
-- Security definer: it reads what the writer may not see, and names none of it.
create function private.refuse_foreign_meeting()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    c_margin constant interval := interval '1 hour';
    v_key constant text := private.meeting_key(new.zoom_meeting_id, new.platform_data);
    v_is_shared boolean := false;
begin
    if v_key is null or new.status = 'cancelled' or auth.uid() is null or private.is_manager() then
        return new;
    end if;
    if tg_op = 'INSERT' then
        -- An upsert comes by as an insert first.
        if exists (select from public.success_sessions as session where session.id = new.id) then
            return new;
        end if;
    else
        v_is_shared := old.status <> 'cancelled'
            and old.platform = new.platform
            and private.meeting_key(old.zoom_meeting_id, old.platform_data) is not distinct from v_key;
        if v_is_shared and new.start_time >= old.start_time and new.end_time <= old.end_time then
            return new;
        end if;
    end if;

    if exists (
        select from private.meeting_sessions(new.platform, v_key, new.start_time, new.end_time) as other
        where
            other.id <> new.id
            and other.mentor_id is distinct from new.mentor_id
            and not (
                v_is_shared
                and other.start_time <= old.end_time + c_margin
                and other.end_time >= old.start_time - c_margin
            )
    ) or exists (
        select from public.session_series as series
        cross join lateral private.series_dates(
            series,
            greatest(series.next_start, new.start_time - c_margin - series.duration),
            new.end_time + c_margin,
            1
        )
        where
            series.platform = new.platform
            and private.meeting_key(series.zoom_meeting_id, series.platform_data) = v_key
            and series.mentor_id is distinct from new.mentor_id
            and series.next_start <= new.end_time + c_margin
    ) then
        perform private.refuse_clash(
            format(
                '%s names a meeting that a session of another host uses around that time',
                case when new.zoom_meeting_id is null then 'platform_data.meeting_id' else 'zoom_meeting_id' end
            ),
            format('from %s to %s', private.utc_text(new.start_time), private.utc_text(new.end_time)),
            'Leave it out, choose another time, or ask a manager, who may let sessions share a meeting.'
        );
    end if;
    return new;
end
$$;
comment on function private.refuse_foreign_meeting() is
    'Refuses with 23P01 (HTTP 409) that somebody who is no manager lets a session use a meeting that a session of another host uses within an hour of it.';
revoke execute on function private.refuse_foreign_meeting() from public;

create trigger success_sessions_5_shared_meeting
before insert or update of zoom_meeting_id, platform, platform_data, start_time, end_time, status
on public.success_sessions
for each row execute function private.refuse_foreign_meeting();
