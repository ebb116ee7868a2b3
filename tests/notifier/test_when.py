"""Times are shown on the recipient's clock, with the zone named, over daylight saving too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from babel import Locale

from notifier.language import resolve_locale
from notifier.when import DASH, describe_span, resolve_zone, same_clock

ENGLISH = Locale("en")
BERLIN = ZoneInfo("Europe/Berlin")
KOLKATA = ZoneInfo("Asia/Kolkata")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_span_names_day_hours_and_zone() -> None:
    span = describe_span(at("2027-03-04T17:00"), at("2027-03-04T18:00"), BERLIN, ENGLISH)

    assert span.line == (
        f"Thursday, March 4, 2027, 6:00 PM {DASH} 7:00 PM, "
        "Central European Standard Time (Europe/Berlin, UTC+1)"
    )
    assert span.brief == f"Thursday, March 4, 2027, 6:00 PM {DASH} 7:00 PM CET"
    assert span.short == "Thu, Mar 4, 6:00 PM CET"


def test_summer_time_moves_the_clock_and_the_zones_name() -> None:
    span = describe_span(at("2027-07-01T16:00"), at("2027-07-01T17:00"), BERLIN, ENGLISH)

    assert f"6:00 PM {DASH} 7:00 PM" in span.hours
    assert span.zone == "Central European Summer Time (Europe/Berlin, UTC+2)"


def test_a_session_over_a_clock_change_names_both_zones() -> None:
    # On 2027-03-28 at 01:00 UTC clocks in Berlin jump from 02:00 to 03:00.
    span = describe_span(at("2027-03-28T00:30"), at("2027-03-28T01:30"), BERLIN, ENGLISH)

    assert span.hours == f"1:30 AM {DASH} 3:30 AM (Central European Summer Time)"
    assert span.brief == f"Sunday, March 28, 2027, {span.hours} CET"
    assert span.zone.startswith("Central European Standard Time")


def test_where_both_zones_have_one_name_their_offsets_differ() -> None:
    # On 2024-04-14 at 02:00 UTC, after Ramadan, clocks in Morocco jumped from 02:00 to 03:00.
    casablanca = ZoneInfo("Africa/Casablanca")
    span = describe_span(at("2024-04-14T01:30"), at("2024-04-14T02:30"), casablanca, ENGLISH)

    assert span.hours == f"1:30 AM {DASH} 3:30 AM (UTC+1)"
    assert span.zone == "Morocco Time (Africa/Casablanca, UTC)"


@pytest.mark.parametrize(
    ("day", "zone"),
    [
        ("2027-01-15", "Greenwich Mean Time (Europe/Dublin, UTC)"),
        ("2027-07-15", "Irish Standard Time (Europe/Dublin, UTC+1)"),
    ],
)
def test_ireland_whose_winter_time_is_the_one_said_to_be_saving_has_its_names_right(
    day: str, zone: str
) -> None:
    start = at(f"{day}T17:00")

    assert describe_span(start, start, ZoneInfo("Europe/Dublin"), ENGLISH).zone == zone


def test_a_session_over_midnight_names_both_days() -> None:
    span = describe_span(at("2027-03-04T18:00"), at("2027-03-04T19:00"), KOLKATA, ENGLISH)

    assert span.hours == f"11:30 PM {DASH} 12:30 AM on Friday, March 5, 2027"


def test_the_locale_sets_the_order_and_the_clock() -> None:
    start = at("2027-03-04T17:00")

    british = describe_span(start, start + timedelta(hours=1), BERLIN, Locale("en", "GB"))

    assert british.date == "Thursday, 4 March 2027"
    assert british.hours == f"18:00 {DASH} 19:00"


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("UTC", "Coordinated Universal Time (UTC, UTC)"),
        ("Asia/Kolkata", "India Time (Asia/Kolkata, UTC+5:30)"),
        ("America/St_Johns", "Newfoundland Standard Time (America/St_Johns, UTC-3:30)"),
        ("America/New_York", "Eastern Standard Time (America/New_York, UTC-5)"),
        ("Asia/Kathmandu", "Nepal Time (Asia/Kathmandu, UTC+5:45)"),
        ("Etc/GMT+5", "GMT-05:00 (Etc/GMT+5, UTC-5)"),
    ],
)
def test_every_zone_has_words_its_iana_name_and_its_offset(zone: str, words: str) -> None:
    start = at("2027-03-04T17:00")

    assert describe_span(start, start, ZoneInfo(zone), ENGLISH).zone == words


def test_a_zone_without_letters_is_abbreviated_to_its_offset() -> None:
    start = at("2027-03-04T17:00")

    assert describe_span(start, start, ZoneInfo("Asia/Dubai"), ENGLISH).short.endswith("UTC+4")


def test_no_special_spaces_reach_a_mail() -> None:
    span = describe_span(at("2027-03-04T17:00"), at("2027-03-04T18:00"), BERLIN, ENGLISH)

    assert "\u202f" not in span.line
    assert "\xa0" not in span.line


@pytest.mark.parametrize("name", [None, "", "Mars/Olympus", "../etc/passwd", "Europe", "a\0b"])
def test_an_unknown_zone_falls_back_to_the_next_and_then_utc(name: str | None) -> None:
    assert resolve_zone(name, "Europe/Berlin").key == "Europe/Berlin"
    assert resolve_zone(name).key == "UTC"


@pytest.mark.parametrize(
    ("name", "identifier"),
    [("en-GB", "en_GB"), ("en_IN", "en_IN"), ("de", "en"), (None, "en"), ("", "en"), ("?!", "en")],
)
def test_a_locale_in_no_language_of_the_templates_is_english(
    name: str | None, identifier: str
) -> None:
    assert str(resolve_locale(name)) == identifier


def test_zones_are_the_same_if_their_clocks_agree_then() -> None:
    winter, summer = at("2027-01-10T12:00"), at("2027-07-10T12:00")
    lagos = ZoneInfo("Africa/Lagos")

    assert same_clock(winter, winter, BERLIN, lagos)
    assert not same_clock(summer, summer, BERLIN, lagos)
    assert not same_clock(winter, summer, BERLIN, lagos)
