-- What check_in answers.
create type public.check_in_result as (
    is_accepted boolean,
    attendance_status public.attendance_status,
    guesses_left integer
);
comment on type public.check_in_result is
    'Answer of check_in: whether the code was right, the attendance it led to (null: none), and how many wrong codes are left before a pause.';
