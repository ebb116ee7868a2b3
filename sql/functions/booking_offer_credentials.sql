-- Security definer: it is the API; it reads Vault and writes the audit log, which the caller may not touch.
create function public.booking_offer_credentials(offer_id uuid)
returns public.booking_offer_credential_details
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_offer public.booking_offers := private.visible_offer(offer_id);
    v_meeting jsonb;
    v_details public.booking_offer_credential_details;
begin
    if not (private.is_manager() or (v_offer.mentor_id = auth.uid() and private.has_role('mentor'))) then
        raise exception using
            errcode = '42501',
            message = 'only its mentor and managers may read where the meetings of an offer take place',
            hint = 'Book a slot; join_session opens its meeting.';
    end if;
    perform private.audit_reveal('booking_offer_credentials', 'booking_offers', v_offer.id);

    v_meeting := private.offer_meeting(v_offer.id);
    v_details.offer_id := v_offer.id;
    v_details.platform := v_offer.platform;
    v_details.link := v_meeting ->> 'link';
    v_details.backup_link := v_meeting ->> 'backup_link';
    v_details.zoom_meeting_id := v_meeting ->> 'zoom_meeting_id';
    v_details.passcode := v_meeting ->> 'zoom_passcode';
    return v_details;
end
$$;
comment on function public.booking_offer_credentials(uuid) is
    'The links, meeting id and passcode of a booking offer, for its mentor and managers. Errors: PT404 unknown or not visible; 42501 for everybody else. Each call is written to the audit log.';
revoke execute on function public.booking_offer_credentials(uuid) from public, anon, authenticated, service_role;
grant execute on function public.booking_offer_credentials(uuid) to authenticated;
