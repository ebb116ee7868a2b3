-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.unsuppress_address(address text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    delete from notifier.suppressions as known
    where known.address_hash = notifier.address_hash(unsuppress_address.address);
    return found;
end
$$;
comment on function notifier.unsuppress_address(text) is
    'Mail is sent to this address again, from the next mail on; its strikes are forgotten. False when nothing was known of it.';
revoke execute on function notifier.unsuppress_address(text) from public;
grant execute on function notifier.unsuppress_address(text) to notifier;
