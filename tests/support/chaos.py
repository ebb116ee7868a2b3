"""Workers that are killed at every point a worker can come to, while mails flow.

A point is a verb of the mail server or a call of the outbox, held just before it is carried out or
just before its answer arrives; whoever comes to it is killed there. Beside such victims steady
workers do the work, and are killed as well, after as many mails as chance wants. All of it follows
from one seed.
"""

from __future__ import annotations

import random
import re
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from support.classroom import Classroom
from support.daemon import Daemon, Daemons, environment
from support.pg_proxy import ANSWERED, ASKED, PgProxy
from support.resend_server import API_KEY, Accepted, ResendServer
from support.smtp_server import ACCEPTED, HOLD, Mail, SmtpServer

MailServer = SmtpServer | ResendServer

PATIENCE = 60.0
"""Seconds in which something must happen: what is waited for, or another mail arrive."""


@dataclass(frozen=True, slots=True)
class Point:
    """Where a worker is killed: at a verb of the mail server, or around a call of the outbox."""

    name: str
    when: str | None = None

    def __str__(self) -> str:
        return f"{self.name} {self.when}" if self.when else self.name


VERBS = tuple(map(Point, ("EHLO", "MAIL", "RCPT", "DATA", "DOT", ACCEPTED)))
CALLS = tuple(
    Point(f"notifier.{name}", when)
    for name in (
        "tick",
        "expand_events",
        "claim_emails",
        "begin_sending",
        "complete_emails",
        "next_wake",
    )
    for when in (ASKED, ANSWERED)
)
POINTS = (*VERBS, *CALLS)


@dataclass(slots=True)
class Chaos:
    """One run.

    Attributes:
        classroom: Whose students are told; a session is scheduled for each point.
        daemons: Where workers come from.
        server: The mail server of the steady workers, or its API.
        victims_server: The mail server of those that are killed at a point; may be the same.
        proxy: Through which these reach the database.
        seed: What chance is made of.
        tell: What makes a mail to every student, told a title.
        workers: How many steady workers there are.
        rest: Mails that arrive between two kills of steady workers, on average.
        python_path: Where workers look for the package first; None: they are the notifier itself.
        steady: These workers.
        kills: Where somebody was killed, in order.
        mails: How many there are to be, so far.
    """

    classroom: Classroom
    daemons: Daemons
    server: MailServer
    victims_server: MailServer
    proxy: PgProxy
    seed: int
    tell: Callable[[Classroom, str], object] = Classroom.schedule
    workers: int = 2
    rest: int = 300
    python_path: Path | None = None
    steady: list[Daemon] = field(default_factory=list)
    kills: list[str] = field(default_factory=list)
    mails: int = 0
    _chance: random.Random = field(default_factory=random.Random)
    _next_kill: int = 0

    def run(self, points: Sequence[Point]) -> None:
        """Kill a worker at each of these points, in an order of chance, and others at random."""
        self._chance.seed(self.seed)
        self.steady += [self._start(self._env(self.server)) for _ in range(self.workers)]
        self._set_next_kill()
        for point in self._chance.sample(points, len(points)):
            victim = self._start(self._env(self.victims_server, self.proxy.url))
            self._wait(partial(_listens, victim), "the victim listens")
            self._arm(point)
            while not self._is_held():  # others may have been quicker
                self.tell(self.classroom, f"Killed at {point}, {self.mails}")
                self.mails += len(self.classroom.students)
                self._wait(lambda: self._is_held() or self._all_sent(), f"somebody is at {point}")
            victim.kill()
            self.kills.append(str(point))
            if isinstance(self.victims_server, SmtpServer):
                self.victims_server.behave()
            self.proxy.let_go()
        self._wait(self._all_sent, "every mail is recorded as sent")

    def verdict(self) -> None:
        """Nothing is lost, and what came twice was flagged before it came again."""
        flagged: dict[str, float | None] = dict(
            self.classroom.conn.execute(
                "select id::text, extract(epoch from in_doubt_at)::float8 from notifier.emails"
            ).fetchall()
        )
        arrivals: dict[str, list[float]] = defaultdict(list)
        servers = (self.server, self.victims_server)
        for server in servers[: 1 if servers[0] is servers[1] else 2]:
            for mail in server.mails:
                arrivals[_email_id(mail)].append(mail.at)
        lost = set(flagged) - set(arrivals)
        assert not lost, f"seed {self.seed}: {len(lost)} mails are lost, killed at {self.kills}"
        assert set(arrivals) == set(flagged)
        for email, times in arrivals.items():
            if len(times) > 1:
                in_doubt_at = flagged[email]
                assert in_doubt_at is not None, f"seed {self.seed}: {email} came twice, unflagged"
                assert in_doubt_at <= sorted(times)[1], f"seed {self.seed}: {email} flagged late"

    def _start(self, env: dict[str, str]) -> Daemon:
        if self.python_path is None:
            return self.daemons.start(env, ready=False)
        return self.daemons.start(
            env | {"PYTHONPATH": str(self.python_path)}, ready=False, fresh=True
        )

    def _all_sent(self) -> bool:
        return self.classroom.all_sent(self.mails)

    def _arm(self, point: Point) -> None:
        if point.when is None:
            assert isinstance(self.victims_server, SmtpServer)
            self.victims_server.at(point.name, HOLD)
        else:
            self.proxy.hold_at(point.name, point.when)

    def _is_held(self) -> bool:
        at_a_verb = isinstance(self.victims_server, SmtpServer) and self.victims_server.is_holding
        return at_a_verb or self.proxy.is_holding

    def _env(self, server: MailServer, url: str | None = None) -> dict[str, str]:
        quick = {"NOTIFIER_LEASE_SECONDS": "2", "NOTIFIER_POLL_SECONDS": "0.5"}
        if isinstance(server, ResendServer):
            quick |= {
                "RESEND_API_KEY": API_KEY,
                "RESEND_API_URL": server.url,
                "RESEND_REQUESTS_PER_SECOND": "1000",
            }
        smtp = server if isinstance(server, SmtpServer) else None
        return environment(url or self.classroom.database, smtp, **quick)

    def _set_next_kill(self) -> None:
        self._next_kill = len(self.server.mails) + self._chance.randint(1, 2 * self.rest)

    def _wait(self, condition: Callable[[], bool], what: str) -> None:
        """Wait, and kill steady workers meanwhile."""
        deadline, arrived = time.monotonic() + PATIENCE, len(self.server.mails)
        while not condition():
            if len(self.server.mails) > arrived:
                deadline, arrived = time.monotonic() + PATIENCE, len(self.server.mails)
            assert time.monotonic() < deadline, (
                f"seed {self.seed}: waited in vain until {what}; {self.classroom.statuses()}"
            )
            if len(self.server.mails) >= self._next_kill:
                number = self._chance.randrange(self.workers)
                self.steady[number].kill()
                self.kills.append("at random")
                self.steady[number] = self._start(self._env(self.server))
                self._set_next_kill()
            time.sleep(0.01)


def _email_id(mail: Mail | Accepted) -> str:
    """The outbox row that a mail was made of."""
    if isinstance(mail, Accepted):
        return str(mail.request["tags"][0]["value"])
    found = re.search(rb"^Message-ID: <([^@>]+)@", mail.data, re.MULTILINE)
    assert found is not None
    return found[1].decode()


def _listens(worker: Daemon) -> bool:
    return " listening " in worker.log
