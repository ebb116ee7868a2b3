-- Security definer: it is the API; it writes ratings, which the caller may not touch. Whoever attended may rate, even
-- if access has ended meanwhile.
create function public.rate_session(session_id uuid, rating integer, comment text default null)
returns public.session_ratings
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_comment constant text := nullif(btrim(comment), '');
    v_session public.success_sessions;
    v_attendance public.session_attendance;
    v_rating public.session_ratings;
begin
    select attendance.* into v_attendance
    from public.session_attendance as attendance
    where attendance.session_id = rate_session.session_id and attendance.student_id = auth.uid();
    if found then
        select session.* into v_session
        from public.success_sessions as session
        where session.id = rate_session.session_id;
    else
        v_session := private.visible_session(session_id);
    end if;

    if private.effective_session_status(v_session.status, v_session.start_time, v_session.end_time) <> 'completed' then
        raise exception using
            errcode = 'PT409',
            message = case v_session.status
                when 'cancelled' then 'this session was cancelled'
                else 'this session is not over yet'
            end,
            detail = case v_session.status
                when 'cancelled' then coalesce(v_session.cancel_reason, 'no reason was given')
                else 'it ends at ' || private.utc_text(v_session.end_time)
            end,
            hint = 'Sessions are rated by those who attended, once they are over.';
    end if;
    if v_attendance.status in ('present', 'late', 'partial') is not true then
        raise exception using
            errcode = '42501',
            message = 'only students who attended a session may rate it',
            hint = 'Ask the mentor to correct your attendance if you were there.';
    end if;
    if rating is null then
        raise exception using
            errcode = '22023',
            message = 'rating must not be null',
            hint = 'Send 1 (poor) to 5 (excellent).';
    end if;

    insert into public.session_ratings (session_id, student_id, rating, comment)
    values (session_id, auth.uid(), rating, v_comment)
    on conflict on constraint session_ratings_pkey do nothing
    returning * into v_rating;
    if not found then
        select given.* into v_rating
        from public.session_ratings as given
        where given.session_id = rate_session.session_id and given.student_id = auth.uid();
        if (v_rating.rating, v_rating.comment) is distinct from (rating, v_comment) then
            raise exception using
                errcode = 'PT409',
                message = 'you have rated this session already',
                detail = format('with %s', v_rating.rating),
                hint = 'A rating stays as it was given.';
        end if;
    end if;
    return v_rating;
end
$$;
comment on function public.rate_session(uuid, integer, text) is
    'Rates a session that the caller attended (present, late or partial) and that is over: rating 1 to 5, comment optional, once; the same again answers the same. Errors: PT404 unknown or not visible; 42501 did not attend; PT409 not over, cancelled, or rated otherwise already; 22023.';
revoke execute on function public.rate_session(uuid, integer, text) from public, anon, authenticated, service_role;
grant execute on function public.rate_session(uuid, integer, text) to authenticated;
