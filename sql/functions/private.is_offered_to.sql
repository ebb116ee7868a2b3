-- The single-row twin of private.my_offer_keys, for any user. Whether the offer is active is not asked: what was booked
-- while it was outlives it.
create function private.is_offered_to(offer public.booking_offers, user_id uuid)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return exists (
        select from public.course_enrollments as enrollment
        where
            enrollment.student_id = is_offered_to.user_id
            and enrollment.status = 'active'
            and case offer.audience
                when 'everybody' then true
                when 'course' then enrollment.course_id = offer.course_id
                else
                    enrollment.course_id = offer.course_id
                    and enrollment.batch_id is not distinct from offer.batch_id
            end
    );
end
$$;
comment on function private.is_offered_to(public.booking_offers, uuid) is
    'Whether an active enrollment of the user belongs to the offer''s audience.';
revoke execute on function private.is_offered_to(public.booking_offers, uuid) from public;
