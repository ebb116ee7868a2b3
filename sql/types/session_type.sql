-- What kind of live session it is.
create type public.session_type as enum (
    'success_session', -- for a cohort
    'mentorship', -- one-to-one
    'group_coaching' -- a coaching call for a group
);
comment on type public.session_type is 'What kind of live session it is.';
