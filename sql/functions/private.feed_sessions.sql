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
