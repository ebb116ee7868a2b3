-- Every row by itself, so that the report can name all that is wrong at once. An address is looked for among those who
-- take part, so that nothing is learned of anybody else.
create function private.read_attendance_rows(session public.success_sessions, rows jsonb)
returns table (number integer, student_id uuid, status public.attendance_status, note text, problem text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    with
    learner as materialized (
        select
            listed.user_id,
            (
                select private.lower_address(account.email)
                from auth.users as account
                where account.id = listed.user_id
            ) as email
        from (
            select part.user_id
            from private.session_learners(session) as part
            union
            select attendance.student_id
            from public.session_attendance as attendance
            where attendance.session_id = session.id
        ) as listed
    ),

    -- Joined by equality, and not looked for row by row: thousands of rows are as many learners.
    known as (
        select
            'student_id' as key_name,
            learner.user_id::text as key,
            array[learner.user_id] as user_ids
        from learner
        union all
        select
            'email',
            learner.email,
            array_agg(learner.user_id order by learner.user_id)
        from learner
        group by learner.email
    ),

    told as (
        select
            element.number,
            element.fields,
            case when element.fields ->> 'student_id' is null then 'email' else 'student_id' end as key_name,
            coalesce(
                lower(element.fields ->> 'student_id'), private.lower_address(element.fields ->> 'email')
            ) as key
        from (
            -- A cell of a spreadsheet that is empty, or nothing but blanks, says nothing.
            select
                listed.ordinality::integer as number,
                (
                    select jsonb_object_agg(cell.key, btrim(cell.value))
                    from jsonb_each_text(
                        case when jsonb_typeof(listed.value) = 'object' then listed.value else '{}' end
                    ) as cell
                    where btrim(cell.value) <> ''
                ) as fields
            from jsonb_array_elements(rows) with ordinality as listed
        ) as element
    ),

    found as (
        select
            told.number,
            told.fields,
            coalesce(known.user_ids, '{}') as user_ids,
            array(
                select label
                from unnest(enum_range(null::public.attendance_status)) as label
                -- Whatever the database sorts by: in Turkish PARTIAL were not partial.
                where label::text = lower(told.fields ->> 'status' collate "C")
            ) as statuses
        from told
        left join known on told.key_name = known.key_name and told.key = known.key
    )

    select
        found.number,
        found.user_ids[1],
        found.statuses[1],
        found.fields ->> 'note',
        case
            when num_nonnulls(found.fields ->> 'student_id', found.fields ->> 'email') <> 1
                then 'needs either student_id or email'
            when cardinality(found.statuses) = 0
                then 'status must be present, late, partial, absent or excused'
            when cardinality(found.user_ids) <> 1 then 'nobody who takes part in this session'
            when char_length(found.fields ->> 'note') > 1000 then 'note must be at most 1,000 characters'
            when
                count(*) over (partition by found.user_ids[1] order by found.number) > 1
                then 'the same student as in an earlier row'
        end
    from found
    order by found.number;
end
$$;
comment on function private.read_attendance_rows(public.success_sessions, jsonb) is
    'The rows of import_attendance: whose they are, what they say, and what is wrong with them (null: nothing).';
revoke execute on function private.read_attendance_rows(public.success_sessions, jsonb) from public;
