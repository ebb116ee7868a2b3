-- What claim_meeting_tasks hands to the edge function meetings.
create type public.meeting_task as (
    meeting_id uuid,
    claim_id uuid,
    action text,
    attempt integer,
    may_exist boolean,
    platform text,
    account text,
    external_id text,
    title text,
    description text,
    start_time timestamptz,
    end_time timestamptz,
    timezone text,
    platform_data jsonb
);
comment on type public.meeting_task is
    'One thing to do at a meeting platform: action on the meeting external_id of an account, with the session as it is now: create, update, delete, sweep (delete all others made for meeting_id), reconcile (fetch the report of who was there). may_exist: an earlier attempt to create it may have succeeded unnoticed; look for meeting_id there first.';
