"""Every phrase of a mail that a language must have a translation of."""

from __future__ import annotations

import re
from pathlib import Path

import notifier
from notifier import bundle, render, views

PACKAGE = Path(notifier.__file__).parent
CALL = re.compile(r'(?<!\w)(?:_|gettext|say)\(\s*"((?:[^"\\]|\\.)*)"')
PLURAL = re.compile(r'ngettext\(\s*"((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)"')


def phrases() -> set[str]:
    """Those without a number."""
    sources = [*PACKAGE.glob("templates/**/*.*"), *PACKAGE.glob("pages/*.*"), *PACKAGE.glob("*.py")]
    said = {phrase for source in sources for phrase in CALL.findall(source.read_text())}
    news = [*bundle._NEWS.values(), bundle._AFTER_ALL, bundle._UNINVITED]
    facts = {"Course", "Mentor", "Platform", "Reason"}
    tables = (render.STATUS_LABELS, views.SESSION_TYPES, views.PLURALS, views.FIELD_LABELS)
    labels = {label for table in tables for label in table.values()}
    rest = {"Session", "Sessions", "Not marked", " and "}
    return said | {each.heading for each in news} | facts | labels | rest


def counted_phrases() -> set[tuple[str, str]]:
    """Those with a number: the singular and the plural."""
    said = {pair for source in PACKAGE.glob("*.py") for pair in PLURAL.findall(source.read_text())}
    news = [*bundle._NEWS.values(), bundle._AFTER_ALL, bundle._UNINVITED]
    return said | {(each.counted, each.counted) for each in news}
