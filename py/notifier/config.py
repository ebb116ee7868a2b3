"""Configuration: the environment, checked once, as frozen values.

A missing or contradictory variable raises :class:`ConfigError`, whose text is one line that names
the variable and the remedy. No error text and no ``repr`` ever contains a value that may be secret.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

import psycopg
from psycopg import conninfo

from notifier.address import Mailbox, parse_mailbox

RESEND_API_URL = "https://api.resend.com"


class ConfigError(ValueError):
    """A setting is missing, malformed or contradicts another; the text is one printable line."""


class Security(Enum):
    """How the SMTP connection is protected."""

    STARTTLS = "starttls"
    """Plain connect, then an upgrade that must succeed (RFC 3207); port 587."""
    TLS = "tls"
    """TLS from the first byte (RFC 8314 §3.3); port 465."""
    NONE = "none"
    """Unencrypted: a relay on this machine, a mail catcher; port 25."""


DEFAULT_PORTS = {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 25}


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """Where and how to hand mail to an SMTP server.

    ``username`` and ``password`` are either both set or both None (no AUTH). ``connections`` is how
    many are open at most.
    """

    host: str
    port: int
    security: Security
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    connections: int = 8


@dataclass(frozen=True, slots=True)
class ResendSettings:
    """How to reach the Resend API; ``requests_per_second`` is the account's limit."""

    api_key: str = field(repr=False)
    api_url: str = RESEND_API_URL
    requests_per_second: float = 5.0


@dataclass(frozen=True, slots=True)
class MeetingSettings:
    """How to reach the edge function ``meetings``; ``url`` is that of all functions."""

    url: str
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything ``run``, ``once`` and ``check`` need.

    At least one of ``smtp`` and ``resend`` is set; with both, SMTP goes first and Resend is the
    fail-over. ``app_url`` has no trailing slash. Without ``meetings``, somebody else has that edge
    function work. Times are seconds.
    """

    database_url: str = field(repr=False)
    email_from: Mailbox
    app_url: str
    unsubscribe_url: str | None
    smtp: SmtpSettings | None
    resend: ResendSettings | None
    meetings: MeetingSettings | None = None
    lease: float = 4.0
    poll: float = 30.0
    grace: float = 25.0
    suppress_after: int = 3
    webhooks_to_private: bool = False
    monitor: tuple[str, int] | None = None


def load_settings(env: Mapping[str, str] = os.environ) -> Settings:
    """Read and check the whole configuration.

    :raises ConfigError: for the first setting that is missing, malformed or contradictory.
    """
    smtp, resend = _smtp(env), _resend(env)
    if smtp is None and resend is None:
        raise ConfigError(
            "SMTP_HOST and RESEND_API_KEY are both unset: set one of them, mail needs a way out"
        )
    return Settings(
        database_url=load_database_url(env),
        email_from=load_email_from(env),
        app_url=load_app_url(env),
        unsubscribe_url=load_unsubscribe_url(env),
        smtp=smtp,
        resend=resend,
        meetings=_meetings(env),
        lease=_number(env, "NOTIFIER_LEASE_SECONDS", 4.0, low=2.0, high=600.0),
        poll=_number(env, "NOTIFIER_POLL_SECONDS", 30.0, low=0.1, high=300.0),
        grace=_number(env, "NOTIFIER_GRACE_SECONDS", 25.0, low=0.0, high=600.0),
        webhooks_to_private=_webhooks_to_private(env),
        monitor=_monitor(env),
        suppress_after=_count(env, "NOTIFIER_SUPPRESS_AFTER", 3, low=0, high=100),
    )


def load_database_url(env: Mapping[str, str] = os.environ) -> str:
    """The libpq connection string of role ``notifier``.

    :raises ConfigError: unset, or not a connection string. The value itself is not repeated.
    """
    url = _required(env, "DATABASE_URL", "postgresql://notifier:PASSWORD@HOST:5432/postgres")
    try:
        conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        # libpq's own message quotes parts of the string, the password among them.
        raise ConfigError(
            "DATABASE_URL is not a connection string: "
            "use postgresql://notifier:PASSWORD@HOST:5432/DATABASE, special characters %-encoded"
        ) from None
    return url


def load_email_from(env: Mapping[str, str] = os.environ) -> Mailbox:
    """The sender of every mail.

    :raises ConfigError: unset, not ``Name <address>`` or a bare address, or not an ASCII address.
    """
    value = _required(env, "EMAIL_FROM", "Live Sessions <sessions@example.com>")
    mailbox = parse_mailbox(value)
    if mailbox is None:
        raise ConfigError(
            "EMAIL_FROM is not a mail address: "
            "use 'Live Sessions <sessions@example.com>' or 'sessions@example.com'"
        )
    if mailbox.needs_smtputf8:
        # A server that cannot take it (RFC 6531) would refuse every mail, whoever it is for.
        raise ConfigError(
            "EMAIL_FROM has non-ASCII characters before the @, which many servers refuse: "
            "use an address without, such as sessions@example.com; the name may have them"
        )
    return mailbox


def load_app_url(env: Mapping[str, str] = os.environ) -> str:
    """The web application's base address, without a trailing slash; links in mails start with it.

    :raises ConfigError: unset, or not an http(s) URL without query and fragment.
    """
    value = _required(env, "APP_URL", "https://app.example.com")
    if not _is_http_url("APP_URL", value):
        raise ConfigError(
            "APP_URL is not an http(s) address: use one like https://app.example.com, "
            "without spaces, query or fragment"
        )
    return value.rstrip("/")


def load_unsubscribe_url(env: Mapping[str, str]) -> str | None:
    """Where the edge function ``unsubscribe`` is reached; None where it is not served.

    :raises ConfigError: not an http(s) URL without query and fragment.
    """
    value = _optional(env, "UNSUBSCRIBE_URL")
    if value is not None and not _is_http_url("UNSUBSCRIBE_URL", value):
        raise ConfigError(
            "UNSUBSCRIBE_URL is not an http(s) address: use one like "
            "https://PROJECT.supabase.co/functions/v1/unsubscribe, or unset it"
        )
    return value


def _smtp(env: Mapping[str, str]) -> SmtpSettings | None:
    host = _optional(env, "SMTP_HOST")
    if host is None:
        for name in ("SMTP_PORT", "SMTP_USERNAME", "SMTP_PASSWORD", "SMTP_SECURITY"):
            if _optional(env, name) is not None:
                raise ConfigError(f"SMTP_HOST is unset but {name} is set: set both or neither")
        return None
    if set(host) & set("/@ []") or not _is_host(host):
        raise ConfigError("SMTP_HOST is not a host name: use one like smtp.example.com")
    port = _whole_number(env, "SMTP_PORT", low=1, high=65535)
    security = _security(env, port)
    username, password = _optional(env, "SMTP_USERNAME"), _secret(env, "SMTP_PASSWORD")
    if (username is None) != (password is None):
        there, missing = (
            ("SMTP_USERNAME", "SMTP_PASSWORD") if username else ("SMTP_PASSWORD", "SMTP_USERNAME")
        )
        raise ConfigError(f"{missing} is unset but {there} is set: set both or neither")
    if password is not None and security is Security.NONE and not _is_loopback(host):
        raise ConfigError(
            "SMTP_SECURITY=none would send SMTP_PASSWORD unencrypted: use starttls or tls"
        )
    return SmtpSettings(
        host=host,
        port=port or DEFAULT_PORTS[security],
        security=security,
        username=username,
        password=password,
        connections=_whole_number(env, "SMTP_CONNECTIONS", low=1, high=64) or 8,
    )


def _security(env: Mapping[str, str], port: int | None) -> Security:
    value = _optional(env, "SMTP_SECURITY")
    if value is None:
        return Security.TLS if port == DEFAULT_PORTS[Security.TLS] else Security.STARTTLS
    try:
        security = Security(value.lower())
    except ValueError:
        raise ConfigError("SMTP_SECURITY is unknown: use starttls, tls or none") from None
    if security is Security.TLS and port == DEFAULT_PORTS[Security.STARTTLS]:
        raise ConfigError("SMTP_SECURITY=tls contradicts SMTP_PORT=587: use starttls or port 465")
    if security is not Security.TLS and port == DEFAULT_PORTS[Security.TLS]:
        raise ConfigError(
            f"SMTP_SECURITY={security.value} contradicts SMTP_PORT=465: use tls or port 587"
        )
    return security


def _resend(env: Mapping[str, str]) -> ResendSettings | None:
    api_key = _secret(env, "RESEND_API_KEY")
    api_url = _optional(env, "RESEND_API_URL")
    if api_key is None:
        if api_url is not None:
            raise ConfigError(
                "RESEND_API_KEY is unset but RESEND_API_URL is set: set both or neither"
            )
        return None
    if not api_key.isascii() or any(c.isspace() or not c.isprintable() for c in api_key):
        raise ConfigError("RESEND_API_KEY has characters no key has: copy it again, without spaces")
    if api_url is not None and not _is_http_url("RESEND_API_URL", api_url):
        raise ConfigError(
            f"RESEND_API_URL is not an http(s) address: unset it to use {RESEND_API_URL}"
        )
    return ResendSettings(
        api_key=api_key,
        api_url=(api_url or RESEND_API_URL).rstrip("/"),
        requests_per_second=_number(env, "RESEND_REQUESTS_PER_SECOND", 5.0, low=0.1, high=1000.0),
    )


def _meetings(env: Mapping[str, str]) -> MeetingSettings | None:
    url, key = _optional(env, "FUNCTIONS_URL"), _secret(env, "FUNCTIONS_KEY")
    if (url is None) != (key is None):
        there, missing = (
            ("FUNCTIONS_URL", "FUNCTIONS_KEY") if url else ("FUNCTIONS_KEY", "FUNCTIONS_URL")
        )
        raise ConfigError(f"{missing} is unset but {there} is set: set both or neither")
    if url is None or key is None:
        return None
    if not _is_http_url("FUNCTIONS_URL", url):
        raise ConfigError(
            "FUNCTIONS_URL is not an http(s) address: "
            "use one like https://PROJECT.supabase.co/functions/v1"
        )
    if not key.isascii() or any(c.isspace() or not c.isprintable() for c in key):
        raise ConfigError("FUNCTIONS_KEY has characters no key has: copy it again, without spaces")
    return MeetingSettings(url.rstrip("/"), key)


def _optional(env: Mapping[str, str], name: str) -> str | None:
    """An empty or blank variable counts as unset: compose files and CI systems set them so."""
    return _text(env, name).strip() or None


def _secret(env: Mapping[str, str], name: str) -> str | None:
    """Like :func:`_optional`, but taken as it is: a password may begin or end with a space."""
    value = _text(env, name)
    return value if value.strip() else None


def _text(env: Mapping[str, str], name: str) -> str:
    """Its value, which somebody else's file of settings may hold in another encoding.

    :raises ConfigError: it is no Unicode; in Python, half characters stand for such octets.
    """
    value = env.get(name, "")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ConfigError(f"{name} is not in UTF-8: save where it is set as such") from None
    return value


def _required(env: Mapping[str, str], name: str, example: str) -> str:
    value = _optional(env, name)
    if value is None:
        raise ConfigError(f"{name} is not set: set it, for example {name}={example}")
    return value


def _whole_number(env: Mapping[str, str], name: str, *, low: int, high: int) -> int | None:
    value = _optional(env, name)
    if value is None:
        return None
    if (number := _within(value, low, high)) is None:
        raise ConfigError(f"{name} is not a whole number from {low} to {high}: correct or unset it")
    return number


def _within(value: str, low: int, high: int) -> int | None:
    """The number that ``value`` is; None: none, or out of bounds, as thousands of digits are."""
    if not re.fullmatch(r"[0-9]{1,9}", value):
        return None
    return number if low <= (number := int(value)) <= high else None


def _monitor(env: Mapping[str, str]) -> tuple[str, int] | None:
    value = _optional(env, "NOTIFIER_MONITOR")
    if value is None:
        return None
    host, _, port = value.rpartition(":")
    if (number := _within(port, 1, 65535)) is None:
        raise ConfigError("NOTIFIER_MONITOR is not a port: use 9464, or 0.0.0.0:9464 for others")
    return host.strip("[]") or "127.0.0.1", number


def _webhooks_to_private(env: Mapping[str, str]) -> bool:
    value = _optional(env, "NOTIFIER_WEBHOOK_NETWORKS") or "public"
    if value not in ("public", "any"):
        raise ConfigError("NOTIFIER_WEBHOOK_NETWORKS is unknown: use public or any")
    return value == "any"


def _count(env: Mapping[str, str], name: str, default: int, *, low: int, high: int) -> int:
    number = _whole_number(env, name, low=low, high=high)
    return default if number is None else number


def _number(env: Mapping[str, str], name: str, default: float, *, low: float, high: float) -> float:
    value = _optional(env, name)
    if value is None:
        return default
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if not low <= number <= high:
        raise ConfigError(f"{name} is not a number from {low:g} to {high:g}: correct or unset it")
    return number


def _is_http_url(name: str, value: str) -> bool:
    """Whether it is a URL to build on.

    :raises ConfigError: it would be one, written as RFC 3986 has it, which headers and calendars
        ask for.
    """
    if value.isprintable() and not value.isascii():
        raise ConfigError(
            f"{name} has non-ASCII characters: "
            "write the host name in punycode (xn--...) and what follows it %-encoded"
        )
    if any(character.isspace() or not character.isprintable() for character in value):
        return False
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return False
    return (
        parts.scheme in ("http", "https")
        and _is_host(parts.hostname or "")
        and not parts.username
        and not set(value) & set("\"'<>\\`?#")
    )


def _is_host(host: str) -> bool:
    """Whether it is an IP address or may be looked up, which raises for what is no name."""
    if ":" in host:
        return _address(host) is not None
    try:
        return bool(host.encode("idna")) and host.isprintable()
    except UnicodeError:
        return False


def _is_loopback(host: str) -> bool:
    address = _address(host)
    return host.lower() == "localhost" if address is None else address.is_loopback


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
