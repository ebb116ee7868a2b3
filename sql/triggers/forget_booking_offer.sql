-- What was booked through an offer counts towards its limits and says under which terms, so an offer that was booked
-- stays. Vault knows no foreign keys: one that goes takes its secret along here.
-- Security definer: Vault is closed to whoever deletes.
create function private.forget_booking_offer()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (select from public.session_bookings as booking where booking.offer_id = old.id) then
        raise exception using
            errcode = 'PT409',
            message = 'an offer that was booked cannot be deleted',
            detail = 'offer ' || old.id,
            hint = 'Withdraw it with is_active = false; what is booked stays.';
    end if;
    delete from vault.secrets as secret
    where secret.id = (
        select named.id
        from vault.decrypted_secrets as named
        where named.name = format('booking_offers/%s/meeting', old.id)
    );
    return old;
end
$$;
comment on function private.forget_booking_offer() is
    'Refuses with PT409 to delete an offer that was booked; removes the secret of one that goes.';
revoke execute on function private.forget_booking_offer() from public;

create trigger forget_booking_offer before delete on public.booking_offers
for each row execute function private.forget_booking_offer();
