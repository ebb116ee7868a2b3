-- Who may see which figures: managers everybody's, mentors their own.
create function private.report_host(mentor_id uuid)
returns uuid
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if private.is_manager() then
        return mentor_id;
    end if;
    if not private.has_role('mentor') then
        raise exception using
            errcode = '42501',
            message = 'only managers and mentors may see these figures',
            hint = 'Students see their own with student_participation.';
    end if;
    if mentor_id <> auth.uid() then
        raise exception using
            errcode = '42501',
            message = 'mentor_id must be your own id: mentors see the figures of the sessions they host',
            hint = 'Leave it out, or ask a manager.';
    end if;
    return auth.uid();
end
$$;
comment on function private.report_host(uuid) is
    'The mentor whose sessions a report of the caller is about: the one asked for (null: all) for managers, the caller for mentors. Errors: 42501 for everybody else, and for a mentor who asks for another.';
revoke execute on function private.report_host(uuid) from public;
