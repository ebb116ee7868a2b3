-- The foreign keys hold these rules; this says the same in words that name the field and the remedy. One rule no
-- foreign key can hold: a session and a series never have the same id, since both are UIDs in calendars, where one
-- would replace the other. It is refused as an id that is taken, so that it does not tell whether there is such a
-- series. Security definer: the writer need not be able to read zones, roles and batches.
create function private.check_session_references()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_new boolean := tg_op = 'INSERT';
begin
    if v_is_new and (
        case tg_table_name
            when 'success_sessions' then exists (
                select from public.session_series as series
                where series.id = new.id or series.calendar_uid = new.id
            )
            else exists (select from public.success_sessions as session where session.id = new.id)
        end
    ) then
        raise exception using
            errcode = '23505',
            message = format('id %s is taken', new.id),
            hint = 'Leave id out, or send a new random one.';
    end if;

    if v_is_new or new.timezone is distinct from old.timezone then
        perform private.check_timezone(new.timezone);
    end if;

    if (v_is_new or new.platform is distinct from old.platform)
        and new.platform is not null
        and not exists (
            select from public.meeting_platforms as platform where platform.id = new.platform and platform.is_active
        )
    then
        raise exception using
            errcode = '22023',
            message = format('platform %s is not an active meeting platform', quote_literal(left(new.platform, 60))),
            hint = 'Send the id of an active row of meeting_platforms.';
    end if;

    if (v_is_new or new.course_id is distinct from old.course_id or new.batch_id is distinct from old.batch_id)
        and new.course_id is not null
    then
        if not exists (select from public.courses as course where course.id = new.course_id) then
            raise exception using
                errcode = '22023',
                message = format('course_id %s is unknown', new.course_id),
                hint = 'Send the id of a course.';
        end if;
        if new.batch_id is not null
            and not exists (
                select from public.batches as batch where batch.id = new.batch_id and batch.course_id = new.course_id
            )
        then
            raise exception using
                errcode = '22023',
                message = format('batch_id %s is not a batch of course_id %s', new.batch_id, new.course_id),
                hint = 'Send a batch of that course, or no batch_id for its unbatched students.';
        end if;
    end if;

    if (v_is_new or new.mentor_id is distinct from old.mentor_id) and new.mentor_id is not null then
        perform private.hold_mentor_role(new.mentor_id);
    end if;
    return new;
end
$$;
comment on function private.check_session_references() is
    'Refuses an unknown zone, platform, course, batch or mentor with 22023, and an id shared by a session and a series with 23505, naming the field and the remedy.';
revoke execute on function private.check_session_references() from public;

create trigger success_sessions_2_references
before insert or update of timezone, platform, course_id, batch_id, mentor_id on public.success_sessions
for each row execute function private.check_session_references();
