"""Message bytes (RFC 5322, MIME) put together from prebuilt parts.

Python's ``email`` package builds a few hundred messages a second. Here everything that the
recipients of one edition share is encoded once, and a message is a join of byte strings: shared
headers and bodies, the person's own headers, greeting and calendar. The tests hold the result
against what the ``email`` package parses.
"""

from base64 import b64encode
from binascii import b2a_qp
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from html import escape
from uuid import UUID

from notifier.address import Mailbox, header_text
from notifier.render import Edition

CALENDAR_METHODS = frozenset({"REQUEST", "CANCEL"})

# RFC 2045 §6.7: "=_" occurs in neither quoted-printable nor base64, so these end no part early.
_MIXED, _ALTERNATIVE = b"=_live-sessions-mixed", b"=_live-sessions-alternative"
_CRLF = b"\r\n"


class MessageError(Exception):
    """This mail cannot be put into a message, now or later; the text has no address."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """An iCalendar object (RFC 5545) and its method, REQUEST or CANCEL (RFC 5546)."""

    text: str = field(repr=False)
    method: str = field(init=False)

    def __post_init__(self) -> None:
        """:raises MessageError: it has no method of these, or several."""
        _, *methods = self.text.split("\nMETHOD:", 2)
        stated = [method.partition("\r\n")[0] for method in methods]
        if len(stated) != 1 or stated[0] not in CALENDAR_METHODS:
            raise MessageError(f"the calendar's METHOD is {stated}, not REQUEST or CANCEL")
        object.__setattr__(self, "method", stated[0])


@dataclass(frozen=True, slots=True)
class File:
    """A file that goes with every letter of an edition; ``media_type`` without parameters."""

    name: str
    media_type: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Letter:
    """One person's mail, ready for any transport.

    ``wire`` is the whole message with CRLF line ends, not dot-stuffed. The other fields say the
    same in pieces, for transports that take those.
    """

    email_id: UUID
    sender: Mailbox = field(repr=False)
    recipient: Mailbox = field(repr=False)
    greeting: str = field(repr=False)
    edition: Edition = field(repr=False)
    calendars: tuple[Calendar, ...] = field(repr=False)
    files: tuple[File, ...] = field(repr=False)
    thread: str
    unsubscribe_url: str = field(repr=False)
    wire: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """The plain-text body."""
        return self.edition.text_for(self.greeting, self.unsubscribe_url)

    @property
    def html(self) -> str:
        """The HTML body."""
        return self.edition.html_for(self.greeting, self.unsubscribe_url)


class Press:
    """Prints letters of one edition: what they share is encoded here, once."""

    __slots__ = (
        "_attached",
        "_edition",
        "_files",
        "_html",
        "_sender",
        "_shared",
        "_text",
        "_thread",
    )

    def __init__(
        self, edition: Edition, sender: Mailbox, thread: str, files: tuple[File, ...] = ()
    ) -> None:
        """``thread``: message ids that all mails about the same refer to (RFC 5322 §3.6.4), with a
        space between; empty for none.
        """
        self._edition = edition
        self._sender = sender
        self._thread = thread
        self._files = files
        self._attached = tuple(map(_file, files))
        shared = [b"From: " + sender.header(), b"Subject: " + header_text(edition.subject)]
        if thread:
            shared.append(b"References: " + b"\r\n ".join(thread.encode("ascii").split()))
        shared.append(b"Auto-Submitted: auto-generated")  # RFC 3834 §5: no out-of-office replies
        shared.append(b"MIME-Version: 1.0")
        self._shared = _CRLF.join(shared)
        self._text = tuple(map(_quoted, edition.text))
        self._html = tuple(map(_quoted, edition.html))

    @property
    def size(self) -> int:
        """Bytes that it keeps, or about so many: what was rendered, and the same encoded."""
        return 2 * sum(map(len, self._text + self._html + self._attached))

    def print(
        self,
        email_id: UUID,
        recipient: Mailbox,
        greeting: str,
        calendars: tuple[Calendar, ...] = (),
        unsubscribe_url: str = "",
    ) -> Letter:
        """One person's letter, dated by the clock.

        A POST to ``unsubscribe_url`` switches such mails off (RFC 8058); empty for none.
        """
        head = _CRLF.join(
            (
                b"Date: " + _date(datetime.now(UTC).replace(microsecond=0)),
                b"Message-ID: " + message_id(email_id, self._sender.domain).encode("ascii"),
                b"To: " + recipient.header(),
                *_unsubscribe_lines(unsubscribe_url),
                self._shared,
            )
        )
        text = _part(b"text/plain; charset=utf-8", _splice(self._text, greeting, unsubscribe_url))
        html = _part(
            b"text/html; charset=utf-8",
            _splice(self._html, escape(greeting), escape(unsubscribe_url)),
        )
        return Letter(
            email_id=email_id,
            sender=self._sender,
            recipient=recipient,
            greeting=greeting,
            edition=self._edition,
            calendars=calendars,
            files=self._files,
            thread=self._thread,
            unsubscribe_url=unsubscribe_url,
            wire=_assemble(head, text, html, calendars, self._attached),
        )


def unsubscribe_headers(url: str) -> dict[str, str]:
    """The two headers of one-click unsubscribing (RFC 8058 §3.1); none without an address."""
    if not url:
        return {}
    return {
        "List-Unsubscribe": f"<{url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def message_id(email_id: UUID, domain: str) -> str:
    """The Message-ID of an outbox row: the same at every attempt, so that a resend shows."""
    return f"<{email_id}@{domain}>"


def calendar_files(calendars: tuple[Calendar, ...]) -> tuple[tuple[str, Calendar], ...]:
    """Each calendar with the name of its file, no two of which are the same."""
    if len(calendars) == 1:
        return (("invite.ics", calendars[0]),)
    return tuple((f"invite-{number}.ics", each) for number, each in enumerate(calendars, start=1))


def _unsubscribe_lines(url: str) -> Iterable[bytes]:
    """Not folded, though the address is long: not every program that looks for it unfolds."""
    return (f"{name}: {value}".encode("ascii") for name, value in unsubscribe_headers(url).items())


def _assemble(
    head: bytes,
    text: bytes,
    html: bytes,
    calendars: tuple[Calendar, ...],
    attached: tuple[bytes, ...],
) -> bytes:
    """Text and HTML as alternatives; the first calendar is one too, and all are files beside them.

    Mail programs that understand invitations take the alternative (RFC 6047 §2.4), the others show
    its file, which therefore is no invitation of its own. Further calendars are files only.
    """
    bodies = [_base64(calendar.text.encode()) for calendar in calendars]
    alternatives = [text, html]
    if calendars:
        alternatives.append(_encoded(_calendar_type(calendars[0]), bodies[0]))
    inner = _multipart(b"alternative", _ALTERNATIVE, tuple(alternatives))
    files = tuple(
        _encoded(_file_type(name, calendar, is_copy=number == 0), body, _attached(name))
        for number, ((name, calendar), body) in enumerate(
            zip(calendar_files(calendars), bodies, strict=True)
        )
    )
    if not files and not attached:
        return _CRLF.join((head, inner))
    return _CRLF.join((head, _multipart(b"mixed", _MIXED, (inner, *files, *attached))))


def _multipart(subtype: bytes, boundary: bytes, parts: tuple[bytes, ...]) -> bytes:
    opening = b"--" + boundary + _CRLF
    body = (_CRLF + opening).join(parts)
    return b'Content-Type: multipart/%b; boundary="%b"\r\n\r\n%b%b\r\n--%b--\r\n' % (
        subtype,
        boundary,
        opening,
        body,
        boundary,
    )


def _part(content_type: bytes, quoted: bytes) -> bytes:
    return b"Content-Type: %b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n%b" % (
        content_type,
        quoted,
    )


def _calendar_type(calendar: Calendar) -> bytes:
    """RFC 6047 §2.4: the parameter says the same as the object's METHOD."""
    return b"text/calendar; charset=utf-8; method=%b; component=VEVENT" % calendar.method.encode()


def _file_type(name: str, calendar: Calendar, *, is_copy: bool) -> bytes:
    kind = b"application/ics" if is_copy else _calendar_type(calendar)
    return b'%b;\r\n name="%b"' % (kind, name.encode())


def _file(file: File) -> bytes:
    kind = f'{file.media_type}; charset=utf-8;\r\n name="{file.name}"'.encode("ascii")
    return _encoded(kind, _base64(file.text.encode()), _attached(file.name))


def _attached(name: str) -> bytes:
    return b'Content-Disposition: attachment; filename="%b"\r\n' % name.encode()


def _encoded(content_type: bytes, base64: bytes, disposition: bytes = b"") -> bytes:
    return b"Content-Type: %b\r\n%bContent-Transfer-Encoding: base64\r\n\r\n%b" % (
        content_type,
        disposition,
        base64,
    )


def _quoted(text: str) -> bytes:
    """Quoted-printable (RFC 2045 §6.7) with CRLF line ends."""
    return b2a_qp(text.encode(), istext=True).replace(b"\n", _CRLF)


def _splice(parts: tuple[bytes, ...], *gaps: str) -> bytes:
    """Join quoted-printable parts with what belongs between them.

    Soft line breaks ("=" at a line's end means nothing) keep every line within 76 octets, whatever
    length of what is filled in; none is needed where a line begins or ends anyway.
    """
    pieces = [parts[0]]
    for part, quoted in zip(parts[1:], map(_quoted, gaps), strict=False):
        if pieces[-1] and not pieces[-1].endswith(_CRLF):
            pieces.append(b"=\r\n")
        pieces.append(quoted)
        if not part.startswith(_CRLF):
            pieces.append(b"=\r\n")
        pieces.append(part)
    return b"".join(pieces)


def _base64(data: bytes) -> bytes:
    encoded = b64encode(data)
    return _CRLF.join(encoded[at : at + 76] for at in range(0, len(encoded), 76))


@lru_cache(maxsize=1)
def _date(moment: datetime) -> bytes:
    return format_datetime(moment).encode("ascii")
