"""Mails speak the recipient's language, as far as there is a catalog, and else English."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from babel import Locale
from babel.messages.pofile import read_po

from devstack.paths import ROOT
from notifier.language import catalog_of, languages, resolve_locale, words
from notifier.model import ClaimedEmail
from notifier.render import Edition, Renderer, greeting_for
from notifier.samples import all_samples
from support.mails import make_bundle, make_email, make_part
from support.messages import PACKAGE, counted_phrases, phrases

TRANSLATED = sorted(languages() - {"en"})
PLACEHOLDER = re.compile(r"%\(\w+\)s")


def render(email: ClaimedEmail, locale: str) -> Edition:
    return Renderer("https://app.example.com", "Acme Learning").render(
        email.kind,
        role=email.recipient_role,
        locale=locale,
        timezone="Europe/Warsaw",
        parts=email.parts,
        summary=email.summary,
    )


def test_there_is_another_language_than_english() -> None:
    assert "pl" in TRANSLATED


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalog_has_every_phrase_and_no_other(language: str) -> None:
    catalog = read_po(BytesIO((PACKAGE / "locales" / f"{language}.po").read_bytes()), language)
    messages = [message for message in catalog if message.id]
    assert {message.id for message in messages} == phrases() | counted_phrases()
    for message in messages:
        assert not message.fuzzy
        ids = _all(message.id)
        strings = _all(message.string)
        assert len(strings) == (catalog.num_plurals if len(ids) == 2 else 1)
        for string in strings:
            assert string.strip(), f"{ids} is not translated"
            assert sorted(PLACEHOLDER.findall(string)) == sorted(PLACEHOLDER.findall(ids[-1]))


def test_the_page_for_unsubscribing_speaks_the_languages_of_the_mails() -> None:
    page = (ROOT / "supabase" / "functions" / "_shared" / "unsubscribe.ts").read_text()
    _, _, page = page.partition("const LANGUAGES")
    spoken = re.findall(r"^  (\w+): \{$", page.partition("\n};")[0], re.MULTILINE)

    assert set(spoken) == {Locale.parse(language).language for language in languages()}


def _all(text: object) -> list[str]:
    return [str(each) for each in text] if isinstance(text, list | tuple) else [str(text)]


@pytest.mark.parametrize(
    ("asked", "locale", "catalog"),
    [
        ("pl", "pl", "pl"),
        ("pl-PL", "pl_PL", "pl"),
        ("en-GB", "en_GB", "en"),
        ("kw-GB", "en", "en"),
        ("xx", "en", "en"),
        ("", "en", "en"),
        (None, "en", "en"),
    ],
)
def test_a_language_without_a_catalog_falls_back(
    asked: str | None, locale: str, catalog: str
) -> None:
    resolved = resolve_locale(asked)
    assert (str(resolved), catalog_of(resolved)) == (locale, catalog)


@pytest.mark.parametrize("name", list(all_samples()))
@pytest.mark.parametrize("language", TRANSLATED)
def test_every_kind_is_translated_in_every_part(language: str, name: str) -> None:
    sample = all_samples()[name]
    english, other = render(sample, "en"), render(sample, language)
    greeting = greeting_for("Ola Nowak", language)
    texts = other.text_for(greeting), other.html_for(greeting)

    for phrase in phrases():
        # Words that are the same in both, or part of data or markup, prove nothing.
        if len(phrase.split()) > 2 and phrase not in words(Locale.parse(language)).gettext(phrase):
            assert all(phrase not in text for text in texts), phrase
    assert other.subject != english.subject
    tag, direction = language.replace("_", "-"), Locale.parse(language).text_direction
    assert f'<html lang="{tag}" dir="{direction}">' in texts[1]


def test_dates_times_and_numbers_follow_the_language() -> None:
    edition = render(make_email("session_rescheduled"), "pl")
    text = edition.text_for(greeting_for("Ola", "pl"))

    assert text.startswith("Cześć Ola,\n")
    assert edition.subject.startswith("Zmiana terminu: ")
    assert "czwartek, 4 marca 2027" in text
    assert "18:00" in text
    assert "czas środkowoeuropejski" in text


@pytest.mark.parametrize(
    ("number", "words_for_it"),
    [(1, "1 termin"), (2, "2 sesje"), (5, "5 sesji"), (12, "12 sesji"), (22, "22 sesje")],
)
def test_numbers_have_the_forms_that_the_language_has(number: int, words_for_it: str) -> None:
    parts = [
        make_part("session_scheduled", f"2027-03-{day + 1:02}T17:00", title=f"Sesja {day}")
        for day in range(number)
    ]
    edition = render(make_bundle("series_scheduled", parts), "pl")

    assert words_for_it in edition.subject
    assert f"{words_for_it}," in edition.text_for("")


def test_what_people_wrote_is_never_taken_for_a_phrase() -> None:
    """A session called as a label is: it stays as it is."""
    email = make_email(
        "session_updated",
        session={"title": "Cancelled"},
        changes={"title": {"old": "Time", "new": "Cancelled"}},
    )
    text = render(email, "pl").text_for("")
    assert "było: Time" in text
    assert "teraz: Cancelled" in text


def test_markup_in_values_is_escaped_inside_a_phrase() -> None:
    email = make_email(
        "session_updated", changes={"title": {"old": "<b>old</b>", "new": "<i>new</i>"}}
    )
    html = render(email, "pl").html_for("")
    assert "&lt;i&gt;new&lt;/i&gt;" in html
    assert "<i>new" not in html


def test_a_language_that_is_written_from_the_right_would_be_set_so() -> None:
    """The direction is the locale's own; nothing in a mail is pinned to the left."""
    assert Locale("ar").text_direction == "rtl"
    for template in (PACKAGE / "templates").glob("**/*.html"):
        assert not re.search(r"(text-align|float):\s*(left|right)", template.read_text()), template
