-- The only reader of where the meetings of an offer take place; its callers decide who may see the answer.
create function private.offer_meeting(offer_id uuid)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return coalesce(
        (
            select secret.decrypted_secret::jsonb
            from vault.decrypted_secrets as secret
            where secret.name = format('booking_offers/%s/meeting', offer_id)
        ),
        '{}'
    );
end
$$;
comment on function private.offer_meeting(uuid) is
    'The write-only fields of an offer from Vault, by the names of their columns: link, backup_link, zoom_meeting_id, zoom_passcode.';
revoke execute on function private.offer_meeting(uuid) from public;
