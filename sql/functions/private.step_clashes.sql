-- As in refuse_double_booking, clashes are named to those who may know them: who is no manager may change the own
-- sessions only, but meeting accounts are none of theirs. The callers hold the turns of all mentors and accounts.
create function private.step_clashes(steps private.series_step[], moved_session_ids uuid[])
returns table (ordinal bigint, clashes text)
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
            concat_ws(
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
                end,
                case
                    when hosted.meetings is null and account.max_concurrent_meetings is distinct from 0 then null
                    when v_may_know_accounts
                        then concat_ws(
                            ': ',
                            format(
                                'meeting account %s hosts %s at once',
                                quote_literal(account.name),
                                account.max_concurrent_meetings
                            ),
                            hosted.meetings
                        )
                    else 'the meeting account is not free'
                end
            ) as reasons
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
        refused.reasons
    from refused
    where refused.reasons <> ''
    order by refused.ordinality;
end
$$;
comment on function private.step_clashes(private.series_step[], uuid[]) is
    'Which of these steps, by number from 1, cannot be taken, and why, in words: the mentor or the account is not free, sessions moved away meanwhile left aside, or two of them are too close to each other. It sees what is committed.';
revoke execute on function private.step_clashes(private.series_step[], uuid[]) from public;
