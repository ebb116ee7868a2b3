-- Who a participant of a meeting is: by the key that we gave the platform for them, or, where it tells no key, by a
-- verified address that one account alone has. An address beside a key that is not ours was entered by whoever
-- registered themselves, and may be anybody's. Never by name.
create function private.match_participant(session_ids uuid[], participant_key text, email text)
returns uuid
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_address text := private.lower_address(email);
    v_user_id uuid;
    v_user_ids uuid[];
begin
    select known.user_id into v_user_id
    from private.platform_participants as known
    where known.session_id = any(session_ids) and known.participant_key = match_participant.participant_key
    order by array_position(session_ids, known.session_id)
    limit 1;
    if v_user_id is null
        and participant_key ~* '^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$'
    then
        v_user_id := (select profile.id from public.profiles as profile where profile.id = participant_key::uuid);
    end if;
    if v_user_id is null and coalesce(participant_key, '') = '' and email like '%@%' then
        -- instance_id, which is the same for all users, because Supabase's index is on instance_id and the address. A
        -- database that sorts in Turkish has INFO@ there as ınfo@.
        v_user_ids := array(
            select account.id
            from auth.users as account
            where
                account.instance_id = '00000000-0000-0000-0000-000000000000'
                and lower(account.email) in (v_address, lower(upper(v_address collate "C") collate "default"))
                and private.lower_address(account.email) = v_address
                and account.email_confirmed_at is not null
                and account.deleted_at is null
            limit 2
        );
        if cardinality(v_user_ids) = 1 then
            v_user_id := v_user_ids[1];
        end if;
    end if;
    return v_user_id;
end
$$;
comment on function private.match_participant(uuid[], text, text) is
    'The user that a participant of a meeting is: by a key given out for one of these sessions, by a key that is the user''s id, or, where there is no key, by a verified address; null: not known.';
revoke execute on function private.match_participant(uuid[], text, text) from public;
