"""Outgoing webhooks in the database: who hears of what, once, and what becomes of a request."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.rows import class_row, dict_row

from support.actors import as_user, refused
from support.outbox import Outbox, change
from support.sessions import refusal
from support.world import World

TUESDAY = datetime(2031, 5, 6, 17, 0, tzinfo=UTC)
URL = "https://hooks.example.test/live"
EVERYTHING = [
    "session.created",
    "session.changed",
    "session.cancelled",
    "attendance.finalized",
    "recording.ready",
]


@dataclass(frozen=True, slots=True)
class Claimed:
    """One row of `notifier.claimed_webhook`."""

    delivery_id: UUID
    claim_id: UUID
    endpoint_id: UUID
    url: str
    event_type: str
    body: str
    secrets: list[str]
    attempt: int


@pytest.fixture
def admin(world: World) -> UUID:
    return world.admin()


def create(
    conn: psycopg.Connection, admin: UUID, types: list[str] | None = None, url: str = URL
) -> tuple[UUID, str]:
    with as_user(conn, admin):
        row = conn.execute(
            "select endpoint_id, secret from public.create_webhook_endpoint(%s, %s)",
            (url, types or EVERYTHING),
        ).fetchone()
    assert row is not None
    return row[0], row[1]


def claim(
    conn: psycopg.Connection, worker: str = "a worker", seconds: int = 60, rows: int = 100
) -> list[Claimed]:
    with conn.cursor(row_factory=class_row(Claimed)) as cursor:
        return cursor.execute(
            "select * from notifier.claim_webhooks(%s, %s, %s)",
            (worker, rows, timedelta(seconds=seconds)),
        ).fetchall()


def fail(outbox: Outbox, claimed: Claimed, status: int | None, down: bool = True) -> str | None:
    answer: str | None = outbox.scalar(
        "select notifier.fail_webhook(%s, %s, %s, 'no', %s)",
        claimed.claim_id,
        claimed.delivery_id,
        status,
        down,
    )
    return answer


def bodies(conn: psycopg.Connection) -> list[dict[str, Any]]:
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            "select payload from notifier.webhook_deliveries order by created_at, source"
        ).fetchall()
    return [row["payload"] for row in rows]


# Endpoints


def test_an_admin_gets_the_secret_once_and_nobody_reads_it_later(
    world: World, conn: psycopg.Connection, admin: UUID
) -> None:
    endpoint, secret = create(conn, admin)
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32

    with as_user(conn, admin), conn.cursor(row_factory=dict_row) as cursor:
        (row,) = cursor.execute("select * from public.webhook_endpoints").fetchall()
    assert row["id"] == endpoint
    assert secret not in str(row)
    for nobody in (world.enrollment_manager(), world.mentor(), world.student()):
        with as_user(conn, nobody):
            assert conn.execute("select * from public.webhook_endpoints").fetchall() == []
        with as_user(conn, nobody), refused(conn):
            conn.execute("select public.create_webhook_endpoint(%s, %s)", (URL, EVERYTHING))


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.test/",
        "https://user:secret@hooks.example.test/",
        "https://hooks.example.test/#part",
        "https://hooks.example.test/ x",
        "ftp://hooks.example.test/",
        "https:///nowhere",
        "https://hooks.example.test:99999/",
        "https://hooks.example.test:0/",
        "hooks.example.test",
        "",
    ],
)
def test_only_https_addresses_are_taken(conn: psycopg.Connection, admin: UUID, url: str) -> None:
    with refused(conn, psycopg.errors.InvalidParameterValue, "^url must be an https address"):
        create(conn, admin, url=url)
    create(conn, admin, url="https://hooks.example.test:8443/a/b?c=d")


@pytest.mark.parametrize(
    "types", [["session.deleted"], ["session.created", None], ["session.created"] * 6]
)
def test_unknown_event_types_and_more_than_there_are_are_refused(
    conn: psycopg.Connection, admin: UUID, types: list[str]
) -> None:
    with refused(conn, psycopg.errors.InvalidParameterValue, "^event_types must name"):
        create(conn, admin, types)


def test_a_rotated_secret_signs_beside_the_old_one_for_a_day(
    world: World, outbox: Outbox, admin: UUID
) -> None:
    endpoint, old = create(outbox.conn, admin)
    with as_user(outbox.conn, admin):
        new = outbox.scalar("select (public.rotate_webhook_secret(%s)).secret", endpoint)
    world.session(starts=TUESDAY)
    outbox.expand()
    (claimed,) = claim(outbox.conn)
    assert claimed.secrets == [new, old]

    fail(outbox, claimed, 500)
    outbox.conn.execute("update public.webhook_endpoints set previous_secret_until = now()")
    outbox.conn.execute("update notifier.webhook_deliveries set available_at = now()")
    (claimed,) = claim(outbox.conn)
    assert claimed.secrets == [new]
    with as_user(outbox.conn, admin), refusal(outbox.conn, "PT404"):
        outbox.scalar("select public.rotate_webhook_secret(%s)", uuid4())
    with as_user(outbox.conn, world.enrollment_manager()), refused(outbox.conn):
        outbox.scalar("select public.rotate_webhook_secret(%s)", endpoint)


def test_a_secret_that_vault_has_lost_is_replaced(
    world: World, outbox: Outbox, admin: UUID
) -> None:
    endpoint, _ = create(outbox.conn, admin)
    outbox.conn.execute("delete from vault.secrets where name ~ '^webhook_endpoints/'")
    with as_user(outbox.conn, admin):
        new = outbox.scalar("select (public.rotate_webhook_secret(%s)).secret", endpoint)
    world.session(starts=TUESDAY)
    outbox.expand()
    (claimed,) = claim(outbox.conn)
    assert claimed.secrets == [new]


def test_a_deleted_endpoint_takes_its_secrets_and_deliveries_along(
    world: World, outbox: Outbox, admin: UUID
) -> None:
    endpoint, _ = create(outbox.conn, admin)
    with as_user(outbox.conn, admin):
        outbox.scalar("select public.rotate_webhook_secret(%s)", endpoint)
    world.session(starts=TUESDAY)
    outbox.expand()
    secrets = "select count(*) from vault.secrets where starts_with(name, 'webhook_endpoints/')"
    assert outbox.scalar(secrets) == 2
    with as_user(outbox.conn, world.enrollment_manager()):
        outbox.conn.execute("delete from public.webhook_endpoints")
    assert outbox.scalar(secrets) == 2

    with as_user(outbox.conn, admin):
        outbox.conn.execute("delete from public.webhook_endpoints")

    assert outbox.scalar(secrets) == 0
    assert bodies(outbox.conn) == []


# What is told


def test_sessions_are_told_of_as_they_come_change_and_go(
    world: World, outbox: Outbox, admin: UUID
) -> None:
    create(outbox.conn, admin)
    batch = world.batch()
    session = world.session("Week 6", batch=batch, starts=TUESDAY)
    outbox.deliver()
    change(outbox.conn, session, title="Renamed", description="More")
    outbox.deliver()
    change(outbox.conn, session, status="cancelled")
    outbox.deliver()

    created, changed, cancelled = bodies(outbox.conn)

    assert (created["type"], created["data"]["session_id"]) == ("session.created", str(session))
    assert created["data"]["batch_id"] == str(batch)
    assert created["timestamp"].endswith("Z")
    assert "changed" not in created["data"]
    assert changed["type"] == "session.changed"
    assert changed["data"]["changed"] == ["description", "title"]
    assert cancelled["type"] == "session.cancelled"
    assert "Week 6" not in str([created, changed, cancelled])
    assert "http" not in str([created, changed, cancelled])


def test_who_is_invited_is_no_change_of_the_session(
    world: World, outbox: Outbox, admin: UUID
) -> None:
    session = world.session(starts=TUESDAY)
    outbox.deliver()
    create(outbox.conn, admin)

    world.invite(session, world.student())
    outbox.deliver()

    assert bodies(outbox.conn) == []


def test_the_end_of_a_session_is_told_once_attendance_is_final(
    world: World, outbox: Outbox, admin: UUID
) -> None:
    create(outbox.conn, admin, ["attendance.finalized"])
    session = world.session(starts=timedelta(hours=-2))
    outbox.conn.execute("select notifier.tick()")
    outbox.deliver()

    (told,) = bodies(outbox.conn)

    assert told["type"] == "attendance.finalized"
    assert told["data"] == {"session_id": str(session)}


def test_a_recording_is_told_when_it_can_be_watched(
    world: World, outbox: Outbox, admin: UUID
) -> None:
    create(outbox.conn, admin)
    session = world.session(starts=timedelta(hours=-2), status="completed")
    outbox.conn.execute("delete from notifier.webhook_deliveries")
    for available_from, published in (("now", True), ("now", False), ("tomorrow", True)):
        outbox.conn.execute(
            "insert into public.session_recordings"
            " (session_id, url, is_published, available_from, created_by)"
            " values (%s, 'https://video.example.test/1', %s, %s::timestamptz, null)",
            (session, published, available_from),
        )

    assert len(bodies(outbox.conn)) == 2
    (claimed,) = claim(outbox.conn)
    assert claimed.event_type == "recording.ready"
    assert "video.example.test" not in claimed.body
    outbox.conn.execute("update public.session_recordings set is_published = true")
    assert len(bodies(outbox.conn)) == 3  # only the one that was not published before


def test_a_recording_that_is_put_off_brought_forward_or_withdrawn_is_told_so(
    world: World, outbox: Outbox, admin: UUID
) -> None:
    """Endpoints were told at the time it was first to be watched, though nobody could."""
    create(outbox.conn, admin, ["recording.ready"])
    session = world.session(starts=timedelta(hours=-2), status="completed")
    conn = outbox.conn
    conn.execute(
        "insert into public.session_recordings"
        " (session_id, url, is_published, available_from, created_by)"
        " values (%s, 'https://video.example.test/1', true, now() + interval '1 hour', null)",
        (session,),
    )

    def is_due(*, hours: int) -> bool:
        """Whether it is told then, and only then."""
        conn.execute(
            "update public.session_recordings"
            " set available_from = now() + make_interval(hours => %s)",
            (hours,),
        )
        due: list[bool] = outbox.scalar(
            "select array_agg(available_at - clock_timestamp() between"
            " make_interval(hours => %s, secs => -60) and make_interval(hours => %s))"
            " from notifier.webhook_deliveries",
            hours,
            hours,
        )
        return due == [True]

    assert is_due(hours=2)
    conn.execute("update public.session_recordings set is_published = false")
    assert bodies(conn) == []
    conn.execute("update public.session_recordings set is_published = true")
    assert is_due(hours=1)
    assert claim(conn) == []
    conn.execute("update public.session_recordings set available_from = now()")
    (told,) = claim(conn)
    outbox.scalar("select notifier.complete_webhook(%s, %s, 200)", told.claim_id, told.delivery_id)
    # Once is enough.
    conn.execute("update public.session_recordings set available_from = now() + interval '1 day'")
    assert [row["status"] for row in outbox.rows("webhook_deliveries")] == ["sent"]


def test_a_recording_that_is_deleted_is_not_told_of(
    world: World, outbox: Outbox, admin: UUID
) -> None:
    create(outbox.conn, admin, ["recording.ready"])
    session = world.session(starts=timedelta(hours=-2), status="completed")
    outbox.conn.execute(
        "insert into public.session_recordings (session_id, url, is_published, created_by)"
        " values (%s, 'https://video.example.test/1', true, null)",
        (session,),
    )
    assert len(bodies(outbox.conn)) == 1

    outbox.conn.execute("delete from public.session_recordings")

    assert bodies(outbox.conn) == []


def test_an_endpoint_hears_of_what_it_asked_for_while_it_is_active(
    world: World, outbox: Outbox, admin: UUID
) -> None:
    create(outbox.conn, admin, ["session.cancelled"])
    silent, _ = create(outbox.conn, admin)
    with as_user(outbox.conn, admin):
        outbox.conn.execute(
            "update public.webhook_endpoints set is_active = false where id = %s", (silent,)
        )
    session = world.session(starts=TUESDAY)
    outbox.deliver()
    assert bodies(outbox.conn) == []
    change(outbox.conn, session, status="cancelled")
    outbox.deliver()
    assert [body["type"] for body in bodies(outbox.conn)] == ["session.cancelled"]


# Delivering


@pytest.fixture
def two(world: World, outbox: Outbox, admin: UUID) -> UUID:
    """An endpoint for which two webhooks wait; its id."""
    endpoint, _ = create(outbox.conn, admin)
    for _ in range(2):
        world.session(starts=TUESDAY)
    outbox.expand()
    return endpoint


def test_a_webhook_is_claimed_once_and_then_sent(outbox: Outbox, two: UUID) -> None:
    first, second = claim(outbox.conn)
    assert (first.url, first.attempt) == (URL, 1)
    assert claim(outbox.conn) == []
    complete = "select notifier.complete_webhook(%s, %s, 200)"
    assert outbox.scalar(complete, uuid4(), first.delivery_id) is False
    assert outbox.scalar(complete, first.claim_id, first.delivery_id) is True
    assert outbox.scalar(complete, first.claim_id, first.delivery_id) is False
    assert [row["status"] for row in outbox.rows("webhook_deliveries", id=first.delivery_id)] == [
        "sent"
    ]
    assert fail(outbox, second, 400, down=False) == "queued"


def test_a_dead_worker_s_webhook_is_taken_over_and_it_cannot_report_any_more(
    outbox: Outbox, two: UUID
) -> None:
    lost, _ = claim(outbox.conn)
    outbox.conn.execute("update notifier.webhook_deliveries set available_at = now()")

    (again, _) = claim(outbox.conn, "another")

    assert (again.delivery_id, again.attempt) == (lost.delivery_id, 2)
    assert fail(outbox, lost, 500) is None
    assert (
        outbox.scalar(
            "select notifier.complete_webhook(%s, %s, 200)", lost.claim_id, lost.delivery_id
        )
        is False
    )


def test_a_worker_keeps_a_webhook_for_as_long_as_it_says_so(outbox: Outbox, two: UUID) -> None:
    held, _ = claim(outbox.conn)
    outbox.conn.execute("update notifier.webhook_deliveries set available_at = now()")
    extend = "select notifier.extend_webhook(%s, %s, '1 minute')"

    assert outbox.scalar(extend, uuid4(), held.delivery_id) is False
    assert outbox.scalar(extend, held.claim_id, held.delivery_id) is True

    assert claim(outbox.conn, "another") == []  # nor the other: the endpoint is busy
    outbox.scalar("select notifier.complete_webhook(%s, %s, 200)", held.claim_id, held.delivery_id)
    assert outbox.scalar(extend, held.claim_id, held.delivery_id) is False


def test_an_endpoint_that_is_down_is_left_alone_with_all_that_waits(
    world: World, outbox: Outbox, two: UUID, admin: UUID
) -> None:
    first, second = claim(outbox.conn)
    fail(outbox, second, 400, down=False)
    outbox.conn.execute(
        "update notifier.webhook_deliveries set available_at = now() where id = %s",
        (second.delivery_id,),
    )
    assert fail(outbox, first, None) == "queued"
    assert claim(outbox.conn) == []  # the other waits as well
    other, _ = create(outbox.conn, admin, url="https://other.example.test/")
    world.session(starts=TUESDAY)
    outbox.expand()
    assert {claimed.endpoint_id for claimed in claim(outbox.conn)} == {two, other}


def test_what_an_endpoint_has_under_way_is_answered_before_it_is_sent_more(
    world: World, outbox: Outbox, two: UUID, admin: UUID
) -> None:
    """An endpoint that took 14 seconds for each held up all others for as long as it was told."""
    (slow,) = claim(outbox.conn, rows=1)
    other, _ = create(outbox.conn, admin, ["session.created"], "https://other.example.test/")
    world.session(starts=TUESDAY)
    outbox.expand()

    assert [claimed.endpoint_id for claimed in claim(outbox.conn)] == [other]

    outbox.scalar("select notifier.complete_webhook(%s, %s, 200)", slow.claim_id, slow.delivery_id)
    assert [claimed.endpoint_id for claimed in claim(outbox.conn)] == [two, two]


def test_attempts_are_limited_and_a_dead_webhook_is_sent_again_on_request(
    outbox: Outbox, two: UUID, admin: UUID, world: World
) -> None:
    first, _ = claim(outbox.conn)
    outbox.conn.execute("update notifier.webhook_deliveries set attempts = 15")
    outbox.conn.execute("update notifier.webhook_deliveries set available_at = now()")
    (last, other) = claim(outbox.conn)
    assert (last.delivery_id, last.attempt) == (first.delivery_id, 16)
    assert fail(outbox, last, 500) == "dead"
    outbox.scalar(
        "select notifier.complete_webhook(%s, %s, 200)", other.claim_id, other.delivery_id
    )
    dead = (
        "select delivery_id, response_status from public.webhook_deliveries(%s)"
        " where status = 'dead'"
    )
    with as_user(outbox.conn, admin):
        assert outbox.conn.execute(dead, (two,)).fetchall() == [(last.delivery_id, 500)]
    # The database's owner sees them, too.
    assert outbox.conn.execute(dead, (two,)).fetchall() == [(last.delivery_id, 500)]
    repeat = "select public.replay_webhook_delivery(%s)"
    for call in (repeat, "select public.webhook_deliveries(%s)"):
        with as_user(outbox.conn, world.enrollment_manager()), refused(outbox.conn):
            outbox.scalar(call, last.delivery_id)

    with as_user(outbox.conn, admin):
        outbox.scalar(repeat, last.delivery_id)
        with refusal(outbox.conn, "PT404"):
            outbox.scalar(repeat, last.delivery_id)  # it waits already

    (again,) = claim(outbox.conn)
    assert (again.delivery_id, again.attempt) == (last.delivery_id, 1)


def test_an_endpoint_that_is_gone_is_switched_off(
    world: World, outbox: Outbox, two: UUID, admin: UUID
) -> None:
    first, second = claim(outbox.conn)
    assert fail(outbox, first, 410, down=False) == "dead"
    fail(outbox, second, 500)
    outbox.conn.execute("update notifier.webhook_deliveries set available_at = now()")

    assert claim(outbox.conn) == []

    (row,) = outbox.rows("webhook_deliveries", id=second.delivery_id)
    assert (row["status"], row["last_error"]) == ("dead", "the endpoint is switched off")
    # It would be given up again, and nobody told.
    with as_user(outbox.conn, admin), refusal(outbox.conn, "PT409") as refused:
        outbox.scalar("select public.replay_webhook_delivery(%s)", second.delivery_id)
    assert refused.message == "the endpoint of this delivery is switched off"
    world.session(starts=TUESDAY)
    outbox.expand()
    assert len(outbox.rows("webhook_deliveries")) == 2


def test_a_waiting_webhook_wakes_the_worker(outbox: Outbox, two: UUID) -> None:
    outbox.deliver()
    assert outbox.scalar("select notifier.next_wake() <= clock_timestamp()")
    claim(outbox.conn, seconds=3600)
    assert outbox.scalar(
        "select notifier.next_wake() between clock_timestamp() + interval '50 minutes'"
        " and clock_timestamp() + interval '60 minutes'"
    )


def test_old_webhooks_are_purged_and_waiting_ones_are_not(outbox: Outbox, two: UUID) -> None:
    first, _ = claim(outbox.conn)
    outbox.scalar(
        "select notifier.complete_webhook(%s, %s, 200)", first.claim_id, first.delivery_id
    )
    outbox.conn.execute(
        "update notifier.webhook_deliveries set created_at = now() - interval '2 years'"
    )
    outbox.conn.execute("select * from notifier.purge('1 year')")

    assert len(outbox.rows("webhook_deliveries")) == 1
