-- The same of the view.
select *
from public.segmented_weekly_success_sessions
where start_time >= $1 and start_time < $2
order by start_time
