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
