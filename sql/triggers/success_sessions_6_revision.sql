-- SEQUENCE rises when something changes that an invitation shows (RFC 5545, section 3.8.7.4); the clock moving the
-- status is no revision.
create function private.revise_session()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    new.updated_at := clock_timestamp();
    if (
        new.title, new.description, new.start_time, new.end_time, new.timezone, new.platform, new.link, new.backup_link,
        new.link_failed_at, new.zoom_meeting_id, new.credentials_updated_at, new.backup_credentials_updated_at,
        new.registration_required, new.mentor_id, new.course_id, new.batch_id, new.cancel_reason,
        new.status = 'cancelled'
    ) is distinct from (
        old.title, old.description, old.start_time, old.end_time, old.timezone, old.platform, old.link, old.backup_link,
        old.link_failed_at, old.zoom_meeting_id, old.credentials_updated_at, old.backup_credentials_updated_at,
        old.registration_required, old.mentor_id, old.course_id, old.batch_id, old.cancel_reason,
        old.status = 'cancelled'
    ) then
        new.sequence := old.sequence + 1;
    end if;
    return new;
end
$$;
comment on function private.revise_session() is 'Raises sequence when a change is one that people see, and sets updated_at.';
revoke execute on function private.revise_session() from public;

create trigger success_sessions_6_revision before update on public.success_sessions
for each row execute function private.revise_session();
