-- What somebody invited before and after sees to have changed. Of the meeting's link and passcode only that they
-- changed, and of the backup link only while people meet through it: one that stands by leaves all as it was. A session
-- that was called off and takes place after all is told of as a whole, so of it only that.
create function notifier.session_changes(old jsonb, new jsonb)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_on_backup boolean := (old ->> 'uses_backup_link')::boolean and (new ->> 'uses_backup_link')::boolean;
begin
    if old ->> 'status' = 'cancelled' and notifier.is_open(new) then
        return jsonb_build_object('status', jsonb_build_object('old', old -> 'status', 'new', new -> 'status'));
    end if;
    if not (notifier.is_open(old) and notifier.is_open(new)) then
        return '{}'::jsonb;
    end if;
    return (
        select coalesce(
            jsonb_object_agg(
                field.name,
                case field.name
                    when 'mentor_name' then jsonb_build_object(
                        'old',
                        (select nullif(full_name, '') from public.profiles where id = (field.old #>> '{}')::uuid),
                        'new',
                        (select nullif(full_name, '') from public.profiles where id = (field.new #>> '{}')::uuid)
                    )
                    when 'platform_name' then jsonb_build_object(
                        'old', (select name from public.meeting_platforms where id = field.old #>> '{}'),
                        'new', (select name from public.meeting_platforms where id = field.new #>> '{}')
                    )
                    when 'meeting_details' then '{"old": true, "new": true}'
                    else jsonb_build_object('old', field.old, 'new', field.new)
                end
            ),
            '{}'
        )
        from (
            values
            ('title', session_changes.old -> 'title', session_changes.new -> 'title'),
            ('description', session_changes.old -> 'description', session_changes.new -> 'description'),
            ('start_time', session_changes.old -> 'start_time', session_changes.new -> 'start_time'),
            ('end_time', session_changes.old -> 'end_time', session_changes.new -> 'end_time'),
            ('timezone', session_changes.old -> 'timezone', session_changes.new -> 'timezone'),
            ('mentor_name', session_changes.old -> 'mentor_id', session_changes.new -> 'mentor_id'),
            ('platform_name', session_changes.old -> 'platform', session_changes.new -> 'platform'),
            (
                'registration_required',
                session_changes.old -> 'registration_required',
                session_changes.new -> 'registration_required'
            ),
            ('meeting_details', session_changes.old -> 'meeting_details', session_changes.new -> 'meeting_details'),
            (
                'meeting_details',
                case when v_on_backup then session_changes.old -> 'backup_details' end,
                case when v_on_backup then session_changes.new -> 'backup_details' end
            ),
            ('meeting_link', session_changes.old -> 'uses_backup_link', session_changes.new -> 'uses_backup_link')
        ) as field (name, old, new)
        where field.old is distinct from field.new
    );
end
$$;
comment on function notifier.session_changes(jsonb, jsonb) is
    'What an invited person sees to have changed between two states: {field: {"old", "new"}}, names instead of ids, meeting_details only as true, meeting_link as whether it is the backup link; empty unless the session was open in both. Of one that was cancelled and is open again: status.';
revoke execute on function notifier.session_changes(jsonb, jsonb) from public;
