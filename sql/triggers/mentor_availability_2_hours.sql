-- The constraints hold these rules; this says the same in words that name the field, the clash and the remedy.
-- Security definer: the writer need not be able to read zones.
create function private.check_mentor_hours()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_other public.mentor_availability;
begin
    perform private.check_timezone(new.timezone);

    select other.* into v_other
    from public.mentor_availability as other
    where
        other.mentor_id = new.mentor_id
        and other.weekday = new.weekday
        and other.timezone = new.timezone
        and other.start_time < new.end_time
        and other.end_time > new.start_time
        and other.id <> new.id
    order by other.start_time
    limit 1;
    if found then
        perform private.refuse_clash(
            'the mentor is available at these hours already',
            format(
                'clash with entry %s, weekday %s, %s to %s in %s',
                v_other.id,
                v_other.weekday,
                to_char(v_other.start_time, 'HH24:MI'),
                to_char(v_other.end_time, 'HH24:MI'),
                v_other.timezone
            ),
            'Change that entry instead.',
            'mentor_availability_mentor_id_no_overlap'
        );
    end if;
    return new;
end
$$;
comment on function private.check_mentor_hours() is
    'Refuses weekly hours in an unknown zone with 22023, and those that overlap others of the mentor with 23P01, naming them.';
revoke execute on function private.check_mentor_hours() from public;

create trigger mentor_availability_2_hours before insert or update on public.mentor_availability
for each row execute function private.check_mentor_hours();
