-- Platform extensions live in the schema `extensions`, as on Supabase. btree_gist lets one exclusion constraint compare
-- a mentor (uuid, =) and a time range (&&). pgcrypto makes keys and codes, and signs. Both are trusted extensions: no
-- superuser is needed to create them.
create schema if not exists extensions;
create extension if not exists btree_gist with schema extensions;
create extension if not exists pgcrypto with schema extensions;
