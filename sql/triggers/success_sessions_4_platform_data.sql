-- After the credentials have moved out (4 credentials): host_link is write-only on every platform, and no schema has to
-- know it. Asked when the fields are written, not when the platform's schema changes: what is planned stays.
-- Security definer: the writer need not be able to read platforms.
create function private.check_platform_data()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_violation text;
begin
    if tg_op = 'UPDATE' and new.platform = old.platform and new.platform_data = old.platform_data then
        return new;
    end if;
    v_violation := (
        select private.json_schema_violation(platform.platform_data_schema, new.platform_data, 'platform_data')
        from public.meeting_platforms as platform
        -- That it is an object is for the constraint to say.
        where platform.id = new.platform and jsonb_typeof(new.platform_data) = 'object'
    );
    if v_violation is not null then
        raise exception using
            errcode = '22023',
            message = v_violation,
            detail = format('platform %s says so in meeting_platforms.platform_data_schema', new.platform),
            hint = 'Send the fields that the platform knows, or leave platform_data out.';
    end if;
    return new;
end
$$;
comment on function private.check_platform_data() is
    'Refuses with 22023 platform_data that the schema of the session''s platform does not allow, naming the field.';
revoke execute on function private.check_platform_data() from public;

create trigger success_sessions_4_platform_data
before insert or update of platform, platform_data on public.success_sessions
for each row execute function private.check_platform_data();
