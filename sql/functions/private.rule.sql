-- A check constraint with a sentence: it passes as any check does (true or null) and otherwise raises the message a
-- frontend can show, with the constraint's name in the detail. Plain checks answer "violates check constraint …", which
-- helps nobody.
create function private.rule(holds boolean, name text, message text, remedy text)
returns boolean
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    if holds is not false then
        return true;
    end if;
    raise exception using
        errcode = '22023',
        message = rule.message,
        detail = 'constraint ' || rule.name,
        hint = rule.remedy,
        constraint = rule.name;
end
$$;
comment on function private.rule(boolean, text, text, text) is
    'Body of check constraints: true when the rule holds or is unknown, else 22023 with the message, the constraint''s name and the remedy.';
revoke execute on function private.rule(boolean, text, text, text) from public;
grant execute on function private.rule(boolean, text, text, text) to authenticated, service_role;
