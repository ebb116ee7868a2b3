-- Adds students of a completed session to its statistics, or takes them away. One row of arguments per session, however
-- many students there are.
create function private.add_attendance_statistics(
    session_id uuid,
    statuses public.attendance_status[],
    minutes integer[],
    sign integer
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    update private.session_statistics as statistics set
        present = statistics.present + sign * added.present,
        late = statistics.late + sign * added.late,
        partial = statistics.partial + sign * added.partial,
        absent = statistics.absent + sign * added.absent,
        excused = statistics.excused + sign * added.excused,
        minutes = statistics.minutes + sign * added.minutes,
        minutes_to_5 = statistics.minutes_to_5 + sign * added.minutes_to_5,
        minutes_to_10 = statistics.minutes_to_10 + sign * added.minutes_to_10,
        minutes_to_15 = statistics.minutes_to_15 + sign * added.minutes_to_15,
        minutes_to_20 = statistics.minutes_to_20 + sign * added.minutes_to_20,
        minutes_to_25 = statistics.minutes_to_25 + sign * added.minutes_to_25,
        minutes_to_30 = statistics.minutes_to_30 + sign * added.minutes_to_30,
        minutes_to_35 = statistics.minutes_to_35 + sign * added.minutes_to_35,
        minutes_to_40 = statistics.minutes_to_40 + sign * added.minutes_to_40,
        minutes_to_45 = statistics.minutes_to_45 + sign * added.minutes_to_45,
        minutes_to_50 = statistics.minutes_to_50 + sign * added.minutes_to_50,
        minutes_to_55 = statistics.minutes_to_55 + sign * added.minutes_to_55,
        minutes_to_60 = statistics.minutes_to_60 + sign * added.minutes_to_60,
        minutes_to_75 = statistics.minutes_to_75 + sign * added.minutes_to_75,
        minutes_to_90 = statistics.minutes_to_90 + sign * added.minutes_to_90,
        minutes_to_120 = statistics.minutes_to_120 + sign * added.minutes_to_120,
        minutes_to_180 = statistics.minutes_to_180 + sign * added.minutes_to_180,
        minutes_to_240 = statistics.minutes_to_240 + sign * added.minutes_to_240,
        minutes_to_1440 = statistics.minutes_to_1440 + sign * added.minutes_to_1440
    from (
        select
            count(*) filter (where student.status = 'present') as present,
            count(*) filter (where student.status = 'late') as late,
            count(*) filter (where student.status = 'partial') as partial,
            count(*) filter (where student.status = 'absent') as absent,
            count(*) filter (where student.status = 'excused') as excused,
            coalesce(sum(student.minutes), 0) as minutes,
            count(*) filter (where student.minutes between 0 and 5) as minutes_to_5,
            count(*) filter (where student.minutes between 6 and 10) as minutes_to_10,
            count(*) filter (where student.minutes between 11 and 15) as minutes_to_15,
            count(*) filter (where student.minutes between 16 and 20) as minutes_to_20,
            count(*) filter (where student.minutes between 21 and 25) as minutes_to_25,
            count(*) filter (where student.minutes between 26 and 30) as minutes_to_30,
            count(*) filter (where student.minutes between 31 and 35) as minutes_to_35,
            count(*) filter (where student.minutes between 36 and 40) as minutes_to_40,
            count(*) filter (where student.minutes between 41 and 45) as minutes_to_45,
            count(*) filter (where student.minutes between 46 and 50) as minutes_to_50,
            count(*) filter (where student.minutes between 51 and 55) as minutes_to_55,
            count(*) filter (where student.minutes between 56 and 60) as minutes_to_60,
            count(*) filter (where student.minutes between 61 and 75) as minutes_to_75,
            count(*) filter (where student.minutes between 76 and 90) as minutes_to_90,
            count(*) filter (where student.minutes between 91 and 120) as minutes_to_120,
            count(*) filter (where student.minutes between 121 and 180) as minutes_to_180,
            count(*) filter (where student.minutes between 181 and 240) as minutes_to_240,
            count(*) filter (where student.minutes between 241 and 1440) as minutes_to_1440
        from unnest(statuses, add_attendance_statistics.minutes) as student (status, minutes)
    ) as added
    where statistics.session_id = add_attendance_statistics.session_id;
end
$$;
comment on function private.add_attendance_statistics(uuid, public.attendance_status[], integer[], integer) is
    'Adds (sign 1) or takes away (-1) students of one session: their statuses, and in the same order their minutes, null for those whose presence is not measured.';
revoke execute on function private.add_attendance_statistics(
    uuid, public.attendance_status[], integer[], integer
) from public;
