-- Hands a worker up to max_emails mails to send, and decides now what each of them says.
--
-- Which: due, oldest first, none while an older mail of the same topic to the same person about the same session is
-- unfinished, so that nobody is told of a change before the session. Rows held by other workers are passed over (skip
-- locked). What one transaction did to several sessions of one person goes out as one mail of several parts, as far as
-- it may go out now. The rows are locked first and judged by a second statement, whose snapshot is younger than the
-- locks.
--
-- What: from what the recipient was told last to what holds now. The mail's event says what was known before it, unless
-- an earlier mail went out so late that it already told of this event too; then the first event after what that mail
-- told does. So it is with whoever came to an audience or left it since: others may have had mails that they had not,
-- and the last one that they had is looked up. The newest event says what holds now; waiting mails of later events are
-- folded into this one. If nothing is left to tell, or the recipient's access has ended, the mail is skipped and says
-- why. A mail in doubt is sent again as it was, and nothing is folded into it. All of that holds for each part of a
-- mail by itself.
--
-- An attempt is counted here, so that a mail that kills its worker is not tried for ever. Where very many stale mails
-- stand before the first to be sent, the call ends empty after a second of skipping and next_wake() says to call again.
--
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.claim_emails(
    worker text,
    max_emails integer,
    lease interval,
    organizer text,
    app_url text
)
returns setof notifier.claimed_email
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_claim_id uuid := gen_random_uuid();
    v_due uuid[];
    v_patience_ends timestamptz := clock_timestamp() + interval '1 second';
begin
    if max_emails is null or max_emails < 1 or lease is null or lease <= interval '0' then
        raise exception using
            errcode = '22023',
            message = 'max_emails and lease must be positive',
            hint = 'Send how many mails to claim and for how long, such as 100 and 1 minute.';
    end if;
    loop
        v_due := notifier.lock_due_emails(max_emails);
        exit when v_due = '{}';
        return query
        select * from notifier.decide_emails(v_due, v_claim_id, worker, lease, organizer, app_url);
        exit when found or clock_timestamp() > v_patience_ends;
    end loop;
end
$$;
comment on function notifier.claim_emails(text, integer, interval, text, text) is
    'Claims up to max_emails due mails for a worker until the lease ends and says what each is to tell, to whom; stale ones are skipped on the way. organizer: mailbox named in calendar parts; app_url: where links lead.';
revoke execute on function notifier.claim_emails(text, integer, interval, text, text) from public;
grant execute on function notifier.claim_emails(text, integer, interval, text, text) to notifier;
