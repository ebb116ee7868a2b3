-- Asked when a mailbox is refused again, so that no mail that is sent pays for the answer. No index leads from a
-- person to their mails, so the way is over the events since, one look at an index for each: 100 ms for 50,000. A mail
-- may be older by its event than by its sending: the weekly summary hangs on an event of up to a week ago.
create function notifier.was_sent_since(recipient_id uuid, since timestamptz)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
as $$
declare
    c_late constant interval := interval '8 days';
    v_before bigint := (
        select event.id
        from notifier.events as event
        where event.created_at < since - c_late
        order by event.id desc
        limit 1
    );
begin
    return exists (
        select
        from notifier.events as event
        cross join lateral (
            select
            from notifier.emails as mail
            where
                mail.event_id = event.id
                and mail.recipient_id = was_sent_since.recipient_id
                and mail.sent_at > since
            offset 0
        ) as accepted
        where event.id > coalesce(v_before, 0)
    )
    or exists (
        select from notifier.report_mails as report
        where report.recipient_id = was_sent_since.recipient_id and report.sent_at > since
    );
end
$$;
comment on function notifier.was_sent_since(uuid, timestamptz) is
    'Whether a mail to this person was accepted after that moment.';
revoke execute on function notifier.was_sent_since(uuid, timestamptz) from public;
