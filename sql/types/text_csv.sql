-- What the aggregate public.csv returns: PostgREST serves it as that media type, to callers who accept it.
create domain public."text/csv" as text;
comment on domain public."text/csv" is 'A CSV file (RFC 4180), which PostgREST serves as text/csv.';
