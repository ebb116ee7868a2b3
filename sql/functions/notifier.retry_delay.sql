-- 15 seconds, doubled with each attempt, at most an hour, times 0.5 to 1.5 so that what failed together does not return
-- together; after 16 attempts, some eight hours, given up.
create function notifier.retry_delay(attempts integer)
returns interval
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    return case
        when attempts < 16
            then least(interval '15 seconds' * power(2, attempts - 1), interval '1 hour') * (0.5 + random())
    end;
end
$$;
comment on function notifier.retry_delay(integer) is
    'How long to wait after this many attempts, with jitter; null: no more attempts.';
revoke execute on function notifier.retry_delay(integer) from public;
