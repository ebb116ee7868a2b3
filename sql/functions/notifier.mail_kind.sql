-- What somebody is to be told, by what they were in the session and what they are now; null: nothing. The host outranks
-- the learner.
create function notifier.mail_kind(role_before text, role_after text, changes jsonb, is_cancelled boolean)
returns notifier.email_kind
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (case
        when role_before is null and role_after is null then null
        when role_after = 'host' and role_before is distinct from 'host' then 'mentor_assigned'
        when role_before = 'host' and role_after is distinct from 'host' and not is_cancelled then 'mentor_unassigned'
        when role_after is null then 'session_cancelled'
        when role_before is null then 'session_scheduled'
        when changes ?| array['start_time', 'end_time'] then 'session_rescheduled'
        when changes ? 'meeting_link' then 'meeting_link_changed'
        when changes <> '{}' then 'session_updated'
    end)::notifier.email_kind;
end
$$;
comment on function notifier.mail_kind(text, text, jsonb, boolean) is
    'Kind of the mail for somebody who was role_before and is role_after (host, learner, null), given notifier.session_changes and whether the session is cancelled; null for no mail.';
revoke execute on function notifier.mail_kind(text, text, jsonb, boolean) from public;
