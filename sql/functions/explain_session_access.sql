-- What the policy success_sessions_select_audience_host_or_manager, private.visible_session and join_session decide for
-- their caller, said about another user, rule by rule. It is a second telling, so a test lets random worlds compare
-- them.
-- Security definer: it is the API; it reads what decides, whoever may see it.
create function public.explain_session_access(session_id uuid, user_id uuid)
returns setof public.session_access_rule
language plpgsql
stable
security definer
rows 10
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions := private.explained_session(session_id, user_id);
    v_managing constant public.app_role[] := array['enrollment_manager', 'admin', 'superadmin']::public.app_role[];
    v_opens_at constant timestamptz := private.join_opens_at(v_session.start_time);
    v_status constant public.session_status := private.effective_session_status(
        v_session.status, v_session.start_time, v_session.end_time
    );
    v_is_mentor constant boolean := exists (
        select from public.user_roles as held
        where held.user_id = explain_session_access.user_id and held.role = 'mentor'
    );
    v_is_manager constant boolean := exists (
        select from public.user_roles as held
        where held.user_id = explain_session_access.user_id and held.role = any(v_managing)
    );
    v_is_learner constant boolean := private.is_session_learner(v_session, explain_session_access.user_id);
    v_rule public.session_access_rule;
    v_reasons text[] := array[]::text[];
    v_obstacles text[] := array[]::text[];
begin
    for v_rule in
        select
            'manager',
            'see',
            v_is_manager,
            private.role_text(explain_session_access.user_id, v_managing),
            case when not v_is_manager then 'A superadmin grants a role in user_roles.' end
        union all
        select
            'host',
            'see',
            coalesce(v_session.mentor_id = explain_session_access.user_id, false) and v_is_mentor,
            case
                when v_session.mentor_id = explain_session_access.user_id
                    then 'is the session''s mentor, and '
                    || private.role_text(explain_session_access.user_id, array['mentor']::public.app_role[])
                when v_session.mentor_id is null then 'the session has no mentor'
                else 'another mentor hosts the session'
            end,
            case
                when v_session.mentor_id is distinct from explain_session_access.user_id
                    then 'Assign the session to them with assign_mentor.'
                when not v_is_mentor then 'A superadmin grants the role mentor in user_roles.'
            end
        union all
        select enrollment.*
        from private.explain_enrollment(v_session, explain_session_access.user_id) as enrollment
        union all
        select
            'invitation',
            'see',
            invitation.is_there,
            case when invitation.is_there then 'is invited' else 'is not invited' end,
            case when not invitation.is_there then 'Invite them: insert into session_participants.' end
        from (
            select exists (
                select from public.session_participants as participant
                where
                    participant.session_id = v_session.id
                    and participant.user_id = explain_session_access.user_id
            ) as is_there
        ) as invitation
        union all
        select
            'status',
            'join',
            v_status in ('upcoming', 'live'),
            case v_status
                when 'cancelled'
                    then 'the session was cancelled: ' || coalesce(v_session.cancel_reason, 'no reason was given')
                when 'completed' then 'the session ended at ' || private.utc_text(v_session.end_time)
                else format('the session is %s', v_status)
            end,
            case
                when v_status = 'cancelled' and clock_timestamp() < v_session.start_time
                    then 'A manager may set its status back to upcoming.'
            end
        union all
        select seat.*
        from private.explain_seat(
            v_session, explain_session_access.user_id, v_is_manager or not v_is_learner
        ) as seat
        union all
        select
            'join_window',
            'join',
            v_status in ('live', 'completed', 'cancelled') or clock_timestamp() >= v_opens_at,
            case
                when v_session.status = 'live' and clock_timestamp() < v_opens_at
                    then 'the host has started the session'
                when clock_timestamp() >= v_opens_at then 'joining is open since ' || private.utc_text(v_opens_at)
                else 'joining opens at ' || private.utc_text(v_opens_at)
            end,
            case
                when v_status = 'upcoming' and clock_timestamp() < v_opens_at
                    then 'Wait, or raise app_settings.join_opens_minutes_before.'
            end
        union all
        select
            'meeting',
            'join',
            v_session.link is not null or v_session.link_failed_at is not null,
            case
                when v_session.link_failed_at is not null
                    then 'the link failed, and everybody is sent to the backup link'
                when v_session.link is not null then 'the meeting has a link'
                else concat_ws(
                    ': ',
                    'the meeting is still being set up',
                    (
                        select meeting.reason
                        from public.session_meetings as meeting
                        where meeting.session_id = v_session.id and meeting.is_wanted
                    )
                )
            end,
            case
                when v_session.link is null and v_session.link_failed_at is null
                    then 'See session_meetings, or set the session''s link.'
            end
    loop
        if v_rule.decides = 'see' and v_rule.holds then
            v_reasons := v_reasons || v_rule.rule;
        elsif v_rule.decides = 'join' and not v_rule.holds then
            v_obstacles := v_obstacles || v_rule.rule;
        end if;
        return next v_rule;
    end loop;

    v_rule := (
        'sees',
        'see',
        cardinality(v_reasons) > 0,
        case
            when cardinality(v_reasons) > 0 then 'because of: ' || array_to_string(v_reasons, ', ')
            else 'none of manager, host, enrollment and invitation holds'
        end,
        null
    );
    return next v_rule;
    v_obstacles := case when cardinality(v_reasons) = 0 then array['sees'] else array[]::text[] end || v_obstacles;
    v_rule := (
        'may_join',
        'join',
        cardinality(v_obstacles) = 0,
        case
            when cardinality(v_obstacles) = 0 then 'nothing is in the way'
            else 'in the way: ' || array_to_string(v_obstacles, ', ')
        end,
        null
    );
    return next v_rule;
end
$$;
comment on function public.explain_session_access(uuid, uuid) is
    'Why a user does or does not see a session and may or may not join it now: one row per rule, with the fact behind it and what would change it, then sees and may_join as their sum. For managers and the database''s owner. Errors: 42501; PT404 unknown session or user.';
revoke execute on function public.explain_session_access(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function public.explain_session_access(uuid, uuid) to authenticated;
