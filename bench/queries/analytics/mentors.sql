select * from public.mentor_performance($1::date, $2::date, timezone => 'UTC')
