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
