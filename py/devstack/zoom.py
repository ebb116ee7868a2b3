"""A stand-in for Zoom on a socket, as developers.zoom.us/docs/api describes it.

Server-to-server OAuth, meetings, registrants, instances and reports, the daily limit of changes per
host with its 429, and webhooks of those who come and go; it can refuse, break off, stay silent and
forget a token.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
import threading
import time
import urllib.request
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

ACCOUNT_ID, CLIENT_ID = "zoom-account", "zoom-client"
CLIENT_SECRET = "zoom-client-secret"  # noqa: S105, worth nothing elsewhere
WEBHOOK_SECRET = "zoom-webhook-secret"  # noqa: S105

SCOPES = {
    r"POST /users/[^/]+/meetings": "meeting:write:meeting:admin",
    r"PATCH /meetings/[^/]+": "meeting:update:meeting:admin",
    r"DELETE /meetings/[^/]+": "meeting:delete:meeting:admin",
    r"GET /meetings/[^/]+": "meeting:read:meeting:admin",
    r"GET /users/[^/]+/meetings": "meeting:read:list_meetings:admin",
    r"POST /meetings/[^/]+/registrants": "meeting:write:registrant:admin",
    r"GET /past_meetings/[^/]+/instances": "meeting:read:list_past_instances:admin",
    r"GET /report/meetings/[^/]+": "report:read:meeting:admin",
    r"GET /report/meetings/[^/]+/participants": "report:read:list_meeting_participants:admin",
}
"""What an app may ask that was given the scopes of docs/operations.md: by request, the scope."""

NO_ANSWER = "do it, then break the connection"
SILENCE = "do it, then do not answer"


@dataclass(frozen=True, slots=True)
class Problem:
    """An answer instead of doing it.

    Attributes:
        status: The HTTP status.
        code: Zoom's error code.
        message: Its text.
        headers: Further headers.
    """

    status: int
    code: int
    message: str = "so it is"
    headers: dict[str, str] = field(default_factory=dict)


DAILY_LIMIT = Problem(
    429,
    429,
    "You have exceeded the daily rate limit (100) of Meeting Create/Update API requests permitted"
    " for this particular user. You may resume these requests at GMT 00:00:00.",
)
"""In the words of Zoom, which sends no Retry-After along with it."""


@dataclass(slots=True)
class ZoomServer:
    """Its state; see `zoom_server`.

    Attributes:
        url: Where it listens, for ZOOM_API_URL and ZOOM_OAUTH_URL.
        meetings: What exists, by number, each with its registrants and those pending: keys by
            address.
        hosts: Whose each meeting is.
        script: What to do with the next changes of meetings instead of the usual.
        daily_limit: Changes of a host's meetings before 429.
        reports: By number of the meeting: what past meetings there are, with their participants.
        requests: Method and path of everything that was asked, tokens left out.
        tokens: How many tokens were given out.
        page_size: Rows on a page of a list.
        released: Ends silences.
        webhook_url: Who is told of those who come and go; empty: nobody.
    """

    url: str = ""
    meetings: dict[int, dict[str, Any]] = field(default_factory=dict)
    hosts: dict[int, str] = field(default_factory=dict)
    script: deque[Problem | str] = field(default_factory=deque)
    daily_limit: int = 100
    reports: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    tokens: int = 0
    page_size: int = 2
    released: threading.Event = field(default_factory=threading.Event)
    webhook_url: str = ""
    _valid: set[str] = field(default_factory=set)
    _changes: Counter[str] = field(default_factory=Counter)
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _next: int = 81_000_000_000

    def secrets(self) -> dict[str, str]:
        """What edge functions need to know to find it instead of Zoom."""
        return {
            "ZOOM_ACCOUNT_ID": ACCOUNT_ID,
            "ZOOM_CLIENT_ID": CLIENT_ID,
            "ZOOM_CLIENT_SECRET": CLIENT_SECRET,
            "ZOOM_WEBHOOK_SECRET_TOKEN": WEBHOOK_SECRET,
            "ZOOM_API_URL": self.url,
            "ZOOM_OAUTH_URL": self.url,
        }

    def enter(self, link: str) -> int:
        """Somebody opens their link, which registrants have once approved; the webhook's status."""
        return self._tell("joined", "join_time", link)

    def register(self, number: int, email: str) -> str | None:
        """Somebody fills in the form behind a meeting's own link, with this address.

        Returns:
            Their link; None while the host has not approved them.
        """
        _, answer = self._register(number, {"email": email, "first_name": email.partition("@")[0]})
        link: str | None = answer.get("join_url")
        return link

    def approve(self, number: int, email: str) -> str:
        """The host approves who waits for it; their link."""
        meeting = self.meetings[number]
        meeting["registrants"][email] = meeting["pending"].pop(email)
        return self._link(number, email)

    def leave(self, link: str) -> int:
        """They go again; the status that the webhook is answered with."""
        return self._tell("left", "leave_time", link)

    def _tell(self, what: str, field_name: str, link: str) -> int:
        number = int(urlsplit(link).path.rpartition("/")[2])
        registrant = parse_qs(urlsplit(link).query)["tk"][0]
        (email,) = (
            email
            for email, known in self.meetings[number]["registrants"].items()
            if known == registrant
        )
        participant = {
            "user_id": registrant,
            "user_name": email.partition("@")[0],
            "registrant_id": registrant,
            "email": email,
            field_name: datetime.now(UTC).isoformat(timespec="seconds"),
        }
        meeting = {"id": str(number), "uuid": f"start-of-{number}", "participant": participant}
        return deliver(
            self.webhook_url,
            {"event": f"meeting.participant_{what}", "payload": {"object": meeting}},
        )

    def forget_tokens(self) -> None:
        """Revoke every token."""
        self._valid.clear()

    def forget(self) -> None:
        """Begin anew; tokens stay good."""
        for kept in (self.meetings, self.hosts, self.script, self.reports, self.requests):
            kept.clear()
        self._changes.clear()
        self.released.clear()

    def asked(self, method: str, path: str) -> int:
        """How often that was asked for; the path without its query."""
        return sum((method, path) == (way, what) for way, what in self.requests)

    def topics(self, host: str) -> list[str]:
        """What a host has planned."""
        return sorted(
            meeting["topic"]
            for number, meeting in self.meetings.items()
            if self.hosts[number] == host
        )

    # -- What it answers ---------------------------------------------------------------------------

    def answer(
        self, method: str, target: str, headers: Any, body: Any
    ) -> tuple[int, Any, dict[str, str], str]:
        """Status, JSON, headers, and a step of the script that is about how to answer."""
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        path = parts.path.removeprefix("/v2")
        with self._turn:
            if parts.path == "/oauth/token":
                return *self._token(headers, query), ""
            self.requests.append((method, path))
            scheme, _, token = headers.get("Authorization", "").partition(" ")
            if scheme != "Bearer" or token not in self._valid:
                return 401, {"code": 124, "message": "Invalid access token."}, {}, ""
            if not any(re.fullmatch(allowed, f"{method} {path}") for allowed in SCOPES):
                told = {"code": 4711, "message": "Invalid access token, does not contain scopes."}
                return 400, told, {}, ""
            words = [unquote(unquote(word)) for word in path.strip("/").split("/")]
            step = ""
            is_change = method != "GET" and words[-1] != "registrants"
            if is_change:
                step_or_problem = self.script.popleft() if self.script else ""
                if isinstance(step_or_problem, Problem):
                    problem = step_or_problem
                    told = {"code": problem.code, "message": problem.message}
                    return problem.status, told, problem.headers, ""
                step = step_or_problem
                host = words[1] if words[0] == "users" else self.hosts.get(int(words[1]), "")
                self._changes[host] += 1
                if self._changes[host] > self.daily_limit:
                    told = {"code": DAILY_LIMIT.code, "message": DAILY_LIMIT.message}
                    return 429, told, {}, ""
            status, answer = self._route(method, words, query, body)
            return status, answer, {}, step

    def _token(self, headers: Any, query: dict[str, str]) -> tuple[int, Any, dict[str, str]]:
        expected = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if headers.get("Authorization") != f"Basic {expected}":
            return 400, {"reason": "Invalid client_id or client_secret"}, {}
        if query != {"grant_type": "account_credentials", "account_id": ACCOUNT_ID}:
            return 400, {"reason": "Bad request"}, {}
        token = secrets.token_urlsafe()
        # Zoom promises no more than that the latest one is good.
        self._valid = {token}
        self.tokens += 1
        return 200, {"access_token": token, "token_type": "bearer", "expires_in": 3600}, {}

    def _route(
        self, method: str, words: list[str], query: dict[str, str], body: Any
    ) -> tuple[int, Any]:
        match method, words:
            case "POST", ["users", host, "meetings"]:
                return self._create(host, body)
            case "GET", ["users", host, "meetings"]:
                return 200, self._list(host, query)
            case _, ["meetings" | "past_meetings", number, *_] if int(number) not in self.meetings:
                return 404, {"code": 3001, "message": f"Meeting does not exist: {number}."}
            case "GET", ["meetings", number]:
                return 200, self._shown(int(number))
            case "PATCH", ["meetings", number]:
                self.meetings[int(number)] |= body
                return 204, None
            case "DELETE", ["meetings", number]:
                del self.meetings[int(number)]
                return 204, None
            case "POST", ["meetings", number, "registrants"]:
                return self._register(int(number), body)
            case "GET", ["past_meetings", number, "instances"]:
                past = self.reports.get(int(number), [])
                return 200, {"meetings": [{"uuid": report["uuid"]} for report in past]}
            case "GET", ["report", "meetings", uuid, *rest]:
                return self._report(uuid, bool(rest), query)
        return 404, {"code": 404, "message": "no such path"}

    def _create(self, host: str, body: Any) -> tuple[int, Any]:
        if "@" not in host:
            return 404, {"code": 1001, "message": f"User does not exist: {host}."}
        if body.get("type") != 2 or not body.get("topic"):
            return 400, {"code": 300, "message": "Invalid field."}
        self._next += 1
        self.meetings[self._next] = {**body, "registrants": {}, "pending": {}}
        self.hosts[self._next] = host
        return 201, self._shown(self._next)

    def _shown(self, number: int) -> dict[str, Any]:
        return {
            **self.meetings[number],
            "id": number,
            "host_email": self.hosts[number],
            "join_url": f"https://zoom.us/j/{number}?pwd=of{number}",
            "start_url": f"https://zoom.us/s/{number}?zak={secrets.token_hex(4)}",
            "password": f"pw{number % 1000}",
        }

    def _list(self, host: str, query: dict[str, str]) -> dict[str, Any]:
        numbers = sorted(number for number in self.meetings if self.hosts[number] == host)
        begin = int(query.get("next_page_token") or 0)
        end = begin + self.page_size
        return {
            "next_page_token": str(end) if end < len(numbers) else "",
            "meetings": [
                {"id": number, "agenda": self.meetings[number]["agenda"][:250]}
                for number in numbers[begin:end]
            ],
        }

    def _register(self, number: int, body: Any) -> tuple[int, Any]:
        if "@" not in body.get("email", "") or not body.get("first_name"):
            return 400, {"code": 300, "message": "Invalid field."}
        meeting, email = self.meetings[number], body["email"]
        approved, pending = meeting["registrants"], meeting["pending"]
        registrant = approved.get(email) or pending.get(email) or secrets.token_hex(8)
        # approval_type 0 approves everybody, 1 whom the app says or the host approves.
        is_approved = meeting["settings"]["approval_type"] == 0 or body.get("auto_approve") is True
        if email not in approved and not is_approved:
            pending[email] = registrant
            return 201, {"id": number, "registrant_id": registrant}
        pending.pop(email, None)
        approved[email] = registrant
        link = self._link(number, email)
        return 201, {"id": number, "registrant_id": registrant, "join_url": link}

    def _link(self, number: int, email: str) -> str:
        return f"https://zoom.us/w/{number}?tk={self.meetings[number]['registrants'][email]}"

    def _report(self, uuid: str, participants: bool, query: dict[str, str]) -> tuple[int, Any]:
        known = (report for past in self.reports.values() for report in past)
        report = next((report for report in known if report["uuid"] == uuid), None)
        # Zoom writes none of meetings with fewer than two participants.
        if report is None or len(report["participants"]) < 2:
            return 404, {"code": 3001, "message": "Meeting does not exist."}
        if not participants:
            return 200, {name: report[name] for name in ("uuid", "start_time", "end_time")}
        begin = int(query.get("next_page_token") or 0)
        end = begin + self.page_size
        rows = [{"status": "in_meeting", **row} for row in report["participants"]]
        return 200, {
            "next_page_token": str(end) if end < len(rows) else "",
            "participants": rows[begin:end],
        }


def signature(body: bytes, secret: str = WEBHOOK_SECRET, *, age: float = 0) -> dict[str, str]:
    """The headers of a delivery, signed so many seconds ago."""
    timestamp = str(int(time.time() - age))
    signed = f"v0:{timestamp}:".encode() + body
    mac = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return {"x-zm-request-timestamp": timestamp, "x-zm-signature": f"v0={mac}"}


def deliver(url: str, payload: dict[str, Any]) -> int:
    """Deliver a webhook; the status it is answered with.

    Raises:
        OSError: No answer, or one of 400 and above.
    """
    body = json.dumps(payload).encode()
    headers = {"Content-Type": "application/json", **signature(body)}
    request = urllib.request.Request(url, body, headers)  # noqa: S310, our own URL
    # The first delivery starts the function that takes it.
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        return int(answer.status)


@contextmanager
def zoom_server() -> Iterator[ZoomServer]:
    """A running one."""
    zoom = ZoomServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _handle(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or "null")
            status, answer, headers, step = zoom.answer(self.command, self.path, self.headers, body)
            if step == SILENCE:
                zoom.released.wait(60)
            if step in (NO_ANSWER, SILENCE):
                self.close_connection = True
                return
            sent = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(sent)))
            if self.close_connection:
                # RFC 9112 §9.6: else the client takes the connection for one that goes on.
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_POST = do_PATCH = do_DELETE = _handle  # noqa: N815, their names are given

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    zoom.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield zoom
    finally:
        zoom.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
