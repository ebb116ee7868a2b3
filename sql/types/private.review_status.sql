-- What became of a participant whom no key and no verified address named.
create type private.review_status as enum (
    'waiting', -- nobody has decided yet
    'linked', -- the host or a manager said who it was
    'dismissed' -- the host or a manager said that it counts for nobody
);
comment on type private.review_status is 'What became of a participant of a meeting whom nothing but a name told.';
