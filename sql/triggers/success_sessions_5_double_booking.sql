-- A mentor is neither booked twice, nor without the buffer between two sessions, nor during time off, whoever writes.
-- Writers for one mentor take turns, so that the second of two at once sees the first and is told the clash. For
-- overlapping sessions the exclusion constraint success_sessions_mentor_id_no_overlap has the last word; by itself it
-- would not do: under row-level security Postgres hides its detail, and PostgREST answers it with 400.
-- Security definer: it reads what the writer may not see, and names it only to the mentor and to managers.
create function private.refuse_double_booking()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_clash private.mentor_clash;
    v_hint constant text := 'Choose another time or another mentor.';
begin
    if new.mentor_id is null or new.status not in ('upcoming', 'live') then
        return new;
    end if;
    -- The session takes no time that it did not have before: its status moved, or it was shortened.
    if tg_op = 'UPDATE'
        and old.status in ('upcoming', 'live')
        and new.mentor_id = old.mentor_id
        and new.start_time >= old.start_time
        and new.end_time <= old.end_time
    then
        return new;
    end if;

    perform private.take_mentor_turn(new.mentor_id);

    select clash.* into v_clash
    from private.mentor_clashes(new.mentor_id, new.start_time, new.end_time, array[new.id]) as clash
    order by clash.reason = 'session' desc, clash.start_time
    limit 1;
    if not found then
        return new;
    end if;

    if not (auth.uid() is null or auth.uid() = new.mentor_id or private.is_manager()) then
        perform private.refuse_clash('the mentor is not free at that time', null, 'Choose another time.');
    end if;
    perform private.refuse_clash(
        format(
            case v_clash.reason
                when 'session' then 'mentor_id %s already hosts a session at that time'
                when 'buffer' then 'mentor_id %s hosts another session too close to that time'
                else 'mentor_id %s has time off at that time'
            end,
            new.mentor_id
        ),
        private.clash_text(v_clash),
        v_hint,
        case when v_clash.reason = 'session' then 'success_sessions_mentor_id_no_overlap' else '' end
    );
    return null;
end
$$;
comment on function private.refuse_double_booking() is
    'Refuses with 23P01 (HTTP 409) an upcoming or live session at a time at which its mentor hosts another one, hosts one closer than the buffer, or has time off, and names the clash to those who may know it.';
revoke execute on function private.refuse_double_booking() from public;

create trigger success_sessions_5_double_booking
before insert or update of mentor_id, start_time, end_time, status on public.success_sessions
for each row execute function private.refuse_double_booking();
