-- The files of recordings: a private bucket, a folder per session. Who sees a recording's row may read its file; who
-- hosts the session or manages may write into its folder. Storage itself has enabled row-level security and granted the
-- verbs; service_role passes.

-- The row's own policy decides: the subquery runs as the caller.
create policy objects_select_recording on storage.objects
for select to authenticated
using (
    bucket_id = 'session-recordings'
    and (
        exists (
            select from public.session_recordings as recording
            where recording.storage_path = objects.name
        )
        or (storage.foldername(name))[1] = any((select private.my_hosted_session_ids())::text[])
        or (select private.is_manager())
    )
);

create policy objects_insert_recording on storage.objects
for insert to authenticated
with check (
    bucket_id = 'session-recordings'
    and (
        (storage.foldername(name))[1] = any((select private.my_hosted_session_ids())::text[])
        or (select private.is_manager())
    )
);

create policy objects_update_recording on storage.objects
for update to authenticated
using (
    bucket_id = 'session-recordings'
    and (
        (storage.foldername(name))[1] = any((select private.my_hosted_session_ids())::text[])
        or (select private.is_manager())
    )
)
with check (
    bucket_id = 'session-recordings'
    and (
        (storage.foldername(name))[1] = any((select private.my_hosted_session_ids())::text[])
        or (select private.is_manager())
    )
);

create policy objects_delete_recording on storage.objects
for delete to authenticated
using (
    bucket_id = 'session-recordings'
    and (
        (storage.foldername(name))[1] = any((select private.my_hosted_session_ids())::text[])
        or (select private.is_manager())
    )
);
