"""Whatever happens in whatever order, in the end everybody has been told last what holds."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from support.outbox import Claimed, Outbox, change
from support.world import World

TUESDAY = datetime(2031, 5, 6, 17, 0, tzinfo=UTC)
FAREWELLS = {"session_cancelled", "mentor_unassigned"}
SHOWN = ("title", "start_time", "end_time", "mentor_name", "status")


@dataclass
class Play:
    """One session, a handful of people, and a random series of events and worker's calls.

    Everybody is enrolled from the beginning: who joins a course later hears of its sessions in
    another way.
    """

    conn: psycopg.Connection
    random: random.Random
    in_hand: list[Claimed] = field(default_factory=list)
    told: dict[UUID, Claimed] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.world, self.outbox = World(self.conn), Outbox(self.conn)
        course = self.world.course()
        self.batches = [self.world.batch(name, course=course) for name in ("March", "April")]
        self.audiences = [None, *self.batches]
        self.mentors = [self.world.mentor(name) for name in ("Amara", "Jonas")]
        self.guests = [self.world.student(f"Guest {number}") for number in range(3)]
        self.students = [
            self.world.student(f"Student {number}", course=course, batch=audience)
            for number, audience in enumerate(self.audiences * 2)
        ]
        self.world.enroll(self.mentors[0], batch=self.batches[0])
        self.session = self.world.session(
            course=course,
            batch=self.random.choice(self.audiences),
            mentor=self.random.choice([None, *self.mentors]),
            starts=TUESDAY,
        )

    # What people do

    def rename(self) -> None:
        change(self.conn, self.session, title=self.random.choice(["One", "Two", "Three"]))

    def move(self) -> None:
        if self.status != "cancelled":
            start = TUESDAY + timedelta(days=self.random.randrange(3))
            change(self.conn, self.session, start_time=start, end_time=start + timedelta(hours=1))

    def reassign(self) -> None:
        if self.status != "cancelled":
            mentor = self.random.choice([None, *self.mentors])
            change(self.conn, self.session, mentor_id=mentor)

    def switch(self) -> None:
        if self.status != "cancelled":
            change(self.conn, self.session, batch_id=self.random.choice(self.audiences))

    def cancel_or_reinstate(self) -> None:
        status = "upcoming" if self.status == "cancelled" else "cancelled"
        change(self.conn, self.session, status=status)

    def invite_or_uninvite(self) -> None:
        who = self.random.choice([*self.guests, self.students[0], self.mentors[0]])
        removed = self.conn.execute(
            "delete from public.session_participants where user_id = %s", (who,)
        ).rowcount
        if not removed:
            self.world.invite(self.session, who)

    # What workers do

    def expand(self) -> None:
        self.outbox.expand(self.random.randint(1, 4))

    def claim(self) -> None:
        self.in_hand += self.outbox.claim(self.random.randint(1, 4))

    def send(self) -> None:
        if email := self.take():
            if self.outbox.begin(email):
                self.told[email.recipient_id] = email
            self.outbox.complete(email)

    def send_and_lose_the_answer(self) -> None:
        if (email := self.take()) and self.outbox.begin(email):
            if self.random.random() < 0.5:
                self.told[email.recipient_id] = email
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

    def finish(self) -> None:
        self.crash()
        for _ in range(3):
            self.wait()
            for email in self.outbox.deliver():
                self.told[email.recipient_id] = email

    @property
    def status(self) -> str:
        return str(
            self.outbox.scalar(
                "select status from public.success_sessions where id = %s", self.session
            )
        )

    def step(self) -> None:
        people = [
            self.rename,
            self.move,
            self.reassign,
            self.switch,
            self.cancel_or_reinstate,
            self.invite_or_uninvite,
        ]
        workers = [
            self.send,
            self.send_and_lose_the_answer,
            self.be_refused,
            self.give_back,
            self.crash,
            self.wait,
        ]
        action = self.random.choice([*people, *workers, *[self.expand, self.claim, self.send] * 3])
        self.log.append(action.__name__)
        action()

    def roles(self) -> dict[UUID, str]:
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
                    )
                    or exists (
                        select from public.session_participants as participant
                        where participant.user_id = person.id
                    )
                )
            """,
            (self.session,),
        )
        return dict(rows.fetchall())

    def shown(self) -> dict[str, object]:
        """What a mail of now would show."""
        details = self.outbox.scalar(
            "select notifier.session_details(notifier.session_snapshot(session))"
            " from public.success_sessions as session where session.id = %s",
            self.session,
        )
        return {name: details[name] for name in SHOWN}


@pytest.mark.parametrize("seed", range(20))
def test_everybody_has_been_told_last_what_holds(conn: psycopg.Connection, seed: int) -> None:
    play = Play(conn, random.Random(seed))
    for _ in range(60):
        play.step()
    play.finish()

    roles, shown = play.roles(), play.shown()
    for who in [*play.students, *play.guests, *play.mentors]:
        last = play.told.get(who)
        if who in roles:
            assert last is not None, f"{who} was told nothing: {play.log}"
            assert last.recipient_role == roles[who], play.log
            assert {name: last.session[name] for name in SHOWN} == shown, play.log
            assert last.calendar_method == "REQUEST", play.log
        else:
            assert last is None or last.kind in FAREWELLS, f"{last} was not taken back: {play.log}"
            assert last is None or last.calendar_method == "CANCEL", play.log
    unfinished = {"queued", "claimed", "sending", "in_doubt", "dead"}
    assert unfinished.isdisjoint(row["status"] for row in play.outbox.rows())
