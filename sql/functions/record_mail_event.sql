-- Security definer: it is the API of the edge functions; the outbox is closed to the service role. Hearing of an event
-- twice changes nothing. The address is hashed here and kept nowhere.
create function public.record_mail_event(
    event_id text,
    kind text,
    occurred_at timestamptz,
    email_id uuid default null,
    address text default null
)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if event_id is null or length(event_id) not between 1 and 200 then
        raise exception using
            errcode = '22023',
            message = 'event_id must have 1 to 200 characters',
            hint = 'Send the id that the provider gives the event.';
    end if;
    if kind is null or kind not in ('delivered', 'delayed', 'bounced', 'soft_bounced', 'complained', 'failed') then
        raise exception using
            errcode = '22023',
            message = format(
                'kind must be delivered, delayed, bounced, soft_bounced, complained or failed, not %s',
                coalesce(quote_literal(left(kind, 50)), 'null')
            ),
            hint = 'Leave out events of other kinds.';
    end if;
    if occurred_at is null then
        raise exception using
            errcode = '22023',
            message = 'occurred_at must not be null',
            hint = 'Send the time that the provider gives the event.';
    end if;
    insert into notifier.mail_events (id, email_id, kind, occurred_at)
    values (
        record_mail_event.event_id,
        record_mail_event.email_id,
        record_mail_event.kind,
        record_mail_event.occurred_at
    )
    on conflict (id) do nothing;
    if not found then
        return 'repeated';
    end if;
    if kind in ('bounced', 'complained') and address is not null then
        perform notifier.suppress_address(address, kind);
    end if;
    return 'recorded';
end
$$;
comment on function public.record_mail_event(text, text, timestamptz, uuid, text) is
    'For the provider''s webhook, as service_role: what became of an accepted mail (delivered, delayed, bounced for good, soft_bounced, complained, failed). After bounced and complained no mail is sent to the address any more. Returns recorded, or repeated for an event_id that is known. 22023: bad argument.';
revoke execute on function public.record_mail_event(text, text, timestamptz, uuid, text)
from public, anon, authenticated;
grant execute on function public.record_mail_event(text, text, timestamptz, uuid, text) to service_role;
