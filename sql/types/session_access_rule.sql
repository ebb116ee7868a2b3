create type public.session_access_rule as (
    rule text,
    decides text,
    holds boolean,
    fact text,
    remedy text
);
comment on type public.session_access_rule is
    'One rule of who sees and may join a session, and what it says of one user. One of the rules that decide see must hold; to join, in addition all that decide join.';
comment on column public.session_access_rule.rule is
    'manager, host, enrollment, invitation; status, seat, join_window, meeting; sees and may_join sum them up.';
comment on column public.session_access_rule.decides is 'see: one of them is enough; join: all of them are needed.';
comment on column public.session_access_rule.holds is 'What the rule says.';
comment on column public.session_access_rule.fact is 'The fact behind it.';
comment on column public.session_access_rule.remedy is 'What would change it; null: it holds, or nothing would.';
