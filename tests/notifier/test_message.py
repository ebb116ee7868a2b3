"""Message bytes equal what Python's email package would build, whatever the data; and fast."""

from __future__ import annotations

import json
import random
import re
import string
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.headerregistry import DateHeader
from email.message import EmailMessage
from typing import Any, cast
from uuid import uuid4

import icalendar
import psycopg
import pytest

from notifier.address import Mailbox, one_line
from notifier.compose import Composer, _weight
from notifier.message import Calendar, Letter, MessageError, Press, message_id
from notifier.render import Edition, Renderer, RenderError, greeting_for, known_kinds
from notifier.samples import OPTIONAL_KINDS, all_samples
from support.mails import make_bundle, make_claim, make_email, make_part

SENDER = Mailbox("Live Sessions", "sessions@example.org")
THREAD = "<session.1@example.org>"
CALENDAR = "BEGIN:VCALENDAR\r\nMETHOD:{}\r\nSUMMARY:Grüße\r\nEND:VCALENDAR\r\n"


def composer() -> Composer:
    return Composer(Renderer("https://app.example.com", "Acme"), SENDER)


def parsed(wire: bytes) -> EmailMessage:
    message = message_from_bytes(wire, policy=policy.default)
    assert not message.defects
    assert not [part.defects for part in message.walk() if part.defects]
    return message


def lf(text: str) -> str:
    return text.replace("\r\n", "\n")


def test_no_log_of_a_letter_shows_what_it_says_or_to_whom() -> None:
    email = make_email(full_name="Priya Sharma")
    letter = replace(composer().compose(email), unsubscribe_url="https://x.org/?token=secret")

    shown = repr(letter)

    assert not re.search("priya|sharma|secret|vcalendar", shown, re.IGNORECASE)
    assert str(email.email_id) in shown


def test_the_attendance_goes_along_as_a_file() -> None:
    letter = composer().compose(make_email("attendance_summary"))
    message = parsed(letter.wire)

    assert message.get_content_type() == "multipart/mixed"
    bodies, attachment = cast(list[EmailMessage], list(message.iter_parts()))
    assert bodies.get_content_type() == "multipart/alternative"
    assert attachment.get_content_type() == "text/csv"
    assert attachment.get_filename() == "attendance.csv"
    content = attachment.get_content()
    assert content.startswith('\ufeff"full_name","status"')
    assert [file.name for file in letter.files] == ["attendance.csv"]


def test_a_mail_without_calendar_is_text_and_html() -> None:
    letter = composer().compose(make_email("recording_available"))
    message = parsed(letter.wire)

    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == [
        "text/plain",
        "text/html",
    ]


URL = "https://project.example.com/functions/v1/unsubscribe"
LINK = {"en": "Unsubscribe from mails like this", "pl": "Zrezygnuj z takich wiadomości"}
SETTINGS = {"en": "Your profile has the setting to", "pl": "wyłączyć w ustawieniach profilu"}
NO_WAY_OUT = {"en": "cannot be switched off", "pl": "nie można wyłączyć"}


def bodies(letter: Letter) -> dict[str, str]:
    """What a mail program shows, by type."""
    return {
        part.get_content_type(): cast(bytes, part.get_payload(decode=True)).decode()
        for part in parsed(letter.wire).walk()
        if part.get_content_type() in ("text/plain", "text/html")
    }


@pytest.mark.parametrize("language", ["en", "pl"])
@pytest.mark.parametrize("kind", sorted(OPTIONAL_KINDS))
def test_a_mail_that_can_be_switched_off_says_how(kind: str, language: str) -> None:
    press = Composer(Renderer("https://app.example.com", "Acme"), SENDER, URL)
    token = f"{kind}.{'0' * 32}.{'f' * 64}"
    email = make_email(kind, locale=language, unsubscribe_token=token)
    letter = press.compose(email)

    message = parsed(letter.wire)
    link = f"{URL}?token={token}"
    assert message["List-Unsubscribe"] == f"<{link}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert max(map(len, letter.wire.split(b"\r\n"))) <= 998
    shown = bodies(letter)
    assert f"{LINK[language]}: {link}" in shown["text/plain"]
    assert re.search(f'href="{re.escape(link)}"[^>]*>{LINK[language]}</a>', shown["text/html"])
    assert (lf(shown["text/plain"]), lf(shown["text/html"])) == (letter.text, letter.html)

    # Nobody is there who would act on it.
    silent = composer().compose(email)
    assert "List-Unsubscribe" not in parsed(silent.wire)
    for body in bodies(silent).values():
        assert SETTINGS[language] in body
        assert URL not in body


@pytest.mark.parametrize("language", ["en", "pl"])
@pytest.mark.parametrize("kind", sorted(set(known_kinds()) - OPTIONAL_KINDS))
def test_a_mail_that_cannot_be_switched_off_says_so(kind: str, language: str) -> None:
    press = Composer(Renderer("https://app.example.com", "Acme"), SENDER, URL)
    letter = press.compose(make_email(kind, locale=language))

    assert "List-Unsubscribe" not in parsed(letter.wire)
    for body in bodies(letter).values():
        # A mail of the day is made of all kinds, and says where it is chosen.
        assert (NO_WAY_OUT[language] in body) == (kind != "daily_digest")
        assert LINK[language] not in body


def test_what_can_be_switched_off_is_what_the_database_says(conn: psycopg.Connection) -> None:
    row = conn.execute("select private.optional_mail_kinds()").fetchone()

    assert row is not None
    assert set(row[0]) == OPTIONAL_KINDS


def test_a_mail_with_calendar_has_it_as_alternative_and_as_file() -> None:
    email = make_email()
    message = parsed(composer().compose(email).wire)

    assert message.get_content_type() == "multipart/mixed"
    alternative, attachment = cast(list[EmailMessage], list(message.iter_parts()))
    text, html, calendar = cast(list[EmailMessage], list(alternative.iter_parts()))
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert calendar.get_content_type() == "text/calendar"
    assert calendar["Content-Type"].params["method"] == "REQUEST"
    assert calendar["Content-Type"].params["charset"] == "utf-8"
    assert attachment.get_filename() == "invite.ics"
    assert attachment.get_content_disposition() == "attachment"
    body = calendar.get_payload(decode=True)
    assert isinstance(body, bytes)
    assert body.decode() == email.calendars[0]
    assert attachment.get_payload(decode=True) == body
    assert icalendar.Calendar.from_ical(body)["METHOD"] == "REQUEST"


def test_several_calendars_are_a_file_each_and_the_first_the_invitation() -> None:
    email = make_email("series_updated")
    message = parsed(composer().compose(email).wire)

    alternative, *files = cast(list[EmailMessage], list(message.iter_parts()))
    invitation = cast(list[EmailMessage], list(alternative.iter_parts()))[-1]
    assert [part.get_filename() for part in files] == ["invite-1.ics", "invite-2.ics"]
    assert {part.get_content_disposition() for part in files} == {"attachment"}
    # The first file repeats the invitation, so it must not be taken for a second one.
    assert [part.get_content_type() for part in files] == ["application/ics", "text/calendar"]
    first, second = email.calendars
    for part, calendar, method in [
        (invitation, first, "REQUEST"),
        (files[0], first, "REQUEST"),
        (files[1], second, "CANCEL"),
    ]:
        body = cast(bytes, part.get_payload(decode=True))
        assert body.decode() == calendar
        assert icalendar.Calendar.from_ical(body)["METHOD"] == method
        assert part["Content-Type"].params.get("method", method) == method


@pytest.mark.parametrize("name", sorted(all_samples()))
def test_the_method_of_every_part_is_its_calendars(name: str) -> None:
    message = parsed(composer().compose(all_samples()[name]).wire)
    names = [part.get_filename() for part in message.walk() if part.get_filename()]

    assert len(names) == len(set(names))
    for part in message.walk():
        if part.get_content_type() == "text/calendar":
            calendar = icalendar.Calendar.from_ical(cast(bytes, part.get_payload(decode=True)))
            assert part["Content-Type"].params["method"] == calendar["METHOD"]
            assert part["Content-Type"].params["component"] == "VEVENT"


def test_a_cancellation_says_so_in_both_places() -> None:
    message = parsed(composer().compose(make_email("session_cancelled")).wire)
    calendar = next(part for part in message.walk() if part.get_content_type() == "text/calendar")

    assert calendar["Content-Type"].params["method"] == "CANCEL"
    assert b"METHOD:CANCEL\r\n" in cast(bytes, calendar.get_payload(decode=True))


@pytest.mark.parametrize(
    "text",
    [
        CALENDAR.format("PUBLISH"),
        CALENDAR.format("request"),
        CALENDAR.format(""),
        CALENDAR.format("REQUEST").replace("\r\n", "\n"),
        "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
        CALENDAR.format("REQUEST") * 2,
        "",
    ],
)
def test_a_calendar_that_is_no_invitation_and_takes_none_back_is_refused(text: str) -> None:
    with pytest.raises(MessageError, match="METHOD"):
        composer().compose(make_email(calendars=[text]))


def test_the_headers() -> None:
    email = make_email(full_name="Åsa Öberg", address="asa@example.org")
    message = parsed(composer().compose(email).wire)

    assert message["From"] == "Live Sessions <sessions@example.org>"
    assert message["To"].addresses[0].display_name == "Åsa Öberg"
    assert message["To"].addresses[0].addr_spec == "asa@example.org"
    assert message["Message-ID"] == f"<{email.email_id}@example.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["MIME-Version"] == "1.0"
    assert message["References"].startswith("<session.")
    date = message["Date"]
    assert isinstance(date, DateHeader)
    assert date.datetime is not None
    assert abs((datetime.now(UTC) - date.datetime).total_seconds()) < 60
    assert len(message.keys()) == len(set(message.keys()))


def test_the_message_id_is_the_rows_at_every_attempt() -> None:
    email = make_email()

    first, second = composer().compose(email), composer().compose(email)

    assert parsed(first.wire)["Message-ID"] == parsed(second.wire)["Message-ID"]
    assert message_id(email.email_id, "x.org") == f"<{email.email_id}@x.org>"


@pytest.mark.parametrize("address", ["", "nobody", "a@b.org\r\nBcc: c@d.org", "a b@c.org"])
def test_a_broken_address_is_an_error_that_does_not_repeat_it(address: str) -> None:
    with pytest.raises(MessageError) as caught:
        composer().compose(make_email(address=address))

    assert not address or address not in str(caught.value)


def print_letter(
    seed: int,
    pieces: tuple[str, ...],
    name: str,
    calendars: tuple[Calendar, ...],
    link: str = "",
) -> tuple[Edition, Letter]:
    edition = Edition(subject=one_line(pieces[0]), text=pieces, html=pieces)
    press = Press(edition, SENDER, THREAD)
    recipient = Mailbox(name, f"person{seed}@example.org")
    return edition, press.print(uuid4(), recipient, greeting_for(name), calendars, link)


@pytest.mark.parametrize("seed", range(150))
def test_any_content_reads_back_as_it_was_written(seed: int) -> None:
    """Random text of everything that MIME treats specially, spliced around what is a person's."""
    dice = random.Random(seed)
    alphabet = string.ascii_letters + " \n.=?_-\t\"'<>&Ü漢🎓" + "\n\n  .." + "From "

    def text(most: int) -> str:
        return "".join(dice.choice(alphabet) for _ in range(dice.randrange(most)))

    pieces = tuple(text(400) for _ in range(dice.randint(1, 3)))
    methods = dice.choices(["REQUEST", "CANCEL"], k=dice.randrange(4))
    calendars = tuple(Calendar(CALENDAR.format(method)) for method in methods)
    name = one_line(text(60))
    link = f"{URL}?token={seed}&a=b"
    edition, letter = print_letter(seed, pieces, name, calendars, link)

    message = parsed(letter.wire)
    parts = {part.get_content_type(): part for part in message.walk()}
    greeting = greeting_for(name)
    text_body = cast(bytes, parts["text/plain"].get_payload(decode=True)).decode()
    html_body = cast(bytes, parts["text/html"].get_payload(decode=True)).decode()
    assert lf(text_body) == edition.text_for(greeting, link) == letter.text
    assert lf(html_body) == edition.html_for(greeting, link) == letter.html
    assert message["Subject"] == edition.subject
    files = [part for part in message.walk() if part.get_content_disposition() == "attachment"]
    assert len({part.get_filename() for part in files}) == len(calendars)
    assert [cast(bytes, part.get_payload(decode=True)).decode() for part in files] == [
        calendar.text for calendar in calendars
    ]


@pytest.mark.parametrize("seed", range(40))
def test_every_line_is_short_and_ends_as_it_should(seed: int) -> None:
    dice = random.Random(seed)
    words = "".join(dice.choice("abc Ü\n") for _ in range(1000))

    _, letter = print_letter(seed, (words, words), "N" * dice.randrange(120), ())

    lines = letter.wire.split(b"\r\n")
    assert letter.wire.endswith(b"\r\n")
    assert max(map(len, lines)) <= 78
    assert b"\n" not in b"".join(lines)
    assert b"\r" not in b"".join(lines)
    assert letter.wire.isascii()


def test_the_same_as_the_email_package_builds() -> None:
    email = make_email()
    letter = composer().compose(email)
    built = EmailMessage(policy=policy.SMTP)
    built["From"] = str(SENDER)
    built["To"] = str(letter.recipient)
    built["Subject"] = letter.edition.subject
    built.set_content(letter.text)
    built.add_alternative(letter.html, subtype="html")

    mine, theirs = parsed(letter.wire), parsed(built.as_bytes())

    for header in ("From", "To", "Subject"):
        assert mine[header] == theirs[header]
    for kind in ("plain", "html"):
        my_body, their_body = mine.get_body((kind,)), theirs.get_body((kind,))
        assert my_body is not None
        assert their_body is not None
        assert my_body.get_content() == their_body.get_content()


def test_all_mails_about_a_session_share_a_thread() -> None:
    one, other = (
        parsed(composer().compose(make_email(kind)).wire)
        for kind in ("session_scheduled", "session_cancelled")
    )

    assert one["References"] == other["References"]
    assert one["Message-ID"] != other["Message-ID"]


SERIES, OTHER_SERIES = (f"00000000-0000-4000-8000-00000000000{number}" for number in (1, 2))


def references(kind: str, *series: str | None) -> list[str]:
    parts = [
        make_part(
            "session_scheduled",
            "2027-03-04T17:00",
            id=f"10000000-0000-4000-8000-00000000000{number}",
            series_id=each,
            calendar_uid=each or str(uuid4()),
        )
        for number, each in enumerate(series)
    ]
    message = parsed(composer().compose(make_bundle(kind, parts)).wire)
    return (message["References"] or "").split()


def test_all_mails_about_a_series_share_a_thread_and_each_date_has_its_own_too() -> None:
    thread = f"<series.{SERIES}@example.org>"

    assert references("series_scheduled", SERIES, SERIES) == [thread]
    assert references("session_scheduled", SERIES) == [
        thread,
        "<session.10000000-0000-4000-8000-000000000000@example.org>",
    ]


def test_sessions_that_have_nothing_to_do_with_each_other_share_no_thread() -> None:
    assert references("series_scheduled", SERIES, OTHER_SERIES) == []
    assert references("series_scheduled", SERIES, None) == []
    assert references("series_scheduled", None, None) == []


def test_a_session_of_before_there_were_series_has_its_thread() -> None:
    email = make_email()
    parts = json.loads(email.parts)
    for field in ("series_id", "calendar_uid", "recurrence_id"):
        del parts[0]["session"][field]

    letter = composer().compose(replace(email, parts=json.dumps(parts)))

    assert letter.thread == f"<session.{parts[0]['session']['id']}@example.org>"


def test_an_edition_is_rendered_once_for_everybody_it_is_the_same_for() -> None:
    class Counting(Renderer):
        renderings = 0

        def render(self, *arguments: object, **keywords: object) -> Edition:
            self.renderings += 1
            return super().render(*arguments, **keywords)  # type: ignore[arg-type]

    renderer = Counting("https://app.example.com", "Acme")
    press = Composer(renderer, SENDER)

    letters = [press.compose(email) for email in make_claim(50)]
    press.compose(make_email(timezone="UTC"))
    press.compose(make_email(session={"title": "Another"}))

    assert renderer.renderings == 3
    assert len({letter.wire for letter in letters}) == 50


def test_what_is_kept_of_editions_is_bounded_whatever_their_size() -> None:
    press = Composer(Renderer("https://app.example.com", "Acme"), SENDER, memory=300_000)

    for number in range(40):
        press.compose(make_email("series_scheduled", session={"title": f"Number {number}"}))
        assert press._used == sum(map(_weight, press._presses, press._presses.values()))
        assert press._used <= 300_000
    assert 2 <= len(press._presses) < 20


def test_the_cache_of_editions_is_bounded_and_still_right() -> None:
    press = Composer(Renderer("https://app.example.com", "Acme"), SENDER, memory=100_000)

    for number in [1, 2, 3, 1, 2, 3]:
        letter = press.compose(make_email(session={"title": f"Number {number}"}))
        assert f"Number {number}" in letter.edition.subject


def test_editions_in_use_are_kept() -> None:
    rendered: list[str] = []

    class Counting(Renderer):
        def render(self, kind: str, **data: Any) -> Edition:
            rendered.append(json.loads(data["parts"])[0]["session"]["title"])
            return super().render(kind, **data)

    alone = composer()
    alone.compose(make_email(session={"title": "A"}))
    press = Composer(
        Counting("https://app.example.com", "Acme"), SENDER, memory=alone._used * 5 // 2
    )

    for title in "ABACA":
        press.compose(make_email(session={"title": title}))

    assert rendered == ["A", "B", "C"]


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("attendance_warning", {"recipient_role": "host"}),
        ("attendance_summary", {"locale": "pl"}),
        ("attendance_summary", {"timezone": "Asia/Tokyo"}),
        ("attendance_summary", {"unsubscribe_token": None}),
        ("attendance_summary", {"summary": {"invited": 99}}),
    ],
)
def test_nobody_is_sent_an_edition_for_others(kind: str, change: dict[str, Any]) -> None:
    email, other = make_email(kind), make_email(kind, **change)
    shared = composer()

    texts = [shared.compose(each).text for each in (email, other)]

    assert texts == [composer().compose(each).text for each in (email, other)]
    assert texts[0] != texts[1]


def test_a_rehearsal_finds_what_is_broken_and_leaves_nothing_behind() -> None:
    class Broken(Renderer):
        def render(self, kind: str, **data: Any) -> Edition:
            if kind == "session_updated":
                raise RenderError("cannot render session_updated")
            return super().render(kind, **data)

    fine = composer()
    assert fine.rehearse() == []
    assert (len(fine._presses), fine._used) == (0, 0)
    broken = Composer(Broken("https://app.example.com", "Acme"), SENDER)
    assert broken.rehearse() == ["cannot render session_updated"]
