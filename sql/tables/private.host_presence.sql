-- When mentors first came to the sessions they host. Presence of students is attendance and stands elsewhere.
create table private.host_presence (
    session_id uuid not null,
    host_id uuid not null,
    joined_at timestamptz not null,
    constraint host_presence_pkey primary key (session_id, host_id),
    constraint host_presence_session_id_fkey
    foreign key (session_id) references public.success_sessions (id) on delete cascade,
    constraint host_presence_host_id_fkey
    foreign key (host_id) references public.profiles (id) on delete cascade
);
comment on table private.host_presence is 'When mentors first came to the sessions they host, which punctuality is worked out from.';
comment on column private.host_presence.session_id is 'The session.';
comment on column private.host_presence.host_id is 'The mentor who hosted it then.';
comment on column private.host_presence.joined_at is 'First join.';

alter table private.host_presence enable row level security;

create index host_presence_host_id_idx on private.host_presence (host_id);
