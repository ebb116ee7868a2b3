create function private.email_outcome(email notifier.emails)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_before bigint;
begin
    if email.status = 'queued' then
        select max(earlier.event_id) into v_before
        from notifier.emails as earlier
        where
            earlier.session_id = email.session_id
            and earlier.recipient_id = email.recipient_id
            and earlier.topic = email.topic
            and earlier.event_id < email.event_id
            and earlier.status in ('queued', 'claimed', 'sending', 'in_doubt');
    end if;
    return case email.status
        when 'queued' then case
            when email.attempts > 0 then format(
                'attempt %s failed; it is tried again at %s', email.attempts, private.utc_text(email.available_at)
            )
            when v_before is not null then format('waits for the mail about change %s', v_before)
            when email.available_at > clock_timestamp() then 'waits until ' || private.utc_text(email.available_at)
            else 'is due, and waits for a notifier to take it'
        end
        when 'claimed' then format('the notifier %s is making it', email.claimed_by)
        when 'sending' then format('the notifier %s has handed it over and awaits the answer', email.claimed_by)
        when 'in_doubt' then format(
            'was handed over and the answer is unknown; it is sent again as it was at %s',
            private.utc_text(email.available_at)
        )
        when 'sent' then format('was accepted by %s at %s', email.transport, private.utc_text(email.sent_at))
        || case when email.carried_by is not null then ', in one mail with other changes' else '' end
        || case
            when email.in_doubt_at is not null then ', after an attempt of unknown outcome: it may have come twice'
            else ''
        end
        when 'dead' then format('was given up after %s attempts', email.attempts)
        when 'skipped' then 'was not sent: ' || case email.skip_reason
            when 'superseded' then 'an earlier mail that was still waiting says it, too'
            when 'already_told' then 'an earlier mail went out so late that it said it all'
            when 'cancelled_before_told' then 'the session had been called off by then'
            when 'not_invited' then 'they are no longer invited, or their access had ended'
            when 'not_registered' then 'they had given up the seat'
            when 'nothing_changed' then 'there was nothing left to tell'
            when 'session_over' then 'it was too late, the session was over'
            when 'session_moved' then 'it was to remind of a start that is none any more'
            when 'too_late' then 'it was to remind, and came too late to be of use'
            when 'told_just_now' then 'it was to remind of what they had been told minutes before'
            when 'switched_off' then 'they have switched off mails of this kind'
            when 'suppressed' then 'their address gets no mail: it bounced, they complained, or an operator said so'
            when 'discarded' then 'an operator discarded it'
            when 'no_address' then 'they have no address, or no account any more'
            else email.skip_reason
        end
    end;
end
$$;
comment on function private.email_outcome(notifier.emails) is 'Where a mail stands and why, in words, without addresses.';
revoke execute on function private.email_outcome(notifier.emails) from public;
