-- Worked out when the mail is claimed: a mark that was put right in the meantime takes its warning back.
create function notifier.attendance_warning(session_id uuid, recipient_id uuid)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
declare
    v_low constant integer := (select settings.low_attendance_percent from public.app_settings as settings);
    v_session public.success_sessions;
    v_rate record;
    v_students jsonb;
begin
    select session.* into v_session
    from public.success_sessions as session
    where session.id = attendance_warning.session_id;
    if v_session.mentor_id = recipient_id then
        select
            jsonb_agg(
                jsonb_build_object(
                    'full_name', profile.full_name,
                    'attended', rate.attended,
                    'sessions', rate.sessions,
                    'percent', rate.percent
                )
                order by profile.full_name, profile.id
            )
        into v_students
        from notifier.attendance_warnings as warned
        inner join public.profiles as profile on warned.student_id = profile.id
        inner join public.course_enrollments as enrollment
            on warned.student_id = enrollment.student_id and warned.course_id = enrollment.course_id
        cross join lateral private.course_attendance(warned.course_id, warned.student_id) as rate
        where
            warned.session_id = attendance_warning.session_id
            and enrollment.status = 'active'
            and rate.percent < v_low;
        return case
            when v_students is not null and exists (
                select from public.user_roles as held
                where held.user_id = attendance_warning.recipient_id and held.role = 'mentor'
            ) then jsonb_build_object('attended', 0, 'sessions', 0, 'percent', 0, 'students', v_students)
        end;
    end if;
    if not exists (
        select from public.course_enrollments as enrollment
        where
            enrollment.student_id = attendance_warning.recipient_id
            and enrollment.course_id = v_session.course_id
            and enrollment.status = 'active'
    ) then
        return null;
    end if;
    select rate.* into v_rate
    from private.course_attendance(v_session.course_id, attendance_warning.recipient_id) as rate;
    return case
        when v_rate.percent < v_low
            then jsonb_build_object(
                'attended', v_rate.attended,
                'sessions', v_rate.sessions,
                'percent', v_rate.percent,
                'students', '[]'::jsonb
            )
    end;
end
$$;
comment on function notifier.attendance_warning(uuid, uuid) is
    'What a warning after this session says: {"attended", "sessions", "percent", "students": [{"full_name", "attended", "sessions", "percent"}]}, the student''s own figures or, to the mentor, those of the students; null when there is nothing to warn of any more.';
revoke execute on function notifier.attendance_warning(uuid, uuid) from public;
