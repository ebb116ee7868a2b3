-- Takes the turns of all mentors and accounts concerned, in the order of their ids, before it looks: from then on
-- nobody else plans with them until the transaction ends.
create function private.take_free_steps(
    series_id uuid,
    steps private.series_step[],
    moved_session_ids uuid[],
    skip_clashes boolean
)
returns private.series_step[]
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_steps private.series_step[] := steps;
    v_series public.session_series;
    v_session public.success_sessions;
    v_is_kept boolean;
    v_id uuid;
    v_clashing bigint[];
    v_lines text;
begin
    for v_id in
        select distinct step.mentor_id from unnest(steps) as step
        where step.mentor_id is not null
        order by step.mentor_id
    loop
        perform private.take_mentor_turn(v_id);
    end loop;

    -- Where the platform makes the meetings, the account is chosen for each time, as it will be when they are written.
    select series.* into v_series
    from public.session_series as series
    where series.id = take_free_steps.series_id;
    for v_number in 1..cardinality(v_steps) loop
        select session.* into v_session
        from public.success_sessions as session
        where session.id = v_steps[v_number].session_id;
        if not found and v_series.link is null and v_series.meeting_account_id is null then
            v_session.id := gen_random_uuid();
            v_session.platform := v_series.platform;
            v_is_kept := false;
        elsif v_steps[v_number].meeting_account_id is distinct from v_session.meeting_account_id or not exists (
            select from public.session_meetings as meeting
            where meeting.session_id = v_session.id and meeting.is_wanted
        ) then
            continue;
        else
            v_is_kept := v_steps[v_number].mentor_id is not distinct from v_session.mentor_id;
        end if;
        v_session.status := 'upcoming';
        v_session.mentor_id := v_steps[v_number].mentor_id;
        v_session.start_time := v_steps[v_number].start_time;
        v_session.end_time := v_steps[v_number].end_time;
        v_session.meeting_account_id := v_steps[v_number].meeting_account_id;
        v_steps[v_number].meeting_account_id := private.choose_meeting_account(v_session, v_is_kept);
    end loop;
    for v_id in
        select distinct step.meeting_account_id from unnest(v_steps) as step
        where step.meeting_account_id is not null
        order by step.meeting_account_id
    loop
        perform private.take_meeting_account_turn(v_id);
    end loop;

    with noted as (
        select
            found.ordinal,
            found.clashes,
            found.note,
            listed.session_id,
            listed.series_date,
            listed.start_time
        from private.step_clashes(v_steps, moved_session_ids) as found
        inner join unnest(v_steps) with ordinality as listed on found.ordinal = listed.ordinality
    ),

    skipped as (
        insert into public.series_skips (series_id, series_date, reason, detail)
        select
            take_free_steps.series_id,
            noted.series_date,
            'clash',
            noted.note
        from noted
        where skip_clashes and noted.session_id is null
        on conflict on constraint series_skips_pkey
        do update set reason = excluded.reason, detail = excluded.detail, created_at = excluded.created_at
    )

    select
        array_agg(noted.ordinal),
        string_agg(
            format('%s: %s', private.utc_text(noted.start_time), noted.clashes), e'\n' order by noted.start_time
        )
    into v_clashing, v_lines
    from noted;
    if v_clashing is not null and not skip_clashes then
        perform private.refuse_clash(
            format('%s of %s dates clash', cardinality(v_clashing), cardinality(v_steps)),
            v_lines,
            'Nothing was written. Choose another time, mentor or account, or leave them out with "on_clash": "skip".'
        );
    end if;
    return array(
        select row(
            listed.session_id, listed.series_date, listed.start_time, listed.end_time, listed.mentor_id,
            listed.meeting_account_id
        )::private.series_step
        from unnest(v_steps) with ordinality as listed
        where listed.ordinality <> all(coalesce(v_clashing, '{}'))
        order by listed.ordinality
    );
end
$$;
comment on function private.take_free_steps(uuid, private.series_step[], uuid[], boolean) is
    'The steps that can be taken, once it is the turn of this transaction with all mentors and accounts concerned. Unless clashes are skipped, 23P01 (409) when there is one, each date with its clashes in a line of the detail; dates that are not made because of one are noted in series_skips.';
revoke execute on function private.take_free_steps(uuid, private.series_step[], uuid[], boolean) from public;
