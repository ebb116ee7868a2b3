create function private.clash_text(clash private.mentor_clash)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_period constant text := format(
        'from %s to %s', private.utc_text(clash.start_time), private.utc_text(clash.end_time)
    );
begin
    return case clash.reason
        when 'session' then
            format('clash with %s, session %s, %s', quote_literal(clash.title), clash.session_id, v_period)
        when 'meeting_account' then
            format('%s, session %s, %s', quote_literal(clash.title), clash.session_id, v_period)
        when 'buffer' then
            format('too close to %s, session %s, %s', quote_literal(clash.title), clash.session_id, v_period)
        else format('time off %s', v_period) || coalesce(': ' || clash.title, '')
    end;
end
$$;
comment on function private.clash_text(private.mentor_clash) is
    'A clash in words, for the detail of an error that the mentor or a manager gets.';
revoke execute on function private.clash_text(private.mentor_clash) from public;
