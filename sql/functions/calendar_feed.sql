-- Security definer: it is the API; the token is all that a calendar program has, and it stands for the feed's owner.
-- The index on the hash is searched, which takes longer the more leading bytes agree. That tells nothing: nobody can
-- choose a token by its hash, nor come from a hash to its token, so the comparison is as good as one in constant time.
-- Volatile, though it reads: POST is the way to record the use. PostgREST runs GET read-only, whatever the function is.
create function public.calendar_feed(token text)
returns public."text/calendar"
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_feed public.calendar_feeds;
begin
    select feed.* into v_feed
    from private.calendar_feed_tokens as held
    inner join public.calendar_feeds as feed on held.feed_id = feed.id
    inner join auth.users as owner on feed.owner_id = owner.id
    where
        held.token_hash = sha256(convert_to(calendar_feed.token, 'UTF8'))
        -- Whoever may not sign in reads nothing by a token either.
        and (owner.banned_until > now()) is not true
        and owner.deleted_at is null;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = 'no calendar feed has this token',
            hint = 'It is misspelt, or the feed was revoked: create_calendar_feed makes a new one.';
    end if;
    -- Programs ask every few minutes: one write in a quarter of an hour has to do, and nobody waits for another's.
    if current_setting('transaction_read_only') = 'off'
        and (v_feed.last_used_at > clock_timestamp() - interval '15 minutes') is not true
    then
        update public.calendar_feeds as used
        set last_used_at = clock_timestamp()
        where used.id = (
            select feed.id from public.calendar_feeds as feed
            where feed.id = v_feed.id
            for no key update skip locked
        );
    end if;
    return private.feed_calendar(v_feed)::public."text/calendar";
end
$$;
comment on function public.calendar_feed(text) is
    'A calendar feed as text/calendar: what its owner may see at this moment, from 90 days ago to 400 days ahead, at most the 2,000 nearest sessions; cancelled ones stay as STATUS:CANCELLED. For whoever has the token. Errors: PT404, the same for wrong, revoked, and of a user who is deleted or banned.';
revoke execute on function public.calendar_feed(text) from public, anon, authenticated, service_role;
grant execute on function public.calendar_feed(text) to anon, authenticated, service_role;
