-- See private.take_mentor_turn. Whoever enters time off waits for those who are giving the mentor sessions at this
-- moment, and they wait for it: once time off is stored, no session comes in over it, and the list of those that were
-- there before is complete.
create function private.take_time_off_turn(mentor_id uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform private.take_turn('mentor_time_off/' || mentor_id);
end
$$;
comment on function private.take_time_off_turn(uuid) is
    'Waits until nobody is giving the mentor sessions, and keeps it so until the end of the transaction. PT409 when two writers would wait for each other forever.';
revoke execute on function private.take_time_off_turn(uuid) from public;
