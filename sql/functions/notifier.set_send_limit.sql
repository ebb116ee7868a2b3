-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.set_send_limit(domain text, per_minute integer)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if domain is null or not (domain = '*' or domain ~ '^[A-Za-z0-9.\-]{1,253}$') then
        raise exception using
            errcode = '22023',
            message = 'domain is not a mail domain',
            hint = 'Send what follows the @, such as example.com, or * for all mail.';
    end if;
    if per_minute not between 1 and 1000000 then
        raise exception using
            errcode = '22023',
            message = 'per_minute must be from 1 to 1000000',
            hint = 'Send null to lift the limit.';
    end if;
    if per_minute is null then
        delete from notifier.send_limits as held where held.domain = private.lower_address(set_send_limit.domain);
        return;
    end if;
    insert into notifier.send_limits as held (domain, per_minute)
    values (private.lower_address(set_send_limit.domain), set_send_limit.per_minute)
    on conflict on constraint send_limits_pkey do update set per_minute = excluded.per_minute;
end
$$;
comment on function notifier.set_send_limit(text, integer) is
    'At most so many mails a minute to a domain, or in all (*), over all workers; null lifts the limit. Mails that have been given a later turn keep it. 22023: bad argument.';
revoke execute on function notifier.set_send_limit(text, integer) from public;
grant execute on function notifier.set_send_limit(text, integer) to notifier;
