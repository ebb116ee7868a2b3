-- Calendars that programs subscribe to, and the file of one session.

-- == Calendar feeds ==================================================================================================

-- Whoever holds a feed's token reads what its owner may see at this moment. The helpers that row-level security asks
-- are asked in the owner's name; the condition is that of the policy success_sessions_select_audience_host_or_manager,
-- and a test compares the two.
-- Planned for each call: only the values say which index finds the sessions, the course's, or those of audience, host
-- and invitation.
create function private.feed_sessions(feed public.calendar_feeds)
returns public.success_sessions[]
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
as $$
declare
    c_past constant interval := interval '90 days';
    c_future constant interval := interval '400 days';
    c_most_sessions constant integer := 2000;
    v_claims text := coalesce(current_setting('request.jwt.claims', true), '');
    v_legacy_claim text := coalesce(current_setting('request.jwt.claim.sub', true), '');
    v_audience_keys uuid[];
    v_hosts_from uuid;
    v_hosts_to uuid;
    v_invited_session_ids uuid[];
begin
    perform
        set_config('request.jwt.claims', jsonb_build_object('sub', feed.owner_id)::text, true),
        set_config('request.jwt.claim.sub', '', true);
    v_audience_keys := private.my_audience_keys();
    v_hosts_from := private.my_hosts_from();
    v_hosts_to := private.my_hosts_to();
    v_invited_session_ids := private.my_invited_session_ids();
    perform
        set_config('request.jwt.claims', v_claims, true),
        set_config('request.jwt.claim.sub', v_legacy_claim, true);

    return array(
        select nearest.session
        from (
            select session
            from public.success_sessions as session
            where
                (
                    session.audience_key = any(v_audience_keys)
                    or session.host_key between v_hosts_from and v_hosts_to
                    or session.id = any(v_invited_session_ids)
                )
                and (feed.course_id is null or session.course_id = feed.course_id)
                and session.start_time >= now() - c_past
                and session.start_time < now() + c_future
            order by greatest(session.start_time - now(), now() - session.start_time)
            limit c_most_sessions
        ) as nearest
        order by (nearest.session).start_time, (nearest.session).id
    );
end
$$;
comment on function private.feed_sessions(public.calendar_feeds) is
    'The sessions that a feed''s owner may see now, cancelled ones too, from 90 days ago to 400 days ahead and at most the 2,000 nearest to now; in order of time.';
revoke execute on function private.feed_sessions(public.calendar_feeds) from public;

create function private.feed_calendar(feed public.calendar_feeds)
returns text
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_app_url text := (select settings.app_url from public.app_settings as settings);
    v_name text := private.ical_text(coalesce(feed.label, 'Live Sessions'));
    v_events text := private.ical_events(private.feed_sessions(feed), null, null, null, v_app_url, is_feed => true);
begin
    return private.ical_object(
        null,
        concat(
            private.ical_fold('NAME:' || v_name) || E'\r\n',
            private.ical_fold('X-WR-CALNAME:' || v_name) || E'\r\n',
            E'REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\nX-PUBLISHED-TTL:PT1H\r\n'
        ),
        -- A calendar must have some component (RFC 5545, section 3.6).
        coalesce(v_events, private.ical_timezone('UTC', now(), now()))
    );
end
$$;
comment on function private.feed_calendar(public.calendar_feeds) is
    'The iCalendar object (RFC 5545, RFC 7986) of a feed: an event for each session of private.feed_sessions, the name and how often to ask again.';
revoke execute on function private.feed_calendar(public.calendar_feeds) from public;

-- Security definer: it is the API; the token's hash goes where no user may read or write.
create function public.create_calendar_feed(label text default null, course_id uuid default null)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    c_most_feeds constant integer := 20;
    -- 64 hexadecimal digits from a cryptographically strong source, 122 random bits in each half.
    v_token text := replace(concat(gen_random_uuid(), gen_random_uuid()), '-', '');
    v_feed_id uuid;
begin
    if course_id is not null and (course_id = any(private.my_course_ids())) is not true then
        raise exception using
            errcode = 'PT404',
            message = format('course_id %s is unknown or not visible to you', course_id),
            hint = 'Send a course that you see in courses, or leave it out for all your sessions.';
    end if;
    -- Two requests of one user take turns, so that both count.
    perform from public.profiles as profile where profile.id = auth.uid() for no key update;
    if (select count(*) from public.calendar_feeds as feed where feed.owner_id = auth.uid()) >= c_most_feeds then
        raise exception using
            errcode = 'PT409',
            message = format('you have %s calendar feeds already, which is the most', c_most_feeds),
            hint = 'End one that you do not use with revoke_calendar_feed; last_used_at in calendar_feeds tells.';
    end if;

    insert into public.calendar_feeds (owner_id, label, course_id)
    values (auth.uid(), create_calendar_feed.label, create_calendar_feed.course_id)
    returning id into v_feed_id;
    insert into private.calendar_feed_tokens (token_hash, feed_id)
    values (sha256(convert_to(v_token, 'UTF8')), v_feed_id);
    return v_token;
end
$$;
comment on function public.create_calendar_feed(text, uuid) is
    'Create a calendar feed of the caller''s sessions, or those of one course, and answer its token, which is shown this once; whoever has it reads the feed: calendar_feed. label names the calendar. At most 20 for each user. Errors: 22023 label; PT404 course unknown or not visible; PT409 too many feeds.';
revoke execute on function public.create_calendar_feed(text, uuid) from public, anon, authenticated, service_role;
grant execute on function public.create_calendar_feed(text, uuid) to authenticated;

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

-- The same event as in mails, UID and all: a file opened after the mail changes the entry that is there.
-- Security definer: it is the API; private.visible_session decides.
create function public.session_ics(session_id uuid)
returns public."text/calendar"
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return private.sessions_calendar(
        array[private.visible_session(session_id)],
        null,
        false,
        null,
        null,
        null,
        (select settings.app_url from public.app_settings as settings)
    )::public."text/calendar";
end
$$;
comment on function public.session_ics(uuid) is
    'One session as text/calendar, for a button that adds it to a calendar. Errors: PT404 unknown or not visible.';
revoke execute on function public.session_ics(uuid) from public, anon, authenticated, service_role;
grant execute on function public.session_ics(uuid) to authenticated;
