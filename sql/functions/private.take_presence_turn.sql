-- Attendance is worked out from all that is known of a learner, so whoever adds to it goes one after the other: learner
-- by learner, or alone where all learners of a session are concerned. These locks come after every row lock.
create function private.take_presence_turn(session_id uuid, of_whom text default null)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if of_whom is null then
        perform pg_advisory_xact_lock(hashtextextended(format('presence/%s', session_id), 0));
        return;
    end if;
    perform pg_advisory_xact_lock_shared(hashtextextended(format('presence/%s', session_id), 0));
    perform pg_advisory_xact_lock(hashtextextended(format('presence/%s/%s', session_id, of_whom), 0));
-- A report over two sessions of one meeting, while the two end.
exception when deadlock_detected then
    perform private.refuse_simultaneous_writers();
end
$$;
comment on function private.take_presence_turn(uuid, text) is
    'Waits until nobody else records presence of this participant in this session, or of anybody in it (null), and keeps others waiting until the transaction ends; PT409 where the two would have waited for each other forever.';
revoke execute on function private.take_presence_turn(uuid, text) from public;
