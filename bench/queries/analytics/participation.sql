select * from public.student_participation($1::date, $2::date, grain => 'month', timezone => 'UTC')
