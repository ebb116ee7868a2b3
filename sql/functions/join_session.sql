-- Security definer: it is the API, and the only way for a student to a session's credentials. It reads Vault and writes
-- presence and the audit log, none of which the caller may touch.
create function public.join_session(session_id uuid)
returns public.session_join_details
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions := private.visible_session(session_id);
    v_is_learner boolean := private.is_session_learner(v_session, auth.uid());
    v_details public.session_join_details;
begin
    perform private.check_not_over(v_session);

    -- Before the time, too: whoever needs a seat should hear of it while there is time to get one.
    if v_is_learner and not private.is_manager() then
        perform private.check_seat(v_session);
    end if;

    perform private.check_joining_is_open(v_session);

    if v_session.link is null and v_session.link_failed_at is null then
        raise exception using
            errcode = 'PT409',
            message = 'the meeting is still being set up',
            detail = coalesce(
                (
                    select 'so far: ' || meeting.reason
                    from public.session_meetings as meeting
                    where
                        meeting.session_id = v_session.id
                        and meeting.is_wanted
                        and (private.is_session_host(v_session) or private.is_manager())
                ),
                'its link is not there yet'
            ),
            hint = 'Try again in a moment.';
    end if;

    -- A manager without a seat looks in, and does not attend.
    if v_is_learner and private.has_seat(v_session, auth.uid()) then
        perform private.note_presence(v_session, auth.uid(), 'join');
        select attendance.status into v_details.attendance_status
        from public.session_attendance as attendance
        where attendance.session_id = v_session.id and attendance.student_id = auth.uid();
    elsif private.is_session_host(v_session) then
        perform private.note_host_presence(v_session.id, auth.uid(), clock_timestamp());
    end if;

    perform private.audit_reveal('join_session', 'success_sessions', v_session.id);

    v_details.session_id := v_session.id;
    v_details.title := v_session.title;
    v_details.description := v_session.description;
    v_details.session_type := v_session.session_type;
    v_details.start_time := v_session.start_time;
    v_details.end_time := v_session.end_time;
    v_details.timezone := v_session.timezone;
    v_details.mentor_name := private.mentor_name(v_session.mentor_id);
    v_details.platform := v_session.platform;
    v_details.is_on_backup_link := v_session.link_failed_at is not null;
    v_details.backup_link := coalesce(
        private.get_session_secret('success_sessions', v_session.id, 'backup_link'), v_session.backup_link
    );
    if v_details.is_on_backup_link then
        -- Number and passcode are those of the meeting that has failed.
        v_details.link := v_details.backup_link;
    else
        v_details.link := coalesce(
            private.get_personal_link(v_session.id, auth.uid()),
            private.get_session_secret('success_sessions', v_session.id, 'link'),
            v_session.link
        );
        v_details.zoom_meeting_id := v_session.zoom_meeting_id;
        v_details.passcode := private.get_session_secret('success_sessions', v_session.id, 'zoom_passcode');
    end if;
    return v_details;
end
$$;
comment on function public.join_session(uuid) is
    'Enter a session: answers links, meeting id and passcode, and records attendance for students (of the host only when they first came, of managers nothing). Safe to repeat. Errors: PT404 unknown or not visible; PT409 cancelled, over, without a seat where registration is required, before the window (the detail says when it opens), or while the meeting is being set up. Each call is written to the audit log.';
revoke execute on function public.join_session(uuid) from public, anon, authenticated, service_role;
grant execute on function public.join_session(uuid) to authenticated;
