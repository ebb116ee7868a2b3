-- PostgREST lets whoever calls a function cast and filter its answer. An error there tells the answer (a passcode is no
-- integer) and undoes what the function wrote: the log does not say who was shown a passcode, a wrong code is not
-- counted. Functions that must not answer without what they write refuse such requests. A function is not told what is
-- asked of its answer, so the text of PostgREST's statement is read, and a test sends such requests. CSV is refused as
-- well: for it PostgREST casts the row to its type, and where the columns are chosen in another order, each to the type
-- of the column in its place.
create function private.check_plain_answer()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if current_query() ~ 'CAST\( |_postgrest_t::|"pgrst_source"( AS "[^"]+")?\s+WHERE ' then
        raise exception using
            errcode = '22023',
            message = 'the answer of this function is neither cast nor filtered, and is no CSV',
            hint = 'Choose columns with select, without casts, and ask for JSON.';
    end if;
end
$$;
comment on function private.check_plain_answer() is
    'Refuses with 22023 a request to PostgREST that could fail after the function has answered, and so undo what it wrote.';
revoke execute on function private.check_plain_answer() from public;
