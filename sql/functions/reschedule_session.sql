-- Security definer: it is the API; what it calls is nobody else's business.
create function public.reschedule_session(
    session_id uuid,
    start_time timestamptz,
    end_time timestamptz default null
)
returns public.success_sessions
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions := private.editable_session(session_id, 'this');
begin
    perform private.check_session_period(
        reschedule_session.start_time,
        coalesce(reschedule_session.end_time, reschedule_session.start_time + interval '1 minute')
    );
    perform private.update_session(
        v_session.id,
        jsonb_build_object('start_time', reschedule_session.start_time)
        || case
            when reschedule_session.end_time is null then '{}'::jsonb
            else jsonb_build_object('end_time', reschedule_session.end_time)
        end
    );
    select moved.* into v_session from public.success_sessions as moved where moved.id = v_session.id;
    return v_session;
end
$$;
comment on function public.reschedule_session(uuid, timestamptz, timestamptz) is
    'Moves one session, of a series or not, and answers it; without end_time it keeps its length. Registration closes as long before the start as it did. A session of a series keeps its place in it, and edits of the series leave its times alone from then on. Safe to repeat. Managers and the mentor. Errors: PT404; 42501; 22023; PT409 over or cancelled, or live and moved into the future; 23P01 (409) the mentor or the meeting account is not free.';
revoke execute on function public.reschedule_session(uuid, timestamptz, timestamptz)
from public, anon, authenticated, service_role;
grant execute on function public.reschedule_session(uuid, timestamptz, timestamptz) to authenticated;
