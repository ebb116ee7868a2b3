"""How long Zoom waits for the answer to a webhook, while participants come and go."""

import hashlib
import hmac
import itertools
import json
import random
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from urllib.parse import urlsplit

import psycopg

from bench import world
from bench.errors import BenchError
from bench.harness import Run
from bench.report import Bound, Figure, Section, Unit
from bench.statistics import Summary, quantile
from devstack.databases import Database
from devstack.stack import Stack

BOUND = Bound(50.0)
"""Milliseconds for the 99th percentile; Zoom gives up after three seconds."""

SECRET = "a-token-of-the-bench"  # noqa: S105, worth nothing elsewhere

MEETING = "98765432101"
"""As worlds/audiences.sql has it."""

_WARM_UP = 50


@dataclass(frozen=True, slots=True)
class Size:
    """How many students come and go, how often, and how many deliveries come in a second."""

    students: int
    stays: int
    per_second: float


FULL = Size(students=200, stays=5, per_second=50.0)
QUICK = Size(students=3, stays=2, per_second=200.0)

CONNECTIONS = 16
"""More than are ever in use, so that no delivery waits for one."""


def measure(run: Run) -> list[Section]:
    """The row `webhooks`.

    Raises:
        BenchError: A delivery is refused, or what was told is not in the attendance afterwards.
    """
    size = QUICK if run.quick else FULL
    settings = {"students": size.students, "mentors": 1, "audiences": f"{{{size.students}}}"}
    secrets = {"ZOOM_WEBHOOK_SECRET_TOKEN": SECRET}
    with (
        world.made(run.project(), "audiences", settings) as database,
        Stack(database, mail=False, functions=True, function_secrets=secrets) as stack,
    ):
        began = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=30)
        _begin(database, began)
        deliveries = list(_deliveries(size, began))
        chance = random.Random(run.seed)
        chance.shuffle(deliveries)
        run.say(f"webhooks: {len(deliveries):,} deliveries, {size.per_second:g} a second")
        address = urlsplit(stack.api_url).netloc
        _deliver(address, [(0.0, body) for body in deliveries[:_WARM_UP]])
        took = _deliver_on_time(address, deliveries, size.per_second, chance)
        _check(database, size)
    return [
        Section(
            f"webhooks: {size.students:,} participants, {size.per_second:g} deliveries a second",
            [
                Figure.of("answer", Summary.of(took), Unit.MILLISECONDS),
                Figure(
                    "answer, 99th percentile",
                    quantile(took, 0.99),
                    Unit.MILLISECONDS,
                    len(took),
                    bound=BOUND,
                ),
            ],
        )
    ]


def _begin(database: Database, began: datetime) -> None:
    with psycopg.connect(database.superuser_url) as connection:
        connection.execute("set local session_replication_role = replica")
        connection.execute(
            "update public.success_sessions set status = 'live', start_time = %s, end_time = %s",
            (began, began + timedelta(hours=1)),
        )


def _deliveries(size: Size, began: datetime) -> Iterator[bytes]:
    """Everybody comes and goes so often; each news once."""
    pause = timedelta(minutes=25) / size.stays
    for number, stay in itertools.product(range(size.students), range(size.stays)):
        comes = began + stay * pause + timedelta(seconds=number)
        for event, field, at in (
            ("joined", "join_time", comes),
            ("left", "leave_time", comes + pause / 2),
        ):
            participant = {
                "customer_key": str(world.id_of("student", number + 1)),
                "participant_uuid": f"{number}-{stay}",
                "user_name": f"student {number}",
                field: at.isoformat(),
            }
            meeting = {"id": MEETING, "uuid": "4444AAAiAAAAAiAiAiiAii==", "topic": "Bench"}
            yield json.dumps(
                {
                    "event": f"meeting.participant_{event}",
                    "payload": {"object": {**meeting, "participant": participant}},
                }
            ).encode()


def _deliver_on_time(
    address: str, bodies: Sequence[bytes], per_second: float, chance: random.Random
) -> list[float]:
    """Deliver them at random moments, so many a second, whether or not the last is answered."""
    due = time.perf_counter() + 0.5
    plan: list[tuple[float, bytes]] = []
    for body in bodies:
        due += chance.expovariate(per_second)
        plan.append((due, body))
    share = [plan[first::CONNECTIONS] for first in range(CONNECTIONS)]
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return list(itertools.chain(*pool.map(_deliver, [address] * CONNECTIONS, share)))


def _deliver(address: str, plan: Sequence[tuple[float, bytes]]) -> list[float]:
    """Deliver each when it is due, on one connection; how many milliseconds after that each was
    answered."""
    connection = HTTPConnection(address, timeout=30)
    took: list[float] = []
    try:
        for due, body in plan:
            time.sleep(max(0.0, due - time.perf_counter()))
            timestamp = str(int(time.time()))
            signed = f"v0:{timestamp}:".encode() + body
            signature = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
            headers = {
                "Content-Type": "application/json",
                "x-zm-request-timestamp": timestamp,
                "x-zm-signature": f"v0={signature}",
            }
            connection.request("POST", "/functions/v1/zoom-webhook", body, headers)
            response = connection.getresponse()
            answer = response.read()
            took.append(1000 * (time.perf_counter() - due))
            if response.status != 204:
                raise BenchError(f"the webhook answers {response.status}: {answer.decode()}")
    finally:
        connection.close()
    return took


def _check(database: Database, size: Size) -> None:
    with psycopg.connect(database.url) as connection:
        row = connection.execute(
            "select count(*), min(minutes_present), max(minutes_present)"
            " from public.session_attendance"
        ).fetchone()
        told = connection.execute("select count(*) from private.presence_events").fetchone()
    if told != (2 * size.students * size.stays,) or row is None or row[0] != size.students:
        raise BenchError(f"{told} events and {row} attendances are not what was told")
