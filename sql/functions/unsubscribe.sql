-- Behind the link that mails carry (RFC 8058): whoever has the token may do this one thing. The signatures are compared
-- by their hashes with a random prefix: how long that takes tells nothing of the one that is right.
-- Security definer: it is the API; it reads the key and writes what is a user's own.
create function public.unsubscribe(token text, confirm boolean)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_parts text [] := regexp_match(token, '^([a-z_]{1,40})\.([0-9a-f]{32})\.[0-9a-f]{64}$');
    v_nonce bytea := uuid_send(gen_random_uuid());
    v_user_id uuid;
begin
    if v_parts is not null
        and sha256(v_nonce || convert_to(token, 'UTF8')) = sha256(
            v_nonce
            || convert_to(private.unsubscribe_token(private.unsubscribe_key(), v_parts[2]::uuid, v_parts[1]), 'UTF8')
        )
        and v_parts[1] = any(private.optional_mail_kinds())
    then
        select profile.id into v_user_id from public.profiles as profile where profile.id = v_parts[2]::uuid;
    end if;
    if v_user_id is null then
        raise exception using
            errcode = 'PT404',
            message = 'this link is not valid',
            hint = 'Take it from a mail as it is, or change the settings of your profile.';
    end if;
    if confirm then
        insert into public.notification_preferences as preference (user_id, kind, enabled)
        values (v_user_id, v_parts[1], false)
        on conflict (user_id, kind) do update
            set enabled = false
            where preference.enabled;
    end if;
    return v_parts[1];
end
$$;
comment on function public.unsubscribe(text, boolean) is
    'For the edge function unsubscribe: switches the kind of mail off that a token from a mail is for, if confirm, and returns the kind. Safe to repeat. Errors: PT404 for a token that is malformed, wrong or of somebody who is gone.';
revoke execute on function public.unsubscribe(text, boolean) from public, anon, authenticated, service_role;
grant execute on function public.unsubscribe(text, boolean) to service_role;
