-- What platforms report after a meeting: the last word on who was there between its begin and its end. Append-only; of
-- the reports with one id the latest counts.
create table private.presence_reports (
    id bigint generated always as identity,
    session_id uuid not null,
    platform text not null,
    report_id text not null,
    started_at timestamptz not null,
    ended_at timestamptz not null,
    digest text not null,
    recorded_at timestamptz not null default clock_timestamp(),
    constraint presence_reports_pkey primary key (id),
    constraint presence_reports_session_id_fkey
    foreign key (session_id) references public.success_sessions (id) on delete cascade,
    constraint presence_reports_ended_at_after_started_at check (ended_at >= started_at)
);
comment on table private.presence_reports is
    'Reports of platforms after a meeting, append-only; of the reports with one id the latest counts. Their stays are in private.presence_events.';
comment on column private.presence_reports.id is 'Order of arrival.';
comment on column private.presence_reports.session_id is 'The session. A meeting that several sessions share has a row for each.';
comment on column private.presence_reports.platform is 'The platform.';
comment on column private.presence_reports.report_id is 'The platform''s id of the meeting''s instance, or of the report.';
comment on column private.presence_reports.started_at is 'When the meeting began; what webhooks told of the time from here on no longer counts.';
comment on column private.presence_reports.ended_at is 'When the meeting ended, and with it everybody''s presence.';
comment on column private.presence_reports.digest is 'Of the content: the same report told again changes nothing.';
comment on column private.presence_reports.recorded_at is 'When it was recorded.';

alter table private.presence_reports enable row level security;

create index presence_reports_session_id_platform_report_id_idx
on private.presence_reports (session_id, platform, report_id, id);
