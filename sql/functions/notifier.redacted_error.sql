-- A server's answer often repeats an address.
create function notifier.redacted_error(error text)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return left(
        regexp_replace(error, '[^[:space:]<>"''(),;:]+@[^[:space:]<>"''(),;:]+', '<address>', 'g'), 500
    );
end
$$;
comment on function notifier.redacted_error(text) is
    'What a failed attempt met, as it may be kept: without addresses, 500 characters at most.';
revoke execute on function notifier.redacted_error(text) from public;
