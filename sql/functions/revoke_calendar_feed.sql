-- The row and its token are deleted, so that a revoked token is answered as one that never existed.
-- Security definer: it is the API; feeds are written by it and create_calendar_feed alone.
create function public.revoke_calendar_feed(feed_id uuid)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    delete from public.calendar_feeds as feed
    where feed.id = revoke_calendar_feed.feed_id and feed.owner_id = auth.uid();
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format('feed_id %s is unknown or not yours', coalesce(feed_id::text, 'null')),
            hint = 'calendar_feeds lists your feeds.';
    end if;
end
$$;
comment on function public.revoke_calendar_feed(uuid) is
    'End one of the caller''s calendar feeds for good: its token is unknown from now on. Errors: PT404 unknown, revoked before or somebody else''s.';
revoke execute on function public.revoke_calendar_feed(uuid) from public, anon, authenticated, service_role;
grant execute on function public.revoke_calendar_feed(uuid) to authenticated;
