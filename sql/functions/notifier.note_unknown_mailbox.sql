-- A server that says once that there is no such mailbox may be in the middle of a migration; one that says so of
-- several mails in a row means it. Deferrals and full mailboxes do not count. Security definer: role notifier may call
-- the queue's functions and read nothing.
create function notifier.note_unknown_mailbox(email_id uuid, suppress_after integer)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_address text;
    v_recipient_id uuid;
    v_starts_anew boolean;
    v_suppressed_at timestamptz;
begin
    if suppress_after is null or suppress_after < 1 then
        raise exception using errcode = '22023', message = 'suppress_after must be positive';
    end if;
    select
        account.email,
        account.id
    into v_address, v_recipient_id
    from (
        select email.recipient_id
        from notifier.emails as email
        where email.id = note_unknown_mailbox.email_id and email.status = 'dead'
        union all
        select report.recipient_id
        from notifier.report_mails as report
        where report.id = note_unknown_mailbox.email_id and report.refused_at is not null
    ) as mail
    inner join auth.users as account on mail.recipient_id = account.id;
    if v_address is null then
        return false;
    end if;
    v_starts_anew := (
        select
            known.last_strike_at <= v_now - interval '90 days'
            or notifier.was_sent_since(v_recipient_id, known.last_strike_at)
        from notifier.suppressions as known
        where
            known.address_hash = notifier.address_hash(v_address)
            and known.suppressed_at is null
            and known.strikes > 0
    );
    insert into notifier.suppressions as known (address_hash, reason, strikes, last_strike_at, suppressed_at)
    values (
        notifier.address_hash(v_address), 'refused', 1, v_now, case when suppress_after = 1 then v_now end
    )
    on conflict (address_hash) do update
        set
            strikes = case when v_starts_anew then 0 else known.strikes end + 1,
            last_strike_at = v_now,
            suppressed_at = coalesce(
                known.suppressed_at,
                case
                    when case when v_starts_anew then 0 else known.strikes end + 1 >= suppress_after then v_now
                end
            )
    returning known.suppressed_at into v_suppressed_at;
    return v_suppressed_at is not null;
end
$$;
comment on function notifier.note_unknown_mailbox(uuid, integer) is
    'Counts that a mail server refused this mail, now dead, or this mail of a report, because there is no such mailbox; from suppress_after such mails in a row on, each within 90 days of the one before, the address is suppressed. Whether it is.';
revoke execute on function notifier.note_unknown_mailbox(uuid, integer) from public;
grant execute on function notifier.note_unknown_mailbox(uuid, integer) to notifier;
