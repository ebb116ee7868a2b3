"""Every kind has a subject, a text and an HTML body that say what they have to and no more."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import jinja2
import psycopg
import pytest

from notifier.model import ClaimedEmail
from notifier.render import (
    SERIES_KINDS,
    Edition,
    Renderer,
    RenderError,
    greeting_for,
    known_kinds,
)
from notifier.when import DASH
from support.mails import make_email

KINDS = [
    "attendance_summary",
    "attendance_warning",
    "daily_digest",
    "enrollment_schedule",
    "meeting_link_changed",
    "mentor_assigned",
    "mentor_unassigned",
    "recording_available",
    "registration_confirmed",
    "series_cancelled",
    "series_scheduled",
    "series_updated",
    "session_cancelled",
    "session_reminder",
    "session_rescheduled",
    "session_scheduled",
    "session_updated",
    "waitlist_promoted",
    "weekly_summary",
]
ZONE = "Central European Standard Time (Europe/Berlin, UTC+1)"
ZONE_OVER_SUMMER = "Central European Time (Europe/Berlin, UTC+1 and UTC+2)"
HOSTILE = '<script>alert("x")</script> & {{ 7*7 }}\r\nBcc: evil@example.org\u2028end'


def render(email: ClaimedEmail) -> Edition:
    return Renderer("https://app.example.com", "Acme Learning").render(
        email.kind,
        role=email.recipient_role,
        locale=email.locale,
        timezone=email.timezone,
        parts=email.parts,
        summary=email.summary,
    )


class Tags(HTMLParser):
    """The tags of a document, as a strict reader opens and closes them."""

    VOID = frozenset({"meta", "br", "hr", "img", "link"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def parse(html: str) -> Tags:
    tags = Tags()
    tags.feed(html)
    tags.close()
    assert tags.open == []
    return tags


def test_every_kind_of_the_database_has_templates(conn: psycopg.Connection) -> None:
    kinds = conn.execute("select unnest(enum_range(null::notifier.email_kind))::text").fetchall()

    assert list(known_kinds()) == KINDS
    assert sorted(kind for (kind,) in kinds) == KINDS


@pytest.mark.parametrize("role", ["learner", "host"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_says_what_when_and_where(kind: str, role: str) -> None:
    edition = render(make_email(kind, recipient_role=role, timezone="Europe/Berlin"))
    greeting = greeting_for("Priya Nair")
    text, tags = edition.text_for(greeting), parse(edition.html_for(greeting))

    assert "Week 6: questions & answers" in edition.subject
    for body in (text, tags.text):
        assert "Hi Priya Nair," in body
        assert body.count("Hi Priya") == 1
        assert "Week 6: questions & answers" in body
        assert "Thursday, March 4, 2027" in body
        assert f"6:00 PM {DASH} 7:00 PM" in body
        assert (ZONE_OVER_SUMMER if kind in SERIES_KINDS else ZONE) in body
        assert "https://app.example.com/sessions" in body
        assert "Acme Learning" in body
        assert "None" not in body
        assert "\0" not in body
    assert text.count("\n-- \n") == text.count("\n\n-- \n") == 1  # the footer stands apart
    assert tags.links[0].startswith("https://app.example.com/sessions")
    assert tags.seen.count("h1") == 1
    assert not {"img", "script", "iframe", "form", "link"} & set(tags.seen)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", ["subject.txt", "body.txt", "body.html"])
def test_every_part_of_every_kind_is_strict_about_missing_values(kind: str, part: str) -> None:
    templates = Renderer("https://app.example.com", "Acme")._templates["en"]

    assert templates.undefined is jinja2.StrictUndefined
    with pytest.raises(jinja2.UndefinedError):
        templates.get_template(f"{kind}/{part}").render()


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_data_stays_text(kind: str) -> None:
    student = {
        "full_name": HOSTILE,
        "status": "present",
        "minutes_present": 5,
        "joined_at": None,
    }
    edition = render(
        make_email(
            kind,
            session={
                "title": HOSTILE,
                "description": '<script>alert("x")</script>',
                "mentor_name": HOSTILE,
                "course_name": HOSTILE,
                "batch_name": HOSTILE,
                "platform_name": HOSTILE,
                "cancel_reason": HOSTILE,
            },
            changes={"title": {"old": HOSTILE, "new": HOSTILE}},
            summary={"students": [student]} if kind == "attendance_summary" else None,
        )
    )
    html = edition.html_for(greeting_for(HOSTILE))
    tags = parse(html)

    assert edition.subject.isprintable()
    assert "\n" not in edition.subject
    assert "script" not in tags.seen
    assert "<script" not in html
    assert "{{ 7*7 }}" in tags.text
    assert 'alert("x")' in tags.text
    assert not [line for line in edition.text_for("").splitlines() if line.startswith("Bcc:")]


@pytest.mark.parametrize("missing", ["title", "start_time", "timezone", "status", "mentor_name"])
def test_missing_data_is_an_error_and_not_an_empty_place(missing: str) -> None:
    email = make_email()
    parts = json.loads(email.parts)
    del parts[0]["session"][missing]

    with pytest.raises(RenderError, match="cannot render session_scheduled"):
        Renderer("https://x.org", "A").render(
            email.kind,
            role="learner",
            locale="en",
            timezone="UTC",
            parts=json.dumps(parts),
        )


@pytest.mark.parametrize("kind", ["session_forgotten", "../session_scheduled", "layout.html", ""])
def test_an_unknown_kind_is_an_error(kind: str) -> None:
    with pytest.raises(RenderError, match="no template for kind"):
        render(replace(make_email(), kind=kind))


def test_a_time_without_an_offset_is_an_error() -> None:
    with pytest.raises(RenderError, match="without an offset"):
        render(make_email(session={"start_time": "2027-03-04T17:00:00"}))


def test_everything_optional_may_be_missing() -> None:
    nothing = dict.fromkeys(
        ["description", "mentor_name", "course_name", "batch_name", "platform_name"]
    )

    edition = render(make_email(session=nothing, full_name=None))

    text = edition.text_for(greeting_for(None))
    assert text.startswith("Hello,\n")
    assert "Mentor" not in text
    assert "Course" not in text
    assert "None" not in edition.html_for("")


def test_the_sessions_own_zone_is_shown_where_it_differs() -> None:
    away = render(make_email(timezone="Asia/Kolkata"))
    home = render(make_email(timezone="Europe/Berlin"))

    assert "India Time (Asia/Kolkata, UTC+5:30)" in away.text_for("")
    assert "where the session is planned: Thursday, March 4, 2027, 6:00 PM" in away.text_for("")
    assert "Europe/Berlin" in away.html_for("")
    assert "where the session is planned" not in home.text_for("")


def test_a_recipient_without_a_zone_reads_the_sessions() -> None:
    edition = render(make_email(timezone=None))

    assert "Europe/Berlin" in edition.text_for("")


@pytest.mark.parametrize(
    ("locale", "asked"), [("en", "register on the session's page"), ("pl", "wymaga zapisu")]
)
@pytest.mark.parametrize("kind", ["session_scheduled", "session_rescheduled", "session_updated"])
def test_whoever_is_invited_where_seats_are_given_out_is_asked_to_register(
    kind: str, locale: str, asked: str
) -> None:
    seat = {"registration_required": True}
    seated = render(make_email(kind, locale=locale, session=seat))
    hosted = render(make_email(kind, locale=locale, session=seat, recipient_role="host"))
    free = render(make_email(kind, locale=locale))

    assert asked in seated.text_for("")
    assert asked in parse(seated.html_for("")).text
    for edition in (free, hosted):
        assert asked not in edition.text_for("") + edition.html_for("")


def test_rescheduled_says_the_old_time_and_the_new_one() -> None:
    edition = render(make_email("session_rescheduled", timezone="Europe/Berlin"))
    lines = [line.strip() for line in edition.text_for("").splitlines()]

    assert f"was: Wednesday, March 3, 2027, 6:00 PM {DASH} 7:00 PM CET" in lines
    assert f"now: Thursday, March 4, 2027, 6:00 PM {DASH} 7:00 PM CET" in lines
    assert "now Thu, Mar 4, 6:00 PM CET" in edition.subject


def test_a_new_end_alone_shows_the_whole_time() -> None:
    edition = render(
        make_email(
            "session_rescheduled",
            timezone="Europe/Berlin",
            changes={
                "end_time": {
                    "old": "2027-03-04T17:30:00+00:00",
                    "new": "2027-03-04T18:00:00+00:00",
                }
            },
        )
    )

    assert f"was: Thursday, March 4, 2027, 6:00 PM {DASH} 6:30 PM CET" in edition.text_for("")


def test_updated_says_each_old_value_and_new_one_but_no_secret() -> None:
    edition = render(
        make_email(
            "session_updated",
            changes={
                "title": {"old": "Old title", "new": "Week 6: questions & answers"},
                "mentor_name": {"old": None, "new": "Amara Okafor"},
                "platform_name": {"old": "Zoom", "new": "Google Meet"},
                "timezone": {"old": "UTC", "new": "Europe/Berlin"},
                "description": {"old": "x", "new": "y"},
                "meeting_details": {"old": True, "new": True},
            },
        )
    )
    text = edition.text_for("")

    for line in (
        "was: Old title",
        "was: none",
        "now: Amara Okafor",
        "now: Google Meet",
        "was: UTC",
        "The description is new",
        "The meeting link or passcode changed.",
        "Bring what you are stuck on.",
    ):
        assert line in text
    assert "True" not in text


@pytest.mark.parametrize("several", [False, True])
def test_whoever_no_longer_hosts_and_still_takes_part_is_not_said_to_be_out(several: bool) -> None:
    out = render(make_email("mentor_unassigned", several=several))
    still_in = render(make_email("mentor_unassigned", several=several, recipient_role="learner"))

    for edition, is_out in ((out, True), (still_in, False)):
        for body in (edition.text_for(""), parse(edition.html_for("")).text):
            assert ("off your calendar" in body) == is_out
            assert ("still take part" in body) == (not is_out)


@pytest.mark.parametrize("description", [None, " "])
def test_a_description_that_is_gone_is_not_looked_for_below(description: str | None) -> None:
    changes = {"description": {"old": "Bring it.", "new": description}}
    edition = render(
        make_email("session_updated", session={"description": description}, changes=changes)
    )

    for body in (edition.text_for(""), parse(edition.html_for("")).text):
        assert "The description was removed." in body
        assert "below" not in body.partition("Or open")[0].partition("See it")[0]


@pytest.mark.parametrize("needed", [True, False])
def test_whether_a_seat_is_needed_is_said_in_words(needed: bool) -> None:
    changes = {"registration_required": {"old": not needed, "new": needed}}
    edition = render(
        make_email("session_updated", session={"registration_required": needed}, changes=changes)
    )

    now, before = ("needed", "not needed") if needed else ("not needed", "needed")
    for body in (edition.text_for(""), parse(edition.html_for("")).text):
        said, expected = ("".join(text.split()) for text in (body, f"was: {before} now: {now}"))
        assert f"Registration{expected}" in said


def test_a_new_link_in_place_of_one_that_failed_is_not_called_the_usual_one() -> None:
    changes = {
        "meeting_link": {"old": True, "new": False},
        "meeting_details": {"old": True, "new": True},
    }
    edition = render(
        make_email("meeting_link_changed", session={"uses_backup_link": False}, changes=changes)
    )

    assert edition.subject.startswith("New meeting link: ")
    for body in (edition.text_for(""), parse(edition.html_for("")).text):
        assert "now: a new link" in body
        assert "usual" not in body.lower()


def test_a_backup_is_called_so_whatever_else_is_new_about_the_link_and_says_why() -> None:
    changes = {
        "meeting_link": {"old": False, "new": True},
        "meeting_details": {"old": True, "new": True},
    }
    session = {"uses_backup_link": True, "link_failure_note": "Zoom is down."}
    edition = render(make_email("meeting_link_changed", session=session, changes=changes))

    for body in (edition.text_for(""), parse(edition.html_for("")).text):
        assert "now: the backup link" in body
        assert "Zoom is down." in body


def test_the_new_time_stands_before_what_else_is_new() -> None:
    email = make_email("session_rescheduled")
    (part,) = json.loads(email.parts)
    part["changes"] |= {"title": {"old": "Old title", "new": "Week 6: questions & answers"}}
    text = render(replace(email, parts=json.dumps([part]))).text_for("")

    assert text.index("was: Wednesday, March 3") < text.index("was: Old title")


def test_a_type_that_is_newer_than_the_notifier_is_a_session() -> None:
    edition = render(make_email(session={"session_type": "webinar"}))

    assert "New session \N{MIDDLE DOT} Session\n" in parse(edition.html_for("")).text


@pytest.mark.parametrize("kind", ["session_scheduled", "mentor_assigned"])
def test_what_was_called_off_is_not_called_new(kind: str) -> None:
    changes = {"status": {"old": "cancelled", "new": "upcoming"}}
    edition, usual = (render(make_email(kind, changes=each)) for each in (changes, {}))

    for again, new in (
        (edition.text_for(""), usual.text_for("")),
        (parse(edition.html_for("")).text, parse(usual.html_for("")).text),
    ):
        assert "This session was called off, and takes place after all" in again
        assert "after all" not in new
    if kind == "session_scheduled":
        assert edition.subject == usual.subject.replace("New session", "Takes place after all")
    else:
        assert edition.subject == usual.subject


def test_cancelled_says_why_and_being_uninvited_says_no_more_than_that() -> None:
    cancelled = render(make_email("session_cancelled"))
    uninvited = render(
        make_email(
            "session_cancelled", session={"status": "upcoming", "cancel_reason": "not theirs"}
        )
    )

    assert cancelled.subject.startswith("Cancelled: ")
    assert "The mentor is unwell." in cancelled.text_for("")
    assert uninvited.subject.startswith("No longer yours: ")
    assert "You are no longer invited" in uninvited.text_for("")
    assert "cancelled" not in uninvited.text_for("").lower()
    assert "not theirs" not in uninvited.text_for("")
    # They could not open the session's own page any more.
    assert parse(uninvited.html_for("")).links[0] == "https://app.example.com/sessions"


def test_the_summary_has_counts_and_a_roster() -> None:
    edition = render(make_email("attendance_summary"))
    text, tags = edition.text_for(""), parse(edition.html_for(""))

    assert "2 of 4 took part" in edition.subject
    assert "- Tomás Herrera: Late, 46 min, joined 6:14 PM" in text
    assert "- Li Wei: Absent\n" in text
    assert "Present: 1" in text
    assert tags.seen.count("tr") == 5
    for name in ("Priya Nair", "Tomás Herrera", "Li Wei", "Sana Haddad"):
        assert name in tags.text


def test_the_summary_of_a_session_nobody_was_invited_to() -> None:
    empty: dict[str, Any] = dict.fromkeys(
        ["invited", "present", "late", "partial", "absent", "excused"], 0
    )

    edition = render(make_email("attendance_summary", summary=empty | {"students": []}))

    assert "Nobody was invited." in edition.text_for("")
    assert "Nobody was invited." in edition.html_for("")


@pytest.mark.parametrize(
    ("name", "greeting"),
    [
        ("Priya", "Hi Priya,"),
        ("  ", "Hello,"),
        (None, "Hello,"),
        ("a\r\nb", "Hi a b,"),
        ("x" * 500, f"Hi {'x' * 100},"),
    ],
)
def test_everybody_is_greeted(name: str | None, greeting: str) -> None:
    assert greeting_for(name) == greeting
