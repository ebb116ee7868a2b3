-- Security definer: it is the API; it adds up statistics, which the caller may not read.
create function public.mentor_performance(
    from_date date,
    to_date date,
    course_id uuid default null,
    batch_id uuid default null,
    session_type public.session_type default null,
    mentor_id uuid default null,
    grain text default null,
    timezone text default null
)
returns setof public.mentor_figures
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select figures.*
    from private.mentor_figures(
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
comment on function public.mentor_performance(
    date, date, uuid, uuid, public.session_type, uuid, text, text
) is
    'What mentors did in the sessions that begin from from_date to to_date: hosting, punctuality, cancellations, handovers, attendance, fill, ratings. A row per mentor who hosted or had handed over a session then or in the period before, and period; arguments, periods, comparison and errors as for attendance_report. Managers all mentors, mentors themselves. Figures: see the type mentor_figures.';
revoke execute on function public.mentor_performance(
    date, date, uuid, uuid, public.session_type, uuid, text, text
) from public, anon, authenticated, service_role;
grant execute on function public.mentor_performance(
    date, date, uuid, uuid, public.session_type, uuid, text, text
) to authenticated;
