-- PostgREST serves every table, view and function of the API as CSV. Its own way of writing it leaves formulas alive;
-- an aggregate over any row that returns the domain takes its place. The file is copied with each row, so that pages of
-- thousands of rows cost milliseconds and one of a hundred thousand would not end: a state that is added to in place is
-- of type internal, which superusers alone may give to an aggregate. SQL of ours puts files together from their lines.
create aggregate public.csv (line anyelement) ( -- noqa: LT01
    sfunc = private.add_csv_line,
    stype = text,
    finalfunc = private.finish_csv
);
comment on aggregate public.csv (anyelement) is
    'Rows as a CSV file (RFC 4180), formulas neutralised: how PostgREST answers Accept: text/csv.';
revoke execute on function public.csv(anyelement) from public, anon, authenticated, service_role;
grant execute on function public.csv(anyelement) to authenticated, service_role;
