-- Each clash in two texts. `clashes` is for the caller: sessions and time off are named, since whoever is no manager
-- can change their own sessions only; what a meeting account hosts is named to managers and the system. `note` is for
-- series_skips, where the mentor of the series reads what managers and the clock have left out: it never says what an
-- account hosts. The callers hold the turns of all mentors and accounts.
create function private.step_clashes(steps private.series_step[], moved_session_ids uuid[])
returns table (ordinal bigint, clashes text, note text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_may_know_accounts constant boolean := auth.uid() is null or private.is_manager();
    v_buffer constant interval := (
        select make_interval(mins => settings.mentor_buffer_minutes) from public.app_settings as settings
    );
begin
    return query
    with
    step as materialized (
        select
            listed.*,
            lag(listed.end_time) over (partition by listed.mentor_id order by listed.start_time, listed.ordinality)
                as free_from
        from unnest(steps) with ordinality as listed
    ),

    refused as materialized (
        select
            step.ordinality,
            nullif(concat_ws(
                '; ',
                (
                    select string_agg(private.clash_text(taken), '; ' order by taken.start_time, taken.session_id)
                    from private.mentor_clashes(
                        step.mentor_id, step.start_time, step.end_time, moved_session_ids
                    ) as taken
                ),
                case
                    when step.start_time < step.free_from + v_buffer and step.mentor_id is not null
                        then format(
                            'too close to the date before it, which ends at %s', private.utc_text(step.free_from)
                        )
                end
            ), '') as of_mentor,
            case
                when hosted.meetings is not null or account.max_concurrent_meetings = 0
                    then concat_ws(
                        ': ',
                        format(
                            'meeting account %s hosts %s at once',
                            quote_literal(account.name),
                            account.max_concurrent_meetings
                        ),
                        hosted.meetings
                    )
            end as of_account
        from step
        left join public.meeting_accounts as account on step.meeting_account_id = account.id
        cross join lateral (
            select
                string_agg(private.clash_text(taken), '; ' order by taken.start_time, taken.session_id) as meetings
            from private.meeting_account_clashes(
                step.meeting_account_id, step.start_time, step.end_time, moved_session_ids
            ) as taken
        ) as hosted
    )

    select
        refused.ordinality,
        concat_ws(
            '; ', refused.of_mentor, case when v_may_know_accounts then refused.of_account else unnamed.of_account end
        ),
        concat_ws('; ', refused.of_mentor, unnamed.of_account)
    from refused
    cross join lateral (
        select case when refused.of_account is not null then 'the meeting account is not free' end as of_account
    ) as unnamed
    where num_nonnulls(refused.of_mentor, refused.of_account) > 0
    order by refused.ordinality;
end
$$;
comment on function private.step_clashes(private.series_step[], uuid[]) is
    'Which of these steps, by number from 1, cannot be taken, and why, in words: the mentor or the account is not free, sessions moved away meanwhile left aside, or two of them are too close to each other. clashes is for the caller; note, which names nothing that an account hosts, for series_skips. It sees what is committed.';
revoke execute on function private.step_clashes(private.series_step[], uuid[]) from public;
