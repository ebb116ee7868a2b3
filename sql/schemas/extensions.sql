-- Platform extensions live in the schema `extensions`, as on Supabase. btree_gist lets one exclusion constraint compare
-- a mentor (uuid, =) and a time range (&&). It is a trusted extension: no superuser is needed to create it.
create schema if not exists extensions;
create extension if not exists btree_gist with schema extensions;
