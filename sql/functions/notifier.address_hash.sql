-- Upper and lower case are the same mailbox nearly everywhere, and nobody is written to twice for the difference.
create function notifier.address_hash(address text)
returns bytea
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return sha256(convert_to(private.lower_address(address), 'UTF8'));
end
$$;
comment on function notifier.address_hash(text) is
    'What a mail address is known by in notifier.suppressions: the SHA-256 of it in lower case; null for null.';
revoke execute on function notifier.address_hash(text) from public;
