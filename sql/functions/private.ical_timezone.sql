-- A VTIMEZONE from Postgres' own zone data. Where clocks change every year by the same rule, it is the classical pair
-- of a STANDARD and a DAYLIGHT with a yearly RRULE, which is all that Outlook makes use of. Any other zone (Morocco's
-- Ramadan, Chile's "first Sunday after the 1st", a change of law in the span) has one observance per change, without
-- RDATE, at which some programs stumble; that is exact for the span and says nothing beyond it. A rule is only written
-- where it gives exactly the changes of the span and of the years around it. No TZNAME: it is optional, and Postgres
-- shows the abbreviations of the connection's zone alone.
create function private.ical_timezone(timezone text, from_time timestamptz, to_time timestamptz)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    c_local_format constant text := 'YYYYMMDD"T"HH24MISS';
    -- Enough to tell the fourth Sunday from the last one.
    c_years_after constant interval := interval '6 years';
    v_first_day timestamp := date_trunc('year', from_time at time zone 'UTC') - interval '1 year';
    v_from timestamptz := v_first_day at time zone 'UTC';
    v_to timestamptz := (date_trunc('year', to_time at time zone 'UTC') + c_years_after) at time zone 'UTC';
    v_first_offset interval := v_from at time zone timezone - v_from at time zone 'UTC';
    v_years integer := extract(year from v_to at time zone 'UTC') - extract(year from v_first_day);
    v_observances text;
begin
    -- Onset in the local time of before (RFC 5545, section 3.6.5), and which weekday of its month that is.
    with
    change as (
        select
            found.offset_before,
            found.offset_after,
            found.changes_at at time zone 'UTC' + found.offset_before as onset
        from private.timezone_changes(timezone, v_from, v_to) as found
    ),
    described as (
        select
            change.*,
            extract(month from change.onset)::integer as month,
            (array['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'])[extract(isodow from change.onset)] as weekday,
            (extract(day from change.onset)::integer + 6) / 7 as ordinal,
            extract(month from change.onset + interval '7 days') <> extract(month from change.onset) as is_last
        from change
    ),
    grouped as (
        select
            described.offset_before,
            described.offset_after,
            min(described.onset) as onset,
            case
                when count(distinct extract(year from described.onset)) = v_years
                    and count(distinct (described.month, described.weekday, described.onset::time)) = 1
                    then case
                        when bool_and(described.is_last) then '-1' || min(described.weekday)
                        when count(distinct described.ordinal) = 1 then min(described.ordinal) || min(described.weekday)
                    end
            end as by_day,
            min(described.month) as month
        from described
        group by described.offset_before, described.offset_after
    ),
    observance as (
        select
            grouped.offset_before,
            grouped.offset_after,
            grouped.onset,
            format('FREQ=YEARLY;BYMONTH=%s;BYDAY=%s', grouped.month, grouped.by_day) as rule
        from grouped
        where (select count(*) = 2 and bool_and(whole.by_day is not null) from grouped as whole)
        union all
        select
            described.offset_before,
            described.offset_after,
            described.onset,
            null
        from described
        where
            (select bool_or(whole.by_day is null) or count(*) <> 2 from grouped as whole)
            -- Changes after the span are left out.
            and described.onset < to_time at time zone 'UTC' + interval '2 days'
        union all
        -- What holds before the first change.
        select
            v_first_offset,
            v_first_offset,
            timestamp '1970-01-01 00:00',
            null
        where (select count(*) <> 2 or bool_or(whole.by_day is null) from grouped as whole)
    )
    select
        string_agg(
            format(
                E'BEGIN:%1$s\r\nDTSTART:%2$s\r\n%3$sTZOFFSETFROM:%4$s\r\nTZOFFSETTO:%5$s\r\nEND:%1$s\r\n',
                case when observance.offset_after > observance.offset_before then 'DAYLIGHT' else 'STANDARD' end,
                to_char(observance.onset, c_local_format),
                'RRULE:' || observance.rule || E'\r\n',
                private.ical_offset(observance.offset_before),
                private.ical_offset(observance.offset_after)
            ),
            '' order by observance.onset
        )
    into v_observances
    from observance;
    return E'BEGIN:VTIMEZONE\r\n' || private.ical_fold('TZID:' || timezone) || E'\r\n'
        || v_observances || E'END:VTIMEZONE\r\n';
end
$$;
comment on function private.ical_timezone(text, timestamptz, timestamptz) is
    'VTIMEZONE (RFC 5545, section 3.6.5) of an IANA zone, right for the instants between the two; CRLF line ends, one at the end too.';
revoke execute on function private.ical_timezone(text, timestamptz, timestamptz) from public;
