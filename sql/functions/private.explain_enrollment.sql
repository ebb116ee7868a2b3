create function private.explain_enrollment(session public.success_sessions, user_id uuid)
returns public.session_access_rule
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_enrollment public.course_enrollments;
    v_since timestamptz;
    v_theirs text;
    v_rule public.session_access_rule;
    v_wanted constant text := coalesce(
        (
            select format('batch %s', quote_literal(batch.name))
            from public.batches as batch
            where batch.id = session.batch_id
        ),
        'the unbatched students'
    );
begin
    v_rule.rule := 'enrollment';
    v_rule.decides := 'see';
    v_rule.holds := false;
    if session.course_id is null then
        v_rule.fact := 'the session has no course: only those invited take part';
        v_rule.remedy := 'Give the session a course, or invite them.';
        return v_rule;
    end if;
    select enrollment.* into v_enrollment
    from public.course_enrollments as enrollment
    where enrollment.student_id = explain_enrollment.user_id and enrollment.course_id = session.course_id;
    if not found then
        v_rule.fact := 'is not enrolled in the course';
        v_rule.remedy := 'Enroll them: insert into course_enrollments.';
        return v_rule;
    end if;

    v_theirs := coalesce(
        (
            select format('in batch %s', quote_literal(batch.name))
            from public.batches as batch
            where batch.id = v_enrollment.batch_id
        ),
        'unbatched'
    );
    if v_enrollment.status <> 'active' then
        select entry.occurred_at into v_since
        from public.audit_log as entry
        where
            entry.user_id = explain_enrollment.user_id
            and entry.table_name = 'course_enrollments'
            and entry.row_key ->> 'id' = v_enrollment.id::text
            and entry.new ? 'status'
        order by entry.id desc
        limit 1;
        v_rule.fact := format(
            'the enrollment is %s since %s',
            v_enrollment.status,
            private.utc_text(coalesce(v_since, v_enrollment.updated_at))
        );
        v_rule.remedy := 'Set its status to active.';
        if v_enrollment.batch_id is distinct from session.batch_id then
            v_rule.fact := v_rule.fact || format(', and %s, while the session is for %s', v_theirs, v_wanted);
            v_rule.remedy := 'Set its status to active and its batch_id to the session''s, or invite them.';
        end if;
    elsif v_enrollment.batch_id is distinct from session.batch_id then
        v_rule.fact := format('is enrolled %s, while the session is for %s', v_theirs, v_wanted);
        v_rule.remedy := 'Set the enrollment''s batch_id to the session''s, or invite them.';
    else
        v_rule.holds := true;
        v_rule.fact := format('is actively enrolled in the course, %s', v_theirs);
    end if;
    return v_rule;
end
$$;
comment on function private.explain_enrollment(public.success_sessions, uuid) is
    'Whether an enrollment lets a user see a session, why, and what would.';
revoke execute on function private.explain_enrollment(public.success_sessions, uuid) from public;
