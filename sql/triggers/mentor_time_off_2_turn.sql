-- Time off and sessions of one mentor are written one after the other, so that each sees the other.
-- Security definer: the turn is taken by functions that are nobody else's business.
create function private.take_turn_for_time_off()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if new.mentor_id is not null then
        perform private.take_time_off_turn(new.mentor_id);
    end if;
    return new;
end
$$;
comment on function private.take_turn_for_time_off() is
    'Waits for those who are giving the mentor sessions at this moment, and keeps others waiting until time off is stored.';
revoke execute on function private.take_turn_for_time_off() from public;

create trigger mentor_time_off_2_turn
before insert or update of mentor_id, start_time, end_time on public.mentor_time_off
for each row execute function private.take_turn_for_time_off();
