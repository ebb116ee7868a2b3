-- Taken after the turns of mentors; several in the order of account ids.
create function private.take_meeting_account_turn(meeting_account_id uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform private.take_turn('meeting_account/' || meeting_account_id);
end
$$;
comment on function private.take_meeting_account_turn(uuid) is
    'Waits for the account''s turn, held until the end of the transaction: until then nobody else plans meetings on it. PT409 when two writers would wait for each other forever.';
revoke execute on function private.take_meeting_account_turn(uuid) from public;
