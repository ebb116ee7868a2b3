-- One wording for all that can be wrong with a recurrence, whether it is a rule of RFC 5545 or the API's JSON.
-- Not immutable: a planner, or plpgsql_check, may call an immutable function to see what it gives.
create function private.recurrence_refusal(part text, value text, problem text, remedy text)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = '22023',
        message = concat_ws(' ', left(part, 40) || coalesce('=' || left(value, 80), ''), problem),
        detail = 'recurrence, part ' || left(part, 40),
        hint = remedy;
end
$$;
comment on function private.recurrence_refusal(text, text, text, text) is
    'Raises 22023 for a recurrence: its part and the value (null: none), the problem, and the remedy as the hint.';
revoke execute on function private.recurrence_refusal(text, text, text, text) from public;
