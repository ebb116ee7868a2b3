"""The function `meetings`: sessions saved without a link get their meeting at the platform."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import jwt
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from devstack.stack import Stack
from devstack.zoom import DAILY_LIMIT, NO_ANSWER, SILENCE, Problem, ZoomServer
from support.campus import Campus, address
from support.deliveries import ZoomDeliveries, stamp
from support.edge import JAAS_KEY_ID, WORK_KEY
from support.meetings import attended
from support.operations import PAGE, blocks
from support.provisioning import next_midnight
from support.rest import Callers
from support.sessions import save
from support.waiting import wait_until
from support.world import World

HOUR = timedelta(hours=1)
MARTAS, MILOS = "marta@school.test", "milo@school.test"
MEETINGS = "/users/marta%40school.test/meetings"


@pytest.fixture
def world(db: psycopg.Connection) -> World:
    return World(db)


@pytest.fixture(autouse=True)
def accounts(db: psycopg.Connection, campus: Campus, zoom: ZoomServer) -> None:
    """Marta and Milo have accounts of their own; there is nothing else, here or at Zoom."""
    db.execute(
        "update public.success_sessions set status = 'cancelled'"
        " where status in ('upcoming', 'live')"
    )
    db.execute(
        "update public.success_sessions set link = 'https://x.test/', zoom_meeting_id = null,"
        " meeting_account_id = null"
    )
    db.execute("delete from public.session_meetings")
    db.execute("delete from public.meeting_accounts")
    zoom.forget()
    world = World(db)
    world.meeting_account("Marta's", login=MARTAS, mentor=campus.marta)
    world.meeting_account("Milo's", login=MILOS, mentor=campus.milo)


@pytest.fixture
def session(world: World, campus: Campus) -> UUID:
    """A session of Marta's, saved without a link, that can be joined already."""
    return world.session(
        "Office hours",
        batch=campus.batch,
        mentor=campus.marta,
        starts=timedelta(minutes=5),
        link=None,
    )


def work(callers: Callers, db: psycopg.Connection) -> dict[str, int]:
    """Whoever has it work calls, when every pause is over."""
    db.execute("update public.session_meetings set due_at = now() where due_at is not null")
    return call(callers)


def call(callers: Callers) -> dict[str, int]:
    answer = callers.stranger().invoke(
        "meetings", path="/work", headers={"Authorization": f"Bearer {WORK_KEY}"}
    )
    assert answer.status_code == 200, answer.text
    tally: dict[str, int] = answer.json()
    return tally


def row(db: psycopg.Connection, session: UUID) -> dict[str, Any]:
    """What there is of a session's meeting."""
    found = db.execute(
        "select state::text, reason, due_at, external_id from public.session_meetings"
        " where session_id = %s and is_wanted",
        (session,),
    ).fetchone()
    assert found is not None
    return dict(zip(("state", "reason", "due_at", "external_id"), found, strict=True))


def test_a_session_gets_a_meeting_that_follows_it_to_the_end(
    db: psycopg.Connection, callers: Callers, zoom: ZoomServer, session: UUID, campus: Campus
) -> None:
    assert work(callers, db) == {"done": 1, "failed": 0}

    ((number, meeting),) = zoom.meetings.items()
    assert zoom.hosts[number] == MARTAS
    assert (meeting["topic"], meeting["duration"]) == ("Office hours", 60)
    saved = db.execute(
        "select link, zoom_meeting_id from public.success_sessions where id = %s", (session,)
    ).fetchone()
    assert saved == (f"https://zoom.us/j/{number}", str(number))

    starts = datetime.now(UTC).replace(microsecond=0) + 48 * HOUR
    save(db, session, title="Renamed", start_time=starts, end_time=starts + 2 * HOUR)
    assert work(callers, db) == {"done": 1, "failed": 0}
    assert (meeting["topic"], meeting["duration"]) == ("Renamed", 120)
    assert meeting["start_time"] == starts.strftime("%Y-%m-%dT%H:%M:%SZ")

    save(db, session, mentor_id=campus.milo)
    assert work(callers, db) == {"done": 2, "failed": 0}
    assert (zoom.topics(MARTAS), zoom.topics(MILOS)) == ([], ["Renamed"])

    save(db, session, status="cancelled")
    assert work(callers, db) == {"done": 1, "failed": 0}
    assert zoom.meetings == {}
    assert zoom.tokens <= 2, "a token is used for as long as it lasts"


def test_only_who_has_the_key_has_it_work(callers: Callers, session: UUID) -> None:
    for caller in (callers.stranger(), callers.visitor(), callers.service()):
        answer = caller.invoke("meetings", path="/work")
        assert answer.status_code == 401
    assert callers.stranger().invoke("meetings", path="/work", method="GET").status_code == 405
    assert callers.stranger().invoke("meetings", path="/elsewhere").status_code == 404
    assert call(callers) == {"done": 1, "failed": 0}


def test_a_limit_of_the_day_is_told_and_waited_for(
    db: psycopg.Connection, callers: Callers, zoom: ZoomServer, session: UUID
) -> None:
    zoom.script.append(DAILY_LIMIT)

    before = datetime.now(UTC)
    assert work(callers, db) == {"done": 0, "failed": 1}
    after = datetime.now(UTC)

    waiting = row(db, session)
    assert waiting["reason"] == "Zoom takes no more changes of this host's meetings today"
    assert waiting["due_at"] in (next_midnight(before), next_midnight(after))
    # Not even when somebody is in a hurry. Should midnight pass here, the new day is as full.
    db.execute(
        "insert into private.meeting_account_days (meeting_account_id, day, is_full)"
        " select meeting_account_id, max(day) + 1, true from private.meeting_account_days"
        " group by 1"
    )
    assert work(callers, db) == {"done": 0, "failed": 0}
    assert zoom.asked("POST", MEETINGS) == 1

    db.execute("update private.meeting_account_days set day = day - 3")
    assert work(callers, db) == {"done": 1, "failed": 0}
    assert zoom.topics(MARTAS) == ["Office hours"]


@pytest.mark.parametrize(
    ("problem", "reason", "seconds"),
    [
        (
            Problem(
                429, 429, "You have reached the maximum per-second rate limit", {"Retry-After": "7"}
            ),
            "Zoom takes no more requests at the moment",
            7,
        ),
        (
            Problem(429, 429, "Too many requests", {"Retry-After": "0"}),
            "Zoom takes no more requests at the moment",
            10,
        ),
        (Problem(500, 500, "Internal error"), "Zoom answers 500: Internal error", 10),
        (Problem(404, 1001, "User does not exist"), "Zoom answers 404: User does not exist", 10),
    ],
)
def test_what_is_against_it_is_told_and_it_is_tried_again(
    db: psycopg.Connection,
    callers: Callers,
    zoom: ZoomServer,
    session: UUID,
    problem: Problem,
    reason: str,
    seconds: int,
) -> None:
    zoom.script.append(problem)

    before = datetime.now(UTC)
    assert work(callers, db) == {"done": 0, "failed": 1}
    after = datetime.now(UTC)

    waiting = row(db, session)
    assert (waiting["state"], waiting["reason"]) == ("pending", reason)
    pause = timedelta(seconds=seconds)
    assert before + 0.5 * pause <= waiting["due_at"] <= after + 1.3 * pause
    assert work(callers, db) == {"done": 1, "failed": 0}
    assert row(db, session)["reason"] is None


def test_a_revoked_token_is_replaced(
    db: psycopg.Connection, callers: Callers, zoom: ZoomServer, session: UUID
) -> None:
    assert work(callers, db) == {"done": 1, "failed": 0}
    zoom.forget_tokens()
    save(db, session, title="Renamed")

    assert work(callers, db) == {"done": 1, "failed": 0}
    assert zoom.topics(MARTAS) == ["Renamed"]


def test_many_tasks_at_once_sign_in_once_at_the_start_and_when_the_token_is_revoked(
    db: psycopg.Connection, callers: Callers, zoom: ZoomServer, world: World, campus: Campus
) -> None:
    sessions = [
        world.session(
            batch=campus.batch, mentor=campus.marta, starts=timedelta(days=day), link=None
        )
        for day in range(1, 11)
    ]
    zoom.forget_tokens()
    known = zoom.tokens

    assert work(callers, db) == {"done": 10, "failed": 0}
    zoom.forget_tokens()
    for session in sessions:
        save(db, session, title="Renamed")
    assert work(callers, db) == {"done": 10, "failed": 0}

    assert zoom.tokens <= known + 2


@pytest.mark.parametrize("step", [NO_ANSWER, SILENCE])
def test_what_was_done_without_our_hearing_of_it_is_found_again(
    db: psycopg.Connection, callers: Callers, zoom: ZoomServer, session: UUID, step: str
) -> None:
    zoom.script.append(step)
    # Others of the host, for the list to have several pages.
    for number in range(5):
        zoom.meetings[number] = {"topic": "theirs", "agenda": "", "registrants": {}}
        zoom.hosts[number] = MARTAS

    assert work(callers, db) == {"done": 0, "failed": 1}
    assert row(db, session)["reason"] in ("Zoom cannot be reached", "Zoom does not answer")
    zoom.released.set()

    assert work(callers, db) == {"done": 1, "failed": 0}
    assert zoom.topics(MARTAS) == ["Office hours", *["theirs"] * 5]
    # And once more afterwards, for the case that there was another.
    assert work(callers, db) == {"done": 1, "failed": 0}
    assert work(callers, db) == {"done": 0, "failed": 0}


def test_what_is_found_again_is_as_the_session_is_by_then(
    db: psycopg.Connection, callers: Callers, zoom: ZoomServer, session: UUID
) -> None:
    zoom.script.append(NO_ANSWER)
    assert work(callers, db) == {"done": 0, "failed": 1}
    starts = datetime.now(UTC).replace(microsecond=0) + 48 * HOUR
    save(db, session, title="Put off", start_time=starts, end_time=starts + HOUR)

    assert work(callers, db) == {"done": 2, "failed": 0}

    ((_, meeting),) = zoom.meetings.items()
    assert meeting["topic"] == "Put off"
    assert meeting["start_time"] == starts.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert row(db, session)["state"] == "ready"


def test_a_function_killed_while_it_works_makes_no_second_meeting_that_stays(
    db: psycopg.Connection, edge: Stack, callers: Callers, zoom: ZoomServer, session: UUID
) -> None:
    zoom.script.append(SILENCE)
    db.execute("update public.session_meetings set due_at = now() where due_at is not null")
    answered: list[int] = []

    def in_vain() -> None:
        with httpx.Client(timeout=30) as http:
            answer = (
                Callers(http, edge)
                .stranger()
                .invoke("meetings", path="/work", headers={"Authorization": f"Bearer {WORK_KEY}"})
            )
            answered.append(answer.status_code)

    caller = threading.Thread(target=in_vain)
    caller.start()
    wait_until(lambda: zoom.meetings, "the meeting is made")
    killed = edge.functions.running()["meetings"].process
    killed.kill()
    # Its connections close before it is gone, and who is not gone is not started again.
    killed.wait()
    caller.join()
    zoom.released.set()
    assert answered == [502]
    # Nobody else may touch it before the lease ends.
    assert call(callers) == {"done": 0, "failed": 0}

    assert work(callers, db) == {"done": 1, "failed": 0}

    ((number, _),) = zoom.meetings.items()
    assert row(db, session)["external_id"] == str(number)


def test_another_one_that_turns_up_late_is_swept_away(
    db: psycopg.Connection, callers: Callers, zoom: ZoomServer, session: UUID
) -> None:
    zoom.script.append(Problem(500, 500, "it only looks like a failure"))
    work(callers, db)
    work(callers, db)
    ((number, meeting),) = zoom.meetings.items()
    zoom.meetings[number + 1] = dict(meeting)
    zoom.hosts[number + 1] = MARTAS

    assert work(callers, db) == {"done": 1, "failed": 0}

    assert list(zoom.meetings) == [number]


def test_a_meeting_deleted_by_hand_is_no_obstacle(
    db: psycopg.Connection, callers: Callers, zoom: ZoomServer, session: UUID
) -> None:
    work(callers, db)
    zoom.meetings.clear()
    save(db, session, status="cancelled")

    assert work(callers, db) == {"done": 1, "failed": 0}


def test_a_meeting_deleted_by_hand_cannot_change_and_another_is_made_for_an_empty_link(
    db: psycopg.Connection, callers: Callers, zoom: ZoomServer, session: UUID
) -> None:
    work(callers, db)
    zoom.meetings.clear()
    save(db, session, title="Renamed")

    assert work(callers, db) == {"done": 0, "failed": 1}
    told = row(db, session)
    assert told["state"] == "changing"
    assert told["reason"].startswith("Zoom answers 404: Meeting does not exist")
    save(db, session, link=None)
    assert work(callers, db) == {"done": 2, "failed": 0}

    ((number, meeting),) = zoom.meetings.items()
    assert meeting["topic"] == "Renamed"
    assert (row(db, session)["state"], row(db, session)["external_id"]) == ("ready", str(number))


def test_everybody_enters_by_a_link_of_their_own(
    db: psycopg.Connection,
    callers: Callers,
    zoom: ZoomServer,
    session: UUID,
    campus: Campus,
) -> None:
    work(callers, db)
    ((number, meeting),) = zoom.meetings.items()

    def join(user: UUID) -> httpx.Response:
        return callers.user(user).invoke("meetings", {"session_id": str(session)}, path="/join")

    sams = [join(campus.sam).json()["link"] for _ in range(2)]
    assert sams[0] == sams[1]
    assert sams[0].startswith(f"https://zoom.us/w/{number}?tk=")
    sitas = join(campus.sita).json()
    assert sitas["link"] != sams[0]
    assert (sitas["title"], sitas["zoom_meeting_id"]) == ("Office hours", str(number))
    assert set(meeting["registrants"]) == {address("sam"), address("sita")}
    assert zoom.asked("POST", f"/meetings/{number}/registrants") == 2
    assert set(attended(db, session)) == {campus.sam, campus.sita}
    # The host's start link is fresh each time, and kept nowhere.
    assert join(campus.marta).json()["link"].startswith(f"https://zoom.us/s/{number}?zak=")
    # Without the function it is the same link, once there is one.
    plain = callers.user(campus.sam).call("join_session", session_id=str(session))
    assert plain.json()["link"] == sams[0]

    refused = join(campus.otto)
    assert refused.status_code == 404
    plain = callers.user(campus.otto).call("join_session", session_id=str(session))
    assert refused.json() == plain.json()
    expired = callers.user(campus.sam, expires_in=-3600)
    answer = expired.invoke("meetings", {"session_id": str(session)}, path="/join")
    assert answer.status_code == 401
    preflight = callers.stranger().invoke("meetings", path="/join", method="OPTIONS")
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    allowed = preflight.headers["Access-Control-Allow-Headers"].split(", ")
    assert {"authorization", "apikey", "content-type", "x-client-info", "x-region"} <= set(allowed)
    for response in (refused, answer):
        assert response.headers["Access-Control-Allow-Origin"] == "*"


def test_whoever_registers_with_the_address_of_another_waits_for_the_host_and_is_not_taken_for_them(
    db: psycopg.Connection, callers: Callers, zoom: ZoomServer, session: UUID, campus: Campus
) -> None:
    work(callers, db)
    ((number, _),) = zoom.meetings.items()

    assert zoom.register(number, address("sita")) is None
    # A host who approves without looking lets them in, and still they are nobody we know.
    zoom.webhook_url = f"{callers.stack.api_url}/functions/v1/zoom-webhook"
    assert zoom.enter(zoom.approve(number, address("sita"))) == 204

    assert attended(db, session) == {}
    waiting = "select email from private.unmatched_participants where session_id = %s"
    assert db.execute(waiting, (session,)).fetchall() == [(address("sita"),)]


def test_a_platform_that_issues_no_link_now_keeps_nobody_out(
    db: psycopg.Connection, callers: Callers, zoom: ZoomServer, session: UUID, campus: Campus
) -> None:
    work(callers, db)
    ((number, _),) = zoom.meetings.items()
    del zoom.meetings[number]

    answer = callers.user(campus.sam).invoke("meetings", {"session_id": str(session)}, path="/join")

    assert answer.status_code == 200
    assert answer.json()["link"] == f"https://zoom.us/j/{number}?pwd=of{number}"


def test_after_a_restore_meetings_follow_what_holds_again(
    db: psycopg.Connection, callers: Callers, zoom: ZoomServer, world: World, campus: Campus
) -> None:
    """As docs/operations.md has it. Zoom is changed here as the changes that were lost did it."""
    starts = datetime.now(UTC).replace(microsecond=0) + 48 * HOUR

    def plan(title: str, days: int) -> UUID:
        start = starts + timedelta(days=days)
        return world.session(
            title, batch=campus.batch, mentor=campus.marta, starts=start, link=None
        )

    moved, gone = plan("Moved", 0), plan("Called off", 1)
    assert work(callers, db) == {"done": 2, "failed": 0}
    stale = {meeting["topic"]: meeting for meeting in zoom.meetings.values()}
    held = stale["Moved"]["start_time"]
    stale["Moved"]["start_time"] = "2031-05-06T17:00:00Z"
    del zoom.meetings[int(row(db, gone)["external_id"])]
    made_since = plan("Made since", 2)
    (mark,) = db.execute(
        "select id from public.session_meetings where session_id = %s", (made_since,)
    ).fetchone() or ("",)
    zoom.meetings[81999999999] = {"topic": "Renamed since", "agenda": f"[{mark}]"}
    zoom.hosts[81999999999] = MARTAS

    _, remedy = blocks("After changes were lost", "sql")
    db.execute(remedy.encode())
    call(callers)

    assert stale["Moved"]["start_time"] == held
    assert row(db, moved)["state"] == "ready"
    assert row(db, made_since)["external_id"] == "81999999999"
    assert zoom.topics(MARTAS) == ["Made since", "Moved"]

    # The platform refuses the one that it no longer has, which the page tells how to replace.
    refused = row(db, gone)
    assert refused["state"] == "changing"
    ((state, reason, replace),) = re.findall(
        r'^\| `(\w+)`, "(Meeting does not exist)" \| .*`(update .+?)`', PAGE.read_text(), re.M
    )
    assert (refused["state"], reason in refused["reason"]) == (state, True)
    db.execute(replace.replace("…", str(gone)).encode())
    assert work(callers, db) == {"done": 3, "failed": 0}  # and a look for doubles
    assert zoom.topics(MARTAS) == ["Called off", "Made since", "Moved"]
    assert row(db, gone)["state"] == "ready"


def test_the_report_after_the_meeting_puts_attendance_right(
    db: psycopg.Connection, callers: Callers, zoom: ZoomServer, world: World, campus: Campus
) -> None:
    session = world.session(
        batch=campus.batch, mentor=campus.marta, starts=-HOUR, minutes=65, link=None, status="live"
    )
    work(callers, db)
    ((number, _),) = zoom.meetings.items()
    sam = callers.user(campus.sam).invoke("meetings", {"session_id": str(session)}, path="/join")
    registrant = parse_qs(urlsplit(sam.json()["link"]).query)["tk"][0]
    began = datetime.now(UTC).replace(microsecond=0) - HOUR
    stamp = "%Y-%m-%dT%H:%M:%SZ"

    def stay(name: str, begin: int, end: int, **who: str) -> dict[str, str]:
        return {
            "name": name,
            "user_id": name,
            "join_time": (began + begin * HOUR / 60).strftime(stamp),
            "leave_time": (began + end * HOUR / 60).strftime(stamp),
            **who,
        }

    zoom.reports[number] = [
        {
            "uuid": "/of//a+kind==",
            "start_time": began.strftime(stamp),
            "end_time": (began + HOUR).strftime(stamp),
            "participants": [
                stay("Sam", 0, 10, registrant_id=registrant, status="in_waiting_room"),
                stay("Sam", 10, 20, registrant_id=registrant),
                stay("Sam's phone", 15, 30, registrant_id=registrant),
                stay("Sita", 5, 50, user_email=address("sita")),
                stay("Somebody", 5, 10),
            ],
        }
    ]
    db.execute("update public.success_sessions set status = 'completed' where id = %s", (session,))
    db.execute("update public.session_meetings set report_due_at = now()")

    assert work(callers, db) == {"done": 1, "failed": 0}

    present = attended(db, session)
    assert present[campus.sam][1] == 20
    assert present[campus.sita][1] == 45
    assert work(callers, db) == {"done": 0, "failed": 0}


def test_a_session_that_overruns_gets_the_report_of_all_of_it(
    db: psycopg.Connection, callers: Callers, zoom: ZoomServer, world: World, campus: Campus
) -> None:
    session = world.session(
        batch=campus.batch, mentor=campus.marta, starts=-HOUR, minutes=50, link=None, status="live"
    )
    work(callers, db)
    ((number, _),) = zoom.meetings.items()
    began = datetime.now(UTC).replace(microsecond=0) - HOUR
    db.execute("update public.success_sessions set status = 'completed' where id = %s", (session,))
    db.execute("update public.session_meetings set report_due_at = now()")
    # It is still on, and Zoom lists what is over.
    assert work(callers, db) == {"done": 1, "failed": 0}

    zoom_news = ZoomDeliveries(callers.stranger(), str(number))
    assert zoom_news.ended(began + HOUR).status_code == 204
    zoom.reports[number] = [
        {
            "uuid": "start-1",
            "start_time": stamp(began),
            "end_time": stamp(began + HOUR),
            "participants": [
                {
                    "name": name,
                    "user_email": address(name),
                    "join_time": stamp(began),
                    "leave_time": stamp(began + HOUR),
                }
                for name in ("marta", "sita")
            ],
        }
    ]
    due = "select report_due_at > now() + interval '9 minutes' from public.session_meetings"
    assert db.execute(due).fetchall() == [(True,)]
    db.execute("update public.session_meetings set report_due_at = now()")
    assert work(callers, db) == {"done": 1, "failed": 0}

    assert attended(db, session)[campus.sita] == ("present", 50)
    assert work(callers, db) == {"done": 0, "failed": 0}


def test_a_meeting_of_one_has_no_report_and_that_is_no_failure(
    db: psycopg.Connection, callers: Callers, zoom: ZoomServer, world: World, campus: Campus
) -> None:
    session = world.session(
        batch=campus.batch, mentor=campus.marta, starts=-HOUR, minutes=50, link=None, status="live"
    )
    work(callers, db)
    ((number, _),) = zoom.meetings.items()
    zoom.reports[number] = [{"uuid": "alone", "start_time": "", "end_time": "", "participants": []}]
    db.execute("update public.success_sessions set status = 'completed' where id = %s", (session,))
    for hours in (0, 6):
        db.execute("update public.session_meetings set report_due_at = now() - %s", (hours * HOUR,))
        assert work(callers, db) == {"done": 1, "failed": 0}

    assert (row(db, session)["reason"], row(db, session)["due_at"]) == (None, None)


def test_jaas_lets_each_person_in_by_a_token_of_their_own(
    db: psycopg.Connection,
    callers: Callers,
    world: World,
    campus: Campus,
    jaas_key: rsa.RSAPrivateKey,
) -> None:
    tenant = JAAS_KEY_ID.partition("/")[0]
    world.meeting_account("JaaS", platform="jaas", login=tenant)
    session = world.session(
        batch=campus.batch,
        mentor=campus.marta,
        starts=timedelta(minutes=5),
        platform="jaas",
        link=None,
    )
    assert work(callers, db) == {"done": 1, "failed": 0}

    for user, is_host in ((campus.sam, False), (campus.marta, True)):
        answer = callers.user(user).invoke("meetings", {"session_id": str(session)}, path="/join")
        address, _, token = answer.json()["link"].partition("?jwt=")
        room = address.removeprefix(f"https://8x8.vc/{tenant}/")
        claims = jwt.decode(token, jaas_key.public_key(), algorithms=["RS256"], audience="jitsi")
        assert jwt.get_unverified_header(token)["kid"] == JAAS_KEY_ID
        assert (claims["iss"], claims["sub"], claims["room"]) == ("chat", tenant, room)
        assert claims["context"]["user"]["id"] == str(user)
        assert claims["context"]["user"]["moderator"] == str(is_host).lower()
    meeting_id = db.execute(
        "select platform_data ->> 'meeting_id' from public.success_sessions where id = %s",
        (session,),
    ).fetchone()
    assert meeting_id == (f"{tenant}/{room}",)
    save(db, session, status="cancelled")
    assert work(callers, db) == {"done": 1, "failed": 0}
