-- A person's quiet hours and mail of the day, applied to one mail. What cannot wait: that a session is called off or
-- moved within a day, that the way in has changed, an answer about a seat, and news that would come when the session
-- has begun. Reminders and the mentor's summary are no news, and stay out of the mail of the day; a reminder that loses
-- its use by waiting is dropped by the claim then.
create function notifier.postponement(
    topic notifier.email_topic,
    kind notifier.email_kind,
    old jsonb,
    new jsonb,
    changes jsonb,
    timezone text,
    quiet_from time,
    quiet_until time,
    digest_at time,
    postponed_for text,
    as_of timestamptz,
    out reason text,
    out until timestamptz
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_clock time := (as_of at time zone postponement.timezone)::time;
begin
    if topic = 'registration'
        or (topic = 'invitation' and changes ?| array['meeting_details', 'meeting_link'])
        or (
            kind in ('session_cancelled', 'session_rescheduled', 'mentor_unassigned')
            and notifier.is_urgent(old, new, as_of)
        )
    then
        return;
    end if;
    if digest_at is not null and topic in ('invitation', 'recording') then
        if postponed_for is distinct from 'digest' then
            reason := 'digest';
            until := notifier.next_local_time(as_of, postponement.timezone, digest_at);
        end if;
    elsif (
        case
            when quiet_from < quiet_until then v_clock >= quiet_from and v_clock < quiet_until
            else v_clock >= quiet_from or v_clock < quiet_until
        end
    )
    then
        reason := 'quiet_hours';
        until := notifier.next_local_time(as_of, postponement.timezone, quiet_until);
    end if;
    if topic = 'invitation'
        and notifier.is_open(new)
        and least((old ->> 'start_time')::timestamptz, (new ->> 'start_time')::timestamptz) <= until
    then
        reason := null;
        until := null;
    end if;
end
$$;
comment on function notifier.postponement(
    notifier.email_topic, notifier.email_kind, jsonb, jsonb, jsonb, text, time, time, time, text, timestamptz
) is
    'Until when, and for what (quiet_hours or digest), a mail about a change between these states is put off for somebody with these quiet hours and mail of the day, by the clock in their zone; nulls: not at all.';
revoke execute on function notifier.postponement(
    notifier.email_topic, notifier.email_kind, jsonb, jsonb, jsonb, text, time, time, time, text, timestamptz
) from public;
