-- The lock is for whoever takes the role away at this moment, or erases the mentor: they wait, and then find the
-- session that was given to the mentor; or they came first, and this waits for them.
create function private.hold_mentor_role(mentor_id uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform from public.user_roles as held
    where held.user_id = hold_mentor_role.mentor_id and held.role = 'mentor'
    for key share;
    if not found then
        raise exception using
            errcode = '22023',
            message = format('mentor_id %s is not a mentor', mentor_id),
            hint = 'Choose a user with the role mentor; a superadmin grants roles in user_roles.';
    end if;
end
$$;
comment on function private.hold_mentor_role(uuid) is
    'Locks the role mentor of a user until the end of the transaction. Refuses with 22023 whoever does not have it.';
revoke execute on function private.hold_mentor_role(uuid) from public;
