-- Names the clash. The exclusion constraint success_sessions_mentor_id_no_overlap is what holds, also between two
-- writers at once; under row-level security Postgres hides its detail. Security definer: the clashing session is the
-- mentor's own or a manager is asking, and both may see it (success_sessions_0_rights has turned away everybody else).
create function private.refuse_double_booking()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_clash public.success_sessions;
begin
    if new.mentor_id is null or new.status not in ('upcoming', 'live') or new.end_time <= new.start_time then
        return new;
    end if;
    select session.* into v_clash
    from public.success_sessions as session
    where
        session.mentor_id = new.mentor_id
        and tstzrange(session.start_time, session.end_time) && tstzrange(new.start_time, new.end_time)
        and session.status in ('upcoming', 'live')
        and session.id <> new.id
    order by session.start_time
    limit 1;
    if found then
        raise exception using
            errcode = '23P01',
            message = format('mentor_id %s already hosts a session at that time', new.mentor_id),
            detail = format(
                'clash with %s, session %s, from %s to %s',
                quote_literal(v_clash.title), v_clash.id,
                private.utc_text(v_clash.start_time), private.utc_text(v_clash.end_time)
            ),
            hint = 'Choose another time or another mentor.',
            constraint = 'success_sessions_mentor_id_no_overlap';
    end if;
    return new;
end
$$;
comment on function private.refuse_double_booking() is
    'Refuses a second upcoming or live session of a mentor at one time with 23P01, naming the first.';
revoke execute on function private.refuse_double_booking() from public;

create trigger success_sessions_5_double_booking
before insert or update of mentor_id, start_time, end_time, status on public.success_sessions
for each row execute function private.refuse_double_booking();
