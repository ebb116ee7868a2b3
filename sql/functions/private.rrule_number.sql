-- One number of a rule. Where the lowest is negative, both signs are allowed.
create function private.rrule_number(part text, value text, number text, lowest integer, highest integer)
returns integer
language plpgsql
immutable
returns null on null input
set search_path = pg_catalog, pg_temp
as $$
begin
    if number !~ (case when lowest < 0 then '^[+-]?[0-9]{1,9}$' else '^[0-9]{1,9}$' end)
        or number::integer not between lowest and highest
        or number::integer = 0
    then
        perform private.recurrence_refusal(
            part, value,
            case
                when number = value then 'is not valid'
                else format('names "%s", which is not valid', left(number, 40))
            end,
            case
                when lowest < 0 then format('Use 1 to %s, or -1 to %s counted from the end.', highest, lowest)
                else format('Use a whole number from %s to %s.', lowest, highest)
            end
        );
    end if;
    return number::integer;
end
$$;
comment on function private.rrule_number(text, text, text, integer, integer) is
    'A number that stands in the value of a rule''s part; refused by name when it is 0 or not from lowest to highest.';
revoke execute on function private.rrule_number(text, text, text, integer, integer) from public;
