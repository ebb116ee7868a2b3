-- For operators. Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.suppressed_addresses(address text default null, max_rows integer default 100)
returns table (address_hash text, reason text, strikes integer, suppressed_at timestamptz)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform notifier.check_max_rows(max_rows);
    return query
    select
        encode(known.address_hash, 'hex'),
        known.reason,
        known.strikes,
        known.suppressed_at
    from notifier.suppressions as known
    where
        case
            when suppressed_addresses.address is null then known.suppressed_at is not null
            else known.address_hash = notifier.address_hash(suppressed_addresses.address)
        end
    order by known.suppressed_at desc nulls last
    limit max_rows;
end
$$;
comment on function notifier.suppressed_addresses(text, integer) is
    'Hashes of the addresses that no mail is sent to, the latest first, at most max_rows (null: all); or what is known of one address, strikes included.';
revoke execute on function notifier.suppressed_addresses(text, integer) from public;
grant execute on function notifier.suppressed_addresses(text, integer) to notifier;
