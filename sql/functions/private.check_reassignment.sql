create function private.check_reassignment(
    from_mentor uuid,
    to_mentor uuid,
    from_time timestamptz,
    to_time timestamptz
)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_message text;
begin
    if not private.is_manager() then
        raise exception using
            errcode = '42501',
            message = 'only managers may reassign sessions',
            hint = 'Ask a manager.';
    end if;
    -- Who no longer is a mentor may still have sessions to be given away.
    v_message := case
        when from_mentor is null then 'from_mentor must not be null'
        when to_mentor is null then 'to_mentor must not be null'
        when from_mentor = to_mentor then 'from_mentor and to_mentor must differ'
        when from_time >= to_time then 'to_time must be after from_time'
        when not exists (select from public.profiles as profile where profile.id = from_mentor)
            then format('from_mentor %s is unknown', from_mentor)
        when not exists (
            select from public.user_roles as held where held.user_id = to_mentor and held.role = 'mentor'
        )
            then format('to_mentor %s is not a mentor', to_mentor)
    end;
    if v_message is not null then
        raise exception using
            errcode = '22023',
            message = v_message,
            hint = 'Send the ids of two users, the second a mentor, and optionally the period.';
    end if;
end
$$;
comment on function private.check_reassignment(uuid, uuid, timestamptz, timestamptz) is
    'Refuses callers who are no managers with 42501, and arguments of reassign_mentor_sessions that make no sense with 22023.';
revoke execute on function private.check_reassignment(uuid, uuid, timestamptz, timestamptz) from public;
