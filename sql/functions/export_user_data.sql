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
