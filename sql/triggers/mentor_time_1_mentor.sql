-- Says in words what no foreign key can hold: a role may be taken away later, and then the rows mean nothing.
-- Security definer: the writer need not be able to read roles.
create function private.check_mentor_time_mentor()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if new.mentor_id is not null
        and not exists (
            select from public.user_roles as held where held.user_id = new.mentor_id and held.role = 'mentor'
        )
    then
        raise exception using
            errcode = '22023',
            message = format('mentor_id %s is not a mentor', new.mentor_id),
            hint = 'Choose a user with the role mentor.';
    end if;
    return new;
end
$$;
comment on function private.check_mentor_time_mentor() is 'Refuses with 22023 the time of somebody who is not a mentor.';
revoke execute on function private.check_mentor_time_mentor() from public;

create trigger mentor_time_1_mentor before insert or update of mentor_id on public.mentor_time_off
for each row execute function private.check_mentor_time_mentor();
create trigger mentor_time_1_mentor before insert or update of mentor_id on public.mentor_availability
for each row execute function private.check_mentor_time_mentor();
