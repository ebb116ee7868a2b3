-- As for sessions: success_sessions_0_rights says why.
create trigger mentor_time_0_rights before insert on public.mentor_time_off
for each row execute function private.check_insert_rights(
    'only managers and mentors may enter the time of mentors',
    'Ask a manager to enter it.',
    'mentors enter their own time',
    'Leave mentor_id out, or ask a manager.'
);
create trigger mentor_time_0_rights before insert on public.mentor_availability
for each row execute function private.check_insert_rights(
    'only managers and mentors may enter the time of mentors',
    'Ask a manager to enter it.',
    'mentors enter their own time',
    'Leave mentor_id out, or ask a manager.'
);
