-- The best that anybody could write: by the generated key and the index that exist for row-level security, and nothing
-- about hosts and invitations, which row-level security has to ask about every time.
select *
from public.success_sessions
where
    audience_key = any(array(
        select private.audience_key(enrollment.course_id, enrollment.batch_id)
        from public.course_enrollments as enrollment
        where enrollment.student_id = $3 and enrollment.status = 'active'
    ))
    and start_time >= $1
    and start_time < $2
order by start_time
