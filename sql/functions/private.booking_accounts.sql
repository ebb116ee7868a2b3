-- What private.assign_host_account will choose from. Security invoker: its callers decide who learns of accounts.
create function private.booking_accounts(offer public.booking_offers, moved_session_id uuid)
returns uuid[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_moved public.success_sessions;
    v_accounts uuid[];
begin
    if moved_session_id is not null then
        select session.* into v_moved from public.success_sessions as session where session.id = moved_session_id;
    end if;
    v_accounts := array(
        select account.id
        from private.accounts_making_meetings(coalesce(v_moved.platform, offer.platform), offer.mentor_id) as account
    );
    if v_moved.id is null then
        return case when v_accounts <> '{}' and not private.offer_meeting(offer.id) ? 'link' then v_accounts end;
    elsif v_accounts <> '{}'
        and (
            v_moved.link is null
            or exists (
                select from public.session_meetings as meeting
                where meeting.session_id = v_moved.id and meeting.is_wanted
            )
        )
    then
        return v_accounts;
    end if;
    return case when v_moved.meeting_account_id is not null then array[v_moved.meeting_account_id] end;
end
$$;
comment on function private.booking_accounts(public.booking_offers, uuid) is
    'The meeting accounts one of which a booking of the offer, or this booking of it once moved, has to find room on; null: it needs none.';
revoke execute on function private.booking_accounts(public.booking_offers, uuid) from public;
