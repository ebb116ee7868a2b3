"""What a change of a session or its invitees writes into the outbox: one event, or none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from support.actors import as_user, refused
from support.outbox import Outbox, change
from support.world import World

TUESDAY = datetime(2031, 5, 6, 17, 0, tzinfo=UTC)


@pytest.fixture
def outbox(conn: psycopg.Connection) -> Outbox:
    return Outbox(conn)


@pytest.fixture
def session(world: World) -> UUID:
    """A session whose creation is no longer in the outbox."""
    created = world.session(starts=TUESDAY, zoom_passcode="secret")
    world.conn.execute("delete from notifier.events")
    return created


def test_a_new_session_is_one_event(world: World, outbox: Outbox) -> None:
    session = world.session("Questions", starts=TUESDAY)
    (event,) = outbox.rows("events")
    assert (event["session_id"], event["old"], event["topic"]) == (session, None, "invitation")
    assert event["new"]["title"] == "Questions"
    assert event["new"]["start_time"] == "2031-05-06T17:00:00+00:00"
    assert (event["expanded_at"], event["cursor"], event["merged_into"]) == (None, None, None)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("title", "Another"),
        ("description", "Another"),
        ("start_time", TUESDAY - timedelta(hours=1)),
        ("end_time", TUESDAY + timedelta(hours=2)),
        ("timezone", "Europe/Berlin"),
        ("platform", "jitsi"),
        ("link", "https://zoom.us/j/987654321"),
        ("link", "https://zoom.us/j/123456789?pwd=abc"),
        ("backup_link", "https://meet.example.test/x"),
        ("zoom_meeting_id", "123456789"),
        ("zoom_passcode", "another secret"),
        ("zoom_passcode", ""),
        ("status", "cancelled"),
    ],
)
def test_a_change_that_people_see_is_one_event(
    world: World, outbox: Outbox, session: UUID, column: str, value: Any
) -> None:
    change(world.conn, session, **{column: value})
    (event,) = outbox.rows("events")
    assert event["old"] != event["new"]
    assert event["old"]["title"] == "Some Session"


@pytest.mark.parametrize("column", ["mentor_id", "course_id"])
def test_a_change_of_who_takes_part_is_one_event(
    world: World, outbox: Outbox, session: UUID, column: str
) -> None:
    who = world.mentor() if column == "mentor_id" else world.course()
    change(world.conn, session, **{column: who})
    (event,) = outbox.rows("events")
    assert (event["old"][column], event["new"][column]) == (None, str(who))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("title", "Some Session"),
        ("status", "upcoming"),
        ("zoom_passcode", None),
        ("updated_at", TUESDAY),
        ("sequence", 5),
        ("created_by", None),
        ("platform_data", Jsonb({"uuid": "x"})),
        ("session_type", "mentorship"),
        ("link_failure_note", "Nobody gets in."),
    ],
)
def test_a_change_that_nobody_sees_is_no_event(
    world: World, outbox: Outbox, session: UUID, column: str, value: Any
) -> None:
    change(world.conn, session, **{column: value})
    assert outbox.rows("events") == []


def test_the_clock_going_live_is_no_event(world: World, outbox: Outbox) -> None:
    world.session(starts=timedelta(minutes=-1))
    world.conn.execute("delete from notifier.events")
    assert outbox.scalar("select started from notifier.tick()") == 1
    assert outbox.rows("events") == []


def test_the_end_is_an_event_of_its_own_topic(world: World, outbox: Outbox) -> None:
    world.session(starts=timedelta(hours=-2), status="live")
    world.conn.execute("delete from notifier.events")
    assert outbox.scalar("select completed from notifier.tick()") == 1
    (event,) = outbox.rows("events")
    assert (event["topic"], event["new"]["status"]) == ("summary", "completed")


@pytest.mark.parametrize("status", ["completed", "cancelled"])
def test_edits_of_what_is_over_are_no_event(world: World, outbox: Outbox, status: str) -> None:
    session = world.session(starts=timedelta(hours=-2), status=status)
    change(world.conn, session, title="Renamed", description="Afterwards.")
    assert outbox.rows("events") == []


def test_an_event_holds_no_link_and_no_secret(world: World, outbox: Outbox, session: UUID) -> None:
    change(world.conn, session, link="https://zoom.us/j/1234567890?pwd=hush", zoom_passcode="hush")
    everything = str(outbox.rows("events"))
    assert "hush" not in everything
    assert "zoom.us" not in everything


def test_one_statement_on_many_sessions_is_one_event_each(world: World, outbox: Outbox) -> None:
    sessions = {world.session(str(number), starts=TUESDAY) for number in range(5)}
    world.conn.execute("delete from notifier.events")
    world.conn.execute("update public.success_sessions set description = 'Bring paper.'")
    assert {event["session_id"] for event in outbox.rows("events")} == sessions


def test_a_manager_s_write_through_the_api_reaches_the_outbox(world: World, outbox: Outbox) -> None:
    with as_user(world.conn, world.admin()):
        world.conn.execute(
            "insert into public.success_sessions (title, start_time, link)"
            " values ('By an admin', '2031-05-06 17:00+00', 'https://zoom.us/j/123456789')"
        )
        with refused(world.conn):
            world.conn.execute("select * from notifier.events")
    (event,) = outbox.rows("events")
    assert event["new"]["end_time"] == "2031-05-06T18:00:00+00:00"


def test_a_change_rolled_back_leaves_no_event(world: World, outbox: Outbox, session: UUID) -> None:
    with refused(world.conn, psycopg.errors.InvalidParameterValue, "title"):
        change(world.conn, session, title="Renamed")
        change(world.conn, session, title="   ")
    assert outbox.rows("events") == []


def test_the_write_costs_the_same_for_few_students_and_for_many(
    world: World, outbox: Outbox
) -> None:
    """Blocks touched, not time: an insert and an update beside 2 and beside 2,000 enrollments."""
    small, large = world.batch("Small"), world.batch("Large")
    for batch, size in ((small, 2), (large, 2000)):
        world.conn.execute(
            """
            with student as (
                insert into auth.users (id, email)
                select gen_random_uuid(), format('s%%s.%%s@example.test', n, %(batch)s::text)
                from generate_series(1, %(size)s) as n
                returning id
            )
            select count(*) from student
            """,
            {"batch": batch, "size": size},
        )
        world.conn.execute(
            """
            insert into public.course_enrollments (student_id, course_id, batch_id)
            select account.id, batch.course_id, batch.id
            from auth.users as account
            inner join public.batches as batch on account.email like '%%.' || batch.id || '@%%'
            where batch.id = %s
            """,
            (batch,),
        )

    def blocks(batch: UUID) -> int:
        session = world.session(batch=batch, starts=TUESDAY)  # warms caches and plans
        (plan,) = world.conn.execute(
            "explain (analyze, buffers, format json) update public.success_sessions"
            " set start_time = start_time + interval '1 hour',"
            " end_time = end_time + interval '1 hour' where id = %s",
            (session,),
        ).fetchone() or ((),)
        root = plan[0]["Plan"]
        return int(root["Shared Hit Blocks"] + root["Shared Read Blocks"])

    blocks(small)
    assert blocks(large) <= blocks(small) + 20


# Invitees


def test_invitees_of_one_statement_are_one_event(
    world: World, outbox: Outbox, session: UUID
) -> None:
    guests = [world.student(f"Guest {number}") for number in range(3)]
    world.invite(session, *guests)
    (event,) = outbox.rows("events")
    assert set(event["participants_added"]) == set(guests)
    assert event["participants_removed"] == []
    assert event["old"] == event["new"]
    world.conn.execute("delete from public.session_participants where user_id = %s", (guests[0],))
    event = outbox.rows("events")[1]
    assert (event["participants_added"], event["participants_removed"]) == ([], [guests[0]])


def test_one_statement_on_two_sessions_is_one_event_each(
    world: World, outbox: Outbox, session: UUID
) -> None:
    other, guest = world.session("Other", starts=TUESDAY), world.student()
    world.conn.execute("delete from notifier.events")
    world.conn.execute(
        "insert into public.session_participants (session_id, user_id)"
        " select unnest(%s::uuid[]), %s",
        ([session, other], guest),
    )
    assert {event["session_id"] for event in outbox.rows("events")} == {session, other}


def test_an_invitation_that_changes_hands_is_one_event(
    world: World, outbox: Outbox, session: UUID
) -> None:
    ben, cleo = world.student("Ben"), world.student("Cleo")
    world.invite(session, ben)
    world.conn.execute("delete from notifier.events")
    world.conn.execute("update public.session_participants set user_id = %s", (cleo,))
    (event,) = outbox.rows("events")
    assert (event["participants_added"], event["participants_removed"]) == ([cleo], [ben])


def test_an_update_that_leaves_invitees_alone_is_no_event(
    world: World, outbox: Outbox, session: UUID
) -> None:
    world.invite(session, world.student())
    world.conn.execute("delete from notifier.events")
    world.conn.execute("update public.session_participants set created_at = now()")
    world.conn.execute("delete from public.session_participants where false")
    assert outbox.rows("events") == []


def test_invitees_of_what_is_over_are_no_event(world: World, outbox: Outbox) -> None:
    session = world.session(starts=timedelta(hours=-2), status="completed")
    world.invite(session, world.student())
    assert outbox.rows("events") == []


def test_a_deleted_user_leaves_sessions_with_an_event(
    world: World, outbox: Outbox, session: UUID
) -> None:
    ben = world.student("Ben")
    world.invite(session, ben)
    world.conn.execute("delete from notifier.events")
    world.conn.execute("delete from auth.users where id = %s", (ben,))
    (event,) = outbox.rows("events")
    assert event["participants_removed"] == [ben]


# Deleting


@pytest.mark.parametrize("status", ["upcoming", "live"])
def test_a_session_still_to_come_cannot_be_deleted(
    world: World, outbox: Outbox, status: str
) -> None:
    session = world.session(starts=timedelta(minutes=-5), status=status)
    outbox.deliver()
    with refused(world.conn, psycopg.DatabaseError, "cannot be deleted") as caught:
        world.conn.execute("delete from public.success_sessions where id = %s", (session,))
    assert caught.value.sqlstate == "PT409"
    assert caught.value.diag.message_hint == "Cancel it first, so that everybody is told."


def test_a_cancelled_session_can_be_deleted_once_everybody_was_told(
    world: World, outbox: Outbox, session: UUID
) -> None:
    world.invite(session, world.student("Ben"))
    outbox.deliver()
    change(world.conn, session, status="cancelled")

    def is_refused() -> bool:
        with refused(world.conn, psycopg.DatabaseError, "still on its way") as caught:
            world.conn.execute("delete from public.success_sessions where id = %s", (session,))
        return caught.value.sqlstate == "PT409" and caught.value.diag.message_hint is not None

    assert is_refused(), "nobody was told"
    outbox.expand()
    assert is_refused(), "the mail is queued"
    (email,) = outbox.claim()
    assert is_refused(), "the mail is claimed"
    outbox.begin(email)
    assert is_refused(), "the mail is being sent"
    outbox.fail(email, "unknown")
    assert is_refused(), "the mail is in doubt"
    outbox.let_time_pass()
    outbox.send(*outbox.claim())
    world.conn.execute("delete from public.success_sessions where id = %s", (session,))
    assert outbox.scalar("select count(*) from public.success_sessions") == 0
    assert outbox.scalar("select count(*) from notifier.events where expanded_at is null") == 0
    assert len(outbox.rows()) == 2, "what was sent stays on record"
