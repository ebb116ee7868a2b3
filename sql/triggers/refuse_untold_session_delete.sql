-- A session that vanished could tell nobody that it did. It is cancelled first, everybody is told, then it may be
-- deleted. Security definer: whoever deletes has no business in the outbox.
create function private.refuse_untold_session_delete()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if old.status not in ('completed', 'cancelled') then
        raise exception using
            errcode = 'PT409',
            message = format('a session that is %s cannot be deleted', old.status),
            detail = 'session ' || old.id,
            hint = 'Cancel it first, so that everybody is told.';
    end if;
    if exists (select from notifier.events as event where event.session_id = old.id and event.expanded_at is null)
        or exists (
            select from notifier.emails as email
            where email.session_id = old.id and email.status in ('queued', 'claimed', 'sending', 'in_doubt')
        )
    then
        raise exception using
            errcode = 'PT409',
            message = 'mail about this session is still on its way',
            detail = 'session ' || old.id,
            hint = 'Delete it once everybody has been told.';
    end if;
    return old;
end
$$;
comment on function private.refuse_untold_session_delete() is
    'Refuses with PT409 to delete a session that is upcoming or live, or of which somebody is still to be told.';
revoke execute on function private.refuse_untold_session_delete() from public;

create trigger refuse_untold_session_delete before delete on public.success_sessions
for each row execute function private.refuse_untold_session_delete();
