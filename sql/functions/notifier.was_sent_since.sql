create function notifier.was_sent_since(recipient_id uuid, since timestamptz)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return exists (
        select from notifier.emails as mail
        where
            mail.recipient_id = was_sent_since.recipient_id
            and mail.status in ('sent', 'skipped', 'dead')
            and mail.sent_at > since
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
