"""What a platform tells of a meeting: whose presence it is, and in whose session."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from support.actors import as_anon, as_user
from support.meetings import MEETING, Webhooks, attended, calling, stay
from support.provisioning import Meetings
from support.series import create as create_series
from support.series import update as update_series
from support.sessions import create, refusal, save, tomorrow
from support.world import World

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
START = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=5)
END = START + 60 * MINUTE


@pytest.fixture
def mentor(world: World) -> UUID:
    return world.mentor("Marta Mentor", email="marta@example.test")


@pytest.fixture
def anna(world: World, batch: UUID) -> UUID:
    return world.student("Anna", batch=batch, email="anna@example.test")


@pytest.fixture
def over(world: World, batch: UUID, mentor: UUID) -> UUID:
    """An hour that is over."""
    return world.session(
        batch=batch,
        mentor=mentor,
        starts=START,
        status="completed",
        zoom_meeting_id="987 654 321",
    )


@pytest.fixture
def zoom(conn: psycopg.Connection) -> Webhooks:
    return Webhooks(conn)


def events(conn: psycopg.Connection) -> int:
    row = conn.execute("select count(*) from private.presence_events").fetchone()
    assert row is not None
    count: int = row[0]
    return count


def queue(conn: psycopg.Connection) -> list[tuple[str | None, str | None]]:
    """Name and address of everybody in the review queue."""
    return conn.execute(
        "select full_name, email from private.unmatched_participants order by created_at"
    ).fetchall()


# -- Whose ------------------------------------------------------------------------------


def with_dashes(student: UUID) -> str:
    return str(student)


def without_dashes(student: UUID) -> str:
    return student.hex


def in_capitals(student: UUID) -> str:
    return str(student).upper()


@pytest.mark.parametrize("key", [with_dashes, without_dashes, in_capitals])
def test_the_key_is_the_students_own_id(
    conn: psycopg.Connection, over: UUID, anna: UUID, zoom: Webhooks, key: Any
) -> None:
    receipt = zoom.joined(START, key(anna), participant_name="Somebody else")
    zoom.left(END, key(anna))

    assert receipt == {
        "outcome": "recorded",
        "session_id": over,
        "student_id": anna,
        "participant_id": None,
    }
    assert attended(conn, over) == {anna: ("present", 60)}
    assert queue(conn) == []


def test_a_registrants_key_is_looked_up(
    conn: psycopg.Connection, world: World, batch: UUID, over: UUID, anna: UUID, zoom: Webhooks
) -> None:
    elsewhere = world.session(batch=batch, starts=START, zoom_meeting_id="111222333")
    conn.execute(
        "insert into private.platform_participants (session_id, participant_key, user_id)"
        " values (%(over)s, 'registrant-1', %(anna)s), (%(other)s, 'registrant-3', %(anna)s)",
        {"over": over, "other": elsewhere, "anna": anna},
    )

    assert zoom.joined(START, "registrant-1")["student_id"] == anna
    for unknown in ("registrant-2", "registrant-3", f"{anna}-2"):
        assert zoom.joined(START, unknown)["outcome"] == "unmatched"


def test_a_verified_address_names_its_owner(
    conn: psycopg.Connection, over: UUID, anna: UUID, zoom: Webhooks
) -> None:
    assert zoom.joined(START, participant_email=" Anna@Example.test ")["student_id"] == anna
    assert attended(conn, over) == {anna: ("present", 60)}


@pytest.mark.parametrize(
    "statement",
    [
        b"update auth.users set email_confirmed_at = null where id = %s",
        b"update auth.users set deleted_at = now() where id = %s",
    ],
    ids=["not verified", "deleted"],
)
def test_an_address_that_nobody_has_verified_or_has_any_more_names_nobody(
    conn: psycopg.Connection, over: UUID, anna: UUID, zoom: Webhooks, statement: bytes
) -> None:
    conn.execute(statement, (anna,))

    assert zoom.joined(START, participant_email="anna@example.test")["outcome"] == "unmatched"
    assert attended(conn, over) == {}


def test_an_address_of_two_accounts_names_neither(
    conn: psycopg.Connection, world: World, over: UUID, anna: UUID, zoom: Webhooks
) -> None:
    twin = world.student("Anna again")
    conn.execute(
        "update auth.users set email = 'anna@example.test', is_sso_user = true where id = %s",
        (twin,),
    )

    assert zoom.joined(START, participant_email="anna@example.test")["outcome"] == "unmatched"


def test_a_name_never_does(
    conn: psycopg.Connection, over: UUID, anna: UUID, zoom: Webhooks
) -> None:
    receipt = zoom.joined(START, participant_name="Anna")

    assert receipt["outcome"] == "unmatched"
    assert receipt["participant_id"] is not None
    assert attended(conn, over) == {}
    assert queue(conn) == [("Anna", None)]


def test_the_key_outranks_the_address(
    conn: psycopg.Connection, world: World, batch: UUID, over: UUID, anna: UUID, zoom: Webhooks
) -> None:
    ben = world.student("Ben", batch=batch)

    assert zoom.joined(START, str(ben), participant_email="anna@example.test")["student_id"] == ben


def test_an_address_beside_a_key_that_is_not_ours_names_nobody(
    conn: psycopg.Connection, over: UUID, anna: UUID, zoom: Webhooks
) -> None:
    """Whoever registers at the platform by themselves enters an address, which may be another's."""
    told = {"participant_email": "anna@example.test", "participant_name": "Anna"}

    assert zoom.joined(START, "registrant-of-nobody", **told)["outcome"] == "unmatched"
    report = zoom.report(
        START, END, stay(START, END, "registrant-of-nobody", email="anna@example.test")
    )

    assert (report["recorded"], report["unmatched"]) == (0, 1)
    assert attended(conn, over) == {}
    assert queue(conn) == [("Anna", "anna@example.test")]


@pytest.mark.parametrize(
    ("came", "went", "is_next"), [(10, 20, False), (65, 75, True)], ids=["during", "between"]
)
def test_who_takes_part_in_neither_of_two_sessions_waits_in_one_queue(
    conn: psycopg.Connection,
    world: World,
    mentor: UUID,
    over: UUID,
    zoom: Webhooks,
    came: int,
    went: int,
    is_next: bool,
) -> None:
    """During one in that one's; between two in the next one's, though the last is nearer."""
    after = END + 50 * MINUTE
    later = world.session(
        mentor=mentor, starts=after, status="completed", zoom_meeting_id="987 654 321"
    )
    stranger = world.student("Stranger")
    zoom.report(
        START,
        after + 60 * MINUTE,
        stay(START + came * MINUTE, START + went * MINUTE, str(stranger)),
    )
    waiting = conn.execute("select session_id from private.unmatched_participants").fetchall()
    assert waiting == [(later if is_next else over,)]


def test_who_was_absent_stays_so_though_the_session_is_said_to_need_a_seat_since(
    conn: psycopg.Connection, over: UUID, anna: UUID, zoom: Webhooks
) -> None:
    conn.execute("select private.finalize_attendance(%s)", (over,))
    conn.execute("update public.success_sessions set registration_required = true")
    zoom.report(START, END)
    assert attended(conn, over) == {anna: ("absent", 0)}


@pytest.mark.parametrize("who", ["host", "manager"])
def test_host_and_managers_have_no_attendance(
    conn: psycopg.Connection, world: World, over: UUID, mentor: UUID, zoom: Webhooks, who: str
) -> None:
    user = mentor if who == "host" else world.enrollment_manager()

    hosts = "select host_id, joined_at from private.host_presence"
    assert zoom.left(START, str(user))["outcome"] == "staff"
    assert conn.execute(hosts).fetchall() == []
    assert zoom.joined(START, str(user))["outcome"] == "staff"
    zoom.report(START, END, stay(START, END, str(user)))
    assert (attended(conn, over), queue(conn), events(conn)) == ({}, [], 0)
    assert conn.execute(hosts).fetchall() == ([(mentor, START)] if who == "host" else [])


def test_a_student_of_another_batch_waits_in_the_queue(
    conn: psycopg.Connection, world: World, over: UUID, zoom: Webhooks
) -> None:
    stranger = world.student("Stranger", batch=world.batch())

    assert zoom.joined(START, str(stranger))["outcome"] == "unmatched"
    assert attended(conn, over) == {}


def test_who_was_there_may_still_leave_though_the_enrollment_has_ended(
    conn: psycopg.Connection, over: UUID, anna: UUID, zoom: Webhooks
) -> None:
    zoom.joined(START, str(anna))
    conn.execute(
        "update public.course_enrollments set status = 'withdrawn' where student_id = %s", (anna,)
    )

    assert zoom.left(START + 50 * MINUTE, str(anna))["outcome"] == "recorded"
    assert attended(conn, over) == {anna: ("present", 50)}


@pytest.mark.parametrize(
    "told",
    [
        {"participant_key": "guest-1"},
        {"participant_email": "guest@example.test"},
        {"connection_id": "16778240"},
        {"participant_name": "Guest"},
        {},
    ],
    ids=str,
)
def test_a_participant_who_comes_twice_waits_once(
    conn: psycopg.Connection, over: UUID, zoom: Webhooks, told: dict[str, str]
) -> None:
    first = zoom.joined(START, **told)
    second = zoom.left(END, **told)

    assert (first["outcome"], second["outcome"]) == ("unmatched", "unmatched")
    assert first["participant_id"] == second["participant_id"]
    assert len(queue(conn)) == 1


def test_two_of_one_name_on_two_devices_are_two(
    conn: psycopg.Connection, over: UUID, zoom: Webhooks
) -> None:
    zoom.joined(START, participant_name="iPhone", connection_id="1")
    zoom.joined(START, participant_name="iPhone", connection_id="2")

    assert queue(conn) == [("iPhone", None)] * 2


# -- In which session -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "waiting"),
    [
        (["k", None, None, None], ["k", "Guest", " G@x.test ", None], [("Guest", "g@x.test")]),
        (
            ["k", "Guest", "g@x.test", None],
            ["k", "Else", "e@x.test", None],
            [("Guest", "g@x.test")],
        ),
        ([None, "Guest", "g@x.test", "1"], [None, None, "G@x.test", "2"], [("Guest", "g@x.test")]),
        (["", "Guest", "", ""], ["", "GUEST", "", ""], [("Guest", None)]),
        (["", "Guest", "", ""], ["", "Other", "", ""], [("Guest", None), ("Other", None)]),
        (
            ["k", "\tG\nu", None, None],
            ["l", "u" * 201, "x" * 321, None],
            [("G u", None), ("u" * 200, "x" * 320)],
        ),
    ],
    ids=["told later", "told first", "one address", "one name", "two names", "odd and long"],
)
def test_what_is_told_of_a_participant_is_theirs(
    conn: psycopg.Connection,
    over: UUID,
    zoom: Webhooks,
    first: list[str | None],
    second: list[str | None],
    waiting: list[tuple[str | None, str | None]],
) -> None:
    for key, name, email, connection in (first, second):
        told = {"participant_name": name, "participant_email": email, "connection_id": connection}
        zoom.joined(START, key, **told)

    assert queue(conn) == waiting


def test_a_meeting_that_nobody_knows_is_kept_nowhere(
    conn: psycopg.Connection, over: UUID, anna: UUID
) -> None:
    other = Webhooks(conn, meeting="111111111")
    nothing = {"session_id": None, "student_id": None, "participant_id": None}

    assert other.joined(START, str(anna)) == {"outcome": "unknown_meeting", **nothing}
    assert other.ended(END) == {"outcome": "unknown_meeting", **nothing}
    assert other.report(START, END)["outcome"] == "unknown_meeting"
    assert (events(conn), queue(conn)) == (0, [])


@pytest.mark.parametrize(
    ("at", "outcome"),
    [
        (START - 61 * MINUTE, "unknown_meeting"),
        (START - 59 * MINUTE, "recorded"),
        (END + 59 * MINUTE, "recorded"),
        (END + 61 * MINUTE, "unknown_meeting"),
    ],
)
def test_what_happens_within_an_hour_of_a_session_belongs_to_it(
    over: UUID, anna: UUID, zoom: Webhooks, at: datetime, outcome: str
) -> None:
    assert zoom.joined(at, str(anna))["outcome"] == outcome


def test_other_platforms_name_their_meeting_in_platform_data(
    conn: psycopg.Connection, world: World, batch: UUID, anna: UUID
) -> None:
    session = world.session(
        batch=batch,
        starts=START,
        status="completed",
        platform="jitsi",
        platform_data=Jsonb({"meeting_id": "room-7"}),
    )

    receipt = Webhooks(conn, "jitsi", "room-7").joined(START, str(anna))
    assert receipt["session_id"] == session
    assert Webhooks(conn, "zoom", "room-7").joined(START, str(anna))["outcome"] == (
        "unknown_meeting"
    )


def test_a_cancelled_session_had_no_meeting(
    conn: psycopg.Connection, world: World, batch: UUID, anna: UUID, zoom: Webhooks
) -> None:
    world.session(batch=batch, starts=START, status="cancelled", zoom_meeting_id=MEETING)

    assert zoom.joined(START, str(anna))["outcome"] == "unknown_meeting"


def test_of_the_sessions_of_one_meeting_the_one_that_is_on(
    world: World, batch: UUID, over: UUID, anna: UUID, zoom: Webhooks
) -> None:
    """A meeting that recurs serves a whole series."""
    day = timedelta(days=1)
    yesterday = world.session(
        batch=batch, starts=START - day, status="completed", zoom_meeting_id=MEETING
    )
    later = world.session(
        batch=batch, starts=END + 30 * MINUTE, status="completed", zoom_meeting_id=MEETING
    )

    def session_at(at: datetime, *, leaves: bool = False) -> UUID:
        receipt = zoom.left(at, str(anna)) if leaves else zoom.joined(at, str(anna))
        found: UUID = receipt["session_id"]
        return found

    assert session_at(START - day + 5 * MINUTE) == yesterday
    assert session_at(START + 5 * MINUTE) == over
    assert session_at(START + 50 * MINUTE) == over
    # Between the two: who comes comes to the next, who goes goes from the last.
    assert session_at(END + 10 * MINUTE) == later
    assert session_at(END + 20 * MINUTE, leaves=True) == over
    assert session_at(END + 40 * MINUTE) == later


def test_of_two_sessions_in_one_room_the_students_own(
    world: World, over: UUID, zoom: Webhooks
) -> None:
    """The next cohort comes in while the last is still there."""
    batch = world.batch("The next")
    next_one = world.session(batch=batch, starts=END, status="completed", zoom_meeting_id=MEETING)
    ben = world.student("Ben", batch=batch)

    assert zoom.joined(END - 10 * MINUTE, str(ben))["session_id"] == next_one


@pytest.mark.parametrize("came", [-20, -5], ids=["and goes", "and stays"])
def test_of_two_sessions_that_a_stay_reaches_the_students_own(
    conn: psycopg.Connection, world: World, over: UUID, zoom: Webhooks, came: int
) -> None:
    """Whoever takes part in the next waits for nobody's decision in that which is on."""
    batch = world.batch("The next")
    next_one = world.session(batch=batch, starts=END, status="completed", zoom_meeting_id=MEETING)
    ben = world.student("Ben", batch=batch)

    zoom.report(
        START,
        END + 60 * MINUTE,
        stay(END + came * MINUTE, END + (came + 10) * MINUTE, str(ben)),
    )

    assert (attended(conn, over), queue(conn)) == ({}, [])
    assert set(attended(conn, next_one)) == {ben}


# -- Whose meeting ----------------------------------------------------------------------


def told_of(zoom: Webhooks, at: datetime) -> set[UUID]:
    """The sessions that get a recording, a guest and a guest's stay of a meeting at that time."""
    recording = zoom.call(
        "add_recording",
        platform="zoom",
        event_id="recording",
        meeting_id=zoom.meeting,
        started_at=at,
        url="https://zoom.us/rec/private",
    )
    guest = zoom.joined(at, None, participant_name="Guest", participant_email="g@example.test")
    end = at + 10 * MINUTE
    report = zoom.report(at, end, stay(at, end, name="Guest", email="g@example.test"))
    assert report["outcome"] == "recorded"
    return {recording["session_id"], guest["session_id"]}


def queued_in(conn: psycopg.Connection) -> set[UUID]:
    rows = conn.execute("select session_id from private.unmatched_participants").fetchall()
    return {row[0] for row in rows}


def test_a_mentor_who_enters_the_number_of_anothers_meeting_is_refused(
    conn: psycopg.Connection, world: World, mentor: UUID, zoom: Webhooks
) -> None:
    milo = world.mentor("Milo")
    start = datetime.now(UTC) + 5 * MINUTE
    with as_user(conn, mentor):
        own = create(conn, mentor_id=mentor, zoom_meeting_id=MEETING, start_time=start)["id"]
    later, ends = start + timedelta(hours=3), start + timedelta(hours=4)
    with as_user(conn, milo):
        for at in (start, start - 60 * MINUTE, start + 120 * MINUTE):
            with refusal(conn, "23P01") as refused:
                create(conn, mentor_id=milo, zoom_meeting_id="987 654-321", start_time=at)
        assert refused.message == (
            "zoom_meeting_id names a meeting that a session of another host uses around that time"
        )
        assert refused.hint == (
            "Leave it out, choose another time, or ask a manager, who may let sessions share a"
            " meeting."
        )
        assert str(own) not in refused.everything
        other = create(conn, mentor_id=milo, start_time=start, id=UUID(int=1))["id"]
        with refusal(conn, "23P01"):
            save(conn, other, zoom_meeting_id=MEETING)
        save(conn, other, start_time=later, end_time=ends, zoom_meeting_id=MEETING)
        with refusal(conn, "23P01"):
            save(conn, other, start_time=start, end_time=start + 60 * MINUTE)

    assert told_of(zoom, start + 5 * MINUTE) == queued_in(conn) == {own}


def test_nor_may_a_meeting_of_another_platform_be_entered(
    conn: psycopg.Connection, world: World, mentor: UUID
) -> None:
    room = {"platform": "jitsi", "platform_data": Jsonb({"meeting_id": "room-7"})}
    milo = world.mentor("Milo")
    with as_user(conn, mentor):
        create(conn, mentor_id=mentor, **room)
    with as_user(conn, milo):
        with refusal(conn, "23P01") as refused:
            create(conn, mentor_id=milo, **room)
        # Another platform's room of that name is another room.
        zoom = create(conn, mentor_id=milo, platform_data=Jsonb({"meeting_id": "room-7"}))["id"]
        with refusal(conn, "23P01"):
            save(conn, zoom, platform="jitsi")
    assert str(refused.message).startswith("platform_data.meeting_id names a meeting")


def test_dates_of_a_series_that_are_not_made_yet_keep_their_meeting_too(
    conn: psycopg.Connection, world: World, mentor: UUID
) -> None:
    milo = world.mentor("Milo")
    first = tomorrow()
    weekly = {"pattern": "weekly"}
    dates = create_series(
        conn, mentor, weekly, start_time=first, timezone="UTC", zoom_meeting_id=MEETING
    )
    unmade = dates[-1]["start_time"] + timedelta(days=7)
    columns = {"mentor_id": milo, "zoom_meeting_id": MEETING}
    with as_user(conn, milo):
        with refusal(conn, "23P01"):
            create(conn, start_time=unmade, **columns)
        create(conn, start_time=unmade + timedelta(days=3), **columns)
    with as_user(conn, mentor):
        columns["mentor_id"] = mentor
        create(conn, start_time=unmade + timedelta(minutes=90), **columns)


def test_a_date_comes_back_to_no_meeting_that_another_host_has_used_since(
    conn: psycopg.Connection, world: World, mentor: UUID
) -> None:
    milo = world.mentor("Milo")
    twice = {"pattern": "weekly", "count": 2}
    columns = {"start_time": tomorrow(), "timezone": "UTC", "zoom_meeting_id": MEETING}
    dates = create_series(conn, mentor, twice, **columns)
    update_series(conn, mentor, dates[0]["id"], "all", recurrence=twice | {"count": 1})
    with as_user(conn, milo):
        start = dates[1]["start_time"]
        create(conn, mentor_id=milo, zoom_meeting_id=MEETING, start_time=start)
    with refusal(conn, "23P01"):
        update_series(conn, mentor, dates[0]["id"], "all", recurrence=twice)


def test_a_long_date_that_is_not_made_yet_keeps_its_meeting_to_its_end(
    conn: psycopg.Connection, world: World, mentor: UUID
) -> None:
    times = {"start_time": tomorrow(), "end_time": tomorrow() + timedelta(hours=3)}
    columns = {"timezone": "UTC", "zoom_meeting_id": MEETING}
    dates = create_series(conn, mentor, {"pattern": "weekly"}, **times, **columns)
    late = dates[-1]["start_time"] + timedelta(days=7, minutes=150)
    milo = world.mentor("Milo")
    with as_user(conn, milo), refusal(conn, "23P01"):
        create(conn, mentor_id=milo, zoom_meeting_id=MEETING, start_time=late)


def test_a_meeting_that_others_use_no_more_may_be_that_of_a_series(
    conn: psycopg.Connection, world: World, mentor: UUID
) -> None:
    milo, columns = world.mentor("Milo"), {"timezone": "UTC", "zoom_meeting_id": MEETING}
    once = {"pattern": "weekly", "count": 1}
    create_series(conn, mentor, once, start_time=tomorrow(), **columns)
    conn.execute("update public.success_sessions set status = 'cancelled'")
    world.session(
        mentor=mentor, starts=timedelta(days=-3), status="completed", zoom_meeting_id=MEETING
    )
    assert create_series(conn, milo, {"pattern": "weekly"}, start_time=tomorrow(), **columns)


def test_nor_does_a_mentor_make_a_series_that_comes_to_anothers_meeting_later(
    conn: psycopg.Connection, world: World, mentor: UUID
) -> None:
    manager, milo = world.admin(), world.mentor("Milo")
    weekly, columns = {"pattern": "weekly"}, {"timezone": "UTC", "zoom_meeting_id": MEETING}
    create_series(conn, mentor, weekly, start_time=tomorrow(), **columns)
    elsewhere = {"start_time": tomorrow() + timedelta(days=3)} | columns
    with refusal(conn, "23P01") as refused:
        create_series(conn, milo, weekly, **elsewhere)
    assert refused.message == (
        "zoom_meeting_id names a meeting that sessions of another host use, and the series goes on"
    )
    # One with an end is made at once, and seen.
    ends = create_series(conn, milo, {"pattern": "weekly", "count": 2}, **elsewhere)
    with refusal(conn, "23P01"):
        update_series(conn, milo, ends[0]["id"], "all", recurrence=weekly)
    # What managers let share it goes on, and may be split.
    shared = create_series(
        conn,
        manager,
        weekly,
        mentor_id=milo,
        start_time=tomorrow() + timedelta(days=4),
        **columns,
    )
    update_series(conn, milo, shared[2]["id"], "following", title="Clinic")
    update_series(conn, milo, shared[2]["id"], "all", title="Clinics")


def test_one_meeting_serves_the_dates_of_its_host_and_of_whom_they_are_given_to(
    conn: psycopg.Connection, world: World, mentor: UUID
) -> None:
    manager, milo = world.admin(), world.mentor("Milo")
    first, hour = tomorrow(9), 60 * MINUTE
    weekly = {"pattern": "weekly", "count": 3}
    dates = create_series(
        conn, mentor, weekly, start_time=first, timezone="UTC", zoom_meeting_id=MEETING
    )
    with as_user(conn, mentor):
        create(conn, mentor_id=mentor, zoom_meeting_id=MEETING, start_time=first + hour)
    with as_user(conn, manager):
        conn.execute("select from public.assign_mentor(%s, %s)", (dates[0]["id"], milo))
    with as_user(conn, milo):
        # Back to back with Marta's, and longer than it was.
        save(conn, dates[0]["id"], end_time=first + 59 * MINUTE, title="Clinic")
        save(conn, dates[0]["id"], start_time=first - hour)
        # That he shares one of her hours gives him no other.
        with refusal(conn, "23P01"):
            save(
                conn,
                dates[0]["id"],
                start_time=dates[1]["start_time"],
                end_time=dates[1]["end_time"],
            )


def test_managers_and_the_system_may_let_sessions_share_a_meeting(
    conn: psycopg.Connection, world: World, mentor: UUID, zoom: Webhooks
) -> None:
    """Of two that are on, what tells nothing of its session goes to the older."""
    milo, start = world.mentor("Milo"), datetime.now(UTC) + 5 * MINUTE
    with as_user(conn, world.admin()):
        older = create(conn, mentor_id=mentor, zoom_meeting_id=MEETING, start_time=start)["id"]
        younger = create(
            conn,
            id=UUID(int=1),
            mentor_id=milo,
            zoom_meeting_id=MEETING,
            start_time=start - 5 * MINUTE,
            end_time=start + 120 * MINUTE,
        )["id"]
    conn.execute(
        "update public.success_sessions set created_at = created_at - interval '1 day'"
        " where id = %s",
        (older,),
    )
    assert told_of(zoom, start + 5 * MINUTE) == {older}
    # A guest of the report waits for both hosts: either may know them.
    assert queued_in(conn) == {older, younger}


def test_of_two_that_are_on_the_one_that_the_platform_made_the_meeting_for(
    conn: psycopg.Connection, world: World, mentor: UUID
) -> None:
    meetings, milo = Meetings(conn), world.mentor("Milo")
    world.meeting_account("Marta", login="marta@example.test", mentor=mentor)
    start = datetime.now(UTC) + 5 * MINUTE
    other = world.session(mentor=milo, starts=start - 4 * MINUTE, zoom_meeting_id="812 3456 7890")
    with as_user(conn, world.admin()):
        own = create(conn, mentor_id=mentor, start_time=start, link=None)["id"]
    (task,) = meetings.claim()
    assert meetings.create(task, "81234567890")
    conn.execute(
        "update public.success_sessions set created_at = created_at - interval '1 day'"
        " where id = %s",
        (other,),
    )
    assert told_of(Webhooks(conn, meeting="81234567890"), start + 5 * MINUTE) == {own}
    assert queued_in(conn) == {own}


def test_a_guest_stays_for_what_comes_after_the_session_that_the_meeting_was_made_for(
    conn: psycopg.Connection, world: World, mentor: UUID
) -> None:
    meetings = Meetings(conn)
    world.meeting_account("Marta", login="marta@example.test", mentor=mentor)
    start = datetime.now(UTC) + 5 * MINUTE
    with as_user(conn, world.admin()):
        own = create(conn, mentor_id=mentor, start_time=start, link=None)
    (task,) = meetings.claim()
    assert meetings.create(task, "81234567890")
    end = own["end_time"]
    after = world.session(mentor=mentor, starts=end, zoom_meeting_id="812 3456 7890")

    zoom = Webhooks(conn, meeting="81234567890")
    zoom.report(start, end + 5 * MINUTE, stay(start, end + 5 * MINUTE, name="Guest"))
    assert queued_in(conn) == {own["id"], after}


# -- Once, and in any order -------------------------------------------------------------


def test_an_event_told_twice_counts_once(
    conn: psycopg.Connection, over: UUID, anna: UUID, zoom: Webhooks
) -> None:
    zoom.joined(START, str(anna), event_id="a")
    zoom.left(START + 50 * MINUTE, str(anna), event_id="b")
    before = attended(conn, over)

    again = zoom.joined(START, str(anna), event_id="a")

    assert (again["outcome"], again["session_id"]) == ("duplicate", over)
    assert zoom.left(END, str(anna), event_id="b")["outcome"] == "duplicate"
    assert attended(conn, over) == before == {anna: ("present", 50)}
    assert events(conn) == 2


def test_two_platforms_may_have_an_event_of_one_id(
    conn: psycopg.Connection, world: World, batch: UUID, over: UUID, anna: UUID, zoom: Webhooks
) -> None:
    world.session(
        batch=batch,
        starts=START,
        status="completed",
        platform="jitsi",
        platform_data=Jsonb({"meeting_id": "room-7"}),
    )
    zoom.joined(START, str(anna), event_id="a")

    other = Webhooks(conn, "jitsi", "room-7").joined(START, str(anna), event_id="a")
    assert other["outcome"] == "recorded"


def test_a_leave_that_comes_before_its_join_ends_it(
    conn: psycopg.Connection, over: UUID, anna: UUID, zoom: Webhooks
) -> None:
    zoom.left(START + 50 * MINUTE, str(anna))
    assert attended(conn, over) == {}

    zoom.joined(START, str(anna))
    assert attended(conn, over) == {anna: ("present", 50)}


def test_the_end_of_the_meeting_closes_what_is_open(
    conn: psycopg.Connection, over: UUID, anna: UUID, zoom: Webhooks
) -> None:
    zoom.joined(START, str(anna))

    receipt = zoom.ended(START + 50 * MINUTE, event_id="end")

    assert (receipt["outcome"], receipt["session_id"]) == ("recorded", over)
    assert attended(conn, over) == {anna: ("present", 50)}
    assert zoom.ended(START + 50 * MINUTE, event_id="end")["outcome"] == "duplicate"


def test_who_comes_back_after_the_end_of_the_meeting_is_there_again(
    conn: psycopg.Connection, over: UUID, anna: UUID, zoom: Webhooks
) -> None:
    """The host's computer crashed, and the meeting was opened once more."""
    zoom.joined(START, str(anna))
    zoom.ended(START + 20 * MINUTE)
    zoom.joined(START + 25 * MINUTE, str(anna))

    assert attended(conn, over) == {anna: ("present", 55)}


def test_the_platform_corrects_a_final_attendance(
    conn: psycopg.Connection, over: UUID, anna: UUID, zoom: Webhooks
) -> None:
    conn.execute("select private.finalize_attendance(%s)", (over,))
    assert attended(conn, over) == {anna: ("absent", 0)}

    zoom.joined(START + 15 * MINUTE, str(anna))
    assert attended(conn, over) == {anna: ("late", 45)}


def test_a_mark_made_by_hand_stays(
    conn: psycopg.Connection, world: World, over: UUID, anna: UUID, zoom: Webhooks
) -> None:
    world.attendance(over, anna, "excused")

    zoom.joined(START, str(anna))
    zoom.ended(END)
    zoom.report(START, END, stay(START, END, str(anna)))

    assert attended(conn, over) == {anna: ("excused", 0)}


# -- The report -------------------------------------------------------------------------


def test_the_report_has_the_last_word(
    conn: psycopg.Connection, world: World, batch: UUID, over: UUID, anna: UUID, zoom: Webhooks
) -> None:
    ben, cleo, dan = (world.student(name, batch=batch) for name in ("Ben", "Cleo", "Dan"))
    zoom.joined(START, str(anna))  # whose leaving was never told
    zoom.left(START + 30 * MINUTE, str(ben))  # whose coming was never told
    zoom.joined(START, str(dan))  # who was never there
    conn.execute("select private.finalize_attendance(%s)", (over,))

    receipt = zoom.report(
        START - 10 * MINUTE,
        END,
        stay(START - 5 * MINUTE, START + 20 * MINUTE, str(anna)),
        stay(START + 30 * MINUTE, START + 40 * MINUTE, str(anna)),
        stay(START + 2 * MINUTE, END, str(ben)),
        stay(START + 20 * MINUTE, END, str(cleo)),
        stay(START, END, name="A guest"),
    )

    assert receipt == {
        "outcome": "recorded",
        "session_ids": [over],
        "recorded": 4,
        "unmatched": 1,
    }
    assert attended(conn, over) == {
        anna: ("partial", 30),
        ben: ("present", 58),
        cleo: ("partial", 40),
        dan: ("absent", 0),
    }
    assert queue(conn) == [("A guest", None)]


def test_a_webhook_that_comes_after_the_report_changes_nothing(
    conn: psycopg.Connection, over: UUID, anna: UUID, zoom: Webhooks
) -> None:
    zoom.report(START, END, stay(START, START + 20 * MINUTE, str(anna)))

    zoom.joined(START + 30 * MINUTE, str(anna))

    assert attended(conn, over) == {anna: ("partial", 20)}


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (START - 30 * SECOND, ("partial", 20)),
        (START + 20 * MINUTE + 30 * SECOND, ("partial", 20)),
        (START + 22 * MINUTE, ("present", 58)),
    ],
    ids=["a moment before", "a moment after", "later"],
)
def test_what_a_webhook_tells_a_moment_beside_the_report_is_of_the_report(
    conn: psycopg.Connection,
    over: UUID,
    anna: UUID,
    zoom: Webhooks,
    at: datetime,
    expected: tuple[str, int],
) -> None:
    zoom.joined(at, str(anna))
    zoom.report(START, START + 20 * MINUTE, stay(START, START + 20 * MINUTE, str(anna)))

    assert attended(conn, over) == {anna: expected}


def test_the_same_report_again_changes_nothing(
    conn: psycopg.Connection, over: UUID, anna: UUID, zoom: Webhooks
) -> None:
    stays = stay(START, END, str(anna))
    zoom.report(START, END, stays)
    before = events(conn)

    assert zoom.report(START, END, stays)["outcome"] == "duplicate"
    assert events(conn) == before


def test_a_corrected_report_takes_the_place_of_the_first(
    conn: psycopg.Connection, over: UUID, anna: UUID, zoom: Webhooks
) -> None:
    zoom.report(START, END, stay(START, END, str(anna)))

    zoom.report(START, END, stay(START, START + 20 * MINUTE, str(anna)))

    assert attended(conn, over) == {anna: ("partial", 20)}

    zoom.report(START, END, stay(START, END, str(anna)))

    assert attended(conn, over) == {anna: ("present", 60)}


def test_a_click_counts_though_the_report_of_that_time_does_not_know_who_it_was(
    conn: psycopg.Connection, over: UUID, anna: UUID, zoom: Webhooks
) -> None:
    """They may have entered under a name that nobody can match."""
    for kind, at in (("join", START + 5 * MINUTE), ("leave", START + 50 * MINUTE)):
        conn.execute(
            "insert into private.presence_events (session_id, user_id, kind, occurred_at, source)"
            " values (%s, %s, %s, %s, 'join')",
            (over, anna, kind, at),
        )

    zoom.report(START, END)

    assert attended(conn, over) == {anna: ("present", 45)}


def test_a_report_may_be_of_no_length_and_counts_for_nobody(
    conn: psycopg.Connection, over: UUID, anna: UUID, zoom: Webhooks
) -> None:
    """Platforms give times to the second; a report that is refused is told again and again."""
    assert zoom.report(START, START, stay(START, START, str(anna)))["outcome"] == "recorded"
    assert attended(conn, over) == {}


def test_two_devices_of_which_a_report_tells_no_connection_are_two(
    conn: psycopg.Connection, over: UUID, anna: UUID, zoom: Webhooks
) -> None:
    zoom.report(
        START,
        END,
        stay(START, END, str(anna)),
        stay(START + 10 * MINUTE, START + 20 * MINUTE, str(anna)),
    )
    assert attended(conn, over) == {anna: ("present", 60)}


def test_a_report_told_again_is_shared_out_anew_where_a_session_is_gone(
    conn: psycopg.Connection, world: World, batch: UUID, over: UUID, anna: UUID, zoom: Webhooks
) -> None:
    gone = world.session(batch=batch, starts=END, status="completed", zoom_meeting_id=MEETING)
    stays = stay(END, END + 30 * MINUTE, str(anna))
    zoom.report(START, END + 30 * MINUTE, stays)
    assert attended(conn, over) == {}
    conn.execute("delete from public.success_sessions where id = %s", (gone,))

    assert zoom.report(START, END + 30 * MINUTE, stays)["outcome"] == "recorded"
    assert attended(conn, over) == {anna: ("partial", 0)}


def test_reports_of_two_meetings_in_one_session_add_up(
    conn: psycopg.Connection, over: UUID, anna: UUID, zoom: Webhooks
) -> None:
    half = START + 30 * MINUTE
    zoom.report(START, half - 5 * MINUTE, stay(START, half - 5 * MINUTE, str(anna)))
    zoom.report(half, END, stay(half, END, str(anna)), report_id="report-2")

    assert attended(conn, over) == {anna: ("present", 55)}


def test_a_report_over_two_sessions_is_shared_out(
    conn: psycopg.Connection, world: World, batch: UUID, over: UUID, anna: UUID, zoom: Webhooks
) -> None:
    """One long meeting, two sessions; who stays attends both, who comes too late the nearer."""
    second = world.session(batch=batch, starts=END, status="completed", zoom_meeting_id=MEETING)
    ben, cleo = (world.student(name, batch=batch) for name in ("Ben", "Cleo"))

    receipt = zoom.report(
        START,
        END + 70 * MINUTE,
        stay(START, END + 60 * MINUTE, str(anna)),
        stay(END, END + 55 * MINUTE, str(ben)),
        stay(END + 65 * MINUTE, END + 70 * MINUTE, str(cleo)),
    )

    assert set(receipt["session_ids"]) == {over, second}
    assert attended(conn, over) == {anna: ("present", 60)}
    assert attended(conn, second) == {
        anna: ("present", 60),
        ben: ("present", 55),
        cleo: ("partial", 0),
    }


# -- What is refused --------------------------------------------------------------------

PRESENCE = {
    "platform": "zoom",
    "event_id": "a",
    "meeting_id": MEETING,
    "kind": "join",
    "occurred_at": START,
}
REPORT = {
    "platform": "zoom",
    "report_id": "a",
    "meeting_id": MEETING,
    "started_at": START,
    "ended_at": END,
    "participants": Jsonb([]),
}
GOOD = stay(START, END)


@pytest.mark.parametrize(
    ("function", "arguments", "named"),
    [
        ("record_presence", {"platform": "carrier_pigeon"}, "platform"),
        ("record_presence", {"platform": None}, "platform"),
        ("record_presence", {"platform": "x" * 1000}, f"platform '{'x' * 50}' is unknown"),
        ("record_presence", {"event_id": ""}, "event_id"),
        ("record_presence", {"event_id": None}, "event_id"),
        ("record_presence", {"meeting_id": None}, "meeting_id"),
        ("record_presence", {"meeting_id": "1" * 501}, "meeting_id"),
        ("record_presence", {"kind": "end"}, "kind"),
        ("record_presence", {"kind": None}, "kind"),
        ("record_presence", {"occurred_at": None}, "occurred_at"),
        ("record_presence", {"occurred_at": "infinity"}, "occurred_at"),
        ("reconcile_presence", {"report_id": None}, "report_id"),
        ("reconcile_presence", {"started_at": None}, "started_at"),
        ("reconcile_presence", {"ended_at": START - MINUTE}, "ended_at"),
        ("reconcile_presence", {"participants": None}, "participants"),
        ("reconcile_presence", {"participants": Jsonb({})}, "participants"),
        ("reconcile_presence", {"participants": Jsonb([GOOD] * 10_001)}, "participants"),
        ("reconcile_presence", {"participants": Jsonb([GOOD, 7])}, "participants, number 2"),
        (
            "reconcile_presence",
            {"participants": Jsonb([GOOD | {"joined_at": "yesterday"}])},
            "participants, number 1: joined_at",
        ),
        (
            "reconcile_presence",
            {"participants": Jsonb([GOOD, stay(END, START)])},
            "participants, number 2: left_at",
        ),
        (
            "reconcile_presence",
            {"participants": Jsonb([GOOD | {"participant_key": {"id": 7}}])},
            "participants, number 1: participant_key",
        ),
    ],
    ids=str,
)
def test_what_cannot_be_understood_is_named(
    conn: psycopg.Connection,
    over: UUID,
    zoom: Webhooks,
    function: str,
    arguments: dict[str, Any],
    named: str,
) -> None:
    usual = PRESENCE if function == "record_presence" else REPORT
    assert zoom.call(function, **usual)["outcome"] in {"unmatched", "recorded"}
    before = events(conn)

    with refusal(conn, "22023") as refused:
        zoom.call(function, **(usual | arguments))

    assert refused.message is not None
    assert refused.message.startswith(named)
    assert refused.hint is not None
    assert events(conn) == before


@pytest.mark.parametrize("who", ["anon", "student", "host", "superadmin"])
@pytest.mark.parametrize("function", ["record_presence", "end_meeting", "reconcile_presence"])
def test_only_edge_functions_may_tell(
    conn: psycopg.Connection,
    world: World,
    anna: UUID,
    mentor: UUID,
    over: UUID,
    who: str,
    function: str,
) -> None:
    user = {"student": anna, "host": mentor, "superadmin": world.superadmin()}.get(who, uuid4())
    arguments = dict(REPORT if function == "reconcile_presence" else PRESENCE)
    if function == "end_meeting":
        del arguments["kind"]
    acting = as_anon(conn) if who == "anon" else as_user(conn, user)
    with acting, refusal(conn, "42501") as refused:
        conn.execute(calling(function, *arguments), arguments)

    assert refused.message == f"permission denied for function {function}"
    assert events(conn) == 0
