-- Who is no longer a mentor offers nothing. Security definer: whoever takes the role away need not be able to change
-- offers.
create function private.end_booking_offers()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    update public.booking_offers as offer
    set is_active = false
    where offer.mentor_id = old.user_id and offer.is_active;
    return null;
end
$$;
comment on function private.end_booking_offers() is
    'Withdraws the offers of somebody who lost the role mentor.';
revoke execute on function private.end_booking_offers() from public;

create trigger end_booking_offers after delete on public.user_roles
for each row when (old.role = 'mentor') execute function private.end_booking_offers();
