-- A period that a report is about.
create type private.report_period as (
    period integer, -- 0 is the one before the first
    first_day date,
    last_day date,
    from_time timestamptz, -- midnight of first_day in the report's zone
    to_time timestamptz -- midnight after last_day
);
comment on type private.report_period is 'A period of a report: its days, and the instants between which they are.';
