"""Random histories: what people and workers do in any order, with a model that looks at every mail.

A history is made of its seed alone: ids are drawn from it, and where several mails are due, chance
and not the disk says which is first. So one that failed fails again.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Self
from uuid import UUID

import psycopg

from support.actors import as_service
from support.mail_model import Model, Planned
from support.outbox import Claimed, Outbox, change
from support.preferences import clock, prefer
from support.world import World

REMINDED = 10080
"""Minutes before the start at which sessions are reminded of: a week. Reminders are sent in the
first half of that time."""
SOON = timedelta(hours=20)
"""The first session begins so soon that what happens to it is urgent, unless it is moved far."""
FAR = timedelta(days=4)
APART = timedelta(hours=12)
LINK = "https://zoom.us/j/{}"

Subject = tuple[UUID, str, bool]
"""A person and a session, and whether it is a reminder."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where histories begin: a course, its people, and two sessions that everybody was told of.

    Attributes:
        conn: A connection as role `postgres` that is not in a transaction.
        course: The course.
        audiences: Its batches, and None for the unbatched.
        mentors: Hosts; the first is a student of a batch, too.
        guests: Who is in no batch.
        students: Two for each audience.
        begin: When the sessions after the first may begin.
        model: What holds at the beginning.
    """

    conn: psycopg.Connection
    course: UUID
    audiences: tuple[UUID | None, ...]
    mentors: tuple[UUID, ...]
    guests: tuple[UUID, ...]
    students: tuple[UUID, ...]
    begin: datetime
    model: Model

    @classmethod
    def build(cls, conn: psycopg.Connection) -> Self:
        """Build and commit it."""
        # The tables are full of what was rolled back.
        conn.execute("set enable_seqscan = off")
        chance = Random("stage")
        world = World(conn, ids(chance))
        with conn.transaction():
            conn.execute("update public.app_settings set reminder_minutes = %s", ([REMINDED],))
            course = world.course()
            audiences = (None, *(world.batch(name, course=course) for name in ("March", "April")))
            mentors = tuple(world.mentor(name) for name in ("Amara", "Jonas"))
            guests = tuple(world.student(f"Guest {number}") for number in range(2))
            students = tuple(
                world.student(f"Student {number}", course=course, batch=audience)
                for number, audience in enumerate(audiences * 2)
            )
            world.enroll(mentors[0], batch=audiences[1])
        model = Model(dict(zip(mentors, ("Amara", "Jonas"), strict=True)))
        model.seats = dict(zip(students, audiences * 2, strict=True)) | {mentors[0]: audiences[1]}
        now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        stage = cls(conn, course, audiences, mentors, guests, students, now + FAR, model)
        opening = History(stage, chance, model)
        with conn.transaction():
            opening.add()
            opening.add()
            opening.finish()
        return stage

    @property
    def people(self) -> list[UUID]:
        """Everybody."""
        return [*self.students, *self.guests, *self.mentors]

    def play(self, seed: int) -> list[str]:
        """Play the history of this seed and roll it back; what was done.

        Raises:
            AssertionError: Something is not as it should be; with the seed and what was done.
        """
        history = History(self, Random(seed), copy.deepcopy(self.model))
        with self.conn.transaction(force_rollback=True):
            try:
                history.play()
            except (AssertionError, psycopg.Error) as error:
                raise AssertionError(
                    f"{error}\nReplay it: make histories HISTORIES=1 HISTORY_SEED={seed}\n"
                    + "\n".join(history.log)
                ) from error
        return history.log


@dataclass(slots=True)
class History:
    """One history.

    Attributes:
        stage: Where it begins.
        random: Chance.
        model: The account of what everybody must be told.
        log: What was done.
    """

    stage: Stage
    random: Random
    model: Model
    log: list[str] = field(default_factory=list)
    _in_hand: list[Claimed] = field(default_factory=list)
    _handed_over: list[tuple[Claimed, bool]] = field(default_factory=list)
    _mails: dict[Subject, Claimed] = field(default_factory=dict)
    _tokens: list[tuple[UUID, str, str]] = field(default_factory=list)
    _passed: set[tuple[UUID, datetime]] = field(default_factory=set)

    @property
    def conn(self) -> psycopg.Connection:
        """The connection of all."""
        return self.stage.conn

    @property
    def outbox(self) -> Outbox:
        """The worker on it."""
        return Outbox(self.conn)

    @property
    def sessions(self) -> list[UUID]:
        """The sessions so far."""
        return list(self.model.sessions)

    def play(self) -> None:
        """Play it to its end."""
        workers = [
            self.send_and_lose_the_answer,
            self.die_while_sending,
            self.be_refused,
            self.give_back,
            self.crash,
            self.wait,
        ]
        for _ in range(self.random.randint(6, 18)):
            action = self.random.choice(
                [
                    *[self.edit] * 5,
                    *[self.enrol_or_leave] * 3,
                    self.choose,
                    self.unsubscribe,
                    self.remind,
                    self.random.choice(workers),
                    self.random.choice(workers),
                    *[self.expand, self.claim, self.send] * 3,
                ]
            )
            self.log.append(action.__name__)
            action()
        self.finish()
        if epilogue := self.random.choice([self.say_goodbye, self.remind_at_last, None, None]):
            epilogue()

    def note(self, what: object) -> None:
        """Add a detail to what was done last."""
        self.log[-1] += f" {what}"

    # What people do

    def add(self) -> None:
        if len(self.sessions) == 4:
            return
        number = len(self.sessions)
        planned = Planned(
            "One",
            self.start_of(number),
            self.random.choice([None, *self.stage.mentors]),
            self.random.choice(self.stage.audiences),
        )
        session = World(self.conn, ids(self.random)).session(
            planned.title,
            course=self.stage.course,
            batch=planned.batch,
            mentor=planned.mentor,
            starts=planned.start,
            link=LINK.format(0),
        )
        self.model.sessions[session] = planned

    def start_of(self, number: int, later: int = 0) -> datetime:
        """When a session may begin: by its number, and up to six hours later."""
        first = self.stage.begin + number * APART if number else self.stage.begin - FAR + SOON
        return first + timedelta(hours=3 * later)

    def rename(self, session: UUID) -> None:
        title = self.random.choice(["One", "Two", "Three"])
        change(self.conn, session, title=title)
        self.model.change(session, title=title)

    def move(self, session: UUID) -> None:
        start = self.start_of(self.sessions.index(session), self.random.randrange(3))
        change(self.conn, session, start_time=start, end_time=start + timedelta(hours=1))
        self.model.change(session, start=start)

    def reassign(self, session: UUID) -> None:
        mentor = self.random.choice([None, *self.stage.mentors])
        change(self.conn, session, mentor_id=mentor)
        self.model.change(session, mentor=mentor)

    def switch(self, session: UUID) -> None:
        batch = self.random.choice(self.stage.audiences)
        change(self.conn, session, batch_id=batch)
        self.model.change(session, batch=batch)

    def relink(self, session: UUID) -> None:
        link = self.model.sessions[session].link + 1
        change(self.conn, session, link=LINK.format(link))
        self.model.change(session, link=link)

    def cancel_or_reinstate(self, session: UUID) -> None:
        cancelled = not self.model.sessions[session].cancelled
        change(self.conn, session, status="cancelled" if cancelled else "upcoming")
        self.model.change(session, cancelled=cancelled)

    def invite_or_uninvite(self, session: UUID) -> None:
        stage, guests = self.stage, self.model.sessions[session].guests
        who = self.random.choice([*stage.guests, stage.students[0], stage.mentors[0]])
        if who in guests:
            self.conn.execute(
                "delete from public.session_participants where user_id = %s and session_id = %s",
                (who, session),
            )
        else:
            World(self.conn).invite(session, who)
        guests ^= {who}

    def edit(self) -> None:
        """Change some sessions, most times in one transaction, or plan another one."""
        if self.random.random() < 0.25:
            self.note("add")
            self.add()
            return
        actions = [
            self.rename,
            self.move,
            self.reassign,
            self.switch,
            self.cancel_or_reinstate,
            self.invite_or_uninvite,
            self.relink,
        ]
        sessions = self.random.sample(self.sessions, self.random.choice([1, 1, 1, 2]))
        same = self.random.choice(actions) if self.random.random() < 0.5 else None
        is_alone = len(sessions) == 1 or self.random.random() < 0.2
        with nullcontext() if is_alone else self.outbox.one_transaction():
            for session in sessions:
                action = same or self.random.choice(actions)
                if self.model.sessions[session].cancelled and action in actions[1:4]:
                    action = self.cancel_or_reinstate
                self.note(f"{action.__name__} {self.sessions.index(session)}")
                action(session)

    def enrol_or_leave(self) -> None:
        """A student joins, leaves, comes back or changes the batch."""
        student = self.random.choice(self.stage.students)
        self.note(self.stage.people.index(student))
        if self.random.random() < 0.5:
            self.leave(student)
        else:
            self.join(student, self.random.choice(self.stage.audiences))

    def leave(self, student: UUID) -> None:
        if self.random.random() < 0.5:
            self.conn.execute(
                "delete from public.course_enrollments where student_id = %s", (student,)
            )
        else:
            self.conn.execute(
                "update public.course_enrollments set status = 'paused' where student_id = %s",
                (student,),
            )
        self.model.seats.pop(student, None)

    def join(self, student: UUID, batch: UUID | None) -> None:
        self.conn.execute(
            """
            insert into public.course_enrollments (student_id, course_id, batch_id)
            values (%s, %s, %s)
            on conflict (student_id, course_id) do update
                set batch_id = excluded.batch_id, status = 'active'
            """,
            (student, self.stage.course, batch),
        )
        self.model.seats[student] = batch

    def choose(self) -> None:
        """Somebody wants their mails at another time, or fewer of them."""
        who = self.random.choice(self.stage.people)
        wishes: list[tuple[str, dict[str, Any]]] = [
            ("*", {"quiet_from": clock(-3), "quiet_until": clock(3)}),
            ("*", {"quiet_from": clock(3), "quiet_until": clock(6)}),
            ("*", {"digest_at": clock(3)}),
            ("*", {"enabled": False}),
            ("session_updated", {"enabled": False}),
            ("session_updated", {"enabled": True}),
            ("session_reminder", {"enabled": False}),
        ]
        kind, columns = self.random.choice(wishes)
        self.note(f"{self.stage.people.index(who)} {kind} {' '.join(columns)}")
        prefer(self.conn, who, kind, **columns)
        self.model.choose(who, kind, columns.get("enabled", True))

    def unsubscribe(self) -> None:
        """Somebody follows the link in a mail that a worker had in hand."""
        if not self._tokens:
            return
        who, kind, token = self.random.choice(self._tokens)
        self.note(f"{self.stage.people.index(who)} {kind}")
        with as_service(self.conn):
            answer = self.outbox.scalar("select public.unsubscribe(%s, true)", token)
        assert answer == kind
        self.model.choose(who, kind, False)

    # What the clock does

    def remind(self) -> None:
        """A session that is far enough comes near, unless with this start it did so before."""
        session = self.random.choice(self.sessions)
        planned = self.model.sessions[session]
        if session == self.sessions[0] or planned.cancelled:
            return
        if (session, planned.start) in self._passed:
            return
        self.note(self.sessions.index(session))
        self._passed.add((session, planned.start))
        self.conn.execute(
            "update notifier.emails set sent_at = sent_at - interval '1 hour' where status = 'sent'"
        )
        self.conn.execute(
            """
            insert into notifier.events (session_id, old, new, reminder_minutes)
            select id, notifier.session_snapshot(session), notifier.session_snapshot(session), %s
            from public.success_sessions as session where id = %s
            """,
            (REMINDED, session),
        )

    def wait(self) -> None:
        """What waits for another attempt, or for the morning, is due; leases go on."""
        self.conn.execute(
            "update notifier.emails set available_at = clock_timestamp()"
            " where status in ('queued', 'in_doubt') and available_at > clock_timestamp()"
        )

    # What workers do

    def expand(self) -> None:
        self.outbox.expand(self.random.randint(1, 8))

    def claim(self) -> None:
        most = self.random.choice([1, 2, 4, 1000])
        self.note(most)
        self.shuffle()
        self.take_on(self.outbox.claim(most))

    def shuffle(self) -> None:
        """Let chance say what is due first, where the disk would."""
        due = self.conn.execute(
            "select id from notifier.emails where status in ('queued', 'in_doubt')"
            " and carried_by is null and available_at <= clock_timestamp()"
            " order by event_id, recipient_id, topic"
        ).fetchall()
        if len(due) > 1:
            self.random.shuffle(due)
            self.conn.execute(
                "update notifier.emails as email"
                " set available_at = timestamptz '2000-01-01' + make_interval(secs => due.nth)"
                " from unnest(%s::uuid[]) with ordinality as due (id, nth)"
                " where email.id = due.id",
                ([email for (email,) in due],),
            )

    def take_on(self, claimed: list[Claimed]) -> None:
        """A worker has mails in hand, of each person and session one."""
        held = {
            about for email in [*self._in_hand, *self._unsettled()] for about in subjects(email)
        }
        for email in sorted(claimed, key=lambda email: (email.event_id, email.recipient_id)):
            about = subjects(email)
            assert held.isdisjoint(about), f"two mails at once to {email.recipient_id}"
            held |= about
            self.note(f"[{self.describe(email)}]")
            if email.in_doubt:
                # Without what the recipient has no access to any more; where that was the carrier,
                # the rest goes on by the id of another row.
                before = self._mails[next(iter(about))]
                assert all(part in before.parts for part in email.parts), "not as it was"
                assert all(part in before.calendars for part in email.calendars), "not as it was"
            self.model.look_at_claimed(email, self.is_joining)
            self._mails |= dict.fromkeys(about, email)
            self._in_hand.append(email)
            if email.unsubscribe_token:
                kind = email.unsubscribe_token.split(".")[0]
                self._tokens.append((email.recipient_id, kind, email.unsubscribe_token))
        self.look_at_carried()

    def describe(self, email: Claimed) -> str:
        """A mail in a few words, the same whenever the history is played."""
        parts = (
            f"{self.sessions.index(UUID(part['session']['id']))}:{part['kind']}"
            for part in email.parts
        )
        return (
            f"{self.stage.people.index(email.recipient_id)} {email.kind} {' '.join(parts)}"
            f"{' again' if email.in_doubt else ''}"
        )

    def send(self) -> None:
        if (email := self.take()) and self.begin(email):
            self.model.arrive(email)
            assert self.outbox.complete(email) == {email.email_id}

    def send_and_lose_the_answer(self) -> None:
        if (email := self.take()) and self.begin(email):
            self.model.doubt(email)
            if self.random.random() < 0.5:
                self.model.arrive(email)
            self.outbox.fail(email, "unknown")

    def die_while_sending(self) -> None:
        """What becomes of it, the next crash says."""
        if (email := self.take()) and self.begin(email):
            self.model.doubt(email)
            arrives = self.random.random() < 0.5
            if arrives:
                self.model.arrive(email)
            self._handed_over.append((email, arrives))

    def be_refused(self) -> None:
        if email := self.take():
            self.outbox.fail(email)

    def give_back(self) -> None:
        if email := self.take():
            self.outbox.release(email)

    def crash(self) -> None:
        """All leases end. Whoever was merely slow may do nothing more but say what arrived."""
        late, in_hand = self._handed_over, self._in_hand
        self._handed_over, self._in_hand = [], []
        self.outbox.let_time_pass()
        self.conn.execute("select from notifier.recover_expired_claims()")
        for email in in_hand[:1]:
            assert self.outbox.begin(email) == set(), "begun by a worker that had lost it"
        for email, arrived in late:
            if arrived and self.random.random() < 0.5:
                self.outbox.complete(email)

    def take(self) -> Claimed | None:
        """A mail in hand."""
        if not self._in_hand:
            return None
        email = self._in_hand.pop(self.random.randrange(len(self._in_hand)))
        self.note(self.describe(email))
        return email

    def begin(self, *emails: Claimed) -> list[Claimed]:
        """Hand mails of one claim over, whose lease has not ended; those begun. A reminder that is
        untrue now goes back, as one whose session's move the same claim tells.
        """
        ids = self.outbox.begin(*emails)
        begun = [email for email in emails if email.email_id in ids]
        for email in emails:
            if email in begun:
                self.model.begin(email)
                continue
            assert email.kind == "session_reminder", "not begun"
            assert self.outbox.scalar(
                "select claim_id is null and status in ('queued', 'in_doubt')"
                " from notifier.emails where id = %s",
                email.email_id,
            ), "neither begun nor given back"
        return begun

    def look_at_carried(self) -> None:
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
        assert torn == 0, "torn apart"

    def _unsettled(self) -> list[Claimed]:
        return [email for email, _ in self._handed_over]

    # How it ends

    def finish(self) -> None:
        """Let everything arrive that is to arrive, and look at what everybody knows."""
        self.log.append("finish")
        self.conn.execute(
            "update public.notification_preferences"
            " set quiet_from = null, quiet_until = null, digest_at = null where kind = '*'"
        )
        self.crash()
        for _ in range(5):
            self.wait()
            self.deliver()
            if not (waiting := self.count_waiting()):
                break
        assert waiting == 0, f"{waiting} are waiting still"
        self.model.look_at_the_end(self.stage.people)

    def count_waiting(self) -> int:
        """How much is to be done still."""
        count: int = self.outbox.scalar(
            """
            select count(*) from (
                select from notifier.emails
                where status in ('queued', 'claimed', 'sending', 'in_doubt')
                union all
                select from notifier.emails where status = 'dead' and carried_by is null
                union all
                select from notifier.events where expanded_at is null
                union all
                select from notifier.enrollment_changes where position is null
            ) as waiting
            """
        )
        return count

    def is_joining(self, who: UUID) -> bool:
        """Whether the notifier has not looked yet at what became of somebody's enrollment."""
        answer: bool = self.outbox.scalar(
            "select exists (select from notifier.enrollment_changes"
            " where student_id = %s and position is null)",
            who,
        )
        return answer

    def deliver(self) -> list[Claimed]:
        """Expand and send all that is due; what was sent."""
        while self.outbox.expand()[1]:
            pass
        sent = []
        # Once more: a claim that has skipped for a second ends empty, and a busy machine may stand
        # still for as long.
        while claimed := self.outbox.claim() or self.outbox.claim():
            self.take_on(claimed)
            begun = self.begin(*self._in_hand)
            for email in begun:
                self.model.arrive(email)
            self.outbox.complete(*begun)
            sent += begun
            self._in_hand = []
        return sent

    def say_goodbye(self) -> None:
        """A student leaves, and one joins: each is told by one mail."""
        student = self.random.choice(self.stage.students)
        self.log.append(f"say_goodbye {self.stage.people.index(student)}")
        for change_seat in (self.leave, lambda who: self.join(who, self.stage.audiences[1])):
            before = {session: self.model.role(student, session) for session in self.sessions}
            change_seat(student)
            news = {
                session
                for session in self.sessions
                if (before[session] is None) != (self.model.role(student, session) is None)
            }
            told = self.deliver()
            assert len(told) == bool(news), f"told by {len(told)} mails"
            assert {UUID(part["session"]["id"]) for email in told for part in email.parts} == news
        self.model.look_at_the_end(self.stage.people)

    def remind_at_last(self) -> None:
        """A session comes near, and everybody who takes part and wants to is reminded."""
        self.log.append("remind_at_last")
        before = len(self._passed)
        self.remind()
        reminded = {email.recipient_id for email in self.deliver()}
        if len(self._passed) > before:
            session = self.sessions[int(self.log[-1].split()[1])]
            assert reminded == {
                who
                for who in self.stage.people
                if self.model.role(who, session) and self.model.wants(who, "session_reminder")
            }


def ids(chance: Random) -> Callable[[], UUID]:
    """Ids that are drawn from chance."""
    return lambda: UUID(int=chance.getrandbits(128), version=4)


def subjects(email: Claimed) -> frozenset[Subject]:
    """Of what only one mail to somebody may be under way."""
    return frozenset(
        (email.recipient_id, part["session"]["id"], email.kind == "session_reminder")
        for part in email.parts
    )
