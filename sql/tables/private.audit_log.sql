-- Who was shown a session's credentials, and when. Append-only: no function updates or deletes it.
create table private.audit_log (
    id bigint generated always as identity,
    occurred_at timestamptz not null default clock_timestamp(),
    actor_id uuid not null,
    action text not null,
    session_id uuid not null,
    constraint audit_log_pkey primary key (id)
);
comment on table private.audit_log is
    'Who was shown a session''s credentials, and when. Rows outlive the session and the user, so there are no foreign keys.';
comment on column private.audit_log.id is 'Order of recording.';
comment on column private.audit_log.occurred_at is 'When.';
comment on column private.audit_log.actor_id is 'The user who asked, auth.uid().';
comment on column private.audit_log.action is 'The API function: join_session, session_credentials or booking_offer_credentials.';
comment on column private.audit_log.session_id is 'The session whose credentials were shown; of booking_offer_credentials the booking offer.';

alter table private.audit_log enable row level security;

create index audit_log_session_id_idx on private.audit_log (session_id, occurred_at);
