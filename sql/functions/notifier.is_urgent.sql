-- What is about the next 24 hours cannot wait behind what is not: a mail that comes after the session is no use.
create function notifier.is_urgent(old jsonb, new jsonb, told_at timestamptz)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return coalesce(
        least((old ->> 'start_time')::timestamptz, (new ->> 'start_time')::timestamptz) < told_at + interval '24 hours',
        false
    );
end
$$;
comment on function notifier.is_urgent(jsonb, jsonb, timestamptz) is
    'Whether news of a change between these states (notifier.session_snapshot, or null) overtakes other mail: the session begins, or was to begin, within 24 hours of told_at.';
revoke execute on function notifier.is_urgent(jsonb, jsonb, timestamptz) from public;
