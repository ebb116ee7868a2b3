-- The lines before are copied once for each line that is added, and not twice.
create function private.add_csv_line(lines text, added anyelement)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_record json := to_json(added);
    v_names text := '';
    v_line text;
begin
    if json_typeof(v_record) is distinct from 'object' then
        v_record := json_build_object('value', v_record);
    end if;
    if lines is null then
        select string_agg(private.csv_cell(to_json(field.name)), ',' order by field.place) || e'\r\n' into v_names
        from json_each(v_record) with ordinality as field (name, content, place);
    end if;
    select string_agg(private.csv_cell(field.content), ',' order by field.place) || e'\r\n' into v_line
    from json_each(v_record) with ordinality as field (name, content, place);
    return coalesce(lines, v_names) || v_line;
end
$$;
comment on function private.add_csv_line(text, anyelement) is
    'Appends a row to a CSV file; the first one, for lines null, brings the names of the columns with it. What is no row is the column value.';
revoke execute on function private.add_csv_line(text, anyelement) from public;
