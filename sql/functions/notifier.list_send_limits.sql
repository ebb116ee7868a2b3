-- For operators. Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.list_send_limits()
returns table (domain text, per_minute integer, next_turn_at timestamptz)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select
        held.domain,
        held.per_minute,
        held.next_turn_at
    from notifier.send_limits as held
    order by held.domain;
end
$$;
comment on function notifier.list_send_limits() is
    'The limits in force, and until when turns have been given out: in the past, nothing is held back.';
revoke execute on function notifier.list_send_limits() from public;
grant execute on function notifier.list_send_limits() to notifier;
