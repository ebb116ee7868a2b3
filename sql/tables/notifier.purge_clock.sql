-- When the record is gone through next for what has been kept long enough, and how far a pass has got.
create table notifier.purge_clock (
    id boolean not null default true,
    due_at timestamptz not null default clock_timestamp(),
    reached bigint,
    constraint purge_clock_pkey primary key (id),
    constraint purge_clock_one_row check (id)
);
comment on table notifier.purge_clock is
    'One row: when notifier.purge_by_clock forgets the next batch of what app_settings.outbox_retention_months leaves out.';
comment on column notifier.purge_clock.id is 'Always true: the one row.';
comment on column notifier.purge_clock.due_at is 'Not to be called earlier: a second after a batch that leaves more, a day after a pass.';
comment on column notifier.purge_clock.reached is 'The last event that the pass under way has looked at; null: none is under way.';

alter table notifier.purge_clock enable row level security;

insert into notifier.purge_clock default values;
