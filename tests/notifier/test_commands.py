"""The command line: what operators see, and the exit codes their tools go by."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from email import message_from_bytes, policy

import psycopg
import pytest

from devstack.databases import Database
from notifier.__main__ import main
from notifier.render import known_kinds
from notifier.samples import all_samples
from support.classroom import Classroom
from support.daemon import APP_URL, EMAIL_FROM, Daemons, environment
from support.resend_server import API_KEY, ResendServer
from support.smtp_server import SmtpServer
from support.threads import in_thread


def test_a_missing_setting_stops_the_start_with_one_line(daemons: Daemons) -> None:
    for command in ("run", "once", "check"):
        ended = daemons.run({"PATH": "/usr/bin:/bin"}, command, fresh=command == "run")

        assert ended.returncode == 2
        assert ended.stderr.count("\n") == 1
        assert ended.stderr.startswith("notifier: SMTP_HOST and RESEND_API_KEY are both unset")
        assert ended.stdout == ""


def test_status_needs_nothing_but_the_database(daemons: Daemons) -> None:
    ended = daemons.run({"PATH": "/usr/bin:/bin"}, "status")

    assert ended.returncode == 2
    assert ended.stderr.startswith("notifier: DATABASE_URL is not set")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
def test_a_standard_stream_that_is_closed_is_not_taken_for_a_connection(
    closed: str, classroom: Classroom
) -> None:
    """A loop that closed such a connection would abort."""
    command = f'exec "$0" -m notifier status {closed}'
    env = environment(classroom.database)
    ended = subprocess.run(["/bin/sh", "-c", command, sys.executable], env=env, check=False)

    assert ended.returncode == 0


def test_once_sends_what_is_due_and_ends(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    env = environment(classroom.database, mail_server)
    session = classroom.schedule(mentor=True)
    classroom.reschedule(classroom.schedule("Another", starts=timedelta(days=2)))

    first = daemons.run(env, "once")
    classroom.reschedule(session)
    second = daemons.run(env, "once")
    third = daemons.run(env, "once")

    assert [ended.returncode for ended in (first, second, third)] == [0, 0, 0]
    assert "sent=7" in first.stderr
    assert "sent=4" in second.stderr
    assert "sent=0" in third.stderr
    assert len(mail_server.mails) == 11


def test_once_without_a_working_transport_fails_and_loses_nothing(
    classroom: Classroom, daemons: Daemons
) -> None:
    with in_thread(SmtpServer(users={"mailer": "right"})) as server:
        classroom.schedule()
        env = environment(classroom.database, server, SMTP_USERNAME="mailer", SMTP_PASSWORD="wr0ng")

        ended = daemons.run(env, "once")

    assert ended.returncode == 1
    assert "check SMTP_USERNAME and SMTP_PASSWORD" in ended.stderr
    assert "wr0ng" not in ended.stderr
    assert "Traceback" not in ended.stderr
    assert classroom.statuses() == {"queued": 3}


def test_once_sends_over_resend(classroom: Classroom, daemons: Daemons) -> None:
    with in_thread(ResendServer()) as server:
        classroom.schedule()
        env = environment(classroom.database, RESEND_API_KEY=API_KEY, RESEND_API_URL=server.url)

        ended = daemons.run(env, "once")

        assert ended.returncode == 0
        keys = {row[0] for row in classroom.conn.execute("select id::text from notifier.emails")}
        assert {mail.key for mail in server.mails} == keys
        assert {mail.request["to"][0] for mail in server.mails} == {
            f'"Student {number}" <student{number}@example.test>' for number in range(3)
        }
    assert classroom.all_sent(3)


def test_once_fails_over_to_resend(classroom: Classroom, daemons: Daemons) -> None:
    with in_thread(ResendServer()) as server, in_thread(SmtpServer()) as down:
        down.at("MAIL", "554 5.7.1 no service")
        classroom.schedule()
        env = environment(
            classroom.database, down, RESEND_API_KEY=API_KEY, RESEND_API_URL=server.url
        )

        ended = daemons.run(env, "once")

        assert ended.returncode == 0
        assert len(server.mails) == 3
    assert "failing_over" in ended.stderr
    rows = classroom.conn.execute("select distinct transport from notifier.emails").fetchall()
    assert rows == [("resend",)]


def test_status_shows_the_queue_as_a_table(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    env = environment(classroom.database, mail_server)
    classroom.schedule()
    daemons.run(env, "once")
    classroom.outbox.expand()

    ended = daemons.run({"DATABASE_URL": classroom.database.notifier_url}, "status")

    assert ended.returncode == 0
    header, *rows = [line.split() for line in ended.stdout.split("\n\n")[0].splitlines()]
    assert header == ["status", "mails", "oldest"]
    counts = {row[0]: row[1] for row in rows}
    assert counts["sent"] == "3"
    assert "nothing is due" in ended.stdout


def test_status_without_a_database_is_one_line(daemons: Daemons) -> None:
    ended = daemons.run(
        {"DATABASE_URL": "postgresql://notifier:hidden@127.0.0.1:1/postgres"}, "status"
    )

    assert ended.returncode == 1
    assert ended.stderr.startswith("notifier: ")
    assert "Traceback" not in ended.stderr
    assert "hidden" not in ended.stderr


def test_check_tries_everything_and_sends_nothing(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    classroom.schedule()
    with in_thread(ResendServer()) as server:
        env = environment(
            classroom.database, mail_server, RESEND_API_KEY=API_KEY, RESEND_API_URL=server.url
        )

        ended = daemons.run(env, "check")

        assert server.mails == []
    assert ended.returncode == 0
    database, smtp, resend = ended.stdout.splitlines()
    assert database.startswith("ok   database: PostgreSQL")
    assert "as role notifier" in database
    assert smtp.startswith("ok   smtp: localhost:")
    assert resend.startswith("ok   resend: the key is accepted")
    assert mail_server.mails == []
    assert classroom.statuses() == {}


def test_check_names_each_part_that_does_not_work(classroom: Classroom, daemons: Daemons) -> None:
    with (
        in_thread(SmtpServer(users={"mailer": "right"})) as server,
        in_thread(ResendServer()) as api,
    ):
        env = environment(
            "postgresql://notifier:hidden@127.0.0.1:1/postgres",
            server,
            SMTP_USERNAME="mailer",
            SMTP_PASSWORD="wr0ng",
            RESEND_API_KEY="re_wr0ng",
            RESEND_API_URL=api.url,
        )

        ended = daemons.run(env, "check")

    assert ended.returncode == 1
    database, smtp, resend = ended.stdout.splitlines()
    assert database.startswith("FAIL database: ")
    assert smtp.startswith("FAIL smtp: ")
    assert "SMTP_PASSWORD" in smtp
    assert resend.startswith("FAIL resend: 403 invalid_api_key")
    assert "hidden" not in ended.stdout
    assert "wr0ng" not in ended.stdout


def test_check_names_functions_that_may_not_be_executed(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    with psycopg.connect(classroom.database.url, autocommit=True) as conn:
        conn.execute("revoke execute on function notifier.tick() from notifier")

    ended = daemons.run(environment(classroom.database, mail_server), "check")

    assert ended.returncode == 1
    assert "may not execute notifier.tick()" in ended.stdout.splitlines()[0]


def test_check_names_a_database_that_nothing_can_be_written_to(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    env = environment(
        classroom.database, mail_server, PGOPTIONS="-c default_transaction_read_only=on"
    )

    ended = daemons.run(env, "check")

    assert ended.returncode == 1
    assert ended.stdout.startswith("FAIL database: nothing can be written there: name the primary")


def test_the_databases_settings_are_not_the_notifiers(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    database = classroom.database
    classroom.schedule(title="Godziny w Łodzi")
    with psycopg.connect(database.superuser_url, autocommit=True) as conn:
        for setting in (
            "client_encoding = 'LATIN1'",
            "default_transaction_isolation = serializable",
            "timezone = 'America/New_York'",
            "datestyle = 'German'",
            "intervalstyle = 'sql_standard'",
        ):
            conn.execute(f"alter database {database.name} set {setting}".encode())

    once, status = (
        daemons.run(environment(database, mail_server), command) for command in ("once", "status")
    )

    assert "sent=3" in once.stderr
    assert (once.returncode, status.returncode) == (0, 0)


def test_a_database_that_may_forget_its_last_commits_forgets_no_mail(database: Database) -> None:
    with psycopg.connect(database.superuser_url, autocommit=True) as conn:
        conn.execute(f"alter database {database.name} set synchronous_commit = off".encode())

    with psycopg.connect(database.notifier_url) as conn:
        assert conn.execute("show synchronous_commit").fetchone() == ("on",)


@pytest.mark.parametrize("command", ["run", "once"])
def test_without_a_function_nothing_is_sent_that_could_not_be_recorded(
    command: str, classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    function = "notifier.complete_emails(uuid, uuid[], text)"
    with psycopg.connect(classroom.database.url, autocommit=True) as conn:
        conn.execute(f"revoke execute on function {function} from notifier".encode())
    classroom.schedule()

    ended = daemons.run(environment(classroom.database, mail_server), command)

    assert ended.returncode == 1
    assert f"notifier: role notifier may not execute {function}: apply the" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert mail_server.mails == []


@pytest.mark.parametrize("kind", known_kinds())
def test_preview_writes_the_mail_to_files(kind: str, daemons: Daemons) -> None:
    ended = daemons.run({}, "preview", kind)

    assert ended.returncode == 0
    folder = daemons.folder / "preview"
    names = [kind, f"{kind}-several"] if kind.startswith("mentor_") else [kind]
    assert [line.split("/")[-1] for line in ended.stdout.splitlines()] == [
        f"{name}.{suffix}" for name in names for suffix in ("eml", "html", "txt")
    ]
    for name in names:
        message = message_from_bytes((folder / f"{name}.eml").read_bytes(), policy=policy.default)
        assert not message.defects
        assert (folder / f"{name}.html").read_text().startswith("<!doctype html>")
        assert str(message["Subject"]) in (folder / f"{name}.txt").read_text()


def test_preview_all_uses_the_configured_sender(daemons: Daemons) -> None:
    ended = daemons.run({"EMAIL_FROM": EMAIL_FROM, "APP_URL": APP_URL}, "preview", "all", "-o", "x")

    assert ended.returncode == 0
    assert len(ended.stdout.splitlines()) == 3 * len(all_samples())
    message = (daemons.folder / "x" / "session_scheduled.eml").read_text()
    assert "From: Live Sessions\n <sessions@live-sessions.test>" in message
    assert APP_URL in (daemons.folder / "x" / "session_scheduled.txt").read_text()


def test_preview_in_a_language_writes_over_what_it_wrote_before(daemons: Daemons) -> None:
    for locale, subject in (("en", "Cancelled: "), ("pl", "Odwołane: ")):
        arguments = ("preview", "session_cancelled", "--locale", locale, "-o", "in/here")

        assert daemons.run({}, *arguments).returncode == 0

        text = (daemons.folder / "in" / "here" / "session_cancelled.txt").read_text()
        assert text.startswith(subject)


def test_an_unknown_kind_is_refused_with_the_known_ones(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["preview", "session_forgotten"])

    assert caught.value.code == 2
    assert "session_scheduled" in capsys.readouterr().err
