-- How many mails a minute may go to a mail domain, or out altogether: what all workers share stands where all look. A
-- limit hands out turns evenly; a mail whose turn is later goes back to the queue until then, once, and is decided anew
-- when it comes. Empty unless an operator sets one.
create table notifier.send_limits (
    domain text not null,
    per_minute integer not null,
    next_turn_at timestamptz not null default clock_timestamp(),
    constraint send_limits_pkey primary key (domain),
    constraint send_limits_domain_lower_case check (domain = '*' or domain ~ '^[a-z0-9.\-]{1,253}$'),
    constraint send_limits_per_minute_positive check (per_minute between 1 and 1000000)
);
comment on table notifier.send_limits is
    'Mails a minute to a domain, and in all (*), over all workers. Urgent mail counts and is not held back.';
comment on column notifier.send_limits.domain is 'What follows the @, in lower case ASCII; * for all mail.';
comment on column notifier.send_limits.per_minute is 'Mails a minute.';
comment on column notifier.send_limits.next_turn_at is 'When the next mail may go; those before have their turns.';

alter table notifier.send_limits enable row level security;
