-- What the policy on recordings says of students, for one recording and any user.
create function private.may_watch(recording_id uuid, user_id uuid)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session_id uuid := (
        select recording.session_id
        from public.session_recordings as recording
        where
            recording.id = may_watch.recording_id
            and recording.is_published
            and now() >= recording.available_from
            and (recording.available_until is null or now() < recording.available_until)
    );
begin
    return coalesce(
        (
            select private.is_session_learner(session, may_watch.user_id)
            from public.success_sessions as session
            where session.id = v_session_id
        ),
        false
    );
end
$$;
comment on function private.may_watch(uuid, uuid) is
    'Whether a recording is published and available now, and the user takes part in its session as a student.';
revoke execute on function private.may_watch(uuid, uuid) from public;
