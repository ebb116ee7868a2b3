-- Series that were split from one another share their calendar_uid and this lock: a date moves from one of them to the
-- other, so their rows alone would not do. Taken before the rows of series.
create function private.take_series_turn(calendar_uid uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform private.take_turn('series/' || calendar_uid);
end
$$;
comment on function private.take_series_turn(uuid) is
    'Waits for the turn of a series and those split from it, held until the end of the transaction: until then nobody else edits or extends them. PT409 when two writers would wait for each other forever.';
revoke execute on function private.take_series_turn(uuid) from public;
