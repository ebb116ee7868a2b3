-- Security definer: role notifier may call the queue's functions and write nothing.
create function notifier.complete_report_mail(mail_id uuid)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    update notifier.report_mails as mail set sent_at = clock_timestamp(), refused_at = null
    where mail.id = mail_id and mail.sent_at is null;
    return found;
end
$$;
comment on function notifier.complete_report_mail(uuid) is
    'Records that a mail of claim_report_mail was accepted; whether that was news.';
revoke execute on function notifier.complete_report_mail(uuid) from public;
grant execute on function notifier.complete_report_mail(uuid) to notifier;
