"""The notifier at work: a commit becomes mails in mailboxes, each once, quickly and in order."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial

import icalendar
import psycopg

from support.classroom import Classroom
from support.daemon import Daemons, environment
from support.smtp_server import HOLD, Mail, SmtpServer
from support.waiting import wait_until


def test_an_admins_commit_becomes_one_mail_for_everybody_concerned(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    daemon = daemons.start(environment(classroom.database, mail_server))

    session = classroom.schedule("Week 6: joins", mentor=True)
    wait_until(lambda: classroom.all_sent(4), "four mails sent")

    assert daemon.stop() == 0
    by_recipient = {mail.recipient.split("@")[0]: mail.message for mail in mail_server.mails}
    assert len(mail_server.mails) == len(by_recipient) == 4
    for number in range(3):
        message = by_recipient[f"student{number}"]
        assert message["Subject"].startswith("New session: Week 6: joins")
        body = message.get_body(("plain",))
        assert body is not None
        assert f"Hi Student {number}," in body.get_content()
        assert f"https://app.live-sessions.test/sessions/{session}" in body.get_content()
    (host,) = (by_recipient[name] for name in by_recipient if name.startswith("amara"))
    assert host["Subject"].startswith("You host: Week 6: joins")


def test_the_application_s_address_reaches_the_calendars_that_the_database_serves(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    daemons.start(environment(classroom.database, mail_server))

    def app_url() -> object:
        return classroom.conn.execute("select app_url from public.app_settings").fetchone()

    wait_until(lambda: app_url() != (None,), "the address")
    assert app_url() == ("https://app.live-sessions.test",)


def test_each_change_is_told_with_a_calendar_that_updates_the_last(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    daemons.start(environment(classroom.database, mail_server))
    session = classroom.schedule()
    wait_until(lambda: classroom.all_sent(3), "invitations")
    classroom.reschedule(session)
    wait_until(lambda: classroom.all_sent(6), "new times")
    classroom.change(session, title="Week 6, again")
    wait_until(lambda: classroom.all_sent(9), "updates")
    classroom.change(session, status="cancelled", cancel_reason="The mentor is unwell.")
    wait_until(lambda: classroom.all_sent(12), "cancellations")

    mine = [mail.message for mail in mail_server.mails if mail.recipient.startswith("student0@")]

    assert [message["Subject"].split(":")[0] for message in mine] == [
        "New session",
        "Rescheduled",
        "Updated",
        "Cancelled",
    ]
    events = []
    for message in mine:
        for part in message.walk():
            if part.get_content_type() == "text/calendar":
                payload = part.get_payload(decode=True)
                assert isinstance(payload, bytes)
                calendar = icalendar.Calendar.from_ical(payload)
                assert calendar["METHOD"] == part["Content-Type"].params["method"]
                events += [(str(calendar["METHOD"]), event) for event in calendar.walk("VEVENT")]
    assert [method for method, _ in events] == ["REQUEST", "REQUEST", "REQUEST", "CANCEL"]
    assert len({str(event["UID"]) for _, event in events}) == 1
    sequences = [int(str(event["SEQUENCE"])) for _, event in events]
    assert sequences == sorted(set(sequences))


def calendar_events(mail: Mail) -> list[tuple[str, icalendar.Component]]:
    """The events of all calendars of a mail, each once, with their methods."""
    found: list[tuple[str, icalendar.Component]] = []
    for part in mail.message.walk():
        if part.get_content_disposition() == "attachment":
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            calendar = icalendar.Calendar.from_ical(payload)
            method = str(calendar["METHOD"])
            assert part["Content-Type"].params.get("method", method) == method
            found += [(method, event) for event in calendar.walk("VEVENT")]
    return found


def test_a_commit_about_several_sessions_becomes_one_mail_for_everybody_concerned(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    daemon = daemons.start(environment(classroom.database, mail_server))
    sessions = classroom.schedule_several(3, mentor=True)
    wait_until(lambda: classroom.all_sent(4 * 3), "invitations")

    with classroom.conn.transaction():
        classroom.change(sessions[0], status="cancelled", cancel_reason="Holiday.")
        classroom.reschedule(sessions[1])
        classroom.change(sessions[2], title="Last week")
    wait_until(lambda: classroom.all_sent(8 * 3), "updates")

    assert daemon.stop() == 0
    assert Counter(Counter(mail_server.recipients).values()) == {2: 4}
    first, second = (mail for mail in mail_server.mails if mail.recipient.startswith("student0@"))
    assert first.message["Subject"].startswith("New sessions: Data Analytics")
    assert second.message["Subject"].endswith("1 cancelled, 1 moved, 1 changed")
    for mail in (first, second):
        body = mail.message.get_body(("plain",))
        assert body is not None
        for session in sessions:
            assert f"https://app.live-sessions.test/sessions/{session}" in body.get_content()
    invited, updated = calendar_events(first), calendar_events(second)
    assert [method for method, _ in invited] == ["REQUEST"] * 3
    assert sorted(method for method, _ in updated) == ["CANCEL", "REQUEST", "REQUEST"]
    assert {str(event["UID"]) for _, event in invited} == {str(e["UID"]) for _, e in updated}
    hosts = [mail for mail in mail_server.mails if mail.recipient.startswith("amara")]
    assert hosts[0].message["Subject"].startswith("You host: Data Analytics")
    for line in daemon.events("mail"):
        assert (line["outcome"], line["sessions"]) == ("sent", "3")


def test_changes_that_pile_up_become_one_mail(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    session = classroom.schedule()
    classroom.change(session, title="Week 6, renamed")
    classroom.reschedule(session)

    daemons.start(environment(classroom.database, mail_server))
    wait_until(lambda: classroom.statuses().get("sent") == 3, "mails sent")

    assert len(mail_server.mails) == 3
    assert all(
        mail.message["Subject"].startswith("New session: Week 6, renamed")
        for mail in mail_server.mails
    )


def test_a_mail_of_a_change_waits_for_the_one_before_it(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    mail_server.at("DOT", HOLD, about="student0@")
    daemons.start(environment(classroom.database, mail_server))
    session = classroom.schedule()
    mail_server.wait_held()
    classroom.reschedule(session)
    wait_until(lambda: len(mail_server.mails) == 4, "the others have both")

    assert not [name for name in mail_server.recipients if name.startswith("student0@")]
    mail_server.behave()
    wait_until(lambda: classroom.all_sent(6), "the rest")

    mine = [mail.message for mail in mail_server.mails if mail.recipient.startswith("student0@")]
    assert [message["Subject"].split(":")[0] for message in mine] == ["New session", "Rescheduled"]


def test_a_rolled_back_session_is_told_to_nobody(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    daemons.start(environment(classroom.database, mail_server))
    with psycopg.connect(classroom.database.url) as conn:
        conn.execute(
            "insert into public.success_sessions (title, course_id, batch_id, start_time, link)"
            " values ('never', %s, %s, now() + interval '1 day', 'https://zoom.us/j/1')",
            (classroom.course, classroom.batch),
        )
        conn.rollback()

    classroom.schedule("Real one")
    wait_until(lambda: classroom.all_sent(3), "mails sent")

    assert all("Real one" in mail.message["Subject"] for mail in mail_server.mails)


def test_the_clock_starts_and_ends_sessions_and_brings_the_summary(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    session = classroom.schedule(mentor=True, starts=timedelta(seconds=1))
    daemons.start(environment(classroom.database, mail_server))

    def status() -> object:
        row = classroom.conn.execute(
            "select status::text from public.success_sessions where id = %s", (session,)
        ).fetchone()
        return row and row[0]

    wait_until(lambda: status() == "live", "the session starts")
    # Only now, so that a slow machine sees the session live before it is over.
    classroom.conn.execute(
        "update public.success_sessions set end_time = clock_timestamp() + interval '1 second'"
        " where id = %s",
        (session,),
    )
    wait_until(lambda: status() == "completed", "the session ends")
    wait_until(
        lambda: any("Attendance" in mail.message["Subject"] for mail in mail_server.mails),
        "the mentor's summary",
    )

    (summary,) = (mail for mail in mail_server.mails if "Attendance" in mail.message["Subject"])
    assert summary.recipient.startswith("amara")
    assert summary.message["Subject"].endswith("0 of 3 took part")
    body = summary.message.get_body(("plain",))
    assert body is not None
    assert "- Student 0: Absent" in body.get_content()


def test_logs_have_one_line_per_mail_and_no_address(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    daemon = daemons.start(environment(classroom.database, mail_server))
    classroom.schedule()
    wait_until(lambda: classroom.all_sent(3), "mails sent")
    daemon.stop()

    lines = daemon.events("mail")
    assert len(lines) == 3
    for line in lines:
        assert line["kind"] == "session_scheduled"
        assert line["outcome"] == "sent"
        assert line["transport"] == "smtp"
        assert float(line["ms"]) > 0
        assert line["id"]
        assert line["event"]
    assert "@" not in daemon.log
    assert "notifier:notifier" not in daemon.log


def test_an_idle_notifier_asks_for_notifications_again(
    classroom: Classroom, mail_server: SmtpServer, daemons: Daemons
) -> None:
    daemon = daemons.start(
        environment(classroom.database, mail_server, NOTIFIER_POLL_SECONDS="300")
    )
    for number in range(5):
        classroom.schedule(f"Session {number}", starts=timedelta(days=number + 2))
        wait_until(partial(classroom.all_sent, (number + 1) * 3), "mails sent")

    wait_until(lambda: _gate_is_open(classroom), "the gate is open")
    assert daemon.stop() == 0  # and does not sleep on when it is told to end


def _gate_is_open(classroom: Classroom) -> bool:
    row = classroom.conn.execute(
        "select awake_until < clock_timestamp() from notifier.gate"
    ).fetchone()
    return row == (True,)
