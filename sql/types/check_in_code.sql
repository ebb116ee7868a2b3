-- What show_check_in_code answers.
create type public.check_in_code as (
    session_id uuid,
    code text,
    valid_until timestamptz
);
comment on type public.check_in_code is
    'Answer of show_check_in_code: six digits to show in the room, and when the next ones take their place; the old ones are taken for as long again.';
