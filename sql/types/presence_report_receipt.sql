-- What reconcile_presence answers.
create type public.presence_report_receipt as (
    outcome public.presence_outcome,
    session_ids uuid [],
    recorded integer,
    unmatched integer
);
comment on type public.presence_report_receipt is
    'Answer of reconcile_presence: the outcome, the sessions it was about, and how many stays were recorded for students and for the review queue; stays of host and managers are in neither number.';
