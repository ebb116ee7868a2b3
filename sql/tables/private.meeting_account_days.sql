-- Platforms limit how often one account's meetings may be changed in a day.
create table private.meeting_account_days (
    meeting_account_id uuid not null,
    day date not null,
    changes integer not null default 0,
    is_full boolean not null default false,
    constraint meeting_account_days_pkey primary key (meeting_account_id, day),
    constraint meeting_account_days_meeting_account_id_fkey
    foreign key (meeting_account_id) references public.meeting_accounts (id) on delete cascade
);
comment on table private.meeting_account_days is 'How often the meetings of an account were changed at its platform in a day.';
comment on column private.meeting_account_days.meeting_account_id is 'The account.';
comment on column private.meeting_account_days.day is 'The day, in UTC.';
comment on column private.meeting_account_days.changes is 'Attempts to create, change or delete a meeting; never fewer than the platform counts of ours.';
comment on column private.meeting_account_days.is_full is 'Whether the platform itself has said that it takes no more that day.';

alter table private.meeting_account_days enable row level security;
