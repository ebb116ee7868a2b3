-- What is known of a person: handed out, erased, and forgotten in time.

-- == Privacy =========================================================================================================

-- Security definer: it is the API; it gathers rows of tables that nobody may read.
create function public.export_user_data(user_id uuid)
returns jsonb
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_table record;
    v_rows jsonb;
    v_data jsonb;
    v_participant_ids uuid[];
begin
    if user_id is null or (user_id is distinct from auth.uid() and not private.has_role('superadmin')) then
        raise exception using
            errcode = '42501',
            message = 'only superadmins may export the data of somebody else',
            hint = 'Send your own id.';
    end if;
    select
        jsonb_build_object(
            'user_id', account.id,
            'exported_at', private.utc_text(clock_timestamp()),
            'account', jsonb_build_object(
                'email', account.email,
                'phone', account.phone,
                'created_at', account.created_at,
                'last_sign_in_at', account.last_sign_in_at,
                'user_metadata', account.raw_user_meta_data
            )
        ) into v_data
    from auth.users as account
    where account.id = export_user_data.user_id;
    if v_data is null then
        raise exception using
            errcode = 'PT404',
            message = format('user_id %s is unknown', user_id),
            hint = 'Send the id of a row of profiles.';
    end if;

    for v_table in
        select
            personal.table_name,
            string_agg(
                format('stored.%I = $1', personal.column_name) || coalesce(
                    ' and (' || personal.found_where || ')', ''
                ),
                ' or ' order by personal.column_name
            ) as condition
        from private.personal_data as personal
        where personal.is_about
        group by personal.table_name
        order by personal.table_name
    loop
        execute format(
            'select coalesce(jsonb_agg(to_jsonb(stored)), ''[]'') from %s as stored where %s',
            v_table.table_name::regclass,
            v_table.condition
        ) into v_rows using user_id;
        v_data := v_data || jsonb_build_object(v_table.table_name, v_rows);
    end loop;

    -- Where no column names the person: whom the review queue knows by their verified address and nobody has linked,
    -- what was seen of those it knows, and what only the audit log says they gave as a reason.
    v_participant_ids := array(
        select linked.id
        from private.unmatched_participants as linked
        where linked.student_id = export_user_data.user_id
        union
        select found.id
        from auth.users as account
        inner join private.unmatched_participants as found on private.lower_address(account.email) = found.email
        where
            account.id = export_user_data.user_id
            and account.email_confirmed_at is not null
            and found.student_id is null
    );
    return v_data || jsonb_build_object(
        'private.unmatched_participants',
        (
            select coalesce(jsonb_agg(to_jsonb(stored)), '[]')
            from private.unmatched_participants as stored
            where stored.id = any(v_participant_ids)
        ),
        'private.presence_events',
        v_data -> 'private.presence_events' || (
            select coalesce(jsonb_agg(to_jsonb(stored)), '[]')
            from private.presence_events as stored
            where stored.unmatched_id = any(v_participant_ids)
        ),
        'cancel_reasons',
        (
            select coalesce(jsonb_agg(to_jsonb(given)), '[]')
            from private.given_cancel_reasons(user_id) as given
        )
    );
end
$$;
comment on function public.export_user_data(uuid) is
    'Everything that is stored about a user, as one object: account, the rows of each table by its name, and cancel_reasons, what they gave as the reason for cancelling. The own data, or for superadmins anybody''s. Errors: 42501 for somebody else''s; PT404 unknown user.';
revoke execute on function public.export_user_data(uuid) from public, anon, authenticated, service_role;
grant execute on function public.export_user_data(uuid) to authenticated;

-- A booked session bears the student's name in its title, their note in its description and often their words in the
-- reason it was cancelled for; the outbox and the audit log remember all three, also of a session since deleted, and so
-- does a series that has left out a date because of it. Its recordings may bear the title, too.
create function private.erase_bookings(student_id uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    c_reason constant text := 'The student has left.';
    v_session_ids constant uuid[] := array(
        select session.id
        from public.success_sessions as session
        inner join public.session_bookings as booking on session.id = booking.session_id
        where booking.student_id = erase_bookings.student_id
        order by session.id
        for no key update of session
    );
    -- Sessions deleted since. Nothing says any more that they were booked, so these are all deleted one-to-one meetings
    -- that the student was invited to.
    v_deleted_ids constant uuid[] := array(
        select distinct invited.session_id
        from public.audit_log as invited
        inner join public.audit_log as gone on invited.session_id = gone.session_id
        where
            invited.user_id = erase_bookings.student_id
            and invited.table_name = 'session_participants'
            and gone.table_name = 'success_sessions'
            and gone.action = 'delete'
            and gone.old ->> 'session_type' = 'mentorship'
    );
begin
    update public.success_sessions as session
    set status = 'cancelled', cancel_reason = c_reason
    where session.id = any(v_session_ids) and session.status = 'upcoming' and session.start_time > clock_timestamp();
    update public.success_sessions as session
    set
        title = offer.title,
        description = offer.description,
        cancel_reason = case when session.cancel_reason is not null then c_reason end
    from public.session_bookings as booking
    inner join public.booking_offers as offer on booking.offer_id = offer.id
    where
        session.id = any(v_session_ids)
        and booking.session_id = session.id
        and (
            (session.title, session.description) is distinct from (offer.title, offer.description)
            or session.cancel_reason <> c_reason
        );
    -- Platforms name a recording after the meeting, and that was named after the session.
    update public.session_recordings as recording
    set title = null
    where recording.session_id = any(v_session_ids) and recording.title is not null;
    update notifier.events as event
    set old = event.old || known.old, new = event.new || known.new
    from (
        select
            listed.id,
            words.content || jsonb_build_object(
                'cancel_reason', case when listed.old ->> 'cancel_reason' is not null then c_reason end
            ) as old,
            words.content || jsonb_build_object(
                'cancel_reason', case when listed.new ->> 'cancel_reason' is not null then c_reason end
            ) as new
        from notifier.events as listed
        left join public.success_sessions as session on listed.session_id = session.id
        cross join lateral (
            select
                jsonb_build_object(
                    'title', coalesce(session.title, 'Meeting'), 'description', session.description
                ) as content
        ) as words
        where listed.session_id = any(v_session_ids || v_deleted_ids)
    ) as known
    where event.id = known.id and not (event.new @> known.new and coalesce(event.old @> known.old, true));
    update public.series_skips as skip
    set detail = 'clash with a meeting of somebody who has left'
    from unnest(v_session_ids || v_deleted_ids) as erased (session_id)
    where strpos(skip.detail, erased.session_id::text) > 0;
    update public.audit_log as entry
    set old = null, new = null, reason = null
    where
        entry.session_id = any(v_session_ids || v_deleted_ids)
        and num_nonnulls(entry.old, entry.new, entry.reason) > 0;
end
$$;
comment on function private.erase_bookings(uuid) is
    'Calls off the coming sessions that a student booked, and takes their name, notes and reasons out of all of them.';
revoke execute on function private.erase_bookings(uuid) from public;

-- Only the audit log knows who it was, so it is known as long as that is kept.
create function private.given_cancel_reasons(user_id uuid)
returns table (session_id uuid, reason text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select distinct
        entry.session_id,
        entry.new ->> 'cancel_reason'
    from public.audit_log as entry
    where
        entry.actor_id = given_cancel_reasons.user_id
        and entry.table_name = 'success_sessions'
        and entry.new ->> 'cancel_reason' is not null;
end
$$;
comment on function private.given_cancel_reasons(uuid) is
    'What a user gave as the reason for cancelling sessions, as far back as the audit log reaches.';
revoke execute on function private.given_cancel_reasons(uuid) from public;

-- What somebody gives as the reason is often about themselves: they are ill, they are leaving.
create function private.erase_cancel_reasons(user_id uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    c_nothing constant jsonb := jsonb_build_object('cancel_reason', null);
    v_session_ids uuid[];
    v_reasons text[];
begin
    -- Read once: the audit log forgets them below.
    select array_agg(given.session_id), array_agg(given.reason) into v_session_ids, v_reasons
    from private.given_cancel_reasons(user_id) as given;
    perform from public.success_sessions as session
    where session.id = any(v_session_ids)
    order by session.id
    for no key update;
    update public.success_sessions as session
    set cancel_reason = null
    from unnest(v_session_ids, v_reasons) as given (session_id, reason)
    where session.id = given.session_id and session.cancel_reason = given.reason;
    update notifier.events as event
    set old = event.old || c_nothing, new = event.new || c_nothing
    from unnest(v_session_ids, v_reasons) as given (session_id, reason)
    where
        event.session_id = given.session_id
        and given.reason in (event.old ->> 'cancel_reason', event.new ->> 'cancel_reason');
    update public.audit_log as entry
    set old = null, new = null, reason = null
    from unnest(v_session_ids, v_reasons) as given (session_id, reason)
    where
        entry.session_id = given.session_id
        and entry.table_name = 'success_sessions'
        and given.reason in (entry.old ->> 'cancel_reason', entry.new ->> 'cancel_reason');
end
$$;
comment on function private.erase_cancel_reasons(uuid) is
    'Takes what a user gave as the reason for cancelling out of the sessions, the outbox and the audit log.';
revoke execute on function private.erase_cancel_reasons(uuid) from public;

-- What a mentor left behind: accounts on platforms, whose name and login lead to the person, also in the audit log; why
-- they were away when a series of theirs left out a date; and offers, which nobody is to book any more. One that was
-- booked stays, since it says under which terms; its words and its meeting go.
create function private.erase_mentoring(mentor_id uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_offer_ids constant uuid[] := array(
        select offer.id from public.booking_offers as offer where offer.mentor_id = erase_mentoring.mentor_id
    );
begin
    update public.meeting_accounts as account
    set name = format('erased %s', account.id), external_id = null, mentor_id = null
    where account.mentor_id = erase_mentoring.mentor_id;
    update public.audit_log as entry
    set old = null, new = null, reason = null
    where
        entry.table_name = 'meeting_accounts'
        -- Accounts that were the mentor's: taken from them just now, or somebody else's for a long time.
        and (entry.row_key ->> 'id') in (
            select once.row_key ->> 'id'
            from public.audit_log as once
            where
                once.table_name = 'meeting_accounts'
                and once.old ->> 'mentor_id' = erase_mentoring.mentor_id::text
        )
        and num_nonnulls(entry.old, entry.new, entry.reason) > 0;

    update public.series_skips as skip
    set detail = 'clash with time off of somebody who has left'
    where
        skip.reason = 'clash'
        and strpos(skip.detail, 'time off ') > 0
        and skip.series_id in (
            select series.id
            from public.session_series as series
            where series.mentor_id = erase_mentoring.mentor_id
        )
        and skip.detail <> 'clash with time off of somebody who has left';

    -- Roles are locked before offers, as by whoever takes a role away, and after series, as by whoever makes dates of
    -- them.
    perform from public.user_roles as held
    where held.user_id = erase_mentoring.mentor_id
    order by held.role
    for update;
    delete from public.booking_offers as offer
    where
        offer.id = any(v_offer_ids)
        and not exists (select from public.session_bookings as booking where booking.offer_id = offer.id);
    update public.booking_offers as offer
    set is_active = false, title = 'Meeting', description = null
    where
        offer.id = any(v_offer_ids)
        and (offer.is_active or offer.title <> 'Meeting' or offer.description is not null);
    delete from vault.secrets as secret
    where secret.name = any(array(select format('booking_offers/%s/meeting', id) from unnest(v_offer_ids) as id));
end
$$;
comment on function private.erase_mentoring(uuid) is
    'Takes name and login from a mentor''s accounts on platforms, and withdraws the mentor''s offers without a trace of their words.';
revoke execute on function private.erase_mentoring(uuid) from public;

-- What the authentication service knows of a person. The row stays, as everything refers to it; nobody can sign in with
-- it, and the notifier sends it nothing. What else the service keeps of it refers to it: identities, sessions, second
-- factors, tokens that name an address, and what a release to come may add.
create function private.erase_account(user_id uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_kept record;
begin
    for v_kept in
        select
            reference.conrelid::regclass as table_name,
            field.attname as column_name
        from pg_catalog.pg_constraint as reference
        inner join pg_catalog.pg_class as referring on reference.conrelid = referring.oid
        inner join pg_catalog.pg_attribute as field
            on reference.conrelid = field.attrelid and reference.conkey[1] = field.attnum
        where
            reference.contype = 'f'
            and reference.confrelid = 'auth.users'::regclass
            and referring.relnamespace = 'auth'::regnamespace
        order by referring.relname
    loop
        execute format('delete from %s where %I = $1', v_kept.table_name, v_kept.column_name)
        using erase_account.user_id;
    end loop;
    update auth.users as account
    set
        email = format('%s@erased.invalid', account.id),
        phone = null,
        encrypted_password = null,
        raw_user_meta_data = '{}',
        raw_app_meta_data = '{}',
        email_change = '',
        phone_change = '',
        confirmation_token = '',
        recovery_token = '',
        email_change_token_new = '',
        email_change_token_current = '',
        phone_change_token = '',
        reauthentication_token = '',
        -- Not infinity, which the service cannot read: from then on it would list no users at all.
        banned_until = '9999-12-31 00:00:00+00',
        deleted_at = coalesce(account.deleted_at, clock_timestamp())
    where account.id = erase_account.user_id;
end
$$;
comment on function private.erase_account(uuid) is
    'Takes address, phone, name, password, tokens and sign-ins from an account of auth.users, for good.';
revoke execute on function private.erase_account(uuid) from public;

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

-- Who came and went by the minute is needed to settle attendance, and by nobody two years later. Attendance stays.
-- In small lots, from the oldest on: ids rise with time.
create function private.forget_presence()
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
declare
    v_lot constant integer := 2000;
    v_before timestamptz;
    v_oldest timestamptz;
    v_forgotten integer;
begin
    select clock_timestamp() - make_interval(months => settings.presence_retention_months) into v_before
    from public.app_settings as settings;
    select presence.recorded_at into v_oldest
    from private.presence_events as presence
    order by presence.id
    limit 1;
    if v_oldest is null or v_oldest >= v_before then
        return 0;
    end if;
    delete from private.presence_events as forgotten
    where forgotten.id = any(
        array(
            select oldest.id
            from (
                select presence.id, presence.recorded_at
                from private.presence_events as presence
                order by presence.id
                limit v_lot
            ) as oldest
            where oldest.recorded_at < v_before
        )
    );
    get diagnostics v_forgotten = row_count;
    return v_forgotten;
end
$$;
comment on function private.forget_presence() is
    'Deletes up to 2,000 joins and leaves that are older than app_settings.presence_retention_months, oldest first; how many.';
revoke execute on function private.forget_presence() from public;
