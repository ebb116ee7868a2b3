"""The report page: the figures of a period as one file that needs nothing else."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
from datetime import UTC, date, datetime, timedelta, tzinfo
from email import message_from_bytes, policy
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any, Self, cast
from uuid import uuid4
from zoneinfo import ZoneInfo

import psycopg
import pytest

from devstack.databases import Database
from notifier import report_mail
from notifier.charts import BOTTOM, HEIGHT, TOP, line_chart, nice_ceiling, stacked_bars
from notifier.config import load_settings
from notifier.message import Letter
from notifier.model import LeaseLostError, Outcome, Sent, TransportDownError
from notifier.outbox import Outbox, OutboxUnavailableError, ReportMail
from notifier.redact import redact
from notifier.report import ReportError, render_mail, render_report
from notifier.report_mail import Mailed, Reporter, last_week
from notifier.service import make_outbox
from notifier.transports import StillOurs, Transport
from notifier.views import PLURALS, SESSION_TYPES
from support.actors import as_user, refused
from support.daemon import Daemons, environment
from support.figures import FROM, TO, History
from support.rush import at_once
from support.smtp_server import ACCEPTED, DROP, HOLD, Mail, SmtpServer
from support.world import World

VOID = {"meta", "line", "rect", "circle", "polyline"}


class Page(HTMLParser):
    """What a page shows, and that every element of it is closed in its turn."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.rows: list[list[str]] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += attrs
        self.tags.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag not in VOID or tag in ("rect", "circle"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if self.open and self.open[-1] == tag:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, (tag, self.open)

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "style":
            return
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data
        self.texts.append(data.strip())


def reported(conn: psycopg.Connection, **changes: Any) -> dict[str, Any]:
    """What the database answers for the example's week."""
    row = conn.execute(
        "select notifier.report(%s, %s, 'UTC')", (changes.get("first", FROM), TO)
    ).fetchone()
    assert row is not None
    return dict(row[0])


@pytest.fixture
def history(conn: psycopg.Connection) -> History:
    return History.told(conn)


@pytest.fixture
def week(history: History) -> dict[str, Any]:
    return reported(history.conn)


def page_of(report: dict[str, Any]) -> tuple[str, Page]:
    html = render_report(json.dumps(report))
    return html, Page(html)


# -- The command -----------------------------------------------------------------------------------


@pytest.fixture
def told(database: Database) -> Database:
    with psycopg.connect(database.url) as conn:
        History.told(conn)
    return database


def test_report_writes_a_page_and_needs_nothing_but_the_database(
    told: Database, daemons: Daemons, tmp_path: Path
) -> None:
    env = {"DATABASE_URL": told.notifier_url, "PATH": "/usr/bin:/bin"}
    path = tmp_path / "week.html"
    days = ("--from", str(FROM), "--to", str(TO))

    ended = daemons.run(env, "report", *days, "-o", str(path))

    assert (ended.returncode, ended.stderr, ended.stdout) == (0, "", f"{path}\n")
    page = Page(path.read_text())
    assert "Mon, 3 Mar 2025 \N{EN DASH} Sun, 9 Mar 2025" in " ".join(page.texts)
    for shown in ("71%", "+21.4 points from the period before", "47.6 min", "33%", "75%"):
        assert shown in page.texts
    assert "4.0 of 5" in page.texts
    assert ["Marta", "2", "1", "71%", "50%", "0", "1", "75%", "4.0"] in page.rows
    assert (next(row for row in page.rows if row[0] == "Milo")[:-1]) == [
        "Milo",
        "0",
        "0",
        "\N{EN DASH}",
        "\N{EN DASH}",
        "1",
        "0",
        "\N{EN DASH}",
    ]
    assert ["Mon, 3 Mar 2025", "1", "0", "1", "1", "1", "1", "1", "75%", "42"] in page.rows


def test_days_that_the_database_refuses_are_named(told: Database, daemons: Daemons) -> None:
    env = {"DATABASE_URL": told.notifier_url, "PATH": "/usr/bin:/bin"}
    for arguments, said in (
        (("--from", "2025-03-09", "--to", "2025-03-03"), "to_date must not be before from_date"),
        (("--from", "2025-03-03", "--to", "2025-03-09", "--timezone", "Mars"), "'Mars' is unknown"),
    ):
        ended = daemons.run(env, "report", *arguments)
        assert ended.returncode == 1
        assert ended.stderr.count("\n") == 1
        assert said in ended.stderr


def test_days_that_are_none_are_a_mistake_of_the_command_line(daemons: Daemons) -> None:
    ended = daemons.run({"PATH": "/usr/bin:/bin"}, "report", "--from", "yesterday")

    assert ended.returncode == 2
    assert "--from" in ended.stderr


def test_the_notifier_may_ask_for_the_report_and_read_nothing_else(told: Database) -> None:
    with psycopg.connect(told.notifier_url) as conn:
        assert reported(conn)["total"]["attended"] == 5
        for query in (
            "select * from private.session_statistics",
            "select * from public.attendance_report('2025-03-03', '2025-03-09')",
            "select * from public.session_ratings",
        ):
            with refused(conn):
                conn.execute(query.encode())


# -- The page --------------------------------------------------------------------------------------


def test_nothing_comes_from_outside(week: dict[str, Any]) -> None:
    html, page = page_of(week)

    assert not re.search(r"https?:|//[a-z]|url\(|@import|javascript:", html)
    assert {"script", "img", "iframe", "object", "link", "a", "form"}.isdisjoint(page.tags)
    assert not [name for name, _ in page.attributes if name in ("src", "href", "srcset")]
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert "default-src 'none'" in html


def test_it_is_made_for_paper_too(week: dict[str, Any]) -> None:
    html, _ = page_of(week)

    assert "@page { size: A4;" in html
    assert "@media print" in html
    assert "break-inside: avoid" in html


def test_every_chart_says_in_words_what_it_is(week: dict[str, Any]) -> None:
    _, page = page_of(week)
    drawings = [name for name, value in page.attributes if name == "role" and value == "img"]
    labels = [value for name, value in page.attributes if name == "aria-label"]

    assert len(drawings) == len(labels) == 3
    assert all(labels)


def test_a_hostile_name_is_shown_as_it_is(history: History) -> None:
    name = "<script>alert('x')</script>&\"\u202e"
    history.conn.execute(
        "update public.profiles set full_name = %s where id = %s", (name, history.people["Marta"])
    )
    history.conn.execute("update public.courses set name = %s", (name,))

    html, page = page_of(reported(history.conn))

    assert "<script>" not in html
    assert "\u202e" not in html
    assert "<script>alert('x')</script>&\"" in [row[0].strip() for row in page.rows]


def test_a_session_type_that_is_newer_than_the_notifier_is_shown_by_its_name(
    week: dict[str, Any],
) -> None:
    week["kinds"].append({**week["kinds"][0], "session_type": "webinar"})

    assert ["webinar"] in [row[:1] for row in page_of(week)[1].rows]


def test_every_session_type_has_a_name_for_one_and_for_many(conn: psycopg.Connection) -> None:
    types = conn.execute("select unnest(enum_range(null::public.session_type))::text").fetchall()

    assert {row[0] for row in types} == set(SESSION_TYPES) == set(PLURALS)


def test_days_without_sessions_are_a_page_too(conn: psycopg.Connection) -> None:
    _, page = page_of(reported(conn))

    assert "No session of these days was completed or cancelled." in page.texts
    assert "svg" not in page.tags
    assert "nothing to compare with" in page.texts


def test_a_longer_period_is_cut_into_weeks_then_months(history: History) -> None:
    for first, grain, head in (
        ("2025-02-01", "week", "Week of"),
        ("2024-06-01", "month", "Month of"),
        ("2025-03-01", "day", "Day"),
    ):
        report = reported(history.conn, first=first)
        assert report["grain"] == grain
        assert head in [row[0] for row in page_of(report)[1].rows]


def test_the_lists_end_where_a_page_would(history: History) -> None:
    world = World(history.conn)
    for number in range(30):
        world.session(
            batch=world.batch(course=world.course(f"Course {number}")),
            mentor=world.mentor(f"Mentor {number}"),
            starts=datetime(2025, 3, 4, 9, tzinfo=UTC),
            status="completed",
        )
    report = reported(history.conn)

    assert (len(report["courses"]), len(report["mentors"])) == (25, 25)
    assert report["courses"][0]["name"] == "Data Engineering", "the one with most students"
    assert report["mentors"][0]["mentor_name"] == "Marta", "the one with most sessions"


FIGURES = {
    "attendance_rate": 0.5,
    "attendance_rate_change": -0.123,
    "sessions": 12_345,
    "cancelled_sessions": 1,
    "mean_minutes": 40.5,
    "minutes_p50": 39,
    "no_show_rate": 0.25,
    "no_shows": 2,
    "fill_rate": 0.75,
    "registered": 3,
    "seats": 4,
    "mean_rating": 4.26,
    "ratings": 1,
}


@pytest.mark.parametrize(
    ("locale", "changes", "lines"),
    [
        (
            "en",
            {},
            [
                "Attendance: 50% (-12.3 points from the period before)",
                "Sessions: 12,345 (1 cancelled)",
                "Time in the session: 40.5 min (half of all stayed up to 39 min)",
                "No-shows: 25% (2 of those who had registered)",
                "Seats taken: 75% (3 of 4)",
                "Rating: 4.3 of 5 (1 rating)",
            ],
        ),
        (
            "en-DE",
            {"attendance_rate_change": 0.04, "cancelled_sessions": 2, "ratings": 2},
            [
                "Attendance: 50\xa0% (+4,0 points from the period before)",
                "Sessions: 12.345 (2 cancelled)",
                "Time in the session: 40,5 min (half of all stayed up to 39 min)",
                "No-shows: 25\xa0% (2 of those who had registered)",
                "Seats taken: 75\xa0% (3 of 4)",
                "Rating: 4,3 of 5 (2 ratings)",
            ],
        ),
        (
            "en",
            {name: None for name, value in FIGURES.items() if isinstance(value, float)}
            | {"minutes_p50": None, "ratings": 0},
            [
                "Attendance: \N{EN DASH} (nothing to compare with)",
                "Sessions: 12,345 (1 cancelled)",
                "Time in the session: \N{EN DASH} (of nobody is it known)",
                "No-shows: \N{EN DASH} (2 of those who had registered)",
                "Seats taken: \N{EN DASH} (3 of 4)",
                "Rating: \N{EN DASH} (0 ratings)",
            ],
        ),
    ],
    ids=["English", "English with German numbers", "unknown"],
)
def test_each_figure_stands_by_its_name_as_the_reader_writes_numbers(
    week: dict[str, Any], locale: str, changes: dict[str, Any], lines: list[str]
) -> None:
    week["total"] |= FIGURES | changes
    edition = render_mail(json.dumps(week), "", "https://app.test", locale)

    assert "\n".join(lines) in edition.text_for("Hi")
    assert edition.text_for("Hi").rstrip().count("Live sessions") == 2, "the sender has no name"
    assert f'<html lang="{locale}" dir="ltr">' in edition.html_for("Hi")


@pytest.mark.parametrize(
    ("change", "direction"), [(0.1, "up"), (-0.1, "down"), (0.0, ""), (None, "")]
)
def test_more_attendance_is_marked_as_such_and_less(
    week: dict[str, Any], change: float | None, direction: str
) -> None:
    week["total"]["attendance_rate_change"] = change

    marked = [value for name, value in page_of(week)[1].attributes if name == "class"]

    assert marked[marked.index("tiles") + 1] == direction


def test_a_course_is_a_bar_as_long_as_its_attendance(week: dict[str, Any]) -> None:
    one = {"attendance_rate": 0.755, "attended": 3, "expected": 4, "sessions": 1}
    none = {"attendance_rate": None, "attended": 0, "expected": 0, "sessions": 2}
    week["courses"] = [{"name": name} | figures for name, figures in (("A", one), ("B", none))]

    html, page = page_of(week)

    assert {"3 of 4 in 1 session", "0 of 0 in 2 sessions"} <= set(page.texts)
    assert re.findall(r'class="present" width="([^"]+)" height="1"', html)[-2:] == ["75.5", "0"]


def test_a_mentor_without_a_name_and_what_was_handed_over_and_taken(week: dict[str, Any]) -> None:
    (marta, *_) = week["mentors"]
    marta |= {"mentor_name": None, "handed_over": 5, "taken_over": 6, "mean_rating": 4.26}

    assert ["(no name)", "2", "1", "71%", "50%", "5", "6", "75%", "4.3"] in page_of(week)[1].rows


def test_a_day_of_cancelled_sessions_is_in_the_table_and_has_no_share(week: dict[str, Any]) -> None:
    dash = "\N{EN DASH}"
    text = render_mail(json.dumps(week), "Acme", "https://app.test").text_for("Hi")

    assert ["Fri, 7 Mar 2025", "0", "1", "0", "0", "0", "0", "0", dash, dash] in page_of(week)[
        1
    ].rows
    assert "- Mon, 3 Mar 2025: 75%" in text
    assert "Fri, 7 Mar" not in text
    assert "Tue, 4 Mar 2025" not in text + render_report(json.dumps(week))
    week["total"]["sessions"] = 0
    assert "No sessions" not in page_of(week)[1].texts


def test_the_page_says_when_it_was_made_on_the_clock_of_its_days(week: dict[str, Any]) -> None:
    week |= {"made_at": "2025-03-10T12:30:00+00:00", "timezone": "Asia/Kolkata"}

    assert "Made on 10 March 2025, 18:00." in page_of(week)[0]


def test_stays_are_drawn_up_to_the_longest(week: dict[str, Any]) -> None:
    week["stays"] = [{"minutes": 10 * n, "students": n % 2} for n in range(1, 6)] + [
        {"minutes": 999, "students": 0}
    ]

    page = page_of(week)[1]

    assert "50: 1 students stayed so many minutes" in page.texts
    assert "999" not in page.texts


@pytest.mark.parametrize("missing", ["total", "periods", "stays", "mentors", "grain", "made_at"])
def test_an_answer_that_is_no_report_is_an_error(week: dict[str, Any], missing: str) -> None:
    del week[missing]
    with pytest.raises(ReportError, match=missing):
        page_of(week)


def test_a_name_that_is_no_text_is_an_error_too(week: dict[str, Any]) -> None:
    week["courses"][0]["name"] = 5
    with pytest.raises(ReportError, match="isprintable"):
        page_of(week)


# -- Charts ----------------------------------------------------------------------------------------


def test_a_line_breaks_where_nothing_is_known() -> None:
    chart = line_chart(["a", "b", "c", "d", "e"], [0.0, 1.0, None, 0.5, 0.25])

    assert [line.count(",") for line in chart.lines] == [2, 2]
    assert [dot.title for dot in chart.dots] == ["a: 0.0%", "b: 100.0%", "d: 50.0%", "e: 25.0%"]
    bottom, top, middle, _ = (dot.y for dot in chart.dots)
    assert (bottom, top) == (HEIGHT - BOTTOM, TOP)
    assert middle == pytest.approx((bottom + top) / 2)


def test_a_lone_point_is_a_dot_without_a_line() -> None:
    chart = line_chart(["a", "b"], [0.5, None])

    assert (len(chart.dots), chart.lines) == (1, ())


def test_bars_stand_on_each_other_and_are_as_high_as_their_counts() -> None:
    chart = stacked_bars(
        ["a"], [("one", "ones", [1]), ("none", "nones", [0]), ("two", "twos", [2])]
    )

    one, two = chart.bars
    assert two.height == pytest.approx(2 * one.height, abs=0.2)
    assert two.y + two.height == pytest.approx(one.y, abs=0.2)
    assert one.y + one.height == HEIGHT - BOTTOM
    assert [bar.title for bar in chart.bars] == ["a: 1 ones", "a: 2 twos"]
    assert [tick.label for tick in chart.ticks] == ["0", "1", "2", "3", "4"]


def test_labels_are_thinned_out_until_they_fit() -> None:
    for count in (1, 12, 13, 53, 366):
        marks = line_chart([str(number) for number in range(count)], [0.5] * count).marks
        assert 1 <= len(marks) <= 12
        gaps = {round(later.x - earlier.x) for earlier, later in pairwise(marks)}
        assert max(gaps, default=0) - min(gaps, default=0) <= 1


def test_scales_have_four_even_steps() -> None:
    scales = [base * 10**power for power in range(8) for base in (4, 8, 12, 20)]
    for number in [*range(1000), 12_345, 10**7]:
        assert nice_ceiling(number) == min(scale for scale in scales if scale >= number)


def test_dots_and_bars_stand_over_their_labels_on_the_same_scale() -> None:
    days = ["a", "b"]
    line = line_chart(days, [0.255, 1.0])
    bars = stacked_bars(days, [("one", "ones", [1500, 0]), ("two", "twos", [0, 500])])

    middles = [211.5, 542.5]  # of the halves of what is between the margins
    assert [mark.x for mark in line.marks] == [mark.x for mark in bars.marks] == middles
    assert [dot.x for dot in line.dots] == middles
    assert [bar.x + bar.width / 2 for bar in bars.bars] == pytest.approx(middles, abs=0.1)
    assert {bar.width for bar in bars.bars} == {231.7}, "with room between them"
    assert line.lines == ("211.5,161.5 542.5,14",)
    heights = [212.0, 162.5, 113.0, 63.5, 14.0]
    assert [tick.y for tick in line.ticks] == [tick.y for tick in bars.ticks] == heights
    assert [tick.label for tick in line.ticks] == ["0 %", "25 %", "50 %", "75 %", "100 %"]
    assert [tick.label for tick in bars.ticks] == ["0", "500", "1,000", "1,500", "2,000"]
    assert [dot.title for dot in line.dots] == ["a: 25.5%", "b: 100.0%"]
    assert [bar.title for bar in bars.bars] == ["a: 1,500 ones", "b: 500 twos"]


# -- By mail ---------------------------------------------------------------------------------------


def wants_it(database: Database, *names: str) -> None:
    """These people of the example ask for the weekly report, as they do through the API."""
    with psycopg.connect(database.url) as conn:
        for name in names:
            row = conn.execute(
                "select id from public.profiles where full_name = %s", (name,)
            ).fetchone()
            assert row is not None
            with as_user(conn, row[0]):
                conn.execute(
                    "insert into public.notification_preferences (kind) values ('weekly_report')"
                )


def reports(mail_server: SmtpServer) -> list[Mail]:
    """What it accepted of them, among other mails."""
    return [mail for mail in mail_server.mails if "Live sessions," in mail.message["Subject"]]


DAYS = ("--from", str(FROM), "--to", str(TO))


def test_the_report_is_mailed_to_managers_who_asked_for_it_once(
    told: Database, mail_server: SmtpServer, daemons: Daemons
) -> None:
    wants_it(told, "Ada", "Marta", "Ann")
    with psycopg.connect(told.url) as conn:
        World(conn).admin("Did not ask")
    env = environment(told, mail_server)

    first = daemons.run(env, "report", *DAYS, "--mail")
    again = daemons.run(env, "report", *DAYS, "--mail")
    other_days = daemons.run(env, "report", "--from", "2025-03-02", "--to", str(TO), "--mail")

    assert [ended.returncode for ended in (first, again, other_days)] == [0, 0, 0]
    assert first.stdout == "sent=1 failed=0 held=0\n", "mentors and students have no say in it"
    assert again.stdout == "sent=0 failed=0 held=0\n"
    assert other_days.stdout == "sent=1 failed=0 held=0\n"
    mail = message_from_bytes(mail_server.mails[0].data, policy=policy.default)
    assert mail["To"].startswith("Ada <")
    assert "attendance 71%" in mail["Subject"]
    for part in mail.walk():
        if part.get_content_maintype() == "text":
            body = part.get_content()
            for shown in ("Hi Ada,", "71%", "47.6 min", "Data Engineering", "Marta", "75%"):
                assert shown in body
            assert "None" not in body
            assert "\0" not in body
    with psycopg.connect(told.url) as conn:
        ids = conn.execute(
            "select id from notifier.report_mails order by first_day desc"
        ).fetchall()
    assert str(ids[0][0]) in mail["Message-ID"]


def test_a_running_notifier_mails_the_report_of_last_week(
    told: Database, mail_server: SmtpServer, daemons: Daemons
) -> None:
    wants_it(told, "Ada")
    daemon = daemons.start(environment(told, mail_server))
    daemon.wait_for("report_mailed")

    assert daemon.stop() == 0
    [report] = reports(mail_server)
    assert report.recipient.startswith("ada")
    with psycopg.connect(told.url) as conn:
        row = conn.execute(
            "select first_day, last_day - first_day, sent_at is not null from notifier.report_mails"
        ).fetchone()
    assert row is not None
    first, days, is_sent = row
    assert (first.isoweekday(), days, is_sent) == (1, 6, True)
    assert timedelta(days=6) < datetime.now(UTC).date() - first < timedelta(days=15)


def test_days_are_those_of_the_recipients_own_zone(
    told: Database, mail_server: SmtpServer, daemons: Daemons
) -> None:
    wants_it(told, "Ada")
    with psycopg.connect(told.url) as conn:
        # There Monday's session was on Tuesday, and the one of Monday before was on Tuesday too.
        conn.execute("update public.profiles set timezone = 'Pacific/Auckland'")
    env = environment(told, mail_server)

    daemons.run(env, "report", "--from", "2025-03-03", "--to", "2025-03-03", "--mail")
    daemons.run(
        env, "report", "--from", "2025-03-04", "--to", "2025-03-04", "--mail", "--timezone", "UTC"
    )
    daemons.run(env, "report", "--from", "2025-03-04", "--to", "2025-03-04", "--mail")

    bodies = [
        message_from_bytes(mail.data, policy=policy.default).get_body(("plain",))
        for mail in mail_server.mails
    ]
    texts = [body.get_content() for body in bodies if body is not None]
    assert len(texts) == 2
    assert "No session of these days" in texts[0]
    assert "Days are those of Pacific/Auckland." in texts[0]
    assert "No session of these days" in texts[1]
    assert "Days are those of UTC." in texts[1]


def mails_recorded(database: Database) -> list[tuple[bool, bool, bool, str | None]]:
    """Of each mail of a report: whether it was sent, refused for good, is held; the error."""
    with psycopg.connect(database.url) as conn:
        return conn.execute(
            "select sent_at is not null, refused_at is not null, held_until > now(), last_error"
            " from notifier.report_mails order by recipient_id"
        ).fetchall()


def test_what_was_refused_is_tried_again_by_a_later_run(
    told: Database, mail_server: SmtpServer, daemons: Daemons
) -> None:
    wants_it(told, "Ada")
    env = environment(told, mail_server)
    mail_server.at("RCPT", "450 4.2.0 try later", times=1)

    refused_at_first = daemons.run(env, "report", *DAYS, "--mail")
    at_once = daemons.run(env, "report", *DAYS, "--mail")

    assert refused_at_first.returncode == 1
    assert refused_at_first.stdout == "sent=0 failed=1 held=0\n"
    assert "450" in refused_at_first.stderr
    assert "example.test" not in refused_at_first.stderr, "no address"
    assert (at_once.returncode, at_once.stdout) == (0, "sent=1 failed=0 held=0\n")


def test_what_could_not_be_sent_for_an_outage_is_sent_by_the_next_run(
    told: Database, mail_server: SmtpServer, daemons: Daemons
) -> None:
    wants_it(told, "Ada")
    env = environment(told, mail_server)
    mail_server.at("MAIL", "550 5.7.1 sender not authorised")

    down = daemons.run(env, "report", *DAYS, "--mail")
    assert mails_recorded(told)[0][:2] == (False, False), "a worker may try it again as well"
    mail_server.behave()
    afterwards = daemons.run(env, "report", *DAYS, "--mail")

    assert down.returncode == 1
    assert "550 5.7.1" in down.stderr
    assert (afterwards.returncode, afterwards.stdout) == (0, "sent=1 failed=0 held=0\n")


def test_a_mistake_in_the_days_holds_no_mail(
    told: Database, mail_server: SmtpServer, daemons: Daemons
) -> None:
    wants_it(told, "Ada")
    env = environment(told, mail_server)

    mistaken = daemons.run(env, "report", *DAYS, "--mail", "--timezone", "Mars")
    corrected = daemons.run(env, "report", *DAYS, "--mail")

    assert (mistaken.returncode, mistaken.stdout) == (1, "")
    assert corrected.stdout == "sent=1 failed=0 held=0\n"


def test_a_run_says_how_many_another_one_holds(
    told: Database, mail_server: SmtpServer, daemons: Daemons
) -> None:
    wants_it(told, "Ada")
    mail_server.at(ACCEPTED, DROP)
    env = environment(told, mail_server)

    unknown = daemons.run(env, "report", *DAYS, "--mail")
    meanwhile = daemons.run(env, "report", *DAYS, "--mail")

    assert (unknown.returncode, unknown.stdout) == (1, "sent=0 failed=1 held=0\n")
    assert "unknown:" in unknown.stderr
    assert (meanwhile.returncode, meanwhile.stdout) == (1, "sent=0 failed=0 held=1\n")
    assert len(mail_server.mails) == 1, "it may have arrived: not before the lease has ended"


def test_what_was_refused_for_good_is_tried_again_by_hand_only(
    told: Database, mail_server: SmtpServer, daemons: Daemons
) -> None:
    wants_it(told, "Ada")
    mail_server.at("RCPT", "550 5.1.1 <ada@example.test> no such user", about="ada")
    daemon = daemons.start(environment(told, mail_server))
    daemon.wait_for("report_refused")
    assert daemon.stop() == 0
    ((is_sent, is_refused, is_held, error),) = mails_recorded(told)
    assert (is_sent, is_refused, is_held) == (False, True, False)
    assert error is not None
    assert "550 5.1.1" in error
    assert "@" not in error
    with psycopg.connect(told.url) as conn:
        assert conn.execute("select strikes from notifier.suppressions").fetchall() == [(1,)]
        days = conn.execute("select first_day, last_day from notifier.report_mails").fetchone()
        assert days is not None
        claim = "select count(*) from notifier.claim_report_mail(%s, %s, '1 min')"
        assert conn.execute(claim, days).fetchone() == (0,)
    mail_server.behave()

    by_hand = daemons.run(environment(told, mail_server), "report", "--mail")

    assert by_hand.stdout == "sent=1 failed=0 held=0\n"
    assert mails_recorded(told)[0][:2] == (True, False)


class Slow:
    """A transport that takes its time before it hands a letter over, and then its time."""

    name = "slow"

    def __init__(self, before: float, after: float = 0.0) -> None:
        self.before, self.after = before, after
        self.sent: list[str] = []

    async def send(self, letter: Letter, still_ours: StillOurs) -> Outcome:
        await asyncio.sleep(self.before)
        if not still_ours():
            raise LeaseLostError
        self.sent.append(letter.recipient.name)
        await asyncio.sleep(self.after)
        return Sent(self.name)


async def mail_by(database: Database, transport: Slow) -> Mailed:
    """One run of its own."""
    settings = load_settings(environment(database, SMTP_HOST="localhost", SMTP_SECURITY="none"))
    async with make_outbox(settings) as outbox:
        return await report_mail.mail_report(settings, outbox, cast(Transport, transport), FROM, TO)


async def test_a_slow_server_has_nobody_mailed_twice(
    told: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(told.url) as conn:
        for name in ("Yan", "Zed"):
            World(conn).admin(name)
    wants_it(told, "Ada", "Yan", "Zed")
    monkeypatch.setattr(report_mail, "LEASE", 2.0)
    monkeypatch.setattr(report_mail, "ANSWER", 1.0)
    slow, quick = Slow(before=0.0, after=0.9), Slow(before=0.0)
    first = asyncio.create_task(mail_by(told, slow))
    # Longer than a lease, so that all that was claimed at the start would be free again.
    await asyncio.sleep(2.2)

    await mail_by(told, quick)
    await first

    assert sorted(slow.sent + quick.sent) == ["Ada", "Yan", "Zed"]


async def test_what_was_held_for_too_long_is_not_handed_over(
    told: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    wants_it(told, "Ada")
    monkeypatch.setattr(report_mail, "LEASE", 1.0)
    monkeypatch.setattr(report_mail, "ANSWER", 0.5)
    suspended, quick = Slow(before=1.5), Slow(before=0.0)
    first = asyncio.create_task(mail_by(told, suspended))
    await asyncio.sleep(1.2)

    assert (await mail_by(told, quick)).sent == 1

    late = await first
    assert (late.sent, suspended.sent, quick.sent) == (0, [], ["Ada"])
    assert "held for too long" in late.refusals[0]
    assert mails_recorded(told) == [(True, False, True, None)]


async def test_an_address_that_is_none_is_refused_for_good(told: Database) -> None:
    wants_it(told, "Ada")
    with psycopg.connect(told.superuser_url) as conn:
        conn.execute("update auth.users set email = 'nobody' where email like 'ada%'")
    transport = Slow(before=0.0)

    mailed = await mail_by(told, transport)

    assert (mailed.sent, transport.sent) == (0, [])
    assert mailed.refusals[0].endswith(": permanent: the address is not a mail address")
    assert mails_recorded(told)[0][:2] == (False, True)


@pytest.mark.parametrize(
    ("at", "monday"),
    [("2025-03-10T11:59", date(2025, 2, 24)), ("2025-03-10T12:00", date(2025, 3, 3))],
)
async def test_a_worker_reports_a_week_once_it_is_over_everywhere(
    at: str, monday: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Then(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromisoformat(f"{at}+00:00")

    days: list[date] = []

    async def mail(*given: Any, **_: object) -> Mailed:
        days.extend(given[-2:])
        return Mailed(0, (), 0)

    monkeypatch.setattr(report_mail, "datetime", Then)
    monkeypatch.setattr(report_mail, "mail_report", mail)
    nobody = cast(Any, None)

    await Reporter(nobody, nobody, nobody, stop=asyncio.Event())._look()

    assert days == [monday, monday + timedelta(days=6)]


@pytest.mark.parametrize(
    "error",
    [
        OutboxUnavailableError("gone"),
        ReportError("no report of <ada@example.test>"),
        TransportDownError("smtp", "gone"),
    ],
)
async def test_a_report_that_cannot_be_sent_now_stops_no_worker(
    error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(*_: object, **__: object) -> Mailed:
        raise error

    monkeypatch.setattr(report_mail, "mail_report", fail)
    settings = load_settings(environment("host=x", SMTP_HOST="localhost", SMTP_SECURITY="none"))
    nobody = cast(Any, None)
    reporter = Reporter(settings, nobody, nobody, stop=asyncio.Event())

    await reporter._look()

    ((name, fields),) = [(each.msg, vars(each)["fields"]) for each in caplog.records]
    assert (name, fields["error"]) == ("report_failed", redact(str(error)))


async def test_days_and_words_are_each_manager_s_own(week: dict[str, Any]) -> None:
    class Desk:
        async def report(self, first: date, last: date, timezone: str) -> str:
            return json.dumps(week | {"timezone": timezone})

    settings = load_settings(environment("host=x", SMTP_HOST="localhost", SMTP_SECURITY="none"))
    presses = report_mail._Presses(settings, cast(Outbox, Desk()), FROM, TO, None)
    shown = []
    for zone, locale in (("UTC", "en"), ("Europe/Warsaw", "en"), ("Europe/Warsaw", "pl")):
        mail = ReportMail(uuid4(), uuid4(), uuid4(), "a@example.test", "Ada", zone, locale)
        press = await presses.press_for(mail)
        text = press.print(mail.mail_id, settings.email_from, "Hi").text
        shown.append(("Europe/Warsaw" in text, "Mentorzy" in text))

    assert shown == [(False, False), (True, False), (True, True)]


async def test_what_leaves_no_time_for_the_answer_is_not_handed_over(
    told: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    wants_it(told, "Ada")
    monkeypatch.setattr(report_mail, "ANSWER", report_mail.LEASE)
    transport = Slow(before=0.0)

    assert (await mail_by(told, transport)).sent == 0

    assert transport.sent == []


def test_a_worker_that_stops_waits_for_the_mail_under_way_and_begins_no_other(
    told: Database, mail_server: SmtpServer, daemons: Daemons
) -> None:
    with psycopg.connect(told.url) as conn:
        World(conn).admin("Zed")
    wants_it(told, "Ada", "Zed")
    for address in ("ada", "zed"):
        mail_server.at(ACCEPTED, HOLD, about=address)
    daemon = daemons.start(environment(told, mail_server))
    mail_server.wait_held()

    daemon.process.send_signal(signal.SIGTERM)
    with pytest.raises(subprocess.TimeoutExpired):
        daemon.process.wait(1.0)
    mail_server.behave()

    assert daemon.process.wait(60) == 0
    assert len(reports(mail_server)) == 1
    assert [row[:2] for row in mails_recorded(told)] == [(True, False)]


def test_a_worker_that_waits_in_vain_says_so(
    told: Database, mail_server: SmtpServer, daemons: Daemons
) -> None:
    wants_it(told, "Ada")
    mail_server.at(ACCEPTED, HOLD, about="ada")
    daemon = daemons.start(environment(told, mail_server, NOTIFIER_GRACE_SECONDS="0.5"))
    mail_server.wait_held()

    assert daemon.stop() == 1
    assert [row[:3] for row in mails_recorded(told)] == [(False, False, True)]


def test_two_runs_at_once_send_one_mail(told: Database) -> None:
    wants_it(told, "Ada")
    claim = "select * from notifier.claim_report_mail('2025-03-03', '2025-03-09', '1 min')"

    assert at_once(told, [(claim, {})] * 4) == {"done": 4}
    with psycopg.connect(told.url) as conn:
        assert conn.execute("select count(*) from notifier.report_mails").fetchone() == (1,)
        assert conn.execute(claim).fetchall() == []


@pytest.mark.parametrize(
    "happened",
    [
        "delete from public.user_roles where role = 'admin'",
        "update public.notification_preferences set enabled = false",
        "update auth.users set email = null",
        "insert into notifier.suppressions (address_hash, reason, suppressed_at)"
        " select notifier.address_hash(email), 'bounced', now() from auth.users",
    ],
)
def test_whoever_is_no_longer_to_get_it_gets_none(history: History, happened: str) -> None:
    conn = history.conn
    claim = "select count(*) from notifier.claim_report_mail('2025-03-03', '2025-03-09', '0')"
    with as_user(conn, history.people["Ada"]):
        conn.execute("insert into public.notification_preferences (kind) values ('weekly_report')")
    assert conn.execute(claim).fetchone() == (1,)

    conn.execute(happened.encode())
    assert conn.execute(claim).fetchone() == (0,)


def test_without_days_it_is_the_week_before(told: Database, daemons: Daemons) -> None:
    monday = datetime(2025, 3, 10, 0, 30, tzinfo=UTC)
    assert last_week(ZoneInfo("UTC"), monday) == (FROM, TO)
    assert last_week(ZoneInfo("America/New_York"), monday)[1] == date(2025, 3, 2), "Sunday there"
    assert last_week(ZoneInfo("UTC"), monday + timedelta(days=6)) == (FROM, TO)

    env = {"DATABASE_URL": told.notifier_url, "PATH": "/usr/bin:/bin"}
    ended = daemons.run(env, "report", "--to", str(TO))
    assert ended.returncode == 2
    assert "both --from and --to, or neither" in ended.stderr


def test_a_mail_of_days_without_sessions_says_so(conn: psycopg.Connection) -> None:
    edition = render_mail(json.dumps(reported(conn)), "Acme", "https://app.test")

    for body in (edition.text_for("Hi"), edition.html_for("Hi")):
        assert "No session of these days was completed or cancelled." in body
        assert "https://app.test/sessions" in body
        assert "Acme" in body


def test_a_mail_speaks_the_manager_s_language(
    told: Database, mail_server: SmtpServer, daemons: Daemons
) -> None:
    wants_it(told, "Ada")
    with psycopg.connect(told.url) as conn:
        conn.execute("update public.profiles set locale = 'pl'")

    daemons.run(environment(told, mail_server), "report", *DAYS, "--mail")

    mail = message_from_bytes(mail_server.mails[0].data, policy=policy.default)
    assert "obecność 71%" in mail["Subject"]
    for part in mail.walk():
        if part.get_content_maintype() == "text":
            body = part.get_content()
            for shown in ("Cześć Ada,", "pon., 3 mar 2025", "71%", "47,6 min", "Mentorzy"):
                assert shown in body
            for english in ("Attendance", "Days are", " sessions", "You get this", "Sent by"):
                assert english not in body


def test_a_hostile_name_is_harmless_in_a_mail_too(history: History) -> None:
    history.conn.execute("update public.courses set name = '<b onclick=x>\"&{{ 7*7 }}'")
    edition = render_mail(json.dumps(reported(history.conn)), "Acme", "https://app.test")

    assert "<b onclick" not in edition.html_for("Hi")
    assert '<b onclick=x>"&{{ 7*7 }}' in edition.text_for("Hi")
