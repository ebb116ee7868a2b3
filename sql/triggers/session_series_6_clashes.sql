-- What a clash was with (another session, the reason of a time off) is for the mentor whom it kept, and not for the one
-- who has the series next. Security definer: nobody may write what was left out.
create function private.forget_clashes_of_mentor()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform private.forget_clashes(new.id);
    return null;
end
$$;
comment on function private.forget_clashes_of_mentor() is
    'Takes out of series_skips what the mentor before was busy with, when a series goes to another.';
revoke execute on function private.forget_clashes_of_mentor() from public;

create trigger session_series_6_clashes after update of mentor_id on public.session_series
for each row
when (new.mentor_id is distinct from old.mentor_id)
execute function private.forget_clashes_of_mentor();
