-- Who has a link of their own into which meeting. The link lets in whoever holds it, so it is kept in Vault.
create table private.personal_links (
    meeting_id uuid not null,
    user_id uuid not null,
    created_at timestamptz not null default clock_timestamp(),
    constraint personal_links_pkey primary key (meeting_id, user_id),
    constraint personal_links_meeting_id_fkey
    foreign key (meeting_id) references public.session_meetings (id) on delete cascade,
    constraint personal_links_user_id_fkey
    foreign key (user_id) references public.profiles (id) on delete cascade
);
comment on table private.personal_links is
    'Who has a link of their own into which meeting. The link is in Vault, under personal_links/<meeting_id>/<user_id>.';
comment on column private.personal_links.meeting_id is 'The meeting.';
comment on column private.personal_links.user_id is 'Whose link it is.';
comment on column private.personal_links.created_at is 'When it was issued.';

alter table private.personal_links enable row level security;

create index personal_links_user_id_idx on private.personal_links (user_id);
