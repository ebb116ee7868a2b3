-- What one writes who knows the tables and the student. A union, because `is not distinct from` for the unbatched would
-- keep the join from the index.
select session.*
from public.course_enrollments as enrollment
inner join public.success_sessions as session
    on enrollment.course_id = session.course_id and enrollment.batch_id = session.batch_id
where
    enrollment.student_id = $3
    and enrollment.status = 'active'
    and session.start_time >= $1
    and session.start_time < $2
union all
select session.*
from public.course_enrollments as enrollment
inner join public.success_sessions as session on enrollment.course_id = session.course_id
where
    enrollment.student_id = $3
    and enrollment.status = 'active'
    and enrollment.batch_id is null
    and session.batch_id is null
    and session.start_time >= $1
    and session.start_time < $2
order by start_time
