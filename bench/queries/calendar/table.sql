-- What a frontend asks PostgREST for; row-level security does the rest.
select *
from public.success_sessions
where start_time >= $1 and start_time < $2
order by start_time
