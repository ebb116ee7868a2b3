-- What personal_link hands to the edge function meetings.
create type public.personal_link_details as (
    link text,
    meeting_id uuid,
    platform text,
    account text,
    external_id text,
    title text,
    end_time timestamptz,
    is_host boolean,
    full_name text,
    email text,
    platform_data jsonb
);
comment on type public.personal_link_details is
    'A person''s own link into a meeting that the platform made, or, where link is null, what it takes to have one issued.';
