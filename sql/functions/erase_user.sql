-- Pseudonymises: the row of the person stays under its id, and so do the counts, but nothing leads from it to a person.
-- Security definer: it is the API; it changes what no caller may.
-- Locks in the order of everybody else: enrollments, invitations, sessions by id.
create function public.erase_user(user_id uuid)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_hosted integer;
    v_column record;
begin
    if not private.has_role('superadmin') then
        raise exception using
            errcode = '42501',
            message = 'only superadmins may erase a user',
            hint = 'Ask a superadmin.';
    end if;
    if user_id = auth.uid() then
        raise exception using
            errcode = 'PT409',
            message = 'you cannot erase yourself',
            hint = 'Ask another superadmin.';
    end if;
    perform from public.profiles as profile where profile.id = erase_user.user_id for no key update;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format('user_id %s is unknown', coalesce(user_id::text, 'null')),
            hint = 'Send the id of a row of profiles.';
    end if;
    -- The statements below lock sessions, each in the order of ids; one after the other they would not keep that order.
    -- So all of these sessions are locked here first.
    perform private.lock_enrollments(user_id);
    perform from public.session_participants as participant
    where participant.user_id = erase_user.user_id
    order by participant.session_id
    for update;
    perform from public.success_sessions as session
    where session.id in (
        select booking.session_id
        from public.session_bookings as booking
        where booking.student_id = erase_user.user_id
        union all
        select given.session_id
        from private.given_cancel_reasons(erase_user.user_id) as given
        union all
        select concerned.session_id
        from (
            select registration.session_id
            from public.session_registrations as registration
            where registration.student_id = erase_user.user_id
            union all
            select participant.session_id
            from public.session_participants as participant
            where participant.user_id = erase_user.user_id
        ) as concerned
        inner join public.success_sessions as coming on concerned.session_id = coming.id
        where coming.status in ('upcoming', 'live')
    )
    order by session.id
    for no key update;

    update public.course_enrollments as enrollment
    set status = 'withdrawn'
    where enrollment.student_id = erase_user.user_id and enrollment.status in ('active', 'paused');
    perform private.erase_bookings(user_id);
    perform private.erase_mentoring(user_id);
    perform private.erase_cancel_reasons(user_id);
    delete from public.session_participants as participant
    using public.success_sessions as session
    where
        participant.user_id = erase_user.user_id
        and participant.session_id = session.id
        and session.status in ('upcoming', 'live');
    for v_column in
        select
            personal.table_name,
            personal.column_name,
            personal.erasure,
            personal.cleared_columns
        from private.personal_data as personal
        where personal.is_about and personal.erasure <> 'kept'
        order by personal.table_name, personal.column_name
    loop
        if v_column.erasure = 'deleted' then
            execute format(
                'delete from %s where %I = $1', v_column.table_name::regclass, v_column.column_name
            ) using user_id;
        else
            execute format(
                'update %s set (%s) = row (%s) where %I = $1 and concat(%2$s) <> ''''',
                v_column.table_name::regclass,
                array_to_string(v_column.cleared_columns, ', '),
                array_to_string(array_fill('default'::text, array[cardinality(v_column.cleared_columns)]), ', '),
                v_column.column_name
            ) using user_id;
        end if;
    end loop;
    -- Asked only now that the role is deleted: whoever gives them a session locks the role (private.hold_mentor_role),
    -- so the delete has waited for it.
    select count(*) into v_hosted
    from public.success_sessions as session
    where session.mentor_id = erase_user.user_id and session.status in ('upcoming', 'live');
    if v_hosted > 0 then
        raise exception using
            errcode = 'PT409',
            message = 'this user still hosts sessions',
            detail = format('%s upcoming or live', v_hosted),
            hint = 'Give them to somebody else with reassign_mentor_sessions, or cancel them.';
    end if;
    update public.profiles as profile
    set timezone = 'UTC', locale = 'en'
    where profile.id = erase_user.user_id and (profile.timezone, profile.locale) <> ('UTC', 'en');
    -- Also the entries that this erasure itself has made: they hold the erased words as old values.
    update public.audit_log as entry
    set old = null, new = null, reason = null
    where
        entry.user_id = erase_user.user_id
        and entry.table_name in ('session_attendance', 'session_excuses')
        and num_nonnulls(entry.old, entry.new, entry.reason) > 0;
    -- Those that nobody has linked to the person, and that the address leads to all the same.
    update private.unmatched_participants as participant
    set identity = null, full_name = null, email = null
    from auth.users as account
    where
        account.id = erase_user.user_id
        and participant.email = private.lower_address(account.email);

    -- Supabase Auth's own soft deletion leaves digests of the address, and an address may have been entered since.
    if exists (
        select from auth.users as account
        where
            account.id = erase_user.user_id
            and (
                account.deleted_at is null
                or account.email is distinct from format('%s@erased.invalid', account.id)
            )
    ) then
        perform private.erase_account(user_id);
        insert into public.audit_log (action, table_name, row_key, user_id)
        values ('erase_user', 'profiles', jsonb_build_object('id', user_id), user_id);
    end if;
end
$$;
comment on function public.erase_user(uuid) is
    'Erases a person: name, address, sign-in, roles, feeds, hours and the free texts that they gave for themselves or that are about them alone; coming bookings and seats are given back. Attendance, enrollments and the audit log keep their rows under the id, which leads to nobody any more. Superadmins only; safe to repeat; cannot be undone. Errors: 42501; PT404 unknown user; PT409 oneself, or somebody who still hosts sessions.';
revoke execute on function public.erase_user(uuid) from public, anon, authenticated, service_role;
grant execute on function public.erase_user(uuid) to authenticated;
