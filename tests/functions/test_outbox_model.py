"""Whatever happens in whatever order, in the end everybody has been told last what holds."""

from __future__ import annotations

import random
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from support.outbox import Claimed, Outbox, change
from support.preferences import LOUD, QUIET, clock, prefer
from support.world import World

BEGIN = datetime.now(UTC) + timedelta(days=4)
HALF_A_DAY = timedelta(hours=12)
MINUTES = 10080
"""Before each start a reminder is due: all sessions are within that time."""
FAREWELLS = {"session_cancelled", "mentor_unassigned"}
SHOWN = ("title", "start_time", "end_time", "mentor_name", "status")


@dataclass(frozen=True)
class Told:
    """What somebody was last told of a session: the part of the mail, and as what."""

    role: str
    part: dict[str, Any]
    method: str | None


@dataclass
class Play:
    """Some sessions, a handful of people, and a random series of events and worker's calls."""

    conn: psycopg.Connection
    random: random.Random
    sessions: list[UUID] = field(default_factory=list)
    in_hand: list[Claimed] = field(default_factory=list)
    mails: dict[UUID, Claimed] = field(default_factory=dict)
    told: dict[tuple[UUID, UUID], Told] = field(default_factory=dict)
    passed: set[tuple[UUID, datetime]] = field(default_factory=set)
    reminded: dict[tuple[UUID, UUID, str], UUID] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.world, self.outbox = World(self.conn), Outbox(self.conn)
        self.conn.execute("update public.app_settings set reminder_minutes = %s", ([MINUTES],))
        self.course = self.world.course()
        self.batches = [self.world.batch(name, course=self.course) for name in ("March", "April")]
        self.audiences = [None, *self.batches]
        self.mentors = [self.world.mentor(name) for name in ("Amara", "Jonas")]
        self.guests = [self.world.student(f"Guest {number}") for number in range(3)]
        self.students = [
            self.world.student(f"Student {number}", course=self.course, batch=audience)
            for number, audience in enumerate(self.audiences * 2)
        ]
        self.world.enroll(self.mentors[0], batch=self.batches[0])
        with self.outbox.one_transaction():
            self.add()
            self.add()

    @property
    def people(self) -> list[UUID]:
        return [*self.students, *self.guests, *self.mentors]

    # What people do

    def add(self) -> None:
        if len(self.sessions) < 4:
            self.sessions.append(
                self.world.session(
                    course=self.course,
                    batch=self.random.choice(self.audiences),
                    mentor=self.random.choice([None, *self.mentors]),
                    starts=BEGIN + len(self.sessions) * HALF_A_DAY,
                )
            )

    def rename(self, session: UUID) -> None:
        change(self.conn, session, title=self.random.choice(["One", "Two", "Three"]))

    def move(self, session: UUID) -> None:
        if self.status(session) != "cancelled":
            start = BEGIN + self.sessions.index(session) * HALF_A_DAY
            start += timedelta(hours=3 * self.random.randrange(3))
            change(self.conn, session, start_time=start, end_time=start + timedelta(hours=1))

    def reassign(self, session: UUID) -> None:
        if self.status(session) != "cancelled":
            change(self.conn, session, mentor_id=self.random.choice([None, *self.mentors]))

    def switch(self, session: UUID) -> None:
        if self.status(session) != "cancelled":
            change(self.conn, session, batch_id=self.random.choice(self.audiences))

    def cancel_or_reinstate(self, session: UUID) -> None:
        status = "upcoming" if self.status(session) == "cancelled" else "cancelled"
        change(self.conn, session, status=status)

    def invite_or_uninvite(self, session: UUID) -> None:
        who = self.random.choice([*self.guests, self.students[0], self.mentors[0]])
        removed = self.conn.execute(
            "delete from public.session_participants where user_id = %s and session_id = %s",
            (who, session),
        ).rowcount
        if not removed:
            self.world.invite(session, who)

    def enrol_or_leave(self) -> None:
        """A student joins, leaves, comes back or changes the batch."""
        student = self.random.choice(self.students)
        if self.random.random() < 0.2:
            self.conn.execute(
                "delete from public.course_enrollments where student_id = %s", (student,)
            )
            return
        self.conn.execute(
            """
            insert into public.course_enrollments (student_id, course_id, batch_id, status)
            values (%s, %s, %s, %s)
            on conflict (student_id, course_id) do update
                set batch_id = excluded.batch_id, status = excluded.status
            """,
            (
                student,
                self.course,
                self.random.choice(self.audiences),
                self.random.choice(["active", "active", "paused"]),
            ),
        )

    def edit(self) -> None:
        """Change some sessions, sometimes several in one transaction."""
        actions = [
            self.rename,
            self.move,
            self.reassign,
            self.switch,
            self.cancel_or_reinstate,
            self.invite_or_uninvite,
        ]
        sessions = self.random.sample(
            self.sessions, self.random.choice([1, 1, 2, len(self.sessions)])
        )
        together = self.random.random() < 0.8
        same = self.random.choice(actions) if self.random.random() < 0.5 else None
        with self.outbox.one_transaction() if together else nullcontext():
            for session in sessions:
                action = same or self.random.choice(actions)
                self.log[-1] += f" {action.__name__} {self.sessions.index(session)}"
                action(session)
            if self.random.random() < 0.1:
                self.log[-1] += " add"
                self.add()

    def choose(self) -> None:
        """Somebody wants their mails at another time."""
        choice = self.random.choice([QUIET, LOUD, {"digest_at": clock(3)}])
        prefer(self.conn, self.random.choice(self.people), **choice)

    # What the clock does

    def remind(self) -> None:
        self.come_near(self.random.choice(self.sessions))

    def come_near(self, session: UUID) -> None:
        """Let a session pass the moment of its reminder, unless this start has passed it before."""
        self.conn.execute(
            "update notifier.emails set sent_at = sent_at - interval '1 hour' where status = 'sent'"
        )
        start = self.outbox.scalar(
            "select start_time from public.success_sessions where id = %s", session
        )
        if (session, start) in self.passed or self.status(session) == "cancelled":
            return
        self.passed.add((session, start))
        self.conn.execute(
            """
            insert into notifier.events (session_id, old, new, reminder_minutes)
            select id, notifier.session_snapshot(session), notifier.session_snapshot(session), %s
            from public.success_sessions as session where id = %s
            """,
            (MINUTES, session),
        )

    # What workers do

    def expand(self) -> None:
        self.outbox.expand(self.random.randint(1, 8))

    def claim(self) -> None:
        held = {self.about(email) for email in self.in_hand}
        for email in self.outbox.claim(self.random.randint(1, 4)):
            about = self.about(email)
            assert all(about.isdisjoint(other) for other in held), f"two mails at once: {self.log}"
            held.add(about)
            if email.in_doubt:
                before = self.mails[email.email_id]
                assert (email.kind, email.parts) == (before.kind, before.parts), self.log
                assert email.calendars == before.calendars, self.log
            self.mails[email.email_id] = email
            if email.kind == "session_reminder":
                self.check_reminder(email)
            self.in_hand.append(email)

    def send(self) -> None:
        if email := self.take():
            if self.outbox.begin(email):
                self.arrive(email)
            self.outbox.complete(email)

    def send_and_lose_the_answer(self) -> None:
        if (email := self.take()) and self.outbox.begin(email):
            if self.random.random() < 0.5:
                self.arrive(email)
            self.outbox.fail(email, "unknown")

    def be_refused(self) -> None:
        if email := self.take():
            self.outbox.fail(email)

    def give_back(self) -> None:
        if email := self.take():
            self.outbox.release(email)

    def crash(self) -> None:
        self.in_hand.clear()
        self.outbox.let_time_pass()
        self.outbox.scalar("select requeued from notifier.tick()")

    def wait(self) -> None:
        # Only those waiting for another attempt; leases go on.
        self.conn.execute(
            "update notifier.emails set available_at = clock_timestamp()"
            " where status in ('queued', 'in_doubt') and available_at > clock_timestamp()"
        )

    def take(self) -> Claimed | None:
        if not self.in_hand:
            return None
        return self.in_hand.pop(self.random.randrange(len(self.in_hand)))

    def check_reminder(self, email: Claimed) -> None:
        """Of what will be, to who takes part, by one mail for each start."""
        session, start = UUID(email.session["id"]), email.session["start_time"]
        assert self.roles(session).get(email.recipient_id) == email.recipient_role, self.log
        assert start == self.shown(session)["start_time"], self.log
        # Not by its attempt, which a worker that gives the mail back gives back, too.
        first = self.reminded.setdefault((email.recipient_id, session, start), email.email_id)
        assert email.email_id == first, f"twice: {self.log}"

    def arrive(self, email: Claimed) -> None:
        if email.kind == "session_reminder":
            return
        calendars = [
            (calendar["method"], calendar["content"].replace("\r\n ", ""))
            for calendar in email.calendars
        ]
        for part in email.parts:
            session = part["session"]["id"]
            methods = [method for method, content in calendars if f"/sessions/{session}" in content]
            assert len(methods) <= 1, f"a session in two calendars: {self.log}"
            self.told[email.recipient_id, UUID(session)] = Told(
                email.recipient_role, part, methods[0] if methods else None
            )

    def finish(self) -> None:
        self.conn.execute("delete from public.notification_preferences")
        self.crash()
        for _ in range(3):
            self.wait()
            for email in self.outbox.deliver():
                self.arrive(email)

    @staticmethod
    def about(email: Claimed) -> frozenset[tuple[UUID, str, bool]]:
        return frozenset(
            (email.recipient_id, part["session"]["id"], email.kind == "session_reminder")
            for part in email.parts
        )

    def status(self, session: UUID) -> str:
        return str(
            self.outbox.scalar("select status from public.success_sessions where id = %s", session)
        )

    def step(self) -> None:
        workers = [
            self.send,
            self.send_and_lose_the_answer,
            self.be_refused,
            self.give_back,
            self.crash,
            self.wait,
        ]
        action = self.random.choice(
            [
                *[self.edit] * 6,
                self.remind,
                self.choose,
                *workers,
                *[self.expand, self.claim, self.send] * 3,
            ]
        )
        self.log.append(action.__name__)
        action()
        self.check_carried()

    def check_carried(self) -> None:
        """Rows that go out in one mail are of one person and one fate."""
        torn = self.outbox.scalar(
            """
            select count(*)
            from notifier.emails as carried
            inner join notifier.emails as carrier on carried.carried_by = carrier.id
            where carrier.carried_by is not null
                or (carried.status, carried.claim_id, carried.recipient_id) is distinct from
                (carrier.status, carrier.claim_id, carrier.recipient_id)
                or carried.attempts <> carrier.attempts
                or (carried.in_doubt_at is null) <> (carrier.in_doubt_at is null)
            """
        )
        assert torn == 0, self.log

    def roles(self, session: UUID) -> dict[UUID, str]:
        """Who takes part in the end, and as what; told from the tables, not by the outbox."""
        rows = self.conn.execute(
            """
            select person.id, case when person.id = session.mentor_id then 'host' else 'learner' end
            from public.success_sessions as session
            cross join public.profiles as person
            where session.id = %s and session.status = 'upcoming'
                and (
                    person.id = session.mentor_id
                    or exists (
                        select from public.course_enrollments as enrollment
                        where enrollment.student_id = person.id
                            and enrollment.course_id = session.course_id
                            and enrollment.batch_id is not distinct from session.batch_id
                            and enrollment.status = 'active'
                    )
                    or exists (
                        select from public.session_participants as participant
                        where participant.user_id = person.id
                            and participant.session_id = session.id
                    )
                )
            """,
            (session,),
        )
        return dict(rows.fetchall())

    def shown(self, session: UUID) -> dict[str, object]:
        """What a mail of now would show."""
        details = self.outbox.scalar(
            "select notifier.session_details(notifier.session_snapshot(session))"
            " from public.success_sessions as session where session.id = %s",
            session,
        )
        return {name: details[name] for name in SHOWN}


@pytest.mark.parametrize("seed", range(30))
def test_everybody_has_been_told_last_what_holds(conn: psycopg.Connection, seed: int) -> None:
    play = Play(conn, random.Random(seed))
    for _ in range(80):
        play.step()
    play.finish()

    for session in play.sessions:
        roles, shown = play.roles(session), play.shown(session)
        for who in play.people:
            last = play.told.get((who, session))
            if who in roles:
                assert last is not None, f"{who} was told nothing of {session}: {play.log}"
                assert last.role == roles[who], play.log
                assert {name: last.part["session"][name] for name in SHOWN} == shown, play.log
                assert last.method == "REQUEST", play.log
            else:
                assert last is None or last.part["kind"] in FAREWELLS, f"{last}: {play.log}"
                assert last is None or last.method == "CANCEL", play.log
        before = session in {known for known, _ in play.passed}
        play.come_near(session)
        emails = play.outbox.deliver()
        assert before or {mail.recipient_id: mail.recipient_role for mail in emails} == roles
        assert {mail.kind for mail in emails} <= {"session_reminder"}, play.log
    unfinished = {"queued", "claimed", "sending", "in_doubt", "dead"}
    assert unfinished.isdisjoint(row["status"] for row in play.outbox.rows())
