-- Who may see and change what: helpers, row-level security, grants.

-- == Who may see what ================================================================================================

-- Security definer: user_roles is under row-level security, and policies on it ask this very question.
create function private.has_role(role public.app_role)
returns boolean
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return exists (
        select from public.user_roles as held
        where held.user_id = auth.uid() and held.role = has_role.role
    );
end
$$;
comment on function private.has_role(public.app_role) is 'Whether the calling user holds this role; false for nobody.';
revoke execute on function private.has_role(public.app_role) from public;
grant execute on function private.has_role(public.app_role) to authenticated;

-- Security definer: user_roles is under row-level security, and policies on it ask this very question.
create function private.is_manager()
returns boolean
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return exists (
        select from public.user_roles as held
        where held.user_id = auth.uid() and held.role in ('enrollment_manager', 'admin', 'superadmin')
    );
end
$$;
comment on function private.is_manager() is
    'Whether the calling user is an enrollment manager, admin or superadmin; false for nobody.';
revoke execute on function private.is_manager() from public;
grant execute on function private.is_manager() to authenticated;

-- Security definer: user_roles is under row-level security, and policies on it ask this very question.
create function private.is_settings_admin()
returns boolean
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return exists (
        select from public.user_roles as held
        where held.user_id = auth.uid() and held.role in ('admin', 'superadmin')
    );
end
$$;
comment on function private.is_settings_admin() is
    'Whether the calling user may change settings and platforms: admins and superadmins; false for nobody.';
revoke execute on function private.is_settings_admin() from public;
grant execute on function private.is_settings_admin() to authenticated;

-- Whether the call comes from a login of the database's owner, the DBA in psql, and not from a request. Two things say
-- so, and no request can bring about either. There are no claims: PostgREST sets them for every request, with `role` in
-- them for `anon`, too. And who logged in is the owner, may become it, or is a superuser: `authenticator`, whatever
-- role it takes on, is none of them. current_user is the owner: only definer functions may call this.
create function private.is_owner_login()
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return auth.jwt() is null and auth.role() is null and pg_has_role(session_user, current_user, 'member');
end
$$;
comment on function private.is_owner_login() is
    'Whether the call comes from a connection of the database''s owner or a superuser, without the claims of a request.';
revoke execute on function private.is_owner_login() from public;

-- Computed afresh in every statement, so that access ends with the enrollment.
-- Security definer: it is called by policies and reads enrollments past their own policy.
-- plpgsql rather than sql, here and in its neighbours: a pooled connection keeps the plan.
create function private.my_audience_keys()
returns uuid[]
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return array(
        select private.audience_key(enrollment.course_id, enrollment.batch_id)
        from public.course_enrollments as enrollment
        where enrollment.student_id = auth.uid() and enrollment.status = 'active'
    );
end
$$;
comment on function private.my_audience_keys() is 'The audiences of the caller''s active enrollments; empty for nobody.';
revoke execute on function private.my_audience_keys() from public;
grant execute on function private.my_audience_keys() to authenticated;

-- With my_hosts_to: `host_key between my_hosts_from() and my_hosts_to()` says "hosted by me as a mentor, or by anybody
-- for managers, or nothing" as one range an index can serve. Security definer: user_roles is under row-level security.
create function private.my_hosts_from()
returns uuid
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select
            case
                when bool_or(held.role in ('enrollment_manager', 'admin', 'superadmin'))
                    then '00000000-0000-0000-0000-000000000000'::uuid
                when bool_or(held.role = 'mentor') then auth.uid()
            end
        from public.user_roles as held
        where held.user_id = auth.uid()
    );
end
$$;
comment on function private.my_hosts_from() is
    'The lowest host_key whose sessions the caller may see: the own id for mentors, the lowest of all for managers, null for others.';
revoke execute on function private.my_hosts_from() from public;
grant execute on function private.my_hosts_from() to authenticated;

-- See private.my_hosts_from.
-- Security definer: user_roles is under row-level security.
create function private.my_hosts_to()
returns uuid
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select
            case
                when bool_or(held.role in ('enrollment_manager', 'admin', 'superadmin'))
                    then 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid
                when bool_or(held.role = 'mentor') then auth.uid()
            end
        from public.user_roles as held
        where held.user_id = auth.uid()
    );
end
$$;
comment on function private.my_hosts_to() is
    'The highest host_key whose sessions the caller may see: the own id for mentors, the highest of all for managers, null for others.';
revoke execute on function private.my_hosts_to() from public;
grant execute on function private.my_hosts_to() to authenticated;

-- Security definer: it is called by policies and reads invitations past their own policy.
create function private.my_invited_session_ids()
returns uuid[]
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return array(
        select participant.session_id
        from public.session_participants as participant
        where participant.user_id = auth.uid()
    );
end
$$;
comment on function private.my_invited_session_ids() is
    'Sessions the caller is an explicit participant of; empty for nobody.';
revoke execute on function private.my_invited_session_ids() from public;
grant execute on function private.my_invited_session_ids() to authenticated;

-- With my_rows_to: `user_id between my_rows_from() and my_rows_to()` says "own rows, or all for managers" as one range
-- an index can serve; `user_id = me or is_manager()` hides the index from the planner.
create function private.my_rows_from()
returns uuid
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return case when private.is_manager() then '00000000-0000-0000-0000-000000000000'::uuid else auth.uid() end;
end
$$;
comment on function private.my_rows_from() is
    'Lowest user id whose rows the caller may read: the own one, the lowest of all for managers, null for nobody.';
revoke execute on function private.my_rows_from() from public;
grant execute on function private.my_rows_from() to authenticated;

-- See private.my_rows_from.
create function private.my_rows_to()
returns uuid
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return case when private.is_manager() then 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid else auth.uid() end;
end
$$;
comment on function private.my_rows_to() is
    'Highest user id whose rows the caller may read: the own one, the highest of all for managers, null for nobody.';
revoke execute on function private.my_rows_to() from public;
grant execute on function private.my_rows_to() to authenticated;

-- Security definer: it is called by policies on tables that hang off sessions, and must not run through the sessions'
-- own policy.
create function private.my_hosted_session_ids()
returns uuid[]
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if not private.has_role('mentor') then
        return '{}'::uuid[];
    end if;
    return array(
        select session.id from public.success_sessions as session where session.mentor_id = auth.uid()
    );
end
$$;
comment on function private.my_hosted_session_ids() is 'Sessions the calling mentor is assigned to; empty for everybody else.';
revoke execute on function private.my_hosted_session_ids() from public;
grant execute on function private.my_hosted_session_ids() to authenticated;

-- As the first and last arm of success_sessions_select_audience_host_or_manager, for what hangs off a session. Only
-- those with something published, so that the list stays short.
-- Security definer: it is called by policies and must not run through the policies it serves.
create function private.my_recorded_session_ids()
returns uuid[]
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return array(
        select session.id
        from public.success_sessions as session
        where
            (
                session.audience_key = any(private.my_audience_keys())
                or session.id = any(private.my_invited_session_ids())
            )
            and exists (
                select from public.session_recordings as recording
                where recording.session_id = session.id and recording.is_published
                offset 0 -- a look-up for each, not a join with everybody's
            )
    );
end
$$;
comment on function private.my_recorded_session_ids() is
    'Sessions that the caller takes part in and that have a published recording; empty for nobody.';
revoke execute on function private.my_recorded_session_ids() from public;
grant execute on function private.my_recorded_session_ids() to authenticated;

-- Staff choose among all courses; students know those of their active enrollments only.
-- Security definer: it is called by the policy on courses and reads enrollments past their own policy.
create function private.my_course_ids()
returns uuid[]
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if private.is_manager() or private.has_role('mentor') then
        return array(select course.id from public.courses as course);
    end if;
    return array(
        select enrollment.course_id
        from public.course_enrollments as enrollment
        where enrollment.student_id = auth.uid() and enrollment.status = 'active'
    );
end
$$;
comment on function private.my_course_ids() is
    'The courses the caller may see: all for mentors and managers, those of active enrollments for students.';
revoke execute on function private.my_course_ids() from public;
grant execute on function private.my_course_ids() to authenticated;

-- Staff choose among all batches; students know those of their active enrollments only.
-- Security definer: it is called by the policy on batches and reads enrollments past their own policy.
create function private.my_batch_ids()
returns uuid[]
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if private.is_manager() or private.has_role('mentor') then
        return array(select batch.id from public.batches as batch);
    end if;
    return array(
        select enrollment.batch_id
        from public.course_enrollments as enrollment
        where enrollment.student_id = auth.uid() and enrollment.status = 'active' and enrollment.batch_id is not null
    );
end
$$;
comment on function private.my_batch_ids() is
    'The batches the caller may see: all for mentors and managers, those of active enrollments for students.';
revoke execute on function private.my_batch_ids() from public;
grant execute on function private.my_batch_ids() to authenticated;

-- Security definer: it is called by the policy on series_skips, and must not run through the series' own policy.
create function private.my_hosted_series_ids()
returns uuid[]
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if not private.has_role('mentor') then
        return '{}'::uuid[];
    end if;
    return array(select series.id from public.session_series as series where series.mentor_id = auth.uid());
end
$$;
comment on function private.my_hosted_series_ids() is
    'Series that the calling mentor hosts; empty for everybody else.';
revoke execute on function private.my_hosted_series_ids() from public;
grant execute on function private.my_hosted_series_ids() to authenticated;

-- Security invoker: it only compares what its definer callers hand it with the caller's own role.
create function private.is_session_host(session public.success_sessions)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return coalesce((session).mentor_id = auth.uid(), false) and private.has_role('mentor');
end
$$;
comment on function private.is_session_host(public.success_sessions) is 'Whether the calling user is the session''s mentor.';
revoke execute on function private.is_session_host(public.success_sessions) from public;

-- Whether this user takes part as a learner; the single-row twin of private.session_learners, so that joining does not
-- list a cohort. A mentor who has lost the role hosts nothing any more and is a learner like any other.
create function private.is_session_learner(session public.success_sessions, user_id uuid)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if session.mentor_id = is_session_learner.user_id
        and exists (
            select from public.user_roles as held
            where held.user_id = is_session_learner.user_id and held.role = 'mentor'
        )
    then
        return false;
    end if;
    return exists (
        select from public.course_enrollments as enrollment
        where
            enrollment.student_id = is_session_learner.user_id
            and enrollment.course_id = session.course_id
            and enrollment.batch_id is not distinct from session.batch_id
            and enrollment.status = 'active'
    )
    or exists (
        select from public.session_participants as participant
        where participant.session_id = session.id and participant.user_id = is_session_learner.user_id
    );
end
$$;
comment on function private.is_session_learner(public.success_sessions, uuid) is
    'Whether the user takes part: an active enrollment in the audience or an explicit invitation, and is not the host.';
revoke execute on function private.is_session_learner(public.success_sessions, uuid) from public;

-- Everybody whose attendance counts: the active enrollments of the audience and the explicit participants, without the
-- host. A mentor who has lost the role hosts nothing any more and is a learner like any other.
create function private.session_learners(session public.success_sessions)
returns table (user_id uuid)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_host_id uuid := (
        select held.user_id
        from public.user_roles as held
        where held.user_id = session.mentor_id and held.role = 'mentor'
    );
begin
    return query
    select enrollment.student_id
    from public.course_enrollments as enrollment
    where
        enrollment.course_id = session.course_id
        and enrollment.batch_id = session.batch_id
        and enrollment.status = 'active'
        and enrollment.student_id is distinct from v_host_id
    union
    select enrollment.student_id
    from public.course_enrollments as enrollment
    where
        session.batch_id is null
        and enrollment.course_id = session.course_id
        and enrollment.batch_id is null
        and enrollment.status = 'active'
        and enrollment.student_id is distinct from v_host_id
    union
    select participant.user_id
    from public.session_participants as participant
    where participant.session_id = session.id and participant.user_id is distinct from v_host_id;
end
$$;
comment on function private.session_learners(public.success_sessions) is
    'Ids of those who take part: active enrollments of the audience and explicit participants, without the host.';
revoke execute on function private.session_learners(public.success_sessions) from public;

-- The one door of the API functions to a session: unknown and invisible get the same answer, so that nobody can probe
-- for ids. Nor by the time it takes: what the caller may see is read before the session is looked for, not only when
-- there is one. Called by definer functions, which row-level security would not stop; it says for one session what the
-- policy success_sessions_select_audience_host_or_manager says for all, and a test compares the two.
create function private.visible_session(session_id uuid)
returns public.success_sessions
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_audience_keys constant uuid[] := private.my_audience_keys();
    v_hosts_from constant uuid := private.my_hosts_from();
    v_hosts_to constant uuid := private.my_hosts_to();
    v_invited_session_ids constant uuid[] := private.my_invited_session_ids();
    v_session public.success_sessions;
begin
    select session.* into v_session
    from public.success_sessions as session
    where
        session.id = visible_session.session_id
        and (
            session.audience_key = any(v_audience_keys)
            or session.host_key between v_hosts_from and v_hosts_to
            or session.id = any(v_invited_session_ids)
        );
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format(
                'session_id %s is unknown or not visible to you', coalesce(visible_session.session_id::text, 'null')
            ),
            hint = 'Check the id; a session is visible to its audience, its participants, its mentor and managers.';
    end if;
    return v_session;
end
$$;
comment on function private.visible_session(uuid) is
    'The session, if the calling user may see it; else PT404, the same for unknown and invisible.';
revoke execute on function private.visible_session(uuid) from public;

create function private.check_session_staff(session public.success_sessions)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if not (private.is_session_host(session) or private.is_manager()) then
        raise exception using
            errcode = '42501',
            message = 'only the host of a session and managers may do this',
            hint = 'Ask the host.';
    end if;
end
$$;
comment on function private.check_session_staff(public.success_sessions) is
    'Refuses with 42501 a caller who is neither the session''s host nor a manager.';
revoke execute on function private.check_session_staff(public.success_sessions) from public;

-- Asked of somebody who takes part: they may come without a seat where no registration is required.
create function private.has_seat(session public.success_sessions, student_id uuid)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return not session.registration_required
    or exists (
        select from public.session_registrations as registration
        where
            registration.session_id = session.id
            and registration.student_id = has_seat.student_id
            and registration.status = 'registered'
    );
end
$$;
comment on function private.has_seat(public.success_sessions, uuid) is
    'Whether a student who takes part may come: registered, or no registration is required.';
revoke execute on function private.has_seat(public.success_sessions, uuid) from public;

-- Security definer: the calendar shows whether there is room to those who may not see who took it.
create function private.seats_left(session_id uuid, capacity integer)
returns integer
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if capacity is null then
        return null;
    end if;
    -- Fewer than none is left where the capacity was lowered after the seats were taken.
    return greatest(
        capacity - (
            select count(*)
            from public.session_registrations as registration
            where registration.session_id = seats_left.session_id and registration.status = 'registered'
        ),
        0
    );
end
$$;
comment on function private.seats_left(uuid, integer) is
    'Free seats of a session with this capacity, at least 0; null where the capacity is unlimited (null).';
revoke execute on function private.seats_left(uuid, integer) from public;
grant execute on function private.seats_left(uuid, integer) to authenticated;

create function private.waitlist_position(session_id uuid, student_id uuid)
returns integer
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select
            (
                select count(*)
                from public.session_registrations as waiting
                where
                    waiting.session_id = theirs.session_id
                    and waiting.status = 'waitlisted'
                    and (waiting.queued_at, waiting.student_id) <= (theirs.queued_at, theirs.student_id)
            )
        from public.session_registrations as theirs
        where
            theirs.session_id = waitlist_position.session_id
            and theirs.student_id = waitlist_position.student_id
            and theirs.status = 'waitlisted'
    );
end
$$;
comment on function private.waitlist_position(uuid, uuid) is
    'A student''s place in a session''s waitlist: 1 gets the next free seat; null for those who do not wait.';
revoke execute on function private.waitlist_position(uuid, uuid) from public;

-- Security definer: it counts those ahead, whom the caller may not see.
create function private.my_waitlist_position(session_id uuid)
returns integer
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return private.waitlist_position(session_id, auth.uid());
end
$$;
comment on function private.my_waitlist_position(uuid) is
    'The caller''s place in a session''s waitlist: 1 gets the next free seat; null for those who do not wait.';
revoke execute on function private.my_waitlist_position(uuid) from public;
grant execute on function private.my_waitlist_position(uuid) to authenticated;

-- Computed afresh in every statement, so that an offer disappears with the enrollment.
-- Security definer: it is called by policies and reads enrollments past their own policy.
create function private.my_offer_keys()
returns uuid[]
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return array(
        select distinct key.id
        from public.course_enrollments as enrollment
        cross join lateral (
            values
            (private.offer_key('everybody', null, null)),
            (private.offer_key('course', enrollment.course_id, null)),
            (private.audience_key(enrollment.course_id, enrollment.batch_id))
        ) as key (id)
        where enrollment.student_id = auth.uid() and enrollment.status = 'active'
    );
end
$$;
comment on function private.my_offer_keys() is
    'The keys of the booking offers made to the caller''s active enrollments; empty for nobody.';
revoke execute on function private.my_offer_keys() from public;
grant execute on function private.my_offer_keys() to authenticated;

-- The single-row twin of private.my_offer_keys, for any user. Whether the offer is active is not asked: what was booked
-- while it was outlives it.
create function private.is_offered_to(offer public.booking_offers, user_id uuid)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return exists (
        select from public.course_enrollments as enrollment
        where
            enrollment.student_id = is_offered_to.user_id
            and enrollment.status = 'active'
            and case offer.audience
                when 'everybody' then true
                when 'course' then enrollment.course_id = offer.course_id
                else
                    enrollment.course_id = offer.course_id
                    and enrollment.batch_id is not distinct from offer.batch_id
            end
    );
end
$$;
comment on function private.is_offered_to(public.booking_offers, uuid) is
    'Whether an active enrollment of the user belongs to the offer''s audience.';
revoke execute on function private.is_offered_to(public.booking_offers, uuid) from public;

-- The one door of the API functions to an offer, as private.visible_session is to a session: unknown and invisible get
-- the same answer after the same work.
-- Called by definer functions, which row-level security would not stop. It says for one offer what the policy
-- booking_offers_select_audience_mentor_or_manager says for all, and a test compares the two.
create function private.visible_offer(offer_id uuid)
returns public.booking_offers
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_offer_keys constant uuid[] := private.my_offer_keys();
    v_hosts_from constant uuid := private.my_hosts_from();
    v_hosts_to constant uuid := private.my_hosts_to();
    v_offer public.booking_offers;
begin
    select offer.* into v_offer
    from public.booking_offers as offer
    where
        offer.id = visible_offer.offer_id
        and (
            offer.audience_key = any(v_offer_keys)
            or offer.mentor_id between v_hosts_from and v_hosts_to
        );
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format(
                'offer_id %s is unknown or not visible to you', coalesce(visible_offer.offer_id::text, 'null')
            ),
            hint = 'Check the id; an active offer is visible to those it is made to, its mentor and managers.';
    end if;
    return v_offer;
end
$$;
comment on function private.visible_offer(uuid) is
    'The booking offer, if the calling user may see it; else PT404, the same for unknown and invisible.';
revoke execute on function private.visible_offer(uuid) from public;

alter table public.profiles enable row level security;

revoke all on public.profiles from public, anon, authenticated, service_role;
grant select on public.profiles to authenticated;
grant update (full_name, timezone, locale) on public.profiles to authenticated;
grant select, insert, update, delete on public.profiles to service_role;

create policy profiles_select_own_or_manager on public.profiles
for select to authenticated
using (id between (select private.my_rows_from()) and (select private.my_rows_to()));

create policy profiles_update_own on public.profiles
for update to authenticated
using (id = (select auth.uid()))
with check (id = (select auth.uid()));

alter table public.user_roles enable row level security;

revoke all on public.user_roles from public, anon, authenticated, service_role;
grant select, delete on public.user_roles to authenticated;
grant insert (user_id, role) on public.user_roles to authenticated;
grant select, insert, update, delete on public.user_roles to service_role;

create policy user_roles_select_own_or_manager on public.user_roles
for select to authenticated
using (user_id between (select private.my_rows_from()) and (select private.my_rows_to()));

create policy user_roles_insert_superadmin on public.user_roles
for insert to authenticated
with check ((select private.has_role('superadmin')));

create policy user_roles_delete_superadmin on public.user_roles
for delete to authenticated
using ((select private.has_role('superadmin')));

alter table public.courses enable row level security;

revoke all on public.courses from public, anon, authenticated, service_role;
grant select, delete on public.courses to authenticated;
grant insert (id, name), update (name) on public.courses to authenticated;
grant select, insert, update, delete on public.courses to service_role;

-- The list of ids is read when the statement begins, so a course that the statement itself inserts is not in it, and
-- `insert(…).select()` would be refused. For managers the range in the second arm is all ids. For others it is their
-- own user id, which no course has.
create policy courses_select_member_or_staff on public.courses
for select to authenticated
using (
    id = any((select private.my_course_ids())::uuid[])
    or id between (select private.my_rows_from()) and (select private.my_rows_to())
);

create policy courses_insert_manager on public.courses
for insert to authenticated
with check ((select private.is_manager()));

create policy courses_update_manager on public.courses
for update to authenticated
using ((select private.is_manager()))
with check ((select private.is_manager()));

create policy courses_delete_superadmin on public.courses
for delete to authenticated
using ((select private.has_role('superadmin')));

alter table public.batches enable row level security;

revoke all on public.batches from public, anon, authenticated, service_role;
grant select, delete on public.batches to authenticated;
grant insert (id, course_id, name), update (name) on public.batches to authenticated;
grant select, insert, update, delete on public.batches to service_role;

-- The list of ids is read when the statement begins, so a batch that the statement itself inserts is not in it, and
-- `insert(…).select()` would be refused. For managers the range in the second arm is all ids. For others it is their
-- own user id, which no batch has.
create policy batches_select_member_or_staff on public.batches
for select to authenticated
using (
    id = any((select private.my_batch_ids())::uuid[])
    or id between (select private.my_rows_from()) and (select private.my_rows_to())
);

create policy batches_insert_manager on public.batches
for insert to authenticated
with check ((select private.is_manager()));

create policy batches_update_manager on public.batches
for update to authenticated
using ((select private.is_manager()))
with check ((select private.is_manager()));

create policy batches_delete_superadmin on public.batches
for delete to authenticated
using ((select private.has_role('superadmin')));

alter table public.course_enrollments enable row level security;

revoke all on public.course_enrollments from public, anon, authenticated, service_role;
grant select, delete on public.course_enrollments to authenticated;
grant
insert (id, student_id, course_id, batch_id, status), update (student_id, course_id, batch_id, status)
on public.course_enrollments to authenticated;
grant select, insert, update, delete on public.course_enrollments to service_role;

create policy course_enrollments_select_own_or_manager on public.course_enrollments
for select to authenticated
using (student_id between (select private.my_rows_from()) and (select private.my_rows_to()));

create policy course_enrollments_insert_manager on public.course_enrollments
for insert to authenticated
with check ((select private.is_manager()));

create policy course_enrollments_update_manager on public.course_enrollments
for update to authenticated
using ((select private.is_manager()))
with check ((select private.is_manager()));

create policy course_enrollments_delete_superadmin on public.course_enrollments
for delete to authenticated
using ((select private.has_role('superadmin')));

alter table public.meeting_platforms enable row level security;

revoke all on public.meeting_platforms from public, anon, authenticated, service_role;
grant select, delete on public.meeting_platforms to authenticated;
grant insert (
    id, name, is_active, max_concurrent_meetings, daily_changes_per_account, has_personal_links, platform_data_schema
), update (
    name, is_active, max_concurrent_meetings, daily_changes_per_account, has_personal_links, platform_data_schema
) on public.meeting_platforms to authenticated;
grant select, insert, update, delete on public.meeting_platforms to service_role;

create policy meeting_platforms_select_everyone on public.meeting_platforms
for select to authenticated
using (true);

create policy meeting_platforms_insert_admin on public.meeting_platforms
for insert to authenticated
with check ((select private.is_settings_admin()));

create policy meeting_platforms_update_admin on public.meeting_platforms
for update to authenticated
using ((select private.is_settings_admin()))
with check ((select private.is_settings_admin()));

create policy meeting_platforms_delete_superadmin on public.meeting_platforms
for delete to authenticated
using ((select private.has_role('superadmin')));

alter table public.meeting_accounts enable row level security;

revoke all on public.meeting_accounts from public, anon, authenticated, service_role;
grant select, delete on public.meeting_accounts to authenticated;
grant insert (id, platform, name, max_concurrent_meetings, external_id, mentor_id),
update (name, max_concurrent_meetings, external_id, mentor_id)
on public.meeting_accounts to authenticated;
grant select, insert, update, delete on public.meeting_accounts to service_role;

create policy meeting_accounts_select_manager on public.meeting_accounts
for select to authenticated
using ((select private.is_manager()));

create policy meeting_accounts_insert_manager on public.meeting_accounts
for insert to authenticated
with check ((select private.is_manager()));

create policy meeting_accounts_update_manager on public.meeting_accounts
for update to authenticated
using ((select private.is_manager()))
with check ((select private.is_manager()));

create policy meeting_accounts_delete_superadmin on public.meeting_accounts
for delete to authenticated
using ((select private.has_role('superadmin')));

alter table public.app_settings enable row level security;

revoke all on public.app_settings from public, anon, authenticated, service_role;
grant select on public.app_settings to authenticated;
grant update (
    join_opens_minutes_before, meeting_wait_minutes, late_after_minutes, partial_below_percent, mentor_buffer_minutes,
    series_horizon_days, audit_retention_months, presence_retention_months, outbox_retention_months,
    unmatched_retention_days, check_in_code_seconds, reminder_minutes, mail_debounce_seconds,
    low_attendance_percent, low_attendance_warnings
) on public.app_settings to authenticated;
grant select, update on public.app_settings to service_role;

create policy app_settings_select_everyone on public.app_settings
for select to authenticated
using (true);

create policy app_settings_update_admin on public.app_settings
for update to authenticated
using ((select private.is_settings_admin()))
with check ((select private.is_settings_admin()));

alter table public.session_series enable row level security;

-- Written by the API's functions only: a rule and its dates belong together.
revoke all on public.session_series from public, anon, authenticated, service_role;
grant select on public.session_series to authenticated, service_role;

-- The first two arms of success_sessions_select_audience_host_or_manager, each an index search. Who was invited to one
-- session has no business with the rest of its series.
create policy session_series_select_audience_host_or_manager on public.session_series
for select to authenticated
using (
    audience_key = any((select private.my_audience_keys())::uuid[])
    or host_key between (select private.my_hosts_from()) and (select private.my_hosts_to())
);

alter table public.series_skips enable row level security;

-- Nobody writes it but the functions that make the sessions of series.
revoke all on public.series_skips from public, anon, authenticated, service_role;
grant select on public.series_skips to authenticated, service_role;

-- Both arms are indexable. The second is a range over all series for managers, nothing for students, and for a mentor
-- the mentor's own id, which is no series'.
create policy series_skips_select_host_or_manager on public.series_skips
for select to authenticated
using (
    series_id = any((select private.my_hosted_series_ids())::uuid[])
    or series_id between (select private.my_hosts_from()) and (select private.my_hosts_to())
);

alter table public.blackout_dates enable row level security;

revoke all on public.blackout_dates from public, anon, authenticated, service_role;
grant select, delete on public.blackout_dates to authenticated;
grant insert (id, course_id, name, first_date, last_date), update (course_id, name, first_date, last_date)
on public.blackout_dates to authenticated;
grant select, insert, update, delete on public.blackout_dates to service_role;

create policy blackout_dates_select_member_or_staff on public.blackout_dates
for select to authenticated
using (course_id is null or course_id = any((select private.my_course_ids())::uuid[]));

create policy blackout_dates_insert_manager on public.blackout_dates
for insert to authenticated
with check ((select private.is_manager()));

create policy blackout_dates_update_manager on public.blackout_dates
for update to authenticated
using ((select private.is_manager()))
with check ((select private.is_manager()));

create policy blackout_dates_delete_manager on public.blackout_dates
for delete to authenticated
using ((select private.is_manager()));

alter table public.success_sessions enable row level security;

revoke all on public.success_sessions from public, anon, authenticated, service_role;
grant select, delete on public.success_sessions to authenticated;
grant insert (
    id, title, description, session_type, status, course_id, batch_id, mentor_id, start_time, end_time, timezone,
    platform, meeting_account_id, link, backup_link, zoom_meeting_id, zoom_passcode, platform_data,
    registration_required, registration_closes_at, capacity, reminder_minutes, cancel_reason
) on public.success_sessions to authenticated;
-- id: an upsert (PostgREST's resolution=merge-duplicates) sets every column it was sent, the key included.
grant update (
    id, title, description, session_type, status, course_id, batch_id, mentor_id, start_time, end_time, timezone,
    platform, meeting_account_id, link, backup_link, zoom_meeting_id, zoom_passcode, platform_data,
    registration_required, registration_closes_at, capacity, reminder_minutes, cancel_reason
) on public.success_sessions to authenticated;
grant select, insert, update, delete on public.success_sessions to service_role;

-- Audience, host (any host for managers), invitation. Each arm is served by an index, which Postgres combines
-- (BitmapOr) and narrows by the period asked for; one arm without an index, such as `or is_manager()`, would hide them
-- all. Four weeks of one student among 100,000 students and 400,000 sessions, whole transaction, Postgres 15: 0.7 ms;
-- the same by one array of keys and a GIN index, which reads the student's sessions of all time: 1.7 ms; the join by
-- hand as the owner: 1.2 ms; an empty transaction: 0.3 ms.
create policy success_sessions_select_audience_host_or_manager on public.success_sessions
for select to authenticated
using (
    audience_key = any((select private.my_audience_keys())::uuid[])
    or host_key between (select private.my_hosts_from()) and (select private.my_hosts_to())
    or id = any((select private.my_invited_session_ids())::uuid[])
);

create policy success_sessions_insert_manager_or_host on public.success_sessions
for insert to authenticated
with check (
    (select private.is_manager())
    or (mentor_id = (select auth.uid()) and (select private.has_role('mentor')))
);

create policy success_sessions_update_manager_or_host on public.success_sessions
for update to authenticated
using (
    (select private.is_manager())
    or (mentor_id = (select auth.uid()) and (select private.has_role('mentor')))
)
with check (
    (select private.is_manager())
    or (mentor_id = (select auth.uid()) and (select private.has_role('mentor')))
);

create policy success_sessions_delete_superadmin on public.success_sessions
for delete to authenticated
using ((select private.has_role('superadmin')));

alter table public.session_meetings enable row level security;

-- Nobody writes it but the functions that keep it in step with sessions, not even the service role.
revoke all on public.session_meetings from public, anon, authenticated, service_role;
grant select on public.session_meetings to authenticated, service_role;

-- Both arms are indexable, so the planner can combine them. The first is every id for managers, deleted sessions'
-- meetings included, and for others the id of a user, which no meeting has.
create policy session_meetings_select_host_or_manager on public.session_meetings
for select to authenticated
using (
    id between (select private.my_rows_from()) and (select private.my_rows_to())
    or session_id = any((select private.my_hosted_session_ids())::uuid[])
);

alter table public.session_participants enable row level security;

revoke all on public.session_participants from public, anon, authenticated, service_role;
grant select, delete on public.session_participants to authenticated;
grant insert (session_id, user_id) on public.session_participants to authenticated;
grant select, insert, update, delete on public.session_participants to service_role;

-- Both arms are indexable, so the planner can combine them.
create policy session_participants_select_own_host_or_manager on public.session_participants
for select to authenticated
using (
    user_id between (select private.my_rows_from()) and (select private.my_rows_to())
    or session_id = any((select private.my_hosted_session_ids())::uuid[])
);

create policy session_participants_insert_host_or_manager on public.session_participants
for insert to authenticated
with check (
    (select private.is_manager())
    or session_id = any((select private.my_hosted_session_ids())::uuid[])
);

create policy session_participants_delete_host_or_manager on public.session_participants
for delete to authenticated
using (
    (select private.is_manager())
    or session_id = any((select private.my_hosted_session_ids())::uuid[])
);

alter table public.session_registrations enable row level security;

-- Nobody writes it but the functions that count seats, not even the service role: a row written past them could
-- overbook a session.
revoke all on public.session_registrations from public, anon, authenticated, service_role;
grant select on public.session_registrations to authenticated, service_role;

-- Both arms are indexable, so the planner can combine them.
create policy session_registrations_select_own_host_or_manager on public.session_registrations
for select to authenticated
using (
    student_id between (select private.my_rows_from()) and (select private.my_rows_to())
    or session_id = any((select private.my_hosted_session_ids())::uuid[])
);

alter table public.session_attendance enable row level security;

revoke all on public.session_attendance from public, anon, authenticated, service_role;
grant select on public.session_attendance to authenticated;
grant select, insert, update, delete on public.session_attendance to service_role;

-- Both arms are indexable, so the planner can combine them.
create policy session_attendance_select_own_host_or_manager on public.session_attendance
for select to authenticated
using (
    student_id between (select private.my_rows_from()) and (select private.my_rows_to())
    or session_id = any((select private.my_hosted_session_ids())::uuid[])
);

alter table public.attendance_rules enable row level security;

revoke all on public.attendance_rules from public, anon, authenticated, service_role;
grant select, delete on public.attendance_rules to authenticated;
grant insert (session_type, late_after_minutes, partial_below_percent),
update (session_type, late_after_minutes, partial_below_percent)
on public.attendance_rules to authenticated;
grant select, insert, update, delete on public.attendance_rules to service_role;

create policy attendance_rules_select_everyone on public.attendance_rules
for select to authenticated
using (true);

create policy attendance_rules_insert_admin on public.attendance_rules
for insert to authenticated
with check ((select private.is_settings_admin()));

create policy attendance_rules_update_admin on public.attendance_rules
for update to authenticated
using ((select private.is_settings_admin()))
with check ((select private.is_settings_admin()));

create policy attendance_rules_delete_admin on public.attendance_rules
for delete to authenticated
using ((select private.is_settings_admin()));

alter table public.session_excuses enable row level security;

revoke all on public.session_excuses from public, anon, authenticated, service_role;
grant select on public.session_excuses to authenticated, service_role;

-- Both arms are indexable, so the planner can combine them.
create policy session_excuses_select_own_host_or_manager on public.session_excuses
for select to authenticated
using (
    student_id between (select private.my_rows_from()) and (select private.my_rows_to())
    or session_id = any((select private.my_hosted_session_ids())::uuid[])
);

alter table public.session_recordings enable row level security;

revoke all on public.session_recordings from public, anon, authenticated, service_role;
grant select, delete on public.session_recordings to authenticated;
grant insert (
    id, session_id, title, url, storage_path, duration_minutes, is_published, available_from, available_until, notify
) on public.session_recordings to authenticated;
grant update (
    title, url, storage_path, duration_minutes, is_published, available_from, available_until, notify
) on public.session_recordings to authenticated;
grant select, insert, update, delete on public.session_recordings to service_role;

-- Every arm is indexable, so the planner can combine them. The second is a range over all sessions for managers,
-- nothing for students, and for a mentor the mentor's own id, which is no session's.
create policy session_recordings_select_audience_host_or_manager on public.session_recordings
for select to authenticated
using (
    (
        session_id = any((select private.my_recorded_session_ids())::uuid[])
        and is_published
        and now() >= available_from
        and (available_until is null or now() < available_until)
    )
    or session_id between (select private.my_hosts_from()) and (select private.my_hosts_to())
    or session_id = any((select private.my_hosted_session_ids())::uuid[])
);

create policy session_recordings_insert_host_or_manager on public.session_recordings
for insert to authenticated
with check (
    (select private.is_manager())
    or session_id = any((select private.my_hosted_session_ids())::uuid[])
);

create policy session_recordings_update_host_or_manager on public.session_recordings
for update to authenticated
using (
    (select private.is_manager())
    or session_id = any((select private.my_hosted_session_ids())::uuid[])
)
with check (
    (select private.is_manager())
    or session_id = any((select private.my_hosted_session_ids())::uuid[])
);

create policy session_recordings_delete_host_or_manager on public.session_recordings
for delete to authenticated
using (
    (select private.is_manager())
    or session_id = any((select private.my_hosted_session_ids())::uuid[])
);

alter table public.webhook_endpoints enable row level security;

-- Inserted by create_webhook_endpoint alone, which makes the secret.
revoke all on public.webhook_endpoints from public, anon, authenticated, service_role;
grant select, update (url, description, event_types, is_active), delete on public.webhook_endpoints to authenticated;

create policy webhook_endpoints_select_admin on public.webhook_endpoints
for select to authenticated
using ((select private.is_settings_admin()));

create policy webhook_endpoints_update_admin on public.webhook_endpoints
for update to authenticated
using ((select private.is_settings_admin()))
with check ((select private.is_settings_admin()));

create policy webhook_endpoints_delete_admin on public.webhook_endpoints
for delete to authenticated
using ((select private.is_settings_admin()));

alter table public.session_recording_views enable row level security;

revoke all on public.session_recording_views from public, anon, authenticated, service_role;
grant select on public.session_recording_views to authenticated, service_role;

-- Both arms are indexable, so the planner can combine them.
create policy session_recording_views_select_own_host_or_manager on public.session_recording_views
for select to authenticated
using (
    user_id between (select private.my_rows_from()) and (select private.my_rows_to())
    or session_id = any((select private.my_hosted_session_ids())::uuid[])
);

-- The files of recordings: a private bucket, a folder per session. Who sees a recording's row may read its file; who
-- hosts the session or manages may write into its folder. Storage itself has enabled row-level security and granted the
-- verbs; service_role passes.

-- The row's own policy decides: the subquery runs as the caller.
create policy objects_select_recording on storage.objects
for select to authenticated
using (
    bucket_id = 'session-recordings'
    and (
        exists (
            select from public.session_recordings as recording
            where recording.storage_path = objects.name
        )
        or (storage.foldername(name))[1] = any((select private.my_hosted_session_ids())::text[])
        or (select private.is_manager())
    )
);

create policy objects_insert_recording on storage.objects
for insert to authenticated
with check (
    bucket_id = 'session-recordings'
    and (
        (storage.foldername(name))[1] = any((select private.my_hosted_session_ids())::text[])
        or (select private.is_manager())
    )
);

create policy objects_update_recording on storage.objects
for update to authenticated
using (
    bucket_id = 'session-recordings'
    and (
        (storage.foldername(name))[1] = any((select private.my_hosted_session_ids())::text[])
        or (select private.is_manager())
    )
)
with check (
    bucket_id = 'session-recordings'
    and (
        (storage.foldername(name))[1] = any((select private.my_hosted_session_ids())::text[])
        or (select private.is_manager())
    )
);

create policy objects_delete_recording on storage.objects
for delete to authenticated
using (
    bucket_id = 'session-recordings'
    and (
        (storage.foldername(name))[1] = any((select private.my_hosted_session_ids())::text[])
        or (select private.is_manager())
    )
);

alter table public.mentor_time_off enable row level security;

revoke all on public.mentor_time_off from public, anon, authenticated, service_role;
grant select, delete on public.mentor_time_off to authenticated;
grant insert (id, mentor_id, start_time, end_time, reason), update (start_time, end_time, reason)
on public.mentor_time_off to authenticated;
grant select, insert, update, delete on public.mentor_time_off to service_role;

create policy mentor_time_off_select_own_or_manager on public.mentor_time_off
for select to authenticated
using (mentor_id between (select private.my_hosts_from()) and (select private.my_hosts_to()));

create policy mentor_time_off_insert_own_or_manager on public.mentor_time_off
for insert to authenticated
with check (mentor_id between (select private.my_hosts_from()) and (select private.my_hosts_to()));

create policy mentor_time_off_update_own_or_manager on public.mentor_time_off
for update to authenticated
using (mentor_id between (select private.my_hosts_from()) and (select private.my_hosts_to()))
with check (mentor_id between (select private.my_hosts_from()) and (select private.my_hosts_to()));

create policy mentor_time_off_delete_own_or_manager on public.mentor_time_off
for delete to authenticated
using (mentor_id between (select private.my_hosts_from()) and (select private.my_hosts_to()));

alter table public.mentor_availability enable row level security;

revoke all on public.mentor_availability from public, anon, authenticated, service_role;
grant select, delete on public.mentor_availability to authenticated;
grant insert (id, mentor_id, weekday, start_time, end_time, timezone), update (weekday, start_time, end_time, timezone)
on public.mentor_availability to authenticated;
grant select, insert, update, delete on public.mentor_availability to service_role;

create policy mentor_availability_select_own_or_manager on public.mentor_availability
for select to authenticated
using (mentor_id between (select private.my_hosts_from()) and (select private.my_hosts_to()));

create policy mentor_availability_insert_own_or_manager on public.mentor_availability
for insert to authenticated
with check (mentor_id between (select private.my_hosts_from()) and (select private.my_hosts_to()));

create policy mentor_availability_update_own_or_manager on public.mentor_availability
for update to authenticated
using (mentor_id between (select private.my_hosts_from()) and (select private.my_hosts_to()))
with check (mentor_id between (select private.my_hosts_from()) and (select private.my_hosts_to()));

create policy mentor_availability_delete_own_or_manager on public.mentor_availability
for delete to authenticated
using (mentor_id between (select private.my_hosts_from()) and (select private.my_hosts_to()));

alter table public.booking_offers enable row level security;

revoke all on public.booking_offers from public, anon, authenticated, service_role;
grant select, delete on public.booking_offers to authenticated;
grant insert (
    mentor_id, title, description, audience, course_id, batch_id, start_time, timezone, recurrence, window_minutes,
    slot_minutes, gap_minutes, booking_notice_minutes, change_notice_minutes, booking_horizon_days,
    max_open_per_student, max_per_student_week, max_per_student_month, max_per_day, platform, link, backup_link,
    zoom_meeting_id, zoom_passcode, is_active
) on public.booking_offers to authenticated;
grant update (
    title, description, audience, course_id, batch_id, start_time, timezone, recurrence, window_minutes, slot_minutes,
    gap_minutes, booking_notice_minutes, change_notice_minutes, booking_horizon_days, max_open_per_student,
    max_per_student_week, max_per_student_month, max_per_day, platform, link, backup_link, zoom_meeting_id,
    zoom_passcode, is_active
) on public.booking_offers to authenticated;
grant select, insert, update, delete on public.booking_offers to service_role;

-- Both arms are indexable, so the planner can combine them.
create policy booking_offers_select_audience_mentor_or_manager on public.booking_offers
for select to authenticated
using (
    audience_key = any((select private.my_offer_keys())::uuid[])
    or mentor_id between (select private.my_hosts_from()) and (select private.my_hosts_to())
);

create policy booking_offers_insert_mentor_or_manager on public.booking_offers
for insert to authenticated
with check (mentor_id between (select private.my_hosts_from()) and (select private.my_hosts_to()));

create policy booking_offers_update_mentor_or_manager on public.booking_offers
for update to authenticated
using (mentor_id between (select private.my_hosts_from()) and (select private.my_hosts_to()))
with check (mentor_id between (select private.my_hosts_from()) and (select private.my_hosts_to()));

create policy booking_offers_delete_mentor_or_manager on public.booking_offers
for delete to authenticated
using (mentor_id between (select private.my_hosts_from()) and (select private.my_hosts_to()));

alter table public.session_bookings enable row level security;

revoke all on public.session_bookings from public, anon, authenticated, service_role;
grant select on public.session_bookings to authenticated;
grant select on public.session_bookings to service_role;

-- Both arms are indexable, so the planner can combine them.
create policy session_bookings_select_own_host_or_manager on public.session_bookings
for select to authenticated
using (
    student_id between (select private.my_rows_from()) and (select private.my_rows_to())
    or session_id = any((select private.my_hosted_session_ids())::uuid[])
);

alter table public.audit_log enable row level security;

-- Nobody writes it but triggers and API functions.
revoke all on public.audit_log from public, anon, authenticated, service_role;
grant select on public.audit_log to authenticated, service_role;

create policy audit_log_select_manager on public.audit_log
for select to authenticated
using ((select private.is_manager()));

alter table public.calendar_feeds enable row level security;

-- Written by create_calendar_feed and revoke_calendar_feed. Managers, too, see their own only: a feed is private to a
-- person. Operators can end one whose token has leaked.
revoke all on public.calendar_feeds from public, anon, authenticated, service_role;
grant select on public.calendar_feeds to authenticated;
grant select, delete on public.calendar_feeds to service_role;

create policy calendar_feeds_select_owner on public.calendar_feeds
for select to authenticated
using (owner_id = (select auth.uid()));

alter table public.notification_preferences enable row level security;

revoke all on public.notification_preferences from public, anon, authenticated, service_role;
grant select, delete on public.notification_preferences to authenticated;
-- user_id, kind: an upsert (PostgREST's resolution=merge-duplicates) sets every column it was sent, the key included.
grant
insert (user_id, kind, enabled, reminder_minutes, quiet_from, quiet_until, digest_at),
update (user_id, kind, enabled, reminder_minutes, quiet_from, quiet_until, digest_at)
on public.notification_preferences to authenticated;
grant select, insert, update, delete on public.notification_preferences to service_role;

create policy notification_preferences_select_own on public.notification_preferences
for select to authenticated
using (user_id = (select auth.uid()));

create policy notification_preferences_insert_own on public.notification_preferences
for insert to authenticated
with check (user_id = (select auth.uid()));

create policy notification_preferences_update_own on public.notification_preferences
for update to authenticated
using (user_id = (select auth.uid()))
with check (user_id = (select auth.uid()));

create policy notification_preferences_delete_own on public.notification_preferences
for delete to authenticated
using (user_id = (select auth.uid()));

alter table public.session_ratings enable row level security;

-- Written by rate_session alone. No arm for hosts: students say freely what they think only if their mentor does not
-- learn who said it.
revoke all on public.session_ratings from public, anon, authenticated, service_role;
grant select on public.session_ratings to authenticated;
grant select, insert, update, delete on public.session_ratings to service_role;

create policy session_ratings_select_own_or_manager on public.session_ratings
for select to authenticated
using (student_id between (select private.my_rows_from()) and (select private.my_rows_to()));

-- == Users ===========================================================================================================

-- Every auth user has a profile. Names and zones from sign-up are taken when valid: a bad one must not make sign-up
-- fail. Security definer: sign-up runs as supabase_auth_admin, which may not write profiles.
create function private.handle_new_user()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into public.profiles (id, full_name, timezone)
    values (
        new.id,
        left(
            regexp_replace(
                coalesce(new.raw_user_meta_data ->> 'full_name', new.raw_user_meta_data ->> 'name', ''),
                '[[:cntrl:]]+', ' ', 'g'
            ),
            200
        ),
        coalesce(
            (select zone.name from private.time_zones as zone where zone.name = new.raw_user_meta_data ->> 'timezone'),
            'UTC'
        )
    )
    on conflict do nothing;
    return null;
end
$$;
comment on function private.handle_new_user() is 'Makes the profile of a new auth user from its sign-up metadata.';
revoke execute on function private.handle_new_user() from public;

create trigger handle_new_user
after insert on auth.users
for each row execute function private.handle_new_user();

-- Users that signed up before this database had profiles.
insert into public.profiles (id, full_name)
select
    existing.id,
    left(
        regexp_replace(
            coalesce(existing.raw_user_meta_data ->> 'full_name', existing.raw_user_meta_data ->> 'name', ''),
            '[[:cntrl:]]+', ' ', 'g'
        ),
        200
    )
from auth.users as existing
on conflict do nothing;

-- Keeps updated_at truthful on the tables people edit directly.
create function private.touch_updated_at()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    new.updated_at := clock_timestamp();
    return new;
end
$$;
comment on function private.touch_updated_at() is 'Sets updated_at on each update.';
revoke execute on function private.touch_updated_at() from public;

create trigger touch_updated_at before update on public.profiles
for each row execute function private.touch_updated_at();
create trigger touch_updated_at before update on public.course_enrollments
for each row execute function private.touch_updated_at();
create trigger touch_updated_at before update on public.app_settings
for each row execute function private.touch_updated_at();
create trigger touch_updated_at before update on public.mentor_time_off
for each row execute function private.touch_updated_at();
create trigger touch_updated_at before update on public.meeting_accounts
for each row execute function private.touch_updated_at();
create trigger touch_updated_at before update on public.mentor_availability
for each row execute function private.touch_updated_at();
create trigger touch_updated_at before update on public.notification_preferences
for each row execute function private.touch_updated_at();
create trigger touch_updated_at before update on public.session_series
for each row execute function private.touch_updated_at();
create trigger touch_updated_at before update on public.attendance_rules
for each row execute function private.touch_updated_at();
create trigger touch_updated_at before update on public.session_recordings
for each row execute function private.touch_updated_at();
create trigger touch_updated_at before update on public.booking_offers
for each row execute function private.touch_updated_at();
create trigger touch_updated_at before update on public.webhook_endpoints
for each row execute function private.touch_updated_at();
create trigger touch_updated_at before update on public.blackout_dates
for each row execute function private.touch_updated_at();

-- An upsert names the key in its update, too, so that managers may write it; but nobody may change it: whoever goes
-- from one course to another leaves the first, with its sessions, seats and mails.
create function private.keep_enrollment_key()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = '22023',
        message = 'student_id and course_id of an enrollment never change',
        hint = 'Set its status to withdrawn, and add another enrollment.';
end
$$;
comment on function private.keep_enrollment_key() is
    'Refuses with 22023 that an enrollment is given another student or course.';
revoke execute on function private.keep_enrollment_key() from public;

create trigger course_enrollments_0_key
before update of student_id, course_id on public.course_enrollments
for each row
when ((old.student_id, old.course_id) is distinct from (new.student_id, new.course_id))
execute function private.keep_enrollment_key();

-- The foreign keys to private.time_zones hold this rule; this says it in words, and before an absurdly long name can
-- break an index. Null passes: whether it is allowed is for the caller to say.
create function private.check_timezone(timezone text)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if timezone is not null
        and not exists (select from private.time_zones as zone where zone.name = check_timezone.timezone)
    then
        raise exception using
            errcode = '22023',
            message = format('timezone %s is not an IANA time zone', quote_literal(left(timezone, 60))),
            hint = 'Send a name such as Europe/Berlin, Asia/Kolkata or UTC.';
    end if;
end
$$;
comment on function private.check_timezone(text) is
    'Refuses with 22023 what is no IANA time zone that this server knows, naming the remedy; null passes.';
revoke execute on function private.check_timezone(text) from public;

-- Security definer: the writer need not be able to read zones.
create function private.check_profile_timezone()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform private.check_timezone(new.timezone);
    return new;
end
$$;
comment on function private.check_profile_timezone() is
    'Refuses an unknown zone with 22023, naming the field and the remedy.';
revoke execute on function private.check_profile_timezone() from public;

create trigger check_profile_timezone before insert or update of timezone on public.profiles
for each row execute function private.check_profile_timezone();

create function private.next_monday(as_of timestamptz, timezone text)
returns timestamptz
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select (day.monday + time '07:00') at time zone timezone
        from (
            select date_trunc('week', as_of at time zone timezone - interval '7 hours')::date + 7 as monday
        ) as day
    );
end
$$;
comment on function private.next_monday(timestamptz, text) is
    'The next Monday after as_of, at 07:00 by the clock of a zone: when the weekly summary is due.';
revoke execute on function private.next_monday(timestamptz, text) from public;

-- The clock of the weekly summary starts when somebody asks for it. Security definer: the writer need not be able to
-- call what reckons it.
create function private.set_preference_due()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    new.due_at := case
        when new.kind = 'weekly_summary' and new.enabled then private.next_monday(
            clock_timestamp(),
            (select profile.timezone from public.profiles as profile where profile.id = new.user_id)
        )
    end;
    return new;
end
$$;
comment on function private.set_preference_due() is 'Sets when the next weekly summary of somebody who asks for it is due.';
revoke execute on function private.set_preference_due() from public;

create trigger notification_preferences_due before insert or update of kind, enabled on public.notification_preferences
for each row execute function private.set_preference_due();
