"""The review queue: participants whom only a name tells, and what people decide about them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.rows import dict_row

from devstack.databases import Database
from support.actors import as_anon, as_service, as_user
from support.meetings import MEETING, Webhooks, attended, calling, stay
from support.plans import nodes, run_plans
from support.rush import at_once
from support.sessions import refusal
from support.world import World

MINUTE = timedelta(minutes=1)
START = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=5)
END = START + 60 * MINUTE
Row = dict[str, Any]


def queue(conn: psycopg.Connection, user: UUID, session: UUID | None = None) -> list[Row]:
    with as_user(conn, user), conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "select * from public.unmatched_participants(%s)", (session,)
        ).fetchall()


def link(
    conn: psycopg.Connection, user: UUID, participant: UUID, student: UUID | None
) -> tuple[Any, ...] | None:
    with as_user(conn, user):
        return conn.execute(
            "select student_id, status::text, minutes_present from public.link_participant(%s, %s)",
            (participant, student),
        ).fetchone()


def dismiss(conn: psycopg.Connection, user: UUID, participant: UUID) -> None:
    with as_user(conn, user):
        conn.execute("select public.dismiss_participant(%s)", (participant,))


@pytest.fixture
def mentor(world: World) -> UUID:
    return world.mentor("Marta")


@pytest.fixture
def over(world: World, batch: UUID, mentor: UUID) -> UUID:
    return world.session(
        "Week 6",
        batch=batch,
        mentor=mentor,
        starts=START,
        status="completed",
        zoom_meeting_id=MEETING,
    )


@pytest.fixture
def zoom(conn: psycopg.Connection, over: UUID) -> Webhooks:
    return Webhooks(conn)


@pytest.fixture
def guest(zoom: Webhooks) -> UUID:
    """Somebody who was there for 50 minutes, as "Anna's iPad"."""
    told = {"participant_name": "Anna's iPad", "participant_email": "ipad@example.test"}
    receipt = zoom.joined(START, "guest-1", **told)
    zoom.left(START + 50 * MINUTE, "guest-1", **told)
    participant: UUID = receipt["participant_id"]
    return participant


def test_the_host_sees_who_waits(
    conn: psycopg.Connection, mentor: UUID, over: UUID, guest: UUID
) -> None:
    expected = {
        "participant_id": guest,
        "session_id": over,
        "title": "Week 6",
        "start_time": START,
        "platform": "zoom",
        "full_name": "Anna's iPad",
        "email": "ipad@example.test",
        "first_seen_at": START,
        "last_seen_at": START + 50 * MINUTE,
        "status": "waiting",
        "student_id": None,
        "decided_by": None,
        "decided_at": None,
    }

    assert queue(conn, mentor, over) == [expected]
    assert queue(conn, mentor) == [expected]


def test_everybody_sees_the_queues_of_their_own_sessions_only(
    conn: psycopg.Connection, world: World, batch: UUID, anna: UUID, guest: UUID
) -> None:
    other = world.mentor("Other")
    meeting = Webhooks(conn, meeting="111111111")
    world.session(
        batch=world.batch(),
        mentor=other,
        starts=START,
        status="completed",
        zoom_meeting_id="111111111",
    )
    meeting.joined(START, "guest-2", participant_name="Somebody", event_id="other")

    assert [row["full_name"] for row in queue(conn, other)] == ["Somebody"]
    assert {row["full_name"] for row in queue(conn, world.admin())} == {"Somebody", "Anna's iPad"}
    for nobody in (anna, world.user(), world.mentor()):
        assert queue(conn, nobody) == []


def test_strangers_find_neither_session_nor_participant(
    conn: psycopg.Connection, world: World, anna: UUID, over: UUID, guest: UUID
) -> None:
    with as_user(conn, anna), refusal(conn, "42501"):
        conn.execute("select public.unmatched_participants(%s)", (over,))
    for stranger in (anna, world.mentor(), world.student(batch=world.batch())):
        nowhere = uuid4()
        for query, arguments in (
            (calling("link_participant", "participant_id", "student_id"), {"student_id": anna}),
            (calling("dismiss_participant", "participant_id"), {}),
        ):
            with as_user(conn, stranger):
                with refusal(conn, "PT404") as hidden:
                    conn.execute(query, {"participant_id": guest} | arguments)
                with refusal(conn, "PT404") as unknown:
                    conn.execute(query, {"participant_id": nowhere} | arguments)
            assert hidden.message == f"participant_id {guest} is unknown or not visible to you"
            assert unknown.message == f"participant_id {nowhere} is unknown or not visible to you"
            assert (hidden.detail, hidden.hint) == (unknown.detail, unknown.hint)
            # A session's id, which a manager sees, is none of a participant.
            with as_user(conn, world.admin()), refusal(conn, "PT404"):
                conn.execute(query, {"participant_id": over} | arguments)
    with as_user(conn, world.mentor()), refusal(conn, "PT404"):
        conn.execute("select public.unmatched_participants(%s)", (over,))


@pytest.mark.parametrize("acting", [as_anon, as_service])
@pytest.mark.parametrize(
    "query",
    [
        "select public.unmatched_participants()",
        "select public.link_participant(null, null)",
        "select public.dismiss_participant(null)",
    ],
)
def test_only_signed_in_people_review(conn: psycopg.Connection, acting: Any, query: str) -> None:
    with acting(conn), refusal(conn, "42501"):
        conn.execute(query.encode())


def test_linked_to_a_student_the_presence_counts_for_them(
    conn: psycopg.Connection, mentor: UUID, anna: UUID, over: UUID, guest: UUID, zoom: Webhooks
) -> None:
    conn.execute("select private.finalize_attendance(%s)", (over,))
    assert attended(conn, over) == {anna: ("absent", 0)}

    assert link(conn, mentor, guest, anna) == (anna, "present", 50)

    assert queue(conn, mentor) == []
    (row,) = queue(conn, mentor, over)
    assert (row["status"], row["student_id"], row["decided_by"]) == ("linked", anna, mentor)
    # What comes later counts for her at once.
    receipt = zoom.joined(START + 55 * MINUTE, "guest-1")
    assert (receipt["outcome"], receipt["student_id"]) == ("recorded", anna)
    assert attended(conn, over) == {anna: ("present", 55)}


def test_the_report_records_who_is_linked(
    conn: psycopg.Connection, mentor: UUID, anna: UUID, over: UUID, guest: UUID, zoom: Webhooks
) -> None:
    link(conn, mentor, guest, anna)

    receipt = zoom.report(START, END, stay(START, START + 55 * MINUTE, "guest-1"))

    assert (receipt["recorded"], receipt["unmatched"]) == (1, 0)
    assert attended(conn, over) == {anna: ("present", 55)}


def test_two_devices_linked_to_one_student_do_not_count_twice(
    conn: psycopg.Connection, mentor: UUID, anna: UUID, over: UUID, guest: UUID, zoom: Webhooks
) -> None:
    zoom.joined(START + 40 * MINUTE, str(anna))

    assert link(conn, mentor, guest, anna) == (anna, "present", 60)


def test_a_wrong_link_is_corrected(
    conn: psycopg.Connection,
    world: World,
    batch: UUID,
    mentor: UUID,
    anna: UUID,
    over: UUID,
    guest: UUID,
) -> None:
    ben = world.student("Ben", batch=batch)
    link(conn, mentor, guest, ben)

    link(conn, mentor, guest, anna)
    assert attended(conn, over) == {ben: ("absent", 0), anna: ("present", 50)}

    link(conn, mentor, guest, None)
    assert attended(conn, over) == {ben: ("absent", 0), anna: ("absent", 0)}
    [waiting] = queue(conn, mentor)
    assert (waiting["participant_id"], waiting["decided_by"]) == (guest, None)


def test_a_dismissed_participant_counts_for_nobody_until_linked(
    conn: psycopg.Connection, mentor: UUID, anna: UUID, over: UUID, guest: UUID, zoom: Webhooks
) -> None:
    dismiss(conn, mentor, guest)

    assert queue(conn, mentor) == []
    assert zoom.joined(START + 55 * MINUTE, "guest-1")["outcome"] == "unmatched"
    assert queue(conn, mentor) == []
    assert attended(conn, over) == {}
    assert link(conn, mentor, guest, anna) == (anna, "present", 55)


def test_nobody_is_linked_who_does_not_take_part(
    conn: psycopg.Connection, world: World, mentor: UUID, guest: UUID
) -> None:
    for stranger in (world.student(batch=world.batch()), mentor, uuid4()):
        with as_user(conn, mentor), refusal(conn, "22023") as refused:
            conn.execute("select public.link_participant(%s, %s)", (guest, stranger))
        assert refused.message == f"student_id {stranger} does not take part in this session"


def test_a_mark_by_hand_stays(
    conn: psycopg.Connection, world: World, mentor: UUID, anna: UUID, over: UUID, guest: UUID
) -> None:
    world.attendance(over, anna, "excused")

    assert link(conn, mentor, guest, anna) == (anna, "excused", 0)


def test_whom_the_report_does_not_know_leaves_the_queue(
    conn: psycopg.Connection, mentor: UUID, anna: UUID, over: UUID, guest: UUID, zoom: Webhooks
) -> None:
    """The webhook told a name; the report tells who it was."""
    zoom.report(START, END, stay(START, START + 50 * MINUTE, str(anna)))

    assert queue(conn, mentor) == []
    assert attended(conn, over) == {anna: ("present", 50)}


def test_decisions_are_audited_without_name_and_address(
    conn: psycopg.Connection, mentor: UUID, anna: UUID, guest: UUID
) -> None:
    for _ in range(2):
        link(conn, mentor, guest, anna)
    for _ in range(2):
        dismiss(conn, mentor, guest)

    entries = conn.execute(
        "select actor_id, action, user_id, old, new from public.audit_log"
        " where table_name = 'unmatched_participants' order by id"
    ).fetchall()
    assert entries == [
        (
            mentor,
            "link_participant",
            anna,
            {"status": "waiting"},
            {"status": "linked", "student_id": str(anna)},
        ),
        (
            mentor,
            "dismiss_participant",
            anna,
            {"status": "linked", "student_id": str(anna)},
            {"status": "dismissed"},
        ),
    ]
    everything = conn.execute("select string_agg(to_jsonb(audit_log)::text, '') from audit_log")
    assert "ipad" not in str(everything.fetchone()).lower()


def test_names_and_addresses_are_deleted_after_the_set_days_and_the_presence_stays(
    conn: psycopg.Connection, mentor: UUID, anna: UUID, over: UUID, guest: UUID, zoom: Webhooks
) -> None:
    link(conn, mentor, guest, anna)
    zoom.joined(START + MINUTE, "guest-2", participant_name="Lately")
    conn.execute("update public.app_settings set unmatched_retention_days = 7")
    conn.execute(
        "update private.unmatched_participants"
        " set created_at = now() - interval '7 days' where id = %s",
        (guest,),
    )

    conn.execute("select notifier.tick()")
    assert conn.execute("select private.forget_participants()").fetchone() == (0,)
    # What is told once more brings no name back.
    told = {"participant_name": "Anna's iPad", "participant_email": "ipad@example.test"}
    again = zoom.joined(START, "guest-1", **told, event_id="event-1")
    assert again["outcome"] == "duplicate"

    rows = conn.execute(
        "select full_name, email, identity from private.unmatched_participants order by created_at"
    ).fetchall()
    assert rows == [(None, None, None), ("Lately", None, "key:guest-2")]
    assert attended(conn, over) == {anna: ("present", 50)}
    assert [row["full_name"] for row in queue(conn, mentor, over)] == [None, "Lately"]


def test_linked_by_many_at_once_the_last_decision_is_the_attendance(database: Database) -> None:
    with psycopg.connect(database.url) as connection:
        world = World(connection)
        batch, mentor = world.batch(), world.mentor()
        students = [world.student(batch=batch) for _ in range(3)]
        session = world.session(
            batch=batch, mentor=mentor, starts=START, status="completed", zoom_meeting_id=MEETING
        )
        receipt = Webhooks(connection).joined(START, participant_name="Somebody")

    outcomes = at_once(
        database,
        [
            (
                "select public.link_participant(%(guest)s, %(student)s)",
                {"guest": receipt["participant_id"], "student": student},
            )
            for student in students * 2
        ],
        user=mentor,
    )

    assert outcomes == {"done": 6}
    with psycopg.connect(database.url) as connection:
        row = connection.execute("select student_id from private.unmatched_participants").fetchone()
        assert row is not None
        present = {
            student for student, mark in attended(connection, session).items() if mark[1] == 60
        }
    assert present == {row[0]}


def test_a_host_s_queue_is_looked_for_by_session_before_anything_was_analyzed(
    database: Database,
) -> None:
    """By an index of all that wait, as good in an empty table, each session costs all of them."""
    with psycopg.connect(database.superuser_url) as conn:
        world = World(conn)
        mentor = world.mentor()
        for number in range(3):
            world.session(mentor=mentor, starts=START + number * timedelta(days=30))
        with as_user(conn, mentor):
            conn.execute("set local role none")  # who alone may ask for plans
            plans = run_plans(conn, "select public.unmatched_participants()")
    looks = [
        node["Index Name"]
        for plan in plans
        for node in nodes(plan["Plan"])
        if "Index Name" in node and "waiting" in plan["Query Text"]
    ]
    assert "unmatched_participants_waiting_idx" not in looks
    assert "unmatched_participants_session_id_platform_identity_key" in looks
