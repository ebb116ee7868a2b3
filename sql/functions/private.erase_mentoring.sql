-- What a mentor left behind: accounts on platforms, whose name and login lead to the person, also in the audit log; why
-- they were away when a series of theirs left out a date; and offers, which nobody is to book any more. One that was
-- booked stays, since it says under which terms; its words and its meeting go.
create function private.erase_mentoring(mentor_id uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_offer_ids constant uuid[] := array(
        select offer.id from public.booking_offers as offer where offer.mentor_id = erase_mentoring.mentor_id
    );
begin
    update public.meeting_accounts as account
    set name = format('erased %s', account.id), external_id = null, mentor_id = null
    where account.mentor_id = erase_mentoring.mentor_id;
    update public.audit_log as entry
    set old = null, new = null, reason = null
    where
        entry.table_name = 'meeting_accounts'
        -- Accounts that were the mentor's: taken from them just now, or somebody else's for a long time.
        and (entry.row_key ->> 'id') in (
            select once.row_key ->> 'id'
            from public.audit_log as once
            where
                once.table_name = 'meeting_accounts'
                and once.old ->> 'mentor_id' = erase_mentoring.mentor_id::text
        )
        and num_nonnulls(entry.old, entry.new, entry.reason) > 0;

    update public.series_skips as skip
    set detail = 'clash with time off of somebody who has left'
    where
        skip.reason = 'clash'
        and strpos(skip.detail, 'time off ') > 0
        and skip.series_id in (
            select series.id
            from public.session_series as series
            where series.mentor_id = erase_mentoring.mentor_id
        )
        and skip.detail <> 'clash with time off of somebody who has left';

    -- Roles are locked before offers, as by whoever takes a role away, and after series, as by whoever makes dates of
    -- them.
    perform from public.user_roles as held
    where held.user_id = erase_mentoring.mentor_id
    order by held.role
    for update;
    delete from public.booking_offers as offer
    where
        offer.id = any(v_offer_ids)
        and not exists (select from public.session_bookings as booking where booking.offer_id = offer.id);
    update public.booking_offers as offer
    set is_active = false, title = 'Meeting', description = null
    where
        offer.id = any(v_offer_ids)
        and (offer.is_active or offer.title <> 'Meeting' or offer.description is not null);
    delete from vault.secrets as secret
    where secret.name = any(array(select format('booking_offers/%s/meeting', id) from unnest(v_offer_ids) as id));
end
$$;
comment on function private.erase_mentoring(uuid) is
    'Takes name and login from a mentor''s accounts on platforms, and withdraws the mentor''s offers without a trace of their words.';
revoke execute on function private.erase_mentoring(uuid) from public;
