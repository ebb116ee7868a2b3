-- The next of the managers who asked for the report and were not sent it: notification_preferences with the kind
-- weekly_report. Looked up at the moment of sending, as everything is: who is no manager any more gets none. One at a
-- time, so that a lease need only last for one mail, however many there are.
--
-- Somebody else may have taken a candidate since this statement began, hence the loop: then it is the next one's turn.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.claim_report_mail(
    from_date date,
    to_date date,
    lease interval,
    after uuid default null,
    try_refused boolean default false
)
returns table (
    mail_id uuid,
    claim_id uuid,
    recipient_id uuid,
    address text,
    full_name text,
    timezone text,
    locale text
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
    v_candidate record;
begin
    for v_candidate in
        select
            preference.user_id,
            btrim(account.email) as address,
            profile.full_name,
            profile.timezone,
            profile.locale
        from public.notification_preferences as preference
        inner join auth.users as account on preference.user_id = account.id
        inner join public.profiles as profile on preference.user_id = profile.id
        where
            preference.kind = 'weekly_report'
            and preference.enabled
            and preference.user_id > coalesce(after, '00000000-0000-0000-0000-000000000000')
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
            and not exists (
                select from notifier.report_mails as settled
                where
                    settled.recipient_id = preference.user_id
                    and settled.first_day = from_date
                    and settled.last_day = to_date
                    and (
                        settled.sent_at is not null
                        or (settled.refused_at is not null and not try_refused)
                        or settled.held_until > clock_timestamp()
                    )
                offset 0
            )
        order by preference.user_id
    loop
        insert into notifier.report_mails as mail (recipient_id, first_day, last_day, claim_id, held_until)
        values (v_candidate.user_id, from_date, to_date, gen_random_uuid(), clock_timestamp() + lease)
        on conflict on constraint report_mails_recipient_id_first_day_last_day_key do update
            set claim_id = excluded.claim_id, held_until = excluded.held_until, refused_at = null
            where
                mail.sent_at is null
                and (mail.refused_at is null or try_refused)
                and mail.held_until <= clock_timestamp()
        returning mail.id, mail.claim_id, mail.recipient_id into mail_id, claim_id, recipient_id;
        if found then
            address := v_candidate.address;
            full_name := v_candidate.full_name;
            timezone := v_candidate.timezone;
            locale := v_candidate.locale;
            return next;
            return;
        end if;
    end loop;
end
$$;
comment on function notifier.claim_report_mail(date, date, interval, uuid, boolean) is
    'Claims a mail of the report of these days, until the lease ends, for the next manager after this one (null: for the first) who wants it (notification_preferences, kind weekly_report) and was not sent it; with try_refused also where it was refused for good. Nobody is claimed twice at a time; no row: there is none.';
revoke execute on function notifier.claim_report_mail(date, date, interval, uuid, boolean) from public;
grant execute on function notifier.claim_report_mail(date, date, interval, uuid, boolean) to notifier;
