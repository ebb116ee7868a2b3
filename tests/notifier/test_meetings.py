"""The notifier has the edge function `meetings` work when there is something to do for it."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import pytest

from support.classroom import Classroom
from support.daemon import Daemons, environment
from support.provisioning import Meetings
from support.smtp_server import SmtpServer
from support.waiting import wait_until
from support.world import World

KEY = "the-key"


@dataclass(slots=True)
class Function:
    """A stand-in for the edge function: what it was called with, and what it answers first."""

    url: str = ""
    calls: list[tuple[str, str | None]] = field(default_factory=list)
    statuses: deque[int] = field(default_factory=deque)
    bodies: deque[bytes] = field(default_factory=deque)


@pytest.fixture
def function() -> Iterator[Function]:
    """The functions' address, where nothing but `meetings/work` is known."""
    known = Function()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            known.calls.append((self.path, self.headers.get("Authorization")))
            status = known.statuses.popleft() if known.statuses else 200
            tally = json.dumps({"done": 1, "failed": 0}).encode()
            body = known.bodies.popleft() if known.bodies else tally
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    known.url = f"http://127.0.0.1:{server.server_address[1]}/functions/v1"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield known
    server.shutdown()
    server.server_close()
    thread.join()


def without_link(classroom: Classroom) -> UUID:
    """A session for which a platform is to make the meeting."""
    World(classroom.conn).meeting_account("Shared", login="shared@school.test")
    return classroom.schedule(link=None)


def test_a_session_without_a_link_has_the_function_called_until_there_is_nothing_to_do(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons, function: Function
) -> None:
    function.statuses.extend([503])
    env = environment(
        classroom.database, mail_server, FUNCTIONS_URL=function.url, FUNCTIONS_KEY=KEY
    )
    daemon = daemons.start(env)
    assert function.calls == []

    without_link(classroom)

    wait_until(lambda: len(function.calls) > 1, "a second call")
    assert set(function.calls) == {("/functions/v1/meetings/work", f"Bearer {KEY}")}
    assert "the function answers 503" in daemon.log
    wait_until(lambda: daemon.events("meetings"), "the outcome in the log")
    assert daemon.events("meetings")[0] == {"done": "1", "failed": "0"}
    assert KEY not in daemon.log
    # As the function would have.
    meetings = Meetings(classroom.conn)
    (task,) = meetings.claim()
    meetings.create(task)
    wait_until(lambda: len(mail_server.mails) == 3, "mails about the session and its link")
    assert daemon.stop() == 0


def test_once_calls_it_too(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons, function: Function
) -> None:
    env = environment(
        classroom.database, mail_server, FUNCTIONS_URL=function.url, FUNCTIONS_KEY=KEY
    )
    assert daemons.run(env, "once").returncode == 0
    assert function.calls == []

    without_link(classroom)

    assert daemons.run(env, "once").returncode == 0
    assert len(function.calls) == 1


def test_a_function_that_is_not_there_keeps_no_mail_from_going_out(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    env = environment(
        classroom.database, mail_server, FUNCTIONS_URL="http://127.0.0.1:9", FUNCTIONS_KEY=KEY
    )
    daemon = daemons.start(env)
    without_link(classroom)

    daemon.wait_for("meetings_down")
    classroom.schedule("By hand")

    wait_until(lambda: len(mail_server.mails) == 3, "mails about the other session")
    assert daemon.stop() == 0


@pytest.mark.parametrize("body", [b"[]", b"null", b'"\xe9"', b"<h1>Welcome</h1>", b"[" * 100_000])
def test_an_answer_that_is_not_the_functions_ends_nothing(
    classroom: Classroom,
    mail_server: SmtpServer,
    daemons: Daemons,
    function: Function,
    body: bytes,
) -> None:
    function.bodies.append(body)
    env = environment(
        classroom.database, mail_server, FUNCTIONS_URL=function.url, FUNCTIONS_KEY=KEY
    )
    daemon = daemons.start(env)
    without_link(classroom)

    daemon.wait_for("meetings_down")
    daemon.wait_for(" meetings ")
    assert daemon.stop() == 0
