-- What people may switch off. The others carry what somebody relies on: that and when a session takes place or does
-- not, who hosts it, who has a seat, how to get in.
create function private.optional_mail_kinds()
returns text[]
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return array[
        'session_updated',
        'session_reminder',
        'recording_available',
        'attendance_summary',
        'attendance_warning',
        'weekly_summary'
    ];
end
$$;
comment on function private.optional_mail_kinds() is
    'Kinds of mail (notifier.email_kind) that people may switch off. A session_updated that says that the meeting''s details changed goes out nevertheless; weekly_summary is off unless somebody asks for it.';
revoke execute on function private.optional_mail_kinds() from public;
grant execute on function private.optional_mail_kinds() to authenticated, service_role;
