"""Mail addresses: checked before they reach a header or an SMTP command, and written into both.

Injection is impossible by construction: :func:`parse_address` accepts no control character, space,
quote, comma or angle bracket, and :func:`header_text` encodes every name that is not plain text.
"""

import re
from base64 import b64encode
from dataclasses import dataclass
from unicodedata import category

import idna

MAX_ADDRESS = 254
"""Octets of a forward-path without its brackets (RFC 5321 §4.5.3.1.3)."""

# atext (RFC 5322 §3.2.3) plus dots, plus the non-ASCII of RFC 6531; control characters are excluded
# from the latter by isprintable(). Quoted local parts are left out: nobody signs up with one.
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\-\u0080-\U0010ffff]{1,64}")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_MAILBOX = re.compile(
    r'\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<name>[^<>"]*))\s*<(?P<address>[^<>]*)>\s*'
)
_JOINERS = "\u200c\u200d"
"""Without them Persian words fall apart, and emoji of several."""

_ATOMS = re.compile(rb"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ \-]*")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A name (may be empty) and an address that :func:`parse_address` has accepted."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        """The part after the ``@``, ASCII."""
        return self.address.rpartition("@")[2]

    @property
    def needs_smtputf8(self) -> bool:
        """Whether only a server with SMTPUTF8 (RFC 6531) can take this address."""
        return not self.address.isascii()

    def header(self) -> bytes:
        """The value of a From or To field (RFC 5322 §3.4), folded where it may grow long."""
        address = self.address.encode()
        if not self.name:
            return address
        return b"%b\r\n <%b>" % (_phrase(self.name), address)

    def plain(self) -> str:
        """``Name <address>`` without any character that would need quoting."""
        name = " ".join("".join(c for c in self.name if c not in '"<>\\,;:').split())
        return f"{name} <{self.address}>" if name else self.address

    def __str__(self) -> str:
        """``"Name" <address>`` unfolded and unencoded, for APIs that take it so."""
        if not self.name:
            return self.address
        escaped = self.name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}" <{self.address}>'


def parse_address(text: str) -> str | None:
    """The address as it goes into an SMTP command, with an ASCII domain, or None.

    The domain is as registries and browsers have it: IDNA 2008 after the mapping of UTS #46.
    """
    local, at, domain = text.strip().rpartition("@")
    if not at or not _LOCAL.fullmatch(local) or not local.isprintable():
        return None
    if not domain.isascii():
        try:
            # Python's own codec is that of 2003, in which straße.de is strasse.de: somebody else's.
            domain = idna.encode(domain, uts46=True).decode("ascii")
        except UnicodeError:
            return None
    if not _DOMAIN.fullmatch(domain):
        return None
    address = f"{local}@{domain}"
    return address if len(address.encode()) <= MAX_ADDRESS else None


def parse_mailbox(text: str) -> Mailbox | None:
    """``Name <address>``, ``"Name" <address>`` or a bare address; None if it is none of these."""
    match = _MAILBOX.fullmatch(text)
    if match is None:
        address = parse_address(text)
        return Mailbox("", address) if address else None
    address = parse_address(match["address"])
    if address is None:
        return None
    quoted = match["quoted"]
    name = match["name"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
    return Mailbox(one_line(name), address)


def one_line(text: str) -> str:
    """The text without control characters and line separators; runs of spaces become one.

    What has no width (hyphens for breaks only, marks of direction) leaves no space behind.
    """
    if not text.isprintable():
        text = "".join(map(_printable, text))
    return " ".join(text.split())


def _printable(character: str) -> str:
    if character.isprintable() or character in _JOINERS:
        return character
    return "" if category(character) == "Cf" else " "


def header_text(text: str) -> bytes:
    """An unstructured header value (RFC 5322 §2.2.1): as it is, or as encoded-words (RFC 2047).

    Folded so that no line passes 76 octets.
    """
    text = one_line(text)
    if text.isascii() and "=?" not in text and max(map(len, text.split(" ")), default=0) <= 70:
        return _fold(text.encode("ascii"))
    return _encoded_words(text)


def _phrase(name: str) -> bytes:
    """A display name (RFC 5322 §3.2.5): atoms, a quoted string, or encoded-words."""
    name = one_line(name)
    if name.isascii() and len(name) <= 60 and "=?" not in name:
        ascii_name = name.encode("ascii")
        if _ATOMS.fullmatch(ascii_name):
            return ascii_name
        return b'"%b"' % ascii_name.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    return _encoded_words(name)


def _encoded_words(text: str) -> bytes:
    """Base64 encoded-words of whole characters, at most 75 octets each, one per folded line."""
    words: list[bytes] = []
    chunk = b""
    for character in text:
        encoded = character.encode()
        if len(chunk) + len(encoded) > 39:  # 52 base64 characters and 12 around them: 64 octets
            words.append(b64encode(chunk))
            chunk = b""
        chunk += encoded
    words.append(b64encode(chunk))
    return b"\r\n ".join(b"=?utf-8?b?%b?=" % word for word in words)


def _fold(value: bytes) -> bytes:
    lines: list[bytes] = []
    line = b""
    for word in value.split(b" "):
        if line and len(line) + 1 + len(word) > 64:
            lines.append(line)
            line = word
        else:
            line = line + b" " + word if line else word
    lines.append(line)
    return b"\r\n ".join(lines)
