"""The notifier has the edge function `meetings` work when there is something to do for it."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import pytest

from notifier import meetings
from notifier.config import MeetingSettings
from notifier.delivery import cancel
from notifier.log import LOGGER_NAME
from notifier.meetings import Meetings as Caller
from notifier.outbox import OutboxUnavailableError
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
    silent: bool = False


@pytest.fixture
def function() -> Iterator[Function]:
    """The functions' address, where nothing but `meetings/work` is known."""
    known, over = Function(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            known.calls.append((self.path, self.headers.get("Authorization")))
            status = known.statuses.popleft() if known.statuses else 200
            tally = json.dumps({"done": 1, "failed": 0}).encode()
            body = known.bodies.popleft() if known.bodies else tally
            if known.silent:
                over.wait()
                return
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", f"{known.url}/elsewhere")
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
    over.set()
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
    platform = Meetings(classroom.conn)
    (task,) = platform.claim()
    platform.create(task)
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


class Questions:
    """What the database answers, one after the other; nothing more once all has been asked."""

    def __init__(self, *answers: float | Exception | None) -> None:
        self.answers = deque(answers)
        self.all_asked = asyncio.Event()

    async def seconds_to_meetings(self) -> float | None:
        """The next one."""
        if not self.answers:
            self.all_asked.set()
            await asyncio.Event().wait()
        if isinstance(answer := self.answers.popleft(), Exception):
            raise answer
        return answer


async def look(url: str, *answers: float | Exception | None) -> None:
    """Look as long as there are answers."""
    questions = Questions(*answers)
    looking: asyncio.Task[Any] = asyncio.create_task(
        Caller(MeetingSettings(url, KEY), questions).run()
    )
    asked: asyncio.Task[Any] = asyncio.create_task(questions.all_asked.wait())
    try:
        async with asyncio.timeout(20):
            done, _ = await asyncio.wait([looking, asked], return_when=asyncio.FIRST_COMPLETED)
        assert done == {asked}, "it goes on for ever"
    finally:
        await cancel([looking, asked])


def logged(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """Each line with its fields."""
    return [{"name": each.msg} | vars(each)["fields"] for each in caplog.records]


@pytest.fixture
def failures(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many failures in a row it has waited for; it looks without a rest."""
    counted: list[int] = []

    def at_once(number: int, **_: float) -> float:
        counted.append(number)
        return 0.0

    monkeypatch.setattr(meetings, "backoff", at_once)
    monkeypatch.setattr(meetings, "LOOK_EVERY", 0.0)
    return counted


async def test_failures_in_a_row_are_waited_for_and_said(
    function: Function, failures: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    function.statuses.extend([503, 401, 200, 307])
    function.bodies.extend([b"", b"{}", b'{"failed": 0, "done": 0}', b""])

    await look(function.url, *[0.0] * 4)

    assert failures == [1, 2, 1]
    assert [line["reason"] for line in logged(caplog)] == [
        f"the function answers {status}" for status in (503, 401, 307)
    ]
    assert {path for path, _ in function.calls} == {"/functions/v1/meetings/work"}, (
        "and nobody else"
    )


async def test_what_was_done_is_said_and_that_nothing_was_is_not(
    function: Function, failures: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, LOGGER_NAME)
    function.bodies.extend([b'{"failed": 0, "done": 0}', b'{"failed": 2, "done": 3}'])

    await look(function.url, 0.0, 0.0)

    assert logged(caplog) == [{"name": "meetings", "done": 3, "failed": 2}]
    assert failures == []


async def test_a_function_that_does_not_answer_is_given_up_and_its_address_kept_to_itself(
    function: Function,
    failures: list[int],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(meetings, "TIMEOUT", 0.05)
    function.silent = True

    await look(function.url, 0.0)
    await look("http://127.0.0.1:9", 0.0)
    await Caller(MeetingSettings("http://127.0.0.1:9", KEY), Questions(0.0)).once()

    reasons = [line["reason"] for line in logged(caplog)]
    assert reasons[0] == "the function cannot be reached (TimeoutError)"
    assert reasons[1:] == ["the function cannot be reached (ClientConnectorError)"] * 2
    assert failures == [1, 1]


@pytest.mark.parametrize(
    ("every", "answer"),
    [(0.0, 3600.0), (0.0, None), (0.0, OutboxUnavailableError("gone")), (3600.0, 0.001)],
    ids=["later", "nothing", "no database", "soon"],
)
async def test_it_looks_again_when_there_is_something_to_do_or_after_a_while(
    every: float,
    answer: float | Exception | None,
    function: Function,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(meetings, "LOOK_EVERY", every)

    await look(function.url, answer)

    assert function.calls == []
