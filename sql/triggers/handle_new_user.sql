-- Every auth user has a profile. Names and zones from sign-up are taken when valid: a bad one must not make sign-up
-- fail. Security definer: sign-up runs as supabase_auth_admin, which may not write profiles.
create function private.handle_new_user()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into public.profiles (id, full_name, timezone)
    values (
        new.id,
        left(
            regexp_replace(
                coalesce(new.raw_user_meta_data ->> 'full_name', new.raw_user_meta_data ->> 'name', ''),
                '[[:cntrl:]]+', ' ', 'g'
            ),
            200
        ),
        coalesce(
            (select zone.name from private.time_zones as zone where zone.name = new.raw_user_meta_data ->> 'timezone'),
            'UTC'
        )
    )
    on conflict do nothing;
    return null;
end
$$;
comment on function private.handle_new_user() is 'Makes the profile of a new auth user from its sign-up metadata.';
revoke execute on function private.handle_new_user() from public;

create trigger handle_new_user
after insert on auth.users
for each row execute function private.handle_new_user();

-- Users that signed up before this database had profiles.
insert into public.profiles (id, full_name)
select
    existing.id,
    left(
        regexp_replace(
            coalesce(existing.raw_user_meta_data ->> 'full_name', existing.raw_user_meta_data ->> 'name', ''),
            '[[:cntrl:]]+', ' ', 'g'
        ),
        200
    )
from auth.users as existing
on conflict do nothing;
