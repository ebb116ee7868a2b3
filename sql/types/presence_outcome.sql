-- What became of what a platform told.
create type public.presence_outcome as enum (
    'recorded', -- it counts
    'unmatched', -- recorded for nobody yet: the participant waits in the review queue, or was dismissed there
    'staff', -- the host or a manager, who have no attendance
    'duplicate', -- told before; nothing was changed
    'unknown_meeting' -- no session uses this meeting around that time; nothing was kept
);
comment on type public.presence_outcome is 'What became of a presence event or report of a meeting platform.';
