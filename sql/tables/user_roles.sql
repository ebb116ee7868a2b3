-- Which roles a user holds. The first superadmin is inserted by the DBA; from then on superadmins decide.
create table public.user_roles (
    user_id uuid not null,
    role public.app_role not null,
    granted_at timestamptz not null default now(),
    constraint user_roles_pkey primary key (user_id, role),
    constraint user_roles_user_id_fkey foreign key (user_id) references public.profiles (id) on delete cascade
);
comment on table public.user_roles is 'Which roles a user holds; only superadmins change it.';
comment on column public.user_roles.user_id is 'The user.';
comment on column public.user_roles.role is 'The role held.';
comment on column public.user_roles.granted_at is 'Since when.';

-- All mentors, among ten times as many students.
create index user_roles_mentor_idx on public.user_roles (user_id) where role = 'mentor';
