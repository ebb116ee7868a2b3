-- Who did what: what writes the audit log, seals it, and checks the seals.

-- == Audit log =======================================================================================================

create function private.audit_partition(month timestamptz)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return 'private.audit_log_' || to_char(audit_partition.month at time zone 'UTC', 'YYYY_MM');
end
$$;
comment on function private.audit_partition(timestamptz) is
    'Name of the partition of the audit log for the month, in UTC, of an instant.';
revoke execute on function private.audit_partition(timestamptz) from public;

-- Months ahead are made before they are needed: creating a table and attaching it keeps no writer waiting. Dropping a
-- month does for a moment; where the moment does not come within the lock timeout, the next call tries again. Months
-- are those of UTC, and so is adding one: elsewhere the first of a month may be the last of the month before.
create function private.keep_audit_partitions(at timestamptz default clock_timestamp())
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set lock_timeout = '200ms'
as $$
declare
    v_this_month constant timestamptz := date_trunc('month', at);
    v_keep_from timestamptz;
    v_has_strays boolean;
    v_missing timestamptz [];
    v_old text [];
    v_month timestamptz;
    v_name text;
begin
    v_has_strays := exists (select from private.audit_log_default);
    select v_this_month - make_interval(months => settings.audit_retention_months) into v_keep_from
    from public.app_settings as settings;
    v_missing := array(
        select wanted.month
        from (
            select v_this_month + make_interval(months => step) as month from generate_series(0, 2) as step
            union
            select date_trunc('month', stray.occurred_at) from private.audit_log_default as stray
        ) as wanted
        where to_regclass(private.audit_partition(wanted.month)) is null
        order by wanted.month
    );
    v_old := array(
        select format('private.%I', partition.relname)
        from pg_catalog.pg_inherits as inheritance
        inner join pg_catalog.pg_class as partition on inheritance.inhrelid = partition.oid
        where
            inheritance.inhparent = 'public.audit_log'::regclass
            and partition.relname <> 'audit_log_default'
            and format('private.%I', partition.relname) < private.audit_partition(v_keep_from)
    );
    if not v_has_strays and cardinality(v_missing) = 0 and cardinality(v_old) = 0 then
        return;
    end if;
    if not pg_try_advisory_xact_lock('public.audit_log'::regclass::integer, 1) then
        return;
    end if;

    -- When no partitions were made for some time, entries have gathered in the default one: they are moved to their
    -- months.
    if v_has_strays then
        alter table public.audit_log detach partition private.audit_log_default;
    end if;
    foreach v_month in array v_missing loop
        v_name := private.audit_partition(v_month);
        execute format('create table %s (like public.audit_log including all)', v_name);
        execute format('alter table %s enable row level security', v_name);
        execute format('comment on table %s is %L', v_name, 'A month of public.audit_log.');
        execute format(
            'alter table public.audit_log attach partition %s for values from (%L) to (%L)',
            v_name,
            v_month,
            v_month + interval '1 month'
        );
    end loop;
    if v_has_strays then
        insert into public.audit_log select stray.* from private.audit_log_default as stray;
        truncate private.audit_log_default;
        alter table public.audit_log attach partition private.audit_log_default default;
    end if;
    foreach v_name in array v_old loop
        -- The digests of what was erased go with their month: no seal is compared with them any more, and a guess at
        -- the erased words could be checked by them.
        execute format(
            'delete from private.audit_redactions as redaction using %s as entry where redaction.audit_id = entry.id',
            v_name
        );
        execute format('drop table %s', v_name);
    end loop;
exception
    when lock_not_available then null;
end
$$;
comment on function private.keep_audit_partitions(timestamptz) is
    'Makes the partitions of the audit log for the month of an instant and the two after it, sorts in what had none, and drops the months that app_settings.audit_retention_months leaves out. Does nothing while somebody is in the way.';
revoke execute on function private.keep_audit_partitions(timestamptz) from public;

-- erase_user may erase these three fields of an entry. So they have a digest of their own, which is then kept in
-- private.audit_redactions, and the digest of the entry and its seal can still be checked.
create function private.audit_words_digest(entry public.audit_log)
returns bytea
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return sha256(convert_to(jsonb_build_array(entry.reason, entry.old, entry.new)::text, 'UTF8'));
end
$$;
comment on function private.audit_words_digest(public.audit_log) is
    'SHA-256 of what erase_user may erase of an entry of the audit log: reason, old and new.';
revoke execute on function private.audit_words_digest(public.audit_log) from public;

-- The same text under every setting of the session: instants as seconds, jsonb as Postgres writes it.
create function private.audit_digest(entry public.audit_log, words_digest bytea)
returns bytea
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return sha256(
        convert_to(
            jsonb_build_array(
                entry.id,
                extract(epoch from entry.occurred_at),
                entry.actor_id,
                entry.role,
                entry.request,
                entry.action,
                entry.table_name,
                entry.row_key,
                entry.session_id,
                entry.user_id
            )::text,
            'UTF8'
        ) || words_digest
    );
end
$$;
comment on function private.audit_digest(public.audit_log, bytea) is
    'SHA-256 of all fields of an entry of the audit log; reason, old and new are in it by their private.audit_words_digest.';
revoke execute on function private.audit_digest(public.audit_log, bytea) from public;

-- A guard against mistakes: the table's owner can drop this trigger, and verify_audit_log finds out what they change
-- then. Old months are dropped as partitions, which fires no trigger. Security definer: it keeps the digest of what is
-- erased.
create function private.keep_audit_entry()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_erased public.audit_log := old;
begin
    v_erased.reason := null;
    v_erased.old := null;
    v_erased.new := null;
    if tg_op = 'UPDATE' and new is not distinct from v_erased then
        insert into private.audit_redactions (audit_id, words_digest)
        values (old.id, private.audit_words_digest(old))
        on conflict (audit_id) do nothing;
        return new;
    end if;
    raise exception using
        errcode = '42501',
        message = 'the audit log is append-only',
        hint = 'Old months are dropped after app_settings.audit_retention_months.';
end
$$;
comment on function private.keep_audit_entry() is
    'Refuses with 42501 to change or delete an entry, except to erase its old, new and reason, whose digest it keeps.';
revoke execute on function private.keep_audit_entry() from public;

create trigger audit_log_append_only before update or delete on public.audit_log
for each row execute function private.keep_audit_entry();

create type private.audit_entry as (
    row_key jsonb,
    session_id uuid,
    user_id uuid,
    reason text,
    old jsonb,
    new jsonb
);
comment on type private.audit_entry is 'What the audit log says of one changed row, besides who and when.';
comment on column private.audit_entry.row_key is 'Its primary key, by column.';
comment on column private.audit_entry.session_id is 'The session it belongs to; null: none.';
comment on column private.audit_entry.user_id is 'Whose row it is; null: nobody''s.';
comment on column private.audit_entry.reason is 'What was given as the reason.';
comment on column private.audit_entry.old is 'The changed fields before; null: there was no row.';
comment on column private.audit_entry.new is 'The changed fields after; null: there is no row any more.';

create function private.audit_entry(table_name text, key_columns text[], old jsonb, new jsonb)
returns setof private.audit_entry
language plpgsql
stable
rows 1
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select
        (
            select jsonb_object_agg(key_column.name, stored.fields -> key_column.name)
            from unnest(audit_entry.key_columns) as key_column (name)
        ),
        coalesce(
            stored.fields ->> 'session_id',
            case audit_entry.table_name when 'success_sessions' then stored.fields ->> 'id' end
        )::uuid,
        coalesce(stored.fields ->> 'student_id', stored.fields ->> 'user_id')::uuid,
        case audit_entry.table_name
            when 'session_attendance' then audit_entry.new ->> 'note'
            when 'success_sessions' then audit_entry.new ->> 'cancel_reason'
        end,
        case when audit_entry.old is not null then change.old end,
        case when audit_entry.new is not null then change.new end
    from (select coalesce(audit_entry.new, audit_entry.old) as fields) as stored
    cross join lateral (
        select
            jsonb_object_agg(field.name, coalesce(shown.old, audit_entry.old -> field.name)) as old,
            jsonb_object_agg(field.name, coalesce(shown.new, audit_entry.new -> field.name)) as new
        from jsonb_object_keys(stored.fields) as field (name)
        -- The path of a webhook's address is often all that it takes to write there: admins see it, other managers not.
        left join lateral (
            select
                to_jsonb(substring(audit_entry.old ->> 'url' from '^https://[^/]+') || '/…') as old,
                to_jsonb(substring(audit_entry.new ->> 'url' from '^https://[^/]+') || '/…') as new
        ) as shown on audit_entry.table_name = 'webhook_endpoints' and field.name = 'url'
        where
            -- Left out is what follows from other fields.
            field.name not in (
                'created_at', 'updated_at', 'sequence', 'audience_key', 'host_key', 'status_due_at', 'announce_at'
            )
            -- So is what presence changes in a record: it can be worked out again.
            and not (
                audit_entry.table_name = 'session_attendance'
                and field.name in ('joined_at', 'left_at', 'minutes_present')
                and audit_entry.old is not null
                and audit_entry.new is not null
            )
            and nullif(audit_entry.old -> field.name, 'null')
            is distinct from nullif(audit_entry.new -> field.name, 'null')
    ) as change
    where
        change.old is not null
        -- What presence says of attendance can be worked out again from presence, which is append-only itself.
        and not (
            audit_entry.table_name = 'session_attendance'
            and coalesce(audit_entry.old ->> 'source', 'join') in ('join', 'platform')
            and coalesce(audit_entry.new ->> 'source', 'join') in ('join', 'platform')
        );
end
$$;
comment on function private.audit_entry(text, text[], jsonb, jsonb) is
    'What the audit log says of one row, given whole before (null: new) and after (null: deleted); no row where nothing changed that it is told of.';
revoke execute on function private.audit_entry(text, text[], jsonb, jsonb) from public;

create function private.audit_key(fields jsonb, key_columns text[])
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select string_agg(audit_key.fields ->> key_column.name, ' ' order by key_column.name)
        from unnest(audit_key.key_columns) as key_column (name)
    );
end
$$;
comment on function private.audit_key(jsonb, text[]) is 'The primary key of a row as one text.';
revoke execute on function private.audit_key(jsonb, text[]) from public;

-- PostgREST lets whoever calls a function cast and filter its answer. An error there tells the answer (a passcode is no
-- integer) and undoes what the function wrote: the log does not say who was shown a passcode, a wrong code is not
-- counted. Functions that must not answer without what they write refuse such requests. A function is not told what is
-- asked of its answer, so the text of PostgREST's statement is read, and a test sends such requests. CSV is refused as
-- well: for it PostgREST casts the row to its type, and where the columns are chosen in another order, each to the type
-- of the column in its place.
create function private.check_plain_answer()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if current_query() ~ 'CAST\( |_postgrest_t::|"pgrst_source"( AS "[^"]+")?\s+WHERE ' then
        raise exception using
            errcode = '22023',
            message = 'the answer of this function is neither cast nor filtered, and is no CSV',
            hint = 'Choose columns with select, without casts, and ask for JSON.';
    end if;
end
$$;
comment on function private.check_plain_answer() is
    'Refuses with 22023 a request to PostgREST that could fail after the function has answered, and so undo what it wrote.';
revoke execute on function private.check_plain_answer() from public;

create function private.audit_reveal(action text, table_name text, row_id uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform private.check_plain_answer();
    insert into public.audit_log (action, table_name, row_key, session_id)
    values (
        audit_reveal.action,
        audit_reveal.table_name,
        jsonb_build_object('id', audit_reveal.row_id),
        case audit_reveal.table_name when 'success_sessions' then audit_reveal.row_id end
    );
end
$$;
comment on function private.audit_reveal(text, text, uuid) is
    'Records that the API function named action shows the caller the credentials of a row.';
revoke execute on function private.audit_reveal(text, text, uuid) from public;

-- One statement, one insert, however many rows it changed: an import of 10,000 enrollments is not 10,000 inserts. What
-- is write-only has left the rows before (success_sessions_4_credentials), so it cannot get here.
-- Security definer: whoever changes a row may not write the log that says so.
create function private.audit_changes()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_keys constant text [] := string_to_array(tg_argv[0], ',');
begin
    case tg_op
        when 'INSERT' then
            insert into public.audit_log (action, table_name, row_key, session_id, user_id, reason, old, new)
            select 'insert', tg_table_name, entry.*
            from new_rows as written
            cross join lateral private.audit_entry(tg_table_name, v_keys, null, to_jsonb(written)) as entry;
        when 'DELETE' then
            insert into public.audit_log (action, table_name, row_key, session_id, user_id, reason, old, new)
            select 'delete', tg_table_name, entry.*
            from old_rows as removed
            cross join lateral private.audit_entry(tg_table_name, v_keys, to_jsonb(removed), null) as entry;
        else
            -- Paired by primary key; a row whose key changed counts as one gone and one new.
            insert into public.audit_log (action, table_name, row_key, session_id, user_id, reason, old, new)
            select
                case
                    when removed.fields is null then 'insert'
                    when written.fields is null then 'delete'
                    else 'update'
                end,
                tg_table_name,
                entry.*
            from (
                select to_jsonb(was) as fields, private.audit_key(to_jsonb(was), v_keys) as key from old_rows as was
            ) as removed
            full join (
                select to_jsonb(became) as fields, private.audit_key(to_jsonb(became), v_keys) as key
                from new_rows as became
            ) as written on removed.key = written.key
            cross join lateral private.audit_entry(tg_table_name, v_keys, removed.fields, written.fields) as entry;
    end case;
    return null;
end
$$;
comment on function private.audit_changes() is
    'Records what a statement changed, row by row and field by field; the argument names the columns of the primary key.';
revoke execute on function private.audit_changes() from public;

create trigger audit_insert after insert on public.success_sessions
referencing new table as new_rows
for each statement execute function private.audit_changes('id');
create trigger audit_update after update on public.success_sessions
referencing old table as old_rows new table as new_rows
for each statement execute function private.audit_changes('id');
create trigger audit_delete after delete on public.success_sessions
referencing old table as old_rows
for each statement execute function private.audit_changes('id');

create trigger audit_insert after insert on public.session_series
referencing new table as new_rows
for each statement execute function private.audit_changes('id');
create trigger audit_update after update on public.session_series
referencing old table as old_rows new table as new_rows
for each statement execute function private.audit_changes('id');
create trigger audit_delete after delete on public.session_series
referencing old table as old_rows
for each statement execute function private.audit_changes('id');

create trigger audit_insert after insert on public.session_participants
referencing new table as new_rows
for each statement execute function private.audit_changes('session_id,user_id');
create trigger audit_update after update on public.session_participants
referencing old table as old_rows new table as new_rows
for each statement execute function private.audit_changes('session_id,user_id');
create trigger audit_delete after delete on public.session_participants
referencing old table as old_rows
for each statement execute function private.audit_changes('session_id,user_id');

create trigger audit_insert after insert on public.session_attendance
referencing new table as new_rows
for each statement execute function private.audit_changes('session_id,student_id');
create trigger audit_update after update on public.session_attendance
referencing old table as old_rows new table as new_rows
for each statement execute function private.audit_changes('session_id,student_id');
create trigger audit_delete after delete on public.session_attendance
referencing old table as old_rows
for each statement execute function private.audit_changes('session_id,student_id');

create trigger audit_insert after insert on public.session_excuses
referencing new table as new_rows
for each statement execute function private.audit_changes('session_id,student_id');
create trigger audit_update after update on public.session_excuses
referencing old table as old_rows new table as new_rows
for each statement execute function private.audit_changes('session_id,student_id');
create trigger audit_delete after delete on public.session_excuses
referencing old table as old_rows
for each statement execute function private.audit_changes('session_id,student_id');

create trigger audit_insert after insert on public.session_recordings
referencing new table as new_rows
for each statement execute function private.audit_changes('id');
create trigger audit_update after update on public.session_recordings
referencing old table as old_rows new table as new_rows
for each statement execute function private.audit_changes('id');
create trigger audit_delete after delete on public.session_recordings
referencing old table as old_rows
for each statement execute function private.audit_changes('id');

create trigger audit_insert after insert on public.user_roles
referencing new table as new_rows
for each statement execute function private.audit_changes('user_id,role');
create trigger audit_update after update on public.user_roles
referencing old table as old_rows new table as new_rows
for each statement execute function private.audit_changes('user_id,role');
create trigger audit_delete after delete on public.user_roles
referencing old table as old_rows
for each statement execute function private.audit_changes('user_id,role');

create trigger audit_insert after insert on public.app_settings
referencing new table as new_rows
for each statement execute function private.audit_changes('id');
create trigger audit_update after update on public.app_settings
referencing old table as old_rows new table as new_rows
for each statement execute function private.audit_changes('id');
create trigger audit_delete after delete on public.app_settings
referencing old table as old_rows
for each statement execute function private.audit_changes('id');

create trigger audit_insert after insert on public.course_enrollments
referencing new table as new_rows
for each statement execute function private.audit_changes('id');
create trigger audit_update after update on public.course_enrollments
referencing old table as old_rows new table as new_rows
for each statement execute function private.audit_changes('id');
create trigger audit_delete after delete on public.course_enrollments
referencing old table as old_rows
for each statement execute function private.audit_changes('id');

create trigger audit_insert after insert on public.meeting_platforms
referencing new table as new_rows
for each statement execute function private.audit_changes('id');
create trigger audit_update after update on public.meeting_platforms
referencing old table as old_rows new table as new_rows
for each statement execute function private.audit_changes('id');
create trigger audit_delete after delete on public.meeting_platforms
referencing old table as old_rows
for each statement execute function private.audit_changes('id');

create trigger audit_insert after insert on public.meeting_accounts
referencing new table as new_rows
for each statement execute function private.audit_changes('id');
create trigger audit_update after update on public.meeting_accounts
referencing old table as old_rows new table as new_rows
for each statement execute function private.audit_changes('id');
create trigger audit_delete after delete on public.meeting_accounts
referencing old table as old_rows
for each statement execute function private.audit_changes('id');

create trigger audit_insert after insert on public.webhook_endpoints
referencing new table as new_rows
for each statement execute function private.audit_changes('id');
create trigger audit_update after update on public.webhook_endpoints
referencing old table as old_rows new table as new_rows
for each statement execute function private.audit_changes('id');
create trigger audit_delete after delete on public.webhook_endpoints
referencing old table as old_rows
for each statement execute function private.audit_changes('id');

create trigger audit_insert after insert on public.attendance_rules
referencing new table as new_rows
for each statement execute function private.audit_changes('session_type');
create trigger audit_update after update on public.attendance_rules
referencing old table as old_rows new table as new_rows
for each statement execute function private.audit_changes('session_type');
create trigger audit_delete after delete on public.attendance_rules
referencing old table as old_rows
for each statement execute function private.audit_changes('session_type');

create trigger audit_insert after insert on public.blackout_dates
referencing new table as new_rows
for each statement execute function private.audit_changes('id');
create trigger audit_update after update on public.blackout_dates
referencing old table as old_rows new table as new_rows
for each statement execute function private.audit_changes('id');
create trigger audit_delete after delete on public.blackout_dates
referencing old table as old_rows
for each statement execute function private.audit_changes('id');

create type private.audit_content as (
    entries integer,
    first_at timestamptz,
    last_at timestamptz,
    content_hash bytea,
    redacted integer,
    forged integer
);
comment on type private.audit_content is 'What a seal of the audit log is made of.';
comment on column private.audit_content.entries is 'How many entries there are.';
comment on column private.audit_content.first_at is 'When the earliest occurred; null for none.';
comment on column private.audit_content.last_at is 'When the latest occurred; null for none.';
comment on column private.audit_content.content_hash is 'SHA-256 of their digests in order.';
comment on column private.audit_content.redacted is 'How many were erased with a person''s data.';
comment on column private.audit_content.forged is 'How many are said to be erased and yet say something.';

create function private.audit_content(after_id bigint, through_id bigint)
returns private.audit_content
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_content private.audit_content;
begin
    select
        count(*)::integer,
        min(entry.occurred_at),
        max(entry.occurred_at),
        sha256(coalesce(
            string_agg(
                private.audit_digest(entry, coalesce(redaction.words_digest, private.audit_words_digest(entry))),
                ''::bytea
                order by entry.id
            ),
            ''
        )),
        count(redaction.audit_id)::integer,
        (count(*) filter (
            where redaction.audit_id is not null and num_nonnulls(entry.reason, entry.old, entry.new) > 0
        ))::integer
    into v_content
    from public.audit_log as entry
    left join private.audit_redactions as redaction on entry.id = redaction.audit_id
    where entry.id > audit_content.after_id and entry.id <= audit_content.through_id;
    return v_content;
end
$$;
comment on function private.audit_content(bigint, bigint) is
    'The entries of the audit log after one id up to another, as a seal holds them.';
revoke execute on function private.audit_content(bigint, bigint) from public;

-- All that verify_audit_log goes by: whoever rewrote when a seal's entries occurred would pass them off as dropped.
create function private.audit_seal_hash(previous bytea, seal private.audit_seals)
returns bytea
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return sha256(
        coalesce(audit_seal_hash.previous, '')
        || int8send(seal.id)
        || int8send(seal.through_id)
        || int4send(seal.entries)
        || coalesce(timestamptz_send(seal.first_at), '')
        || coalesce(timestamptz_send(seal.last_at), '')
        || seal.content_hash
    );
end
$$;
comment on function private.audit_seal_hash(bytea, private.audit_seals) is
    'The hash that chains a seal of the audit log to the one before; previous is null for the first.';
revoke execute on function private.audit_seal_hash(bytea, private.audit_seals) from public;

-- Closes the open seal when nobody can write beneath it any more, and marks the next. Who writes never waits for it.
-- The mark is sound because its transaction id is drawn after the number it goes up to was read, while writers draw
-- theirs before their numbers (private.next_audit_id): all who may write up to there have lower ids. So a transaction
-- that has its id already cannot mark.
create function private.seal_audit_log()
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_lot constant integer := 20000;
    v_patience constant interval := interval '1 minute';
    v_open private.audit_seals;
    v_last private.audit_seals;
    v_sealed integer := 0;
    v_may_mark constant boolean := pg_current_xact_id_if_assigned() is null;
    v_through bigint;
begin
    -- Under another isolation level the snapshot would be older than the numbers it is compared with.
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception using
            errcode = '25001',
            message = 'the audit log is sealed in a transaction that is read committed';
    end if;
    if not pg_try_advisory_xact_lock('public.audit_log'::regclass::integer, 2) then
        return 0;
    end if;
    select numbers.last_value into v_through from private.audit_log_id_seq as numbers where numbers.is_called;
    select seal.* into v_last
    from private.audit_seals as seal where seal.hash is not null order by seal.id desc limit 1;
    select seal.* into v_open
    from private.audit_seals as seal where seal.hash is null order by seal.id desc limit 1;

    if v_open.marked_by >= pg_snapshot_xmax(pg_current_snapshot()) then
        -- Marked by another cluster, whose dump this one was restored from: its transaction ids say nothing here.
        delete from private.audit_seals as seal where seal.id = v_open.id;
    elsif v_open.marked_by < pg_snapshot_xmin(pg_current_snapshot()) then
        select content.entries, content.first_at, content.last_at, content.content_hash
        into v_open.entries, v_open.first_at, v_open.last_at, v_open.content_hash
        from private.audit_content(coalesce(v_last.through_id, 0), v_open.through_id) as content;
        update private.audit_seals as seal
        set
            entries = v_open.entries,
            first_at = v_open.first_at,
            last_at = v_open.last_at,
            content_hash = v_open.content_hash,
            hash = private.audit_seal_hash(v_last.hash, v_open)
        where seal.id = v_open.id
        returning seal.* into v_last;
        v_sealed := v_last.entries;
    elsif v_open.id is not null then
        return 0;
    end if;

    if v_may_mark
        and v_through > coalesce(v_last.through_id, 0)
        and (
            v_through - coalesce(v_last.through_id, 0) >= v_lot
            or v_last.marked_at is null
            or v_last.marked_at < clock_timestamp() - v_patience
        )
    then
        insert into private.audit_seals (through_id)
        values (least(v_through, coalesce(v_last.through_id, 0) + v_lot));
    end if;
    return v_sealed;
end
$$;
comment on function private.seal_audit_log() is
    'Seals the entries of the audit log that were marked at an earlier call, once no older transaction is open, and marks the next, at most 20,000 and not more often than once a minute for fewer. Returns how many were sealed. Errors: 25001 outside read committed.';
revoke execute on function private.seal_audit_log() from public;

create type public.audit_verification as (
    is_intact boolean,
    problem text,
    seals bigint,
    sealed_entries bigint,
    unsealed_entries bigint,
    redacted_entries bigint,
    dropped_seals bigint,
    kept_from timestamptz,
    sealed_at timestamptz,
    last_seal bigint,
    last_hash text
);
comment on type public.audit_verification is 'What verify_audit_log found.';
comment on column public.audit_verification.is_intact is 'Whether every entry looked at is as it was sealed, and every seal follows from the one before.';
comment on column public.audit_verification.problem is 'The first thing that is wrong; null: nothing.';
comment on column public.audit_verification.seals is 'How many seals the chain has.';
comment on column public.audit_verification.sealed_entries is 'How many entries were compared with their seals.';
comment on column public.audit_verification.unsealed_entries is 'How many entries are too new to be sealed: nothing can be said about them yet.';
comment on column public.audit_verification.redacted_entries is 'How many of those compared were erased with a person''s data: that they were there is sealed, what they said is gone.';
comment on column public.audit_verification.dropped_seals is 'How many seals are of months that are no longer kept; their place in the chain was checked.';
comment on column public.audit_verification.kept_from is 'Begin of the oldest month kept.';
comment on column public.audit_verification.sealed_at is 'When the newest sealed lot was marked; null: there is none.';
comment on column public.audit_verification.last_seal is 'Number of the newest seal. Keep it and last_hash elsewhere: whoever can rewrite the whole chain cannot rewrite that.';
comment on column public.audit_verification.last_hash is 'Hash of the newest seal, in hex.';

-- Security definer: it is the API; seals are closed to the caller.
create function public.verify_audit_log(
    since timestamptz default null, known_seal bigint default null, known_hash text default null
)
returns public.audit_verification
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    -- No number is below 1: an entry that has one was slipped in.
    c_before_all constant bigint := -9223372036854775808;
    v_seal private.audit_seals;
    v_content private.audit_content;
    v_found public.audit_verification;
    v_previous private.audit_seals;
begin
    if not private.is_owner_login() and not private.is_manager() then
        raise exception using
            errcode = '42501',
            message = 'only managers may verify the audit log',
            hint = 'Ask an admin.';
    end if;
    if (known_seal is null) <> (known_hash is null) then
        raise exception using
            errcode = '22023',
            message = 'known_seal and known_hash belong together',
            hint = 'Send last_seal and last_hash of an earlier answer, or neither.';
    end if;

    select min(to_timestamp(right(partition.relname, 7) || ' +00', 'YYYY_MM TZH')) into v_found.kept_from
    from pg_catalog.pg_inherits as inheritance
    inner join pg_catalog.pg_class as partition on inheritance.inhrelid = partition.oid
    where
        inheritance.inhparent = 'public.audit_log'::regclass
        and partition.relname ~ '^audit_log_\d{4}_\d{2}$';
    v_found.seals := 0;
    v_found.sealed_entries := 0;
    v_found.redacted_entries := 0;
    v_found.dropped_seals := 0;

    for v_seal in
        select seal.* from private.audit_seals as seal where seal.hash is not null order by seal.id
    loop
        v_found.seals := v_found.seals + 1;
        if v_seal.hash <> private.audit_seal_hash(v_previous.hash, v_seal) then
            v_found.problem := coalesce(
                v_found.problem, format('seal %s does not follow from the one before', v_seal.id)
            );
        end if;
        if v_seal.id = known_seal and encode(v_seal.hash, 'hex') <> lower(known_hash) then
            v_found.problem := coalesce(v_found.problem, format('seal %s is not the known one', v_seal.id));
        end if;
        if v_seal.first_at < v_found.kept_from then
            v_found.dropped_seals := v_found.dropped_seals + 1;
            if exists (
                select from public.audit_log as entry
                where
                    entry.id > coalesce(v_previous.through_id, c_before_all)
                    and entry.id <= v_seal.through_id
                    and entry.occurred_at > v_seal.last_at
            ) then
                v_found.problem := coalesce(
                    v_found.problem, format('seal %s has entries that are later than what was sealed', v_seal.id)
                );
            end if;
        elsif since is null or v_seal.last_at >= since then
            v_content := private.audit_content(coalesce(v_previous.through_id, c_before_all), v_seal.through_id);
            v_found.sealed_entries := v_found.sealed_entries + v_content.entries;
            v_found.redacted_entries := v_found.redacted_entries + v_content.redacted;
            if v_content.content_hash <> v_seal.content_hash or v_content.forged > 0 then
                v_found.problem := coalesce(
                    v_found.problem,
                    format(
                        'entries %s to %s are not as they were sealed: there were %s, there are %s',
                        coalesce(v_previous.through_id, 0) + 1,
                        v_seal.through_id,
                        v_seal.entries,
                        v_content.entries
                    )
                );
            end if;
        end if;
        v_previous := v_seal;
    end loop;
    if known_seal is not null
        and not exists (
            select from private.audit_seals as seal where seal.id = known_seal and seal.hash is not null
        )
    then
        v_found.problem := coalesce(v_found.problem, format('seal %s is missing', known_seal));
    end if;

    select count(*) into v_found.unsealed_entries
    from public.audit_log as entry
    where entry.id > coalesce(v_previous.through_id, 0);
    v_found.sealed_at := v_previous.marked_at;
    v_found.last_seal := v_previous.id;
    v_found.last_hash := encode(v_previous.hash, 'hex');
    v_found.is_intact := v_found.problem is null;
    return v_found;
end
$$;
comment on function public.verify_audit_log(timestamptz, bigint, text) is
    'Compares the audit log with its chain of seals: all of the chain, and the entries since an instant, or all (null). known_seal and known_hash, from an earlier answer kept elsewhere, prove that the chain was not rewritten as a whole. For managers and the database''s owner. Errors: 42501 for everybody else; 22023 for one of known_seal and known_hash alone.';
revoke execute on function public.verify_audit_log(timestamptz, bigint, text)
from public, anon, authenticated, service_role;
grant execute on function public.verify_audit_log(timestamptz, bigint, text) to authenticated;
