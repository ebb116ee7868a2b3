-- A mentor's own sessions.
select *
from public.success_sessions
where mentor_id = $3 and start_time >= $1 and start_time < $2
order by start_time
