-- Whoever gives a mentor something to host takes the mentor's turn until the end of the transaction. Two locks: writers
-- of sessions exclude one another by the first; by the second they exclude writers of time off
-- (private.take_time_off_turn) and not each other. Take several in the order of mentor ids, after the rows of sessions.
-- Security definer callers only; statements that must see what the one before did start after this one.
create function private.take_mentor_turn(mentor_id uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_hosting constant bigint := hashtextextended('mentor/' || mentor_id, 0);
    v_away constant bigint := hashtextextended('mentor_time_off/' || mentor_id, 0);
begin
    if not pg_try_advisory_xact_lock(v_hosting) then
        begin
            perform pg_advisory_xact_lock(v_hosting);
        exception when deadlock_detected then
            -- Two statements with many mentors each, in different orders. On without a turn, since the exclusion
            -- constraint holds; but it knows nothing of buffers.
            if (select settings.mentor_buffer_minutes > 0 from public.app_settings as settings) then
                perform private.refuse_simultaneous_writers();
            end if;
        end;
    end if;
    if not pg_try_advisory_xact_lock_shared(v_away) then
        begin
            perform pg_advisory_xact_lock_shared(v_away);
        exception when deadlock_detected then
            perform private.refuse_simultaneous_writers();
        end;
    end if;
end
$$;
comment on function private.take_mentor_turn(uuid) is
    'Waits for the mentor''s turn, held until the end of the transaction: until then nobody else gives the mentor sessions or time off. PT409 when two writers would wait for each other forever.';
revoke execute on function private.take_mentor_turn(uuid) from public;
