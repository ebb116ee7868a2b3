-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.meetings_due_at()
returns timestamptz
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select meeting.due_at
        from public.session_meetings as meeting
        where meeting.due_at is not null
        order by meeting.due_at
        limit 1
    );
end
$$;
comment on function notifier.meetings_due_at() is
    'When the edge function meetings next has something to do; in the past: now; null: nothing.';
revoke execute on function notifier.meetings_due_at() from public;
grant execute on function notifier.meetings_due_at() to notifier;
