"""Recordings, acted out by everybody: rows, addresses and files."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.rows import dict_row

from support.academy import EVERYBODY, MANAGERS, SIGNED_IN, Academy
from support.sessions import refusal
from support.world import World

FOLDER = "session-recordings"


def open_recording(conn: psycopg.Connection, recording: UUID) -> dict[str, Any]:
    with conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute("select * from public.open_recording(%s)", (recording,)).fetchone()
    assert row is not None
    return row


def stored_url(conn: psycopg.Connection, recording: UUID) -> str | None:
    row = conn.execute(
        "select decrypted_secret from vault.decrypted_secrets where name = %s",
        (f"session_recordings/{recording}/recording_url",),
    ).fetchone()
    return str(row[0]) if row else None


@pytest.mark.parametrize("who", SIGNED_IN)
@pytest.mark.parametrize("which", ["published", "draft"])
def test_open_recording_opens_what_the_table_shows(academy: Academy, who: str, which: str) -> None:
    recording = academy.recordings[which]
    opened = {"host", *MANAGERS} | ({"student"} if which == "published" else set())

    with academy.acting(who):
        seen = academy.conn.execute(
            "select from public.session_recordings where id = %s", (recording,)
        ).rowcount
        assert seen == (who in opened)
        if who in opened:
            assert (
                open_recording(academy.conn, recording)["url"]
                == f"https://zoom.us/rec/SECRET-{which}"
            )
            return
        nowhere = uuid4()
        with refusal(academy.conn, "PT404") as hidden:
            open_recording(academy.conn, recording)
        with refusal(academy.conn, "PT404") as unknown:
            open_recording(academy.conn, nowhere)
    assert hidden.message == f"recording_id {recording} is unknown or not visible to you"
    assert unknown.message == f"recording_id {nowhere} is unknown or not visible to you"
    assert (hidden.detail, hidden.hint) == (unknown.detail, unknown.hint)


@pytest.mark.parametrize("who", ["anon", "service_role"])
def test_only_signed_in_people_open_recordings(academy: Academy, who: str) -> None:
    with academy.acting(who), refusal(academy.conn, "42501") as refused:
        open_recording(academy.conn, academy.recordings["published"])
    assert refused.message == "permission denied for function open_recording"


@pytest.mark.parametrize("who", ["other_mentor", "student", "nobody"])
def test_an_upsert_takes_no_recording_over(academy: Academy, who: str) -> None:
    recording = academy.recordings["published"]
    for session in (academy.sessions["over"], academy.sessions["other_batch"]):
        with academy.undone():
            try:
                with academy.acting(who), academy.conn.transaction():
                    written = academy.conn.execute(
                        "insert into public.session_recordings (id, session_id, url)"
                        " values (%s, %s, 'https://evil.test/1') on conflict do nothing",
                        (recording, session),
                    ).rowcount
            except psycopg.errors.InsufficientPrivilege:
                written = 0
            assert written == 0
            assert stored_url(academy.conn, recording) == "https://zoom.us/rec/SECRET-published"


# -- Files ------------------------------------------------------------------------------


def uploaded(conn: psycopg.Connection, name: str) -> None:
    conn.execute("insert into storage.objects (bucket_id, name) values (%s, %s)", (FOLDER, name))


def test_the_bucket_is_private(conn: psycopg.Connection) -> None:
    row = conn.execute("select public from storage.buckets where id = %s", (FOLDER,)).fetchone()
    assert row == (False,)


@pytest.mark.parametrize("who", EVERYBODY)
def test_a_file_is_read_by_whoever_may_see_its_recording(academy: Academy, who: str) -> None:
    folder = academy.sessions["over"]
    world = World(academy.conn)
    for name, is_published in (("published.mp4", True), ("draft.mp4", False)):
        uploaded(academy.conn, f"{folder}/{name}")
        world.recording(folder, storage_path=f"{folder}/{name}", is_published=is_published)
    uploaded(academy.conn, f"{folder}/unlisted.mp4")
    expected: set[str] = set()
    if who in ("host", "service_role", *MANAGERS):
        expected = {"published.mp4", "draft.mp4", "unlisted.mp4"}
    elif who == "student":
        expected = {"published.mp4"}

    with academy.acting(who):
        rows = academy.conn.execute(
            "select storage.filename(name) from storage.objects where bucket_id = %s", (FOLDER,)
        )
        assert {row[0] for row in rows} == expected


@pytest.mark.parametrize("who", ["student", "other_mentor", "host", "enrollment_manager"])
def test_files_are_written_by_host_and_managers_into_the_sessions_folder(
    academy: Academy, who: str
) -> None:
    def attempt(statement: str, *values: object) -> int:
        try:
            with academy.conn.transaction():
                return academy.conn.execute(statement.encode(), values).rowcount
        except psycopg.errors.InsufficientPrivilege:
            return 0

    folder = academy.sessions["over"]
    insert = "insert into storage.objects (bucket_id, name) values (%s, %s)"
    # What lies elsewhere under such a name is none of theirs, nor is it brought here.
    academy.conn.execute("insert into storage.buckets (id, name) values ('elsewhere', 'elsewhere')")
    academy.conn.execute(insert.encode(), ("elsewhere", f"{folder}/3.mp4"))
    with academy.acting(who):
        written = [
            attempt(insert, FOLDER, f"{folder}/1.mp4"),
            attempt(
                "update storage.objects set name = %s where name = %s",
                f"{folder}/2.mp4",
                f"{folder}/1.mp4",
            ),
            attempt("delete from storage.objects where name = %s", f"{folder}/2.mp4"),
            attempt(insert, FOLDER, f"{academy.sessions['unbatched']}/1.mp4"),
            attempt("update storage.objects set bucket_id = %s", FOLDER),
        ]
    assert (
        written
        == {
            "student": [0, 0, 0, 0, 0],
            "other_mentor": [0, 0, 0, 0, 0],
            "host": [1, 1, 1, 0, 0],
            "enrollment_manager": [1, 1, 1, 1, 1],
        }[who]
    )
