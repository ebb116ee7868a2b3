-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.held_report_mails(from_date date, to_date date)
returns integer
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
begin
    return (
        select count(*)
        from public.notification_preferences as preference
        inner join notifier.report_mails as mail on preference.user_id = mail.recipient_id
        where
            preference.kind = 'weekly_report'
            and preference.enabled
            and mail.first_day = from_date
            and mail.last_day = to_date
            and mail.sent_at is null
            and mail.refused_at is null
            and mail.held_until > clock_timestamp()
    );
end
$$;
comment on function notifier.held_report_mails(date, date) is
    'How many mails of the report of these days somebody is sending, or was sending when its outcome got lost.';
revoke execute on function notifier.held_report_mails(date, date) from public;
grant execute on function notifier.held_report_mails(date, date) to notifier;
