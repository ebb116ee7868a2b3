-- The recurrence becomes a rule, and what the foreign keys hold is said in words that name the field and the remedy.
-- Security definer: the writer need not be able to read zones, roles and batches.
create function private.set_offer_rule()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_new boolean := tg_op = 'INSERT';
    v_missing text;
begin
    -- Postgres' own refusal prints the whole row, and the write-only fields may still be in it.
    v_missing := case
        when new.mentor_id is null then 'mentor_id'
        when new.title is null then 'title'
        when new.audience is null then 'audience'
        when new.start_time is null then 'start_time'
        when new.timezone is null then 'timezone'
        when new.window_minutes is null then 'window_minutes'
        when new.slot_minutes is null then 'slot_minutes'
        when new.gap_minutes is null then 'gap_minutes'
        when new.booking_notice_minutes is null then 'booking_notice_minutes'
        when new.change_notice_minutes is null then 'change_notice_minutes'
        when new.booking_horizon_days is null then 'booking_horizon_days'
        when new.platform is null then 'platform'
        when new.is_active is null then 'is_active'
        when num_nulls(new.id, new.created_at, new.updated_at) > 0 then 'id, created_at or updated_at'
    end;
    if v_missing is not null then
        raise exception using
            errcode = '23502',
            message = format('%s must not be null', v_missing),
            hint = 'Send a value, or leave the field out where it has a default.';
    end if;

    if not v_is_new and new.mentor_id <> old.mentor_id then
        raise exception using
            errcode = '22023',
            message = 'mentor_id of an offer cannot change',
            hint = 'Withdraw this offer with is_active = false and create one for the other mentor.';
    end if;

    perform private.check_timezone(new.timezone);

    if (v_is_new or new.platform <> old.platform)
        and not exists (
            select from public.meeting_platforms as platform where platform.id = new.platform and platform.is_active
        )
    then
        raise exception using
            errcode = '22023',
            message = format('platform %s is not an active meeting platform', quote_literal(left(new.platform, 60))),
            hint = 'Send the id of an active row of meeting_platforms.';
    end if;

    if new.course_id is not null and not exists (
        select from public.courses as course where course.id = new.course_id
    ) then
        raise exception using
            errcode = '22023',
            message = format('course_id %s is unknown', new.course_id),
            hint = 'Send the id of a course.';
    end if;
    if new.course_id is not null and new.batch_id is not null and not exists (
        select from public.batches as batch where batch.id = new.batch_id and batch.course_id = new.course_id
    ) then
        raise exception using
            errcode = '22023',
            message = format('batch_id %s is not a batch of course_id %s', new.batch_id, new.course_id),
            hint = 'Send a batch of that course.';
    end if;

    if new.is_active and (v_is_new or not old.is_active) then
        perform private.hold_mentor_role(new.mentor_id);
    end if;

    if v_is_new
        or (new.recurrence, new.start_time, new.timezone) is distinct from
        (old.recurrence, old.start_time, old.timezone)
    then
        new.recurrence := nullif(new.recurrence, 'null');
        new.rrule := private.recurrence_rule(
            coalesce(new.recurrence, '{"rrule": "FREQ=DAILY;COUNT=1"}'), new.start_time, new.timezone
        );
        new.exdates := private.recurrence_exdates(
            coalesce(new.recurrence, '{}'), new.start_time, new.timezone
        );
        if not exists (
            select
            from private.expand_rrule(
                new.rrule, new.start_time, new.timezone, cardinality(new.exdates) + 1
            ) as opening
            where opening.local_start::date <> all(new.exdates)
        ) then
            raise exception using
                errcode = '22023',
                message = 'the recurrence has no dates',
                detail = new.rrule,
                hint = 'Let the rule and exdates leave a date on or after start_time.';
        end if;
    else
        new.rrule := old.rrule;
        new.exdates := old.exdates;
    end if;
    return new;
end
$$;
comment on function private.set_offer_rule() is
    'Sets rrule and exdates from recurrence; refuses a missing field (23502), an unknown zone, platform, course, batch or mentor and a recurrence that is wrong or has no dates (22023), naming the field and the remedy.';
revoke execute on function private.set_offer_rule() from public;

create trigger booking_offers_1_rule before insert or update on public.booking_offers
for each row execute function private.set_offer_rule();
