-- Adds what a statement wrote to the statistics of completed sessions. An update fires twice: what was there is taken
-- away, what is there now is added.
-- Security definer: attendance is written in many people's names.
create function private.count_attendance()
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
begin
    if cardinality(v_session_ids) = 0 then
        return null;
    end if;
    perform private.add_attendance_statistics(session.id, session.statuses, session.minutes, v_sign)
    from (
        select
            changed.session_id as id,
            array_agg(changed.status) as statuses,
            array_agg(
                case
                    when changed.status in ('present', 'late', 'partial') and changed.joined_at is not null
                        then changed.minutes_present
                end
            ) as minutes
        from changed
        where changed.session_id = any(v_session_ids)
        group by changed.session_id
        order by changed.session_id
    ) as session;
    return null;
end
$$;
comment on function private.count_attendance() is
    'Adds (argument 1) or takes away (-1) the attendance that a statement wrote, in the statistics of completed sessions.';
revoke execute on function private.count_attendance() from public;

create trigger count_attendance_added
after insert on public.session_attendance
referencing new table as changed
for each statement execute function private.count_attendance('1');

create trigger count_attendance_changed_0_old
after update on public.session_attendance
referencing old table as changed
for each statement execute function private.count_attendance('-1');

create trigger count_attendance_changed_1_new
after update on public.session_attendance
referencing new table as changed
for each statement execute function private.count_attendance('1');

create trigger count_attendance_removed
after delete on public.session_attendance
referencing old table as changed
for each statement execute function private.count_attendance('-1');
