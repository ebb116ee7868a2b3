"""The environment is checked once; what is wrong is one line that names variable and remedy."""

from __future__ import annotations

import pytest

from notifier.config import ConfigError, MeetingSettings, Security, Settings, load_settings

GOOD = {
    "DATABASE_URL": "postgresql://notifier:dbsecret@localhost/postgres",
    "SMTP_HOST": "smtp.example.com",
    "SMTP_USERNAME": "mailer",
    "SMTP_PASSWORD": "smtpsecret",
    "EMAIL_FROM": "Live Sessions <sessions@example.com>",
    "APP_URL": "https://app.example.com/",
}


def test_smtp_alone_is_enough() -> None:
    settings = load_settings(GOOD)

    assert settings.smtp is not None
    assert (settings.smtp.host, settings.smtp.port) == ("smtp.example.com", 587)
    assert settings.smtp.security is Security.STARTTLS
    assert settings.resend is None
    assert settings.app_url == "https://app.example.com"
    assert settings.email_from.address == "sessions@example.com"
    assert settings.email_from.name == "Live Sessions"


@pytest.mark.parametrize("name", ["DATABASE_URL", "SMTP_PASSWORD", "EMAIL_FROM"])
def test_what_is_in_another_encoding_is_refused_by_name(name: str) -> None:
    latin = GOOD[name].encode() + "é".encode("latin-1")

    with pytest.raises(ConfigError, match=f"^{name} is not in UTF-8") as refused:
        load_settings(GOOD | {name: latin.decode("utf-8", "surrogateescape")})

    assert "secret" not in str(refused.value)


def test_resend_alone_is_enough() -> None:
    env = {name: value for name, value in GOOD.items() if not name.startswith("SMTP_")}

    env |= {"RESEND_API_KEY": "re_123"}
    settings, elsewhere = (
        load_settings(env | {"RESEND_API_URL": url}) for url in ("", "https://resend.test/")
    )

    assert settings.smtp is None
    assert settings.resend is not None
    assert settings.resend.api_url == "https://api.resend.com"
    assert elsewhere.resend is not None
    assert elsewhere.resend.api_url == "https://resend.test"


def test_with_both_each_is_configured() -> None:
    settings = load_settings(GOOD | {"RESEND_API_KEY": "re_123"})

    assert settings.smtp is not None
    assert settings.resend is not None


@pytest.mark.parametrize(
    ("port", "security", "expected_port", "expected"),
    [
        ("", "", 587, Security.STARTTLS),
        ("465", "", 465, Security.TLS),
        ("2525", "", 2525, Security.STARTTLS),
        ("25", "", 25, Security.STARTTLS),
        ("", "tls", 465, Security.TLS),
        ("", "STARTTLS", 587, Security.STARTTLS),
    ],
)
def test_port_and_security_default_to_each_other(
    port: str, security: str, expected_port: int, expected: Security
) -> None:
    smtp = load_settings(GOOD | {"SMTP_PORT": port, "SMTP_SECURITY": security}).smtp

    assert smtp is not None
    assert (smtp.port, smtp.security) == (expected_port, expected)


@pytest.mark.parametrize(
    ("change", "variable", "remedy"),
    [
        ({"DATABASE_URL": ""}, "DATABASE_URL", "postgresql://"),
        ({"DATABASE_URL": "  "}, "DATABASE_URL", "postgresql://"),
        ({"DATABASE_URL": "postgresql://u:dbsecret@[h/x"}, "DATABASE_URL", "%-encoded"),
        ({"EMAIL_FROM": ""}, "EMAIL_FROM", "sessions@example.com"),
        ({"EMAIL_FROM": "nobody"}, "EMAIL_FROM", "sessions@example.com"),
        ({"EMAIL_FROM": "a@b.c\r\nBcc: d@e.f"}, "EMAIL_FROM", "sessions@example.com"),
        ({"EMAIL_FROM": "Büro <büro@example.org>"}, "EMAIL_FROM", "before the @"),
        ({"APP_URL": ""}, "APP_URL", "https://app.example.com"),
        ({"APP_URL": "javascript:alert(1)"}, "APP_URL", "http(s)"),
        ({"APP_URL": 'https://x.org/"><script>'}, "APP_URL", "http(s)"),
        ({"APP_URL": "https://x.org/?a=b"}, "APP_URL", "query"),
        ({"APP_URL": "https://x.org/#"}, "APP_URL", "fragment"),
        ({"APP_URL": "https://x..org"}, "APP_URL", "http(s)"),
        ({"APP_URL": "https://x.org:99999"}, "APP_URL", "http(s)"),
        ({"APP_URL": "https://somebody:secret@x.org"}, "APP_URL", "http(s)"),
        ({"APP_URL": "https://x.org/a\x7fb"}, "APP_URL", "http(s)"),
        ({"APP_URL": "https://müller.example"}, "APP_URL", "punycode"),
        ({"APP_URL": "https://x.org/schöne-app"}, "APP_URL", "%-encoded"),
        ({"UNSUBSCRIBE_URL": "https://müller.example/u"}, "UNSUBSCRIBE_URL", "punycode"),
        (
            {"RESEND_API_KEY": "re_1", "RESEND_API_URL": "https://müller.example"},
            "RESEND_API_URL",
            "punycode",
        ),
        (
            {"FUNCTIONS_URL": "https://müller.example", "FUNCTIONS_KEY": "secret"},
            "FUNCTIONS_URL",
            "punycode",
        ),
        ({"SMTP_HOST": ""}, "SMTP_HOST", "both or neither"),
        ({"SMTP_HOST": "smtp://x"}, "SMTP_HOST", "host name"),
        ({"SMTP_HOST": "smtp..example.com"}, "SMTP_HOST", "host name"),
        ({"SMTP_HOST": "smtp.example.com:25"}, "SMTP_HOST", "host name"),
        ({"SMTP_HOST": "[::1]"}, "SMTP_HOST", "host name"),
        ({"SMTP_HOST": "smtp\x7f.example.com"}, "SMTP_HOST", "host name"),
        ({"SMTP_PORT": "0"}, "SMTP_PORT", "1 to 65535"),
        ({"SMTP_PORT": "smtp"}, "SMTP_PORT", "whole number"),
        ({"SMTP_PORT": "9" * 5000}, "SMTP_PORT", "whole number"),
        ({"SMTP_PASSWORD": ""}, "SMTP_PASSWORD is unset but SMTP_USERNAME", "both or neither"),
        ({"SMTP_USERNAME": ""}, "SMTP_USERNAME is unset but SMTP_PASSWORD", "both or neither"),
        ({"SMTP_SECURITY": "ssl"}, "SMTP_SECURITY", "starttls, tls or none"),
        ({"SMTP_SECURITY": "none"}, "SMTP_PASSWORD", "unencrypted"),
        ({"SMTP_SECURITY": "none", "SMTP_HOST": "10.0.0.1"}, "SMTP_PASSWORD", "unencrypted"),
        ({"SMTP_SECURITY": "none", "SMTP_PORT": "465"}, "SMTP_PORT=465", "tls"),
        ({"SMTP_SECURITY": "tls", "SMTP_PORT": "587"}, "SMTP_PORT=587", "starttls"),
        ({"SMTP_SECURITY": "starttls", "SMTP_PORT": "465"}, "SMTP_PORT=465", "tls"),
        ({"SMTP_CONNECTIONS": "1000"}, "SMTP_CONNECTIONS", "1 to 64"),
        ({"RESEND_API_URL": "https://x.org"}, "RESEND_API_KEY", "both or neither"),
        ({"RESEND_API_KEY": "re_ 1"}, "RESEND_API_KEY", "without spaces"),
        ({"RESEND_API_KEY": "re_é1"}, "RESEND_API_KEY", "no key has"),
        ({"RESEND_API_KEY": "re_\x7f1"}, "RESEND_API_KEY", "no key has"),
        ({"RESEND_API_KEY": "re_1", "RESEND_API_URL": "x"}, "RESEND_API_URL", "http(s)"),
        ({"FUNCTIONS_URL": "https://x.org"}, "FUNCTIONS_KEY is unset but FUNCTIONS_URL", "both"),
        ({"FUNCTIONS_KEY": "secret"}, "FUNCTIONS_URL is unset but FUNCTIONS_KEY", "both"),
        ({"FUNCTIONS_URL": "x.org", "FUNCTIONS_KEY": "secret"}, "FUNCTIONS_URL", "http(s)"),
        (
            {"FUNCTIONS_URL": "https://x.org", "FUNCTIONS_KEY": "my secret"},
            "FUNCTIONS_KEY",
            "without spaces",
        ),
        (
            {"FUNCTIONS_URL": "https://x.org", "FUNCTIONS_KEY": "é-secret"},
            "FUNCTIONS_KEY",
            "no key has",
        ),
        ({"NOTIFIER_LEASE_SECONDS": "nan"}, "NOTIFIER_LEASE_SECONDS", "2 to 600"),
        ({"NOTIFIER_LEASE_SECONDS": "soon"}, "NOTIFIER_LEASE_SECONDS", "2 to 600"),
        ({"NOTIFIER_WEBHOOK_NETWORKS": "none"}, "NOTIFIER_WEBHOOK_NETWORKS", "public or any"),
    ],
)
def test_a_wrong_setting_is_one_line_naming_variable_and_remedy(
    change: dict[str, str], variable: str, remedy: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(GOOD | change)

    line = str(caught.value)
    assert variable in line
    assert remedy in line
    assert line.isprintable()
    assert "secret" not in line


@pytest.mark.parametrize("name", ["SMTP_PORT", "SMTP_USERNAME", "SMTP_PASSWORD", "SMTP_SECURITY"])
def test_what_is_set_for_smtp_without_a_host_is_not_passed_over(name: str) -> None:
    env = {name: value for name, value in GOOD.items() if not name.startswith("SMTP_")}

    with pytest.raises(ConfigError, match=f"^SMTP_HOST is unset but {name} is set"):
        load_settings(env | {"RESEND_API_KEY": "re_123", name: "1"})


def numbers(settings: Settings) -> dict[str, float]:
    """Every setting that is a number, by its variable."""
    assert settings.smtp is not None
    assert settings.resend is not None
    return {
        "SMTP_CONNECTIONS": settings.smtp.connections,
        "RESEND_REQUESTS_PER_SECOND": settings.resend.requests_per_second,
        "NOTIFIER_LEASE_SECONDS": settings.lease,
        "NOTIFIER_POLL_SECONDS": settings.poll,
        "NOTIFIER_GRACE_SECONDS": settings.grace,
        "NOTIFIER_SUPPRESS_AFTER": settings.suppress_after,
    }


@pytest.mark.parametrize(
    ("name", "default", "low", "high", "below", "above"),
    [
        ("SMTP_CONNECTIONS", 8, "1", "64", "0", "65"),
        ("RESEND_REQUESTS_PER_SECOND", 5, "0.1", "1000", "0.09", "1000.1"),
        ("NOTIFIER_LEASE_SECONDS", 4, "2", "600", "1.9", "600.1"),
        ("NOTIFIER_POLL_SECONDS", 30, "0.1", "300", "0.09", "300.1"),
        ("NOTIFIER_GRACE_SECONDS", 25, "0", "600", "-0.1", "600.1"),
        ("NOTIFIER_SUPPRESS_AFTER", 3, "0", "100", "-1", "101"),
    ],
)
def test_a_number_has_its_default_and_its_bounds_which_it_may_be(
    name: str, default: float, low: str, high: str, below: str, above: str
) -> None:
    env = GOOD | {"RESEND_API_KEY": "re_123"}

    assert numbers(load_settings(env))[name] == default
    for value in (low, high):
        assert numbers(load_settings(env | {name: value}))[name] == float(value)
    for value in (below, above):
        with pytest.raises(ConfigError, match=f"^{name} is not a .*number from {low} to {high}:"):
            load_settings(env | {name: value})


@pytest.mark.parametrize(("value", "is_any"), [("", False), ("public", False), ("any", True)])
def test_webhooks_go_to_the_public_network_unless_told_otherwise(value: str, is_any: bool) -> None:
    env = GOOD | {"NOTIFIER_WEBHOOK_NETWORKS": value}

    assert load_settings(env).webhooks_to_private is is_any


def test_the_edge_functions_are_found_by_their_address_and_key() -> None:
    assert load_settings(GOOD).meetings is None

    env = {"FUNCTIONS_URL": "https://x.org/functions/v1/", "FUNCTIONS_KEY": "hidden-key"}
    settings = load_settings(GOOD | env)

    assert settings.meetings == MeetingSettings("https://x.org/functions/v1", "hidden-key")
    assert "hidden-key" not in repr(settings)


def test_a_sender_may_have_any_name_and_any_domain() -> None:
    sender = load_settings(GOOD | {"EMAIL_FROM": "Büro <sessions@müller.example>"}).email_from

    assert (sender.name, sender.address) == ("Büro", "sessions@xn--mller-kva.example")


def test_no_transport_names_both_variables() -> None:
    env = {name: value for name, value in GOOD.items() if not name.startswith("SMTP_")}

    with pytest.raises(ConfigError, match=r"SMTP_HOST and RESEND_API_KEY"):
        load_settings(env)


@pytest.mark.parametrize("host", ["localhost", "LocalHost", "127.0.0.1", "::1"])
def test_a_password_may_go_unencrypted_to_this_machine_only(host: str) -> None:
    smtp = load_settings(GOOD | {"SMTP_HOST": host, "SMTP_SECURITY": "none"}).smtp

    assert smtp is not None
    assert (smtp.security, smtp.port) == (Security.NONE, 25)


def test_a_password_keeps_its_spaces() -> None:
    smtp = load_settings(GOOD | {"SMTP_PASSWORD": " pass word "}).smtp

    assert smtp is not None
    assert smtp.password == " pass word "


def test_no_secret_shows_in_repr() -> None:
    settings = load_settings(GOOD | {"RESEND_API_KEY": "re_apisecret"})

    assert "secret" not in repr(settings)
    assert "mailer" not in repr(settings)
    assert "smtp.example.com" in repr(settings)
