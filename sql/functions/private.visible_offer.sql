-- The one door of the API functions to an offer, as private.visible_session is to a session: unknown and invisible get
-- the same answer after the same work.
-- Called by definer functions, which row-level security would not stop. It says for one offer what the policy
-- booking_offers_select_audience_mentor_or_manager says for all, and a test compares the two.
create function private.visible_offer(offer_id uuid)
returns public.booking_offers
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_offer_keys constant uuid[] := private.my_offer_keys();
    v_hosts_from constant uuid := private.my_hosts_from();
    v_hosts_to constant uuid := private.my_hosts_to();
    v_offer public.booking_offers;
begin
    select offer.* into v_offer
    from public.booking_offers as offer
    where
        offer.id = visible_offer.offer_id
        and (
            offer.audience_key = any(v_offer_keys)
            or offer.mentor_id between v_hosts_from and v_hosts_to
        );
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format(
                'offer_id %s is unknown or not visible to you', coalesce(visible_offer.offer_id::text, 'null')
            ),
            hint = 'Check the id; an active offer is visible to those it is made to, its mentor and managers.';
    end if;
    return v_offer;
end
$$;
comment on function private.visible_offer(uuid) is
    'The booking offer, if the calling user may see it; else PT404, the same for unknown and invisible.';
revoke execute on function private.visible_offer(uuid) from public;
