-- The first half of a claim: an ordered index scan that stops after max_emails rows, with one look at an index for each.
create function notifier.lock_due_emails(max_emails integer)
returns uuid []
language plpgsql
set search_path = ''
as $$
declare
    v_now timestamptz := clock_timestamp();
begin
    return array(
        select due.id
        from notifier.emails as due
        where
            due.status in ('queued', 'in_doubt')
            and due.available_at <= v_now
            and not exists (
                select from notifier.emails as earlier
                where
                    earlier.session_id = due.session_id
                    and earlier.recipient_id = due.recipient_id
                    and earlier.topic = due.topic
                    and earlier.event_id < due.event_id
                    and earlier.status in ('queued', 'claimed', 'sending', 'in_doubt')
            )
        order by due.available_at, due.event_id
        limit max_emails
        for update skip locked
    );
end
$$;
comment on function notifier.lock_due_emails(integer) is
    'Locks the oldest due mails that nobody else holds and that follow no unfinished one, and returns their ids.';
revoke execute on function notifier.lock_due_emails(integer) from public;
