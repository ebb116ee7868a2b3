-- What a raw presence event says about a person in a session.
create type private.presence_kind as enum (
    'join', -- came in
    'leave' -- went out
);
comment on type private.presence_kind is 'What a raw presence event says about a person in a session.';
