-- Whoever gives a mentor something to host takes the mentor's turn until the end of the transaction. Two locks: writers
-- of sessions exclude one another by the first; by the second they exclude writers of time off
-- (private.take_time_off_turn) and not each other. Take several in the order of mentor ids, after the rows of sessions.
-- For security definer callers only. What is to see what the last holder of the turn wrote must be a statement of its
-- own after this call: a snapshot is as old as its statement.
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
            -- Two statements have taken the turns of several mentors in different orders. This one goes on without the
            -- turn: the exclusion constraint keeps sessions from overlapping. It knows nothing of buffers, so with a
            -- buffer this one is refused.
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
