-- An admin moves a session by an hour, to and fro.
update public.success_sessions
set
    start_time = $1::timestamptz,
    end_time = $1::timestamptz + interval '1 hour'
where id = $2
