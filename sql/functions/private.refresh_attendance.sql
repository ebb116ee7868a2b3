-- Derives attendance from presence; runs after each join and leave (one learner), and when the session is over or a
-- report arrives (all of them). Marks made by hand or imported stay as they are. Where presence was measured before the
-- mark, joined_at, left_at and minutes_present go on being updated: else whoever is marked while the session runs would
-- seem to have stayed until then. Whoever turns out not to have come loses the automatic record, or is absent (or
-- excused) once the session is over, unless they had no seat and could not come. Callers hold the presence turn of the
-- learner, or of the session.
create function private.refresh_attendance(session public.success_sessions, user_id uuid default null)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions;
begin
    -- Read again under the turn: a caller that waited for it may have read the session before it was completed, and
    -- would by that delete everybody's absence.
    select current.* into v_session
    from public.success_sessions as current
    where current.id = session.id;
    if private.presence_is_forgotten(v_session) then
        return;
    end if;

    with
    presence as materialized (
        select *
        from private.session_presence(v_session, refresh_attendance.user_id)
    ),

    derived as (
        insert into public.session_attendance as attendance
        (session_id, student_id, status, joined_at, left_at, minutes_present, source)
        select
            v_session.id,
            presence.student_id,
            case
                when
                    v_session.status = 'completed'
                    and presence.present_for
                    < (v_session.end_time - v_session.start_time)
                    * (coalesce(rule.partial_below_percent, settings.partial_below_percent) / 100.0)
                    then 'partial'::public.attendance_status
                when
                    presence.joined_at > v_session.start_time
                    + make_interval(mins => coalesce(rule.late_after_minutes, settings.late_after_minutes))
                    then 'late'
                else 'present'
            end,
            presence.joined_at,
            presence.left_at,
            round(extract(epoch from presence.present_for) / 60),
            case
                when presence.is_seen_by_platform then 'platform'::public.attendance_source
                else 'join'
            end
        from presence
        cross join public.app_settings as settings
        left join public.attendance_rules as rule on rule.session_type = v_session.session_type
        order by presence.student_id
        on conflict (session_id, student_id) do update set
            status = case
                when attendance.source in ('manual', 'import') then attendance.status
                else excluded.status
            end,
            joined_at = excluded.joined_at,
            left_at = excluded.left_at,
            minutes_present = excluded.minutes_present,
            source = case
                when attendance.source in ('manual', 'import') then attendance.source
                else excluded.source
            end,
            updated_at = clock_timestamp()
        where
            attendance.source not in ('manual', 'import')
            or (
                attendance.joined_at is not null
                and (attendance.joined_at, attendance.left_at, attendance.minutes_present)
                is distinct from (excluded.joined_at, excluded.left_at, excluded.minutes_present)
            )
    ),

    missing as (
        update public.session_attendance as attendance set
            status = private.absence(v_session.id, attendance.student_id),
            joined_at = null,
            left_at = null,
            minutes_present = 0,
            source = 'join',
            updated_at = clock_timestamp()
        where
            v_session.status = 'completed'
            and attendance.session_id = v_session.id
            and (refresh_attendance.user_id is null or attendance.student_id = refresh_attendance.user_id)
            and attendance.source not in ('manual', 'import')
            and attendance.joined_at is not null
            and not exists (select from presence where presence.student_id = attendance.student_id)
            and private.has_seat(v_session, attendance.student_id)
    )

    delete from public.session_attendance as attendance
    where
        attendance.session_id = v_session.id
        and (refresh_attendance.user_id is null or attendance.student_id = refresh_attendance.user_id)
        and attendance.source not in ('manual', 'import')
        and not exists (select from presence where presence.student_id = attendance.student_id)
        and (
            v_session.status <> 'completed'
            or attendance.joined_at is not null and not private.has_seat(v_session, attendance.student_id)
        );
end
$$;
comment on function private.refresh_attendance(public.success_sessions, uuid) is
    'Writes attendance from presence, for one learner or all; manual and imported marks stay, with what was measured before them kept up to date.';
revoke execute on function private.refresh_attendance(public.success_sessions, uuid) from public;
