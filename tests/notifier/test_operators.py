"""The operators' commands: dead mails, doubt, replay, purge, a test mail."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import uuid4

import pytest

from notifier import operate
from notifier.__main__ import main
from notifier.table import age, table
from support.classroom import Classroom
from support.daemon import Daemons, environment
from support.outbox import Outbox
from support.resend_server import API_KEY, ResendServer
from support.smtp_server import SmtpServer
from support.threads import in_thread
from support.waiting import wait_until

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(
    classroom: Classroom, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Runs a command in this process; its exit code and what it printed."""
    monkeypatch.setenv("DATABASE_URL", classroom.database.notifier_url)

    def run(*arguments: str) -> tuple[int, str]:
        code = main(arguments)
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def kill_one(classroom: Classroom) -> str:
    """Have one mail refused for good, and leave two queued; the dead one's id."""
    outbox: Outbox = classroom.outbox
    classroom.schedule()
    outbox.expand()
    (email,) = outbox.claim(1)
    outbox.fail(email, "permanent", "550 5.1.1 <student0@example.test> unknown")
    return str(email.email_id)


def test_words_in_another_encoding_are_refused(run: Run) -> None:
    """Such as a terminal of Latin-1 sends; the command ended with a traceback."""
    latin = "jos\xe9@example.test".encode("latin-1").decode("utf-8", "surrogateescape")

    assert run("suppress", "add", latin) == (2, "notifier: the command line is not in UTF-8\n")


def test_dead_mails_are_listed_shown_tried_again_and_discarded(
    classroom: Classroom, run: Run
) -> None:
    dead = kill_one(classroom)

    code, listed = run("dead", "list")
    assert code == 0
    header, line = listed.splitlines()
    assert header.split() == ["mail", "kind", "queued", "attempts", "error"]
    assert line.split()[:2] == [dead, "session_scheduled"]
    assert "550" in line
    code, shown = run("dead", "show", dead)
    assert code == 0
    assert json.loads(shown)["status"] == "dead"
    assert "@" not in listed + shown

    assert run("dead", "retry", dead) == (0, "1 mail queued again\n")
    assert classroom.statuses() == {"queued": 3}
    (email,) = classroom.outbox.claim(1)
    classroom.outbox.fail(email, "permanent")
    assert run("dead", "discard", "--all") == (0, "1 mail discarded\n")
    assert classroom.statuses() == {"queued": 2, "skipped": 1}


def test_what_does_not_exist_is_said_so(run: Run) -> None:
    assert run("dead", "show", str(uuid4())) == (1, "nothing is known of it\n")
    assert run("replay", "999") == (
        1,
        "notifier: there is no event 999 (PT404)."
        " Events are kept as long as notifier.purge() leaves them.\n",
    )


def test_what_is_refused_is_said_with_what_to_do_instead(run: Run) -> None:
    refused = run("limit", "set", "someone@example.test", "60")

    said = "notifier: domain is not a mail domain (22023). Send what follows the @, such as"
    assert (refused[0], refused[1].startswith(said)) == (1, True)
    assert refused[1].count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (("dead", "list", "--limit", "99999999999999"), "--limit"),
        (("in-doubt", "--limit", "-1"), "--limit"),
        (("suppress", "list", "--limit", "0"), "--limit"),
        (("replay", "99999999999999999999"), "EVENT"),
        (("limit", "set", "example.test", "99999999999"), "MAILS"),
        (("limit", "set", "example.test", "sixty"), "MAILS"),
    ],
)
def test_a_number_that_is_none_of_the_databases_is_named(
    arguments: tuple[str, ...], names: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2
    assert f"argument {names}: {arguments[-1]!r} is not a whole number from 1 to" in (
        capsys.readouterr().err
    )


def test_mails_in_doubt_are_listed(classroom: Classroom, run: Run) -> None:
    classroom.schedule()
    classroom.outbox.expand()
    (email,) = classroom.outbox.claim(1)
    classroom.outbox.begin(email)
    classroom.outbox.fail(email, "unknown", "no answer")

    code, listed = run("in-doubt")

    assert code == 0
    assert listed.splitlines()[1].split()[0] == str(email.email_id)


def test_status_says_who_works_and_what_waits(classroom: Classroom, run: Run) -> None:
    classroom.schedule()
    classroom.outbox.expand()
    classroom.outbox.claim(2)
    classroom.schedule("Another")

    code, said = run("status")

    assert code == 0
    _, waiting, workers = said.split("\n\n")
    assert ["events", "to", "expand", "1"] in [line.split() for line in waiting.splitlines()]
    assert workers.splitlines()[1].split()[:3] == ["a", "worker", "2"]


def test_an_event_is_told_again(
    classroom: Classroom, run: Run, mail_server: SmtpServer, daemons: Daemons
) -> None:
    env = environment(classroom.database, mail_server)
    classroom.schedule()
    daemons.run(env, "once")
    (event,) = classroom.outbox.rows("events")

    code, said = run("replay", str(event["id"]))

    assert (code, said.split()[:2]) == (0, ["event", str(event["id"])])
    daemons.run(env, "once")
    assert Counter(mail_server.recipients) == {f"student{n}@example.test": 2 for n in range(3)}
    assert len({mail.message_id for mail in mail_server.mails}) == 6


def test_what_is_not_told_again_with_an_event_is_named(classroom: Classroom, run: Run) -> None:
    session = classroom.schedule()
    classroom.outbox.deliver()
    (event,) = classroom.outbox.rows("events")
    classroom.conn.execute(
        "insert into notifier.emails (event_id, session_id, recipient_id, kind)"
        " values (%s, %s, %s, 'weekly_summary')",
        (event["id"], session, classroom.admin),
    )

    code, said = run("replay", str(event["id"]))

    assert code == 0
    assert said.endswith(f" {event['id'] + 1}, but for weekly_summary\n")


def test_purge_forgets_what_is_old_and_only_that(
    classroom: Classroom, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operate, "BATCH", 1)
    session = classroom.schedule()
    classroom.outbox.deliver()
    classroom.change(session, status="cancelled")
    classroom.outbox.deliver()
    classroom.conn.execute("delete from public.success_sessions where id = %s", (session,))
    assert run("purge", "--older-than", "90d") == (0, "0 mails and 0 events forgotten\n")

    code, said = run("purge", "--older-than", "0h")

    assert code == 0
    assert said == "6 mails and 2 events forgotten\n"
    assert classroom.statuses() == {}


def test_addresses_are_suppressed_listed_and_taken_back(classroom: Classroom, run: Run) -> None:
    address = "Student0@example.test"
    assert run("suppress", "add", address) == (0, "suppressed\n")
    assert run("suppress", "add", address.lower()) == (0, "was suppressed already\n")

    for listed in (run("suppress", "list"), run("suppress", "list", address)):
        assert listed[0] == 0
        assert listed[1].splitlines()[1].split()[1:3] == ["operator", "0"]
        assert len(listed[1].splitlines()) == 2
        assert "@" not in listed[1]
    assert len(run("suppress", "list", "student1@example.test")[1].splitlines()) == 1

    assert run("suppress", "remove", address) == (0, "mail is sent to it again\n")
    assert run("suppress", "remove", address) == (1, "nothing is known of it\n")
    code, refused = run("suppress", "add", "nobody")
    assert (code, "not a mail address" in refused) == (1, True)


def has_sent(classroom: Classroom, mails: int) -> bool:
    return classroom.statuses().get("sent") == mails


def has_refused(classroom: Classroom, mails: int) -> bool:
    """Whether so many refusals are counted, which is done after the mail is given up."""
    strikes = classroom.conn.execute("select strikes from notifier.suppressions").fetchall()
    return strikes == [(mails,)]


def test_a_mailbox_that_does_not_exist_is_written_to_so_often_and_no_more(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    mail_server.at("RCPT", "550 5.1.1 <student1@example.test> unknown", about="student1@")
    daemons.start(environment(classroom.database, mail_server, NOTIFIER_SUPPRESS_AFTER="2"))

    for number in range(3):
        classroom.schedule(f"Session {number}")
        wait_until(partial(has_sent, classroom, 2 * (number + 1)), "two are told")
        wait_until(partial(has_refused, classroom, min(number + 1, 2)), "the third is not")

    wait_until(
        lambda: classroom.statuses() == {"sent": 6, "dead": 2, "skipped": 1}, "the third is skipped"
    )
    assert [row["skip_reason"] for row in classroom.outbox.rows(status="skipped")] == ["suppressed"]


def test_a_test_mail_goes_the_way_of_every_mail(classroom: Classroom, daemons: Daemons) -> None:
    with in_thread(SmtpServer()) as down, in_thread(ResendServer()) as api:
        down.at("MAIL", "554 5.7.1 no service")
        env = environment(classroom.database, down, RESEND_API_KEY=API_KEY, RESEND_API_URL=api.url)

        ended = daemons.run(env, "send-test", "operator@example.test")

        assert (ended.returncode, ended.stdout) == (0, "resend: accepted\n")
        (mail,) = api.mails
        assert "operator@example.test" in mail.request["to"][0]
        assert "attachments" not in mail.request
        assert "@" not in ended.stderr
    assert classroom.statuses() == {}


def test_a_test_mail_that_is_refused_says_why(classroom: Classroom, daemons: Daemons) -> None:
    with in_thread(SmtpServer()) as server:
        server.at("RCPT", "550 5.1.1 unknown")
        env = environment(classroom.database, server)

        refused = daemons.run(env, "send-test", "operator@example.test")
        nonsense = daemons.run(env, "send-test", "no address")

    assert refused.returncode == 1
    assert refused.stdout.startswith("smtp: permanent: 550 5.1.1 unknown")
    assert nonsense.returncode == 1
    assert "not a mail address" in nonsense.stderr


def test_limits_are_set_shown_and_lifted(classroom: Classroom, run: Run) -> None:
    assert run("limit", "set", "example.test", "60") == (0, "at most 60 mails a minute\n")

    code, listed = run("limit", "list")
    assert code == 0
    assert listed.splitlines()[1].split() == ["example.test", "60", "now"]

    assert run("limit", "lift", "example.test") == (0, "no limit\n")
    assert len(run("limit", "list")[1].splitlines()) == 1
    code, refused = run("limit", "set", "nobody@example.test", "60")
    assert (code, "not a mail domain" in refused) == (1, True)


def test_a_worker_keeps_to_a_limit_and_sends_what_has_waited(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons, run: Run
) -> None:
    run("limit", "set", "example.test", "1")
    daemon = daemons.start(environment(classroom.database, mail_server, NOTIFIER_POLL_SECONDS="1"))

    classroom.schedule()
    wait_until(lambda: classroom.statuses() == {"sent": 1, "queued": 2}, "one goes")
    wait_until(lambda: daemon.events("mails_postponed"), "it says so")
    assert [line["emails"] for line in daemon.events("mails_postponed")] == ["2"]

    classroom.make_due()
    wait_until(lambda: classroom.all_sent(3), "their turns have come")
    assert daemon.stop() == 0
    assert daemon.events("mail_lost") == []


def test_ages_are_in_the_largest_unit_that_fits() -> None:
    now = datetime(2027, 3, 4, 17, tzinfo=UTC)

    for seconds, said in (
        (0.4, "0 s ago"),
        (59, "59 s ago"),
        (60, "1 min ago"),
        (3599, "59 min ago"),
        (3600, "1 h ago"),
        (86_399, "23 h ago"),
        (86_400, "1 d ago"),
        (-7200, "in 2 h"),
    ):
        assert age(now - timedelta(seconds=seconds), now) == said
    assert age(None, now) == ""


def test_columns_are_as_wide_as_what_stands_in_them_and_lines_end_where_it_does() -> None:
    rows = [("a", "10", "refused"), ("a long name", "5", "")]

    assert table(("name", "mails", "why"), rows, right=frozenset({1})).split("\n") == [
        "name         mails  why",
        "a               10  refused",
        "a long name      5",
    ]
