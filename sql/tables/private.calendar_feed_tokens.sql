-- Apart from public.calendar_feeds, so that owners can read every column of that. A token has 244 random bits, so a
-- plain hash is enough: there is nothing to guess that salt or many rounds would slow down.
create table private.calendar_feed_tokens (
    token_hash bytea not null,
    feed_id uuid not null,
    constraint calendar_feed_tokens_pkey primary key (token_hash),
    constraint calendar_feed_tokens_feed_id_key unique (feed_id),
    constraint calendar_feed_tokens_feed_id_fkey
    foreign key (feed_id) references public.calendar_feeds (id) on delete cascade
);
comment on table private.calendar_feed_tokens is 'What finds a calendar feed by its token; the token itself is not kept.';
comment on column private.calendar_feed_tokens.token_hash is 'SHA-256 of the token.';
comment on column private.calendar_feed_tokens.feed_id is 'The feed that it opens.';

alter table private.calendar_feed_tokens enable row level security;
