select
    extract(epoch from start_time)::bigint,
    local_start
from public.preview_recurrence($1::jsonb, $2::timestamptz, $3)
