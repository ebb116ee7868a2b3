-- Helpers, trigger functions, presence and audit: everything the API must not expose. PostgREST never lists this
-- schema; `authenticated` may look names up in it because row-level security policies call its helpers.
create schema private;
comment on schema private is
    'Helpers, trigger functions, presence and audit of the live sessions. Not exposed through PostgREST.';
revoke all on schema private from public;
grant usage on schema private to authenticated, service_role;
