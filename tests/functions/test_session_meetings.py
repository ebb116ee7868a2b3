"""Sessions saved without a link, and the meetings that a platform makes for them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from support.actors import as_service, as_user
from support.meetings import Webhooks
from support.outbox import Outbox
from support.provisioning import LINK, Meetings, Task, next_midnight
from support.sessions import create, read, refusal, save, secrets, tomorrow
from support.world import World

HOUR = timedelta(hours=1)


@pytest.fixture
def meetings(conn: psycopg.Connection) -> Meetings:
    return Meetings(conn)


@pytest.fixture
def admin(world: World) -> UUID:
    return world.admin()


@pytest.fixture
def mentor(world: World) -> UUID:
    return world.mentor("Marta Mentor")


@pytest.fixture
def account(world: World, mentor: UUID) -> UUID:
    """The mentor's account, which makes meetings."""
    return world.meeting_account("Marta's", login="marta@school.test", mentor=mentor)


@pytest.fixture
def session(conn: psycopg.Connection, admin: UUID, mentor: UUID, account: UUID) -> UUID:
    """A session of the mentor, saved without a link."""
    with as_user(conn, admin):
        return UUID(str(create(conn, mentor_id=mentor, link=None)["id"]))


@pytest.fixture
def made(meetings: Meetings, session: UUID) -> UUID:
    """The session, with its meeting made."""
    (task,) = meetings.claim()
    assert meetings.create(task)
    return session


def test_without_an_account_that_makes_meetings_a_session_needs_its_link(
    conn: psycopg.Connection, world: World, admin: UUID, mentor: UUID
) -> None:
    world.meeting_account("By hand")
    world.meeting_account("Of another platform", platform="jaas", login="tenant")
    world.meeting_account("Of somebody else", login="milo@school.test", mentor=world.mentor())

    with as_user(conn, admin), refusal(conn, "23502") as refused:
        create(conn, mentor_id=mentor, link=None)
    assert refused.message == "link must not be null"
    assert "external_id" in str(refused.hint)

    with as_user(conn, admin):
        by_hand = create(conn, mentor_id=mentor)
        assert by_hand["meeting_account_id"] is None
        with refusal(conn, "23502"):
            save(conn, by_hand["id"], link=None)


def test_no_writer_leaves_a_session_without_link_and_account(
    conn: psycopg.Connection, world: World
) -> None:
    session = world.session()
    with refusal(conn, "22023") as refused:
        conn.execute("alter table public.success_sessions disable trigger user")
        conn.execute("update public.success_sessions set link = null where id = %s", (session,))
    assert "success_sessions_link_unless_account_makes_it" in str(refused.detail)


def test_a_session_without_a_link_waits_for_the_meeting_and_gets_it(
    conn: psycopg.Connection, meetings: Meetings, admin: UUID, session: UUID, account: UUID
) -> None:
    with as_user(conn, admin):
        waiting = read(conn, session)
    assert waiting["link"] is None
    assert waiting["meeting_account_id"] == account
    assert meetings.states(session) == ["pending"]

    (task,) = meetings.claim()
    assert (task.action, task.account, task.title) == (
        "create",
        "marta@school.test",
        "Office hours",
    )
    assert not task.may_exist
    assert meetings.claim() == []

    assert meetings.create(task)
    assert meetings.states(session) == ["ready"]
    with as_user(conn, admin):
        ready = read(conn, session)
    assert (ready["link"], ready["zoom_meeting_id"]) == (LINK, "81234567890")
    assert secrets(conn, session) == {
        "link": f"{LINK}?pwd=hidden",
        "zoom_passcode": "secret",
    }
    assert meetings.claim() == []


def test_while_the_link_is_pending_nobody_can_join_and_managers_and_the_host_see_why(
    conn: psycopg.Connection, world: World, meetings: Meetings, admin: UUID, mentor: UUID
) -> None:
    batch = world.batch()
    student = world.student(batch=batch)
    world.meeting_account("Shared", login="shared@school.test")
    session = world.session(batch=batch, mentor=mentor, starts=timedelta(minutes=5), link=None)
    with as_user(conn, admin):
        # It is the second that was planned.
        save(conn, session, link=LINK)
        save(conn, session, link=None)
    (task,) = meetings.claim()
    meetings.fail(task, "Zoom does not answer")

    view = "select can_join, link_pending from public.segmented_weekly_success_sessions"
    for user, detail in (
        (student, "its link is not there yet"),
        (mentor, "so far: Zoom does not answer"),
        (admin, "so far: Zoom does not answer"),
    ):
        with as_user(conn, user):
            assert conn.execute(view).fetchall() == [(False, True)]
            with refusal(conn, "PT409") as refused:
                conn.execute("select public.join_session(%s)", (session,))
        assert refused.message == "the meeting is still being set up"
        assert refused.detail == detail
    with as_user(conn, student):
        assert conn.execute("select * from public.session_meetings").fetchall() == []
    reasons = "select reason from public.session_meetings where is_wanted"
    for user in (mentor, admin):
        with as_user(conn, user):
            assert conn.execute(reasons).fetchall() == [("Zoom does not answer",)]

    conn.execute("update public.session_meetings set due_at = clock_timestamp()")
    (again,) = meetings.claim()
    assert (again.attempt, again.may_exist) == (2, True)
    meetings.create(again)
    with as_user(conn, student):
        assert conn.execute(view).fetchall() == [(True, False)]
        joined = conn.execute("select link from public.join_session(%s)", (session,)).fetchone()
    assert joined == (f"{LINK}?pwd=hidden",)


def test_ten_changes_are_one_at_the_platform(
    conn: psycopg.Connection, meetings: Meetings, admin: UUID, made: UUID
) -> None:
    with as_user(conn, admin):
        for hour in range(8, 18):
            save(conn, made, start_time=tomorrow(hour), end_time=tomorrow(hour) + HOUR)
        save(conn, made, title="Moved")

    assert meetings.states(made) == ["changing"]
    (task,) = meetings.claim()
    assert (task.action, task.external_id) == ("update", "81234567890")
    assert (task.title, task.start_time) == ("Moved", tomorrow(17))
    assert meetings.complete(task)
    assert meetings.states(made) == ["ready"]
    assert meetings.claim() == []


def test_what_changes_while_the_platform_is_told_is_told_afterwards(
    conn: psycopg.Connection, meetings: Meetings, admin: UUID, session: UUID
) -> None:
    (task,) = meetings.claim()
    with as_user(conn, admin):
        save(conn, session, title="Renamed meanwhile")
    assert meetings.claim() == []

    meetings.create(task)

    (update,) = meetings.claim()
    assert (update.action, update.title) == ("update", "Renamed meanwhile")


@pytest.mark.parametrize(
    "change",
    [
        {"status": "cancelled"},
        {"link": "https://meet.example.test/by-hand"},
        {"platform": "other", "link": "https://meet.example.test/by-hand"},
    ],
    ids=["cancelled", "given a link by hand", "moved to another platform"],
)
def test_a_meeting_that_is_no_longer_wanted_is_deleted(
    conn: psycopg.Connection,
    meetings: Meetings,
    admin: UUID,
    made: UUID,
    change: dict[str, str],
) -> None:
    with as_user(conn, admin):
        save(conn, made, **change)

    (task,) = meetings.claim()
    assert (task.action, task.external_id) == ("delete", "81234567890")
    assert meetings.complete(task)
    assert meetings.states(made) == ["ended"]
    assert meetings.claim() == []


def test_the_meeting_of_a_deleted_session_is_deleted(
    conn: psycopg.Connection, meetings: Meetings, made: UUID
) -> None:
    conn.execute(
        "update public.success_sessions set start_time = now() - interval '2 hours',"
        " end_time = now() - interval '1 hour', status = 'live' where id = %s",
        (made,),
    )
    conn.execute("update public.success_sessions set status = 'completed' where id = %s", (made,))
    conn.execute("delete from notifier.events")  # everybody has been told
    conn.execute("delete from public.success_sessions where id = %s", (made,))

    (task,) = meetings.claim()
    assert (task.action, task.external_id, task.title) == ("delete", "81234567890", None)
    assert meetings.complete(task)
    assert conn.execute("select * from public.session_meetings").fetchall() == []


def test_one_that_nobody_began_to_make_is_never_made(
    conn: psycopg.Connection, meetings: Meetings, admin: UUID, session: UUID
) -> None:
    with as_user(conn, admin):
        save(conn, session, status="cancelled")

    assert meetings.states(session) == ["ended"]
    assert meetings.claim() == []


def test_one_that_may_have_been_made_is_looked_for_and_deleted(
    conn: psycopg.Connection, meetings: Meetings, admin: UUID, session: UUID
) -> None:
    (lost,) = meetings.claim()
    with as_user(conn, admin):
        save(conn, session, status="cancelled")
    # Its worker may be at it this moment.
    assert meetings.claim() == []
    conn.execute("update public.session_meetings set due_at = clock_timestamp()")

    (task,) = meetings.claim()
    assert (task.action, task.external_id, task.may_exist) == ("delete", None, True)
    assert not meetings.create(lost), "the claim is lost"
    (orphan,) = conn.execute(
        "select state::text, due_at > clock_timestamp() from public.session_meetings"
        " where session_id is null"
    ).fetchall()
    assert orphan == ("ending", True)


def test_a_meeting_made_for_a_session_cancelled_meanwhile_is_deleted(
    conn: psycopg.Connection, meetings: Meetings, admin: UUID, session: UUID
) -> None:
    (task,) = meetings.claim()
    with as_user(conn, admin):
        save(conn, session, status="cancelled")
    assert meetings.create(task)

    with as_user(conn, admin):
        assert read(conn, session)["link"] is None
    (delete,) = meetings.claim()
    assert (delete.action, delete.external_id) == ("delete", "81234567890")


def test_a_reinstated_session_gets_another_meeting(
    conn: psycopg.Connection, meetings: Meetings, admin: UUID, made: UUID
) -> None:
    with as_user(conn, admin):
        save(conn, made, status="cancelled")
        save(conn, made, status="upcoming", link=None)

    assert meetings.states(made) == ["ending", "pending"]
    actions = {task.action for task in meetings.claim()}
    assert actions == {"delete", "create"}


@pytest.mark.parametrize("is_gone", [False, True])
def test_a_session_reinstated_as_it_was_does_not_keep_the_meeting_that_was_deleted(
    conn: psycopg.Connection, meetings: Meetings, admin: UUID, made: UUID, is_gone: bool
) -> None:
    with as_user(conn, admin):
        save(conn, made, backup_link="https://zoom.us/j/987654321?pwd=backup")
        link = save(conn, made, status="cancelled")["link"]
    if is_gone:
        (task,) = meetings.claim()
        assert meetings.complete(task)
    with as_user(conn, admin):
        row = save(conn, made, status="upcoming", link=link)

    assert (row["link"], row["zoom_meeting_id"]) == (None, None)
    assert secrets(conn, made).keys() == {"backup_link"}
    assert meetings.states(made) == ["ended" if is_gone else "ending", "pending"]
    create_task = next(task for task in meetings.claim() if task.action == "create")
    assert meetings.create(create_task, "89999999999")
    with as_user(conn, admin):
        assert read(conn, made)["zoom_meeting_id"] == "89999999999"


def test_a_reinstated_session_keeps_a_link_that_was_given_by_hand(
    conn: psycopg.Connection, meetings: Meetings, admin: UUID, made: UUID
) -> None:
    own = {"link": "https://zoom.us/j/987654321", "zoom_meeting_id": "987654321"}
    with as_user(conn, admin):
        save(conn, made, **own)
        save(conn, made, status="cancelled")
        row = save(conn, made, status="upcoming")

    assert {name: row[name] for name in own} == own
    assert meetings.states(made) == ["ending"]


def test_a_session_is_reinstated_on_another_account_where_its_own_is_taken(
    conn: psycopg.Connection, world: World, admin: UUID
) -> None:
    accounts = {
        world.meeting_account(f"Shared {number}", login=f"{number}@school.test", at_once=1)
        for number in range(2)
    }
    with as_user(conn, admin):
        session = create(conn, link=None)
        save(conn, session["id"], status="cancelled")
        taken = create(conn, meeting_account_id=session["meeting_account_id"])
        row = save(conn, session["id"], status="upcoming")
    assert {row["meeting_account_id"], taken["meeting_account_id"]} == accounts


def test_a_link_is_not_taken_away_where_the_account_makes_no_meeting(
    conn: psycopg.Connection, world: World, admin: UUID
) -> None:
    by_hand = world.meeting_account("By hand")
    with as_user(conn, admin):
        session = create(conn, meeting_account_id=by_hand)["id"]
        with refusal(conn, "22023") as refused:
            save(conn, session, link=None)
    assert "it has no external_id" in str(refused.message)


def test_a_new_mentor_hosts_on_their_own_account(
    conn: psycopg.Connection, world: World, meetings: Meetings, admin: UUID, made: UUID
) -> None:
    milo = world.mentor("Milo")
    milos = world.meeting_account("Milo's", login="milo@school.test", mentor=milo)

    with as_user(conn, admin):
        conn.execute("select public.assign_mentor(%s, %s)", (made, milo))
        moved = read(conn, made)

    assert (moved["link"], moved["zoom_meeting_id"]) == (None, None)
    assert moved["meeting_account_id"] == milos
    assert secrets(conn, made) == {}
    assert meetings.states(made) == ["ending", "pending"]
    tasks = {task.action: task for task in meetings.claim()}
    assert tasks["delete"].account == "marta@school.test"
    assert tasks["create"].account == "milo@school.test"
    meetings.create(tasks["create"], "89999999999")
    with as_user(conn, admin):
        assert read(conn, made)["zoom_meeting_id"] == "89999999999"


def test_a_new_mentor_without_an_account_hosts_on_the_one_there_is(
    conn: psycopg.Connection, world: World, meetings: Meetings, admin: UUID, made: UUID
) -> None:
    milo = world.mentor("Milo")
    with as_user(conn, admin):
        conn.execute("select public.assign_mentor(%s, %s)", (made, milo))
        assert read(conn, made)["link"] == LINK
    assert meetings.states(made) == ["ready"]


def test_a_meeting_that_is_on_stays_where_it_is(
    conn: psycopg.Connection, world: World, meetings: Meetings, made: UUID, account: UUID
) -> None:
    milo = world.mentor("Milo")
    world.meeting_account("Milo's", login="milo@school.test", mentor=milo)
    conn.execute(
        "update public.success_sessions set start_time = now(), end_time = now() + interval '1 h',"
        " status = 'live' where id = %s",
        (made,),
    )

    moved = save(conn, made, mentor_id=milo)

    assert (moved["link"], moved["meeting_account_id"]) == (LINK, account)
    assert len(meetings.of(made)) == 1


@pytest.mark.parametrize("hour", [10, 20], ids=["earlier", "later"])
def test_a_session_that_moves_in_time_keeps_its_meeting_where_it_can(
    conn: psycopg.Connection, world: World, meetings: Meetings, admin: UUID, mentor: UUID, hour: int
) -> None:
    shared = world.meeting_account("Shared", login="shared@school.test", at_once=1)
    with as_user(conn, admin):
        session = create(conn, mentor_id=mentor, link=None)["id"]
    (task,) = meetings.claim()
    meetings.create(task)
    own = world.meeting_account("Marta's", login="marta@school.test", mentor=mentor)

    with as_user(conn, admin):
        moved = save(conn, session, start_time=tomorrow(8), end_time=tomorrow(9))
        assert (moved["meeting_account_id"], moved["link"]) == (shared, LINK)
        save(conn, session, start_time=tomorrow(15), end_time=tomorrow(16))
        times = {"start_time": tomorrow(hour), "end_time": tomorrow(hour + 1)}
        create(conn, meeting_account_id=shared, **times)
        moved = save(conn, session, **times)
        assert (moved["meeting_account_id"], moved["link"]) == (own, None)


def test_shared_accounts_are_taken_in_turn_as_far_as_they_have_room(
    conn: psycopg.Connection, world: World, admin: UUID
) -> None:
    accounts = [
        world.meeting_account(f"Shared {number}", login=f"{number}@school.test", at_once=1)
        for number in range(2)
    ]
    with as_user(conn, admin):
        taken = {create(conn, link=None)["meeting_account_id"] for _ in accounts}
        assert taken == set(accounts)
        with refusal(conn, "23P01") as refused:
            create(conn, link=None)
        assert "is full at that time" in str(refused.message)
        create(conn, link=None, start_time=tomorrow(20))


def test_a_manager_may_choose_the_account_and_a_mentor_need_not(
    conn: psycopg.Connection, world: World, admin: UUID, mentor: UUID, account: UUID
) -> None:
    shared = world.meeting_account("Shared", login="shared@school.test")
    by_hand = world.meeting_account("By hand")
    with as_user(conn, admin):
        chosen = create(conn, mentor_id=mentor, link=None, meeting_account_id=shared)
        assert chosen["meeting_account_id"] == shared
        with refusal(conn, "22023") as refused:
            create(conn, link=None, meeting_account_id=by_hand)
        assert "makes no meetings" in str(refused.message)
    with as_user(conn, mentor):
        own = create(conn, mentor_id=mentor, link=None, start_time=tomorrow(8))
        assert own["meeting_account_id"] == account
        # A form sends back what it read.
        save(conn, own["id"], meeting_account_id=account, link=None, title="Renamed")


def test_the_days_changes_of_an_account_are_counted_and_the_rest_waits_for_midnight(
    conn: psycopg.Connection, world: World, meetings: Meetings, admin: UUID
) -> None:
    world.meeting_account("Shared", login="shared@school.test", at_once=None)
    conn.execute("update public.meeting_platforms set daily_changes_per_account = 2")
    with as_user(conn, admin):
        sessions = [
            UUID(str(create(conn, link=None, start_time=tomorrow(hour))["id"]))
            for hour in (8, 10, 12)
        ]

    before = datetime.now(UTC)
    assert len(meetings.claim()) == 2
    after = datetime.now(UTC)
    (waiting,) = [row for session in sessions for row in meetings.of(session) if row["reason"]]
    assert waiting["reason"] == "Shared takes no more changes today; goes on after 00:00 UTC"
    assert waiting["due_at"] in (next_midnight(before), next_midnight(after))
    assert waiting["attempts"] == 0

    # A new day.
    conn.execute("update private.meeting_account_days set day = day - 1")
    conn.execute(
        "update public.session_meetings set due_at = clock_timestamp() where reason is not null"
    )
    assert [task.meeting_id for task in meetings.claim()] == [waiting["id"]]


def test_an_account_that_the_platform_calls_full_is_left_alone_until_midnight(
    conn: psycopg.Connection, world: World, meetings: Meetings, admin: UUID, session: UUID
) -> None:
    (task,) = meetings.claim()
    meetings.fail(task, "daily limit", is_account_full=True)

    with as_user(conn, admin):
        other = create(
            conn, mentor_id=read(conn, session)["mentor_id"], link=None, start_time=tomorrow(8)
        )
        elsewhere = world.meeting_account("Shared", login="shared@school.test")
        create(conn, link=None, start_time=tomorrow(8), meeting_account_id=elsewhere)

    assert [task.account for task in meetings.claim()] == ["shared@school.test"]
    assert all(row["due_at"] >= datetime.now(UTC) for row in meetings.of(session))
    assert "00:00 UTC" in meetings.of(UUID(str(other["id"])))[0]["reason"]


def test_what_a_platform_says_of_a_hosts_login_is_not_kept(
    conn: psycopg.Connection, world: World, meetings: Meetings
) -> None:
    """It outlives the login, which goes from the account when the mentor is erased."""
    world.meeting_account(login="marta@secret.test")
    session = world.session(link=None)
    [task] = meetings.claim()
    meetings.fail(task, "Zoom answers 404: User does not exist: marta@secret.test.")
    assert [row["reason"] for row in meetings.of(session)] == [
        "Zoom answers 404: User does not exist: <address>"
    ]


def test_failures_are_tried_again_after_growing_pauses(
    conn: psycopg.Connection, meetings: Meetings, session: UUID
) -> None:
    pauses = []
    for _ in range(12):
        conn.execute("update public.session_meetings set due_at = clock_timestamp()")
        (task,) = meetings.claim()
        meetings.fail(task, "unreachable")
        row = meetings.of(session)[0]
        pauses.append((row["due_at"] - row["updated_at"]).total_seconds())

    assert 7.5 <= pauses[0] <= 12.5
    assert pauses[0] < pauses[3] < pauses[6]
    assert all(pause <= 1800 * 1.25 for pause in pauses)


@pytest.fixture
def live(conn: psycopg.Connection, made: UUID) -> UUID:
    """The session, whose hour was over an hour ago by the clock, and which nobody has completed."""
    conn.execute(
        "update public.success_sessions set start_time = now() - interval '2 hours',"
        " end_time = now() - interval '1 hour' where id = %s",
        (made,),
    )
    conn.execute("update public.success_sessions set status = 'live' where id = %s", (made,))
    return made


@pytest.fixture
def over(conn: psycopg.Connection, live: UUID) -> UUID:
    """The session, completed."""
    conn.execute("update public.success_sessions set status = 'completed' where id = %s", (live,))
    return live


def test_a_meeting_that_was_not_made_in_time_is_not_made_any_more(
    conn: psycopg.Connection, meetings: Meetings, session: UUID
) -> None:
    conn.execute(
        "update public.success_sessions set start_time = now() - interval '2 hours',"
        " end_time = now() - interval '1 hour'"
    )
    conn.execute("update public.success_sessions set status = 'completed'")
    assert (meetings.claim(), meetings.states(session)) == ([], ["ended"])


def report_task(conn: psycopg.Connection, meetings: Meetings, after: timedelta) -> Task:
    """The claim of the report, so long after it was to be asked for first."""
    conn.execute(
        "update public.session_meetings set due_at = clock_timestamp(),"
        " report_due_at = clock_timestamp() - %s",
        (after,),
    )
    (task,) = meetings.claim()
    assert task.action == "reconcile"
    return task


def next_due(conn: psycopg.Connection, session: UUID) -> timedelta | None:
    """How long from now there is something to do; None: never."""
    row = conn.execute(
        "select due_at - clock_timestamp() from public.session_meetings where session_id = %s",
        (session,),
    ).fetchone()
    assert row is not None
    pause: timedelta | None = row[0]
    return pause


def about(expected: timedelta, pause: timedelta | None) -> bool:
    return pause is not None and abs(pause - expected) < timedelta(minutes=1)


def test_after_a_completed_session_the_report_is_fetched_once(
    conn: psycopg.Connection, meetings: Meetings, over: UUID
) -> None:
    assert meetings.claim() == [], "the platform needs some minutes for it"
    assert about(timedelta(minutes=10), next_due(conn, over))

    task = report_task(conn, meetings, timedelta(0))
    assert task.external_id == "81234567890"
    assert meetings.complete(task)
    assert meetings.of(over)[0]["reported_at"] is not None

    conn.execute("update public.success_sessions set title = 'Renamed' where id = %s", (over,))
    assert next_due(conn, over) is None


@pytest.mark.parametrize("minutes", [20, 240], ids=["overrun", "went on for hours"])
def test_the_report_is_fetched_again_when_the_meeting_outlasts_its_session(
    conn: psycopg.Connection, meetings: Meetings, over: UUID, minutes: int
) -> None:
    assert meetings.complete(report_task(conn, meetings, timedelta(0)))
    ended_at = datetime.now(UTC) - HOUR + timedelta(minutes=minutes)
    conn.execute("update public.session_meetings set attempts = 9")

    zoom = Webhooks(conn, meeting="812 3456 7890")
    zoom.ended(ended_at, "end-1")

    (meeting,) = meetings.of(over)
    assert (meeting["reported_at"], meeting["attempts"]) == (None, 0), "none are used up"
    assert about(timedelta(minutes=10), next_due(conn, over))
    assert meetings.complete(report_task(conn, meetings, timedelta(0)))
    assert next_due(conn, over) is None


def test_the_same_end_told_again_fetches_no_report(
    conn: psycopg.Connection, meetings: Meetings, over: UUID
) -> None:
    zoom = Webhooks(conn, meeting="81234567890")
    zoom.ended(datetime.now(UTC) - HOUR, "end-1")
    assert meetings.complete(report_task(conn, meetings, timedelta(0)))

    assert zoom.ended(datetime.now(UTC) - HOUR, "end-1")["outcome"] == "duplicate"

    assert next_due(conn, over) is None


def test_the_end_of_a_meeting_whose_session_is_still_on_plans_no_report_yet(
    conn: psycopg.Connection, meetings: Meetings, live: UUID
) -> None:
    Webhooks(conn, meeting="81234567890").ended(datetime.now(UTC) - HOUR)

    assert meetings.of(live)[0]["report_due_at"] is None
    conn.execute("update public.success_sessions set status = 'completed' where id = %s", (live,))
    assert about(timedelta(minutes=10), next_due(conn, live))


def test_a_report_that_is_being_fetched_while_the_meeting_ends_is_not_the_last(
    conn: psycopg.Connection, meetings: Meetings, over: UUID
) -> None:
    task = report_task(conn, meetings, timedelta(0))
    Webhooks(conn, meeting="81234567890").ended(datetime.now(UTC) - HOUR)

    assert meetings.complete(task)

    assert meetings.of(over)[0]["reported_at"] is None
    assert about(timedelta(minutes=10), next_due(conn, over))


def test_a_report_that_is_not_there_yet_is_asked_for_again_ever_more_rarely_for_some_hours(
    conn: psycopg.Connection, meetings: Meetings, over: UUID
) -> None:
    for after, pause in ((0, 10), (10, 10), (40, 40), (300, 300)):
        task = report_task(conn, meetings, timedelta(minutes=after))
        assert meetings.complete(task, is_report_complete=False)
        assert about(timedelta(minutes=pause), next_due(conn, over))
        assert meetings.of(over)[0]["reason"] is None

    task = report_task(conn, meetings, timedelta(hours=6))
    assert meetings.complete(task, is_report_complete=False)
    assert next_due(conn, over) is None
    assert meetings.of(over)[0]["reported_at"] is not None


def test_a_report_that_cannot_be_had_is_given_up_after_two_days_and_says_why(
    conn: psycopg.Connection, meetings: Meetings, over: UUID
) -> None:
    pauses = []
    for attempt in range(1, 13):
        task = report_task(conn, meetings, timedelta(hours=49 if attempt < 10 else 47))
        assert meetings.fail(task, "Zoom answers 400: a scope is missing")
        pauses.append(next_due(conn, over) or timedelta(0))
    assert all(pauses), "it is not given up yet"
    # Links are waited for, and tried again after half an hour at most.
    assert 2 * HOUR < pauses[-1] < 5 * HOUR

    conn.execute(
        "update public.session_meetings set due_at = clock_timestamp(),"
        " report_due_at = clock_timestamp() - interval '49 hours'"
    )
    assert meetings.claim() == []

    row = meetings.of(over)[0]
    assert (row["state"], row["reason"], row["due_at"]) == (
        "ready",
        "Zoom answers 400: a scope is missing",
        None,
    )
    assert row["reported_at"] is None
    conn.execute("update public.success_sessions set title = 'Renamed' where id = %s", (over,))
    assert next_due(conn, over) is None
    # Its cause gone, somebody asks once more.
    conn.execute("update public.session_meetings set due_at = now(), attempts = 0")
    (task,) = meetings.claim()
    assert meetings.complete(task)
    row = meetings.of(over)[0]
    assert (row["reason"], row["due_at"]) == (None, None)
    assert row["reported_at"] is not None


def test_a_report_that_every_worker_dies_of_is_given_up_too(
    conn: psycopg.Connection, meetings: Meetings, over: UUID
) -> None:
    for _ in range(10):
        report_task(conn, meetings, timedelta(hours=49))

    conn.execute("update public.session_meetings set due_at = clock_timestamp()")

    assert meetings.claim() == []
    assert next_due(conn, over) is None
    assert meetings.of(over)[0]["reason"] == "every attempt to fetch the report broke off"


def test_a_claim_that_is_lost_changes_nothing_any_more(
    conn: psycopg.Connection, meetings: Meetings, session: UUID
) -> None:
    (slow,) = meetings.claim()
    conn.execute("update public.session_meetings set due_at = clock_timestamp()")
    (next_one,) = meetings.claim()

    assert not meetings.create(slow, "80000000000")
    assert not meetings.fail(slow, "too late")
    assert meetings.create(next_one)
    assert not meetings.create(next_one), "told twice"
    assert meetings.of(session)[0]["external_id"] == "81234567890"

    # What the slow one made is nobody's, and is deleted in the end.
    conn.execute("update public.session_meetings set due_at = now() where due_at is not null")
    tasks = {task.action: task for task in meetings.claim()}
    assert tasks["delete"].external_id == "80000000000"
    # Making it took two attempts: perhaps there is still another.
    assert tasks["sweep"].external_id == "81234567890"
    for task in tasks.values():
        assert meetings.complete(task)
    assert meetings.claim() == []


def test_what_a_slow_worker_made_and_the_next_one_took_over_is_kept(
    conn: psycopg.Connection, meetings: Meetings, session: UUID
) -> None:
    (slow,) = meetings.claim()
    conn.execute("update public.session_meetings set due_at = clock_timestamp()")
    (next_one,) = meetings.claim()
    assert not meetings.create(slow)
    assert meetings.create(next_one), "it found the very same meeting"

    conn.execute("update public.session_meetings set due_at = now() where due_at is not null")

    assert [task.action for task in meetings.claim()] == ["sweep"]
    assert meetings.states(session) == ["ready"]


def test_mails_wait_for_the_meeting_and_then_tell_everything_at_once(
    conn: psycopg.Connection, world: World, meetings: Meetings
) -> None:
    batch = world.batch()
    world.student(batch=batch)
    world.meeting_account("Shared", login="shared@school.test")
    session = world.session(batch=batch, starts=timedelta(days=3), link=None)
    outbox = Outbox(conn)
    outbox.expand()
    assert outbox.claim() == []
    waits = "select available_at - created_at from notifier.emails"
    (wait,) = conn.execute(waits).fetchone() or (None,)
    assert wait is not None
    assert timedelta(minutes=9) < wait <= timedelta(minutes=10)

    (task,) = meetings.claim()
    meetings.create(task)
    outbox.expand()

    assert [email.kind for email in outbox.claim()] == ["session_scheduled"]
    assert meetings.states(session) == ["ready"]


def test_mails_do_not_wait_for_ever(
    conn: psycopg.Connection, world: World, meetings: Meetings
) -> None:
    batch = world.batch()
    world.student(batch=batch)
    world.meeting_account("Shared", login="shared@school.test")
    conn.execute("update public.app_settings set meeting_wait_minutes = 0")
    world.session(batch=batch, starts=timedelta(days=3), link=None)
    outbox = Outbox(conn)
    outbox.expand()
    sent = outbox.claim()
    assert [email.kind for email in sent] == ["session_scheduled"]
    outbox.begin(*sent)
    outbox.complete(*sent)

    (task,) = meetings.claim()
    meetings.create(task)
    outbox.expand()
    assert [email.kind for email in outbox.claim()] == ["session_updated"]


def test_a_personal_link_is_kept_once_and_join_session_gives_it_to_its_owner_alone(
    conn: psycopg.Connection, world: World, meetings: Meetings, mentor: UUID
) -> None:
    batch = world.batch()
    sam, sita = world.student("Sam", batch=batch), world.student("Sita", batch=batch)
    world.meeting_account("Shared", login="shared@school.test")
    session = world.session(batch=batch, mentor=mentor, starts=timedelta(minutes=5), link=None)
    (task,) = meetings.claim()
    meetings.create(task)

    with as_service(conn):
        details = conn.execute(
            "select link, meeting_id, external_id, is_host, full_name"
            " from public.personal_link(%s, %s)",
            (session, sam),
        ).fetchone()
        assert details == (None, task.meeting_id, "81234567890", False, "Sam")
        host = "select is_host from public.personal_link(%s, %s)"
        assert conn.execute(host, (session, mentor)).fetchone() == (True,)
        keep = "select public.save_personal_link(%s, %s, %s, %s)"
        own = f"{LINK}?tk=sams"
        for link in (own, f"{LINK}?tk=second"):
            kept = conn.execute(keep, (task.meeting_id, sam, "registrant-1", link)).fetchone()
            assert kept == (own,)

    join = "select link from public.join_session(%s)"
    with as_user(conn, sam):
        assert conn.execute(join, (session,)).fetchone() == (own,)
    with as_user(conn, sita):
        assert conn.execute(join, (session,)).fetchone() == (f"{LINK}?pwd=hidden",)
    known = "select user_id from private.platform_participants where participant_key = %s"
    assert conn.execute(known, ("registrant-1",)).fetchone() == (sam,)

    save(conn, session, status="cancelled")
    left = "select count(*) from vault.secrets where name like 'personal_links/%'"
    assert conn.execute(left).fetchone() == (0,)
    with as_service(conn), refusal(conn, "PT409"):
        conn.execute(keep, (task.meeting_id, sita, "registrant-2", own))


def test_bad_outcomes_are_refused(
    conn: psycopg.Connection, meetings: Meetings, session: UUID, mentor: UUID
) -> None:
    (task,) = meetings.claim()
    for outcome in ({}, {"external_id": "1"}, {"external_id": "1", "link": "javascript:alert(1)"}):
        with refusal(conn, "22023"):
            meetings.complete(task, **outcome)
    with as_service(conn):
        for arguments in ((0, 60), (10, 1), (None, 60)):
            with refusal(conn, "22023"):
                conn.execute("select public.claim_meeting_tasks(%s, %s)", arguments)
        with refusal(conn, "22023"):
            conn.execute(
                "select public.save_personal_link(%s, %s, 'key', 'no link')",
                (task.meeting_id, mentor),
            )
    assert meetings.create(task)


def test_platform_data_is_what_the_platform_says(conn: psycopg.Connection, admin: UUID) -> None:
    with as_user(conn, admin):
        create(conn, platform_data=Jsonb({"waiting_room": True, "anything": "else"}))
        with refusal(conn, "22023") as refused:
            create(conn, platform_data=Jsonb({"waiting_room": "yes"}))
        assert refused.message == "platform_data.waiting_room must be boolean"
        jaas = create(
            conn,
            platform="jaas",
            link="https://8x8.vc/tenant/room",
            platform_data=Jsonb({"host_link": "https://8x8.vc/tenant/room?jwt=x"}),
        )
        with refusal(conn, "22023") as refused:
            save(conn, jaas["id"], platform_data=Jsonb({"rooom": 1}))
        assert refused.message == "platform_data.rooom is not a known field"
        assert "jaas" in str(refused.detail)


def test_an_account_that_loses_its_login_stops_no_clock_and_says_why_nothing_is_done(
    conn: psycopg.Connection, meetings: Meetings, made: UUID, account: UUID
) -> None:
    conn.execute("update public.meeting_accounts set external_id = null where id = %s", (account,))
    conn.execute(
        "update public.success_sessions set start_time = now() - interval '2 hours',"
        " end_time = now() - interval '1 hour' where id = %s",
        (made,),
    )

    conn.execute("select notifier.tick()")

    status = "select status::text from public.success_sessions where id = %s"
    assert conn.execute(status, (made,)).fetchone() == ("completed",)
    conn.execute("update public.session_meetings set due_at = now()")
    assert meetings.claim() == []
    assert meetings.of(made)[0]["reason"] == "Marta's has no external_id any more"


def test_a_failed_meeting_hands_out_no_link_of_ones_own(
    conn: psycopg.Connection, meetings: Meetings, made: UUID, mentor: UUID
) -> None:
    own = "select meeting_id from public.personal_link(%s, %s)"
    with as_service(conn):
        assert conn.execute(own, (made, mentor)).fetchone() == (meetings.of(made)[0]["id"],)
    save(conn, made, backup_link="https://meet.example.test/backup")
    with as_user(conn, mentor):
        conn.execute("select public.report_link_failure(%s)", (made,))

    with as_service(conn):
        assert conn.execute(own, (made, mentor)).fetchone() == (None,)
