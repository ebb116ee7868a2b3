-- Exact but for the steps in which stays are counted: percentile_disc over minutes rounded up to the end of their step.
create function private.stay_percentile(stays bigint[], fraction numeric)
returns integer
language sql
immutable
set search_path = pg_catalog, pg_temp
return (
    select min(counted.bound)
    from (
        select
            step.bound,
            sum(step.students) over (order by step.bound) as up_to_here,
            sum(step.students) over () as students
        from unnest(private.stay_bounds(), stays) as step (bound, students)
    ) as counted
    where counted.students > 0 and counted.up_to_here >= fraction * counted.students
);
comment on function private.stay_percentile(bigint[], numeric) is
    'The shortest of private.stay_bounds that this fraction of the students did not stay longer than; null of nobody.';
revoke execute on function private.stay_percentile(bigint[], numeric) from public;
