-- Moves where the meetings take place into Vault before the row is stored, as one secret: an offer is seen by many who
-- have not booked, and the link of many platforms is all that it takes to walk in. Null leaves a field as it is, the
-- empty string removes it; the link only where the platform makes the meetings.
-- Security definer: Vault and accounts are closed to the writer.
create function private.store_offer_meeting()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_name text := format('booking_offers/%s/meeting', new.id);
    v_known jsonb := private.offer_meeting(new.id);
    v_meeting jsonb;
begin
    -- As for sessions, which these are given to.
    perform
        private.rule(
            private.is_web_address(given.link) and char_length(given.link) <= 2000,
            format('booking_offers_%s_is_http', given.name),
            format('%s must be an http(s) address without spaces', given.name),
            'Send the meeting''s address, such as https://zoom.us/j/123456789.'
        )
    from (values ('link', nullif(new.link, '')), ('backup_link', nullif(new.backup_link, ''))) as given (name, link);
    perform private.rule(
        nullif(new.zoom_meeting_id, '') ~ '^[0-9]([ -]?[0-9]){8,10}$',
        'booking_offers_zoom_meeting_id_format',
        'zoom_meeting_id must be 9 to 11 digits',
        'Send the meeting''s number as Zoom shows it, such as 123 456 789.'
    );
    perform private.rule(
        char_length(new.zoom_passcode) <= 4000,
        'booking_offers_zoom_passcode_length',
        'zoom_passcode must be at most 4,000 characters',
        'Send what the platform issued.'
    );

    v_meeting := v_known || jsonb_strip_nulls(
        jsonb_build_object(
            'link', new.link,
            'backup_link', new.backup_link,
            'zoom_meeting_id', new.zoom_meeting_id,
            'zoom_passcode', new.zoom_passcode
        )
    );
    v_meeting := coalesce(
        (select jsonb_object_agg(field.key, field.value) from jsonb_each(v_meeting) as field where field.value <> '""'),
        '{}'
    );
    -- Not asked at other changes: they are no reason to refuse an offer whose account was taken away since.
    if not v_meeting ? 'link'
        and (tg_op = 'INSERT' or v_known ? 'link' or new.platform <> old.platform)
        and not exists (select from private.accounts_making_meetings(new.platform, new.mentor_id))
    then
        raise exception using
            errcode = '23502',
            message = 'link must not be null',
            hint = 'Send the meetings'' address, or enter a meeting account with an external_id on this platform.';
    end if;
    if v_meeting <> v_known then
        if v_known = '{}' then
            perform vault.create_secret(v_meeting::text, v_name, 'Where the meetings of a booking offer take place');
        else
            perform vault.update_secret(secret.id, v_meeting::text)
            from vault.decrypted_secrets as secret
            where secret.name = v_name;
        end if;
    end if;

    new.link := null;
    new.backup_link := null;
    new.zoom_meeting_id := null;
    new.zoom_passcode := null;
    return new;
end
$$;
comment on function private.store_offer_meeting() is
    'Moves link, backup_link, zoom_meeting_id and zoom_passcode of an offer into Vault and leaves the row without them; refuses with 23502 one without a link where no account of its platform makes meetings.';
revoke execute on function private.store_offer_meeting() from public;

create trigger booking_offers_2_meeting
before insert or update of platform, link, backup_link, zoom_meeting_id, zoom_passcode on public.booking_offers
for each row execute function private.store_offer_meeting();
