-- The managers who asked for the report and were not sent it: notification_preferences with the kind weekly_report.
-- Looked up at the moment of sending, as everything is: who is no manager any more gets none.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.claim_report_mails(from_date date, to_date date, lease interval)
returns table (mail_id uuid, address text, full_name text, timezone text, locale text)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
begin
    return query
    with claimed as (
        insert into notifier.report_mails as mail (recipient_id, first_day, last_day, held_until)
        select preference.user_id, from_date, to_date, clock_timestamp() + lease
        from public.notification_preferences as preference
        inner join auth.users as account on preference.user_id = account.id
        where
            preference.kind = 'weekly_report'
            and preference.enabled
            and btrim(account.email) <> ''
            and account.deleted_at is null
            and exists (
                select from public.user_roles as held
                where
                    held.user_id = preference.user_id
                    and held.role in ('enrollment_manager', 'admin', 'superadmin')
                offset 0
            )
            and not exists (
                select from notifier.suppressions as known
                where
                    known.address_hash = notifier.address_hash(account.email)
                    and known.suppressed_at is not null
                offset 0
            )
        order by preference.user_id
        on conflict on constraint report_mails_recipient_id_first_day_last_day_key do update
            set held_until = excluded.held_until
            where mail.sent_at is null and mail.held_until <= clock_timestamp()
        returning mail.id, mail.recipient_id
    )
    select claimed.id, btrim(account.email), profile.full_name, profile.timezone, profile.locale
    from claimed
    inner join auth.users as account on claimed.recipient_id = account.id
    inner join public.profiles as profile on claimed.recipient_id = profile.id
    order by claimed.recipient_id;
end
$$;
comment on function notifier.claim_report_mails(date, date, interval) is
    'Claims the mails of the report of these days, until the lease ends, for all managers who want it (notification_preferences, kind weekly_report) and were not sent it; nobody is claimed twice at a time.';
revoke execute on function notifier.claim_report_mails(date, date, interval) from public;
grant execute on function notifier.claim_report_mails(date, date, interval) to notifier;
