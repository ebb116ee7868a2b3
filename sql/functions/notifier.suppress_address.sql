-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.suppress_address(address text, reason text default 'operator')
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if address is null or address !~ '^[^@[:space:]]+@[^@[:space:]]+$' then
        raise exception using
            errcode = '22023',
            message = 'address is not a mail address',
            hint = 'Send one like name@example.com, without a display name.';
    end if;
    if reason is null or reason not in ('operator', 'bounced', 'complained', 'refused') then
        raise exception using
            errcode = '22023',
            message = 'reason must be operator, bounced, complained or refused',
            hint = 'Leave it out when somebody said so.';
    end if;
    insert into notifier.suppressions as known (address_hash, reason, suppressed_at)
    values (notifier.address_hash(address), suppress_address.reason, clock_timestamp())
    on conflict (address_hash) do update
        set reason = excluded.reason, suppressed_at = excluded.suppressed_at
        where known.suppressed_at is null;
    return found;
end
$$;
comment on function notifier.suppress_address(text, text) is
    'No mail is sent to this address any more; reason: operator, bounced, complained or refused. False when that was so already. The address itself is not stored.';
revoke execute on function notifier.suppress_address(text, text) from public;
grant execute on function notifier.suppress_address(text, text) to notifier;
