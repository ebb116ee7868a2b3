-- Security definer: it is the API; it adds up statistics, which the caller may not read.
create function public.attendance_report(
    from_date date,
    to_date date,
    course_id uuid default null,
    batch_id uuid default null,
    session_type public.session_type default null,
    mentor_id uuid default null,
    grain text default null,
    timezone text default null
)
returns setof public.attendance_figures
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select figures.*
    from private.attendance_figures(
        from_date,
        to_date,
        course_id,
        batch_id,
        session_type,
        private.report_host(mentor_id),
        grain,
        coalesce(timezone, private.my_timezone()),
        not private.is_manager()
    ) as figures;
end
$$;
comment on function public.attendance_report(
    date, date, uuid, uuid, public.session_type, uuid, text, text
) is
    'Attendance in the sessions that begin from from_date to to_date, days of timezone (the caller''s own when left out): one row for all of them, or one per day, week (from Monday) or month (grain), the first and last cut off at the dates. Each row is compared with the one before it, the first with the day, week or month before from_date, one row for all with as many days. Narrowed by course, batch, kind and mentor; an id that is unknown finds nothing. Managers all sessions, mentors those they host. Figures: see the type attendance_figures. Errors: 42501 for others, or another mentor; 22023 naming the argument, at most 1,096 days, 366 of them single.';
revoke execute on function public.attendance_report(
    date, date, uuid, uuid, public.session_type, uuid, text, text
) from public, anon, authenticated, service_role;
grant execute on function public.attendance_report(
    date, date, uuid, uuid, public.session_type, uuid, text, text
) to authenticated;
