-- Security definer: it is the API of the edge functions; it writes presence, which the service role may not touch.
create function public.reconcile_presence(
    platform text,
    report_id text,
    meeting_id text,
    started_at timestamptz,
    ended_at timestamptz,
    participants jsonb
)
returns public.presence_report_receipt
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_receipt public.presence_report_receipt;
    v_sessions public.success_sessions[];
    v_targets public.success_sessions[];
    v_session public.success_sessions;
    v_reports jsonb := '{}'::jsonb;
    v_digest text;
    v_stay record;
    v_user_id uuid;
    v_participant private.unmatched_participants;
begin
    perform private.check_meeting_event(platform, 'report_id', report_id, meeting_id);
    perform private.check_meeting_time('started_at', started_at);
    perform private.check_meeting_time('ended_at', ended_at);
    if ended_at < started_at then
        raise exception using
            errcode = '22023',
            message = 'ended_at must not be before started_at',
            hint = 'Send when the meeting began and when it ended.';
    end if;
    perform private.check_presence_report(participants);

    -- The sessions' rows are locked before their presence turns. Whoever edits a series writes its sessions one by one,
    -- each with its presence turn and its statistics: without the row locks the two could wait for each other.
    v_sessions := array(
        select session
        from public.success_sessions as session
        where
            session.id = any(
                array(
                    select found.id
                    from private.meeting_sessions(
                        reconcile_presence.platform, meeting_id, started_at, ended_at
                    ) as found
                )
            )
        order by session.id
        for no key update
    );
    v_receipt.session_ids := array(select session.id from unnest(v_sessions) as session);
    v_receipt.recorded := 0;
    v_receipt.unmatched := 0;
    if cardinality(v_sessions) = 0 then
        v_receipt.outcome := 'unknown_meeting';
        return v_receipt;
    end if;

    foreach v_session in array v_sessions loop
        perform private.take_presence_turn(v_session.id);
    end loop;
    v_digest := encode(
        sha256(convert_to(jsonb_build_array(started_at, ended_at, participants, v_receipt.session_ids)::text, 'UTF8')),
        'hex'
    );
    if not exists (
        select from unnest(v_receipt.session_ids) as wanted (id)
        where (
            select report.digest
            from private.presence_reports as report
            where
                report.session_id = wanted.id
                and report.platform = reconcile_presence.platform
                and report.report_id = reconcile_presence.report_id
            order by report.id desc
            limit 1
        ) is distinct from v_digest
    ) then
        v_receipt.outcome := 'duplicate';
        return v_receipt;
    end if;

    with
    told as (
        insert into private.presence_reports as report
        (session_id, platform, report_id, started_at, ended_at, digest)
        select wanted.id, platform, report_id, started_at, ended_at, v_digest
        from unnest(v_receipt.session_ids) as wanted (id)
        returning report.session_id, report.id
    )

    select jsonb_object_agg(told.session_id, told.id) into v_reports from told;

    for v_stay in
        select
            row_number() over (
                order by told.joined_at, told.left_at, told.participant_key, told.participant_email,
                told.participant_name, told.connection_id
            ) as number,
            told.*
        from jsonb_to_recordset(participants) as told (
            joined_at timestamptz,
            left_at timestamptz,
            participant_key text,
            participant_email text,
            participant_name text,
            connection_id text
        )
        order by number
    loop
        v_user_id := private.match_participant(
            v_receipt.session_ids, v_stay.participant_key, v_stay.participant_email
        );
        v_targets := private.sessions_of_stay(v_sessions, v_stay.joined_at, v_stay.left_at, v_user_id);
        foreach v_session in array v_targets loop
            v_participant := null;
            if v_user_id is null or not private.takes_part(v_session, v_user_id) then
                if v_user_id is not null and private.is_session_staff(v_session, v_user_id) then
                    if v_session.mentor_id = v_user_id then
                        perform private.note_host_presence(v_session.id, v_user_id, v_stay.joined_at);
                    end if;
                    continue;
                end if;
                v_participant := private.queue_participant(
                    v_session.id,
                    platform,
                    v_stay.participant_key,
                    v_stay.participant_email,
                    v_stay.participant_name,
                    v_stay.connection_id
                );
            end if;
            insert into private.presence_events
            (session_id, user_id, unmatched_id, kind, occurred_at, source, platform, connection_id, report_id)
            select
                v_session.id,
                case when v_participant.id is null then v_user_id end,
                v_participant.id,
                step.kind,
                step.occurred_at,
                'platform',
                platform,
                v_stay.number::text,
                (v_reports ->> v_session.id::text)::bigint
            from (
                values
                ('join'::private.presence_kind, v_stay.joined_at),
                ('leave'::private.presence_kind, v_stay.left_at)
            ) as step (kind, occurred_at);
            if v_participant.id is null or v_participant.student_id is not null then
                v_receipt.recorded := v_receipt.recorded + 1;
            else
                v_receipt.unmatched := v_receipt.unmatched + 1;
            end if;
        end loop;
    end loop;

    foreach v_session in array v_sessions loop
        perform private.refresh_attendance(v_session);
    end loop;
    v_receipt.outcome := 'recorded';
    return v_receipt;
end
$$;
comment on function public.reconcile_presence(text, text, text, timestamptz, timestamptz, jsonb) is
    'For edge functions: the platform''s report after a meeting, the last word on who was there from started_at to ended_at, whatever webhooks told or failed to tell. participants is an array of at most 10,000 stays, {"joined_at", "left_at", "participant_key", "participant_email", "participant_name", "connection_id"}, matched as by record_presence. The same report again changes nothing; another one with the same report_id takes its place. Errors: 22023 unknown platform, missing id or time, or a stay that is not one (its number is named).';
revoke execute on function public.reconcile_presence(
    text, text, text, timestamptz, timestamptz, jsonb
) from public, anon, authenticated, service_role;
grant execute on function public.reconcile_presence(text, text, text, timestamptz, timestamptz, jsonb)
to service_role;
