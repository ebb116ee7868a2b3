-- What import_attendance says of one row.
create type public.attendance_import_row as (
    number integer,
    is_accepted boolean,
    student_id uuid,
    status public.attendance_status,
    problem text
);
comment on type public.attendance_import_row is
    'What import_attendance says of a row: its number from 1, whether it was written, for whom and what; problem says why not.';
