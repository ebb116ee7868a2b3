-- Moves the address into Vault before the row is stored, as success_sessions_4_credentials does. Null leaves it as it
-- is, unless the recording becomes a file. Security definer: Vault is closed to the writer.
create function private.store_recording_url()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if new.url is not null then
        perform private.rule(
            private.is_web_address(new.url) and char_length(new.url) <= 4000,
            'session_recordings_url_is_http',
            'url must be an http(s) address without spaces',
            'Send the recording''s address, or upload the file and send storage_path.'
        );
    end if;
    perform private.rule(
        num_nonnulls(new.url, new.storage_path) < 2,
        'session_recordings_url_or_storage_path',
        'a recording has either a url or a storage_path',
        'Send one of them.'
    );
    if tg_op = 'INSERT' then
        perform private.rule(
            num_nonnulls(new.url, new.storage_path) = 1,
            'session_recordings_url_or_storage_path',
            'a recording needs a url or a storage_path',
            'Send the recording''s address, or upload the file and send storage_path.'
        );
        -- An upsert: this insert comes back as an update, which stores it, or changes nothing. Storing now would let
        -- whoever knows a recording's id overwrite its address.
        if exists (select from public.session_recordings as recording where recording.id = new.id) then
            return new;
        end if;
    elsif new.url is null and new.storage_path is null and old.storage_path is not null then
        raise exception using
            errcode = '22023',
            message = 'a recording needs a url or a storage_path',
            hint = 'Send a url with it, or delete the recording.';
    end if;
    if new.url is not null or new.storage_path is not null then
        perform private.set_session_secret('session_recordings', new.id, 'recording_url', new.url);
        new.url := null;
    end if;
    return new;
end
$$;
comment on function private.store_recording_url() is
    'Moves the url of a recording into Vault and leaves the row without it; a file takes its place.';
revoke execute on function private.store_recording_url() from public;

create trigger session_recordings_1_url before insert or update of url, storage_path on public.session_recordings
for each row execute function private.store_recording_url();
