-- One mentor who is free: what available_mentors answers, one row each.
create type public.available_mentor as (
    mentor_id uuid,
    full_name text,
    timezone text, -- IANA, of the mentor's profile
    sessions integer, -- how many the mentor hosts in the 28 days around the period, cancelled ones left out
    minutes integer -- how long these are together
);
comment on type public.available_mentor is
    'A mentor who is free, and the load: sessions and minutes hosted in the 28 days around the period asked for.';
