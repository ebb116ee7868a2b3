-- Spreadsheets run a cell that begins as a formula does, quoted or not, so that a student's name could run on the
-- machine of the admin who opens a report. Text that begins so gets an apostrophe in front, by which they show it as it
-- is. Numbers are left as they are: a change of -0.05 is no formula. Where lists are separated by semicolons, Excel
-- opens a file with commas as one cell per line, in which quotes hold nothing together: every semicolon, tab and line
-- of a text may begin a cell there, and gets the apostrophe, too.
create function private.csv_cell(content json)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    -- Some spreadsheet or other skips each of these before a formula. They are listed, because \s depends on the
    -- locale.
    c_blank constant text := '\s\u00a0\u1680\u2000-\u200f\u2028-\u202f\u205f\u2060\u3000\ufeff';
    -- The four codes are the full-width forms of = + - @.
    c_sign constant text := '[=+@\uff1d\uff0b\uff0d\uff20-]';
    v_text text := content #>> '{}';
begin
    if v_text is null or json_typeof(content) in ('number', 'boolean') then
        return coalesce(v_text, '');
    end if;
    v_text := regexp_replace(v_text, '([;\t\r\n][' || c_blank || '"]*)(' || c_sign || ')', '\1''\2', 'g');
    if v_text ~ ('^([' || c_blank || ']*' || c_sign || '|[\t\r\n])') then
        v_text := '''' || v_text;
    end if;
    return '"' || replace(v_text, '"', '""') || '"';
end
$$;
comment on function private.csv_cell(json) is
    'A value as a cell of a CSV file (RFC 4180): text is quoted, and neutralised where a spreadsheet would take it for a formula; null is empty.';
revoke execute on function private.csv_cell(json) from public;
grant execute on function private.csv_cell(json) to authenticated, service_role;
