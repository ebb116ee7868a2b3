"""The words of mails: English in the sources, other languages from ``locales/<language>.po``.

A reader of de-CH reads de-CH if there is such a catalog, else German, else English; and a phrase
that a catalog lacks in English. Dates, times and plural rules are Babel's.
"""

from collections.abc import Iterator
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO

from babel import Locale, UnknownLocaleError
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

DEFAULT_LOCALE = Locale("en")


@lru_cache
def languages() -> frozenset[str]:
    """The identifiers of all languages that mails are written in (``en``, ``pl``, ``pt_BR``)."""
    folder = files("notifier") / "locales"
    catalogs = (entry.name for entry in folder.iterdir() if entry.name.endswith(".po"))
    return frozenset({str(DEFAULT_LOCALE), *(name.removesuffix(".po") for name in catalogs)})


@lru_cache
def resolve_locale(name: str | None) -> Locale:
    """The locale called ``name`` (``en-GB``, ``pl_PL``); English if no catalog speaks it.

    Its territory, which decides how a date looks, is kept when the words are of the language alone.
    """
    if not name:
        return DEFAULT_LOCALE
    try:
        locale = Locale.parse(name.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return DEFAULT_LOCALE
    return locale if _best(locale) else DEFAULT_LOCALE


@lru_cache
def words(locale: Locale) -> NullTranslations:
    """What translates into the language of ``locale``."""
    return _load(catalog_of(locale))


def catalog_of(locale: Locale) -> str:
    """Which of :func:`languages` the words of ``locale`` are."""
    return _best(locale) or str(DEFAULT_LOCALE)


def _best(locale: Locale) -> str | None:
    known = languages()
    return next((name for name in _fallbacks(locale) if name in known), None)


def _fallbacks(locale: Locale) -> Iterator[str]:
    """From the most particular to the language alone."""
    yield str(locale)
    if locale.script:
        yield f"{locale.language}_{locale.script}"
    if locale.territory:
        yield f"{locale.language}_{locale.territory}"
    yield locale.language


@lru_cache
def _load(name: str) -> NullTranslations:
    if name == str(DEFAULT_LOCALE):
        return NullTranslations()
    source = (files("notifier") / "locales" / f"{name}.po").read_bytes()
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(source), locale=name))
    compiled.seek(0)
    return GNUTranslations(compiled)
