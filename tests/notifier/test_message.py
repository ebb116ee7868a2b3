"""Message bytes equal what Python's email package would build, whatever the data; and fast."""

from __future__ import annotations

import json
import random
import string
import time
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.headerregistry import DateHeader
from email.message import EmailMessage
from typing import Any, cast
from uuid import uuid4

import icalendar
import pytest

from notifier.address import Mailbox, one_line
from notifier.compose import Composer
from notifier.message import Calendar, Letter, MessageError, Press, message_id
from notifier.render import Edition, Renderer, RenderError, greeting_for
from support.mails import make_claim, make_email

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


def test_a_mail_without_calendar_is_text_and_html() -> None:
    letter = composer().compose(make_email("attendance_summary"))
    message = parsed(letter.wire)

    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == [
        "text/plain",
        "text/html",
    ]


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
    assert body.decode() == json.loads(email.calendars)[0]["content"]
    assert attachment.get_payload(decode=True) == body
    assert icalendar.Calendar.from_ical(body)["METHOD"] == "REQUEST"


def test_a_cancellation_says_so_in_both_places() -> None:
    message = parsed(composer().compose(make_email("session_cancelled")).wire)
    calendar = next(part for part in message.walk() if part.get_content_type() == "text/calendar")

    assert calendar["Content-Type"].params["method"] == "CANCEL"
    assert b"METHOD:CANCEL\r\n" in cast(bytes, calendar.get_payload(decode=True))


@pytest.mark.parametrize(
    ("text", "method"),
    [
        (CALENDAR.format("REQUEST"), "CANCEL"),
        (CALENDAR.format("PUBLISH"), "PUBLISH"),
        (CALENDAR.format("REQUEST"), ""),
        ("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "REQUEST"),
        (CALENDAR.format("REQUEST") * 2, "REQUEST"),
    ],
)
def test_a_calendar_whose_method_is_not_the_mails_is_refused(text: str, method: str) -> None:
    with pytest.raises(MessageError):
        Calendar(text, method)


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


def test_a_missing_method_is_an_error() -> None:
    with pytest.raises(MessageError):
        composer().compose(make_email(calendars=json.dumps([{"method": "", "content": "x"}])))


def print_letter(
    seed: int, pieces: tuple[str, ...], name: str, calendars: tuple[Calendar, ...]
) -> tuple[Edition, Letter]:
    edition = Edition(subject=one_line(pieces[0]), text=pieces, html=pieces)
    press = Press(edition, SENDER, THREAD)
    recipient = Mailbox(name, f"person{seed}@example.org")
    return edition, press.print(uuid4(), recipient, greeting_for(name), calendars)


@pytest.mark.parametrize("seed", range(150))
def test_any_content_reads_back_as_it_was_written(seed: int) -> None:
    """Random text of everything that MIME treats specially, spliced around a greeting."""
    dice = random.Random(seed)
    alphabet = string.ascii_letters + " \n.=?_-\t\"'<>&Ü漢🎓" + "\n\n  .." + "From "

    def text(most: int) -> str:
        return "".join(dice.choice(alphabet) for _ in range(dice.randrange(most)))

    pieces = tuple(text(400) for _ in range(dice.randint(1, 3)))
    methods = dice.choices(["REQUEST", "CANCEL"], k=dice.randrange(4))
    calendars = tuple(Calendar(CALENDAR.format(method), method) for method in methods)
    name = one_line(text(60))
    edition, letter = print_letter(seed, pieces, name, calendars)

    message = parsed(letter.wire)
    parts = {part.get_content_type(): part for part in message.walk()}
    greeting = greeting_for(name)
    text_body = cast(bytes, parts["text/plain"].get_payload(decode=True)).decode()
    html_body = cast(bytes, parts["text/html"].get_payload(decode=True)).decode()
    assert lf(text_body) == edition.text_for(greeting) == letter.text
    assert lf(html_body) == edition.html_for(greeting) == letter.html
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


def test_the_cache_of_editions_is_bounded_and_still_right() -> None:
    press = Composer(Renderer("https://app.example.com", "Acme"), SENDER, memory=100_000)

    for number in [1, 2, 3, 1, 2, 3]:
        letter = press.compose(make_email(session={"title": f"Number {number}"}))
        assert f"Number {number}" in letter.edition.subject


def test_two_thousand_messages_a_second_for_a_hundred_recipients() -> None:
    emails = make_claim(100)
    press = composer()
    press.compose(emails[0])

    rates = []
    for _ in range(5):
        began = time.perf_counter()
        for email in emails:
            press.compose(email)
        rates.append(100 / (time.perf_counter() - began))

    assert max(rates) >= 2000


def test_a_rehearsal_finds_what_is_broken_and_leaves_nothing_behind() -> None:
    class Broken(Renderer):
        def render(self, kind: str, **data: Any) -> Edition:
            if kind == "session_updated":
                raise RenderError("cannot render session_updated")
            return super().render(kind, **data)

    assert composer().rehearse() == []
    broken = Composer(Broken("https://app.example.com", "Acme"), SENDER)
    assert broken.rehearse() == ["cannot render session_updated"]
