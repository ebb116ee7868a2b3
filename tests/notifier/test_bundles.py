"""Several sessions in one mail: every date by itself, and nothing said of all that is not so."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from babel import Locale

from notifier.model import ClaimedEmail
from notifier.render import Edition, Renderer, RenderError
from notifier.when import DASH, describe_span, describe_zone, resolve_zone
from support.mails import make_bundle, make_email, make_part

APP = "https://app.example.com"
GMAIL_CUTS_AT = 102_000
MARCH = [f"2027-03-{day:02}T17:00" for day in (4, 11, 18, 25)]
ENGLISH = Locale("en")
HOSTILE = '<script>alert("x")</script> & {{ 7*7 }}\r\nBcc: evil@example.org\u2028end'


def render(email: ClaimedEmail) -> Edition:
    return Renderer(APP, "Acme Learning").render(
        email.kind,
        role=email.recipient_role,
        locale=email.locale,
        timezone=email.timezone,
        parts=email.parts,
        summary=email.summary,
    )


def texts(email: ClaimedEmail) -> tuple[str, str]:
    """The plain-text body, and what the HTML one reads; runs of spaces made one."""
    edition = render(email)
    return tuple(  # type: ignore[return-value]
        " ".join(body.split())
        for body in (edition.text_for("Hello,"), Page(edition.html_for("Hello,")).text)
    )


class Page(HTMLParser):
    """A document's text and links; fails where tags do not match."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in ("meta", "br"):
            self.open.append(tag)
        self.text += "\n" if tag == "br" else ""
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def scheduled(*starts: str, **session: Any) -> list[dict[str, Any]]:
    return [make_part("session_scheduled", start, **session) for start in starts]


# Times


def test_sessions_that_take_place_after_all_are_told_apart_from_new_ones() -> None:
    changes = {"status": {"old": "cancelled", "new": "upcoming"}}
    parts = [
        make_part("session_scheduled", start, changes=changes if start in MARCH[:2] else {})
        for start in MARCH[:3]
    ]
    email = make_bundle("series_updated", parts)

    assert render(email).subject.endswith("2 taking place after all, 1 new")
    for body in texts(email):
        assert re.search(r"Takes place after all · 2 dates.*New · 1 date", body)


@pytest.mark.parametrize(
    ("zone", "before", "after"),
    [
        ("Europe/Berlin", f"6:00 PM {DASH} 7:00 PM CET", f"6:00 PM {DASH} 7:00 PM CEST"),
        ("Asia/Kolkata", f"10:30 PM {DASH} 11:30 PM IST", f"9:30 PM {DASH} 10:30 PM IST"),
        # Clocks in New York change two weeks earlier: between the 11th and the 18th.
        ("America/New_York", f"1:00 PM {DASH} 2:00 PM EDT", f"12:00 PM {DASH} 1:00 PM EDT"),
    ],
)
def test_each_date_has_its_own_local_time_over_a_clock_change(
    zone: str, before: str, after: str
) -> None:
    email = make_bundle("series_scheduled", scheduled(*MARCH, "2027-04-01T16:00"), timezone=zone)

    for body in texts(email):
        assert re.search(rf"Thursday, March 25, 2027,? {before}", body)
        assert re.search(rf"Thursday, April 1, 2027,? {after}", body)


def test_the_agreed_hour_is_said_once_where_it_is_not_the_readers() -> None:
    parts = scheduled(*MARCH, "2027-04-01T16:00")
    away = make_bundle("series_scheduled", parts, timezone="Asia/Kolkata")
    home = make_bundle("series_scheduled", parts, timezone="Europe/Berlin")

    for body in texts(away):
        assert f"always 6:00 PM {DASH} 7:00 PM (Europe/Berlin)" in body
        assert body.count("Europe/Berlin") == 1
        assert "n your clock the hours differ" in body
        assert "India Time (Asia/Kolkata, UTC+5:30)" in body
    for body in texts(home):
        assert "always" not in body
        assert "hours differ" not in body
        assert "Central European Time (Europe/Berlin, UTC+1 and UTC+2)" in body


def test_each_date_that_takes_a_seat_says_so() -> None:
    parts = scheduled(*MARCH[:2]) + scheduled(*MARCH[2:], registration_required=True)

    for body in texts(make_bundle("enrollment_schedule", parts)):
        assert body.count("takes a seat: please register on its page") == 2


def test_a_seat_is_asked_for_once_and_not_with_each_change() -> None:
    moved = make_part(
        "session_rescheduled", MARCH[0], moved_from=MARCH[1], registration_required=True
    )

    for body in texts(make_bundle("series_updated", [moved])):
        assert "takes a seat" not in body


def test_one_hour_in_two_zones_is_not_one_hour() -> None:
    parts = scheduled(MARCH[0]) + scheduled("2027-03-11T23:00", timezone="America/New_York")

    for body in texts(make_bundle("series_scheduled", parts, timezone=None)):
        assert "Thursdays" not in body
    for body in texts(make_bundle("series_scheduled", parts, timezone="Asia/Kolkata")):
        assert body.count("Europe/Berlin") == body.count("America/New_York") == 1


def test_whoever_came_late_or_went_early_took_part() -> None:
    counts = {"invited": 5, "present": 1, "late": 1, "partial": 1, "absent": 1, "excused": 1}
    held = make_part("weekly_summary", MARCH[0], changes={"attendance": counts})

    for body in texts(make_bundle("weekly_summary", [held])):
        assert "3 of 5 took part" in body


def test_the_weekday_of_every_other_week_is_not_said_to_be_weekly() -> None:
    email = make_bundle("series_scheduled", scheduled(*MARCH[::2]), timezone=None, locale="pl")

    for body in texts(email):
        assert "za każdym razem: czwartek" in body
        assert "co tydzień" not in body


def test_a_single_day_has_no_weekday_of_its_own() -> None:
    parts = scheduled(MARCH[0], title="Joins") + scheduled(MARCH[0], title="Views")

    for body in texts(make_bundle("series_scheduled", parts)):
        assert "Thursdays" not in body


def test_nothing_is_always_so_of_a_single_date() -> None:
    for body in texts(make_bundle("enrollment_schedule", scheduled(MARCH[0]))):
        assert "always" not in body
        assert f"6:00 PM {DASH} 7:00 PM CET (Europe/Berlin)" in body


@pytest.mark.parametrize(("locale", "day"), [("en", "today"), ("pl", "dzisiaj")])
def test_the_mail_of_the_day_does_not_say_that_its_sessions_are_today(
    locale: str, day: str
) -> None:
    email = make_email("daily_digest", locale=locale)
    edition = render(email)

    assert day not in edition.subject.lower()
    assert day not in edition.html_for("").lower()


def test_descriptions_that_are_gone_are_not_looked_for_elsewhere() -> None:
    gone = {"description": {"old": "Bring it.", "new": None}}
    new = {"description": {"old": "Bring it.", "new": "Bring all."}}
    parts = [make_part("session_updated", each, changes=gone, description=None) for each in MARCH]
    parts += [
        make_part("session_updated", "2027-04-01T16:00", changes=new, description="Bring all.")
    ]

    for body in texts(make_bundle("series_updated", parts)):
        assert body.count("The description was removed.") == 1
        assert body.count("The description is new; you find it on the pages") == 1


def test_without_a_clock_change_the_hours_do_not_differ() -> None:
    for body in texts(make_bundle("series_scheduled", scheduled(*MARCH), timezone="Asia/Kolkata")):
        assert f"always 6:00 PM {DASH} 7:00 PM (Europe/Berlin)" in body
        assert "hours differ" not in body
        assert f"Thursdays, 10:30 PM {DASH} 11:30 PM" in body


def test_hours_that_are_not_the_same_are_said_at_each_date() -> None:
    parts = scheduled(MARCH[0], "2027-03-11T18:00")

    for body in texts(make_bundle("series_scheduled", parts, timezone="Asia/Kolkata")):
        assert "always" not in body
        assert (
            f"Thursday, March 11, 2027, 7:00 PM {DASH} 8:00 PM CET (Europe/Berlin)" in body
        )  # the date here, where it is the 12th over there


@pytest.mark.parametrize(
    "starts",
    [
        (MARCH[0], "2027-03-11T17:30"),
        (MARCH[0], "2027-03-12T17:00"),
        (MARCH[0], "2027-07-01T17:00"),
    ],
    ids=["another hour", "another day", "another hour by daylight saving"],
)
def test_a_pattern_is_named_only_if_every_date_keeps_it(starts: tuple[str, str]) -> None:
    broken = make_bundle("series_scheduled", scheduled(*starts), timezone="Europe/Berlin")
    kept = make_bundle("series_scheduled", scheduled(*MARCH), timezone="Europe/Berlin")

    assert "days, " not in " ".join(texts(broken))
    assert all(f"Thursdays, 6:00 PM {DASH} 7:00 PM" in body for body in texts(kept))


def test_a_reader_without_a_zone_reads_each_session_in_its_own() -> None:
    parts = scheduled(MARCH[0]) + scheduled(MARCH[1], timezone="America/New_York")

    for body in texts(make_bundle("series_scheduled", parts, timezone=None)):
        assert f"March 4, 2027, 6:00 PM {DASH} 7:00 PM CET" in body.replace("2027 6", "2027, 6")
        assert f"March 11, 2027, 12:00 PM {DASH} 1:00 PM EST" in body.replace("2027 1", "2027, 1")
        assert "(Europe/Berlin, UTC+1); Eastern Standard Time (America/New_York, UTC-5)" in body
        assert "days, 6" not in body


def test_the_zone_over_a_clock_change_has_both_offsets() -> None:
    moments = [datetime(2027, month, 1, 12, tzinfo=UTC) for month in (1, 7)]

    assert describe_zone(moments, resolve_zone("Europe/Berlin"), ENGLISH) == (
        "Central European Time (Europe/Berlin, UTC+1 and UTC+2)"
    )
    assert describe_zone(moments, resolve_zone("Asia/Kolkata"), ENGLISH) == (
        "India Time (Asia/Kolkata, UTC+5:30)"
    )
    assert describe_zone(moments[:1], resolve_zone("Europe/Berlin"), ENGLISH) == (
        "Central European Standard Time (Europe/Berlin, UTC+1)"
    )


def test_two_sessions_of_one_day_do_not_go_from_that_day_to_that_day() -> None:
    parts = scheduled("2027-03-04T09:00", "2027-03-04T11:00")

    for body in texts(make_bundle("series_scheduled", parts, timezone="Europe/Berlin")):
        assert "2 dates" in body
        assert "2027 to " not in body


# What is said of whom


def test_a_series_is_announced_with_what_its_dates_share_and_a_link_for_each() -> None:
    parts = scheduled(*MARCH)
    email = make_bundle("series_scheduled", parts, timezone="Europe/Berlin")
    edition = render(email)

    assert edition.subject == (
        f"New sessions: Week 6: questions & answers {DASH} 4 dates from Thu, Mar 4, 6:00 PM CET"
    )
    links = Page(edition.html_for("")).links
    for part in parts:
        url = f"{APP}/sessions/{part['session']['id']}"
        assert links.count(url) == 1
        assert edition.text_for("").count(url) == 1
    for body in texts(email):
        for once in (
            "Amara Okafor",
            "Data Analytics · March cohort",
            "Zoom",
            "Bring what you are stuck on.",
        ):
            assert body.count(once) == 1


def test_a_mixed_bundle_says_of_each_date_what_became_of_it() -> None:
    parts = [
        make_part("session_rescheduled", "2027-03-04T18:00", moved_from=MARCH[0]),
        make_part("session_cancelled", MARCH[1], status="cancelled", cancel_reason="Holiday."),
        make_part("session_rescheduled", "2027-03-18T18:00", moved_from=MARCH[2]),
        make_part("session_scheduled", "2027-03-25T18:00"),
    ]
    email = make_bundle("series_updated", parts, timezone="Europe/Berlin")
    text = render(email).text_for("")

    assert render(email).subject == (
        f"Updated: Week 6: questions & answers {DASH} 2 moved, 1 cancelled, 1 new"
    )
    moved, cancelled, new = re.split(r"\n(?=Cancelled · |New · )", text)
    assert "Moved to another time · 2 dates:" in moved
    assert (
        f"- Thursday, March 4, 2027, 7:00 PM {DASH} 8:00 PM CET\n"
        f"  was: Thursday, March 4, 2027, 6:00 PM {DASH} 7:00 PM CET\n" in moved
    )
    assert "- Thursday, March 18, 2027" in moved
    assert cancelled.startswith("Cancelled · 1 date:\n\nReason:   Holiday.\n\n- Thursday, March 11")
    assert "was:" not in cancelled
    assert new.startswith("New · 1 date:\n\n- Thursday, March 25, 2027, 7:00 PM")
    page = Page(render(email).html_for(""))
    assert page.tags.count("h2") == 3
    assert page.tags.count("li") == 4


def test_a_new_title_is_told_of_the_dates_that_have_it_and_of_no_other() -> None:
    retitled = {"title": {"old": "Old", "new": "Week 6: questions & answers"}}
    other = {"mentor_name": {"old": "Jonas Weber", "new": "Amara Okafor"}}
    parts = [
        make_part("session_updated", MARCH[0], changes=retitled),
        make_part("session_updated", MARCH[1], changes=other),
        make_part("session_updated", MARCH[2], changes=retitled),
        make_part("session_updated", MARCH[3], changes=retitled | {"description": {}}),
    ]

    text = render(make_bundle("series_updated", parts, timezone="UTC")).text_for("")

    both, mentor, described = re.split(r"\n(?=Changed · 1 date:)", text)
    assert "Changed · 2 dates:\n\nTitle\n  was: Old\n" in both
    assert "March 4" in both
    assert "March 18" in both
    assert "Jonas Weber" not in both
    assert "Mentor\n  was: Jonas Weber\n  now: Amara Okafor\n" in mentor
    assert "was: Old" not in mentor
    assert "The description is new; you find it below." in described
    assert "was: Old" in described


def test_a_new_description_stands_below_only_if_it_is_that_of_all() -> None:
    changes = {"description": {"old": None, "new": "x"}}
    parts = [
        make_part("session_updated", start, changes=changes, description=f"Bring {start}.")
        for start in MARCH
    ]

    for body in texts(make_bundle("series_updated", parts)):
        assert "you find it on the pages of the sessions." in body
        assert "Bring" not in body


@pytest.mark.parametrize(
    ("types", "label"),
    [
        (("success_session",) * 2, "Success sessions"),
        (("group_coaching",) * 2, "Group coaching calls"),
        (("webinar",) * 2, "Sessions"),
        (("success_session", "mentorship"), "Sessions"),
    ],
)
def test_a_series_is_labelled_with_what_all_of_it_is(types: tuple[str, str], label: str) -> None:
    parts = [
        make_part("session_scheduled", start, session_type=each)
        for start, each in zip(MARCH, types, strict=False)
    ]
    html = render(make_bundle("series_scheduled", parts)).html_for("")

    assert f"New sessions \N{MIDDLE DOT} {label}\n" in Page(html).text


def test_why_it_is_off_is_not_told_to_whoever_has_no_part_in_it_any_more() -> None:
    parts = [
        make_part("mentor_unassigned", start, status="cancelled", cancel_reason="Low demand.")
        for start in MARCH
    ]

    for body in texts(make_bundle("mentor_unassigned", parts)):
        assert "Low demand." not in body


def test_hosts_are_told_that_they_host_whatever_the_sessions_have_been_through() -> None:
    changes = {"status": {"old": "cancelled", "new": "upcoming"}}
    parts = [make_part("mentor_assigned", start, changes=changes) for start in MARCH[:2]]

    for body in texts(make_bundle("mentor_assigned", parts + scheduled(MARCH[2]))):
        assert "You host · 2 dates" in body
        assert "after all" not in body


def test_a_new_passcode_is_told_of_the_dates_that_have_it_and_of_no_other() -> None:
    mentor: dict[str, Any] = {"mentor_name": {"old": "Jonas Weber", "new": "Amara Okafor"}}
    passcode = mentor | {"meeting_details": {"old": True, "new": True}}
    parts = [
        make_part("session_updated", start, changes=changes)
        for start, changes in zip(MARCH, (mentor, passcode, mentor), strict=False)
    ]
    text = render(make_bundle("series_updated", parts)).text_for("")

    others, changed = re.split(r"\n(?=Changed · 1 date:)", text)
    assert "Changed · 2 dates:" in others
    assert "passcode" not in others
    assert "The meeting link or passcode changed." in changed


def test_a_group_says_once_when_its_own_dates_are_where_they_are_planned() -> None:
    parts = [make_part("session_scheduled", start) for start in MARCH[:2]]
    parts += [
        make_part("session_cancelled", start.replace("T17", "T15"), status="cancelled")
        for start in MARCH[2:]
    ]

    for body in texts(make_bundle("series_updated", parts, timezone="Asia/Kolkata")):
        assert body.count("(Europe/Berlin)") == 2
        assert f"6:00 PM {DASH} 7:00 PM (Europe/Berlin)" in body
        assert f"4:00 PM {DASH} 5:00 PM (Europe/Berlin)" in body


def test_the_mail_of_the_day_heads_even_a_single_group() -> None:
    for body in texts(make_bundle("daily_digest", scheduled(*MARCH[:2]))):
        assert "New · 2 dates" in body


def test_the_zone_has_the_offset_of_an_end_too() -> None:
    # On 2027-03-28 at 01:00 UTC clocks in Berlin jump from 02:00 to 03:00.
    parts = scheduled("2027-03-21T00:30", "2027-03-28T00:30")

    for body in texts(make_bundle("series_scheduled", parts, timezone="Europe/Berlin")):
        assert "Central European Time (Europe/Berlin, UTC+1 and UTC+2)" in body


def test_dates_that_are_off_are_struck_out_among_others() -> None:
    off = [make_part("session_cancelled", MARCH[0], status="cancelled")]
    mixed = render(make_bundle("series_updated", off + scheduled(MARCH[1]))).html_for("")
    alone = render(make_bundle("series_cancelled", off)).html_for("")

    struck = re.findall(r"<s>(?:<a [^>]+>)?([^<]+)", mixed)
    assert struck == ["Thursday, March 4, 2027"]
    assert "<s>" not in alone


def test_what_is_counted_has_the_form_that_the_language_has_for_the_number() -> None:
    parts = scheduled(*MARCH[:2]) + [
        make_part("session_cancelled", f"2027-04-{day:02}T16:00", status="cancelled")
        for day in range(1, 6)
    ]
    email = make_bundle("series_updated", parts, locale="pl")

    assert render(email).subject.endswith("2 nowe, 5 odwołanych")


@pytest.mark.parametrize("kind", ["mentor_assigned", "series_scheduled", "series_updated"])
def test_sessions_of_several_titles_each_have_their_own(kind: str) -> None:
    one = {"series_scheduled": "session_scheduled", "series_updated": "session_updated"}
    parts = [
        make_part(one.get(kind, kind), start, title=f"Lesson {number}")
        for number, start in enumerate(MARCH)
    ]
    email = make_bundle(kind, parts, timezone="Europe/Berlin")

    assert f"Data Analytics {DASH} 4 " in render(email).subject
    for body in texts(email):
        assert "4 sessions" in body
        for number, start in enumerate(MARCH):
            day = int(start[8:10])
            assert re.search(rf"Lesson {number}:? Thursday, March {day}, 2027", body)


def test_sessions_with_nothing_in_common_are_counted() -> None:
    parts = scheduled(MARCH[0], title="A", course_name="B", batch_name=None, mentor_name=None)
    parts += scheduled(MARCH[1], title="C", course_name=None, session_type="mentorship")
    edition = render(make_bundle("series_scheduled", parts, timezone="Europe/Berlin"))

    assert edition.subject == "New sessions: 2 sessions from Thu, Mar 4, 6:00 PM CET"
    first, second = re.split(r"\n(?=New · )", edition.text_for(""))[1:]
    assert "Course:   B" in first
    assert "Amara Okafor" not in first
    assert "Course:" not in second
    assert "Mentor:   Amara Okafor" in second


def cancelled(start: str, reason: str | None = None, **session: Any) -> dict[str, Any]:
    fields = {"status": "cancelled", "cancel_reason": reason} | session
    return make_part("session_cancelled", start, **fields)


def test_a_reason_that_all_share_is_said_once_and_another_where_it_belongs() -> None:
    same = make_bundle("series_cancelled", [cancelled(start, "Holiday.") for start in MARCH])
    two = make_bundle(
        "series_cancelled", [cancelled(MARCH[0], "Holiday."), cancelled(MARCH[1], "Unwell.")]
    )

    assert render(same).subject.startswith("Cancelled: Week 6")
    for body in texts(same):
        assert body.count("Holiday.") == 1
        assert "These sessions are cancelled and do not take place" in body
    for body in texts(two):
        first, second = body.split("Cancelled · 1 date")[1:]
        assert "Holiday." in first
        assert "March 4" in first
        assert "Unwell." in second
        assert "March 11" in second


def test_being_uninvited_says_no_more_than_that() -> None:
    uninvited = [
        cancelled(start, "not theirs", status="upcoming", cancel_reason="not theirs")
        for start in MARCH
    ]
    email = make_bundle("series_cancelled", uninvited)
    mixed = make_bundle("series_cancelled", [*uninvited[:2], cancelled(MARCH[2], "Holiday.")])

    assert render(email).subject.startswith("No longer yours: ")
    assert render(mixed).subject.startswith("Off your calendar: ")
    for body in texts(email):
        assert "You are no longer invited to these sessions." in body
        assert "not theirs" not in body
        assert "ancelled" not in body
    # They could not open the sessions' pages any more.
    assert set(Page(render(email).html_for("")).links) == {f"{APP}/sessions"}
    for body in texts(mixed):
        assert "No longer yours · 2 dates" in body
        assert "Cancelled · 1 date" in body
        assert "not theirs" not in body


def test_a_mentor_reads_all_sessions_in_one_mail_and_links_only_to_their_own() -> None:
    assigned, unassigned = (
        make_email(kind, several=True) for kind in ("mentor_assigned", "mentor_unassigned")
    )

    assert render(assigned).subject.startswith("You host: Week 6: questions & answers ")
    assert len(set(Page(render(assigned).html_for("")).links)) == 7
    assert render(unassigned).subject.startswith("You no longer host: Week 6")
    assert set(Page(render(unassigned).html_for("")).links) == {f"{APP}/sessions"}
    for body in texts(unassigned):
        assert "You no longer host these sessions" in body
        assert "these sessions were assigned to you before" in body


@pytest.mark.parametrize("kind", ["mentor_assigned", "mentor_unassigned"])
def test_a_mentor_with_one_session_reads_of_one(kind: str) -> None:
    for body in texts(make_email(kind)):
        assert "this session" in body
        assert "these sessions" not in body


def test_one_session_left_of_a_series_is_one_date() -> None:
    for body in texts(make_bundle("series_scheduled", scheduled(MARCH[0]))):
        assert "1 date" in body
        assert "1 dates" not in body


@pytest.mark.parametrize("several_titles", [True, False])
def test_hostile_data_stays_text(several_titles: bool) -> None:
    parts = [
        make_part(
            "session_updated",
            start,
            changes={"title": {"old": HOSTILE, "new": HOSTILE}},
            title=f"{HOSTILE}{number if several_titles else ''}",
            mentor_name=f"{HOSTILE}{number}",
            course_name=HOSTILE,
            description=HOSTILE,
        )
        for number, start in enumerate(MARCH)
    ]
    parts.append(cancelled("2027-04-01T16:00", HOSTILE, title=HOSTILE))
    edition = render(make_bundle("series_updated", parts))
    html = edition.html_for("")

    assert edition.subject.isprintable()
    assert "<script" not in html
    assert "{{ 7*7 }}" in Page(html).text
    assert not [line for line in edition.text_for("").splitlines() if line.startswith("Bcc:")]


@pytest.mark.parametrize("kind", ["session_reminder", "series_scheduled", ""])
def test_a_part_of_a_kind_that_no_bundle_has_is_an_error(kind: str) -> None:
    parts = json.loads(make_email("series_scheduled").parts)
    parts[1]["kind"] = kind

    with pytest.raises(RenderError, match="cannot render series_scheduled"):
        render(replace(make_email("series_scheduled"), parts=json.dumps(parts)))


@pytest.mark.parametrize("parts", ["[]", "{}", "null", "not JSON", '[{"kind": "x"}]'])
@pytest.mark.parametrize("kind", ["series_scheduled", "session_scheduled"])
def test_parts_of_another_shape_are_an_error(kind: str, parts: str) -> None:
    with pytest.raises(RenderError, match=f"cannot render {kind}"):
        render(replace(make_email(kind), parts=parts))


# Many


def test_two_hundred_dates_are_all_there_and_short_enough_for_gmail() -> None:
    """The longest there can be: each has moved, over midnight, and is planned in another zone."""
    first = datetime(2027, 1, 1, 17, tzinfo=UTC)
    days = [first + timedelta(days=number) for number in range(200)]
    parts = [
        make_part(
            "session_rescheduled",
            f"{day + timedelta(minutes=number % 2):%Y-%m-%dT%H:%M}",
            moved_from=f"{day - timedelta(hours=1):%Y-%m-%dT%H:%M}",
        )
        for number, day in enumerate(days)
    ]
    edition = render(make_bundle("series_updated", parts, timezone="Asia/Kolkata"))
    html = edition.html_for("Hi Priya Nair,")

    assert len(html.encode()) < GMAIL_CUTS_AT
    assert Page(html).tags.count("li") == 200
    assert len(re.findall(r"^- ", edition.text_for(""), re.MULTILINE)) == 200
    assert "200 moved" in edition.subject


@pytest.mark.parametrize("seed", range(60))
def test_whatever_is_in_a_bundle_every_date_is_told_once_and_right(seed: int) -> None:
    dice = random.Random(seed)
    zone = dice.choice(["Europe/Berlin", "Asia/Kolkata", "America/New_York", None])
    starts = sorted(
        datetime(2027, 1, 1, dice.randrange(24), dice.choice([0, 30]), tzinfo=UTC)
        + timedelta(days=dice.randrange(365))
        for _ in range(dice.randint(1, 15))
    )
    parts = [_random_part(dice, f"{start:%Y-%m-%dT%H:%M}") for start in starts]
    edition = render(make_bundle("series_updated", parts, timezone=zone))
    text, page = edition.text_for("Hello,"), Page(edition.html_for("Hello,"))

    lines = text.splitlines()
    dates = [line for line in lines if line.startswith("- ")]
    assert page.tags.count("li") == len(dates) == len(parts)
    for part, start in zip(parts, starts, strict=True):
        session = part["session"]
        span = describe_span(
            start,
            start + timedelta(hours=1),
            resolve_zone(zone, session["timezone"]),
            ENGLISH,
        )
        at = _line_of(lines, session, span.brief, visible=_is_visible(part))
        heading = next(line for line in reversed(lines[:at]) if " · " in line)
        assert heading.startswith(_heading(part))
        assert f"{span.date}\n{span.clock}" in page.text
    visible = {f"{APP}/sessions/{p['session']['id']}" for p in parts if _is_visible(p)}
    assert {link for link in page.links if link != f"{APP}/sessions"} == visible
    assert "None" not in text
    assert "\n\n\n" not in text


def _random_part(dice: random.Random, start: str) -> dict[str, Any]:
    kind = dice.choice(
        [
            "session_scheduled",
            "session_rescheduled",
            "session_updated",
            "session_cancelled",
            "mentor_assigned",
            "mentor_unassigned",
        ]
    )
    off = kind == "session_cancelled" and dice.random() < 0.7
    return make_part(
        kind,
        start,
        moved_from="2027-06-01T10:00" if kind == "session_rescheduled" else None,
        changes=(
            {"title": {"old": dice.choice("AB"), "new": "C"}} if kind == "session_updated" else {}
        ),
        title=dice.choice(["Lesson", "Lesson", "Exercise"]),
        mentor_name=dice.choice(["Amara Okafor", "Amara Okafor", None]),
        timezone=dice.choice(["Europe/Berlin", "Europe/Berlin", "Asia/Tokyo"]),
        status="cancelled" if off else "upcoming",
        cancel_reason=dice.choice(["Holiday.", None]) if off else None,
    )


def _is_visible(part: dict[str, Any]) -> bool:
    gone = part["kind"] == "session_cancelled" and part["session"]["status"] != "cancelled"
    return not gone and part["kind"] != "mentor_unassigned"


def _heading(part: dict[str, Any]) -> str:
    if part["kind"] == "session_cancelled" and part["session"]["status"] != "cancelled":
        return "No longer yours"
    return {
        "session_scheduled": "New",
        "session_rescheduled": "Moved to another time",
        "session_updated": "Changed",
        "session_cancelled": "Cancelled",
        "mentor_assigned": "You host",
        "mentor_unassigned": "You no longer host",
    }[part["kind"]]


def _line_of(lines: list[str], session: dict[str, Any], brief: str, *, visible: bool) -> int:
    """Where the date stands: above its address, if it has one."""
    if not visible:
        return next(number for number, line in enumerate(lines) if line.endswith(brief))
    end = lines.index(f"  {APP}/sessions/{session['id']}")
    start = max(number for number in range(end) if lines[number].startswith("- "))
    assert lines[start].endswith(brief)
    return start
