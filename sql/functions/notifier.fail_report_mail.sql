-- What was certainly not sent may be tried again at once, by whoever looks next; what perhaps was, when the lease ends.
-- Security definer: role notifier may call the queue's functions and write nothing.
create function notifier.fail_report_mail(claim uuid, mail_id uuid, failure text, error text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if failure is null or failure not in ('transient', 'permanent', 'unknown') then
        raise exception using
            errcode = '22023',
            message = format(
                'failure must be transient, permanent or unknown, not %s', coalesce(quote_literal(failure), 'null')
            );
    end if;
    update notifier.report_mails as mail
    set
        held_until = case failure when 'unknown' then mail.held_until else clock_timestamp() end,
        refused_at = case failure when 'permanent' then clock_timestamp() end,
        last_error = notifier.redacted_error(error)
    where mail.id = mail_id and mail.claim_id = claim and mail.sent_at is null;
    return found;
end
$$;
comment on function notifier.fail_report_mail(uuid, uuid, text, text) is
    'Records a failure of a mail of claim_report_mail (transient: refused for now, permanent: refused for good, unknown: perhaps accepted) and gives it back, but for one that was perhaps accepted; false when another claim has it.';
revoke execute on function notifier.fail_report_mail(uuid, uuid, text, text) from public;
grant execute on function notifier.fail_report_mail(uuid, uuid, text, text) to notifier;
