create type public.webhook_secret as (
    endpoint_id uuid,
    secret text -- whsec_ and base64, as libraries for Standard Webhooks take it
);
comment on type public.webhook_secret is 'An endpoint and the secret its requests are signed with, which is shown this once.';
