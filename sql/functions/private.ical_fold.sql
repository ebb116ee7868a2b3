-- Lines are at most 75 octets, the space that marks a continuation included (RFC 5545, section 3.1). A character of
-- several octets is never cut, though the RFC would allow it: programs that unfold after decoding would read garbage.
create function private.ical_fold(line text)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_octets bytea;
    v_start integer := 1;
    v_length integer := 75;
    v_folded text := '';
begin
    if octet_length(line) <= 75 then
        return line;
    end if;
    v_octets := convert_to(line, 'UTF8');
    while v_start + v_length <= octet_length(v_octets) loop
        -- The octet after the cut must not continue a character: 10xxxxxx.
        while get_byte(v_octets, v_start + v_length - 1) & 192 = 128 loop
            v_length := v_length - 1;
        end loop;
        v_folded := v_folded || convert_from(substring(v_octets from v_start for v_length), 'UTF8') || E'\r\n ';
        v_start := v_start + v_length;
        v_length := 74;
    end loop;
    return v_folded || convert_from(substring(v_octets from v_start), 'UTF8');
end
$$;
comment on function private.ical_fold(text) is
    'The content line folded to at most 75 octets per line (RFC 5545, section 3.1), without cutting a character; no line break at the end.';
revoke execute on function private.ical_fold(text) from public;
