-- Two branches, because `is not distinct from` uses no index. The order is one that only the index of audiences has,
-- whatever the planner believes of the table: neither `is null` nor `between` makes it leave batch_id out. Nor may it
-- sort the rest of an index that begins by batch.
create function notifier.audience_page(course_id uuid, batch_id uuid, after uuid, max_users integer)
returns setof uuid
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
set enable_bitmapscan = off
set enable_sort = off
set enable_incremental_sort = off
as $$
begin
    if audience_page.batch_id is null then
        return query
        select enrollment.student_id
        from public.course_enrollments as enrollment
        where
            enrollment.course_id = audience_page.course_id
            and enrollment.batch_id is null
            and enrollment.status = 'active'
            and enrollment.student_id > after
        order by enrollment.batch_id, enrollment.student_id
        limit max_users;
    else
        return query
        select enrollment.student_id
        from public.course_enrollments as enrollment
        where
            enrollment.course_id = audience_page.course_id
            and enrollment.batch_id between audience_page.batch_id and audience_page.batch_id
            and enrollment.status = 'active'
            and enrollment.student_id > after
        order by enrollment.batch_id, enrollment.student_id
        limit max_users;
    end if;
end
$$;
comment on function notifier.audience_page(uuid, uuid, uuid, integer) is
    'The next students of one audience, by id, after the given one: active enrollments in the course and its batch (null: the unbatched).';
revoke execute on function notifier.audience_page(uuid, uuid, uuid, integer) from public;
