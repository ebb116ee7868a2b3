-- The IANA time zones this server knows, spelled as IANA spells them. A table, because pg_timezone_names reads the zone
-- files at every look, and because Postgres also accepts abbreviations, POSIX strings and any letter case, which other
-- programs do not.
create table private.time_zones (
    name text not null,
    constraint time_zones_pkey primary key (name)
);
comment on table private.time_zones is
    'IANA time zones a session or a profile may name. After an update of the zone data: insert the new names from pg_timezone_names.';
comment on column private.time_zones.name is 'IANA name, such as Europe/Berlin or UTC.';

alter table private.time_zones enable row level security;

insert into private.time_zones (name)
select zone.name
from pg_catalog.pg_timezone_names as zone
where
    zone.name = 'UTC'
    or (zone.name like '%/%' and zone.name !~ '^(posix|right|SystemV)/');
