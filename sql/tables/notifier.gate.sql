-- Whether a commit must wake the notifier. NOTIFY takes a database-wide lock at commit: with 16 writers, throughput
-- fell from 10,600 to 2,400 transactions a second when each sent one, and stayed three times higher when only those
-- sent one that found the notifier asleep.
create table notifier.gate (
    id boolean not null default true,
    awake_until timestamptz not null default '-infinity',
    constraint gate_pkey primary key (id),
    constraint gate_one_row check (id)
);
comment on table notifier.gate is 'One row: until when some notifier promises to look for work without being told.';
comment on column notifier.gate.id is 'Always true: the one row.';
comment on column notifier.gate.awake_until is 'Commits before this send no NOTIFY; in the past when every notifier sleeps.';

alter table notifier.gate enable row level security;

insert into notifier.gate default values;
