"""Whatever dies, and whenever: every mail arrives, and only those in doubt may arrive twice.

Workers are real processes, killed while the mail server holds them at a chosen verb.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

import notifier
from devstack import ports
from notifier.delivery import AHEAD, GROUP
from notifier.recorder import BATCH
from support.classroom import MANY, Classroom
from support.daemon import Daemons, environment
from support.pg_proxy import PgProxy
from support.reminders import come_near
from support.smtp_server import ACCEPTED, DROP, HANG, HOLD, SmtpServer
from support.threads import in_thread
from support.waiting import wait_until
from support.world import World

LANES = 8
NO_POLL = {"NOTIFIER_POLL_SECONDS": "300"}
"""Who gets something done before a test gives up has not waited for the next poll."""

SHORT_LEASE = {"NOTIFIER_LEASE_SECONDS": "3"}
"""For workers whose mails others are to take over."""

MOST_BEGUN = 2 * LANES + AHEAD + GROUP
"""Mails marked at most: under way, or told of; waiting for that; being marked."""

MOST_IN_DOUBT = MOST_BEGUN + BATCH * 2
"""Mails that one death leaves in doubt at most: those marked, and those sent and not recorded."""


def assert_everybody_was_told_once(classroom: Classroom, server: SmtpServer) -> None:
    """Each student has the mail exactly once, but for those that were flagged before the resend."""
    flagged = {
        f"<{row[0]}@live-sessions.test>"
        for row in classroom.conn.execute(
            "select id from notifier.emails where in_doubt_at is not null"
        )
    }
    ids_by_recipient = defaultdict(list)
    for mail in server.mails:
        ids_by_recipient[mail.recipient].append(mail.message_id)
    assert len(ids_by_recipient) == len(classroom.students)
    for recipient, ids in ids_by_recipient.items():
        assert len(set(ids)) == 1, f"{recipient} got different mails"
        assert len(ids) == 1 or ids[0] in flagged, f"{recipient} got it twice, not in doubt"


def in_doubt(classroom: Classroom) -> int:
    row = classroom.conn.execute(
        "select count(*) from notifier.emails where in_doubt_at is not null"
    ).fetchone()
    assert row is not None
    return int(row[0])


# Stopping on purpose


def test_sigterm_finishes_what_is_under_way_and_gives_back_the_rest(
    big_classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    env = environment(big_classroom.database, mail_server)
    mail_server.at("DOT", HOLD)
    first = daemons.start(env)
    big_classroom.schedule()
    for _ in range(LANES):
        mail_server.wait_held()

    first.process.send_signal(signal.SIGTERM)
    first.wait_for("mails_released")
    mail_server.behave()

    assert first.process.wait(60) == 0
    statuses = big_classroom.statuses()
    assert set(statuses) == {"sent", "queued"}
    assert statuses["sent"] == len(mail_server.mails) <= MOST_BEGUN
    (attempts,) = big_classroom.conn.execute(
        "select max(attempts) from notifier.emails where status = 'queued'"
    ).fetchone() or (None,)
    assert attempts == 0  # being given back is no attempt

    daemons.start(env)
    wait_until(lambda: big_classroom.all_sent(MANY), "the rest")
    assert set(Counter(mail_server.recipients).values()) == {1}
    assert in_doubt(big_classroom) == 0


def test_sigterm_does_not_wait_for_ever_for_a_server_that_is_silent(
    big_classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    env = environment(big_classroom.database, mail_server, NOTIFIER_GRACE_SECONDS="0.5")
    mail_server.at(ACCEPTED, HANG)
    first = daemons.start(env)
    big_classroom.schedule()
    wait_until(lambda: len(mail_server.mails) == LANES, "mails accepted but not answered")

    assert first.stop(timeout=20) == 1  # the grace that is the default would take longer

    assert big_classroom.statuses()["in_doubt"] == LANES  # at once, not when the lease ends
    mail_server.behave()
    big_classroom.make_due()
    daemons.start(env)
    wait_until(lambda: big_classroom.all_sent(MANY), "the rest")
    assert_everybody_was_told_once(big_classroom, mail_server)


def test_sigterm_while_idle_is_quick(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    daemon = daemons.start(environment(classroom.database, mail_server, **NO_POLL))

    assert daemon.stop() == 0
    assert " stopped clean=true" in daemon.log


def test_what_is_called_off_between_claim_and_sending_is_not_reminded_of(
    big_classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    month_ago = datetime.now(UTC) - timedelta(days=30)
    session = World(big_classroom.conn).session(
        batch=big_classroom.batch, starts=timedelta(minutes=59), created_at=month_ago
    )
    big_classroom.outbox.deliver()
    big_classroom.conn.execute("update notifier.emails set sent_at = sent_at - interval '1 day'")
    come_near(big_classroom.conn, session, 60)
    mail_server.at("DOT", HOLD)
    daemon = daemons.start(environment(big_classroom.database, mail_server))
    for _ in range(LANES):
        mail_server.wait_held()

    big_classroom.change(session, status="cancelled")
    mail_server.behave()

    def settled() -> dict[str, int]:
        rows = big_classroom.conn.execute(
            "select coalesce(skip_reason, status::text), count(*) from notifier.emails"
            " where kind = 'session_reminder' group by 1"
        )
        return dict(rows.fetchall())

    wait_until(lambda: set(settled()) == {"sent", "cancelled_before_told"}, "all are settled")
    assert daemon.stop() == 0
    assert LANES <= settled()["sent"] <= MOST_BEGUN
    assert sum(settled().values()) == len(big_classroom.students)


# Being killed


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "DOT", ACCEPTED])
def test_after_a_kill_another_worker_takes_over_within_seconds(
    big_classroom: Classroom, mail_server: SmtpServer, daemons: Daemons, verb: str
) -> None:
    env = environment(big_classroom.database, mail_server, **NO_POLL)
    mail_server.at(verb, HOLD, about="student3")  # some of them: others are sent meanwhile
    if verb == "MAIL":
        mail_server.at(verb, HOLD)
    first = daemons.start(env | SHORT_LEASE)
    big_classroom.schedule()
    mail_server.wait_held()
    first.kill()
    mail_server.behave()
    daemons.start(env)
    wait_until(lambda: big_classroom.all_sent(MANY), "everything is sent")

    assert_everybody_was_told_once(big_classroom, mail_server)
    assert in_doubt(big_classroom) <= MOST_IN_DOUBT


@pytest.mark.parametrize("verb", ["DATA", "DOT", ACCEPTED])
def test_after_a_kill_a_mail_about_several_sessions_is_taken_over_whole(
    big_classroom: Classroom, mail_server: SmtpServer, daemons: Daemons, verb: str
) -> None:
    env = environment(big_classroom.database, mail_server)
    mail_server.at(verb, HOLD, about="student3")
    first = daemons.start(env | SHORT_LEASE)
    sessions = big_classroom.schedule_several(3)
    mail_server.wait_held()
    first.kill()
    mail_server.behave()
    daemons.start(env)
    wait_until(lambda: big_classroom.all_sent(3 * MANY), "everything is sent")

    assert_everybody_was_told_once(big_classroom, mail_server)
    for mail in mail_server.mails:
        body = mail.message.get_body(("plain",))
        assert body is not None
        assert all(str(session) in body.get_content() for session in sessions)
    assert in_doubt(big_classroom) <= 3 * MOST_IN_DOUBT


def test_a_mail_about_several_sessions_in_doubt_is_sent_again_as_it_was(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    mail_server.at(ACCEPTED, DROP, times=1)
    env = environment(classroom.database, mail_server, NOTIFIER_POLL_SECONDS="1")
    first_worker = daemons.start(env)
    sessions = classroom.schedule_several(3)
    wait_until(lambda: classroom.statuses() == {"sent": 6, "in_doubt": 3}, "one is in doubt")
    assert first_worker.stop() == 0
    classroom.change(sessions[0], title="Renamed meanwhile")
    classroom.make_due()
    daemons.start(env)
    wait_until(lambda: classroom.all_sent(9 + 3), "it is sent again, then the change")

    twice = [name for name, count in Counter(mail_server.recipients).items() if count == 3]
    first, again, change = (mail for mail in mail_server.mails if mail.recipient in twice)
    assert len(twice) == 1
    assert first.message_id == again.message_id
    assert first.message["Subject"] == again.message["Subject"]
    assert change.message_id != first.message_id
    assert change.message["Subject"].startswith("Updated: Renamed meanwhile")


def test_a_standing_by_worker_takes_over_within_five_seconds(
    big_classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    mail_server.at("DOT", HOLD)
    env = environment(big_classroom.database, mail_server, **NO_POLL)
    del env["NOTIFIER_LEASE_SECONDS"]  # the default is what keeps the promise
    first = daemons.start(env)
    big_classroom.schedule()
    for _ in range(LANES):
        mail_server.wait_held()
    second = daemons.start(env)
    first.kill()
    mail_server.behave()
    (within,) = big_classroom.conn.execute(
        "select max(lease_until) <= clock_timestamp() + interval '5 seconds' from notifier.emails"
    ).fetchone() or (None,)
    assert within is True

    wait_until(lambda: big_classroom.all_sent(MANY), "everything is sent")

    assert_everybody_was_told_once(big_classroom, mail_server)
    assert second.stop() == 0


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
def test_a_worker_that_slept_through_its_lease_sends_nothing_more_of_it(
    big_classroom: Classroom, mail_server: SmtpServer, daemons: Daemons, verb: str
) -> None:
    """Not even what it was in the middle of: it looks at its lease before the message goes out."""
    env = environment(big_classroom.database, mail_server)
    mail_server.at(verb, HOLD)
    sleeper = daemons.start(env | SHORT_LEASE)
    big_classroom.schedule()
    for _ in range(LANES):
        mail_server.wait_held()
    os.kill(sleeper.process.pid, signal.SIGSTOP)
    mail_server.behave()

    daemons.start(env)
    wait_until(lambda: big_classroom.all_sent(MANY), "the other worker has sent everything")
    os.kill(sleeper.process.pid, signal.SIGCONT)

    wait_until(lambda: sleeper.log.count(" mail_lost ") >= LANES, "it gives up what it held")
    assert sleeper.stop() == 0
    assert set(Counter(mail_server.recipients).values()) == {1}
    assert_everybody_was_told_once(big_classroom, mail_server)


def test_a_mail_in_doubt_is_flagged_and_sent_again_with_the_same_message_id(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    mail_server.at(ACCEPTED, DROP, times=1)
    daemon = daemons.start(environment(classroom.database, mail_server, NOTIFIER_POLL_SECONDS="1"))
    classroom.schedule()
    wait_until(lambda: classroom.statuses() == {"sent": 2, "in_doubt": 1}, "one is in doubt")
    classroom.make_due()
    wait_until(lambda: classroom.all_sent(3), "it is sent again")
    assert daemon.stop() == 0

    (twice,) = (name for name, count in Counter(mail_server.recipients).items() if count == 2)
    assert len({mail.message_id for mail in mail_server.mails if mail.recipient == twice}) == 1
    assert_everybody_was_told_once(classroom, mail_server)
    failed, resent = (
        line
        for line in daemon.events("mail")
        if line["attempt"] == "2" or line["outcome"] == "in_doubt"
    )
    assert failed["failure"] == "unknown"
    assert resent["resend"] == "true"


# Several workers


def test_two_workers_share_the_work_and_send_nothing_twice(
    big_classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    env = environment(big_classroom.database, mail_server)
    workers = [daemons.start(env) for _ in range(2)]

    for number in range(5):
        big_classroom.schedule(f"Session {number}")
    wait_until(lambda: big_classroom.all_sent(5 * MANY), "everything is sent")

    assert (
        len({mail.message_id for mail in mail_server.mails}) == len(mail_server.mails) == 5 * MANY
    )
    assert in_doubt(big_classroom) == 0
    assert [worker.stop() for worker in workers] == [0, 0]
    assert sum(len(worker.events("mail")) for worker in workers) == 5 * MANY


# The database going away


def terminate_notifiers(classroom: Classroom) -> int:
    with psycopg.connect(classroom.database.superuser_url, autocommit=True) as conn:
        return len(
            conn.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where usename = 'notifier' and datname = current_database()"
            ).fetchall()
        )


def test_killed_database_connections_are_opened_again_and_nothing_is_sent_twice(
    big_classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    mail_server.at("DOT", HOLD)
    daemon = daemons.start(environment(big_classroom.database, mail_server))
    big_classroom.schedule()
    for _ in range(LANES):
        mail_server.wait_held()

    assert terminate_notifiers(big_classroom) >= 2
    mail_server.behave()
    wait_until(lambda: big_classroom.all_sent(MANY), "everything is sent")

    assert set(Counter(mail_server.recipients).values()) == {1}
    assert in_doubt(big_classroom) == 0
    daemon.wait_for("listener_lost")
    wait_until(lambda: daemon.log.count(" listening ") == 2, "it listens again")
    big_classroom.schedule("Another one")
    wait_until(lambda: big_classroom.all_sent(2 * MANY), "and hears")
    assert daemon.stop() == 0


def test_what_was_accepted_while_the_database_is_read_only_is_recorded_when_it_is_not(
    big_classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    """As after a fail-over to a standby, until that is promoted, and on a full disk."""
    name = big_classroom.conn.info.dbname
    mail_server.at("DOT", HOLD)
    daemon = daemons.start(
        environment(big_classroom.database, mail_server, NOTIFIER_LEASE_SECONDS="60")
    )
    big_classroom.schedule()
    for _ in range(LANES):
        mail_server.wait_held()

    with psycopg.connect(big_classroom.database.superuser_url, autocommit=True) as superuser:
        setting = f"alter role notifier in database {name} set default_transaction_read_only"
        superuser.execute(f"{setting} = on".encode())
        terminate_notifiers(big_classroom)
        mail_server.behave()
        daemon.wait_for("(25006)")
        wait_until(lambda: len(mail_server.mails) >= LANES, "mails accepted meanwhile")
        superuser.execute(f"{setting} to default".encode())
    terminate_notifiers(big_classroom)
    big_classroom.conn.execute(
        "update notifier.emails set lease_until = clock_timestamp() where status = 'claimed'"
    )

    wait_until(lambda: big_classroom.all_sent(MANY), "everything is sent")
    assert set(Counter(mail_server.recipients).values()) == {1}
    assert in_doubt(big_classroom) == 0
    assert daemon.stop() == 0


def test_a_restart_of_the_database_while_mails_are_handed_over_sends_nothing_twice(
    big_classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    with in_thread(PgProxy(big_classroom.database.notifier_url)) as proxy:
        mail_server.at("DOT", HOLD)
        env = environment(proxy.url, mail_server, NOTIFIER_LEASE_SECONDS="60")
        daemon = daemons.start(env)
        big_classroom.schedule()
        for _ in range(LANES):
            mail_server.wait_held()

        proxy.refuse = True
        terminate_notifiers(big_classroom)
        mail_server.behave()
        daemon.wait_for("database_lost")
        wait_until(lambda: len(mail_server.mails) >= LANES, "mails accepted meanwhile")
        # A claim may have been made whose answer is lost: its mails wait for the end of the lease.
        big_classroom.conn.execute(
            "update notifier.emails set lease_until = clock_timestamp() where status = 'claimed'"
        )
        proxy.refuse = False

        wait_until(lambda: big_classroom.all_sent(MANY), "everything is sent")
        assert set(Counter(mail_server.recipients).values()) == {1}
        assert in_doubt(big_classroom) == 0
        assert daemon.stop() == 0


def test_a_notifier_may_start_before_the_database_does(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    with in_thread(PgProxy(classroom.database.notifier_url)) as proxy:
        proxy.frozen = True
        env = environment(proxy.url, mail_server)
        daemon = daemons.start(env, ready=False)
        classroom.schedule()
        wait_until(lambda: proxy.connections, "it tries to connect")
        proxy.frozen = False

        wait_until(lambda: classroom.all_sent(3), "mails sent")
        assert daemon.stop() == 0


# Notifications that do not come


def test_without_notifications_polling_finds_the_mail(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    daemon = daemons.start(environment(classroom.database, mail_server, NOTIFIER_POLL_SECONDS="1"))
    # A worker that promised to stay awake, and died: commits do not notify.
    classroom.conn.execute("update notifier.gate set awake_until = now() + interval '1 hour'")

    classroom.schedule()

    wait_until(lambda: classroom.all_sent(3), "mails sent")
    assert daemon.stop() == 0


def test_behind_a_transaction_pooler_it_polls_and_says_so(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    with in_thread(PgProxy(classroom.database.notifier_url)) as proxy:
        proxy.deaf = True
        daemon = daemons.start(environment(proxy.url, mail_server, **NO_POLL), ready=False)
        daemon.wait_for("polling_only")
        assert "transaction pooler" in daemon.log

        classroom.schedule()

        wait_until(lambda: classroom.all_sent(3), "mails sent")
        assert daemon.stop() == 0
        # Another client may be handed the same session, with other statements of the same names.
        assert proxy.prepared == set()


def test_on_sessions_of_its_own_it_prepares_what_it_asks(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    with in_thread(PgProxy(classroom.database.notifier_url)) as proxy:
        daemon = daemons.start(environment(proxy.url, mail_server, **NO_POLL))
        classroom.schedule()

        wait_until(lambda: classroom.all_sent(3), "mails sent")
        assert daemon.stop() == 0
        assert proxy.prepared != set()


# Broken mails and mail servers


def test_a_template_error_fails_that_mail_and_the_others_go_on(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons, tmp_path: Path
) -> None:
    broken = tmp_path / "notifier"
    shutil.copytree(Path(notifier.__file__).parent, broken)
    template = broken / "templates" / "mentor_assigned" / "body.txt"
    template.write_text("{{ session.no_such_thing }}")
    daemon = daemons.start(
        environment(classroom.database, mail_server, PYTHONPATH=str(tmp_path)), fresh=True
    )

    classroom.schedule(mentor=True)

    wait_until(lambda: classroom.statuses() == {"sent": 3, "dead": 1}, "students told, host not")
    (error,) = classroom.conn.execute(
        "select last_error from notifier.emails where status = 'dead'"
    ).fetchone() or (None,)
    assert "cannot render mentor_assigned" in str(error)
    assert "no_such_thing" in str(error)
    assert daemon.stop() == 0
    assert "mentor_assigned" in daemon.events("template_broken")[0]["error"]  # said at the start
    (line,) = (line for line in daemon.events("mail") if line["outcome"] == "dead")
    assert line["failure"] == "permanent"


def test_an_address_that_is_none_fails_that_mail_and_the_others_go_on(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    with psycopg.connect(classroom.database.superuser_url, autocommit=True) as conn:
        conn.execute(
            "update auth.users set email = %s where id = %s",
            ("student0@example.test\r\nBcc: evil@example.test", classroom.students[0]),
        )
    daemons.start(environment(classroom.database, mail_server))

    classroom.schedule()

    wait_until(lambda: classroom.statuses() == {"sent": 2, "dead": 1}, "two told")
    assert not [mail for mail in mail_server.mails if "evil" in mail.data.decode()]


def test_an_address_the_server_refuses_fails_that_mail_and_the_others_go_on(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    mail_server.at("RCPT", "550 5.1.1 <student1@example.test> unknown", about="student1@")
    daemon = daemons.start(environment(classroom.database, mail_server))

    classroom.schedule()

    wait_until(lambda: classroom.statuses() == {"sent": 2, "dead": 1}, "two told")
    (error,) = classroom.conn.execute(
        "select last_error from notifier.emails where status = 'dead'"
    ).fetchone() or (None,)
    assert "550" in str(error)
    assert "@" not in str(error)
    assert daemon.stop() == 0
    assert "@" not in daemon.log


def test_an_outage_that_no_login_shows_is_waited_out_ever_longer_and_costs_no_attempt(
    big_classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    mail_server.at("MAIL", "550 5.7.1 sender not authorised")
    daemon = daemons.start(environment(big_classroom.database, mail_server))
    big_classroom.schedule()

    wait_until(lambda: len(daemon.events("transport_down")) >= 3, "it has tried three times")
    waits = [float(event["retry_s"]) for event in daemon.events("transport_down")]
    assert waits[2] >= 2.0  # of 4, less some jitter
    mail_server.behave()
    wait_until(lambda: big_classroom.all_sent(MANY), "everybody is told")
    (attempts,) = big_classroom.conn.execute(
        "select array_agg(distinct attempts) from notifier.emails"
    ).fetchone() or (None,)
    assert attempts == [1]


def test_a_server_that_accepts_connections_and_says_nothing_holds_up_nothing_else(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    mail_server.at("EHLO", HANG)
    daemon = daemons.start(environment(classroom.database, mail_server))

    classroom.schedule()
    daemon.wait_for(" expanded ")
    assert daemon.stop() == 0

    assert "transport_down" not in daemon.log  # as it would be, had either waited for the server


def test_a_busy_mailbox_is_tried_again(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    mail_server.at("RCPT", "450 4.2.1 busy", about="student1@", times=1)
    daemons.start(environment(classroom.database, mail_server, NOTIFIER_POLL_SECONDS="1"))
    classroom.schedule()
    wait_until(lambda: classroom.statuses() == {"sent": 2, "queued": 1}, "one waits")

    classroom.make_due()

    wait_until(lambda: classroom.all_sent(3), "it is sent")
    assert set(Counter(mail_server.recipients).values()) == {1}


def test_with_a_wrong_password_nothing_is_tried_and_one_line_says_why(
    classroom: Classroom, daemons: Daemons
) -> None:
    with in_thread(SmtpServer(users={"mailer": "right"})) as server:
        daemon = daemons.start(
            environment(classroom.database, server, SMTP_USERNAME="mailer", SMTP_PASSWORD="wr0ng")
        )
        classroom.schedule()
        daemon.wait_for("transport_down")

        wait_until(lambda: classroom.statuses() == {"queued": 3}, "expanded, not tried")
        (attempts,) = classroom.conn.execute(
            "select max(attempts) from notifier.emails"
        ).fetchone() or (None,)
        assert attempts == 0
        assert (
            "check SMTP_USERNAME and SMTP_PASSWORD" in daemon.events("transport_down")[0]["reason"]
        )
        assert daemon.stop() == 0
        assert "wr0ng" not in daemon.log


def test_an_unreachable_server_is_waited_for(classroom: Classroom, daemons: Daemons) -> None:
    with ports.reserved() as port:
        server = SmtpServer(port=port)
        daemon = daemons.start(environment(classroom.database, server))
        classroom.schedule()
        daemon.wait_for("transport_down")
        wait_until(lambda: classroom.statuses() == {"queued": 3}, "expanded, not tried")

        with in_thread(server):
            wait_until(lambda: classroom.all_sent(3), "mails sent once it is there")
            assert len(server.mails) == 3
            assert daemon.stop() == 0
            assert daemon.events("transport_up")


def test_a_server_that_goes_away_in_the_middle_loses_nothing(
    big_classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    daemon = daemons.start(environment(big_classroom.database, mail_server))
    mail_server.at("MAIL", "421 4.3.2 shutting down", about="")
    big_classroom.schedule()
    daemon.wait_for("transport_down")
    wait_until(lambda: set(big_classroom.statuses()) == {"queued"}, "all waiting")

    mail_server.behave()
    big_classroom.make_due()

    wait_until(lambda: big_classroom.all_sent(MANY), "mails sent")
    assert set(Counter(mail_server.recipients).values()) == {1}


def test_a_dead_side_task_stops_the_process_and_finishes_what_is_under_way(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons, tmp_path: Path
) -> None:
    broken = tmp_path / "notifier"
    shutil.copytree(Path(notifier.__file__).parent, broken)
    order = tmp_path / "die"
    with (broken / "listener.py").open("a") as listener:
        listener.write(
            "\n\nasync def _die(self):\n"
            "    from pathlib import Path\n"
            f"    order = Path({str(order)!r})\n"
            "    while not order.exists():\n"
            "        await asyncio.sleep(0.01)\n"
            "    order.unlink()\n"
            "    raise RuntimeError('the listener is broken')\n\n\nListener.run = _die\n"
        )
    with (broken / "service.py").open("a") as service:
        service.write("\n\nSHORT_GRACE = 60.0\n")
    mail_server.at("DOT", HOLD)
    classroom.schedule()
    daemon = daemons.start(
        environment(classroom.database, mail_server, PYTHONPATH=str(tmp_path)),
        ready=False,
        fresh=True,
    )
    for _ in classroom.students:
        mail_server.wait_held()
    order.touch()
    wait_until(lambda: not order.exists(), "it dies")
    mail_server.behave()

    assert daemon.process.wait(60) == 1
    (died,) = daemon.events("died")
    assert "the listener is broken" in died["traceback"]
    assert classroom.all_sent(3)
