-- A session that vanished could tell nobody that it did. It is cancelled first, everybody is told, then it may be
-- deleted. Security definer: whoever deletes has no business in the outbox.
--
-- Its invitations go with it, but everybody else locks these first. Whoever has one waits for the session by now, so
-- this gives way instead of waiting for them.
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
    begin
        perform from public.session_participants as participant
        where participant.session_id = old.id
        order by participant.user_id
        for update nowait;
    exception
        when lock_not_available then
            perform private.refuse_simultaneous_writers();
    end;
    return old;
end
$$;
comment on function private.refuse_untold_session_delete() is
    'Refuses with PT409 to delete a session that is upcoming or live, of which somebody is still to be told, or whose invitations somebody else is changing.';
revoke execute on function private.refuse_untold_session_delete() from public;

create trigger refuse_untold_session_delete before delete on public.success_sessions
for each row execute function private.refuse_untold_session_delete();
