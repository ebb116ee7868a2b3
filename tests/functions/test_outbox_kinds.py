"""Every kind of mail: who gets it, that nobody else does, and what drops one that waits.

One story for each kind, told among people who are not concerned. What else is true of a kind stands
in the tests beside this one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from support.actors import as_user
from support.outbox import Outbox, change
from support.preferences import clock, prefer
from support.reminders import remind
from support.seats import register, unregister
from support.sessions import refusal
from support.world import World

HOUR = timedelta(hours=1)
WEEK = timedelta(weeks=1)
LONG_AGO = datetime.now(UTC) - timedelta(days=30)


@dataclass(slots=True)
class School:
    """Students Anna and Ben of a batch, their mentor Marta, and others.

    Attributes:
        world: Where more comes from.
        outbox: What they are told by.
        people: By name.
        batch: Anna's and Ben's.
        sessions: What the story is about.
    """

    world: World
    outbox: Outbox
    people: dict[str, UUID]
    batch: UUID
    sessions: list[UUID] = field(default_factory=list)

    @property
    def conn(self) -> psycopg.Connection:
        """As role `postgres`."""
        return self.world.conn

    def plan(
        self,
        count: int = 1,
        *,
        mentor: str | None = "Marta",
        starts: timedelta = WEEK,
        **session: Any,
    ) -> None:
        """Sessions of the batch, a week apart, made by one transaction."""
        with self.outbox.one_transaction():
            for number in range(count):
                self.sessions.append(
                    self.world.session(
                        f"Session {number}",
                        batch=self.batch,
                        mentor=self.people[mentor] if mentor else None,
                        starts=starts + number * WEEK,
                        **session,
                    )
                )

    def edit(self, **columns: Any) -> None:
        """The same change of all sessions, in one transaction."""
        with self.outbox.one_transaction():
            for session in self.sessions:
                change(self.conn, session, **columns)

    def move(self, by: timedelta) -> None:
        """All sessions to another time."""
        self.conn.execute(
            "update public.success_sessions set start_time = start_time + %(by)s,"
            " end_time = end_time + %(by)s where id = any(%(ids)s)",
            {"by": by, "ids": self.sessions},
        )

    def call(self, name: str, function: str) -> None:
        """A function of the API about the first session, as somebody."""
        with as_user(self.conn, self.people[name]):
            self.conn.execute(
                f"select public.{function}(session_id => %s)".encode(), (self.sessions[0],)
            )

    def execute(self, query: str, *names: str) -> None:
        """A statement about people."""
        self.conn.execute(query.encode(), [self.people[name] for name in names])

    def told(self, kind: str) -> set[str]:
        """Who gets a mail of this kind, once everything that is due has been sent."""
        names = {person: name for name, person in self.people.items()}
        return {names[mail.recipient_id] for mail in self.outbox.deliver() if mail.kind == kind}


@pytest.fixture
def school(world: World) -> School:
    course = world.course()
    batch = world.batch(course=course)
    people = {
        "Anna": world.student("Anna", batch=batch),
        "Ben": world.student("Ben", batch=batch),
        "Marta": world.mentor("Marta"),
        "Jonas": world.mentor("Jonas"),
        "Nora": world.student("Nora"),
        "Paused": world.student("Paused", batch=batch, status="paused"),
        "Of another batch": world.student("Of another batch", batch=world.batch(course=course)),
        "Unbatched": world.student("Unbatched", course=course),
        "Admin": world.admin("Admin"),
    }
    return School(world, Outbox(world.conn), people, batch)


Step = Callable[[School], None]


@dataclass(frozen=True, slots=True)
class Story:
    """What happens, whom a mail of the kind tells of it, and what takes a waiting one back.

    Attributes:
        before: What everybody knows already.
        happens: What there is to tell.
        told: Who is told by a mail of this kind.
        undone: What happens before the mail goes out, so that it does not.
    """

    before: Step
    happens: Step
    told: set[str]
    undone: Step


def nothing(school: School) -> None:
    """Nobody knows anything."""


def one(school: School) -> None:
    """A session."""
    school.plan()


def three(school: School) -> None:
    """Three of one transaction."""
    school.plan(3)


def three_without_mentor(school: School) -> None:
    """Three that nobody hosts."""
    school.plan(3, mentor=None)


def cancelled(school: School) -> None:
    """All are called off."""
    school.edit(status="cancelled")


def reinstated(school: School) -> None:
    """They take place after all."""
    school.edit(status="upcoming")


def renamed(school: School) -> None:
    """Another title."""
    school.edit(title="Renamed")


def named_as_before(school: School) -> None:
    """The old title."""
    for number, session in enumerate(school.sessions):
        change(school.conn, session, title=f"Session {number}")


def given_to(name: str) -> Step:
    """The mentor is somebody else."""
    return lambda school: school.edit(mentor_id=school.people[name])


def switched_off(kind: str, *names: str) -> Step:
    """They do not want such mails."""

    def step(school: School) -> None:
        for name in names:
            prefer(school.conn, school.people[name], kind, enabled=False)

    return step


def running(school: School) -> None:
    """A session that has begun and has a second link."""
    school.plan(starts=-HOUR / 4, backup_link="https://meet.example.test/backup")


def nearly_over(school: School) -> None:
    """A session that has ended and is live by its status."""
    school.plan(starts=-2 * HOUR, status="live")


def completed(school: School) -> None:
    """It is over; Ben was there."""
    school.world.attendance(school.sessions[0], school.people["Ben"], "present")
    school.edit(status="completed")


def anna_misses_much(school: School) -> None:
    """Anna was absent twice of three times."""
    for week, status in enumerate(("present", "absent", "absent"), start=1):
        past = school.world.session(batch=school.batch, starts=-week * WEEK, status="completed")
        school.world.attendance(past, school.people["Anna"], status)
        school.world.attendance(past, school.people["Ben"], "present")
    nearly_over(school)


def near(school: School) -> None:
    """A session in less than an hour, told of a day ago."""
    school.plan(starts=HOUR * 0.9, created_at=LONG_AGO)
    school.outbox.deliver()
    school.conn.execute(
        "update notifier.emails set sent_at = sent_at - interval '1 day' where status = 'sent'"
    )


def an_hour_before(school: School) -> None:
    """The clock comes by."""
    assert remind(school.outbox, school.sessions[0], 60) == 1


def one_seat(school: School) -> None:
    """A session with a seat for one."""
    school.plan(capacity=1, registration_required=True)


def ben_sits_and_anna_waits(school: School) -> None:
    """The seat is taken."""
    one_seat(school)
    for name in ("Ben", "Anna"):
        register(school.conn, school.people[name], school.sessions[0])


def takes_a_seat(name: str) -> Step:
    """Somebody registers."""

    def step(school: School) -> None:
        register(school.conn, school.people[name], school.sessions[0])

    return step


def gives_it_back(name: str) -> Step:
    """Somebody gives the seat back."""

    def step(school: School) -> None:
        unregister(school.conn, school.people[name], school.sessions[0])

    return step


def nora_joins(school: School) -> None:
    """A late joiner."""
    school.world.enroll(school.people["Nora"], batch=school.batch, lately=True)


def nora_leaves(school: School) -> None:
    """Who left again."""
    school.execute(
        "update public.course_enrollments set status = 'withdrawn' where student_id = %s", "Nora"
    )


def held(school: School) -> None:
    """A session of the last days."""
    school.plan(starts=-2 * timedelta(days=1), status="live")
    school.edit(status="completed")
    prefer(school.conn, school.people["Marta"], "weekly_summary")


def monday_comes(school: School) -> None:
    """The hour of the weekly summary."""
    school.conn.execute(
        "update public.notification_preferences set due_at = clock_timestamp()"
        " where due_at is not null"
    )
    school.conn.execute("select notifier.tick()")


def recorded(school: School) -> None:
    """A recording is published."""
    school.world.recording(school.sessions[0], is_published=True, notify=True)
    school.conn.execute("select notifier.tick()")


def unpublished(school: School) -> None:
    """It cannot be watched any more."""
    school.conn.execute("update public.session_recordings set is_published = false")


def two_and_a_digest(school: School) -> None:
    """Anna wants one mail a day."""
    school.plan(2)
    school.outbox.deliver()
    prefer(school.conn, school.people["Anna"], digest_at=clock(4))


def the_day_passes(school: School) -> None:
    """Both change; Anna's hour comes."""
    for session in school.sessions:
        change(school.conn, session, title="Renamed")
    school.outbox.deliver()
    school.conn.execute(
        "update notifier.emails set available_at = clock_timestamp()"
        " where status = 'queued' and postponed_for = 'digest'"
    )


STORIES = {
    "session_scheduled": Story(nothing, one, {"Anna", "Ben"}, cancelled),
    "session_rescheduled": Story(
        one,
        lambda school: school.move(HOUR),
        {"Anna", "Ben", "Marta"},
        lambda school: school.move(-HOUR),
    ),
    "session_updated": Story(
        one,
        renamed,
        {"Anna", "Ben", "Marta"},
        switched_off("session_updated", "Anna", "Ben", "Marta"),
    ),
    "session_cancelled": Story(one, cancelled, {"Anna", "Ben", "Marta"}, reinstated),
    "meeting_link_changed": Story(
        running,
        lambda school: school.call("Marta", "report_link_failure"),
        {"Anna", "Ben", "Marta"},
        lambda school: school.call("Marta", "withdraw_link_failure"),
    ),
    "mentor_assigned": Story(one, given_to("Jonas"), {"Jonas"}, given_to("Marta")),
    "mentor_unassigned": Story(one, given_to("Jonas"), {"Marta"}, given_to("Marta")),
    "series_scheduled": Story(nothing, three_without_mentor, {"Anna", "Ben"}, cancelled),
    "series_updated": Story(three, renamed, {"Anna", "Ben", "Marta"}, named_as_before),
    "series_cancelled": Story(three, cancelled, {"Anna", "Ben", "Marta"}, reinstated),
    "enrollment_schedule": Story(three, nora_joins, {"Nora"}, nora_leaves),
    "registration_confirmed": Story(
        one_seat, takes_a_seat("Anna"), {"Anna"}, gives_it_back("Anna")
    ),
    "waitlist_promoted": Story(
        ben_sits_and_anna_waits, gives_it_back("Ben"), {"Anna"}, gives_it_back("Anna")
    ),
    "session_reminder": Story(near, an_hour_before, {"Anna", "Ben", "Marta"}, cancelled),
    "attendance_summary": Story(
        nearly_over,
        completed,
        {"Marta"},
        lambda school: school.execute("delete from public.user_roles where user_id = %s", "Marta"),
    ),
    "attendance_warning": Story(
        anna_misses_much,
        completed,
        {"Anna", "Marta"},
        lambda school: school.execute(
            "update public.session_attendance set status = 'present' where student_id = %s", "Anna"
        ),
    ),
    "weekly_summary": Story(held, monday_comes, {"Marta"}, switched_off("weekly_summary", "Marta")),
    "recording_available": Story(held, recorded, {"Anna", "Ben"}, unpublished),
    "daily_digest": Story(two_and_a_digest, the_day_passes, {"Anna"}, named_as_before),
}


def test_there_is_a_story_of_every_kind(conn: psycopg.Connection) -> None:
    rows = conn.execute("select unnest(enum_range(null::notifier.email_kind))::text").fetchall()

    assert {row[0] for row in rows} == set(STORIES)


@pytest.mark.parametrize("kind", STORIES)
def test_whoever_is_concerned_gets_it_and_nobody_else(school: School, kind: str) -> None:
    story = STORIES[kind]
    story.before(school)
    school.outbox.deliver()

    story.happens(school)

    assert school.told(kind) == story.told


@pytest.mark.parametrize("kind", STORIES)
def test_one_that_waits_is_dropped_once_it_is_not_true_or_not_wanted(
    school: School, kind: str
) -> None:
    story = STORIES[kind]
    story.before(school)
    school.outbox.deliver()
    story.happens(school)
    while school.outbox.expand()[1]:
        pass
    assert [row for row in school.outbox.rows() if row["status"] == "queued"]

    story.undone(school)

    assert school.told(kind) == set()


AS_IT_STANDS = {
    "series_scheduled": "session_scheduled",
    "series_updated": "session_updated",
    "series_cancelled": "session_cancelled",
    "daily_digest": "session_updated",
}
"""What tells of several sessions is told again session by session."""

NEVER_TWICE = {"enrollment_schedule", "session_reminder"}
"""Kinds whose events are not told again."""


@pytest.mark.parametrize("kind", STORIES)
def test_told_again_it_reaches_the_same_people_or_is_refused(school: School, kind: str) -> None:
    story = STORIES[kind]
    story.before(school)
    school.outbox.deliver()
    story.happens(school)
    events = {mail.event_id for mail in school.outbox.deliver() if mail.kind == kind}
    part = AS_IT_STANDS.get(kind, kind)
    people = {
        row["recipient_id"]
        for row in school.outbox.rows(kind=part, status="sent")
        if row["event_id"] in events
    }
    replay = "select replayed_as, left_out::text[] from notifier.replay_event(%s)"
    if kind in NEVER_TWICE:
        for event in events:
            with refusal(school.conn, "PT409") as refused:
                school.conn.execute(replay, (event,))
            assert "Replay the event that made the session" in str(refused.hint)
        assert school.outbox.deliver() == []
        return

    assert people
    replayed = [school.conn.execute(replay, (event,)).fetchone() for event in sorted(events)]

    again = school.outbox.deliver()
    school.outbox.let_time_pass()  # for whoever wants one mail a day
    again += school.outbox.deliver()
    told = {mail.recipient_id for mail in again if mail.kind == part}
    if kind == "weekly_summary":
        # It hangs on the last event of a session, and is not what that told.
        assert [row and row[1] for row in replayed] == [[kind]]
        assert told == set()
    else:
        assert [row and row[1] for row in replayed] == [[]] * len(events)
        assert told == people
    assert {mail.event_id for mail in again} == {row and row[0] for row in replayed}
