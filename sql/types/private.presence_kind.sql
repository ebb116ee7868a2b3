-- What a raw presence event says.
create type private.presence_kind as enum (
    'join', -- a person came in
    'leave', -- a person went out
    'end' -- the platform closed the meeting, with everybody in it
);
comment on type private.presence_kind is 'What a raw presence event says.';
