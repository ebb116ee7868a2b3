-- As private.count_attendance does, for ratings.
-- Security definer: whoever rates has no business with statistics.
create function private.count_ratings()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_sign constant integer := tg_argv[0]::integer;
    v_session_ids constant uuid[] := private.hold_session_statistics(
        array(select distinct changed.session_id from changed)
    );
    v_session record;
begin
    if cardinality(v_session_ids) = 0 then
        return null;
    end if;
    for v_session in
        select changed.session_id as id, count(*) as ratings, sum(changed.rating) as points
        from changed
        where changed.session_id = any(v_session_ids)
        group by changed.session_id
        order by changed.session_id
    loop
        update private.session_statistics as statistics
        set
            ratings = statistics.ratings + v_sign * v_session.ratings,
            rating_points = statistics.rating_points + v_sign * v_session.points
        where statistics.session_id = v_session.id;
    end loop;
    return null;
end
$$;
comment on function private.count_ratings() is
    'Adds (argument 1) or takes away (-1) the ratings that a statement wrote, in the statistics of completed sessions.';
revoke execute on function private.count_ratings() from public;

create trigger count_ratings_added
after insert on public.session_ratings
referencing new table as changed
for each statement execute function private.count_ratings('1');

create trigger count_ratings_changed_0_old
after update on public.session_ratings
referencing old table as changed
for each statement execute function private.count_ratings('-1');

create trigger count_ratings_changed_1_new
after update on public.session_ratings
referencing new table as changed
for each statement execute function private.count_ratings('1');

create trigger count_ratings_removed
after delete on public.session_ratings
referencing old table as changed
for each statement execute function private.count_ratings('-1');
