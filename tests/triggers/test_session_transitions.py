"""What may become of a session, by its state, the clock, and who asks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from support.actors import as_user
from support.sessions import Refusal, create, read, refusal, save
from support.world import World

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)

# When the hour of the session is, seen from now. Joining opens 15 minutes before the start.
CLOCK = {
    "ahead": 24 * HOUR,
    "opening": 10 * MINUTE,
    "running": -10 * MINUTE,
    "over": -2 * HOUR,
}

# Who may turn what into what, and when: m the mentor, M a manager, s the system.
ALL, STAFF, NOBODY = "m M s", "M s", ""
MATRIX: dict[tuple[str, str], dict[str, str]] = {
    ("upcoming", "live"): {"ahead": NOBODY, "opening": ALL, "running": ALL, "over": ALL},
    ("upcoming", "completed"): {"ahead": NOBODY, "opening": NOBODY, "running": ALL, "over": ALL},
    ("upcoming", "cancelled"): dict.fromkeys(CLOCK, ALL),
    ("live", "upcoming"): dict.fromkeys(CLOCK, NOBODY),
    ("live", "completed"): {"ahead": NOBODY, "opening": NOBODY, "running": ALL, "over": ALL},
    ("live", "cancelled"): dict.fromkeys(CLOCK, ALL),
    ("completed", "upcoming"): dict.fromkeys(CLOCK, NOBODY),
    ("completed", "live"): dict.fromkeys(CLOCK, NOBODY),
    ("completed", "cancelled"): dict.fromkeys(CLOCK, NOBODY),
    ("cancelled", "upcoming"): {
        "ahead": STAFF,
        "opening": STAFF,
        "running": NOBODY,
        "over": NOBODY,
    },
    ("cancelled", "live"): dict.fromkeys(CLOCK, NOBODY),
    ("cancelled", "completed"): dict.fromkeys(CLOCK, NOBODY),
    # Saving a form that changes nothing is always possible.
    **{(same, same): dict.fromkeys(CLOCK, ALL) for same in ("upcoming", "live")},
    **{(same, same): dict.fromkeys(CLOCK, ALL) for same in ("completed", "cancelled")},
}
CASES = [
    (old, new, when, actor, actor in allowed.split())
    for (old, new), by_clock in MATRIX.items()
    for when, allowed in by_clock.items()
    for actor in ("m", "M", "s")
]


@contextmanager
def acting(conn: psycopg.Connection, actor: str, mentor: UUID) -> Iterator[None]:
    """Act as the mentor, a manager, or the system."""
    match actor:
        case "m":
            with as_user(conn, mentor):
                yield
        case "M":
            with as_user(conn, World(conn).enrollment_manager()):
                yield
        case _:
            yield


@pytest.fixture
def mentor(world: World) -> UUID:
    return world.mentor()


@pytest.mark.parametrize(
    ("old", "new", "when", "actor", "allowed"),
    CASES,
    ids=lambda value: {"m": "mentor", "M": "manager", "s": "system"}.get(value, str(value)),
)
def test_every_pair(
    conn: psycopg.Connection,
    world: World,
    mentor: UUID,
    old: str,
    new: str,
    when: str,
    actor: str,
    allowed: bool,
) -> None:
    session = world.session(mentor=mentor, starts=CLOCK[when], status=old)

    with acting(conn, actor, mentor):
        if allowed:
            assert save(conn, session, status=new)["status"] == new
            return
        reinstating_as_mentor = (old, new, actor) == ("cancelled", "upcoming", "m")
        with refusal(conn, "42501" if reinstating_as_mentor else "PT409") as refused:
            save(conn, session, status=new)

    assert refused.message
    assert refused.hint
    assert read(conn, session)["status"] == old


def test_the_matrix_has_every_pair(conn: psycopg.Connection) -> None:
    pairs = conn.execute(
        """
        select old, new
        from unnest(enum_range(null::public.session_status)::text[]) as old
        cross join unnest(enum_range(null::public.session_status)::text[]) as new
        """
    ).fetchall()

    assert set(pairs) == set(MATRIX)


def refused_status(
    conn: psycopg.Connection, session: UUID, sqlstate: str, **columns: Any
) -> Refusal:
    with refusal(conn, sqlstate) as refused:
        save(conn, session, **columns)
    return refused


def test_each_refusal_says_what_to_do(conn: psycopg.Connection, world: World, mentor: UUID) -> None:
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    ahead = world.session(starts=start)
    live = world.session(starts=-10 * MINUTE, status="live")
    done = world.session(starts=-2 * HOUR, status="completed")
    off = world.session(starts=start, status="cancelled", mentor=mentor)
    missed = world.session(starts=start - timedelta(days=2), status="cancelled")
    stamp = "%Y-%m-%dT%H:%M:%SZ"

    with as_user(conn, world.admin()):
        early = refused_status(conn, ahead, "PT409", status="live")
        unbegun = refused_status(conn, ahead, "PT409", status="completed")
        back = refused_status(conn, live, "PT409", status="upcoming")
        final = refused_status(conn, done, "PT409", status="live")
        late = refused_status(conn, missed, "PT409", status="upcoming")
    with as_user(conn, mentor):
        not_theirs = refused_status(conn, off, "42501", status="upcoming")

    assert (early.message, early.detail, early.hint) == (
        "a session cannot go live before joining opens",
        f"joining opens at {(start - 15 * MINUTE).strftime(stamp)}",
        "Wait, or move its start_time.",
    )
    assert (unbegun.message, unbegun.detail, unbegun.hint) == (
        "a session cannot be completed before it begins",
        f"start_time is {start.strftime(stamp)}",
        "Cancel it, or move its start_time.",
    )
    assert (back.message, back.hint) == (
        "a live session cannot become upcoming again",
        "End it with status completed, or cancel it.",
    )
    assert (final.message, final.hint) == (
        "status completed is final, it cannot become live",
        "Create a new session.",
    )
    assert (late.message, late.detail, late.hint) == (
        "a cancelled session can be reinstated only before it would have begun",
        f"start_time is {(start - timedelta(days=2)).strftime(stamp)}",
        "Send a later start_time with it, or create a new session.",
    )
    assert (not_theirs.message, not_theirs.hint) == (
        "a cancelled session can be reinstated by managers only",
        "Ask a manager, or create a new session.",
    )


def test_the_window_for_going_live_is_the_platforms_setting(
    conn: psycopg.Connection, world: World, mentor: UUID
) -> None:
    session = world.session(mentor=mentor, starts=50 * MINUTE)
    with as_user(conn, mentor):
        refused_status(conn, session, "PT409", status="live")
    conn.execute("update public.app_settings set join_opens_minutes_before = 60")

    with as_user(conn, mentor):
        assert save(conn, session, status="live")["status"] == "live"


# -- Ending early -------------------------------------------------------------------


@pytest.mark.parametrize("actor", ["m", "M"])
def test_a_session_ended_early_ends_now(
    conn: psycopg.Connection, world: World, mentor: UUID, actor: str
) -> None:
    session = world.session(mentor=mentor, starts=-20 * MINUTE, status="live")
    planned_start = read(conn, session)["start_time"]

    before = datetime.now(UTC)
    with acting(conn, actor, mentor):
        row = save(conn, session, status="completed")
    after = datetime.now(UTC)

    assert before <= row["end_time"] <= after
    assert row["start_time"] == planned_start


def test_a_session_ended_late_ended_when_planned(
    conn: psycopg.Connection, world: World, mentor: UUID
) -> None:
    session = world.session(mentor=mentor, starts=-2 * HOUR, status="live")
    planned = read(conn, session)["end_time"]

    with as_user(conn, mentor):
        assert save(conn, session, status="completed")["end_time"] == planned


def test_ending_a_session_frees_its_mentor(
    conn: psycopg.Connection, world: World, mentor: UUID
) -> None:
    session = world.session(mentor=mentor, starts=-20 * MINUTE, status="live")
    soon = datetime.now(UTC) + MINUTE

    with as_user(conn, mentor):
        with refusal(conn, "23P01"):
            create(conn, mentor_id=mentor, start_time=soon)
        save(conn, session, status="completed")
        assert create(conn, mentor_id=mentor, start_time=soon)["mentor_id"] == mentor


# -- Cancelling and reinstating -----------------------------------------------------


@pytest.mark.parametrize("actor", ["m", "M"])
def test_cancelling_keeps_the_reason(
    conn: psycopg.Connection, world: World, mentor: UUID, actor: str
) -> None:
    session = world.session(mentor=mentor)
    with acting(conn, actor, mentor):
        row = save(conn, session, status="cancelled", cancel_reason="The mentor is ill")

    assert (row["status"], row["cancel_reason"]) == ("cancelled", "The mentor is ill")


def test_reinstating_forgets_the_reason(conn: psycopg.Connection, world: World) -> None:
    session = world.session(status="cancelled", cancel_reason="The mentor is ill")
    with as_user(conn, world.admin()):
        row = save(conn, session, status="upcoming")

    assert (row["status"], row["cancel_reason"]) == ("upcoming", None)


def test_a_missed_session_is_reinstated_with_a_new_time(
    conn: psycopg.Connection, world: World
) -> None:
    session = world.session(starts=-2 * HOUR, status="cancelled")
    start = datetime.now(UTC) + timedelta(days=1)
    with as_user(conn, world.admin()):
        row = save(conn, session, status="upcoming", start_time=start, end_time=start + HOUR)

    assert (row["status"], row["start_time"]) == ("upcoming", start)


def test_reinstating_cannot_book_a_mentor_twice(
    conn: psycopg.Connection, world: World, mentor: UUID
) -> None:
    off = world.session(mentor=mentor, starts=24 * HOUR, status="cancelled")
    world.session(title="Taken since", mentor=mentor, starts=24 * HOUR)

    with as_user(conn, world.admin()):
        refused = refused_status(conn, off, "23P01", status="upcoming")

    assert "'Taken since'" in (refused.detail or "")


# -- What is final once it is over --------------------------------------------------


@pytest.mark.parametrize("status", ["completed", "cancelled"])
@pytest.mark.parametrize(
    "field", ["start_time", "end_time", "timezone", "mentor_id", "course_id", "batch_id"]
)
def test_times_mentor_and_audience_of_a_session_that_is_over_are_final(
    conn: psycopg.Connection, world: World, mentor: UUID, status: str, field: str
) -> None:
    batch = world.batch()
    session = world.session(batch=batch, mentor=mentor, starts=-2 * HOUR, status=status)
    row = read(conn, session)
    values: dict[str, Any] = {
        "start_time": row["start_time"] - HOUR,
        "end_time": row["end_time"] + MINUTE,
        "timezone": "Europe/Berlin",
        "mentor_id": None,
        "course_id": world.course(),
        "batch_id": world.batch(course=row["course_id"]),
    }
    columns = {field: values[field]}
    if field == "course_id":
        columns["batch_id"] = None

    with as_user(conn, world.admin()):
        refused = refused_status(conn, session, "PT409", **columns)

    assert refused.message == f"the session is {status}; its times, mentor and audience are final"
    assert refused.hint == "Create a new session."


@pytest.mark.parametrize("status", ["completed", "cancelled"])
def test_the_text_of_a_session_that_is_over_can_be_corrected(
    conn: psycopg.Connection, world: World, mentor: UUID, status: str
) -> None:
    session = world.session(mentor=mentor, starts=-2 * HOUR, status=status)
    with as_user(conn, mentor):
        # The form sends the unchanged times, too.
        unchanged = {name: read(conn, session)[name] for name in ("start_time", "end_time")}
        row = save(conn, session, title="Better title", description="Notes", **unchanged)

    assert (row["title"], row["description"], row["status"]) == ("Better title", "Notes", status)


def test_a_live_session_cannot_be_put_off_but_prolonged(
    conn: psycopg.Connection, world: World, mentor: UUID
) -> None:
    session = world.session(mentor=mentor, starts=-10 * MINUTE, status="live")
    row = read(conn, session)
    with as_user(conn, mentor):
        refused = refused_status(
            conn,
            session,
            "PT409",
            start_time=row["start_time"] + HOUR,
            end_time=row["end_time"] + HOUR,
        )
        prolonged = save(conn, session, end_time=row["end_time"] + HOUR)

    assert refused.message == "start_time of a live session cannot move into the future"
    assert refused.hint == "Move end_time, or cancel the session and create another."
    assert prolonged["end_time"] == row["end_time"] + HOUR


# -- What mentors may not -----------------------------------------------------------


@pytest.mark.parametrize("status", ["live", "completed", "cancelled"])
def test_mentors_create_upcoming_sessions_only(
    conn: psycopg.Connection, world: World, mentor: UUID, status: str
) -> None:
    past = {"start_time": datetime.now(UTC) - 2 * HOUR}
    with as_user(conn, mentor), refusal(conn, "42501") as refused:
        create(conn, mentor_id=mentor, status=status, **past)
    assert refused.message == f"status must be upcoming for a new session, not {status}"
    assert refused.hint == "Leave status out; only managers record sessions of the past."

    with as_user(conn, world.admin()):
        assert create(conn, mentor_id=mentor, status=status, **past)["status"] == status


def test_mentors_create_no_session_that_is_over_and_move_none_there(
    conn: psycopg.Connection, world: World, mentor: UUID
) -> None:
    """A whole batch would be absent from it."""
    now = datetime.now(UTC).replace(microsecond=0)
    past = {"start_time": now - 2 * HOUR, "end_time": now - HOUR}
    ahead = world.session(mentor=mentor)
    running = world.session(mentor=mentor, starts=-10 * MINUTE)
    over = world.session(mentor=mentor, starts=-8 * HOUR)
    with as_user(conn, mentor):
        with refusal(conn, "42501") as refused:
            create(conn, mentor_id=mentor, **past)
        for session in (ahead, running, over):
            with refusal(conn, "42501"):
                save(conn, session, **past)
        with refusal(conn, "42501"):
            conn.execute(
                "select from public.reschedule_session(%(id)s, %(start_time)s, %(end_time)s)",
                {"id": ahead, **past},
            )
        assert save(conn, running, end_time=now - MINUTE)["end_time"] == now - MINUTE
        # A form that is sent as an upsert sends what was read.
        row = conn.execute(
            "insert into public.success_sessions (id, title, link, start_time, end_time, mentor_id)"
            " select id, 'Renamed', link, start_time, end_time, mentor_id"
            " from public.success_sessions where id = %s"
            " on conflict (id) do update set title = excluded.title,"
            " start_time = excluded.start_time, end_time = excluded.end_time returning title",
            (running,),
        ).fetchone()
    assert row == ("Renamed",)
    other = world.mentor("Milo")
    with as_user(conn, other):
        # Begun without a session: it goes on.
        create(conn, mentor_id=other, start_time=now - 3 * HOUR, end_time=now + MINUTE)
    assert refused.message == (
        "end_time must be in the future: only managers record sessions of the past"
    )
    assert refused.detail == f"end_time is {now - HOUR:%Y-%m-%dT%H:%M:%SZ}"
    assert refused.hint == "Send times to come, or ask a manager to record what took place."

    with as_user(conn, world.admin()):
        save(conn, ahead, **past)
        create(conn, mentor_id=mentor, start_time=now - 5 * HOUR)


@pytest.mark.parametrize("status", ["live", "completed"])
def test_managers_record_only_what_has_begun(
    conn: psycopg.Connection, world: World, status: str
) -> None:
    ahead = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    with as_user(conn, world.admin()), refusal(conn, "PT409") as refused:
        create(conn, status=status, start_time=ahead)

    assert refused.message == f"a new session that is {status} must have begun"
    assert refused.detail == f"start_time is {ahead:%Y-%m-%dT%H:%M:%SZ}"
    assert refused.hint == "Leave status out, or send the start_time at which it began."


@pytest.mark.parametrize("field", ["mentor_id", "course_id", "batch_id"])
def test_mentors_do_not_reassign_their_session(
    conn: psycopg.Connection, world: World, mentor: UUID, field: str
) -> None:
    course = world.course()
    session = world.session(mentor=mentor, course=course)
    columns: dict[str, Any] = {
        "mentor_id": {"mentor_id": world.mentor("Another")},
        "course_id": {"course_id": world.course()},
        "batch_id": {"batch_id": world.batch(course=course)},
    }[field]

    with as_user(conn, mentor):
        refused = refused_status(conn, session, "42501", **columns)
    assert refused.message == (
        "mentor_id, course_id and batch_id of an existing session can be changed by managers only"
    )
    assert refused.hint == (
        "Ask a manager to reassign the session, or cancel it and create another."
    )

    with as_user(conn, world.enrollment_manager()):
        assert save(conn, session, **columns)[field] == columns[field]


def test_mentors_bring_back_no_date_of_their_series(
    conn: psycopg.Connection, world: World, mentor: UUID
) -> None:
    rule = Jsonb({"pattern": "weekly", "count": 2})
    start = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    content = Jsonb({"title": "Weekly", "start_time": start, "link": "https://zoom.us/j/123456789"})
    with as_user(conn, mentor):
        row = conn.execute(
            "select id from public.create_recurring_session(%s, %s) limit 1", (content, rule)
        ).fetchone()
        assert row is not None
        save(conn, row[0], status="cancelled")
        refused = refused_status(conn, row[0], "42501", status="upcoming")
        assert refused.message == "a cancelled session can be reinstated by managers only"
        # Who is a mentor and who is not is not told.
        refused = refused_status(conn, row[0], "42501", mentor_id=world.new_id())
        assert "managers only" in str(refused.message)


def test_mentors_do_not_give_their_session_up(
    conn: psycopg.Connection, world: World, mentor: UUID
) -> None:
    session = world.session(mentor=mentor)
    with as_user(conn, mentor):
        refused_status(conn, session, "42501", mentor_id=None)


# -- What nobody was told of cannot vanish ------------------------------------------


@pytest.mark.parametrize("status", ["upcoming", "live"])
def test_a_session_that_goes_on_cannot_be_deleted(
    conn: psycopg.Connection, world: World, status: str
) -> None:
    session = world.session(starts=-10 * MINUTE, status=status)
    with as_user(conn, world.superadmin()), refusal(conn, "PT409") as refused:
        conn.execute("delete from public.success_sessions where id = %s", (session,))

    assert refused.message == f"a session that is {status} cannot be deleted"
    assert refused.detail == f"session {session}"
    assert refused.hint == "Cancel it first, so that everybody is told."
