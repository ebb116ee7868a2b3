-- The lock is tried first and waited for only then: the block that catches a deadlock costs a subtransaction, and
-- nearly always the lock is free.
create function private.take_turn(turn text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_turn constant bigint := hashtextextended(turn, 0);
begin
    if not pg_try_advisory_xact_lock(v_turn) then
        begin
            perform pg_advisory_xact_lock(v_turn);
        exception when deadlock_detected then
            perform private.refuse_simultaneous_writers();
        end;
    end if;
end
$$;
comment on function private.take_turn(text) is
    'Waits until nobody else holds the turn of this name, and holds it until the end of the transaction. PT409 when two writers would wait for each other forever.';
revoke execute on function private.take_turn(text) from public;
