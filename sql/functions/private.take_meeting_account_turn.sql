-- Taken after the turns of mentors; several in the order of account ids.
create function private.take_meeting_account_turn(meeting_account_id uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_turn constant bigint := hashtextextended('meeting_account/' || meeting_account_id, 0);
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
comment on function private.take_meeting_account_turn(uuid) is
    'Waits for the account''s turn, held until the end of the transaction: until then nobody else plans meetings on it. PT409 when two writers would wait for each other forever.';
revoke execute on function private.take_meeting_account_turn(uuid) from public;
