"""Addresses are checked before they reach a command or a header; names are encoded into headers."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.headerregistry import AddressHeader

import pytest

from notifier.address import Mailbox, header_text, one_line, parse_address, parse_mailbox
from notifier.redact import redact


@pytest.mark.parametrize(
    "address",
    ["a@b.org", "first.last+tag@sub.example.co.uk", "o'neil@example.org", "a@localhost", "x@1.org"],
)
def test_ordinary_addresses_stay_as_they_are(address: str) -> None:
    assert parse_address(address) == address


@pytest.mark.parametrize(
    ("domain", "ascii_domain"),
    [
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("bücher。example", "xn--bcher-kva.example"),
        ("straße.example", "xn--strae-oqa.example"),  # strasse.example is somebody else's
        ("βόλος.example", "xn--nxasmm1c.example"),
        ("نامه\u200c\u0627ی.example", "xn--mgba3gch31f060k.example"),
    ],
)
def test_an_international_domain_becomes_ascii(domain: str, ascii_domain: str) -> None:
    assert parse_address(f"jana@{domain}") == f"jana@{ascii_domain}"


def test_an_international_local_part_needs_smtputf8() -> None:
    address = parse_address("jána@example.org")

    assert address == "jána@example.org"
    assert Mailbox("", address).needs_smtputf8
    assert not Mailbox("", "jana@example.org").needs_smtputf8


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "a@",
        "@b.org",
        "nobody",
        "a b@c.org",
        "a@b..org",
        "a@-b.org",
        "a@-ü.org",
        "a@ü..org",
        "a@b\uff0fc.org",
        "a@b.org,c@d.org",
        "a@b.org>\r\nRCPT TO:<c@d.org",
        "a@b.org\r\nBcc: c@d.org",
        "a\0@b.org",
        "a\u2028@b.org",
        '"a b"@c.org',
        "<a@b.org>",
        f"{'a' * 65}@b.org",
        f"a@{'b' * 250}.org",
        f"{'é' * 64}@{'b' * 60}.{'c' * 60}.{'d' * 60}.org",
        "a@b.org>",
        "a@b.org SIZE=1",
    ],
)
def test_what_could_break_a_command_or_header_is_no_address(text: str) -> None:
    assert parse_address(text) is None


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("a@b.org", "", "a@b.org"),
        ("Ann <a@b.org>", "Ann", "a@b.org"),
        ('"Ann, B." <a@b.org>', "Ann, B.", "a@b.org"),
        (r'"An \"n" <a@b.org>', 'An "n', "a@b.org"),
        ("<a@b.org>", "", "a@b.org"),
    ],
)
def test_a_mailbox_is_a_name_and_an_address(text: str, name: str, address: str) -> None:
    assert parse_mailbox(text) == Mailbox(name, address)


NAMES = [
    "",
    "Ann",
    "Ann B. Miller",
    "Miller, Ann",
    'Ann "The Fox" Miller',
    "back\\slash",
    "Åsa Öberg",
    "李伟",
    "अनीता देसाई " * 8,
    "a" * 90,
    "=?utf-8?q?fake?=",
    "two\r\nBcc: evil@example.org\r\n\r\nbody",
    "<script>",
    "👩‍🏫 teacher",
    "ends with (comment)",
    "a@b.org",
]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_survives_the_header_and_none_adds_one(name: str) -> None:
    raw = b"To: " + Mailbox(name, "x@example.org").header() + b"\r\n\r\nbody"

    message = message_from_bytes(raw, policy=policy.default)

    assert message.keys() == ["To"]
    to = message["To"]
    assert isinstance(to, AddressHeader)
    assert to.defects == ()  # type: ignore[attr-defined]
    assert [one.addr_spec for one in to.addresses] == ["x@example.org"]
    if len(name.encode()) <= 39:
        assert to.addresses[0].display_name == one_line(name)
    else:
        # The parser of Python 3.11 leaves the spaces between the encoded-words of a long name,
        # which RFC 2047 §6.2 has it drop.
        phrase = raw.removeprefix(b"To: ").rpartition(b"<")[0].decode()
        assert str(make_header(decode_header(phrase))).strip() == one_line(name)
    assert all(len(line) <= 78 for line in raw.split(b"\r\n"))


@pytest.mark.parametrize(
    "name", ['Ann "The Fox" Miller', "ends with \\", '" <evil@example.org>, "', "Miller, Ann"]
)
def test_no_name_adds_a_recipient_for_an_api_that_takes_it_with_the_address(name: str) -> None:
    to = policy.default.header_factory("To", str(Mailbox(name, "x@example.org")))

    assert [(one.display_name, one.addr_spec) for one in to.addresses] == [(name, "x@example.org")]


@pytest.mark.parametrize(
    "text",
    [
        "Hello",
        "Hello there " * 20,
        "Grüße: now Thu, Mar 4",
        "x" * 300,
        "=?utf-8?b?ZmFrZQ==?=",
        "one\r\nBcc: evil@example.org",
        "",
        "日本語の件名" * 20,
    ],
)
def test_any_subject_survives_the_header_and_none_adds_one(text: str) -> None:
    raw = b"Subject: " + header_text(text) + b"\r\n\r\nbody"

    message = message_from_bytes(raw, policy=policy.default)

    assert message.keys() == ["Subject"]
    assert message["Subject"] == one_line(text)
    assert all(len(line) <= 78 for line in raw.split(b"\r\n"))


@pytest.mark.parametrize(
    ("mailbox", "plain"),
    [
        (Mailbox("", "a@b.org"), "a@b.org"),
        (Mailbox("Ann Miller", "a@b.org"), "Ann Miller <a@b.org>"),
        (Mailbox('A "B" <c>; d', "a@b.org"), "A B c d <a@b.org>"),
        (Mailbox('"<>"', "a@b.org"), "a@b.org"),
    ],
)
def test_the_plain_form_needs_no_quoting(mailbox: Mailbox, plain: str) -> None:
    assert mailbox.plain() == plain


@pytest.mark.parametrize(
    "text",
    [
        "550 5.1.1 <jane.doe@example.org>: user unknown",
        "no such user jane.doe@example.org, sorry",
        "(jane.doe@example.org)",
        '"jane.doe@example.org"',
        "mailto:jane.doe@example.org",
    ],
)
def test_redacting_takes_every_address_out(text: str) -> None:
    assert "@" not in redact(text)
    assert "jane" not in redact(text)
    assert "(address)" in redact(text)


def test_redacted_text_is_one_short_line() -> None:
    assert redact("a\r\nb\tc") == "a b c"
    assert redact("a\x00b\x1b[31m") == "a b [31m"  # Postgres takes no NUL, a terminal any colour
    assert len(redact("x" * 5000)) == 300
    assert "jane" not in redact("x" * 290 + " jane.doe@example.org")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("one\r\ntwo\u2028three\x85four\x00", "one two three four"),
        ("\u0645\u06cc\u200c\u0631\u0648\u0645", "\u0645\u06cc\u200c\u0631\u0648\u0645"),
        ("Donau\u00addampf\u200bschiff", "Donaudampfschiff"),
        ("\u200fweek\u202e 1\u2069", "week 1"),
        ("\U0001f469\u200d\U0001f3eb", "\U0001f469\u200d\U0001f3eb"),
    ],
)
def test_a_line_has_the_words_of_the_text_and_nothing_that_steers(text: str, line: str) -> None:
    assert one_line(text) == line
