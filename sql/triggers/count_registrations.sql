-- As private.count_attendance does, for seats.
-- Security definer: registrations are written in many people's names.
create function private.count_registrations()
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
        select changed.session_id as id, count(*) filter (where changed.status = 'registered') as registered
        from changed
        where changed.session_id = any(v_session_ids)
        group by changed.session_id
        order by changed.session_id
    loop
        update private.session_statistics as statistics
        set registered = statistics.registered + v_sign * v_session.registered
        where statistics.session_id = v_session.id;
    end loop;
    return null;
end
$$;
comment on function private.count_registrations() is
    'Adds (argument 1) or takes away (-1) the seats that a statement wrote, in the statistics of completed sessions.';
revoke execute on function private.count_registrations() from public;

create trigger count_registrations_added
after insert on public.session_registrations
referencing new table as changed
for each statement execute function private.count_registrations('1');

create trigger count_registrations_changed_0_old
after update on public.session_registrations
referencing old table as changed
for each statement execute function private.count_registrations('-1');

create trigger count_registrations_changed_1_new
after update on public.session_registrations
referencing new table as changed
for each statement execute function private.count_registrations('1');

create trigger count_registrations_removed
after delete on public.session_registrations
referencing old table as changed
for each statement execute function private.count_registrations('-1');
