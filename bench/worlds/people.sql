-- Users, by the settings bench.students and bench.mentors, and one admin. Ids are the digest of kind and number:
-- repeatable, and as scattered over the indexes as random ones.
create function pg_temp.id(kind text, number bigint) returns uuid language sql immutable
return md5(kind || ' ' || number)::uuid;

create temporary table people on commit drop as
select
    pg_temp.id(kind.name, number) as id,
    kind.name || ' ' || number as full_name,
    kind.name || number || '@example.test' as email,
    (array['Europe/Berlin', 'Asia/Kolkata', 'America/New_York', 'UTC'])[1 + number % 4] as timezone,
    kind.name::public.app_role as role
from (
    values
    ('student', current_setting('bench.students')::integer),
    ('mentor', current_setting('bench.mentors')::integer),
    ('admin', 1)
) as kind (name, count)
cross join lateral generate_series(1, kind.count) as number;

insert into auth.users (id, instance_id, aud, role, email, email_confirmed_at, created_at, updated_at)
select id, '00000000-0000-0000-0000-000000000000', 'authenticated', 'authenticated', email, now(), now(), now()
from people;

insert into public.profiles (id, full_name, timezone) select id, full_name, timezone from people;
insert into public.user_roles (user_id, role) select id, role from people;
