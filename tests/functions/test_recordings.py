"""Recordings: who may see them and when, how they come, and who is told once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row

from support.actors import as_service, as_user
from support.meetings import MEETING, Webhooks
from support.outbox import Outbox
from support.sessions import refusal
from support.world import World

HOUR = timedelta(hours=1)
URL = "https://zoom.us/rec/share/abc?pwd=secret"
FOLDER = "session-recordings"


def open_recording(conn: psycopg.Connection, recording: UUID | None) -> dict[str, Any]:
    with conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute("select * from public.open_recording(%s)", (recording,)).fetchone()
    assert row is not None
    return row


def change(conn: psycopg.Connection, recording: UUID, assignments: str, *values: Any) -> int:
    return conn.execute(
        f"update public.session_recordings set {assignments} where id = %s".encode(),  # noqa: S608
        (*values, recording),
    ).rowcount


def stored_url(conn: psycopg.Connection, recording: UUID) -> str | None:
    row = conn.execute(
        "select decrypted_secret from vault.decrypted_secrets where name = %s",
        (f"session_recordings/{recording}/recording_url",),
    ).fetchone()
    return str(row[0]) if row else None


def views(conn: psycopg.Connection, recording: UUID) -> list[UUID]:
    rows = conn.execute(
        "select user_id from public.session_recording_views where recording_id = %s"
        " order by viewed_at",
        (recording,),
    )
    return [row[0] for row in rows]


@pytest.fixture
def mentor(world: World) -> UUID:
    return world.mentor("Marta")


@pytest.fixture
def over(world: World, batch: UUID, mentor: UUID) -> UUID:
    return world.session(
        batch=batch, mentor=mentor, starts=-3 * HOUR, status="completed", zoom_meeting_id=MEETING
    )


@pytest.fixture
def published(world: World, over: UUID) -> UUID:
    return world.recording(over, url=URL, title="Part 1", is_published=True)


# -- Who opens it, and when -------------------------------------------------------------


def test_a_student_of_the_session_opens_it_and_is_logged(
    conn: psycopg.Connection, over: UUID, anna: UUID, published: UUID
) -> None:
    with as_user(conn, anna):
        details = open_recording(conn, published)
        open_recording(conn, published)

    assert details == {
        "recording_id": published,
        "session_id": over,
        "title": "Part 1",
        "url": URL,
        "bucket_id": None,
        "storage_path": None,
    }
    assert views(conn, published) == [anna, anna]


@pytest.mark.parametrize(
    "assignments",
    [
        "is_published = false",
        "available_from = now() + interval '1 minute'",
        "available_from = now() - interval '2 hours', available_until = now()",
    ],
)
def test_a_student_sees_it_only_while_it_is_published_and_available(
    conn: psycopg.Connection, anna: UUID, mentor: UUID, published: UUID, assignments: str
) -> None:
    query = "select from public.session_recordings where id = %s"
    with as_user(conn, anna):
        assert conn.execute(query, (published,)).rowcount == 1
    change(conn, published, assignments)

    with as_user(conn, anna):
        assert conn.execute(query, (published,)).rowcount == 0
        with refusal(conn, "PT404"):
            open_recording(conn, published)
    with as_user(conn, mentor):
        assert open_recording(conn, published)["url"] == URL


def test_the_id_of_a_session_is_none_of_a_recording(
    conn: psycopg.Connection, mentor: UUID, over: UUID
) -> None:
    with as_user(conn, mentor), refusal(conn, "PT404"):
        open_recording(conn, over)


def test_it_ends_with_the_enrollment(
    conn: psycopg.Connection, world: World, over: UUID, anna: UUID, published: UUID
) -> None:
    guest = world.student("Guest")
    world.invite(over, guest)
    conn.execute(
        "update public.course_enrollments set status = 'withdrawn' where student_id = %s", (anna,)
    )

    with as_user(conn, anna), refusal(conn, "PT404"):
        open_recording(conn, published)
    with as_user(conn, guest):
        assert open_recording(conn, published)["url"] == URL


# -- Written by host and managers -------------------------------------------------------


def test_the_address_goes_into_vault_and_never_back_into_the_row(
    conn: psycopg.Connection, mentor: UUID, over: UUID
) -> None:
    with as_user(conn, mentor), conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(
            "insert into public.session_recordings (session_id, url) values (%s, %s) returning *",
            (over, URL),
        ).fetchone()

    assert row is not None
    assert (row["url"], row["created_by"], row["is_published"]) == (None, mentor, False)
    assert stored_url(conn, row["id"]) == URL


def test_a_form_that_saves_null_back_leaves_the_address(
    conn: psycopg.Connection, mentor: UUID, published: UUID
) -> None:
    with as_user(conn, mentor):
        assert change(conn, published, "title = 'Part one', url = null") == 1
        assert open_recording(conn, published)["url"] == URL
        change(conn, published, "url = 'https://video.example.test/new'")
        assert open_recording(conn, published)["url"] == "https://video.example.test/new"


def test_a_file_takes_the_place_of_an_address_and_the_other_way_round(
    conn: psycopg.Connection, mentor: UUID, over: UUID, published: UUID
) -> None:
    path = f"{over}/part-1.mp4"
    with as_user(conn, mentor):
        change(conn, published, "storage_path = %s", path)
        details = open_recording(conn, published)
        assert (details["url"], details["bucket_id"], details["storage_path"]) == (
            None,
            FOLDER,
            path,
        )
    assert stored_url(conn, published) is None

    with as_user(conn, mentor):
        change(conn, published, "storage_path = null, url = %s", URL)
        assert open_recording(conn, published)["url"] == URL


def test_a_deleted_recording_takes_its_address_with_it(
    conn: psycopg.Connection, mentor: UUID, published: UUID
) -> None:
    with as_user(conn, mentor):
        conn.execute("delete from public.session_recordings where id = %s", (published,))

    assert stored_url(conn, published) is None


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({}, "a recording needs a url or a storage_path"),
        ({"url": "ftp://video.example.test/1"}, "url must be an http(s) address without spaces"),
        ({"url": "https://a.test:99999/1"}, "url must be an http(s) address without spaces"),
        (
            {"url": URL, "storage_path": "{session}/1.mp4"},
            "a recording has either a url or a storage_path",
        ),
        ({"storage_path": "1.mp4"}, "storage_path must be a path in the folder of its session"),
        (
            {"storage_path": "8041c22d-e83f-4bc1-ab8d-ad19ff827b0c/1.mp4"},
            "storage_path must be a path in the folder of its session",
        ),
        (
            {"storage_path": "{session}/../8041c22d-e83f-4bc1-ab8d-ad19ff827b0c/1.mp4"},
            "storage_path must be a path in the folder of its session",
        ),
        (
            {"storage_path": "{session}/a/%2e%2e/1.mp4"},
            "storage_path must be a path in the folder of its session",
        ),
        (
            {"storage_path": "{session}/..\\1.mp4"},
            "storage_path must be a path in the folder of its session",
        ),
        (
            {"storage_path": "{session}/./1.mp4"},
            "storage_path must be a path in the folder of its session",
        ),
        (
            {"storage_path": "{session}/a/.."},
            "storage_path must be a path in the folder of its session",
        ),
        ({"url": URL, "title": " "}, "title must be one line of 1 to 200 characters"),
        ({"url": URL, "duration_minutes": -1}, "duration_minutes must be between 0 and 1440"),
        (
            {"url": URL, "available_until": datetime(2020, 1, 1, tzinfo=UTC)},
            "available_until must be after available_from",
        ),
    ],
    ids=str,
)
def test_what_cannot_be_a_recording_is_refused(
    conn: psycopg.Connection, mentor: UUID, over: UUID, columns: dict[str, Any], message: str
) -> None:
    values = {
        name: value.format(session=over) if isinstance(value, str) else value
        for name, value in columns.items()
    }
    names = ["session_id", *values]
    with as_user(conn, mentor), refusal(conn, "22023") as refused:
        conn.execute(
            f"insert into public.session_recordings ({', '.join(names)})"  # noqa: S608
            f" values ({', '.join(['%s'] * len(names))})".encode(),
            (over, *values.values()),
        )
    assert refused.message == message
    assert refused.hint


# -- From the platform ------------------------------------------------------------------


def add(conn: psycopg.Connection, over: UUID, **told: Any) -> dict[str, Any]:
    row = conn.execute(
        "select start_time from public.success_sessions where id = %s", (over,)
    ).fetchone()
    assert row is not None
    arguments = {
        "platform": "zoom",
        "event_id": "file-1",
        "meeting_id": MEETING,
        "started_at": row[0] + timedelta(minutes=1),
        "url": URL,
    }
    return Webhooks(conn).call("add_recording", **(arguments | told))


def test_a_recording_comes_by_webhook_once_and_unpublished(
    conn: psycopg.Connection, over: UUID, mentor: UUID
) -> None:
    receipt = add(conn, over, title=" Speaker\nview ", duration_minutes=58)
    again = add(conn, over, url="https://zoom.us/rec/other")

    assert (receipt["outcome"], receipt["session_id"]) == ("recorded", over)
    assert again == {**receipt, "outcome": "duplicate"}
    rows = conn.execute(
        "select id, title, duration_minutes, is_published from public.session_recordings"
    ).fetchall()
    assert rows == [(receipt["recording_id"], "Speaker view", 58, False)]
    with as_user(conn, mentor):
        assert open_recording(conn, receipt["recording_id"])["url"] == URL


def test_a_recording_of_a_meeting_that_nobody_knows_is_not_kept(
    conn: psycopg.Connection, over: UUID
) -> None:
    assert add(conn, over, meeting_id="111111111") == {
        "outcome": "unknown_meeting",
        "session_id": None,
        "recording_id": None,
    }
    assert conn.execute("select from public.session_recordings").rowcount == 0


@pytest.mark.parametrize(
    ("told", "named"),
    [
        ({"platform": "carrier_pigeon"}, "platform"),
        ({"event_id": None}, "event_id"),
        ({"started_at": None}, "started_at"),
        ({"url": None}, "a recording needs a url"),
        ({"url": "no address"}, "url"),
    ],
    ids=str,
)
def test_a_webhook_that_cannot_be_understood_is_refused(
    conn: psycopg.Connection, over: UUID, told: dict[str, Any], named: str
) -> None:
    with refusal(conn, "22023") as refused:
        add(conn, over, **told)
    assert refused.message is not None
    assert refused.message.startswith(named)


# -- The mail ---------------------------------------------------------------------------


def tick(conn: psycopg.Connection) -> None:
    conn.execute("select notifier.tick()")


def told(conn: psycopg.Connection) -> list[UUID]:
    """Who was sent the mail by now, in no order."""
    tick(conn)
    return [
        mail.recipient_id for mail in Outbox(conn).deliver() if mail.kind == "recording_available"
    ]


def test_those_who_take_part_are_told_once_when_it_is_published(
    conn: psycopg.Connection, world: World, batch: UUID, over: UUID, anna: UUID, mentor: UUID
) -> None:
    ben = world.student("Ben", batch=batch)
    guest = world.student("Guest")
    world.invite(over, guest)
    world.student("Paused", batch=batch, status="paused")
    world.student("Of another batch", batch=world.batch())
    receipt = add(conn, over, notify=True)
    assert told(conn) == []

    with as_user(conn, mentor):
        change(conn, receipt["recording_id"], "is_published = true")

    assert sorted(told(conn)) == sorted([anna, ben, guest])
    with as_user(conn, mentor):
        change(conn, receipt["recording_id"], "is_published = false")
        change(conn, receipt["recording_id"], "is_published = true")
    assert told(conn) == []


def test_nobody_is_told_unasked(conn: psycopg.Connection, anna: UUID, published: UUID) -> None:
    assert told(conn) == []


def test_the_mail_waits_until_it_can_be_watched(
    conn: psycopg.Connection, world: World, over: UUID, anna: UUID
) -> None:
    later = datetime.now(UTC) + HOUR
    recording = world.recording(over, is_published=True, notify=True, available_from=later)
    assert told(conn) == []
    row = conn.execute("select notifier.next_wake() <= %s", (later,)).fetchone()
    assert row == (True,)

    change(conn, recording, "available_from = now() - interval '1 minute'")
    assert told(conn) == [anna]


@pytest.mark.parametrize("ending", ["the enrollment", "the publication"])
def test_whoever_may_not_watch_it_any_more_is_not_told(
    conn: psycopg.Connection, world: World, over: UUID, anna: UUID, ending: str
) -> None:
    recording = world.recording(over, is_published=True, notify=True)
    tick(conn)
    Outbox(conn).expand()
    if ending == "the enrollment":
        conn.execute("update public.course_enrollments set status = 'paused'")
    else:
        change(conn, recording, "is_published = false")

    assert told(conn) == []
    mails = Outbox(conn).rows(kind="recording_available")
    assert [mail["skip_reason"] for mail in mails] == ["not_invited"]


def test_two_recordings_are_two_mails(
    conn: psycopg.Connection, world: World, over: UUID, anna: UUID
) -> None:
    for _ in range(2):
        world.recording(over, is_published=True, notify=True)

    assert told(conn) == [anna, anna]


def test_a_large_audience_is_told_page_by_page(
    conn: psycopg.Connection, world: World, batch: UUID, over: UUID
) -> None:
    students = [world.student(batch=batch) for _ in range(5)]
    guest = world.student("Guest")
    world.invite(over, guest)
    world.recording(over, is_published=True, notify=True)
    tick(conn)
    outbox = Outbox(conn)

    while outbox.expand(2)[1]:
        pass

    mails = outbox.rows(kind="recording_available")
    assert sorted(mail["recipient_id"] for mail in mails) == sorted([*students, guest])


def test_the_mail_shows_the_session_and_no_address_of_the_recording(
    conn: psycopg.Connection, world: World, over: UUID, anna: UUID
) -> None:
    world.recording(over, url=URL, is_published=True, notify=True)
    tick(conn)

    (mail,) = [mail for mail in Outbox(conn).deliver() if mail.kind == "recording_available"]

    assert mail.recipient_role == "learner"
    assert mail.session["id"] == str(over)
    assert mail.calendars == []
    assert "zoom.us/rec" not in str(mail)


def test_the_service_may_manage_recordings_too(conn: psycopg.Connection, over: UUID) -> None:
    with as_service(conn):
        row = conn.execute(
            "insert into public.session_recordings (session_id, url) values (%s, %s) returning url",
            (over, URL),
        ).fetchone()
    assert row == (None,)


def test_what_is_done_to_a_recording_is_in_the_audit_log_and_its_address_is_not(
    conn: psycopg.Connection, mentor: UUID, published: UUID
) -> None:
    with as_user(conn, mentor):
        change(conn, published, "is_published = false, url = 'https://zoom.us/rec/other?pwd=x'")

    rows = conn.execute(
        "select actor_id, old, new from public.audit_log"
        " where table_name = 'session_recordings' and action = 'update'"
    ).fetchall()
    assert rows == [(mentor, {"is_published": True}, {"is_published": False})]
    everything = conn.execute("select string_agg(to_jsonb(audit_log)::text, '') from audit_log")
    assert "zoom.us/rec" not in str(everything.fetchone())
