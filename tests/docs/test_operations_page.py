"""`docs/operations.md` names every setting of the notifier, its default and its range."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from notifier.__main__ import EPILOG
from notifier.config import ConfigError, Security, Settings, load_settings

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"

LEAST = {
    "DATABASE_URL": "postgresql://notifier:x@localhost/postgres",
    "EMAIL_FROM": "sessions@example.com",
    "APP_URL": "https://app.example.com",
}
ALL = LEAST | {"SMTP_HOST": "smtp.example.com", "RESEND_API_KEY": "re_123"}


@dataclass(frozen=True, slots=True)
class Setting:
    """A row of the page's table; `low` and `high` are None where it names no range."""

    name: str
    default: str
    low: float | None
    high: float | None


def settings() -> Iterator[Setting]:
    section = PAGE.read_text().split("\n## Run the notifier\n")[1].split("\n## ")[0]
    for name, default, about in re.findall(r"^\| `(\w+)` \| (.+?) \| (.+) \|$", section, re.M):
        limits = re.match(r"([\d.]+) to ([\d.]+)", about)
        low, high = map(float, limits.groups()) if limits else (None, None)
        yield Setting(name, default.strip("`"), low, high)


ROWS = list(settings())
SETTINGS = {setting.name: setting for setting in ROWS}
RANGES = [setting for setting in SETTINGS.values() if setting.low is not None]


class Watched(dict[str, str]):
    """An environment that remembers what was asked of it."""

    def __init__(self, variables: dict[str, str]) -> None:
        super().__init__(variables)
        self.asked: set[str] = set()

    def get(self, name: str, default: str = "") -> str:  # type: ignore[override]
        self.asked.add(name)
        return super().get(name, default)


def read(variables: dict[str, str]) -> Settings:
    return load_settings(variables)


def test_the_page_names_what_is_read_and_nothing_else() -> None:
    env = Watched(ALL)

    load_settings(env)

    assert sorted(row.name for row in ROWS) == sorted(env.asked)  # each once


def test_the_commands_own_help_names_the_same() -> None:
    assert set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", EPILOG)) == set(SETTINGS)
    for name, default in re.findall(r"(\w+) \((\d+)\)", EPILOG):
        assert SETTINGS[name].default == default


def test_the_defaults_are_those_of_the_page() -> None:
    unset = read(ALL)
    assert unset.smtp is not None
    assert unset.resend is not None

    found = {
        "SMTP_SECURITY": unset.smtp.security.value,
        "SMTP_PORT": f"{unset.smtp.port}",
        "SMTP_CONNECTIONS": f"{unset.smtp.connections}",
        "RESEND_API_URL": unset.resend.api_url,
        "RESEND_REQUESTS_PER_SECOND": f"{unset.resend.requests_per_second:g}",
        "NOTIFIER_LEASE_SECONDS": f"{unset.lease:g}",
        "NOTIFIER_POLL_SECONDS": f"{unset.poll:g}",
        "NOTIFIER_GRACE_SECONDS": f"{unset.grace:g}",
        "NOTIFIER_WEBHOOK_NETWORKS": "any" if unset.webhooks_to_private else "public",
        "NOTIFIER_SUPPRESS_AFTER": f"{unset.suppress_after}",
    }
    optional = {name: row.default for name, row in SETTINGS.items() if row.default != "required"}
    assert optional == found | dict.fromkeys(
        [
            *("SMTP_HOST", "SMTP_USERNAME", "SMTP_PASSWORD", "RESEND_API_KEY"),
            *("UNSUBSCRIBE_URL", "FUNCTIONS_URL", "FUNCTIONS_KEY", "NOTIFIER_MONITOR"),
        ],
        "unset",
    )


@pytest.mark.parametrize(
    ("given", "security", "port"),
    [
        ({"SMTP_PORT": "465"}, Security.TLS, 465),
        ({"SMTP_SECURITY": "tls"}, Security.TLS, 465),
        ({"SMTP_SECURITY": "none"}, Security.NONE, 25),
    ],
)
def test_port_and_security_follow_each_other(
    given: dict[str, str], security: Security, port: int
) -> None:
    smtp = read(ALL | given).smtp

    assert smtp is not None
    assert (smtp.security, smtp.port) == (security, port)


@pytest.mark.parametrize(
    "name", [name for name in SETTINGS if SETTINGS[name].default == "required"]
)
def test_what_is_required_is(name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} is not set"):
        read(ALL | {name: " "})


@pytest.mark.parametrize("setting", RANGES, ids=lambda setting: setting.name)
def test_a_range_is_as_wide_as_the_page_says(setting: Setting) -> None:
    assert setting.low is not None
    assert setting.high is not None
    port_and_security = {"SMTP_SECURITY": "none"} if setting.name == "SMTP_PORT" else {}
    for fine in (setting.low, setting.high):
        read(ALL | port_and_security | {setting.name: f"{fine:g}"})
    for wrong in (setting.low - 0.05, setting.high + 1):
        with pytest.raises(ConfigError, match=setting.name):
            read(ALL | {setting.name: f"{wrong:g}"})
