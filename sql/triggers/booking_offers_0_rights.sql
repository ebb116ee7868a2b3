-- As for sessions: success_sessions_0_rights says why.
create trigger booking_offers_0_rights before insert on public.booking_offers
for each row execute function private.check_insert_rights(
    'only managers and mentors may create booking offers',
    'Students book the offers of mentors with book_slot.',
    'mentors offer their own time',
    'Leave mentor_id out, or ask a manager.'
);
