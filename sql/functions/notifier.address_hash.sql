-- Upper and lower case are the same mailbox nearly everywhere, and nobody is written to twice for the difference. In
-- Turkish the lower case of I is ı: of an address it is i, whatever language the database sorts in.
create function notifier.address_hash(address text)
returns bytea
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return sha256(convert_to(lower(translate(btrim(address), 'I', 'i')), 'UTF8'));
end
$$;
comment on function notifier.address_hash(text) is
    'What a mail address is known by in notifier.suppressions: the SHA-256 of it in lower case; null for null.';
revoke execute on function notifier.address_hash(text) from public;
