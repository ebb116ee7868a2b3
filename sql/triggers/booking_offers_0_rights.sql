-- The policy says who may create an offer, but Postgres asks it after the BEFORE triggers, whose messages would by then
-- have told a stranger who is a mentor. So this one comes first, as with sessions. Security invoker: it asks about
-- whoever writes.
create function private.check_offer_rights()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if not row_security_active('public.booking_offers') then
        return new;
    end if;
    -- Only those whom policies bind may execute these.
    if private.is_manager() then
        return new;
    end if;
    if not private.has_role('mentor') then
        raise exception using
            errcode = '42501',
            message = 'only managers and mentors may create booking offers',
            hint = 'Students book the offers of mentors with book_slot.';
    end if;
    if new.mentor_id is distinct from auth.uid() then
        raise exception using
            errcode = '42501',
            message = 'mentor_id must be your own id: mentors offer their own time',
            hint = 'Leave mentor_id out, or ask a manager.';
    end if;
    return new;
end
$$;
comment on function private.check_offer_rights() is
    'Refuses with 42501 a new offer that the policy booking_offers_insert_mentor_or_manager would refuse, before other triggers look at it.';
revoke execute on function private.check_offer_rights() from public;

create trigger booking_offers_0_rights before insert on public.booking_offers
for each row execute function private.check_offer_rights();
