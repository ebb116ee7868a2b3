-- What booking_offer_credentials answers, for the offer's mentor and managers only.
create type public.booking_offer_credential_details as (
    offer_id uuid,
    platform text,
    link text,
    backup_link text,
    zoom_meeting_id text,
    passcode text
);
comment on type public.booking_offer_credential_details is
    'Answer of booking_offer_credentials: where the meetings of an offer take place, in full; null where nothing is set.';
