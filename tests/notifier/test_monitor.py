"""What supervisors and monitors are told over HTTP, and what an idle worker costs the database."""

from __future__ import annotations

import asyncio
import os
import signal

import httpx
import pytest

from devstack import ports
from notifier import monitor
from notifier.config import ConfigError, load_settings
from notifier.monitor import Monitor, Vitals
from notifier.outbox import CALL_TIMEOUT, QueueMetrics
from notifier.recorder import Histogram, Tally
from support.classroom import Classroom
from support.daemon import Daemon, Daemons, environment
from support.pg_proxy import PgProxy
from support.smtp_server import ACCEPTED, DROP, SmtpServer
from support.threads import in_thread
from support.waiting import wait_until

ENV = {
    "DATABASE_URL": "postgresql://notifier:x@localhost/postgres",
    "SMTP_HOST": "smtp.example.com",
    "EMAIL_FROM": "sessions@example.com",
    "APP_URL": "https://app.example.com",
}


class Asked:
    """A notifier with a monitor, and somebody who asks it."""

    def __init__(self, daemons: Daemons, env: dict[str, str]) -> None:
        with ports.reserved() as self._port:
            self.daemon: Daemon = daemons.start(env | {"NOTIFIER_MONITOR": str(self._port)})

    def get(self, path: str) -> tuple[int, str]:
        """Status and text of an answer."""
        answer = httpx.get(f"http://127.0.0.1:{self._port}{path}", timeout=10)
        return answer.status_code, answer.text

    def metrics(self) -> dict[str, float]:
        """Every sample by its name with labels."""
        status, text = self.get("/metrics")
        assert status == 200
        samples = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
        return {name: float(value) for name, value in samples}


class Idle:
    """A worker and a queue in which eight-digit numbers of mails wait."""

    def vitals(self) -> Vitals:
        """At rest."""
        return Vitals(0.0, (), True, Tally(), Histogram(), 0, 0)

    async def queue_metrics(self) -> QueueMetrics:
        """Much to do."""
        return QueueMetrics(12_345_678, 12_345_678, 0, 0, 0, 12_345_678, 0.5)


class Busy(Idle):
    """A worker that went round a while ago, and of everything another number."""

    def __init__(self, idle_seconds: float = 1.5, *trouble: str) -> None:
        self.idle_seconds, self.trouble = idle_seconds, trouble

    def vitals(self) -> Vitals:
        """Deaf, and busy."""
        latency = Histogram(bounds=(0.1, 2.5))
        for seconds in (0.05, 0.5, 0.7, 3.0):
            latency.observe(seconds)
        tally = Tally(sent=4, failed=9, in_doubt=1, dead=2, released=5, postponed=6, lost=7)
        return Vitals(self.idle_seconds, self.trouble, False, tally, latency, 10, 11)

    async def queue_metrics(self) -> QueueMetrics:
        """As busy."""
        return QueueMetrics(21, 22, 23, 24, 25, 26, 27.5)


METRICS = """\
# HELP notifier_mails_total Mails by what became of an attempt.
# TYPE notifier_mails_total counter
notifier_mails_total{outcome="sent"} 4
notifier_mails_total{outcome="failed"} 9
notifier_mails_total{outcome="in_doubt"} 1
notifier_mails_total{outcome="dead"} 2
notifier_mails_total{outcome="released"} 5
notifier_mails_total{outcome="postponed"} 6
notifier_mails_total{outcome="lost"} 7
# HELP notifier_webhooks_total Outgoing webhooks by outcome.
# TYPE notifier_webhooks_total counter
notifier_webhooks_total{outcome="sent"} 10
notifier_webhooks_total{outcome="failed"} 11
# HELP notifier_send_seconds Handing a mail over, to the answer.
# TYPE notifier_send_seconds histogram
notifier_send_seconds_bucket{le="0.1"} 1
notifier_send_seconds_bucket{le="2.5"} 3
notifier_send_seconds_bucket{le="+Inf"} 4
notifier_send_seconds_sum 4.250000
notifier_send_seconds_count 4
# HELP notifier_ready Whether it can work.
# TYPE notifier_ready gauge
notifier_ready 1
# HELP notifier_listening Whether notifications arrive.
# TYPE notifier_listening gauge
notifier_listening 0
# HELP notifier_round_age_seconds Since it looked.
# TYPE notifier_round_age_seconds gauge
notifier_round_age_seconds 1.5
# HELP notifier_database_up Whether the queue answered.
# TYPE notifier_database_up gauge
notifier_database_up 1
# HELP notifier_queue_mails Unfinished and dead mails by status.
# TYPE notifier_queue_mails gauge
notifier_queue_mails{status="queued"} 21
notifier_queue_mails{status="held"} 23
notifier_queue_mails{status="in_doubt"} 24
notifier_queue_mails{status="dead"} 25
# HELP notifier_queue_urgent_mails Waiting mails that are urgent.
# TYPE notifier_queue_urgent_mails gauge
notifier_queue_urgent_mails 22
# HELP notifier_queue_events Events not expanded.
# TYPE notifier_queue_events gauge
notifier_queue_events 26
# HELP notifier_queue_oldest_seconds How long the oldest due mail or event has waited; 0: nothing is due.
# TYPE notifier_queue_oldest_seconds gauge
notifier_queue_oldest_seconds 27.5
"""  # noqa: E501 - as it is sent


class Mute(Busy):
    """A database behind a half-open connection."""

    def __init__(self, idle_seconds: float = 0.0, *trouble: str) -> None:
        super().__init__(idle_seconds, *trouble)
        self.questions = 0

    async def queue_metrics(self) -> QueueMetrics:
        """No answer."""
        self.questions += 1
        await asyncio.Event().wait()
        raise AssertionError


async def answers(idle: Idle, *paths: str) -> list[httpx.Response]:
    """What a monitor of these says, asked for each path at once."""
    with ports.reserved() as port:
        pass
    serving = asyncio.create_task(Monitor(idle, idle, poll=1.0).serve("127.0.0.1", port))
    base = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(
        base_url=base, transport=httpx.AsyncHTTPTransport(retries=5)
    ) as client:
        told = await asyncio.gather(*map(client.get, paths))
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    return told


async def test_a_database_that_does_not_answer_is_told_before_a_monitor_gives_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(monitor, "PATIENCE", 0.1)
    mute = Mute()
    metrics, ready, health = await answers(mute, "/metrics", "/readyz", "/healthz")

    assert "\nnotifier_database_up 0\n" in metrics.text
    assert (ready.status_code, ready.text) == (503, "database: the database has not answered yet\n")
    assert health.status_code == 200
    assert mute.questions == 1


async def test_every_number_has_its_name_and_its_type() -> None:
    (metrics,) = await answers(Busy(), "/metrics")

    assert metrics.text == METRICS
    # Prometheus reads no other format without being told.
    assert metrics.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"


async def test_a_worker_is_stuck_after_its_longest_rest_and_two_silent_calls() -> None:
    longest = 1.0 + 2 * CALL_TIMEOUT  # its poll is a second
    for idle, answer in ((longest, (200, "ok\n")), (longest + 1, (503, "stuck for 62 s\n"))):
        (health,) = await answers(Busy(idle), "/healthz")
        assert (health.status_code, health.text) == answer


async def test_each_reason_why_it_cannot_work_is_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monitor, "PATIENCE", 0.1)
    mute = Mute(0.0, "smtp: 421 4.3.2 shutting down")
    ready, metrics = await answers(mute, "/readyz", "/metrics")

    assert ready.status_code == 503
    assert ready.text == (
        "smtp: 421 4.3.2 shutting down\ndatabase: the database has not answered yet\n"
    )
    assert "\nnotifier_ready 0\n" in metrics.text


async def test_long_queues_are_counted_to_the_mail() -> None:
    (text,) = [answer.text for answer in await answers(Idle(), "/metrics")]

    samples = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    counted = ('notifier_queue_mails{status="queued"}', "notifier_queue_urgent_mails")
    assert [samples[name] for name in (*counted, "notifier_queue_events")] == ["12345678"] * 3


def test_the_numbers_follow_what_happens(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    mail_server.at("RCPT", "550 5.7.1 no", about="student0@")
    mail_server.at(ACCEPTED, DROP, about="student1@", times=1)
    asked = Asked(daemons, environment(classroom.database, mail_server))
    idle = asked.metrics()
    assert idle['notifier_mails_total{outcome="sent"}'] == 0
    assert idle["notifier_queue_oldest_seconds"] == 0

    classroom.schedule()
    wait_until(lambda: classroom.statuses() == {"sent": 1, "dead": 1, "in_doubt": 1}, "one of each")
    # A mail is counted once what became of it is committed.
    wait_until(
        lambda: (
            asked.metrics()['notifier_mails_total{outcome="sent"}']
            + asked.metrics()['notifier_mails_total{outcome="failed"}']
            == 3
        ),
        "counted",
    )

    busy = asked.metrics()
    assert busy['notifier_mails_total{outcome="sent"}'] == 1
    assert busy['notifier_mails_total{outcome="failed"}'] == 2
    assert busy['notifier_mails_total{outcome="dead"}'] == 1
    assert busy['notifier_mails_total{outcome="in_doubt"}'] == 1
    assert busy['notifier_queue_mails{status="in_doubt"}'] == 1
    assert busy['notifier_queue_mails{status="dead"}'] == 1
    assert busy['notifier_send_seconds_bucket{le="+Inf"}'] == 1
    assert busy["notifier_listening"] == busy["notifier_ready"] == 1
    assert "@" not in asked.get("/metrics")[1]
    assert asked.daemon.stop() == 0


def test_ready_is_who_can_work_and_healthy_who_need_not_be_restarted(
    classroom: Classroom, daemons: Daemons
) -> None:
    with (
        in_thread(SmtpServer()) as server,
        in_thread(PgProxy(classroom.database.notifier_url)) as proxy,
    ):
        asked = Asked(daemons, environment(proxy.url, server, NOTIFIER_POLL_SECONDS="0.2"))
        assert asked.get("/readyz") == (200, "ready\n")
        assert asked.get("/healthz") == (200, "ok\n")

        server.at("MAIL", "421 4.3.2 shutting down")
        classroom.schedule()
        # Each by itself: it takes courage now and then, until the next mail is refused.
        reason = "smtp: 421 4.3.2 shutting down"
        wait_until(lambda: (told := asked.get("/readyz"))[0] == 503 and reason in told[1], "why")
        wait_until(lambda: asked.metrics()["notifier_ready"] == 0, "the same for monitors")
        assert asked.get("/healthz")[0] == 200
        server.behave()
        wait_until(lambda: asked.get("/readyz")[0] == 200, "it has recovered")

        # With nothing to do, that the database answers again is all there is to notice.
        wait_until(lambda: classroom.all_sent(3), "everything is sent")
        proxy.refuse = True
        wait_until(lambda: "database: " in asked.get("/readyz")[1], "no database")
        assert asked.metrics()["notifier_database_up"] == 0
        assert asked.get("/healthz")[0] == 200
        proxy.refuse = False
        wait_until(lambda: asked.get("/readyz")[0] == 200, "it has recovered")
        assert asked.daemon.stop() == 0


def test_nobody_is_answered_by_default_and_a_taken_port_stops_the_start(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    env = environment(classroom.database, mail_server)
    ended = daemons.run(env | {"NOTIFIER_MONITOR": str(mail_server.port)}, "run")

    assert ended.returncode == 1
    assert "notifier: NOTIFIER_MONITOR cannot be listened on: " in ended.stderr
    assert "address already in use" in ended.stderr
    assert load_settings(ENV).monitor is None


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        ("9464", ("127.0.0.1", 9464)),
        (":9464", ("127.0.0.1", 9464)),
        ("192.0.2.1:80", ("192.0.2.1", 80)),
        ("[::1]:9464", ("::1", 9464)),
    ],
)
def test_a_port_alone_is_on_the_loopback_interface(value: str, meaning: tuple[str, int]) -> None:
    assert load_settings(ENV | {"NOTIFIER_MONITOR": value}).monitor == meaning


@pytest.mark.parametrize(
    "value", ["yes", "0", "65536", "localhost", "localhost:", pytest.param("9" * 5000, id="nines")]
)
def test_what_is_no_port_is_refused(value: str) -> None:
    with pytest.raises(ConfigError, match=r"^NOTIFIER_MONITOR is not a port"):
        load_settings(ENV | {"NOTIFIER_MONITOR": value})


def test_a_histogram_counts_up_to_each_bound() -> None:
    histogram = Histogram(bounds=(0.1, 1.0))
    for seconds in (0.05, 0.1, 0.5, 7.0):
        histogram.observe(seconds)

    assert histogram.cumulative() == [2, 3, 4]
    assert (histogram.count, histogram.total) == (4, 7.65)
    usual = Histogram().bounds
    assert list(usual) == sorted(usual)
    assert usual[0] < 0.01, "a server nearby"
    assert usual[-1] > 10, "which operators are told to be alarmed at"


def test_an_idle_worker_asks_one_question_per_poll(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    with in_thread(PgProxy(classroom.database.notifier_url)) as proxy:
        daemon = daemons.start(environment(proxy.url, mail_server, NOTIFIER_POLL_SECONDS="0.1"))
        wait_until(lambda: proxy.calls[-3:] == ["next_wake"] * 3, "it has come to rest")
        proxy.calls.clear()
        wait_until(lambda: len(proxy.calls) >= 10, "some polls")

        assert set(proxy.calls) == {"next_wake"}

        classroom.schedule()
        wait_until(lambda: classroom.all_sent(3), "and it still hears")
        assert daemon.stop() == 0
    assert load_settings(ENV).poll >= 30  # two questions a minute


def test_a_process_that_was_stopped_for_long_is_healthy_again_when_it_goes_on(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    asked = Asked(daemons, environment(classroom.database, mail_server))
    os.kill(asked.daemon.process.pid, signal.SIGSTOP)
    classroom.schedule()
    os.kill(asked.daemon.process.pid, signal.SIGCONT)

    wait_until(lambda: classroom.all_sent(3), "mails sent")
    assert asked.get("/healthz")[0] == 200
