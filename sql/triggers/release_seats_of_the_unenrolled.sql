-- Losing the enrollment or the invitation loses the seat, in the same transaction. Runs once for each statement, after
-- it has changed and so locked its rows: register_for_session, which locks the enrollment first, is by then either done
-- or will see that access has ended. Security definer: whoever ends an enrollment may not write registrations.
create function private.release_seats_of_the_unenrolled()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
begin
    -- Nearly always nobody has a seat, and this is one index search for each enrollment. `offset 0` keeps it from
    -- becoming a join: the plan is kept, and used for statements of other sizes.
    if not exists (
        select from went
        where
            went.status = 'active'
            and exists (
                select from public.session_registrations as registration
                where
                    registration.student_id = went.student_id
                    and registration.status in ('registered', 'waitlisted')
                offset 0
            )
    ) then
        return null;
    end if;

    -- Only the sessions ahead of the audiences that were left: what students have behind them does not count here.
    perform private.release_seats(array_agg(seat.session_id), array_agg(seat.student_id))
    from private.seats_ahead(
        array(select distinct went.student_id from went where went.status = 'active'),
        array(
            select private.audience_key(audience.course_id, audience.batch_id)
            from (
                select distinct
                    went.course_id,
                    went.batch_id
                from went
                where went.status = 'active'
            ) as audience
        )
    ) as seat
    having count(*) > 0;
    return null;
end
$$;
comment on function private.release_seats_of_the_unenrolled() is
    'Gives back the seats, and places in waitlists, of students whose enrollment no longer lets them take part.';
revoke execute on function private.release_seats_of_the_unenrolled() from public;

create trigger release_seats_changed
after update on public.course_enrollments
referencing old table as went
for each statement execute function private.release_seats_of_the_unenrolled();

create trigger release_seats_removed
after delete on public.course_enrollments
referencing old table as went
for each statement execute function private.release_seats_of_the_unenrolled();
