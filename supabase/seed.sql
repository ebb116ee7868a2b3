-- Demo data: one course with two batches, and people in every role. Everybody signs in with the password
-- `demo-password`. Loaded by `make demo`, `make up` and `supabase db reset`; never part of a migration. It may be
-- loaded again.

with
person (id, email, full_name, timezone) as (
    values
    ('00000000-0000-4000-8000-000000000001'::uuid, 'sofia@example.com', 'Sofia Superadmin', 'Europe/Madrid'),
    ('00000000-0000-4000-8000-000000000002', 'ada@example.com', 'Ada Admin', 'Europe/London'),
    ('00000000-0000-4000-8000-000000000003', 'erin@example.com', 'Erin Enrollments', 'Europe/Dublin'),
    ('00000000-0000-4000-8000-000000000004', 'marta@example.com', 'Marta Mentor', 'Europe/Berlin'),
    ('00000000-0000-4000-8000-000000000005', 'milo@example.com', 'Milo Mentor', 'America/New_York'),
    ('00000000-0000-4000-8000-000000000006', 'sam@example.com', 'Sam Student', 'America/Los_Angeles'),
    ('00000000-0000-4000-8000-000000000007', 'sita@example.com', 'Sita Student', 'Asia/Kolkata'),
    ('00000000-0000-4000-8000-000000000008', 'otto@example.com', 'Otto Otherbatch', 'Europe/Vienna'),
    ('00000000-0000-4000-8000-000000000009', 'uma@example.com', 'Uma Unbatched', 'Australia/Sydney'),
    ('00000000-0000-4000-8000-000000000010', 'pia@example.com', 'Pia Paused', 'Africa/Nairobi')
),

account as (
    insert into auth.users (
        instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, raw_app_meta_data,
        raw_user_meta_data, confirmation_token, recovery_token, email_change_token_new, email_change, created_at,
        updated_at
    )
    select
        '00000000-0000-0000-0000-000000000000',
        person.id,
        'authenticated',
        'authenticated',
        person.email,
        extensions.crypt('demo-password', extensions.gen_salt('bf', 6)),
        now(),
        '{"provider": "email", "providers": ["email"]}',
        jsonb_build_object('full_name', person.full_name, 'timezone', person.timezone),
        '',
        '',
        '',
        '',
        now(),
        now()
    from person
    on conflict do nothing
    returning id, email
)

insert into auth.identities (provider_id, user_id, identity_data, provider, created_at, updated_at)
select
    account.id::text,
    account.id,
    jsonb_build_object('sub', account.id, 'email', account.email),
    'email',
    now(),
    now()
from account;

insert into public.user_roles (user_id, role)
values
('00000000-0000-4000-8000-000000000001', 'superadmin'),
('00000000-0000-4000-8000-000000000002', 'admin'),
('00000000-0000-4000-8000-000000000003', 'enrollment_manager'),
('00000000-0000-4000-8000-000000000004', 'mentor'),
('00000000-0000-4000-8000-000000000005', 'mentor'),
('00000000-0000-4000-8000-000000000006', 'student'),
('00000000-0000-4000-8000-000000000007', 'student'),
('00000000-0000-4000-8000-000000000008', 'student'),
('00000000-0000-4000-8000-000000000009', 'student'),
('00000000-0000-4000-8000-000000000010', 'student')
on conflict do nothing;

insert into public.courses (id, name)
values ('00000000-0000-4000-8000-0000000000c1', 'Data Engineering')
on conflict do nothing;

insert into public.batches (id, course_id, name)
values
('00000000-0000-4000-8000-0000000000b1', '00000000-0000-4000-8000-0000000000c1', 'Autumn cohort'),
('00000000-0000-4000-8000-0000000000b2', '00000000-0000-4000-8000-0000000000c1', 'Winter cohort')
on conflict do nothing;

insert into public.course_enrollments (student_id, course_id, batch_id, status)
select
    enrollment.student_id::uuid,
    '00000000-0000-4000-8000-0000000000c1',
    enrollment.batch_id::uuid,
    enrollment.status::public.enrollment_status
from (
    values
    ('00000000-0000-4000-8000-000000000006', '00000000-0000-4000-8000-0000000000b1', 'active'),
    ('00000000-0000-4000-8000-000000000007', '00000000-0000-4000-8000-0000000000b1', 'active'),
    ('00000000-0000-4000-8000-000000000008', '00000000-0000-4000-8000-0000000000b2', 'active'),
    ('00000000-0000-4000-8000-000000000009', null, 'active'),
    ('00000000-0000-4000-8000-000000000010', '00000000-0000-4000-8000-0000000000b1', 'paused')
) as enrollment (student_id, batch_id, status)
on conflict do nothing;

-- Who has been there from the beginning is not told that they have come.
delete from notifier.enrollment_changes
where
    student_id between
    '00000000-0000-4000-8000-000000000000'
    and '00000000-0000-4000-8000-ffffffffffff';
