-- With fewer than three ratings a mentor would know who gave them. In PL/pgSQL: see private.share.
create function private.shown_rating(rating_points numeric, ratings numeric, to_mentor boolean)
returns numeric
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return case when ratings >= case when to_mentor then 3 else 1 end then round(rating_points / ratings, 2) end;
end
$$;
comment on function private.shown_rating(numeric, numeric, boolean) is
    'The mean rating in two decimals; null of none, and for mentors of fewer than three.';
revoke execute on function private.shown_rating(numeric, numeric, boolean) from public;
