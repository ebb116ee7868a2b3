-- Exact but for the steps in which stays are counted: percentile_disc over minutes rounded up to the end of their step.
-- A loop and no query, which each session of a report would begin and end three times.
create function private.stay_percentile(stays bigint[], fraction numeric)
returns integer
language plpgsql
immutable
strict
set search_path = pg_catalog, pg_temp
as $$
declare
    v_bounds constant integer[] := private.stay_bounds();
    v_students bigint := 0;
    v_step integer := 0;
    v_count bigint;
    v_left bigint;
begin
    foreach v_count in array stays loop
        v_students := v_students + v_count;
    end loop;
    v_left := ceil(fraction * v_students);
    while v_left > 0 loop
        v_step := v_step + 1;
        v_left := v_left - stays[v_step];
    end loop;
    return v_bounds[v_step];
end
$$;
comment on function private.stay_percentile(bigint[], numeric) is
    'The shortest of private.stay_bounds that this fraction of the students did not stay longer than; null of nobody.';
revoke execute on function private.stay_percentile(bigint[], numeric) from public;
