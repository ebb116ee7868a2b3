-- Who did what, and who was shown what. Append-only: rows are written by triggers and API functions, never changed, and
-- leave by whole months. Nothing here is hashed while somebody waits: see private.audit_seals.
create table public.audit_log (
    id bigint not null default private.next_audit_id(),
    occurred_at timestamptz not null default clock_timestamp(),
    actor_id uuid default auth.uid(),
    role text not null default coalesce(nullif(auth.role(), ''), session_user::text),
    request text default nullif(
        concat_ws(
            ' ',
            nullif(current_setting('request.method', true), ''),
            nullif(current_setting('request.path', true), '')
        ),
        ''
    ),
    action text not null,
    table_name text not null,
    row_key jsonb not null,
    session_id uuid,
    user_id uuid,
    reason text,
    old jsonb,
    new jsonb,
    constraint audit_log_pkey primary key (id, occurred_at)
) partition by range (occurred_at);
comment on table public.audit_log is
    'Who changed what, old and new per field, and who was shown credentials. Append-only, one partition a month, sealed by a chain of hashes that verify_audit_log checks. Read by managers. Rows outlive what they are about, so there are no foreign keys.';
comment on column public.audit_log.id is 'Order of recording, with gaps.';
comment on column public.audit_log.occurred_at is 'When.';
comment on column public.audit_log.actor_id is 'The user who did it, auth.uid(); null: no user, such as the clock or a script.';
comment on column public.audit_log.role is
    'The API''s role, such as authenticated or service_role; outside the API the database login, such as notifier.';
comment on column public.audit_log.request is 'Method and path of the API request, such as POST /rpc/assign_mentor; null outside the API.';
comment on column public.audit_log.action is
    'insert, update or delete; or the function that showed credentials, decided about a participant or erased a user: join_session, session_credentials, booking_offer_credentials, link_participant, dismiss_participant, erase_user.';
comment on column public.audit_log.table_name is 'The table whose row it is about.';
comment on column public.audit_log.row_key is 'Primary key of that row, by column.';
comment on column public.audit_log.session_id is 'The session it is about; null: none.';
comment on column public.audit_log.user_id is 'The user whose row it is: participant, student, holder of a role; null: nobody''s.';
comment on column public.audit_log.reason is 'What whoever did it gave as the reason: the note on an attendance, the reason of a cancellation.';
comment on column public.audit_log.old is
    'The changed fields before, of a deleted row all that were set; null: there was no row, nothing changed, or it was erased with a person''s data.';
comment on column public.audit_log.new is
    'The changed fields after, of a new row all that are set; null: there is no row any more, nothing changed, or it was erased with a person''s data.';

create index audit_log_session_id_idx on public.audit_log (session_id, id) where session_id is not null;
create index audit_log_user_id_idx on public.audit_log (user_id, id) where user_id is not null;
create index audit_log_actor_id_idx on public.audit_log (actor_id, id) where actor_id is not null;
-- For erase_user: what the log says of a mentor's account leads to the mentor.
create index audit_log_meeting_account_idx on public.audit_log ((row_key ->> 'id'))
where table_name = 'meeting_accounts';
